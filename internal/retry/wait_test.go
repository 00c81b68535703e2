package retry

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWaits(t *testing.T) {
	t.Parallel()
	date := func(d time.Duration) string { // the bubble's clock starts with the year 2000
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(d).Format(http.TimeFormat)
	}
	const any = -1 // between MinWait and 2·MinWait
	for name, c := range map[string]struct {
		header map[string]string
		want   time.Duration
		number int // of requests
	}{
		"none":                  {nil, any, 2},
		"seconds":               {map[string]string{"Retry-After": "7"}, 7 * time.Second, 2},
		"blanks":                {map[string]string{"Retry-After": " 7\t"}, 7 * time.Second, 2},
		"fraction":              {map[string]string{"Retry-After": "1.5"}, 1500 * time.Millisecond, 2},
		"the longest":           {map[string]string{"Retry-After": "30"}, 30 * time.Second, 2},
		"too long":              {map[string]string{"Retry-After": "31"}, 0, 1},
		"absurd":                {map[string]string{"Retry-After": strings.Repeat("9", 400)}, 0, 1},
		"zero":                  {map[string]string{"Retry-After": "0"}, any, 2},
		"negative":              {map[string]string{"Retry-After": "-5"}, any, 2},
		"words":                 {map[string]string{"Retry-After": "soon"}, any, 2},
		"date":                  {map[string]string{"Retry-After": date(9 * time.Second)}, 9 * time.Second, 2},
		"RFC 850 date":          {map[string]string{"Retry-After": "Saturday, 01-Jan-00 00:00:09 GMT"}, 9 * time.Second, 2},
		"asctime date":          {map[string]string{"Retry-After": "Sat Jan  1 00:00:09 2000"}, 9 * time.Second, 2},
		"past date":             {map[string]string{"Retry-After": date(-time.Hour)}, any, 2},
		"far date":              {map[string]string{"Retry-After": date(time.Hour)}, 0, 1},
		"server clock is ahead": {map[string]string{"Retry-After": date(time.Hour + 3*time.Second), "Date": date(time.Hour)}, 3 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answers: []answer{{status: 503, header: c.header}, {status: 200}}}
				r, err := do(t, New(&http.Client{Transport: f}, Config{}), t.Context(), "GET", someURL)
				if err != nil {
					t.Fatal(err)
				}
				if len(f.times) != c.number || text(t, r) != "the body" {
					t.Fatalf("%d requests, want %d", len(f.times), c.number)
				}
				if c.number == 1 {
					if r.Response.StatusCode != 503 || r.RetryAfter <= 30*time.Second {
						t.Errorf("got %+v", r)
					}
					return
				}
				got := f.waits()[0]
				if c.want == any && (got < DefaultMinWait || got > 2*DefaultMinWait) || c.want != any && got != c.want {
					t.Errorf("waited %v", got)
				}
			})
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		policy   Policy
		failures int
		lo, hi   time.Duration
	}{
		{Policy{}, 0, 500 * time.Millisecond, 500 * time.Millisecond},
		{Policy{}, 1, 500 * time.Millisecond, time.Second},
		{Policy{}, 3, 500 * time.Millisecond, 4 * time.Second},
		{Policy{}, 1000, 500 * time.Millisecond, 30 * time.Second},
		{Policy{MinWait: 1, MaxWait: 1 << 62}, 1000, 1, 1 << 62},
		{Policy{MaxWait: time.Millisecond}, 3, time.Millisecond, time.Millisecond},
		{Policy{MinWait: time.Minute}, 3, time.Minute, time.Minute},
		{Policy{MinWait: time.Hour, MaxWait: time.Second}, 3, time.Second, time.Second},
	} {
		least, most := time.Duration(1<<62), time.Duration(0)
		for range 2000 {
			d := c.policy.Backoff(c.failures)
			least, most = min(least, d), max(most, d)
		}
		if least < c.lo || most > c.hi || least > c.lo+(c.hi-c.lo)/50 || most < c.hi-(c.hi-c.lo)/50 {
			t.Errorf("%+v after %d: %v … %v, want %v … %v", c.policy, c.failures, least, most, c.lo, c.hi)
		}
	}
	want := Policy{MaxAttempts: 4, MinWait: 500 * time.Millisecond, MaxWait: 30 * time.Second}
	if diff := cmp.Diff(want, New(nil, Config{}).Policy()); diff != "" {
		t.Error(diff)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answers: []answer{{status: 503}}}
		cfg := Config{Budget: new(Budget)}
		a, b := New(&http.Client{Transport: f}, cfg), New(&http.Client{Transport: f}, cfg)
		for i := range 100 {
			r, err := do(t, []*Client{a, b}[i%2], t.Context(), "GET", someURL)
			if err != nil {
				t.Fatal(err)
			}
			_ = text(t, r)
		}
		if want := 100 + budgetSize/retryPrice; len(f.times) != want {
			t.Errorf("%d requests during the outage, want %d", len(f.times), want)
		}
		if a.Again(t.Context(), 1) {
			t.Error("Again took from an empty budget")
		}
		count := func(answers ...answer) int {
			g := &fake{answers: answers}
			r, err := do(t, New(&http.Client{Transport: g}, cfg), t.Context(), "GET", someURL)
			if err != nil {
				t.Fatal(err)
			}
			_ = text(t, r)
			return len(g.times)
		}
		for range retryPrice {
			count(answer{status: 404}) // the server is well again
		}
		if n := count(answer{status: 503}, answer{status: 200}) + count(answer{status: 503}, answer{status: 200}); n != 4 {
			t.Errorf("%d requests with a retry in the budget that comes back, want 4", n)
		}
		if n := count(answer{status: 503}); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}

func TestAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := New(nil, Config{})
		for failures, want := range []bool{1: true, 2: true, 3: true, 4: false, 5: false} {
			if failures == 0 {
				continue
			}
			start := time.Now()
			if got := c.Again(t.Context(), failures); got != want {
				t.Errorf("Again after %d failures = %v", failures, got)
			}
			if d := time.Since(start); want && (d < DefaultMinWait || d > DefaultMinWait<<failures) || !want && d != 0 {
				t.Errorf("after %d failures: waited %v", failures, d)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if c.Again(ctx, 1) {
			t.Error("Again waits past the deadline")
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		start := time.Now()
		if c.Again(ctx, 1) || time.Since(start) != time.Millisecond {
			t.Errorf("cancelling ended the wait after %v", time.Since(start))
		}
	})
}

func TestRetryAfterNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{"1": time.Second, ".5": time.Second / 2, "0.0": 0, "99999999999999": 1<<63 - 1} {
		if got, ok := After(503, response(503, "Retry-After", in).Header, time.Time{}); !ok || got != want {
			t.Errorf("%q: %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", ".", "1.2.3", "1e3", "inf", "NaN", "0x10", "-1", "+1", "-1s", "+1s", "1 x", "7 apples", "2000-01-01", "2000-01-01 00:00:09 CET", strconv.Quote("1")} {
		if got, ok := After(503, response(503, "Retry-After", in).Header, time.Time{}); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func response(status int, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}}
	for i := 0; i < len(header); i += 2 {
		resp.Header.Add(header[i], header[i+1])
	}
	return resp
}

// However a server says that it wants nine seconds of rest, it is understood.
func TestRetryAfterSpellings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	at := now.Add(9 * time.Second)
	epoch := strconv.FormatInt(at.Unix(), 10)
	for _, header := range [][]string{
		{"Retry-After", "9s"}, {"Retry-After", "9 sec"}, {"Retry-After", "9 Seconds"}, {"Retry-After", "9000ms"}, {"Retry-After", "9000 ms"},
		{"Retry-After", "0.15 minutes"}, {"Retry-After", "0m9s"}, {"Retry-After", "9, 9"}, {"Retry-After", "9", "Retry-After", "8"}, {"Retry-After", "soon", "Retry-After", "9"},
		{"Retry-After", epoch}, {"Retry-After", epoch + "000"}, {"Retry-After", epoch + ".0"},
		{"Retry-After", at.Format(time.RFC3339)}, {"Retry-After", at.Format(time.RFC3339Nano)}, {"Retry-After", "2026-03-04T06:06:16+01:00"}, {"Retry-After", "2026-03-04T06:06:16+0100"},
		{"Retry-After", "2026-03-04T05:06:16"}, {"Retry-After", "2026-03-04 05:06:16"}, {"Retry-After", "2026-03-04 05:06:16 UTC"}, {"Retry-After", "2026-03-04 06:06:16+01:00"},
		{"Retry-After", "Wed, 04 Mar 2026 06:06:16 +0100"}, {"Retry-After", at.Format(http.TimeFormat)},
		{"Retry-After", "2026-03-04T05:16:16Z", "Date", now.Add(10 * time.Minute).Format(http.TimeFormat)},
		{"X-RateLimit-Reset", epoch}, {"X-RateLimit-Reset", epoch + "000"}, {"X-RateLimit-Reset", "9"}, {"X-RateLimit-Reset", at.Format(time.RFC3339)}, {"X-Rate-Limit-Reset", epoch},
		{"X-RateLimit-Reset", strconv.FormatInt(at.Unix()+600, 10), "Date", now.Add(10 * time.Minute).Format(http.TimeFormat)},
		{"RateLimit-Reset", "9"}, {"X-RateLimit-Reset-After", "9.000"}, {"X-RateLimit-Retry-After", "9"}, {"X-Retry-After", "9"}, {"Retry-After-Ms", "9000"}, {"X-Ms-Retry-After-Ms", "9000"},
		{"RateLimit", "limit=100, remaining=0, reset=9"}, {"RateLimit", `"minute";r=0;t=9`},
		{"Retry-After", "9", "X-RateLimit-Reset", "3600"}, {"Retry-After", "later", "X-RateLimit-Reset", "9"},
	} {
		if got, ok := After(429, response(429, header...).Header, now); !ok || got != 9*time.Second {
			t.Errorf("%q: %v, %v", header, got, ok)
		}
		// What is sent with every answer says nothing about a server in trouble.
		if got, ok := After(503, response(503, header...).Header, now); ok != (header[0] == "Retry-After" && header[1] != "later") {
			t.Errorf("%q with 503: %v, %v", header, got, ok)
		}
	}
}
