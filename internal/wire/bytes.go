package wire

import "unicode/utf8"

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
