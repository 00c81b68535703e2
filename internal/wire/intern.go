package wire

import "encoding/binary"

// interner shares the strings of fields that have few distinct values. It is a table of fixed size,
// so that what strangers send cannot make it grow: sets of four, in which the newest replaces the oldest.
type interner [64][4]string

const maxInterned = 48

func (t *interner) get(b []byte) string {
	h := uint64(len(b))
	if len(b) >= 8 {
		h ^= binary.LittleEndian.Uint64(b) ^ binary.LittleEndian.Uint64(b[len(b)-8:])*31
	} else {
		for _, c := range b {
			h = h<<8 ^ uint64(c)
		}
	}
	set := &t[h*0x9E3779B97F4A7C15>>58]
	for i := range set {
		if set[i] == string(b) {
			return set[i]
		}
	}
	set[3], set[2], set[1], set[0] = set[2], set[1], set[0], string(b)
	return set[0]
}
