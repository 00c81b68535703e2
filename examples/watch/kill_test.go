//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

const kills = 50

// TestKill watches a living city with the program, kills it fifty times with SIGKILL, and compares what the
// webhook has received with what was.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "watch")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// A day passes every 700 milliseconds.
	start := time.Now().UTC().Add(-100 * 24 * time.Hour)
	clock := open311test.NewClock(start, 24*3600/0.7)
	h := open311test.NewHandler(open311test.WithTicking(clock), open311test.WithRequests(), open311test.WithQuirks(open311test.Quirks{UpdatedFilters: true}),
		open311test.WithLife(open311test.Life{PerDay: 25, Notes: 0.5, Reopen: 0.2, Late: 0.1, By: 6 * time.Hour, Until: start.Add(22 * 24 * time.Hour)}))
	asked := make(chan struct{}, 1)
	city := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		h.ServeHTTP(w, r)
	}))
	defer city.Close()
	hook := &receiver{seen: map[string]int{}, last: map[string]string{}}
	hooks := httptest.NewServer(hook)
	defer hooks.Close()
	args := []string{"-endpoint", city.URL + "/open311/v2", "-state", filepath.Join(dir, "state.json"), "-webhook", hooks.URL,
		"-since", start.Add(-time.Hour).Format(time.RFC3339)}
	for n := range kills {
		cmd := exec.Command(program, append(args, "-every", "30ms")...)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(80+n*37%300) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // that it was killed is no news
	}
	clock.Advance(60 * 24 * time.Hour) // whatever is to happen has happened
	for range 2 {
		if out, err := exec.Command(program, append(args, "-once")...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	hook.compare(t, h.Requests())
	<-asked
	stopped(t, program, args, asked)
}

// stopped checks that SIGTERM ends the program cleanly once it has asked the city.
func stopped(t *testing.T, program string, args []string, asked <-chan struct{}) {
	cmd := exec.Command(program, append(args, "-every", "50ms")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
}

// receiver is a webhook that keeps the books.
type receiver struct {
	mu    sync.Mutex
	n     int
	seen  map[string]int    // how often each message came
	last  map[string]string // the state that each request had last
	first []string          // messages that told of a request before it was created
}

func (h *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct {
		Kind    open311.ChangeKind `json:"kind"`
		Request struct {
			ID      string    `json:"service_request_id"`
			Status  string    `json:"status"`
			Notes   string    `json:"status_notes"`
			Updated time.Time `json:"updated_datetime"`
		} `json:"request"`
	}
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &m); err != nil || m.Request.ID == "" {
		http.Error(w, "not a change", http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
	if h.n%40 == 0 {
		http.Error(w, "busy", http.StatusServiceUnavailable) // it is sent again
		return
	}
	h.seen[fmt.Sprint(m)]++
	if _, ok := h.last[m.Request.ID]; !ok && m.Kind != open311.Created {
		h.first = append(h.first, string(body))
	}
	h.last[m.Request.ID] = fmt.Sprint(m.Request.Status, " ", m.Request.Notes)
}

func (h *receiver) compare(t *testing.T, want []open311.ServiceRequest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	twice := 0
	for _, n := range h.seen {
		twice += n - 1
	}
	for _, r := range want {
		if got, want := h.last[r.ID], fmt.Sprint(r.Status, " ", r.StatusNotes); got != want {
			t.Errorf("%s: %q was received last, want %q", r.ID, got, want)
		}
	}
	if twice > kills || len(h.first) > 0 || len(want) < 200 {
		t.Errorf("%d messages came twice, %d before their request was created, of %d requests", twice, len(h.first), len(want))
	}
	t.Logf("%d requests, %d different messages, %d of them twice, %d kills", len(want), len(h.seen), twice, kills)
}
