package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-open311/open311/mirror"
)

// output is the flag that says how to write.
type output struct {
	Format string `enum:"table,csv,json,ndjson" default:"table" placeholder:"FORM" help:"How to write: table, csv, json or ndjson."`
}

// writer writes rows as they come, in one of the formats. Of csv and table it writes the columns.
type writer struct {
	format  string
	out     io.Writer
	columns []string
	n       int

	first  [][]string // of a table, until its widths are known
	widths []int
}

// A table is as wide as its first rows want, and a terminal allows.
const (
	measured   = 100
	widest     = 22 // of a column that is not the last
	screenWide = 80
)

func (o output) to(out io.Writer, columns ...string) *writer {
	return &writer{format: o.Format, out: out, columns: columns}
}

// row writes one thing: all of it in JSON, its cells elsewhere.
func (w *writer) row(thing any, cells ...string) error {
	w.n++
	if w.format != "csv" && w.format != "table" {
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
	_, err = io.WriteString(w.out, before+escaped(string(text))+after)
	return err
}

// escaped writes in a text of JSON as \u009b what a terminal would obey, and encoding/json leaves as it is.
func escaped(text string) string {
	if !strings.ContainsFunc(text, obeyed) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if obeyed(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (w *writer) line(cells []string) error {
	cells = slices.Clone(cells)
	for i, c := range cells {
		cells[i] = safe(c)
		if w.format == "csv" {
			cells[i] = mirror.Cell(cells[i])
		}
	}
	switch {
	case w.format == "csv":
		_, err := io.WriteString(w.out, strings.Join(cells, ",")+"\n")
		return err
	case w.widths != nil:
		return w.print(cells)
	}
	if w.first = append(w.first, cells); len(w.first) == measured {
		return w.layout()
	}
	return nil
}

// layout chooses the widths of a table by its first rows, and prints them.
func (w *writer) layout() error {
	w.widths = make([]int, len(w.columns))
	sum := 0
	for i := range w.widths[:len(w.widths)-1] {
		for _, cells := range w.first {
			w.widths[i] = min(max(w.widths[i], utf8.RuneCountInString(cells[i])), widest)
		}
		sum += w.widths[i] + 2
	}
	if w.widths[len(w.widths)-1] = 1 << 20; terminal(w.out) {
		w.widths[len(w.widths)-1] = max(screenWide-1-sum, 10)
	}
	for _, cells := range w.first {
		if err := w.print(cells); err != nil {
			return err
		}
	}
	w.first = nil
	return nil
}

func (w *writer) print(cells []string) error {
	var line strings.Builder
	for i, c := range cells {
		c = clip(c, w.widths[i])
		line.WriteString(c)
		if i < len(cells)-1 {
			line.WriteString(strings.Repeat(" ", w.widths[i]+2-utf8.RuneCountInString(c)))
		}
	}
	_, err := io.WriteString(w.out, strings.TrimRight(line.String(), " ")+"\n")
	return err
}

// safe takes out what a terminal would take for commands, or for the end of a line.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		if obeyed(r) {
			return ' '
		}
		return r
	}, s)
}

// obeyed reports whether a character moves a cursor, ends a line, or turns the direction of one.
func obeyed(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// end writes what is still held back. Where there was no row, the columns say so.
func (w *writer) end() error {
	if w.n == 0 && (w.format == "csv" || w.format == "table") {
		if err := w.line(w.columns); err != nil {
			return err
		}
	}
	return w.flush()
}

// flush is end for results that an error cuts short.
func (w *writer) flush() error {
	switch {
	case len(w.first) > 0:
		return w.layout()
	case w.format == "json" && w.n == 0:
		_, err := io.WriteString(w.out, "[]\n")
		return err
	case w.format == "json":
		_, err := io.WriteString(w.out, "\n]\n")
		return err
	}
	return nil
}
