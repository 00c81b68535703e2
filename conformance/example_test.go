package conformance_test

import (
	"context"
	"fmt"
	"net/http"
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
	city := open311test.NewHandler()
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
	// discovery/xml-root (must): The root element of the discovery document is discovery.
}

func clientOf(city *open311test.Handler) *http.Client {
	return &http.Client{Transport: city.Transport()}
}
