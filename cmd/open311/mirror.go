package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/cmd/open311/database"
	"github.com/go-open311/open311/cmd/open311/geoparquet"
	"github.com/go-open311/open311/mirror"
	"github.com/go-open311/open311/servers"
)

type mirrorCmd struct {
	city
	Output      string   `short:"o" default:"out" placeholder:"DIR" help:"The directory to write to; out if not given."`
	Format      []string `default:"ndjson,csv" placeholder:"FORM" help:"ndjson,csv,geojson,sqlite,geoparquet,postgres or html."`
	Since       string   `placeholder:"DAY" help:"Requested on this day (UTC) or later; else a year ago."`
	Until       string   `placeholder:"DAY" help:"And up to the end of this day; now if not given."`
	Status      []string `placeholder:"WORD" help:"Only these states, such as open; WORD,WORD."`
	Service     []string `placeholder:"CODE" help:"Only these services; CODE,CODE."`
	Window      int      `default:"7" placeholder:"N" help:"Days to fetch at a time; 7 if not given; 0: all."`
	Fresh       bool     `help:"Start anew if the directory has a copy already."`
	Concurrency int      `default:"1" placeholder:"N" help:"Pages to read at a time; 1 if not given."`
	Table       string   `default:"requests" placeholder:"NAME" help:"The table, for postgres; OPEN311_POSTGRES says where."`
}

// formats are what a copy can be written as.
func (m *mirrorCmd) formats() map[string]mirror.Format {
	return map[string]mirror.Format{"ndjson": mirror.NDJSON(), "csv": mirror.CSV(), "geojson": mirror.GeoJSON(), "sqlite": database.SQLite(),
		"geoparquet": geoparquet.Format(), "postgres": database.PostgreSQL(os.Getenv("OPEN311_POSTGRES"), m.Table)}
}

// copyFormats are the words of --format.
var copyFormats = []string{"ndjson", "csv", "geojson", "sqlite", "geoparquet", "postgres", "html"}

func (m *mirrorCmd) Run(ctx context.Context, to streams) error {
	job, err := m.job()
	if err != nil {
		if !errors.Is(err, errUsage) {
			err = fmt.Errorf("%w: %w", errUsage, err)
		}
		return err
	}
	if slices.Contains(m.Format, "postgres") {
		if err := database.Reach(ctx, os.Getenv("OPEN311_POSTGRES")); err != nil {
			return err
		}
	}
	job.Log = to.err
	report, err := mirror.Run(ctx, *job)
	if ctx.Err() != nil && err != nil {
		return fmt.Errorf("stopped with %d of %d windows safe in %s; the same command goes on from there", report.Done, report.Windows, m.Output)
	}
	if err != nil {
		return err
	}
	fmt.Fprint(to.out, report)
	if len(report.Gaps) > 0 {
		return exit(3)
	}
	return nil
}

// job is what the flags ask for.
func (m *mirrorCmd) job() (*mirror.Job, error) {
	job := &mirror.Job{Name: m.label(), Source: m.source(), Dir: m.Output, Days: m.Window, Fresh: m.Fresh, Services: m.Service}
	for _, s := range m.Status {
		job.Statuses = append(job.Statuses, open311.Status(s))
	}
	for _, name := range m.Format {
		format, ok := m.formats()[name]
		switch {
		case ok:
			job.Formats = append(job.Formats, format)
		case name == "html":
			job.Page = true
		default:
			return nil, fmt.Errorf("there is no format %q; there are %s", name, strings.Join(copyFormats, ", "))
		}
	}
	if job.Formats == nil {
		job.Formats = []mirror.Format{}
	}
	if m.Window < 0 || m.Concurrency < 1 {
		return nil, errors.New("--window is 0 or more, --concurrency 1 or more")
	}
	var err error
	if job.Since, err = moment("since", m.Since, false); err != nil {
		return nil, err
	}
	if job.Until, err = moment("until", m.Until, true); err != nil {
		return nil, err
	}
	if row, err := servers.Lookup(m.City); err == nil {
		job.Name = row.Name
		if d, err := row.Dialect(); err == nil && d.Windows.Off {
			job.Days = 0 // every window would list all there is
		}
	}
	job.Client, err = m.open(append(m.politely(), open311.WithConcurrency(m.Concurrency))...)
	return job, err
}

// source names what was asked, so that a directory is not filled from two cities.
func (m *mirrorCmd) source() string {
	name := "catalogue: " + m.City
	if u, err := url.Parse(m.Endpoint); err == nil && m.Endpoint != "" {
		name = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() // what may be secret in it is left out
	}
	if m.Jurisdiction != "" {
		name += ", jurisdiction " + m.Jurisdiction
	}
	return name
}
