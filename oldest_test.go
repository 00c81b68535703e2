package open311_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// TestOldest finds the oldest request of cities whose lists are cut in several ways, by fewer calls than a listing.
func TestOldest(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for _, re := range []regime{
		{name: "whole", size: 5000},
		{name: "cut", size: 100, window: 90 * simDay, strictSpan: true},
		{name: "small", size: 20, window: 90 * simDay, strictSpan: true, exclusive: true},
		{name: "no dates", size: 50, noDates: true, page: "page", first: 1},
	} {
		t.Run(re.name, func(t *testing.T) {
			city := newSimCity(1000, 1500*simDay, now, re)
			c := simClient(t, city)
			oldest := city.rows[len(city.rows)-1]
			got, err := c.Requests.Oldest(t.Context(), nil)
			if err != nil || !got.Equal(oldest.at) {
				t.Errorf("%v, %v; want %v", got, err, oldest.at)
			}
			calls := city.calls
			t.Logf("%d calls", calls)
			if !re.noDates && calls > 60 {
				t.Errorf("%d calls: %q", calls, tail(city.served, 60))
			}
			ids := []string{}
			for _, shard := range (&open311.Query{Start: got}).Shards(5) {
				some, err := listed(t.Context(), c, &shard)
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, some...)
			}
			if missing, twice := lost(city.ids(), ids); len(missing)+len(twice) > 0 {
				t.Errorf("shards: %d missing, %d twice", len(missing), len(twice))
			}
		})
	}
}

// Oldest, All and Poll end where every list is full of rows without a date, or of one second, whatever is asked for.
func TestOldestEnds(t *testing.T) {
	for name, part := range map[string]string{
		"no date":     `{"service_request_id":"%d"}`,
		"no dates":    `{"service_request_id":"1%[1]d"},{"service_request_id":"2%[1]d"},{"service_request_id":"3%[1]d"}`,
		"bad dates":   `{"service_request_id":"%d","requested_datetime":"soon"}`,
		"one second":  `{"service_request_id":"%d","requested_datetime":"2026-06-01T08:00:00Z"},{"service_request_id":"2%[1]d","requested_datetime":"2026-06-01T08:00:00Z"}`,
		"some dates":  `{"service_request_id":"%d","requested_datetime":"2026-06-01T08:00:00Z"},{"service_request_id":"2%[1]d"}`,
		"the future":  `{"service_request_id":"%d","requested_datetime":"2126-06-01T08:00:00Z"}`,
		"the old age": `{"service_request_id":"%d","requested_datetime":"0001-06-01T08:00:00Z"}`,
	} {
		for _, fresh := range []bool{false, true} {
			if fresh && name != "no date" && name != "one second" { // ten thousand calls each
				continue
			}
			t.Run(fmt.Sprintf("%s, always new %t", name, fresh), func(t *testing.T) {
				calls := 0
				c := stubClient(t, func(r *http.Request) (*http.Response, error) {
					calls++
					n := 0
					if fresh {
						n = calls
					}
					return stubReply(r, 200, "application/json", "["+fmt.Sprintf(part, n)+"]"), nil
				}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once))
				at, err := c.Requests.Oldest(t.Context(), nil)
				if err == nil || calls > 20_000 {
					t.Errorf("%d calls, %v, %v", calls, at, err)
				}
				calls = 0
				for _, err = range c.Requests.All(t.Context(), nil) {
				}
				if err == nil || calls > 20_000 {
					t.Errorf("All: %d calls, %v", calls, err)
				}
				calls = 0
				feed, err := c.Requests.Feed(open311.FeedOptions{})
				if err != nil {
					t.Fatal(err)
				}
				for _, err = range feed.Poll(t.Context()) {
				}
				if calls > 20_000 {
					t.Errorf("Poll: %d calls, %v", calls, err)
				}
				t.Logf("Poll: %d calls, %v", calls, err)
			})
		}
	}
}

// A query without a beginning is cut all the same; a nil one, which asks for all, comes back alone.
func TestShardsWithoutStart(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	city := newSimCity(700, 1200*simDay, now, regime{size: 50, window: 90 * simDay, strictSpan: true})
	c := simClient(t, city)
	if alone := (*open311.Query)(nil).Shards(4); len(alone) != 1 {
		t.Errorf("a nil query has %d shards", len(alone))
	}
	shards := new(open311.Query).Shards(4)
	if len(shards) != 4 {
		t.Fatalf("%d shards, want 4", len(shards))
	}
	var ids []string
	for _, shard := range shards {
		some, err := listed(t.Context(), c, &shard)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, some...)
	}
	if missing, twice := lost(city.ids(), ids); len(missing)+len(twice) > 0 {
		t.Errorf("%d missing, %d twice", len(missing), len(twice))
	}
}

// Shards share no memory with the query, nor with each other.
func TestShardsShareNothing(t *testing.T) {
	q := &open311.Query{ServiceCodes: []string{"a"}, IDs: []string{"1", "2", "#2"}}
	shards := q.Shards(3)
	if len(shards) != 2 {
		t.Fatalf("%d shards of two ids", len(shards))
	}
	_ = append(shards[0].IDs, "x")
	shards[0].ServiceCodes[0] = "b"
	if q.ServiceCodes[0] != "a" || shards[1].ServiceCodes[0] != "a" || shards[1].IDs[0] != "2" {
		t.Errorf("%+v, %+v", q, shards)
	}
}
