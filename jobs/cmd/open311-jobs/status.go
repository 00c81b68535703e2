package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311/jobs"
)

func status(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	set, name := flags("status", errs)
	if err := parse(set, args); err != nil {
		return err
	}
	db, err := jobs.Open(ctx, *name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := db.Status(ctx)
	if err != nil {
		return err
	}
	return table(out, s, time.Now())
}

// table prints how far a fleet has come, in lines of eighty characters.
func table(out io.Writer, s *jobs.Status, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CITY\tROWS\tCHANGES\tLAST SUCCESS\tLAG\tSTATE")
	for _, c := range s.Cities {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", cut(c.City, 24), c.Rows, c.Changes, moment(c.Succeeded), since(c.Followed, now), state(c))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, c := range s.Cities {
		if c.Error != "" {
			fmt.Fprintf(out, "%s, %s:\n  %s\n", c.City, moment(c.Failed), strings.Join(wrap(c.Error, 78, 4), "\n  "))
		}
	}
	for _, f := range s.Filings {
		fmt.Fprintf(out, "reports to %s: %d %s\n", f.City, f.N, f.State)
	}
	var counts []string
	for _, state := range slices.Sorted(maps.Keys(s.Jobs)) {
		counts = append(counts, fmt.Sprintf("%d %s", s.Jobs[state], state))
	}
	_, err := fmt.Fprintf(out, "jobs: %s\n", cmp.Or(strings.Join(counts, ", "), "none"))
	return err
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

// since is how old the newest change may be that is not known yet.
func since(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return now.Sub(t).Round(time.Second).String()
}

func state(c jobs.CityStatus) string {
	text := "waits"
	switch {
	case !c.Followed.IsZero():
		text = "followed"
	case !c.Harvested.IsZero():
		text = "harvested"
	case c.Shards > 0:
		text = fmt.Sprintf("shards left: %d", c.Shards)
	}
	if c.Gaps > 0 {
		text += fmt.Sprintf(", gaps: %d", c.Gaps)
	}
	return text
}

// wrap breaks a text into lines of so many characters, and so many lines at most.
func wrap(text string, width, most int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		word = cut(word, width)
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines, line = append(lines, line), ""
		}
		if len(lines) == most {
			lines[most-1] = cut(lines[most-1]+" …", width)
			return lines
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// cut shortens a text to so many characters.
func cut(text string, width int) string {
	if r := []rune(text); len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return text
}
