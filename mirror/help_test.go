package mirror

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// city is a city on loopback that can be told to misbehave.
type city struct {
	*httptest.Server
	handler *open311test.Handler

	mu sync.Mutex
	// meddle answers a call, or lets the city do so; nil lets it.
	meddle meddler
}

type meddler func(w http.ResponseWriter, r *http.Request, city http.Handler)

func newCity(t *testing.T, opts ...open311test.Option) *city {
	t.Helper()
	c := &city{}
	opts = append(opts, open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.mu.Lock()
			meddle := c.meddle
			c.mu.Unlock()
			if meddle == nil {
				next.ServeHTTP(w, r)
				return
			}
			meddle(w, r, next)
		})
	}))
	c.handler = open311test.NewHandler(opts...)
	c.Server = httptest.NewServer(c.handler)
	t.Cleanup(c.Close)
	return c
}

func (c *city) set(meddle meddler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.meddle = meddle
}

var allFormats = []Format{NDJSON(), CSV(), GeoJSON()}

var (
	made     = allFormats // by the jobs of tests
	resuming bool         // and without a page, so that the files are gone on with
)

var (
	until = time.Date(2026, time.June, 30, 12, 0, 0, 0, time.UTC)
	since = until.AddDate(0, -6, 0)
)

// jobFor copies half a year of a city in 9 windows.
func jobFor(url, dir string) Job {
	c, err := open311.New(url+"/open311/v2", open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		panic(err)
	}
	return Job{Client: c, Name: "Quillhaven", Source: "test", Since: since, Until: until, Dir: dir, Days: 21, Formats: made, Page: !resuming}
}

// run runs a job that has to succeed.
func run(t *testing.T, job Job) *Report {
	t.Helper()
	report, err := Run(context.Background(), job)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// complete runs a job that has to leave nothing out.
func complete(t *testing.T, job Job) *Report {
	t.Helper()
	report := run(t, job)
	if len(report.Gaps) > 0 || report.Done != report.Windows {
		t.Fatalf("%d of %d windows, gaps %v", report.Done, report.Windows, report.Gaps)
	}
	if _, err := os.Stat(filepath.Join(job.Dir, partsName)); err == nil {
		t.Error("the parts are still there")
	}
	return report
}

// same compares the files of two copies, byte by byte.
func same(t *testing.T, want, got string) {
	t.Helper()
	for _, name := range (&mirror{Job: Job{Formats: made}}).formatFiles() {
		a, err := os.ReadFile(filepath.Join(want, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(got, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(a) != string(b) {
			t.Errorf("%s differs: %d bytes, want %d", name, len(b), len(a))
		}
	}
	left, err := filepath.Glob(filepath.Join(got, "*"+tmpSuffix))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
