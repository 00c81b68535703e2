package feed

// Hash is FNV-1a with 64 bits. Checkpoints hold sums of it: it must be the same in every process and version.
type Hash uint64

// NewHash returns the hash of nothing.
func NewHash() Hash { return 14695981039346656037 }

// Text adds a text and its end.
func (h *Hash) Text(s string) {
	x := uint64(*h)
	for i := range len(s) {
		x = (x ^ uint64(s[i])) * 1099511628211
	}
	*h = Hash((x ^ 0xff) * 1099511628211) // 0xff is in no UTF-8 text
}

// Number adds the eight bytes of a number.
func (h *Hash) Number(n uint64) {
	x := uint64(*h)
	for range 8 {
		x = (x ^ n&0xff) * 1099511628211
		n >>= 8
	}
	*h = Hash(x)
}

// Sum32 returns the hash, folded.
func (h *Hash) Sum32() uint32 { return uint32(*h>>32) ^ uint32(*h) }
