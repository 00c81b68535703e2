// Package mirror copies the service requests of a city into a directory: as NDJSON, CSV, GeoJSON and an HTML page, or
// in a format of your own.
//
//	report, err := mirror.Run(ctx, mirror.Job{
//		Client: client, Name: "Chicago", Source: "chicago", // for people, and to tell copies apart
//		Dir: "out", Days: 7,
//		Formats: []mirror.Format{mirror.CSV(), mirror.GeoJSON()},
//	})
//
// The span of time is cut into windows, which are fetched newest first. What a window brings is written to a compressed
// part file; once that is safe on the disk, mirror.json says that the window is done. So a process may be killed at any
// moment: the next one fetches at most one window again.
//
// When all windows have been fetched, the parts are joined into the files that people want, each request once, and
// then removed. While something is missing they stay, so that the next run has to fetch only that.
//
// Requests are streamed: memory grows by some ten bytes for each. Where all formats of a copy are [Resumable], a part is
// removed as soon as its requests are safe in the files, so that a copy takes little more of the disk than its files.
// With another format, or with a page, the parts stay until the end; they take an eighth of the space of the NDJSON file.
package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/plain"
)

// Job says what to copy, and where to.
type Job struct {
	Client *open311.Client
	Name   string // of the city, for people
	// Source says which server it is: a key of the catalogue, or a URL, whose user and query are left out. A directory
	// holds one source only.
	Source string

	Since, Until time.Time        // zero: those of the copy that the directory has, else a year ago and now
	Statuses     []open311.Status // nil: all
	Services     []string         // codes; nil: all

	Dir     string
	Days    int      // the length of a window; 0: one window for the whole span
	Fresh   bool     // start anew whatever the directory has
	Formats []Format // nil: NDJSON and CSV
	Page    bool     // write index.html, too: a page about the requests that needs no network

	Log io.Writer // gets what goes wrong and, if it is a terminal, progress; nil: nothing is written
}

// Gap is a span of time of which something is missing, and why.
type Gap struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Why   string    `json:"why"`
}

// String is the gap in one line.
func (g Gap) String() string {
	return g.Start.Format(time.RFC3339) + " to " + g.End.Format(time.RFC3339) + ": " + g.Why
}

// File is a file of a copy.
type File struct {
	Name string
	Size int64
}

// Report is the outcome of a run.
type Report struct {
	Dir     string
	Windows int // how many there are
	Done    int // how many of them are complete
	Records int // in the files
	Doubles int // left out of the files: another window had them
	Gaps    []Gap
	Files   []File
	Already bool // the copy was complete before
}

// names of what is in the directory.
const (
	stateName = "mirror.json"
	partsName = "parts"
	pageName  = "index.html"
)

// step is told each thing that is written. Tests kill the process there.
var step = func() {}

// mirror is a job in progress.
type mirror struct {
	Job
	state *state
	left  *leftover // of an earlier run; nil if there is none
	print *progress
}

// Run copies what is not there yet. The report is never nil. A copy that is not complete is no error: the report has
// the gaps, and the next run asks for them again.
//
// If the run was stopped, the error is that of ctx, and what was finished is safe. Any other error says what is wrong with
// the job, or what could not be written.
func Run(ctx context.Context, job Job) (*Report, error) {
	if job.Formats == nil {
		job.Formats = []Format{NDJSON(), CSV()}
	}
	job.Name, job.Source = bare(job.Name), bare(job.Source)
	m := &mirror{Job: job, state: &state{}, print: newProgress(job.Log)}
	report := &Report{Dir: job.Dir}
	unlock, err := m.enter()
	if err != nil {
		return report, err
	}
	defer unlock()
	err = m.begin()
	if err == nil && !m.state.Complete {
		err = m.fetchAll(ctx)
	}
	report.Windows, report.Done = len(m.state.Windows), m.state.done()
	if err != nil {
		_ = os.Remove(m.path(partsName)) // if it is empty
		return report, err
	}
	report.Already = m.state.Complete
	if !m.state.Complete {
		if err := m.join(ctx); err != nil {
			return report, err
		}
	}
	report.Records, report.Doubles, report.Gaps = m.state.Records, m.state.Doubles, m.state.gaps()
	if report.Files, err = m.filesOf(m.fileNames()); err != nil || len(report.Gaps) > 0 {
		return report, err
	}
	return report, os.RemoveAll(m.path(partsName))
}

// bare takes out of an address what may be secret: it is written into the files.
func bare(source string) string {
	u, err := url.Parse(source)
	if err != nil || u.Host == "" || u.User == nil && u.RawQuery == "" {
		return source
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// enter makes the directory and sees to it that no other process is at work there.
func (m *mirror) enter() (leave func(), err error) {
	switch {
	case m.Dir == "":
		return nil, errors.New("no directory to write to")
	case m.Client == nil:
		return nil, errors.New("no client to read a city by: open311.New makes one")
	case slices.ContainsFunc(m.Formats, func(f Format) bool { return f.Begin == nil }):
		return nil, errors.New("a format without Begin: NDJSON and CSV are formats, among others")
	}
	if err := os.MkdirAll(m.Dir, 0o777); err != nil {
		return nil, err
	}
	if _, err := os.Stat(m.path(stateName)); err != nil && !m.Fresh {
		for _, name := range m.fileNames() {
			if _, err := os.Lstat(m.path(name)); err == nil {
				return nil, fmt.Errorf("%s is there, and no copy has written it; take another directory, or -fresh to replace it", m.path(name))
			}
		}
	}
	return lock(m.Dir)
}

// begin finds out where an earlier run has come to, or makes a plan.
func (m *mirror) begin() error {
	old, err := loadState(m.path(stateName))
	if err != nil && !m.Fresh {
		return err
	}
	if old != nil && !m.Fresh {
		if err := old.fits(&m.Job); err != nil {
			return err
		}
		m.state = old
		if old.Complete {
			for _, f := range m.Formats {
				if !slices.Contains(old.Formats, f.Name) {
					return fmt.Errorf("%s has a complete copy without %s; -fresh makes one anew", m.Dir, f.Name)
				}
			}
			_, err := m.filesOf(m.fileNames())
			return err
		}
		if n := m.goOn(); n > 0 {
			m.print.note("parts that are not as they were left, and will be fetched again: %d", n)
		}
		if done := old.done(); done > 0 {
			m.print.note("%s: going on with %d of %s done", m.Name, done, plain.Count(len(old.Windows), "window"))
		}
		return nil
	}
	if err := os.RemoveAll(m.path(partsName)); err != nil {
		return err
	}
	m.state, err = newState(&m.Job, time.Now()) // saved with the first window
	return err
}

func (m *mirror) save() error { return m.state.save(m.path(stateName)) }

// newState plans a copy.
func newState(job *Job, now time.Time) (*state, error) {
	until := job.Until
	if until.IsZero() {
		until = now
	}
	until = until.UTC().Truncate(time.Second)
	since := job.Since.UTC().Truncate(time.Second)
	if job.Since.IsZero() {
		since = until.AddDate(-1, 0, 0)
	}
	if until.Before(since) {
		return nil, fmt.Errorf("the span ends (%s) before it begins (%s)", until.Format(time.RFC3339), since.Format(time.RFC3339))
	}
	s := &state{Version: stateVersion, Name: job.Name, Source: job.Source, Since: since, Until: until,
		Statuses: job.Statuses, Services: job.Services}
	n := 1
	if job.Days > 0 {
		day := 24 * time.Hour
		n = int((until.Sub(since) + time.Duration(job.Days)*day - 1) / (time.Duration(job.Days) * day))
	}
	query := s.query(since, until)
	for _, shard := range slices.Backward(query.Shards(n)) {
		s.Windows = append(s.Windows, &window{Start: shard.Start, End: shard.End})
	}
	return s, nil
}
