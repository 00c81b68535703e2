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
	head, err := p.read()
	if p.head = head; err == nil || errors.As(err, new(*GapError)) {
		if renamed := p.renamed(); renamed != nil {
			p.changes, err = nil, renamed
		}
	}
	t.report(p.report(err))
	return p, err
}

// report says what the pass has done, which has ended with err.
func (p *Pass) report(err error) Report {
	return Report{Began: p.now, Ended: time.Now(), Lists: p.work.lists, Calls: p.work.calls, Rows: p.work.rows, Asked: p.work.asked,
		Found: len(p.changes), Known: len(p.t.store.known), Audit: p.audit, NextAudit: p.head.Audited.Add(p.t.auditEvery()),
		ProvenTo: later(p.head.Requested, p.head.Updated), Unproven: p.work.unproven, Err: err}
}

// Changes returns what was found, in the order of its dates.
func (p *Pass) Changes() []*Change {
	return slices.SortedFunc(maps.Values(p.changes), func(a, b *Change) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.next.id, b.next.id))
	})
}

// Settle remembers a change: it is not found again.
func (p *Pass) Settle(c *Change) { p.t.put(&c.next, c.old) }

// Commit moves the feed forward: all changes were settled.
func (p *Pass) Commit() {
	t := p.t
	t.mu.Lock()
	t.store.head = p.head
	t.mu.Unlock()
	if p.sweep {
		t.forget(p.now)
	}
}

// read makes the calls of a poll, and returns what is known behind it. The error is a *GapError if all lists came, with
// gaps.
func (p *Pass) read() (Head, error) {
	if ids := p.t.cfg.IDs; len(ids) > 0 {
		singly, err := p.follow(slices.Clone(ids))
		if err == nil {
			err = p.overrun()
		}
		if err != nil {
			return p.head, err
		}
		return p.next(lists{p.head.Mode, p.head.HeedsOpen, time.Time{}}, singly), p.missing()
	}
	l, err := p.readLists()
	if err == nil && p.audit {
		err = p.compareViews()
	}
	var d due
	if err == nil {
		d, err = p.relist(p.due())
	}
	singly := false
	if err == nil {
		singly, err = p.follow(p.ids(d))
	}
	if err == nil {
		err = p.overrun()
	}
	if err != nil {
		return p.head, err
	}
	return p.next(l, singly), p.missing()
}

// lists is what has come of the lists of a poll besides the window.
type lists struct {
	mode      Mode
	heedsOpen bool
	updated   time.Time // up to when that of updates has shown records
}

// readLists makes the calls for lists: those that are due by what is believed, all of them in an audit.
func (p *Pass) readLists() (l lists, err error) {
	mode, open := p.head.Mode, p.head.HeedsOpen
	if p.audit {
		if mode, err = p.probe(); err != nil {
			return l, err
		}
	}
	if p.audit || mode != modeUpdated {
		if err := p.readWindow(); err != nil {
			return l, err
		}
	}
	if !p.head.Stocked {
		if open, err = p.openOnes(); err != nil {
			return l, err
		}
	}
	if mode == modeWindow {
		return lists{mode, open, time.Time{}}, nil
	}
	gaps, after := len(p.work.gaps), p.updatesStart()
	u, err := p.updates(after)
	broken := len(p.work.gaps) > gaps
	if err == nil && (!u.honoured || u.cut && !broken) && !p.window.read {
		err = p.readWindow()
	}
	switch {
	case !u.honoured:
		mode = modeWindow
	case u.cut || broken:
		mode = modeBoth
	case p.audit:
		mode = p.proven(after)
	}
	return lists{mode, open, u.to}, err
}

// missing returns what is missing in the lists of a poll.
func (p *Pass) missing() error {
	if len(p.work.gaps) == 0 {
		return nil
	}
	return &GapError{p.work.gaps}
}

// next returns what is known behind a poll that came to its end. A gap keeps the feed where it is, so that it is asked for
// again, but not for ever: a server that cannot show one of its records would hold it up.
func (p *Pass) next(l lists, singly bool) Head {
	h, now := p.head, p.now.UTC().Truncate(time.Second)
	stocked, requested, updated := true, later(h.Requested, p.window.requested), later(h.Updated, later(p.window.updated, l.updated))
	horizon, audited, stuck, ahead := h.Horizon, h.Audited, time.Time{}, h.Ahead
	if p.window.read {
		horizon = p.horizon()
	}
	if len(p.work.gaps) > 0 {
		if stuck = h.Stuck; stuck.IsZero() {
			stuck = now
		}
		if p.now.Sub(stuck) >= max(p.t.cfg.Overlap, auditDepth) {
			stuck = time.Time{}
		} else {
			stocked, requested, updated = h.Stocked, h.Requested, h.Updated
		}
	} else if p.audit {
		audited = now
	}
	if seconds := int64(p.clock().Sub(p.now) / time.Second); max(seconds-ahead, ahead-seconds) > 300 {
		ahead = seconds
	}
	w := &p.window
	return Head{Scope: h.Scope, Since: h.Since, Stocked: stocked, Horizon: horizon, Forgot: h.Forgot, Requested: requested, Updated: updated,
		Audited: audited, Mode: l.mode, Stuck: stuck, Habits: p.t.lists.Habits(), Began: h.Began, Ahead: ahead,
		Facts: Facts{w.showsClosed, w.hidesClosed, l.heedsOpen, w.perDay, h.AnswersIDs || p.work.found > 0, p.views, singly}}
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
