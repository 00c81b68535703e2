package open311_test

import (
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
