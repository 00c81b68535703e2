package wire

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// charset is how a document is encoded, as far as its first bytes and its labels tell.
type charset struct {
	family family
	label  string           // the encoding that the document declares, or else that of the Content-Type
	latin  bool             // of likeUTF8: the label announces bytes that need not be UTF-8
	chars  *charmap.Charmap // of singleByte
	mark   int              // how many bytes of byte order mark it starts with
	order  binary.ByteOrder // of utf16Bytes
}

// family is what a charset means to the reader.
type family uint8

const (
	likeUTF8   family = iota // read as it stands; records that are not valid UTF-8 are windows-1252
	utf16Bytes               // UTF-16, whatever the label says
	notUTF16                 // labelled UTF-16, but its bytes are not; read like UTF-8
	singleByte               // one byte a character; read as UTF-8 if that is what it is
	foreign                  // for the caller's CharsetReader; without one, UTF-8 or an error
	opaque                   // the same, but what it looks like in ASCII is not what it says
)

// detectCharset tells the charset of the document that begins with b and came under the given label.
func detectCharset(b []byte, label string) charset {
	if isUTF32(b) {
		return charset{family: opaque, label: "UTF-32"}
	}
	if order, mark := utf16Order(b); order != nil {
		return charset{family: utf16Bytes, order: order, mark: mark}
	}
	if bytes.HasPrefix(b, utf8Mark) {
		return charset{mark: len(utf8Mark)}
	}
	c := charset{label: xmlLabel(b)}
	if c.label == "" {
		c.label = label
	}
	c.classify(b)
	return c
}

var utf8Mark = []byte("\xEF\xBB\xBF")

// classify finds out what the label means for the document that begins with b, which is not UTF-16.
func (c *charset) classify(b []byte) {
	if c.label == "" || strings.EqualFold(c.label, "utf-8") {
		return
	}
	key := labelKey(c.label)
	switch {
	case namesNoCharset(key) || isASCIILabel(key) || strings.Contains(key, "utf8"):
	case isLatin(key):
		c.latin = true
	case key == "utf7" || key == "unicode11utf7" || key == "hzgb2312":
		c.family = opaque
	case strings.HasPrefix(key, "utf16"), strings.HasSuffix(key, "ucs2"):
		c.family = notUTF16
	default:
		c.chars = charmapOf(key)
		switch {
		case c.chars == nil:
			c.family = foreign
		case c.chars.DecodeByte('A') == 'A' || !startsInASCII(b):
			c.family = singleByte
		} // else it is labelled EBCDIC, but it is not
	}
}

// startsInASCII reports whether b begins as JSON and XML do.
func startsInASCII(b []byte) bool {
	b = trim(b)
	return len(b) > 0 && strings.IndexByte("[{<\"", b[0]) >= 0
}

// isUTF32 reports whether b begins with a byte order mark of UTF-32, or with a character in it.
func isUTF32(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	little, big := binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b)
	return little == 0xFEFF || big == 0xFEFF || little != 0 && little < 0x80 || big != 0 && big < 0x80
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

// fromLegacy returns b as UTF-8; what is not UTF-8 in it is read as windows-1252.
func fromLegacy(b []byte) []byte { return fromCharmap(b, charmap.Windows1252) }

// fromCharmap returns b as UTF-8. What is valid UTF-8 in it is left alone: the other texts of a record,
// and the characters that came as references or escapes. Bytes that stand for no character become U+FFFD,
// and control characters are dropped.
func fromCharmap(b []byte, chars *charmap.Charmap) []byte {
	if utf8.Valid(b) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/4)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r != utf8.RuneError || n > 1:
			out = append(out, b[:n]...)
		default:
			if r = chars.DecodeByte(b[0]); !isC1(r) {
				out = utf8.AppendRune(out, r)
			}
		}
		b = b[n:]
	}
	return out
}
