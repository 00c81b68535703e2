package jobs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
)

// trials is how many times a test is repeated: few, or as OPEN311_JOBS_TRIALS says, with River as it is.
func trials(few int) (n int, long bool) {
	if n, err := strconv.Atoi(os.Getenv("OPEN311_JOBS_TRIALS")); err == nil {
		return n, true
	}
	return few, false
}

// TestKill kills one of three processes at a random instant while they harvest and follow cities that change, and file
// reports. Every request is in the table once, every change in the history once, and no report is filed twice.
func TestKill(t *testing.T) {
	t.Parallel()
	n, long := trials(1)
	var mu sync.Mutex
	reports, asked := 0, 0
	t.Run("trials", func(t *testing.T) {
		databases(t, func(t *testing.T, name string) {
			for i := range n {
				t.Run(strconv.Itoa(i), func(t *testing.T) {
					if i > 0 {
						t.Parallel()
					}
					if i > 0 {
						name = fresh(t, name)
					}
					f := newFleet(t, name, uint64(i), long)
					f.live()
					mu.Lock()
					defer mu.Unlock()
					reports, asked = reports+len(f.reports), asked+f.settle()
				})
			}
		})
	})
	t.Logf("of %d reports %d wait for a person", reports, asked)
	if long && asked*50 > reports {
		t.Errorf("a person is asked about %d of %d reports", asked, reports)
	}
}

// fleet are three processes, and the cities that they look after.
type fleet struct {
	*testing.T
	db      *jobs.DB
	long    bool
	spared  bool   // no process is killed
	differs string // a request that is in the table otherwise than in its city
	cities  map[string]*open311test.Server
	old     map[string][]open311.ServiceRequest // that were there before
	config  childConfig
	runner  *jobs.Runner       // of the test itself: it adds jobs
	edited  map[[2]string]bool // city and id; true: the history has to have it
	reports []string           // their IDs
}

func newFleet(t *testing.T, name string, seed uint64, long bool) *fleet {
	f := &fleet{T: t, long: long, cities: map[string]*open311test.Server{}, old: map[string][]open311.ServiceRequest{}, edited: map[[2]string]bool{}}
	f.config = childConfig{DB: name, Every: time.Second, Timeout: 5 * time.Second, Rows: 150, Leads: long, Hasty: !long}
	if long {
		f.config.Timeout = 20 * time.Second // looking for a report takes its time
	}
	for i := range 3 {
		key := fmt.Sprintf("city-%d", i)
		f.cities[key] = open311test.NewServer(t, open311test.WithSize(500), open311test.WithSeed(seed*10+uint64(i)), open311test.WithClock(time.Now),
			open311test.WithQuirks(open311test.Quirks{UpdatedFilters: true}),
			open311test.WithMiddleware(slow))
		f.old[key] = f.cities[key].Requests()
		f.config.Cities = append(f.config.Cities, row(key, f.cities[key]))
	}
	f.db = open(t, name)
	var err error
	if f.runner, err = jobs.New(f.db, quick(f.config.Cities...)); err != nil {
		t.Fatal(err)
	}
	return f
}

// slow makes a city take its time, so that processes have something in hand when they are killed.
func slow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(40 * time.Millisecond)
		next.ServeHTTP(w, r)
	})
}

// lead leads the fleet for a while, and works no jobs. A leader looks for the jobs of dead processes when it begins, and
// twice a minute: a test that is to take seconds has one leader after the other.
func (f *fleet) lead(d time.Duration) {
	c := f.config
	c.Leads = true
	cfg := c.config()
	idle := cfg.River
	cfg.River = func(rc *river.Config) {
		idle(rc)
		rc.Queues = map[string]river.QueueConfig{"idle": {MaxWorkers: 1}}
	}
	r, err := jobs.New(f.db, cfg)
	if err != nil {
		f.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(f.Context(), d)
	defer cancel()
	if err := r.Run(ctx); err != nil {
		f.Error(err)
	}
}

// live has the cities live for some seconds, and one process killed meanwhile.
func (f *fleet) live() {
	ticks := 30
	if f.long {
		ticks = 150
	}
	children := []func(){}
	for range 3 {
		cmd := child(f.T, f.config)
		children = append(children, func() { _ = cmd.Process.Kill() })
	}
	stop := make(chan struct{})
	var led sync.WaitGroup
	if !f.long {
		led.Go(func() {
			for {
				f.lead(3 * time.Second)
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	f.Cleanup(func() { close(stop); led.Wait() })
	victim := rand.IntN(3)
	if !f.spared {
		kill := time.Duration(500+rand.IntN(80*ticks)) * time.Millisecond
		defer time.AfterFunc(kill, children[victim]).Stop()
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range ticks {
		<-tick.C
		f.happen(i)
	}
}

// edit changes a request.
func (f *fleet) edit(i int) {
	key := fmt.Sprintf("city-%d", i%3)
	city, id := f.cities[key], [2]string{key, f.old[key][(i*7)%75].ID}
	if _, done := f.edited[id]; !done {
		// What happens while the city is still being harvested, the harvest may have seen already.
		f.edited[id] = f.number("SELECT count(*) FROM open311_server WHERE followed IS NOT NULL AND server = '"+key+"'") > 0
		city.Edit(id[1], func(r *open311.ServiceRequest) { r.StatusNotes = "edited" })
	}
}

// happen changes a request, and has a report filed.
func (f *fleet) happen(i int) {
	f.edit(i)
	report, err := f.runner.File(f.Context(), fmt.Sprintf("city-%d", i%3), &open311.Filing{Report: &open311.NewRequest{ServiceCode: "0102",
		Location: &open311.Point{Lat: 43.2 + float64(i)/1000, Long: -68.05}, Description: fmt.Sprintf("Report %d: a lid is broken", i)}})
	if err != nil {
		f.Fatal(err)
	}
	f.reports = append(f.reports, report)
}

// settle waits until all is done, and judges it. It returns how many reports wait for a person.
func (f *fleet) settle() (asked int) {
	within := 2 * time.Minute
	if f.long {
		within = 5 * time.Minute
	}
	defer func() {
		if f.Failed() {
			f.dump()
		}
	}()
	eventually(f.T, within, "all reports have come to an end", func() bool {
		return f.number("SELECT count(*) FROM open311_filing WHERE state IN ('ready', 'sending')") == 0
	})
	eventually(f.T, within, "all requests are in the table", func() bool {
		for key, city := range f.cities {
			if f.number("SELECT count(*) FROM open311_request WHERE server = '"+key+"'") != len(city.Requests()) {
				return false
			}
		}
		return f.number("SELECT count(*) FROM open311_server WHERE followed IS NOT NULL") == len(f.cities)
	})
	for i := range 18 { // that every city is followed by now
		f.edit(100 + i)
	}
	eventually(f.T, within, "all changes are in the table", func() bool {
		return f.number("SELECT count(*) FROM open311_request WHERE CAST(doc AS text) LIKE '%\"edited\"%'") >= len(f.edited) && f.current()
	})
	if n := f.number("SELECT count(*) FROM (SELECT server, id, kind, status FROM open311_change GROUP BY 1, 2, 3, 4 HAVING count(*) > 1) AS d"); n != 0 {
		f.Errorf("%d changes are there twice", n)
	}
	changes := 0
	for id, followed := range f.edited {
		if !followed {
			continue
		}
		changes++
		if n := f.number(fmt.Sprintf("SELECT count(*) FROM open311_change WHERE server = '%s' AND id = '%s' AND kind = 'updated'", id[0], id[1])); n != 1 {
			f.Errorf("the change of %s is in the history %d times", id, n)
		}
	}
	rescued := f.number("SELECT count(*) FROM river_job WHERE CAST(errors AS text) LIKE '%rescued%'")
	f.Logf("%d requests, %d changes that were awaited, %d reports; %d jobs of the dead process were taken over",
		f.number("SELECT count(*) FROM open311_request"), changes, len(f.reports), rescued)
	for key, city := range f.cities {
		filed := map[string]int{}
		for _, r := range city.Filed() {
			filed[r.Request.Description]++
		}
		for text, n := range filed {
			if n > 1 {
				f.Errorf("%s: %q was filed %d times", key, text, n)
			}
		}
	}
	if n := f.number("SELECT count(*) FROM open311_filing"); n != len(f.reports) {
		f.Errorf("%d filings, want %d", n, len(f.reports))
	}
	return f.number("SELECT count(*) FROM open311_filing WHERE state = 'waiting'")
}

// current reports whether the table has the requests as the cities have them.
func (f *fleet) current() bool {
	for key, city := range f.cities {
		have := map[string]*open311.ServiceRequest{}
		for r, err := range f.db.Requests(f.Context(), key) {
			if err != nil {
				f.Fatal(err)
			}
			have[r.ID] = r
		}
		for _, r := range city.Requests() {
			if got := have[r.ID]; got == nil || got.StatusNotes != r.StatusNotes || got.Status != r.Status {
				f.differs = fmt.Sprintf("%s: %+v, want %+v", key, got, r)
				return false
			}
		}
	}
	return true
}

func (f *fleet) number(query string) (n int) {
	f.Helper()
	if err := f.db.SQL().QueryRowContext(f.Context(), query).Scan(&n); err != nil {
		f.Fatal(err)
	}
	return n
}

// dump shows what is not done.
func (f *fleet) dump() {
	rows, err := f.db.SQL().QueryContext(f.Context(), "SELECT kind, state, attempt, args, coalesce(errors, '') FROM river_job WHERE state <> 'completed' LIMIT 20")
	if err != nil {
		rows, err = f.db.SQL().QueryContext(f.Context(), "SELECT kind, state::text, attempt, args::text, coalesce(errors::text, '') FROM river_job WHERE state <> 'completed' LIMIT 20")
	}
	f.Log(f.differs)
	if err != nil {
		f.Log(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var kind, state, args, errs string
		var attempt int
		if err := rows.Scan(&kind, &state, &attempt, &args, &errs); err != nil {
			f.Log(err)
		}
		f.Log(kind, state, attempt, args, errs)
	}
}

// fresh is another database like a given one.
func fresh(t *testing.T, name string) string {
	if os.Getenv("OPEN311_TEST_POSTGRES") != "" && name[:5] == "host=" {
		return newPostgres(t)
	}
	return newSQLite(t)
}
