package retry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimeoutOfAnAttempt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg, client time.Duration // Timeout of Config and of http.Client
		want        time.Duration // 0: none
	}{
		"default":         {0, 0, 30 * time.Second},
		"ours":            {time.Second, 0, time.Second},
		"theirs":          {0, time.Minute, time.Minute},
		"ours shorter":    {time.Second, time.Minute, time.Second},
		"theirs shorter":  {time.Minute, time.Second, time.Second},
		"none":            {-1, 0, 0},
		"none but theirs": {-1, time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answers: []answer{{status: 200, hang: time.Hour}}}
				hc := &http.Client{Transport: f, Timeout: c.client}
				start := time.Now()
				r, err := do(t, New(hc, Config{Policy: Policy{MaxAttempts: 1}, Timeout: c.cfg}), t.Context(), "GET", someURL)
				if c.want == 0 {
					if err != nil || text(t, r) != "the body" {
						t.Error(err)
					}
					return
				}
				var ne net.Error
				if !errors.As(err, &ne) || !ne.Timeout() || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
				if d := time.Since(start); d != c.want {
					t.Errorf("timed out after %v", d)
				}
				if hc.Timeout != c.client || hc.Transport != http.RoundTripper(f) {
					t.Error("the caller's client was changed")
				}
			})
		})
	}
}

// A slow reader does not run into the limit, a slow server does.
func TestTimeoutCountsOnlyTheServer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers, every time.Duration // of the server
		pause          time.Duration // of the reader, after each byte
		bytes          int           // that arrive before the limit of 10 s
	}{
		"slow reader":           {0, time.Second, time.Hour, 8},
		"slow body":             {0, 3 * time.Second, 0, 3},
		"slow body and reader":  {0, 3 * time.Second, time.Hour, 3},
		"the headers count too": {5 * time.Second, 2 * time.Second, time.Minute, 2},
		"stuck":                 {0, time.Hour, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answers: []answer{{status: 200, hang: c.headers, body: &drip{every: c.every, n: 8}}}}
				r, err := do(t, New(&http.Client{Transport: f}, Config{Timeout: 10 * time.Second}), t.Context(), "GET", someURL)
				if err != nil {
					t.Fatal(err)
				}
				got := 0
				for {
					n, err := r.Response.Body.Read(make([]byte, 8))
					got += n
					if err == nil {
						time.Sleep(c.pause)
						continue
					}
					var ne net.Error
					if timedOut := errors.As(err, &ne) && ne.Timeout(); timedOut != (c.bytes < 8) || !timedOut && !errors.Is(err, io.EOF) {
						t.Errorf("ended with %v", err)
					}
					break
				}
				if got != c.bytes {
					t.Errorf("%d bytes, want %d", got, c.bytes)
				}
				if err := r.Response.Body.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestTimeoutSpansRedirects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: []answer{{status: 302, header: map[string]string{"Location": "/x"}, hang: 6 * time.Second}, {status: 200, hang: 6 * time.Second}}}
		start := time.Now()
		_, err := do(t, New(&http.Client{Transport: f}, Config{Policy: Policy{MaxAttempts: 1}, Timeout: 10 * time.Second}), t.Context(), "GET", someURL)
		if d := time.Since(start); d != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %v", err, d)
		}
	})
}

// Every attempt has the whole time, and an answer that is thrown away costs no
// more than a second of it.
func TestTimeoutStartsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: []answer{
			{status: 503, header: map[string]string{"Retry-After": "1"}, body: &drip{every: 300 * time.Millisecond, n: 1000}},
			{status: 200, hang: 9 * time.Second},
		}}
		start := time.Now()
		r, err := do(t, New(&http.Client{Transport: f}, Config{Timeout: 10 * time.Second}), t.Context(), "GET", someURL)
		if err != nil || text(t, r) != "the body" {
			t.Fatal(err)
		}
		if d := time.Since(start); d != (1+1+9)*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

// A dripping answer that nobody wants costs a second, or what is left of the
// limit; nothing is read of a success that is closed.
func TestClosingADrippingAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status  int
		timeout time.Duration
		end     func(io.ReadCloser) error
		want    time.Duration
	}{
		"error":              {404, time.Minute, io.ReadCloser.Close, time.Second},
		"error, short limit": {404, 700 * time.Millisecond, io.ReadCloser.Close, 700 * time.Millisecond},
		"success":            {200, time.Minute, io.ReadCloser.Close, 0},
		"success, drained":   {200, time.Minute, Drain, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{answers: []answer{{status: c.status, body: &drip{every: 300 * time.Millisecond, n: 1000}}}}
			r, err := do(t, New(&http.Client{Transport: f}, Config{Timeout: c.timeout}), t.Context(), "GET", someURL)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := c.end(r.Response.Body); err != nil {
				t.Error(err)
			}
			if d := time.Since(start); d != c.want {
				t.Errorf("%s: closed after %v, want %v", name, d, c.want)
			}
		})
	}
}

func TestCancelEndsARead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := &fake{answers: []answer{{status: 200, body: &drip{every: time.Second, n: 9}}}}
		r, err := do(t, New(&http.Client{Transport: f}, Config{}), ctx, "GET", someURL)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(2500*time.Millisecond, cancel)
		start := time.Now()
		b, err := io.ReadAll(r.Response.Body)
		if len(b) != 2 || !errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 2500*time.Millisecond {
			t.Errorf("%q, %v after %v", b, err, time.Since(start))
		}
	})
}

func TestCloseFreesTheAttempt(t *testing.T) {
	t.Parallel()
	var ctx context.Context
	c := New(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		ctx = r.Context()
		return &http.Response{StatusCode: 200, Body: io.NopCloser(&drip{every: time.Hour, n: 1}), Request: r}, nil
	})}, Config{})
	r, err := do(t, c, t.Context(), "GET", someURL)
	if err != nil || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
	_ = r.Response.Body.Close()
	if ctx.Err() == nil {
		t.Error("the context of the attempt lives on")
	}
}
