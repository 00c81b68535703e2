package listing

import "slices"

// Silence is evidence only beside something else. These are the second looks at it: where a longer span says the same,
// that is one for all the shorter ones within it; else the call is made twice.

// uncontrolled reports whether an empty answer for a span says nothing by itself: no row of it is known that would have
// to be in it, no longer span has been answered, and no earlier listing has found nothing in it.
func (w *walk) uncontrolled(meant span) bool {
	longer := slices.ContainsFunc(w.silent, func(s silence) bool { return s.span != meant && s.lo <= meant.lo && s.hi >= meant.hi })
	return !longer && !w.quietBelow(meant.hi) && len(w.known.in(meant)) == 0
}

// premise is what the proof rests on that an answer is which was not cut: an empty one to a call with a start alone says
// nothing if that is ignored, and one that was asked for once no more than the silence beside it.
func (w *walk) premise(s span, a *answer) premise {
	p := byCount
	if a.fault&NotFound != 0 {
		p |= byAbsence
	}
	if a.sent == 0 && s.hi == future && !w.cov.doubts(byStart) {
		p |= byStart
	}
	if a.sent == 0 && a.fault&NotFound == 0 && w.times(&a.slice) < maxTimes {
		p |= bySilence
	}
	return p
}

// belied looks whether an answer belies silence. It has rows from before its start: that is ignored. Or it has some of a long
// span that was said to have none: only a part of that was looked at. Then nothing is believed of long spans any more, and what
// is empty is looked at twice by itself. An empty list shows that 404 does not mean one.
func (w *walk) belied(a *answer) {
	if a.below > 0 {
		w.cov.void(byStart)
	}
	if a.err == nil && a.sent == 0 && a.fault == 0 && !a.meta.Absent && !w.cov.doubts(byAbsence) {
		w.cov.void(byAbsence) // so it says that there is nothing
	}
	if len(w.silent) == 0 { // nearly always
		return
	}
	in := func(r Row) bool {
		return r.dated() && slices.ContainsFunc(w.silent, func(s silence) bool { return s.alleged && s.has(r.At) })
	}
	if slices.ContainsFunc(a.rows, in) {
		w.silent = nil
		w.cov.void(bySilence)
	}
}

// adjoins reports whether nothing can lie between a span and the oldest row that is known.
func (w *walk) adjoins(s span, oldest int64) bool {
	return w.cov.goal != span{} && oldest >= s.hi && !w.cov.isOpen(span{s.hi + 1, oldest - 1})
}

// doubt looks at an empty answer again: by all that is older as well if the server takes long spans, else by the same
// call.
func (w *walk) doubt(a *answer, sent, meant span, wide bool) (*answer, error) {
	rest := span{w.cov.goal.lo, meant.hi}
	if w.wanted.lo == past {
		rest.lo = min(rest.lo, w.clock()-longAgo) // for the same call it is seen whether there is anything older at all
	}
	long := w.told.Span > 0 && rest.length(w.clock()) > int64(w.told.Span.Seconds())
	if rest.lo < meant.lo && rest.lo != past && !w.belief.limited() && !long && w.win.failed == 0 && !w.cov.doubts(bySilence) {
		asked, anchor := rest, past
		if oldest, ok := w.known.oldest(); ok && w.adjoins(meant, oldest) && w.caps.of(w.size()).Rows > fewRows {
			asked.hi, anchor = oldest, oldest // it has to bring that
		}
		longer := w.bounds.widen(asked)
		b, err := w.ask(w.slice(longer), longer, nothing, true)
		if err != nil {
			return nil, err
		}
		if b.err == nil && b.above+b.below == 0 && !b.full && len(w.known.in(meant)) == 0 && (anchor == past || w.anchored(anchor, b)) {
			w.silent = append(w.silent, silence{rest, true})
			w.win.free()
			return a, nil
		}
		if b.err == nil && !b.full && anchor != past && !w.anchored(anchor, b) {
			w.cov.void(bySilence) // it does not even bring what is known: long spans show nothing here
		}
		if r := w.failedBefore(&a.slice); b.fails() && r != nil {
			return w.look(r, sent, meant), nil // nothing else says that there is nothing
		}
	}
	if w.times(&a.slice) >= maxTimes {
		return a, nil
	}
	b, err := w.again(a, sent, meant, wide)
	if err == nil && b.err != nil && b.fault&Tried == 0 {
		return a, nil // a passing fault
	}
	return b, err
}
