package conformance_test

import (
	"testing"

	"github.com/go-open311/open311/conformance"
	"github.com/go-open311/open311/internal/zerotest"
)

func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{conformance.Report{}, conformance.Target{}, conformance.Exchange{}, conformance.Cell{}})
	zerotest.Funcs(t, map[string]any{"Check": conformance.Check, "Requirements": conformance.Requirements, "ReportFormats": conformance.ReportFormats}, "Run")
}
