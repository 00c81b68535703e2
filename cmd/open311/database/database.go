// Package database writes the copy of a city that package mirror makes into a table: of SQLite, or of PostgreSQL.
//
// The columns are the fields of a request by the specification's names, [mirror.Columns], and extra, a JSON object of
// what else it has. A copy replaces the table of the one before in one transaction: who reads it sees the old one or
// the new one.
package database

import (
	"strings"
	"time"

	"github.com/go-open311/open311/mirror"
)

// column is a column of a table, and how a request fills it.
type column struct {
	name, sqlite, postgres string
}

// columns returns those of the table.
func columns() (list []column) {
	for _, name := range mirror.Columns() {
		c := column{name, "TEXT", "text"}
		switch {
		case strings.HasSuffix(name, "_datetime"):
			c.postgres = "timestamptz"
		case name == "lat", name == "long":
			c.sqlite, c.postgres = "REAL", "double precision"
		}
		list = append(list, c)
	}
	return append(list, column{"extra", "TEXT", "jsonb"})
}

// names lists the columns with a prefix of each, such as its type, joined by commas.
func names(list []column, kind func(column) string) string {
	var b strings.Builder
	for i, c := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(`"` + c.name + `"`)
		if k := kind(c); k != "" {
			b.WriteString(" " + k)
		}
	}
	return b.String()
}

// values are those of a row, nil for what a request does not say. Texts are passed through text, times through when.
func values(r *mirror.Record, text func(string) any, when func(time.Time) any) ([]any, error) {
	texts, extra, err := r.Values()
	if err != nil {
		return nil, err
	}
	row := make([]any, len(texts)+1)
	for i, t := range texts {
		if t != "" {
			row[i] = text(t)
		}
	}
	q := r.Request
	for i, name := range mirror.Columns() {
		switch {
		case name == "lat" || name == "long":
			row[i] = nil // what is no place is in the record's extra
			if r.Place != nil && name == "lat" {
				row[i] = r.Place.Lat
			} else if r.Place != nil {
				row[i] = r.Place.Long
			}
		case strings.HasSuffix(name, "_datetime"):
			row[i] = nil
			t := map[string]time.Time{"requested_datetime": q.RequestedDatetime, "updated_datetime": q.UpdatedDatetime, "expected_datetime": q.ExpectedDatetime}[name]
			if !t.IsZero() {
				row[i] = when(t)
			}
		}
	}
	if extra != "" {
		row[len(texts)] = text(extra)
	}
	return row, nil
}
