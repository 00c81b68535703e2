package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-open311/open311"
)

const georeport2 = "http://wiki.open311.org/GeoReport_v2"

// discoveryJSON is a document with the given endpoints; {} in them stands for the URL of the city.
func discoveryJSON(endpoints ...string) string {
	return `{"changeset":"2011-04-05T17:48:34Z","contact":"us@city.example","key_service":"ask us","endpoints":[` + strings.Join(endpoints, ",") + `]}`
}

// newDiscoveryCity has a discovery document at /discovery.json, and at the given paths a list of services.
func newDiscoveryCity(t *testing.T, document string, services ...string) *stubCity {
	t.Helper()
	var city *stubCity
	city = newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/discovery.json" {
			io.WriteString(w, strings.ReplaceAll(document, "{}", city.URL))
			return
		}
		if slices.Contains(services, r.URL.Path) {
			io.WriteString(w, oneServiceJSON)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, htmlPage)
	})
	return city
}

func TestDiscover(t *testing.T) {
	production := `{"specification":"` + georeport2 + `","url":"{}/prod/v2","type":"production","formats":["text/xml","application/json"]}`
	test := `{"specification":"` + georeport2 + `","url":"{}/test/v2","type":"test","formats":["text/xml"]}`
	draft := `{"specification":"http://wiki.open311.org/GeoReport_v2.1_draft","url":"{}/draft/v2.1","type":"production"}`
	v1 := `{"specification":"http://wiki.open311.org/GeoReport_v1","url":"{}/v1","type":"production"}`
	tests := []struct {
		name      string
		document  string
		services  []string // where there are some
		want      string   // the endpoint, without the city
		wantCalls []string // after the one for the document
	}{
		{"production before test", discoveryJSON(test, production), nil, "/prod/v2", nil},
		{"test for want of production", discoveryJSON(v1, test), nil, "/test/v2", nil},
		{"v2 before the draft", discoveryJSON(draft, test), nil, "/test/v2", nil},
		{"the draft for want of v2", discoveryJSON(v1, draft), nil, "/draft/v2.1", nil},
		{"the first of two", discoveryJSON(production, strings.ReplaceAll(production, "/prod/", "/second/")), nil, "/prod/v2", nil},
		{"another type before test", discoveryJSON(test, strings.ReplaceAll(test, "test", "development")), nil, "/development/v2", nil},
		{"slash at the end", discoveryJSON(strings.ReplaceAll(production, "/prod/v2", "/prod/v2/")), nil, "/prod/v2", nil},
		{"specification in another spelling", discoveryJSON(strings.ReplaceAll(production, georeport2, "https://wiki.open311.org/georeport_V2/")), nil, "/prod/v2", nil},
		{"relative URL", discoveryJSON(strings.ReplaceAll(production, "{}/prod", "./open311")), nil, "/open311/v2", nil},
		{"relative URL from the root", discoveryJSON(strings.ReplaceAll(production, "{}/prod", "/open311")), nil, "/open311/v2", nil},
		{"URL with a query", discoveryJSON(strings.ReplaceAll(production, "/prod/v2", "/prod/v2?client=7")), nil, "/prod/v2?client=7", nil},
		{"in an envelope", `{"discovery":` + discoveryJSON(production) + `}`, nil, "/prod/v2", nil},
		{"XML at .json", `<discovery><endpoints><endpoint><specification>` + georeport2 + `</specification><url>{}/prod/v2</url><type>production</type>` +
			`</endpoint></endpoints></discovery>`, nil, "/prod/v2", nil},
		{"version missing, as FixMyStreet has it", discoveryJSON(strings.ReplaceAll(production, "/prod/v2", "/open311")), []string{"/open311/v2/services.json"},
			"/open311/v2", []string{"GET /open311/services.json", "GET /open311/services.xml", "GET /open311/v2/services.json"}},
		{"no version and none needed", discoveryJSON(strings.ReplaceAll(production, "/prod/v2", "/open311")), []string{"/open311/services.json"},
			"/open311", []string{"GET /open311/services.json"}},
		{"no version and none found", discoveryJSON(strings.ReplaceAll(production, "/prod/v2", "/open311")), nil,
			"/open311", []string{"GET /open311/services.json", "GET /open311/services.xml", "GET /open311/v2/services.json", "GET /open311/v2/services.xml"}},
		{"no URL, as Mark-a-Spot has it", discoveryJSON(strings.ReplaceAll(production, `"url":"{}/prod/v2",`, "")), []string{"/services.json"}, "", []string{"GET /services.json"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newDiscoveryCity(t, tt.document, tt.services...)
			c, err := open311.Discover(t.Context(), city.URL+"/discovery.json", open311.WithHTTPClient(city.Client()), open311.WithRetry(once))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimPrefix(c.Endpoint(), city.URL); got != tt.want {
				t.Errorf("endpoint %q, want %q", got, tt.want)
			}
			if d := cmp.Diff(append([]string{"GET /discovery.json"}, tt.wantCalls...), city.calls()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

func TestDiscoverNotFound(t *testing.T) {
	tests := []struct{ name, document, want string }{
		{"no endpoints", discoveryJSON(), "no endpoint of GeoReport v2 among its 0"},
		{"none of GeoReport", discoveryJSON(`{"specification":"http://wiki.open311.org/Inquiry_v1","url":"{}/inquiry/v1","type":"production"}`), "no endpoint of GeoReport v2 among its 1"},
		{"only v1 and v3", discoveryJSON(`{"specification":"http://wiki.open311.org/GeoReport_v1","url":"{}/v1"}`, `{"specification":"http://wiki.open311.org/GeoReport_v3","url":"{}/v3"}`),
			"no endpoint of GeoReport v2 among its 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newDiscoveryCity(t, tt.document)
			c, err := open311.Discover(t.Context(), city.URL+"/discovery.json", open311.WithHTTPClient(city.Client()))
			if c != nil || !errors.Is(err, open311.ErrNotFound) {
				t.Fatalf("client %v, error %v, want no client and ErrNotFound", c, err)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), city.URL+"/discovery.json") {
				t.Errorf("error %q, want it to name the document and %q", err, tt.want)
			}
		})
	}
}

// How the address of a discovery document may be written, and what is asked for then.
func TestDiscoverURL(t *testing.T) {
	document := discoveryJSON(`{"specification":"` + georeport2 + `","url":"{}/v2","type":"production"}`)
	tests := []struct {
		name, url string
		want      []string
	}{
		{"JSON", "/discovery.json", []string{"GET /discovery.json"}},
		{"XML", "/discovery.xml", []string{"GET /discovery.xml"}},
		{"without suffix", "/discovery", []string{"GET /discovery", "GET /discovery.json"}},
		{"as it stands", "/a%2Fb/discovery", []string{"GET /a%2Fb/discovery"}},
		{"as it stands, with a suffix", "/a%2Fb/discovery.json", []string{"GET /a%2Fb/discovery.json"}},
		{"as it stands, with a slash", "/a%2Fb/", []string{"GET /a%2Fb/"}},
		{"with a query", "/discovery.json?lang=en", []string{"GET /discovery.json?lang=en"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var city *stubCity
			city = newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/discovery.json" && r.URL.Path != "/discovery.xml" && !strings.HasPrefix(r.URL.Path, "/a/b/") {
					http.NotFound(w, r)
					return
				}
				io.WriteString(w, strings.ReplaceAll(document, "{}", city.URL)) // JSON, whatever the suffix
			})
			c, err := open311.Discover(t.Context(), city.URL+tt.url, open311.WithHTTPClient(city.Client()))
			if err != nil {
				t.Fatalf("%v; calls %v", err, city.calls())
			}
			if got, want := c.Endpoint(), city.URL+"/v2"; got != want {
				t.Errorf("endpoint %s, want %s", got, want)
			}
			if d := cmp.Diff(tt.want, city.calls()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

func TestDiscoverFormats(t *testing.T) {
	tests := []struct{ name, formats, want string }{
		{"both", `["text/xml","application/json"]`, "/v2/requests.json"},
		{"JSON", `["application/json"]`, "/v2/requests.json"},
		{"XML", `["text/xml"]`, "/v2/requests.xml"},
		{"XML in capitals", `["text/XML"]`, "/v2/requests.xml"},
		{"one text", `"text/xml"`, "/v2/requests.xml"},
		{"none", `[]`, "/v2/requests.json"},
		{"a page", `["text/html"]`, "/v2/requests.json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newDiscoveryCity(t, discoveryJSON(`{"specification":"`+georeport2+`","url":"{}/v2","formats":`+tt.formats+`}`))
			c, err := open311.Discover(t.Context(), city.URL+"/discovery.json", open311.WithHTTPClient(city.Client()), open311.WithRetry(once))
			if err != nil {
				t.Fatal(err)
			}
			n := len(city.calls())
			_, _ = c.Requests.List(t.Context(), nil)
			if got, want := city.calls()[n], "GET "+tt.want; got != want {
				t.Errorf("first call %s, want %s", got, want)
			}
		})
	}
}

// The options of Discover are those of the client it returns; the dialect's formats win.
func TestDiscoverOptions(t *testing.T) {
	city := newDiscoveryCity(t, discoveryJSON(`{"specification":"`+georeport2+`","url":"{}/v2","formats":["application/json"]}`))
	c, err := open311.Discover(t.Context(), city.URL+"/discovery.json", open311.WithHTTPClient(city.Client()), open311.WithJurisdiction("j"),
		open311.WithRetry(once), open311.WithDialect(open311.Dialect{Formats: []open311.Format{open311.FormatXML}}))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.Requests.List(t.Context(), nil)
	if got, want := city.last(t).URI, "/v2/requests.xml?jurisdiction_id=j"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

func TestDiscoverFails(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		is     error
	}{
		{"404", 404, htmlPage, open311.ErrNotFound},
		{"403", 403, htmlPage, open311.ErrForbidden},
		{"a page", 200, htmlPage, nil},
		{"nothing", 200, "", nil},
		{"another document", 200, `[{"service_code":"1","service_name":"x"}]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			c, err := open311.Discover(t.Context(), city.URL+"/discovery.json", open311.WithHTTPClient(city.Client()))
			if c != nil || err == nil {
				t.Fatalf("client %v, error %v, want no client and an error", c, err)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v, want %v", err, tt.is)
			}
			if !strings.Contains(err.Error(), city.URL+"/discovery.json") {
				t.Errorf("error %v does not name the document", err)
			}
		})
	}
}

func TestDiscoverRefuses(t *testing.T) {
	for name, do := range map[string]func() (*open311.Client, error){
		"URL": func() (*open311.Client, error) { return open311.Discover(t.Context(), "city.example/discovery.json") },
		"option": func() (*open311.Client, error) {
			return open311.Discover(t.Context(), "https://city.example/discovery.json", open311.WithPageSize(-1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c, err := do(); c != nil || err == nil {
				t.Errorf("client %v, error %v, want no client and an error", c, err)
			}
		})
	}
}

func TestDiscoverEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := open311.Discover(ctx, "https://city.example/discovery.json", open311.WithHTTPClient(&http.Client{
		Transport: stubTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no network") })}))
	if c != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("client %v, error %v, want no client and context.Canceled", c, err)
	}
}

func TestDiscoveryGet(t *testing.T) {
	want := &open311.Discovery{
		Changeset: "2011-04-05T17:48:34Z", Contact: "us@city.example", KeyService: "ask us",
		Endpoints: []open311.Endpoint{
			{Specification: georeport2, URL: "https://city.example/v2", Changeset: "2010-11-23 09:01", Type: "production", Formats: []string{"text/xml", "application/json"}},
			{Specification: georeport2, URL: "https://test.city.example/v2", Type: "test", Formats: []string{"text/xml"}, Extra: open311.Extra{"note": json.RawMessage(`"slow"`)}},
		},
		Extra: open311.Extra{"max_requests": json.RawMessage(`"1000"`)},
	}
	tests := []struct{ name, body string }{
		{"JSON", `{"changeset":"2011-04-05T17:48:34Z","contact":"us@city.example","key_service":"ask us","max_requests":"1000","endpoints":[
			{"specification":"` + georeport2 + `","url":"https://city.example/v2","changeset":"2010-11-23 09:01","type":"production","formats":["text/xml","application/json"]},
			{"specification":"` + georeport2 + `","url":"https://test.city.example/v2","type":"test","formats":["text/xml"],"note":"slow"}]}`},
		{"XML", `<discovery><changeset>2011-04-05T17:48:34Z</changeset><contact>us@city.example</contact><key_service>ask us</key_service>
			<max_requests>1000</max_requests><endpoints><endpoint><specification>` + georeport2 + `</specification><url>https://city.example/v2</url>
			<changeset>2010-11-23 09:01</changeset><type>production</type><formats><format>text/xml</format><format>application/json</format></formats></endpoint>
			<endpoint><specification>` + georeport2 + `</specification><url>https://test.city.example/v2</url><type>test</type>
			<formats><format>text/xml</format></formats><note>slow</note></endpoint></endpoints></discovery>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 200, "", tt.body), nil })
			got, err := c.Discovery.Get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// The document is below the endpoint, or in a directory above it: uReport has it beside the version.
func TestDiscoveryGetPlaces(t *testing.T) {
	all := []string{
		"GET /open311/v2/discovery.json", "GET /open311/v2/discovery.xml", "GET /open311/discovery.json", "GET /open311/discovery.xml",
		"GET /discovery.json", "GET /discovery.xml",
	}
	tests := []struct {
		name, place string
		miss        spoken
		want        []string
	}{
		{"below", "/open311/v2/discovery.json", notFound, all[:1]},
		{"below, in XML", "/open311/v2/discovery.xml", notFound, all[:2]},
		{"beside", "/open311/discovery.json", notFound, all[:3]},
		{"at the root", "/discovery.json", notFound, all[:5]},
		{"at the root, in XML", "/discovery.xml", notFound, all},
		{"beside, and pages elsewhere", "/open311/discovery.json", spoken{200, "text/html", htmlPage}, all[:3]},
		{"nowhere", "", notFound, all},
		{"forbidden", "", spoken{403, "text/html", htmlPage}, all[:1]},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == tt.place {
					io.WriteString(w, discoveryJSON())
					return
				}
				w.WriteHeader(tt.miss.status)
				io.WriteString(w, tt.miss.body)
			})
			c, err := open311.New(city.URL+"/open311/v2", open311.WithHTTPClient(city.Client()))
			if err != nil {
				t.Fatal(err)
			}
			d, err := c.Discovery.Get(t.Context())
			if (err == nil) != (tt.place != "") || err == nil && d.Contact != "us@city.example" {
				t.Errorf("document %+v, error %v", d, err)
			}
			if err != nil && !strings.Contains(err.Error(), "/open311/v2/discovery.json") {
				t.Errorf("error %v does not name the first place", err)
			}
			if d := cmp.Diff(tt.want, city.calls()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

// A discovery document is often a static file: its format says nothing about that of the API.
func TestDiscoveryTeachesNothingAboutTheAPI(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v2/discovery.xml":
			io.WriteString(w, "<discovery><contact>us</contact></discovery>")
		case "/v2/requests.json":
			io.WriteString(w, oneRequestJSON)
		default:
			http.NotFound(w, r)
		}
	})
	c := city.client(t)
	if _, err := c.Discovery.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got, want := city.last(t).URI, "/v2/requests.json"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

func TestGeoReport(t *testing.T) {
	d := &open311.Discovery{Endpoints: []open311.Endpoint{
		{Specification: "http://wiki.open311.org/GeoReport_v1", URL: "v1", Type: "production"},
		{Specification: georeport2, URL: "test", Type: "test"},
		{Specification: georeport2, URL: "prod", Type: "Production"},
	}}
	tests := []struct {
		kind, want string
		ok         bool
	}{{"", "prod", true}, {"production", "prod", true}, {"test", "test", true}, {"TEST", "test", true}, {"staging", "", false}}
	for _, tt := range tests {
		e, ok := d.GeoReport(tt.kind)
		if e.URL != tt.want || ok != tt.ok {
			t.Errorf("GeoReport(%q) is %q, %v, want %q, %v", tt.kind, e.URL, ok, tt.want, tt.ok)
		}
	}
	if _, ok := (&open311.Discovery{}).GeoReport(""); ok {
		t.Error("an empty document has an endpoint")
	}
}

// What errors print is part of the contract with those who read logs.
func TestErrorTexts(t *testing.T) {
	const url = "https://city.example/v2/requests.json"
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	api := func(e open311.APIError) *open311.APIError {
		e.Method, e.URL = "GET", url
		return &e
	}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"status", api(open311.APIError{StatusCode: 404}), "open311: GET " + url + ": 404 Not Found"},
		{"unknown status", api(open311.APIError{StatusCode: 599}), "open311: GET " + url + ": 599"},
		{"fault", api(open311.APIError{StatusCode: 403, Faults: []open311.Fault{{"403", "key is not valid"}}}), "open311: GET " + url + ": 403 Forbidden: key is not valid"},
		{"faults", api(open311.APIError{StatusCode: 400, Faults: []open311.Fault{{"103", "service_code is missing"}, {"400", "bad"}}}),
			"open311: GET " + url + ": 400 Bad Request: service_code is missing (code 103); bad"},
		{"fault without code", api(open311.APIError{StatusCode: 400, Faults: []open311.Fault{{"", "bad"}}}), "open311: GET " + url + ": 400 Bad Request: bad"},
		{"page", api(open311.APIError{StatusCode: 500, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte("<html>\n <b>Oh \"dear\"</b>")}),
			"open311: GET " + url + `: 500 Internal Server Error (text/html; charset=utf-8): the answer begins "<html> <b>Oh \"dear\"</b>"`},
		{"wait", api(open311.APIError{StatusCode: 429, RetryAfter: time.Minute, Attempts: 1}), "open311: GET " + url + ": 429 Too Many Requests; retry after 1m0s"},
		{"attempts", api(open311.APIError{StatusCode: 503, Attempts: 4}), "open311: GET " + url + ": 503 Service Unavailable (4 attempts)"},
		{"redirect", api(open311.APIError{StatusCode: 307, Header: http.Header{"Location": {"https://other.example/"}}}),
			"open311: GET " + url + `: 307 Temporary Redirect: the server points to "https://other.example/"; use that address if you trust it`},
		{"decode", &open311.DecodeError{Format: open311.FormatJSON, Method: "GET", URL: url, StatusCode: 200, ContentType: "application/json",
			Path: "service_requests[3]", Offset: 17, Snippet: `{"a"`, Err: errors.New("no colon")},
			"open311: GET " + url + `: 200, application/json: service_requests[3]: no colon, at byte 17: "{\"a\""`},
		{"decode without a place", &open311.DecodeError{Method: "GET", URL: url, StatusCode: 204, ContentType: "no content type", Err: errors.New("an empty answer")},
			"open311: GET " + url + ": 204, no content type: an empty answer"},
		{"validation", &open311.ValidationError{Problems: []open311.Problem{{Field: "Location", Detail: "is missing"}, {Field: "Attributes[DEPTH]", Detail: "is no number"}}},
			"open311: nothing was sent: Location: is missing; Attributes[DEPTH]: is no number"},
		{"one gap", &open311.TruncatedError{Gaps: []open311.Gap{{Start: day, End: day.Add(time.Hour), Err: open311.ErrForbidden}}},
			"open311: the listing is not complete, 1 gap(s): 2026-05-01T00:00:00Z to 2026-05-01T01:00:00Z: forbidden"},
		{"open gap", &open311.TruncatedError{Gaps: []open311.Gap{{Start: day, Err: open311.ErrForbidden}}},
			"open311: the listing is not complete, 1 gap(s): 2026-05-01T00:00:00Z to …: forbidden"},
		{"gaps of pages", &open311.TruncatedError{Gaps: []open311.Gap{{Query: "page=2", Err: errors.New("a")}, {Query: "page=3", Err: errors.New("b")},
			{Query: "page=4", Err: errors.New("c")}, {Query: "page=5", Err: errors.New("d")}, {Query: "page=6", Err: errors.New("e")}}},
			"open311: the listing is not complete, 5 gap(s): page=2: a; page=3: b; page=4: c; and 2 more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, tt.err.Error()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestWarningText(t *testing.T) {
	w := open311.Warning{Op: "GET requests", URL: "https://city.example/v2/requests.json", Path: "service_requests[12].lat", Kind: open311.WarnType, Detail: "91 is no latitude"}
	want := "GET requests https://city.example/v2/requests.json: service_requests[12].lat: type: 91 is no latitude"
	if got := fmt.Sprint(w); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestErrorsIs(t *testing.T) {
	sentinels := map[string]error{
		"ErrNotFound": open311.ErrNotFound, "ErrInvalid": open311.ErrInvalid, "ErrForbidden": open311.ErrForbidden, "ErrRateLimited": open311.ErrRateLimited,
		"ErrOutcomeUnknown": open311.ErrOutcomeUnknown, "ErrPending": open311.ErrPending, "ErrTruncated": open311.ErrTruncated,
	}
	api := func(status int) error { return &open311.APIError{StatusCode: status} }
	tests := []struct {
		name string
		err  error
		want []string
	}{
		{"200", api(200), nil}, {"307", api(307), nil}, {"400", api(400), []string{"ErrInvalid"}}, {"401", api(401), []string{"ErrForbidden"}},
		{"403", api(403), []string{"ErrForbidden"}}, {"404", api(404), []string{"ErrNotFound"}}, {"405", api(405), nil}, {"408", api(408), nil},
		{"409", api(409), nil}, {"410", api(410), []string{"ErrNotFound"}}, {"415", api(415), nil}, {"422", api(422), []string{"ErrInvalid"}},
		{"429", api(429), []string{"ErrRateLimited"}}, {"500", api(500), nil}, {"503", api(503), nil},
		{"validation", &open311.ValidationError{}, []string{"ErrInvalid"}},
		{"decode", &open311.DecodeError{Err: errors.New("x")}, nil},
		{"decode with a cause", &open311.DecodeError{Err: open311.ErrPending}, []string{"ErrPending"}},
		{"truncated", &open311.TruncatedError{}, []string{"ErrTruncated"}},
		{"truncated by another", &open311.TruncatedError{Gaps: []open311.Gap{{Err: api(429)}, {}, {Err: api(403)}}}, []string{"ErrForbidden", "ErrRateLimited", "ErrTruncated"}},
		{"wrapped", fmt.Errorf("nightly: %w", api(404)), []string{"ErrNotFound"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for name, s := range sentinels {
				if errors.Is(tt.err, s) {
					got = append(got, name)
				}
			}
			if d := cmp.Diff(tt.want, got, cmpopts.SortSlices(func(a, b string) bool { return a < b })); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// What the statuses of real answers mean, for reading and for filing.
func TestStatusesOfCalls(t *testing.T) {
	tests := []struct {
		status      int
		read, write error // what the error must be besides an *APIError
	}{
		{400, open311.ErrInvalid, open311.ErrInvalid},
		{401, open311.ErrForbidden, open311.ErrForbidden},
		{403, open311.ErrForbidden, open311.ErrForbidden},
		{404, open311.ErrNotFound, open311.ErrNotFound},
		{408, nil, open311.ErrOutcomeUnknown},
		{410, open311.ErrNotFound, open311.ErrNotFound},
		{422, open311.ErrInvalid, open311.ErrInvalid},
		{429, open311.ErrRateLimited, open311.ErrRateLimited},
		{500, nil, open311.ErrOutcomeUnknown},
		{502, nil, open311.ErrOutcomeUnknown},
		{503, nil, open311.ErrOutcomeUnknown},
		{504, nil, open311.ErrOutcomeUnknown},
	}
	for _, tt := range tests {
		for _, op := range stubOps {
			t.Run(fmt.Sprintf("%d/%s", tt.status, op.name), func(t *testing.T) {
				want := tt.read
				if op.write {
					want = tt.write
				}
				if op.name == "Requests.Resolve" && tt.status == 404 {
					want = open311.ErrPending
				}
				c := stubClient(t, func(r *http.Request) (*http.Response, error) {
					return stubReply(r, tt.status, "application/json", `[{"code":"7","description":"no"}]`), nil
				})
				err := op.do(t.Context(), c)
				var ae *open311.APIError
				if !errors.As(err, &ae) || ae.StatusCode != tt.status {
					t.Fatalf("error %v, want an *APIError of %d", err, tt.status)
				}
				if want != nil && !errors.Is(err, want) {
					t.Errorf("error %v, want %v", err, want)
				}
				if want != open311.ErrOutcomeUnknown && errors.Is(err, open311.ErrOutcomeUnknown) {
					t.Errorf("error %v is ErrOutcomeUnknown", err)
				}
				if d := cmp.Diff([]open311.Fault{{Code: "7", Description: "no"}}, ae.Faults); d != "" {
					t.Errorf("faults (-want +got):\n%s", d)
				}
			})
		}
	}
}
