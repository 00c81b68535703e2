package retry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"
)

// A fake is a transport that plays a list of answers, the last one for ever.
type fake struct {
	mu      sync.Mutex
	answers []answer
	times   []time.Time
	bodies  []string
	headers []http.Header
	closed  int // calls of CloseIdleConnections
}

// An answer is what one request gets.
type answer struct {
	status int
	header map[string]string
	body   io.Reader
	err    error
	stage  stage
	hang   time.Duration // before the answer
}

// A stage is how far a request came that failed.
type stage int

const (
	silent    stage = iota // the transport reports nothing
	asking                 // for a connection
	connected              // a connection, nothing written
	writing                // the first header was written
)

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	a := f.answers[min(len(f.times), len(f.answers)-1)]
	f.times = append(f.times, time.Now())
	f.headers = append(f.headers, req.Header.Clone())
	f.mu.Unlock()

	sent := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
		sent = string(b)
	}
	f.mu.Lock()
	f.bodies = append(f.bodies, sent)
	f.mu.Unlock()

	trace := httptrace.ContextClientTrace(req.Context())
	if a.stage >= asking {
		trace.GetConn("host:80")
	}
	if a.stage >= connected {
		trace.GotConn(httptrace.GotConnInfo{Reused: true})
	}
	if a.stage >= writing {
		trace.WroteHeaderField("Host", []string{"host"})
	}
	if a.hang > 0 {
		select {
		case <-time.After(a.hang):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	h := make(http.Header)
	for k, v := range a.header {
		h.Set(k, v)
	}
	body := a.body
	if body == nil {
		body = strings.NewReader("the body")
	}
	if d, ok := body.(*drip); ok {
		d.done = req.Context().Done()
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(body), Request: req}, nil
}

// CloseIdleConnections must never be reached.
func (f *fake) CloseIdleConnections() { f.closed++ }

// waits returns the times between the requests.
func (f *fake) waits() []time.Duration {
	var w []time.Duration
	for i := 1; i < len(f.times); i++ {
		w = append(w, f.times[i].Sub(f.times[i-1]))
	}
	return w
}

// A drip is a body that yields one byte at a time, each after a wait.
type drip struct {
	every time.Duration
	n     int
	done  <-chan struct{}
}

func (d *drip) Read(p []byte) (int, error) {
	if d.n == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(d.every):
		d.n--
		p[0] = 'x'
		return 1, nil
	case <-d.done:
		return 0, context.Canceled
	}
}

var errBroken = errors.New("broken")

func request(t testing.TB, ctx context.Context, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// form is the body of a POST.
func form() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("a=b")), nil }

// do sends a request with a form as body unless it is a GET.
func do(t testing.TB, c *Client, ctx context.Context, method, url string) (*Result, error) {
	t.Helper()
	if method == http.MethodGet || method == http.MethodHead {
		return c.Do(request(t, ctx, method, url), nil, 0)
	}
	return c.Do(request(t, ctx, method, url), form, 3)
}

func text(t testing.TB, r *Result) string {
	t.Helper()
	b, err := io.ReadAll(r.Response.Body)
	if err != nil {
		t.Error(err)
	}
	if err := r.Response.Body.Close(); err != nil {
		t.Error(err)
	}
	return string(b)
}
