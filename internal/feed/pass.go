package feed

import (
	"context"
	"time"
)

// Pass is one look for changes: what is read in it, and what was made of it.
type Pass struct {
	t      *Tracker
	ctx    context.Context
	now    time.Time // by our clock
	server time.Time // the latest time that the server has given as its own; zero if it gives none

	head     Head // as it will be if all goes well
	listed   map[string]bool
	changes  map[string]*Change // found and not settled yet, by key
	gaps     []Gap
	windowed bool             // the list by time of request is complete …
	from     time.Time        // … from here on
	byDate   map[string]dated // what that list has had, and of when; nil if it was not asked for
	after    time.Time        // the list of what was updated begins here,
	byUpdate map[string]bool  // and this is what it has had
	cut      bool             // that list may have been cut
	alive    bool             // the server has answered a call as it should
	nameless bool             // records without id are known
}

func newPass(ctx context.Context, t *Tracker) *Pass {
	p := &Pass{t: t, ctx: ctx, now: time.Now(), head: t.store.head, listed: map[string]bool{}, changes: map[string]*Change{}}
	for key := range t.store.known {
		if nameless(key) {
			p.nameless = true
			break
		}
	}
	return p
}

// note takes in what an answer says besides its rows.
func (p *Pass) note(a Answer) {
	if a.Clock.After(p.server) {
		p.server = a.Clock
	}
	p.alive = p.alive || a.Answered
	p.cut = p.cut || a.Cut
	p.gaps = append(p.gaps, a.Gaps...)
}

// refused reports whether the server has refused what it was asked, and not the caller.
func (p *Pass) refused(err error) bool {
	return err != nil && p.ctx.Err() == nil && p.t.lists.Fault(err)&Refused != 0
}

// clock returns the latest date that a record can have without being ahead of its time. Dates beyond it do
// not move the feed: all later ones would be behind them.
func (p *Pass) clock() time.Time {
	if p.server.IsZero() {
		return p.now
	}
	return p.server
}

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
