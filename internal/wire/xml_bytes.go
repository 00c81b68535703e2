package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Classes of bytes.
const (
	xmlSpace     uint8 = 1 << iota // white space
	xmlNameStart                   // may start a name
	xmlNameChar                    // may stand in a name
	xmlSpecial                     // may be more than a character of text: see xmlStop
	xmlAttrEnd                     // ends the name of an attribute
)

var xmlClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			t[c] = xmlSpace | xmlAttrEnd
		case c == '_' || c == ':' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf:
			t[c] = xmlNameStart | xmlNameChar
		case c == '-' || c == '.' || '0' <= c && c <= '9':
			t[c] = xmlNameChar
		case c == '=' || c == '/' || c == '<' || c == '>' || c == '"' || c == '\'':
			t[c] = xmlAttrEnd
		}
		if c < ' ' && c != '\t' && c != '\n' || c == '<' || c == '>' || c == '&' {
			t[c] |= xmlSpecial
		}
	}
	return t
}()

var (
	xmlCDATA          = []byte("<![CDATA[")
	xmlEndData        = []byte("]]>")
	xmlComment        = []byte("<!--")
	xmlEndComment     = []byte("-->")
	xmlEndInstruction = []byte("?>")
)

// xmlSkipSpace returns the index of the first byte from i on that is not white space.
func xmlSkipSpace(src []byte, i int) int {
	for i < len(src) && xmlClass[src[i]]&xmlSpace != 0 {
		i++
	}
	return i
}

func xmlBlank(text []byte) bool {
	return xmlSkipSpace(text, 0) == len(text)
}

// xmlSkipIdle skips white space and the control characters that no text keeps.
func xmlSkipIdle(src []byte, i int) int {
	for {
		i = xmlSkipSpace(src, i)
		switch {
		case i < len(src) && src[i] < ' ':
			i++
		case i+1 < len(src) && src[i] == 0xC2 && isC1(rune(src[i+1])): // UTF-8 has them as they are
			i += 2
		default:
			return i
		}
	}
}

// xmlIdle reports whether nothing is left of a text without white space and control characters.
func xmlIdle(text []byte) bool { return xmlSkipIdle(text, 0) == len(text) }

// xmlStop returns the index of the first byte from i on that may be more than a character of text:
// '<', '>' for the sake of "]]>", '&', and control bytes other than tab and line feed; len(src) if
// there is none. high goes from the first byte beyond ASCII before it to the last.
func xmlStop(src []byte, i int) (stop int, high span) {
	for i+8 <= len(src) {
		w := binary.LittleEndian.Uint64(src[i:])
		// Each term has the high bit of a byte set if that byte is below 0x20, is '&', is '<' or
		// '>' (which differ in one bit). A borrow can add wrong ones, but only behind a right one.
		m := (w - ' '*ones) | ((w ^ '&'*ones) - ones) | ((w | 2*ones) ^ '>'*ones - ones)
		if (m|w)&highs == 0 {
			i += 8
			continue
		}
		m = m &^ w & highs
		if w &= highs & (m - 1); w != 0 {
			high = high.with(w, i)
		}
		if i += bits.TrailingZeros64(m) >> 3; m == 0 {
			continue
		}
		if c := src[i]; c != '\n' && c != '\t' {
			return i, high
		}
		i++
	}
	for ; i < len(src); i++ {
		c := src[i]
		if xmlClass[c]&xmlSpecial != 0 {
			break
		}
		if c >= utf8.RuneSelf {
			high = high.with(0x80, i)
		}
	}
	return i, high
}

// xmlEntityRef returns the index behind the entity reference at i, or 0 if there is none. No name is
// longer than the 31 letters of HTML's CounterClockwiseContourIntegral.
func xmlEntityRef(src []byte, i int) (end int) {
	for j := i + 1; j < len(src) && j-i <= 32; j++ {
		switch c := src[j]; {
		case c == ';' && j > i+1:
			return j + 1
		case !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'):
			return 0
		}
	}
	return 0
}

// xmlCharRef reads the character reference at i. end is 0 if there is none.
func xmlCharRef(src []byte, i int) (r rune, end int) {
	if i+2 >= len(src) || src[i] != '&' || src[i+1] != '#' {
		return 0, 0
	}
	i += 2
	base := rune(10)
	if src[i]|0x20 == 'x' {
		base = 16
		i++
	}
	for from := i; i < len(src); i++ {
		c, d := src[i], rune(-1)
		switch {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case base == 16 && 'a' <= c|0x20 && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		case c == ';' && i > from:
			return r, i + 1
		}
		if d < 0 {
			break
		}
		r = min(r*base+d, utf8.MaxRune+1)
	}
	return 0, 0
}

// xmlSkipData returns the index behind the comment or the CDATA section at i, i+1 if it is neither,
// and 0 if it has no end.
func xmlSkipData(src []byte, i int) int {
	start, end := xmlCDATA, xmlEndData
	if bytes.HasPrefix(src[i:], xmlComment) {
		start, end = xmlComment, xmlEndComment
	} else if !bytes.HasPrefix(src[i:], xmlCDATA) {
		return i + 1
	}
	i += len(start)
	if n := bytes.Index(src[i:], end); n >= 0 {
		return i + n + len(end)
	}
	return 0
}

// xmlInstruction returns the length of the processing instruction that b starts with, or -1. An XML
// declaration may end with a bare '>' if it does not reach to the next '<' otherwise.
func xmlInstruction(b []byte) (n int, note string) {
	if bytes.HasPrefix(b, []byte("<?xml")) && len(b) > 5 && xmlClass[b[5]]&xmlSpace != 0 {
		if less := bytes.IndexByte(b[1:], '<'); less >= 0 && !bytes.Contains(b[:less+1], xmlEndInstruction) {
			if n = bytes.IndexByte(b[:less+1], '>'); n > 0 {
				return n + 1, "XML declaration without its second question mark"
			}
		}
	}
	if n = bytes.Index(b, xmlEndInstruction); n < 0 {
		return -1, ""
	}
	return n + len(xmlEndInstruction), ""
}

// xmlDeclaration returns the length of the declaration that b starts with, a DOCTYPE mostly, or -1.
func xmlDeclaration(b []byte) int {
	var quote byte
	brackets, nested := 0, 0
	for i := 2; i < len(b); i++ {
		switch c := b[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			brackets++
		case c == ']':
			brackets--
		case c == '<':
			end := i + 1
			switch {
			case bytes.HasPrefix(b[i:], xmlComment):
				end = xmlSkipData(b, i)
			case bytes.HasPrefix(b[i:], []byte("<?")):
				if end = bytes.Index(b[i:], xmlEndInstruction); end >= 0 {
					end += i + 2
				}
			default:
				nested++
			}
			if end <= 0 {
				return -1
			}
			i = end - 1
		case c == '>' && nested > 0:
			nested--
		case c == '>' && brackets <= 0:
			return i + 1
		}
	}
	return -1
}
