//go:build !race

package notify_test

import (
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
	"github.com/go-open311/open311/notify"
)

// Four times the text takes no more than eight times the processor.
func TestCostOfTexts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	zerotest.Long(t, []any{notify.Hook{}}, map[string]any{"Data": notify.Data, "Inert": notify.Inert, "Text": notify.Text, "Shapes": notify.Shapes},
		"Hook.Post") // Check, and what Text and Data make; then it is a call to the address that is given
}
