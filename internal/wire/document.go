package wire

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// document is a document that is being read as its reader was told to, and the mapper of its records.
type document struct {
	window
	m      mapper
	warnTo func(path []byte, kind, detail string) // the method warning, made once
	reception
}

// reception is how a document is to be read, and what had to be said of it.
type reception struct {
	o      Options
	strict error // the first repair, in strict mode
	tally  tally // what has been warned of
	junk   bool  // something in front of it has been skipped
}

// warning hands a repair on.
func (d *document) warning(path []byte, kind, detail string) {
	if d.o.Warn != nil && d.tally.heard(kind) {
		d.o.Warn(Warning{Path: string(path), Kind: kind, Detail: detail})
	}
	if d.o.Strict && d.strict == nil {
		d.strict = &Error{Format: d.format, Path: string(path), Offset: d.base + int64(d.pos),
			Err: fmt.Errorf("%s: %s (WithStrict)", kind, detail)}
	}
}

// report warns about the record being read, or about the document.
func (d *document) report(kind, detail string) {
	if d.m.warn != nil {
		d.m.path = d.recordPath(d.m.path[:0])
		d.warning(d.m.path, kind, detail)
	}
}

// reportRepairs hands on what the scanner put right in the record nodes[first].
func (d *document) reportRepairs(first int32) {
	for _, p := range d.s.repairs {
		if p.node < first || p.node >= max(d.s.nodes[first].next, first+1) {
			continue
		}
		length := len(d.m.path)
		for k := first + 1; k <= p.node; {
			n := &d.s.nodes[k]
			if k != p.node && n.next <= p.node {
				k = n.next
				continue
			}
			if name := d.s.name(n); len(name) > 0 {
				d.m.path = append(append(d.m.path, '.'), name...)
			}
			k++
		}
		d.warning(d.m.path, p.kind, p.text)
		d.m.path = d.m.path[:length]
	}
}

// decodeCharset makes the window UTF-8, or nearly so: see likeUTF8.
func (d *document) decodeCharset() error {
	const sample = 512
	for len(d.s.src) < sample && !d.s.eof && !looksWhole(d.s.src) {
		if err := d.more(len(d.s.src) + 1); err != nil {
			return err
		}
	}
	c := detectCharset(d.s.src, d.o.Label)
	d.pos = c.mark
	if c.family >= singleByte && d.o.CharsetReader != nil {
		return d.transcode(func(in io.Reader) (io.Reader, error) { return d.o.CharsetReader(c.label, in) })
	}
	switch c.family {
	case likeUTF8:
		d.m.latin = c.latin
	case utf16Bytes:
		if c.mark == 0 {
			d.report(WarnCharset, "UTF-16 without a byte order mark")
		}
		return d.transcode(func(in io.Reader) (io.Reader, error) { return &utf16Reader{r: in, order: c.order}, nil })
	case notUTF16:
		d.report(WarnCharset, "labelled "+d.s.sample([]byte(c.label))+", but it is not")
	case singleByte:
		d.m.chars = c.chars
		return d.transcode(func(in io.Reader) (io.Reader, error) {
			return &charmapReader{r: in, chars: c.chars, isUTF8: func() { d.reportUTF8(c.label) }}, nil
		})
	case foreign:
		return d.transcode(func(in io.Reader) (io.Reader, error) {
			return &utf8Reader{r: in, stateful: strings.HasPrefix(labelKey(c.label), "iso2022"),
				isUTF8: func() { d.reportUTF8(c.label) }, unknown: d.unknownCharset(c.label)}, nil
		})
	case opaque:
		return d.fail(d.pos, d.unknownCharset(c.label))
	}
	return nil
}

// looksWhole reports whether a document may end where src does: it is not worth a wait to see a few bytes more.
func looksWhole(src []byte) bool {
	src = trim(src)
	if len(src) < 2 {
		return false
	}
	switch first, last := src[0], src[len(src)-1]; first {
	case '[':
		return last == ']'
	case '{':
		return last == '}'
	}
	return false
}

func (d *document) reportUTF8(label string) {
	d.report(WarnCharset, "labelled "+d.s.sample([]byte(label))+", but it is UTF-8")
}

func (d *document) unknownCharset(label string) error {
	return &EncodingError{"charset", d.s.sample([]byte(label)), "set a decoder with WithCharsetReader"}
}

// transcode puts a decoder between the source and the window, and starts the window anew.
func (d *document) transcode(decoder func(io.Reader) (io.Reader, error)) error {
	head := append([]byte(nil), d.s.src[d.pos:]...)
	rest := d.src
	if d.s.eof {
		rest = &ended{d.readErr}
	}
	in, err := decoder(io.MultiReader(&headReader{head}, rest))
	if err != nil {
		return d.fail(d.pos, err)
	}
	d.src, d.pos, d.base = in, 0, 0
	d.s.src, d.s.eof, d.readErr = d.buf[:0], false, nil
	return d.more(512)
}

// headReader gives back what the window had read already.
type headReader struct{ b []byte }

func (h *headReader) Read(p []byte) (int, error) {
	if len(h.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, h.b)
	h.b = h.b[n:]
	return n, nil
}

// ended is a source that is at its end, or broken.
type ended struct{ err error }

func (e *ended) Read([]byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	return 0, io.EOF
}

func (d *document) startsWithNull() bool {
	b := d.s.src[d.pos:]
	return bytes.HasPrefix(b, []byte("null")) && (len(b) == 4 || ends(b[4]))
}

// skipPadding skips the call around a JSONP answer: cb([…]);
func (d *document) skipPadding() bool {
	n := paddingOf(d.s.src[d.pos:])
	if n == 0 {
		return false
	}
	d.pos += n
	d.report(WarnEnvelope, "JSONP")
	return true
}
