package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311"
)

type harvester struct {
	river.WorkerDefaults[Harvest]
	r *Runner
}

// Work implements river.Worker.
func (w *harvester) Work(ctx context.Context, job *river.Job[Harvest]) error {
	began := time.Now()
	err := w.work(ctx, job)
	return w.r.settle(ctx, Result{Kind: job.Kind, City: job.Args.City, Err: err}, began)
}

func (w *harvester) work(ctx context.Context, job *river.Job[Harvest]) error {
	city := job.Args.City
	s, err := w.r.open(ctx, city)
	if err != nil {
		return err
	}
	planned := time.Now()
	shards, whole, err := plan(ctx, s.Client, w.r.cfg.Rows, job.Attempt < triesForGaps)
	if err != nil {
		return err
	}
	if err := w.r.db.learn(ctx, city, s.Learned()); err != nil {
		return err
	}
	jobs := make([]river.InsertManyParams, len(shards))
	for i, q := range shards {
		jobs[i] = river.InsertManyParams{Args: Shard{City: city, Plan: s.row.plan + 1, Query: q, Whole: whole}}
	}
	return complete(ctx, w.r, job, city, func(tx *sql.Tx) error {
		if err := w.r.db.advance(ctx, tx, city, "plan = plan + 1, shards = $2, gaps = 0, planned = $3, progressed = $4, harvested = NULL", "plan = $5",
			len(jobs), w.r.db.at(planned), w.r.db.at(time.Now()), s.row.plan); err != nil {
			return err
		}
		_, err := w.r.river.InsertManyTx(ctx, tx, jobs)
		return err
	})
}

type sharder struct {
	river.WorkerDefaults[Shard]
	r *Runner
}

// Work implements river.Worker.
func (w *sharder) Work(ctx context.Context, job *river.Job[Shard]) error {
	began := time.Now()
	rows, err := w.work(ctx, job)
	return w.r.settle(ctx, Result{Kind: job.Kind, City: job.Args.City, Rows: rows, Err: err}, began)
}

// batch is how many requests are stored in one transaction.
const batch = 500

func (w *sharder) work(ctx context.Context, job *river.Job[Shard]) (rows int, err error) {
	s, err := w.r.open(ctx, job.Args.City)
	if err != nil {
		return 0, err
	}
	if s.row.plan != job.Args.Plan {
		return 0, river.JobCancel(errors.New("jobs: a newer backfill has taken the place of this one"))
	}
	p := &part{r: w.r, job: job, began: time.Now()}
	err = p.read(ctx, s.Client)
	cause, cut := errors.AsType[*open311.TruncatedError](err)
	// What is missing may be there the next time; what is missing at the last one is noted. That it cannot be proven that
	// nothing is missing does not change by waiting.
	unproven := cut && errors.Is(err, open311.ErrUnproven) && !errors.Is(err, open311.ErrTruncated)
	if err != nil && !unproven && (!cut || job.Attempt < triesForGaps) {
		return p.rows, err
	}
	if err := w.r.db.learn(ctx, job.Args.City, s.Learned()); err != nil {
		return p.rows, err
	}
	if unproven {
		cause = nil
	}
	return p.rows, p.finish(ctx, cause)
}

// triesForGaps is how often a shard is read of which something is missing.
const triesForGaps = 3

// part is a shard that is being read.
type part struct {
	r     *Runner
	job   *river.Job[Shard]
	began time.Time
	rows  int
	batch []*open311.ServiceRequest
	large bool // it has to be cut again
}

// read reads the rows, and stores all but the last few of them.
func (p *part) read(ctx context.Context, c *open311.Client) error {
	q := p.job.Args.Query
	for request, err := range c.Requests.All(ctx, &q) {
		if err != nil {
			return err
		}
		p.rows++
		p.batch = append(p.batch, request)
		if len(p.batch) == batch {
			if err := p.r.db.within(ctx, func(tx *sql.Tx) error { return p.store(ctx, tx) }); err != nil {
				return err
			}
			p.batch = p.batch[:0]
		}
		if p.tooLarge() {
			p.large = true
			return nil
		}
	}
	return nil
}

// tooLarge reports whether the shard has to be cut: it has too many rows, or takes so long that it might not be done in
// time.
func (p *part) tooLarge() bool {
	if p.job.Args.Whole || p.rows < p.r.cfg.Rows/4 {
		return false
	}
	return (p.rows > 2*p.r.cfg.Rows || time.Since(p.began) > p.r.cfg.Timeout/2) && len(p.halves()) > 1
}

func (p *part) halves() []open311.Query {
	q := p.job.Args.Query
	return q.Shards(max(2, p.rows/p.r.cfg.Rows))
}

func (p *part) store(ctx context.Context, tx *sql.Tx) error {
	if len(p.batch) == 0 {
		return nil
	}
	return p.r.sink.Write(ctx, tx, &Batch{Server: p.job.Args.City, Seen: time.Now(), Requests: p.batch})
}

// finish stores the rest of the rows, and that the shard is done. Behind the last one the city is followed.
func (p *part) finish(ctx context.Context, gaps *open311.TruncatedError) error {
	db, city := p.r.db, p.job.Args.City
	var more []river.InsertManyParams
	if p.large {
		for _, q := range p.halves() {
			more = append(more, river.InsertManyParams{Args: Shard{City: city, Plan: p.job.Args.Plan, Query: q}})
		}
	}
	return complete(ctx, p.r, p.job, city, func(tx *sql.Tx) error {
		now := db.at(time.Now())
		if err := p.store(ctx, tx); err != nil {
			return err
		}
		missing := 0
		if gaps != nil {
			missing = len(gaps.Gaps)
		}
		if err := db.advance(ctx, tx, city, "shards = shards - 1 + $2, gaps = gaps + $3, progressed = $4", "plan = $5", len(more), missing, now, p.job.Args.Plan); err != nil {
			return err
		}
		var err error
		if gaps != nil {
			err = db.advance(ctx, tx, city, "failed = $2, error = $3", "TRUE", now, storableText(gaps.Error()))
		} else {
			err = db.advance(ctx, tx, city, succeeded, "TRUE", now)
		}
		if err != nil {
			return err
		}
		if len(more) > 0 {
			_, err := p.r.river.InsertManyTx(ctx, tx, more)
			return err
		}
		return p.last(ctx, tx, now)
	})
}

// last ends the backfill if this was its last shard.
func (p *part) last(ctx context.Context, tx *sql.Tx, now any) error {
	city := p.job.Args.City
	err := p.r.db.advance(ctx, tx, city, "harvested = $2", "shards = 0", now)
	if errors.Is(err, errOvertaken) {
		return nil // others are not done
	}
	if err == nil {
		_, err = p.r.river.InsertTx(ctx, tx, Follow{City: city}, nil)
	}
	if err != nil {
		return fmt.Errorf("jobs: the end of the backfill: %w", err)
	}
	return nil
}
