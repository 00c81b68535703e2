package plain

import (
	"strconv"
	"strings"
)

// Count returns a number of things, whose name is given for one of them: "1 request", "2 cities".
func Count(n int, thing string) string { return strconv.Itoa(n) + " " + Plural(n, thing) }

// Plural returns the name of so many things: that of one of them, or of several.
func Plural(n int, thing string) string {
	if n == 1 {
		return thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok && !strings.ContainsAny(thing[max(len(stem)-1, 0):len(stem)], "aeiou") {
		return stem + "ies"
	}
	return thing + "s"
}
