package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// hooks is a webhook that keeps what it is told, by path.
type hooks struct {
	mu   sync.Mutex
	told map[string][]string
	down bool
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	h.told[r.URL.Path] = append(h.told[r.URL.Path], string(body))
}

func (h *hooks) at(path string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.told[path])
}

func livingTown(t *testing.T) *open311test.Server {
	return open311test.NewServer(t, open311test.WithSize(20), open311test.WithClock(time.Now))
}

// Many cities of one file: each has its channel, its state and its services, and nothing is told twice.
func TestWatchManyCities(t *testing.T) {
	h := &hooks{told: map[string][]string{}}
	server := httptest.NewServer(h)
	defer server.Close()
	one, two := livingTown(t), livingTown(t)
	dir := t.TempDir()
	t.Setenv("HOOKS_OF_TWO", server.URL+"/two")
	file := filepath.Join(dir, "cities")
	text := "# our cities\n\n" + one.Client().Endpoint() + " service=0101 # holes only\n" +
		two.Client().Endpoint() + " jurisdiction=two.example webhook=$HOOKS_OF_TWO shape=slack kinds=created\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"watch", "-cities", file, "-state", filepath.Join(dir, "state"), "-once", "-webhook", server.URL + "/one", "-since", time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)}
	if status, _, errs := call(t, args...); status != 0 || !strings.Contains(errs, "health") || !strings.Contains(errs, "cities=2 well=2") {
		t.Errorf("status %d: %s", status, errs)
	}
	for _, s := range []*open311test.Server{one, two} {
		s.Put(open311.ServiceRequest{ID: "n1", Status: "open", ServiceCode: "0101", ServiceName: "<!channel> Pothole"})
		s.Put(open311.ServiceRequest{ID: "n2", Status: "open", ServiceCode: "0303", ServiceName: "Bin"})
	}
	before := [2]int{h.at("/one"), h.at("/two")}
	for range 2 {
		if status, _, errs := call(t, args...); status != 0 {
			t.Errorf("status %d: %s", status, errs)
		}
	}
	if got := [2]int{h.at("/one") - before[0], h.at("/two") - before[1]}; got != [2]int{1, 2} {
		t.Errorf("told %v, want 1 and 2: %v", got, h.told)
	}
	if said := strings.Join(h.told["/two"], "\n"); strings.Contains(said, "<!channel>") {
		t.Error(said)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "state", "*.json")); len(left) != 2 {
		t.Errorf("states: %q", left)
	}
	h.down = true
	one.Put(open311.ServiceRequest{ID: "n3", Status: "open", ServiceCode: "0101"})
	if status, _, errs := call(t, args...); status != 1 || !strings.Contains(errs, "well=1") || strings.Contains(errs, server.URL) {
		t.Errorf("a channel that refuses: status %d: %s", status, errs)
	}
	h.down = false
	told := h.at("/one")
	if status, _, errs := call(t, args...); status != 0 || h.at("/one") != told+1 {
		t.Errorf("what could not be told is told later: status %d, %d: %s", status, h.at("/one")-told, errs)
	}
}

// Without a webhook changes are printed, harmless for a terminal.
func TestWatchPrints(t *testing.T) {
	s := livingTown(t)
	s.Put(open311.ServiceRequest{ID: "n1", Status: "open", ServiceCode: "0101", ServiceName: "A\x1b[2J hole", RequestedDatetime: time.Now()})
	for format, want := range map[string]string{"table": "New: A", "ndjson": `{"kind":"created"`, "csv": `"created","n1","open"`, "json": "[\n{"} {
		status, out, errs := call(t, "watch", "--endpoint", s.Client().Endpoint(), "--once", "--since", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "--format="+format)
		if status != 0 || !strings.Contains(out, want) || strings.Contains(out, "\x1b") {
			t.Errorf("%s: status %d: %s%s", format, status, out, errs)
		}
	}
}

func TestWatchArguments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cities")
	for text, want := range map[string]string{
		"":                                    "names no city",
		"no-such-city":                        "line 1",
		"chicago\nchicago colour=red":         "line 2: there is no colour",
		"chicago webhook=$OPEN311_NO_SUCH":    "no variable OPEN311_NO_SUCH",
		"chicago shape":                       "name=value",
		"chicago shape=telegram":              "telegram wants",
		"chicago near=here":                   "lat,long,metres",
		"chicago webhook=https://x shape=fax": "no shape",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _, errs := call(t, "watch", "--once", "--cities="+file); status != 2 || !strings.Contains(errs, want) {
			t.Errorf("%q: status %d, no %q in %s", text, status, want, errs)
		}
	}
	for _, args := range [][]string{{"watch"}, {"watch", "--city=chicago", "--cities=" + file}, {"watch", "--city=chicago", "--since=yesterday"}, {"watch", "--city=chicago", "--webhook=x"}} {
		if status, _, errs := call(t, args...); status != 2 {
			t.Errorf("%q: status %d: %s", args, status, errs)
		}
	}
}
