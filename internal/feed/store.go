package feed

import (
	"iter"
)

// store is all that a feed knows.
type store struct {
	head    Head
	known   map[string]*entry
	slabs   [][]entry // where the entries are, so that they can be looked through fast; those that were dropped are zero
	picture picture
}

// picture is what was known once, and what has changed since.
type picture struct {
	block   *block // encoded; nil: it is to be made
	later   []byte // encoded; append-only, since snapshots share it
	changes int    // how many entries that are
}

// plus returns the picture with a change more; none is left when there are as many changes as make a new one worth it.
func (p picture) plus(e *entry, known int) picture {
	if p.block == nil || p.changes > max(256, known/8) {
		return picture{}
	}
	// An encoder of its own: a part of the log can be read without what comes before.
	return picture{p.block, encoder{}.append(p.later, new(entry), e), p.changes + 1}
}

// slabSize is how many entries are in one piece of memory.
const slabSize = 1024

func newStore(head Head, size int) store {
	return store{head: head, known: make(map[string]*entry, size)}
}

// all yields what is known, in no order. What is put meanwhile may come or not.
func (s *store) all() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		for _, slab := range s.slabs {
			for i := range slab {
				if e := &slab[i]; e.id != "" && !yield(e) {
					return
				}
			}
		}
	}
}

// hasNameless reports whether anything is known that has no id.
func (s *store) hasNameless() bool {
	for e := range s.all() {
		if nameless(e.id) {
			return true
		}
	}
	return false
}

// put remembers e, or forgets it if it is marked as dropped.
func (s *store) put(e *entry) {
	s.set(e)
	s.picture = s.picture.plus(e, len(s.known))
}

func (s *store) set(e *entry) {
	old := s.known[e.id]
	switch {
	case e.flags.has(flagDropped) && old == nil:
	case e.flags.has(flagDropped):
		delete(s.known, e.id)
		*old = entry{}
	case old != nil:
		*old = *e
	default:
		s.known[e.id] = s.add(e)
	}
}

// add puts an entry into the last slab.
func (s *store) add(e *entry) *entry {
	last := len(s.slabs) - 1
	if last < 0 || len(s.slabs[last]) == cap(s.slabs[last]) {
		// The first ones grow from nothing: most feeds know little.
		s.slabs = append(s.slabs, make([]entry, 0, min(slabSize, max(16, len(s.known)))))
		last++
	}
	slab := append(s.slabs[last], *e)
	s.slabs[last] = slab
	return &slab[len(slab)-1]
}

// compact gives back the memory of entries that were dropped, once it is much. Those that are left move.
func (s *store) compact() {
	slots := 0
	for _, slab := range s.slabs {
		slots += len(slab)
	}
	if dropped := slots - len(s.known); dropped <= max(slabSize, len(s.known)/4) {
		return
	}
	tight := newStore(s.head, len(s.known))
	for e := range s.all() {
		tight.set(e)
	}
	s.known, s.slabs = tight.known, tight.slabs
}

// block is many entries, encoded.
type block struct {
	raw   []byte
	count int
}
