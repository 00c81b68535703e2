package listing

import (
	"cmp"
	"slices"
)

// order is that of the rows of a list.
type order uint8

const (
	anyOrder order = iota // not known: fewer than two different times
	falling               // newest first
	rising
	mixed
)

// mark is a row whose time is known.
type mark struct {
	at  int64
	key uint64
}

// known has the rows that came, by time: an answer to a question about their span has to bring them again. That is the
// control of every bound, and of every absence. Of very many it keeps a sample, and the newest and oldest.
type known struct {
	marks  []mark // the newest first
	added  []mark // those that are not among them yet, in no order
	halved uint   // how often half of them have been dropped
}

// maxMarks bounds the memory of [known]; beyond it, half of the marks are dropped by their keys.
const maxMarks = 1 << 14

// maxAdded is how many rows are put among the others at once, if nobody asks before.
const maxAdded = maxMarks / 4

func (k *known) add(rows []mark) {
	if k.added = append(k.added, rows...); len(k.added) > maxAdded {
		k.settle()
	}
}

// settle puts what was added among the others.
func (k *known) settle() {
	rows := k.added
	if len(rows) == 0 {
		return
	}
	k.added = rows[:0]
	slices.SortFunc(rows, newerFirst)
	newer, _ := slices.BinarySearchFunc(k.marks, rows[0], newerFirst) // most answers are older than all before
	rest := slices.Compact(mergeMarks(slices.Clone(k.marks[newer:]), rows))
	k.marks = append(k.marks[:newer], rest...)
	if len(k.marks) <= maxMarks {
		return
	}
	edge := maxMarks / 8
	kept := k.marks[:0]
	last := len(k.marks) - edge
	for i, m := range k.marks {
		if i < edge || i >= last || m.key>>k.halved&1 == 0 {
			kept = append(kept, m)
		}
	}
	k.marks, k.halved = kept, (k.halved+1)%64
}

// newerFirst is the order of what is known.
func newerFirst(a, b mark) int {
	if a.at != b.at {
		return cmp.Compare(b.at, a.at)
	}
	return cmp.Compare(a.key, b.key)
}

// mergeMarks puts sorted rows into sorted marks, from the end.
func mergeMarks(marks, rows []mark) []mark {
	i, j := len(marks)-1, len(rows)-1
	marks = append(marks, rows...)
	for at := len(marks) - 1; j >= 0; at-- {
		if i >= 0 && newerFirst(marks[i], rows[j]) > 0 {
			marks[at] = marks[i]
			i--
		} else {
			marks[at] = rows[j]
			j--
		}
	}
	return marks
}

// in returns the known rows of a span, the newest first.
func (k *known) in(s span) []mark {
	k.settle()
	from, _ := slices.BinarySearchFunc(k.marks, s.hi, func(m mark, t int64) int { return cmp.Compare(t, m.at) })
	to, _ := slices.BinarySearchFunc(k.marks, s.lo-1, func(m mark, t int64) int { return cmp.Compare(t, m.at) })
	return k.marks[from:max(from, to)]
}

func (k *known) oldest() (int64, bool) {
	k.settle()
	if len(k.marks) == 0 {
		return 0, false
	}
	return k.marks[len(k.marks)-1].at, true
}

func (k *known) newest() (int64, bool) {
	k.settle()
	if len(k.marks) == 0 {
		return 0, false
	}
	return k.marks[0].at, true
}

// reading is what the times of an answer say.
type reading struct {
	marks          []mark // in the order of the answer
	oldest, newest int64
	order          order
	rival          bool  // it falls by the time of the last change as well
	pairs          int   // of neighbours that differ
	change         int64 // the time of the last change of its last row
}

// read compares the rows of an answer with each other.
func read(rows []Row) reading {
	r := reading{rival: true}
	falls, rises := true, true
	var at, changed int64
	for i := range rows {
		t := rows[i].At
		if t == Undated {
			continue
		}
		upd := max(rows[i].Updated, t)
		if r.marks == nil {
			r.marks = make([]mark, 0, len(rows)-i)
		}
		if len(r.marks) == 0 {
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
		r.marks = append(r.marks, mark{t, rows[i].Key})
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
	for _, m := range r.marks {
		if s.has(m.at) {
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

// check compares an answer to a call for the span sent with the rows that are known in the span that was meant. full
// says that the answer may be cut: then only the row at which the list has to begin is sure to come.
func (k *known) check(r *reading, sent, meant span, full bool, o order) control {
	var c control
	for _, m := range r.marks {
		switch {
		case m.at > sent.hi+slack:
			c.above++
		case m.at < sent.lo-slack:
			c.below++
		}
	}
	if full {
		switch {
		case len(r.marks) == 0:
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
	for _, m := range r.marks {
		if m.at < oldest || m.at > newest {
			continue
		}
		if i, ok := slices.BinarySearchFunc(due, m, newerFirst); ok {
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
		if slices.ContainsFunc(r.marks, func(m mark) bool { return m.at == anchor.at }) {
			c.missing, c.deep, c.disorder = 0, false, true
		}
	}
	return c
}
