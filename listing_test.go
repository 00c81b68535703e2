package open311_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

const simDay = 24 * time.Hour

var hasty = open311.WithRetry(open311.RetryPolicy{MaxAttempts: 2, MinWait: time.Microsecond, MaxWait: time.Millisecond})

// TestAllRegimes lists 25,000 requests from servers that cut lists in every way that was seen: each id
// is given exactly once, in little more calls than the list has pages.
func TestAllRegimes(t *testing.T) {
	const n = 25000
	year := 365 * simDay
	span := 90 * simDay
	for _, tt := range []struct {
		regime
		least int           // the least number of calls possible
		over  time.Duration // how far the city goes back; a year if 0
	}{
		{regime{name: "everything at once"}, 1, 0},
		{regime{name: "pages from 1", size: 1000, page: "page", first: 1, sizeParam: "page_size"}, 25, 0},
		{regime{name: "pages from 0", size: 1000, page: "page", sizeParam: "page_size"}, 25, 0},
		{regime{name: "pages of 50", size: 50, page: "page", first: 1}, 500, 0},
		{regime{name: "pages of 20", size: 20, page: "page", first: 1}, 1250, 0},
		{regime{name: "pages of 100, last repeated", size: 100, page: "page", first: 1, repeat: true}, 250, 0},
		{regime{name: "pages of 100, then 404", size: 100, page: "page", first: 1, notFound: true}, 250, 0},
		{regime{name: "pages from 0, then 404", size: 100, page: "page", notFound: true}, 250, 0},
		{regime{name: "pages of 100, dates ignored", size: 100, page: "page", first: 1, noDates: true}, 250, 0},
		{regime{name: "limit and offset", size: 100, offset: true, sizeParam: "limit"}, 250, 0},
		{regime{name: "Link", size: 200, link: true, page: "cursor"}, 125, 0},
		{regime{name: "X-Next-Page-URL", size: 200, nextHeader: true, page: "cursor"}, 125, 0},
		{regime{name: "meta total", size: 100, page: "page", first: 1, total: true}, 250, 0},
		{regime{name: "pages within 90 days", size: 100, page: "page", first: 1, window: span, strictSpan: true}, 250, 0},
		{regime{name: "pages of 1000 within 90 days, cut", size: 1000, page: "page", first: 1, window: span}, 25, 0},
		{regime{name: "windows of 1000 rows", size: 1000, window: span, strictSpan: true}, 25, 0},
		{regime{name: "windows of 1000 rows, cut", size: 1000, window: span}, 25, 0},
		{regime{name: "windows of 1000 rows, cut to the oldest", size: 1000, window: span, cutOldest: true}, 25, 0},
		{regime{name: "windows of 100 rows", size: 100, window: span, strictSpan: true}, 250, 0},
		{regime{name: "windows, end exclusive", size: 1000, window: span, strictSpan: true, exclusive: true}, 25, 0},
		{regime{name: "windows, both exclusive", size: 500, window: span, strictSpan: true, exclusive: true, exclStart: true}, 50, 0},
		{regime{name: "windows, read two hours earlier", size: 100, window: span, strictSpan: true, zone: 2 * time.Hour}, 250, 0},
		{regime{name: "windows, read five hours later", size: 100, window: span, strictSpan: true, zone: -5 * time.Hour}, 250, 0},
		{regime{name: "windows of whole days", size: 1000, window: span, days: true}, 25, 0},
		{regime{name: "windows, unknown parameters refused", size: 1000, window: span, strictSpan: true, refuse: true}, 25, 0},
		{regime{name: "no windows, dates only", size: 1000}, 25, 0},
		{regime{name: "three years of windows", size: 1000, window: span, strictSpan: true}, 25, 3 * year},
		// Twelve windows of three pages, and a last one.
		{regime{name: "three years of pages", size: 1000, page: "page", first: 1, window: span, strictSpan: true}, 37, 3 * year},
	} {
		for _, arrive := range []int{0, 3} {
			t.Run(fmt.Sprintf("%s/%d arriving", tt.name, arrive), func(t *testing.T) {
				if (testing.Short() || raceDetector) && (tt.least > 250 || arrive == 0) {
					t.Skip("hundreds of calls")
				}
				over := tt.over
				if over == 0 {
					over = year
				}
				re := tt.regime
				if re.page == "cursor" {
					re.page = ""
				}
				now := time.Now().Truncate(time.Second)
				q := &open311.Query{Start: now.Add(-over - simDay)}
				if arrive > 0 && (!raceDetector || tt.least < 50) {
					ahead, want := newRegimeCity(n, over, now, re, arrive)
					listAll(t, simClient(t, ahead, open311.WithConcurrency(3)), q, want)
				}
				city, want := newRegimeCity(n, over, now, re, arrive)
				listAll(t, simClient(t, city), q, want)
				if most := tt.least*13/10 + 5; city.calls > most {
					t.Errorf("%d calls, want at most %d (%d are possible); the last: %q", city.calls, most, tt.least, tail(city.served, 12))
				}
			})
		}
	}
}

// newRegimeCity also returns the ids that are there before the first arrives.
func newRegimeCity(n int, over time.Duration, now time.Time, re regime, arrive int) (*simCity, []string) {
	city := newSimCity(n, over, now, re)
	want := city.ids()
	city.arrive = arrive
	if re.link || re.nextHeader {
		city.regime.offset = true
		city.regime.lie = followCursor(city)
	}
	return city, want
}

func tail(s []string, n int) []string {
	head := s[:min(6, len(s))]
	return append(append([]string{}, head...), s[max(len(head), len(s)-n):]...)
}

// listAll checks that All gives every id that is wanted exactly once.
func listAll(t *testing.T, c *open311.Client, q *open311.Query, want []string) {
	t.Helper()
	seen := map[string]int{}
	for r, err := range c.Requests.All(t.Context(), q) {
		if err != nil {
			t.Errorf("after %d requests: %v", len(seen), err)
			break
		}
		seen[r.ID]++
	}
	missing, twice := 0, 0
	for _, id := range want {
		switch seen[id] {
		case 0:
			if missing++; missing < 3 {
				t.Logf("missing: %s", id)
			}
		case 1:
		default:
			twice++
		}
	}
	if missing > 0 || twice > 0 {
		t.Errorf("%d of %d requests missing, %d given twice", missing, len(want), twice)
	}
}

var _ = errors.Is
