package conformance_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-open311/open311/conformance"
	"github.com/go-open311/open311/open311test"
)

// A vendor's test, whole: here of a city in memory, in place of the vendor's own server.
func TestVendor(t *testing.T) {
	city := open311test.NewServer(t)
	conformance.Run(t, conformance.Target{Endpoint: city.URL, AllowCreate: true, Pace: -1})
}

func ExampleCheck() {
	city := open311test.NewHandler(open311test.WithSize(300))
	report, err := conformance.Check(context.Background(), conformance.Target{
		Endpoint:   "http://quillhaven.example/open311/v2",
		HTTPClient: clientOf(city),
		Pace:       -1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Verdict)
	for _, r := range report.Results {
		for _, f := range r.Findings {
			fmt.Println(r.ID, f.Format, f.Got)
		}
	}
	// Output: conformant
}

func ExampleRequirements() {
	for _, r := range conformance.Requirements()[:2] {
		fmt.Printf("%s (%s): %s\n", r.ID, r.Level, r.Rule)
	}
	// Output:
	// discovery/served (should): An endpoint is described by a discovery document, which is there in XML and in JSON.
	// discovery/served/both (must): A discovery document is there in XML and in JSON, if there is one.
}

// In the tests of a server: a subtest for each requirement, and the reports in the artifact directory
// (go test -artifacts).
func ExampleRun() {
	_ = func(t *testing.T) { // func TestConformance(t *testing.T)
		conformance.Run(t, conformance.Target{
			Endpoint:    "http://localhost:8080/open311/v2",
			AllowCreate: true, // it is a test server
			Pace:        -1,   // of our own
			Disable:     map[string]string{"requests/list/default-90-days": "planned for spring"},
		})
	}
}

// Write a report in any form: here what a city gets that calls the list by another name.
func ExampleReport_Write() {
	city := open311test.NewHandler(open311test.WithSize(300), open311test.WithQuirks(open311test.Quirks{Root: "requests"}))
	report, err := conformance.Check(context.Background(), conformance.Target{
		Endpoint: "http://quillhaven.example/open311/v2", HTTPClient: clientOf(city), Now: city.Now, Pace: -1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var page strings.Builder
	if err := report.Write(&page, "html"); err != nil { // or a file
		fmt.Println(err)
	}
	fmt.Println(conformance.ReportFormats())
	fmt.Println(strings.HasPrefix(page.String(), "<!DOCTYPE html>"), report.ExitStatus())
	for _, r := range report.Results {
		if r.Status == conformance.Fail {
			fmt.Println(r.ID, "got:", r.Findings[0].Got, "want:", r.Findings[0].Want)
		}
	}
	// Output:
	// [html json junit markdown text]
	// true 1
	// requests/list/xml-root got: the root element is <requests> want: <service_requests>
}

func clientOf(city *open311test.Handler) *http.Client {
	return &http.Client{Transport: city.Transport()}
}
