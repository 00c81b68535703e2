package jobs

import (
	"context"
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
