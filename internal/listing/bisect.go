package listing

import (
	"errors"
	"fmt"
	"time"
)

// badPage deals with a page that makes the server fail: it is taken apart until the bad record is
// alone. given is the most rows that a page has had. It returns nil if the listing can go on with the next
// page.
func (l *Lister) badPage(e *extent, s Slice, given int, err error) error {
	if err == ErrStop || !l.is(err, Poisoned) || l.ctx.Err() != nil {
		return l.pageGap(&s, err)
	}
	if !l.alive() {
		return l.pageGap(&s, fmt.Errorf("and what lies behind it: %w", err))
	}
	size := s.Size
	if size == 0 {
		size = max(l.traits.PageSize, l.first(e))
	}
	if given > 0 && given < size {
		size = given // it gives less than was asked for, and counts its pages by that
	}
	from := s.Offset
	if s.Offset < 0 {
		_, first := l.paging()
		from = (s.Page - first) * size
	}
	_, err = l.takeApart(e, s, from, size, err)
	return err
}

// alive asks once more for what has worked before: it tells a bad record from a server that is down,
// which is not to be asked for every record one by one.
func (l *Lister) alive() bool {
	if l.good == nil {
		return false
	}
	_, err := l.Fetch(*l.good)
	return err == nil
}

// takeApart asks for the rows from..from+size of s's list piece by piece, since all of them at once make
// the server fail with cause. It reports whether anything could be had.
func (l *Lister) takeApart(e *extent, s Slice, from, size int, cause error) (got bool, err error) {
	n := &bisection{cause: cause, s: s}
	got, err = l.bisect(e, n, from, size, cause, 0)
	if err == nil && !n.exact && !n.noted && (got || !n.single) {
		// No piece had the size that was asked for, so the server may not look at it: then empty pieces
		// lie behind the end of the list, and prove nothing.
		err = l.NoteGap(cause, s.Start, s.End, l.source.Describe(s))
	}
	return got, err
}

// bisection is a page being taken apart.
type bisection struct {
	cause  error
	s      Slice
	exact  bool // a piece had just the rows that were asked for
	short  bool // a piece had less than the rows that were asked for: the list ends there
	single bool // a single row has been noted as a gap
	noted  bool // that the page cannot be taken apart has been noted as a gap
	failed int  // how many of its pieces have failed
}

// maxFailures is how often a server may fail for the pieces of one page, or for windows in a row.
const maxFailures = 100

// bisect asks for the rows from..from+size in halves, and those in halves again where the server
// fails. It reports whether anything could be had.
func (l *Lister) bisect(e *extent, n *bisection, from, size int, cause error, depth int) (got bool, err error) {
	s := n.s
	if size <= 1 || depth > 12 {
		n.single = true
		return false, l.NoteGap(cause, s.Start, s.End, l.source.Describe(l.part(s, from, max(size, 1))))
	}
	half := size / 2
	for half > 1 && (size%half != 0 || from%half != 0) {
		half-- // page numbers reach only multiples of the size
	}
	for at := from; at < from+size; at += half {
		part := l.part(s, at, half)
		res, err := l.Fetch(part)
		switch {
		case err == nil && (res.Rows > half || n.short && res.Rows > 0):
			// It does not look at the size, or gives less than was asked for and counts the pages by that: the bad
			// page cannot be taken apart.
			if n.noted {
				return true, nil
			}
			n.noted = true
			return true, l.NoteGap(n.cause, s.Start, s.End, l.source.Describe(s))
		case err == nil:
			got = true
			n.exact = n.exact || res.Rows == half
			n.short = n.short || 0 < res.Rows && res.Rows < half
			e.add(res)
		case l.is(err, NotFound):
			return got, nil
		case !l.is(err, Poisoned) || l.ctx.Err() != nil:
			return got, l.NoteGap(err, s.Start, s.End, l.source.Describe(part))
		default:
			if n.failed++; n.failed > maxFailures {
				if n.noted {
					return got, nil
				}
				n.noted = true
				return got, l.NoteGap(n.cause, s.Start, s.End, l.source.Describe(s)) // enough of it
			}
			more, err := l.bisect(e, n, at, half, err, depth+1)
			if err != nil {
				return got, err
			}
			got = got || more
		}
	}
	return got, nil
}

// part returns the piece with the rows from..from+size of s's list.
func (l *Lister) part(s Slice, from, size int) Slice {
	s.Size = size
	if s.Offset >= 0 {
		s.Offset = from
		return s
	}
	_, first := l.paging()
	s.Page = first + from/size
	return s
}

// errAgain says that what failed is to be asked for once more.
var errAgain = errors.New("ask again")

// poison deals with a span whose first answer makes the server fail. Where pages work they narrow it
// down; else e.broken tells the caller to divide the time. When not a single call has succeeded yet, one
// is made for a single request: it tells a bad record from a server that is down.
func (l *Lister) poison(e *extent, s Slice, cause error) error {
	style, first := l.paging()
	if l.calls == 0 {
		if !l.traits.Page || !l.traits.Size {
			return l.older(e, s, cause)
		}
		s.Page, s.Size = 1, 1
		res, err := l.Fetch(s)
		if err == ErrStop {
			return err
		}
		if err != nil && !l.is(err, Poisoned) {
			return cause
		}
		if err == nil && res.Rows != 1 {
			e.fresh = res.fresh
			return errAgain // it does not look at the size, and was only unwell the first time
		}
		failed := err != nil
		if failed { // the newest request itself may be the bad one
			s.Page = 2
			if res, err = l.Fetch(s); err != nil || res.Rows != 1 {
				s.Page, s.Size = -1, 0
				return l.older(e, s, cause)
			}
		}
		if style, first = l.paging(); style != Numbers {
			s.Page = 0
			if style, first = Numbers, 1; l.hasPageZero(e, s, failed) {
				first = 0
			}
			l.detected.Learn(style, first)
		}
		s.Page, s.Size = -1, 0
	}
	size := max(l.traits.PageSize, l.Most)
	if size <= 1 {
		size = 64
	}
	switch style {
	case Numbers:
		s.Page = first
	case Offset:
		s.Offset = 0
	default:
		e.broken = cause
		return nil
	}
	got, err := l.takeApart(e, s, 0, size, cause)
	switch {
	case err != nil:
		return err
	case !got:
		e.paged = true // nothing of it can be had, and the gap is noted
		return nil
	}
	s.Size = size
	if style == Offset {
		return l.offsets(e, s, size)
	}
	return l.pages(e, s, first+1)
}

// hasPageZero reports whether s, which is page 0, is another one than page 1: it holds another request, or
// makes the server fail as its bad record does. If page 1 has failed too, they are one.
func (l *Lister) hasPageZero(e *extent, s Slice, failed bool) bool {
	res, err := l.Fetch(s)
	if err != nil {
		return l.is(err, Poisoned) && !failed
	}
	e.fresh += res.fresh
	return res.Rows == 1 && res.fresh == 1
}

// older asks for what is older than a day, when not a single call has succeeded yet. If the server can
// give that, only something new makes it fail, and the time is to be divided.
func (l *Lister) older(e *extent, s Slice, cause error) error {
	if l.traits.NoDates || !l.traits.End {
		return cause
	}
	day := time.Now()
	if !s.End.IsZero() {
		day = s.End
	}
	if s.End = day.Add(-24 * time.Hour); s.Start.After(s.End) {
		return cause
	}
	res, err := l.Fetch(s)
	switch {
	case err == ErrStop:
		return err
	case err != nil || res.Rows == 0:
		return cause
	}
	e.fresh, e.broken = res.fresh, cause
	return nil
}
