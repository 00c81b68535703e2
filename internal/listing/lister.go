package listing

import (
	"context"
	"errors"
)

// New returns a listing of a query.
func New(src Source, q Query, told Traits, shared *Beliefs) *Lister {
	b := shared.Load()
	return &Lister{src: src, q: q, told: told, shared: shared, belief: b, asks: pageSize(q.Size, told.Cap, b.Caps), shown: newShown(len(q.Codes), len(q.Statuses)), how: (*walk).run}
}

// Run lists the query. It returns nil when the caller has had enough, and the error of the first call if not even that
// has worked; what else could not be had is in Gaps.
func (l *Lister) Run(ctx context.Context) error {
	l.caller = newCaller(ctx, l.src, spanOf(l.q.Start, l.q.End))
	l.ahead = newPrefetch(ctx, l.src, l.told.Concurrency)
	defer l.ahead.stop()
	err := l.facets()
	if err == nil {
		err = l.lookAgain()
	}
	switch {
	case errors.Is(err, errStop):
		return nil
	case err != nil && l.calls > 0 && l.caller.given > 0:
		l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
		err = nil
	}
	l.belief.Caps = l.belief.Caps.with(l.caps, l.caller.rows)
	l.shared.Store(l.belief)
	return err
}

// Gaps returns what could not be had, or not be proven; none: the listing is complete.
func (l *Lister) Gaps() []Gap { return l.gaps }

// Calls returns how many calls the listing has made.
func (l *Lister) Calls() int { return l.calls }
