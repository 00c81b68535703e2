package listing

// A request that the server fails for makes every window fail that has it. It is isolated to its second where that is worth
// the calls, and given up.

// lost returns the windows that were given up for failures in this facet.
func (w *walk) lost() []span { return w.failed[len(w.cov.skip):] }

// records returns how many of the windows that were given up did not touch the one before.
func records(failed []span) int {
	n := 0
	for i, s := range failed {
		if i == 0 || !touches(failed[:i], s) {
			n++
		}
	}
	return n
}

// touches reports whether a span begins just below what was given up last.
func touches(failed []span, s span) bool {
	n := len(failed)
	return n > 0 && failed[n-1].lo == s.hi+1
}

// finest is the shortest span that is taken apart if the server fails for it. One request is isolated to its second;
// where there are many, that is not worth the calls, nor just below what was given up for bounds that are coarse.
func (w *walk) finest(s span) int64 {
	lost := w.lost()
	switch n := len(lost); {
	case touches(lost, s) && lost[n-1].hi-lost[n-1].lo >= coarsest:
		return coarsest
	case n < fewFailures:
		return second
	case n < manyFailures:
		return hour
	}
	return day
}

const (
	fewFailures  = 3
	manyFailures = 8
)

// coarsest is how far from a moment a server may look that reads bounds by the day, in another zone.
const coarsest = slack + day

// isolated returns the span to give up for a moment that the server fails for. If it goes on failing just below, that is
// more and more: its bounds are coarse, or read in another zone.
func (w *walk) isolated(moment span) span {
	if lost := w.lost(); touches(lost, moment) {
		last := lost[len(lost)-1]
		more := 2 * (last.hi - last.lo + 1)
		if moment.hi-moment.lo <= second { // requests of neighbouring seconds are rare, coarse bounds are not
			more = max(more, coarsest)
		}
		moment.lo = moment.hi - more + 1
	}
	moment.lo -= 2 * edge // so that it is not in what is asked for next, with bounds that are sent wider
	return moment
}

// failsBeside reports whether the server has failed for other pages of a list, and not for one call only.
func (w *walk) failsBeside(s *Slice) bool {
	n := 0
	return w.any(func(r *response) bool {
		if r.fails() && r.slice.Start.Equal(s.Start) && r.slice.End.Equal(s.End) && r.slice.asksFor(s.Codes, s.Statuses) {
			n += w.times(&r.slice)
		}
		return n > 1
	})
}
