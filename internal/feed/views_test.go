package feed

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestViewsOfNews: where all that the lists of an audit show is new or has changed, what lists and single answers have in
// common is found out by that. A change of a record that no list has, before a server without dates of update, would have to
// wait for the next audit.
func TestViewsOfNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &city{hidden: func(s Sighting, _ Ask) bool { return s.Key == "a" && s.Sum > 0 }}
		tr := c.tracker(t, Snapshot{})
		look(t, tr)
		time.Sleep(time.Hour)
		filed := time.Now().Add(-time.Minute)
		c.put(Sighting{Key: "a", Requested: filed})
		look(t, tr)
		time.Sleep(25 * time.Hour) // until an audit
		c.put(Sighting{Key: "a", Requested: filed, Sum: 1})
		c.put(Sighting{Key: "b", Requested: time.Now().Add(-time.Minute)})
		if diff := cmp.Diff([]string{"updated a", "created b"}, look(t, tr)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestMovesWithinAPoll: a record changes again between one list of a poll and the next. Its change bears the later date, and
// stands where that belongs.
func TestMovesWithinAPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &city{byUpdate: true}
		filed := time.Now().Add(-time.Hour)
		for _, key := range []string{"a", "b"} {
			c.put(Sighting{Key: key, Requested: filed, Updated: filed})
		}
		tr := c.tracker(t, Snapshot{})
		look(t, tr)
		time.Sleep(25 * time.Hour) // until an audit reads both lists
		update := func(i, ago int) { c.rows[i].Updated = time.Now().Add(-time.Duration(ago) * time.Minute) }
		update(0, 2)
		update(1, 3)
		c.hiddenUpdate = func(Sighting) bool { update(1, 1); return false }
		if diff := cmp.Diff([]string{"updated a", "updated b"}, look(t, tr)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
