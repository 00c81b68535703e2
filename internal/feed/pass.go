package feed

import (
	"context"
	"errors"
	"time"
)

// pass is one look for changes: what is read in it, and what was made of it.
type pass struct {
	t     *Tracker
	ctx   context.Context
	now   time.Time // by our clock
	audit bool      // what is believed of the server is put to the test
	head  Head      // what was known before,
	alias bool      // and that some of it has no id, which it may get

	rows map[string]row // what was read and found, by key
	kept int64          // bytes of the records of changes
	work work
}

// work is what a pass has cost, and what came of it besides rows.
type work struct {
	clock        time.Time // the latest time that the server has given as its own; zero: none
	gaps         []Gap     // what could not be had
	lists        []string
	calls        int
	rows         int // that they have brought
	asked, found int // records that were asked for by id, and those that are there
	answered     bool
	unproven     bool
}

func (w work) plus(more work) work {
	return work{later(w.clock, more.clock), append(w.gaps, more.gaps...), append(w.lists, more.lists...), w.calls + more.calls, w.rows + more.rows, w.asked + more.asked, w.found + more.found,
		w.answered || more.answered, w.unproven || more.unproven}
}

// row is what was read of a record in a pass.
type row struct {
	stamp  int64 // the later one of the dates that lists have shown
	in     in
	change *Change // found, and not settled yet; nil: none
}

// in is which answers a record was in.
type in uint8

const (
	inWindow  in = 1 << iota // the list by time of request
	inUpdates                // that by time of update
	inClosed                 // that of closed ones
	inOther                  // another list
	inAnswer                 // asked for by its id
	stranger                 // it was not known
	fresh                    // nothing had happened to it since it was filed

	inLists = inWindow | inUpdates | inClosed | inOther
)

// lists is what has come of the lists of a poll, and what is known by it of the server.
type lists struct {
	window    window
	mode      Mode
	heedsOpen bool
	updated   time.Time // up to when that of updates has shown records
	views     Like
}

// window is the list by time of request, once it was read, and evidence that others are not there. Before, it is what
// is believed of that list.
type window struct {
	read                     bool
	from                     time.Time
	whole                    bool      // nothing is missing in it from there on,
	strict                   bool      // even if it was asked to be complete
	requested, updated       time.Time // up to when it has shown records
	showsClosed, hidesClosed bool      // see Facts
	perDay                   int
}

func newPass(ctx context.Context, t *Tracker) *pass {
	now, head := time.Now(), t.store.head
	age := now.Sub(head.Audited) // below 0 after our clock was put back
	audit := len(t.cfg.IDs) == 0 && (!head.Stocked || head.Mode == "" || age < 0 || age >= t.auditEvery())
	if head.Began.IsZero() {
		head.Began = now.UTC().Truncate(time.Second) // whatever becomes of this poll: what is filed from now on is new
		t.mu.Lock()
		t.store.head = head
		t.mu.Unlock()
	}
	return &pass{t: t, ctx: ctx, now: now, audit: audit, head: head, alias: t.store.hasNameless(), rows: map[string]row{}}
}

// believed is what is known of the lists before they are read.
func (p *pass) believed() lists {
	h := &p.head
	return lists{window{showsClosed: h.ShowsClosed, hidesClosed: h.HidesClosed, perDay: h.PerDay}, h.Mode, h.HeedsOpen, time.Time{}, h.Views}
}

// note takes in what an answer says besides its rows, and what it has not brought.
func (p *pass) note(list string, a Answer) {
	p.work = p.work.plus(work{clock: a.Clock, lists: []string{list}, calls: max(1, a.Calls), answered: a.Answered, unproven: a.Unproven})
}

// miss notes what could not be had.
func (p *pass) miss(gaps ...Gap) { p.work = p.work.plus(work{gaps: gaps}) }

// refused reports whether the server has refused what it was asked, and not the caller.
func (p *pass) refused(err error) bool {
	return err != nil && p.ctx.Err() == nil && p.t.lists.Fault(err)&Refused != 0
}

// clock returns the latest date that a record can have without being ahead of its time. Dates beyond it do
// not move the feed: all later ones would be behind them.
func (p *pass) clock() time.Time {
	if p.work.clock.IsZero() {
		return p.now.Add(time.Duration(p.head.Ahead) * time.Second)
	}
	return p.work.clock
}

// byServer returns what the server's clock shows when ours shows t.
func (p *pass) byServer(t time.Time) time.Time { return t.Add(p.clock().Sub(p.now)) }

// dated returns how far a list was complete that ends with the given date.
func (p *pass) dated(newest int64) time.Time {
	return earlier(unixTime(newest), p.clock().Truncate(time.Second)).UTC()
}

// within reports whether the list by time of request could have brought e.
func (p *pass) within(e *entry) bool {
	c := &p.t.cfg
	return (c.Start.IsZero() || e.requested > c.Start.Unix()) && (c.End.IsZero() || e.requested < c.End.Unix())
}

// perCall returns how many ids one call may be for.
func (p *pass) perCall(singly bool) int {
	if singly {
		return 1
	}
	return max(1, p.t.cfg.IDsPerCall)
}

// listCalls is how many calls a list may take besides its pages.
const listCalls = 4

var (
	// ErrNewIDs is that a server gives its records other ids from one look to the next.
	ErrNewIDs = errors.New("the server gives its requests other ids from one answer to the next: what has changed cannot be told")
	// ErrFull is that the changes of a poll take more memory than they may.
	ErrFull = errors.New("what has changed takes more memory than WithMaxResponse allows: what was found so far is given, and the next poll goes on behind it")
)

// overrun reports whether a pass ends before it has read all lists.
func (p *pass) overrun() error {
	if p.t.cfg.Room > 0 && p.kept > p.t.cfg.Room {
		return ErrFull
	}
	return nil
}
