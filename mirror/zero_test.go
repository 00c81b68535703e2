package mirror

import (
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
)

func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{Gap{}, Record{}, Report{}})
	zerotest.Funcs(t, map[string]any{"CSV": CSV, "Cell": Cell, "Columns": Columns, "GeoJSON": GeoJSON, "NDJSON": NDJSON, "Run": Run})
	for name, job := range map[string]Job{
		"no client":        {Dir: t.TempDir()},
		"a format of none": {Dir: t.TempDir(), Formats: []Format{{}}},
	} {
		if _, err := Run(t.Context(), job); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
