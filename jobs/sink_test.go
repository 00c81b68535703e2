package jobs_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
)

// What is read twice is there once, what differs is a change, and what a feed tells after a listing has is told once.
func TestTables(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		db := open(t, name)
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatalf("migrated again: %v", err)
		}
		first := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		write := func(b jobs.Batch) {
			t.Helper()
			tx, err := db.SQL().BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if b.Server = "quillhaven"; b.Seen.IsZero() {
				b.Seen = first
			}
			if err := db.Tables().Write(t.Context(), tx, &b); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		request := func(id string, status open311.Status, notes string) *open311.ServiceRequest {
			return &open311.ServiceRequest{ID: id, Status: status, StatusNotes: notes, Location: &open311.Point{Lat: 43, Long: -68}, RequestedDatetime: first,
				Extra: open311.Extra{"odd": json.RawMessage(`"a\u0000b\ud800"`)}}
		}
		list := []*open311.ServiceRequest{request("1", "open", ""), request("2", "open", ""), request("", "open", "no id"), request("1", "open", "twice in one list")}
		write(jobs.Batch{Requests: list})
		write(jobs.Batch{Requests: list, Seen: first.Add(time.Hour)})
		write(jobs.Batch{Requests: []*open311.ServiceRequest{request("1", "closed", "")}})
		closed := &open311.Change{Kind: open311.Closed, Previous: "open", Request: request("1", "closed", "")}
		write(jobs.Batch{Changes: []*open311.Change{closed}}) // the listing has told it
		gone := &open311.Change{Kind: open311.Gone, Previous: "open", Request: request("2", "open", "")}
		write(jobs.Batch{Changes: []*open311.Change{gone, {Kind: open311.Created, Request: request("3", "open", "")}}})
		write(jobs.Batch{Changes: []*open311.Change{gone}})
		write(jobs.Batch{Requests: []*open311.ServiceRequest{request("1", "in progress", "")}})
		var history [][4]string
		rows, err := db.SQL().QueryContext(t.Context(), "SELECT id, kind, previous, status FROM open311_change ORDER BY n")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var h [4]string
			var previous sql.NullString
			if err := rows.Scan(&h[0], &h[1], &previous, &h[3]); err != nil {
				t.Fatal(err)
			}
			h[2] = previous.String
			history = append(history, h)
		}
		want := [][4]string{{"1", "closed", "open", "closed"}, {"2", "gone", "open", "open"}, {"3", "created", "", "open"}, {"1", "reopened", "closed", "in progress"}}
		if diff := cmp.Diff(want, history); diff != "" {
			t.Errorf("the history differs (-want +got):\n%s", diff)
		}
		n := 0
		for r, err := range db.Requests(t.Context(), "quillhaven") {
			if err != nil {
				t.Fatal(err)
			}
			if n++; r.ID == "1" && r.Status != "in progress" {
				t.Errorf("it is %+v", r)
			}
		}
		if n != 3 {
			t.Errorf("%d requests are there, want 3", n)
		}
	})
}

// Several processes may begin with an empty database at once.
func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	together := func(t *testing.T, name string) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				db, err := jobs.Open(t.Context(), name)
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); together(t, emptySQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); together(t, emptyPostgres(t)) })
}

// The jobs of a city are cancelled, those that run as well: a call that takes long ends at once.
func TestCancel(t *testing.T) {
	t.Parallel()
	city := open311test.NewServer(t)
	city.Fail(open311test.ListServices, open311test.Delay(time.Hour))
	db := open(t, newSQLite(t))
	cfg := quick(row("quillhaven", city))
	cfg.River = func(c *river.Config) { c.TestOnly, c.PeriodicJobs = true, nil }
	r, err := jobs.New(db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	events, _ := work(t, r)
	if _, err := r.River().Insert(t.Context(), jobs.Check{City: "quillhaven"}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the server was called", func() bool { return len(city.Calls()) > 0 })
	if n, err := r.Cancel(t.Context(), "quillhaven"); err != nil || n != 1 {
		t.Fatalf("%d are cancelled: %v", n, err)
	}
	ended(t, events, "open311_check", river.EventKindJobCancelled)
}

// Where PostGIS is there, requests have a place that it can search by.
func TestPlaces(t *testing.T) {
	t.Parallel()
	name := newPostgres(t)
	conn := connect(t, name)
	var there int
	if err := conn.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'").Scan(&there); err != nil {
		t.Fatal(err)
	}
	switch {
	case there == 0 && os.Getenv("CI") != "":
		t.Fatal("the PostgreSQL of OPEN311_TEST_POSTGRES has no PostGIS; .ci/postgres installs it")
	case there == 0:
		t.Skip("the PostgreSQL of OPEN311_TEST_POSTGRES has no PostGIS; .ci/postgres installs it")
	}
	db := open(t, name) // without it at first
	execute(t, db, "CREATE EXTENSION postgis")
	for range 2 {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := db.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	near := &open311.ServiceRequest{ID: "near", Location: &open311.Point{Lat: 43, Long: -68}}
	if err := db.Tables().Write(t.Context(), tx, &jobs.Batch{Server: "quillhaven", Seen: time.Now(), Requests: []*open311.ServiceRequest{near, {ID: "nowhere"}}}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	var id string
	err = conn.QueryRowContext(t.Context(), "SELECT id FROM open311_request WHERE ST_DWithin(place::geography, ST_MakePoint(-68, 43.001)::geography, 200)").Scan(&id)
	if err != nil || id != "near" {
		t.Errorf("%q is found: %v", id, err)
	}
}
