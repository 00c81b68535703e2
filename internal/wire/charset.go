package wire

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// charset is how a document is encoded, as far as its first bytes and its labels tell.
type charset struct {
	family   family
	label    string           // the encoding that the document declares, or else that of the Content-Type
	declared bool             // the document itself declares it
	mark     int              // how many bytes of byte order mark it starts with
	order    binary.ByteOrder // of utf16Bytes
}

// family is what a charset means to the reader.
type family uint8

const (
	likeUTF8   family = iota // read as it stands; records that are not valid UTF-8 are windows-1252
	utf16Bytes               // UTF-16, whatever the label says
	notUTF16                 // labelled UTF-16, but its bytes are not; read like UTF-8
	foreign                  // for the caller's CharsetReader
)

// detectCharset tells the charset of the document that begins with b and came under the given label.
func detectCharset(b []byte, label string) charset {
	if order, mark := utf16Order(b); order != nil {
		return charset{family: utf16Bytes, order: order, mark: mark}
	}
	if bytes.HasPrefix(b, utf8Mark) {
		return charset{mark: len(utf8Mark)}
	}
	c := charset{label: xmlLabel(b), declared: true}
	if c.label == "" {
		c.label, c.declared = label, false
	}
	c.family = familyOf(c.label)
	return c
}

var utf8Mark = []byte("\xEF\xBB\xBF")

// familyOf returns what a label means for a document that is not UTF-16.
func familyOf(label string) family {
	switch strings.ToLower(strings.TrimSpace(label)) {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1",
		"l1", "windows-1252", "cp1252", "cp-1252", "ansi", "ansi_x3.4-1968", "unicode-1-1-utf-8":
		return likeUTF8
	case "utf-16", "utf16", "utf-16le", "utf-16be", "ucs-2", "iso-10646-ucs-2":
		return notUTF16
	}
	return foreign
}

// isLatin reports whether a label announces bytes that need not be valid UTF-8.
func isLatin(label string) bool {
	l := strings.ToLower(label)
	return strings.Contains(l, "8859-1") || strings.Contains(l, "1252") || strings.HasPrefix(l, "latin")
}

// xmlLabel returns the encoding that the XML declaration at the start of b names, or "".
func xmlLabel(b []byte) string {
	b = trim(b)
	if !bytes.HasPrefix(b, []byte("<?xml")) {
		return ""
	}
	end := bytes.IndexByte(b, '>')
	i := bytes.Index(b[:max(end, 0)], []byte("encoding"))
	if i < 0 {
		return ""
	}
	b = bytes.TrimLeft(b[i+len("encoding"):end], " \t\r\n=")
	if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
		return ""
	}
	label, _, _ := bytes.Cut(b[1:], b[:1])
	if bytes.EqualFold(label, []byte("utf-8")) {
		return "utf-8" // the usual one costs nothing
	}
	return string(label)
}

// utf16Order tells the byte order of a document in UTF-16 by its first bytes: a byte order mark of
// mark bytes, or a first character that is one of JSON's or XML's with a zero byte beside it.
func utf16Order(b []byte) (order binary.ByteOrder, mark int) {
	if len(b) < 2 {
		return nil, 0
	}
	switch {
	case b[0] == 0xFF && b[1] == 0xFE:
		return binary.LittleEndian, 2
	case b[0] == 0xFE && b[1] == 0xFF:
		return binary.BigEndian, 2
	case b[0] == 0 && strings.IndexByte("<[{\" \n\r\t", b[1]) >= 0:
		return binary.BigEndian, 0
	case b[1] == 0 && strings.IndexByte("<[{\" \n\r\t", b[0]) >= 0:
		return binary.LittleEndian, 0
	}
	return nil, 0
}

// utf16Reader turns UTF-16 into UTF-8. Lone surrogates and a lone last byte become U+FFFD.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    []byte // bytes not yet decoded
	out   []byte // decoded bytes not yet given away
	err   error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		u.fill()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) fill() {
	var chunk [4096]byte
	n, err := u.r.Read(chunk[:])
	u.err = err
	u.in = append(u.in, chunk[:n]...)
	u.out = u.out[:0]
	i := 0
	for ; len(u.in)-i >= 2; i += 2 {
		r := rune(u.order.Uint16(u.in[i:]))
		if utf16.IsSurrogate(r) {
			if len(u.in)-i < 4 && err == nil {
				break
			}
			low := rune(-1)
			if len(u.in)-i >= 4 {
				low = rune(u.order.Uint16(u.in[i+2:]))
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 2
			}
		}
		u.out = utf8.AppendRune(u.out, r)
	}
	u.in = append(u.in[:0], u.in[i:]...)
	if err != nil && len(u.in) > 0 {
		u.in = u.in[:0]
		u.out = utf8.AppendRune(u.out, utf8.RuneError)
	}
}

// legacyHigh maps the bytes 0x80 to 0x9F of windows-1252, which is what servers mean when they say
// ISO-8859-1; the five bytes that it leaves open stay control characters, as browsers have them.
var legacyHigh = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8D, 'Ž', 0x8F,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9D, 'ž', 'Ÿ',
}

// fromLegacy returns b as UTF-8. What is valid UTF-8 in it is left alone: the other texts of a record,
// and the characters that came as references or escapes.
func fromLegacy(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/4)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch c := b[0]; {
		case r != utf8.RuneError || n > 1:
			out = append(out, b[:n]...)
		case c < 0xA0:
			out = utf8.AppendRune(out, legacyHigh[c-0x80])
		default:
			out = utf8.AppendRune(out, rune(c))
		}
		b = b[n:]
	}
	return out
}
