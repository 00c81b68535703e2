package jobs_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
)

// A city is harvested and then followed: each request is there once, and each change.
func TestHarvestAndFollow(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		city := open311test.NewServer(t, open311test.WithQuirks(open311test.Quirks{UpdatedFilters: true}))
		db := open(t, name)
		cfg := quick(row("quillhaven", city))
		cfg.Rows, cfg.Changes = 400, 2
		r, err := jobs.New(db, cfg)
		if err != nil {
			t.Fatal(err)
		}
		events, _ := work(t, r)
		follow := func() {
			t.Helper()
			if _, err := r.River().Insert(t.Context(), jobs.Follow{City: "quillhaven"}, nil); err != nil {
				t.Fatal(err)
			}
			ended(t, events, "open311_follow", river.EventKindJobCompleted)
		}
		ended(t, events, "open311_follow", river.EventKindJobCompleted) // which has the city harvested
		ended(t, events, "open311_follow", river.EventKindJobCompleted)
		all := city.Requests()
		same(t, db, city, len(all))
		var want []string
		for i := range 5 {
			id := all[i*7].ID
			city.Edit(id, func(r *open311.ServiceRequest) { r.StatusNotes = "a crew is there" })
			want = append(want, id)
		}
		follow()
		same(t, db, city, len(all))
		city.Edit(all[2].ID, func(r *open311.ServiceRequest) { r.Status = "closed" })
		city.Put(open311.ServiceRequest{ID: "new", Description: "a new one"})
		follow()
		follow()
		same(t, db, city, len(all)+1)
		var got []string
		want = append(want, all[2].ID, "new")
		slices.Sort(want)
		rows, err := db.SQL().QueryContext(t.Context(), "SELECT id FROM open311_change ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			got = append(got, id)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the changes differ (-want +got):\n%s", diff)
		}
	})
}

// The last shard ends while a Follow is about to leave the city to the backfill: that one goes on with it, since there is no
// other before the next period.
func TestFollowBehindTheLastShard(t *testing.T) {
	t.Parallel()
	db := open(t, newPostgres(t)) // in SQLite two of these cannot be in hand at once
	city := open311test.NewServer(t, open311test.WithSize(20))
	cfg := quick(row("quillhaven", city))
	cfg.River = func(c *river.Config) { c.TestOnly, c.PeriodicJobs = true, nil }
	r, err := jobs.New(db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, db, "INSERT INTO open311_server (server, plan, shards, planned, progressed) VALUES ('quillhaven', 1, 1, now(), now())")
	shard, err := db.SQL().BeginTx(t.Context(), nil)
	if err == nil {
		_, err = shard.ExecContext(t.Context(), "UPDATE open311_server SET shards = 0, harvested = now()")
	}
	if err != nil {
		t.Fatal(err)
	}
	events, _ := work(t, r)
	if _, err := r.River().Insert(t.Context(), jobs.Follow{City: "quillhaven"}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, time.Minute, "the job waits for the row of the city", func() bool {
		var n int
		err := db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n)
		return err == nil && n == 1
	})
	if err := shard.Commit(); err != nil {
		t.Fatal(err)
	}
	ended(t, events, "open311_follow", river.EventKindJobCompleted)
	var followed int
	if err := db.SQL().QueryRowContext(t.Context(), "SELECT count(*) FROM open311_server WHERE followed IS NOT NULL").Scan(&followed); err != nil || followed != 1 {
		t.Errorf("it is not followed: %v", err)
	}
}

// same reports what the table has otherwise than the city.
func same(t *testing.T, db *jobs.DB, city *open311test.Server, want int) {
	t.Helper()
	have := map[string]*open311.ServiceRequest{}
	for r, err := range db.Requests(t.Context(), "quillhaven") {
		if err != nil {
			t.Fatal(err)
		}
		if have[r.ID] != nil {
			t.Errorf("request %s is there twice", r.ID)
		}
		have[r.ID] = r
	}
	if len(have) != want {
		t.Errorf("%d requests, want %d", len(have), want)
	}
	for _, r := range city.Requests() {
		switch got := have[r.ID]; {
		case got == nil:
			t.Errorf("request %s of %s is missing", r.ID, r.RequestedDatetime)
		case got.Status != r.Status || got.StatusNotes != r.StatusNotes || !got.UpdatedDatetime.Equal(r.UpdatedDatetime):
			t.Errorf("request %s is %+v, want %+v", r.ID, got, r)
		}
	}
}
