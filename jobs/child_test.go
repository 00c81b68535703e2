package jobs_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/servers"
)

// A childConfig is what a process of a fleet is told.
type childConfig struct {
	DB      string
	Cities  []servers.Server
	Every   time.Duration
	Timeout time.Duration
	Rows    int
	Limited bool // by the cities' own limits
	Leads   bool // it may lead the fleet
	Hasty   bool // jobs are tried again soon
}

// soon is a policy of River's: jobs are tried again after a second.
type soon struct{}

func (soon) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Second) }

func (c *childConfig) config() jobs.Config {
	cfg := quick(c.Cities...)
	cfg.Every, cfg.Timeout, cfg.Rows, cfg.Changes, cfg.Poll = c.Every, c.Timeout, c.Rows, 3, 200*time.Millisecond
	cfg.River = func(rc *river.Config) {
		rc.TestOnly = true
		if c.Hasty {
			rc.RetryPolicy = soon{}
		}
		if !c.Leads {
			rc.LeaderElectionDisabled, rc.PeriodicJobs = true, nil
		}
	}
	if os.Getenv("OPEN311_JOBS_LOG") != "" {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return cfg
}

const childEnv = "OPEN311_JOBS_CHILD"

// TestChild is a process of a fleet: it works until it is stopped.
func TestChild(t *testing.T) {
	text := os.Getenv(childEnv)
	if text == "" {
		t.Skip("it is started by other tests")
	}
	var c childConfig
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	r, err := jobs.New(open(t, c.DB), c.config())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	fmt.Println("begin")
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// child starts a process of a fleet. It is stopped, at the latest, with the test.
func child(t *testing.T, c childConfig) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env, cmd.Stderr = append(os.Environ(), childEnv+"="+string(text)), os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	return cmd
}

// eventually waits until a condition holds.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %s it is not so that %s", within, what)
		}
	}
}
