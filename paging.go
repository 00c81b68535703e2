package open311

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// piece is one call of a listing: a span of time, and which part of it.
type piece struct {
	start, end time.Time // sent as they are; zero: not sent
	page       int       // page number; -1: not sent
	offset     int       // rows to skip; -1: not sent
	size       int       // rows to ask for; 0: the query's own
	next       *url.URL  // the address that the server gave for it
}

func span(start, end time.Time) piece { return piece{start: start, end: end, page: -1, offset: -1} }

// call returns the call for a piece.
func (l *lister) call(p *piece) *call {
	d := &l.c.cfg.dialect
	k := &call{op: "GET requests", method: http.MethodGet, path: []string{d.path("requests")}}
	if p.next != nil {
		k.params = p.next.Query()
		return k
	}
	k.params = make(url.Values, len(l.params)+4)
	maps.Copy(k.params, l.params)
	l.c.addTime(k.params, "start_date", p.start, false)
	l.c.addTime(k.params, "end_date", p.end, true)
	if p.page >= 0 {
		k.params.Set(d.param("page"), itoa(p.page))
	}
	if p.offset >= 0 {
		k.params.Set("offset", itoa(p.offset))
	}
	if p.size > 0 {
		name := d.param("page_size")
		if p.offset >= 0 && name == "page_size" {
			name = "limit"
		}
		k.params.Set(name, itoa(p.size))
	}
	maps.Copy(k.params, l.q.Params)
	return k
}

func itoa(n int) string { return strconv.Itoa(n) }

// query describes a piece for a Gap.
func (l *lister) query(p *piece) string {
	return l.c.hide.Text(encodeQuery(l.call(p).params))
}

// accepts reports whether the dialect lets a parameter be sent.
func (c *conn) accepts(name string) bool {
	d := &c.cfg.dialect
	if d.Accepts == nil {
		return true
	}
	for _, a := range d.Accepts {
		if a == name {
			return true
		}
	}
	return false
}

// nextLink returns where the server says the next page is: Link with rel=next (RFC 8288), or
// X-Next-Page-URL (Helsinki). Only its parameters are used, so another host is of no consequence; a
// link without any is none.
func (c *conn) nextLink(h http.Header) *url.URL {
	candidates := []string{h.Get("X-Next-Page-URL")}
	for _, value := range h.Values("Link") {
		for part := range strings.SplitSeq(value, ",") {
			target, attrs, ok := strings.Cut(part, ";")
			attrs = strings.ToLower(strings.ReplaceAll(attrs, " ", ""))
			if ok && (strings.Contains(attrs, `rel="next"`) || strings.Contains(attrs, "rel=next")) {
				candidates = append(candidates, strings.Trim(strings.TrimSpace(target), "<>"))
			}
		}
	}
	for _, text := range candidates {
		if u, err := url.Parse(strings.TrimSpace(text)); err == nil && u.RawQuery != "" {
			return u
		}
	}
	return nil
}

// extent is what has been had of a span of time.
type extent struct {
	result       // of all its calls together
	calls  int   //
	paged  bool  // pages work, and have been followed to their end: nothing of the span is missing
	uneven bool  // not sorted newest first
	broken error // the server fails for it
	lost   error // why its further pages could not be had, when dates may bring what they hold
	page   int   // rows of its first answer
	tail   int   // how many answers in a row held only what has arrived meanwhile
}

// add adds what a call has brought, and reports whether it got on: there was something new, other than what
// has arrived meanwhile, or something older than before, or newer if that is how the list goes.
func (e *extent) add(res *result) bool {
	onward := res.fresh > res.late ||
		!e.oldest.IsZero() && !res.oldest.IsZero() && res.oldest.Before(e.oldest) ||
		e.uneven && res.newest.After(e.newest)
	if e.calls == 0 {
		e.result, e.page = *res, res.rows
	} else {
		e.rows += res.rows
		e.fresh += res.fresh
		e.sent = max(e.sent, res.sent)
		e.outside += res.outside
		if e.oldest.IsZero() || !res.oldest.IsZero() && res.oldest.Before(e.oldest) {
			e.oldest = res.oldest
		}
		if res.newest.After(e.newest) {
			e.newest = res.newest
		}
	}
	e.calls++
	e.uneven = e.uneven || !res.falling
	return onward
}

// exhaust asks for a span of time and then for its further pages, as far as there are any.
func (l *lister) exhaust(start, end time.Time) (*extent, error) {
	e := &extent{}
	p := span(start, end)
	l.top, l.head = time.Time{}, 0
	res, err := l.fetch(&p)
	if err != nil && poisoned(err) && l.ctx.Err() == nil {
		if again := l.poison(e, p, err); again != errAgain {
			return e, again
		}
		if res, err = l.fetch(&p); res != nil {
			res.fresh += e.fresh
		}
	}
	if err != nil {
		return e, err
	}
	e.add(res)
	if l.last(res) {
		e.paged = true
		return e, nil
	}
	if res.falling || res.rising {
		if l.top = l.began; res.falling && !res.rising || res.newest.After(l.top) {
			l.top = res.newest
		}
	}
	if res.next != nil {
		return e, l.follow(e, &p, res)
	}
	style, first := l.c.cfg.dialect.Paging.Style, l.c.cfg.dialect.Paging.First
	if style == PagingAuto {
		style, first = l.c.learned.habits.paging()
	}
	switch style {
	case PagingNumbers:
		return e, l.pages(e, p, first+1)
	case PagingOffset:
		return e, l.offsets(e, p, res.rows)
	case PagingNone:
		return e, nil
	}
	return e, l.discover(e, p)
}

// last reports whether nothing can come behind an answer.
func (l *lister) last(res *result) bool {
	if res.rows == 0 {
		return true
	}
	return l.enough != nil && l.enough(res)
}

// caughtUp reports whether a list that has the oldest first has been followed to what arrives meanwhile:
// where each call brings another newcomer it would have no end.
func (l *lister) caughtUp(e *extent, res *result) bool {
	if !e.uneven || !res.oldest.After(l.began) {
		e.tail = 0
		return false
	}
	e.tail++
	return res.rows < e.page || e.tail > 2
}

// follow goes from page to page by the addresses that the server gives.
func (l *lister) follow(e *extent, p *piece, res *result) error {
	visited := map[string]bool{}
	idle := 0
	for res.next != nil {
		address := res.next.RawQuery
		if visited[address] {
			break // in a circle
		}
		visited[address] = true
		next := piece{start: p.start, end: p.end, page: -1, offset: -1, next: res.next}
		var err error
		if res, err = l.fetch(&next); err != nil {
			if err == errStop || !poisoned(err) || l.ctx.Err() != nil {
				return l.pageGap(&next, err)
			}
			e.lost = err // where the page behind it is, only this one could tell; maybe dates can
			return nil
		}
		if idle++; e.add(res) {
			idle = 0
		}
		if res.rows == 0 || idle > maxIdle {
			break
		}
	}
	e.paged = true
	return nil
}

// maxIdle is after how many pages in a row without anything new a listing takes it that the server
// repeats itself. One is not enough: while a listing goes on new requests push the others down, and a
// page may then hold what the one before held.
const maxIdle = 2

// pages asks for page n and those behind it.
func (l *lister) pages(e *extent, p piece, n int) error {
	p.page = n
	return l.steadily(e, p, func(q *piece) { q.page-- }, l.pagesOn)
}

func (l *lister) pagesOn(e *extent, p piece) error {
	idle, given, full := 0, 0, true
	for ; ; p.page++ {
		if full { // behind a short page there is hardly another
			l.ahead.want(p, func(q *piece) { q.page++ })
		}
		res, err := l.fetch(&p)
		if err != nil {
			if ended(err) {
				break
			}
			if err := l.badPage(e, p, given, err); err != nil {
				return err
			}
			if idle++; idle > maxIdle {
				return nil
			}
			continue
		}
		if idle++; e.add(res) {
			idle = 0
		}
		full, given = res.rows >= e.page, max(given, res.rows)
		if l.last(res) || l.caughtUp(e, res) || idle >= maxIdle || res.total > res.rows && e.fresh >= res.total {
			break
		}
	}
	e.paged = true
	return nil
}

// offsets asks for what lies behind the first skip rows.
func (l *lister) offsets(e *extent, p piece, skip int) error {
	p.offset = skip
	if e.page > 0 || p.size == 0 {
		p.size = l.first(e)
	}
	return l.steadily(e, p, func(q *piece) { q.offset = max(0, q.offset-q.size) }, l.offsetsOn)
}

func (l *lister) offsetsOn(e *extent, p piece) error {
	idle, given, full := 0, 0, true
	for {
		if full {
			l.ahead.want(p, func(q *piece) { q.offset += q.size })
		}
		res, err := l.fetch(&p)
		if err != nil {
			if ended(err) {
				break
			}
			if err := l.badPage(e, p, given, err); err != nil {
				return err
			}
			p.offset += p.size
			if idle++; idle > maxIdle {
				return nil
			}
			continue
		}
		if idle++; e.add(res) {
			idle = 0
		}
		full, given = res.rows >= p.size, max(given, res.rows)
		if l.last(res) || l.caughtUp(e, res) || idle >= maxIdle {
			break
		}
		if res.fresh > res.late {
			p.offset += res.fresh // a row that came twice takes no place in the list
		} else {
			p.offset += res.rows
		}
	}
	e.paged = true
	return nil
}

// ended reports whether an error on a further page means that there is none: a 404, or what some
// servers send for an empty list.
func ended(err error) bool {
	return errors.Is(err, ErrNotFound) && !isCut(err)
}

// first returns how many rows the first list of a span had.
func (l *lister) first(e *extent) int { return max(1, e.page) }

// pageGap notes a page that could not be had, when the listing cannot go on from there.
func (l *lister) pageGap(p *piece, err error) error {
	if fatal := l.gap(err, p.start, p.end, l.query(p)); fatal != nil {
		return fatal
	}
	return errGap
}

// errGap ends a span whose rest has been noted as a gap.
var errGap = errors.New("gap noted")
