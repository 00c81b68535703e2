package open311

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/feed"
	"github.com/go-open311/open311/internal/listing"
	"github.com/go-open311/open311/internal/wire"
)

// feedLists is the server as a feed asks it: [feed.Lists] over the listing.
type feedLists struct {
	c     *conn // of the loop in hand
	q     Query // without the parts that are checked on this side
	scope scope
	most  int   // the most rows that one call has brought
	sizes sizes // of the listing in hand
}

// sizes says of a listing how many rows its answers have brought.
type sizes struct{ largest, full int } // and how many answers had as many as the largest

func (s *sizes) note(rows int) {
	switch {
	case rows > s.largest:
		s.largest, s.full = rows, 1
	case rows == s.largest:
		s.full++
	}
}

// most returns the most rows that one call brings, which was believed to be before: two answers of one length are
// pages, and say that it is less.
func (s *sizes) most(before int) int {
	if s.largest > before || s.full > 1 && s.largest > 0 {
		return s.largest
	}
	return before
}

func newFeedLists(c *conn, q *Query) *feedLists {
	l := &feedLists{c: c, q: *q, scope: newScope(q)}
	if !c.knowsArea("bbox") {
		l.q.Within = nil
	}
	if !c.knowsArea("lat", "long", "radius") {
		l.q.Near = nil
	}
	l.q.Statuses = nil
	if c.oneValue("status") {
		l.q.Statuses = c.states(q) // for a call each
	}
	return l
}

// each makes of every query one for each value that a filter has.
func each[T any](queries []Query, filter func(*Query) *[]T) (out []Query) {
	for _, q := range queries {
		values := *filter(&q)
		if len(values) < 2 {
			out = append(out, q)
			continue
		}
		for i := range values {
			one := q
			*filter(&one) = values[i : i+1 : i+1]
			out = append(out, one)
		}
	}
	return out
}

// idsPerCall returns how many ids the server may be asked for at once.
func (l *feedLists) idsPerCall() int {
	if l.c.oneValue("service_request_id") {
		return 1
	}
	return idChunk
}

// sighting says what a feed has to know of a request.
func (l *feedLists) sighting(r *ServiceRequest) feed.Sighting {
	s := sighting(r)
	s.Inside = l.scope.has(r)
	return s
}

// Requested implements [feed.Lists].
func (l *feedLists) Requested(ctx context.Context, ask feed.Ask, see func(feed.Sighting) bool) (a feed.Answer, err error) {
	q := l.query(ask.State)
	q.Start = ask.From
	ls := l.lister(ctx, &q, &a, see)
	told := l.traits(ls, ask)
	gaps, err := ls.all(told)
	l.most = l.sizes.most(l.most)
	a.Short = a.Calls == 1 && l.sizes.largest <= told.Short
	unproven := func(g Gap) bool { return g.Err == listing.ErrUnproven } // a feed takes it for what there is
	a.Unproven = slices.ContainsFunc(gaps, unproven)
	a.Gaps = feedGaps(slices.DeleteFunc(gaps, unproven))
	if l.c.isEmpty(err) {
		err = nil
	}
	a.Complete = err == nil && len(a.Gaps) == 0
	return a, err
}

// query returns what is asked of every list; of those that are of one state, too.
func (l *feedLists) query(state feed.State) Query {
	q := l.q
	switch state {
	case feed.OpenOnly:
		q.Statuses = []Status{StatusOpen}
	case feed.ClosedOnly:
		q.Statuses = []Status{StatusClosed}
	}
	return q
}

// Updated implements [feed.Lists].
func (l *feedLists) Updated(ctx context.Context, ask feed.Ask, see func(feed.Sighting) bool) (a feed.Answer, err error) {
	q := l.query(ask.State)
	q.UpdatedAfter = ask.From
	queries := []Query{q}
	if l.c.oneValue("service_code") {
		queries = each(queries, func(q *Query) *[]string { return &q.ServiceCodes })
	}
	if l.c.oneValue("status") {
		queries = each(queries, func(q *Query) *[]Status { return &q.Statuses })
	}
	useful := true
	var empty error // that there is no such list
	for i := range queries {
		rows := 0
		ls := l.lister(ctx, &queries[i], &a, func(s feed.Sighting) bool { rows++; useful = see(s) && useful; return useful })
		told := l.traits(ls, ask)
		told.NoDates, told.Brief = true, true
		calls := a.Calls
		gaps, err := ls.all(told)
		a.Short = a.Short || a.Calls == calls+1 && l.sizes.largest <= told.Short
		for _, g := range gaps {
			if listing.Uncertain(g.Err) {
				a.Cut = a.Cut || rows >= l.most
				continue
			}
			a.Gaps = append(a.Gaps, feedGaps([]Gap{g})...)
		}
		l.most = l.sizes.most(l.most)
		switch {
		case !useful:
			return a, nil
		case err != nil && ended(err):
			empty = err
		case err != nil && ctx.Err() == nil && refusal(err) && !poisoned(err):
			return a, err
		case err != nil && poisoned(err) && ctx.Err() == nil:
			a.Gaps = append(a.Gaps, feed.Gap{Query: "updated_after", Err: err})
		case err != nil:
			return a, err
		}
	}
	if empty != nil && !a.Answered && !l.c.isEmpty(empty) {
		return a, empty
	}
	return a, nil
}

// Probe implements [feed.Lists].
func (l *feedLists) Probe(ctx context.Context, after time.Time) (rows int, a feed.Answer, err error) {
	q := l.q
	if len(q.Statuses) > 1 {
		q.Statuses = q.Statuses[:1] // they are there for a call each
	}
	q.UpdatedAfter = after
	q.PageSize = 1
	if l.q.PageSize == 0 && l.c.cfg.pageSize == 0 {
		q.PageSize = 0
	}
	params, err := l.c.queryParams(&q)
	if err != nil {
		return 0, a, err
	}
	k := &call{op: "GET requests", method: http.MethodGet, path: l.c.path("requests"), params: params}
	list, s, err := collect(ctx, l.c, k, requestTable, nil)
	if err == nil {
		a.Answered, a.Clock, rows = true, serverClock(s.header()), len(list)
	}
	if l.c.isEmpty(err) {
		err = nil
	}
	return rows, a, err
}

// ByID implements [feed.Lists].
func (l *feedLists) ByID(ctx context.Context, ids []string, see func(feed.Sighting) bool) error {
	ls := newLister(ctx, l.c, &Query{Extensions: l.q.Extensions, Params: l.q.Params})
	ls.give = func(r *ServiceRequest) bool { return see(l.sighting(r)) }
	_, err := ls.idList(ctx, ids)
	return err
}

// One implements [feed.Lists].
func (l *feedLists) One(ctx context.Context, id string) (feed.Sighting, error) {
	r, err := getRequest(ctx, l.c, id)
	if err != nil {
		return feed.Sighting{}, err
	}
	r.ID = id
	s := l.sighting(r)
	s.Single = true
	return s, nil
}

// lister returns a listing whose rows are given to see, and what is beside them to a.
func (l *feedLists) lister(ctx context.Context, q *Query, a *feed.Answer, see func(feed.Sighting) bool) *lister {
	l.sizes = sizes{}
	ls := newLister(ctx, l.c, q)
	asked := Query{ServiceCodes: q.ServiceCodes, Start: q.Start, End: q.End}
	ls.keep = newFilter(ctx, l.c, &asked) // what leaves a state, or was not updated, has to be seen: it shows what the server heeds
	rows := 0
	ls.give = func(r *ServiceRequest) bool { rows++; return see(l.sighting(r)) }
	ls.turn = func(beside *Page, err error) bool {
		l.sizes.note(rows)
		rows = 0
		if t := serverClock(beside.Header); t.After(a.Clock) {
			a.Clock = t
		}
		a.Answered = a.Answered || err == nil
		a.Calls++
		return true
	}
	return ls
}

// traits is what a listing of a feed is told. Where no proof is asked for, a page ends it that has fewer than ten rows, or
// at most half as many as the server is known to give at once; or fewer than that, if what is missing does not matter.
func (l *feedLists) traits(ls *lister, ask feed.Ask) listing.Traits {
	told := ls.traits()
	if ask.Mixed && ask.State == feed.AnyState && len(ls.q.Statuses) == 0 && len(told.Statuses) > 1 && !told.OneStatus && !told.NoStatus {
		told.NoStatus = true // all in one, without a look at each
		ls.q.Params = maps.Clone(ls.q.Params)
		if ls.q.Params == nil {
			ls.q.Params = url.Values{}
		}
		ls.q.Params.Set(l.c.param("status"), strings.Join(told.Statuses, ","))
	}
	if ask.Proof == feed.Strict {
		return told
	}
	short := func(rows int) int { return rows / 2 }
	if ask.Proof == feed.Loose {
		short = func(rows int) int { return rows - 1 }
	}
	told.Short = max(shortPage, short(l.most))
	if size := ls.q.PageSize; size > 0 {
		told.Short = min(told.Short, short(size))
	}
	return told
}

// shortPage is how many rows a page has at the most that is taken for the last one whatever the server's cap is.
const shortPage = 9

// serverClock returns the time of an answer by the server's clock; zero if it does not say.
func serverClock(h http.Header) time.Time {
	t, _ := http.ParseTime(h.Get("Date"))
	return t
}

// Fault implements [feed.Lists].
func (l *feedLists) Fault(err error) (f feed.Fault) {
	set := func(cond bool, bit feed.Fault) {
		if cond {
			f |= bit
		}
	}
	var ae *APIError
	var de *DecodeError
	// A page that stands in for the service says nothing of the record.
	set(errors.As(err, &de) && de.Path != "" && !errors.Is(err, wire.ErrHTML) && !isCut(err) && !isCap(err), feed.Unreadable)
	set(refusal(err), feed.Refused)
	set(poisoned(err), feed.Poisoned)
	set(errors.Is(err, ErrNotFound), feed.Absent)
	set(!errors.As(err, &ae) || len(ae.Faults) > 0, feed.Stated)
	return f
}

// Recall implements [feed.Lists]: it tells the client how the server pages, if it has not found out itself.
func (l *feedLists) Recall(h feed.Habits) {
	l.most = h.Most
	e := listing.Evidence{How: "an earlier process has found it out"}
	var b listing.Belief
	if style := listing.Style(h.Paging); style == listing.Numbers || style == listing.Offsets {
		b.Paging = &listing.Paging{Evidence: e, Style: style, First: h.First}
	}
	l.c.lists.Recall(b)
}

// Habits implements [feed.Lists].
func (l *feedLists) Habits() feed.Habits {
	style, first := l.c.lists.Paging()
	return feed.Habits{Most: l.most, Paging: uint8(style), First: first}
}

// gaps returns gaps in their public form.
func (l *feedLists) gaps(list []feed.Gap) []Gap {
	out := make([]Gap, len(list))
	for i, g := range list {
		if g.ID != "" {
			g.Query = "service_request_id=" + l.c.hide.Text(g.ID)
		}
		out[i] = Gap{Start: g.Start, End: g.End, Query: g.Query, Err: g.Err}
	}
	return out
}

func feedGaps(gaps []Gap) []feed.Gap {
	out := make([]feed.Gap, len(gaps))
	for i, g := range gaps {
		out[i] = feed.Gap{Start: g.Start, End: g.End, Query: g.Query, Err: g.Err}
	}
	return out
}

// scope is what a feed is about, as far as it can be checked on this side.
type scope struct{ q Query }

func newScope(q *Query) scope { return scope{*q} }

// has reports whether r is what the query asks for, its state apart: one that leaves a state has to be seen to
// leave it. A request that does not say where it is lies in no area.
func (s *scope) has(r *ServiceRequest) bool {
	code := strings.TrimSpace(r.ServiceCode) == "" || len(s.q.ServiceCodes) == 0 || codeIndex(s.q.ServiceCodes, r.ServiceCode) >= 0
	return code && inSpan(r.RequestedDatetime, s.q.Start, s.q.End) && s.q.covers(r.Location)
}

// scopeOf identifies an endpoint and what is asked of it. It is a hash: neither addresses nor parameters
// are to be found in a checkpoint. The scheme does not count, nor do the states that are asked for.
func scopeOf(c *conn, q *Query) string {
	h := sha256.New()
	sorted := func(list []string) []string { list = slices.Clone(list); slices.Sort(list); return list }
	fmt.Fprintf(h, "%q %q %q %q %q %q", strings.ToLower(c.endpoint.Host), c.endpoint.Path, c.cfg.jurisdiction,
		sorted(q.ServiceCodes), sorted(q.IDs), q.Search)
	fmt.Fprintf(h, " %s %s %q", formatBound(q.Start), formatBound(q.End), q.Params.Encode())
	if q.Near != nil {
		fmt.Fprintf(h, " near %v", *q.Near)
	}
	if q.Within != nil {
		fmt.Fprintf(h, " within %v", *q.Within)
	}
	if q.Area != nil {
		fmt.Fprint(h, " area") // which one only its own code can tell
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
