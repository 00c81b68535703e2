package open311_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311"
)

// What a listing must not do.
const (
	silentLoss  = "requests missing and no error"
	outsideGaps = "missing requests outside of the gaps"
	givenTwice  = "a request twice"
	givenWrong  = "a request that does not satisfy the query"
	falseAlarm  = "an error though nothing is missing and the evidence was there"
	tooCostly   = "too many calls"
	askedThrice = "a call more than twice"
	outlives    = "a call outlives the listing"
	excusedLoss = "missing in silence, and nobody can know"
)

// townVerdict is what came of a town: what was broken, and how.
type townVerdict map[string]string

func (v townVerdict) add(what, format string, args ...any) {
	if v[what] == "" {
		v[what] = fmt.Sprintf(format, args...)
	}
}

// judgeTown lists a town: twice by one client, and by another that is given what the first has learned.
func judgeTown(t *testing.T, l lies, seed uint64, trace bool) townVerdict {
	v := townVerdict{}
	synctest.Test(t, func(t *testing.T) {
		city := newLyingTown(l, seed)
		if trace {
			city.trace = os.Stderr
		}
		var learned open311.Learned
		for city.listing = 1; city.listing <= 3; city.listing++ {
			opts := city.options()
			if city.listing == 3 {
				text, err := json.Marshal(learned)
				if err == nil {
					err = json.Unmarshal(text, &learned)
				}
				if err != nil {
					t.Fatal(err)
				}
				opts = append(opts, open311.WithLearned(learned))
			}
			c, err := open311.New("https://city.example/v2", opts...)
			if err != nil {
				t.Fatal(err)
			}
			queries := city.queries()
			for i := range queries {
				city.judge(t.Context(), c, &queries[i], v)
			}
			if city.listing == 1 && !city.is("where", "listing2") {
				city.listing = 2
				for i := range queries {
					city.judge(t.Context(), c, &queries[i], v)
				}
			}
			learned = c.Learned()
		}
	})
	return v
}

func (t *lyingTown) options() []open311.Option {
	retry := once
	if t.is("retry", "quick") {
		retry = quick
	}
	ahead, _ := strconv.Atoi(t.lies["ahead"])
	return []open311.Option{open311.WithMiddleware(func(rt http.RoundTripper) http.RoundTripper { return t }), open311.WithRetry(retry), open311.WithConcurrency(ahead),
		open311.WithDialect(t.dialect())}
}

// dialect is what the client is told.
func (t *lyingTown) dialect() open311.Dialect {
	var d open311.Dialect
	switch t.lies["told"] {
	case "nothing":
	case "page1":
		d.Paging = open311.Paging{Style: open311.PagingNumbers, First: 1}
	case "page0":
		d.Paging.Style = open311.PagingNumbers
	case "offset":
		d.Paging.Style = open311.PagingOffset
	case "none":
		d.Paging.Style = open311.PagingNone
	case "right":
		d.Paging = open311.Paging{Cap: t.cap, First: 1, Style: map[string]open311.PagingStyle{"page1": open311.PagingNumbers, "page0": open311.PagingNumbers,
			"offset": open311.PagingOffset, "renamed": open311.PagingOffset, "none": open311.PagingNone}[t.lies["paging"]]}
		if t.is("paging", "page0") {
			d.Paging.First = 0
		}
		if t.is("paging", "renamed") {
			d.Rename = map[string]string{"offset": "skip", "page_size": "take"}
		}
		d.Windows.Off = t.is("bounds", "ignored", "refused")
		if t.is("filters", "first", "last", "none", "400", "404") {
			d.OneValue = []string{"service_code", "status"}
		}
		if t.is("filters", "nostatus") {
			d.Ignores = []string{"status"}
		}
		if t.is("hide", "open") {
			d.Statuses = []open311.Status{"open", "closed"}
		}
	default:
		for _, known := range open311.Dialects() {
			if strings.ReplaceAll(known.Name, " ", "") == t.lies["told"] {
				d = known
			}
		}
	}
	return d
}

// queries returns what a town is asked for: mostly one query, or the parts of one.
func (t *lyingTown) queries() []open311.Query {
	at := func(part float64) time.Time {
		var dated []int64
		for _, r := range t.rows {
			if r.at != 0 && r.n < 900_000 {
				dated = append(dated, r.at)
			}
		}
		if len(dated) == 0 {
			dated = []int64{t.began - townDay}
		}
		return time.Unix(dated[int(part*float64(len(dated)-1))], 0)
	}
	q := open311.Query{Start: at(1)} // just on the oldest
	switch t.lies["query"] {
	case "nil":
		return []open311.Query{{}}
	case "start":
		q.Start = at(0.7)
	case "span":
		q.Start, q.End = at(0.8), at(0.2)
	case "shards":
		q.Start, q.End = at(0.9), at(0.1)
		return q.Shards(3)
	case "neighbours":
		mid := at(0.5)
		return []open311.Query{{Start: mid.Add(-30 * townDay * time.Second), End: mid.Add(-time.Second)}, {Start: mid, End: mid}, {Start: mid.Add(time.Second), End: mid.Add(30 * townDay * time.Second)}}
	case "code":
		q.ServiceCodes = []string{"B"}
	case "codes":
		q.ServiceCodes = []string{"A", "C", "D"}
	case "unknowncode":
		q.ServiceCodes = []string{"Z", "B"}
	case "comma":
		q.ServiceCodes = []string{"B,C"}
	case "status":
		q.Statuses = []open311.Status{"closed"}
	case "statuses":
		q.Statuses = []open311.Status{"open", "closed"}
	case "size":
		q = open311.Query{PageSize: t.cap}
	case "startsize":
		q.PageSize = t.cap
	case "after":
		q.UpdatedAfter = at(0.5)
	case "updates":
		q.UpdatedAfter, q.UpdatedBefore = at(0.8), at(0.2)
	case "near":
		q.Near = &open311.Circle{Center: open311.Point{Lat: 51, Long: 13.2}, Radius: 20_000}
	case "within":
		q.Within = &open311.Box{Min: open311.Point{Lat: 50.5, Long: 13}, Max: open311.Point{Lat: 51.5, Long: 13.5}}
	case "area":
		q.Area = open311.Box{Min: open311.Point{Lat: 50.5, Long: 13}, Max: open311.Point{Lat: 51.5, Long: 13.5}}
	}
	return []open311.Query{q}
}

// fit says whether a query asks for a row: 1 yes, -1 no, 0 if the row does not show it.
func (t *lyingTown) fit(q *open311.Query, r *townRow) int {
	bare := t.is("content", "bare") && r.n%4 == 0
	verdict := 1
	doubt := func(cond, out bool) {
		if cond && out {
			verdict = min(verdict, -1)
		} else if cond && verdict > 0 && bare {
			verdict = 0
		}
	}
	doubt(len(q.ServiceCodes) > 0, !bare && !slices.ContainsFunc(q.ServiceCodes, func(c string) bool { return strings.EqualFold(c, r.code) }))
	doubt(q.Near != nil || q.Within != nil || q.Area != nil, !bare && r.lat != 51)
	if len(q.Statuses) > 0 {
		out := !bare && !slices.Contains(q.Statuses, open311.Status(r.status))
		if out && r.status != "open" && r.status != "closed" {
			return 0
		}
		doubt(true, out)
	}
	if !q.UpdatedAfter.IsZero() || !q.UpdatedBefore.IsZero() {
		if r.at == 0 {
			return 0
		}
		doubt(true, !q.UpdatedAfter.IsZero() && r.upd < q.UpdatedAfter.Unix() || !q.UpdatedBefore.IsZero() && r.upd > q.UpdatedBefore.Unix())
	}
	switch {
	case q.Start.IsZero() && q.End.IsZero():
	case r.at == 0:
		return min(verdict, 0)
	case !q.Start.IsZero() && r.at < q.Start.Unix(), !q.End.IsZero() && r.at > q.End.Unix():
		return -1
	}
	return verdict
}

// listed makes the listing.
func (t *lyingTown) listed(ctx context.Context, c *open311.Client, q *open311.Query) (got map[string]int, err error) {
	got = map[string]int{}
	see := func(r *open311.ServiceRequest) { got[r.ID+"|"+r.Description+"|"+r.Zipcode]++ }
	if t.is("query", "nil") && t.is("api", "all") {
		q = nil
	}
	if t.is("api", "pages") {
		for p, e := range c.Requests.Pages(ctx, q) {
			if e != nil {
				err = errors.Join(err, e)
			}
			if p != nil {
				for i := range p.Requests {
					see(&p.Requests[i])
				}
			}
		}
		return got, err
	}
	for r, e := range c.Requests.All(ctx, q) {
		if e != nil {
			return got, e
		}
		see(r)
	}
	return got, nil
}

func (t *lyingTown) judge(ctx context.Context, c *open311.Client, q *open311.Query, v townVerdict) {
	existed := slices.Clone(t.rows)
	t.asked, t.calls = map[string]int{}, 0
	got, err := t.listed(ctx, c, q)
	if t.flying > 0 {
		v.add(outlives, "%d", t.flying)
	}
	calls := t.calls
	time.Sleep(time.Minute)
	if t.calls > calls {
		v.add(outlives, "%d more calls", t.calls-calls)
	}
	var missing []townRow
	want, most := 0, 0
	for _, r := range existed {
		if t.fit(q, &r) >= 0 {
			most++
		}
		if t.fit(q, &r) > 0 && r.key != "null" && r.key != "error" {
			if want++; got[r.key] == 0 {
				missing = append(missing, r)
			}
		}
	}
	known := map[string]bool{}
	for _, r := range t.rows {
		known[r.key] = true
		if n := got[r.key]; n > 1 && r.key != "unreadable" {
			v.add(givenTwice, "listing %d: %s", t.listing, r.key)
		} else if n == 1 && t.fit(q, &r) < 0 && !t.vague(q, &r) {
			v.add(givenWrong, "listing %d: %s", t.listing, r.json)
		}
	}
	for key := range got {
		if !known[key] {
			v.add(givenWrong, "listing %d: %s is nothing", t.listing, key)
		}
	}
	gaps := gapsOf(err)
	if t.trace != nil {
		fmt.Fprintf(t.trace, "listing %d of %v..%v: %d calls, least %d, %d of %d missing, err %v, faulted %v\n", t.listing, q.Start, q.End, t.calls, t.least(q, most), len(missing), want, err, t.faulted)
		for _, r := range missing[:min(4, len(missing))] {
			fmt.Fprintf(t.trace, "  missing %s\n", r.json)
		}
	}
	t.judgeMissing(q, missing, gaps, err, v)
	if err != nil && len(missing) == 0 && t.proof(q) && !(t.faulted != nil && t.listing < 3 && t.is("when", "1")) {
		v.add(falseAlarm, "listing %d: %v", t.listing, err)
	}
	if least := t.least(q, most); t.calls > 3*least+20 {
		v.add(tooCostly, "listing %d: %d calls, least %d", t.listing, t.calls, least)
	}
	for address, n := range t.asked {
		if n > 2 {
			v.add(askedThrice, "listing %d: %s %d times", t.listing, address, n)
		}
	}
}

// gapsOf returns the gaps of an error; one without bounds if it has none.
func gapsOf(err error) []open311.Gap {
	var te *open311.TruncatedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &te):
		return te.Gaps
	}
	return []open311.Gap{{Err: err}}
}

func (t *lyingTown) judgeMissing(q *open311.Query, missing []townRow, gaps []open311.Gap, err error, v townVerdict) {
	for _, r := range missing {
		at := time.Unix(r.at, 0)
		told := slices.ContainsFunc(gaps, func(g open311.Gap) bool {
			return r.at == 0 || (g.Start.IsZero() || !at.Before(g.Start)) && (g.End.IsZero() || !at.After(g.End))
		})
		switch {
		case told || r.key == "unreadable" && err != nil:
		case t.nobodyKnows(q, &r):
			v.add(excusedLoss, "%s", r.json)
		case err != nil:
			v.add(outsideGaps, "listing %d: %s, %v", t.listing, r.json, err)
		default:
			v.add(silentLoss, "listing %d: %d of them, %s", t.listing, len(missing), r.json)
		}
	}
}

// dates reports whether bounds are of any use in a town, and pages whether a client can find its pages.
func (t *lyingTown) dates() bool {
	return !t.is("bounds", "ignored", "refused", "onlystart", "onlyend")
}

func (t *lyingTown) pages() bool {
	return !t.is("paging", "none") && (!t.is("paging", "renamed") || t.is("told", "right")) && t.is("depth", "any") && !t.is("order", "unstable")
}

// nobodyKnows are the six kinds of losses that no evidence shows.
func (t *lyingTown) nobodyKnows(q *open311.Query, r *townRow) bool {
	window := t.is("hide", "7", "30", "90")
	switch {
	case r.status == "secret", t.is("hide", "open") && !t.asksStates(): // it is told not to ask for states
		return true
	case !t.dates():
		return !t.pages() || window || t.faulted != nil && t.is("fault", "404", "empty", "null", "cached") && !t.faulted.Has("page") && !t.faulted.Has("offset")
	case r.at == 0:
		return !t.pages() || window || !t.is("span", "any") || t.is("hide", "open")
	case t.cap == 1 && (t.is("content", "second", "bursts") || t.is("arrivals", "some")):
		return true
	}
	return t.faulted != nil && t.is("fault", "404", "empty", "null") && len(t.rows) <= 1
}

// asksStates reports whether a client may ask the town for a state: it is not told that this is ignored, or it is not.
func (t *lyingTown) asksStates() bool {
	return !t.is("told", "uReport") && !t.is("filters", "nostatus", "numbers")
}

// vague reports whether a town that ignores a part of a query has shown no row that shows it.
func (t *lyingTown) vague(q *open311.Query, r *townRow) bool {
	const near = 26 * 3600
	after, before := q.UpdatedAfter, q.UpdatedBefore
	return !after.IsZero() && r.upd >= after.Unix()-near && (before.IsZero() || r.upd <= before.Unix()+near)
}

// proof reports whether a client could prove that it has all.
func (t *lyingTown) proof(q *open311.Query) bool {
	switch {
	case t.cap == 1 && !t.pages(), t.cap <= 3 && t.is("arrivals", "some"), t.is("content", "unreadable", "errors"), !t.is("bad", "nothing"), t.is("hide", "secret"), t.is("fault", "broken") && t.faulted != nil:
		return false
	case (q.Near != nil || q.Within != nil || !q.UpdatedAfter.IsZero()) && !t.is("param", "ignored"):
		return false
	case t.is("told", "right") == false && t.is("content", "second", "bursts") && !t.pages():
		return false
	}
	dense := float64(len(t.rows))*t.dense() > 0.25*float64(t.cap)
	told := t.is("told", "nothing", "right", "GeoReportv2")
	if t.dates() {
		switch {
		case t.is("bounds", "day", "midnight", "zone+9", "zone-7") && dense, t.is("content", "second", "bursts") && !told:
			return t.pages() && told && t.is("hide", "nothing") && !t.is("total", "more")
		case t.is("content", "second", "bursts"):
			return t.pages() || t.cap > 2 && t.is("content", "bursts") && !t.is("content", "second")
		case t.lies.number("days") < 1 && !t.pages():
			return false
		}
		return true
	}
	return t.pages() && told && t.is("hide", "nothing") && !t.is("total", "more")
}

// dense is the part of all rows that are of one day.
func (t *lyingTown) dense() float64 { return min(1, 1/t.number("days")) }

// least is how many calls a client needs that knows the town. most is how many rows the query may ask for.
func (t *lyingTown) least(q *open311.Query, most int) int {
	n := 0
	for _, r := range t.rows {
		plain := *q
		if t.is("filters", "noupdate", "noarea", "nostatus", "nocode", "numbers") || q.Area != nil || t.is("query", "comma") {
			plain = open311.Query{Start: q.Start, End: q.End}
		}
		if t.fit(&plain, &r) >= 0 {
			n++
		}
	}
	if !t.dates() {
		n = len(t.rows)
	}
	pages := max(n, most)/t.cap + 1
	if !t.is("order", "newest", "oldest") || t.is("bounds", "onlystart") {
		pages *= 2
	}
	calls := pages
	if q.Start.IsZero() {
		calls += 9
	}
	if !t.is("span", "any") || t.lies.number("days") > 86 {
		calls += int(t.lies.number("days")/86) + 1
	}
	if several := len(q.ServiceCodes) + len(q.Statuses); several > 1 && t.is("filters", "first", "last", "none", "400", "404") || t.is("told", "uReport", "Klarschiff", "FixMyStreet") {
		calls *= max(several, 2)
	}
	if t.is("hide", "open", "secret") {
		calls *= 2
	}
	if !t.is("bad", "nothing") || t.is("content", "unreadable", "errors") {
		calls += 40 * max(1, len(t.rows)/5/t.cap)
	}
	return calls
}

// plainTown is a town that does not lie.
func plainTown() lies {
	l := lies{}
	for _, a := range lyingAxes {
		l[a.name] = a.values[0]
	}
	return l
}

// randomTown lies in some ways.
func randomTown(rng *rand.Rand) lies {
	l := plainTown()
	for _, a := range lyingAxes {
		if rng.IntN(10) < 3 {
			l[a.name] = a.values[rng.IntN(len(a.values))]
		}
	}
	if rng.IntN(2) == 0 {
		a := lyingAxes[2]
		l["cap"] = a.values[rng.IntN(len(a.values))]
	}
	if l.number("cap") > 125 && rng.IntN(4) > 0 { // to save time
		l["cap"] = "20"
	}
	if l.number("cap") > 125 && l.number("rows") > 1 {
		l["rows"] = "more"
	}
	return l
}

// leastLies returns the town with the fewest lies that still breaks a rule.
func leastLies(t *testing.T, l lies, seed uint64, what string) lies {
	for again := true; again; {
		again = false
		for _, a := range lyingAxes {
			if l[a.name] == a.values[0] {
				continue
			}
			less := maps.Clone(l)
			less[a.name] = a.values[0]
			if judgeTown(t, less, seed, false)[what] != "" {
				l, again = less, true
			}
		}
	}
	return l
}

// TestListingTowns lists towns that lie in one way, and random ones that lie in several. OPEN311_LISTING_SEEDS sets how
// many, OPEN311_LISTING_FROM the first.
func TestListingTowns(t *testing.T) {
	seeds := 500
	if testing.Short() || raceDetector {
		seeds = 100
	}
	if n, err := strconv.Atoi(os.Getenv("OPEN311_LISTING_SEEDS")); err == nil {
		seeds = n
	}
	from, _ := strconv.Atoi(os.Getenv("OPEN311_LISTING_FROM"))
	shown, counts, bad := map[string]int{}, map[string]int{}, 0
	one := func(l lies, seed uint64) {
		v := judgeTown(t, l, seed, false)
		if reason := unmended[seed]; reason != "" && from == 0 && seed >= uint64(len(lyingAxes)) && len(v) > 0 {
			t.Logf("seed %d breaks %d rules, which is known: %s", seed, len(v), reason)
			return
		}
		for what := range v {
			counts[what]++
			if what == excusedLoss {
				continue
			}
			bad++
			if shown[what]++; shown[what] <= 12 {
				least := leastLies(t, l, seed, what)
				t.Errorf("%s: %q: %s", what, fmt.Sprint(seed, " ", least), judgeTown(t, least, seed, false)[what])
			}
		}
	}
	if from == 0 {
		for _, town := range mendedTowns {
			words := strings.Fields(town)
			seed, _ := strconv.ParseUint(words[0], 10, 64)
			one(townOf(words[1:]), seed)
		}
		for _, a := range lyingAxes {
			for i, value := range a.values {
				l := plainTown()
				l[a.name] = value
				one(l, uint64(i))
			}
		}
	}
	for seed := uint64(from); seed < uint64(from+seeds); seed++ {
		one(randomTown(rand.New(rand.NewPCG(seed, 311))), seed)
	}
	t.Logf("%d random towns, %d rules broken: %v", seeds, bad, counts)
}

// townOf returns a plain town with the lies "axis=value".
func townOf(words []string) lies {
	l := plainTown()
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		l[name] = value
	}
	return l
}

// mendedTowns are towns of which an earlier engine has lost requests without an error.
var mendedTowns = []string{
	"2157 param=404 fault=null told=Mark-a-Spot",
	"3180 told=Mark-a-Spot query=within",
	"9426 cap=48 content=errors format=xml",
	"9880 paging=page1 bad=record content=undated",
	"12503 param=404 fault=empty told=Mark-a-Spot query=shards",
	"15413 param=404 fault=null where=window told=Mark-a-Spot",
	"16994 param=404 fault=empty told=Mark-a-Spot query=code",
	"17888 paging=page0 order=updated bad=record content=undated",
	"30411 paging=linkcomma bad=record content=undated",
	"35598 filters=last told=Klarschiff query=codes",
	"39920 paging=offset order=id bad=record content=undated",
	"78776 paging=offset bounds=refused arrivals=some told=uReport",
	"80545 paging=offset bad=page2 content=undated",
	"89917 days=800 hide=30 fault=null when=8 bad=record ahead=8",
	"94694 days=800 span=cutoldest fault=404 when=5 where=window",
	"98969 param=404 filters=none told=Mark-a-Spot query=statuses",
	"111336 param=404 rows=one content=unreadable told=Mark-a-Spot",
	"116571 paging=page1 order=updated bad=page2 content=undated",
	"139262 days=200 span=cutnewest hide=open",
}

// unmended has towns whose listing still breaks a rule, and why. None of them loses anything in silence.
var unmended = map[uint64]string{
	80: "reading ahead in lists of no order costs calls", 142: "one row, and three codes of which two have none: one call over the bound", 185: "reading ahead asks again for what it dropped", 137: "a passing fault in a full second", 260: "reading ahead costs calls", 275: "reading ahead asks again for what it dropped", 316: "reading ahead asks again for what it dropped",
	109: "reading ahead costs calls", 368: "two rows at a time, one of which says nothing, and bounds of another zone",
	561: "values one by one without sizes", 643: "reading ahead costs calls", 661: "the list without dates is asked for three times", 669: "reading ahead asks again for what it dropped",
	695: "reading ahead costs calls", 727: "the list without dates is asked for three times", 761: "days are too coarse to read ahead by", 838: "a passing fault narrows the spans for good",
	919: "the list without dates is asked for three times", 949: "bounds that were learned in another zone, and rows of now",
}

// TestListingTown traces one town: OPEN311_LISTING_TOWN="seed axis=value …".
func TestListingTown(t *testing.T) {
	words := strings.Fields(os.Getenv("OPEN311_LISTING_TOWN"))
	if len(words) == 0 {
		t.Skip("no town is named")
	}
	seed, _ := strconv.ParseUint(words[0], 10, 64)
	v := judgeTown(t, townOf(words[1:]), seed, true)
	for _, what := range slices.SortedFunc(maps.Keys(v), cmp.Compare) {
		t.Log(what, v[what])
	}
}
