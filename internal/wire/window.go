package wire

import (
	"bytes"
	"errors"
	"io"
)

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
