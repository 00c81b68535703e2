package mirror

import (
	"bytes"
	"cmp"
	"slices"
)

// bitset has a bit for each request of all parts, in the order in which they are joined.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) set(i int)      { b[i/64] |= 1 << (i % 64) }

// keysAtOnce is how many keys are sorted at a time.
var keysAtOnce = 1 << 19

// doubles finds the requests that an earlier part, or an earlier line, has had: those of the windows with a part, total
// in number. The keys are read again and again, each time a share of them that is sorted in memory, so that a hundred
// million take no more than one.
func (m *mirror) doubles(windows []*window, total int) (bitset, error) {
	type entry struct {
		key
		at int
	}
	found := newBitset(total)
	rounds := (total + keysAtOnce - 1) / keysAtOnce
	var list []entry
	for round := range rounds {
		list, at := list[:0], 0
		for i, w := range windows {
			m.print.look(round*len(windows)+i, rounds*len(windows))
			err := m.eachKey(w, func(k key) {
				if (int(k[0])<<16|int(k[1])<<8|int(k[2]))%rounds == round {
					list = append(list, entry{k, at})
				}
				at++
			})
			if err != nil {
				return nil, err
			}
		}
		slices.SortFunc(list, func(a, b entry) int {
			return cmp.Or(bytes.Compare(a.key[:], b.key[:]), a.at-b.at)
		})
		for i := 1; i < len(list); i++ {
			if list[i].key == list[i-1].key {
				found.set(list[i].at)
			}
		}
	}
	return found, nil
}
