package listing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311/internal/listing"
)

// city is a Source without a network: rows number 1 to n, one every three hours up to now, row 1 the newest.
type city struct {
	times  []time.Time
	limit  int // rows of one answer
	style  listing.Style
	first  int
	links  bool
	poison int   // the row that makes every answer fail which has it; 0: none
	refuse error // the answer to everything
	calls  int
	got    []int
}

var (
	errPoison  = errors.New("it fails")
	errRefused = errors.New("not you")
)

func newCity(n, limit int) *city {
	c := &city{limit: limit}
	for i := range n {
		c.times = append(c.times, time.Now().Add(-time.Duration(i)*3*time.Hour))
	}
	return c
}

func (c *city) Open(_ context.Context, s listing.Slice) (listing.Rows, error) {
	c.calls++
	if c.refuse != nil {
		return nil, c.refuse
	}
	var rows []int
	for i, at := range c.times {
		if (s.Start.IsZero() || !at.Before(s.Start)) && (s.End.IsZero() || !at.After(s.End)) {
			rows = append(rows, i)
		}
	}
	size := c.limit
	if s.Size > 0 {
		size = min(size, s.Size)
	}
	skip := 0
	switch {
	case s.Next != "":
		skip, _ = strconv.Atoi(s.Next)
	case s.Page >= c.first && c.style == listing.Numbers:
		skip = (s.Page - c.first) * size
	case s.Offset > 0 && c.style == listing.Offset:
		skip = s.Offset
	}
	a := &answer{c: c, at: -1}
	if skip+size < len(rows) && c.links {
		a.next = strconv.Itoa(skip + size)
	}
	a.rows = rows[min(skip, len(rows)):min(skip+size, len(rows))]
	if slices.Contains(a.rows, c.poison-1) {
		return nil, errPoison
	}
	return a, nil
}

func (c *city) Load(ctx context.Context, s listing.Slice, _ int) func() (listing.Rows, error) {
	rows, err := c.Open(ctx, s) // one after the other: what comes is the same
	return func() (listing.Rows, error) { return rows, err }
}

func (c *city) Again(context.Context, int) bool { return false }

func (c *city) Fault(err error) listing.Fault {
	if errors.Is(err, errPoison) {
		return listing.Poisoned | listing.Refused
	}
	return 0
}

func (c *city) Describe(s listing.Slice) string {
	return fmt.Sprintf("page %d, offset %d, size %d", s.Page, s.Offset, s.Size)
}

type answer struct {
	c    *city
	rows []int
	at   int
	next string
}

func (a *answer) Next() (listing.Row, error) {
	if a.at++; a.at == len(a.rows) {
		return listing.Row{}, io.EOF
	}
	i := a.rows[a.at]
	return listing.Row{Key: uint64(i + 1), At: a.c.times[i]}, nil
}

func (a *answer) Give() bool {
	a.c.got = append(a.c.got, a.rows[a.at]+1)
	return true
}

func (a *answer) Close() listing.Meta { return listing.Meta{Total: -1, Next: a.next} }

func (a *answer) Abort() {}

// Every way of paging, told or found out, one call or three at a time, brings each row once.
func TestWalk(t *testing.T) {
	traits := listing.Traits{Page: true, Size: true, Offset: true, End: true}
	for _, test := range []struct {
		name  string
		style listing.Style
		first int
		links bool
	}{
		{"no pages", listing.None, 0, false},
		{"links", listing.None, 0, true},
		{"pages from 0", listing.Numbers, 0, false},
		{"pages from 1", listing.Numbers, 1, false},
		{"offset", listing.Offset, 0, false},
	} {
		for _, told := range []bool{false, true} {
			for _, at := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s, told %t, %d at a time", test.name, told, at), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						c := newCity(1700, 50)
						c.style, c.first, c.links = test.style, test.first, test.links
						own := traits
						own.Concurrency = at
						if told {
							own.Style, own.First = test.style, test.first
						}
						var d listing.Detected
						l := listing.New(t.Context(), c, own, &d)
						defer l.Stop()
						if err := l.Walk(time.Time{}, time.Time{}); err != nil {
							t.Fatal(err)
						}
						want := make([]int, len(c.times))
						for i := range want {
							want[i] = i + 1
						}
						if diff := cmp.Diff(want, c.got); diff != "" {
							t.Errorf("rows (-want +got):\n%s", diff)
						}
						if len(l.Gaps) > 0 || l.Seen() != len(want) {
							t.Errorf("gaps %v, %d rows seen", l.Gaps, l.Seen())
						}
						if style, first := d.Paging(); !told && !test.links && (style != test.style || first != test.first) {
							t.Errorf("found out: style %d from %d", style, first)
						}
					})
				})
			}
		}
	}
}

// A row that makes the server fail is a gap of its own, by pages as by dates.
func TestWalkPoison(t *testing.T) {
	for _, style := range []listing.Style{listing.None, listing.Numbers, listing.Offset} {
		synctest.Test(t, func(t *testing.T) {
			c := newCity(400, 50)
			c.style, c.poison = style, 137
			l := listing.New(t.Context(), c, listing.Traits{Style: style, Page: true, Size: true, Offset: true, End: true}, new(listing.Detected))
			if err := l.Walk(time.Time{}, time.Time{}); err != nil {
				t.Fatal(err)
			}
			if len(c.got) != 399 || slices.Contains(c.got, 137) {
				t.Errorf("style %d: %d rows", style, len(c.got))
			}
			if len(l.Gaps) == 0 || !errors.Is(l.Gaps[0].Err, errPoison) {
				t.Errorf("style %d: gaps %v", style, l.Gaps)
			}
		})
	}
}

// What the caller is not let in for is the error of the listing, not a gap in it.
func TestWalkRefused(t *testing.T) {
	c := &city{refuse: errRefused}
	l := listing.New(t.Context(), c, listing.Traits{}, new(listing.Detected))
	if err := l.Walk(time.Time{}, time.Time{}); err != errRefused || c.calls != 1 || len(l.Gaps) > 0 {
		t.Errorf("error %v after %d calls, gaps %v", err, c.calls, l.Gaps)
	}
}
