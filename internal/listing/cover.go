package listing

import (
	"cmp"
	"fmt"
)

// The loop that asks for what is not proven yet, the newest part first.

// cover asks for what is open, the newest part first, until all is proven or given up. The error is errDates if dates
// are no help, or ends the listing.
func (w *walk) cover() error {
	for turns := 0; ; turns++ {
		w.sink()
		open, ok := w.cov.newest()
		if !ok {
			return nil
		}
		if done, err := w.tail(open); err != nil {
			return err
		} else if done {
			continue
		}
		s := w.win.pick(open, w.limit(open), w.clock())
		if turns > maxTurns*(w.calls+1) {
			w.cov.giveUp(open, open, errOpen, "")
			continue
		}
		w.readAhead(s, open)
		a, err := w.dated(s)
		switch {
		case err == errRetry:
			continue
		case err == errBudget:
			w.giveUpRest(errBudget)
			return nil
		case err != nil:
			return err
		}
		if err := w.judge(s, a); err != nil && err != errRetry {
			return err
		}
		w.planAhead(s, a)
	}
}

// maxTurns is how many turns a call may cost: a bound for a mistake of ours, a span that comes back unchanged.
const maxTurns = 20

// limit is how long a span may be; 0: as long as it likes. Where no row is known with which the answer has to begin,
// silence is proven for no longer than that.
func (w *walk) limit(open span) int64 {
	limit := int64(0)
	if known := w.known.in(span{open.hi, open.hi}); open.hi != future && len(known) == 0 && !w.off(offReach) {
		limit = w.belief.far()
	}
	if w.belief.limited() {
		limit = w.belief.limit()
	}
	if told := int64(w.told.Span.Seconds()); told > 0 && told < w.belief.far() && (limit == 0 || told < limit) {
		limit = max(told-2*edge-w.bounds.start-max(w.bounds.end(), 0), told/2)
	}
	return limit
}

// sink lets the goal of a query without a start go on from the oldest row, for as long as nothing must have been
// requested.
func (w *walk) sink() {
	if w.wanted.lo != past {
		return
	}
	low := w.clock()
	if oldest, ok := w.known.oldest(); ok {
		low = min(low, oldest)
	}
	low = min(low, w.shown.oldest) // what other values have counts as well
	w.cov.goal.lo = min(w.cov.goal.lo, low-w.quiet())
	if w.cov.goal.lo == past {
		w.cov.goal.lo = low - w.quiet()
	}
}

// judge says what an answer proves of the span that was asked for.
func (w *walk) judge(s span, a *answer) error {
	now := w.clock()
	w.belied(a)
	switch {
	case a.err != nil && w.cutShort(s, a):
		return nil
	case a.err != nil:
		return w.failure(s, a)
	case w.alone(s, a):
		w.cov.prove(span{a.oldest - slack, a.oldest + slack}.clip(s), byCount)
		return nil
	case !a.full, len(a.rows) == 0: // what cannot be read is a gap already
		seen := w.reached(s, a)
		if seen.empty() {
			w.win.length = min(safeStart, w.belief.far())
			return nil
		}
		w.cov.prove(seen, w.premise(s, a))
		silent := s
		if a.sent > 0 { // then that may be all that the server has looked at
			silent = seen
		}
		w.silent = append(w.silent, silence{span: silent})
		w.win.fits(s, a.inside(s), w.caps.of(a.slice.Size).Rows, now)
		// One that the server has made necessary. Empty ones of an hour are more than any listing is worth: years of them.
		if length := seen.length(now); 2*length >= cmp.Or(w.limit(s), safeStart) && (a.sent > 0 || length > hour) {
			w.spans++
		}
		return nil
	case a.oldest > s.hi && a.echoes == 0 && w.bounds.earlier(a.newest-s.hi):
		return nil // the end is read later than it is sent
	case a.oldest > w.began() && a.newest <= now+minute && s.hi > w.began():
		w.cov.prove(span{w.began() + 1, now + minute}, byCount) // all of them have arrived meanwhile
		return nil
	}
	if a.echoes > 1 && w.rows == 1 { // whatever is asked, it may be the answer
		if err := w.deafTo(a); err != nil {
			return err
		}
	}
	w.learnOrder(a)
	if done, err := w.apart(a); done || err != nil {
		return err
	}
	seam, ordered := w.seam(s, a)
	switch {
	case ordered && !seam.empty():
		w.cov.prove(seam, byOrder)
		w.win.free()
		if w.order == falling && s.hi != future && a.newest > s.hi+edge {
			w.bounds.earlier(a.newest - s.hi) // so that the next one does not begin with what is known
		}
		return nil
	case w.strays(s, a), a.echoes >= maxStrayLists && a.oldest > s.hi: // it is the same whatever the end
		return errDates
	case !ordered && !w.coarse(s, a) && w.win.narrow(s, w.known.in(s), now):
		return nil
	}
	return w.moment(s, a)
}

// apart asks for a time far from all known rows, once, where these are so close together that no span near them shows
// whether dates are heeded, and the same list has come again. If it is heeded, that time is proven.
func (w *walk) apart(a *answer) (bool, error) {
	oldest, _ := w.known.oldest()
	newest, _ := w.known.newest()
	far := span{max(w.cov.goal.lo, oldest-safeStart), oldest - slack - hour}
	s := w.slice(w.bounds.widen(far))
	if a.echoes == 0 || a.dated <= minCap || newest-oldest > slack || far.empty() || w.times(&s) > 0 || !w.cov.isOpen(span{far.lo, far.hi - slack}) {
		return false, nil
	}
	b, err := w.dated(far)
	if err == nil {
		if b.sent == 0 {
			far.hi -= slack // no row shows how its end is read
		}
		err = w.judge(far, b)
	}
	return true, err
}

// cutShort takes an answer that has broken off for a full one, as far as its rows prove anything; false: they do not.
func (w *walk) cutShort(s span, a *answer) bool {
	if !a.broken() || w.misread(a) {
		return false
	}
	w.learnOrder(a)
	seam, ordered := w.seam(s, a)
	if !ordered || seam.empty() {
		return false
	}
	w.cov.prove(seam, byOrder)
	w.win.free()
	return true
}

// failure deals with a span that the server has failed for.
func (w *walk) failure(s span, a *answer) error {
	now := w.clock()
	if a.fault&Refused != 0 {
		if limit, ok := shorter(s.length(now)); ok {
			w.belief.noteLimit(limit, "a longer span was refused", w.now())
			return nil
		}
		return errDates
	}
	w.failures++
	halved := w.win.halve(s, w.finest(s), now)
	if w.win.failed == maxFailed {
		down, err := w.down()
		if err != nil {
			return w.orGiveUp(err)
		}
		if down {
			w.giveUpRest(fmt.Errorf("the server has answered at first, and then failed for everything: %w", a.err))
			return nil
		}
	}
	if halved {
		return nil
	}
	tried := w.isolated(s)
	w.failed = append(w.failed, tried)
	w.win.free()
	lost := tried
	lost.lo -= slack // nobody knows how its bounds are read
	if lost.hi != future {
		lost.hi += slack
	}
	w.cov.giveUp(lost, tried, fmt.Errorf("the server fails for a request of this time: %w", a.err), w.src.Describe(&a.slice))
	return nil
}

// maxFailed is how many calls in a row may fail before it is looked whether any is answered.
const maxFailed = 6

// down reports whether the server fails now for what it has answered before.
func (w *walk) down() (bool, error) {
	good := w.good()
	if good == nil || w.times(&good.slice) >= maxTimes {
		return false, nil
	}
	r, err := w.pageAgain(good.slice, true, 0)
	return err == nil && r.fails(), err
}
