package open311

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-open311/open311/internal/listing"
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
// A server that reads the bounds in another zone is found out where its lists show it; if they do not, and
// no Dialect.QueryLocation says it, what lies within hours of a bound can be missing.
//
// One record is in memory at a time, and 11 to 16 bytes for each that was given. break ends the
// call in hand at once. The sequence can be ranged over again; it then starts anew.
func (r *RequestClient) All(ctx context.Context, q *Query, opts ...CallOption) iter.Seq2[*ServiceRequest, error] {
	return func(yield func(*ServiceRequest, error) bool) {
		c, err := r.c.withOptions(opts)
		if err != nil {
			yield(nil, err)
			return
		}
		l := newLister(ctx, c, q)
		l.give = func(sr *ServiceRequest) bool { return yield(sr, nil) }
		if err := l.run(); err != nil {
			yield(nil, err)
		}
	}
}

// Pages is [RequestClient.All] by the answer: each pair is what one call has brought that was not
// there before. Pages that bring nothing new are left out. An answer that cannot be read to its end
// comes as a page with what was read, and the error.
func (r *RequestClient) Pages(ctx context.Context, q *Query, opts ...CallOption) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		c, err := r.c.withOptions(opts)
		if err != nil {
			yield(nil, err)
			return
		}
		l := newLister(ctx, c, q)
		var page Page
		l.give = func(sr *ServiceRequest) bool { page.Requests = append(page.Requests, *sr); return true }
		l.turn = func(beside *Page, err error) bool {
			page.Total, page.Header, page.Extra = beside.Total, l.c.hide.Header(beside.Header), beside.Extra
			page.Skipped, page.SkippedErrs = beside.Skipped, beside.SkippedErrs
			full := page
			page = Page{}
			return len(full.Requests)+full.Skipped == 0 && err == nil || yield(&full, err)
		}
		if err := l.run(); err != nil {
			yield(nil, err)
		}
	}
}

// lister is one listing in progress: the engine, and the source that makes the calls for it.
type lister struct {
	*listing.Lister
	c       *conn
	ctx     context.Context
	q       Query
	params  url.Values // of every call: the query without dates, pages and what is done on this side
	keep    filter
	seed    maphash.Seed                  // of the keys of rows
	give    func(*ServiceRequest) bool    // to the caller's loop; false: it has ended
	turn    func(p *Page, err error) bool // after each call; false: the loop has ended. It may be nil
	matched map[[2]string]bool            // of which codes and statuses records came; nil where one was asked for
	beside  Page                          // what stood beside the records of the answer that was read last
}

func newLister(ctx context.Context, c *conn, q *Query) *lister {
	l := &lister{c: c, ctx: ctx, seed: maphash.MakeSeed()}
	if q != nil {
		l.q = *q
	}
	l.q.Page = 0
	if l.q.PageSize == 0 {
		l.q.PageSize = c.cfg.pageSize
	}
	d := c.dialect
	l.keep = newFilter(c, &l.q)
	l.Lister = listing.New(ctx, l, listing.Traits{
		Style: listing.Style(d.Paging.Style), First: d.Paging.First, Cap: d.Paging.Cap,
		PageSize: l.q.PageSize, Concurrency: c.cfg.concurrency,
		Span: d.Windows.Span, Quiet: d.Quiet, NoDates: d.Windows.Off,
		Page: d.sends("page"), Size: d.sends("page_size"), Offset: d.sends("offset"), End: d.sends("end_date"),
	}, &c.learned.detected)
	l.Turn = func(_ *listing.Response, err error) bool { return l.turn == nil || l.turn(&l.beside, pageError(err)) }
	return l
}

// pageError returns the errors that come with a page: those of an answer that began well.
func pageError(err error) error {
	var de *DecodeError
	if errors.As(err, &de) {
		return err
	}
	return nil
}

// run lists all there is. It returns nil when the caller's loop has ended early.
func (l *lister) run() error {
	defer l.Stop()
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
	case err == listing.ErrStop:
		return nil
	case err != nil:
		return err
	case len(l.Gaps) > 0:
		return &TruncatedError{l.gaps()}
	}
	return nil
}

// gaps returns what could not be had.
func (l *lister) gaps() []Gap {
	out := make([]Gap, len(l.Gaps))
	for i, g := range l.Gaps {
		out[i] = Gap{Start: g.Start, End: g.End, Query: g.Slice, Err: g.Err}
	}
	return out
}

// ask makes q what the calls to come ask for.
func (l *lister) ask(q *Query) error {
	l.Forget()
	d := l.c.dialect
	base := *q
	base.Start, base.End, base.Page, base.PageSize = time.Time{}, time.Time{}, 0, 0
	params, err := l.c.queryParams(&base)
	if err != nil {
		return err
	}
	if q.PageSize > 0 && d.sends("page_size") {
		params.Set(d.param("page_size"), strconv.Itoa(q.PageSize))
	}
	if name := d.Windows.MaxRows; name != "" && q.PageSize > 0 {
		params.Set(name, strconv.Itoa(q.PageSize))
	}
	l.params = params
	return nil
}

// call returns the call for a slice.
func (l *lister) call(s *listing.Slice) *call {
	d := l.c.dialect
	k := &call{op: "GET requests", method: http.MethodGet, path: l.c.path("requests")}
	k.page, k.window = pageName(s), windowName(s)
	if s.Next != "" {
		k.params, _ = url.ParseQuery(s.Next) // what cannot be read of it is left out
		return k
	}
	k.params = make(url.Values, len(l.params)+4)
	maps.Copy(k.params, l.params)
	l.c.addTime(k.params, "start_date", s.Start, false)
	l.c.addTime(k.params, "end_date", s.End, true)
	if s.Page >= 0 {
		k.params.Set(d.param("page"), strconv.Itoa(s.Page))
	}
	if s.Offset >= 0 {
		k.params.Set("offset", strconv.Itoa(s.Offset))
	}
	if s.Size > 0 {
		name := d.param("page_size")
		if s.Offset >= 0 && name == "page_size" {
			name = "limit"
		}
		k.params.Set(name, strconv.Itoa(s.Size))
	}
	maps.Copy(k.params, l.q.Params)
	k.inspect = l.c.statusCheck(k.params)
	return k
}

// pageName says for an Observer which part of a list a slice is.
func pageName(s *listing.Slice) string {
	switch {
	case s.Next != "":
		return "link"
	case s.Page >= 0:
		return "page=" + strconv.Itoa(s.Page)
	case s.Offset >= 0:
		return "offset=" + strconv.Itoa(s.Offset)
	}
	return ""
}

// windowName says for an Observer which span of time a slice asks for.
func windowName(s *listing.Slice) string {
	bound := func(t time.Time) string {
		if t.IsZero() {
			return ".."
		}
		return t.UTC().Format(time.RFC3339)
	}
	if s.Start.IsZero() && s.End.IsZero() {
		return ""
	}
	return bound(s.Start) + "/" + bound(s.End)
}

// Describe implements listing.Source: it writes a slice as the query of its call.
func (l *lister) Describe(s listing.Slice) string {
	return l.c.hide.Text(encodeQuery(l.call(&s).params))
}

// Again implements listing.Source, by the rules for retries.
func (l *lister) Again(ctx context.Context, attempt int) bool { return l.c.calls.Again(ctx, attempt) }

// Fault implements listing.Source.
func (l *lister) Fault(err error) (f listing.Fault) {
	if refusal(err) {
		f |= listing.Refused
	}
	if poisoned(err) {
		f |= listing.Poisoned
	}
	if ended(err) {
		f |= listing.NotFound
	}
	if isCut(err) {
		f |= listing.Cut
	}
	return f
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

// ended reports whether an error on a further page means that there is none: a 404, or what some
// servers send for an empty list.
func ended(err error) bool {
	return errors.Is(err, ErrNotFound) && !isCut(err)
}

// Open implements listing.Source: its records come as they are read.
func (l *lister) Open(ctx context.Context, s listing.Slice) (listing.Rows, error) {
	st, err := openStream(ctx, l.c, l.call(&s), requestTable)
	switch {
	case err != nil && l.c.isEmpty(err):
		return &loadedRows{l: l, at: -1, err: io.EOF, beside: Page{Total: -1, Header: http.Header{}}}, nil
	case err != nil:
		return nil, err
	}
	return &liveRows{l: l, s: st}, nil
}

// Load implements listing.Source: its records are all read, to be given later.
func (l *lister) Load(ctx context.Context, s listing.Slice, room int) func() (listing.Rows, error) {
	k, c := l.call(&s), l.c.unanswered()
	return func() (listing.Rows, error) {
		st, err := openStream(ctx, c, k, requestTable)
		if err != nil {
			return nil, err
		}
		r := &loadedRows{l: l, at: -1, list: make([]ServiceRequest, 0, room)}
		var points pointPool
		for err == nil {
			r.list = append(r.list, ServiceRequest{})
			next := &r.list[len(r.list)-1]
			points.lend(next)
			if err = st.next(next); err == nil {
				next.Status = l.c.status(next.Status)
			}
		}
		r.list, r.err = r.list[:len(r.list)-1], err
		r.settle = st.settled(l.c)
		st.close()
		r.beside = besideOf(st)
		return r, nil
	}
}

// besideOf returns what stood beside the records of a stream that is closed.
func besideOf(s *stream[ServiceRequest]) Page {
	h := s.header()
	return Page{Total: totalOf(s.meta, h), Header: h, Extra: s.meta, Skipped: s.skipped, SkippedErrs: s.skippedErrs}
}

// row returns what the engine sees of a record. One without id is known by all that it says.
func (l *lister) row(r *ServiceRequest) listing.Row {
	if r.ID == "" {
		return listing.Row{Key: requestTable.Hash(l.seed, r), At: r.RequestedDatetime}
	}
	return listing.Row{Key: maphash.String(l.seed, r.ID), At: r.RequestedDatetime}
}

// wants reports whether a record goes to the caller.
func (l *lister) wants(r *ServiceRequest) bool {
	if !l.keep.keeps(r) {
		return false
	}
	if l.matched != nil {
		l.noteMatch(r)
	}
	return true
}

// closed takes what stood beside the records of an answer, and returns what of it concerns the engine.
func (l *lister) closed(b Page) listing.Meta {
	l.beside = b
	clock, _ := http.ParseTime(b.Header.Get("Date"))
	return listing.Meta{Total: b.Total, Next: nextLink(b.Header), Clock: clock, Unread: errors.Join(b.SkippedErrs...)}
}

// liveRows reads the records as they come from the server. A record and its place are one piece of
// memory, which is used again if the caller does not get it.
type liveRows struct {
	l   *lister
	s   *stream[ServiceRequest]
	box *requestBox
}

func (r *liveRows) Next() (listing.Row, error) {
	if r.box == nil {
		r.box = new(requestBox)
	} else {
		*r.box = requestBox{}
	}
	next := &r.box.r
	next.Location = &r.box.p
	if err := r.s.next(next); err != nil {
		return listing.Row{}, err
	}
	next.Status = r.l.c.status(next.Status)
	return r.l.row(next), nil
}

func (r *liveRows) Give() bool {
	next := &r.box.r
	if !r.l.wants(next) {
		return true
	}
	r.box = nil // it is the caller's now
	return r.l.give(next)
}

func (r *liveRows) Close() listing.Meta {
	r.s.close()
	return r.l.closed(besideOf(r.s))
}

func (r *liveRows) Abort() { r.s.abort() }

// loadedRows are the records of an answer that was read before.
type loadedRows struct {
	l      *lister
	list   []ServiceRequest
	at     int   // of the row read last
	err    error // what the answer ended with
	beside Page
	settle func() // shows the answer to the caller; nil for none
}

func (r *loadedRows) Next() (listing.Row, error) {
	if r.at++; r.at >= len(r.list) {
		return listing.Row{}, r.err
	}
	return r.l.row(&r.list[r.at]), nil
}

func (r *loadedRows) Give() bool {
	next := &r.list[r.at]
	return !r.l.wants(next) || r.l.give(next)
}

func (r *loadedRows) Close() listing.Meta {
	if r.settle != nil {
		r.settle()
	}
	return r.l.closed(r.beside)
}

func (r *loadedRows) Abort() {}
