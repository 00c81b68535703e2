package listing

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// TestDeaf: a list that is the same whatever is asked ends in doubt after six calls at most, unless it is told to be whole.
func TestDeaf(t *testing.T) {
	year := time.Now().AddDate(-1, 0, 0)
	queries := map[string]Query{"all": {}, "since": {Start: year}, "of a year": {Start: year, End: time.Now()}, "open": {Statuses: []string{"open"}}, "by size": {Size: 50}}
	for what, told := range map[string]Traits{"nothing told": {}, "no dates": {NoDates: true}, "pages, wrongly": {Style: Numbers, First: 1}, "whole": {Whole: true}} {
		for of, q := range queries {
			for _, rows := range []int{1, 2, 3, 20, 50, 300, 1000} {
				s := newPlain(rows, rows, false, false, true)
				l := New(s, q, told, &Beliefs{})
				err := l.Run(t.Context())
				if told.Whole {
					if err != nil || len(l.Gaps()) > 0 {
						t.Errorf("%s, %s, %d rows: %v, %v", what, of, rows, err, l.Gaps())
					}
					continue
				}
				if err != nil || len(l.Gaps()) != 1 || !errors.Is(l.Gaps()[0].Err, ErrUnproven) {
					t.Errorf("%s, %s, %d rows: %v, %v", what, of, rows, err, l.Gaps())
				}
				if s.calls > 6 {
					t.Errorf("%s, %s, %d rows: %d calls", what, of, rows, s.calls)
				}
			}
		}
	}
}

// TestNotDeaf: one thing that is heeded brings more, or shows that there is no more.
func TestNotDeaf(t *testing.T) {
	for name, heeds := range map[string]func(*plain){
		"dates": func(s *plain) { s.dated = true },
		"pages": func(s *plain) { s.pages = true },
	} {
		t.Run(name, func(t *testing.T) {
			s := newPlain(50, 20, false, false, true)
			heeds(s)
			l := New(s, Query{}, Traits{}, &Beliefs{})
			if err := l.Run(t.Context()); err != nil || len(l.Gaps()) > 0 || s.given != 50 {
				t.Error(err, l.Gaps(), s.given)
			}
		})
	}
}

// TestDeafWithinTheQuery: no call asks for a state that the query does not. Rows that do not show theirs would be given.
func TestDeafWithinTheQuery(t *testing.T) {
	for name, statuses := range map[string][]string{"one": {"closed"}, "two": {"closed", "on hold"}} {
		t.Run(name, func(t *testing.T) {
			s := &statesAsked{plain: newPlain(50, 20, false, false, true)}
			if err := New(s, Query{Statuses: statuses}, Traits{NoDates: true}, &Beliefs{}).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, asked := range s.statuses {
				if !slices.Contains(statuses, asked) {
					t.Errorf("a call asks for %q", asked)
				}
			}
		})
	}
}

// statesAsked is a source that remembers which states it was asked for.
type statesAsked struct {
	*plain
	statuses []string
}

func (s *statesAsked) Open(ctx context.Context, slice *Slice) (Rows, error) {
	s.statuses = append(s.statuses, slice.Statuses...)
	return s.plain.Open(ctx, slice)
}
