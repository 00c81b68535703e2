package guides

import (
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestFiling(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithRequests(),
		open311test.WithServices(open311.Service{Code: "1", Name: "Potholes", Type: open311.Realtime}))
	box := open311.FileOutbox(t.TempDir())
	for _, id := range []string{"a", "b"} {
		if err := Accept(t.Context(), box, id, &open311.NewRequest{ServiceCode: "1", AddressString: id, Description: id}); err != nil {
			t.Fatal(err)
		}
	}
	// The program dies here, and is started again.
	for range 2 {
		if err := Drain(t.Context(), city.Client(open311.WithAPIKey("k")), box); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(city.Requests()); n != 2 {
		t.Errorf("%d requests are filed, want 2", n)
	}
}
