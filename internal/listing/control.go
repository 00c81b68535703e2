package listing

import "slices"

// order is that of the rows of a list.
type order uint8

const (
	anyOrder order = iota // not known: fewer than two different times
	falling               // newest first
	rising
	mixed
)

// reading is what the times of an answer say.
type reading struct {
	list           []Row // as it came
	dated          int   // how many of its rows bear a time
	oldest, newest int64
	order          order
	rival          bool  // it falls by the time of the last change as well
	pairs          int   // of neighbours that differ
	change         int64 // the time of the last change of its last row
}

// read compares the rows of an answer with each other.
func read(rows []Row) reading {
	r := reading{list: rows, rival: true}
	falls, rises := true, true
	var at, changed int64
	for i := range rows {
		t := rows[i].At
		if t == Undated {
			continue
		}
		upd := max(rows[i].Updated, t)
		if r.dated++; r.dated == 1 {
			r.oldest, r.newest, changed = t, t, upd
		} else {
			falls, rises = falls && t <= at, rises && t >= at
			if t != at {
				r.pairs++
			}
		}
		r.rival = r.rival && upd <= changed
		r.oldest, r.newest = min(r.oldest, t), max(r.newest, t)
		at, changed = t, upd
	}
	r.change = changed
	switch {
	case r.oldest == r.newest:
	case falls:
		r.order = falling
	case rises:
		r.order = rising
	default:
		r.order = mixed
	}
	return r
}

// inside returns how many rows of an answer are of a span.
func (r *reading) inside(s span) int {
	n := 0
	for i := range r.list {
		if row := &r.list[i]; row.dated() && s.has(row.At) {
			n++
		}
	}
	return n
}

// control is the result of a comparison of an answer with the span that was asked for, and with what is known.
type control struct {
	above, below int  // rows outside of the span, by more than the slack
	missing      int  // known rows of the span that have not come
	deep         bool // some of them lie so far from the bounds that these cannot be why
	disorder     bool // rows have been left out between others: the list is not in the order that it seems to have
}

// outside counts the rows of an answer that lie outside of a span by more than the slack.
func (r *reading) outside(sent span) (c control) {
	if r.dated == 0 || r.newest <= sent.hi+slack && r.oldest >= sent.lo-slack { // nearly always
		return c
	}
	for i := range r.list {
		switch row := &r.list[i]; {
		case !row.dated():
		case row.At > sent.hi+slack:
			c.above++
		case row.At < sent.lo-slack:
			c.below++
		}
	}
	return c
}

// check compares an answer to a call for the span sent with the rows that are known in the span that was meant. full
// says that the answer may be cut: then only the row at which the list has to begin is sure to come.
func (k *known) check(r *reading, sent, meant span, full bool, o order) control {
	c := r.outside(sent)
	if full {
		switch {
		case r.dated == 0:
			return c
		case o == falling:
			meant.lo = max(meant.lo, r.oldest+1)
		case o == rising:
			meant.hi = min(meant.hi, r.newest-1)
		default:
			return c
		}
	}
	if meant == nothing {
		return c
	}
	due := k.in(meant)
	if len(due) == 0 {
		return c
	}
	come := make([]bool, len(due))
	newest, oldest := due[0].at, due[len(due)-1].at
	for i := range r.list {
		row := &r.list[i]
		if row.At < oldest || row.At > newest {
			continue
		}
		if i, ok := slices.BinarySearchFunc(due, mark{row.At, row.Key}, newerFirst); ok {
			come[i] = true
		}
	}
	for i, m := range due {
		if !come[i] {
			c.missing++
			c.deep = c.deep || m.at > sent.lo+slack && m.at < sent.hi-slack
		}
	}
	if full && c.missing > 0 {
		// That the row came with which the list has to begin shows that the bounds are understood.
		anchor := due[0]
		if o == rising {
			anchor = due[len(due)-1]
		}
		if slices.ContainsFunc(r.list, func(r Row) bool { return r.At == anchor.at }) {
			c.missing, c.deep, c.disorder = 0, false, true
		}
	}
	return c
}
