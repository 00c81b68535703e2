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
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/servers"
)

// Every row is asked, and what lives is told from what does not.
func TestServersCheck(t *testing.T) {
	one, two := town(t)
	const gone = "http://127.0.0.1:1" // no server listens there, nor will
	_ = one
	file := filepath.Join(t.TempDir(), "servers.json")
	text := fmt.Sprintf(`{"servers":[{"key":"alive","base_url":%q},{"key":"dead","base_url":%q},
		{"key":"retired","base_url":%q,"status":"retired","retired":{"reason":"moved"}}]}`, strings.TrimPrefix(two, "--endpoint="), gone, gone)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := call(t, "servers", "-check", "--file="+file, "--format=csv")
	if status != 0 || !strings.Contains(out, `"alive","listed","live","19"`) || !strings.Contains(out, `"dead","listed","none"`) ||
		!strings.Contains(out, `"retired","retired","none"`) || !strings.Contains(errs, "1 of 3 live") {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
}

func TestCompletion(t *testing.T) {
	for line, want := range map[string][]string{
		"li":                               {"list"},
		"completion ":                      {"bash", "zsh", "fish"},
		"list --for":                       {"--format"},
		"list -for":                        {"-format"},
		"list --format ":                   {"table", "csv", "json", "ndjson"},
		"list --format=n":                  {"ndjson"},
		"list --format = n":                {"ndjson"}, // as bash takes it apart
		"list --city chica":                {"chicago"},
		"list --dialect Sp":                {"Spot"},
		"mirror --format=sq":               {"sqlite"},
		"watch --shape t":                  {"telegram"},
		"mirror --until 2026-01-01 --sinc": {"--since"},
		"list --key-file ":                 nil, // the shell knows files
	} {
		args := append([]string{"complete", "--"}, strings.Split(line, " ")...)
		status, out, errs := call(t, args...)
		if got := strings.Fields(out); status != 0 || !slices.Equal(got, want) {
			t.Errorf("%q: status %d: %q, want %q %s", line, status, got, want, errs)
		}
	}
	if _, out, _ := call(t, "complete", "--", ""); !strings.Contains(out, "mirror\n") || strings.Contains(out, "complete\n") {
		t.Errorf("commands: %q", out)
	}
	for shell, check := range map[string][]string{"bash": {"bash", "-n"}, "zsh": {"zsh", "-n"}, "fish": {"fish", "-n"}} {
		status, out, _ := call(t, "completion", shell)
		if status != 0 || !strings.Contains(out, "open311 complete") {
			t.Errorf("%s: %s", shell, out)
		}
		if path, err := exec.LookPath(check[0]); err == nil {
			c := exec.Command(path, check[1:]...)
			c.Stdin = strings.NewReader(out)
			if said, err := c.CombinedOutput(); err != nil {
				t.Errorf("%s: %v %s", shell, err, said)
			}
		}
	}
}

// The suite's report goes into a file, what is known does not count, and what failed is told.
func TestCheckReports(t *testing.T) {
	wrong := open311test.NewServer(t, open311test.WithSize(20), open311test.WithQuirks(open311test.Quirks{Name: "wrong", Root: "requests"})).URL
	dir := t.TempDir()
	page, list := filepath.Join(dir, "report.html"), filepath.Join(dir, "known.txt")
	if err := os.WriteFile(list, []byte("requests/list/xml-root\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := call(t, "check", "--endpoint="+wrong, "-o", page); status != 1 || !strings.Contains(errs, "fail   requests/list/xml-root: ") {
		t.Errorf("status %d: %s", status, errs)
	}
	status, _, errs := call(t, "check", "--endpoint="+wrong, "--known="+list, "--only=requests", "-o", page)
	if status != 0 || !strings.Contains(errs, "known  requests/list/xml-root: ") || !strings.Contains(errs, page) {
		t.Errorf("what is known: status %d: %s", status, errs)
	}
	if b, err := os.ReadFile(page); err != nil || !strings.HasPrefix(string(b), "<!DOCTYPE html>") {
		t.Errorf("the page: %v", err)
	}
	if status, _, _ := call(t, "check", "--endpoint="+wrong, "--disable=x=y"); status != 2 {
		t.Errorf("no such requirement: status %d", status)
	}
	if status, out, _ := call(t, "check", "--disable=discovery/served=later", "--format=markdown"); status != 2 || !strings.Contains(out, "# Open311 conformance: partial") {
		t.Errorf("disabled: status %d: %.200s", status, out)
	}
}

func TestOurs(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"http://localhost:8080/v2": true, "http://127.0.0.1/v2": true, "http://[::1]:80/v2": true,
		"https://city.example/v2": false, "http://192.0.2.1/v2": false, "localhost:8080": false, ":": false,
	} {
		if got := ours(endpoint); got != want {
			t.Errorf("%s: %v, want %v", endpoint, got, want)
		}
	}
}

// Long flags have one dash or two; what stands behind -- is left alone.
func TestDashes(t *testing.T) {
	in := []string{"list", "-city", "x", "-since=2026-01-01", "--limit=3", "-h", "-y", "-o", "-1.5", "--", "-city"}
	want := []string{"list", "--city", "x", "--since=2026-01-01", "--limit=3", "-h", "-y", "-o", "-1.5", "--", "-city"}
	if got := dashes(in); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// A report is not written to what a link leads to, unless that is no file.
func TestReportFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	victim, link := filepath.Join(dir, "victim"), filepath.Join(dir, "report.json")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, link); err != nil {
		t.Skip(err)
	}
	if status, _, errs := call(t, "check", "--only=services", "-o", link); status != 2 || !strings.Contains(errs, "is a link") {
		t.Errorf("status %d: %s", status, errs)
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("what the link leads to has become %.20q, %v", b, err)
	}
	null := filepath.Join(dir, "null.json")
	if err := os.Symlink(os.DevNull, null); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{null, victim} {
		if status, _, errs := call(t, "check", "--only=services", "-o", name); status == 2 && strings.Contains(errs, "open311: ") {
			t.Errorf("%s: status %d: %s", name, status, errs)
		}
	}
	if b, err := os.ReadFile(victim); err != nil || !strings.HasPrefix(string(b), "CONFORMANT") && !strings.Contains(string(b), "Open311") {
		t.Errorf("a file that was there has become %.40q, %v", b, err)
	}
}

// Whatever a city says, no terminal obeys it, in any format, and JSON says the same as before.
func TestNothingForATerminal(t *testing.T) {
	const text = "a\u009b31mb\u202ec\u2028d\u2066e\u0085f"
	city, at := town(t)
	city.Put(open311.ServiceRequest{ID: "odd", Status: "open", Address: text, Description: text, ServiceName: text})
	for _, format := range []string{"table", "csv", "json", "ndjson"} {
		_, out, errs := call(t, "list", at, "--format="+format)
		if bad := strings.IndexFunc(out+errs, func(r rune) bool { return r != '\n' && obeyed(r) }); bad >= 0 || !strings.Contains(out, "odd") {
			t.Errorf("%s: %.60q", format, (out + errs)[max(bad, 0):])
		}
		if format != "ndjson" {
			continue
		}
		for line := range strings.Lines(out) {
			var r open311.ServiceRequest
			if err := json.Unmarshal([]byte(line), &r); err != nil || r.ID == "odd" && !strings.Contains(r.Address, "\u202e") {
				t.Errorf("%v: %q", err, r.Address)
			}
		}
	}
}

// A server that says again what it is told has the key in no report.
func TestReportsShowNoKey(t *testing.T) {
	const key = "k3y-0f-the-c1ty"
	t.Setenv("OPEN311_API_KEY", key)
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Echo", r.URL.RawQuery+string(body))
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "the key %s is wrong: %s %s", key, r.URL, body)
	}))
	defer echo.Close()
	for _, format := range []string{"text", "json", "junit", "markdown", "html"} {
		status, out, errs := call(t, "check", "--endpoint="+echo.URL, "--create", "--format="+format)
		if status == 0 || out == "" || strings.Contains(out+errs, key) {
			t.Errorf("%s: status %d, with the key: %t", format, status, strings.Contains(out+errs, key))
		}
	}
}

// What a newcomer types first: nothing, a city that is not there any more, a day in words, a query that finds nothing.
func TestFirstSteps(t *testing.T) {
	_, at := town(t)
	for _, c := range []struct {
		args   []string
		status int
		out    string // a part of it
		err    string
	}{
		{nil, 2, "", "Commands:"},
		{[]string{"list"}, 2, "", "give --city or --endpoint"},
		{[]string{"list", at, "--city=chicago"}, 2, "", "not both"},
		{[]string{"list", "--city=chica"}, 2, "", "open311: wrong arguments: no server is called \"chica\"; did you mean chicago?"},
		{[]string{"list", at, "--since=yesterday"}, 2, "", "neither a day such as"},
		{[]string{"list", at, "--since=2026-06-01T08:00:00Z", "--limit=1"}, 0, "QH26-", ""},
		{[]string{"list", at, "--service=none"}, 0, "id  status", ""},
		{[]string{"list", at, "--service=none", "--format=csv"}, 0, "\"id\",\"status\"", ""},
		{[]string{"list", at, "--dialect=markaspot", "--limit=1"}, 0, "QH26-", ""},
		{[]string{"services", at, "0302"}, 0, "\n  furniture ", ""},
		{[]string{"watch", "--once"}, 2, "", "open311: wrong arguments: give --city"},
		{[]string{"watch", at, "--once", "--kinds=new"}, 2, "", "wrong arguments: --kinds: there is no \"new\"; there are created"},
		{[]string{"watch", at, "--once", "--near=here"}, 2, "", "wrong arguments: --near: \"here\" is not"},
		{[]string{"check", "--city=bonn"}, 2, "", "is retired"},
		{[]string{"check", "--format=pdf"}, 2, "", `--format must be one of "text",`},
		{[]string{"check", "-h"}, 0, "Exit status: 0 conformant", ""},
	} {
		status, out, err := call(t, c.args...)
		if status != c.status || !strings.Contains(out, c.out) || !strings.Contains(err, c.err) || c.err == "" && err != "" {
			t.Errorf("%q: status %d, out %q, err %q", c.args, status, out, err)
		}
	}
}

// Every command can be tried without a network and without a key.
func TestMadeUpCity(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir := t.TempDir()
	for _, args := range [][]string{
		{"list", "--limit=3"}, {"services"}, {"services", "0101"},
		{"report", "--service=0103", "--place=43.25,-68.05", "--text=Ice", "--yes"},
		{"report", "--service=0103", "--place=43.25,-68.05", "--text=Ice", "--yes", "--dry-run"},
		{"watch", "--once"}, {"mirror", "--since=" + time.Now().AddDate(0, -1, 0).Format(time.DateOnly), "-o", dir}, {"check", "--only=services"},
	} {
		if status, out, errs := call(t, append(args, "--city=quillhaven")...); status != 0 || out+errs == "" {
			t.Errorf("%q: status %d: %s%s", args, status, out, errs)
		}
	}
	if _, err := servers.Lookup(madeUp); err == nil {
		t.Error("there is such a city in the catalogue")
	}
}
