package wire

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// stringEnds has the high bit of each byte of x set that is not just a character of a string. Bytes beyond ASCII can
// have it set as well, and a borrow can add wrong ones, but only behind a right one.
func stringEnds(x uint64) uint64 {
	return (x ^ '"'*ones - ones) | (x ^ '\\'*ones - ones) | (x - ' '*ones)
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c == '-' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// ends reports whether c cannot continue a number or a word.
func ends(c byte) bool { return c <= ' ' || c == ',' || c == '}' || c == ']' || c == ':' }

func hasWord(b []byte, i int, word string) bool {
	j := i + len(word)
	return len(b) >= j && string(b[i:j]) == word && (len(b) == j || ends(b[j]))
}

// jsonBare reads a word that JSON does not know up to the next delimiter: 001 from the samples of the
// specification, True and None from Python, NaN.
func (s *scan) jsonBare(i, n int) (int, error) {
	b := s.src
	j := i
	for j < len(b) && !ends(b[j]) && b[j] != '"' && b[j] != '{' && b[j] != '[' {
		j++
	}
	if j >= len(b) && !s.eof {
		return j, errMore
	}
	if j == i {
		return i, s.fail(i, "no value where one should be")
	}
	d := &s.nodes[n]
	word := b[i:j]
	d.text = span{uint32(i), uint32(j)}
	d.flags |= repaired
	switch string(word) {
	case "null", "None", "NULL", "Null", "nil", "undefined", "NaN":
		d.kind = Null
	case "true", "True", "TRUE", "false", "False", "FALSE":
		d.kind = Bool
	default:
		if len(word) > 256 {
			return i, s.fail(i, "text without quotes")
		}
		d.kind = Text
		if digits(word, 0) == len(word) {
			s.repair(n, WarnSyntax, "number with leading zeros, kept digit for digit: "+string(word))
			return j, nil
		}
	}
	s.check(d.text)
	if s.eof && j >= len(b) && d.kind == Text && n > 0 {
		return i, errCut // half a word at the end of a cut document
	}
	s.repair(n, WarnSyntax, "value without quotes: "+s.sample(word))
	return j, nil
}

// jsonSingleQuoted reads 'text', as Python prints it, into nodes[n], as its name or as its text.
func (s *scan) jsonSingleQuoted(i, n int, isName bool) (int, error) {
	lo := len(s.scratch)
	for j := i + 1; j < len(s.src); j++ {
		switch c := s.src[j]; c {
		case '\'':
			s.check(span{uint32(i), uint32(j)})
			if isName {
				s.setName(n, lo)
				s.repairIn(n, WarnSyntax, "name in single quotes")
				return j + 1, nil
			}
			s.setText(n, lo)
			s.nodes[n].kind = Text
			s.repairIn(n, WarnSyntax, "text in single quotes")
			return j + 1, nil
		case '\\':
			if j++; j < len(s.src) {
				s.scratch = append(s.scratch, s.src[j])
			}
		default:
			if isControl(rune(c)) && c < utf8.RuneSelf {
				s.repairIn(n, WarnControl, "control character dropped")
				continue
			}
			s.scratch = append(s.scratch, c)
		}
	}
	return len(s.src), s.cut()
}

// jsonString reads the string at src[i] into nodes[n], as its name or as its text. A string without
// escapes stays where it is.
func (s *scan) jsonString(i, n int, isName bool) (int, error) {
	if s.loose && !isName {
		return s.jsonLoose(i, n)
	}
	b := s.src
	i++
	start := i
	for {
		if len(b)-i < 8 {
			return s.jsonStringTail(start, i, n, isName)
		}
		x := binary.LittleEndian.Uint64(b[i:])
		if hit := stringEnds(x) &^ x & highs; hit != 0 {
			i += bits.TrailingZeros64(hit) >> 3
			break
		}
		i += 8
	}
	if b[i] != '"' {
		return s.jsonStringTail(start, i, n, isName)
	}
	s.check(span{uint32(start), uint32(i)})
	d := &s.nodes[n]
	if isName {
		d.name = span{uint32(start), uint32(i)}
	} else {
		d.text = span{uint32(start), uint32(i)}
	}
	return i + 1, nil
}

// jsonStringTail goes on byte by byte from src[i]: there is an escape, a control byte, or the end of
// the window near.
func (s *scan) jsonStringTail(start, i, n int, isName bool) (int, error) {
	b := s.src
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	if i >= len(b) {
		return i, s.cut()
	}
	s.check(span{uint32(start), uint32(i)})
	d := &s.nodes[n]
	if b[i] == '"' {
		if isName {
			d.name = span{uint32(start), uint32(i)}
		} else {
			d.text = span{uint32(start), uint32(i)}
		}
		return i + 1, nil
	}
	lo := len(s.scratch)
	s.scratch = append(s.scratch, b[start:i]...)
	i, err := s.jsonUnescape(i, n)
	if err != nil {
		return i, err
	}
	if isName {
		s.setName(n, lo)
	} else {
		s.setText(n, lo)
	}
	return i, nil
}

// setName makes what is in scratch from lo on the name of nodes[n].
func (s *scan) setName(n, lo int) {
	d := &s.nodes[n]
	d.name = span{uint32(lo), uint32(len(s.scratch))}
	d.flags |= nameScratch
}

// setText makes what is in scratch from lo on the text of nodes[n].
func (s *scan) setText(n, lo int) {
	d := &s.nodes[n]
	d.text = span{uint32(lo), uint32(len(s.scratch))}
	d.flags |= textScratch
}

// jsonUnescape appends the rest of a string to scratch, from an escape or a control byte on, and
// returns the index behind the closing quote.
func (s *scan) jsonUnescape(i, n int) (int, error) {
	b := s.src
	for i < len(b) {
		c := b[i]
		switch {
		case c == '"':
			return i + 1, nil
		case c == '\\':
			if len(b)-i < 2 {
				return i, s.cut()
			}
			if b[i+1] == 'u' {
				var err error
				if i, err = s.jsonUnicode(i, n); err != nil {
					return i, err
				}
				continue
			}
			k := strings.IndexByte(`"\/bfnrt`, b[i+1])
			if k < 0 {
				// Not an escape of JSON: a Windows path, or an apostrophe escaped for another language.
				s.repairIn(n, WarnSyntax, "unknown escape \\"+s.sample(b[i+1:i+2]))
				if b[i+1] == '\'' {
					i++
				}
				s.scratch = append(s.scratch, b[i])
				i++
				continue
			}
			if c = "\"\\/\b\f\n\r\t"[k]; isControl(rune(c)) && !s.exact {
				s.repairIn(n, WarnControl, "control character dropped")
			} else {
				s.scratch = append(s.scratch, c)
			}
			i += 2
		case c < 0x20:
			if c == '\n' || c == '\r' || c == '\t' {
				s.scratch = append(s.scratch, c)
				s.repairIn(n, WarnControl, "line break or tab that is not escaped")
			} else {
				s.repairIn(n, WarnControl, "control character dropped")
			}
			i++
		default:
			j := i + 1
			for j < len(b) && b[j] != '"' && b[j] != '\\' && b[j] >= 0x20 {
				j++
			}
			s.check(span{uint32(i), uint32(j)})
			s.scratch = append(s.scratch, b[i:j]...)
			i = j
		}
	}
	return i, s.cut()
}

// jsonUnicode appends the character of the \u escape at src[i], unless it is a control character. A lone
// surrogate becomes U+FFFD, as in encoding/json.
func (s *scan) jsonUnicode(i, n int) (int, error) {
	b := s.src
	if len(b)-i < 6 {
		if !s.eof {
			return i, errMore
		}
		return i, errCut
	}
	r := hex4(b[i+2:])
	if r < 0 {
		s.repairIn(n, WarnSyntax, "\\u without four hexadecimal digits")
		s.scratch = append(s.scratch, b[i])
		return i + 1, nil
	}
	i += 6
	if utf16.IsSurrogate(r) {
		if len(b)-i < 6 && !s.eof {
			return i, errMore
		}
		low := rune(-1)
		if len(b)-i >= 6 && b[i] == '\\' && b[i+1] == 'u' {
			low = hex4(b[i+2:])
		}
		if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
			i += 6
		}
	}
	if isControl(r) && !s.exact {
		s.repairIn(n, WarnControl, "control character dropped")
		return i, nil
	}
	s.scratch = utf8.AppendRune(s.scratch, r)
	return i, nil
}

func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
