package feed

import "time"

// reading is a list that is being read.
type reading struct {
	p  *Pass
	in in
	counts
}

// counts is what a list has shown so far.
type counts struct {
	rows, closed       int
	news, lastNews     int   // how many have shown a change, and which row was the last of them
	requested, updated int64 // the newest dates
}

func (w *reading) see(s Sighting) bool {
	more := w.p.see(&s, w.in)
	w.counts = w.plus(&s, w.p.t.closed(s.Status), w.p.changes[s.Key] != nil)
	return more
}

// plus returns the counts with a row more.
func (c counts) plus(s *Sighting, closed, isNew bool) counts {
	rows, last := c.rows+1, c.lastNews
	if isNew {
		last = rows
	}
	return counts{rows, c.closed + one(closed), c.news + one(isNew), last,
		max(c.requested, UnixSeconds(s.Requested)), max(c.updated, UnixSeconds(s.Updated))}
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// read reads a list. A short answer that was taken for all of it, and does not look like that, is read again to its
// end: how many rows a server gives at once may have changed since that was found out.
func (w *reading) read(ask Ask, list func(Ask) (Answer, error)) (Answer, error) {
	a, err := list(ask)
	if err != nil || !a.Short || w.likely(ask.From) {
		return a, err
	}
	w.counts = counts{}
	return list(Ask{From: ask.From, State: ask.State, Proof: Strict})
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
func (w *reading) likely(from time.Time) bool {
	expected, shown := 0, 0
	newest := max(w.p.t.store.head.Requested.Unix(), w.p.t.store.head.Updated.Unix())
	half := from.Unix() + max(0, newest-from.Unix())/2
	for e := range w.p.t.store.all() {
		stamp := e.requested
		if w.in == inUpdates {
			stamp = e.views[byList].updated
		}
		if stamp <= half || !e.flags.has(hasList) || e.flags.has(flagUnlisted) || e.absent != 0 || !w.p.within(e) ||
			e.flags.has(flagClosed) && !w.p.window.showsClosed {
			continue
		}
		if expected++; w.p.rows[e.id].in&w.in != 0 {
			shown++
		}
	}
	atEnd := w.news > 0 && w.lastNews > w.rows-w.rows/4
	return expected-shown <= expected/10 && w.news <= max(fewNews, expected/4) && !(atEnd && w.rows%roundPage == 0)
}
