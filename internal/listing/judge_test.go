package listing

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
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
	default:
		told = styles[d]
	}
	return told
}

// judge lists a city and says which invariants were broken.
func judge(c city, seed uint64, without off, trace io.Writer) verdict {
	t := newTown(c, seed)
	t.trace = trace
	v := verdict{broken: map[string]string{}}
	queries, told := t.queries()
	shared := &Beliefs{}
	for _, q := range queries {
		t.one(q, told, shared, without, &v)
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
		if !t.wants(r) || r.hidden || r.at == 0 && !plain || r.at != 0 && !wanted.has(r.at) {
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
	t.judgeMissing(missing, gaps, plain, v)
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

func (t *town) judgeMissing(missing []request, gaps []Gap, plain bool, v *verdict) {
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
		case t.unknowable(r, plain):
			v.broken[excused] = ""
		case len(gaps) > 0:
			v.broken[outside] = fmt.Sprintf("row %d of %s", r.key, short(t.now, stamp(r.at)))
		default:
			v.broken[silent] = fmt.Sprintf("%d rows, such as %d of %s", len(missing), r.key, short(t.now, stamp(r.at)))
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
	return true
}

// unknowable: the six kinds that no evidence can show.
func (t *town) unknowable(r request, plain bool) bool {
	window := t.city["hide"] == "7" || t.city["hide"] == "30" || t.city["hide"] == "90"
	switch {
	case r.status == "secret":
		return true
	case !t.dates() && !t.pages():
		return true // and pages that end at a depth, or are in no stable order, without dates
	case !t.dates() && window:
		return true // always within its own window
	case t.city["cap"] == "1" && t.city["content"] == "second":
		return true // two requests of a second, one at a time
	case r.at == 0 && !t.pages():
		return true
	case r.at == 0 && (window || t.city["span"] != "any"):
		return true
	case t.faulted && (t.city["fault"] == "empty" || t.city["fault"] == "404" || t.city["fault"] == "cached") && (!t.dates() || t.city["rows"] == "0.02"):
		return true
	}
	return false
}

// evidence reports whether a client could prove that it has all.
func (t *town) evidence(q Query, told Traits) bool {
	c := t.city
	if c["content"] == "unreadable" || c["poison"] == "record" || c["hide"] == "word" {
		return false
	}
	if c["content"] == "second" && !t.pages() && c["size"] != "heeded" {
		return false
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
		per = min(q.Size, 4*t.cap)
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

// pairs returns every pair of lies, each with the rest as it should be.
func pairs() (out []city) {
	normal := city{}
	for _, a := range axes {
		normal[a.name] = a.values[0]
	}
	out = append(out, normal)
	for i, a := range axes {
		for _, v := range a.values[1:] {
			one := maps.Clone(normal)
			one[a.name] = v
			out = append(out, one)
			for _, b := range axes[i+1:] {
				for _, w := range b.values[1:] {
					two := maps.Clone(one)
					two[b.name] = w
					out = append(out, two)
				}
			}
		}
	}
	return out
}

// random returns a city that lies in some ways.
func random(rng *rand.Rand) city {
	c := city{}
	for _, a := range axes {
		c[a.name] = a.values[0]
		if rng.IntN(10) < 3 {
			c[a.name] = a.values[rng.IntN(len(a.values))]
		}
	}
	return c
}

// shrink returns the city with the fewest lies that still breaks the invariant.
func shrink(c city, seed uint64, what string) city {
	for again := true; again; {
		again = false
		for _, a := range axes {
			if c[a.name] == a.values[0] {
				continue
			}
			less := maps.Clone(c)
			less[a.name] = a.values[0]
			if _, still := judge(less, seed, 0, nil).broken[what]; still {
				c, again = less, true
			}
		}
	}
	return c
}

// tally counts what came of many cities.
type tally struct {
	cities, bad  int
	counts       map[string]int
	examples     map[string][]string
	rows, wanted int
}

func (y *tally) add(c city, seed uint64, v verdict, show int) {
	y.cities++
	bad := false
	for what := range v.broken {
		y.counts[what]++
		if slices.Contains(severe, what) {
			bad = true
			if len(y.examples[what]) < show {
				least := shrink(c, seed, what)
				again := judge(least, seed, 0, nil)
				y.examples[what] = append(y.examples[what], fmt.Sprintf("seed %d: %v: %s", seed, least, again.broken[what]))
			}
		}
	}
	if bad {
		y.bad++
	}
	y.rows, y.wanted = y.rows+v.rows, y.wanted+v.wanted
}

func (y *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d cities, %d in order", y.cities, y.cities-y.bad)
	for _, what := range slices.SortedFunc(maps.Keys(y.counts), func(a, b string) int { return cmp.Compare(y.counts[b], y.counts[a]) }) {
		fmt.Fprintf(&b, "\n%6d %s", y.counts[what], what)
		for _, e := range y.examples[what] {
			fmt.Fprintf(&b, "\n         %s", e)
		}
	}
	fmt.Fprintf(&b, "\n%d of %d rows", y.rows, y.wanted)
	return b.String()
}

// report logs what came of the cities, and fails for what must not be at all.
func (y *tally) report(t *testing.T) {
	t.Helper()
	t.Log(y.String())
	for _, what := range []string{silent, outside, doubled, foreign, thrice} {
		if n := y.counts[what]; n > 0 {
			t.Errorf("%d cities: %s", n, what)
		}
	}
}

// TestPairs lists every city that lies in one or two ways.
func TestPairs(t *testing.T) {
	y := tally{counts: map[string]int{}, examples: map[string][]string{}}
	for i, c := range pairs() {
		y.add(c, uint64(i), judge(c, uint64(i), 0, nil), 8)
	}
	y.report(t)
}

// TestRandom lists random cities: OPEN311_LISTING_CITIES says how many.
func TestRandom(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("OPEN311_LISTING_CITIES"))
	y := tally{counts: map[string]int{}, examples: map[string][]string{}}
	for i := range uint64(max(n, 500)) {
		c := random(rand.New(rand.NewPCG(i, 2)))
		y.add(c, i, judge(c, i, 0, nil), 8)
	}
	y.report(t)
}

// TestOne traces one city: OPEN311_LISTING_CITY="seed axis=value …".
func TestOne(t *testing.T) {
	text := strings.Fields(os.Getenv("OPEN311_LISTING_CITY"))
	if len(text) == 0 {
		t.Skip("no city is named")
	}
	c := pairs()[0]
	seed, _ := strconv.ParseUint(text[0], 10, 64)
	for _, lie := range text[1:] {
		name, value, _ := strings.Cut(lie, "=")
		c[name] = value
	}
	v := judge(c, seed, 0, os.Stderr)
	t.Log(v.broken, v.calls, v.least)
}
