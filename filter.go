package open311

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/listing"
)

// filter is the part of a query that is checked on this side, since many servers ignore parts of it. A request is
// dropped only if what it shows contradicts the query, and the server was seen to ignore that part: a request
// far from what was asked for shows it. One that is near, such as a word for its state that may mean what was
// asked for, is in doubt until the listing ends.
type filter struct {
	ctx     context.Context
	c       *conn
	q       *Query
	checks  []check   // of what the query asks for
	ignored parts     // parts of the query that the server was seen to ignore
	doubted []doubted // requests that wait for the end of the listing,
	kept    int64     // and how many bytes they take
	warned  map[string]bool
}

// parts is a set of the parts of a query.
type parts uint8

const (
	ofCode parts = 1 << iota
	ofStatus
	ofUpdate
	ofPlace
)

const (
	// updateSlack is by how much a time of update may lie outside of what was asked for without showing that it
	// is ignored: servers read it in other zones.
	updateSlack = 26 * time.Hour
	// placeSlack is the same for places, in metres: servers blur them, and measure in other ways.
	placeSlack = 1000
)

func newFilter(ctx context.Context, c *conn, q *Query) filter {
	f := filter{ctx: ctx, c: c, q: q}
	if !c.sends("status") {
		f.ignored |= ofStatus
	}
	if !c.sends("updated_after") {
		f.ignored |= ofUpdate
	}
	for _, k := range checks {
		if k.asked(q) {
			f.checks = append(f.checks, k)
		}
	}
	return f
}

// check compares a request with a part of a query.
type check struct {
	part  parts
	asked func(*Query) bool
	of    func(*filter, *ServiceRequest) verdict
}

var checks = [...]check{
	{ofCode, func(q *Query) bool { return len(q.ServiceCodes) > 0 }, (*filter).code},
	{ofStatus, func(q *Query) bool { return len(q.Statuses) > 0 }, (*filter).status},
	{ofUpdate, func(q *Query) bool { return !q.UpdatedAfter.IsZero() || !q.UpdatedBefore.IsZero() }, (*filter).update},
	{ofPlace, func(q *Query) bool { return q.Near != nil || q.Within != nil || q.Area != nil }, (*filter).place},
}

// judge compares a request with the query. doubt has the parts that it fits only if the server heeds them.
func (f *filter) judge(r *ServiceRequest) (fits bool, doubt parts) {
	for _, check := range f.checks {
		switch check.of(f, r) {
		case contradicts:
			f.ignored |= check.part
			return false, 0
		case inDoubt:
			if doubt |= check.part; f.ignored&check.part != 0 {
				return false, 0
			}
		}
	}
	return inSpan(r.RequestedDatetime, f.q.Start, f.q.End), doubt
}

// keeps reports whether a request fits the query by what is known now.
func (f *filter) keeps(r *ServiceRequest) bool { fits, _ := f.judge(r); return fits }

// verdict is how a request and a part of the query go together.
type verdict uint8

const (
	fit verdict = iota
	inDoubt
	contradicts // so clearly that the server cannot have looked at it
)

func (f *filter) code(r *ServiceRequest) verdict {
	switch {
	case codeIndex(f.q.ServiceCodes, r.ServiceCode) >= 0:
		return fit
	case strings.TrimSpace(r.ServiceCode) == "":
		f.warn("service_code", "a request without one is given, though the query asks for some")
		return fit
	}
	return contradicts
}

// codeIndex returns which of some codes a request shows; -1: none.
func codeIndex(codes []string, code string) int {
	return slices.IndexFunc(codes, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), strings.TrimSpace(code)) })
}

func (f *filter) status(r *ServiceRequest) verdict {
	asked := f.q.Statuses
	if slices.ContainsFunc(asked, r.Status.Is) {
		return fit
	}
	state := meaning(r.Status)
	switch {
	case r.Status == "":
		f.warn("status", "a request without one is given, though the query asks for some")
		return fit
	case state == listing.Unsaid:
		f.warn("status", string(r.Status)+" may or may not be a state that the query asks for; Dialect.StatusWords can say what it means")
		return fit
	case slices.ContainsFunc(asked, func(s Status) bool { return meaning(s) == state }):
		return fit
	case r.Status.Is(StatusOpen) || r.Status.Is(StatusClosed):
		return contradicts
	}
	return inDoubt // it is the server's own word
}

func (f *filter) update(r *ServiceRequest) verdict {
	after, before := f.q.UpdatedAfter, f.q.UpdatedBefore
	t := r.UpdatedDatetime
	switch {
	case t.IsZero():
		f.warn("updated_datetime", "a request without one is given, though the query asks for a span of it")
		return fit
	case inSpan(t, after, before):
		return fit
	case !after.IsZero() && t.Before(after.Add(-updateSlack)), !before.IsZero() && t.After(before.Add(updateSlack)):
		return contradicts
	}
	return inDoubt
}

func (f *filter) place(r *ServiceRequest) verdict {
	q := f.q
	switch {
	case r.Location == nil:
		f.warn("lat", "a request without a place is given, though the query asks for an area")
		return fit
	case q.covers(r.Location):
		return fit
	case q.Area != nil && !q.Area.Contains(*r.Location): // that is nobody's but ours
		return contradicts
	case q.Near != nil && distance(q.Near.Center, *r.Location) > q.Near.Radius+placeSlack, q.Within != nil && q.Within.distance(*r.Location) > placeSlack:
		return contradicts
	}
	return inDoubt
}

// warn says once of a listing that something could not be checked.
func (f *filter) warn(field, detail string) {
	if f.c.cfg.warnings == nil || f.warned[detail] {
		return
	}
	if f.warned == nil {
		f.warned = map[string]bool{}
	}
	f.warned[detail] = true
	f.c.cfg.warnings(f.ctx, Warning{Op: "GET requests", URL: f.c.hide.URLOf(f.c.endpoint), Path: field, Kind: WarnValue, Detail: f.c.hide.Text(detail)})
}

// meaning returns what is known of a word for a state.
func meaning(s Status) listing.State {
	switch word, closed := stateWord(string(s)); {
	case closed:
		return listing.Closed
	case meansOpen(word):
		return listing.Open
	}
	return listing.Unsaid
}

// meansOpen reports whether a word is what servers say for open: mySociety's extended states, SeeClickFix, CitySDK, social-torch.
func meansOpen(word string) bool {
	switch word {
	case "open", "new", "accepted", "acknowledged", "received", "submitted",
		"reported", "confirmed", "assigned", "inprogress", "inprocess", "pending", "planned",
		"scheduled", "actionscheduled", "investigating", "underreview", "inreview", "reopened", "started":
		return true
	}
	return false
}

// doubted is a request that waits for the end of the listing.
type doubted struct {
	r     *ServiceRequest
	parts parts
}

// maxDoubted is how many requests wait at the most. A server that gives more of them without once giving one that
// contradicts the query does look at it.
const maxDoubted = 1000

// certain reports whether a request that fits is given at once.
func (f *filter) certain(r *ServiceRequest) bool { _, doubt := f.judge(r); return doubt == 0 }

// offer gives a request that fits, or keeps it back while that is in doubt.
func (f *filter) offer(r *ServiceRequest, give func(*ServiceRequest) bool) bool {
	if len(f.checks) == 0 {
		return give(r)
	}
	_, doubt := f.judge(r)
	if doubt == 0 || len(f.doubted) >= maxDoubted || f.kept > f.c.cfg.maxResponse {
		return give(r)
	}
	f.doubted = append(f.doubted, doubted{r, doubt})
	f.kept += int64(r.size())
	return true
}

// release gives the requests that were kept back, unless the server was seen to ignore what they are in doubt
// about.
func (f *filter) release(give func(*ServiceRequest) bool) bool {
	for _, d := range f.doubted {
		if d.parts&f.ignored == 0 && !give(d.r) {
			return false
		}
	}
	return true
}
