package feed

import (
	"errors"
	"time"
)

// counts are what a list has shown so far.
type counts struct {
	rows, closed       int
	news, lastNews     int   // how many have shown a change, and which row was the last of them
	requested, updated int64 // the newest dates
	second             int64 // of the last record that was not known,
	flood              int   // and how many of one second there were in a row
}

// plus returns the counts with a row more, and what is known of it by now.
func (c counts) plus(s *Sighting, closed bool, r row) counts {
	requested, rows, last, second, flood := UnixSeconds(s.Requested), c.rows+1, c.lastNews, c.second, c.flood
	if r.change != nil {
		last = rows
	}
	if r.in&stranger != 0 {
		if flood++; requested != second {
			second, flood = requested, 1
		}
	}
	return counts{rows, c.closed + one(closed), c.news + one(r.change != nil), last,
		max(c.requested, requested), max(c.updated, UnixSeconds(s.Updated)), second, flood}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// maxFlood is more than any city files in one second, or on one day if it gives no times.
const maxFlood = 20_000

// ErrFlood is that a list does not end.
var ErrFlood = errors.New("the server gives ever new requests of one second: its list has no end")

// list asks for a list, and gives what comes to see.
type list func(ask Ask, see func(Sighting) bool) (Answer, error)

// readList reads a list, and returns what it has shown. A short answer that was taken for all of it, and does not look like
// that, is read again to its end: how many rows a server gives at once may have changed since that was found out.
func (p *pass) readList(in in, ask Ask, of list) (counts, Answer, error) {
	c, a, err := p.readOnce(in, ask, of)
	if err != nil || !a.Short || p.likely(in, c, ask.From) {
		return c, a, err
	}
	return p.readOnce(in, Ask{From: ask.From, State: ask.State, Proof: Strict}, of)
}

func (p *pass) readOnce(in in, ask Ask, of list) (c counts, a Answer, err error) {
	a, err = of(ask, func(s Sighting) bool {
		r := p.see(seen{&s, in, p.head.Views})
		c = c.plus(&s, p.t.closed(s.Status), r)
		return p.overrun() == nil && c.flood <= maxFlood
	})
	switch full := p.overrun(); {
	case full != nil:
		return c, a, full
	case c.flood > maxFlood:
		return c, a, ErrFlood
	}
	return c, a, err
}

const (
	// fewNews is how many changes are no reason to doubt that there are no others.
	fewNews = 9
	// roundPage divides the number of rows that most servers give at once.
	roundPage = 25
)

// likely reports whether an answer looks like a whole list from a time on: what is known to be in the newer half of it
// is there (the older one is left to clocks that differ), and what is news is little beside that. An answer of as many rows
// as a page may have has no news at its end, where it may have been cut.
func (p *pass) likely(in in, c counts, from time.Time) bool {
	expected, shown := 0, 0
	newest := max(p.head.Requested.Unix(), p.head.Updated.Unix())
	half := from.Unix() + max(0, newest-from.Unix())/2
	for e := range p.t.store.all() {
		stamp := e.requested
		if in == inUpdates {
			stamp = e.views[byList].updated
		}
		if stamp <= half || !e.flags.has(hasList) || e.flags.has(flagUnlisted) || e.absent != 0 || !p.within(e) ||
			e.flags.has(flagClosed) && !p.head.ShowsClosed {
			continue
		}
		if expected++; p.rows[e.id].in&in != 0 {
			shown++
		}
	}
	atEnd := c.news > 0 && c.lastNews > c.rows-c.rows/4
	return expected-shown <= expected/10 && c.news <= max(fewNews, expected/4) && !(atEnd && c.rows%roundPage == 0)
}
