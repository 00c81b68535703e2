//go:build !race

package open311test_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/cputime"
	"github.com/go-open311/open311/internal/zerotest"
	"github.com/go-open311/open311/open311test"
)

// What comes in costs as much as it is long: arguments, forms, documents, and the log of calls.
func TestCostIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	parts := func(part string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, part, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ path, kind, head, part, tail string }{
		"ids":         {path: "requests.json?service_request_id=", part: "QH26-%d,"},
		"codes":       {path: "requests.xml?service_code=", part: "c%d,"},
		"arguments":   {path: "requests.json?", part: "a%d=1&"},
		"a path":      {path: "services/", part: "%d%%20"},
		"form":        {"requests.json", "application/x-www-form-urlencoded", "service_code=0101&lat=1&long=2", "&attribute[A%d]=1", ""},
		"brackets":    {"requests.json", "application/x-www-form-urlencoded", "service_code=0101&lat=1&long=2", "&attribute[A][%d]=1", ""},
		"description": {"requests.xml", "application/x-www-form-urlencoded", "service_code=0101&lat=1&long=2&description=", "%d+%%26", ""},
		"JSON":        {"requests.json", "application/json", `{"service_code":"0101","lat":1,"long":2,"attribute":{"a":1`, `,"A%d":["x"]`, "}}"},
		"XML":         {"requests.xml", "text/xml", `<request><service_code>0101</service_code>`, "<attribute><code>A%d</code></attribute>", "</request>"},
	} {
		t.Run(name, func(t *testing.T) {
			city := open311test.NewHandler(open311test.WithSize(10))
			cputime.Linear(t, 1000, func(n int) func() {
				text := c.head + parts(c.part, n) + c.tail
				return func() {
					city.ResetCalls()
					r := httptest.NewRequest("POST", "/open311/v2/"+c.path, strings.NewReader(text))
					r.Header.Set("Content-Type", c.kind)
					if c.kind == "" {
						r = httptest.NewRequest("GET", "/open311/v2/requests.json", nil)
						r.URL.Path = "/open311/v2/" + c.path
						if path, query, ok := strings.Cut(c.path, "?"); ok {
							r.URL.Path, r.URL.RawQuery = "/open311/v2/"+path, query+text
						} else {
							r.URL.Path += text + ".json"
						}
						r.RequestURI = (&url.URL{Path: r.URL.Path, RawQuery: r.URL.RawQuery}).RequestURI()
					}
					city.ServeHTTP(httptest.NewRecorder(), r)
					city.Calls()
				}
			})
		})
	}
}

// The same for all that a test can say to the city.
func TestCostOfTexts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	city := func(o open311test.Option) { open311test.NewHandler(o, open311test.WithSize(10)).Requests() }
	zerotest.Long(t, []any{open311test.Call{}, open311test.Clock{}, open311test.Fault{}, open311test.NewHandler(open311test.WithSize(10))},
		map[string]any{
			"HTML": open311test.HTML, "Delay": open311test.Delay, "Empty": open311test.Empty, "RetryAfter": open311test.RetryAfter, "SlowBody": open311test.SlowBody,
			"Status": open311test.Status, "Truncate": open311test.Truncate, "WrongContentType": open311test.WrongContentType, "QuirksOf": open311test.QuirksOf,
			"NewClock": open311test.NewClock, "NewHandler": open311test.NewHandler, "NewProxy": open311test.NewProxy,
			"WithAPIKey":        func(keys ...string) { city(open311test.WithAPIKey(keys...)) },
			"WithBase":          func(path string) { city(open311test.WithBase(path)) },
			"WithDefinitions":   func(list ...open311.ServiceDefinition) { city(open311test.WithDefinitions(list...)) },
			"WithDialect":       func(d open311.Dialect) { city(open311test.WithDialect(d)) },
			"WithFilingStyle":   func(d open311.Dialect) { city(open311test.WithFilingStyle(d)) },
			"WithJurisdictions": func(ids ...string) { city(open311test.WithJurisdictions(ids...)) },
			"WithQuirks":        func(q open311test.Quirks) { city(open311test.WithQuirks(q)) },
			"WithRequests":      func(list ...open311.ServiceRequest) { city(open311test.WithRequests(list...)) },
			"WithServices":      func(list ...open311.Service) { city(open311test.WithServices(list...)) },
		},
		"Handler.ServeHTTP", "Server", "Proxy", "NewServer", // what comes over HTTP: see TestCostIsLinear
		"WithClock", "WithEmpty", "WithLife", "WithMiddleware", "WithSeed", "WithSize", "WithTicking", "WithTokenDelay", "WithYears", "WithoutNetwork") // no text
}
