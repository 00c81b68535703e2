//go:build !race

package mirror

import (
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
)

// Four times the text takes no more than eight times the processor.
func TestCostOfTexts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	write := func(f func() Format) any {
		return func(r *Record) error {
			w, err := f().Begin(t.Context(), t.TempDir()+"/a")
			if err != nil {
				return err
			}
			defer w.Discard()
			return w.Write(r)
		}
	}
	zerotest.Long(t, []any{Gap{}, Record{}, Report{}}, map[string]any{"CSV": write(CSV), "Cell": Cell, "Columns": Columns, "GeoJSON": write(GeoJSON), "NDJSON": write(NDJSON)},
		"Run") // a listing, and what the formats write
}
