package jobs_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
)

// While a city is called no job has a transaction open: somebody else can have the tables alone.
func TestNoTransactionDuringCalls(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		other := open(t, name)
		alone := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := haveAlone(t, other); err != nil {
					t.Errorf("during %s: %v", r.URL.Path, err)
				}
				next.ServeHTTP(w, r)
			})
		}
		city := open311test.NewServer(t, open311test.WithSize(40), open311test.WithClock(time.Now), open311test.WithMiddleware(alone))
		cfg := quick(row("quillhaven", city))
		cfg.CheckEvery = time.Hour
		r, err := jobs.New(open(t, name), cfg)
		if err != nil {
			t.Fatal(err)
		}
		events, _ := work(t, r)
		for range 2 { // the first one begins the harvest, the second one comes behind it
			ended(t, events, "open311_follow", river.EventKindJobCompleted)
		}
		if _, err := r.File(t.Context(), "quillhaven", hole("a hole")); err != nil {
			t.Fatal(err)
		}
		ended(t, events, "open311_file", river.EventKindJobCompleted)
	})
}

// haveAlone waits until nobody else has a transaction with the tables, and not for long.
func haveAlone(t *testing.T, db *jobs.DB) error {
	statements := []string{"SET LOCAL lock_timeout = '10s'",
		"LOCK TABLE open311_server, open311_checkpoint, open311_request, open311_change, open311_filing, open311_pace IN ACCESS EXCLUSIVE MODE"}
	if !isPostgres(db) {
		statements = []string{"SELECT 1"} // a transaction begins as the only one that may write
	}
	tx, err := db.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(t.Context(), s); err != nil {
			_ = tx.Rollback() // what went wrong first says more
			return err
		}
	}
	return tx.Rollback()
}
