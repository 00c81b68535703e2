package form

import (
	"encoding/base64"
	"io"
)

// base64Reader encodes what it reads, a piece at a time.
type base64Reader struct {
	src    io.Reader
	escape bool // for a form
	in     [3 << 10]byte
	text   [4 << 10]byte
	safe   []byte // text with its +, / and = escaped
	rest   []byte // encoded, not yet given away
	err    error
}

func (b *base64Reader) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		n, err := io.ReadFull(b.src, b.in[:])
		if err == io.ErrUnexpectedEOF && n > 0 {
			err = io.EOF // ReadFull's word for a last piece
		}
		b.err = err
		b.rest = b.text[:base64.StdEncoding.EncodedLen(n)]
		base64.StdEncoding.Encode(b.rest, b.in[:n])
		if b.escape {
			b.escapeRest()
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// escapeRest does what url.QueryEscape does, without its garbage.
func (b *base64Reader) escapeRest() {
	b.safe = b.safe[:0]
	for _, c := range b.rest {
		switch c {
		case '+':
			b.safe = append(b.safe, "%2B"...)
		case '/':
			b.safe = append(b.safe, "%2F"...)
		case '=':
			b.safe = append(b.safe, "%3D"...)
		default:
			b.safe = append(b.safe, c)
		}
	}
	b.rest = b.safe
}
