package listing

import "fmt"

// What start and end mean to the server is found out here, by the control of the answers to spans of time.

// dated asks for a span in a way that its control passes: with wider bounds, or with the other name for start and end.
// The error is errDates if no way does.
func (w *walk) dated(meant span) (*answer, error) {
	for {
		sent := w.bounds.widen(meant)
		if w.cov.doubts(byStart) && sent.hi == future { // an end is heeded, perhaps
			sent.hi = w.clock() + day
		}
		s := w.slice(sent)
		wide := sent.lo < w.wanted.lo || sent.hi > w.wanted.hi
		a, err := w.ask(s, sent, meant, wide)
		if err == nil && a.fault&NotFound != 0 && w.controlled && w.times(&s) >= maxTimes && len(w.known.in(meant)) == 0 && !w.cov.doubts(byAbsence) {
			a = a.asEmpty() // like calls were answered, and this one is not, twice: so some servers say that there is nothing
		}
		if err == nil && a.err == nil && a.sent == 0 && w.win.remains(meant) && w.times(&s) < maxTimes {
			a, err = w.painless(a, sent, meant, wide)
		}
		if err == nil && a.err == nil && a.sent == 0 && w.uncontrolled(meant) {
			a, err = w.doubt(a, sent, meant, wide)
		}
		if err != nil || a.err != nil || !w.misread(a) {
			if err == nil && a.err == nil && len(w.known.in(meant)) > 0 {
				w.controlled = true
				w.bounds.proofs++
			}
			return a, err
		}
		if a.echoes > 0 {
			if err := w.deafTo(a); err != nil {
				return a, err
			}
		}
		if w.times(&s) < maxTimes && (w.swappable(a) || w.cuttable(a, meant)) { // one answer teaches nothing
			if a, err = w.again(a, sent, meant, wide); err != nil || a.err != nil || !w.misread(a) {
				return a, err
			}
		}
		if w.swap(a, meant) {
			return nil, errRetry
		}
		if w.cutSpan(a, meant) {
			return a, errRetry
		}
		if w.times(&s) < maxTimes { // perhaps the answer to another call
			if a, err = w.again(a, sent, meant, wide); err != nil || a.err != nil || !w.misread(a) {
				return a, err
			}
		}
		switch {
		case a.above > 0, w.startIgnored(a), w.off(offWider):
			return a, errDates
		case w.bounds.onTime():
		case w.bounds.wider():
			if (w.order != falling || !w.sorted) && w.cov.goal.hi == future { // else the newest are known from a list without an end
				w.cov.reopen(span{w.clock() - w.bounds.start, future})
			}
		default:
			return a, errDates
		}
	}
}

// asEmpty is an answer whose error stands for an empty list. The one that is kept for the call stays what it is.
func (a *answer) asEmpty() *answer {
	r := *a.response
	r.err = nil
	return &answer{response: &r, reading: a.reading, control: a.control}
}

// misread reports whether an answer shows that the bounds mean something else to the server.
func (w *walk) misread(a *answer) bool { return a.above > 0 || a.missing > 0 || w.startIgnored(a) }

// startIgnored: rows from before the span in a list that is cut in no order of time. Its parts cannot be cut off at
// their start, so that shorter spans do not help.
func (w *walk) startIgnored(a *answer) bool { return a.below > 0 && a.full && w.order != falling }

// cuttable reports whether rows may be missing because the span is too long: one of more than 90 days, or any if they
// lie where no way of reading its bounds leaves them out.
func (w *walk) cuttable(a *answer, meant span) bool {
	if a.missing == 0 || a.above > 0 || w.off(offReach) {
		return false
	}
	return a.deep || !w.belief.limited() && meant.length(w.clock()) > safeSpan
}

// cutSpan takes it that they are; false: there is no shorter one to try.
func (w *walk) cutSpan(a *answer, meant span) bool {
	limit, ok := shorter(meant.length(w.clock()))
	if !ok || !w.cuttable(a, meant) || w.belief.limited() && limit >= w.belief.limit() {
		return false
	}
	w.belief.noteLimit(limit, "an answer to a long span left out a part of it", w.now())
	return true
}

// swappable reports whether start may mean the end: rows have come that lie outside, or none at all.
func (w *walk) swappable(a *answer) bool {
	return (a.above+a.below > 0 || a.sent == 0) && w.swaps < maxSwaps && !w.off(offSwap)
}

// swap tries start for end: an answer that then passes its control shows it.
func (w *walk) swap(a *answer, meant span) bool {
	near := a.sent == 0 && w.bounds.start < slack && len(w.known.in(meant.clearOfBound())) == 0 // wider bounds may bring it
	if !w.swappable(a) || near {
		return false
	}
	w.swaps++
	old := w.bounds
	w.bounds.swap()
	sent := w.bounds.widen(meant)
	b, err := w.ask(w.slice(sent), sent, meant, true)
	if err == nil && b.fault&Refused != 0 && !w.belief.limited() && meant.length(w.clock()) > safeSpan {
		w.belief.noteLimit(safeSpan, "a long span was refused", w.now())
		w.bounds = old
		w.swaps--
		return true
	}
	if known := w.known.in(meant); err == nil && b.err != nil && len(known) > 0 { // it fails for something else of a long span
		meant = span{known[0].at - slack, known[0].at + slack}
		sent = w.bounds.widen(meant)
		b, err = w.ask(w.slice(sent), sent, meant, true)
	}
	if err == nil && b.err == nil && b.inside(meant) > 0 && b.above+b.below == 0 && b.missing == 0 {
		w.cov.proven = nil // it was proven of another question
		return true
	}
	w.bounds = old
	return false
}

// clearOfBound is the part of a span whose rows are not near to its only bound: those may come though start is no end, and not
// come though it is none.
func (s span) clearOfBound() span {
	switch {
	case s.hi == future:
		s.lo += slack
	case s.lo == past:
		s.hi -= slack
	}
	return s
}

// maxSwaps is how often start is tried for end: once for a long span, that may be cut, and once for a short one.
const maxSwaps = 2

// painless looks again at the last part of a window that the server has failed for, and has answered for each part of: one
// of the answers was to another call, or the fault has passed. Else the window is given up.
func (w *walk) painless(a *answer, sent, meant span, wide bool) (*answer, error) {
	a, err := w.again(a, sent, meant, wide)
	if err != nil || a.err != nil || a.sent > 0 {
		return a, err
	}
	bad := w.win.bad
	s := w.slice(w.bounds.widen(bad))
	if r := w.last(&s); r == nil || r.err == nil || w.times(&s) >= maxTimes {
		return a, nil
	}
	r, err := w.pageAgain(s, true, inWalk)
	if err != nil {
		return nil, err
	}
	if w.look(r, w.bounds.widen(bad), nothing); r.fails() {
		w.cov.giveUp(bad.wider(slack), bad, fmt.Errorf("the server fails for all of this time, and for no part of it: %w", r.err), w.src.Describe(&s))
	}
	return a, nil
}
