package jobs

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/servers"
)

// Config says what a [Runner] does. The zero value of each field is a good one, but for Cities. All processes of a fleet
// should have the same.
type Config struct {
	Cities []servers.Server // rows of the catalogue, or of one's own: Key and BaseURL are enough

	Every      time.Duration // how often a city is followed; an hour if it is 0
	CheckEvery time.Duration // how often a server's health is looked at; six hours if it is 0, never if it is negative
	Workers    int           // jobs that a process works at once; most of them wait for their city. 20 if it is 0
	Rows       int           // of a shard, about; 5000 if it is 0. A shard of more than twice as many is cut again
	Changes    int           // that are stored in one transaction; 1000 if it is 0
	PerSecond  float64       // calls to a host of whose limit nothing is known; 2 if it is 0, no limit if it is negative

	// Timeout is how long a job may take; 20 minutes if it is 0. What a process that was killed had in hand is taken over
	// after that time and a quarter of it.
	Timeout time.Duration
	// Grace is how long jobs may go on when Run is to end; 10 seconds if it is 0. What is not done then goes back to the
	// queue.
	Grace time.Duration
	// Poll is how often the queue is asked for jobs; a second if it is 0. With PostgreSQL it tells by itself, too.
	Poll time.Duration

	Sink    Sink                                  // where requests and changes go, besides the tables; nil for nowhere
	Options func(servers.Server) []open311.Option // of the client of a city: its key, an observer
	Done    func(context.Context, Result)         // is told what jobs have done, for metrics; it must be quick
	Logger  *slog.Logger                          // nil for none
	River   func(*river.Config)                   // changes what River is told, last of all
}

// Result is what a job has done.
type Result struct {
	Kind    string // as in Kind of its arguments: open311_follow
	City    string
	Rows    int // requests that were read
	Changes int // that were told
	Took    time.Duration
	Err     error // nil too if the job was put off
}

// Runner works the jobs of a fleet, and adds to them. It is safe for concurrent use.
type Runner struct {
	db     *DB
	cfg    Config
	cities map[string]servers.Server
	hosts  map[string]time.Duration // the time between two calls
	sink   Sink
	river  *river.Client[*sql.Tx]
}

// New returns a runner for a database. It works nothing before [Runner.Run], so that a process that only files reports,
// such as a web form, can have one as well.
func New(db *DB, cfg Config) (*Runner, error) {
	if db == nil || db.driver == nil {
		return nil, errNoDB
	}
	cfg.Every, cfg.CheckEvery = cmp.Or(cfg.Every, time.Hour), cmp.Or(cfg.CheckEvery, 6*time.Hour)
	cfg.Workers, cfg.Rows, cfg.Changes = cmp.Or(cfg.Workers, 20), cmp.Or(cfg.Rows, 5000), cmp.Or(cfg.Changes, 1000)
	cfg.PerSecond, cfg.Timeout, cfg.Grace = cmp.Or(cfg.PerSecond, 2), cmp.Or(cfg.Timeout, 20*time.Minute), cmp.Or(cfg.Grace, 10*time.Second)
	cfg.Poll, cfg.Logger = cmp.Or(cfg.Poll, time.Second), cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	if cfg.Every <= 0 || cfg.Workers < 0 || cfg.Rows < 0 || cfg.Changes < 0 || cfg.Timeout < 0 {
		return nil, errors.New("jobs: a time or a number of the configuration is below 0")
	}
	r := &Runner{db: db, cfg: cfg, cities: map[string]servers.Server{}, hosts: map[string]time.Duration{}, sink: db.Tables()}
	if cfg.Sink != nil {
		r.sink = Sinks{r.sink, cfg.Sink}
	}
	for _, city := range cfg.Cities {
		if city.Key == "" || city.BaseURL == "" {
			return nil, fmt.Errorf("jobs: the city %q needs a Key and a BaseURL", cmp.Or(city.Key, city.BaseURL))
		}
		if _, twice := r.cities[city.Key]; twice {
			return nil, fmt.Errorf("jobs: the city %q is there twice", city.Key)
		}
		r.cities[city.Key] = city
		if err := r.limit(city); err != nil {
			return nil, err
		}
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &harvester{r: r})
	river.AddWorker(workers, &sharder{r: r})
	river.AddWorker(workers, &follower{r: r})
	river.AddWorker(workers, &filer{r: r})
	river.AddWorker(workers, &checker{r: r})
	config := r.riverConfig(workers)
	var err error
	if r.river, err = river.NewClient(db.driver, config); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return r, nil
}

// filings is the queue of reports: people wait for them, and not behind a backfill.
const filings = "open311_filings"

func (r *Runner) riverConfig(workers *river.Workers) *river.Config {
	c := &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: r.cfg.Workers}, filings: {MaxWorkers: max(1, r.cfg.Workers/4)}},
		Workers:              workers,
		JobTimeout:           r.cfg.Timeout,
		RescueStuckJobsAfter: r.cfg.Timeout + r.cfg.Timeout/4,
		SoftStopTimeout:      r.cfg.Grace,
		FetchPollInterval:    r.cfg.Poll,
		FetchCooldown:        min(r.cfg.Poll, 100*time.Millisecond),
		PeriodicJobs:         r.periodic(),
		Logger:               r.cfg.Logger,
	}
	if r.cfg.River != nil {
		r.cfg.River(c)
	}
	return c
}

// Run works jobs until the context ends, and returns when those in hand are done, or back in the queue.
func (r *Runner) Run(ctx context.Context) error {
	if r == nil || r.river == nil {
		return errNoRunner
	}
	if err := r.river.Start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // it had not begun
		}
		return fmt.Errorf("jobs: %w", err)
	}
	<-r.river.Stopped()
	return nil
}

// River returns the queue itself.
func (r *Runner) River() *river.Client[*sql.Tx] {
	if r == nil {
		return nil
	}
	return r.river
}

// Harvest puts the backfill of a city into the queue, also if it was done before. If it is there already, nothing changes.
func (r *Runner) Harvest(ctx context.Context, city string) error {
	if _, err := r.city(city); err != nil {
		return err
	}
	_, err := r.river.Insert(ctx, Harvest{City: city}, nil)
	return err
}

// Cancel cancels the jobs of a city that are not done, wherever they run, and returns how many there were. The next
// period begins new ones, if the city still is in the configuration.
func (r *Runner) Cancel(ctx context.Context, city string) (n int, err error) {
	if r == nil || r.river == nil {
		return 0, errNoRunner
	}
	for {
		list, err := r.river.JobList(ctx, river.NewJobListParams().TagsAny(tag(city)).States(unfinished...).First(1000))
		if err != nil {
			return n, err
		}
		fresh := slices.DeleteFunc(list.Jobs, cancelled)
		for _, job := range fresh {
			if _, err := r.river.JobCancel(ctx, job.ID); err != nil {
				return n, err
			}
			n++
		}
		if len(fresh) == 0 {
			return n, nil
		}
	}
}

func (r *Runner) city(key string) (servers.Server, error) {
	if r == nil || r.river == nil {
		return servers.Server{}, errNoRunner
	}
	city, ok := r.cities[key]
	if !ok {
		return city, fmt.Errorf("jobs: the city %q is not in the configuration of this process", key)
	}
	return city, nil
}
