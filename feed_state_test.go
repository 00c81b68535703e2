package open311

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"
)

// TestCheckpointSize is the measure: a city with 50,000 open requests, with ids of three kinds.
func TestCheckpointSize(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"running numbers", "24 hex digits", "UUIDs"} {
		rng := rand.New(rand.NewPCG(1, 2))
		now := time.Now().Truncate(time.Second)
		s := feedState{head: feedHead{Scope: "x"}, known: map[string]*entry{}}
		for i := range 50_000 {
			at := now.Add(-time.Duration(rng.Int64N(800*24*3600)) * time.Second)
			r := ServiceRequest{ID: fmt.Sprintf("QH26-%06d", i), ServiceCode: "A", Status: StatusOpen, RequestedDatetime: at,
				UpdatedDatetime: at.Add(time.Duration(rng.Int64N(1e6)) * time.Second)}
			switch kind {
			case "24 hex digits":
				r.ID = fmt.Sprintf("%016x%08x", rng.Uint64(), rng.Uint32())
			case "UUIDs":
				r.ID = fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", rng.Uint32(), rng.Uint32N(1<<16), rng.Uint32N(1<<16), rng.Uint32N(1<<16), rng.Uint64N(1<<48))
			}
			s.put(remembered(&r, r.ID, nil, false, now.Add(-time.Duration(rng.IntN(24*60))*time.Minute)))
		}
		begin := time.Now()
		b, err := json.Marshal(s.checkpoint())
		if err != nil || len(b) > 4<<20 {
			t.Errorf("%s: %d bytes, %v", kind, len(b), err)
		}
		t.Logf("%s: %.2f MiB in %v", kind, float64(len(b))/(1<<20), time.Since(begin).Round(time.Millisecond))
		// A change later it is the same block, and a line for the change.
		s.put(entry{id: "x", status: "done"})
		s.put(entry{id: s.later[0].id, flags: flagDropped})
		if b, err = json.Marshal(s.checkpoint()); err != nil {
			t.Fatal(err)
		}
		var cp Checkpoint
		if err := json.Unmarshal(b, &cp); err != nil {
			t.Fatal(err)
		}
		var again feedState
		if err := again.restore(cp, "x", time.Time{}); err != nil {
			t.Fatal(err)
		}
		if !maps.EqualFunc(s.known, again.known, func(a, b *entry) bool { return *a == *b }) {
			t.Errorf("%s: it has come back different", kind)
		}
	}
}
