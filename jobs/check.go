package jobs

import (
	"context"
	"database/sql"
	"time"

	"github.com/riverqueue/river"
)

type checker struct {
	river.WorkerDefaults[Check]
	r *Runner
}

// Work implements river.Worker.
func (w *checker) Work(ctx context.Context, job *river.Job[Check]) error {
	began := time.Now()
	err := w.work(ctx, job)
	return w.r.settle(ctx, Result{Kind: job.Kind, City: job.Args.City, Err: err}, began)
}

// work asks for the services: every server has them, and few are slow to tell.
func (w *checker) work(ctx context.Context, job *river.Job[Check]) error {
	s, err := w.r.open(ctx, job.Args.City)
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := s.Services.List(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	if err := w.r.db.learn(ctx, job.Args.City, s.Learned()); err != nil {
		return err
	}
	return complete(ctx, w.r, job, job.Args.City, func(tx *sql.Tx) error {
		return w.r.db.advance(ctx, tx, job.Args.City, "checked = $2, took = $3", "TRUE", w.r.db.at(time.Now()), took.Milliseconds())
	})
}
