package redact

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// transcribed are letters that systems without them write as two, or as others. What is only a letter with a mark is
// none of them: marks are not compared.
var transcribed = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue",
	"å", "aa", "Å", "Aa", "ø", "oe", "Ø", "Oe", "æ", "ae", "Æ", "Ae", "œ", "oe", "Œ", "Oe", "ł", "l", "Ł", "L", "đ", "d", "Đ", "D", "ı", "i")

// misread returns what becomes of a text with letters beyond ASCII in programs that take its charset for another one,
// cannot write them, or transcribe them.
func misread(s string) []string {
	if isASCII(s) {
		return nil
	}
	all := []string{transcribed.Replace(s)}
	for _, m := range []*charmap.Charmap{charmap.ISO8859_1, charmap.Windows1252} {
		if text, err := m.NewDecoder().String(s); err == nil {
			all = append(all, text)
		}
	}
	for _, mark := range []string{"?", "\uFFFD", ""} {
		var runes, bytes strings.Builder
		plain := 0
		for _, r := range s {
			if r < utf8.RuneSelf {
				runes.WriteRune(r)
				bytes.WriteRune(r)
				plain++
				continue
			}
			runes.WriteString(mark)
			bytes.WriteString(strings.Repeat(mark, utf8.RuneLen(r)))
		}
		if plain >= minLen { // else it may be anything
			all = append(all, runes.String(), bytes.String())
		}
	}
	return all
}

// quotedPrintable returns a text as it stands in mails.
func quotedPrintable(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c == '=' || c == '@' || c < ' ' || c >= 0x7F {
			fmt.Fprintf(&b, "=%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
