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
type columns []struct{ name, kind string }

// insert writes rows into a table; tail says what to do about those that are there. PostgreSQL takes all of them in one
// statement, as an array a column.
func (d *DB) insert(ctx context.Context, tx *sql.Tx, table string, cols columns, tail string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	names, marks, values := make([]string, len(cols)), make([]string, len(cols)), make([]string, len(cols))
	for i, c := range cols {
		names[i], values[i] = c.name, c.name
		marks[i] = "$" + strconv.Itoa(i+1)
		if c.kind == "jsonb" {
			values[i] += "::jsonb"
		}
	}
	list := strings.Join(names, ", ")
	begin := "INSERT INTO " + table + " (" + list + ") "
	if d.postgres() {
		for i, c := range cols {
			marks[i] += "::" + strings.Replace(c.kind, "jsonb", "text", 1) + "[]"
		}
		_, err := tx.ExecContext(ctx, begin+"SELECT "+strings.Join(values, ", ")+" FROM unnest("+strings.Join(marks, ", ")+") AS n ("+list+") "+tail,
			arrays(cols, rows)...)
		return err
	}
	insert, err := tx.PrepareContext(ctx, d.q(begin+"VALUES ("+strings.Join(marks, ", ")+") "+tail))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return errors.Join(err, insert.Close())
		}
	}
	return insert.Close()
}

// arrays turns rows into columns.
func arrays(cols columns, rows [][]any) []any {
	out := make([]any, len(cols))
	for i, c := range cols {
		switch c.kind {
		case "timestamptz":
			out[i] = columnOf[time.Time](rows, i)
		case "float8":
			out[i] = columnOf[float64](rows, i)
		case "bigint":
			out[i] = columnOf[int64](rows, i)
		default:
			out[i] = columnOf[string](rows, i)
		}
	}
	return out
}

func columnOf[T any](rows [][]any, i int) []*T {
	out := make([]*T, len(rows))
	for n, row := range rows {
		if v, ok := row[i].(T); ok {
			out[n] = &v
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
