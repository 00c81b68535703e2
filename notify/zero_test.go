package notify_test

import (
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
	"github.com/go-open311/open311/notify"
)

func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{notify.Hook{}})
	zerotest.Funcs(t, map[string]any{"Data": notify.Data, "Inert": notify.Inert, "Text": notify.Text, "Shapes": notify.Shapes})
}
