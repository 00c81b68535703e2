package listing

import "math/bits"

// seenSet remembers which requests a listing has given. It keeps 64 bits of each, so that a million of
// them take 11 to 16 MB; that two of a million requests are taken for one has a chance of 1 in 30
// million. It grows in small shards, never all at once.
type seenSet struct {
	shards [64]seenShard
	count  int
}

type seenShard struct {
	slots []uint64 // open addressing; 0 is empty
	used  int
}

// add reports whether key was not there yet, and adds it.
func (s *seenSet) add(key uint64) bool {
	if key == 0 {
		key = 1
	}
	sh := &s.shards[key>>58]
	if 4*sh.used >= 3*len(sh.slots) {
		sh.grow()
	}
	if !sh.put(key) {
		return false
	}
	sh.used++
	s.count++
	return true
}

func (sh *seenShard) put(key uint64) bool {
	// The top bits chose the shard; the next ones choose the slot.
	at, _ := bits.Mul64(key<<6, uint64(len(sh.slots)))
	i := int(at)
	for sh.slots[i] != 0 {
		if sh.slots[i] == key {
			return false
		}
		if i++; i == len(sh.slots) {
			i = 0
		}
	}
	sh.slots[i] = key
	return true
}

func (sh *seenShard) grow() {
	old := sh.slots
	sh.slots = make([]uint64, max(16, len(old)*3/2))
	for _, key := range old {
		if key != 0 {
			sh.put(key)
		}
	}
}

// answerSet tells which rows come again within one answer.
type answerSet struct {
	keys []uint64
	set  map[uint64]struct{} // of the keys; made only when a row comes that was known before
}

func (a *answerSet) reset() { a.keys, a.set = a.keys[:0], nil }

// add notes a row, and reports whether the answer has not had it before. A row that is new to the
// listing is new to the answer.
func (a *answerSet) add(key uint64, fresh bool) bool {
	if a.set == nil && !fresh {
		a.set = make(map[uint64]struct{}, len(a.keys)+1)
		for _, k := range a.keys {
			a.set[k] = struct{}{}
		}
	}
	if a.set == nil {
		a.keys = append(a.keys, key)
		return true
	}
	if _, known := a.set[key]; known {
		return false
	}
	a.set[key] = struct{}{}
	return true
}
