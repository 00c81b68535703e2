package open311_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// TestRequestAsJSON stores requests as JSON and reads them back, as a mirror does.
func TestRequestAsJSON(t *testing.T) {
	for name, want := range map[string]open311.ServiceRequest{
		"empty": {},
		"full": {
			ID: "A-1", Token: "t", Status: "open", StatusNotes: "n", ServiceName: "Pothole", ServiceCode: "007",
			Description: "two\nlines & \"quotes\"", AgencyResponsible: "Roads", ServiceNotice: "soon",
			RequestedDatetime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), UpdatedDatetime: time.Date(2026, 1, 3, 0, 0, 0, 0, time.FixedZone("", 3600)),
			Address: "Mill Lane", AddressID: "9", Zipcode: "01234", Location: &open311.Point{Lat: 0.000001, Long: -180},
			MediaURL: "https://x/1.jpg", Extra: open311.Extra{"votes": json.RawMessage("3"), "tags": json.RawMessage(`["a"]`)},
		},
		"several media": {ID: "1", MediaURL: "https://x/1", Extra: open311.Extra{"media_url": json.RawMessage(`["https://x/1","https://x/2"]`)}},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(want) // by value, as programs do
			if err != nil {
				t.Fatal(err)
			}
			var got open311.ServiceRequest
			if err := json.Unmarshal(text, &got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", text, d)
			}
		})
	}
}
