package jobs

import (
	"context"
	"time"

	"github.com/go-open311/open311"
)

// Status is how far a fleet has come.
type Status struct {
	Cities  []CityStatus
	Filings []FilingStatus
	Jobs    map[string]int // by their state in the queue: "running"
}

// CityStatus is how far the jobs of a city have come. Times are zero for what has not happened yet.
type CityStatus struct {
	City      string
	Rows      int       // requests in the table
	Changes   int       // changes in the history
	Shards    int       // of a backfill, how many are still to be done
	Gaps      int       // what the backfill could not have
	Harvested time.Time // when the backfill was complete
	Followed  time.Time // when it was last followed, without anything missing
	Succeeded time.Time // when a job that reads requests has last succeeded
	Checked   time.Time // when the server was last found well
	Took      time.Duration
	Failed    time.Time // when a job has last failed, if none has succeeded since
	Error     string
}

// FilingStatus is how many reports to a city are in a state.
type FilingStatus struct {
	City  string
	State open311.FilingState
	N     int
}

const cityStatus = `SELECT s.server, coalesce(r.n, 0), coalesce(c.n, 0), s.shards, s.gaps, s.harvested, s.followed, s.succeeded, s.checked, coalesce(s.took, 0), s.failed, coalesce(s.error, '')
	FROM open311_server s
	LEFT JOIN (SELECT server, count(*) AS n FROM open311_request WHERE gone IS NULL GROUP BY server) r ON r.server = s.server
	LEFT JOIN (SELECT server, count(*) AS n FROM open311_change GROUP BY server) c ON c.server = s.server
	ORDER BY s.server`

// Status returns how far the fleet has come. It counts: that takes a second for some million requests.
func (d *DB) Status(ctx context.Context) (*Status, error) {
	s := &Status{Jobs: map[string]int{}}
	err := d.each(ctx, cityStatus, func(scan func(...any) error) error {
		var c CityStatus
		var harvested, followed, succeeded, checked, failed moment
		var took int64
		err := scan(&c.City, &c.Rows, &c.Changes, &c.Shards, &c.Gaps, &harvested, &followed, &succeeded, &checked, &took, &failed, &c.Error)
		c.Harvested, c.Followed, c.Succeeded = harvested.Time, followed.Time, succeeded.Time
		c.Checked, c.Failed, c.Took = checked.Time, failed.Time, time.Duration(took)*time.Millisecond
		s.Cities = append(s.Cities, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = d.each(ctx, "SELECT server, state, count(*) FROM open311_filing GROUP BY server, state ORDER BY server, state", func(scan func(...any) error) error {
		var f FilingStatus
		err := scan(&f.City, &f.State, &f.N)
		s.Filings = append(s.Filings, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, d.each(ctx, "SELECT state, count(*) FROM river_job WHERE kind LIKE 'open311%' GROUP BY state", func(scan func(...any) error) error {
		var state string
		var n int
		err := scan(&state, &n)
		s.Jobs[state] = n
		return err
	})
}

// each calls f for each row of a query.
func (d *DB) each(ctx context.Context, query string, f func(scan func(...any) error) error, args ...any) error {
	rows, err := d.SQL().QueryContext(ctx, d.q(query), args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return closing(rows, err)
		}
	}
	return closing(rows, nil)
}

// Waiting returns the reports of all cities that wait for a person, by city: see [Runner.Decide]. Each has the
// candidates that may be it.
func (d *DB) Waiting(ctx context.Context) (map[string][]*open311.Filing, error) {
	found := map[string][]*open311.Filing{}
	return found, d.each(ctx, "SELECT server, doc, revision FROM open311_filing WHERE state = $1 ORDER BY changed", func(scan func(...any) error) error {
		var city string
		f, _, err := scanFiling(rowFunc(func(to ...any) error { return scan(append([]any{&city}, to...)...) }))
		found[city] = append(found[city], f)
		return err
	}, string(open311.FilingWaiting))
}

// rowFunc is a row by its Scan.
type rowFunc func(...any) error

func (f rowFunc) Scan(to ...any) error { return f(to...) }
