package wire

import (
	"bytes"
	"errors"
	"io"
)

// window is the part of a document that is in memory, and where in the document it stands.
type window struct {
	s   scan // reads from the part of buf that is filled
	buf []byte
	position
}

// position is what a window shows, and forgets with its document.
type position struct {
	src     io.Reader
	max     int64 // how many bytes the document may have
	left    int64 // how many of them may still come
	pos     int   // where the next thing to be read starts in buf
	base    int64 // offset of buf[0] in the document
	readErr error // what src ended with, if not io.EOF

	format Format
	index  int // of the record being read
}

// more reads more of the document into the window, keeping what stands from pos on. Afterwards there
// are at least want bytes from pos on, or the document is at its end.
func (w *window) more(want int) error {
	have := copy(w.buf, w.s.src[w.pos:])
	w.base += int64(w.pos)
	w.pos = 0
	idle := 0
	for !w.s.eof && (have < want || idle > 0) {
		if have == len(w.buf) {
			if have >= maxRecord {
				w.s.src = w.buf[:have]
				return w.fail(0, ErrRecord)
			}
			// No larger than what may still come, and one byte to see that it is not the end; nor than a record.
			w.buf = append(make([]byte, 0, have+int(min(int64(have), w.left+1, int64(maxRecord-have)))), w.buf...)
			w.buf = w.buf[:cap(w.buf)]
		}
		n, err := w.src.Read(w.buf[have:])
		have += n
		w.left -= int64(n)
		if n == 0 && err == nil {
			if idle++; idle < 100 {
				continue
			}
			err = io.ErrNoProgress
		}
		idle = 0
		if w.left < 0 {
			w.s.src = w.buf[:have]
			return w.fail(have, &SizeError{Max: w.max})
		}
		if err != nil {
			w.s.eof = true
			if err != io.EOF {
				w.readErr = err
			}
		}
	}
	w.s.src = w.buf[:have]
	return nil
}

// again enlarges the window for a record that did not fit. The record doubles at least, so that
// starting it over costs no more than reading it once.
func (w *window) again() error {
	return w.more(2*(len(w.s.src)-w.pos) + 1)
}

// peek returns the next byte that is not white space, and moves to it; false at the end.
func (w *window) peek() (byte, bool, error) {
	for {
		b := w.s.src
		for w.pos < len(b) {
			if c := b[w.pos]; c > ' ' {
				return c, true, nil
			}
			w.pos++
		}
		if w.s.eof {
			return 0, false, nil
		}
		if err := w.more(1); err != nil {
			return 0, false, err
		}
	}
}

// fail makes an error of what is wrong at src[at].
func (w *window) fail(at int, err error) error {
	e := &Error{Format: w.format, Path: string(w.recordPath(nil)), Offset: w.base + int64(at), Err: err}
	e.Snippet = w.snippet(at)
	if se, ok := errors.AsType[*syntaxError](err); ok {
		e.Offset = w.base + int64(se.at)
		e.Snippet = w.snippet(se.at)
	}
	switch err {
	case errCut:
		e.Err, e.Cut = ErrCut, true
		if w.readErr != nil {
			e.Err = w.readErr
			var unknown *EncodingError
			e.Cut = !errors.As(w.readErr, &unknown)
		}
	case errDeep:
		e.Err = ErrDepth
	case errMany:
		e.Err = ErrValues
		if w.s.most < maxNodes {
			e.Err = &SizeError{Max: w.max, InMemory: true}
		}
	case ErrHTML:
		e.Format = Unknown
	}
	return e
}

// snippet returns what stands at src[at], without secrets.
func (w *window) snippet(at int) string {
	at = max(0, min(at, len(w.s.src)))
	b := w.s.src[at:min(len(w.s.src), at+1024)]
	if w.s.hide != nil {
		// Half a secret is not recognised: look for one that begins before at and goes on behind it.
		before := w.s.src[max(0, at-128):at]
		whole := w.s.hide(append(append([]byte(nil), before...), b...))
		if apart := w.s.hide(before); bytes.HasPrefix(whole, apart) && len(apart) <= len(whole) {
			b = whole[len(apart):]
		} else {
			b = w.s.hide(whole[min(len(whole), len(before)):])
		}
	}
	return Snippet(b, 0)
}

// recordPath appends where the record being read stands: service_requests[12].
func (w *window) recordPath(dst []byte) []byte {
	d := w.s.dict.table
	dst = append(dst, d.root...)
	if d.item != "" {
		dst = appendIndex(dst, w.index)
	}
	return dst
}
