package feed

import (
	"cmp"
	"context"
	"errors"
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
	err := p.read()
	if err == nil || errors.As(err, new(*GapError)) {
		if renamed := p.renamed(); renamed != nil {
			p.changes, err = nil, renamed
		}
	}
	t.report(p.report(err))
	return p, err
}

// report says what the pass has done, which has ended with err.
func (p *Pass) report(err error) Report {
	proven := p.head.Requested
	if p.head.Updated.After(proven) {
		proven = p.head.Updated
	}
	return Report{Began: p.now, Ended: time.Now(), Lists: p.work.lists, Calls: p.work.calls, Rows: p.work.rows, Asked: p.work.asked,
		Found: len(p.changes), Known: len(p.t.store.known), Audit: p.audit, NextAudit: p.head.Audited.Add(p.t.auditEvery()),
		ProvenTo: proven, Unproven: p.work.unproven, Err: err}
}

// Changes returns what was found, in the order of its dates.
func (p *Pass) Changes() []*Change {
	return slices.SortedFunc(maps.Values(p.changes), func(a, b *Change) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.next.id, b.next.id))
	})
}

// Settle remembers a change: it is not found again.
func (p *Pass) Settle(c *Change) { p.t.put(&c.next, c.old) }

// sweepEvery is how often it is looked what to forget.
const sweepEvery = time.Hour

// Commit moves the feed forward: all changes were settled.
func (p *Pass) Commit() {
	t := p.t
	p.head.Habits = t.lists.Habits()
	p.head.Forgot = t.store.head.Forgot
	t.mu.Lock()
	t.store.head = p.head
	t.mu.Unlock()
	if age := p.now.Sub(t.swept); len(t.cfg.IDs) == 0 && (age < 0 || age >= sweepEvery) {
		t.swept = p.now
		t.forget(p.head, p.now)
	}
}

// read makes the calls of a poll. The error is a *GapError if all lists came, with gaps.
func (p *Pass) read() error {
	if ids := p.t.cfg.IDs; len(ids) > 0 {
		err := p.follow(slices.Clone(ids))
		p.head.Stocked = err == nil
		return cmp.Or(err, p.close())
	}
	if err := p.readLists(); err != nil {
		return err
	}
	if p.audit {
		if err := p.compareViews(); err != nil {
			return err
		}
	}
	d, err := p.relist(p.due())
	if err == nil {
		err = p.follow(p.ids(d))
	}
	if err != nil {
		return err
	}
	err = p.close()
	if p.audit && err == nil {
		p.head.Audited = p.now.UTC().Truncate(time.Second)
	}
	return err
}

// readLists makes the calls for lists: those that are due by what is believed, all of them in an audit.
func (p *Pass) readLists() error {
	mode := p.head.Mode
	if p.audit {
		var err error
		if mode, err = p.probe(); err != nil {
			return err
		}
	}
	if p.audit || mode != modeUpdated {
		if err := p.readWindow(); err != nil {
			return err
		}
	}
	if !p.head.Stocked {
		if err := p.openOnes(); err != nil {
			return err
		}
		p.head.Stocked = true
	}
	if mode != modeWindow {
		var err error
		if mode, err = p.updateMode(mode); err != nil {
			return err
		}
	}
	p.head.Mode = mode
	return nil
}

// updateMode reads what was updated, and says whether to do so again.
func (p *Pass) updateMode(mode Mode) (Mode, error) {
	gaps, after := len(p.gaps), p.updatesStart()
	u, err := p.updates(after)
	switch {
	case err != nil:
		return "", err
	case !u.honoured:
		return modeWindow, p.unlessRead()
	case len(p.gaps) > gaps:
		return modeBoth, nil
	case u.cut:
		return modeBoth, p.unlessRead()
	case p.audit:
		return p.proven(after), nil
	}
	return mode, nil
}

// unlessRead reads the list by time of request, unless that was done.
func (p *Pass) unlessRead() error {
	if p.window.read {
		return nil
	}
	return p.readWindow()
}

// close ends the lists of a poll: it returns what is missing in them. A gap keeps the feed where it is, so
// that it is asked for again, but not for ever: a server that cannot show one of its records would hold it up.
func (p *Pass) close() error {
	if len(p.gaps) == 0 {
		p.head.Stuck = time.Time{}
		return nil
	}
	old := p.t.store.head
	if p.head.Stuck.IsZero() {
		p.head.Stuck = p.now.UTC().Truncate(time.Second)
	}
	if p.now.Sub(p.head.Stuck) < max(p.t.cfg.Overlap, auditDepth) {
		p.head.Stocked, p.head.Requested, p.head.Updated = old.Stocked, old.Requested, old.Updated
	} else {
		p.head.Stuck = time.Time{}
	}
	return &GapError{p.gaps}
}

// manyRenamed is from how many records on it is no chance that new ones are like missing ones.
const manyRenamed = 20

// renamed reports whether what is new is what is missing, under other ids.
func (p *Pass) renamed() error {
	type content struct {
		requested int64
		sum, text uint32
	}
	contentOf := func(e *entry) content {
		return content{e.requested, e.views[byList].sum, e.views[byList].text}
	}
	created := 0
	for _, ch := range p.changes {
		if ch.Kind == Created {
			created++
		}
	}
	if created < manyRenamed || !p.window.read {
		return nil
	}
	missing := map[content]int{}
	for e := range p.t.store.all() {
		if p.rows[e.id].in == 0 && e.requested > p.window.from.Unix() {
			missing[contentOf(e)]++
		}
	}
	same, lost := 0, 0
	for _, n := range missing {
		lost += n
	}
	for _, ch := range p.changes {
		if c := contentOf(&ch.next); ch.Kind == Created && missing[c] > 0 {
			missing[c]--
			same++
		}
	}
	if same >= manyRenamed && same > lost/2 {
		return ErrNewIDs
	}
	return nil
}
