package feed

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"time"
	"unique"

	"github.com/google/go-cmp/cmp"
)

// TestSnapshotSize is the measure: a city with 50,000 open requests, with ids of three kinds.
func TestSnapshotSize(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"running numbers", "24 hex digits", "UUIDs"} {
		rng := rand.New(rand.NewPCG(1, 2))
		now := time.Now().Truncate(time.Second)
		s := newStore(Head{Scope: "x"}, 0)
		for i := range 50_000 {
			at := now.Add(-time.Duration(rng.Int64N(800*24*3600)) * time.Second)
			seen := Sighting{Key: fmt.Sprintf("QH26-%06d", i), Status: "open", Requested: at,
				Updated: at.Add(time.Duration(rng.Int64N(1e6)) * time.Second), Sum: rng.Uint32(), Text: 0x13579bdf}
			switch kind {
			case "24 hex digits":
				seen.Key = fmt.Sprintf("%016x%08x", rng.Uint64(), rng.Uint32())
			case "UUIDs":
				seen.Key = fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", rng.Uint32(), rng.Uint32N(1<<16), rng.Uint32N(1<<16), rng.Uint32N(1<<16), rng.Uint64N(1<<48))
			}
			e := newEntry(&seen, 0, now.Add(-time.Duration(rng.IntN(24*60))*time.Minute))
			s.put(&e)
		}
		begin := time.Now()
		_, known, later := s.snapshot().Encode()
		if size := len(known) + len(later); size > 4<<20-1<<10 { // which leaves a KiB for the head
			t.Errorf("%s: %d bytes", kind, size)
		}
		t.Logf("%s: %.2f MiB in %v", kind, float64(len(known)+len(later))/(1<<20), time.Since(begin).Round(time.Millisecond))
		// A change later it is the same block, and a line for the change.
		done := newEntry(&Sighting{Key: "x", Status: "done"}, flagClosed, now)
		s.put(&done)
		for id := range s.known {
			s.put(&entry{id: id, flags: flagDropped})
			break
		}
		before := known
		count, known, later := s.snapshot().Encode()
		if known != before || later == "" {
			t.Errorf("%s: a change makes the snapshot anew", kind)
		}
		decoded, err := Decode(s.head, count, known, later)
		if err != nil {
			t.Fatal(err)
		}
		again, err := restore(decoded)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.known, again.known, cmp.AllowUnexported(entry{}, view{}), cmp.Comparer(func(a, b unique.Handle[string]) bool { return a == b })); diff != "" {
			t.Errorf("%s: it has come back different: (-want +got):\n%s", kind, diff)
		}
	}
}

// TestCompact lets much be forgotten: what is left is as it was, is found as it was, and takes no more room than it needs.
func TestCompact(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newStore(Head{}, 0)
	want := map[string]entry{}
	for i := range 4 * slabSize {
		e := newEntry(&Sighting{Key: fmt.Sprint(i), Status: "open", Sum: uint32(i)}, 0, now)
		s.put(&e)
		want[e.id] = e
	}
	for i := range 4 * slabSize {
		if id := fmt.Sprint(i); i%4 > 0 {
			s.put(&entry{id: id, flags: flagDropped})
			delete(want, id)
		}
	}
	before := s.snapshot()
	s.compact()
	slots, got := 0, map[string]entry{}
	for _, slab := range s.slabs {
		slots += len(slab)
	}
	for e := range s.all() {
		got[e.id] = *e
		if s.known[e.id] != e {
			t.Fatalf("%s is found elsewhere", e.id)
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(entry{}, view{}), cmp.Comparer(func(a, b unique.Handle[string]) bool { return a == b })); diff != "" {
		t.Errorf("it is another (-want +got):\n%s", diff)
	}
	if len(s.known) != len(want) || slots != len(want) || !s.snapshot().Same(before) {
		t.Errorf("%d are known, in %d slots, want %d; the same snapshot: %v", len(s.known), slots, len(want), s.snapshot().Same(before))
	}
}

// TestHash compares with hash/fnv: sums that were written years ago have to be met.
func TestHash(t *testing.T) {
	t.Parallel()
	h := NewHash()
	h.Text("Schlagloch, 3 m breit")
	h.Number(0x0102030405060708)
	want := fnv.New64a()
	want.Write([]byte("Schlagloch, 3 m breit\xff\x08\x07\x06\x05\x04\x03\x02\x01"))
	if uint64(h) != want.Sum64() {
		t.Errorf("%x, want %x", uint64(h), want.Sum64())
	}
}
