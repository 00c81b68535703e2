package open311_test

import (
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

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
		{"a port that there cannot be", "https://city.example:65536/v2", nil, "1 to 65535"},
		{"a port of many digits", "https://city.example:99999999999999999999/v2", nil, "1 to 65535"},
		{"port 0", "https://city.example:0/v2", nil, "1 to 65535"},
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
	for range 10 {
		for _, c := range []*open311.Client{c, d, c, d} {
			if _, err := c.Requests.List(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := opened.Load(); n > 5 { // net/http gives one up where its writer was held up
		t.Errorf("%d connections for forty calls in a row, want 1", n)
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
