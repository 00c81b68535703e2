package jobs

import (
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
)

func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{Check{}, DB{}, File{}, Follow{}, Harvest{}, Runner{}, Shard{}, Sinks{}})
	zerotest.Funcs(t, map[string]any{"New": New, "Open": Open})
}
