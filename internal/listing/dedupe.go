package listing

import (
	"math/bits"
	"slices"
)

// dedupe remembers which rows have come, and for what. It keeps 60 bits of each, so that a million of them take 11 to
// 16 MB; that two of a million rows are taken for one has a chance of 1 in 2 million. It grows in small shards, never all
// at once.
type dedupe struct {
	shards [1 << shardBits]shard
}

const (
	shardBits = 6
	minSlots  = 16
)

type shard struct {
	slots []uint64 // open addressing, a key and its tags; 0 is empty
	used  int
}

// add reports whether a row had not come for t yet, and notes that it has.
func (d *dedupe) add(key uint64, t tag) bool {
	slot := d.slot(slotKey(key))
	fresh := *slot&uint64(t) == 0
	*slot |= uint64(t)
	return fresh
}

// slot returns the slot of a row, a new one if it has none.
func (d *dedupe) slot(key uint64) *uint64 {
	sh := &d.shards[key>>(64-shardBits)]
	if 4*sh.used >= 3*len(sh.slots) {
		sh.grow()
	}
	at, found := sh.find(key)
	if !found {
		sh.slots[at] = key
		sh.used++
	}
	return &sh.slots[at]
}

// has reports whether a row has come for t.
func (d *dedupe) has(key uint64, t tag) bool {
	key = slotKey(key)
	sh := &d.shards[key>>(64-shardBits)]
	if sh.used == 0 {
		return false
	}
	at, found := sh.find(key)
	return found && sh.slots[at]&uint64(t) != 0
}

// count reports whether a row of an answer had not come for t before that, and notes that it has. It costs nothing where
// that was noted as the row came.
func (d *dedupe) count(r *response, row *Row, t tag) bool {
	if r.noted&t != 0 {
		return row.had&t == 0
	}
	return d.add(row.Key, t)
}

// takeBack takes back what the rows of an answer were noted for that is not counted.
func (d *dedupe) takeBack(r *response) {
	for i := range r.rows {
		if t := r.noted &^ r.rows[i].had; t != 0 {
			*d.slot(slotKey(r.rows[i].Key)) &^= uint64(t)
		}
	}
	r.noted = 0
}

// forget takes t back from all rows.
func (d *dedupe) forget(t tag) {
	for i := range d.shards {
		for j := range d.shards[i].slots {
			d.shards[i].slots[j] &^= uint64(t)
		}
	}
}

// rowSet is the rows that have come for something, and how many these are.
type rowSet struct {
	rows  *dedupe
	as    tag
	count int
}

func newRowSet() *rowSet { return &rowSet{rows: &dedupe{}, as: came} }

// add reports whether a row is new to the set.
func (s *rowSet) add(key uint64) bool {
	fresh := s.rows.add(key, s.as)
	if fresh {
		s.count++
	}
	return fresh
}

// addOf is add for a row of an answer.
func (s *rowSet) addOf(r *response, row *Row) bool {
	fresh := s.rows.count(r, row, s.as)
	if fresh {
		s.count++
	}
	return fresh
}

func (s *rowSet) has(key uint64) bool { return s.rows.has(key, s.as) }

// merge adds the rows of another set, which has a table of its own. They come in the order of their slots: in a smaller
// table, which grows under way, they would stand in each other's way.
func (s *rowSet) merge(other *rowSet) {
	for i := range other.rows.shards {
		if n := len(other.rows.shards[i].slots); n > len(s.rows.shards[i].slots) {
			s.rows.shards[i].resize(n)
		}
		for _, slot := range other.rows.shards[i].slots {
			if key := slot &^ allTags; key != 0 && slot&uint64(other.as) != 0 {
				if at := s.rows.slot(key); *at&uint64(s.as) == 0 {
					*at |= uint64(s.as)
					s.count++
				}
			}
		}
	}
}

// slotKey is what a slot keeps of the key of a row: never 0, which is an empty slot. The factor is odd, and spreads keys
// that differ in few bits, so that those which make room for the tags matter no more than others.
func slotKey(key uint64) uint64 {
	const golden = 0x9e3779b97f4a7c15
	return max(key*golden&^allTags, 1<<tagBits)
}

// find returns the slot of key, or the free one where it belongs.
func (sh *shard) find(key uint64) (at int, found bool) {
	// The top bits chose the shard; the next ones choose the slot.
	high, _ := bits.Mul64(key<<shardBits, uint64(len(sh.slots)))
	for i := int(high); ; i++ {
		if i == len(sh.slots) {
			i = 0
		}
		if slot := sh.slots[i] &^ allTags; slot == 0 || slot == key {
			return i, slot != 0
		}
	}
}

func (sh *shard) grow() { sh.resize(max(minSlots, len(sh.slots)*3/2)) }

func (sh *shard) resize(n int) {
	old := sh.slots
	sh.slots = make([]uint64, n)
	for _, slot := range old {
		if slot != 0 {
			at, _ := sh.find(slot &^ allTags)
			sh.slots[at] = slot
		}
	}
}

// twins tells which rows come again within one answer. As long as none of them had come before, there are none, and
// nothing has to be remembered.
type twins struct{ keys map[uint64]struct{} }

// fewTwins is how many rows of an answer are looked through one by one.
const fewTwins = 16

// has reports whether a row is among those of its answer, and notes it. known says that it has come before, in any answer.
func (t *twins) has(rows []Row, key uint64, known bool) bool {
	if t.keys == nil {
		switch {
		case !known:
			return false
		case len(rows) <= fewTwins:
			return slices.ContainsFunc(rows, func(r Row) bool { return r.Key == key })
		}
		t.keys = make(map[uint64]struct{}, 2*len(rows))
		for i := range rows {
			t.keys[rows[i].Key] = struct{}{}
		}
	}
	_, twin := t.keys[key]
	t.keys[key] = struct{}{}
	return twin
}
