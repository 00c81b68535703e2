package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/servers"
)

// limit notes how far apart the calls to a city's host have to be. The strictest of its cities counts.
func (r *Runner) limit(city servers.Server) error {
	dialect, err := city.Dialect()
	if err != nil {
		return fmt.Errorf("jobs: the city %s: %w", city.Key, err)
	}
	l := city.RateLimit
	if l.Calls <= 0 || l.Seconds <= 0 {
		perSecond := dialect.RateLimit
		if perSecond <= 0 {
			perSecond = r.cfg.PerSecond
		}
		l = servers.RateLimit{Calls: int(math.Round(perSecond * 60)), Seconds: 60} // servers state their limits by the minute
	}
	if l.Calls > 0 {
		// A little more than that: calls do not take the same time to get there.
		gap := (time.Duration(l.Seconds)*time.Second*51/50 + late) / time.Duration(l.Calls)
		r.hosts[hostOf(city)] = max(r.hosts[hostOf(city)], gap)
	}
	return nil
}

// late is how much later than another one a call may reach its host.
const late = time.Second / 2

func hostOf(city servers.Server) string {
	u, err := url.Parse(city.BaseURL)
	if err != nil {
		return city.BaseURL
	}
	return strings.ToLower(u.Host)
}

// session is what a job needs to talk to a city.
type session struct {
	*open311.Client
	r    *Runner
	city servers.Server
	row  server
	host string
}

// patience is how long the row of calls to a host may be before a job begins that adds to it.
const patience = 15 * time.Second

// open makes a client for a city that knows what others have learned of it. The error may be that the calls of others to
// that host fill the next time already.
func (r *Runner) open(ctx context.Context, key string) (*session, error) {
	city, err := r.city(key)
	if err != nil {
		return nil, river.JobSnooze(time.Minute) // another process may have it
	}
	s := &session{r: r, city: city, host: hostOf(city)}
	if gap := r.hosts[s.host]; gap > 0 {
		backlog, err := r.db.backlog(ctx, s.host)
		if err != nil {
			return nil, err
		}
		if backlog > max(patience, 2*gap) {
			return nil, &busyError{s.host, backlog}
		}
	}
	if s.row, err = r.db.serverRow(ctx, key); err != nil {
		return nil, err
	}
	s.Client, err = city.Open(r.options(s)...)
	return s, err
}

func (r *Runner) options(s *session) []open311.Option {
	opts := []open311.Option{open311.WithLearned(s.row.learned), open311.WithLogger(r.cfg.Logger), open311.WithLimiter(nil)}
	if gap := r.hosts[s.host]; gap > 0 {
		opts = append(opts, open311.WithLimiter(pace{r.db, s.host, gap}))
	}
	if r.cfg.Options != nil {
		opts = append(opts, r.cfg.Options(s.city)...)
	}
	return opts
}

// complete stores what a job has done and that it is done: both, or neither. The row of the city is locked first, so that of
// two processes that work the same job, because one of them was taken for dead, only one completes it.
func complete[T river.JobArgs](ctx context.Context, r *Runner, job *river.Job[T], key string, f func(*sql.Tx) error) error {
	return r.db.within(ctx, func(tx *sql.Tx) error {
		if err := r.db.advance(ctx, tx, key, "shards = shards", "TRUE"); err != nil {
			return err
		}
		now, err := r.river.JobGetTx(ctx, tx, job.ID)
		if err != nil {
			return err
		}
		if now.State != job.State || now.Attempt != job.Attempt {
			return errOvertaken
		}
		if err := f(tx); err != nil {
			return err
		}
		_, err = river.JobCompleteTx[riverdriver.Driver[*sql.Tx]](ctx, tx, job)
		return err
	})
}

// settle turns what came of a job into what River makes of it, and tells who wants to know.
func (r *Runner) settle(ctx context.Context, done Result, began time.Time) error {
	done.Took = time.Since(began)
	err := r.outcome(ctx, done.City, done.Err)
	if snooze := new(river.JobSnoozeError); errors.As(err, &snooze) {
		done.Err = nil
	}
	if r.cfg.Done != nil {
		r.cfg.Done(ctx, done)
	}
	return err
}

func asBusy(err error) *busyError {
	busy, _ := errors.AsType[*busyError](err)
	return busy
}

// holdLongest is the longest that a server is left alone because it asks for it.
const holdLongest = 24 * time.Hour

func (r *Runner) outcome(ctx context.Context, key string, err error) error {
	var snooze *river.JobSnoozeError
	switch {
	case err == nil || errors.As(err, &snooze):
		return err
	case asBusy(err) != nil:
		wait := asBusy(err).wait
		return river.JobSnooze(wait + rand.N(wait+time.Second))
	case errors.Is(err, errOvertaken):
		return river.JobCancel(err)
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) && !errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely):
		return river.JobSnooze(0) // this process ends
	}
	ctx = context.WithoutCancel(ctx)
	if noted := r.db.fail(ctx, key, err); noted != nil {
		err = errors.Join(err, noted)
	}
	_, partly := errors.AsType[*open311.TruncatedError](err)
	refused, asked := errors.AsType[*open311.APIError](err)
	invalid, wrong := errors.AsType[*open311.ValidationError](err)
	gone, retired := errors.AsType[*servers.RetiredError](err)
	switch {
	case asked && (refused.RetryAfter > 0 || errors.Is(err, open311.ErrRateLimited)):
		pause := min(max(refused.RetryAfter, time.Second), holdLongest)
		if refused.RetryAfter == 0 {
			pause = time.Minute
		}
		if held := r.db.hold(ctx, hostOf(r.cities[key]), pause); held != nil {
			return errors.Join(err, held)
		}
		if partly {
			return err // each try counts
		}
		return river.JobSnooze(pause)
	case partly:
		return err
	case wrong:
		return river.JobCancel(invalid)
	case retired:
		return river.JobCancel(gone)
	case errors.Is(err, open311.ErrForbidden), errors.Is(err, open311.ErrCheckpoint):
		return river.JobCancel(err)
	}
	return err
}
