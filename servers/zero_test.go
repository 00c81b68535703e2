package servers_test

import (
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
	"github.com/go-open311/open311/servers"
)

func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{servers.AmbiguousError{}, servers.Catalogue{}, servers.Date(""), servers.Paging{}, servers.Quirks{}, servers.RetiredError{},
		servers.Server{}, servers.Status(""), servers.Tri(0), servers.UnknownError{}})
	zerotest.Funcs(t, map[string]any{"Default": servers.Default, "Load": servers.Load, "Lookup": servers.Lookup, "Open": servers.Open,
		"OpenTest": servers.OpenTest, "All": servers.All})
}
