package spelling_test

import (
	"testing"

	"github.com/go-open311/open311/internal/spelling"
)

func TestEdits(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"boston", "boston", 0}, {"bosotn", "boston", 1}, {"chcago", "chicago", 1},
		{"kitten", "sitting", 3}, {"ca", "abc", 3}, {"köln", "koln", 1}} {
		if got := spelling.Edits([]rune(test.a), []rune(test.b)); got != test.want {
			t.Errorf("Edits(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
