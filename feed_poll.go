package open311

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/go-open311/open311/internal/listing"
)

// poll is one look for changes: what is read in it, and what was made of it.
type poll struct {
	f      *Feed
	ctx    context.Context
	now    time.Time // by our clock
	server time.Time // the latest time that the server has given as its own; zero if it gives none

	head     feedHead // as it will be if all goes well
	listed   map[string]bool
	pending  map[string]*pending // by key
	gaps     []Gap
	windowed bool             // the list by requested_datetime is complete …
	from     time.Time        // … from here on
	byDate   map[string]dated // what that list has had, and of when; nil if it was not asked for
	after    time.Time        // the list of what was updated begins here,
	byUpdate map[string]bool  // and this is what it has had
	cut      bool             // that list may have been cut
	alive    bool             // the server has answered a call as it should
	idless   bool             // rows without id are known
}

// pending is a change that was found and not given yet.
type pending struct {
	change Change
	next   entry
	old    string // the key it was known by, if it was another one
	quiet  bool
}

// poll makes one pass. It reports whether the loop goes on, and if so what could not be had.
func (f *Feed) poll(ctx context.Context, yield func(*Change, error) bool) (bool, error) {
	p := &poll{f: f, ctx: ctx, now: time.Now(), head: f.s.head, listed: map[string]bool{}, pending: map[string]*pending{}}
	for key := range f.s.known {
		if len(key) > 0 && key[0] == noID[0] {
			p.idless = true
			break
		}
	}
	p.useHabits()
	err := p.read()
	if ctx.Err() != nil {
		return true, cmp.Or(err, ctx.Err())
	}
	if more, saveErr := p.deliver(yield); !more || saveErr != nil {
		return more, saveErr
	}
	if err == nil || errors.Is(err, ErrTruncated) {
		p.commit()
	}
	return true, cmp.Or(f.save(), err)
}

// useHabits tells the client how the server pages, if an earlier process has found that out.
func (p *poll) useHabits() {
	detected := &p.f.c.learned.detected
	if style, _ := detected.Paging(); style == listing.Auto && p.head.Paging != PagingAuto {
		detected.Learn(listing.Style(p.head.Paging), p.head.First)
	}
}

// deliver gives what was found, in the order of its dates. It reports whether the loop goes on.
func (p *poll) deliver(yield func(*Change, error) bool) (more bool, err error) {
	list := slices.SortedFunc(maps.Values(p.pending), func(a, b *pending) int {
		if c := p.at(a).Compare(p.at(b)); c != 0 {
			return c
		}
		return cmp.Compare(a.next.id, b.next.id)
	})
	for _, d := range list {
		given := !d.quiet && p.f.wants(&d.change)
		if err := p.ctx.Err(); given && err != nil {
			return true, err
		}
		if given && !yield(&d.change, nil) {
			return false, nil
		}
		p.f.settle(d)
		if given {
			if err := p.f.save(); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// at is when a change happened, as far as that is known; else now.
func (p *poll) at(d *pending) time.Time {
	if !d.quiet {
		if t := d.change.At(); !t.IsZero() {
			return t
		}
	}
	return p.now
}

// settle remembers a change whose loop body has finished.
func (f *Feed) settle(d *pending) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d.old != "" && d.old != d.next.id {
		f.s.put(entry{id: d.old, flags: flagDropped})
	}
	f.s.put(d.next)
}

func (f *Feed) save() error {
	if f.file == nil {
		return nil
	}
	return f.file.Save(f.Checkpoint())
}

// row takes in what the server says about a request. What is read later counts.
func (p *poll) row(r *ServiceRequest, single, followed bool) {
	key, old := identity(r), ""
	known := p.f.s.known[key]
	if known == nil && p.idless && r.ID != "" {
		// It may have been there before it got its id.
		for _, old = range []string{tokenKey(r), contentKey(r)} {
			if known = p.f.s.known[old]; known != nil {
				break
			}
		}
	}
	if known == nil {
		old = ""
		if !p.f.scope.has(r) {
			return
		}
	}
	if !followed {
		p.listed[key] = true
		if old != "" {
			p.listed[old] = true
		}
	}
	next := remembered(r, key, known, single, p.now)
	d := &pending{next: next, old: old}
	if followed {
		d.next.flags |= flagUnlisted
	}
	if known == nil {
		d.change.Kind, d.change.Previous, d.quiet = p.f.s.head.unknown(&next)
	} else if d.change.Kind, d.change.Previous = compare(known, &next), known.status; d.change.Kind == "" {
		delete(p.pending, key)
		p.unchanged(known, d, followed)
		return
	}
	if !d.quiet {
		d.change.Request = r
	}
	p.pending[key] = d
}

// unchanged notes that a request was there, if that is worth a line in the checkpoint.
func (p *poll) unchanged(known *entry, d *pending, followed bool) {
	e := *known
	e.missed = 0
	if e.flags &^= flagUnlisted; followed {
		e.flags |= flagUnlisted
	}
	age := time.Duration(d.next.seen-known.seen) * time.Minute
	fresh := age.Abs() > max(p.f.follow()/4, time.Minute)
	if d.old != "" {
		e.id = d.next.id
		e.sum, e.text, e.flags = d.next.sum, d.next.text, e.flags&^flagSingle|d.next.flags&flagSingle
	}
	if !fresh && e == *known {
		return
	}
	e.seen = d.next.seen
	p.f.settle(&pending{next: e, old: d.old})
}

// follow returns the time after which a request is asked for by its id.
func (f *Feed) follow() time.Duration { return max(f.opts.Follow, 0) }

// absent notes that a request was asked for by its id, and the server has none. Twice in a row it is gone.
func (p *poll) absent(id string) {
	known := p.f.s.known[id]
	if known == nil {
		return
	}
	e := *known
	if e.missed++; e.missed < 2 {
		p.f.settle(&pending{next: e})
		return
	}
	p.pending[id] = &pending{
		change: Change{Kind: Gone, Previous: known.status, Request: &ServiceRequest{ID: id, Status: known.status,
			RequestedDatetime: unixTime(known.requested), UpdatedDatetime: unixTime(known.updated)}},
		next: entry{id: id, flags: flagDropped},
	}
}

// clock returns the latest date that a request can have without being ahead of its time. Dates beyond it
// do not move the feed: all later ones would be behind them.
func (p *poll) clock() time.Time {
	if p.server.IsZero() {
		return p.now
	}
	return p.server
}

// forward returns how far a list was complete that ends with the given date.
func (p *poll) forward(before time.Time, newest int64) time.Time {
	t := unixTime(newest)
	if limit := p.clock(); t.After(limit) {
		t = limit.Truncate(time.Second)
	}
	if t.After(before) {
		return t.UTC()
	}
	return before
}

// heard takes the server's time from an answer.
func (p *poll) heard(h http.Header) {
	if t, err := http.ParseTime(h.Get("Date")); err == nil && t.After(p.server) {
		p.server = t
	}
}

// commit moves the feed forward: all that was found has been given.
func (p *poll) commit() {
	f := p.f
	f.mu.Lock()
	defer f.mu.Unlock()
	f.s.head = p.head
	style, first := f.c.learned.detected.Paging()
	f.s.head.Paging, f.s.head.First = PagingStyle(style), first
	// Closed requests that no list can bring any more, unless something happens to them, are forgotten.
	old := func(t time.Time) int64 { return unix(t.Add(-f.back(true) - zoneSlack)) }
	requested, updated := old(p.head.Requested), old(p.head.Updated)
	changed := p.now.Add(-max(closedFor, 2*f.opts.Overlap+2*24*time.Hour)).Unix() / 60
	nameless := p.now.Add(-namelessFor).Unix() / 60
	for _, e := range f.s.known {
		done := e.changed < changed && e.closed() || e.changed < nameless && !e.named()
		if done && e.requested < requested && e.updated < updated && len(f.q.IDs) == 0 {
			if t := unixTime(e.requested); e.named() && t.After(f.s.head.Forgot) {
				f.s.head.Forgot = t
			}
			f.s.put(entry{id: e.id, flags: flagDropped})
		}
	}
}
