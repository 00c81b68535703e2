package open311

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/listing"
	"github.com/go-open311/open311/internal/wire"
)

// lister is one listing in progress: the engine's source, which makes the calls.
type lister struct {
	c      *conn
	ctx    context.Context
	q      Query
	params url.Values // of every call: the query without dates, pages, values, and what is done on this side
	keep   filter
	seed   maphash.Seed                  // of the keys of rows
	give   func(*ServiceRequest) bool    // to the caller's loop; false: it has ended
	turn   func(p *Page, err error) bool // after each call; false: the loop has ended. It may be nil
	seek   bool                          // only the oldest request is looked for
	lend   bool                          // a record is the caller's only until the next one

	everywhere bool // the area of the query is not sent, see emptyArea
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
	l.keep = newFilter(ctx, c, &l.q)
	return l
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
	k.params = make(url.Values, len(l.params)+6)
	maps.Copy(k.params, l.params)
	set := func(name, value string) {
		if value != "" && d.sends(name) {
			k.params.Set(d.param(name), value)
		}
	}
	set("service_code", strings.Join(s.Codes, ","))
	set("status", strings.Join(s.Statuses, ","))
	start, end := "start_date", "end_date"
	if s.Swapped {
		start, end = end, start
	}
	l.c.addTime(k.params, start, s.Start, false)
	l.c.addTime(k.params, end, s.End, true)
	if s.Page >= 0 {
		k.params.Set(d.param("page"), strconv.Itoa(s.Page))
	}
	if s.Offset >= 0 {
		k.params.Set(d.param("offset"), strconv.Itoa(s.Offset))
	}
	l.setSize(k.params, s)
	maps.Copy(k.params, l.q.Params)
	k.inspect = l.c.statusCheck(k.params)
	return k
}

// setSize asks for a number of rows. Beside an offset it has another name, unless the dialect gives it one.
func (l *lister) setSize(params url.Values, s *listing.Slice) {
	if s.Size <= 0 {
		return
	}
	d := l.c.dialect
	size := strconv.Itoa(s.Size)
	if d.Windows.MaxRows != "" {
		params.Set(d.Windows.MaxRows, size)
	}
	name := d.param("page_size")
	if s.Offset >= 0 && name == "page_size" {
		name = "limit"
	}
	if d.sends("page_size") {
		params.Set(name, size)
	}
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
func (l *lister) Describe(s *listing.Slice) string {
	return l.c.hide.Text(encodeQuery(l.call(s).params))
}

// Again implements listing.Source, by the rules for retries.
func (l *lister) Again(ctx context.Context, attempt int) bool { return l.c.calls.Again(ctx, attempt) }

// Turn implements listing.Source. A call that was not answered with rows is none of the caller's pages: it is made
// again, or its error is that of the listing or of a gap.
func (l *lister) Turn(m listing.Meta, err error) bool {
	beside, answered := m.Own.(*Page)
	return !answered || l.turn == nil || l.turn(beside, pageError(err))
}

// Fault implements listing.Source.
func (l *lister) Fault(err error) (f listing.Fault) {
	var ae *APIError
	var de *DecodeError
	set := func(cond bool, bit listing.Fault) {
		if cond {
			f |= bit
		}
	}
	isAPI, isDecode := errors.As(err, &ae), errors.As(err, &de)
	set(isCut(err), listing.Broken)
	set(errors.Is(err, ErrNotFound) && !isCut(err), listing.NotFound)
	set(isAPI && ae.StatusCode >= 400 && ae.StatusCode < 500 && ae.StatusCode != http.StatusNotFound, listing.Refused)
	page := isDecode && errors.Is(err, wire.ErrHTML)
	set(page, listing.Foreign)
	set(isCap(err) || isAPI && ae.Attempts > 1 || page && de.formats > 1, listing.Tried)
	set(!isAPI && !isDecode || !refusal(err) && !isCut(err) || l.ctx.Err() != nil, listing.Fatal)
	return f
}

// refusal reports whether an error is the server's refusal of what it was asked, not of the caller.
func refusal(err error) bool {
	var de *DecodeError
	if ae, ok := errors.AsType[*APIError](err); ok {
		return ae.StatusCode != http.StatusUnauthorized && ae.StatusCode != http.StatusForbidden &&
			ae.StatusCode != http.StatusTooManyRequests && ae.StatusCode != http.StatusServiceUnavailable
	}
	return errors.As(err, &de) && !isCut(err)
}

// poisoned reports whether an error may come from one bad record: the server fails, or what it sends
// cannot be read. A limit on this side, or the server's on calls, is no such error.
func poisoned(err error) bool {
	if ae, ok := errors.AsType[*APIError](err); ok {
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
func (l *lister) Open(ctx context.Context, s *listing.Slice) (listing.Rows, error) {
	k := l.call(s)
	k.lend = l.lend
	st, err := openStream(ctx, l.c, k, requestTable)
	switch {
	case err != nil && l.c.isEmpty(err):
		return &loadedRows{l: l, err: io.EOF, beside: noAnswer(), absent: true}, nil
	case err != nil:
		return nil, err
	}
	return &liveRows{l: l, s: st}, nil
}

// Load implements listing.Source: its records are all read, to be given later.
func (l *lister) Load(ctx context.Context, s *listing.Slice) (listing.Rows, error) {
	c, k := l.c.unanswered(), l.call(s)
	k.keep = true
	st, err := openStream(ctx, c, k, requestTable)
	if err != nil {
		return nil, err
	}
	r := &loadedRows{l: l}
	for {
		box := new(requestBox)
		box.r.Location = &box.p
		if r.err = st.next(&box.r); r.err != nil {
			break
		}
		box.r.Status = l.c.status(box.r.Status)
		r.list = append(r.list, box)
	}
	r.settle = st.settled(l.c)
	st.close()
	r.beside, r.blank = besideOf(st), st.blank
	return r, nil
}

// row returns what the engine sees of a record. One without id is known by all that it says.
func (l *lister) row(r *ServiceRequest) listing.Row {
	row := listing.Row{At: listing.Second(r.RequestedDatetime), Updated: listing.Second(r.UpdatedDatetime), Fits: l.keep.keeps(r), State: meaning(r.Status),
		Code: -1, Status: -1}
	if len(l.q.ServiceCodes) > 0 {
		row.Code = int32(codeIndex(l.q.ServiceCodes, r.ServiceCode))
	}
	if len(l.q.Statuses) > 0 {
		row.Status = int32(slices.IndexFunc(l.q.Statuses, r.Status.Is))
	}
	if r.ID == "" {
		row.Key = requestTable.Hash(l.seed, r)
	} else {
		row.Key = maphash.String(l.seed, r.ID)
	}
	return row
}

// metaOf returns what of the things beside the records concerns the engine. blank is how many of the rows that were
// skipped say nothing.
func metaOf(b *Page, blank int) listing.Meta {
	clock, _ := http.ParseTime(b.Header.Get("Date"))
	return listing.Meta{Total: b.Total, Next: nextLink(b.Extra, b.Header), Clock: clock, Skipped: b.Skipped - blank, Null: blank, Skip: errors.Join(b.SkippedErrs...), Own: b}
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
	if r.l.lend && r.l.keep.certain(next) {
		return r.l.give(next)
	}
	r.box = nil // it is the caller's now, or waits for the end of the listing
	if r.l.lend {
		next.Extra = next.Extra.clone()
	}
	return r.l.keep.offer(next, r.l.give)
}

func (r *liveRows) Close() listing.Meta {
	r.s.close()
	return metaOf(besideOf(r.s), r.s.blank)
}

func (r *liveRows) Abort() { r.s.abort() }

// loadedRows are the records of an answer that was read before. Each is a piece of memory of its own, and let go once it
// has been read: who keeps one of them keeps no others.
type loadedRows struct {
	l      *lister
	list   []*requestBox // those that are still to be read
	next   *requestBox   // the one read last
	err    error         // what the answer ended with
	beside *Page
	absent bool   // a 404 stands for it
	blank  int    // of the rows that were skipped, those that say nothing
	settle func() // shows the answer to the caller; nil for none
}

func (r *loadedRows) Next() (listing.Row, error) {
	if len(r.list) == 0 {
		r.next = nil
		return listing.Row{}, r.err
	}
	r.next, r.list[0] = r.list[0], nil
	r.list = r.list[1:]
	return r.l.row(&r.next.r), nil
}

func (r *loadedRows) Give() bool { return r.l.keep.offer(&r.next.r, r.l.give) }

func (r *loadedRows) Close() listing.Meta {
	if r.settle != nil {
		r.settle()
	}
	m := metaOf(r.beside, r.blank)
	m.Absent = r.absent
	return m
}

func (r *loadedRows) Abort() {}

// pageError returns the errors that come with a page: those of an answer that began well.
func pageError(err error) error {
	if _, ok := errors.AsType[*DecodeError](err); ok {
		return err
	}
	return nil
}

// besideOf returns what stood beside the records of a stream that is closed.
func besideOf(s *stream[ServiceRequest]) *Page {
	h := s.header()
	return &Page{Total: totalOf(s.meta, h), Header: h, Extra: s.meta, Skipped: s.skipped, SkippedErrs: s.skippedErrs}
}

// noAnswer stands for what is beside the records of a call that brought none.
func noAnswer() *Page { return &Page{Total: -1, Header: http.Header{}} }
