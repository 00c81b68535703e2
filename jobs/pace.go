package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// pace lets the calls to a host through one by one, over all processes that share the database: each call takes the
// next free instant. It is an [open311.Limiter].
type pace struct {
	db   *DB
	host string
	gap  time.Duration
}

// clock is the time in microseconds, of the database where several machines share it.
func (d *DB) clock() string {
	if d.postgres() {
		return "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
	}
	return "CAST(unixepoch('subsec') * 1000000 AS integer)"
}

// busyError says that so many calls wait for a host that another one would take too long.
type busyError struct {
	host string
	wait time.Duration
}

func (e *busyError) Error() string {
	return fmt.Sprintf("jobs: calls to %s have to wait for %s", e.host, e.wait.Round(time.Second))
}

// longestWait is how far away the instant of a call may be. A job that would wait for longer goes back to the queue.
func longestWait(gap time.Duration) time.Duration { return max(2*time.Minute, 20*gap) }

// take takes the next instant from now on of a host, moves it on by gap, and returns how far away it is.
func (d *DB) take(ctx context.Context, host string, gap time.Duration) (time.Duration, error) {
	now := d.clock()
	statement := "INSERT INTO open311_pace AS p (host, next) VALUES ($1, " + now + " + $2) ON CONFLICT (host) DO UPDATE SET next = " +
		"CASE WHEN p.next < " + now + " THEN " + now + " ELSE p.next END + $2 WHERE p.next <= " + now + " + $3 RETURNING next - $2 - " + now
	var wait int64
	err := d.SQL().QueryRowContext(ctx, d.q(statement), host, gap.Microseconds(), longestWait(gap).Microseconds()).Scan(&wait)
	if errors.Is(err, sql.ErrNoRows) {
		backlog, err := d.backlog(ctx, host)
		if err != nil {
			return 0, err
		}
		return 0, &busyError{host, backlog}
	}
	if err != nil {
		return 0, fmt.Errorf("jobs: the limit of %s: %w", host, err)
	}
	return max(0, time.Duration(wait)*time.Microsecond), nil
}

// backlog returns how long the calls take that wait for a host.
func (d *DB) backlog(ctx context.Context, host string) (time.Duration, error) {
	var wait int64
	err := d.SQL().QueryRowContext(ctx, d.q("SELECT next - "+d.clock()+" FROM open311_pace WHERE host = $1"), host).Scan(&wait)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return max(0, time.Duration(wait)*time.Microsecond), err
}

// hold lets no call to a host through for some time: it has asked for that.
func (d *DB) hold(ctx context.Context, host string, pause time.Duration) error {
	until := d.clock() + " + $2"
	_, err := d.SQL().ExecContext(ctx, d.q("INSERT INTO open311_pace AS p (host, next) VALUES ($1, "+until+") ON CONFLICT (host) DO UPDATE SET next = "+
		"CASE WHEN p.next < "+until+" THEN "+until+" ELSE p.next END"), host, pause.Microseconds())
	return err
}

// Wait implements [open311.Limiter].
func (p pace) Wait(ctx context.Context) error {
	for {
		wait, err := p.db.take(ctx, p.host, p.gap)
		if err != nil || wait == 0 {
			return err
		}
		due := time.Now().Add(wait)
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		case <-t.C:
		}
		// A process that had stood still has missed its instant, and other calls theirs: all of them would go at once.
		if time.Since(due) <= late/2 {
			return nil
		}
	}
}
