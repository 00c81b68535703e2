// Package plain makes text that others have written fit to be shown to people: nothing in it moves a cursor, turns
// the direction of a line, or begins a line that looks like one of ours.
package plain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one line: each run of line ends, tabs and blanks is a blank, and what a terminal would obey is
// U+FFFD. It is not dropped: two halves that a character kept apart must not become a word.
func Line(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' || tricky(r) }) {
		return s
	}
	var out strings.Builder
	blank := false
	for _, r := range s {
		switch {
		case r == ' ' || r == '\n' || r == '\r' || r == '\t':
			blank = true
			continue
		case tricky(r):
			r = utf8.RuneError
		}
		if blank && out.Len() > 0 {
			out.WriteByte(' ')
		}
		blank = false
		out.WriteRune(r)
	}
	return out.String()
}

// Text returns s with its lines and tabs, and U+FFFD for all else that a terminal would obey.
func Text(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == '\r' || tricky(r) }) {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case tricky(r):
			return utf8.RuneError
		}
		return r
	}, s)
}

// tricky reports whether r is a control character but a line end or a tab, a line end of Unicode's own, a character
// that overrides the direction of text, or no character.
func tricky(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == '\r':
		return false
	case r == utf8.RuneError:
		return true
	case r < 0x80:
		return r < ' ' || r == 0x7F
	}
	return unicode.IsControl(r) || '\u2028' <= r && r <= '\u202E' || '\u2066' <= r && r <= '\u2069'
}
