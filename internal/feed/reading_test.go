package feed

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestShortAnswers lets a server give fewer rows at once than it did, from one poll to the next. A short answer is
// believed if it looks like all there is, and read to its end if not, so that nothing is lost; each row is a sign of its own.
func TestShortAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		known int  // one each half hour
		news  int  // filed since
		page  int  // how many rows it gives now
		old   bool // the oldest first
		calls int  // of the list
		sign  string
	}{
		{"all of it", 40, 3, 1000, false, 1, "none"},
		{"all of it, as many as a page", 22, 3, 25, false, 1, "none: the news are not where an answer is cut"},
		{"cut, the newest first", 40, 3, 18, false, 2, "known ones are missing"},
		{"cut, the oldest first", 3, 30, 13, true, 2, "there are more news than is usual"},
		{"cut at a round number, the oldest first", 24, 3, 25, true, 2, "the news are at the end of what may be a page"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := &city{}
				file := func(name string, n int, every time.Duration) (want []string) {
					for i := range n {
						at := time.Now().Add(-time.Duration(i) * every)
						c.put(Sighting{Key: fmt.Sprint(name, i), Requested: at, Updated: at})
						want = append(want, fmt.Sprint("created ", name, i))
					}
					return want
				}
				file("known", tt.known, 30*time.Minute)
				tr := c.tracker(t, Snapshot{})
				look(t, tr)
				time.Sleep(30 * time.Minute)
				want := file("new", tt.news, time.Second)
				slices.SortStableFunc(c.rows, func(a, b Sighting) int {
					if tt.old {
						a, b = b, a
					}
					return b.Requested.Compare(a.Requested)
				})
				c.page, c.asked = tt.page, nil
				got := look(t, tr)
				slices.Sort(want)
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				lists := slices.DeleteFunc(c.asked, func(call string) bool { return call != "requested" })
				if len(lists) != tt.calls {
					t.Errorf("%d lists, want %d (sign: %s)", len(lists), tt.calls, tt.sign)
				}
			})
		})
	}
}

// TestEndlessList: a list of ever new records of one second is no list. One of as many records of different seconds is.
func TestEndlessList(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		every time.Duration
		want  error
	}{{"one second", 0, ErrFlood}, {"a second each", time.Second, nil}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := time.Now()
			c := &city{}
			for i := range maxFlood + 10 {
				c.rows = append(c.rows, Sighting{Key: fmt.Sprint(i), Status: "open", Requested: now.Add(-time.Duration(i) * tt.every), Record: record{}, Inside: true})
			}
			if _, err := c.tracker(t, Snapshot{}).Poll(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}
