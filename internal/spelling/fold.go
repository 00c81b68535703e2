package spelling

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
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

// Plain spells a text in lower case without the marks of its letters.
func Plain(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteString(PlainLetter(r))
		}
	}
	return b.String()
}

// PlainLetter returns what people type for a small letter who do not have its marks.
func PlainLetter(r rune) string {
	if r < utf8.RuneSelf {
		return string(r)
	}
	if s, ok := plain()[r]; ok {
		return s
	}
	return string(r)
}

// plain maps letters with marks, and ligatures, to the letters that people type for them. It covers the
// Latin letters of Europe, which is where the servers are.
var plain = sync.OnceValue(func() map[rune]string {
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
})
