package feed

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestFollowCosts watches a quiet city for five days, whose requests are too old for the lists of a poll. Each has to be seen
// once in Follow, by as few calls as may be: by ids that fill their calls and are spread over the day, or by a list, if
// that brings them in fewer.
func TestFollowCosts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		most    int // rows that a list has at once; below 0: not known
		perCall int
		daily   int // calls for all of them in a day, and one that compares an answer with the list
		atOnce  int // calls in one poll
	}{
		{"fifty a call", -1, 50, 7, 2},
		{"one a call", -1, 1, 301, 21},
		{"one a call, and a list that has all", 1000, 1, 2, 2},
		{"fifty a call, and a list of many pages", 10, 50, 7, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &city{most: tt.most}
				for i := range 300 {
					at := time.Now().Add(-time.Duration(20+i%60) * 24 * time.Hour)
					c.put(Sighting{Key: fmt.Sprint("r", i), Requested: at, Updated: at})
				}
				tr := c.trackerOf(t, Snapshot{}, tt.perCall)
				look(t, tr) // takes stock
				total, atOnce := 0, 0
				for i := range 5 * 48 {
					time.Sleep(30 * time.Minute)
					_, r := lookAt(t, tr)
					lists := slices.DeleteFunc(slices.Clone(r.Lists), func(list string) bool { return list == "again" || list == "ids" })
					calls := r.Calls - len(lists)
					if i >= 48 {
						total += calls
					}
					atOnce = max(atOnce, calls)
					for e := range tr.store.all() {
						if age := time.Since(time.Unix(int64(e.seen)*60, 0)); age > tr.follow()+31*time.Minute {
							t.Fatalf("poll %d: %s was not seen for %v", i, e.id, age)
						}
					}
				}
				if total > 4*tt.daily || atOnce > tt.atOnce {
					t.Errorf("%d calls in 4 days, want %d a day; %d in one poll, want %d", total, tt.daily, atOnce, tt.atOnce)
				}
			})
		})
	}
}
