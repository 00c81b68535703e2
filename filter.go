package open311

import (
	"slices"
	"time"
)

// filter is the part of a query that can be checked on this side.
type filter struct {
	codes      []string
	statuses   []Status
	start, end time.Time
	// strict says that the server does not apply the statuses itself. Where it does, a row in a state of
	// its own words, such as in_progress, was given because the server counts it among those asked for.
	strict bool
}

func newFilter(q *Query, d *Dialect) filter {
	return filter{codes: q.ServiceCodes, statuses: q.Statuses, start: q.Start.Truncate(time.Second), end: wholeSecondUp(q.End),
		strict: slices.Contains(d.Ignores, "status") || d.Accepts != nil && !slices.Contains(d.Accepts, "status")}
}

func wholeSecondUp(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); whole.Before(t) {
		return whole.Add(time.Second)
	}
	return t
}

// keeps reports whether r is what the query asks for. What r does not say counts as right. Both bounds
// are inclusive, in whole seconds.
func (f *filter) keeps(r *ServiceRequest) bool {
	if len(f.codes) > 0 && r.ServiceCode != "" && !slices.Contains(f.codes, r.ServiceCode) {
		return false
	}
	if len(f.statuses) > 0 && r.Status != "" && !slices.ContainsFunc(f.statuses, r.Status.Is) {
		if f.strict || r.Status.Is(StatusOpen) || r.Status.Is(StatusClosed) {
			return false
		}
	}
	if t := r.RequestedDatetime; !t.IsZero() && !(f.start.IsZero() && f.end.IsZero()) {
		t = t.Truncate(time.Second)
		if !f.start.IsZero() && t.Before(f.start) || !f.end.IsZero() && t.After(f.end) {
			return false
		}
	}
	return true
}
