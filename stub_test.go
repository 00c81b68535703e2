package open311_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

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
