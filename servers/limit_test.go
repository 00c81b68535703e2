package servers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// forgetLimiters is for tests with a clock of their own: each begins at the same time, which the limiters have seen.
func forgetLimiters() {
	limiters.Lock()
	defer limiters.Unlock()
	clear(limiters.of)
}

// Cities of one host, and a city's own host, open as often as one likes: each host gets what it bears in a minute.
func TestHostsHaveOneLimit(t *testing.T) {
	forgetLimiters()
	const rows = `{"date": "2026-01-01", "servers": [%s]}`
	row := func(key, host string, calls int) string {
		return fmt.Sprintf(`{"key": %q, "base_url": "https://%s/%s", "formats": ["json"], "sources": ["https://x.example"],
			"rate_limit": {"calls": %d, "seconds": 60}}`, key, host, key, calls)
	}
	list := []string{row("alone", "alone.example", 20)}
	for i := range 10 {
		list = append(list, row(fmt.Sprint("city-", i), "shared.example", 20+i))
	}
	catalogue, err := Load(strings.NewReader(fmt.Sprintf(rows, strings.Join(list, ","))))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		city := open311test.NewHandler(open311test.WithBase("/"), open311test.WithSize(5))
		var mu sync.Mutex
		calls, end := map[string]int{}, time.Now().Add(time.Minute)
		count := tripper(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if time.Now().Before(end) {
				calls[r.URL.Host]++
			}
			return city.Transport().RoundTrip(r)
		})
		ctx, cancel := context.WithDeadline(t.Context(), end)
		defer cancel()
		var all sync.WaitGroup
		for s := range catalogue.All() {
			for range 2 {
				c, err := s.Open(open311.WithHTTPClient(&http.Client{Transport: count}))
				if err != nil {
					t.Fatal(err)
				}
				all.Go(func() {
					for ctx.Err() == nil {
						_, _ = c.Requests.List(ctx, nil)
					}
				})
			}
		}
		all.Wait()
		for host, n := range calls {
			if n > 20 || n < 15 {
				t.Errorf("%s was called %d times in a minute; it bears 20", host, n)
			}
		}
		if len(calls) != 2 {
			t.Errorf("%d hosts were called", len(calls))
		}
	})
}
