package listing

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// The invariants of a listing.
const (
	silent  = "rows missing and no error"
	outside = "missing rows outside of the gaps"
	doubled = "a row twice"
	foreign = "a row that does not satisfy the query"
	alarm   = "an error though nothing is missing and the evidence was there"
	costly  = "too many calls"
	thrice  = "a slice asked for more than twice"
	wide    = "gaps far wider than what is missing"
	excused = "missing in silence, and nobody can know"
	lazy    = "an error for rows that a known call would have brought"
)

var severe = []string{silent, outside, doubled, foreign, alarm, costly, thrice, wide, lazy}

// verdict is what came of a city.
type verdict struct {
	broken       map[string]string
	calls, least int
	again        int // calls of a second listing
	gaps         []Gap
	rows, wanted int
}

// queries returns what a city is asked for.
func (t *town) queries() (queries []Query, told Traits) {
	at := func(i int) int64 {
		var dated []int64
		for _, r := range t.rows {
			if r.at != 0 {
				dated = append(dated, r.at)
			}
		}
		slices.Sort(dated)
		if len(dated) == 0 {
			return t.now - int64(10*(4-i))*day
		}
		return dated[(len(dated)-1)*i/4]
	}
	q := Query{}
	switch t.city["query"] {
	case "start":
		q.Start = stamp(at(1))
	case "startend", "comma":
		q.Start, q.End = stamp(at(1)), stamp(at(3))
		if t.city["query"] == "comma" {
			q = Query{Codes: []string{"A,B", "C"}}
		}
	case "shards":
		a, b, c := at(1), at(2), at(3)
		queries = []Query{{Start: stamp(a), End: stamp(b)}, {Start: stamp(b + 1), End: stamp(max(b+1, c))}}
		return queries, t.traits()
	case "code":
		q.Codes = []string{"A"}
	case "codes":
		q.Codes = []string{"Z", "A", "B"}
	case "status":
		q.Statuses = []string{"closed"}
	case "statuses":
		q.Statuses = []string{"open", "closed"}
	case "size":
		q.Size = 30
	case "startsize":
		q.Start, q.Size = stamp(at(1)), 500
	}
	return []Query{q}, t.traits()
}

func (t *town) traits() (told Traits) {
	styles := map[string]Traits{"none": {Style: NoPages}, "page1": {Style: Numbers, First: 1}, "page0": {Style: Numbers}, "offset": {Style: Offsets}}
	switch d := t.city["told"]; d {
	case "nothing":
	case "right":
		told = styles[t.city["paging"]]
		told.Cap = t.cap
	case "cap":
		told.Cap = 7
	case "bigcap":
		told.Cap = 1000
	case "span":
		told.Span = 30 * 24 * time.Hour
	case "one":
		told.OneCode, told.OneStatus = true, true
	case "nodates":
		told.NoDates = true
	case "most":
		told.Cap = maxSize * t.cap
	default:
		told = styles[d]
	}
	return told
}

// latencies are how long a call takes, by city: the clock ticks while it is listed, often or never.
var latencies = [...]time.Duration{0, 130 * time.Millisecond, 900 * time.Millisecond, 7 * time.Second}

// judge lists a city and says which invariants were broken.
func judge(c city, seed uint64, without off, trace io.Writer) verdict {
	t := newTown(c, seed)
	t.latency, t.trace = latencies[seed/4%uint64(len(latencies))], trace
	v := verdict{broken: map[string]string{}}
	queries, told := t.queries()
	shared := &Beliefs{}
	for _, q := range queries {
		t.one(q, told, shared, without, &v)
	}
	if q := queries[0]; len(queries) == 1 && (t.faulted || seed%4 == 0) { // nothing was learned from a fault
		second := verdict{broken: map[string]string{}}
		t.city = maps.Clone(c)
		t.city["fault"] = "none"
		t.faulted = false
		t.rows = slices.DeleteFunc(t.rows, func(r request) bool { return r.key > arrived })
		t.one(q, told, shared, without, &second)
		for what, how := range second.broken {
			if what == silent || what == outside || what == alarm {
				v.broken[what] = "later: " + how
			}
		}
		v.again = second.calls
	}
	return v
}

func (t *town) one(q Query, told Traits, shared *Beliefs, without off, v *verdict) {
	t.codes, t.states = q.Codes, q.Statuses
	t.got, t.asked, t.calls = map[uint64]int{}, map[string]int{}, 0
	existed := slices.Clone(t.rows)
	l := New(t, q, told, shared)
	l.without = without
	err := l.Run(context.Background())
	gaps := l.Gaps()
	if err != nil {
		gaps = append(gaps, Gap{Err: err})
	}
	wanted := spanOf(q.Start, q.End)
	plain := wanted.open()
	var missing []request
	want := 0
	for _, r := range existed {
		if !t.wants(r) || r.hidden || r.at == 0 && (!plain || num(t.city["hide"]) > 0) || r.at != 0 && !wanted.has(r.at) {
			continue
		}
		want++
		if t.got[r.key] == 0 {
			missing = append(missing, r)
		}
	}
	for _, r := range t.rows {
		if n := t.got[r.key]; n > 1 {
			v.broken[doubled] = fmt.Sprint(r.key)
		} else if n == 1 && (!t.wants(r) || r.at != 0 && !wanted.has(r.at)) {
			v.broken[foreign] = fmt.Sprint(r.key)
		}
	}
	v.wanted += want
	v.rows += want - len(missing)
	if trace := t.trace; trace != nil {
		fmt.Fprintf(trace, "%d rows wanted, missing %d, err %v, gaps:\n", want, len(missing), err)
		for _, g := range gaps {
			fmt.Fprintf(trace, "  %s..%s %v [%s]\n", short(t.now, g.Start), short(t.now, g.End), g.Err, g.Slice)
		}
		for _, r := range missing[:min(5, len(missing))] {
			fmt.Fprintf(trace, "  missing %d at %s %s %s\n", r.key, short(t.now, stamp(r.at)), r.status, r.code)
		}
	}
	t.judgeMissing(missing, gaps, q, v)
	if len(gaps) > 0 && len(missing) == 0 && t.evidence(q, told) {
		v.broken[alarm] = fmt.Sprint(gaps[0].Err)
	}
	least := t.least(want, q)
	v.calls, v.least = v.calls+l.Calls(), v.least+least
	if l.Calls() > 3*least+20 {
		v.broken[costly] = fmt.Sprintf("%d calls, least %d", l.Calls(), least)
	}
	for _, n := range t.asked {
		if n > 2 {
			v.broken[thrice] = fmt.Sprint(n)
		}
	}
	v.gaps = append(v.gaps, gaps...)
}

func (t *town) judgeMissing(missing []request, gaps []Gap, q Query, v *verdict) {
	if len(missing) == 0 {
		return
	}
	in := func(r request) bool {
		return slices.ContainsFunc(gaps, func(g Gap) bool { return r.at == 0 || spanOf(g.Start, g.End).has(r.at) })
	}
	for _, r := range missing {
		if in(r) {
			continue
		}
		switch {
		case t.unknowable(r, q) != "":
			v.broken[excused] = ""
			v.broken[excused+" "+t.unknowable(r, q)] = ""
		case len(gaps) > 0:
			v.broken[outside] = fmt.Sprintf("row %d of %s", r.key, short(t.now, stamp(r.at)))
		default:
			v.broken[silent] = fmt.Sprintf("%d rows, such as %d of %s", len(missing), r.key, short(t.now, stamp(r.at)))
		}
	}
	if t.dates() && len(gaps) > 0 && !slices.ContainsFunc(missing, func(r request) bool { return r.at == 0 }) {
		low, high, length := missing[0].at, missing[0].at, int64(0)
		for _, r := range missing {
			low, high = min(low, r.at), max(high, r.at)
		}
		for _, g := range gaps {
			s := spanOf(g.Start, g.End).clip(span{t.now - 800*day, t.now})
			length += max(0, s.hi-s.lo)
		}
		if length > 2*(high-low)+2*slack*int64(len(gaps)+1) && v.broken[outside] == "" {
			v.broken[wide] = fmt.Sprintf("%.1f days for %.1f: %v", float64(length)/float64(day), float64(high-low)/float64(day), gaps[0].Err)
		}
	}
	if len(gaps) > 0 && len(missing) > 0 && t.evidence(Query{}, Traits{}) && v.broken[outside] == "" {
		v.broken[lazy] = fmt.Sprintf("%d rows: %v", len(missing), gaps[0].Err)
	}
}

// pages reports whether the city has pages that a client can find.
func (t *town) pages() bool {
	switch t.city["paging"] {
	case "none", "renamed":
		return false
	}
	return t.city["depth"] == "any" && t.city["order"] != "unstable"
}

// dates reports whether bounds are of any use.
func (t *town) dates() bool {
	switch t.city["bounds"] {
	case "ignored", "refused", "onlystart", "onlyend":
		return false
	}
	return t.city["told"] != "nodates"
}

// quietAbove reports whether nothing that is newer than a row was requested for two years: where a listing without a start
// ends, as the documentation of All says.
func (t *town) quietAbove(r request) bool {
	above := []int64{t.now}
	for _, other := range t.rows {
		if t.wants(other) && !other.hidden && other.at != 0 && other.at >= r.at && other.at <= t.now {
			above = append(above, other.at)
		}
	}
	slices.Sort(above)
	for i := 1; i < len(above); i++ {
		if above[i]-above[i-1] > defaultQuiet {
			return true
		}
	}
	return false
}

// unknowable says which of the kinds that no evidence can show a missing row is of; "": none.
func (t *town) unknowable(r request, q Query) string {
	c := t.city
	window := num(c["hide"]) > 0
	behind, beyond := t.behind(r, true), t.behind(r, false)
	switch {
	case r.status == "secret" && len(q.Statuses) == 0, r.status != "open" && c["hide"] == "open" && c["filters"] == "statusignored":
		return "2 status"
	case c["cap"] == "1" && t.equals(r) && !t.styled() && c["size"] != "heeded":
		return "7 cap of one"
	case q.Start.IsZero() && r.at != 0 && t.quietAbove(r):
		return "8 two quiet years"
	case !t.dates() && window && !(c["bounds"] == "onlystart" || c["bounds"] == "onlyend"):
		return "1 window"
	case c["bounds"] == "onlystart" && window && c["span"] == "cut90" && r.at < t.now-90*day:
		return "1 window" // whatever is asked, the answer is the same as if nothing were older than 90 days
	case !t.dates() && c["order"] == "unstable":
		return "5 unstable"
	case !t.dates() && behind && t.styled() && c["depth"] != "any":
		return "6 depth"
	case !t.dates() && behind && !t.styled():
		return "1 one list"
	case r.at == 0 && beyond && c["order"] == "unstable":
		return "5 undated"
	case r.at == 0 && beyond && t.styled() && (c["depth"] != "any" || c["poison"] == "record"): // a page of them that fails for good looks the same
		return "6 undated"
	case r.at == 0 && beyond && !t.styled():
		return "3 undated"
	case t.faulted && !t.faultPaged && (c["fault"] == "empty" || c["fault"] == "404") && (!t.dates() || r.at == 0 || c["rows"] == "0.02"):
		return "4 fault"
	}
	return ""
}

// equals reports whether there is another row of the second of one.
func (t *town) equals(r request) bool {
	return slices.ContainsFunc(t.rows, func(o request) bool { return o.at == r.at && o.key != r.key })
}

// behind reports whether a row stands behind the cap of the list that has it: that of all that is asked for, or that
// of its state.
func (t *town) behind(r request, state bool) bool {
	n := 0
	state = state && t.city["filters"] != "statusignored"
	for _, o := range t.rows {
		if o.status == r.status || !state {
			n++
		}
	}
	limit := t.cap
	if t.city["size"] == "heeded" && !t.styled() {
		limit *= maxSize
	}
	return n > limit || t.city["poison"] != "none" // or is in a list that fails
}

// styled reports whether the city has pages that a client can find.
func (t *town) styled() bool { return t.city["paging"] != "none" && t.city["paging"] != "renamed" }

// evidence reports whether a client could prove that it has all.
func (t *town) evidence(q Query, told Traits) bool {
	c := t.city
	if c["content"] == "unreadable" || c["content"] == "errors" || c["poison"] == "record" || c["hide"] == "word" {
		return false
	}
	if c["cap"] == "1" && !t.pages() && c["size"] != "heeded" {
		return false // of several of one second it gives one, and shows no way to the rest
	}
	if c["content"] == "second" && !t.pages() && c["size"] != "heeded" {
		return false
	}
	if c["content"] == "equal" && num(c["cap"]) < 4 && !t.pages() && c["size"] != "heeded" {
		return false // a second may be full
	}
	if t.dates() {
		switch {
		case c["bounds"] == "day" || c["bounds"] == "midnight":
			return num(c["rows"])/num(c["days"]) < 0.2 && c["content"] != "second"
		case c["content"] == "second" || c["content"] == "bursts":
			return t.pages() && c["param"] != "500"
		}
		return true
	}
	return t.pages() && c["hide"] == "nothing" && c["total"] != "more"
}

// least is what a client needs that knows the city.
func (t *town) least(rows int, q Query) int {
	n := 0
	for _, r := range t.rows { // filters that the server ignores make more rows
		if t.wants(r) || t.city["filters"] != "right" || t.city["query"] == "comma" {
			n++
		}
	}
	per := t.cap
	if q.Size > 0 && t.city["size"] == "heeded" {
		per = min(q.Size, maxSize*t.cap)
	}
	pages := min(n, max(rows, n))/per + 1
	if o := t.city["order"]; o != "newest" && o != "oldest" || t.city["bounds"] == "onlystart" {
		pages *= 2
	}
	n = pages
	if q.Start.IsZero() {
		n += 9
	}
	if t.city["span"] != "any" || t.city["days"] == "1300" || t.city["days"] == "400" {
		n += int(num(t.city["days"])/86) + 1
	}
	if t.city["told"] == "span" {
		n += int(730/30) - 9 + int(num(t.city["days"])/30)
	}
	if c := t.city["filters"]; (c == "first" || c == "nothing") && len(q.Codes)+len(q.Statuses) > 1 {
		n *= len(q.Codes) + len(q.Statuses)
	}
	if h := t.city["hide"]; h == "open" || h == "word" {
		n *= 2
	}
	if t.city["poison"] == "record" {
		n += 40
	}
	return n
}
