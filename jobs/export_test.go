package jobs

import (
	"context"
	"database/sql"
	"time"

	"github.com/go-open311/open311"
)

// Statement returns a statement as the database wants it.
func (d *DB) Statement(s string) string { return d.q(s) }

// Plan cuts the history of a city into shards.
func Plan(ctx context.Context, c *open311.Client, rows int) ([]open311.Query, bool, error) {
	return plan(ctx, c, rows, false)
}

// Now is the present as a statement writes it.
func (d *DB) Now() string {
	if d.postgres() {
		return "now()"
	}
	return "'" + time.Now().UTC().Format(layout) + "'"
}

// Saved is a checkpoint as the database has it.
type Saved = saved

// Saved returns the checkpoint of a city.
func (d *DB) Saved(ctx context.Context, city string) (Saved, error) { return d.checkpoint(ctx, city) }

// Save stores the one behind it.
func (d *DB) Save(ctx context.Context, city string, s Saved, c open311.Checkpoint) error {
	next, err := s.next(c)
	if err != nil {
		return err
	}
	return d.within(ctx, func(tx *sql.Tx) error { return d.saveCheckpoint(ctx, tx, city, next) })
}

// Steps says of n checkpoints, one after the other, which are stored as a whole.
func Steps(next func(int) open311.Checkpoint, n int) (whole []bool) {
	var s saved
	for i := range n {
		step, err := s.next(next(i))
		if err != nil {
			panic(err)
		}
		s, whole = step.saved, append(whole, step.whole != nil)
	}
	return whole
}

// CanTell reports whether the outbox can tell that a report has not left.
func (d *DB) CanTell() bool { return d != nil && d.boot != "" }
