package feed

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// GapError says what could not be had in a poll that came to its end otherwise.
type GapError struct{ Gaps []Gap }

func (e *GapError) Error() string { return fmt.Sprintf("%d gaps", len(e.Gaps)) }

// Poll makes the calls of one look for changes. What came before an error counts: the changes are to be
// settled in any case, and the pass to be committed if there is no error, or a *[GapError].
func (t *Tracker) Poll(ctx context.Context) (*Pass, error) {
	p := newPass(ctx, t)
	t.lists.Recall(p.head.Habits)
	return p, p.read()
}

// Changes returns what was found, in the order of its dates.
func (p *Pass) Changes() []*Change {
	return slices.SortedFunc(maps.Values(p.changes), func(a, b *Change) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.next.id, b.next.id))
	})
}

// Settle remembers a change: it is not found again.
func (p *Pass) Settle(c *Change) { p.t.put(c.next, c.old) }

// Commit moves the feed forward: all changes were settled.
func (p *Pass) Commit() {
	t := p.t
	t.mu.Lock()
	defer t.mu.Unlock()
	s := &t.store
	s.head = p.head
	s.head.Habits = t.lists.Habits()
	// Closed records that no list can bring any more, unless something happens to them, are forgotten.
	old := func(at time.Time) int64 { return UnixSeconds(at.Add(-t.back(true) - zoneSlack)) }
	requested, updated := old(p.head.Requested), old(p.head.Updated)
	changed := p.now.Add(-max(closedFor, 2*t.cfg.Overlap+2*24*time.Hour)).Unix() / 60
	unnamed := p.now.Add(-namelessFor).Unix() / 60
	for _, e := range s.known {
		isNameless := nameless(e.id)
		done := e.changed < changed && t.closed(e) || e.changed < unnamed && isNameless
		if done && e.requested < requested && e.updated < updated && len(t.cfg.IDs) == 0 {
			if at := unixTime(e.requested); !isNameless && at.After(s.head.Forgot) {
				s.head.Forgot = at
			}
			s.put(entry{id: e.id, flags: flagDropped})
		}
	}
}

// read makes the calls of a poll. The error is a *GapError if all lists came, with gaps.
func (p *Pass) read() error {
	if ids := p.t.cfg.IDs; len(ids) > 0 {
		err := p.follow(ids)
		p.head.Stocked = err == nil
		return cmp.Or(err, p.close())
	}
	age := p.now.Sub(p.head.Audited) // below 0 after our clock was put back
	audit := !p.head.Stocked || p.head.Mode == "" || age < 0 || age >= p.t.auditEvery()
	mode := p.head.Mode
	if audit {
		var err error
		if mode, err = p.probe(); err != nil {
			return err
		}
		p.t.singly = false
	}
	if audit || mode != modeUpdated {
		if err := p.window(audit); err != nil {
			return err
		}
	}
	if mode != modeWindow {
		var err error
		if mode, err = p.updateMode(mode, audit); err != nil {
			return err
		}
	}
	p.head.Mode = mode
	if err := p.follow(p.due()); err != nil {
		return err
	}
	err := p.close()
	if audit && err == nil {
		p.head.Audited = p.now.UTC().Truncate(time.Second)
	}
	return err
}

// updateMode reads what was updated, and says whether to do so again.
func (p *Pass) updateMode(mode Mode, audit bool) (Mode, error) {
	gaps := len(p.gaps)
	honoured, err := p.updates(audit)
	switch {
	case err != nil:
		return "", err
	case !honoured && p.byDate == nil:
		return modeWindow, p.window(audit)
	case !honoured:
		return modeWindow, nil
	case len(p.gaps) > gaps:
		return modeBoth, nil
	case p.cut && p.byDate == nil:
		return modeBoth, p.window(audit)
	case p.cut:
		return modeBoth, nil
	case audit:
		return p.proven(), nil
	}
	return mode, nil
}

// close ends the lists of a poll: it returns what is missing in them. A gap keeps the feed where it is, so
// that it is asked for again, but not longer than the overlap: a server that cannot show one of its records
// would hold it up for ever.
func (p *Pass) close() error {
	if len(p.gaps) == 0 {
		p.head.Stuck = time.Time{}
		return nil
	}
	old := p.t.store.head
	if p.head.Stuck.IsZero() {
		p.head.Stuck = p.now.UTC().Truncate(time.Second)
	}
	if p.now.Sub(p.head.Stuck) < p.t.cfg.Overlap {
		p.head.Stocked, p.head.Requested, p.head.Updated = old.Stocked, old.Requested, old.Updated
	} else {
		p.head.Stuck = time.Time{}
	}
	return &GapError{p.gaps}
}
