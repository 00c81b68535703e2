package jobs_test

import (
	"context"
	"errors"
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
