package spelling

import (
	"strings"
	"unicode"
)

// PastedID returns an id as it was meant: people paste it with blanks around it, with characters that no
// one sees, such as U+200B from a web page, and with the # in front that cities print it with. What
// servers give is kept letter for letter; this is for what is asked for only.
func PastedID(id string) string {
	id = TrimInvisible(id)
	if rest := TrimInvisible(strings.TrimPrefix(id, "#")); rest != "" {
		return rest
	}
	return id
}

// PastedIDs is PastedID for several.
func PastedIDs(ids []string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, PastedID(id))
	}
	return out
}

// TrimInvisible takes away what no one sees at both ends of a text: blanks, control and format characters.
func TrimInvisible(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
}
