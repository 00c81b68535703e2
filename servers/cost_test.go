//go:build !race

package servers_test

import (
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
	"github.com/go-open311/open311/servers"
)

// Four times the text takes no more than eight times the processor.
func TestCostOfTexts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	zerotest.Long(t, []any{servers.AmbiguousError{}, servers.Default(), servers.Date(""), servers.Paging{}, servers.Quirks{}, servers.RetiredError{},
		servers.Server{}, servers.Status(""), servers.Tri(0), servers.UnknownError{}},
		map[string]any{"Default": servers.Default, "Load": servers.Load, "Lookup": servers.Lookup, "Open": servers.Open, "OpenTest": servers.OpenTest, "All": servers.All})
}
