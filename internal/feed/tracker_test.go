package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// city is a server with a handful of records, and a diary of what it was asked.
type city struct {
	rows         []Sighting
	byUpdate     bool // it looks at the time of update
	clock        time.Time
	err          error                    // what every call fails with
	faults       Fault                    // and what that means
	gap          error                    // what is missing in the list by time of request
	page         int                      // how many rows a list has whose end need not be proven; 0: all
	most         int                      // how many it gives at once; 0: all
	hidden       func(Sighting, Ask) bool // what a list leaves out; nil: nothing
	hiddenUpdate func(Sighting) bool      // what the list of updates leaves out; nil: nothing
	single       func(Sighting) Sighting  // what an answer of its own shows; nil: the same
	asked        []string
	recalled     Habits
}

type record struct{ aliases [2]string }

func (r record) Aliases() [2]string { return r.aliases }

var errNone = errors.New("no such record")

func (c *city) answer() Answer { return Answer{Clock: c.clock, Answered: c.err == nil} }

func (c *city) Requested(_ context.Context, ask Ask, see func(Sighting) bool) (Answer, error) {
	c.asked = append(c.asked, "requested")
	a := c.answer()
	a.Short = ask.Proof == Likely
	rows := 0
	if a.Complete = c.err == nil && c.gap == nil; c.gap != nil {
		a.Gaps = []Gap{{Err: c.gap}}
	}
	for _, s := range c.rows {
		if a.Short && rows == c.page && c.page > 0 {
			break
		}
		if c.hidden != nil && c.hidden(s, ask) {
			continue
		}
		if !s.Requested.Before(ask.From) && c.err == nil && (ask.State == AnyState || (ask.State == ClosedOnly) == (s.Status == "closed")) {
			rows++
			see(s)
		}
	}
	return a, c.err
}

func (c *city) Updated(_ context.Context, ask Ask, see func(Sighting) bool) (Answer, error) {
	c.asked = append(c.asked, "updated")
	for _, s := range c.rows {
		if c.hiddenUpdate != nil && c.hiddenUpdate(s) {
			continue
		}
		if c.err == nil && (!c.byUpdate || !s.Updated.Before(ask.From)) && !see(s) {
			break
		}
	}
	return c.answer(), c.err
}

func (c *city) Probe(_ context.Context, after time.Time) (rows int, a Answer, err error) {
	c.asked = append(c.asked, "probe")
	for _, s := range c.rows {
		if !c.byUpdate || !s.Updated.Before(after) {
			rows++
		}
	}
	return rows, Answer{Clock: c.clock}, c.err
}

func (c *city) ByID(_ context.Context, ids []string, see func(Sighting) bool) error {
	c.asked = append(c.asked, "ids")
	for _, s := range c.rows {
		if c.err == nil && slices.Contains(ids, s.Key) {
			see(s)
		}
	}
	return c.err
}

func (c *city) One(_ context.Context, id string) (Sighting, error) {
	c.asked = append(c.asked, id)
	i := slices.IndexFunc(c.rows, func(s Sighting) bool { return s.Key == id })
	if c.err != nil || i < 0 {
		return Sighting{}, errors.Join(c.err, errNone)
	}
	s := c.rows[i]
	if c.single != nil {
		s = c.single(s)
	}
	s.Single = true
	return s, nil
}

func (c *city) Fault(err error) Fault {
	if err == errNone || errors.Is(err, errNone) && c.err == nil {
		return Refused | Absent
	}
	return c.faults
}

func (c *city) Recall(h Habits) { c.recalled = h }
func (c *city) Habits() Habits {
	if c.most != 0 {
		return Habits{Most: max(c.most, 0), Paging: 1}
	}
	return Habits{Most: len(c.rows), Paging: 1}
}

func (c *city) put(s Sighting) {
	c.rows = slices.DeleteFunc(c.rows, func(old Sighting) bool { return old.Key == s.Key })
	if s.Status == "" {
		s.Status = "open"
	}
	if s.Record == nil {
		s.Record = record{}
	}
	s.Inside = true
	c.rows = append(c.rows, s)
}

func (c *city) tracker(t *testing.T, from Snapshot) *Tracker { return c.trackerOf(t, from, 50) }

func (c *city) trackerOf(t *testing.T, from Snapshot, idsPerCall int) *Tracker {
	t.Helper()
	tr, err := New(Config{Scope: "x", Overlap: 24 * time.Hour, Follow: 24 * time.Hour, IDsPerCall: idsPerCall, ByUpdate: true,
		State: func(s string) (string, bool) { return s, s == "closed" }}, c, from)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// look polls once and returns the changes as "kind key".
func look(t *testing.T, tr *Tracker) []string {
	t.Helper()
	told, _ := lookAt(t, tr)
	return told
}

// lookAt polls once, and returns what the poll did as well.
func lookAt(t *testing.T, tr *Tracker) (told []string, r Report) {
	t.Helper()
	pass, err := tr.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range pass.Changes() {
		told = append(told, string(ch.Kind)+" "+ch.next.id)
		pass.Settle(ch)
	}
	pass.Commit()
	return told, pass.Report
}

// TestTrackerTells lets three records live, with and without a list of updates, and begins anew from its
// snapshot before each look.
func TestTrackerTells(t *testing.T) {
	t.Parallel()
	for _, byUpdate := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := &city{byUpdate: byUpdate}
			var at Snapshot
			step := func(want ...string) {
				t.Helper()
				tr := c.tracker(t, at)
				if diff := cmp.Diff(want, look(t, tr)); diff != "" {
					t.Errorf("by update %v (-want +got):\n%s", byUpdate, diff)
				}
				head := tr.Snapshot().Head
				count, known, later := tr.Snapshot().Encode()
				var err error
				if at, err = Decode(head, count, known, later); err != nil {
					t.Fatal(err)
				}
				time.Sleep(25 * time.Hour)
			}
			now := func() time.Time { return time.Now().Add(-time.Minute) }
			old := now().Add(-50 * 24 * time.Hour)
			c.put(Sighting{Key: "old", Requested: old, Updated: old})
			step()
			begun := now()
			c.put(Sighting{Key: Nameless + "t1", Requested: begun, Updated: begun})
			step("created " + Nameless + "t1")
			c.put(Sighting{Key: "old", Status: "closed", Requested: old, Updated: now()})
			c.rows = slices.DeleteFunc(c.rows, func(s Sighting) bool { return nameless(s.Key) })
			c.put(Sighting{Key: "1", Requested: begun, Updated: begun, Record: record{[2]string{Nameless + "t1", Nameless + "c"}}})
			step("closed old")
			c.put(Sighting{Key: "1", Requested: begun, Updated: now(), Sum: 1})
			step("updated 1")
			c.put(Sighting{Key: "old", Requested: old, Updated: now()})
			c.rows = slices.DeleteFunc(c.rows, func(s Sighting) bool { return s.Key == "1" })
			step("reopened old")
			step("gone 1")
			step()
			if want := (Habits{Most: 1, Paging: 1}); c.recalled != want {
				t.Errorf("recalled %+v, want %+v", c.recalled, want)
			}
		})
	}
}

// TestTrackerUnsettled: a change that was not settled is found again, and a pass that was not committed does
// not move the feed.
func TestTrackerUnsettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &city{}
		tr := c.tracker(t, Snapshot{})
		look(t, tr)
		time.Sleep(time.Hour)
		c.put(Sighting{Key: "1", Requested: time.Now().Add(-time.Minute)})
		before := tr.Snapshot().Head
		if _, err := tr.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, tr.Snapshot().Head); diff != "" {
			t.Errorf("the feed has moved (-want +got):\n%s", diff)
		}
		if got := look(t, tr); !slices.Equal(got, []string{"created 1"}) {
			t.Errorf("told %v", got)
		}
	})
}

// TestTrackerGaps: what is missing holds the feed up for some days, and no longer.
func TestTrackerGaps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &city{}
		tr := c.tracker(t, Snapshot{})
		look(t, tr)
		c.gap = errors.New("a bad record")
		begun := time.Now()
		c.put(Sighting{Key: "1", Requested: begun})
		for _, moves := range []bool{false, false, true} /* after 0, 37 and 74 hours */ {
			pass, err := tr.Poll(t.Context())
			var gaps *GapError
			if !errors.As(err, &gaps) || len(gaps.Gaps) == 0 || gaps.Gaps[0].Err != c.gap {
				t.Fatalf("%v", err)
			}
			for _, ch := range pass.Changes() {
				pass.Settle(ch)
			}
			pass.Commit()
			if got := !tr.Snapshot().Head.Requested.IsZero(); got != moves {
				t.Errorf("after %v the feed has moved: %v", time.Since(begun), got)
			}
			time.Sleep(37 * time.Hour)
		}
	})
}

// TestTrackerOutage: while the server answers everything with pages of its own that say 404, nothing is gone.
func TestTrackerOutage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		faults Fault
		want   []string
	}{{Refused | Absent, nil}, {Refused | Absent | Stated, nil}} {
		synctest.Test(t, func(t *testing.T) {
			c := &city{}
			c.put(Sighting{Key: "1", Requested: time.Now().Add(-time.Hour)})
			tr := c.tracker(t, Snapshot{})
			look(t, tr)
			c.faults = tt.faults
			var told []string
			for range 3 {
				time.Sleep(25 * time.Hour)
				pass := newPass(t.Context(), tr)
				c.err = errors.New("404")
				f := &follower{pass, pass.believed()}
				if _, err := f.follow(f.ids(f.due())); err != nil {
					t.Fatal(err)
				}
				for _, ch := range pass.changes() {
					told = append(told, string(ch.Kind)+" "+ch.next.id)
					tr.put(&ch.next, ch.old)
				}
			}
			if diff := cmp.Diff(tt.want, told); diff != "" {
				t.Errorf("faults %b (-want +got):\n%s", tt.faults, diff)
			}
		})
	}
}

// TestTrackerClockPutRight: while the clock of this machine was years ahead, records were read and the list
// of updates was looked into. Once it is right both are due: they must not wait until then.
func TestTrackerClockPutRight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &city{byUpdate: true}
		c.put(Sighting{Key: "7", Status: "closed"})
		tr := c.tracker(t, Snapshot{})
		ahead := time.Now().AddDate(11, 0, 0)
		tr.store.head = Head{Scope: "x", Stocked: true, Mode: modeWindow, Audited: ahead, Requested: time.Now(), Updated: time.Now()}
		for _, id := range []string{"7", "8"} {
			e := newEntry(&Sighting{Key: id, Status: "open"}, 0, ahead)
			tr.put(&e, "")
		}
		told := look(t, tr)
		if !slices.Contains(c.asked, "probe") || !slices.Equal(told, []string{"closed 7"}) {
			t.Errorf("asked for %v, told %v", c.asked, told)
		}
	})
}

// TestTrackerNewIDs: records that come under other ids at every look are an error, and no change.
func TestTrackerNewIDs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &city{}
		begin := time.Now()
		fill := func(name string) {
			c.rows = nil
			for i := range 30 {
				c.put(Sighting{Key: fmt.Sprint(name, i), Requested: begin.Add(-time.Duration(i) * time.Minute), Sum: uint32(i)})
			}
		}
		fill("a")
		tr := c.tracker(t, Snapshot{})
		look(t, tr)
		time.Sleep(time.Minute)
		fill("b")
		pass, err := tr.Poll(t.Context())
		if !errors.Is(err, ErrNewIDs) || len(pass.Changes()) > 0 {
			t.Errorf("%d changes, %v", len(pass.Changes()), err)
		}
	})
}

// TestIDWithinAPoll: a record gets its id while a poll is made, between one list and the next. It is one, whichever list
// has the id.
func TestIDWithinAPoll(t *testing.T) {
	t.Parallel()
	for _, first := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := &city{byUpdate: true}
			tr := c.tracker(t, Snapshot{})
			old := time.Now().Add(-time.Hour)
			c.put(Sighting{Key: "0", Requested: old, Updated: old})
			look(t, tr)
			time.Sleep(25 * time.Hour) // until an audit reads both lists
			filed := time.Now().Add(-time.Minute)
			named := Sighting{Key: "1", Requested: filed, Updated: filed, Record: record{[2]string{Nameless + "t1", Nameless + "c"}}}
			unnamed := Sighting{Key: Nameless + "t1", Requested: filed, Updated: filed}
			c.put(named)
			c.put(unnamed)
			c.hidden = func(s Sighting, _ Ask) bool { return s.Key == named.Key && !first || s.Key == unnamed.Key && first }
			c.hiddenUpdate = func(s Sighting) bool { return s.Key == named.Key && first || s.Key == unnamed.Key && !first }
			if diff := cmp.Diff([]string{"created 1"}, look(t, tr)); diff != "" {
				t.Errorf("the id in the first list: %v (-want +got):\n%s", first, diff)
			}
			c.rows = c.rows[:2]
			for range 3 {
				time.Sleep(13 * time.Hour)
				if told := look(t, tr); len(told) > 0 {
					t.Errorf("later: %v", told)
				}
			}
		})
	}
}
