package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/go-open311/open311"
)

// server is the row of a city: how far its jobs have come.
type server struct {
	learned    open311.Learned
	plan       int64     // how many backfills were planned
	shards     int64     // of the latest, how many are still to be done
	planned    time.Time // when it began
	progressed time.Time
	harvested  time.Time // when that backfill was complete; zero: it is not
}

// serverRow reads the row of a city; there is none before its first job.
func (d *DB) serverRow(ctx context.Context, key string) (server, error) {
	var s server
	var learned sql.NullString
	var planned, progressed, harvested moment
	err := d.SQL().QueryRowContext(ctx, d.q("SELECT learned, plan, shards, planned, progressed, harvested FROM open311_server WHERE server = $1"), key).
		Scan(&learned, &s.plan, &s.shards, &planned, &progressed, &harvested)
	if errors.Is(err, sql.ErrNoRows) {
		_, err := d.SQL().ExecContext(ctx, d.q("INSERT INTO open311_server (server) VALUES ($1) ON CONFLICT (server) DO NOTHING"), key)
		return s, err
	}
	if err != nil {
		return s, err
	}
	s.planned, s.progressed, s.harvested = planned.Time, progressed.Time, harvested.Time
	if learned.Valid {
		// What a newer program has learned, this one learns anew.
		_ = json.Unmarshal([]byte(learned.String), &s.learned)
	}
	return s, nil
}

// learn stores what a client has found out, for all other processes.
func (d *DB) learn(ctx context.Context, key string, l open311.Learned) error {
	if l.IsZero() {
		return nil
	}
	text, err := json.Marshal(l)
	if err == nil {
		_, err = d.SQL().ExecContext(ctx, d.q("UPDATE open311_server SET learned = $1 WHERE server = $2"), string(text), key)
	}
	return err
}

// succeeded are the changes of a city's row when nothing is wrong with it any more.
const succeeded = "succeeded = $2, failed = NULL, error = NULL"

// fail notes an error of a city's job.
func (d *DB) fail(ctx context.Context, key string, cause error) error {
	_, err := d.SQL().ExecContext(ctx, d.q("UPDATE open311_server SET failed = $1, error = $2 WHERE server = $3"), d.at(time.Now()), storableText(cause.Error()), key)
	return err
}

// errOvertaken is what ends a job whose work another process has taken over: this one was stuck or away for so long.
var errOvertaken = errors.New("jobs: another process has taken over")

// advance changes columns of a city's row, and locks it until the transaction ends. condition must hold, or the error
// is errOvertaken.
func (d *DB) advance(ctx context.Context, tx *sql.Tx, key, changes, condition string, args ...any) error {
	res, err := tx.ExecContext(ctx, d.q("UPDATE open311_server SET "+changes+" WHERE server = $1 AND "+condition), append([]any{key}, args...)...)
	return one(res, err)
}

// one returns errOvertaken if a statement has not changed one row.
func one(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errOvertaken, err)
	}
	return nil
}

// Requests yields the requests of a city that are in the table, those that are gone excepted.
func (d *DB) Requests(ctx context.Context, city string) iter.Seq2[*open311.ServiceRequest, error] {
	return func(yield func(*open311.ServiceRequest, error) bool) {
		rows, err := d.SQL().QueryContext(ctx, d.q("SELECT doc FROM open311_request WHERE server = $1 AND gone IS NULL"), city)
		if err != nil {
			yield(nil, err)
			return
		}
		for rows.Next() {
			var doc sql.RawBytes
			r := new(open311.ServiceRequest)
			if err = rows.Scan(&doc); err == nil {
				err = json.Unmarshal(doc, r)
			}
			if err != nil {
				break
			}
			if !yield(r, nil) {
				_ = rows.Close() // nobody asks for more
				return
			}
		}
		if err := closing(rows, err); err != nil {
			yield(nil, fmt.Errorf("jobs: the requests of %s: %w", city, err))
		}
	}
}
