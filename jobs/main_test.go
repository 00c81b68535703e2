package jobs_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

// TestMain has tests run side by side: most of their time they wait.
func TestMain(m *testing.M) {
	flag.Parse()
	lanes := "8"
	if _, long := trials(0); long {
		lanes = "3" // a PostgreSQL takes a hundred connections if nobody has told it otherwise
	}
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = flag.Set("test.parallel", lanes)
	}
	status := m.Run()
	if err := templates.drop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = max(status, 1)
	}
	os.Exit(status)
}

// databases runs a test with each database. .ci/postgres says where PostgreSQL is; in CI it has to be there.
func databases(t *testing.T, test func(t *testing.T, name string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, newSQLite(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, newPostgres(t))
	})
}

// newSQLite makes a database of the test's own, with its tables.
func newSQLite(t *testing.T) string {
	t.Helper()
	text, err := templates.sqlite()
	if err != nil {
		t.Fatal(err)
	}
	name := emptySQLite(t)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func emptySQLite(t *testing.T) string { return filepath.Join(t.TempDir(), "jobs.sqlite") }

// newPostgres makes a database of the test's own, with its tables.
func newPostgres(t *testing.T) string {
	t.Helper()
	address := postgres(t)
	from, err := templates.postgres(address)
	if err != nil {
		t.Fatal(err)
	}
	return create(t, address, from)
}

func emptyPostgres(t *testing.T) string { return create(t, postgres(t), "template1") }

// postgres returns the address of PostgreSQL.
func postgres(t *testing.T) string {
	t.Helper()
	address := os.Getenv("OPEN311_TEST_POSTGRES")
	if address == "" && os.Getenv("CI") != "" {
		t.Fatal("OPEN311_TEST_POSTGRES names no database; .ci/postgres starts one")
	}
	if address == "" {
		t.Skip("OPEN311_TEST_POSTGRES names no database; .ci/postgres starts one")
	}
	return address
}

// create makes a database that is like another one.
func create(t *testing.T, address, from string) string {
	t.Helper()
	name := fmt.Sprintf("jobs_%d_%d", os.Getpid(), time.Now().UnixNano())
	admin := connect(t, address)
	if _, err := admin.Exec("CREATE DATABASE " + name + " TEMPLATE " + from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return named(address, name)
}

func named(address, name string) string {
	return strings.Replace(address, "dbname=postgres", "dbname="+name, 1)
}

func open(t *testing.T, name string) *jobs.DB {
	t.Helper()
	db, err := jobs.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// row is the row of a catalogue for a city in memory.
func row(key string, city *open311test.Server) servers.Server {
	return servers.Server{Key: key, BaseURL: city.Client().Endpoint()}
}

// quick are settings for tests: nothing waits for long.
func quick(cities ...servers.Server) jobs.Config {
	return jobs.Config{Cities: cities, PerSecond: -1, CheckEvery: -1, Poll: 50 * time.Millisecond, Grace: time.Second,
		River: func(c *river.Config) { c.TestOnly = true }} // River's services begin without a delay
}

// work runs a runner until the test ends. events are the jobs that end.
func work(t *testing.T, r *jobs.Runner) (events <-chan *river.Event, stop func()) {
	t.Helper()
	events, unsubscribe := r.River().Subscribe(river.EventKindJobCompleted, river.EventKindJobCancelled, river.EventKindJobFailed, river.EventKindJobSnoozed)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		unsubscribe()
	}
	t.Cleanup(stop)
	return events, stop
}

// ended waits for a job of a kind to end in a way.
func ended(t *testing.T, events <-chan *river.Event, kind string, how river.EventKind) *river.Event {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case e := <-events:
			if e.Job.Kind == kind && e.Kind == how {
				return e
			}
			if e.Kind == river.EventKindJobFailed {
				t.Logf("%s fails: %+v", e.Job.Kind, e.Job.Errors)
			}
		case <-deadline:
			t.Fatalf("no %s has ended as %s", kind, how)
		}
	}
}

// A process that is stopped while it begins ends as one that is stopped later.
func TestRunThatIsStoppedBeforeItBegins(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		city := open311test.NewServer(t)
		r, err := jobs.New(open(t, name), quick(row("quillhaven", city)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
}
