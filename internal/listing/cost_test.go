package listing

import (
	"context"
	"io"
	"maps"
	"slices"
	"testing"
	"time"
)

// TestCost is what listings of honest cities cost beside what a client needs that knows them: the first of a client,
// and the next one.
func TestCost(t *testing.T) {
	type cost struct{ first, later, told int }
	worst := map[string]cost{}
	cities := 0
	for _, paging := range []string{"none", "page1", "page0", "offset", "link"} {
		for _, query := range []string{"nil", "start", "startend", "code", "status", "size"} {
			for _, rows := range []string{"0", "1", "8"} {
				for _, size := range []string{"20", "50"} {
					for _, days := range []string{"60", "400"} {
						c := pairs()[0]
						c["paging"], c["query"], c["rows"], c["cap"], c["days"] = paging, query, rows, size, days
						told := maps.Clone(c)
						told["told"] = "right"
						for _, latency := range latencies {
							cities++
							var first, later, informed, least int
							inItsTime(t, 7, func() {
								first, later, least = costs(t, c, latency)
								informed, _, _ = costs(t, told, latency)
							})
							w := worst[query]
							w.first, w.later, w.told = max(w.first, first-least), max(w.later, later-least), max(w.told, informed-first)
							worst[query] = w
							if first > least+15 || later > least+14 || informed > first {
								t.Errorf("%v, a call takes %v: %d calls, %d later, %d if told; least %d", c, latency, first, later, informed, least)
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d cities; over the least, at worst: %+v", cities, worst)
}

// costs returns the calls of a first listing, of the next one, and the least, where a call takes some time.
func costs(t *testing.T, c city, latency time.Duration) (first, later, least int) {
	t.Helper()
	s := newTown(c, 7)
	s.latency = latency
	queries, told := s.queries()
	shared := &Beliefs{}
	for i := range 2 {
		v := verdict{broken: map[string]string{}}
		s.one(queries[0], told, shared, 0, &v)
		for what, how := range v.broken {
			t.Errorf("%v: %s: %s", c, what, how)
		}
		if least = v.least; i == 0 {
			first = v.calls
		} else {
			later = v.calls
		}
	}
	return first, later, least
}

// TestDead: a server that gives the same error to everything is not asked many questions.
func TestDead(t *testing.T) {
	for _, e := range []error{errCity{"html", 0}, errCity{"404", NotFound}, errCity{"400", Refused | Tried}, errCity{"500", Tried}} {
		for _, query := range []string{"nil", "start", "startend", "codes", "statuses", "size"} {
			c := pairs()[0]
			c["query"] = query
			s := &deadTown{newTown(c, 1), e, 0}
			queries, told := s.queries()
			l := New(s, queries[0], told, &Beliefs{})
			if err := l.Run(context.Background()); err == nil {
				t.Errorf("%v, %s: no error", e, query)
			}
			t.Logf("%v, %s: %d calls", e, query, s.asked)
		}
	}
}

type deadTown struct {
	*town
	err   error
	asked int
}

func (d *deadTown) Open(context.Context, *Slice) (Rows, error) { d.asked++; return nil, d.err }

// dyingTown is up for some calls.
type dyingTown struct {
	*town
	up, asked int
}

func (d *dyingTown) Open(ctx context.Context, s *Slice) (Rows, error) {
	if d.asked++; d.asked > d.up {
		return nil, errCity{"500", Tried}
	}
	return d.town.Open(ctx, s)
}

// TestDown: a server that fails for everything from some call on is not taken for one that fails for each of its requests.
func TestDown(t *testing.T) {
	for up := 2; up < 6; up++ {
		c := pairs()[0]
		c["rows"], c["query"] = "8", "start"
		s := &dyingTown{town: newTown(c, 1), up: up}
		queries, told := s.queries()
		l := New(s, queries[0], told, &Beliefs{})
		if err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.asked > up+20 || len(l.Gaps()) == 0 {
			t.Errorf("up for %d calls: %d were made, gaps %v", up, s.asked, l.Gaps())
		}
	}
}

// TestShortPageIsTheLast: where pages are known, the end of the list is looked at by its last page. What stands behind
// that is asked for only if it is full, or has what is not known.
func TestShortPageIsTheLast(t *testing.T) {
	c := pairs()[0]
	c["paging"], c["rows"] = "page1", "8"
	s, shared := newTown(c, 1), &Beliefs{}
	s.rows = s.rows[:len(s.rows)-s.cap/2]
	for range 2 {
		s.asked = map[string]int{}
		queries, told := s.queries()
		if err := New(s, queries[0], told, shared).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	last := (len(s.rows) + s.cap - 1) / s.cap
	page := func(n int) int { return s.asked[(&Slice{Page: n, Offset: NotSent}).key()] }
	if page(last) != 1 || page(last+1) != 0 {
		t.Errorf("the last page, %d, was asked for %d times, the one behind it %d times", last, page(last), page(last+1))
	}
}

// breaking is a list whose answers break off half-way if one row in ten is among them.
type breaking struct{ *plain }

func (b breaking) Open(ctx context.Context, s *Slice) (Rows, error) {
	rows, err := b.plain.Open(ctx, s)
	a := rows.(*plainRows)
	if slices.ContainsFunc(a.rows, func(r *Row) bool { return r.At/300%10 == 0 }) {
		a.rows = a.rows[:len(a.rows)/2]
		return &brokenRows{a}, err
	}
	return a, err
}
func (b breaking) Fault(error) Fault { return Broken }

type brokenRows struct{ *plainRows }

func (r *brokenRows) Next() (Row, error) {
	row, err := r.plainRows.Next()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return row, err
}

// TestBreakingOff: an answer that breaks off is one that is cut; the listing goes on behind its rows.
func TestBreakingOff(t *testing.T) {
	s := newPlain(1000, 100, true, false, true)
	l := New(breaking{s}, Query{Start: time.Now().Add(-100 * 24 * time.Hour)}, Traits{}, &Beliefs{})
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.given < 990 || s.given < 1000 && len(l.Gaps()) == 0 {
		t.Errorf("%d of 1000 rows with %d calls, gaps %v", s.given, s.calls, l.Gaps())
	}
}

// TestDenseWithoutDates: where all requests are of one day, it does not show that dates are ignored, and pages bring the
// rest of what looks like a moment: once, and not again for each state where the server does not heed that either.
func TestDenseWithoutDates(t *testing.T) {
	s := newPlain(3000, 100, false, true, true)
	for i := range s.rows {
		s.rows[i].At = s.rows[0].At - int64(i)*20
		s.rows[i].State = Open
	}
	l := New(s, Query{Start: time.Now().Add(-90 * 24 * time.Hour)}, Traits{Style: Numbers, First: 1}, &Beliefs{})
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.given != 3000 || len(l.Gaps()) > 0 || s.calls > 3*3000/100 {
		t.Errorf("%d of 3000 rows with %d calls, gaps %v", s.given, s.calls, l.Gaps())
	}
}

// TestKnownEnd: a list whose end is known costs its pages and one call; the end of a part of a list is not that of the list.
func TestKnownEnd(t *testing.T) {
	for name, test := range map[string]struct {
		part bool
		more int
	}{"the same list": {false, 1}, "a part before": {true, 5}} {
		t.Run(name, func(t *testing.T) {
			s := newPlain(505, 100, false, true, true)
			for i := range s.rows {
				s.rows[i].State = Open + State(i%2)
			}
			shared, told := &Beliefs{}, Traits{Style: Numbers, First: 1, NoDates: true}
			for _, part := range []bool{test.part, false} {
				s.calls = 0
				l := New(s, Query{Part: part}, told, shared)
				if err := l.Run(t.Context()); err != nil || len(l.Gaps()) > 0 {
					t.Fatal(err, l.Gaps())
				}
			}
			if got := s.calls - 6; test.part && got < test.more || !test.part && got > test.more {
				t.Errorf("%d calls more than pages", got)
			}
		})
	}
}

// TestHeedless: a server that heeds neither date is asked one question about them, and its list's end is looked at as ever;
// where the first page is too short a time to show that, all are asked.
func TestHeedless(t *testing.T) {
	for name, test := range map[string]struct {
		dated bool
		page  int // rows, of five minutes each
		every int // how many rows have one closed
		more  int // calls beside the pages
	}{"neither date": {false, 1000, 2, 4}, "a page of a day": {false, 300, 2, 7}, "few are closed, and asked for": {false, 1000, 10, 5}} {
		t.Run(name, func(t *testing.T) {
			s := newPlain(5*test.page+5, test.page, test.dated, true, true)
			for i := range s.rows {
				s.rows[i].State = Open
				if i%test.every == 0 {
					s.rows[i].State = Closed
				}
			}
			l := New(s, Query{}, Traits{Style: Numbers, First: 1, NoDates: true}, &Beliefs{})
			if err := l.Run(t.Context()); err != nil || len(l.Gaps()) > 0 {
				t.Fatal(err, l.Gaps())
			}
			if got := s.calls - 6; got != test.more {
				t.Errorf("%d calls more than pages, want %d", got, test.more)
			}
		})
	}
}
