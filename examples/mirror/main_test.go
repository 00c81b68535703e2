package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/examples/mirror/internal/mirror"
	"github.com/go-open311/open311/servers"
)

func TestCityInMemory(t *testing.T) {
	job := &mirror.Job{Dir: t.TempDir(), Days: 30}
	from := source{concurrency: 1}
	if err := from.open(job); err != nil {
		t.Fatal(err)
	}
	report, err := mirror.Run(t.Context(), *job)
	if err != nil {
		t.Fatal(err)
	}
	if report.Records != 3600 || report.Done != 13 || len(report.Gaps) > 0 {
		t.Errorf("%d requests in %d windows, gaps %v; want 3600 in 13 and none", report.Records, report.Done, report.Gaps)
	}
	// The city is the same in every run, and so the second one finds nothing to do.
	report, err = mirror.Run(t.Context(), *job)
	if err != nil || !report.Already || !strings.Contains(report.String(), "complete already") {
		t.Errorf("the second run: %v, %v", report, err)
	}
}

func TestSources(t *testing.T) {
	var unknown *servers.UnknownError
	for _, test := range []struct {
		name string
		from source
		want func(*mirror.Job, error) bool
	}{
		{"catalogue", source{city: "chicago", concurrency: 1}, func(j *mirror.Job, err error) bool {
			return err == nil && j.Name == "Chicago, IL" && strings.Contains(j.Source, "chicago") && j.Client != nil && j.Days == 7
		}},
		{"unknown city", source{city: "no such city", concurrency: 1}, func(_ *mirror.Job, err error) bool { return errors.As(err, &unknown) }},
		{"two sources", source{city: "chicago", endpoint: "https://a.example", concurrency: 1}, func(_ *mirror.Job, err error) bool { return err != nil }},
		{"endpoint", source{endpoint: "https://u:secret@city.example/o/v2?key=secret", jurisdiction: "city.example", concurrency: 2}, func(j *mirror.Job, err error) bool {
			return err == nil && j.Name == "city.example" && j.Source == "https://city.example/o/v2, jurisdiction city.example"
		}},
		{"no endpoint", source{endpoint: "city.example", concurrency: 1}, func(_ *mirror.Job, err error) bool { return err != nil }},
		{"rate", source{rate: -1, concurrency: 1}, func(_ *mirror.Job, err error) bool { return err != nil }},
		{"concurrency", source{}, func(_ *mirror.Job, err error) bool { return err != nil }},
	} {
		job := &mirror.Job{Days: 7}
		if err := test.from.open(job); !test.want(job, err) {
			t.Errorf("%s: %q, %q, %v", test.name, job.Name, job.Source, err)
		}
	}
}

func TestWindowsOff(t *testing.T) {
	for s := range servers.All() {
		d, err := s.Dialect()
		if err != nil || !d.Windows.Off {
			continue
		}
		from, job := source{city: s.Key, concurrency: 1}, &mirror.Job{Days: 7}
		if err := from.open(job); err != nil || job.Days != 0 {
			t.Errorf("%s does not look at dates: windows of %d days, %v", s.Key, job.Days, err)
		}
	}
}

func TestMoments(t *testing.T) {
	for _, test := range []struct {
		value string
		upper bool
		want  string
	}{
		{"2024-01-31", false, "2024-01-31T00:00:00Z"},
		{"2024-01-31", true, "2024-01-31T23:59:59Z"},
		{"2024-01-31T08:00:00+01:00", true, "2024-01-31T07:00:00Z"},
		{"", true, "0001-01-01T00:00:00Z"},
	} {
		if got, err := moment("until", test.value, test.upper); err != nil || got.Format(time.RFC3339) != test.want {
			t.Errorf("%q is %v, %v; want %s", test.value, got, err, test.want)
		}
	}
	if _, err := moment("since", "31.1.2024", false); err == nil || !strings.Contains(err.Error(), "-since") {
		t.Errorf("31.1.2024: %v", err)
	}
	if got := values[open311.Status](" open,, closed "); !slices.Equal(got, []open311.Status{"open", "closed"}) {
		t.Errorf("values %q", got)
	}
}
