package open311test

import (
	"slices"
	"sort"
	"time"

	"github.com/go-open311/open311"
)

// find returns the records that a listing shows, the newest first, maxRows of them at most.
func (s *store) find(q query, now time.Time) []*record {
	s.settle(now)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(q.ids) > 0 {
		return s.findIDs(q.ids)
	}
	// The list runs from new to old, so the range is between the first that is not after its end and
	// the first that is before its start.
	lo := sort.Search(len(s.list), func(i int) bool { return !s.list[i].request.RequestedDatetime.After(q.end) })
	n := sort.Search(len(s.list)-lo, func(i int) bool { return s.list[lo+i].request.RequestedDatetime.Before(q.start) })
	inRange := s.list[lo : lo+n]
	if len(q.codes) == 0 && len(q.statuses) == 0 {
		return slices.Clone(inRange[:min(n, maxRows)])
	}
	var found []*record
	for _, r := range inRange {
		if len(found) == maxRows {
			break
		}
		if q.matches(&r.request) {
			found = append(found, r)
		}
	}
	return found
}

func (s *store) findIDs(ids []string) []*record {
	found := make([]*record, 0, len(ids))
	for _, id := range ids {
		if r := s.byID[id]; r != nil {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, (*record).order)
	found = slices.Compact(found)
	return found[:min(len(found), maxRows)]
}

// matches applies the filters that are not the range of dates.
func (q *query) matches(r *open311.ServiceRequest) bool {
	if len(q.codes) > 0 && !slices.Contains(q.codes, r.ServiceCode) {
		return false
	}
	return len(q.statuses) == 0 ||
		slices.ContainsFunc(q.statuses, func(s string) bool { return r.Status.Is(open311.Status(s)) })
}
