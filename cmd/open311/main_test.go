package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// call runs the program.
func call(t *testing.T, args ...string) (status int, out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), args, streams{strings.NewReader(""), &o, &e})
	return status, o.String(), e.String()
}

// town is a city in memory, and the flag for it.
func town(t *testing.T, opts ...open311test.Option) (*open311test.Server, string) {
	t.Helper()
	s := open311test.NewServer(t, append([]open311test.Option{open311test.WithSize(30)}, opts...)...)
	return s, "--endpoint=" + s.Client().Endpoint()
}

func TestListInEveryFormat(t *testing.T) {
	city, at := town(t)
	want := len(city.Requests())
	lines := func(s string) int { return strings.Count(s, "\n") }
	for format, rows := range map[string]func(string) int{
		"table":  func(s string) int { return lines(s) - 1 },
		"ndjson": lines,
		"json": func(s string) int {
			var all []open311.ServiceRequest
			if err := json.Unmarshal([]byte(s), &all); err != nil {
				t.Error(err)
			}
			return len(all)
		},
		"csv": func(s string) int {
			all, err := csv.NewReader(strings.NewReader(s)).ReadAll()
			if err != nil {
				t.Error(err)
			}
			return len(all) - 1
		},
	} {
		status, out, err := call(t, "list", at, "--format="+format)
		if n := rows(out); status != 0 || n != want || err != "" {
			t.Errorf("%s: %d rows, want %d; status %d, %s", format, n, want, status, err)
		}
	}
	if _, out, _ := call(t, "list", at, "--format=ndjson", "--limit=3"); lines(out) != 3 {
		t.Errorf("--limit=3 gives %d", lines(out))
	}
	if _, out, _ := call(t, "list", at, "--format=json", "--service=nothing"); strings.TrimSpace(out) != "[]" && !strings.HasPrefix(out, "[") {
		t.Errorf("an empty list is %q", out)
	}
}

func TestOtherCommands(t *testing.T) {
	city, at := town(t)
	id := city.Requests()[0].ID
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"get", at, id}, id},
		{[]string{"services", at}, "0101"},
		{[]string{"services", at, "0302"}, "KIND"},
		{[]string{"servers"}, "chicago"},
		{[]string{"check", at, "--pace=0"}, "CONFORMANT"},
	} {
		status, out, err := call(t, c.args...)
		if status != 0 || !strings.Contains(out, c.want) {
			t.Errorf("%q: status %d, no %q in %.300s %s", c.args, status, c.want, out, err)
		}
	}
}

func TestExitStatus(t *testing.T) {
	_, at := town(t)
	broken, to := town(t)
	broken.Fail(open311test.ListServices, open311test.Status(400))
	for want, args := range map[int][]string{
		1: {"services", to},
		2: {"list"},
		4: {"get", at, "no-such-request"},
	} {
		if got, _, err := call(t, args...); got != want || err == "" {
			t.Errorf("%q: status %d, want %d: %s", args, got, want, err)
		}
	}
	for _, args := range [][]string{{}, {"nonsense"}, {"list", "--city=chicago", at}, {"list", "--city=no-such-city"}, {"list", at, "--dialect=Klingon"}, {"list", at, "--format=xls"}, {"list", at, "--key=x"}} {
		if got, _, _ := call(t, args...); got != 2 {
			t.Errorf("%q: status %d, want 2", args, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := run(ctx, []string{"services", at}, streams{nil, new(bytes.Buffer), new(bytes.Buffer)}); got != 130 {
		t.Errorf("interrupted: status %d", got)
	}
}

// The key comes from a file or the environment, and nothing shows it.
func TestKey(t *testing.T) {
	const key = "s3cret-key-of-a-city"
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OPEN311_API_KEY", "another")
	c := city{KeyFile: file}
	if got, err := c.key(); got != key || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if got, _ := (&city{}).key(); got != "another" {
		t.Errorf("of the environment: %q", got)
	}
	broken, at := town(t)
	broken.Fail(open311test.ListServices, open311test.Status(403))
	if _, out, err := call(t, "services", at, "--key-file="+file); strings.Contains(out+err, key) {
		t.Errorf("it is shown: %s %s", out, err)
	}
}

// What strangers wrote is no command to a terminal, and no formula.
func TestCellsAreHarmless(t *testing.T) {
	_, at := town(t, open311test.WithRequests(open311.ServiceRequest{ID: "=1+1", Status: "open", Address: "a\x1b[2Jb;=2+2"}))
	if _, out, _ := call(t, "list", at, "--format=csv"); !strings.Contains(out, "\"'=1+1\"") || !strings.Contains(out, "b;=2+2\"") || strings.Contains(out, "\x1b") {
		t.Errorf("%q", out)
	}
	if _, out, _ := call(t, "list", at); strings.Contains(out, "\x1b") {
		t.Errorf("%q", out)
	}
}

// Every help fits a screen.
func TestHelpFitsAScreen(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"list", "-h"}, {"get", "-h"}, {"services", "-h"}, {"report", "-h"}, {"watch", "-h"},
		{"mirror", "-h"}, {"check", "-h"}, {"servers", "-h"}, {"completion", "-h"}} {
		status, out, _ := call(t, args...)
		if n := strings.Count(out, "\n"); status != 0 || n == 0 || n > 23 {
			t.Errorf("%q: status %d, %d lines", args, status, n)
		}
		for line := range strings.Lines(out) {
			if len([]rune(line)) > 81 {
				t.Errorf("%q: too wide: %s", args, line)
			}
		}
	}
}
