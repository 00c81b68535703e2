package database

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/go-open311/open311/mirror"
)

// SQLite is a database file, requests.sqlite, with a table requests. Times are texts in UTC, such as
// 2026-05-01T08:00:00Z, which SQLite's functions read and which sort as the times do.
func SQLite() mirror.Format {
	return mirror.Format{Name: "sqlite", File: "requests.sqlite", Begin: func(ctx context.Context, path string) (mirror.Writer, error) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // and no link is followed
		if err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
		name := path
		if strings.Contains(path, "?") { // which would begin settings
			name = "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
		}
		db, err := sql.Open("sqlite", name)
		if err != nil {
			return nil, err
		}
		w := &sqlite{ctx: ctx, db: db, path: path}
		if err := w.begin(); err != nil {
			w.Discard()
			return nil, err
		}
		return w, nil
	}}
}

type sqlite struct {
	ctx    context.Context
	db     *sql.DB
	path   string
	tx     *sql.Tx
	insert *sql.Stmt
}

func (w *sqlite) begin() (err error) {
	w.db.SetMaxOpenConns(1)
	// The file becomes what it is called only when it is whole: a journal would double it for nothing.
	for _, text := range []string{"PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "CREATE TABLE requests (" +
		names(columns(), func(c column) string { return c.sqlite }) + ")"} {
		if _, err := w.db.ExecContext(w.ctx, text); err != nil {
			return err
		}
	}
	if w.tx, err = w.db.BeginTx(w.ctx, nil); err != nil {
		return err
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(columns())), ", ")
	w.insert, err = w.tx.PrepareContext(w.ctx, "INSERT INTO requests VALUES ("+marks+")")
	return err
}

func (w *sqlite) Write(r *mirror.Record) error {
	row, err := values(r, func(s string) any { return s }, func(t time.Time) any { return t.UTC().Format(time.RFC3339) })
	if err == nil {
		_, err = w.insert.ExecContext(w.ctx, row...)
	}
	return err
}

func (w *sqlite) Commit() error {
	err := errors.Join(w.insert.Close(), w.tx.Commit())
	if err != nil {
		return err
	}
	for _, name := range []string{"service_request_id", "requested_datetime"} {
		if _, err := w.db.ExecContext(w.ctx, "CREATE INDEX requests_"+name+" ON requests ("+name+")"); err != nil {
			return err
		}
	}
	err = w.db.Close()
	w.db = nil
	return err
}

func (w *sqlite) Discard() {
	if w.db == nil {
		return
	}
	if w.tx != nil {
		_ = w.tx.Rollback() // it is not wanted
	}
	_ = w.db.Close()
	_ = os.Remove(w.path)
}
