package open311test_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/zerotest"
	"github.com/go-open311/open311/open311test"
)

// TestZeroValues: none panics. An http.Handler is given a request and somebody to answer, which TestZeroHandler does.
func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{open311test.Call{}, open311test.Clock{}, open311test.Fault{}, open311test.Handler{}, open311test.Proxy{}, open311test.Server{}},
		"Handler.ServeHTTP", "Server.ServeHTTP", "Proxy.ServeHTTP")
	zerotest.Funcs(t, map[string]any{
		"Delay": open311test.Delay, "Empty": open311test.Empty, "HTML": open311test.HTML, "RetryAfter": open311test.RetryAfter, "SlowBody": open311test.SlowBody,
		"Status": open311test.Status, "Truncate": open311test.Truncate, "WrongContentType": open311test.WrongContentType,
		"NewClock": open311test.NewClock, "NewHandler": open311test.NewHandler, "NewProxy": open311test.NewProxy, "QuirksOf": open311test.QuirksOf,
	}, "With", "NewServer") // options, and what a test gives its own testing.TB
}

// The zero Handler is a city like any other, a nil one an empty one, and a proxy before nothing says so.
func TestZeroHandler(t *testing.T) {
	for _, c := range []struct {
		handler http.Handler
		status  int
		want    string
	}{
		{new(open311test.Handler), 200, "service_request_id"}, {(*open311test.Handler)(nil), 200, "[]"}, {new(open311test.Server), 200, "[]"},
		{new(open311test.Proxy), 502, "NewProxy"}, {(*open311test.Proxy)(nil), 502, "NewProxy"},
	} {
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, httptest.NewRequest("GET", "/open311/v2/requests.json", nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%T: status %d, %.60s", c.handler, w.Code, w.Body)
		}
	}
	if _, err := new(open311test.Server).Client().Requests.Get(t.Context(), "1"); err == nil {
		t.Error("the client of no server can call")
	}
}

// Options of nothing change nothing.
func TestZeroOptions(t *testing.T) {
	options := map[string]open311test.Option{
		"nil": nil, "WithAPIKey": open311test.WithAPIKey(), "WithBase": open311test.WithBase(""), "WithClock": open311test.WithClock(nil),
		"WithDefinitions": open311test.WithDefinitions(), "WithDialect": open311test.WithDialect(open311.Dialect{}), "WithEmpty": open311test.WithEmpty(),
		"WithFilingStyle": open311test.WithFilingStyle(open311.Dialect{}), "WithJurisdictions": open311test.WithJurisdictions(),
		"WithLife": open311test.WithLife(open311test.Life{}), "WithMiddleware": open311test.WithMiddleware(nil),
		"WithQuirks": open311test.WithQuirks(open311test.Quirks{}), "WithRequests": open311test.WithRequests(), "WithSeed": open311test.WithSeed(0),
		"WithServices": open311test.WithServices(), "WithSize": open311test.WithSize(-1), "WithTicking": open311test.WithTicking(nil),
		"WithTokenDelay": open311test.WithTokenDelay(0, 0), "WithYears": open311test.WithYears(0), "WithoutNetwork": open311test.WithoutNetwork(),
	}
	zerotest.Listed(t, slices.Collect(maps.Keys(options)), "With")
	for name, o := range options {
		base := "/open311/v2"
		if name == "WithBase" {
			base = ""
		}
		w := httptest.NewRecorder()
		open311test.NewHandler(open311test.WithSize(3), o).ServeHTTP(w, httptest.NewRequest("GET", base+"/requests.json", nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d, %.200s", name, w.Code, w.Body)
		}
	}
}
