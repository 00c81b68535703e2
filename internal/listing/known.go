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
	run    []mark // room to sort those of one answer in
	sample uint64 // of those between the newest and the oldest, the ones are kept whose key has none of these bits
}

// maxMarks bounds the memory of [known]; beyond it, a sample is kept of the marks between the edges.
const (
	maxMarks = 1 << 14
	edgeSize = maxMarks / 8
)

// add puts the rows of an answer, in whatever order, among the others.
func (k *known) add(rows []Row) {
	run := k.run[:0]
	newest, oldest := future, past
	if k.sample != 0 {
		newest, oldest = k.marks[edgeSize].at, k.marks[len(k.marks)-edgeSize].at
	}
	sorted := true
	for i := range rows {
		if row := &rows[i]; row.dated() && (row.Key&k.sample == 0 || row.At >= newest || row.At <= oldest) {
			m := mark{row.At, row.Key}
			sorted = sorted && (len(run) == 0 || m.behind(run[len(run)-1]))
			run = append(run, m)
		}
	}
	k.run = run
	if !sorted { // most lists begin with the newest
		slices.SortFunc(run, newerFirst)
		run = slices.Compact(run)
	}
	k.marks = mergeMarks(k.marks, run)
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

// behind reports whether a mark stands behind another in that order.
func (m mark) behind(o mark) bool { return m.at < o.at || m.at == o.at && m.key > o.key }

// mergeMarks puts sorted rows into sorted marks. Most answers are older than all before but for their first rows: what is
// behind all marks is put there at once, and the others from their end on.
func mergeMarks(marks, rows []mark) []mark {
	left, inside, twice := len(marks), 0, false
	for inside < len(rows) && left > 0 && !rows[inside].behind(marks[left-1]) {
		inside++
	}
	if left+len(rows) > cap(marks) {
		marks = slices.Grow(marks, max(len(rows), min(left, maxMarks-left))) // it will be as many again, and no more
	}
	marks = append(marks, rows...)
	for n := inside; n > 0; n-- {
		row := rows[n-1]
		at := row.place(marks[:left])
		twice = twice || at > 0 && marks[at-1] == row
		if at < left {
			copy(marks[at+n:], marks[at:left])
		}
		marks[at+n-1] = row
		left = at
	}
	if from := max(0, left-1); twice {
		marks = marks[:from+len(slices.Compact(marks[from:]))]
	}
	return marks
}

// place returns how many of sorted marks do not stand behind m. It looks near their end first.
func (m mark) place(marks []mark) int {
	high, step := len(marks), 1
	for high >= step && marks[high-step].behind(m) {
		high -= step
		step *= 2
	}
	for low := max(0, high-step); low < high; {
		if middle := (low + high) / 2; marks[middle].behind(m) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return high
}

// in returns the known rows of a span, the newest first.
func (k *known) in(s span) []mark {
	from, _ := slices.BinarySearchFunc(k.marks, s.hi, func(m mark, t int64) int { return cmp.Compare(t, m.at) })
	to, _ := slices.BinarySearchFunc(k.marks, s.lo-1, func(m mark, t int64) int { return cmp.Compare(t, m.at) })
	return k.marks[from:max(from, to)]
}

func (k *known) oldest() (int64, bool) {
	if len(k.marks) == 0 {
		return 0, false
	}
	return k.marks[len(k.marks)-1].at, true
}

func (k *known) newest() (int64, bool) {
	if len(k.marks) == 0 {
		return 0, false
	}
	return k.marks[0].at, true
}
