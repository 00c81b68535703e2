package open311

import (
	"context"
	"errors"
	"iter"
	"net/url"
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
		l.turn = func(res *result, err error) bool {
			page.Total, page.Header, page.Extra = res.total, l.c.hide.Header(res.header), res.meta
			page.Skipped, page.SkippedErrs = res.skipped, res.unread
			full := page
			page = Page{}
			return len(full.Requests)+full.Skipped == 0 && err == nil || yield(&full, err)
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
	c      *conn
	ctx    context.Context
	q      Query
	params url.Values // of every call: the query without dates, pages and what is done on this side
	keep   filter
	enough func(*result) bool // whether an answer is taken for the last one of its list; may be nil
	seen   *seenSet
	here   answerSet                         // what the answer in hand has given
	began  time.Time                         // when the listing began
	top    time.Time                         // what is newer has arrived since the span in hand was begun
	head   uint64                            // the key of the row that the span in hand began with; 0 before its first answer
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

func newLister(ctx context.Context, c *conn, q *Query) *lister {
	l := &lister{c: c, ctx: ctx, seen: newSeenSet(), began: time.Now()}
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
