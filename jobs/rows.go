package jobs

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// columns are those of a table, with their types in PostgreSQL.
type columns []column

type column struct {
	name, kind string
	same       bool // for all rows of a statement
}

// insert writes rows into a table; tail says what to do about those that are there. PostgreSQL takes all of them in one
// statement, as an array a column.
func (d *DB) insert(ctx context.Context, tx *sql.Tx, table string, cols columns, tail string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if d.postgres() {
		_, err := tx.ExecContext(ctx, cols.insertAll(table)+tail, arrays(cols, rows)...)
		return err
	}
	return d.insertEach(ctx, tx, cols.insertOne(table)+tail, rows, func(int, sql.Result) error { return nil })
}

// insertNew writes rows into a table that are not there by their key, of which id is the last column, and returns their ids.
func (d *DB) insertNew(ctx context.Context, tx *sql.Tx, table, key string, cols columns, rows [][]any) (map[string]bool, error) {
	added := make(map[string]bool, len(rows))
	if len(rows) == 0 {
		return added, nil
	}
	tail := "ON CONFLICT (" + key + ") DO NOTHING"
	if d.postgres() {
		list, err := tx.QueryContext(ctx, cols.insertAll(table)+tail+" RETURNING id", arrays(cols, rows)...)
		if err != nil {
			return nil, err
		}
		for list.Next() {
			var id string
			if err := list.Scan(&id); err != nil {
				return nil, closing(list, err)
			}
			added[id] = true
		}
		return added, closing(list, nil)
	}
	return added, d.insertEach(ctx, tx, cols.insertOne(table)+tail, rows, func(i int, res sql.Result) error {
		n, err := res.RowsAffected()
		if n == 1 {
			added[rows[i][1].(string)] = true
		}
		return err
	})
}

func (d *DB) insertEach(ctx context.Context, tx *sql.Tx, statement string, rows [][]any, done func(i int, res sql.Result) error) error {
	insert, err := tx.PrepareContext(ctx, d.q(statement))
	if err != nil {
		return err
	}
	for i, row := range rows {
		res, err := insert.ExecContext(ctx, row...)
		if err == nil {
			err = done(i, res)
		}
		if err != nil {
			return errors.Join(err, insert.Close())
		}
	}
	return insert.Close()
}

func (c columns) list() string {
	names := make([]string, len(c))
	for i := range c {
		names[i] = c[i].name
	}
	return strings.Join(names, ", ")
}

// insertOne is a statement that writes a row.
func (c columns) insertOne(table string) string {
	marks := make([]string, len(c))
	for i := range c {
		marks[i] = "$" + strconv.Itoa(i+1)
	}
	return "INSERT INTO " + table + " (" + c.list() + ") VALUES (" + strings.Join(marks, ", ") + ") "
}

// insertAll is a statement of PostgreSQL that writes rows, which are given as an array a column.
func (c columns) insertAll(table string) string {
	values, arrays, names := make([]string, len(c)), []string(nil), []string(nil)
	for i, col := range c {
		mark := "$" + strconv.Itoa(i+1) + "::" + col.kind
		if col.same {
			values[i] = mark
			continue
		}
		values[i], arrays, names = "n."+col.name, append(arrays, mark+"[]"), append(names, col.name)
	}
	return "INSERT INTO " + table + " (" + c.list() + ") SELECT " + strings.Join(values, ", ") +
		" FROM unnest(" + strings.Join(arrays, ", ") + ") AS n (" + strings.Join(names, ", ") + ") "
}

// arrays turns rows into columns. Only times and coordinates may be missing.
func arrays(cols columns, rows [][]any) []any {
	out := make([]any, len(cols))
	for i, c := range cols {
		switch {
		case c.same:
			out[i] = rows[0][i]
		case c.kind == "timestamptz":
			out[i] = columnOrNull[time.Time](rows, i)
		case c.kind == "float8":
			out[i] = columnOrNull[float64](rows, i)
		case c.kind == "bigint":
			out[i] = columnOf[int64](rows, i)
		default:
			out[i] = columnOf[string](rows, i)
		}
	}
	return out
}

func columnOf[T any](rows [][]any, i int) []T {
	out := make([]T, len(rows))
	for n, row := range rows {
		out[n] = row[i].(T)
	}
	return out
}

func columnOrNull[T any](rows [][]any, i int) []*T {
	out, values := make([]*T, len(rows)), make([]T, len(rows))
	for n, row := range rows {
		if v, ok := row[i].(T); ok {
			values[n] = v
			out[n] = &values[n]
		}
	}
	return out
}

// closing closes rows, and returns what went wrong with them, if nothing has before.
func closing(rows *sql.Rows, err error) error {
	return errors.Join(err, rows.Close(), rows.Err())
}

// storableText returns a text without what PostgreSQL does not take: bytes that are no UTF-8, and the character zero.
func storableText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// storable returns JSON without what PostgreSQL does not take: the character zero, and halves of surrogates. Only what
// a city has sent beside the named fields can have them.
func storable(doc []byte) ([]byte, error) {
	if !bytes.Contains(doc, []byte(`\u0000`)) && !bytes.Contains(doc, []byte(`\ud`)) && !bytes.Contains(doc, []byte(`\uD`)) {
		return doc, nil
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(withoutZero(v)) // decoding has put U+FFFD for halves
}

func withoutZero(v any) any {
	switch v := v.(type) {
	case string:
		return storableText(v)
	case []any:
		for i := range v {
			v[i] = withoutZero(v[i])
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for key, value := range v {
			clean[storableText(key)] = withoutZero(value)
		}
		return clean
	}
	return v
}
