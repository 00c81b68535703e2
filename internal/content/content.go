// Package content undoes the Content-Encoding of answers: what was agreed, what nobody has asked for, and what is
// something else than its label.
package content

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"

	"github.com/go-open311/open311/internal/wire"
)

// Decode returns the body of an answer without the compressions that the transport has left in place: those that the request did
// not ask for, those of a request whose Accept-Encoding was set by hand, and those under other names.
func Decode(resp *http.Response) io.Reader {
	var encodings []string
	if !resp.Uncompressed {
		for _, line := range resp.Header.Values("Content-Encoding") {
			for name := range strings.SplitSeq(line, ",") {
				encodings = append(encodings, strings.ToLower(strings.TrimSpace(name)))
			}
		}
	}
	return &expander{body: resp.Body, encodings: encodings}
}

// expander finds out with the first read how a body is compressed, so that a broken one is an error of
// reading like any other. It trusts the first bytes more than the header: proxies compress twice and say
// it once, or say deflate and send the text.
type expander struct {
	body      io.Reader
	encodings []string // in the order in which they were applied
	outer     peeked   // the body itself
	text      io.Reader
	err       error
}

func (e *expander) Read(p []byte) (int, error) {
	if e.text == nil && e.err == nil {
		e.text, e.err = e.open()
	}
	if e.err != nil {
		return 0, e.err
	}
	return e.text.Read(p)
}

// open returns the body without its compressions, of which there are at most four.
func (e *expander) open() (io.Reader, error) {
	body := e.outer.peek(e.body)
	for range 4 {
		name := ""
		for name == "" && len(e.encodings) > 0 {
			last := len(e.encodings) - 1
			name, e.encodings = plainNames(e.encodings[last]), e.encodings[:last]
		}
		start := body.start
		var next io.Reader
		var err error
		switch {
		case bytes.HasPrefix(start, []byte{0x1F, 0x8B}):
			if next, err = gzip.NewReader(body); err != nil {
				return nil, err
			}
			if name != "gzip" && name != "" {
				e.encodings = append(e.encodings, name)
			}
		case name == "" || len(start) == 0 && name != "gzip":
			return body, nil
		case name == "gzip":
			return nil, gzip.ErrHeader // cut off, or the text of another answer: it is asked for again
		case looksLikeText(start):
			return body, nil
		case name == "deflate" && isZlib(start):
			if next, err = zlib.NewReader(body); err != nil {
				return nil, err
			}
		case name == "deflate":
			next = flate.NewReader(body) // without the frame that the specification asks for, as IIS sends it
		default:
			return nil, &wire.EncodingError{What: "Content-Encoding", Name: name,
				Hint: "the server compresses what it was not asked to; a middleware (WithMiddleware) can undo it"}
		}
		body = new(peeked).peek(next)
	}
	return body, nil
}

// peeked is a body of which the first bytes have been looked at.
type peeked struct {
	r     io.Reader
	start []byte
	err   error // what the first read ended with
	buf   [512]byte
}

// peek waits for no more than it takes to tell compressions apart.
func (p *peeked) peek(r io.Reader) *peeked {
	p.r = r
	n := 0
	for idle := 0; n < 2 && p.err == nil && idle < 100; idle++ {
		var more int
		more, p.err = r.Read(p.buf[n:])
		n += more
	}
	p.start = p.buf[:n]
	return p
}

func (p *peeked) Read(b []byte) (int, error) {
	switch {
	case len(p.start) > 0:
		n := copy(b, p.start)
		p.start = p.start[n:]
		return n, nil
	case p.err != nil:
		return 0, p.err
	}
	return p.r.Read(b)
}

// plainNames returns the one name of a compression, and "" for words that are none: servers put the
// charset here.
func plainNames(encoding string) string {
	switch encoding {
	case "x-gzip":
		return "gzip"
	case "identity", "none", "utf-8", "utf8", "binary", "7bit", "8bit", "iso-8859-1", "us-ascii":
		return ""
	}
	return encoding
}

// isZlib reports whether b begins with a header of zlib.
func isZlib(b []byte) bool {
	return len(b) >= 2 && b[0]&0x0F == 8 && (int(b[0])<<8|int(b[1]))%31 == 0
}

// looksLikeText reports whether b begins as a document does and has no control bytes, which compressed data
// has nearly everywhere.
func looksLikeText(b []byte) bool {
	if first := bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")), " \t\r\n"); len(first) == 0 || strings.IndexByte("[{<\"", first[0]) < 0 {
		return false
	}
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
