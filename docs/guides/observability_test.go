package guides

import (
	"regexp"
	"strings"
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

// TestMetricNames: the page names the metrics that the module has, and no others.
func TestMetricNames(t *testing.T) {
	page, source := read(t, "observability.md"), read(t, "../../otel/metrics.go")
	made := regexp.MustCompile(`(?:duration|count)\("([a-z0-9_.]+)"`).FindAllStringSubmatch(source, -1)
	for _, m := range made {
		if !strings.Contains(page, "| `"+m[1]+"` |") {
			t.Errorf("the page does not name %s", m[1])
		}
	}
	if rows := strings.Count(page, "\n| `"); len(made) == 0 || rows != len(made) {
		t.Errorf("the page names %d metrics, the module has %d", rows, len(made))
	}
}
