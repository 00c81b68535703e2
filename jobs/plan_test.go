package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/open311test"
)

// A city that has grown is cut by what is in it: shards of equal length would differ by a factor of ten and more.
func TestPlanCutsByRows(t *testing.T) {
	t.Parallel()
	var all []open311.ServiceRequest
	at := time.Now().AddDate(-4, 0, 0).Truncate(time.Second)
	for gap := 24 * time.Hour; at.Before(time.Now()); at = at.Add(gap) {
		all = append(all, open311.ServiceRequest{ID: fmt.Sprint(len(all)), Status: "open", RequestedDatetime: at, Description: "a hole"})
		gap = max(2*time.Hour, gap-gap/300)
	}
	city := open311test.NewServer(t, open311test.WithRequests(all...), open311test.WithClock(time.Now), open311test.WithoutNetwork(),
		open311test.WithQuirks(open311test.Quirks{Always: true, Span: -1, OpenRanges: true}))
	const rows = 500
	shards, whole, err := jobs.Plan(t.Context(), city.Client(), rows)
	if err != nil || whole || len(shards) < len(all)/rows {
		t.Fatalf("%d shards, %t: %v", len(shards), whole, err)
	}
	seen := 0
	for i, q := range shards {
		n := 0
		for _, err := range city.Client().Requests.All(t.Context(), &q) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n > 2*rows {
			t.Errorf("shard %d of %d has %d rows", i, len(shards), n)
		}
		seen += n
	}
	if seen != len(all) {
		t.Errorf("the shards have %d rows together, want %d", seen, len(all))
	}
}

// Where dates are ignored every shard would read all there is: there is one.
func TestPlanLeavesWhole(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]open311test.Option{
		"empty":    {open311test.WithEmpty()},
		"no dates": {open311test.WithSize(300), open311test.WithQuirks(open311test.Quirks{Ignores: []string{"start_date", "end_date"}, MaxRows: -1, PageSize: 1000, Always: true})},
	} {
		city := open311test.NewServer(t, append(opts, open311test.WithoutNetwork())...)
		shards, whole, err := jobs.Plan(t.Context(), city.Client(), 50)
		if err != nil || !whole || len(shards) != 1 || !shards[0].Start.IsZero() {
			t.Errorf("%s: %v, %t: %v", name, shards, whole, err)
		}
	}
}
