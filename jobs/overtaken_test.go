package jobs_test

import (
	"net/http"
	"testing"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
)

// A process that was taken for dead while it waited for its city comes back: what another one has taken over it can
// neither complete nor store.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		called, goOn := make(chan struct{}, 100), make(chan struct{}, 100)
		gate := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				called <- struct{}{}
				select {
				case <-goOn:
				case <-r.Context().Done():
				}
				next.ServeHTTP(w, r)
			})
		}
		city := open311test.NewServer(t, open311test.WithSize(20), open311test.WithMiddleware(gate))
		db := open(t, name)
		cfg := quick(row("quillhaven", city))
		cfg.River = func(c *river.Config) { c.TestOnly, c.PeriodicJobs = true, nil }
		r, err := jobs.New(db, cfg)
		if err != nil {
			t.Fatal(err)
		}
		events, _ := work(t, r)
		during := func(args river.JobArgs, meanwhile string) {
			t.Helper()
			if _, err := r.River().Insert(t.Context(), args, nil); err != nil {
				t.Fatal(err)
			}
			<-called
			execute(t, db, meanwhile)
			for range cap(goOn) - len(goOn) {
				goOn <- struct{}{}
			}
			ended(t, events, args.Kind(), river.EventKindJobCancelled)
			for len(goOn) > 0 {
				<-goOn
			}
			for len(called) > 0 {
				<-called
			}
		}
		number := func(query string) (n int) {
			t.Helper()
			if err := db.SQL().QueryRowContext(t.Context(), query).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		during(jobs.Check{City: "quillhaven"}, "UPDATE river_job SET attempt = attempt + 1")
		if n := number("SELECT count(*) FROM open311_server WHERE checked IS NOT NULL"); n != 0 {
			t.Error("the check is stored")
		}
		during(jobs.Harvest{City: "quillhaven"}, "UPDATE open311_server SET plan = plan + 1")
		if n := number("SELECT count(*) FROM river_job WHERE kind = 'open311_shard'"); n != 0 {
			t.Errorf("%d shards are planned", n)
		}
		execute(t, db, "UPDATE open311_server SET harvested = "+db.Now())
		during(jobs.Follow{City: "quillhaven"}, "INSERT INTO open311_checkpoint (server, revision, pieces) VALUES ('quillhaven', 1, 0)")
		if n := number("SELECT count(*) FROM open311_server WHERE followed IS NOT NULL"); n != 0 {
			t.Error("the poll is stored")
		}
	})
}
