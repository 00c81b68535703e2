package feed

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// GapError says what could not be had in a poll that came to its end otherwise.
type GapError struct{ Gaps []Gap }

func (e *GapError) Error() string { return fmt.Sprintf("%d gaps", len(e.Gaps)) }

// Found is what a poll has found, and where the feed stands behind it.
type Found struct {
	Report Report

	t       *Tracker
	changes []*Change
	head    Head
}

// Poll makes the calls of one look for changes. What came before an error counts: the changes are to be
// settled in any case, and committed to be what was found if there is no error, or a [*GapError].
func (t *Tracker) Poll(ctx context.Context) (*Found, error) {
	p := newPass(ctx, t)
	t.lists.Recall(p.head.Habits)
	head, err := p.read()
	changes := p.changes()
	if err == ErrNewIDs {
		changes = nil
	}
	w := &p.work
	report := Report{Began: p.now, Ended: time.Now(), Lists: w.lists, Calls: w.calls, Rows: w.rows, Asked: w.asked,
		Changes: len(changes), Known: len(t.store.known), Audit: p.audit, NextAudit: head.Audited.Add(t.auditEvery()),
		ProvenTo: later(head.Requested, head.Updated), Unproven: w.unproven, Err: err}
	return &Found{report, t, changes, head}, err
}

// Changes returns what was found, in the order of its dates.
func (f *Found) Changes() []*Change { return f.changes }

// Settle remembers a change: it is not found again.
func (f *Found) Settle(c *Change) { f.t.put(&c.next, c.old) }

// Commit moves the feed forward: all changes were settled.
func (f *Found) Commit() { f.t.advance(f.head, f.Report.Began) }

// changes returns what was found, in the order of its dates.
func (p *pass) changes() []*Change {
	var found []*Change
	for _, r := range p.rows {
		if r.change != nil {
			found = append(found, r.change)
		}
	}
	if slices.ContainsFunc(found, func(ch *Change) bool { return nameless(ch.next.id) }) {
		found = oneEach(found)
	}
	slices.SortFunc(found, func(a, b *Change) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.next.id, b.next.id))
	})
	return found
}

// oneEach leaves out what an answer has shown of a record without its id, if another one of the same poll has the id.
func oneEach(found []*Change) []*Change {
	unnamed := map[string]bool{}
	for _, ch := range found {
		if !nameless(ch.next.id) && ch.Record != nil {
			for _, alias := range ch.Record.Aliases() {
				unnamed[alias] = true
			}
		}
	}
	return slices.DeleteFunc(found, func(ch *Change) bool { return unnamed[ch.next.id] })
}

// read makes the calls of a poll, and returns what is known behind it. The error is a *GapError if all lists came, with
// gaps.
func (p *pass) read() (Head, error) {
	l, err := p.readLists()
	if err != nil {
		return p.head, err
	}
	f, singly := &follower{p, l}, false
	d, err := f.relist(f.due())
	if err == nil {
		singly, err = f.follow(f.ids(d))
	}
	if err == nil {
		err = cmp.Or(p.overrun(), p.renamed(l.window))
	}
	if err != nil {
		return p.head, err
	}
	return p.next(l, singly), p.missing()
}

// readLists makes the calls for lists: those that are due by what is believed, all of them in an audit.
func (p *pass) readLists() (lists, error) {
	l := p.believed()
	if len(p.t.cfg.IDs) > 0 {
		return l, nil
	}
	w, mode, open, views, err := l.window, l.mode, l.heedsOpen, l.views, error(nil)
	if p.audit {
		if mode, err = p.probe(); err != nil {
			return l, err
		}
	}
	if p.audit || mode != modeUpdated {
		if w, err = p.readWindow(); err != nil {
			return l, err
		}
	}
	if !p.head.Stocked {
		if open, err = p.openOnes(); err != nil {
			return l, err
		}
	}
	var u updated
	if mode != modeWindow {
		if u, err = p.updates(mode, w); err == nil && u.lacking && !w.read {
			w, err = p.readWindow()
		}
		mode = u.mode
	}
	if err == nil && p.audit {
		views, err = p.compareViews()
	}
	return lists{w, mode, open, u.to, views}, err
}

// missing returns what is missing in the lists of a poll.
func (p *pass) missing() error {
	if len(p.work.gaps) == 0 {
		return nil
	}
	return &GapError{p.work.gaps}
}

// next returns what is known behind a poll that came to its end. A gap keeps the feed where it is, so that it is asked for
// again, but not for ever: a server that cannot show one of its records would hold it up.
func (p *pass) next(l lists, singly bool) Head {
	h, w, now := &p.head, &l.window, p.now.UTC().Truncate(time.Second)
	stocked, requested, updated := true, later(h.Requested, w.requested), later(h.Updated, later(w.updated, l.updated))
	horizon, audited, stuck, ahead := h.Horizon, h.Audited, time.Time{}, h.Ahead
	if w.read {
		horizon = p.horizon(*w)
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
	return Head{Scope: h.Scope, Since: h.Since, Stocked: stocked, Horizon: horizon, Forgot: h.Forgot, Requested: requested, Updated: updated,
		Audited: audited, Mode: l.mode, Stuck: stuck, Habits: p.t.lists.Habits(), Began: h.Began, Ahead: ahead,
		Facts: Facts{w.showsClosed, w.hidesClosed, l.heedsOpen, w.perDay, h.AnswersIDs || p.work.found > 0, l.views, singly}}
}

// manyRenamed is from how many records on it is no chance that new ones are like missing ones.
const manyRenamed = 20

// renamed reports whether what is new is what is missing in the list by time of request, under other ids.
func (p *pass) renamed(w window) error {
	type content struct {
		requested int64
		sum, text uint32
	}
	contentOf := func(e *entry) content {
		return content{e.requested, e.views[byList].sum, e.views[byList].text}
	}
	var created []content
	for _, r := range p.rows {
		if r.change != nil && r.change.Kind == Created {
			created = append(created, contentOf(&r.change.next))
		}
	}
	if len(created) < manyRenamed || !w.read {
		return nil
	}
	missing := map[content]int{}
	same, lost := 0, 0
	for e := range p.t.store.all() {
		if p.rows[e.id].in == 0 && e.requested > w.from.Unix() {
			missing[contentOf(e)]++
			lost++
		}
	}
	for _, c := range created {
		if missing[c] > 0 {
			missing[c]--
			same++
		}
	}
	if same >= manyRenamed && same > lost/2 {
		return ErrNewIDs
	}
	return nil
}
