package jobs_test

import (
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

// calls notes when a city is called.
type calls struct {
	mu sync.Mutex
	at []time.Time
}

func (c *calls) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.at = append(c.at, time.Now())
		c.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// forget begins anew.
func (c *calls) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = nil
}

// most returns how many calls the busiest time of a length has seen.
func (c *calls) most(length time.Duration) (n, all int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.SortFunc(c.at, time.Time.Compare)
	first := 0
	for i, at := range c.at {
		for at.Sub(c.at[first]) >= length {
			first++
		}
		n = max(n, i-first+1)
	}
	return n, len(c.at)
}

// Three processes work 42 cities of one host, which bears so many calls in so many seconds.
func TestPaceOfOneHost(t *testing.T) {
	t.Parallel()
	paceOfOneHost(t, nil)
}

// paceOfOneHost counts the calls while nothing happens, or the processes are frozen for a while.
func paceOfOneHost(t *testing.T, freeze func([]*exec.Cmd)) {
	allowed, seconds := 40, 4
	if _, long := trials(0); long {
		allowed, seconds = 60, 60
	}
	databases(t, func(t *testing.T, name string) {
		var seen calls
		var processes []*exec.Cmd
		city := open311test.NewServer(t, open311test.WithSize(50), open311test.WithMiddleware(seen.middleware))
		c := childConfig{DB: name, Every: time.Hour, Timeout: time.Minute, Rows: 1000, Limited: true}
		for i := range 42 {
			s := row("city-"+strconv.Itoa(i), city)
			s.RateLimit = servers.RateLimit{Calls: allowed, Seconds: seconds}
			c.Cities = append(c.Cities, s)
		}
		open(t, name)
		for i := range 3 {
			c.Leads = i == 0
			processes = append(processes, child(t, c))
		}
		window := time.Duration(seconds) * time.Second
		for try := 1; ; try++ { // the city may stand still itself, so that calls wait for it and count as if they had come at once
			seen.forget()
			enough := allowed + allowed/4
			if freeze != nil {
				eventually(t, 20*window, "calls are made", func() bool { _, n := seen.most(window); return n > allowed/4 })
				freeze(processes)
				enough += allowed / 2
			}
			eventually(t, 20*window, "enough calls were made", func() bool { _, n := seen.most(window); return n > enough })
			most, all := seen.most(window)
			t.Logf("%d calls, at most %d in %s", all, most, window)
			if most <= allowed {
				return
			}
			if try == 3 {
				t.Errorf("%d calls in %s, allowed are %d", most, window, allowed)
				return
			}
		}
	})
}

// A server that asks for a pause gets it from the whole fleet, and the job is put off that long, without counting as
// failed.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		city := open311test.NewServer(t)
		city.Fail(open311test.ListServices, open311test.Status(429).Header("Retry-After", "120"))
		db := open(t, name)
		s := row("quillhaven", city)
		s.RateLimit = servers.RateLimit{Calls: 1000, Seconds: 1}
		cfg := quick(s)
		cfg.River = func(c *river.Config) { c.TestOnly, c.PeriodicJobs = true, nil }
		r, err := jobs.New(db, cfg)
		if err != nil {
			t.Fatal(err)
		}
		events, _ := work(t, r)
		if _, err := r.River().Insert(t.Context(), jobs.Check{City: "quillhaven"}, nil); err != nil {
			t.Fatal(err)
		}
		e := ended(t, events, "open311_check", river.EventKindJobSnoozed)
		if wait := time.Until(e.Job.ScheduledAt); wait < 100*time.Second || wait > 121*time.Second || e.Job.Attempt != 0 {
			t.Errorf("it is put off for %s, attempt %d", wait, e.Job.Attempt)
		}
		if _, err := r.River().Insert(t.Context(), jobs.Harvest{City: "quillhaven"}, nil); err != nil {
			t.Fatal(err)
		}
		ended(t, events, "open311_harvest", river.EventKindJobSnoozed)
	})
}

// Six workers ask no more than one does, since they share what was learned.
func TestLearnedIsShared(t *testing.T) {
	t.Parallel()
	databases(t, func(t *testing.T, name string) {
		harvest := func(workers int) int {
			t.Helper()
			city := open311test.NewServer(t, open311test.WithSize(600), open311test.WithYears(3))
			db := open(t, fresh(t, name))
			cfg := quick(row("quillhaven", city))
			cfg.Rows, cfg.Workers = 100, workers
			r, err := jobs.New(db, cfg)
			if err != nil {
				t.Fatal(err)
			}
			events, stop := work(t, r)
			for range 2 { // the first one begins the harvest, the second one comes behind it
				ended(t, events, "open311_follow", river.EventKindJobCompleted)
			}
			stop()
			return len(city.Calls())
		}
		one, six := harvest(1), harvest(6)
		t.Logf("calls of one worker: %d, of six: %d", one, six)
		if six > one+one/10 {
			t.Errorf("six workers make %d calls, one makes %d", six, one)
		}
	})
}
