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

// table prints how far a fleet has come.
func table(out io.Writer, s *jobs.Status, now time.Time) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CITY\tROWS\tCHANGES\tLAST SUCCESS\tLAG\tSTATE\tERROR")
	for _, c := range s.Cities {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", c.City, c.Rows, c.Changes, moment(c.Succeeded), since(c.Followed, now), state(c), fault(c))
	}
	if err := w.Flush(); err != nil {
		return err
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
	return t.UTC().Format("2006-01-02 15:04:05Z")
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
		text = fmt.Sprintf("%d shards left", c.Shards)
	}
	if c.Gaps > 0 {
		text += fmt.Sprintf(", %d gaps", c.Gaps)
	}
	return text
}

func fault(c jobs.CityStatus) string {
	if c.Error == "" {
		return "-"
	}
	text := strings.Join(strings.Fields(c.Error), " ")
	if r := []rune(text); len(r) > 100 {
		text = string(r[:99]) + "…"
	}
	return moment(c.Failed) + " " + text
}
