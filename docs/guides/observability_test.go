package guides

import (
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestObservability(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(3))
	tally := &Tally{}
	watched := city.Client(open311.WithObserver(tally))
	if _, err := watched.Services.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := watched.Requests.Get(t.Context(), "none"); err == nil {
		t.Fatal("there is one")
	}
	if tally.Calls != 2 || tally.Failed != 1 || tally.Rows == 0 {
		t.Errorf("counted %d calls, %d failed, %d rows", tally.Calls, tally.Failed, tally.Rows)
	}
	if _, err := Watched(city.Client().Endpoint()); err != nil {
		t.Error(err)
	}
}
