package open311test

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// wanted is a query as a server with quirks understands it.
type wanted struct {
	query
	after, before time.Time // bounds of updated_datetime
	search        string
	near          *open311.Circle
	box           *open311.Box
	exclusive     [2]bool // start, end
}

// all returns every record of the city, newest first.
func (s *store) all(now time.Time) []*record { return s.between(time.Time{}, time.Time{}, now) }

// between returns the records of a span of time, both its ends included. A zero end is open.
func (s *store) between(start, end, now time.Time) []*record {
	s.settle(now)
	s.mu.RLock()
	defer s.mu.RUnlock()
	lo, hi := 0, len(s.list)
	if !end.IsZero() {
		lo = sort.Search(hi, func(i int) bool { return !s.list[i].request.RequestedDatetime.After(end) })
	}
	if !start.IsZero() {
		hi = lo + sort.Search(hi-lo, func(i int) bool { return s.list[lo+i].request.RequestedDatetime.Before(start) })
	}
	return slices.Clone(s.list[lo:hi])
}

// list is GET Service Requests.
func (c *conversation) list() answer {
	w, early := c.understand()
	if early != nil {
		return *early
	}
	var found []*record
	for _, r := range c.h.store.between(w.start, w.end, c.in.now) {
		if w.wants(&r.request) {
			found = append(found, r)
		}
	}
	if len(w.ids) > 0 && len(found) == 0 && c.UnknownID != 0 && len(w.ids) == 1 {
		return c.instead(c.UnknownID, notFound("no such request"))
	}
	if c.OldestFirst {
		slices.Reverse(found)
	}
	if len(found) == 0 && c.EmptyList != 0 {
		return c.instead(c.EmptyList, notFound("no requests found"))
	}
	part, early := c.cut(found)
	if early != nil {
		return *early
	}
	return c.requests(part, len(found), c.Lists)
}

// understand reads the arguments of a list.
func (c *conversation) understand() (wanted, *answer) {
	p := c.in.params
	w := wanted{}
	refuse := func(f ...fault) *answer { a := c.refuse(f...); return &a }
	for name, into := range map[string]*[]string{"service_request_id": &w.ids, "service_code": &w.codes, "status": &w.statuses} {
		values, early := c.several(p, name)
		if early != nil {
			return w, early
		}
		*into = values
	}
	if len(w.ids) > 0 {
		w.codes, w.statuses = nil, nil // it overrides the others
		return w, nil
	}
	if early := c.checkWords(&w); early != nil {
		return w, early
	}
	if len(w.statuses) == 0 && c.DefaultStatus != "" {
		w.statuses = []string{c.DefaultStatus}
	}
	if early := c.dates(&w); early != nil {
		return w, early
	}
	if c.UpdatedFilters {
		var faults []fault
		w.after, faults = parseBound(p, "updated_after")
		if len(faults) == 0 {
			w.before, faults = parseBound(p, "updated_before")
		}
		if len(faults) > 0 {
			return w, refuse(faults...)
		}
	}
	if c.Search {
		w.search = strings.ToLower(first(p, "q"))
	}
	w.near, w.box = c.places(p)
	return w, nil
}

// several reads an argument that may have several values, on a server that may not know that.
func (c *conversation) several(p url.Values, name string) ([]string, *answer) {
	values := several(p, name)
	if len(values) < 2 || !slices.Contains(c.OneValue, name) {
		return values, nil
	}
	how, special := c.SeveralOf[name]
	if !special {
		how = c.Several
	}
	switch how {
	case SeveralFirst:
		return values[:1], nil
	case SeveralFail:
		a := c.refuse(internal)
		return nil, &a
	case SeveralNotFound:
		a := c.refuse(notFound(name + " " + strings.Join(values, ",") + " does not exist"))
		return nil, &a
	}
	return []string{strings.Join(values, ",")}, nil
}

// checkWords looks for states and codes that do not exist.
func (c *conversation) checkWords(w *wanted) *answer {
	for _, s := range w.statuses {
		if word := open311.Status(s); !word.Is(open311.StatusOpen) && !word.Is(open311.StatusClosed) && c.UnknownStatus != AnswerIgnored {
			a := c.instead(c.UnknownStatus, invalid("status "+strconv.Quote(s)+" is neither open nor closed"))
			return &a
		}
	}
	for _, code := range w.codes {
		if _, _, ok := c.h.store.service(code); !ok && c.UnknownCode != 0 {
			a := c.instead(c.UnknownCode, unknownService(code))
			return &a
		}
	}
	return nil
}

// dates reads start_date and end_date and makes a range of them.
func (c *conversation) dates(w *wanted) *answer {
	start, faults := parseBound(c.in.params, "start_date")
	end, more := parseBound(c.in.params, "end_date")
	if faults = append(faults, more...); len(faults) > 0 && c.BadDate != AnswerIgnored {
		a := c.instead(c.BadDate, faults...)
		return &a
	}
	w.exclusive = [2]bool{c.ExclusiveStart, c.ExclusiveEnd}
	limit := c.Span
	if limit == 0 {
		limit = maxSpan
	}
	none := start.IsZero() && end.IsZero()
	switch {
	case none && (c.Always || limit < 0):
		return nil
	case none:
		start, end = c.in.now.Add(-limit), c.in.now
	case end.IsZero() && !c.OpenRanges && limit > 0:
		end = start.Add(limit)
	case start.IsZero() && !c.OpenRanges && limit > 0:
		start = end.Add(-limit)
	}
	until := end
	if until.IsZero() {
		until = c.in.now
	}
	switch {
	case !end.IsZero() && end.Before(start):
		a := c.refuse(invalid("end_date is before start_date"))
		return &a
	case limit > 0 && !start.IsZero() && until.Sub(start) > limit && c.CutSpan:
		start = until.Add(-limit)
	case limit > 0 && !start.IsZero() && until.Sub(start) > limit:
		a := c.refuse(invalid("start_date and end_date may not span more than " + strconv.Itoa(int(limit.Hours()/24)) + " days; ask for several ranges"))
		return &a
	}
	w.start, w.end = start, end
	return nil
}

// places reads the filters by place that this server heeds.
func (c *conversation) places(p url.Values) (near *open311.Circle, box *open311.Box) {
	number := func(s string) float64 { f, _ := strconv.ParseFloat(strings.TrimSpace(s), 64); return f }
	if c.Near && first(p, "lat") != "" && first(p, "long") != "" {
		near = &open311.Circle{
			Center: open311.Point{Lat: number(first(p, "lat")), Long: number(first(p, "long"))},
			Radius: number(first(p, "radius")),
		}
	}
	sides := strings.Split(first(p, "bbox"), ",")
	if len(c.BoxOrder) != 4 || len(sides) != 4 {
		return near, nil
	}
	box = &open311.Box{}
	for i, side := range c.BoxOrder {
		switch n := number(sides[i]); side {
		case 's':
			box.Min.Lat = n
		case 'w':
			box.Min.Long = n
		case 'n':
			box.Max.Lat = n
		case 'e':
			box.Max.Long = n
		}
	}
	return near, box
}

// wants reports whether a request belongs to the list.
func (w *wanted) wants(r *open311.ServiceRequest) bool {
	if len(w.ids) > 0 {
		return slices.Contains(w.ids, r.ID)
	}
	at, changed := r.RequestedDatetime, r.UpdatedDatetime
	switch {
	case !w.start.IsZero() && (at.Before(w.start) || w.exclusive[0] && at.Equal(w.start)),
		!w.end.IsZero() && (at.After(w.end) || w.exclusive[1] && at.Equal(w.end)),
		!w.after.IsZero() && changed.Before(w.after),
		!w.before.IsZero() && changed.After(w.before),
		w.search != "" && !strings.Contains(strings.ToLower(r.Description), w.search),
		w.near != nil && (r.Location == nil || metres(*r.Location, w.near.Center) > w.near.Radius),
		w.box != nil && (r.Location == nil || r.Location.Lat < w.box.Min.Lat || r.Location.Lat > w.box.Max.Lat ||
			r.Location.Long < w.box.Min.Long || r.Location.Long > w.box.Max.Long):
		return false
	}
	return w.matches(r)
}

// metres is how far two places of one town are apart; the Earth is flat enough there.
func metres(a, b open311.Point) float64 {
	const degree = 111_320
	y := (a.Lat - b.Lat) * degree
	x := (a.Long - b.Long) * degree * math.Cos(a.Lat*math.Pi/180)
	return math.Hypot(x, y)
}

// cut takes out of what was found the part that was asked for.
func (c *conversation) cut(found []*record) ([]*record, *answer) {
	size, most := c.PageSize, c.MaxRows
	if size == 0 {
		size = maxRows
	}
	if most == 0 {
		most = max(size, maxRows)
	}
	if n, err := strconv.Atoi(first(c.raw, c.SizeParam)); err == nil && n > 0 && c.SizeParam != "" {
		size = n
	}
	if most > 0 {
		size = min(size, most)
	} else if c.PageSize == 0 && (c.SizeParam == "" || first(c.raw, c.SizeParam) == "") {
		size = max(size, len(found))
	}
	from := c.from(size)
	if from > 0 && from >= len(found) {
		switch c.Beyond {
		case BeyondNotFound:
			a := c.refuse(notFound("there is no such page"))
			return nil, &a
		case BeyondRepeat:
			from = max(0, (len(found)-1)/size*size)
		}
	}
	from = min(from, len(found))
	to := min(from+size, len(found))
	c.links(len(found), size, from, to)
	return found[from:to], nil
}

// from returns how many rows lie before the page that was asked for.
func (c *conversation) from(size int) int {
	page, errPage := strconv.Atoi(first(c.in.params, "page"))
	offset, errOffset := strconv.Atoi(first(c.in.params, "offset"))
	switch {
	case errOffset == nil && (c.Paging == ByOffset || c.Paging == ByEither):
		return max(0, offset)
	case errPage == nil && (c.Paging == ByPage || c.Paging == ByEither):
		return max(0, page-c.FirstPage) * size
	}
	return 0
}

// links tells in headers what lies behind this page.
func (c *conversation) links(total, size, from, to int) {
	pages := (total + size - 1) / size
	if c.HeadTotal {
		c.head("X-Result-Count", strconv.Itoa(total))
		c.head("X-Page-Count", strconv.Itoa(pages))
		c.head("page-TotalSize", strconv.Itoa(total))
		c.head("page-TotalPages", strconv.Itoa(pages))
	}
	if to >= total || c.Paging == NoPages {
		return
	}
	q := url.Values{}
	maps.Copy(q, c.raw)
	if c.Paging == ByOffset {
		q.Set("offset", strconv.Itoa(to))
	} else {
		q.Set("page", strconv.Itoa(from/size+1+c.FirstPage))
	}
	next := rootURL(c.r) + c.r.URL.EscapedPath() + "?" + q.Encode()
	if c.LinkNext {
		c.head("Link", "<"+next+`>; rel="next"`)
	}
	if c.HeadNext {
		c.head("X-Next-Page-URL", next)
	}
}
