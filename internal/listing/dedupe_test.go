package listing

import (
	"hash/maphash"
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
	var s seenSet
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

// Rows come again within an answer whether they were new to the listing or not.
func TestAnswerSet(t *testing.T) {
	var s seenSet
	var a answerSet
	seed := maphash.MakeSeed()
	key := func(id string) uint64 { return maphash.String(seed, id) }
	for i, answer := range []struct {
		ids, want string // a letter each: the rows, and those that the answer has not had before
	}{{"abca", "abc"}, {"abab", "ab"}, {"defddaa", "defa"}, {"g", "g"}} {
		a.reset()
		got := ""
		for _, id := range answer.ids {
			k := key(string(id))
			if a.add(k, s.add(k)) {
				got += string(id)
			}
		}
		if got != answer.want {
			t.Errorf("answer %d, %q: %q, want %q", i, answer.ids, got, answer.want)
		}
	}
}
