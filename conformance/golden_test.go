package conformance

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

var update = flag.Bool("update", false, "write the golden reports")

// golden compares with a file in testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(want, got) { // which cmp takes long to find out with the race detector
		return
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", file, d)
	}
}

// still is a report of a city that stands still, without what differs from run to run.
func still(t *testing.T, target Target, opts ...open311test.Option) *Report {
	t.Helper()
	city := open311test.NewServer(t, append([]open311test.Option{open311test.WithoutNetwork(), open311test.WithSize(testSize)}, opts...)...)
	target.Endpoint, target.Now, target.HTTPClient = city.URL, city.Now, &http.Client{Transport: city.Transport()}
	r := check(t, target)
	r.Elapsed = 1400 * time.Millisecond
	for i := range r.Results {
		r.Results[i].Took = 0
	}
	return r
}

// The dialects that the library knows, as this package sees them.
func TestDialects(t *testing.T) {
	for _, d := range open311.Dialects() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			target := Target{}
			if d.Name == open311.FixMyStreet.Name {
				target.Jurisdiction = "any" // it wants one, whichever
			}
			r := still(t, target, open311test.WithDialect(d))
			name := "dialect-" + strings.ToLower(strings.ReplaceAll(d.Name, " ", "-"))
			goldenReport(t, name, "text", r)
			if d.Name == open311.UReport.Name { // a page is long, and one shows how it looks
				goldenReport(t, name, "html", r)
			}
			// What passes is in the text; report.json has the whole form.
			brief := *r
			brief.Results = r.worst(Fail, Warn, Error)
			goldenReport(t, name, "json", &brief)
			if d.Name == open311.Spec.Name && r.Verdict != Conformant {
				t.Errorf("the specification is %s", r.Verdict)
			}
			if n := r.Count(Error); n > 0 {
				t.Errorf("%d errors: %+v", n, r.worst(Error))
			}
		})
	}
}

func goldenReport(t *testing.T, name, format string, r *Report) {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	golden(t, name+"."+extensions[format], b.Bytes())
}

// spoilt is a city with something of everything to report.
func spoilt(t *testing.T) *Report {
	return still(t, Target{
		AllowCreate: true, APIKey: testKey, Jurisdiction: "a.example",
		Disable: map[string]string{"requests/filter/id-list": "vendor knows, to be fixed in *May*"},
		Sample:  &open311.NewRequest{Description: "Grüße <b>& more</b>", AddressString: "1 Quay", Email: "alice@example.com", FirstName: "Alice", Location: &open311.Point{Lat: 44.1, Long: -68.2}},
	}, open311test.WithAPIKey(testKey), open311test.WithJurisdictions("a.example", "b.example"), open311test.WithQuirks(open311test.Quirks{
		Name: "spoilt", Root: "requests", TextNumbers: true, Errors: open311test.ErrorEnvelope, XMLType: "application/xml",
		Ignores: []string{"status"}, DateLayout: "2006-01-02 15:04:05", CreatedStatus: 201,
	}))
}

func TestReports(t *testing.T) {
	r := spoilt(t)
	for _, name := range ReportFormats() {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := r.Write(&b, name); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{testKey, "alice@example.com", "Alice"} {
				if bytes.Contains(b.Bytes(), []byte(secret)) {
					t.Errorf("the report holds %q", secret)
				}
			}
			golden(t, "report."+extensions[name], b.Bytes())
		})
	}
}

// What programs read must say what the report says.
func TestReportsForPrograms(t *testing.T) {
	r := spoilt(t)
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(r, &back); d != "" {
		t.Errorf("JSON (-report +read back):\n%s", d)
	}
	b.Reset()
	if err := r.WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	var suites junitSuites
	if err := xml.Unmarshal(b.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != len(r.Results) || suites.Failures != r.Count(Fail) || suites.Errors != r.Count(Error) ||
		suites.Skipped != r.Count(Unsupported)+r.Count(Disabled) || len(suites.Suites) != len(operations) {
		t.Errorf("JUnit: %d tests, %d failures, %d errors, %d skipped; the report: %s", suites.Tests, suites.Failures, suites.Errors, suites.Skipped, r.counts())
	}
	if err := r.Write(&b, "pdf"); err == nil {
		t.Error("there is no PDF")
	}
}
