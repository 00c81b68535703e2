package wire

import (
	"bytes"
	"unicode/utf8"
)

// trim cuts white space off both ends. Servers pad texts with blanks and line breaks, in XML above
// all, and the specification's own sample has a blank behind a URL.
func trim(b []byte) []byte {
	for len(b) > 0 && b[0] <= ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] <= ' ' {
		b = b[:len(b)-1]
	}
	return b
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	return i
}

func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isC1 reports whether r is one of the control characters U+0080 to U+009F.
func isC1(r rune) bool { return 0x80 <= r && r <= 0x9F }

// isControl reports whether r has no place in a text: it is a control character, and neither white space
// nor DEL, which does nothing.
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || isC1(r)
}

// hasC1 reports whether there is a character from U+0080 to U+009F in the UTF-8 text b.
func hasC1(b []byte) bool {
	for {
		i := bytes.IndexByte(b, 0xC2)
		if i < 0 || i+1 >= len(b) {
			return false
		}
		if b[i+1] < 0xA0 && b[i+1] >= 0x80 {
			return true
		}
		b = b[i+1:]
	}
}

// dropC1 returns b without the characters from U+0080 to U+009F.
func dropC1(b []byte) []byte {
	if !hasC1(b) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == 0xC2 && i+1 < len(b) && 0x80 <= b[i+1] && b[i+1] < 0xA0 {
			i++
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// For tricks with eight bytes at a time.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// sample returns the start of b fit to be printed: valid UTF-8, no control characters, not long.
func sample(b []byte) string {
	const most = 40
	out := make([]rune, 0, most)
	for len(b) > 0 {
		if len(out) == most {
			return string(out) + "…"
		}
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		if r < 0x20 || r == 0x7f {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}

// Snippet returns up to 200 printable bytes of b from at on, for an error text.
func Snippet(b []byte, at int) string {
	at = max(0, min(at, len(b)))
	b = trim(b[at:min(len(b), at+200)])
	out := make([]rune, 0, len(b))
	space := false
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		if r <= 0x20 || r == 0x7f {
			space = true
			continue
		}
		if space && len(out) > 0 {
			out = append(out, ' ')
		}
		space = false
		out = append(out, r)
	}
	text := string(out)
	for len(text) > 200 { // a byte that is no character takes three as U+FFFD
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}
