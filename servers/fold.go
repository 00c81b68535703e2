package servers

import (
	"strings"
	"unicode"
)

// plain maps letters with marks, and ligatures, to the letters that people type for them. It covers the
// Latin letters of Europe, which is where the servers are; others are only put into lower case. A name
// that is spelt in two ways, such as Köln and Koeln, has an alias.
var plain = func() map[rune]string {
	m := map[rune]string{}
	for to, from := range map[string]string{
		"a": "àáâãäåāăąǎạ", "ae": "æǽ", "c": "çćĉċč", "d": "ďđð", "e": "èéêëēĕėęěẽẹ", "g": "ĝğġģ", "h": "ĥħ",
		"i": "ìíîïĩīĭįıǐị", "ij": "ĳ", "j": "ĵ", "k": "ķĸ", "l": "ĺļľŀł", "n": "ñńņňŋ", "o": "òóôõöøōŏőǒọ",
		"oe": "œ", "r": "ŕŗř", "s": "śŝşšșſ", "ss": "ß", "t": "ţťŧț", "th": "þ", "u": "ùúûüũūŭůűųǔụ", "w": "ŵẁẃẅ",
		"y": "ýÿŷỳ", "z": "źżž",
	} {
		for _, r := range from {
			m[r] = to
		}
	}
	return m
}()

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
			if s, ok := plain[r]; ok {
				b.WriteString(s)
			} else {
				b.WriteRune(r)
			}
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
			// The mark of a letter that is written as two characters, as some file systems and keyboards
			// have it, and the apostrophe in St. John's.
		default:
			blank = true
		}
	}
	return b.String()
}
