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

// Outbox returns the reports of a city that are in the database, as an [open311.Outbox]. One that another process has
// changed since it was read here cannot be stored any more, and so is not sent by both.
func (d *DB) Outbox(city string) open311.Outbox {
	if d == nil {
		d = &DB{}
	}
	return &outbox{db: d, city: city, revisions: map[string]int64{}}
}

type outbox struct {
	db        *DB
	city      string
	revisions map[string]int64 // of the filings that were read or stored here
}

// Put implements [open311.Outbox].
func (o *outbox) Put(ctx context.Context, f *open311.Filing) error {
	err := o.db.within(ctx, func(tx *sql.Tx) error { return o.put(ctx, tx, f) })
	if err == nil {
		o.revisions[f.ID]++
	}
	return err
}

func (o *outbox) put(ctx context.Context, tx *sql.Tx, f *open311.Filing) error {
	doc, err := json.Marshal(f)
	if err == nil {
		doc, err = storable(doc)
	}
	if err != nil {
		return err
	}
	revision, changed := o.revisions[f.ID], f.Changed
	if changed.IsZero() {
		changed = time.Now()
	}
	state := f.State
	if state == "" {
		state = open311.FilingReady
	}
	if revision == 0 {
		err = one(tx.ExecContext(ctx, o.db.q("INSERT INTO open311_filing (id, server, state, revision, changed, doc) VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT (id) DO NOTHING"),
			f.ID, o.city, string(state), o.db.at(changed), string(doc)))
	} else {
		err = one(tx.ExecContext(ctx, o.db.q("UPDATE open311_filing SET state = $1, revision = revision + 1, changed = $2, doc = $3 WHERE id = $4 AND server = $5 AND revision = $6"),
			string(state), o.db.at(changed), string(doc), f.ID, o.city, revision))
	}
	if err == nil {
		err = o.hold(ctx, tx, f, revision+1)
	}
	if err != nil {
		return fmt.Errorf("jobs: filing %s: %w", f.ID, err)
	}
	return nil
}

// hold notes of a report that is about to leave that it has not left.
func (o *outbox) hold(ctx context.Context, tx *sql.Tx, f *open311.Filing, revision int64) error {
	_, err := tx.ExecContext(ctx, o.db.q("DELETE FROM open311_unsent WHERE id = $1"), f.ID)
	if n := len(f.Attempts); err != nil || o.db.boot == "" || f.State != open311.FilingSending || n == 0 || !f.Attempts[n-1].Ended.IsZero() {
		return err
	}
	_, err = tx.ExecContext(ctx, o.db.q("INSERT INTO open311_unsent (id, revision, boot) VALUES ($1, $2, $3)"), f.ID, revision, o.db.boot)
	return err
}

// Leave takes away the note that a report has not left. It is there once: whoever takes it sends the report.
func (o *outbox) Leave(ctx context.Context, id string) error {
	if o.db.boot == "" {
		return nil
	}
	if err := o.take(ctx, id); err != nil {
		return fmt.Errorf("jobs: filing %s: %w", id, err)
	}
	return nil
}

// Left reports whether a report may have left that its process has marked as sending. If it has not, that process cannot
// send it any more.
func (o *outbox) Left(ctx context.Context, id string) bool {
	return o.db.boot == "" || o.take(ctx, id) != nil
}

func (o *outbox) take(ctx context.Context, id string) error {
	return o.db.quickly(ctx, func(conn *sql.Conn) error {
		return one(conn.ExecContext(ctx, o.db.q("DELETE FROM open311_unsent WHERE id = $1 AND revision = $2 AND boot = $3"), id, o.revisions[id], o.db.boot))
	})
}

// Get returns a filing; the error for none matches [open311.ErrNotFound].
func (o *outbox) Get(ctx context.Context, id string) (*open311.Filing, error) {
	f, revision, err := scanFiling(o.db.SQL().QueryRowContext(ctx, o.db.q("SELECT doc, revision FROM open311_filing WHERE server = $1 AND id = $2"), o.city, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = open311.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("jobs: filing %s: %w", id, err)
	}
	o.revisions[id] = revision
	return f, nil
}

func scanFiling(row interface{ Scan(...any) error }) (*open311.Filing, int64, error) {
	var doc string
	var revision int64
	if err := row.Scan(&doc, &revision); err != nil {
		return nil, 0, err
	}
	f := new(open311.Filing)
	return f, revision, json.Unmarshal([]byte(doc), f)
}

// Pending implements [open311.Outbox].
func (o *outbox) Pending(ctx context.Context) iter.Seq2[*open311.Filing, error] {
	return o.yield(func() ([]*open311.Filing, error) { return o.pending(ctx) })
}

func (o *outbox) pending(ctx context.Context) ([]*open311.Filing, error) {
	return o.list(ctx, "state NOT IN ($2, $3) ORDER BY changed", string(open311.FilingFiled), string(open311.FilingRefused))
}

// Filed yields the reports of the city that have been filed since a time, by any process.
func (o *outbox) Filed(ctx context.Context, since time.Time) iter.Seq2[*open311.Filing, error] {
	return o.yield(func() ([]*open311.Filing, error) {
		return o.list(ctx, "state = $2 AND changed >= $3", string(open311.FilingFiled), o.db.at(since))
	})
}

// yield yields what is listed, and then the error if there was one.
func (o *outbox) yield(list func() ([]*open311.Filing, error)) iter.Seq2[*open311.Filing, error] {
	return func(yield func(*open311.Filing, error) bool) {
		filings, err := list()
		for _, f := range filings {
			if !yield(f, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, fmt.Errorf("jobs: the outbox of %s: %w", o.city, err))
		}
	}
}

func (o *outbox) list(ctx context.Context, which string, args ...any) (list []*open311.Filing, err error) {
	rows, err := o.db.SQL().QueryContext(ctx, o.db.q("SELECT doc, revision FROM open311_filing WHERE server = $1 AND "+which), append([]any{o.city}, args...)...)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		f, revision, err := scanFiling(rows)
		if err != nil {
			return list, closing(rows, err)
		}
		o.revisions[f.ID] = revision
		list = append(list, f)
	}
	return list, closing(rows, nil)
}
