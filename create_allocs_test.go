package open311_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/go-open311/open311"
)

// TestFilingAllocations: what a report, and one request, cost beside the network. Most of the work on what must not be
// shown is left until something is shown.
func TestFilingAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates on its own account")
	}
	const mostOfReport, mostBesideNaive = 180, 25
	city := &http.Client{Transport: stubTrip(func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 200, "application/json", `[{"service_request_id":"1","status":"open"}]`), nil
	})}
	c, err := open311.New("http://city.example", open311.WithAPIKey("K3y-0123456789abcdef"), open311.WithFormat(open311.FormatJSON), open311.WithHTTPClient(city))
	if err != nil {
		t.Fatal(err)
	}
	n := &open311.NewRequest{ServiceCode: "001", Location: &open311.Point{Lat: 42.1, Long: -71.2}, AddressString: "1 Main St",
		Description: "A large pothole in front of number 7, deep enough for a wheel.", Email: "maria.rossi@example.org", FirstName: "Maria",
		LastName: "Rossi", Phone: "+1 617 555 0142", Attributes: open311.Attributes{"DEPTH": {"7"}, "KIND": {"a", "b"}}}
	report := testing.AllocsPerRun(200, func() {
		if _, err := c.Requests.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	})
	get := testing.AllocsPerRun(200, func() {
		if _, err := c.Requests.Get(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
	})
	naive := testing.AllocsPerRun(200, func() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://city.example/requests/1.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := city.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			ID     string `json:"service_request_id"`
			Status string `json:"status"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	})
	t.Logf("a report %.0f allocations, one request %.0f, naive %.0f", report, get, naive)
	if report > mostOfReport || get > naive+mostBesideNaive {
		t.Errorf("a report takes %.0f allocations, %d are allowed; one request %.0f, %.0f are allowed", report, mostOfReport, get, naive+mostBesideNaive)
	}
}
