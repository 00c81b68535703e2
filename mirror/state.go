package mirror

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-open311/open311"
)

const stateVersion = 2 // 1 had parts that were not compressed

// state is what mirror.json holds: the plan, and what of it is done.
type state struct {
	Version  int              `json:"version"`
	Name     string           `json:"name"`
	Source   string           `json:"source"`
	Since    time.Time        `json:"since"`
	Until    time.Time        `json:"until"`
	Statuses []open311.Status `json:"statuses,omitempty"`
	Services []string         `json:"services,omitempty"`
	Complete bool             `json:"complete"`          // nothing is missing, the files are made
	Formats  []string         `json:"formats,omitempty"` // in which they were made
	Records  int              `json:"records"`           // in the files
	Doubles  int              `json:"doubles"`
	Windows  []*window        `json:"windows"` // newest first
	Joined   *joined          `json:"joined,omitempty"`
}

// window is a span of time that is fetched as one piece. Both bounds belong to it, in whole seconds.
type window struct {
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Fetched time.Time `json:"fetched,omitzero"` // zero: not yet
	Records int       `json:"records"`
	Bytes   int64     `json:"bytes"` // of the part file
	Gaps    []Gap     `json:"gaps,omitempty"`
}

// done reports whether the window need not be fetched again.
func (w *window) done() bool { return !w.Fetched.IsZero() && len(w.Gaps) == 0 }

// lines is where the lines of the window's file end, and its keys begin.
func (w *window) lines() int64 { return w.Bytes - int64(w.Records*len(key{})) }

// part is the name of the window's file.
func (w *window) part() string { return w.Start.UTC().Format("2006-01-02T15-04-05Z") + ".gz" }

func (s *state) done() (n int) {
	for _, w := range s.Windows {
		if w.done() {
			n++
		}
	}
	return n
}

// fresh reports whether no window has been fetched yet.
func (s *state) fresh() bool {
	return !slices.ContainsFunc(s.Windows, func(w *window) bool { return !w.Fetched.IsZero() })
}

// todo lists the windows to be fetched, those that failed in an earlier run last: they may fail again.
func (s *state) todo() []*window {
	var failed, todo []*window
	for _, w := range s.Windows {
		switch {
		case w.Fetched.IsZero():
			todo = append(todo, w)
		case !w.done():
			failed = append(failed, w)
		}
	}
	return append(todo, failed...)
}

// gaps lists what is missing, newest first. Windows in a row that were not asked for are one gap.
func (s *state) gaps() (out []Gap) {
	row := false
	for _, w := range s.Windows {
		if !w.Fetched.IsZero() {
			out, row = append(out, w.Gaps...), false
			continue
		}
		if row {
			out[len(out)-1].Start = w.Start
			continue
		}
		out, row = append(out, Gap{Start: w.Start, End: w.End, Why: "not asked for: the windows before it had failed"}), true
	}
	return out
}

// query returns the query for a span.
func (s *state) query(start, end time.Time) *open311.Query {
	return &open311.Query{Start: start, End: end, Statuses: s.Statuses, ServiceCodes: s.Services}
}

// fits says why a job cannot go on with what is in its directory.
func (s *state) fits(job *Job) error {
	differs := func(what, is, asked string) error {
		return fmt.Errorf("%s has a copy with another %s: %s, not %s; take another directory, or -fresh to start anew",
			job.Dir, what, is, asked)
	}
	switch {
	case s.Version != stateVersion:
		return differs("version", fmt.Sprint(s.Version), fmt.Sprint(stateVersion))
	case s.Source != job.Source:
		return differs("source", s.Source, job.Source)
	case !job.Since.IsZero() && !s.Since.Equal(job.Since.Truncate(time.Second)):
		return differs("beginning", s.Since.Format(time.RFC3339), job.Since.UTC().Format(time.RFC3339))
	case !job.Until.IsZero() && !s.Until.Equal(job.Until.Truncate(time.Second)):
		return differs("end", s.Until.Format(time.RFC3339), job.Until.UTC().Format(time.RFC3339))
	case !slices.Equal(s.Statuses, job.Statuses):
		return differs("choice of states", fmt.Sprint(s.Statuses), fmt.Sprint(job.Statuses))
	case !slices.Equal(s.Services, job.Services):
		return differs("choice of services", fmt.Sprint(s.Services), fmt.Sprint(job.Services))
	}
	return nil
}

// check forgets windows whose part file is not there as it was written, and counts them.
func (s *state) check(dir string) (n int) {
	for i, w := range s.Windows {
		if w.Fetched.IsZero() || s.Joined != nil && i < s.Joined.Windows {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, w.part()))
		if err != nil || info.Size() != w.Bytes && info.Size() != w.lines() { // the keys may be gone
			*w = window{Start: w.Start, End: w.End}
			n++
		}
	}
	return n
}

// loadState reads mirror.json; nil if there is none.
func loadState(path string) (*state, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := new(state)
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s cannot be read (%w); -fresh starts anew", path, err)
	}
	return s, nil
}

func (s *state) save(path string) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	e := json.NewEncoder(f)
	e.SetIndent("", " ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err = f.commit()
	return err
}
