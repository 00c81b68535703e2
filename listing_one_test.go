package open311_test

import (
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// A city with fewer requests than any server gives at once has no full second, however often the same few
// rows come: All once took it for one, and asked for it for ever.
func TestAllOfFewRequests(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	for n := range 10 {
		var rows []open311.ServiceRequest
		for i := range n {
			rows = append(rows, open311.ServiceRequest{ID: string(rune('a' + i)), RequestedDatetime: at})
		}
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithRequests(rows...))
		got := 0
		for _, err := range city.Client().Requests.All(t.Context(), nil) {
			if err != nil {
				t.Errorf("%d requests: %v", n, err)
				continue
			}
			got++
			if len(city.Calls()) > 100 {
				t.Fatalf("%d requests: it does not end", n)
			}
		}
		if got != n {
			t.Errorf("%d of %d requests", got, n)
		}
	}
}
