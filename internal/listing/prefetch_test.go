package listing

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowTown takes a second for each call, and sees how many are under way, and held.
type slowTown struct {
	*town
	mu          sync.Mutex
	held, most  int
	open, ended int
}

type heldRows struct {
	Rows
	s    *slowTown
	once sync.Once
}

func (h *heldRows) end() {
	h.once.Do(func() {
		h.s.mu.Lock()
		defer h.s.mu.Unlock()
		h.s.ended++
	})
}

func (h *heldRows) Close() Meta { h.end(); return h.Rows.Close() }
func (h *heldRows) Abort()      { h.end(); h.Rows.Abort() }

func (s *slowTown) Open(ctx context.Context, q *Slice) (Rows, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(time.Second):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := s.town.Open(ctx, q)
	if err != nil {
		return nil, err
	}
	s.open++
	return &heldRows{Rows: rows, s: s}, nil
}

func (s *slowTown) Load(ctx context.Context, q *Slice) (Rows, error) {
	s.mu.Lock()
	s.held++
	s.most = max(s.most, s.held)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held--
	}()
	return s.Open(ctx, q)
}

// TestReadAhead lists cities of 48 pages, each call taking a second.
func TestReadAhead(t *testing.T) {
	for name, lies := range map[string]city{
		"by date":     {},
		"pages":       {"paging": "page1", "told": "right"},
		"offsets":     {"paging": "offset", "told": "right"},
		"a span":      {"paging": "page1", "query": "start"},
		"long":        {"days": "400"},
		"by id":       {"paging": "page1", "order": "id", "told": "right"},
		"by update":   {"paging": "page1", "order": "updated", "told": "right"},
		"oldest":      {"order": "oldest"},
		"no dates":    {"paging": "page1", "told": "nodates", "bounds": "ignored"},
		"failing":     {"poison": "record"},
		"empty pages": {"paging": "page1", "order": "id", "depth": "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run := func(n int) (time.Duration, *slowTown, int) {
					c := pairs()[0]
					maps.Copy(c, lies)
					c["rows"] = "48"
					s := &slowTown{town: newTown(c, 1)}
					queries, told := s.queries()
					told.Concurrency = n
					s.codes, s.states = queries[0].Codes, queries[0].Statuses
					began := time.Now()
					l := New(s, queries[0], told, &Beliefs{})
					if err := l.Run(t.Context()); err != nil {
						t.Fatal(err)
					}
					took := time.Since(began)
					if len(l.Gaps()) > 0 && lies["poison"] == "" {
						t.Error("gaps:", l.Gaps())
					}
					return took, s, len(s.got)
				}
				alone, _, rows := run(0)
				ahead, s, same := run(8)
				t.Logf("%v alone, %v with 8 ahead; %d calls", alone, ahead, s.calls)
				if rows != same {
					t.Errorf("%d rows, %d read ahead", rows, same)
				}
				if s.most > 8 {
					t.Errorf("%d calls at a time", s.most)
				}
				if s.open != s.ended {
					t.Errorf("%d answers, %d were closed", s.open, s.ended)
				}
				if 2*ahead > alone && lies["poison"] == "" {
					t.Error("reading ahead was not faster")
				}
			})
		})
	}
}

// shifting is a list without dates whose pages are answered in another order than they are asked for, and at whose
// beginning a row arrives with each answer, as long as some are left.
type shifting struct {
	*plain
	mu      sync.Mutex
	arrive  int
	arrived uint64
}

func (s *shifting) Open(ctx context.Context, q *Slice) (Rows, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := s.plain.Open(ctx, q)
	if q.Page > 2 && s.arrive > 0 {
		s.arrive--
		s.arrived++
		s.rows = append([]Row{{Key: 1<<62 + s.arrived, At: time.Now().Unix() + 1, Updated: Undated, Fits: true, Code: None, Status: None}}, s.rows...)
	}
	return rows, err
}

func (s *shifting) Load(ctx context.Context, q *Slice) (Rows, error) {
	time.Sleep(time.Duration(10-q.Page%4) * time.Second) // the last ones first
	return s.Open(ctx, q)
}

// TestArrivalsWhileReadAhead: pages of a list without dates that are read in any order lose no rows to those that arrive
// meanwhile, and cost one call more where none arrive.
func TestArrivalsWhileReadAhead(t *testing.T) {
	for name, test := range map[string]struct{ arrive, most int }{"none": {0, 5}, "some": {6, 40}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run := func(n int) (given, calls int) {
					s := &shifting{plain: newPlain(625, 20, false, true, true), arrive: test.arrive}
					s.got = map[uint64]bool{}
					old := slices.Clone(s.rows)
					l := New(s, Query{}, Traits{Style: Numbers, First: 1, NoDates: true, Concurrency: n}, &Beliefs{})
					if err := l.Run(t.Context()); err != nil || len(l.Gaps()) > 0 {
						t.Error(err, l.Gaps())
					}
					for _, row := range old {
						if s.got[row.Key] {
							given++
						}
					}
					return given, s.calls
				}
				_, alone := run(1)
				if given, calls := run(4); given < 625 || calls > alone+test.most {
					t.Errorf("%d of 625 rows, %d calls, %d one by one", given, calls, alone)
				}
			})
		})
	}
}
