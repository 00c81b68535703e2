package spelling

import (
	"strings"
	"unicode"
)

// Fold spells a word without case, blanks and hyphens.
func Fold(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c == '-' || unicode.IsSpace(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, s)
}
