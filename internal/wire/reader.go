package wire

import (
	"encoding/json"
	"io"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// Reader reads the records of one document, one at a time.
type Reader[T any] struct {
	r *reader
	t *Table[T]
}

// Read starts to read a document. Close the reader when done; it does not close src.
func (t *Table[T]) Read(src io.Reader, o *Options) *Reader[T] { return &Reader[T]{t.reader(src, o), t} }

func (t *Table[T]) reader(src io.Reader, o *Options) *reader {
	t.ready()
	r, _ := t.pool.Get().(*reader)
	if r == nil {
		r = new(reader)
		r.buf, r.m.intern = make([]byte, windowSize), new(interner)
	}
	r.start(src, o, t.core)
	return r
}

// Close tells how many warnings were left out, and gives the reader's memory back. The reader must not be used any more.
func (r *Reader[T]) Close() {
	if r.r == nil {
		return
	}
	if r.r.o.Warn != nil {
		r.r.tally.rest(r.r.s.dict.table.root, r.r.o.Warn)
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
// end it returns io.EOF. A row that cannot be read is skipped and counted, see [Reader.Skipped]; if none
// can be read, the end is the error of the first. Any other error, an *Error or a *FaultError, is final.
func (r *Reader[T]) Next(dst *T) error {
	for {
		at, err := r.r.next()
		if err != nil {
			return err
		}
		ok := r.take(at, dst)
		if r.r.m.full {
			r.r.err = r.r.fail(r.r.pos, &SizeError{Max: r.r.max, InMemory: true})
			return r.r.err
		}
		if r.r.strict != nil {
			r.r.err = r.r.strict
			return r.r.err
		}
		if ok {
			r.r.index++
			r.r.gone.given++
			return nil
		}
	}
}

// take reads a record. It reports false if there is nothing in it.
func (r *Reader[T]) take(at row, dst *T) bool {
	d := r.r
	n := at.node
	d.m.reset()
	if !d.o.Keep {
		d.m.room = d.max
	}
	d.tellEnvelope()
	d.unhold()
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
		if d.s.isBlank(n) {
			d.skipBlank("an empty row was skipped")
			return false
		}
		_ = d.skip(errText)
		return false
	}
	if !r.t.KeepEmpty && d.s.isEmpty(at.item) {
		d.skipBlank("a row in which everything is empty was skipped")
		return false
	}
	r.t.decode(&d.m, at, dst)
	return true
}

// reader is the part of a Reader that does not depend on the type of the records.
type reader struct {
	envelope
	progress
}

// progress is how far a reader has come.
type progress struct {
	begun bool  // the start of the document has been looked at
	ended bool  // its end has been told
	taken int   // how many records of the queue have been given away
	err   error // sticky
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
	r.src, r.max, r.left = src, r.o.MaxBytes, r.o.MaxBytes
	r.s.src, r.s.eof, r.s.depth = r.buf[:0], false, maxDepth
	r.s.most = most(r.max)
	r.m.account = account{room: r.max}
	r.s.dict.use(d)
	r.s.keepEmpty = d.keepEmpty
	r.s.reset()
	r.m.s, r.m.location, r.m.relabel = &r.s, r.o.Location, r.o.Relabel
	r.m.lend = r.o.Lend
	r.m.warn, r.m.latin, r.m.chars = nil, false, charmap.Windows1252
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
	r.m.give()
	r.position, r.reception, r.found, r.progress = position{}, reception{}, found{}, progress{}
	r.path, r.stack, r.queue = r.path[:0], r.stack[:0], r.queue[:0]
	r.s.src, r.s.record = nil, nil
	clear(r.m.sets[:cap(r.m.sets)])
	clear(r.m.extras[:cap(r.m.extras)])
	r.m.reset()
	return true
}

// next returns the node of the next record.
func (r *reader) next() (row, error) {
	for r.err == nil {
		if r.taken < len(r.queue) {
			r.taken++
			return r.queue[r.taken-1], nil
		}
		r.queue, r.taken = r.queue[:0], 0
		if r.done && !r.ended && r.o.Complete != nil {
			r.ended = true
			r.o.Complete()
		}
		switch {
		case !r.begun:
			r.err = r.begin()
			r.begun, r.m.xml = true, r.format == XML
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
		if r.err == io.EOF {
			r.err = r.verdict(r.err)
		}
	}
	return row{}, r.err
}

// begin looks at the start of the document: its charset, its format, and where its records are.
func (r *reader) begin() error {
	if err := r.decodeCharset(); err != nil {
		return err
	}
	for {
		err := r.beginFormat()
		if err != errJunk {
			return err
		}
		r.format = Unknown
	}
}

// beginFormat looks what the document is that begins at pos. It returns errJunk if that was something in front of
// it, which has been skipped.
func (r *reader) beginFormat() error {
	c, ok, err := r.peek()
	if err != nil {
		return err
	}
	if !ok {
		if r.readErr != nil {
			return r.fail(r.pos, errCut)
		}
		return r.fail(r.pos, ErrEmpty)
	}
	switch {
	case c == '<':
		r.format = XML
		return r.beginXML()
	case c == '[' && isLogLine(r.s.src[r.pos:]):
	case c == '[' || c == '{' || c == '"' || r.startsWithNull():
		r.format = JSON
		return nil
	case r.skipPadding():
		r.format = JSON
		return nil
	}
	return r.skipJunk(ErrFormat)
}

// Skipped returns how many rows are there and gave no record, so far: those that could not be read, and, if
// any could, those in which everything is empty.
func (r *Reader[T]) Skipped() int {
	if g := &r.r.gone; g.given > 0 {
		return g.rows + g.blank
	}
	return r.r.gone.rows
}

// Blank returns how many of those that Skipped counts say nothing, so that nothing is lost with them.
func (r *Reader[T]) Blank() int {
	if g := &r.r.gone; g.given > 0 {
		return g.blank
	}
	return 0
}

// SkippedErrs returns what was wrong with the first of the rows that could not be read, and where they are.
func (r *Reader[T]) SkippedErrs() []*Error { return r.r.gone.errs }
