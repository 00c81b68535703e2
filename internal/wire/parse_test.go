package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-open311/open311/internal/wire"
)

// TestParseJSONTwice: the last of several fields of one name counts, at the place of the first, in objects of any size.
func TestParseJSONTwice(t *testing.T) {
	for _, n := range []int{2, 1000} {
		var b strings.Builder
		b.WriteString(`{"a":"first"`)
		for i := range n {
			fmt.Fprintf(&b, `,"n%d":"%d"`, i, i)
		}
		b.WriteString(`,"a":"last"}`)
		v := wire.ParseJSON([]byte(b.String()))
		if len(v.Kids) != n+1 || v.Kids[0].Name != "a" || v.Kids[0].Text != "last" {
			t.Errorf("%d fields, the first is %q: %q", len(v.Kids), v.Kids[0].Name, v.Kids[0].Text)
		}
	}
}
