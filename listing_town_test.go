package open311_test

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lies are the ways of a town on each axis: it does what the specification says, or lies in one way.
type lies map[string]string

// lyingAxes has what a town may do; the first value of each axis is the default. An axis that ends in a number that is
// drawn has no further values.
var lyingAxes = []struct {
	name   string
	values []string
}{
	{"paging", []string{"none", "page1", "page0", "offset", "renamed", "link", "linkrelative", "linkcomma", "linkbrackets", "linkheader"}},
	{"param", []string{"ignored", "400", "404", "500"}}, // what becomes of a parameter that it does not know
	{"cap", []string{"20", "1", "2", "3", "5", "7", "9", "10", "11", "12", "16", "24", "25", "36", "48", "50", "64", "75", "99", "100", "125", "200", "250", "365", "500", "1000", "1100"}},
	{"rows", []string{"3", "0", "one", "0.5", "less", "1", "more", "2", "2.5", "6"}}, // times the cap; one row less or more than it
	{"days", []string{"60", "0.1", "3", "20", "200", "800"}},
	{"size", []string{"ignored", "heeded", "late", "400", "500"}},
	{"order", []string{"newest", "oldest", "id", "updated", "falling", "stable", "unstable"}},
	{"bounds", []string{"right", "endex", "startex", "bothex", "day", "midnight", "zone+9", "zone-7", "swapped", "ignored", "refused", "onlystart", "onlyend"}},
	{"span", []string{"any", "cutnewest", "cutoldest", "refused"}},
	{"hide", []string{"nothing", "open", "secret", "7", "30", "90"}},
	{"filters", []string{"right", "first", "last", "none", "400", "404", "nostatus", "nocode", "noupdate", "noarea", "numbers", "capitals"}},
	{"total", []string{"none", "right", "page", "more", "header"}},
	{"fault", []string{"none", "404", "500", "html", "status", "empty", "null", "cached", "broken"}},
	{"when", []string{"2", "1", "3", "4", "5", "6", "8", "11"}},
	{"where", []string{"call", "window", "listing2"}},  // the fault: of one call, of one address, in the second listing
	{"bad", []string{"nothing", "record", "page2"}},    // what it fails for, for good
	{"depth", []string{"any", "empty", "404", "last"}}, // where its pages end
	{"arrivals", []string{"none", "some"}},             // with each other call
	{"content", []string{"plain", "second", "bursts", "undated", "anonymous", "twins", "doubled", "unreadable", "null", "errors", "bare"}},
	{"format", []string{"json", "xml"}},
	{"told", []string{"nothing", "right", "page1", "page0", "offset", "none", "GeoReportv2", "Spot", "SeeClickFix", "uReport", "Mark-a-Spot", "Klarschiff", "CitySDK", "FixMyStreet", "open311-adapter"}},
	{"query", []string{"nil", "start", "span", "shards", "neighbours", "code", "codes", "unknowncode", "comma", "status", "statuses", "size", "startsize", "after", "updates", "near", "within", "area"}},
	{"ahead", []string{"1", "4", "8"}},
	{"api", []string{"all", "pages"}},
	{"retry", []string{"once", "quick"}},
}

func (l lies) String() string {
	var out []string
	for _, axis := range lyingAxes {
		if v := l[axis.name]; v != axis.values[0] {
			out = append(out, axis.name+"="+v)
		}
	}
	return strings.Join(out, " ")
}

func (l lies) is(name string, values ...string) bool { return slices.Contains(values, l[name]) }

func (l lies) number(name string) (n float64) { fmt.Sscan(l[name], &n); return n }

// townRow is a request as a town keeps it.
type townRow struct {
	n            int   // the number of the row, and, sorted, of its id
	at, upd      int64 // seconds; at 0: it shows no date
	status, code string
	lat          float64
	poison       bool
	key          string // by which a judge knows it again
	json, xml    string
}

// lyingTown is a server in memory that lies.
type lyingTown struct {
	lies
	mu      sync.Mutex
	rows    []townRow
	cap     int
	rng     *rand.Rand
	began   int64
	listing int // the first, the second …
	calls   int // of this listing
	same    int // attempts of a call that has failed just now
	asked   map[string]int
	flying  int
	ill     string // the address of the call that a fault belongs to
	faulted *url.Values
	last    *reply
	arrived int
	trace   io.Writer
}

type reply struct {
	status int
	kind   string
	header http.Header
	body   string
}

// townPatience is how many calls a town answers in one listing.
const townPatience = 600

const townDay = 24 * 3600

func newLyingTown(l lies, seed uint64) *lyingTown {
	t := &lyingTown{lies: l, cap: int(l.number("cap")), rng: rand.New(rand.NewPCG(seed, 77)), began: time.Now().Unix(), asked: map[string]int{}}
	n := int(l.number("rows") * float64(t.cap))
	switch l["rows"] {
	case "one":
		n = 1
	case "less":
		n = t.cap - 1
	case "more":
		n = t.cap + 1
	}
	n = min(n, 2200)
	over := int64(l.number("days") * townDay)
	for i := range n {
		at := t.began - 90 - over*int64(i)/int64(n) - t.rng.Int64N(max(1, over/int64(n)))
		if l.is("content", "bursts") && t.rng.IntN(3) > 0 && i > 0 {
			at = t.rows[i-1].at
		}
		if l.is("content", "second") && i >= n/4 && i < n/4+t.cap*3/2 {
			at = t.began - 90 - over/4
		}
		t.rows = append(t.rows, t.row(n-i, at))
	}
	slices.SortStableFunc(t.rows, func(a, b townRow) int { return cmp.Compare(b.at, a.at) })
	for i := range t.rows {
		r := &t.rows[i]
		r.n = n - i
		if l.is("content", "undated") && i%7 == 5 {
			r.at, r.upd = 0, 0
		}
		r.poison = l.is("bad", "record") && i == n*2/3
		t.write(r)
	}
	return t
}

func (t *lyingTown) row(n int, at int64) townRow {
	r := townRow{n: n, at: at, upd: at, status: "open", code: string(rune('A' + t.rng.IntN(4))), lat: 50 + float64(t.rng.IntN(4))}
	if t.is("filters", "capitals") {
		r.code = strings.ToLower(r.code) // a server that tells them apart only in its answers
	}
	if t.rng.IntN(3) > 0 {
		r.status = "closed"
		if !t.is("order", "falling") {
			r.upd = max(at, min(t.began-30, at+t.rng.Int64N(20*townDay)))
		}
	}
	if t.is("filters", "numbers") {
		r.status = map[string]string{"open": "1", "closed": "2"}[r.status]
	}
	if t.is("hide", "secret") && t.rng.IntN(5) == 0 {
		r.status = "secret"
	}
	t.write(&r)
	return r
}

// write makes the text of a row.
func (t *lyingTown) write(r *townRow) {
	id, text, note := fmt.Sprintf("r%06d", r.n), fmt.Sprintf("no. %d", r.n), ""
	if t.is("content", "anonymous", "twins") && r.n%3 == 0 {
		id = ""
		if t.is("content", "twins") { // two of them differ in one field
			text, note = "the same", fmt.Sprint(r.n)
		}
	}
	r.key = id + "|" + text + "|" + note
	fields := [][2]string{{"service_request_id", id}, {"status", r.status}, {"service_code", r.code}, {"description", text}, {"zipcode", note}, {"lat", fmt.Sprint(r.lat)}, {"long", "13.2"}}
	if r.at != 0 {
		fields = append(fields, [2]string{"requested_datetime", time.Unix(r.at, 0).UTC().Format(time.RFC3339)}, [2]string{"updated_datetime", time.Unix(r.upd, 0).UTC().Format(time.RFC3339)})
	}
	if t.is("content", "bare") && r.n%4 == 0 {
		fields = slices.DeleteFunc(fields, func(f [2]string) bool {
			return f[0] == "status" || f[0] == "service_code" || f[0] == "lat" || f[0] == "long"
		})
	}
	var j, x strings.Builder
	for i, f := range fields {
		fmt.Fprintf(&j, "%s%q:%q", []string{"{", ","}[min(i, 1)], f[0], f[1])
		fmt.Fprintf(&x, "<%s>%s</%s>", f[0], f[1], f[0])
	}
	r.json, r.xml = j.String()+"}", "<request>"+x.String()+"</request>"
	switch {
	case t.is("content", "unreadable") && r.n%5 == 1:
		r.key, r.json, r.xml = "unreadable", "17", "<request>17</request>"
	case t.is("content", "null") && r.n%5 == 1:
		r.key, r.json, r.xml = "null", "null", "<request/>"
	case t.is("content", "errors") && r.n%5 == 1:
		r.key, r.json, r.xml = "error", `{"code":500,"description":"no such row"}`, "<error><code>500</code><description>no such row</description></error>"
	}
}

// RoundTrip implements http.RoundTripper.
func (t *lyingTown) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	t.flying++
	t.mu.Unlock()
	defer func() { t.mu.Lock(); t.flying--; t.mu.Unlock() }()
	select {
	case <-time.After(300 * time.Millisecond):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.serve(r)
	if t.trace != nil {
		fmt.Fprintf(t.trace, "%3d %s -> %d, %d rows\n", t.calls, r.URL.RequestURI(), a.status, strings.Count(a.body, "service_request_id\":")+strings.Count(a.body, "<request>"))
	}
	body := io.Reader(strings.NewReader(a.body))
	if a.kind == "broken" {
		body = io.MultiReader(strings.NewReader(a.body[:len(a.body)/2]), brokenReader{})
		a.kind = "application/json"
	}
	h := a.header.Clone()
	h.Set("Content-Type", a.kind)
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	return &http.Response{StatusCode: a.status, Status: strconv.Itoa(a.status), Header: h, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (t *lyingTown) serve(r *http.Request) *reply {
	address := r.URL.RequestURI()
	if t.is("format", "xml") && !strings.HasSuffix(r.URL.Path, ".xml") || !strings.HasPrefix(r.URL.Path, "/v2/requests.") {
		return &reply{404, "text/plain", http.Header{}, "no such format"}
	}
	t.calls++
	t.asked[address]++
	if t.calls > townPatience {
		return t.refuse(401, "enough")
	}
	if t.is("arrivals", "some") && t.calls%2 == 0 {
		t.arrived++
		t.rows = slices.Insert(t.rows, 0, t.row(900_000+t.arrived, time.Now().Unix()))
	}
	a := t.answer(r.URL.Query(), address)
	before := t.last
	t.last = a
	ill := t.is("where", "listing2") == (t.listing == 2) && t.calls == int(t.number("when")) && t.listing < 3 && t.faulted == nil
	if t.is("where", "window") && ill {
		t.ill = address
	}
	if !t.is("fault", "none") && (ill || t.ill == address && t.asked[address] <= 2) {
		q := r.URL.Query()
		t.faulted = &q
		if b := t.fault(before, a); b != nil {
			a = b
		}
	}
	if (a.status >= 500 || a.kind == "broken") && t.is("retry", "quick") { // its attempts are one call
		if t.same++; t.same < 4 {
			t.calls--
			t.asked[address]--
		} else {
			t.same = 0
		}
	} else {
		t.same = 0
	}
	return a
}

// fault is what comes instead of an answer.
func (t *lyingTown) fault(before, a *reply) *reply {
	h := http.Header{}
	switch t.lies["fault"] {
	case "404":
		return &reply{404, "text/plain", h, "deploying"}
	case "500":
		return &reply{500, "text/plain", h, "oops"}
	case "html":
		return &reply{200, "text/html", h, "<!doctype html><html><body>Maintenance</body></html>"}
	case "status":
		return &reply{200, "application/json", h, `{"status":"error"}`}
	case "empty":
		return t.list(nil, -1, h)
	case "null":
		return &reply{200, "application/json", h, "null"}
	case "broken":
		return &reply{200, "broken", h, a.body}
	}
	return before // cached
}

func (t *lyingTown) refuse(status int, text string) *reply {
	return &reply{status, "application/json", http.Header{}, fmt.Sprintf(`[{"code":%d,"description":%q}]`, status, text)}
}

// names of the parameters by the way of paging.
func (t *lyingTown) pagingNames() (page, size string) {
	switch {
	case t.is("paging", "page1", "page0"):
		return "page", "page_size"
	case t.is("paging", "offset"):
		return "offset", "limit"
	case t.is("paging", "renamed"):
		return "skip", "take"
	case t.is("paging", "none"):
		return "", "max_requests"
	}
	return "cursor", "page_size"
}

func (t *lyingTown) answer(q url.Values, address string) *reply {
	page, sizeName := t.pagingNames()
	for name := range q {
		known := []string{"service_code", "status", "start_date", "end_date", "extensions", "filter[x]", page, sizeName, "updated_after", "updated_before", "lat", "long", "radius", "bbox", "q"}
		if !slices.Contains(known, name) && !t.is("param", "ignored") {
			return t.refuse(int(t.number("param")), "unknown parameter "+name)
		}
	}
	size, asked := t.cap, t.cap
	if n, err := strconv.Atoi(q.Get(sizeName)); err == nil && n > 0 {
		switch t.lies["size"] {
		case "heeded":
			size = min(n, 4*t.cap)
			asked = size
		case "late":
			asked, size = n, min(n, t.cap)
		case "400", "500":
			return t.refuse(int(t.number("size")), "no sizes")
		}
	}
	list, refused := t.find(q)
	if refused != nil {
		return refused
	}
	from := 0
	if n, err := strconv.Atoi(q.Get(page)); err == nil && page != "" {
		switch page {
		case "page":
			if t.is("paging", "page1") {
				n--
			}
			from = max(0, n) * asked
		default:
			from = n
		}
	}
	depth := (int(t.number("rows")*float64(t.cap)*0.6)/size + 1) * size
	if !t.is("depth", "any") && from > depth {
		switch t.lies["depth"] {
		case "empty":
			from = len(list)
		case "404":
			return t.refuse(404, "too deep")
		case "last":
			from = depth
		}
	}
	from = min(from, len(list))
	part := list[from:min(from+size, len(list))]
	if t.is("bad", "page2") && from > 0 && from <= size || slices.ContainsFunc(part, func(r townRow) bool { return r.poison }) {
		return t.refuse(500, "no luck")
	}
	h := http.Header{}
	if strings.HasPrefix(t.lies["paging"], "link") && from+size < len(list) {
		t.link(h, q, from+size)
	}
	total := -1
	switch t.lies["total"] {
	case "right", "header":
		total = len(list)
	case "page":
		total = len(part)
	case "more":
		total = 3*len(t.rows) + 7
	}
	if t.is("total", "header") {
		h.Set("X-Total-Count", strconv.Itoa(total))
		total = -1
	}
	return t.list(part, total, h)
}

func (t *lyingTown) link(h http.Header, q url.Values, next int) {
	to := url.Values{}
	maps.Copy(to, q)
	to.Set("cursor", strconv.Itoa(next))
	to.Set("filter[x]", "1,2")
	suffix := ".json?"
	if t.is("format", "xml") {
		suffix = ".xml?"
	}
	address := "https://city.example/v2/requests" + suffix + to.Encode()
	switch t.lies["paging"] {
	case "link":
		h.Set("Link", `<https://city.example/v2/requests.json?cursor=0>; rel="first", <`+address+`>; rel="next"`)
	case "linkrelative":
		h.Set("Link", "<requests"+suffix+to.Encode()+">; rel=next")
	case "linkcomma":
		h.Set("Link", `<https://city.example/v2/requests?a=1,2;3>; rel="prev first"; title="a, <b>; rel=next", <`+strings.ReplaceAll(address, "%2C", ",")+`>; title="n, m"; rel="last next"`)
	case "linkbrackets":
		h.Add("Link", `</v2/help>; rel="help"`)
		h.Add("Link", `</v2/requests`+suffix+strings.ReplaceAll(strings.ReplaceAll(to.Encode(), "%5B", "["), "%5D", "]")+`>; REL=Next`)
	case "linkheader":
		h.Set("X-Next-Page-URL", address)
	}
}

// list writes rows.
func (t *lyingTown) list(rows []townRow, total int, h http.Header) *reply {
	var b strings.Builder
	xml := t.is("format", "xml")
	if xml {
		b.WriteString(`<?xml version="1.0" encoding="utf-8"?><service_requests>`)
	} else {
		if total >= 0 {
			fmt.Fprintf(&b, `{"meta":{"%s":%d},"requests":`, map[bool]string{true: "count", false: "total"}[t.is("total", "page")], total)
		}
		b.WriteString("[")
	}
	for i, r := range rows {
		for n := range 1 + map[bool]int{true: 1}[t.is("content", "doubled") && r.n%3 == 0] {
			switch {
			case xml:
				b.WriteString(r.xml)
			case i+n > 0:
				b.WriteString("," + r.json)
			default:
				b.WriteString(r.json)
			}
		}
	}
	if xml {
		b.WriteString("</service_requests>")
		return &reply{200, "text/xml", h, b.String()}
	}
	b.WriteString("]")
	if total >= 0 {
		b.WriteString("}")
	}
	return &reply{200, "application/json", h, b.String()}
}

// bounds returns the span that the town takes for the dates of a call.
func (t *lyingTown) bounds(q url.Values) (lo, hi int64, refused *reply) {
	const none = int64(1) << 60
	lo, hi = -none, none
	read := func(name string, to *int64) {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
			if at, err := time.Parse(layout, q.Get(name)); err == nil {
				*to = at.Unix()
				return
			}
		}
	}
	start, end := "start_date", "end_date"
	if t.is("bounds", "swapped") {
		start, end = end, start
	}
	if !t.is("bounds", "ignored", "onlyend") {
		read(start, &lo)
	}
	if !t.is("bounds", "ignored", "onlystart") {
		read(end, &hi)
	}
	bounded := lo != -none || hi != none
	if bounded && t.is("bounds", "refused") {
		return 0, 0, t.refuse(400, "no dates")
	}
	shift := map[string]int64{"zone+9": -9 * 3600, "zone-7": 7 * 3600}[t.lies["bounds"]]
	if lo != -none {
		lo += shift
		switch t.lies["bounds"] {
		case "startex", "bothex":
			lo++
		case "day", "midnight":
			lo -= lo % townDay
		}
	}
	if hi != none {
		hi += shift
		switch t.lies["bounds"] {
		case "endex", "bothex":
			hi--
		case "midnight":
			hi -= hi % townDay
		case "day":
			hi += townDay - 1 - hi%townDay
		}
	}
	if back := t.number("hide"); back > 0 && !bounded {
		lo = time.Now().Unix() - int64(back)*townDay
	}
	const most = 90 * townDay
	if top := min(hi, time.Now().Unix()); bounded && top-lo > most {
		switch t.lies["span"] {
		case "refused":
			if lo != -none {
				return 0, 0, t.refuse(400, "more than 90 days")
			}
			lo = top - most
		case "cutnewest":
			lo = top - most
		case "cutoldest":
			if lo != -none {
				hi = lo + most
			} else {
				lo = top - most
			}
		}
	}
	return lo, hi, nil
}

// find returns the rows of a call in the order of the town.
func (t *lyingTown) find(q url.Values) ([]townRow, *reply) {
	lo, hi, refused := t.bounds(q)
	if refused != nil {
		return nil, refused
	}
	values := func(name string) []string {
		if q.Get(name) == "" {
			return nil
		}
		list := strings.Split(q.Get(name), ",")
		if len(list) > 1 {
			switch t.lies["filters"] {
			case "first":
				return list[:1]
			case "last":
				return list[len(list)-1:]
			case "none":
				return []string{"?"}
			}
		}
		return list
	}
	codes, states := values("service_code"), values("status")
	if several := len(codes) > 1 || len(states) > 1; several && t.is("filters", "400", "404") {
		return nil, t.refuse(int(t.number("filters")), "one at a time")
	}
	switch t.lies["filters"] {
	case "nostatus":
		states = nil
	case "nocode":
		codes = nil
	case "capitals":
		for i := range codes {
			codes[i] = strings.ToLower(codes[i])
		}
	case "numbers":
		states = nil // it knows its own numbers only
	}
	asked := townQuery{codes: codes, states: states}
	if !t.is("filters", "noupdate") {
		asked.after, asked.before = stampOf(q.Get("updated_after")), stampOf(q.Get("updated_before"))
	}
	if !t.is("filters", "noarea") {
		if lat, err := strconv.ParseFloat(q.Get("lat"), 64); err == nil {
			asked.lat = lat
		}
		if south, err := strconv.ParseFloat(strings.Split(q.Get("bbox"), ",")[0], 64); err == nil {
			asked.lat = south + 0.5
		}
	}
	everything := lo == -1<<60 && hi == 1<<60
	var list []townRow
	for _, r := range t.rows {
		hidden := len(q.Get("status")) == 0 && (t.is("hide", "open") && r.status != "open" && r.status != "1" || r.status == "secret")
		if !hidden && asked.has(&r) && (everything || r.at != 0 && lo <= r.at && r.at <= hi) {
			list = append(list, r)
		}
	}
	t.sort(list)
	return list, nil
}

func stampOf(text string) int64 {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0
	}
	return at.Unix()
}

func (t *lyingTown) sort(list []townRow) {
	by := func(f func(r *townRow) int64) {
		slices.SortStableFunc(list, func(a, b townRow) int { return cmp.Or(cmp.Compare(f(&b), f(&a)), cmp.Compare(b.n, a.n)) })
	}
	mess := func(r *townRow) int64 { return int64(uint64(r.n+1) * 0x9E3779B97F4A7C15 >> 1) }
	switch t.lies["order"] {
	case "newest":
		by(func(r *townRow) int64 { return r.at })
	case "oldest":
		by(func(r *townRow) int64 { return -r.at })
	case "id":
		by(func(r *townRow) int64 { return int64(r.n + r.n*7919%5) })
	case "updated", "falling":
		by(func(r *townRow) int64 { return r.upd })
	case "stable":
		by(mess)
	case "unstable":
		t.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
}

// townQuery is a question about the content of rows, dates apart.
type townQuery struct {
	codes, states []string
	after, before int64
	lat           float64 // of an area; 0: none
}

func (q *townQuery) has(r *townRow) bool {
	return (len(q.codes) == 0 || slices.Contains(q.codes, r.code)) && (len(q.states) == 0 || slices.Contains(q.states, r.status)) &&
		(q.after == 0 || r.upd >= q.after) && (q.before == 0 || r.upd <= q.before) && (q.lat == 0 || r.lat > q.lat-0.5 && r.lat < q.lat+0.5)
}
