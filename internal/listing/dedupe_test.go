package listing

import (
	"math/rand/v2"
	"testing"
)

// A set of keys says of each whether it was there, however many shards have grown meanwhile, and takes no more
// memory than it says.
func TestSeenSet(t *testing.T) {
	const n = 200_000
	random := rand.New(rand.NewPCG(1, 2))
	keys := []uint64{0} // as good as any
	for len(keys) < n {
		keys = append(keys, random.Uint64())
	}
	var s dedupe
	for round, fresh := range []bool{true, false} {
		for i, key := range keys {
			if got := s.add(key); got != fresh {
				t.Fatalf("round %d: add(key %d) = %t", round, i, got)
			}
		}
	}
	if s.count != n {
		t.Errorf("count = %d, want %d", s.count, n)
	}
	slots := 0
	for i := range s.shards {
		slots += len(s.shards[i].slots)
	}
	if per := 8 * float64(slots) / n; per < 8 || per > 16.5 {
		t.Errorf("%.1f bytes a key, want 11 to 16", per)
	}
}
