package wire

import (
	"bytes"
	"fmt"
	"io"
)

// warning hands a repair on.
func (r *reader) warning(path []byte, kind, detail string) {
	if r.o.Warn != nil {
		r.o.Warn(Warning{Path: string(path), Kind: kind, Detail: detail})
	}
	if r.o.Strict && r.strict == nil {
		r.strict = &Error{Format: r.format, Path: string(path), Offset: r.base + int64(r.pos),
			Err: fmt.Errorf("%s: %s (WithStrict)", kind, detail)}
	}
}

// report warns about the record being read, or about the document.
func (r *reader) report(kind, detail string) {
	if r.m.warn != nil {
		r.m.path = r.recordPath(r.m.path[:0])
		r.warning(r.m.path, kind, detail)
	}
}

// reportRepairs hands on what the scanner put right in the record nodes[first].
func (r *reader) reportRepairs(first int32) {
	for _, p := range r.s.repairs {
		if p.node < first || p.node >= max(r.s.nodes[first].next, first+1) {
			continue
		}
		length := len(r.m.path)
		for k := first + 1; k <= p.node; {
			d := &r.s.nodes[k]
			if k != p.node && d.next <= p.node {
				k = d.next
				continue
			}
			if name := r.s.name(d); len(name) > 0 {
				r.m.path = append(append(r.m.path, '.'), name...)
			}
			k++
		}
		r.warning(r.m.path, p.kind, p.text)
		r.m.path = r.m.path[:length]
	}
}

// decodeCharset makes the window UTF-8, or nearly so: see family.
func (r *reader) decodeCharset() error {
	if err := r.more(512); err != nil {
		return err
	}
	b := r.s.src
	if order, mark := utf16Order(b); order != nil {
		if mark {
			r.pos = 2
		} else {
			r.report(WarnCharset, "UTF-16 without a byte order mark")
		}
		return r.transcode(func(in io.Reader) (io.Reader, error) { return &utf16Reader{r: in, order: order}, nil })
	}
	if len(b) >= 3 && string(b[:3]) == "\xEF\xBB\xBF" {
		r.pos = 3
		return nil
	}
	label, declared := xmlLabel(b), true
	if label == "" {
		label, declared = r.o.Label, false
	}
	switch familyOf(label) {
	case likeUTF8:
		r.m.latin = isLatin(label)
	case likeUTF16:
		r.report(WarnCharset, "labelled "+r.s.sample([]byte(label))+", but it is not")
	default:
		if r.o.CharsetReader != nil {
			return r.transcode(func(in io.Reader) (io.Reader, error) { return r.o.CharsetReader(label, in) })
		}
		if declared {
			r.report(WarnCharset, "charset "+r.s.sample([]byte(label))+" is not known here; see WithCharsetReader")
		}
	}
	return nil
}

// transcode puts a decoder between the source and the window, and starts the window anew.
func (r *reader) transcode(decoder func(io.Reader) (io.Reader, error)) error {
	head := append([]byte(nil), r.s.src[r.pos:]...)
	rest := r.src
	if r.s.eof {
		rest = &ended{r.readErr}
	}
	in, err := decoder(io.MultiReader(&headReader{head}, rest))
	if err != nil {
		return r.fail(r.pos, err)
	}
	r.src, r.pos, r.base = in, 0, 0
	r.s.src, r.s.eof, r.readErr = r.buf[:0], false, nil
	return r.more(512)
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

// skipJunk skips what a server has printed in front of the document, such as a warning of PHP: all up
// to an XML declaration, or to a line that begins with a bracket. It does so once.
func (r *reader) skipJunk() bool {
	b := r.s.src[r.pos:min(len(r.s.src), r.pos+4<<10)]
	at := bytes.Index(b, []byte("<?xml"))
	for _, start := range []string{"\n[", "\n{"} {
		if i := bytes.Index(b, []byte(start)); i >= 0 && (at < 0 || i+1 < at) {
			at = i + 1
		}
	}
	if at <= 0 || r.junk || bytes.HasPrefix(b, []byte("HTTP/")) {
		return false
	}
	r.junk = true
	r.pos += at
	r.report(WarnSyntax, "something in front of the document")
	return true
}

func (r *reader) startsWithNull() bool {
	b := r.s.src[r.pos:]
	return bytes.HasPrefix(b, []byte("null")) && (len(b) == 4 || ends(b[4]))
}

// skipPadding skips the call around a JSONP answer: cb([…]);
func (r *reader) skipPadding() bool {
	b := r.s.src[r.pos:]
	i := 0
	for i < len(b) && i < 64 && (isWord(b[i]) || b[i] == '.') {
		i++
	}
	if i == 0 || i >= len(b) || b[i] != '(' {
		return false
	}
	if i = skipSpace(b, i+1); i >= len(b) || b[i] != '[' && b[i] != '{' {
		return false
	}
	r.pos += i
	r.report(WarnEnvelope, "JSONP")
	return true
}
