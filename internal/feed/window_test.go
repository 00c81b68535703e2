package feed

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestHiddenInAnEmptyList: a server lists open ones unless it is asked for closed ones. That is found out where its list has
// nothing at all, too: what was filed and closed between two polls is told.
func TestHiddenInAnEmptyList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &city{hidden: func(s Sighting, ask Ask) bool { return s.Status == "closed" && ask.State == AnyState }}
		tr := c.tracker(t, Snapshot{})
		look(t, tr)
		time.Sleep(time.Hour)
		c.put(Sighting{Key: "quick", Requested: time.Now(), Updated: time.Now(), Status: "closed"})
		time.Sleep(24 * time.Hour) // until the next audit
		if diff := cmp.Diff([]string{"created quick"}, look(t, tr)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestClockAhead: a change that an answer of its own has shown is not told again by a list, the first answer of a poll, of a
// server whose clock is five hours ahead of ours; not by another process either.
func TestClockAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hide := false
		c := &city{hidden: func(Sighting, Ask) bool { return hide },
			single: func(s Sighting) Sighting { s.Updated = s.Requested; return s }}
		server := func() time.Time { return time.Now().Add(5 * time.Hour) }
		tr := c.trackerOf(t, Snapshot{}, 1)
		poll := func() []string {
			c.clock = server()
			got := look(t, tr)
			tr = c.trackerOf(t, tr.Snapshot(), 1)
			return got
		}
		filed := server()
		c.put(Sighting{Key: "a", Requested: filed, Updated: filed.Add(time.Minute)})
		time.Sleep(time.Hour)
		poll()
		time.Sleep(time.Hour)
		c.put(Sighting{Key: "a", Requested: filed, Updated: server(), Status: "in progress"})
		hide = true
		var got [][]string
		for range 2 {
			time.Sleep(10 * time.Minute)
			got = append(got, poll())
			hide = false
		}
		if diff := cmp.Diff([][]string{{"updated a"}, nil}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestDormant: where nothing was filed for long, a poll is no listing that has to be proven. It was, once the newest request
// was older than the stock is deep: 17 calls in each poll of a server that cuts its lists.
func TestDormant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var proofs []Proof
		c := &city{hidden: func(_ Sighting, ask Ask) bool { proofs = append(proofs, ask.Proof); return false }}
		filed := time.Now().Add(-85 * 24 * time.Hour)
		c.put(Sighting{Key: "a", Requested: filed, Updated: filed})
		tr := c.tracker(t, Snapshot{})
		look(t, tr)
		proofs = nil
		for range 3 {
			time.Sleep(time.Hour)
			look(t, tr)
		}
		if diff := cmp.Diff([]Proof{Likely, Likely, Likely}, proofs); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
