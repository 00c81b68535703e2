package jobs

import (
	"bytes"
	"hash/fnv"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-open311/open311"
)

// Harvest plans the backfill of a city: it finds where the city's history begins, and cuts it into shards.
type Harvest struct {
	City string `json:"city" river:"unique"`
}

// Shard reads a part of a city's history.
type Shard struct {
	City  string        `json:"city"`
	Plan  int64         `json:"plan"` // of which backfill it is a part
	Query open311.Query `json:"query"`
	Whole bool          `json:"whole,omitempty"` // it cannot be cut
}

// Follow asks what has changed in a city since the last time.
type Follow struct {
	City string `json:"city" river:"unique"`
}

// File files a report, or goes on with it.
type File struct {
	City string `json:"city"`
	ID   string `json:"id" river:"unique"`
}

// Check looks whether a city's server is there.
type Check struct {
	City string `json:"city" river:"unique"`
}

// Kind implements river.JobArgs.
func (Harvest) Kind() string { return "open311_harvest" }

// Kind implements river.JobArgs.
func (Shard) Kind() string { return "open311_shard" }

// Kind implements river.JobArgs.
func (Follow) Kind() string { return "open311_follow" }

// Kind implements river.JobArgs.
func (File) Kind() string { return "open311_file" }

// Kind implements river.JobArgs.
func (Check) Kind() string { return "open311_check" }

// unfinished are the states of jobs that are still to be done.
var unfinished = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
	rivertype.JobStateRunning, rivertype.JobStateScheduled}

// once has a job in the queue once at a time.
var once = river.UniqueOpts{ByArgs: true, ByState: unfinished}

// InsertOpts implements river.JobArgsWithInsertOpts.
func (h Harvest) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Priority: 3, MaxAttempts: 10, UniqueOpts: once, Tags: []string{tag(h.City)}}
}

// InsertOpts implements river.JobArgsWithInsertOpts.
func (s Shard) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Priority: 3, MaxAttempts: 10, Tags: []string{tag(s.City)}}
}

// InsertOpts implements river.JobArgsWithInsertOpts. What fails a few times is tried again with the next period.
func (f Follow) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Priority: 2, MaxAttempts: 5, UniqueOpts: once, Tags: []string{tag(f.City)}}
}

// InsertOpts implements river.JobArgsWithInsertOpts. A report is not given up: it waits for a person in the end.
func (f File) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Priority: 1, MaxAttempts: 100, Queue: filings, UniqueOpts: once, Tags: []string{tag(f.City)}}
}

// InsertOpts implements river.JobArgsWithInsertOpts.
func (c Check) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Priority: 4, MaxAttempts: 2, UniqueOpts: once, Tags: []string{tag(c.City)}}
}

// tag marks the jobs of a city.
func tag(city string) string { return "city-" + city }

// cancelled reports whether somebody has cancelled a job that still runs.
func cancelled(job *rivertype.JobRow) bool {
	return bytes.Contains(job.Metadata, []byte(`"cancel_attempted_at"`))
}

// rounds is a schedule of each city's own: every period has one instant for it, the same whoever leads the fleet.
type rounds struct{ every, offset time.Duration }

// Next implements river.PeriodicSchedule.
func (s rounds) Next(now time.Time) time.Time {
	return now.Add(-s.offset).Truncate(s.every).Add(s.every + s.offset)
}

// periodic are the jobs that come again and again. A city begins when its process does; the queue has each job once.
func (r *Runner) periodic() (list []*river.PeriodicJob) {
	add := func(city string, every time.Duration, args river.JobArgs) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(args.Kind() + city)) // it never fails
		schedule := rounds{every, time.Duration(h.Sum64() % uint64(every))}
		list = append(list, river.NewPeriodicJob(schedule, func() (river.JobArgs, *river.InsertOpts) { return args, nil },
			&river.PeriodicJobOpts{ID: args.Kind() + "-" + city, RunOnStart: true}))
	}
	for key := range r.cities {
		add(key, r.cfg.Every, Follow{City: key})
		if r.cfg.CheckEvery > 0 {
			add(key, r.cfg.CheckEvery, Check{City: key})
		}
	}
	return list
}
