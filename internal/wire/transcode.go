package wire

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// evidence is how many bytes, from the first on that is not ASCII, decide whether a document is UTF-8
// under a wrong label. One letter may be both; a text is not.
const evidence = 64 << 10

// charmapReader turns a single-byte charset into UTF-8, if the document is not UTF-8 already: many
// servers name a charset in their settings that their database has left long ago.
type charmapReader struct {
	r       io.Reader
	chars   *charmap.Charmap
	isUTF8  func() // hears that the label is wrong
	decided bool
	plain   bool   // it is UTF-8
	in      []byte // bytes not yet decoded
	out     []byte // bytes not yet given away
	err     error
}

func (c *charmapReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(c.out) == 0 {
		switch {
		case c.err != nil:
			return 0, c.err
		case c.plain:
			return c.r.Read(p)
		case c.decided:
			c.decode()
			continue
		}
		n, err := c.r.Read(p)
		first := bytes.IndexFunc(p[:n], func(r rune) bool { return r >= utf8.RuneSelf })
		if first < 0 && c.chars.DecodeByte('A') == 'A' {
			return n, err
		}
		first = max(first, 0)
		if c.chars.DecodeByte('A') != 'A' {
			first = 0
		}
		c.in, c.err = append(c.in, p[first:n]...), err
		c.decide()
		if first > 0 {
			return first, nil
		}
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// decide looks at what comes from the first byte on that is not ASCII.
func (c *charmapReader) decide() {
	for c.err == nil && len(c.in) < evidence {
		lo := len(c.in)
		c.in = append(c.in, make([]byte, 4096)...)
		n, err := c.r.Read(c.in[lo:])
		c.in, c.err = c.in[:lo+n], err
	}
	c.decided = true
	if valid := validPrefix(c.in); c.chars.DecodeByte('A') == 'A' && len(c.in)-valid < utf8.UTFMax && !utf8.FullRune(c.in[valid:]) {
		c.plain, c.out, c.in = true, c.in, nil
		c.isUTF8()
		return
	}
	c.convert()
}

// decode reads more.
func (c *charmapReader) decode() {
	c.in = append(c.in[:0], make([]byte, 4096)...)
	n, err := c.r.Read(c.in)
	c.in, c.err = c.in[:n], err
	c.convert()
}

func (c *charmapReader) convert() {
	c.out = c.out[:0]
	for _, b := range c.in {
		c.out = utf8.AppendRune(c.out, c.chars.DecodeByte(b))
	}
	c.in = c.in[:0]
}

// utf8Reader passes a document on that is labelled as something unknown, up to the first byte that is
// neither ASCII nor UTF-8: what follows cannot be read.
type utf8Reader struct {
	r        io.Reader
	stateful bool   // ASCII means ASCII up to the first escape character only
	isUTF8   func() // hears that the label is wrong, once
	unknown  error
	told     bool
	in       []byte // start of a character that is not complete
	out      []byte // bytes not yet given away
	err      error
}

func (u *utf8Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
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

func (u *utf8Reader) fill() {
	pending := len(u.in)
	b := append(u.in, make([]byte, 4096)...)
	n, err := u.r.Read(b[pending:])
	b, u.err = b[:pending+n], err
	good := validPrefix(b)
	switch rest := b[good:]; {
	case len(rest) > 0 && utf8.FullRune(rest):
		u.err = u.unknown
	case err != nil:
		good = len(b) // a character that the end has cut
	}
	if esc := bytes.IndexByte(b[:good], 0x1B); esc >= 0 && u.stateful {
		good, u.err = esc, u.unknown
	}
	if !u.told && !isASCII(b[:good]) {
		u.told = true
		if u.err == nil || u.err == io.EOF {
			u.isUTF8()
		}
	}
	u.out, u.in = b[:good:good], append([]byte(nil), b[good:]...)
}

// validPrefix returns how many bytes of b are whole characters of UTF-8.
func validPrefix(b []byte) int {
	i := 0
	for i < len(b) {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		i += n
	}
	return i
}
