package feed

import (
	"context"
	"errors"
	"time"
)

// Pass is one look for changes: what is read in it, and what was made of it.
type Pass struct {
	t      *Tracker
	ctx    context.Context
	now    time.Time // by our clock
	audit  bool      // what is believed of the server is put to the test
	server time.Time // the latest time that the server has given as its own; zero if it gives none

	head    Head               // as it will be if all goes well
	changes map[string]*Change // found and not settled yet, by key
	rows    map[string]row     // what was read, by key
	gaps    []Gap
	work    work
	window  window
	flood   flood
}

// work is what a pass has cost, and what came of it.
type work struct {
	lists        []string
	calls        int
	rows         int // that they have brought
	asked, found int // records that were asked for by id, and those that are there
	answered     bool
	unproven     bool
}

func (w work) plus(more work) work {
	return work{append(w.lists, more.lists...), w.calls + more.calls, w.rows + more.rows, w.asked + more.asked, w.found + more.found,
		w.answered || more.answered, w.unproven || more.unproven}
}

// row is what was read of a record in a pass.
type row struct {
	stamp int64 // the later one of the dates that lists have shown
	in    in
}

// in is which answers a record was in.
type in uint8

const (
	inWindow     in = 1 << iota // the list by time of request
	inUpdates                   // that by time of update
	inClosed                    // that of closed ones
	inOther                     // another list
	inAnswer                    // asked for by its id,
	inComparison                // to be compared with what a list has just shown
	fresh                       // nothing had happened to it since it was filed

	inLists = inWindow | inUpdates | inClosed | inOther
)

// window is the list by time of request, once it was read: what is evidence that others are not there.
type window struct {
	read   bool
	from   time.Time
	whole  bool // nothing is missing in it from there on,
	strict bool // even if it was asked to be complete
}

func newPass(ctx context.Context, t *Tracker) *Pass {
	now, head := time.Now(), t.store.head
	age := now.Sub(head.Audited) // below 0 after our clock was put back
	audit := len(t.cfg.IDs) == 0 && (!head.Stocked || head.Mode == "" || age < 0 || age >= t.auditEvery())
	p := &Pass{t: t, ctx: ctx, now: now, audit: audit, head: head, changes: map[string]*Change{}, rows: map[string]row{}}
	if p.head.Began.IsZero() {
		p.head.Began = p.now.UTC().Truncate(time.Second)
		t.mu.Lock()
		t.store.head.Began = p.head.Began // whatever becomes of this poll: what is filed from now on is new
		t.mu.Unlock()
	}
	return p
}

// note takes in what an answer says besides its rows, and what it has not brought.
func (p *Pass) note(list string, a Answer) {
	p.work = p.work.plus(work{lists: []string{list}, calls: max(1, a.Calls), answered: a.Answered, unproven: a.Unproven})
	if !a.Clock.After(p.server) {
		return
	}
	p.server = a.Clock
	if ahead := int64(p.server.Sub(p.now) / time.Second); max(ahead-p.head.Ahead, p.head.Ahead-ahead) > 300 {
		p.head.Ahead = ahead
	}
}

// miss notes what could not be had.
func (p *Pass) miss(gaps ...Gap) { p.gaps = append(p.gaps, gaps...) }

// refused reports whether the server has refused what it was asked, and not the caller.
func (p *Pass) refused(err error) bool {
	return err != nil && p.ctx.Err() == nil && p.t.lists.Fault(err)&Refused != 0
}

// clock returns the latest date that a record can have without being ahead of its time. Dates beyond it do
// not move the feed: all later ones would be behind them.
func (p *Pass) clock() time.Time {
	if p.server.IsZero() {
		return p.now.Add(time.Duration(p.head.Ahead) * time.Second)
	}
	return p.server
}

// byServer returns what the server's clock shows when ours shows t.
func (p *Pass) byServer(t time.Time) time.Time { return t.Add(p.clock().Sub(p.now)) }

// forward returns how far a list was complete that ends with the given date.
func (p *Pass) forward(before time.Time, newest int64) time.Time {
	t := unixTime(newest)
	if limit := p.clock(); t.After(limit) {
		t = limit.Truncate(time.Second)
	}
	if t.After(before) {
		return t.UTC()
	}
	return before
}

// within reports whether the list by time of request could have brought e.
func (p *Pass) within(e *entry) bool {
	c := &p.t.cfg
	return (c.Start.IsZero() || e.requested > c.Start.Unix()) && (c.End.IsZero() || e.requested < c.End.Unix())
}

// perCall returns how many ids one call may be for.
func (p *Pass) perCall() int {
	if p.head.Singly {
		return 1
	}
	return max(1, p.t.cfg.IDsPerCall)
}

// listCalls is how many calls a list may take besides its pages.
const listCalls = 4

// flood is how many unknown records of one second there were in a row.
type flood struct {
	second int64
	rows   int
}

func (f flood) plus(second int64) flood {
	if second != f.second {
		return flood{second, 1}
	}
	return flood{second, f.rows + 1}
}

// maxFlood is more than any city files in one second, or on one day if it gives no times.
const maxFlood = 20_000

var (
	// ErrNewIDs is that a server gives its records other ids from one look to the next.
	ErrNewIDs = errors.New("the server gives its requests other ids from one answer to the next: what has changed cannot be told")
	// ErrFlood is that a list does not end.
	ErrFlood = errors.New("the server gives ever new requests of one second: its list has no end")
)
