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
			if got := s.add(key, came); got != fresh {
				t.Fatalf("round %d: add(key %d) = %t", round, i, got)
			}
		}
	}
	slots := 0
	for i := range s.shards {
		slots += len(s.shards[i].slots)
	}
	if per := 8 * float64(slots) / n; per < 8 || per > 16.5 {
		t.Errorf("%.1f bytes a key, want 11 to 16", per)
	}
}

// What a row has come for is kept apart: each tag has its own first time, survives growth and merging, and can be
// forgotten without the others.
func TestDedupeKeepsTagsApart(t *testing.T) {
	const n = 1000
	random := rand.New(rand.NewPCG(3, 4))
	keys := make([]uint64, n)
	for i := range keys {
		keys[i] = random.Uint64()
	}
	var d, other dedupe
	for i, key := range keys {
		if i%2 == 0 {
			d.add(key, came)
		} else {
			other.add(key, given)
		}
	}
	(&rowSet{rows: &d, as: given}).merge(&rowSet{rows: &other, as: given})
	for i, key := range keys {
		if even := i%2 == 0; d.has(key, came) != even || d.has(key, given) == even {
			t.Fatalf("key %d: came %t, given %t", i, d.has(key, came), d.has(key, given))
		}
	}
	d.forget(given)
	for i, key := range keys {
		if d.has(key, came) != (i%2 == 0) || !d.add(key, given) || d.add(key, given) {
			t.Fatalf("key %d: a tag was not forgotten, or another was", i)
		}
	}
}
