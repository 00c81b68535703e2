package jobs_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
)

func hole(text string) *open311.Filing {
	return &open311.Filing{Report: &open311.NewRequest{ServiceCode: "0102", Location: &open311.Point{Lat: 43.2, Long: -68.05}, Description: text}}
}

// A report is in the queue with the rest of a transaction or not at all, is filed once however often it is given, and
// ends as filed, refused, with a token, or before a person.
func TestFile(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		city := open311test.NewServer(t, open311test.WithClock(time.Now))
		db := open(t, name)
		r, err := jobs.New(db, quick(row("quillhaven", city)))
		if err != nil {
			t.Fatal(err)
		}
		state := func(id string) *open311.Filing {
			t.Helper()
			f, err := db.Outbox("quillhaven").(interface {
				Get(context.Context, string) (*open311.Filing, error)
			}).Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		tx, err := db.SQL().BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.FileTx(t.Context(), tx, "quillhaven", hole("undone")); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			f := hole("a hole")
			f.ID = "own"
			if id, err := r.File(t.Context(), "quillhaven", f); err != nil || id != "own" {
				t.Fatal(id, err)
			}
		}
		events, _ := work(t, r)
		ended(t, events, "open311_file", river.EventKindJobCompleted)
		if f := state("own"); f.State != open311.FilingFiled || f.Receipt.ID == "" {
			t.Errorf("it ends as %+v", f)
		}
		if filed := city.Filed(); len(filed) != 1 || filed[0].Request.Description != "a hole" {
			t.Errorf("filed are %+v", filed)
		}

		wrong := hole("no service")
		wrong.Report.ServiceCode = "no such code"
		id, err := r.File(t.Context(), "quillhaven", wrong)
		if err != nil {
			t.Fatal(err)
		}
		ended(t, events, "open311_file", river.EventKindJobCancelled)
		if f := state(id); f.State != open311.FilingRefused || f.Error == "" {
			t.Errorf("it ends as %+v", f)
		}

		// The answer is lost, and nothing tells whether the report is there: a person has to.
		city.Fail(open311test.FileRequest, open311test.Empty(500))
		if id, err = r.File(t.Context(), "quillhaven", hole("lost")); err != nil {
			t.Fatal(err)
		}
		ended(t, events, "open311_file", river.EventKindJobSnoozed)
		if f := state(id); f.State != open311.FilingWaiting || f.Error == "" {
			t.Errorf("it waits as %+v", f)
		}
		if err := r.Decide(t.Context(), "quillhaven", "own", nil); err == nil {
			t.Error("a person has decided what was decided")
		}
		if err := r.Decide(t.Context(), "quillhaven", id, &open311.Receipt{ID: "4711"}); err != nil {
			t.Fatal(err)
		}
		if f := state(id); f.State != open311.FilingFiled || f.Receipt.ID != "4711" {
			t.Errorf("a person has it as %+v", f)
		}
		if n, err := db.Forget(t.Context(), time.Now().Add(time.Hour)); n != 3 || err != nil {
			t.Errorf("%d are forgotten: %v", n, err)
		}
	})
}

// Two processes hold the same filing, since one was taken for dead: only one of them can send it.
func TestOutboxKeepsOneFiler(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		city := open311test.NewServer(t, open311test.WithClock(time.Now))
		db := open(t, name)
		f := hole("a hole")
		f.ID, f.State = "own", open311.FilingReady
		if err := db.Outbox("quillhaven").Put(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		var both [2]open311.Outbox
		var held [2]*open311.Filing
		for i := range both {
			both[i] = db.Outbox("quillhaven")
			for f, err := range both[i].Pending(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				held[i] = f
			}
		}
		if _, err := city.Client().Requests.File(t.Context(), both[0], held[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := city.Client().Requests.File(t.Context(), both[1], held[1]); err == nil || errors.Is(err, open311.ErrOutcomeUnknown) {
			t.Errorf("the second one gets %v", err)
		}
		if n := len(city.Filed()); n != 1 {
			t.Errorf("it was filed %d times", n)
		}
	})
}

// What has been filed since a time is known to all processes: no other report takes its request for its own.
func TestOutboxFiled(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		db := open(t, name)
		city, other := db.Outbox("quillhaven"), db.Outbox("chicago")
		now := time.Now()
		for id, f := range map[string]*open311.Filing{
			"filed": {State: open311.FilingFiled, Changed: now}, "old": {State: open311.FilingFiled, Changed: now.Add(-time.Hour)},
			"refused": {State: open311.FilingRefused, Changed: now}, "waiting": {State: open311.FilingWaiting, Changed: now},
		} {
			f.ID = id
			if err := city.Put(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
		if err := other.Put(t.Context(), &open311.Filing{ID: "elsewhere", State: open311.FilingFiled, Changed: now}); err != nil {
			t.Fatal(err)
		}
		var ids []string
		for f, err := range db.Outbox("quillhaven").(interface {
			Filed(context.Context, time.Time) iter.Seq2[*open311.Filing, error]
		}).Filed(t.Context(), now.Add(-time.Minute)) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, f.ID)
		}
		if !slices.Equal(ids, []string{"filed"}) {
			t.Errorf("filed: %q", ids)
		}
	})
}

// A process dies between marking a report and sending it. Where it is certain that nothing has left, the report is sent,
// although the city's list can prove nothing; where it is not, it waits.
func TestNeverLeft(t *testing.T) {
	t.Parallel()
	type box interface {
		open311.Outbox
		Get(context.Context, string) (*open311.Filing, error)
		Leave(context.Context, string) error
		Left(context.Context, string) bool
	}
	databases(t, func(t *testing.T, name string) {
		db := open(t, name)
		if !db.CanTell() {
			t.Skip("this system does not say when it was started")
		}
		for what, tt := range map[string]struct {
			dies func(t *testing.T, dead box, id string)
			want int // how many are filed
		}{
			"before it leaves": {func(*testing.T, box, string) {}, 1},
			"after that": {func(t *testing.T, dead box, id string) {
				if err := dead.Leave(t.Context(), id); err != nil {
					t.Error(err)
				}
			}, 0},
			"with the machine": {func(t *testing.T, _ box, _ string) { execute(t, db, "DELETE FROM open311_unsent") }, 0},
		} {
			city := open311test.NewServer(t, open311test.WithRequests(), open311test.WithClock(time.Now))
			dead, f := db.Outbox("quillhaven").(box), hole("a hole")
			f.ID, f.State, f.Attempts = what, open311.FilingSending, []open311.FilingAttempt{{Sent: time.Now().Add(-time.Hour)}}
			if err := dead.Put(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			tt.dies(t, dead, f.ID)
			living := db.Outbox("quillhaven").(box)
			f, err := living.Get(t.Context(), f.ID)
			if err != nil {
				t.Fatal(err)
			}
			_, err = city.Client().Requests.File(t.Context(), living, f)
			if n := len(city.Filed()); n != tt.want || errors.Is(err, open311.ErrOutcomeUnknown) != (tt.want == 0) {
				t.Errorf("a process dies %s: %d are filed, %v", what, n, err)
			}
			if err := dead.Leave(t.Context(), f.ID); err == nil {
				t.Errorf("a process dies %s, and sends it later", what)
			}
		}
	})
}
