package open311_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// quick repeats calls as by default, without the waits.
var quick = open311.RetryPolicy{MaxAttempts: 4, MinWait: 1, MaxWait: time.Millisecond}

// once does not repeat calls.
var once = open311.RetryPolicy{MaxAttempts: 1}

// Documents that every client reads, for tests that are about something else.
const (
	oneRequestJSON = `[{"service_request_id":"1","status":"open","service_code":"001"}]`
	oneRequestXML  = `<?xml version="1.0" encoding="utf-8"?><service_requests><request><service_request_id>1</service_request_id>` +
		`<status>open</status><service_code>001</service_code></request></service_requests>`
	oneServiceJSON = `[{"service_code":"001","service_name":"Potholes","metadata":true}]`
)

// stubTrip is a transport that is a function.
type stubTrip func(*http.Request) (*http.Response, error)

func (f stubTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// stubReply is an answer without a network.
func stubReply(r *http.Request, status int, contentType, body string) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// stubClient returns a client of https://city.example/v2 that sends to rt.
func stubClient(t *testing.T, rt stubTrip, opts ...open311.Option) *open311.Client {
	t.Helper()
	opts = append([]open311.Option{open311.WithHTTPClient(&http.Client{Transport: rt}), open311.WithRetry(quick)}, opts...)
	c, err := open311.New("https://city.example/v2", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// stubCall is a request that has arrived at a stubCity.
type stubCall struct {
	Method, URI string
	Header      http.Header
	Body        string
}

// stubCity is a server on the loopback that notes what it is asked for.
type stubCity struct {
	*httptest.Server
	mu   sync.Mutex
	seen []stubCall
}

func newStubCity(t *testing.T, h http.HandlerFunc) *stubCity {
	t.Helper()
	s := &stubCity{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.seen = append(s.seen, stubCall{r.Method, r.RequestURI, r.Header, string(body)})
		s.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// client returns a client of this city's /v2.
func (s *stubCity) client(t *testing.T, opts ...open311.Option) *open311.Client {
	t.Helper()
	opts = append([]open311.Option{open311.WithHTTPClient(s.Client()), open311.WithRetry(quick)}, opts...)
	c, err := open311.New(s.URL+"/v2", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// calls returns what has been asked for, as "GET /v2/requests.json".
func (s *stubCity) calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, c := range s.seen {
		out = append(out, c.Method+" "+c.URI)
	}
	return out
}

// last returns the last request that has arrived.
func (s *stubCity) last(t *testing.T) stubCall {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 {
		t.Fatal("nothing has arrived at the server")
	}
	return s.seen[len(s.seen)-1]
}

// stubOp is one operation of the client.
type stubOp struct {
	name  string
	write bool
	do    func(context.Context, *open311.Client) error
}

// stubOps are the operations that make one call each.
var stubOps = []stubOp{
	{"Services.List", false, func(ctx context.Context, c *open311.Client) error { _, err := c.Services.List(ctx); return err }},
	{"Services.Definition", false, func(ctx context.Context, c *open311.Client) error {
		_, err := c.Services.Definition(ctx, "001")
		return err
	}},
	{"Requests.List", false, func(ctx context.Context, c *open311.Client) error { _, err := c.Requests.List(ctx, nil); return err }},
	{"Requests.Get", false, func(ctx context.Context, c *open311.Client) error { _, err := c.Requests.Get(ctx, "1"); return err }},
	{"Requests.Resolve", false, func(ctx context.Context, c *open311.Client) error {
		_, err := c.Requests.Resolve(ctx, "t1")
		return err
	}},
	{"Updates.List", false, func(ctx context.Context, c *open311.Client) error { _, err := c.Updates.List(ctx, nil); return err }},
	{"Discovery.Get", false, func(ctx context.Context, c *open311.Client) error { _, err := c.Discovery.Get(ctx); return err }},
	{"Do GET", false, func(ctx context.Context, c *open311.Client) error { return doAndClose(ctx, c, http.MethodGet) }},
	{"Do POST", true, func(ctx context.Context, c *open311.Client) error { return doAndClose(ctx, c, http.MethodPost) }},
	{"Requests.Create", true, func(ctx context.Context, c *open311.Client) error {
		_, err := c.Requests.Create(ctx, &open311.NewRequest{ServiceCode: "001", AddressString: "Main St 1"})
		return err
	}},
}

func doAndClose(ctx context.Context, c *open311.Client, method string) error {
	resp, err := c.Do(ctx, method, "extension", url.Values{"a": {"b"}})
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func TestNewRefuses(t *testing.T) {
	const good = "https://city.example/v2"
	tests := []struct {
		name, endpoint string
		opt            open311.Option
		want           string
	}{
		{"no endpoint", "", nil, "absolute URL"},
		{"no scheme", "city.example/v2", nil, "absolute URL"},
		{"a path", "/open311/v2", nil, "absolute URL"},
		{"another scheme", "ftp://city.example/v2", nil, "https://"},
		{"no host", "https:///v2", nil, "absolute URL"},
		{"a port without a host", "https://:443/v2", nil, "absolute URL"},
		{"not a URL", "https://city.example/%zz", nil, "not a URL"},
		{"unknown format", good, open311.WithFormat(3), "format"},
		{"no HTTP client", good, open311.WithHTTPClient(nil), "WithHTTPClient"},
		{"negative attempts", good, open311.WithRetry(open311.RetryPolicy{MaxAttempts: -1}), "WithRetry"},
		{"negative shortest wait", good, open311.WithRetry(open311.RetryPolicy{MinWait: -1}), "WithRetry"},
		{"negative longest wait", good, open311.WithRetry(open311.RetryPolicy{MaxWait: -1}), "WithRetry"},
		{"negative time-out", good, open311.WithTimeout(-1), "WithTimeout"},
		{"rate of 0", good, open311.WithRateLimit(0, 1), "WithRateLimit"},
		{"burst of 0", good, open311.WithRateLimit(1, 0), "WithRateLimit"},
		{"answers of no bytes", good, open311.WithMaxResponse(0), "WithMaxResponse"},
		{"no location", good, open311.WithLocation(nil), "WithLocation"},
		{"negative page size", good, open311.WithPageSize(-1), "WithPageSize"},
		{"concurrency of 0", good, open311.WithConcurrency(0), "WithConcurrency"},
		{"no middleware", good, open311.WithMiddleware(nil), "WithMiddleware"},
		{"dialect with no format", good, open311.WithDialect(open311.Dialect{Formats: []open311.Format{open311.FormatAuto}}), "ormat"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer func() {
				if p := recover(); p != nil {
					t.Errorf("New panics: %v", p)
				}
			}()
			c, err := open311.New(tt.endpoint, tt.opt)
			switch {
			case err == nil:
				t.Errorf("New: no error, client %v", c)
			case !strings.HasPrefix(err.Error(), "open311: ") || !strings.Contains(err.Error(), tt.want):
				t.Errorf("New: error %q, want it to begin with open311: and to name %q", err, tt.want)
			case c != nil:
				t.Error("New: a client beside the error")
			}
		})
	}
}

func TestNewSkipsNilOption(t *testing.T) {
	if _, err := open311.New("https://city.example/v2", nil); err != nil {
		t.Error(err)
	}
}

func TestNewEndpoint(t *testing.T) {
	tests := []struct{ name, endpoint, want, url string }{
		{"plain", "https://city.example/open311/v2", "https://city.example/open311/v2", "https://city.example/open311/v2/requests.json"},
		{"slash at the end", "https://city.example/v2/", "https://city.example/v2", "https://city.example/v2/requests.json"},
		{"several slashes", "https://city.example/v2//", "https://city.example/v2", "https://city.example/v2/requests.json"},
		{"no path", "https://city.example", "https://city.example", "https://city.example/requests.json"},
		{"only a slash", "https://city.example/", "https://city.example", "https://city.example/requests.json"},
		{"blanks around", " https://city.example/v2\n", "https://city.example/v2", "https://city.example/v2/requests.json"},
		{"fragment", "https://city.example/v2#top", "https://city.example/v2", "https://city.example/v2/requests.json"},
		{"long base path", "http://city.example/a/b/open311/v2/", "http://city.example/a/b/open311/v2", "http://city.example/a/b/open311/v2/requests.json"},
		{"escaped base path", "https://city.example/a%2Fb/v2", "https://city.example/a%2Fb/v2", "https://city.example/a%2Fb/v2/requests.json"},
		{"blank in base path", "https://city.example/a b/v2", "https://city.example/a%20b/v2", "https://city.example/a%20b/v2/requests.json"},
		{"port", "http://city.example:8080/v2", "http://city.example:8080/v2", "http://city.example:8080/v2/requests.json"},
		{"IPv6", "http://[2001:db8::1]:8080/v2", "http://[2001:db8::1]:8080/v2", "http://[2001:db8::1]:8080/v2/requests.json"},
		{"scheme in capitals", "HTTPS://city.example/v2", "https://city.example/v2", "https://city.example/v2/requests.json"},
		{"query", "https://city.example/v2?client=7", "https://city.example/v2?client=7", "https://city.example/v2/requests.json?client=7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			rt := stubTrip(func(r *http.Request) (*http.Response, error) {
				got = r.URL.String()
				return stubReply(r, 200, "application/json", oneRequestJSON), nil
			})
			c, err := open311.New(tt.endpoint, open311.WithHTTPClient(&http.Client{Transport: rt}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Requests.List(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]string{tt.want, tt.url}, []string{c.Endpoint(), got}); d != "" {
				t.Errorf("endpoint and URL of a call (-want +got):\n%s", d)
			}
		})
	}
}

// The query of an endpoint is part of its address: it belongs into the URL of a POST too.
func TestEndpointQueryStaysInURLOfPost(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `[{"service_request_id":"1"}]`) })
	c, err := open311.New(city.URL+"/v2?client=7", open311.WithHTTPClient(city.Client()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "001", AddressID: "9"}); err != nil {
		t.Fatal(err)
	}
	if got, want := city.last(t).URI, "/v2/requests.json?client=7"; got != want {
		t.Errorf("POST %s, want %s", got, want)
	}
}

func TestEndpointUserIsSentAsBasic(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	c, err := open311.New(strings.Replace(city.URL, "://", "://user:pass%20word@", 1), open311.WithHTTPClient(city.Client()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:pass word"))
	if got := city.last(t).Header.Get("Authorization"); got != want {
		t.Errorf("Authorization: %q, want %q", got, want)
	}
}

func TestWithSharesRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			return stubReply(r, 200, "application/json", oneRequestJSON), nil
		}, open311.WithRateLimit(1, 1))
		d, err := c.With(open311.WithAPIKey("k"))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for _, c := range []*open311.Client{c, d, c, d} {
			if _, err := c.Requests.List(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := time.Since(start), 3*time.Second; got != want {
			t.Errorf("four calls at one a second took %v, want %v", got, want)
		}
	})
}

func TestDialectRateLimit(t *testing.T) {
	reply := func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 200, "application/json", oneRequestJSON), nil
	}
	tests := []struct {
		name      string
		opts      []open311.Option
		low, high time.Duration
	}{
		{"of the dialect", []open311.Option{open311.WithDialect(open311.Dialect{RateLimit: 1})}, 30 * time.Second, time.Minute},
		{"the caller's wins", []open311.Option{open311.WithDialect(open311.Dialect{RateLimit: 1}), open311.WithRateLimit(60, 60)}, 0, time.Second},
		{"the caller's wins, given first", []open311.Option{open311.WithRateLimit(60, 60), open311.WithDialect(open311.Dialect{RateLimit: 1})}, 0, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := stubClient(t, reply, tt.opts...)
				start := time.Now()
				for range 60 {
					if _, err := c.Requests.List(t.Context(), nil); err != nil {
						t.Fatal(err)
					}
				}
				if got := time.Since(start); got < tt.low || got > tt.high {
					t.Errorf("sixty calls took %v, want %v to %v", got, tt.low, tt.high)
				}
			})
		})
	}
}

func TestWithSharesConnections(t *testing.T) {
	var opened atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, oneRequestJSON)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	c, err := open311.New(srv.URL, open311.WithHTTPClient(srv.Client()))
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.With(open311.WithUserAgent("other"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*open311.Client{c, d, c, d} {
		if _, err := c.Requests.List(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for four calls in a row, want 1", n)
	}
}

func TestWithLeavesTheClientAlone(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	mark := func(name string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return stubTrip(func(r *http.Request) (*http.Response, error) {
				r = r.Clone(r.Context())
				r.Header.Add("X-Mark", name)
				return next.RoundTrip(r)
			})
		}
	}
	c := city.client(t, open311.WithMiddleware(mark("a")), open311.WithMiddleware(mark("b")), open311.WithMiddleware(mark("c")),
		open311.WithUserAgent("first"))
	d, err := c.With(open311.WithMiddleware(mark("d")), open311.WithUserAgent("second"), open311.WithJurisdiction("j"),
		open311.WithAPIKey("k"), open311.WithKeyOnReads(), open311.WithFormat(open311.FormatXML))
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.With(open311.WithMiddleware(mark("e")))
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.With(open311.WithUserAgent("third"))
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		URI, Agent string
		Marks      []string
	}
	tests := []struct {
		name   string
		client *open311.Client
		want   seen
	}{
		{"the first", c, seen{"/v2/requests.json", "first", []string{"a", "b", "c"}}},
		{"one derived", d, seen{"/v2/requests.xml?api_key=k&jurisdiction_id=j", "second", []string{"a", "b", "c", "d"}}},
		{"another derived", e, seen{"/v2/requests.json", "first", []string{"a", "b", "c", "e"}}},
		{"derived from a derived one", f, seen{"/v2/requests.xml?api_key=k&jurisdiction_id=j", "third", []string{"a", "b", "c", "d"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.client.Requests.List(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			l := city.last(t)
			got := seen{l.URI, l.Header.Get("User-Agent"), l.Header.Values("X-Mark")}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestWithRefuses(t *testing.T) {
	c := stubClient(t, nil)
	d, err := c.With(open311.WithPageSize(-1))
	if d != nil || err == nil || !strings.HasPrefix(err.Error(), "open311: WithPageSize") {
		t.Errorf("With: %v, %v, want no client and an error of WithPageSize", d, err)
	}
}

func TestWithKeepsTheEndpoint(t *testing.T) {
	c := stubClient(t, nil)
	d, err := c.With()
	if err != nil {
		t.Fatal(err)
	}
	if d == c || d.Endpoint() != c.Endpoint() {
		t.Errorf("With: %p at %s, want another client than %p at %s", d, d.Endpoint(), c, c.Endpoint())
	}
}

// closeCounter is a transport with a pool that must be left alone.
type closeCounter struct {
	stubTrip
	closed atomic.Int32
}

func (c *closeCounter) CloseIdleConnections() { c.closed.Add(1) }

func TestCallersHTTPClientIsLeftAlone(t *testing.T) {
	rt := &closeCounter{stubTrip: func(r *http.Request) (*http.Response, error) { return nil, errors.New("no answer") }}
	jar, _ := cookiejar.New(nil)
	hc := &http.Client{Transport: rt, Jar: jar, Timeout: time.Minute}
	c, err := open311.New("https://city.example/v2", open311.WithHTTPClient(hc), open311.WithRetry(quick),
		open311.WithTimeout(time.Second), open311.WithMiddleware(func(rt http.RoundTripper) http.RoundTripper { return rt }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Requests.List(t.Context(), nil); err == nil {
		t.Fatal("no error")
	}
	if hc.Transport != http.RoundTripper(rt) || hc.Jar != http.CookieJar(jar) || hc.CheckRedirect != nil || hc.Timeout != time.Minute {
		t.Errorf("the caller's client was changed: %+v", hc)
	}
	if n := rt.closed.Load(); n != 0 {
		t.Errorf("its idle connections were closed %d times", n)
	}
}

// What the caller does to the client later must not reach ours, which is in use.
func TestHTTPClientIsCopied(t *testing.T) {
	hc := &http.Client{Transport: stubTrip(func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 200, "application/json", oneRequestJSON), nil
	})}
	c, err := open311.New("https://city.example/v2", open311.WithHTTPClient(hc))
	if err != nil {
		t.Fatal(err)
	}
	hc.Transport = stubTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("the new transport") })
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestCallersRedirectPolicyAndJarAreUsed(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/there" {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1", Path: "/"})
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		io.WriteString(w, oneRequestJSON)
	})
	jar, _ := cookiejar.New(nil)
	asked := 0
	hc := &http.Client{Transport: city.Client().Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { asked++; return nil }}
	c := city.client(t, open311.WithHTTPClient(hc))
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := city.last(t).Header.Get("Cookie"); got != "seen=1" || asked != 1 {
		t.Errorf("cookie %q, redirect policy asked %d times, want seen=1 and once", got, asked)
	}
}

func TestMiddlewareOrderAndAttempts(t *testing.T) {
	var order []string
	mark := func(name string) func(http.RoundTripper) http.RoundTripper {
		return func(next http.RoundTripper) http.RoundTripper {
			return stubTrip(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	attempts := 0
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		order = append(order, "transport")
		if attempts++; attempts == 1 {
			return stubReply(r, 503, "text/plain", "later"), nil
		}
		return stubReply(r, 200, "application/json", oneRequestJSON), nil
	}, open311.WithMiddleware(mark("outer"), mark("middle")), open311.WithMiddleware(mark("inner")))
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	attempt := []string{"outer", "middle", "inner", "transport"}
	if d := cmp.Diff(slices.Concat(attempt, attempt), order); d != "" {
		t.Errorf("order of two attempts (-want +got):\n%s", d)
	}
}

// sentParams returns the parameters of a request: those of the URL and those of a form.
func sentParams(t *testing.T, c stubCall) (query, form url.Values) {
	t.Helper()
	u, err := url.ParseRequestURI(c.URI)
	if err != nil {
		t.Fatal(err)
	}
	if form, err = url.ParseQuery(c.Body); err != nil {
		t.Fatal(err)
	}
	return u.Query(), form
}

func TestJurisdiction(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	for _, op := range stubOps {
		for _, id := range []string{"", "city.example"} {
			t.Run(op.name+"/"+strconv.Quote(id), func(t *testing.T) {
				c := city.client(t, open311.WithJurisdiction(id))
				_ = op.do(t.Context(), c) // what is sent counts, not what comes back
				query, form := sentParams(t, city.last(t))
				want := map[bool]url.Values{}
				if id != "" {
					want[op.write] = url.Values{"jurisdiction_id": {id}}
				}
				got := map[bool]url.Values{}
				for write, params := range map[bool]url.Values{false: query, true: form} {
					if v, ok := params["jurisdiction_id"]; ok {
						got[write] = url.Values{"jurisdiction_id": v}
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("jurisdiction_id in the URL (false) and the body (true) (-want +got):\n%s", d)
				}
			})
		}
	}
}

func TestKeyGoesWhereItShould(t *testing.T) {
	const key = "s3cret:k/y"
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(key))
	tests := []struct {
		name        string
		opts        []open311.Option
		read, write string // where the key is: "query x", "body x", "header X: value"
	}{
		{"parameter", nil, "", "body api_key=" + key},
		{"parameter on reads", []open311.Option{open311.WithKeyOnReads()}, "query api_key=" + key, "body api_key=" + key},
		{"parameter of the dialect", []open311.Option{open311.WithDialect(open311.Dialect{KeyParam: "api_token", KeyOnReads: true})},
			"query api_token=" + key, "body api_token=" + key},
		{"header", []open311.Option{open311.WithDialect(open311.Dialect{KeyHeader: "X-Api-Key"})}, "", "header X-Api-Key: " + key},
		{"header on reads", []open311.Option{open311.WithDialect(open311.Dialect{KeyHeader: "X-Api-Key", KeyOnReads: true})},
			"header X-Api-Key: " + key, "header X-Api-Key: " + key},
		{"header as servers spell it", []open311.Option{open311.WithDialect(open311.Dialect{KeyHeader: "x-api-key", KeyOnReads: true})},
			"header X-Api-Key: " + key, "header X-Api-Key: " + key},
		{"bearer", []open311.Option{open311.WithDialect(open311.Dialect{KeyScheme: "Bearer"}), open311.WithKeyOnReads()},
			"header Authorization: Bearer " + key, "header Authorization: Bearer " + key},
		{"basic", []open311.Option{open311.WithDialect(open311.Dialect{KeyScheme: "Basic"}), open311.WithKeyOnReads()},
			"header Authorization: " + basic, "header Authorization: " + basic},
	}
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	for _, tt := range tests {
		for _, op := range stubOps {
			t.Run(tt.name+"/"+op.name, func(t *testing.T) {
				c := city.client(t, append([]open311.Option{open311.WithAPIKey(key)}, tt.opts...)...)
				_ = op.do(t.Context(), c)
				want := map[bool]string{false: tt.read, true: tt.write}[op.write]
				if got := placeOfKey(t, city.last(t), key, basic); got != want {
					t.Errorf("the key is in %q, want %q", got, want)
				}
			})
		}
	}
}

// placeOfKey says where in a request the key is, or its Basic form.
func placeOfKey(t *testing.T, c stubCall, key, basic string) string {
	var found []string
	query, form := sentParams(t, c)
	for where, params := range map[string]url.Values{"query ": query, "body ": form} {
		for name, values := range params {
			if slices.Contains(values, key) {
				found = append(found, where+name+"="+key)
			}
		}
	}
	for name, values := range c.Header {
		for _, v := range values {
			if strings.Contains(v, key) || strings.Contains(v, basic) {
				found = append(found, "header "+name+": "+v)
			}
		}
	}
	slices.Sort(found)
	return strings.Join(found, "; ")
}

func TestWithoutKeyNoneIsSent(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	for _, d := range []open311.Dialect{{}, {KeyParam: "api_token"}, {KeyHeader: "X-Api-Key"}, {KeyScheme: "Bearer"}, {KeyScheme: "Basic"}} {
		for _, op := range stubOps {
			t.Run(fmt.Sprintf("%s%s%s/%s", d.KeyParam, d.KeyHeader, d.KeyScheme, op.name), func(t *testing.T) {
				_ = op.do(t.Context(), city.client(t, open311.WithDialect(d), open311.WithKeyOnReads()))
				l := city.last(t)
				query, form := sentParams(t, l)
				for _, name := range []string{"api_key", "api_token"} {
					if query.Has(name) || form.Has(name) {
						t.Errorf("the parameter %s is sent", name)
					}
				}
				for _, name := range []string{"Authorization", "X-Api-Key"} {
					if _, ok := l.Header[name]; ok {
						t.Errorf("the header %s is sent", name)
					}
				}
			})
		}
	}
}

func TestDo(t *testing.T) {
	xmlOnly := open311.WithFormat(open311.FormatXML)
	noSuffix := open311.WithDialect(open311.Dialect{NoSuffix: true})
	params := url.Values{"a": {"1,2"}, "b c": {"ü&x"}}
	tests := []struct {
		name, method, path string
		params             url.Values
		opts               []open311.Option
		want               stubCall // without headers
	}{
		{"GET", "GET", "requests/comments/12", params, nil, stubCall{Method: "GET", URI: "/v2/requests/comments/12.json?a=1,2&b+c=%C3%BC%26x"}},
		{"GET without parameters", "GET", "extension", nil, nil, stubCall{Method: "GET", URI: "/v2/extension.json"}},
		{"GET in XML", "GET", "extension", nil, []open311.Option{xmlOnly}, stubCall{Method: "GET", URI: "/v2/extension.xml"}},
		{"GET without suffix", "GET", "extension", nil, []open311.Option{noSuffix}, stubCall{Method: "GET", URI: "/v2/extension"}},
		{"HEAD", "HEAD", "extension", params, nil, stubCall{Method: "HEAD", URI: "/v2/extension.json?a=1,2&b+c=%C3%BC%26x"}},
		{"slashes around", "GET", "/extension/", nil, nil, stubCall{Method: "GET", URI: "/v2/extension.json"}},
		{"escaped segment", "GET", "notes/a%2Fb%20c", nil, nil, stubCall{Method: "GET", URI: "/v2/notes/a%2Fb%20c.json"}},
		{"POST", "POST", "extension", params, nil, stubCall{Method: "POST", URI: "/v2/extension.json", Body: "a=1%2C2&b+c=%C3%BC%26x"}},
		{"POST without parameters", "POST", "extension", nil, nil, stubCall{Method: "POST", URI: "/v2/extension.json"}},
		{"PUT", "PUT", "extension", params, nil, stubCall{Method: "PUT", URI: "/v2/extension.json", Body: "a=1%2C2&b+c=%C3%BC%26x"}},
		{"DELETE", "DELETE", "notes/1", nil, nil, stubCall{Method: "DELETE", URI: "/v2/notes/1.json"}},
		{"key and jurisdiction of a POST", "POST", "extension", url.Values{"a": {"b"}}, []open311.Option{open311.WithAPIKey("k"), open311.WithJurisdiction("j")},
			stubCall{Method: "POST", URI: "/v2/extension.json", Body: "a=b&api_key=k&jurisdiction_id=j"}},
		{"jurisdiction of a GET", "GET", "extension", url.Values{"a": {"b"}}, []open311.Option{open311.WithAPIKey("k"), open311.WithJurisdiction("j")},
			stubCall{Method: "GET", URI: "/v2/extension.json?a=b&jurisdiction_id=j"}},
	}
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "what the extension says") })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := maps.Clone(tt.params)
			resp, err := city.client(t, tt.opts...).Do(t.Context(), tt.method, tt.path, tt.params)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if want := "what the extension says"; err != nil || tt.method != "HEAD" && string(body) != want {
				t.Errorf("body %q, %v, want %q", body, err, want)
			}
			got := city.last(t)
			got.Header = nil
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("the call (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, tt.params); d != "" {
				t.Errorf("the caller's parameters were changed (-want +got):\n%s", d)
			}
		})
	}
}

func TestDoContentType(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {})
	if err := doAndClose(t.Context(), city.client(t), http.MethodPost); err != nil {
		t.Fatal(err)
	}
	if got, want := city.last(t).Header.Get("Content-Type"), "application/x-www-form-urlencoded; charset=utf-8"; got != want {
		t.Errorf("Content-Type: %q, want %q", got, want)
	}
}

func TestDoRefusesPaths(t *testing.T) {
	for _, path := range []string{"", "/", "..", ".", "../admin", "a/../b", "a/./b", "a//b", "a/..", "%2e%2e/admin", "a/%2E%2e", ".%2e/b", "a/%zz"} {
		t.Run(strings.ReplaceAll(path, "/", "|"), func(t *testing.T) {
			sent := false
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				sent = true
				return stubReply(r, 200, "text/plain", ""), nil
			})
			resp, err := c.Do(t.Context(), http.MethodGet, path, nil)
			if err == nil {
				resp.Body.Close()
				t.Errorf("no error")
			}
			if sent {
				t.Error("the call was made")
			}
		})
	}
}

// A path that holds what looks like a query or a fragment must not become one.
func TestDoKeepsThePathAPath(t *testing.T) {
	for path, want := range map[string]string{
		"a?b=c":       "/v2/a%3Fb=c.json",
		"a#b":         "/v2/a%23b.json",
		"a b":         "/v2/a%20b.json",
		"..%2F..":     "/v2/..%2F...json",
		"a;b":         "/v2/a;b.json",
		"http://evil": "",
	} {
		t.Run(strings.ReplaceAll(path, "/", "|"), func(t *testing.T) {
			got, host := "", ""
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				got, host = r.URL.RequestURI(), r.URL.Host
				return stubReply(r, 200, "text/plain", ""), nil
			})
			resp, err := c.Do(t.Context(), http.MethodGet, path, nil)
			if err == nil {
				resp.Body.Close()
			}
			if got != want || host != "city.example" && host != "" {
				t.Errorf("asked %s for %q, want %q (error %v)", host, got, want, err)
			}
		})
	}
}

func TestDoErrors(t *testing.T) {
	tests := []struct {
		status int
		want   string
	}{
		{300, `open311: GET URL: 300 Multiple Choices (text/plain): the answer begins "what the server says"`},
		{304, `open311: GET URL: 304 Not Modified`},
		{400, `open311: GET URL: 400 Bad Request (text/plain): the answer begins "what the server says"`},
		{404, `open311: GET URL: 404 Not Found (text/plain): the answer begins "what the server says"`},
		{500, `open311: GET URL: 500 Internal Server Error (text/plain): the answer begins "what the server says" (4 attempts)`},
	}
	for _, tt := range tests {
		t.Run(strconv.Itoa(tt.status), func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				w.WriteHeader(tt.status)
				io.WriteString(w, "what the server says")
			})
			resp, err := city.client(t).Do(t.Context(), http.MethodGet, "extension", nil)
			var ae *open311.APIError
			if resp != nil || !errors.As(err, &ae) {
				t.Fatalf("answer %v, error %v, want no answer and an *APIError", resp, err)
			}
			got := strings.ReplaceAll(err.Error(), city.URL+"/v2/extension.json", "URL")
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestDoUsesWhatWasLearned(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".json") {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, oneRequestXML)
	})
	c := city.client(t)
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := doAndClose(t.Context(), c, http.MethodGet); err != nil {
		t.Fatal(err)
	}
	if got, want := city.last(t).URI, "/v2/extension.xml?a=b"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

// limiterFunc is a Limiter that is a function.
type limiterFunc func(context.Context) error

func (f limiterFunc) Wait(ctx context.Context) error { return f(ctx) }

func TestLimiterIsAskedForEachAttempt(t *testing.T) {
	asked, sent := 0, 0
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		if sent++; sent < 3 {
			return stubReply(r, 503, "text/plain", ""), nil
		}
		return stubReply(r, 200, "application/json", oneRequestJSON), nil
	}, open311.WithLimiter(limiterFunc(func(context.Context) error { asked++; return nil })))
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if asked != 3 || sent != 3 {
		t.Errorf("the limiter was asked %d times for %d attempts, want 3 for 3", asked, sent)
	}
}

func TestLimiterError(t *testing.T) {
	closed := errors.New("no more calls today")
	for _, op := range stubOps {
		t.Run(op.name, func(t *testing.T) {
			asked := 0
			c := stubClient(t, func(*http.Request) (*http.Response, error) {
				t.Error("the call was made")
				return nil, io.ErrUnexpectedEOF
			}, open311.WithLimiter(limiterFunc(func(context.Context) error { asked++; return closed })))
			if err := op.do(t.Context(), c); !errors.Is(err, closed) {
				t.Errorf("error %v, want one that wraps %v", err, closed)
			} else if errors.Is(err, open311.ErrOutcomeUnknown) {
				t.Errorf("%v: is ErrOutcomeUnknown, but nothing was sent", err)
			}
			if asked != 1 {
				t.Errorf("the limiter was asked %d times, want once", asked)
			}
		})
	}
}

func TestContextEndsWaitForRateLimit(t *testing.T) {
	tests := []struct {
		name string
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		want time.Duration // how long the call waits
		is   error
	}{
		{"cancelled", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(3*time.Second, cancel)
			return ctx, cancel
		}, 3 * time.Second, context.Canceled},
		{"deadline too early", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 3*time.Second)
		}, 0, context.DeadlineExceeded},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := stubClient(t, func(r *http.Request) (*http.Response, error) {
					return stubReply(r, 200, "application/json", oneRequestJSON), nil
				}, open311.WithRateLimit(1.0/60, 1))
				if _, err := c.Requests.List(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := tt.ctx(t.Context())
				defer cancel()
				start := time.Now()
				_, err := c.Requests.List(ctx, nil)
				if !errors.Is(err, tt.is) {
					t.Errorf("error %v, want one that is %v", err, tt.is)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("waited %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestUserAgent(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	tests := []struct {
		name string
		opts []open311.Option
		want string
	}{
		{"default", nil, "go-open311 (+https://github.com/go-open311/open311)"},
		{"own", []open311.Option{open311.WithUserAgent("mirror/1.0 (mail@example.org)")}, "mirror/1.0 (mail@example.org)"},
	}
	for _, tt := range tests {
		for _, op := range stubOps {
			t.Run(tt.name+"/"+op.name, func(t *testing.T) {
				_ = op.do(t.Context(), city.client(t, tt.opts...))
				if got := city.last(t).Header.Get("User-Agent"); got != tt.want {
					t.Errorf("User-Agent: %q, want %q", got, tt.want)
				}
			})
		}
	}
}

func TestAccept(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, oneRequestJSON) })
	for format, want := range map[open311.Format]string{
		open311.FormatAuto: "application/json, */*;q=0.1",
		open311.FormatJSON: "application/json, */*;q=0.1",
		open311.FormatXML:  "application/xml, text/xml;q=0.9, */*;q=0.1",
	} {
		t.Run(format.String(), func(t *testing.T) {
			if _, err := city.client(t, open311.WithFormat(format)).Requests.List(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if got := city.last(t).Header.Get("Accept"); got != want {
				t.Errorf("Accept: %q, want %q", got, want)
			}
		})
	}
}

func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
		attempt := 0
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			attempt++
			switch attempt {
			case 1:
				<-time.After(70 * time.Millisecond)
				return nil, errors.New("connection lost")
			case 2:
				resp := stubReply(r, 503, "text/plain", "")
				resp.Header.Set("Retry-After", "7")
				return resp, nil
			}
			return stubReply(r, 200, "application/json", oneRequestJSON), nil
		}, open311.WithLogger(logger), open311.WithAPIKey("s3cret-key"), open311.WithKeyOnReads(),
			open311.WithRetry(open311.RetryPolicy{MinWait: time.Second, MaxWait: time.Second}), open311.WithTimeout(10*time.Second))
		c, err := c.With(open311.WithRetry(open311.RetryPolicy{MinWait: 10 * time.Second, MaxWait: 10 * time.Second}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Requests.List(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		const u = ` method=GET url="https://city.example/v2/requests.json?api_key=REDACTED"`
		want := `level=WARN msg="open311: call will be repeated"` + u + ` attempt=1 status=0 duration=70ms error="connection lost" wait=10s
level=WARN msg="open311: call will be repeated"` + u + ` attempt=2 status=503 duration=0s wait=7s
level=DEBUG msg="open311: call"` + u + ` attempt=3 status=200 duration=0s
`
		if d := cmp.Diff(want, log.String()); d != "" {
			t.Errorf("log (-want +got):\n%s", d)
		}
	})
}

func TestRetryWaits(t *testing.T) {
	policy := open311.RetryPolicy{MaxAttempts: 3, MinWait: time.Second, MaxWait: 30 * time.Second}
	type outcome struct {
		Calls, Status int
		RetryAfter    time.Duration
	}
	tests := []struct {
		name       string
		retryAfter string // of every answer
		status     int
		deadline   time.Duration
		low, high  time.Duration // how long it takes
		want       outcome
	}{
		{"back-off", "", 503, 0, 2 * time.Second, 6 * time.Second, outcome{3, 503, 0}},
		{"rate limited", "", 429, 0, 2 * time.Second, 6 * time.Second, outcome{3, 429, 0}},
		{"as the server says", "20", 503, 0, 40 * time.Second, 40 * time.Second, outcome{3, 503, 20 * time.Second}},
		{"longer than we would wait", "31", 503, 0, 0, 0, outcome{1, 503, 31 * time.Second}},
		{"longer than the deadline", "20", 503, 15 * time.Second, 0, 0, outcome{1, 503, 20 * time.Second}},
		{"longer than what is left", "20", 503, 30 * time.Second, 20 * time.Second, 20 * time.Second, outcome{2, 503, 20 * time.Second}},
		{"not a passing state", "1", 404, 0, 0, 0, outcome{1, 404, time.Second}},
	}
	for _, tt := range tests {
		for name, do := range map[string]func(context.Context, *open311.Client) error{
			"List": func(ctx context.Context, c *open311.Client) error { _, err := c.Requests.List(ctx, nil); return err },
			"Do":   func(ctx context.Context, c *open311.Client) error { return doAndClose(ctx, c, http.MethodGet) },
		} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var got outcome
					c := stubClient(t, func(r *http.Request) (*http.Response, error) {
						got.Calls++
						resp := stubReply(r, tt.status, "application/json", `[{"code":"x","description":"later"}]`)
						if tt.retryAfter != "" {
							resp.Header.Set("Retry-After", tt.retryAfter)
						}
						return resp, nil
					}, open311.WithRetry(policy))
					ctx := t.Context()
					if tt.deadline > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, tt.deadline)
						defer cancel()
					}
					start := time.Now()
					err := do(ctx, c)
					took := time.Since(start)
					var ae *open311.APIError
					if !errors.As(err, &ae) {
						t.Fatalf("error %v, want an *APIError", err)
					}
					got.Status, got.RetryAfter = ae.StatusCode, ae.RetryAfter
					if d := cmp.Diff(tt.want, got); d != "" {
						t.Errorf("(-want +got):\n%s", d)
					}
					if ae.Attempts != got.Calls {
						t.Errorf("APIError.Attempts is %d for %d calls", ae.Attempts, got.Calls)
					}
					if took < tt.low || took > tt.high {
						t.Errorf("took %v, want %v to %v", took, tt.low, tt.high)
					}
				})
			})
		}
	}
}

func TestContextEndsRetryWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := stubClient(t, func(*http.Request) (*http.Response, error) { calls++; return nil, errors.New("connection lost") },
			open311.WithRetry(open311.RetryPolicy{MinWait: 20 * time.Second, MaxWait: 30 * time.Second}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := c.Requests.List(ctx, nil)
		if !errors.Is(err, context.Canceled) || calls != 1 || time.Since(start) != 3*time.Second {
			t.Errorf("error %v after %d calls and %v, want context.Canceled after 1 and 3s", err, calls, time.Since(start))
		}
	})
}

// silentTrip answers nothing until the attempt is ended.
func silentTrip(calls *int) stubTrip {
	return func(r *http.Request) (*http.Response, error) {
		*calls++
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
}

func TestTimeoutIsPerAttempt(t *testing.T) {
	tests := []struct {
		name  string
		opts  []open311.Option
		calls int
		want  time.Duration
	}{
		{"default", []open311.Option{open311.WithRetry(once)}, 1, 30 * time.Second},
		{"own", []open311.Option{open311.WithRetry(once), open311.WithTimeout(5 * time.Second)}, 1, 5 * time.Second},
		{"each attempt", []open311.Option{open311.WithRetry(open311.RetryPolicy{MaxAttempts: 3, MinWait: time.Second, MaxWait: time.Second}),
			open311.WithTimeout(5 * time.Second)}, 3, 17 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				c := stubClient(t, silentTrip(&calls), tt.opts...)
				start := time.Now()
				_, err := c.Requests.List(t.Context(), nil)
				if !errors.Is(err, context.DeadlineExceeded) || calls != tt.calls || time.Since(start) != tt.want {
					t.Errorf("error %v after %d calls and %v, want a time-out after %d and %v", err, calls, time.Since(start), tt.calls, tt.want)
				}
			})
		})
	}
}

func TestNoTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := stubClient(t, silentTrip(&calls), open311.WithRetry(once), open311.WithTimeout(0))
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		start := time.Now()
		if _, err := c.Requests.List(ctx, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 24*time.Hour {
			t.Errorf("error %v after %v, want the context's after 24h", err, time.Since(start))
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "services"):
			io.WriteString(w, oneServiceJSON)
		default:
			io.WriteString(w, oneRequestJSON)
		}
	})
	c := city.client(t, open311.WithAPIKey("k"), open311.WithRateLimit(1e6, 64), open311.WithWarnings(func(context.Context, open311.Warning) {}))
	var wg sync.WaitGroup
	errs := make(chan error, 64)
	for i := range 64 {
		wg.Go(func() {
			own, err := c.With(open311.WithJurisdiction(strconv.Itoa(i)))
			if err != nil {
				errs <- err
				return
			}
			for j, c := range []*open311.Client{c, own} {
				for _, op := range stubOps {
					if op.name == "Discovery.Get" || op.name == "Requests.Resolve" || op.name == "Updates.List" {
						continue // another document
					}
					if err := op.do(t.Context(), c); err != nil {
						errs <- fmt.Errorf("client %d.%d: %s: %w", i, j, op.name, err)
					}
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
}
