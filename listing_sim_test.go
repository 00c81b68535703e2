package open311_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// simCity is a server of many requests that pages in a way of its own. It answers in process, so that
// tests of a thousand calls are quick.
type simCity struct {
	mu       sync.Mutex
	rows     []simRow // newest first
	now      time.Time
	regime   regime
	delay    time.Duration // of each answer
	doubled  bool          // every row of an answer is in it twice
	patience int           // how many calls it answers; 0: any number
	arrive   int           // requests that arrive at the top with each call
	calls    int
	served   []string // the query of each call
	arrived  int
}

// arrivalLead is for how many seconds after the city was made nothing arrives: a listing has to have begun by then, on a
// busy machine too.
const arrivalLead = 30

type simRow struct {
	id     string
	at     time.Time
	status string
	code   string
	json   string
}

// regime is how a server cuts lists and what it makes of parameters. Everything is off by default: then
// it gives everything at once.
type regime struct {
	name       string
	size       int    // default page size; 0: no limit
	maxSize    int    // the most that page_size may ask for
	page       string // the parameter "page" is known
	first      int    // number of the first page
	sizeParam  string // page_size, per_page, limit
	offset     bool
	repeat     bool // the last page is given again behind the end
	notFound   bool // 404 behind the end
	link       bool // Link: rel=next
	nextHeader bool // X-Next-Page-URL
	total      bool // a total in meta
	refuse     bool // unknown parameters are 400
	window     time.Duration
	strictSpan bool          // a longer span is 400, else it is cut to the newest part
	cutOldest  bool          // … or to the oldest
	noDates    bool          // dates are ignored
	zone       time.Duration // dates are read without their zone, as times of this one
	days       bool          // dates are read without the time of day
	exclusive  bool          // end_date is exclusive
	exclStart  bool          // start_date too
	rising     bool          // oldest first
	shuffled   bool          // in no order
	noStatus   bool          // status is ignored
	poison     map[string]bool
	oneID      bool
	oneValue   bool // of several codes or statuses the first counts
	clock      bool // a Date header
	lie        func(w http.ResponseWriter, r *http.Request) bool
}

// newSimCity makes n requests over a span that ends now; some share their second.
func newSimCity(n int, over time.Duration, now time.Time, re regime) *simCity {
	c := &simCity{now: now, regime: re}
	step := over / time.Duration(max(n, 1))
	for i := range n {
		at := now.Add(-time.Duration(i) * step).Add(-time.Minute).Truncate(time.Second)
		if i%7 == 1 {
			at = c.rows[i-1].at
		}
		c.rows = append(c.rows, makeRow(fmt.Sprintf("r%05d", n-i), at, i))
	}
	return c
}

func makeRow(id string, at time.Time, i int) simRow {
	status := []string{"open", "closed", "closed"}[i%3]
	code := []string{"A", "B", "C", "D"}[i%4]
	return simRow{id, at, status, code, fmt.Sprintf(
		`{"service_request_id":%q,"status":%q,"service_code":%q,"description":"no. %d","requested_datetime":%q,"lat":52.1,"long":13.2}`,
		id, status, code, i, at.Format(time.RFC3339))}
}

func (c *simCity) ids() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, r := range c.rows {
		out = append(out, r.id)
	}
	return out
}

func (c *simCity) client() *http.Client { return &http.Client{Transport: c} }

func (c *simCity) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	time.Sleep(c.delay)
	w := &simAnswer{header: http.Header{}, status: 200}
	c.mu.Lock()
	c.calls++
	if c.patience > 0 && c.calls > c.patience {
		c.mu.Unlock()
		return nil, errors.New("enough")
	}
	c.served = append(c.served, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]+"?"+r.URL.RawQuery)
	if c.regime.lie == nil || !c.regime.lie(w, r) {
		c.answer(w, r)
	}
	for range c.arrive {
		c.arrived++
		c.rows = slices.Insert(c.rows, 0, makeRow(fmt.Sprintf("new%05d", c.arrived), c.now.Add(time.Duration(arrivalLead+c.arrived)*time.Second), c.arrived))
	}
	c.mu.Unlock()
	return &http.Response{StatusCode: w.status, Status: http.StatusText(w.status), Header: w.header, ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(w.body.Bytes())), ContentLength: int64(w.body.Len()), Request: r}, nil
}

type simAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *simAnswer) Header() http.Header         { return w.header }
func (w *simAnswer) WriteHeader(status int)      { w.status = status }
func (w *simAnswer) Write(b []byte) (int, error) { return w.body.Write(b) }

func (c *simCity) refused(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `[{"code":%d,"description":%q}]`, status, text)
}

func (c *simCity) answer(w http.ResponseWriter, r *http.Request) {
	re, q := &c.regime, r.URL.Query()
	if id, ok := strings.CutPrefix(r.URL.Path, "/v2/requests/"); ok {
		id = strings.TrimSuffix(id, ".json")
		for _, row := range c.rows {
			if row.id == id {
				c.write(w, q, []simRow{row}, 1)
				return
			}
		}
		c.refused(w, 404, "no such request")
		return
	}
	if re.refuse {
		for name := range q {
			if !slices.Contains([]string{"start_date", "end_date", "status", "service_code", "service_request_id", re.page, re.sizeParam}, name) {
				c.refused(w, 400, "unknown parameter "+name)
				return
			}
		}
	}
	rows, ok := c.find(w, q)
	if !ok {
		return
	}
	total := len(rows)
	size := re.size
	if n, err := strconv.Atoi(q.Get(re.sizeParam)); err == nil && re.sizeParam != "" {
		size = n
		if re.maxSize > 0 {
			size = min(size, re.maxSize)
		}
	}
	if size <= 0 {
		size = max(total, 1)
	}
	from := 0
	if n, err := strconv.Atoi(q.Get("page")); err == nil && re.page == "page" {
		from = max(0, n-re.first) * size
	}
	if n, err := strconv.Atoi(q.Get("offset")); err == nil && re.offset {
		from = n
	}
	if from >= total && from > 0 {
		switch {
		case re.notFound:
			c.refused(w, 404, "no such page")
			return
		case re.repeat && total > 0:
			from = (total - 1) / size * size
		}
	}
	part := rows[min(from, total):min(from+size, total)]
	for _, row := range part {
		if re.poison[row.id] {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(500)
			io.WriteString(w, "<html><body>Internal error</body></html>")
			return
		}
	}
	if from+size < total {
		next := url.Values{}
		maps.Copy(next, q)
		next.Set("cursor", strconv.Itoa(from+size))
		if re.link {
			w.Header().Add("Link", fmt.Sprintf(`<https://sim/v2/requests.json?%s>; rel="next"`, next.Encode()))
		}
		if re.nextHeader {
			w.Header().Add("X-Next-Page-URL", "https://sim/v2/requests.json?"+next.Encode())
		}
	}
	c.write(w, q, part, total)
}

func (c *simCity) write(w http.ResponseWriter, q url.Values, part []simRow, total int) {
	w.Header().Set("Content-Type", "application/json")
	if c.regime.clock {
		w.Header().Set("Date", c.now.UTC().Format(http.TimeFormat))
	}
	if c.regime.total {
		fmt.Fprintf(w, `{"meta":{"total":%d},"requests":`, total)
	}
	io.WriteString(w, "[")
	for i, row := range part {
		if i > 0 {
			io.WriteString(w, ",")
		}
		io.WriteString(w, row.json)
		if c.doubled {
			io.WriteString(w, ","+row.json)
		}
	}
	io.WriteString(w, "]")
	if c.regime.total {
		io.WriteString(w, "}")
	}
}

// find applies the filters, as far as the regime has it.
func (c *simCity) find(w http.ResponseWriter, q url.Values) ([]simRow, bool) {
	re := &c.regime
	var start, end time.Time
	if !re.noDates {
		start, _ = time.Parse(time.RFC3339, q.Get("start_date"))
		end, _ = time.Parse(time.RFC3339, q.Get("end_date"))
		for _, t := range []*time.Time{&start, &end} {
			if t.IsZero() {
				continue
			}
			if *t = t.Add(-re.zone); re.days {
				*t = t.Truncate(simDay)
			}
		}
		if re.window > 0 {
			now := c.now
			if re.days {
				now = now.Truncate(simDay)
			}
			switch {
			case start.IsZero() && end.IsZero():
				start = c.now.Add(-re.window)
			case start.IsZero():
				start = end.Add(-re.window)
			case end.IsZero() && now.Sub(start) > re.window:
				end = start.Add(re.window)
			case !end.IsZero() && end.Sub(start) > re.window:
				switch {
				case re.strictSpan:
					c.refused(w, 400, "more than 90 days")
					return nil, false
				case re.cutOldest:
					end = start.Add(re.window)
				default:
					start = end.Add(-re.window)
				}
			}
		}
	}
	ids := strings.Split(q.Get("service_request_id"), ",")
	if re.oneID {
		ids = ids[:1]
	}
	if q.Get("service_request_id") == "" && q.Get("status") == "" && q.Get("service_code") == "" && !re.rising && !re.shuffled {
		// The rows are sorted: a span of time is a slice of them.
		lo, hi := 0, len(c.rows)
		if !end.IsZero() {
			lo, _ = slices.BinarySearchFunc(c.rows, end, func(r simRow, t time.Time) int {
				if r.at.After(t) || re.exclusive && r.at.Equal(t) {
					return -1
				}
				return 1
			})
		}
		if !start.IsZero() {
			hi, _ = slices.BinarySearchFunc(c.rows, start, func(r simRow, t time.Time) int {
				if r.at.After(t) || !re.exclStart && r.at.Equal(t) {
					return -1
				}
				return 1
			})
		}
		return c.rows[min(lo, hi):hi], true
	}
	several := func(name string) []string {
		values := strings.Split(q.Get(name), ",")
		if re.oneValue {
			return values[:1]
		}
		return values
	}
	var out []simRow
	for _, row := range c.rows {
		switch {
		case q.Get("service_request_id") != "":
			if slices.Contains(ids, row.id) {
				out = append(out, row)
			}
			continue
		case !start.IsZero() && row.at.Before(start), !start.IsZero() && re.exclStart && row.at.Equal(start),
			!end.IsZero() && row.at.After(end), !end.IsZero() && re.exclusive && row.at.Equal(end):
			continue
		case !re.noStatus && q.Get("status") != "" && !slices.Contains(several("status"), row.status),
			q.Get("service_code") != "" && !slices.Contains(several("service_code"), row.code):
			continue
		}
		out = append(out, row)
	}
	switch {
	case re.rising:
		slices.Reverse(out)
	case re.shuffled:
		slices.SortFunc(out, func(a, b simRow) int { return strings.Compare(mix(a.id), mix(b.id)) })
	}
	return out, true
}

// mix gives an order that has nothing to do with that of ids or times, and is always the same.
func mix(id string) string {
	h := uint32(2166136261)
	for _, c := range []byte(id) {
		h = (h ^ uint32(c)) * 16777619
	}
	return fmt.Sprintf("%08x", h*2654435761)
}

// followCursor makes the city take the cursor of its own next links for an offset.
func followCursor(c *simCity) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		if cursor := q.Get("cursor"); cursor != "" {
			q.Set("offset", cursor)
			q.Del("cursor")
		} else {
			q.Del("offset")
		}
		r.URL.RawQuery = q.Encode()
		return false
	}
}
