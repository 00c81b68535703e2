package listing

import "slices"

// answers are the slices of a listing that were asked for, and what came.
type answers struct {
	to   map[string]*asked
	held []*asked // those whose answers are kept, the oldest first
	rows int      // of these answers
}

// asked is a slice that was asked for.
type asked struct {
	times  int
	r      *response // nil: it is not kept any more
	failed *response // the one before it, which was an error; nil: it was none
}

// maxTimes is how often a slice is asked for: once more tells a passing fault from a lasting one.
const maxTimes = 2

// maxHeld bounds the rows of answers that are kept, so that a question that comes again costs no call.
const maxHeld = 1 << 13

// last returns the answer to a slice if it is still known; nil: it is not.
func (m *answers) last(s *Slice) *response {
	if a := m.to[s.key()]; a != nil {
		return a.r
	}
	return nil
}

// times says how often a slice was asked for.
func (m *answers) times(s *Slice) int {
	if a := m.to[s.key()]; a != nil {
		return a.times
	}
	return 0
}

// failedBefore returns the error that a slice was answered with before its last answer; nil: it was not.
func (m *answers) failedBefore(s *Slice) *response {
	if a := m.to[s.key()]; a != nil {
		return a.failed
	}
	return nil
}

// good returns the newest of the answers that are kept and have rows; nil: there is none.
func (m *answers) good() *response {
	for _, a := range slices.Backward(m.held) {
		if r := a.r; r != nil && r.err == nil && len(r.rows) > 0 {
			return r
		}
	}
	return nil
}

// any reports whether one of the answers that are kept is like that.
func (m *answers) any(like func(*response) bool) bool {
	for _, a := range m.held {
		if a.r != nil && like(a.r) {
			return true
		}
	}
	return false
}

// arrived is how many rows the answers that are kept have brought that are newer than the listing.
func (m *answers) arrived() int {
	n := 0
	for _, a := range m.held {
		if a.r != nil {
			n += a.r.arrived
		}
	}
	return n
}

// keep remembers an answer; old ones are forgotten.
func (m *answers) keep(r *response) {
	key := r.slice.key()
	a := m.to[key]
	if a == nil {
		a = &asked{}
		m.to[key] = a
	}
	a.times++
	if a.r != nil && a.r.err == nil && r.err != nil {
		return // that it fails now takes nothing back
	}
	if a.r != nil {
		m.rows -= len(a.r.rows)
		if a.r.err != nil {
			a.failed = a.r
		}
	}
	a.r = r
	m.rows += len(r.rows)
	m.held = append(m.held, a)
	for m.rows > maxHeld && len(m.held) > 1 {
		if old := m.held[0]; old.r != nil && old.r != r {
			m.rows -= len(old.r.rows)
			old.r = nil
		}
		m.held = m.held[1:]
	}
}
