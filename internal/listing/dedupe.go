package listing

import "math/bits"

// dedupe remembers which rows have come. It keeps 64 bits of each, so that a million of them take 11 to 16 MB; that
// two of a million rows are taken for one has a chance of 1 in 30 million. It grows in small shards, never all at once.
type dedupe struct {
	shards [1 << shardBits]shard
	count  int
}

const (
	shardBits = 6
	minSlots  = 16
)

type shard struct {
	slots []uint64 // open addressing; 0 is empty
	used  int
}

// add reports whether key was not there yet, and adds it.
func (d *dedupe) add(key uint64) bool {
	key = max(key, 1)
	sh := &d.shards[key>>(64-shardBits)]
	if 4*sh.used >= 3*len(sh.slots) {
		sh.grow()
	}
	at, found := sh.find(key)
	if found {
		return false
	}
	sh.slots[at] = key
	sh.used++
	d.count++
	return true
}

// find returns the slot of key, or the free one where it belongs.
func (sh *shard) find(key uint64) (at int, found bool) {
	// The top bits chose the shard; the next ones choose the slot.
	high, _ := bits.Mul64(key<<shardBits, uint64(len(sh.slots)))
	for i := int(high); ; i++ {
		if i == len(sh.slots) {
			i = 0
		}
		if sh.slots[i] == 0 || sh.slots[i] == key {
			return i, sh.slots[i] != 0
		}
	}
}

func (sh *shard) grow() {
	old := sh.slots
	sh.slots = make([]uint64, max(minSlots, len(old)*3/2))
	for _, key := range old {
		if key != 0 {
			at, _ := sh.find(key)
			sh.slots[at] = key
		}
	}
}
