package listing

import (
	"context"
	"errors"
	"slices"
)

// Lister is one listing.
type Lister struct {
	src     Source
	q       Query
	told    Traits
	shared  *Beliefs
	without off
	done    *session // the one that has run
}

// New returns a listing of a query.
func New(src Source, q Query, told Traits, shared *Beliefs) *Lister {
	return &Lister{src: src, q: q, told: told, shared: shared}
}

// Run lists the query. It returns nil when the caller has had enough, and the error of the first call if not even that
// has worked; what else could not be had is in Gaps.
func (l *Lister) Run(ctx context.Context) error { return l.run(ctx, (*walk).run) }

// Oldest gives the oldest row of the query, and others beside it, as a listing would that goes back until nothing has
// been requested for the time of quiet. It makes fewer calls: what is newer than a known row does not matter. The error
// and Gaps are those of Run.
func (l *Lister) Oldest(ctx context.Context) error { return l.run(ctx, (*walk).bottom) }

func (l *Lister) run(ctx context.Context, how func(*walk) error) error {
	s := l.session(ctx, how)
	l.done = s
	defer s.ahead.stop()
	err := s.facets()
	if err == nil {
		err = s.lookAgain()
	}
	switch {
	case errors.Is(err, errStop):
		return nil
	case err != nil && s.calls > 0 && s.given > 0:
		s.gaps = append(s.gaps, gapOf(s.wanted, err, ""))
		err = nil
	}
	s.gaps = slices.Concat(s.unreadGaps(), s.gaps, s.manifold())
	s.belief.Caps = s.belief.Caps.with(s.caps, s.caller.rows)
	l.shared.Store(s.belief)
	return err
}

func (l *Lister) session(ctx context.Context, how func(*walk) error) *session {
	b := l.shared.Load()
	asks := pageSize(l.q.Size, l.told.Cap, b.Caps)
	if l.told.NoSize {
		asks = 0
	}
	return &session{caller: newCaller(ctx, l.src, spanOf(l.q.Start, l.q.End), l.told.Concurrency), q: l.q, told: l.told, how: how, without: l.without,
		belief: b, asks: asks, shown: newShown(len(l.q.Codes), len(l.q.Statuses))}
}

// Gaps returns what could not be had, or not be proven; none: the listing is complete.
func (l *Lister) Gaps() []Gap {
	if l.done == nil {
		return nil
	}
	return l.done.gaps
}

// Calls returns how many calls the listing has made.
func (l *Lister) Calls() int {
	if l.done == nil {
		return 0
	}
	return l.done.calls
}
