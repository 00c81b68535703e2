package open311

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// All yields every service request that the query asks for, each once, newest first where the server
// keeps that order. It makes calls as the loop goes on: by pages if the server has them, else by
// spans of time that get shorter where a list is cut. How the server does it is found out with a few
// calls and remembered by the client; a dialect saves them.
//
// If something could not be had, the last pair is nil and a *[TruncatedError] that says what; if not
// even the first call succeeded, that call's error. A loop that ends without an error has seen all.
//
// The query's Page is not used, PageSize is how many to ask for at a time. Without Start, the listing
// goes back until nothing has been requested for two years (Dialect.Quiet). Filters that the server
// ignores are applied here, as are both bounds, which are inclusive in whole seconds.
//
// One record is in memory at a time, and 11 to 16 bytes for each that was given. break ends the
// call in hand at once. The sequence can be ranged over again; it then starts anew.
func (r *RequestClient) All(ctx context.Context, q *Query) iter.Seq2[*ServiceRequest, error] {
	return func(yield func(*ServiceRequest, error) bool) {
		l := newLister(ctx, r.c, q)
		l.give = func(sr *ServiceRequest) bool { return yield(sr, nil) }
		if err := l.run(); err != nil {
			yield(nil, err)
		}
	}
}

// Pages is [RequestClient.All] by the answer: each pair is what one call has brought that was not
// there before. Pages that bring nothing new are left out. An answer that cannot be read to its end
// comes as a page with what was read, and the error.
func (r *RequestClient) Pages(ctx context.Context, q *Query) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		l := newLister(ctx, r.c, q)
		var page Page
		l.give = func(sr *ServiceRequest) bool { page.Requests = append(page.Requests, *sr); return true }
		l.turn = func(res *result, err error) bool {
			page.Total, page.Header, page.Extra = res.total, l.c.hide.Header(res.header), res.meta
			full := page
			page = Page{}
			return len(full.Requests) == 0 && err == nil || yield(&full, err)
		}
		if err := l.run(); err != nil {
			yield(nil, err)
		}
	}
}

// maxIdleCalls is after how many calls in a row without anything new a listing gives up, whatever the
// server says. A listing that looks for older requests makes a few dozen of them at the most.
const maxIdleCalls = 1000

var errNoProgress = errors.New("many calls in a row have brought nothing new")

// errStop ends a listing because the caller's loop has ended.
var errStop = errors.New("stopped")

// lister is one listing in progress.
type lister struct {
	c      *Client
	ctx    context.Context
	q      Query
	params url.Values // of every call: the query without dates, pages and what is done on this side
	keep   filter
	enough func(*result) bool // whether an answer is taken for the last one of its list; may be nil
	seen   *seenSet
	here   answerSet                         // what the answer in hand has given
	give   func(*ServiceRequest) bool        // to the caller's loop; false: it has ended
	turn   func(res *result, err error) bool // after each call, for Pages; may be nil
	had    map[[2]string]bool                // of which codes and statuses records came; nil where one was asked for
	gaps   []Gap
	calls  int       // how many calls have succeeded
	idle   int       // how many of them in a row have brought nothing new
	oldest time.Time // the oldest request that was given
	most   int       // the most rows that one call has brought, and how often that was
	often  int
	ahead  *prefetcher // reads pages before their turn; nil if that was not asked for
	good   *piece      // the last one that has worked
	// failures counts windows that the server has failed for since it answered for one.
	failures int
}

func newLister(ctx context.Context, c *Client, q *Query) *lister {
	l := &lister{c: c, ctx: ctx, seen: newSeenSet()}
	if q != nil {
		l.q = *q
	}
	l.q.Page = 0
	if l.q.PageSize == 0 {
		l.q.PageSize = c.cfg.pageSize
	}
	l.keep = newFilter(&l.q, &c.cfg.dialect)
	if c.cfg.concurrency > 1 {
		l.ahead = newPrefetcher(l, c.cfg.concurrency)
	}
	return l
}

// run lists all there is. It returns nil when the caller's loop has ended early.
func (l *lister) run() error {
	defer l.ahead.stop()
	if problems := l.q.problems(); len(problems) > 0 {
		return &ValidationError{problems}
	}
	var err error
	if len(l.q.IDs) > 0 {
		err = l.byID()
	} else {
		err = l.byValues()
	}
	switch {
	case err == errStop:
		return nil
	case err != nil:
		return err
	case len(l.gaps) > 0:
		return &TruncatedError{l.gaps}
	}
	return nil
}

// byValues lists the query, once for each value of the filters that take one value a call.
func (l *lister) byValues() error {
	queries := []Query{l.q}
	d := &l.c.cfg.dialect
	if d.oneValue("service_code") {
		queries = eachCode(queries)
	}
	if d.oneValue("status") {
		for i := range queries {
			queries[i].Statuses = d.states(&queries[i])
		}
		queries = eachStatus(queries)
	}
	for i := range queries {
		if err := l.list(&queries[i]); err != nil {
			if i == 0 && l.calls == 0 {
				return err
			}
			if fatal := l.gap(err, queries[i].Start, queries[i].End, ""); fatal != nil {
				return fatal
			}
		}
	}
	return nil
}

func eachCode(queries []Query) (out []Query) {
	for _, q := range queries {
		if len(q.ServiceCodes) < 2 {
			out = append(out, q)
			continue
		}
		for _, code := range q.ServiceCodes {
			one := q
			one.ServiceCodes = []string{code}
			out = append(out, one)
		}
	}
	return out
}

func eachStatus(queries []Query) (out []Query) {
	for _, q := range queries {
		if len(q.Statuses) < 2 {
			out = append(out, q)
			continue
		}
		for _, s := range q.Statuses {
			one := q
			one.Statuses = []Status{s}
			out = append(out, one)
		}
	}
	return out
}

// list lists one query whose filters the server understands. A list of values that it refuses, that makes
// nothing match, or of which it looks at one only, is taken apart.
func (l *lister) list(q *Query) error {
	params, err := l.listParams(q)
	if err != nil {
		return err
	}
	l.params = params
	several := len(q.ServiceCodes) > 1 || len(q.Statuses) > 1
	if several {
		l.had = map[[2]string]bool{}
		defer func() { l.had = nil }()
	}
	before := l.calls
	err = l.walk(q)
	if !several || err == errStop || l.ctx.Err() != nil {
		return err
	}
	refused := err != nil && l.calls == before && refusal(err)
	nothing := err == nil && l.seen.count == 0 && len(l.gaps) == 0
	if err != nil && !refused {
		return err
	}
	parts := eachStatus(eachCode([]Query{*q}))
	if !refused && !nothing {
		parts = l.unheard(q, parts)
	}
	// FixMyStreet fails for two states, and finds nothing for two codes; uReport takes the first of several.
	for _, one := range parts {
		if l.params, err = l.listParams(&one); err != nil {
			return err
		}
		if err = l.walk(&one); err != nil {
			return err
		}
		if nothing && l.seen.count == 0 && len(q.Statuses) < 2 {
			return nil // nothing for the first code alone either: there is nothing
		}
	}
	return nil
}

// unheard returns those parts of a query of which nothing has come, if the server seems to have looked at
// one of several values only.
func (l *lister) unheard(q *Query, parts []Query) []Query {
	codes, states := map[string]bool{}, map[string]bool{}
	for had := range l.had {
		codes[had[0]], states[had[1]] = true, true
	}
	if !(len(q.ServiceCodes) > 1 && len(codes) == 1) && !(len(q.Statuses) > 1 && len(states) == 1) {
		return nil
	}
	return slices.DeleteFunc(parts, func(one Query) bool { return l.had[valuesOf(&one)] })
}

// valuesOf returns the code and the status of a query that has one of each at the most.
func valuesOf(q *Query) (values [2]string) {
	if len(q.ServiceCodes) > 0 {
		values[0] = q.ServiceCodes[0]
	}
	if len(q.Statuses) > 0 {
		values[1] = string(q.Statuses[0])
	}
	return values
}

// hear notes of which of the values that were asked for a record is.
func (l *lister) hear(r *ServiceRequest) {
	var values [2]string
	if len(l.q.ServiceCodes) > 0 {
		if values[0] = r.ServiceCode; values[0] == "" {
			return // it does not say
		}
	}
	if len(l.q.Statuses) > 0 {
		i := slices.IndexFunc(l.q.Statuses, r.Status.Is)
		if i < 0 {
			return
		}
		values[1] = string(l.q.Statuses[i])
	}
	l.had[values] = true
}

// refusal reports whether an error is the server's refusal of what it was asked, not of the caller.
func refusal(err error) bool {
	var ae *APIError
	var de *DecodeError
	if errors.As(err, &ae) {
		return ae.StatusCode != http.StatusUnauthorized && ae.StatusCode != http.StatusForbidden &&
			ae.StatusCode != http.StatusTooManyRequests && ae.StatusCode != http.StatusServiceUnavailable
	}
	return errors.As(err, &de) && !isCut(err)
}

// listParams returns the parameters of every call of a listing.
func (l *lister) listParams(q *Query) (url.Values, error) {
	base := *q
	base.Start, base.End, base.Page, base.PageSize = time.Time{}, time.Time{}, 0, 0
	params, err := l.c.queryParams(&base)
	if err != nil {
		return nil, err
	}
	if q.PageSize > 0 && l.c.accepts("page_size") {
		params.Set(l.c.cfg.dialect.param("page_size"), itoa(q.PageSize))
	}
	if name := l.c.cfg.dialect.Windows.MaxRows; name != "" && q.PageSize > 0 {
		params.Set(name, itoa(q.PageSize))
	}
	return params, nil
}

// gap notes that something could not be had. An error after which asking on makes no sense is
// returned: the rest is a gap too, and the caller ends the listing.
func (l *lister) gap(err error, start, end time.Time, query string) error {
	if err == errStop || l.ctx.Err() != nil {
		return err
	}
	l.gaps = append(l.gaps, Gap{Start: start, End: end, Query: query, Err: err})
	return nil
}

// result is what one call has brought.
type result struct {
	rows, fresh    int       // different rows in the answer; those of them that were not known before
	sent           int       // all rows in it: some servers give one several times
	known          bool      // the first row was known before
	oldest, newest time.Time // of their requested_datetime; zero if none has one
	outside        int       // rows that do not lie in the span that was asked for
	falling        bool      // sorted newest first
	rising         bool      // sorted oldest first
	total          int       // how many there are in all, if the server says so; else -1
	next           *url.URL  // where the server says the next page is
	header         http.Header
	meta           Extra
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
		if !l.here.add(key, fresh) {
			continue
		}
		res.note(r, p)
		if !fresh {
			continue
		}
		res.fresh++
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
	res.header, res.meta = rows.close()
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
	close() (http.Header, Extra)
	abort()
}

// liveRows reads the records as they come from the server. A record and its place are one piece of
// memory, which is used again if the caller does not get it.
type liveRows struct {
	s   *stream[ServiceRequest]
	c   *Client
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

func (l *liveRows) close() (http.Header, Extra) {
	l.s.close()
	return l.s.a.resp.Header, l.s.meta
}

func (l *liveRows) abort() { l.s.abort() }
