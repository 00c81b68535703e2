// Package browser shows HTML pages to a real browser, with texts of strangers in them that do harm where they are taken
// for anything but text.
package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// attacks are texts; each calls the beacon, @, from where it is no longer one.
var attacks = []string{
	`<img src=@ onerror=fetch("@")>`,
	`</script><script>fetch("@")</script>`,
	`"><svg onload=fetch("@")>`,
	`'><x-evil onmouseover=fetch("@")>`,
	`" onmouseover=fetch("@") x="`,
	`</title></style></pre></textarea></select><iframe src=@>`,
	`--><link rel=stylesheet href=@>`,
	`</style><style>@import "@"</style>`,
	`}*{background:url(@)}`,
	`javascript:fetch("@")`,
	`\u003cimg src=@\u003e`,
	`&lt;img src=@&gt;`,
	`${fetch("@")}`,
	`<!--<script>`,
	refresh,
}

// refresh goes elsewhere, which no policy of a page can forbid: escaping alone keeps it out.
const refresh = `<meta http-equiv=refresh content="0;url=@">`

//go:embed frames.js
var frames string

var policy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)

// Harmless lets write make a page with each of many hostile texts in every place where a stranger's text can stand, and
// looks at it in a browser that runs scripts: nothing is loaded or called, no element or handler comes of a text. The
// escaping has to hold without the page's policy, and the policy without the escaping. Without a browser, the test is
// skipped.
func Harmless(t *testing.T, write func(evil string) []byte) {
	t.Helper()
	var pages []string
	for i, attack := range attacks {
		page := string(write(aim(attack, 2*i)))
		if !policy.MatchString(page) {
			t.Fatal("the page has no Content-Security-Policy")
		}
		if !strings.Contains(html.UnescapeString(page), "/beacon/") && strings.Contains(attack, "@") {
			t.Errorf("%s is not in the page at all", attack)
		}
		bare := policy.ReplaceAllString(string(write(aim(attack, 2*i+1))), "")
		pages = append(pages, page, bare)
	}
	escaped := len(pages)
	var raw strings.Builder
	for _, attack := range attacks {
		if attack != refresh && !strings.Contains(attack, "<!--") {
			raw.WriteString(aim(attack, escaped))
		}
	}
	pages = append(pages, strings.Replace(string(write("")), "<body>", "<body>"+raw.String(), 1))

	calls, found := show(t, pages)
	for i, page := range pages {
		name := "texts that are not escaped, and a policy"
		if i < escaped {
			name = attacks[i/2] + []string{"", ", without the policy"}[i%2]
			for _, f := range found[i] {
				t.Errorf("%s: there is %s", name, f)
			}
		}
		if slices.Contains(calls, i) {
			t.Errorf("%s: the page (%d bytes) has called the beacon", name, len(page))
		}
	}
}

// aim is an attack with the address of a page's beacon.
func aim(attack string, page int) string {
	// "@import" is CSS and no address.
	text := strings.ReplaceAll(attack, "@", "/beacon/"+strconv.Itoa(page))
	return strings.ReplaceAll(text, "/beacon/"+strconv.Itoa(page)+"import", "@import")
}

// show lets a browser show pages, side by side in one window. It returns the pages whose beacons were called, and what
// was found in each that no text may make. A page more, last and full of attacks, shows that there would be something
// to see.
func show(t *testing.T, pages []string) (calls []int, found map[int][]string) {
	t.Helper()
	program := find(t)
	var control strings.Builder
	for _, attack := range attacks[:4] {
		control.WriteString(aim(attack, len(pages)))
	}
	all := append(slices.Clip(pages), "<!doctype html><body>"+control.String())

	var mu sync.Mutex
	mux := http.NewServeMux()
	mux.HandleFunc("/beacon/{page}", func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if n, err := strconv.Atoi(r.PathValue("page")); err == nil && !slices.Contains(calls, n) {
			calls = append(calls, n)
		}
	})
	mux.HandleFunc("/page/{page}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		n, _ := strconv.Atoi(r.PathValue("page"))
		fmt.Fprint(w, all[n])
	})
	mux.HandleFunc("/found", func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if err := json.NewDecoder(r.Body).Decode(&found); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!doctype html><meta charset=utf-8>")
		for n := range all {
			fmt.Fprintf(w, "<iframe src=/page/%d></iframe>", n)
		}
		fmt.Fprintf(w, "<script>%s</script>", frames)
	})
	city := httptest.NewServer(mux)
	defer city.Close()
	run(t, program, city.URL)

	mu.Lock()
	defer mu.Unlock()
	if found == nil || !slices.Contains(calls, len(pages)) || len(found[len(pages)]) == 0 {
		t.Fatalf("the browser does not show the control page: calls of %v, found %v", calls, found)
	}
	return calls, found
}

// find finds the browser.
func find(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	if name := os.Getenv("OPEN311_TEST_BROWSER"); name != "" {
		return name
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	t.Skip("there is no chromium (apt-get install chromium), and OPEN311_TEST_BROWSER names none")
	return ""
}

// run opens an address, waits until its scripts have come to rest, and ends the browser. It asks nobody but this machine.
func run(t *testing.T, program, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	home, err := os.MkdirTemp("", "browser-*") //nolint:usetesting // its helpers may outlive it and write there still
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(home) }()
	cmd := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--user-data-dir="+home,
		"--virtual-time-budget=3000", "--dump-dom", address)
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.WaitDelay = time.Minute
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%.2000s", program, err, out)
	}
}
