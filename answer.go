package open311

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

// result is what one call has brought.
type result struct {
	rows, fresh    int       // different rows in the answer; those of them that were not known before
	late           int       // those of the fresh ones that have arrived since the list began
	sent           int       // all rows in it: some servers give one several times
	known          bool      // the first row was known before
	head           bool      // the row that the span's first answer began with is in it
	oldest, newest time.Time // of their requested_datetime; zero if none has one
	outside        int       // rows that do not lie in the span that was asked for
	falling        bool      // sorted newest first
	rising         bool      // sorted oldest first
	total          int       // how many there are in all, if the server says so; else -1
	next           *url.URL  // where the server says the next page is
	header         http.Header
	meta           Extra
	skipped        int     // rows that are there and could not be read
	unread         []error // why the first of them could not
	last           time.Time
}

func (res *result) note(r *ServiceRequest, p *piece) {
	res.rows++
	t := r.RequestedDatetime
	if t.IsZero() {
		return
	}
	if !res.last.IsZero() {
		res.falling = res.falling && !t.After(res.last)
		res.rising = res.rising && !t.Before(res.last)
	}
	res.last = t
	if res.oldest.IsZero() || t.Before(res.oldest) {
		res.oldest = t
	}
	if t.After(res.newest) {
		res.newest = t
	}
	// A day's grace: some servers read dates in their own time zone, or without the time of day.
	if !p.start.IsZero() && t.Before(p.start.Add(-26*time.Hour)) || !p.end.IsZero() && t.After(p.end.Add(26*time.Hour)) {
		res.outside++
	}
}

// fetch makes the call for a piece and gives its records to the caller. It returns errStop when the
// caller has had enough. An answer that breaks off is asked for again; what came through counts.
func (l *lister) fetch(p *piece) (*result, error) {
	if l.idle > maxIdleCalls {
		return nil, l.pageGap(p, errNoProgress)
	}
	fresh, known := 0, true // in the attempts that broke off
	for attempt := 1; ; attempt++ {
		res, err := l.fetchOnce(p)
		if res != nil {
			res.fresh += fresh
			res.known = res.known && known
			fresh, known = res.fresh, res.known || res.sent == 0
		}
		if err == nil {
			l.calls++
			if l.idle++; res.fresh > 0 {
				l.idle = 0
			}
			if res.rows > 0 && p.next == nil {
				worked := *p
				l.good = &worked
			}
			if res.rows > l.most {
				l.most, l.often = res.rows, 0
			}
			if res.rows == l.most && res.fresh > 0 {
				l.often++
			}
		}
		again := isCut(err) && l.ctx.Err() == nil && l.c.calls.Again(l.ctx, attempt)
		if !again && l.turn != nil && err != errStop && res != nil && !l.turn(res, pageError(err)) {
			return res, errStop
		}
		if !again {
			return res, err
		}
	}
}

// pageError returns the errors that come with a page: those of an answer that began well.
func pageError(err error) error {
	var de *DecodeError
	if errors.As(err, &de) {
		return err
	}
	return nil
}

func (l *lister) fetchOnce(p *piece) (*result, error) {
	var rows rows
	if page := l.ahead.take(p); page != nil {
		if err := page.await(); err != nil {
			return nil, err
		}
		rows = page
	} else {
		s, err := openStream(l.ctx, l.c, l.call(p), requestTable)
		if err != nil && l.c.cfg.dialect.NotFoundIsEmpty && errors.Is(err, ErrNotFound) {
			return &result{total: -1, falling: true, rising: true, header: http.Header{}}, nil
		}
		if err != nil {
			return nil, err
		}
		rows = &liveRows{s: s, c: l.c}
	}
	res := &result{total: -1, falling: true, rising: true}
	var err error
	l.here.reset()
	for err == nil {
		var r *ServiceRequest
		if r, err = rows.next(); err != nil {
			break
		}
		res.sent++
		key := l.seen.key(r)
		fresh := l.seen.add(key)
		res.known = res.known || res.sent == 1 && !fresh
		if l.head == 0 {
			l.head = key
		}
		res.head = res.head || key == l.head
		if !l.here.add(key, fresh) {
			continue
		}
		res.note(r, p)
		if !fresh {
			continue
		}
		res.fresh++
		if !l.top.IsZero() && r.RequestedDatetime.After(l.top) {
			res.late++
		}
		if !l.keep.keeps(r) {
			continue
		}
		if t := r.RequestedDatetime; !t.IsZero() && (l.oldest.IsZero() || t.Before(l.oldest)) {
			l.oldest = t
		}
		if l.had != nil {
			l.hear(r)
		}
		rows.given()
		if !l.give(r) {
			rows.abort()
			return res, errStop
		}
	}
	res.header, res.meta, res.skipped, res.unread = rows.close()
	if len(res.unread) > 0 && err == io.EOF {
		if fatal := l.gap(errors.Join(res.unread...), p.start, p.end, l.query(p)); fatal != nil {
			return res, fatal
		}
	}
	res.total = totalOf(res.meta, res.header)
	res.next = l.c.nextLink(res.header)
	if err != io.EOF {
		return res, err
	}
	return res, nil
}

// rows gives the records of one answer.
type rows interface {
	next() (*ServiceRequest, error)
	given() // the record given last is the caller's now
	close() (h http.Header, meta Extra, skipped int, unread []error)
	abort()
}

// liveRows reads the records as they come from the server. A record and its place are one piece of
// memory, which is used again if the caller does not get it.
type liveRows struct {
	s   *stream[ServiceRequest]
	c   *conn
	box *requestBox
}

type requestBox struct {
	r ServiceRequest
	p Point
}

func (l *liveRows) next() (*ServiceRequest, error) {
	if l.box == nil {
		l.box = new(requestBox)
	} else {
		*l.box = requestBox{}
	}
	l.box.r.Location = &l.box.p
	if err := l.s.next(&l.box.r); err != nil {
		return nil, err
	}
	l.c.mapStatus(&l.box.r)
	return &l.box.r, nil
}

func (l *liveRows) given() { l.box = nil }

func (l *liveRows) close() (http.Header, Extra, int, []error) {
	l.s.close()
	return l.s.a.resp.Header, l.s.meta, l.s.skipped, l.s.skippedErrs
}

func (l *liveRows) abort() { l.s.abort() }
