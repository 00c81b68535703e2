package listing

import (
	"cmp"
	"slices"
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
	sample uint64 // of those between the newest and the oldest, the ones are kept whose key has none of these bits
}

// maxMarks bounds the memory of [known]; beyond it, a sample is kept of the marks between the edges.
const (
	maxMarks = 1 << 14
	edgeSize = maxMarks / 8
)

// maxAdded is how many rows are put among the others at once, if nobody asks before.
const maxAdded = maxMarks / 4

func (k *known) add(rows []mark) {
	if k.sample == 0 {
		k.added = append(k.added, rows...)
	} else {
		newest, oldest := k.marks[edgeSize].at, k.marks[len(k.marks)-edgeSize].at
		for _, m := range rows {
			if m.key&k.sample == 0 || m.at >= newest || m.at <= oldest {
				k.added = append(k.added, m)
			}
		}
	}
	if len(k.added) > maxAdded {
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
	k.marks = slices.Grow(k.marks, len(rows))
	rest := slices.Compact(mergeMarks(k.marks[newer:], rows))
	k.marks = k.marks[:newer+len(rest)]
	for len(k.marks) > maxMarks {
		k.thin()
		if len(k.marks) > maxMarks*3/4 {
			k.sample = k.sample<<1 | 1
		}
	}
}

// thin drops the marks between the edges that are not of the sample.
func (k *known) thin() {
	last := len(k.marks) - edgeSize
	kept := k.marks[:edgeSize]
	for _, m := range k.marks[edgeSize:last] {
		if m.key&k.sample == 0 {
			kept = append(kept, m)
		}
	}
	k.marks = append(kept, k.marks[last:]...)
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
