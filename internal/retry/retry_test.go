package retry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const someURL = "http://host/r.json?api_key=secret"

var (
	dialError = &net.OpError{Op: "dial", Err: errBroken}
	dnsError  = &net.OpError{Op: "read", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
	after     = map[string]string{"Retry-After": "1"}
)

// A fault is what every request gets and what is to come of it.
type fault struct {
	answer    answer
	get, post int  // requests
	sent      bool // for errors after a POST
}

// faults: answer × method × number of requests × kind of outcome.
var faults = map[string]fault{
	"200":                     {answer{status: 200}, 1, 1, false},
	"204":                     {answer{status: 204}, 1, 1, false},
	"400":                     {answer{status: 400}, 1, 1, false},
	"101":                     {answer{status: 101}, 1, 1, false},
	"404":                     {answer{status: 404, header: after}, 1, 1, false},
	"408":                     {answer{status: 408}, 4, 1, false},
	"408 with Retry-After":    {answer{status: 408, header: after}, 4, 1, false},
	"422":                     {answer{status: 422}, 1, 1, false},
	"423":                     {answer{status: 423}, 4, 1, false},
	"425":                     {answer{status: 425}, 4, 1, false},
	"429":                     {answer{status: 429}, 4, 4, false},
	"429 with Retry-After":    {answer{status: 429, header: after}, 4, 4, false},
	"500":                     {answer{status: 500}, 4, 1, false},
	"500 with Retry-After":    {answer{status: 500, header: after}, 4, 1, false},
	"501":                     {answer{status: 501}, 1, 1, false},
	"502":                     {answer{status: 502}, 4, 1, false},
	"503":                     {answer{status: 503}, 4, 1, false},
	"503 with Retry-After":    {answer{status: 503, header: after}, 4, 4, false},
	"503 with Retry-After: 0": {answer{status: 503, header: map[string]string{"Retry-After": "0"}}, 4, 4, false},
	"503 with Retry-After: x": {answer{status: 503, header: map[string]string{"Retry-After": "x"}}, 4, 1, false},
	"504":                     {answer{status: 504}, 4, 1, false},
	"505":                     {answer{status: 505}, 1, 1, false},
	"519":                     {answer{status: 519}, 1, 1, false},
	"520":                     {answer{status: 520}, 4, 1, false},
	"527":                     {answer{status: 527}, 4, 1, false},
	"528":                     {answer{status: 528}, 1, 1, false},
	"529":                     {answer{status: 529}, 4, 1, false},
	"530":                     {answer{status: 530}, 4, 1, false},
	"531":                     {answer{status: 531}, 1, 1, false},
	"error, no evidence":      {answer{err: errBroken}, 4, 1, true},
	"dial error, no evidence": {answer{err: dialError}, 4, 4, false},
	"DNS error, no evidence":  {answer{err: dnsError}, 4, 4, false},
	"error, no connection":    {answer{err: errBroken, stage: asking}, 4, 4, false},
	"error, stale connection": {answer{err: errBroken, stage: connected}, 4, 4, false},
	"error, first header out": {answer{err: errBroken, stage: writing}, 4, 1, true},
	"time-out, no connection": {answer{hang: time.Hour, stage: asking}, 4, 4, false},
	"time-out, connected":     {answer{hang: time.Hour, stage: connected}, 4, 1, true},
	"time-out, no evidence":   {answer{hang: time.Hour}, 4, 1, true},
}

func TestWhatIsRetried(t *testing.T) {
	t.Parallel()
	for name, f := range faults {
		for method, want := range map[string]int{"GET": f.get, "HEAD": f.get, "": f.get, "POST": f.post, "PUT": f.post, "DELETE": f.post} {
			t.Run(name+"/"+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { checkFault(t, f, method, want) })
			})
		}
	}
}

func checkFault(t *testing.T, c fault, method string, want int) {
	f := &fake{answers: []answer{c.answer}}
	req := request(t, t.Context(), method, someURL)
	req.Method = method // "" too
	r, err := New(&http.Client{Transport: f}, Config{}).Do(req, form, 3)
	if len(f.times) != want {
		t.Errorf("%d requests, want %d", len(f.times), want)
	}
	for _, b := range f.bodies {
		if b != "a=b" {
			t.Errorf("a request had the body %q", b)
		}
	}
	if f.closed != 0 {
		t.Error("the caller's pool was emptied")
	}
	if c.answer.status != 0 {
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, r); got != "the body" && c.answer.status != 101 || r.Attempts != want || r.Response.StatusCode != c.answer.status {
			t.Errorf("got %+v with body %q", r, got)
		}
		return
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, %v", r, err)
	}
	if e.Attempts != want || want == c.post && e.Sent != c.sent {
		t.Errorf("got %+v", e)
	}
	if e.Timeout() != (c.answer.hang > 0) || strings.Contains(err.Error(), "secret") {
		t.Errorf("Timeout() = %v, %v", e.Timeout(), err)
	}
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 7} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{answers: []answer{{status: 429}}}
			r, err := do(t, New(&http.Client{Transport: f}, Config{Policy: Policy{MaxAttempts: n}}), t.Context(), "POST", someURL)
			if err != nil || r.Attempts != n || len(f.times) != n || text(t, r) != "the body" {
				t.Errorf("%d attempts, %d requests, want %d; %v", r.Attempts, len(f.times), n, err)
			}
		})
	}
}

func TestDeadlineTooEarlyForAnotherAttempt(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]answer{
		"response": {status: 503, header: map[string]string{"Retry-After": "10"}},
		"error":    {err: errBroken},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			defer cancel()
			f := &fake{answers: []answer{a}}
			start := time.Now()
			r, err := do(t, New(&http.Client{Transport: f}, Config{}), ctx, "GET", someURL)
			if time.Since(start) != 0 || len(f.times) != 1 {
				t.Errorf("%s: waited %v, %d requests", name, time.Since(start), len(f.times))
			}
			if a.err != nil && !errors.Is(err, errBroken) || a.err == nil && (err != nil || text(t, r) != "the body" || r.RetryAfter != 10*time.Second) {
				t.Errorf("%s: %+v, %v", name, r, err)
			}
		})
	}
}

func TestCancelEndsAWait(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Second, cancel)
			f := &fake{answers: []answer{{status: 503, header: map[string]string{"Retry-After": "20"}}}}
			start := time.Now()
			_, err := do(t, New(&http.Client{Transport: f}, Config{}), ctx, method, someURL)
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, context.Canceled) || e.Sent || e.Status != 503 || e.Attempts != 1 {
				t.Errorf("got %+v", e)
			}
			if d := time.Since(start); d != 5*time.Second {
				t.Errorf("ended after %v", d)
			}
			if f.closed != 0 {
				t.Error("the caller's pool was emptied")
			}
		})
	}
}

func TestCancelledBeforehand(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := &fake{answers: []answer{{status: 200}}}
	_, err := do(t, New(&http.Client{Transport: f}, Config{}), ctx, "POST", someURL)
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, context.Canceled) || e.Sent || e.Attempts != 0 || len(f.times) != 0 {
		t.Errorf("got %+v after %d requests", e, len(f.times))
	}
}

func TestErrorTellsWhatCameBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: []answer{{status: 503}, {err: errBroken, stage: writing}}}
		_, err := do(t, New(&http.Client{Transport: f}, Config{Policy: Policy{MaxAttempts: 2}}), t.Context(), "GET", someURL)
		if got, want := err.Error(), "broken (after 2 attempts, last status 503)"; got != want || !errors.Is(err, errBroken) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	for want, e := range map[string]*Error{
		"broken":                    {Attempts: 1, Err: errBroken},
		"broken (after 3 attempts)": {Attempts: 3, Err: errBroken},
		"broken (after status 503)": {Attempts: 1, Status: 503, Err: errBroken},
	} {
		if e.Error() != want || e.Timeout() {
			t.Errorf("got %q, want %q", e, want)
		}
	}
}

func TestLimiterComesBeforeEveryRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: []answer{{status: 503, header: map[string]string{"Retry-After": "1"}}, {status: 302, header: map[string]string{"Location": "/x"}}, {status: 200}}}
		waits := 0
		c := New(&http.Client{Transport: f}, Config{Timeout: time.Second, Wait: func(context.Context) error {
			waits++
			time.Sleep(time.Minute) // longer than Timeout: it does not count
			return nil
		}})
		r, err := do(t, c, t.Context(), "GET", someURL)
		if err != nil || r.Attempts != 2 || waits != 3 || len(f.times) != 3 {
			t.Fatalf("%+v, %v, %d waits", r, err, waits)
		}
		if diff := cmp.Diff([]time.Duration{61 * time.Second, time.Minute}, f.waits()); diff != "" {
			t.Error(diff)
		}
		_ = text(t, r)
	})
}

func TestOwnErrorsAreFinal(t *testing.T) {
	t.Parallel()
	f := &fake{answers: []answer{{status: 200}}}
	limited := New(&http.Client{Transport: f}, Config{Wait: func(context.Context) error { return errBroken }})
	open := New(&http.Client{Transport: f}, Config{})
	bad := request(t, t.Context(), "GET", someURL)
	bad.Header.Set("X-Api-Key", "secret\n")
	for name, try := range map[string]func() (*Result, error){
		"limiter": func() (*Result, error) { return do(t, limited, t.Context(), "GET", someURL) },
		"body": func() (*Result, error) {
			return open.Do(request(t, t.Context(), "POST", someURL), func() (io.ReadCloser, error) { return nil, errBroken }, -1)
		},
		"header": func() (*Result, error) { return open.Do(bad, nil, 0) },
		"scheme": func() (*Result, error) { return do(t, open, t.Context(), "POST", "ftp://host/") },
		"host":   func() (*Result, error) { return do(t, open, t.Context(), "POST", "http:///x") },
		"no URL": func() (*Result, error) { return open.Do(&http.Request{}, nil, 0) },
	} {
		r, err := try()
		var e *Error
		if r != nil || !errors.As(err, &e) || e.Attempts != 0 || e.Sent || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
		if (name == "limiter" || name == "body") && !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(f.times) != 0 {
		t.Errorf("%d requests", len(f.times))
	}
}

// The wait that is told is the one that is kept, and the one that was held
// against the deadline.
func TestWaitIsDrawnOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: []answer{{err: errBroken}, {status: 503}, {err: errBroken}, {status: 200}}}
		var told []time.Duration
		c := New(&http.Client{Transport: f}, Config{OnAttempt: func(_ context.Context, a Attempt) {
			if a.Retry {
				told = append(told, a.Wait)
			}
		}})
		r, err := do(t, c, t.Context(), "GET", someURL)
		if err != nil || text(t, r) != "the body" {
			t.Fatal(err)
		}
		if diff := cmp.Diff(f.waits(), told); diff != "" {
			t.Error(diff)
		}
	})
}

// What a transport does to its request stays in the attempt.
func TestAttemptsHaveTheirOwnRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: []answer{{status: 503}, {err: errBroken}, {status: 200}}}
		var urls []string
		c := New(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			urls = append(urls, r.URL.String()+r.Header.Get("X-Added"))
			r.URL.RawQuery = ""
			r.Header.Set("X-Added", "x")
			return f.RoundTrip(r)
		})}, Config{})
		r, err := do(t, c, t.Context(), "GET", someURL)
		if err != nil || text(t, r) != "the body" {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{someURL, someURL, someURL}, urls); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTransportWithoutManners(t *testing.T) {
	t.Parallel()
	c := New(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, nil })}, Config{Policy: Policy{MaxAttempts: 1}})
	if _, err := do(t, c, t.Context(), "GET", someURL); err == nil {
		t.Error("no response and no error")
	}
	c = New(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 204, Request: r}, nil
	})}, Config{})
	if r, err := do(t, c, t.Context(), "GET", someURL); err != nil || text(t, r) != "" {
		t.Error(r, err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCookiesAreAddedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jar, _ := cookiejar.New(nil)
		u, _ := url.Parse(someURL)
		jar.SetCookies(u, []*http.Cookie{{Name: "a", Value: "b"}})
		f := &fake{answers: []answer{{status: 503}, {status: 503}, {status: 200}}}
		req := request(t, t.Context(), "GET", someURL)
		r, err := New(&http.Client{Transport: f, Jar: jar}, Config{}).Do(req, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		_ = text(t, r)
		for _, h := range f.headers {
			if got := h.Get("Cookie"); got != "a=b" {
				t.Errorf("Cookie: %s", got)
			}
		}
		if len(req.Header) != 0 {
			t.Errorf("the caller's request was changed: %v", req.Header)
		}
	})
}

func TestOnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var got []Attempt
		f := &fake{answers: []answer{
			{status: 503, header: map[string]string{"Retry-After": "2"}, hang: time.Second},
			{err: errBroken}, {status: 200, hang: 3 * time.Second},
		}}
		c := New(&http.Client{Transport: f}, Config{
			Policy: Policy{MinWait: time.Second, MaxWait: 2 * time.Second},
			OnAttempt: func(ctx context.Context, a Attempt) {
				if ctx.Value(key{}) != "v" {
					t.Error("not the context of the call")
				}
				if a.URL.String() != someURL || a.Err == nil && a.Number == 2 {
					t.Errorf("got %+v", a)
				}
				if a.Number == 2 {
					a.Wait = a.Wait.Truncate(time.Hour)
				}
				a.URL, a.Err = nil, nil
				got = append(got, a)
			},
		})
		r, err := do(t, c, context.WithValue(t.Context(), key{}, "v"), "GET", someURL)
		if err != nil {
			t.Fatal(err)
		}
		_ = text(t, r)
		want := []Attempt{
			{Number: 1, Method: "GET", Status: 503, Duration: time.Second, Retry: true, Wait: 2 * time.Second},
			{Number: 2, Method: "GET", Retry: true},
			{Number: 3, Method: "GET", Status: 200, Duration: 3 * time.Second},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
