package mirror

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// starts returns the beginnings of all windows of a job, newest first.
func starts(t *testing.T, job Job) (list []string) {
	t.Helper()
	s, err := newState(&job, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range s.Windows {
		list = append(list, w.Start.Format(time.RFC3339))
	}
	return list
}

// near reports whether a call begins in a window, or by as much beside it as is asked for to be sure of its bounds.
func near(t *testing.T, begins, start, end string) bool {
	t.Helper()
	at := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Error(err)
		}
		return at
	}
	const zones = 28 * time.Hour
	first, last := at(start), at(end)
	if last.Before(first) {
		first, last = last, first
	}
	return !at(begins).Before(first.Add(-zones)) && !at(begins).After(last.Add(zones))
}

// refuse answers calls that begin at certain times with an error.
func refuse(starts ...string) meddler {
	return func(w http.ResponseWriter, r *http.Request, city http.Handler) {
		if !slices.Contains(starts, r.URL.Query().Get("start_date")) {
			city.ServeHTTP(w, r)
			return
		}
		http.Error(w, "<b>out of order</b>", http.StatusInternalServerError)
	}
}

// stingy sends only so many bytes of an answer and then closes the connection.
type stingy struct {
	http.ResponseWriter
	left int
}

func (s *stingy) Write(b []byte) (int, error) {
	if len(b) < s.left {
		s.left -= len(b)
		return s.ResponseWriter.Write(b)
	}
	_, _ = s.ResponseWriter.Write(b[:s.left]) // the connection ends in any case
	_ = http.NewResponseController(s.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// A window that fails is told, left open, and the only one that the next run asks for.
func TestGap(t *testing.T) {
	c := newCity(t, open311test.WithSize(400))
	want, _, records := reference(t, c.URL)
	var log strings.Builder
	job := jobFor(c.URL, t.TempDir())
	job.Log = &log
	all := starts(t, job)
	bad := all[5]
	c.set(refuse(bad))
	report := run(t, job)
	if len(report.Gaps) != 1 || report.Gaps[0].Start.Format(time.RFC3339) != bad || report.Done != report.Windows-1 || report.Records >= records {
		t.Errorf("report %+v", report)
	}
	if !strings.Contains(report.String(), "missing") || !strings.Contains(log.String(), bad) {
		t.Errorf("it is not told:\n%s%s", log.String(), report)
	}
	html, err := os.ReadFile(filepath.Join(job.Dir, pageName))
	if err != nil || !strings.Contains(string(html), "Something is missing") || strings.Contains(string(html), "<b>out of order") {
		t.Errorf("the page does not say so, or says it wrongly: %v", err)
	}
	var others atomic.Int32
	c.set(func(w http.ResponseWriter, r *http.Request, city http.Handler) {
		if !near(t, r.URL.Query().Get("start_date"), bad, all[4]) {
			others.Add(1)
		}
		city.ServeHTTP(w, r)
	})
	complete(t, job)
	if n := others.Load(); n > 0 {
		t.Errorf("%d calls for other windows", n)
	}
	same(t, want, job.Dir)
}

// A list that breaks off is a gap of its window; what came through is kept until there is more.
func TestTruncated(t *testing.T) {
	c := newCity(t, open311test.WithSize(400))
	want, _, records := reference(t, c.URL)
	job := jobFor(c.URL, t.TempDir())
	bad := starts(t, job)[3]
	c.set(func(w http.ResponseWriter, r *http.Request, city http.Handler) {
		if r.URL.Query().Get("start_date") == bad {
			w = &stingy{w, 700}
		}
		city.ServeHTTP(w, r)
	})
	report := run(t, job)
	if len(report.Gaps) == 0 || report.Done != report.Windows-1 {
		t.Fatalf("report %+v", report)
	}
	// Some of the broken window, and all of the others.
	if n := recordsOf(t, job.Dir, bad); n == 0 || report.Records >= records {
		t.Errorf("%d requests of the broken window, %d in all", n, report.Records)
	}
	c.set(nil)
	complete(t, job)
	same(t, want, job.Dir)
}

// recordsOf counts the requests of the window that begins then.
func recordsOf(t *testing.T, dir, start string) int {
	t.Helper()
	s, err := loadState(filepath.Join(dir, stateName))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range s.Windows {
		if w.Start.Format(time.RFC3339) == start {
			n := 0
			m := &mirror{Job: Job{Dir: dir}}
			if err := m.eachLine(w, func([]byte) error { n++; return nil }); err != nil || n != w.Records {
				t.Errorf("%d lines, %d records: %v", n, w.Records, err)
			}
			return n
		}
	}
	t.Fatalf("there is no window from %s", start)
	return 0
}

// When nothing works any more the rest is left alone, and the files are made of what there is.
func TestServerGone(t *testing.T) {
	c := newCity(t, open311test.WithSize(400))
	want, _, _ := reference(t, c.URL)
	job := jobFor(c.URL, t.TempDir())
	all := starts(t, job)
	c.set(refuse(all[4:]...))
	report := run(t, job)
	if report.Done != 4 || len(report.Gaps) != maxFailures+1 || report.Records == 0 {
		t.Errorf("report %+v", report)
	}
	last := report.Gaps[len(report.Gaps)-1]
	if !last.Start.Equal(since) || !strings.Contains(last.Why, "not asked for") {
		t.Errorf("the last gap is %v", last)
	}
	c.set(nil)
	complete(t, job)
	same(t, want, job.Dir)
}

// An address where nothing works leaves nothing behind that another one would stumble over.
func TestNothingWorks(t *testing.T) {
	c := newCity(t)
	job := jobFor(c.URL, t.TempDir())
	c.set(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { http.Error(w, "no", http.StatusNotFound) })
	if _, err := Run(t.Context(), job); !errors.Is(err, open311.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(job.Dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
