package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Options say how tolerant a reader is, and how much it takes. The zero value is a good default.
type Options struct {
	MaxBytes      int64          // of the document after decompression; 0: 64 MiB
	Location      *time.Location // of dates without zone; nil: UTC
	Relabel       *time.Location // of dates labelled Z or +00:00 that are local; nil: they are what they say
	Strict        bool           // the first repair is an error
	Warn          func(Warning)  // hears of every repair; may be nil
	Label         string         // charset of the Content-Type, a hint
	CharsetReader func(label string, r io.Reader) (io.Reader, error)
	Hide          func([]byte) []byte // takes secrets out of what is going to be printed; may be nil
}

const (
	maxDepth        = 64       // how deep containers may nest
	maxRecord       = 16 << 20 // bytes of one record
	defaultMaxBytes = 64 << 20
	windowSize      = 64 << 10
	maxMeta         = 16 << 10 // bytes of one field beside the list
)

// What can be wrong with a document as a whole.
var (
	ErrHTML   = errors.New("an HTML page, not data")
	ErrEmpty  = errors.New("an empty answer")
	ErrFormat = errors.New("neither JSON nor XML")
	ErrDepth  = fmt.Errorf("nested deeper than %d levels", maxDepth)
	ErrRecord = fmt.Errorf("a record of more than %d MiB", maxRecord>>20)
	ErrValues = fmt.Errorf("a record of more than %d values", maxNodes)
	ErrCut    = errors.New("the document ends in the middle")
	ErrList   = errors.New("no such list in it")
)

// SizeError says that a document is larger than Options.MaxBytes.
type SizeError struct{ Max int64 }

func (e *SizeError) Error() string {
	return fmt.Sprintf("an answer of more than %d bytes, the limit set by WithMaxResponse", e.Max)
}

// Error is a document that cannot be read any further.
type Error struct {
	Format  Format
	Path    string // the record being read
	Offset  int64  // in the UTF-8 text
	Snippet string // what stands there
	Cut     bool   // the input ended, or broke off, too early: asking again may help
	Err     error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Reader reads the records of one document, one at a time.
type Reader[T any] struct {
	r *reader
	t *Table[T]
}

// Read starts to read a document. Close the reader when done; it does not close src.
func (t *Table[T]) Read(src io.Reader, o *Options) *Reader[T] {
	r, _ := t.pool.Get().(*reader)
	if r == nil {
		r = &reader{buf: make([]byte, windowSize), m: mapper{intern: new(interner)}}
	}
	r.start(src, o, t.core)
	return &Reader[T]{r, t}
}

// Close gives the reader's memory back. The reader must not be used any more.
func (r *Reader[T]) Close() {
	if r.r == nil {
		return
	}
	if r.r.release() {
		r.t.pool.Put(r.r)
	}
	r.r = nil
}

// Format returns the format of the document, once the first record was asked for.
func (r *Reader[T]) Format() Format { return r.r.format }

// Meta returns the fields beside the list, complete once Next has returned io.EOF.
func (r *Reader[T]) Meta() map[string]json.RawMessage { return r.r.meta }

// Next reads the next record into dst, which must be zero but for what Table.SetPlace may use. At the
// end it returns io.EOF. A record that cannot be read is skipped with a warning. Any other error, an
// *Error or a *FaultError, is final.
func (r *Reader[T]) Next(dst *T) error {
	for {
		n, err := r.r.next()
		if err != nil {
			return err
		}
		ok := r.take(n, dst)
		if r.r.strict != nil {
			r.r.err = r.r.strict
			return r.r.err
		}
		if ok {
			r.r.index++
			return nil
		}
	}
}

// take reads the record nodes[n]. It reports false if there is nothing in it.
func (r *Reader[T]) take(n int32, dst *T) bool {
	d := r.r
	d.m.reset()
	d.tellEnvelope()
	if d.m.warn != nil {
		d.m.path = d.recordPath(d.m.path[:0])
		d.reportRepairs(n)
	}
	if k := d.s.nodes[n].kind; k > Null && k < List {
		b, ok := d.m.scalar(n)
		if ok && r.t.Lone != nil && r.t.Lone(dst, string(b)) {
			d.report(WarnType, "text in place of a record")
			return true
		}
		d.report(WarnRecord, "a row that is no record was skipped")
		d.index++
		return false
	}
	if !r.t.KeepEmpty && d.isEmpty(n) {
		d.report(WarnRecord, "a row in which everything is empty was skipped")
		d.index++
		return false
	}
	r.t.decode(&d.m, n, dst)
	return true
}

// reader is the part of a Reader that does not depend on the type of the records.
type reader struct {
	s scan
	m mapper
	o Options

	src     io.Reader
	left    int64 // how many bytes may still come
	buf     []byte
	pos     int   // where the next thing to be read starts in buf
	base    int64 // offset of buf[0] in the document
	readErr error // what src ended with, if not io.EOF

	format Format
	begun  bool // the start of the document has been looked at
	done   bool // the document's root is closed
	keyed  bool // the records have ids: see Table.Key
	whole  bool // the probe has seen all of the document
	junk   bool // something in front of the document has been skipped
	// envelope is what is unusual about where the records are. It is told with the first of them: of an
	// error answer it would say nothing.
	envelope string
	path     []string
	stack    []open
	queue    []int32 // records found in what was read last
	taken    int     // how many of them have been given away
	index    int     // how many records have been given away
	meta     map[string]json.RawMessage
	warnTo   func([]byte, string, string)
	strict   error // the first repair, in strict mode
	err      error // sticky
}

// open is a container of the envelope that has been entered.
type open struct {
	kind byte   // '[' or '{'; for XML '<'
	name string // XML
	path bool   // it stands on the path to the records
}

func (r *reader) start(src io.Reader, o *Options, d *dictionary) {
	if o != nil {
		r.o = *o
	}
	if r.o.MaxBytes <= 0 {
		r.o.MaxBytes = defaultMaxBytes
	}
	if r.o.Location == nil {
		r.o.Location = time.UTC
	}
	r.src, r.left = src, r.o.MaxBytes
	r.s.src, r.s.eof, r.s.depth = r.buf[:0], false, maxDepth
	r.s.dict.use(d)
	r.s.reset()
	r.m.s, r.m.location, r.m.relabel = &r.s, r.o.Location, r.o.Relabel
	r.m.warn, r.m.latin = nil, false
	if r.o.Warn != nil || r.o.Strict {
		if r.warnTo == nil {
			r.warnTo = r.warning
		}
		r.m.warn = r.warnTo
	}
	r.s.quiet, r.s.hide = r.m.warn == nil, r.o.Hide
}

// release forgets the document, and reports whether the reader is worth keeping.
func (r *reader) release() bool {
	if len(r.buf) > 16*windowSize || cap(r.s.nodes) > 1<<16 || cap(r.s.scratch) > 1<<20 || cap(r.m.arena) > 1<<20 {
		return false
	}
	s, m := r.s, r.m
	*r = reader{buf: r.buf, s: s, m: m, path: r.path[:0], stack: r.stack[:0], queue: r.queue[:0], warnTo: r.warnTo}
	r.s.src, r.s.record = nil, nil
	clear(r.m.sets[:cap(r.m.sets)])
	clear(r.m.extras[:cap(r.m.extras)])
	r.m.reset()
	return true
}

// next returns the node of the next record.
func (r *reader) next() (int32, error) {
	for r.err == nil {
		if r.taken < len(r.queue) {
			r.taken++
			return r.queue[r.taken-1], nil
		}
		r.queue, r.taken = r.queue[:0], 0
		switch {
		case !r.begun:
			r.err = r.begin()
			r.begun = true
		case r.format == JSON:
			r.err = r.stepJSON()
		default:
			r.err = r.stepXML()
		}
		if r.err == io.EOF {
			r.tellEnvelope()
		}
		if (r.err == nil || r.err == io.EOF) && r.strict != nil {
			r.err = r.strict
		}
	}
	return 0, r.err
}

// tellEnvelope warns of what envelope says, once.
func (r *reader) tellEnvelope() {
	if r.envelope != "" {
		r.report(WarnEnvelope, r.envelope)
		r.envelope = ""
	}
}

// more reads more of the document into the window, keeping what stands from pos on. Afterwards there
// are at least want bytes from pos on, or the document is at its end.
func (r *reader) more(want int) error {
	have := copy(r.buf, r.s.src[r.pos:])
	r.base += int64(r.pos)
	r.pos = 0
	idle := 0
	for !r.s.eof && (have < want || idle > 0) {
		if have == len(r.buf) {
			if have >= maxRecord {
				r.s.src = r.buf[:have]
				return r.fail(0, ErrRecord)
			}
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
		n, err := r.src.Read(r.buf[have:])
		have += n
		r.left -= int64(n)
		if n == 0 && err == nil {
			if idle++; idle < 100 {
				continue
			}
			err = io.ErrNoProgress
		}
		idle = 0
		if r.left < 0 {
			r.s.src = r.buf[:have]
			return r.fail(have, &SizeError{r.o.MaxBytes})
		}
		if err != nil {
			r.s.eof = true
			if err != io.EOF {
				r.readErr = err
			}
		}
	}
	r.s.src = r.buf[:have]
	return nil
}

// again enlarges the window for a record that did not fit. The record doubles at least, so that
// starting it over costs no more than reading it once.
func (r *reader) again() error {
	return r.more(2*(len(r.s.src)-r.pos) + 1)
}

// peek returns the next byte that is not white space, and moves to it; false at the end.
func (r *reader) peek() (byte, bool, error) {
	for {
		b := r.s.src
		for r.pos < len(b) {
			if c := b[r.pos]; c > ' ' {
				return c, true, nil
			}
			r.pos++
		}
		if r.s.eof {
			return 0, false, nil
		}
		if err := r.more(1); err != nil {
			return 0, false, err
		}
	}
}

// fail makes an error of what is wrong at src[at].
func (r *reader) fail(at int, err error) error {
	e := &Error{Format: r.format, Path: string(r.recordPath(nil)), Offset: r.base + int64(at), Err: err}
	e.Snippet = r.snippet(at)
	var se *syntaxError
	if errors.As(err, &se) {
		e.Offset = r.base + int64(se.at)
		e.Snippet = r.snippet(se.at)
	}
	switch err {
	case errCut:
		e.Err, e.Cut = ErrCut, true
		if r.readErr != nil {
			e.Err = r.readErr
		}
	case errDeep:
		e.Err = ErrDepth
	case errMany:
		e.Err = ErrValues
	case ErrHTML:
		e.Format = Unknown
	}
	return e
}

// snippet returns what stands at src[at], without secrets.
func (r *reader) snippet(at int) string {
	at = max(0, min(at, len(r.s.src)))
	b := r.s.src[at:min(len(r.s.src), at+1024)]
	if r.s.hide != nil {
		// Half a secret is not recognised: look for one that begins before at and goes on behind it.
		before := r.s.src[max(0, at-128):at]
		whole := r.s.hide(append(append([]byte(nil), before...), b...))
		if apart := r.s.hide(before); bytes.HasPrefix(whole, apart) && len(apart) <= len(whole) {
			b = whole[len(apart):]
		} else {
			b = r.s.hide(whole[min(len(whole), len(before)):])
		}
	}
	return Snippet(b, 0)
}

// recordPath appends where the record being read stands: service_requests[12].
func (r *reader) recordPath(dst []byte) []byte {
	d := r.s.dict.table
	dst = append(dst, d.root...)
	if d.item != "" {
		dst = appendIndex(dst, r.index)
	}
	return dst
}

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
