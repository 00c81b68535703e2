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

// The exit statuses of a child that was not killed: Windows says 1 of one that was.
const copyFailed, panicked = 3, 2

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
	if os.Getenv("MIRROR_TEST_RESUME") != "" {
		goingOn()
	}
	n := 0
	step = func() {
		if n++; n == last {
			kill()
		}
	}
	if _, err := Run(context.Background(), jobFor(url, os.Getenv("MIRROR_TEST_DIR"))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(copyFailed)
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
	if resuming {
		c.Env = append(c.Env, "MIRROR_TEST_RESUME=1")
	}
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.Is(err, errors.ErrUnsupported):
		t.Skip("a program cannot start another one here: ", err)
	case errors.As(err, &exit) && exit.ExitCode() != copyFailed && exit.ExitCode() != panicked:
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

// The same of a copy whose parts go one by one.
func TestGoesOn(t *testing.T) {
	defer goingOn()()
	t.Run("killed anywhere", TestKilledAnywhere)
	t.Run("killed often", TestKilledOften)
	t.Run("interrupted", TestInterrupted)
}

// A copy that is stopped while it writes, and whose first parts are gone, goes on without a call.
func TestStoppedWhileWriting(t *testing.T) {
	defer goingOn()()
	c := newCity(t, open311test.WithSize(400))
	want, _, _ := reference(t, c.URL)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	step = func() {
		if s, err := loadState(filepath.Join(dir, stateName)); err == nil && s != nil && s.Joined != nil && s.Joined.Windows > 1 {
			cancel()
		}
	}
	_, err := Run(ctx, jobFor(c.URL, dir))
	step = func() {}
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	parts, err := os.ReadDir(filepath.Join(dir, partsName))
	if s, e := loadState(filepath.Join(dir, stateName)); e != nil || err != nil || len(parts) > len(s.Windows)-s.Joined.Windows+1 {
		t.Errorf("%d parts are left, %v %v", len(parts), err, e)
	}
	var calls atomic.Int32
	c.set(func(w http.ResponseWriter, r *http.Request, city http.Handler) {
		calls.Add(1)
		city.ServeHTTP(w, r)
	})
	complete(t, jobFor(c.URL, dir))
	if n := calls.Load(); n > 0 {
		t.Errorf("%d calls for what is there", n)
	}
	same(t, want, dir)
}

// goingOn has copies made in formats that can be gone on with, safe every few requests.
func goingOn() (restore func()) {
	formats, every := made, safeEvery
	made, safeEvery, resuming = []Format{lines(), NDJSON(), CSV(), GeoJSON()}, 20, true
	return func() { made, safeEvery, resuming = formats, every, false }
}

// lines is NDJSON that can be gone on with. Commit writes an end, as the formats do for which that is made.
func lines() Format {
	begin := func(path string, flag int, at int64) (Writer, error) {
		f, err := os.OpenFile(path, os.O_RDWR|flag, 0o666)
		if err == nil {
			err = f.Truncate(at)
		}
		return &linesWriter{f, at}, err
	}
	return Format{Name: "lines", File: "requests.lines",
		Begin: func(_ context.Context, path string) (Writer, error) { return begin(path, os.O_CREATE|os.O_EXCL, 0) },
		Resume: func(_ context.Context, path string, checkpoint []byte) (Writer, error) {
			at, err := strconv.ParseInt(string(checkpoint), 10, 64)
			if err != nil {
				return nil, err
			}
			return begin(path, 0, at)
		}}
}

type linesWriter struct {
	*os.File
	at int64
}

func (l *linesWriter) Write(r *Record) error {
	n, err := l.WriteAt(append(r.Line, '\n'), l.at)
	l.at += int64(n)
	return err
}

func (l *linesWriter) Checkpoint() ([]byte, error) { return strconv.AppendInt(nil, l.at, 10), l.Sync() }

func (l *linesWriter) Commit() error {
	_, err := l.WriteAt([]byte("the end\n"), l.at)
	step()
	return errors.Join(err, l.File.Close())
}

func (l *linesWriter) Discard() {
	_ = l.File.Close()
	_ = os.Remove(l.Name())
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
