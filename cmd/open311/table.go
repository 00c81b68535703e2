package main

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
)

// output is the flag that says how to write.
type output struct {
	Format string `enum:"table,csv,json,ndjson" default:"table" help:"How to write: table, csv, json or ndjson."`
}

// writer writes rows as they come, in one of the formats. Of csv and table it writes the columns.
type writer struct {
	format  string
	out     io.Writer
	columns []string
	tab     *tabwriter.Writer
	n       int
}

func (o output) to(out io.Writer, columns ...string) *writer {
	w := &writer{format: o.Format, out: out, columns: columns}
	if o.Format == "table" {
		w.tab = tabwriter.NewWriter(out, 0, 1, 2, ' ', 0)
	}
	return w
}

// row writes one thing: all of it in JSON, its cells elsewhere.
func (w *writer) row(thing any, cells ...string) error {
	w.n++
	if w.format != "csv" && w.tab == nil {
		return w.json(thing)
	}
	if w.n == 1 {
		if err := w.line(w.columns); err != nil {
			return err
		}
	}
	return w.line(cells)
}

func (w *writer) json(thing any) error {
	text, err := json.Marshal(thing)
	if err != nil {
		return err
	}
	before, after := "", "\n"
	if w.format == "json" {
		before, after = ",\n", ""
		if w.n == 1 {
			before = "[\n"
		}
	}
	_, err = io.WriteString(w.out, before+string(text)+after)
	return err
}

func (w *writer) line(cells []string) error {
	cells = slices.Clone(cells)
	for i, c := range cells {
		cells[i] = safe(c, w.tab == nil)
	}
	if w.tab == nil {
		// All cells are quoted: where ; separates cells, one in a text would make a second cell, and that a formula.
		for i, c := range cells {
			cells[i] = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		_, err := io.WriteString(w.out, strings.Join(cells, ",")+"\n")
		return err
	}
	for i, c := range cells[:len(cells)-1] {
		cells[i] = clip(c, 22)
	}
	_, err := io.WriteString(w.tab, strings.Join(cells, "\t")+"\n")
	return err
}

// safe takes out what a terminal would take for commands, and in CSV what a spreadsheet would take for a formula.
func safe(s string, sheet bool) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if sheet && s != "" && strings.ContainsAny(s[:1], "=+-@") {
		return "'" + s
	}
	return s
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// end writes what is still held back.
func (w *writer) end() error {
	switch {
	case w.tab != nil:
		return w.tab.Flush()
	case w.format == "json" && w.n == 0:
		_, err := io.WriteString(w.out, "[]\n")
		return err
	case w.format == "json":
		_, err := io.WriteString(w.out, "\n]\n")
		return err
	}
	return nil
}
