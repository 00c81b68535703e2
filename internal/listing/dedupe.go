package listing

import "math/bits"

// tag is what a row has come for.
type tag uint64

const (
	came    tag = 1 << iota // in any answer of the listing
	given                   // to the caller
	inWalk                  // in the facet that is being listed
	tagBits = iota
	allTags = 1<<tagBits - 1
)

// dedupe remembers which rows have come, and for what. It keeps 61 bits of each, so that a million of them take 11 to
// 16 MB; that two of a million rows are taken for one has a chance of 1 in 4 million. It grows in small shards, never all
// at once.
type dedupe struct {
	shards [1 << shardBits]shard
	count  int
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
		d.count++
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

// forget takes t back from all rows.
func (d *dedupe) forget(t tag) {
	for i := range d.shards {
		for j := range d.shards[i].slots {
			d.shards[i].slots[j] &^= uint64(t)
		}
	}
}

// merge adds the rows of another. They come in the order of their slots: in a smaller table, which grows under way, they
// would stand in each other's way.
func (d *dedupe) merge(other *dedupe) {
	for i := range other.shards {
		if n := len(other.shards[i].slots); n > len(d.shards[i].slots) {
			d.shards[i].resize(n)
		}
		for _, slot := range other.shards[i].slots {
			if slot != 0 {
				*d.slot(slot &^ allTags) |= slot & allTags
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
