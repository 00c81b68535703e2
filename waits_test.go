package open311_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

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
		const u = ` op="GET requests" method=GET url="https://city.example/v2/requests.json?api_key=REDACTED"`
		want := `level=WARN msg="open311: call will be repeated"` + u + ` attempt=1 status=0 duration=70ms error="connection lost" wait=10s
level=WARN msg="open311: call will be repeated"` + u + ` attempt=2 status=503 duration=0s wait=7s
level=DEBUG msg="open311: attempt"` + u + ` attempt=3 status=200 duration=0s
level=DEBUG msg="open311: call"` + u + ` status=200 attempts=3 rows=1 bytes=65 warnings=0 waited=17s took=17.07s
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
