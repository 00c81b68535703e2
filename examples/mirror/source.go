package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/examples/mirror/internal/mirror"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

// source says which city to ask, and how fast.
type source struct {
	city, endpoint, jurisdiction string
	rate                         float64
	concurrency                  int
}

// politeRate is how many calls a second are made where nobody knows what the server bears.
const politeRate = 1

// open fills in what a job has to know about the city.
func (s *source) open(job *mirror.Job) error {
	opts := []open311.Option{open311.WithUserAgent("open311-mirror (+https://github.com/go-open311/open311)"),
		open311.WithConcurrency(s.concurrency)}
	if s.rate != 0 {
		opts = append(opts, open311.WithRateLimit(s.rate, 1))
	}
	switch {
	case s.city != "" && s.endpoint != "":
		return errors.New("-city and -endpoint exclude each other")
	case s.city != "":
		return s.fromCatalogue(job, opts)
	case s.endpoint != "":
		return s.fromEndpoint(job, opts)
	}
	return s.fromMemory(job, opts)
}

func (s *source) fromCatalogue(job *mirror.Job, opts []open311.Option) error {
	row, err := servers.Lookup(s.city)
	if err != nil {
		return err
	}
	d, err := row.Dialect()
	if err != nil {
		return err
	}
	if s.rate == 0 && d.RateLimit == 0 {
		opts = append(opts, open311.WithRateLimit(politeRate, 1))
	}
	if s.jurisdiction != "" {
		opts = append(opts, open311.WithJurisdiction(s.jurisdiction))
	}
	if d.Windows.Off {
		job.Days = 0 // every window would list all there is
	}
	job.Name, job.Source = row.Name, s.named("catalogue: "+row.Key)
	job.Client, err = row.Open(opts...)
	return err
}

func (s *source) fromEndpoint(job *mirror.Job, opts []open311.Option) error {
	if s.rate == 0 {
		opts = append(opts, open311.WithRateLimit(politeRate, 1))
	}
	opts = append(opts, open311.WithJurisdiction(s.jurisdiction))
	var err error
	if job.Client, err = open311.New(s.endpoint, opts...); err != nil {
		return err
	}
	u, err := url.Parse(job.Client.Endpoint())
	if err != nil {
		return err
	}
	// What may be secret in an address stays out of the files.
	job.Name, job.Source = u.Host, s.named((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
	return nil
}

// fromMemory takes the town of package open311test, without a socket. It is the same in every run.
func (s *source) fromMemory(job *mirror.Job, opts []open311.Option) error {
	town := open311test.NewHandler()
	opts = append(opts, open311.WithJurisdiction(s.jurisdiction), open311.WithHTTPClient(&http.Client{Transport: town.Transport()}))
	if job.Until.IsZero() {
		job.Until = town.Now()
	}
	if job.Since.IsZero() {
		job.Since = job.Until.AddDate(-1, 0, 0)
	}
	job.Name, job.Source = "Quillhaven", s.named("a city in memory, package open311test")
	var err error
	job.Client, err = open311.New("http://quillhaven.example/open311/v2", opts...)
	return err
}

// named adds the jurisdiction to the name of a source.
func (s *source) named(name string) string {
	if s.jurisdiction != "" {
		name += ", jurisdiction " + s.jurisdiction
	}
	return name
}

// moment reads a day or a time; an upper bound that is a day means its last second.
func moment(flag, value string, upper bool) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, value); err == nil {
		if upper {
			t = t.AddDate(0, 0, 1).Add(-time.Second)
		}
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return t, fmt.Errorf("-%s %q is neither a day such as 2024-01-31 nor a time such as 2024-01-31T08:00:00Z", flag, value)
	}
	return t.UTC(), nil
}
