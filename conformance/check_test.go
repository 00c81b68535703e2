package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311/internal/plain"
	"github.com/go-open311/open311/open311test"
)

// headings are the anchors that the pages have, as their markdown makes them of the headings.
var headings = map[string][]string{
	wiki + "GeoReport_v2/": strings.Fields(`status specification servers apps--resources service-discovery internationalization-and-encoding
		datetime-format encoding format-support xml-support json-support definitions jurisdiction_id optional-arguments api-methods
		get-service-list get-service-definition post-service-request get-service_request_id-from-a-token get-service-requests
		response-volume get-service-request errors required-arguments response possible-errors example-response example-request`),
	wiki + "GeoReport_v2/Extensions/": strings.Fields("pagination media-handling comment-handling editing--updating-requests update-history extended-attributes implementing-endpoints"),
	wiki + "GeoReport_v2.1_Draft/":    strings.Fields("status service-discovery format-support definitions api-methods get-service-list post-service-request get-service-requests get-service-request errors"),
	wiki + "JSON_and_XML_Conversion/": strings.Fields("the-parker-convention the-spark-convention the-badgerfish-convention"),
	wiki + "Service_Discovery/":       strings.Fields("about base-url formats fields-for-all-versions examples"),
	"https://github.com/mysociety/fixmystreet/wiki/Open311-FMS---Proposed-differences-to-Open311": {"get-service-request-updates"},
}

func TestCatalogue(t *testing.T) {
	pages := []string{
		wiki + "GeoReport_v2/", wiki + "GeoReport_v2/Extensions/", wiki + "GeoReport_v2.1_Draft/", wiki + "JSON_and_XML_Conversion/",
		wiki + "Service_Discovery/", "https://github.com/mysociety/fixmystreet/wiki/Open311-FMS---Proposed-differences-to-Open311",
	}
	list := Requirements()
	if len(list) < 90 {
		t.Errorf("%d requirements, want 90 or more", len(list))
	}
	seen := make(map[string]bool)
	count := make(map[string]int)
	for i, r := range list {
		if seen[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		seen[r.ID] = true
		if strings.Trim(r.ID, "abcdefghijklmnopqrstuvwxyz0123456789-/") != "" {
			t.Errorf("%s is no good id", r.ID)
		}
		if !strings.HasSuffix(r.Rule, ".") || r.Title == "" || strings.HasSuffix(r.Title, ".") || catalogue[i].want == "" {
			t.Errorf("%s: title %q, rule %q, want %q", r.ID, r.Title, r.Rule, catalogue[i].want)
		}
		page, section, _ := strings.Cut(r.Spec, "#")
		if !slices.Contains(pages, page) || !slices.Contains(headings[page], section) {
			t.Errorf("%s: spec %q is no section of a page that is known", r.ID, r.Spec)
		}
		if r.Level != Must && r.Level != Should && r.Level != May && r.Level != DeFacto {
			t.Errorf("%s: level %q", r.ID, r.Level)
		}
		if r.Rule == "" || r.Feature == "" || r.Operation == "" || r.Since == "" {
			t.Errorf("%s is incomplete: %+v", r.ID, r)
		}
		count["level "+string(r.Level)]++
		count["feature "+string(r.Feature)]++
	}
	t.Logf("%d requirements: %v", len(list), count)
	list[0].Formats[0] = "changed"
	if Requirements()[0].Formats[0] == "changed" {
		t.Error("the catalogue can be changed from outside")
	}
}

func TestTargetsThatCannotBeChecked(t *testing.T) {
	for name, target := range map[string]Target{
		"no endpoint":       {},
		"no scheme":         {Endpoint: "city.example/open311/v2"},
		"a query":           {Endpoint: "https://city.example/v2?api_key=k-311-secret", APIKey: testKey},
		"unknown id":        {Endpoint: "https://city.example", Disable: map[string]string{"no/such": "because"}},
		"no reason":         {Endpoint: "https://city.example", Disable: map[string]string{"discovery/served": " "}},
		"unknown feature":   {Endpoint: "https://city.example", Features: []Feature{"telepathy"}},
		"nothing but a key": {APIKey: testKey},
	} {
		r, err := Check(context.Background(), target)
		if err == nil || r != nil {
			t.Errorf("%s: %v, %v", name, r, err)
		} else if strings.Contains(err.Error(), testKey) {
			t.Errorf("%s: the error holds the key: %v", name, err)
		}
	}
}

func TestNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // calls are made again a second later
		r, err := Check(t.Context(), Target{Endpoint: "http://city.example/v2", Pace: -1, HTTPClient: refusing{}.client()})
		if err == nil || r == nil {
			t.Fatalf("%v, %v", r, err)
		}
		if r.Count(Fail)+r.Count(Warn)+r.Count(Pass) > 0 || r.Verdict != Partial || r.ExitStatus() != 2 {
			t.Errorf("%s: %s", r.Verdict, r.counts())
		}
	})
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("connection refused")
}
func (r refusing) client() *http.Client { return &http.Client{Transport: r} }

// A city that is now and then overloaded is not a city that breaks rules.
func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, status := range []int{429, 502, 503, 504} {
			var n atomic.Int64
			busy := open311test.WithMiddleware(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if n.Add(1)%2 == 0 {
						w.Header().Set("Retry-After", "3")
						w.WriteHeader(status)
						return
					}
					next.ServeHTTP(w, r)
				})
			})
			r := still(t, Target{}, busy)
			if r.Verdict != Conformant {
				t.Errorf("%d: %s: %s", status, r.Verdict, r.counts())
			}
			always := open311test.WithMiddleware(func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
			})
			if r := still(t, Target{}, always); r.Count(Fail)+r.Count(Warn) > 0 || r.Verdict != Partial {
				t.Errorf("always %d: %s: %s", status, r.Verdict, r.counts())
			}
		}
	})
}

func TestComeBack(t *testing.T) {
	now := time.Now()
	for after, want := range map[string]int{"": 1, "later": 1, "0": 0, " 7 ": 7, "7.0": 7, "7 seconds": 7, "30": 30, "31": -1, "-7": 1,
		now.UTC().Add(9 * time.Second).Format(http.TimeFormat): 9, now.UTC().Add(time.Hour).Format(http.TimeFormat): -1} {
		x := &exchange{status: 503, header: http.Header{"Date": {now.UTC().Format(http.TimeFormat)}, "Retry-After": {after}}}
		wait, ok := comeBack(x)
		if !ok {
			wait = -time.Second
		}
		if wait != time.Duration(want)*time.Second {
			t.Errorf("%q: %v, want %v s", after, wait, want)
		}
	}
}

func TestContextEnds(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork())
	ctx, cancel := context.WithCancel(context.Background())
	target := Target{Endpoint: city.URL, HTTPClient: &http.Client{Transport: city.Transport()}, Pace: -1, Progress: func(done, _ int, _ Result) {
		if done == 40 {
			cancel()
		}
	}}
	r, err := Check(ctx, target)
	if !errors.Is(err, context.Canceled) || r == nil || len(r.Results) != len(catalogue) {
		t.Fatalf("%v, %v", r, err)
	}
	if r.Count(Fail)+r.Count(Warn) > 0 || r.Count(Error) == 0 {
		t.Errorf("%s", r.counts())
	}
}

func TestPaceIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(testSize))
		r, err := Check(t.Context(), Target{Endpoint: city.URL, HTTPClient: &http.Client{Transport: city.Transport()}})
		if err != nil {
			t.Fatal(err)
		}
		if want := time.Duration(r.Calls-1) * defaultPace; r.Elapsed < want || r.Elapsed > want+time.Second {
			t.Errorf("%d calls in %v, want %v", r.Calls, r.Elapsed, want)
		}
		if n := len(city.Calls()); n != r.Calls {
			t.Errorf("%d calls reported, %d arrived", r.Calls, n)
		}
	})
}

// Without leave nothing is ever posted; with leave the report says what was filed.
func TestCreateOnlyIfAllowed(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(testSize))
		before := len(city.Requests())
		r := check(t, Target{Endpoint: city.URL, HTTPClient: &http.Client{Transport: city.Transport()}, AllowCreate: allowed, Now: city.Now})
		posts := 0
		for _, c := range city.Calls() {
			if c.Method != http.MethodGet {
				posts++
			}
		}
		if posts != r.Posts || (posts > 0) != allowed {
			t.Errorf("allowed %v: %d POSTs arrived, %d reported", allowed, posts, r.Posts)
		}
		// Blackbox reports are never in the list, and batch reports only after their token was asked for.
		later := 0
		for _, v := range r.Created {
			if !strings.HasPrefix(v, "service_request_id ") {
				later++
			}
		}
		if filed := len(city.Requests()) - before; filed > len(r.Created) || filed < len(r.Created)-later {
			t.Errorf("allowed %v: %d filed, reported %v", allowed, filed, r.Created)
		}
	}
}

func TestDisabledAndDeclared(t *testing.T) {
	r := still(t, Target{Disable: map[string]string{"requests/filter/id": "not ours"}, Features: []Feature{FeatureJSON, FeaturePaging}})
	if res, _ := r.Result("requests/filter/id"); res.Status != Disabled || res.Reason != "not ours" {
		t.Errorf("disabled: %+v", res)
	}
	if res, _ := r.Result("paging/page"); res.Status != Warn || len(res.Findings) != 1 {
		t.Errorf("declared and not there: %+v", res)
	}
	if res, _ := r.Result("updates/served"); res.Status != Unsupported || !strings.Contains(res.Reason, "declare") {
		t.Errorf("not declared: %+v", res)
	}
	if r.Verdict != Partial {
		t.Errorf("verdict %s", r.Verdict)
	}
}

// The key stays here: a redirect to another host is not followed, nor is one of a POST.
func TestRedirects(t *testing.T) {
	var strangers atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	defer other.Close()
	away := open311test.WithMiddleware(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
		})
	})
	city := open311test.NewServer(t, away)
	r := check(t, Target{Endpoint: city.URL, APIKey: testKey, AllowCreate: true})
	if strangers.Load() > 0 {
		t.Errorf("%d calls went to another host", strangers.Load())
	}
	if res, _ := r.Result("services/list/xml"); res.Status != Fail {
		t.Errorf("services/list/xml: %+v", res)
	}
}

func TestFaultOfOurs(t *testing.T) {
	s := newSession(context.Background(), Target{Now: time.Now})
	r := each("x", Must, "", "", "", func(*session, Format) outcome { panic("oops") })
	if res := s.result(&r); res.Status != Error || !strings.Contains(res.Findings[0].Got, "oops") {
		t.Errorf("%+v", res)
	}
}

func TestFindingsShowLittleAndTheRightPart(t *testing.T) {
	r := spoilt(t)
	seen := 0
	for _, res := range r.Results {
		for _, f := range res.Findings {
			seen++
			if f.Exchange == nil {
				continue
			}
			if n := len(f.Exchange.Body); n > BodyShown {
				t.Errorf("%s: %d bytes of the body", res.ID, n)
			}
		}
	}
	res, _ := r.Result("requests/record/requested-datetime-form")
	if seen == 0 || len(res.Findings) != 2 || !strings.Contains(res.Findings[0].Exchange.Body, "<requested_datetime>2026-06-24 16:13:25<") {
		t.Errorf("%d findings; %+v", seen, res)
	}
}

// Run is tried in a process of its own, since it is meant to fail.
func TestRun(t *testing.T) {
	if mode := os.Getenv("CONFORMANCE_RUN"); mode != "" {
		if mode == "down" {
			synctest.Test(t, func(t *testing.T) {
				Run(t, Target{Endpoint: "http://city.example/v2", Pace: -1, HTTPClient: refusing{}.client()})
			})
		}
		opts := []open311test.Option{open311test.WithSize(testSize)}
		if mode == "wrong" {
			opts = append(opts, open311test.WithQuirks(open311test.Quirks{Name: "wrong", Root: "requests"}))
		}
		Run(t, Target{Endpoint: open311test.NewServer(t, opts...).URL, Pace: -1})
		return
	}
	for _, mode := range []string{"right", "wrong", "down"} {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestRun$", "-test.v", "-test.artifacts", "-test.outputdir="+dir)
		cmd.Env = append(os.Environ(), "CONFORMANCE_RUN="+mode)
		out, err := cmd.CombinedOutput()
		if errors.Is(err, errors.ErrUnsupported) {
			t.Skip("a program cannot start another one here: ", err)
		}
		if (err == nil) != (mode == "right") {
			t.Errorf("%s: %v\n%s", mode, err, out)
		}
		if mode == "down" { // is said once, and not for each requirement
			if s := string(out); !strings.Contains(s, "connection refused") || strings.Contains(s, "TestRun/") {
				t.Errorf("%s: %s", mode, clip(s, 2000))
			}
			continue
		}
		want := []string{"=== ATTR  TestRun open311.verdict ", "=== ATTR  TestRun/requests/list/xml-root open311.level must", "SKIP: TestRun/create/accepted"}
		if mode == "wrong" {
			want = append(want, "--- FAIL: TestRun/requests/list/xml-root", "got   the root element is <requests>", "want  <service_requests>")
		}
		for _, w := range want {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s: %q is not in the output:\n%s", mode, w, clip(string(out), 3000))
			}
		}
		pages, findings := 0, 0
		_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error {
			switch filepath.Base(path) {
			case "conformance.html":
				pages++
			case "finding.txt":
				findings++
			}
			return nil
		})
		if pages != 1 || (findings > 0) != (mode == "wrong") {
			t.Errorf("%s: %d pages, %d findings in the artifacts", mode, pages, findings)
		}
	}
}

// What is printed to a terminal moves no cursor, whatever the server says.
func TestPrintable(t *testing.T) {
	if got := plain.Text("a\x1b[2Jb\x00\u009bc\n"); got != "a\uFFFD[2Jb\uFFFD\uFFFDc\n" {
		t.Errorf("%q", got)
	}
	for in, want := range map[string]string{"a b c": "a b\n  c", "abcdef": "abc\n  def", "": ""} {
		if got := wrap(in, 3, "  "); got != want {
			t.Errorf("wrap(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestStrictReaders(t *testing.T) {
	for _, tc := range []struct {
		f    Format
		body string
		ok   bool
	}{
		{FormatJSON, `[{"a":1}]`, true}, {FormatJSON, `[{"a":001}]`, false}, {FormatJSON, `[1],[2]`, false}, {FormatJSON, `[1`, false},
		{FormatJSON, `{"a":1,}`, false}, {FormatJSON, strings.Repeat("[", 100) + strings.Repeat("]", 100), false},
		{FormatJSON, "\xEF\xBB\xBF[]", false}, {FormatXML, "\xEF\xBB\xBF<a/>", true}, {FormatXML, `<a><b/></a>`, true}, {FormatXML, `<a/><b/>`, false}, {FormatXML, `<a>x & y</a>`, false},
		{FormatXML, `<a><b></a>`, false}, {FormatXML, `<a/>x`, false}, {FormatXML, "<a>caf\xE9</a>", true}, {FormatXML, ``, false},
		{FormatXML, strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100), false},
	} {
		if _, err := parse([]byte(tc.body), tc.f); (err == nil) != tc.ok {
			t.Errorf("%s %s: %v", tc.f, clip(tc.body, 40), err)
		}
	}
	if n, err := parse([]byte(`[{"a":1,"a":2}]`), FormatJSON); err != nil || fmt.Sprint(n.twice) != "[a]" {
		t.Errorf("names twice: %v %v", n, err)
	}
}
