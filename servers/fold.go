package servers

import (
	"strings"
	"unicode"

	"github.com/go-open311/open311/internal/spelling"
)

// fold brings a name into the form in which names are compared: lower case, without accents, and with
// one blank for whatever stands between letters and digits. "SAN-FRANCISCO," is "san francisco".
func fold(name string) string {
	var b strings.Builder
	blank := false
	for _, r := range name {
		r = unicode.ToLower(r)
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteString(spelling.PlainLetter(r))
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
			// The mark of a letter that is written as two characters, as some file systems and keyboards
			// have it, and the apostrophe in St. John's.
		default:
			blank = true
		}
	}
	return b.String()
}
