package jobs

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-open311/open311"
)

type follower struct {
	river.WorkerDefaults[Follow]
	r *Runner
}

// Work implements river.Worker.
func (w *follower) Work(ctx context.Context, job *river.Job[Follow]) error {
	began := time.Now()
	rows, changes, err := w.work(ctx, job)
	return w.r.settle(ctx, Result{Kind: job.Kind, City: job.Args.City, Rows: rows, Changes: changes, Err: err}, began)
}

// stalled is after how long a backfill is begun again that does not go on.
const stalled = 24 * time.Hour

func (w *follower) work(ctx context.Context, job *river.Job[Follow]) (rows, changes int, err error) {
	s, err := w.r.open(ctx, job.Args.City)
	if err != nil {
		return 0, 0, err
	}
	if s.row.harvested.IsZero() {
		return 0, 0, w.leave(ctx, s, job)
	}
	p, err := w.begin(ctx, s, job)
	if err != nil {
		return 0, 0, err
	}
	err = p.poll(ctx)
	_, partly := errors.AsType[*open311.TruncatedError](err)
	if err != nil && !partly {
		return p.feed.Last().Rows, p.changes, err
	}
	if err := w.r.db.learn(ctx, job.Args.City, s.Learned()); err != nil {
		return p.feed.Last().Rows, p.changes, err
	}
	return p.feed.Last().Rows, p.changes, p.finish(ctx, err)
}

// leave leaves a city to its backfill, which is begun if it does not go on. The Follow that is to come behind the last shard
// would be taken for this one: so this one is done before that shard is, or goes on when it is.
func (w *follower) leave(ctx context.Context, s *session, job *river.Job[Follow]) error {
	city := job.Args.City
	return complete(ctx, w.r, job, city, func(tx *sql.Tx) error {
		if err := w.r.db.advance(ctx, tx, city, "shards = shards", "harvested IS NULL"); errors.Is(err, errOvertaken) {
			return river.JobSnooze(0)
		} else if err != nil || s.row.plan > 0 && time.Since(s.row.progressed) <= stalled {
			return err
		}
		_, err := w.r.river.InsertTx(ctx, tx, Harvest{City: city}, nil)
		return err
	})
}

// pollJob is a poll of a feed. What it finds is stored in parts, each with the checkpoint that covers it.
type pollJob struct {
	r       *Runner
	job     *river.Job[Follow]
	feed    *open311.Feed
	saved   saved
	found   []*open311.Change // that are not stored yet
	changes int
}

// slack is how far the clocks of cities may be behind.
const slack = time.Hour

// begin makes the feed: from its checkpoint, or from the finished backfill.
func (w *follower) begin(ctx context.Context, s *session, job *river.Job[Follow]) (*pollJob, error) {
	saved, err := w.r.db.checkpoint(ctx, job.Args.City)
	if err != nil {
		return nil, err
	}
	opts := open311.FeedOptions{Checkpoint: saved.Checkpoint}
	var failed error
	if saved.revision == 0 {
		// Since counts for a city whose backfill was empty: what has come meanwhile is news.
		opts.Known, opts.Since = w.known(ctx, job.Args.City, &failed), s.row.planned.Add(-slack)
	}
	feed, err := s.Requests.Feed(opts)
	return &pollJob{r: w.r, job: job, feed: feed, saved: saved}, errors.Join(err, failed)
}

func (w *follower) known(ctx context.Context, city string, failed *error) iter.Seq[*open311.ServiceRequest] {
	return func(yield func(*open311.ServiceRequest) bool) {
		for request, err := range w.r.db.Requests(ctx, city) {
			if err != nil {
				*failed = err
				return
			}
			if !yield(request) {
				return
			}
		}
	}
}

// poll asks the city, and stores all but the last of the changes. All calls are made before the first change is given,
// so that none is made in a transaction.
func (p *pollJob) poll(ctx context.Context) error {
	for change, err := range p.feed.Poll(ctx) {
		if err != nil {
			return err
		}
		if len(p.found) == p.r.cfg.Changes {
			// The checkpoint covers the changes whose loop body has finished: those found, and not this one.
			if err := p.storePart(ctx); err != nil {
				return err
			}
		}
		p.changes++
		p.found = append(p.found, change)
	}
	return nil
}

func (p *pollJob) storePart(ctx context.Context) error {
	next, err := p.saved.next(p.feed.Checkpoint())
	if err != nil {
		return err
	}
	if err := p.r.db.within(ctx, func(tx *sql.Tx) error { return p.store(ctx, tx, next) }); err != nil {
		return err
	}
	p.saved, p.found = next.saved, p.found[:0]
	return nil
}

func (p *pollJob) store(ctx context.Context, tx *sql.Tx, next step) error {
	if err := p.r.db.saveCheckpoint(ctx, tx, p.job.Args.City, next); err != nil {
		return err
	}
	return p.r.sink.Write(ctx, tx, &Batch{Server: p.job.Args.City, Seen: time.Now(), Changes: p.found})
}

// finish stores the last changes, and that the job is done. what could not be had is noted: the next poll asks for it
// again.
func (p *pollJob) finish(ctx context.Context, missing error) error {
	db, city := p.r.db, p.job.Args.City
	next, err := p.saved.next(p.feed.Checkpoint())
	if err != nil {
		return err
	}
	return complete(ctx, p.r, p.job, city, func(tx *sql.Tx) error {
		now := db.at(time.Now())
		if err := p.store(ctx, tx, next); err != nil {
			return err
		}
		if missing != nil {
			return db.advance(ctx, tx, city, "failed = $2, error = $3", "TRUE", now, storableText(missing.Error()))
		}
		return db.advance(ctx, tx, city, succeeded+", followed = $2", "TRUE", now)
	})
}
