package redact

import (
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// appendPlain appends what the escape at the beginning of s stands for, and
// returns how long the escape is; 0 if there is none. It knows those of URLs,
// of JSON and of the literals of programming languages, of XML and HTML.
func appendPlain(dst []byte, s string) ([]byte, int) {
	switch s[0] {
	case '%':
		if r, n := hexRune(s, "%u", 4); n > 0 { // JavaScript's escape()
			return utf8.AppendRune(dst, r), n
		}
		if c, n := hexRune(s, "%", 2); n > 0 {
			return append(dst, byte(c)), n
		}
	case '\\':
		return appendBackslash(dst, s)
	case '&':
		return appendEntity(dst, s)
	}
	return dst, 0
}

// hexRune reads a prefix and so many hexadecimal digits.
func hexRune(s, prefix string, digits int) (rune, int) {
	end := len(prefix) + digits
	if len(s) < end || !strings.HasPrefix(s, prefix) {
		return 0, 0
	}
	var n uint32
	for i := len(prefix); i < end; i++ {
		switch c := s[i]; {
		case decimal(c):
			n = n<<4 | uint32(c-'0')
		case hexadecimal(c):
			n = n<<4 | uint32(c|0x20-'a'+10)
		default:
			return 0, 0
		}
	}
	return rune(n), end
}

// controls are the letters that stand for control characters behind a backslash.
var controls = strings.NewReplacer("a", "\a", "b", "\b", "f", "\f", "n", "\n", "r", "\r", "t", "\t", "v", "\v")

func appendBackslash(dst []byte, s string) ([]byte, int) {
	if len(s) < 2 {
		return dst, 0
	}
	switch c := s[1]; c {
	case '"', '\'', '\\', '/':
		return append(dst, c), 2
	case 'a', 'b', 'f', 'n', 'r', 't', 'v':
		return append(dst, controls.Replace(s[1:2])...), 2
	case '0', '1', '2', '3': // an octal number, as in C and its shells
		if len(s) > 3 && octal(s[2]) && octal(s[3]) {
			return append(dst, (c-'0')<<6|(s[2]-'0')<<3|(s[3]-'0')), 4
		}
	case 'x':
		if c, n := hexRune(s, `\x`, 2); n > 0 {
			return append(dst, byte(c)), n
		}
	case 'U':
		if r, n := hexRune(s, `\U`, 8); n > 0 {
			return utf8.AppendRune(dst, r), n
		}
	case 'u':
		if strings.HasPrefix(s, `\u{`) {
			return appendBraces(dst, s)
		}
		r, n := hexRune(s, `\u`, 4)
		if utf16.IsSurrogate(r) {
			low, m := hexRune(s[n:], `\u`, 4)
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return dst, 0 // half a letter: after \ it may be the beginning of a whole one
			}
			n += m
		}
		if n > 0 {
			return utf8.AppendRune(dst, r), n
		}
	}
	return dst, 0
}

// appendBraces is for \u{e9}, as JavaScript, PHP, Ruby and Rust write it.
func appendBraces(dst []byte, s string) ([]byte, int) {
	const most = 6
	digits := 0
	for digits <= most && 3+digits < len(s) && hexadecimal(s[3+digits]) {
		digits++
	}
	if r, n := hexRune(s, `\u{`, digits); digits > 0 && digits <= most && n < len(s) && s[n] == '}' {
		return utf8.AppendRune(dst, r), n + 1
	}
	return dst, 0
}

// longestEntity bounds how far the end of an entity is looked for.
const longestEntity = 34

// appendEntity takes names with their semicolon only: &region=1 is a parameter.
func appendEntity(dst []byte, s string) ([]byte, int) {
	in := nameByte
	end := 1
	if strings.HasPrefix(s, "&#") {
		if in, end = decimal, 2; strings.HasPrefix(s[2:], "x") || strings.HasPrefix(s[2:], "X") {
			in, end = hexadecimal, 3
		}
	}
	for end < min(len(s), longestEntity) && in(s[end]) {
		end++
	}
	if end < len(s) && s[end] == ';' {
		end++
	} else if len(s) < 2 || s[1] != '#' {
		return dst, 0
	}
	plain := html.UnescapeString(s[:end])
	if plain == s[:end] {
		return dst, 0
	}
	return append(dst, plain...), end
}

func octal(c byte) bool { return '0' <= c && c <= '7' }

func decimal(c byte) bool { return '0' <= c && c <= '9' }

func hexadecimal(c byte) bool { return decimal(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
