package open311test_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311/open311test"
)

const endpoint = "http://city.example/open311/v2/"

// TestTransportLikeNetwork makes the same calls over a socket and without one.
func TestTransportLikeNetwork(t *testing.T) {
	h := hamlet()
	srv := httptest.NewServer(h)
	defer srv.Close()
	direct := &http.Client{Transport: h.Transport()}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		for _, target := range []string{"requests.json", "services/B%2F2.xml", "nothing"} {
			over := exchange(t, srv.Client(), method, srv.URL+base+target)
			if diff := cmp.Diff(over, exchange(t, direct, method, endpoint+target)); diff != "" {
				t.Errorf("%s %s (-network +direct):\n%s", method, target, diff)
			}
		}
	}
	calls := h.Calls()
	if a, b := calls[0], calls[1]; a.Method != b.Method || a.Path != b.Path {
		t.Errorf("recorded differently: %v and %v", a, b)
	}
}

type seen struct {
	Status int
	Length int64
	Type   string
	Body   string
}

func exchange(t *testing.T, c *http.Client, method, url string) seen {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil {
		t.Fatal(err)
	}
	return seen{res.StatusCode, res.ContentLength, res.Header.Get("Content-Type"), string(body)}
}

func slow(d time.Duration) open311test.Option {
	return open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(d)
			next.ServeHTTP(w, r)
		})
	})
}

func TestTransportEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &http.Client{Transport: hamlet(slow(time.Hour)).Transport()}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"services.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that the deadline is exceeded", err)
		}
		if d := time.Since(start); d != time.Second {
			t.Errorf("it took %s, want the second of the context", d)
		}
		time.Sleep(time.Hour) // the handler is still asleep
	})
}

func TestTransportBeforeAndAfterItsContext(t *testing.T) {
	h := hamlet()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"services.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := h.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := res.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on after the end: %v", err)
	}
	if _, err := h.Transport().RoundTrip(r); !errors.Is(err, context.Canceled) {
		t.Errorf("beginning after the end: %v", err)
	}
	if n := len(h.Calls()); n != 1 {
		t.Errorf("the city received %d calls, want 1", n)
	}
}

func TestTransportAbort(t *testing.T) {
	h := hamlet(open311test.WithMiddleware(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	}))
	r := httptest.NewRequest(http.MethodGet, endpoint+"services.json", nil)
	if _, err := h.Transport().RoundTrip(r); err == nil || !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("error %v, want that the server closed the connection", err)
	}
}

func TestTransportPanic(t *testing.T) {
	h := hamlet(open311test.WithMiddleware(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug in a middleware") })
	}))
	defer func() {
		if p := recover(); p != "a bug in a middleware" {
			t.Errorf("recovered %v: a panic must reach the test", p)
		}
	}()
	_, _ = h.Transport().RoundTrip(httptest.NewRequest(http.MethodGet, endpoint+"services.json", nil))
}

type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTransportBody(t *testing.T) {
	h := hamlet()
	var events []string
	trace := &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { events = append(events, "connection") },
		WroteHeaders:         func() { events = append(events, "headers") },
		WroteRequest:         func(httptrace.WroteRequestInfo) { events = append(events, "request") },
		GotFirstResponseByte: func() { events = append(events, "answer") },
	}
	b := &body{Reader: strings.NewReader("service_code=X&address_id=1")}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodPost, endpoint+"requests.json", b)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := h.Transport().RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", res, err)
	}
	if !b.closed {
		t.Error("the body was not closed")
	}
	if diff := cmp.Diff([]string{"connection", "headers", "request", "answer"}, events); diff != "" {
		t.Errorf("traced events (-want +got):\n%s", diff)
	}
	r.Body = &body{Reader: broken{}}
	if _, err := h.Transport().RoundTrip(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want the one of the body", err)
	}
}
