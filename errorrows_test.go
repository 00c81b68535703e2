package open311_test

import (
	"net/http"
	"testing"

	"github.com/go-open311/open311"
)

// An error among the records of an XML list has the place of one: it is skipped, and counted. Elements of other names beside
// the records are the document's.
func TestErrorAmongTheRecordsOfXML(t *testing.T) {
	const record = "<request><service_request_id>1</service_request_id><service_code>1</service_code></request>"
	for name, tt := range map[string]struct {
		beside  string
		skipped int
	}{
		"one":              {"<error><code>500</code><description>no such row</description></error>", 1},
		"two":              {"<error><code>500</code></error><Error><code>1</code></Error>", 2},
		"a list of errors": {"<errors><error><code>500</code></error></errors>", 0},
		"no code":          {"<error>0</error>", 0},
		"something else":   {"<total><code>500</code></total>", 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				return stubReply(r, 200, "text/xml", "<service_requests>"+record+tt.beside+"</service_requests>"), nil
			}, open311.WithFormat(open311.FormatXML), open311.WithRetry(once))
			p, err := c.Requests.List(t.Context(), nil)
			if err != nil || len(p.Requests) != 1 || p.Skipped != tt.skipped || len(p.SkippedErrs) != tt.skipped {
				t.Errorf("%+v, %v; want 1 record, and %d skipped", p, err, tt.skipped)
			}
		})
	}
}
