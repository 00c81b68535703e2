package listing

// What an answer proves of its span by the order of its rows.

// seam returns what a full answer in a known order proves of a span: from the row at which it has to begin to its last
// one. The seconds of both stay open, as the control of what comes next to them. false: the order is not known.
func (w *walk) seam(s span, a *answer) (span, bool) {
	proven := span{a.oldest + 1, a.newest - 1}
	if w.pairs < minPairs {
		return span{}, false
	}
	switch w.order {
	case falling:
		if s.hi == future && w.reached(s, a).hi == future || w.anchored(s.hi, a) {
			proven.hi = s.hi
		}
		if a.rival && !w.sorted && !w.off(offRival) {
			proven.lo = max(proven.lo, a.change+1) // what was changed before the last row may be missing down to here
			return proven.clip(s), !proven.clip(s).empty()
		}
	case rising:
		if w.anchored(s.lo, a) {
			proven.lo = s.lo
		}
	default:
		return span{}, false
	}
	return proven.clip(s), true
}

// reached returns the part of a span that an answer was about which is not cut: servers answer for the newest, or the
// oldest, 90 days of a longer one, unless rows show that it was all of it.
func (w *walk) reached(s span, a *answer) span {
	if w.off(offReach) {
		return s
	}
	seen := s
	top := s.top(w.clock())
	unasked := len(w.facet.statuses) > 0 && w.belief.Statuses == nil // of a state that lists may leave out it was not looked for any
	if low := top - w.belief.far(); low > s.lo && top-s.lo > outgrown(w.belief.far()) && !(a.dated > 0 && !unasked && w.quietBelow(low)) {
		seen.lo = low
	}
	limit := w.belief.far()
	if s.hi == future {
		limit = min(limit, safeStart)
	}
	if s.hi == future && w.windowed && a.echoes > 0 && a.dated > 0 {
		seen.lo = max(seen.lo, a.oldest+1) // it is the list without dates again, which shows a window of the server's own
	}
	if s.lo != past && top-s.lo > outgrown(limit) && !(a.dated > 0 && a.newest-s.lo > longSpan) {
		seen.hi = min(s.hi, max(s.lo+limit, a.newest-1))
	}
	return seen
}

// learnOrder takes the order of an answer for that of the server's lists, until another one contradicts it. Then all
// that rests on it is open again.
func (w *walk) learnOrder(a *answer) {
	if a.disorder {
		a.order = mixed
	}
	if a.order == falling && !a.rival {
		w.sorted = true
	}
	if a.pairs > 1 || a.fresh > 0 { // one pair falls by chance as often as not, and coming again shows nothing else
		w.pairs += a.pairs
	}
	if a.order == anyOrder || a.order == w.order || w.order == mixed {
		return
	}
	if w.order == anyOrder {
		w.order = a.order
		return
	}
	w.order, w.sorted = mixed, false
	w.cov.void(byOrder)
}

// quietBelow reports whether an earlier listing, or the list of another facet, has found nothing before a time, and no older row
// has come since. Then one call is enough to see that it is still so.
func (w *walk) quietBelow(t int64) bool {
	if w.belief.Quiet == nil {
		return false
	}
	before := w.belief.Quiet.Before.Unix()
	return t <= before && w.shown.oldest >= before
}
