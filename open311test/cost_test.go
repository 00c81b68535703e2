//go:build !race

package open311test_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-open311/open311/internal/cputime"
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
