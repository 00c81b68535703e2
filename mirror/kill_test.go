package mirror

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-open311/open311/open311test"
)

// In a child process that one of the tests has started, the tests are not run: it copies, and is
// killed at the step it was told.
func TestMain(m *testing.M) {
	url := os.Getenv("MIRROR_TEST_URL")
	if url == "" {
		os.Exit(m.Run())
	}
	last, err := strconv.Atoi(os.Getenv("MIRROR_TEST_STEP"))
	if err != nil {
		panic(err)
	}
	n := 0
	step = func() {
		if n++; n == last {
			kill()
		}
	}
	if _, err := Run(context.Background(), jobFor(url, os.Getenv("MIRROR_TEST_DIR"))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// kill ends this process as kill -9 does.
func kill() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

// child copies in another process, which is killed at a step. It reports whether it came that far.
func child(t *testing.T, url, dir string, at int) (killed bool) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "MIRROR_TEST_URL="+url, "MIRROR_TEST_DIR="+dir, "MIRROR_TEST_STEP="+strconv.Itoa(at))
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && exit.ExitCode() != 1 && exit.ExitCode() != 2:
		return true
	}
	t.Fatalf("the child: %v\n%s", err, out)
	return false
}

// reference copies without a disturbance, and counts the steps.
func reference(t *testing.T, url string) (dir string, steps, records int) {
	t.Helper()
	dir = t.TempDir()
	step = func() { steps++ }
	defer func() { step = func() {} }()
	report := complete(t, jobFor(url, dir))
	return dir, steps, report.Records
}

// Killed anywhere, and started again, the copy is the one that was never killed.
func TestKilledAnywhere(t *testing.T) {
	c := newCity(t, open311test.WithSize(400))
	want, steps, _ := reference(t, c.URL)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for i := range 10 {
		at := 1 + (i*steps+rng.IntN(steps))/10
		dir := t.TempDir()
		if !child(t, c.URL, dir, at) {
			t.Fatalf("step %d of %d was not reached", at, steps)
		}
		done := map[string]bool{}
		if s, err := loadState(filepath.Join(dir, stateName)); err != nil {
			t.Fatal(err)
		} else if s != nil {
			for _, w := range s.Windows {
				done[w.Start.Format(time.RFC3339)] = w.done()
			}
		}
		var again atomic.Int32
		c.set(func(w http.ResponseWriter, r *http.Request, city http.Handler) {
			if done[r.URL.Query().Get("start_date")] {
				again.Add(1)
			}
			city.ServeHTTP(w, r)
		})
		complete(t, jobFor(c.URL, dir))
		if n := again.Load(); n > 0 {
			t.Errorf("killed at step %d of %d: %d calls for windows that were done", at, steps, n)
		}
		same(t, want, dir)
		if t.Failed() {
			t.Fatalf("killed at step %d of %d", at, steps)
		}
	}
}

// Killed again and again in the same directory, it comes to its end all the same.
func TestKilledOften(t *testing.T) {
	c := newCity(t, open311test.WithSize(400))
	want, steps, _ := reference(t, c.URL)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	dir := t.TempDir()
	for range 6 {
		at := steps/12 + rng.IntN(steps/12)
		if !child(t, c.URL, dir, at) {
			break
		}
	}
	complete(t, jobFor(c.URL, dir))
	same(t, want, dir)
}

// An interrupt is a context that ends, at any call.
func TestInterrupted(t *testing.T) {
	c := newCity(t, open311test.WithSize(400))
	want, _, _ := reference(t, c.URL)
	dir := t.TempDir()
	for _, calls := range []int32{1, 2, 5, 9, 14} {
		ctx, cancel := context.WithCancel(t.Context())
		var n atomic.Int32
		c.set(func(w http.ResponseWriter, r *http.Request, city http.Handler) {
			if n.Add(1) == calls {
				cancel()
			}
			city.ServeHTTP(w, r)
		})
		report, err := Run(ctx, jobFor(c.URL, dir))
		if ctx.Err() != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted at call %d: %v, %v", calls, report, err)
		}
		cancel()
	}
	complete(t, jobFor(c.URL, dir))
	same(t, want, dir)
}
