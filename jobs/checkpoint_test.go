package jobs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
)

// followed is a city whose feed is polled by a test, without a queue.
type followed struct {
	*testing.T
	city *open311test.Server
	feed *open311.Feed
}

func newFollowed(t *testing.T) *followed {
	t.Helper()
	f := &followed{T: t, city: open311test.NewServer(t, open311test.WithSize(50), open311test.WithoutNetwork(), open311test.WithQuirks(open311test.Quirks{UpdatedFilters: true}))}
	f.begin(open311.Checkpoint{})
	return f
}

// begin goes on from a checkpoint.
func (f *followed) begin(c open311.Checkpoint) {
	f.Helper()
	var err error
	if f.feed, err = f.city.Client().Requests.Feed(open311.FeedOptions{Checkpoint: c}); err != nil {
		f.Fatal(err)
	}
}

func (f *followed) poll() open311.Checkpoint {
	f.Helper()
	for _, err := range f.feed.Poll(f.Context()) {
		if err != nil {
			f.Fatal(err)
		}
	}
	return f.feed.Checkpoint()
}

// A change is a part of its own behind those that are there. What is read is what was stored, and only who has read the
// latest can store the next.
func TestCheckpointIsAddedTo(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		f := newFollowed(t)
		db := open(t, name)
		first, err := db.Saved(t.Context(), "quillhaven")
		if err != nil {
			t.Fatal(err)
		}
		last, before := first, []int(nil)
		for i := range 5 {
			if i > 0 && i < 4 {
				f.city.Put(open311.ServiceRequest{ID: fmt.Sprint("new ", i)})
			}
			want := f.poll()
			if err := db.Save(t.Context(), "quillhaven", last, want); err != nil {
				t.Fatal(err)
			}
			if last, err = db.Saved(t.Context(), "quillhaven"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(textOf(t, want), textOf(t, last.Checkpoint)); diff != "" {
				t.Errorf("%d: another one is read (-want +got):\n%s", i, diff)
			}
			parts := lengths(t, db)
			if !slices.Equal(parts[:len(before)], before) || len(parts) > len(before)+1 {
				t.Errorf("%d: the parts are %v, and were %v", i, parts, before)
			}
			before = parts
			f.begin(last.Checkpoint) // another process does
		}
		if len(before) != 4 {
			t.Errorf("%d parts, want 4", len(before))
		}
		if err := db.Save(t.Context(), "quillhaven", first, f.poll()); err == nil {
			t.Error("a process that was overtaken stores its checkpoint")
		}
	})
}

func textOf(t *testing.T, c open311.Checkpoint) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lengths are those of the parts of a checkpoint.
func lengths(t *testing.T, db *jobs.DB) (all []int) {
	t.Helper()
	rows, err := db.SQL().QueryContext(t.Context(), "SELECT length(doc) FROM open311_checkpoint_part ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
	return all
}

// The parts stay so few, and so short, that reading them all costs little more than reading one.
func TestCheckpointIsMadeWhole(t *testing.T) {
	t.Parallel()
	f := newFollowed(t)
	id := f.city.Requests()[0].ID
	steps := jobs.Steps(func(i int) open311.Checkpoint {
		f.city.Edit(id, func(r *open311.ServiceRequest) { r.StatusNotes = fmt.Sprint(i) })
		return f.poll()
	}, 600)
	if first := slices.Index(steps[1:], true); first < 100 || first > 500 {
		t.Errorf("a whole one comes behind %d lines", first)
	}
}

// A database of the version before has its checkpoints in one piece. They are taken over.
func TestMigrateCheckpoint(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		f := newFollowed(t)
		db := open(t, name)
		execute(t, db, "DROP TABLE open311_checkpoint_part", "DROP TABLE open311_unsent", "ALTER TABLE open311_checkpoint DROP COLUMN pieces",
			"ALTER TABLE open311_checkpoint ADD COLUMN doc text NOT NULL DEFAULT ''", "DELETE FROM open311_schema WHERE version = 2")
		want := textOf(t, f.poll())
		execute(t, db, "INSERT INTO open311_checkpoint (server, revision, doc) VALUES ('quillhaven', 7, '"+want+"')",
			"INSERT INTO open311_checkpoint (server, revision, doc) VALUES ('nowhere', 1, 'null')")
		for range 2 {
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for city, want := range map[string]string{"quillhaven": want, "nowhere": "null"} {
			s, err := db.Saved(t.Context(), city)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, textOf(t, s.Checkpoint)); diff != "" {
				t.Errorf("%s: it has become another one (-want +got):\n%s", city, diff)
			}
			if err := db.Save(t.Context(), city, s, f.poll()); err != nil {
				t.Errorf("%s: %v", city, err)
			}
		}
	})
}
