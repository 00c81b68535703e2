package open311

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// poisoned reports whether an error may come from one bad record: the server fails, or what it sends
// cannot be read. A limit on this side, or the server's on calls, is no such error.
func poisoned(err error) bool {
	var ae *APIError
	if errors.As(err, &ae) {
		return ae.StatusCode >= 500 && ae.StatusCode != http.StatusServiceUnavailable || ae.StatusCode < 300
	}
	var de *DecodeError
	return errors.As(err, &de)
}

// badPage deals with a page that makes the server fail: it is taken apart until the bad record is
// alone. given is the most rows that a page has had. It returns nil if the listing can go on with the next
// page.
func (l *lister) badPage(e *extent, p piece, given int, err error) error {
	if err == errStop || !poisoned(err) || l.ctx.Err() != nil {
		return l.pageGap(&p, err)
	}
	if !l.alive() {
		return l.pageGap(&p, fmt.Errorf("and what lies behind it: %w", err))
	}
	size := p.size
	if size == 0 {
		size = max(l.q.PageSize, l.first(e))
	}
	if given > 0 && given < size {
		size = given // it gives less than was asked for, and counts its pages by that
	}
	from := p.offset
	if p.offset < 0 {
		_, first := l.numbering()
		from = (p.page - first) * size
	}
	_, narrowErr := l.takeApart(e, p, from, size, err)
	return narrowErr
}

// alive asks once more for what has worked before: it tells a bad record from a server that is down,
// which is not to be asked for every record one by one.
func (l *lister) alive() bool {
	if l.good == nil {
		return false
	}
	_, err := l.fetch(l.good)
	return err == nil
}

// numbering returns how pages are counted.
func (l *lister) numbering() (PagingStyle, int) {
	if d := l.c.cfg.dialect.Paging; d.Style != PagingAuto {
		return d.Style, d.First
	}
	return l.c.learned.habits.paging()
}

// takeApart asks for the rows from..from+size of p's list piece by piece, since all of them at once make
// the server fail with cause. It reports whether anything could be had.
func (l *lister) takeApart(e *extent, p piece, from, size int, cause error) (got bool, err error) {
	n := &narrowing{cause: cause, p: p}
	got, err = l.narrow(e, n, from, size, cause, 0)
	if err == nil && !n.exact && !n.noted && (got || !n.single) {
		// No piece had the size that was asked for, so the server may not look at it: then empty pieces
		// lie behind the end of the list, and prove nothing.
		err = l.gap(cause, p.start, p.end, l.query(&p))
	}
	return got, err
}

// narrowing is a page being taken apart.
type narrowing struct {
	cause  error
	p      piece
	exact  bool // a piece had just the rows that were asked for
	short  bool // a piece had less than the rows that were asked for: the list ends there
	single bool // a single row has been noted as a gap
	noted  bool // that the page cannot be taken apart has been noted as a gap
	failed int  // how many of its pieces have failed
}

// maxFailures is how often a server may fail for the pieces of one page, or for windows in a row.
const maxFailures = 100

// narrow asks for the rows from..from+size in halves, and those in halves again where the server
// fails. It reports whether anything could be had.
func (l *lister) narrow(e *extent, n *narrowing, from, size int, cause error, depth int) (got bool, err error) {
	p := n.p
	if size <= 1 || depth > 12 {
		n.single = true
		return false, l.gap(cause, p.start, p.end, l.query(l.part(p, from, max(size, 1))))
	}
	half := size / 2
	for half > 1 && (size%half != 0 || from%half != 0) {
		half-- // page numbers reach only multiples of the size
	}
	for at := from; at < from+size; at += half {
		part := l.part(p, at, half)
		res, err := l.fetch(part)
		switch {
		case err == nil && (res.rows > half || n.short && res.rows > 0):
			// It does not look at the size, or gives less than was asked for and counts the pages by that: the bad
			// page cannot be taken apart.
			if n.noted {
				return true, nil
			}
			n.noted = true
			return true, l.gap(n.cause, p.start, p.end, l.query(&p))
		case err == nil:
			got = true
			n.exact = n.exact || res.rows == half
			n.short = n.short || 0 < res.rows && res.rows < half
			e.add(res)
		case ended(err):
			return got, nil
		case !poisoned(err) || l.ctx.Err() != nil:
			return got, l.gap(err, p.start, p.end, l.query(part))
		default:
			if n.failed++; n.failed > maxFailures {
				if n.noted {
					return got, nil
				}
				n.noted = true
				return got, l.gap(n.cause, p.start, p.end, l.query(&p)) // enough of it
			}
			more, err := l.narrow(e, n, at, half, err, depth+1)
			if err != nil {
				return got, err
			}
			got = got || more
		}
	}
	return got, nil
}

// part returns the piece with the rows from..from+size of p's list.
func (l *lister) part(p piece, from, size int) *piece {
	p.size = size
	if p.offset >= 0 {
		p.offset = from
		return &p
	}
	_, first := l.numbering()
	p.page = first + from/size
	return &p
}

// errAgain says that what failed is to be asked for once more.
var errAgain = errors.New("ask again")

// poison deals with a span whose first answer makes the server fail. Where pages work they narrow it
// down; else e.broken tells the caller to divide the time. When not a single call has succeeded yet, one
// is made for a single request: it tells a bad record from a server that is down.
func (l *lister) poison(e *extent, p piece, cause error) error {
	style, first := l.numbering()
	if l.calls == 0 {
		if !l.c.accepts("page") || !l.c.accepts("page_size") {
			return l.older(e, p, cause)
		}
		p.page, p.size = 1, 1
		res, err := l.fetch(&p)
		if err == errStop {
			return err
		}
		if err != nil && !poisoned(err) {
			return cause
		}
		if err == nil && res.rows != 1 {
			e.fresh = res.fresh
			return errAgain // it does not look at the size, and was only unwell the first time
		}
		failed := err != nil
		if failed { // the newest request itself may be the bad one
			p.page = 2
			if res, err = l.fetch(&p); err != nil || res.rows != 1 {
				p.page, p.size = -1, 0
				return l.older(e, p, cause)
			}
		}
		if style, first = l.numbering(); style != PagingNumbers {
			p.page = 0
			if style, first = PagingNumbers, 1; l.hasPageZero(e, p, failed) {
				first = 0
			}
			l.c.learned.habits.learn(style, first)
		}
		p.page, p.size = -1, 0
	}
	size := max(l.q.PageSize, l.most)
	if size <= 1 {
		size = 64
	}
	switch style {
	case PagingNumbers:
		p.page = first
	case PagingOffset:
		p.offset = 0
	default:
		e.broken = cause
		return nil
	}
	got, err := l.takeApart(e, p, 0, size, cause)
	switch {
	case err != nil:
		return err
	case !got:
		e.paged = true // nothing of it can be had, and the gap is noted
		return nil
	}
	p.size = size
	if style == PagingOffset {
		return l.offsets(e, p, size)
	}
	return l.pages(e, p, first+1)
}

// hasPageZero reports whether p, which is page 0, is another one than page 1: it holds another request, or
// makes the server fail as its bad record does. If page 1 has failed too, they are one.
func (l *lister) hasPageZero(e *extent, p piece, failed bool) bool {
	res, err := l.fetch(&p)
	if err != nil {
		return poisoned(err) && !failed
	}
	e.fresh += res.fresh
	return res.rows == 1 && res.fresh == 1
}

// older asks for what is older than a day, when not a single call has succeeded yet. If the server can
// give that, only something new makes it fail, and the time is to be divided.
func (l *lister) older(e *extent, p piece, cause error) error {
	if l.c.cfg.dialect.Windows.Off || !l.c.cfg.dialect.sends("end_date") {
		return cause
	}
	day := time.Now()
	if !p.end.IsZero() {
		day = p.end
	}
	if p.end = day.Add(-24 * time.Hour); p.start.After(p.end) {
		return cause
	}
	res, err := l.fetch(&p)
	switch {
	case err == errStop:
		return err
	case err != nil || res.rows == 0:
		return cause
	}
	e.fresh, e.broken = res.fresh, cause
	return nil
}
