package listing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"
	"time"
)

// plain is a source of many rows, five minutes apart, that costs next to nothing itself.
type plain struct {
	rows  []Row // the newest first, or in no order
	falls bool
	dated bool // it heeds dates
	pages bool // it heeds page numbers
	cap   int
	given int
	got   map[uint64]bool // the keys of what was given; nil: they are not kept
	calls int
}

func newPlain(n, most int, dated, pages, ordered bool) *plain {
	s := &plain{dated: dated, pages: pages, falls: ordered, cap: most}
	now := time.Now().Unix()
	for i := range n {
		at := now - 60 - 300*int64(i)
		key := uint64(i+1) * 0x9e3779b97f4a7c15
		s.rows = append(s.rows, Row{Key: key ^ key>>29, At: at, Fits: true, Code: None, Status: None})
	}
	if !ordered {
		slices.SortFunc(s.rows, func(a, b Row) int { return int(int64(a.Key>>1) - int64(b.Key>>1)) })
	}
	return s
}

func (s *plain) Open(_ context.Context, q *Slice) (Rows, error) {
	s.calls++
	from := 0
	if s.pages && q.Page > 0 {
		from = (q.Page - 1) * s.cap
	}
	a := &plainRows{s: s}
	if s.dated {
		first := 0
		if s.falls && !q.End.IsZero() {
			first, _ = slices.BinarySearchFunc(s.rows, q.End, func(r Row, end time.Time) int { return cmp.Compare(end.Unix(), r.At) })
		}
		for i := first; i < len(s.rows); i++ {
			r := &s.rows[i]
			if s.falls && r.At < q.Start.Unix() {
				break
			}
			if !q.Start.IsZero() && r.At < q.Start.Unix() || !q.End.IsZero() && r.At > q.End.Unix() {
				continue
			}
			if from--; from < 0 {
				a.rows = append(a.rows, r)
				if len(a.rows) == s.cap {
					break
				}
			}
		}
		return a, nil
	}
	for i := min(from, len(s.rows)); i < min(from+s.cap, len(s.rows)); i++ {
		a.rows = append(a.rows, &s.rows[i])
	}
	return a, nil
}

func (s *plain) Load(ctx context.Context, q *Slice) (Rows, error) { return s.Open(ctx, q) }
func (s *plain) Describe(q *Slice) string                         { return fmt.Sprint(*q) }
func (s *plain) Fault(error) Fault                                { return Fatal }
func (s *plain) Again(context.Context, int) bool                  { return false }
func (s *plain) Turn(Meta, error) bool                            { return true }

type plainRows struct {
	s    *plain
	rows []*Row
	at   int
}

func (r *plainRows) Next() (Row, error) {
	if r.at == len(r.rows) {
		return Row{}, io.EOF
	}
	r.at++
	return *r.rows[r.at-1], nil
}
func (r *plainRows) Give() bool {
	r.s.given++
	if r.s.got != nil {
		r.s.got[r.rows[r.at-1].Key] = true
	}
	return true
}
func (r *plainRows) Close() Meta { return Meta{Total: -1} }
func (r *plainRows) Abort()      {}

// BenchmarkEngine is what the engine itself costs a row, and what it holds at the end of a listing, by the kind of server:
//
//	go test -run '^$' -bench Engine -benchtime 1x ./internal/listing
func BenchmarkEngine(b *testing.B) {
	for _, m := range []struct {
		name                  string
		dated, pages, ordered bool
	}{{"dates", true, false, true}, {"dates and pages", true, true, true}, {"pages", false, true, true}, {"no order", true, false, false}} {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			if n > 100_000 && !m.ordered {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", m.name, n), func(b *testing.B) {
				s := newPlain(n, 1000, m.dated, m.pages, m.ordered)
				var held uint64
				for b.Loop() {
					s.given, s.calls = 0, 0
					runtime.GC()
					var before, after runtime.MemStats
					runtime.ReadMemStats(&before)
					told := Traits{}
					if m.pages {
						told.Style, told.First = Numbers, 1
					}
					l := New(s, Query{}, told, &Beliefs{})
					if err := l.Run(b.Context()); err != nil && !errors.Is(err, ErrUnproven) {
						b.Fatal(err)
					}
					if s.given != n || len(l.Gaps()) > 0 {
						b.Fatal(s.given, l.Gaps())
					}
					runtime.GC()
					runtime.ReadMemStats(&after)
					held = after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
					runtime.KeepAlive(l)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/row")
				b.ReportMetric(float64(held)/float64(n), "held-B/row")
				b.ReportMetric(float64(s.calls), "calls")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
