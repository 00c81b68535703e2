package listing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// city is a simulated server, as data: on each axis it does what the specification says, or lies in one way.
type city map[string]string

// axes has what a city may do; the first of each axis is the default.
var axes = []struct {
	name   string
	values []string
}{
	{"paging", []string{"none", "page1", "page0", "offset", "link", "renamed"}},
	{"param", []string{"ignored", "400", "404", "500"}}, // a parameter that the server does not know
	{"cap", []string{"20", "1", "2", "3", "7", "10", "12", "16", "24", "25", "36", "48", "50", "75", "99", "100", "125"}},
	{"rows", []string{"3", "0", "0.02", "0.5", "1", "1.5", "2", "8"}}, // times the cap
	{"days", []string{"60", "3", "20", "400", "1300"}},
	{"size", []string{"ignored", "heeded", "late", "400"}},
	{"order", []string{"newest", "oldest", "id", "updated", "stable", "unstable"}},
	{"bounds", []string{"right", "endex", "startex", "bothex", "day", "midnight", "zone+9", "zone-7", "swapped", "ignored", "refused", "onlystart", "onlyend"}},
	{"span", []string{"any", "cut90", "refuse90", "cutold", "startonly"}},
	{"hide", []string{"nothing", "open", "word", "7", "30", "90"}},
	{"filters", []string{"right", "first", "nothing", "statusignored", "codeignored", "words"}},
	{"total", []string{"none", "right", "page", "more", "fewer"}},
	{"fault", []string{"none", "404", "500", "html", "empty", "cached", "window"}},
	{"when", []string{"2", "1", "3", "4", "5", "7", "9"}},
	{"poison", []string{"none", "record"}},
	{"depth", []string{"any", "empty", "404", "last", "bad", "repeat"}},
	{"arrivals", []string{"none", "some"}},
	{"content", []string{"plain", "second", "bursts", "undated", "doubled", "unreadable", "null", "future", "errors", "equal"}},
	{"told", []string{"nothing", "right", "page1", "offset", "none", "cap", "bigcap", "span", "one", "nodates", "most"}},
	{"query", []string{"nil", "start", "startend", "shards", "code", "codes", "status", "statuses", "comma", "size", "startsize"}},
}

func (c city) String() string {
	var out []string
	for _, axis := range axes {
		if v := c[axis.name]; v != axis.values[0] {
			out = append(out, axis.name+"="+v)
		}
	}
	return strings.Join(out, " ")
}

// arrived is the key of the first row that arrives meanwhile.
const arrived = 1_000_000

// maxSize is how many times its cap a city gives to who asks for a larger page.
const maxSize = 4

type request struct {
	key     uint64
	at, upd int64 // at 0: none
	status  string
	code    string
	poison  bool
	hidden  bool // cannot be read
}

// town is a city with its rows, as a Source.
type town struct {
	city
	rows       []request
	codes      []string
	states     []string
	cap        int
	now        int64
	latency    time.Duration
	rng        *rand.Rand
	calls      int
	asked      map[string]int
	got        map[uint64]int
	before     func() (Rows, error)
	window     string // that it fails for
	faulted    bool
	faultPaged bool // it was a call for a page
	trace      io.Writer
}

// inItsTime runs f on a day, and at a time of it, of the seed's own: the machine's would make another city of the seed each hour.
func inItsTime(t *testing.T, seed uint64, f func()) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Duration(27*365*day+int64(seed*7_919%uint64(365*day))) * time.Second)
		f()
	})
}

func num(s string) (n float64) { fmt.Sscan(s, &n); return n }

func newTown(c city, seed uint64) *town {
	t := &town{city: c, cap: int(num(c["cap"])), now: time.Now().Unix() - 60, rng: rand.New(rand.NewPCG(seed, 1)), asked: map[string]int{}, got: map[uint64]int{}}
	n := int(num(c["rows"]) * float64(t.cap))
	if c["rows"] == "0.02" {
		n = 1
	}
	over := int64(num(c["days"])) * day
	for i := range n {
		at := t.now - over*int64(i)/int64(max(n, 1)) - t.rng.Int64N(max(1, over/int64(max(n, 1))))
		t.rows = append(t.rows, t.request(uint64(n-i), at))
	}
	switch {
	case n == 0:
	case c["content"] == "second":
		for i := range t.cap * 2 {
			t.rows = append(t.rows, t.request(uint64(100000+i), t.rows[n/2].at))
		}
	case c["content"] == "bursts":
		for i := range n {
			t.rows[i].at -= (t.rows[i].at - t.now) % (over/5 + 1) / 10 * 9
		}
	case c["content"] == "undated":
		for i := range n {
			if i%7 == 6 {
				t.rows[i].at, t.rows[i].upd = 0, 0
			}
		}
	case c["content"] == "unreadable":
		t.rows[n/3].hidden = true
	case c["content"] == "errors":
		for i := range t.rows {
			t.rows[i].hidden = t.rng.IntN(9) == 0
		}
	case c["content"] == "equal": // several of a second, now and then
		for i := 1; i < n; i++ {
			if t.rng.IntN(3) == 0 {
				t.rows[i].at = t.rows[i-1].at
				t.rows[i].upd = max(t.rows[i].upd, t.rows[i].at)
			}
		}
	case c["content"] == "future":
		t.rows[0].at, t.rows[0].upd = t.now+400*day, t.now+400*day
	}
	if c["poison"] == "record" && n > 0 {
		t.rows[n*2/3].poison = true
	}
	return t
}

func (t *town) request(key uint64, at int64) request {
	r := request{key: key, at: at, upd: at, status: "open", code: string(rune('A' + t.rng.IntN(4)))}
	if t.rng.IntN(3) > 0 {
		r.status = "closed"
		r.upd = min(t.now, at+t.rng.Int64N(20*day))
	}
	if t.city["hide"] == "word" && t.rng.IntN(5) == 0 {
		r.status = "secret"
	}
	return r
}

// errCity is an error of the server.
type errCity struct {
	what  string
	fault Fault
}

func (e errCity) Error() string { return e.what }

func (t *town) Fault(err error) Fault {
	if e, ok := errors.AsType[errCity](err); ok {
		return e.fault
	}
	return Fatal
}

func (t *town) Again(context.Context, int) bool                  { return false }
func (t *town) Turn(Meta, error) bool                            { return true }
func (t *town) Load(ctx context.Context, s *Slice) (Rows, error) { return t.Open(ctx, s) }
func (t *town) Describe(s *Slice) string                         { return s.key() }

func (t *town) Open(ctx context.Context, s *Slice) (Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	time.Sleep(t.latency)
	t.calls++
	t.asked[s.key()]++
	if t.city["arrivals"] == "some" && t.calls > 1 && t.calls%2 == 0 {
		t.rows = append([]request{t.request(uint64(arrived+t.calls), time.Now().Unix()+3)}, t.rows...)
	}
	before := t.before
	rows, err := t.answer(s)
	t.before = func() (Rows, error) {
		if again, ok := rows.(*answered); ok && err == nil {
			twin := *again
			twin.at = 0
			return &twin, nil
		}
		return rows, err
	}
	if t.city["fault"] == "window" && !s.Start.IsZero() && t.failsFor(s) {
		t.faulted = true
		rows, err = nil, errCity{"500 of a window", 0}
	}
	if t.calls == int(num(t.city["when"])) && t.city["fault"] != "none" {
		t.faulted, t.faultPaged = true, s.Page != NotSent || s.Offset != NotSent || s.Next != ""
		switch t.city["fault"] {
		case "404":
			rows, err = nil, errCity{"404 deploying", NotFound}
		case "500":
			rows, err = nil, errCity{"500", 0}
		case "html":
			rows, err = nil, errCity{"html", 0}
		case "empty":
			rows, err = &answered{t: t, meta: Meta{Total: -1}}, nil
		case "cached":
			if before != nil {
				rows, err = before()
			}
		}
	}
	if t.trace != nil {
		n := -1
		if a, ok := rows.(*answered); ok {
			n = len(a.list)
		}
		fmt.Fprintf(t.trace, "%3d %s..%s sw=%v page=%d off=%d size=%d next=%q %v %v -> %d rows %v", t.calls, short(t.now, s.Start), short(t.now, s.End), s.Swapped, s.Page, s.Offset, s.Size, s.Next, s.Codes, s.Statuses, n, err)
		if n > 0 {
			l := rows.(*answered).list
			fmt.Fprintf(t.trace, " %d@%s..%d@%s", l[0].key, short(t.now, time.Unix(l[0].at, 0)), l[n-1].key, short(t.now, time.Unix(l[n-1].at, 0)))
		}
		fmt.Fprintln(t.trace)
	}
	return rows, err
}

// failsFor reports whether a call is the first or the second for the window that the city fails for.
func (t *town) failsFor(s *Slice) bool {
	if t.window == "" && t.calls >= int(num(t.city["when"])) {
		t.window = s.key()
	}
	return t.window == s.key() && t.asked[s.key()] == 1
}

func short(now int64, t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%.4fd", float64(t.Unix()-now)/float64(day))
}

func (t *town) unknown() error {
	switch t.city["param"] {
	case "400":
		return errCity{"400 unknown parameter", Refused | Tried}
	case "404":
		return errCity{"404 unknown parameter", NotFound}
	case "500":
		return errCity{"500 unknown parameter", Tried}
	}
	return nil
}

// reads says which span the server takes for the bounds of a slice.
func (t *town) reads(s *Slice) (span, error) {
	start, end := s.Start, s.End
	if s.Swapped {
		start, end = end, start
	}
	b := t.city["bounds"]
	if b == "swapped" {
		start, end = end, start
	}
	if b == "ignored" || b == "onlyend" {
		start = time.Time{}
	}
	if b == "ignored" || b == "onlystart" {
		end = time.Time{}
	}
	if b == "refused" && (!start.IsZero() || !end.IsZero()) {
		return span{}, errCity{"400 dates", Refused | Tried}
	}
	r := spanOf(start, end)
	move := func(by int64) {
		if r.lo != past {
			r.lo += by
		}
		if r.hi != future {
			r.hi += by
		}
	}
	switch b {
	case "endex":
		if r.hi != future {
			r.hi--
		}
	case "startex":
		if r.lo != past {
			r.lo++
		}
	case "bothex":
		if r.lo != past {
			r.lo++
		}
		if r.hi != future {
			r.hi--
		}
	case "day", "midnight":
		if r.lo != past {
			r.lo -= r.lo % day
		}
		if r.hi != future {
			if r.hi -= r.hi % day; b == "day" {
				r.hi += day - 1
			}
		}
	case "zone+9":
		move(-9 * hour)
	case "zone-7":
		move(7 * hour)
	}
	if h := t.city["hide"]; num(h) > 0 && r.lo == past && r.hi == future {
		r.lo = time.Now().Unix() - int64(num(h))*day
	}
	if limit := 90 * day; t.city["span"] == "cutold" || t.city["span"] == "startonly" {
		if top := min(r.hi, time.Now().Unix()); r.lo != past && top-r.lo > limit && (r.hi == future || t.city["span"] == "cutold") {
			r.hi = r.lo + limit
		}
	} else if t.city["span"] != "any" && r.lo != past {
		top := min(r.hi, time.Now().Unix())
		if top-r.lo > limit && t.city["span"] == "refuse90" {
			return r, errCity{"400 span", Refused | Tried}
		}
		if t.city["span"] == "cut90" {
			r.lo = max(r.lo, top-limit)
		}
	} else if t.city["span"] == "cut90" && r.hi != future {
		r.lo = r.hi - limit
	}
	return r, nil
}

func (t *town) answer(s *Slice) (Rows, error) {
	from, size := 0, t.cap
	q := *s
	if s.Next != "" {
		var start, end int64
		var codes, states string
		fmt.Sscanf(s.Next, "%d %d %d %t %d %q %q", &from, &start, &end, &q.Swapped, &q.Size, &codes, &states)
		q.Start, q.End, q.Codes, q.Statuses = stamp(start), stamp(end), nil, nil
		if codes != "" {
			q.Codes = strings.Split(codes, "+")
		}
		if states != "" {
			q.Statuses = strings.Split(states, "+")
		}
	}
	asked := size
	if q.Size > 0 {
		switch t.city["size"] {
		case "heeded":
			size = min(q.Size, maxSize*t.cap)
			asked = size
		case "late":
			asked, size = q.Size, min(q.Size, t.cap)
		case "400":
			return nil, errCity{"400 size", Refused | Tried}
		}
	}
	paging := t.city["paging"]
	if s.Page != NotSent {
		switch paging {
		case "page1":
			from = max(0, s.Page-1) * asked
		case "page0":
			from = s.Page * asked
		default:
			if err := t.unknown(); err != nil {
				return nil, err
			}
		}
	}
	if s.Offset != NotSent {
		if paging == "offset" {
			from = s.Offset
		} else if err := t.unknown(); err != nil {
			return nil, err
		}
	}
	list, err := t.find(&q)
	if err != nil {
		return nil, err
	}
	if depth := int(num(t.city["rows"])*float64(t.cap)*0.6) / size * size; from > depth {
		switch t.city["depth"] {
		case "empty":
			from = len(list)
		case "404":
			return nil, errCity{"404 too deep", NotFound}
		case "last":
			from = depth
		}
	}
	switch n := from / max(size, 1); {
	case t.city["depth"] == "bad" && n == 2:
		return nil, errCity{"500 of a page", Tried}
	case t.city["depth"] == "repeat" && n == 2:
		from -= size // a cache gives the page before
	}
	to := min(len(list), from+size)
	a := &answered{t: t, list: list[min(from, len(list)):max(min(from, len(list)), to)], meta: Meta{Total: -1}}
	for _, r := range a.list {
		if r.poison {
			return nil, errCity{"500 of a record", Tried}
		}
	}
	if paging == "link" && to < len(list) {
		start, end := past, future
		if x := spanOf(q.Start, q.End); true {
			start, end = x.lo, x.hi
		}
		a.meta.Next = fmt.Sprintf("%d %d %d %t %d %q %q", to, start, end, q.Swapped, q.Size, strings.Join(q.Codes, "+"), strings.Join(q.Statuses, "+"))
	}
	switch t.city["total"] {
	case "right":
		a.meta.Total = len(list)
	case "page":
		a.meta.Total = len(a.list)
	case "more":
		a.meta.Total = len(t.rows) * 2
	case "fewer":
		a.meta.Total = len(a.list) / 2
	}
	return a, nil
}
