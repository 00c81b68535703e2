package open311

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/go-open311/open311/internal/listing"
)

// All yields every service request that the query asks for, each once, newest first where the server
// keeps that order. It makes calls as the loop goes on: by spans of time where the server heeds dates, else
// by pages. How the server does it is found out with a few calls and remembered by the client; a dialect, or
// [WithLearned], saves them.
//
// A loop that ends without an error has seen all: that has been proven by what the server answered, and not
// taken from the end of its pages or from what it says of itself. If something could not be had, or not be
// proven, the last pair is nil and a [*TruncatedError] that says what; if not even the first call succeeded,
// that call's error. A *TruncatedError that matches [ErrUnproven] means that nothing speaks for a loss. What no
// client can know is listed in [the package documentation].
//
// The query's Page is not used. PageSize is how many to ask for at a time; without it, as many as the server is
// known to give. Without Start, the listing goes back until nothing has been requested for two years
// ([Dialect.Quiet]). Both bounds are inclusive, in whole seconds. Filters that the server ignores are applied
// here, as far as a request shows what they ask for: codes, statuses, dates, updates, and areas. A request that
// does not show it is given, with a warning ([WithWarnings]). Search cannot be checked. Where nothing comes of an area,
// a known request has to come by an area around it; else all are listed, and those of the area given, with a warning.
//
// One record is in memory at a time, and 11 to 16 bytes for each that was given. break ends the
// call in hand at once. The sequence can be ranged over again; it then starts anew.
//
// [the package documentation]: https://pkg.go.dev/github.com/go-open311/open311#hdr-Listings
func (r *RequestClient) All(ctx context.Context, q *Query, opts ...CallOption) iter.Seq2[*ServiceRequest, error] {
	return func(yield func(*ServiceRequest, error) bool) {
		c, err := r.conn().withOptions(opts)
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

// AllInto is [RequestClient.All] for loops that keep no record: each request is written into the same variable, over
// the one before. That takes one allocation for the texts of many requests, where All takes two for each request.
//
// Texts and times may be kept; strings.Clone keeps one text without the memory of those around it. Location and Extra
// are used again for the next request: copy them to keep them. [WithConcurrency] saves less, since the records of answers
// that are read ahead are in memory anyway. If into is nil, the listing has a variable of its own.
func (r *RequestClient) AllInto(ctx context.Context, q *Query, into *ServiceRequest, opts ...CallOption) iter.Seq2[*ServiceRequest, error] {
	return func(yield func(*ServiceRequest, error) bool) {
		c, err := r.conn().withOptions(opts)
		if err != nil {
			yield(nil, err)
			return
		}
		dst := into
		if dst == nil {
			dst = new(ServiceRequest)
		}
		l := newLister(ctx, c, q)
		l.lend = true
		l.give = func(sr *ServiceRequest) bool { *dst = *sr; return yield(dst, nil) }
		if err := l.run(); err != nil {
			yield(nil, err)
		}
	}
}

// Pages gives what [RequestClient.All] gives, the requests of one answer at a time, without those that an earlier
// answer had. Answers with nothing new are left out. One that cannot be read to its end is a page with what was read,
// and the error.
func (r *RequestClient) Pages(ctx context.Context, q *Query, opts ...CallOption) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		c, err := r.conn().withOptions(opts)
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

// Oldest returns the time of the oldest request that the query asks for. It is the Start that a query without one needs
// before [Query.Shards] can cut it into equal parts. It makes a few calls for each year. The time is zero if there is no
// such request, or none that bears a date. The error is a [*TruncatedError] if a part of the time could not be looked at,
// else that of the call that failed.
func (r *RequestClient) Oldest(ctx context.Context, q *Query, opts ...CallOption) (time.Time, error) {
	c, err := r.conn().withOptions(opts)
	if err != nil {
		return time.Time{}, err
	}
	l := newLister(ctx, c, q)
	var oldest time.Time
	l.give = func(r *ServiceRequest) bool {
		if t := r.RequestedDatetime; !t.IsZero() && (oldest.IsZero() || t.Before(oldest)) {
			oldest = t
		}
		return true
	}
	l.seek = true
	return oldest, l.run()
}

// run lists all there is. It returns nil when the caller's loop has ended early.
func (l *lister) run() error {
	quiet := func() bool { return false }
	if l.byArea() {
		quiet = l.watch()
	}
	gaps, err := l.all(l.traits())
	if err == nil && quiet() {
		gaps, err = l.emptyArea(gaps)
	}
	switch {
	case err != nil:
		return err
	case len(gaps) > 0:
		return &TruncatedError{gaps}
	}
	return nil
}

// all lists the query, and returns what could not be had.
func (l *lister) all(told listing.Traits) ([]Gap, error) {
	if problems := l.q.problems(); len(problems) > 0 {
		return nil, &ValidationError{problems}
	}
	if len(l.q.IDs) > 0 {
		return l.byID()
	}
	engine, err := l.engine(told)
	if err != nil {
		return nil, err
	}
	run := engine.Run
	if l.seek {
		run = engine.Oldest
	}
	if err = run(l.ctx); err == nil && !l.keep.release(l.give) {
		return nil, nil
	}
	var gaps []Gap
	for _, g := range engine.Gaps() {
		gaps = append(gaps, Gap{Start: g.Start, End: g.End, Query: g.Slice, Err: g.Err})
	}
	return gaps, err
}

// engine returns the listing of the query without ids.
func (l *lister) engine(told listing.Traits) (*listing.Lister, error) {
	if err := l.prepare(); err != nil {
		return nil, err
	}
	q := listing.Query{Start: l.q.Start, End: l.q.End, Size: l.q.PageSize, Statuses: words(l.q.Statuses), Part: l.q.partly()}
	if l.c.sends("service_code") {
		q.Codes = l.q.ServiceCodes
	}
	return listing.New(l, q, told, l.c.lists), nil
}

// traits returns what the dialect tells of the server.
func (l *lister) traits() listing.Traits {
	d := l.c.dialect
	styles := map[PagingStyle]listing.Style{PagingNumbers: listing.Numbers, PagingOffset: listing.Offsets, PagingNone: listing.NoPages}
	return listing.Traits{
		Style: styles[d.Paging.Style], First: d.Paging.First, Cap: d.Paging.Cap,
		Span: d.Windows.Span, Quiet: d.Quiet, NoDates: d.Windows.Off, Whole: d.Whole, Statuses: words(d.Statuses),
		OneCode: d.oneValue("service_code"), OneStatus: d.oneValue("status"),
		NoPage: !d.sends("page"), NoOffset: !d.sends("offset"), NoSize: !d.sends("page_size") && d.Windows.MaxRows == "",
		NoStart: !d.sends("start_date"), NoEnd: !d.sends("end_date"), NoStatus: !d.sends("status"),
		Concurrency: l.c.cfg.concurrency,
	}
}

func words(statuses []Status) []string {
	var out []string
	for _, s := range statuses {
		out = append(out, string(s))
	}
	return out
}

// prepare makes the parameters that every call has.
func (l *lister) prepare() (err error) {
	base := l.q
	base.Start, base.End, base.Page, base.PageSize = time.Time{}, time.Time{}, 0, 0
	base.ServiceCodes, base.Statuses = nil, nil
	if l.everywhere {
		base.Near, base.Within = nil, nil
	}
	if l.params, err = l.c.queryParams(&base); err == nil {
		delete(l.params, l.c.param("status")) // the engine asks for what the dialect adds
	}
	return err
}

// The control of a listing by area of which nothing came. The specification has no parameters for one, and servers do not
// agree about the order of the numbers in bbox: one that reads them in another gives an empty list.

// byArea reports whether the server is asked for an area.
func (l *lister) byArea() bool {
	return (l.q.Near != nil && l.c.sends("lat") || l.q.Within != nil && l.c.sends("bbox")) && len(l.q.IDs) == 0
}

// watch looks on while the query is listed. quiet reports whether nothing was given, and the caller's loop has not ended.
func (l *lister) watch() (quiet func() bool) {
	heard, give, turn := false, l.give, l.turn
	l.give = func(r *ServiceRequest) bool { heard = true; return give(r) }
	if turn != nil {
		l.turn = func(p *Page, err error) bool {
			more := turn(p, err)
			heard = heard || !more
			return more
		}
	}
	return func() bool { return !heard }
}

// emptyArea is what becomes of a listing by area of which nothing came, and its gaps. Unless the server is seen to understand
// areas, it is not asked for one any more: all are listed, as any query is, and those of the area given.
func (l *lister) emptyArea(gaps []Gap) ([]Gap, error) {
	switch understood, err := l.understands(); {
	case err != nil && len(gaps) == 0:
		return []Gap{{Start: l.q.Start, End: l.q.End, Query: l.Describe(&listing.Slice{Page: listing.NotSent, Offset: listing.NotSent}), Err: err}}, nil
	case err != nil || understood:
		return gaps, nil
	}
	l.everywhere = true
	l.keep.warn("bbox", "the server does not show that it understands the area: all requests are asked for, and those of the area are given")
	return l.all(l.traits())
}

// understands reports whether the server understands areas: a request of a list without one comes by a small area around
// it, and none of that list lies in the area. The list is that of the query, or all that is given where that has no place. An
// error: nothing shows it.
func (l *lister) understands() (bool, error) {
	asked := l.q
	asked.Near, asked.Within = nil, nil
	page, err := l.firstOf(&asked)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(page.Requests, func(r ServiceRequest) bool { return r.Location != nil && l.keep.keeps(&r) }) {
		return false, nil
	}
	some := len(page.Requests)
	placed := placedOf(page)
	if len(placed) == 0 {
		asked = Query{PageSize: l.q.PageSize, Extensions: l.q.Extensions, Params: l.q.Params}
		if page, err = l.firstOf(&asked); err != nil {
			return false, err
		}
		placed = placedOf(page)
		some += len(page.Requests)
	}
	for _, r := range placed {
		around := asked.around(*r.Location, &l.q, placeSlack)
		if page, err = l.firstOf(&around); err != nil {
			return false, err
		}
		if slices.ContainsFunc(page.Requests, func(r ServiceRequest) bool { return around.covers(r.Location) }) {
			return true, nil
		}
	}
	if len(placed) == 0 && some > 0 {
		return false, &areaError{errors.New("no request that it gives says where it is")}
	}
	return false, nil // that an answer has nothing at all proves nothing
}

// firstOf returns the first answer to a query. The error says that nothing shows what areas mean to the server, unless no call
// can be made.
func (l *lister) firstOf(q *Query) (page *Page, err error) {
	for range 2 { // one fault says nothing
		if page, err = (&RequestClient{l.c}).List(l.ctx, q); err == nil {
			return page, nil
		}
	}
	if l.Fault(err)&listing.Fatal == 0 {
		err = &areaError{err}
	}
	return nil, err
}

// placedOf returns the first and the last request of a list that say where they are: one may have a place that stands for none.
func placedOf(page *Page) (placed []*ServiceRequest) {
	for i := range page.Requests {
		switch r := &page.Requests[i]; {
		case r.Location == nil, len(placed) > 0 && *placed[0].Location == *r.Location:
		default:
			placed = append(placed[:min(len(placed), 1)], r)
		}
	}
	return placed
}

// areaError is ErrUnproven for an area of which nothing came.
type areaError struct{ cause error }

func (e *areaError) Error() string {
	return "no request of the area has come, and nothing shows that the server understands areas (Query.Area is not left to it): " + reason(e.cause)
}

func (e *areaError) Is(target error) bool { return target == ErrUnproven }

func (e *areaError) Unwrap() error { return e.cause }
