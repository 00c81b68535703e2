package database

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/go-open311/open311/mirror"
)

// PostgreSQL is a table of a database. The connection is a URL or a string of settings; what it leaves out, such as the
// password, comes from the environment (PGHOST, PGUSER, PGPASSWORD …) or from ~/.pgpass, as psql has it.
func PostgreSQL(connection, table string) mirror.Format {
	return mirror.Format{Name: "postgres", Begin: func(ctx context.Context, _ string) (mirror.Writer, error) {
		conn, err := connect(ctx, connection)
		if err != nil {
			return nil, err
		}
		w := &postgres{ctx: ctx, conn: conn, table: table}
		if err := w.begin(); err != nil {
			w.Discard()
			return nil, err
		}
		return w, nil
	}}
}

// Reach connects to PostgreSQL and leaves, so that a copy which could not be written is not begun.
func Reach(ctx context.Context, connection string) error {
	conn, err := connect(ctx, connection)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func connect(ctx context.Context, connection string) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, connection)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL, as OPEN311_POSTGRES or PGHOST and the like name it: %w", err)
	}
	return conn, nil
}

// A copy is written into a new table, which takes the place of the old one when it is whole.
type postgres struct {
	ctx   context.Context
	conn  *pgx.Conn
	table string
	tx    pgx.Tx
	rows  chan []any
	done  chan error
	row   []any
	sent  bool // rows are on their way
}

func (w *postgres) next() string { return w.table + "_next" }

func quote(table string) string { return pgx.Identifier(strings.Split(table, ".")).Sanitize() }

func (w *postgres) begin() (err error) {
	if w.tx, err = w.conn.Begin(w.ctx); err != nil {
		return err
	}
	_, err = w.tx.Exec(w.ctx, "DROP TABLE IF EXISTS "+quote(w.next())+"; CREATE TABLE "+quote(w.next())+" ("+
		names(columns(), func(c column) string { return c.postgres })+")")
	if err != nil {
		return err
	}
	w.rows, w.done, w.sent = make(chan []any, 64), make(chan error, 1), true
	var list []string
	for _, c := range columns() {
		list = append(list, c.name)
	}
	go func() {
		_, err := w.tx.CopyFrom(w.ctx, strings.Split(w.next(), "."), list, w)
		w.done <- err
	}()
	return nil
}

// Next, Values and Err are a pgx.CopyFromSource.
func (w *postgres) Next() bool {
	row, ok := <-w.rows
	w.row = row
	return ok
}

func (w *postgres) Values() ([]any, error) { return w.row, nil }
func (w *postgres) Err() error             { return w.ctx.Err() }

func (w *postgres) Write(r *mirror.Record) error {
	row, err := values(r, func(s string) any { return strings.ReplaceAll(s, "\x00", "") }, func(t time.Time) any { return t })
	if err != nil {
		return err
	}
	if last := len(row) - 1; row[last] != nil {
		if row[last], err = storable(row[last].(string)); err != nil {
			return err
		}
	}
	select {
	case w.rows <- row:
		return nil
	case err := <-w.done: // the database has ended it
		w.done <- err
		return err
	}
}

// storable returns JSON without what PostgreSQL does not take: the character zero, and halves of surrogates.
func storable(text string) (json.RawMessage, error) {
	if !strings.Contains(text, `\u`) {
		return json.RawMessage(text), nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	out, err := json.Marshal(v)
	// Decoding has put U+FFFD for halves; encoding/json writes a zero, of all that is left, as \u0000, and a
	// backslash of a text as two.
	var b bytes.Buffer
	for i := 0; i < len(out); i++ {
		switch {
		case bytes.HasPrefix(out[i:], []byte(`\u0000`)):
			i += len(`\u0000`) - 1
		case out[i] == '\\' && i+1 < len(out):
			b.Write(out[i : i+2])
			i++
		default:
			b.WriteByte(out[i])
		}
	}
	return b.Bytes(), err
}

func (w *postgres) Commit() error {
	close(w.rows)
	w.sent = false
	if err := <-w.done; err != nil {
		return err
	}
	schema, name, ok := strings.Cut(w.table, ".")
	if !ok {
		name = schema
	}
	_, err := w.tx.Exec(w.ctx, "DROP TABLE IF EXISTS "+quote(w.table)+"; ALTER TABLE "+quote(w.next())+" RENAME TO "+
		pgx.Identifier{name}.Sanitize()+"; CREATE INDEX ON "+quote(w.table)+" (service_request_id); CREATE INDEX ON "+
		quote(w.table)+" (requested_datetime)")
	if err == nil {
		err = w.tx.Commit(w.ctx)
	}
	return err
}

func (w *postgres) Discard() {
	if w.sent {
		close(w.rows)
		<-w.done //nolint:errcheck // its fault is that the copy was broken off
		w.sent = false
	}
	// Closing the connection ends the transaction, if it has not ended.
	_ = w.conn.Close(context.WithoutCancel(w.ctx))
}
