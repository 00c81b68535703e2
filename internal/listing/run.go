package listing

import (
	"fmt"
	"slices"
)

// run lists the facet. An error is that of its first call, or ends the listing.
func (w *walk) run() error {
	exact := w.wanted
	a, err := w.first(exact)
	if err != nil {
		return err
	}
	answered := a.err == nil
	if !answered {
		w.failing = a.err
	}
	if answered && a.sent == 0 && w.facet.several() && !w.facet.together && !w.off(offValues) {
		return errJoined
	}
	if answered && w.told.Short > 0 && a.sent <= w.told.Short && a.meta.Next == "" && a.meta.Total <= a.sent {
		return nil // who asks has said that this is enough
	}
	if w.told.NoDates || w.dates != helpful {
		return w.byPages(a)
	}
	w.goal()
	plain := exact.open()
	if answered {
		if !plain && a.sent == 0 {
			if ok, err := w.empty(exact); err != nil || !ok {
				return w.orPages(a, err)
			}
		}
		if a.below+a.above > 0 && w.swap(a, exact) {
			if a, err = w.ask(w.slice(exact), exact, exact, false); err != nil {
				return err
			}
		}
		if plain {
			if err := w.plain(a); err != nil {
				return err
			}
		}
		if a.err == nil && a.sent > 0 {
			w.begin(exact, a)
		}
	}
	if err = w.cover(); err == nil && w.failsBefore() {
		w.cov.goal.lo -= w.quiet()
		err = w.cover()
	}
	if err == nil && w.caller.rows == 0 {
		a, err = w.nothingCame(a, exact)
	}
	if err == errDates {
		return w.byPages(a)
	}
	if err != nil {
		return err
	}
	return w.finish(a, plain)
}

// nothingCame is the control of nothing at all: the size, or the bounds, that it was asked for with may be why.
func (w *walk) nothingCame(a *answer, exact span) (*answer, error) {
	var err error
	if w.size() > 0 {
		a, err = w.withoutSize(a, exact)
	}
	if err != nil || !exact.open() || w.caller.rows > 0 {
		return a, err
	}
	turned, err := w.emptyBounded(w.recent())
	if err == nil && (turned || w.caller.rows > 0) {
		w.cov.proven, w.silent = nil, nil // it was proven of another question
		err = w.cover()
	}
	return a, err
}

// failsBefore reports whether the server fails for a time before all that was looked at, and does not for all of it that was:
// there may be a request for which it does.
func (w *walk) failsBefore() bool {
	return w.wanted.lo == past && w.any(func(r *response) bool {
		if !r.fails() || r.slice.Start.IsZero() || !r.slice.asksFor(w.facet.codes, w.facet.statuses) {
			return false
		}
		s := spanOf(r.slice.Start, r.slice.End)
		return s.lo < w.cov.goal.lo && !slices.ContainsFunc(w.cov.lost, func(l loss) bool { return !l.clip(s).empty() })
	})
}

// finish is what is left once dates have brought all that they could. a is the first answer; plain says that it was asked
// for without dates.
func (w *walk) finish(a *answer, plain bool) error {
	switch {
	case a.err != nil && plain && len(w.cov.lost)+len(w.cov.skip) == 0:
		w.gaps = append(w.gaps, w.gap(fmt.Errorf("the server fails for the list of all, and for no part of it that was asked for: %w", a.err)))
	case w.rows == 0 && !w.controlled && w.failing != nil && len(w.cov.lost)+len(w.cov.skip) == 0:
		w.absent = append(w.absent, absence{w.facet, w.premises(), fmt.Errorf("no requests came, and the server fails for the question that should bring them: %w", w.failing)})
		return nil
	case a.err != nil && w.unheard():
		w.failed = w.failed[:len(w.cov.skip)] // they are no gaps yet
		w.absent = append(w.absent, absence{w.facet, w.premises(), fmt.Errorf("no requests came, and the server fails for the question that would show that it has any: %w", a.err)})
		return nil
	case w.unheard():
		w.gaps = append(w.gaps, w.gap(fmt.Errorf("no requests came, and the server fails for the newest: %w", w.cov.lost[0].err)))
		return nil
	case a.err == nil && plain:
		a.full = a.broken() || w.full(a.response) // larger ones may have come since
		w.windowed = w.windowed || w.lacksOf(a)
		if err := w.end(a); err != nil && err != errBudget {
			return err
		}
	}
	w.teachQuiet()
	if err := w.singles(); err != nil {
		return err
	}
	vague := slack
	if w.controlled {
		vague = 0
	}
	w.gaps = append(w.gaps, w.cov.gaps(w.wanted, vague)...)
	return nil
}

// unheard reports whether nothing was ever heard, so that silence says nothing: no row came, and the server fails for the
// newest ones.
func (w *walk) unheard() bool {
	return w.rows == 0 && !w.controlled && slices.ContainsFunc(w.cov.lost, func(l loss) bool { return l.hi == future })
}

// lacksOf reports whether an answer that was not cut lacks known rows that are not of just now.
func (w *walk) lacksOf(a *answer) bool {
	if a.err != nil || a.full {
		return false
	}
	return w.known.check(&a.reading, everything, span{past, w.began() - minute}, false, anyOrder).missing > 0
}

// goal is what has to be proven: the query, and a slack beyond its bounds, since nobody knows how they are read.
func (w *walk) goal() {
	w.cov.goal = w.wanted
	if w.cov.goal.lo != past {
		w.cov.goal.lo -= slack
	}
	if w.off(offEdges) {
		w.cov.goal = w.wanted
	} else if w.cov.goal.hi += slack; w.cov.goal.hi >= w.clock() {
		w.cov.goal.hi = future
	}
}

// begin takes what the first answer proves. It was asked for the query's own bounds, that nothing is known of.
func (w *walk) begin(exact span, a *answer) {
	if !a.full && exact.lo == past {
		return // nobody knows which span the server takes for it
	}
	if !a.full {
		return // the same, a slack wider, will be the proof
	}
	w.learnOrder(a)
	if seam, ok := w.seam(exact, a); ok && !seam.empty() {
		w.cov.prove(seam, byOrder)
	}
}

// first makes the first call, for the query's own bounds; then without what the server may have refused in it. An answer
// with an error: it fails for the span, and parts of it are to be asked for.
func (w *walk) first(exact span) (*answer, error) {
	sent := exact
	if w.told.NoDates {
		sent = everything
	}
	a, err := w.ask(w.slice(sent), sent, sent, false)
	absent := err == nil && a.meta.Absent
	if err == nil && a.err == nil && a.sent == 0 && sent.open() && w.told.Short == 0 {
		a, err = w.confirm(a, sent, sent, false)
	}
	if err == nil && a.err == nil && a.sent == 0 && absent && w.size() > 0 {
		return w.unsized(a, sent)
	}
	if err != nil || a.err == nil {
		return a, err
	}
	if a.fault&Foreign != 0 {
		return nil, a.err // another question would be answered by it, too
	}
	if a.broken() {
		return a, nil // there is more behind what has come
	}
	passing := a.fault&(Refused|NotFound|Tried) == 0 // it says nothing of what was asked, and has come twice
	if w.size() > 0 && (!passing || w.q.Size == 0) {
		if b, err := w.sizeless(sent); err != nil || b.err == nil {
			if w.asks = 0; err == nil && a.fault&Refused != 0 {
				w.belief.Size = &Refusal{Evidence{w.now(), "a call was refused with it and answered without it"}}
			}
			return b, err
		}
	}
	switch {
	case passing, a.fault&NotFound != 0, sent.open() && a.fault&Refused != 0:
		return nil, a.err
	case a.fault&Refused != 0:
		return w.refused(a, sent)
	case !w.alive(sent):
		return nil, a.err
	}
	return a, nil
}

// sizeless asks without a size.
func (w *walk) sizeless(sent span) (*answer, error) {
	s := w.slice(sent)
	s.Size = 0
	return w.ask(s, sent, sent, false)
}

// withoutSize is the control of nothing at all, some of it said by 404: that may be for want of the parameter for a size. If it
// is, all is asked for anew without.
func (w *walk) withoutSize(a *answer, exact span) (*answer, error) {
	if !w.any(func(r *response) bool { return r.meta.Absent }) {
		return a, nil
	}
	a, err := w.unsized(a, exact)
	if err == nil && w.size() == 0 {
		w.cov.proven, w.silent = nil, nil // it was proven of another question
		err = w.cover()
	}
	return a, err
}

// unsized is the control of a call with a size that was answered by 404: that may be for want of the parameter.
func (w *walk) unsized(a *answer, sent span) (*answer, error) {
	b, err := w.sizeless(sent)
	if err == nil && b.err == nil && b.sent == 0 && !b.meta.Absent { // one that says so by 404 has not done so: a fault, perhaps
		b, err = w.confirm(b, sent, sent, false)
	}
	if err == nil && b.fails() {
		w.failing = b.err
	}
	if err == nil && (b.err != nil || b.sent == 0 && b.meta.Absent) {
		return a, nil
	}
	w.asks = 0
	return b, err
}

// refused finds out whether dates are refused, as a was, or only long spans: then it returns a, and shorter ones are to be
// asked for.
func (w *walk) refused(a *answer, sent span) (*answer, error) {
	top := sent.top(w.clock())
	length := sent.length(w.clock())
	if told := int64(w.told.Span.Seconds()); told > 0 && told < length {
		length = min(length, told)
	}
	for n := 0; n < len(limits); n++ {
		limit, ok := shorter(length)
		if n == 1 { // does it take dates at all?
			limit = limits[len(limits)-1]
		}
		if !ok {
			break
		}
		s := span{top - limit, sent.hi}
		b, err := w.ask(w.slice(s), s, nothing, true)
		switch {
		case err != nil:
			return nil, err
		case b.err == nil && n == 1:
			continue
		case b.err == nil:
			w.belief.noteLimit(limit, "a longer span was refused", w.now())
			return a, nil
		case n == 1:
			n = len(limits)
		default:
			length = limit
		}
	}
	w.dates = refused
	b, err := w.ask(w.slice(everything), everything, nothing, true)
	if err == nil && b.err != nil {
		err = a.err
	}
	return b, err
}

// alive reports whether a server that has failed for a span answers for others, so that it may be one request for
// which it fails.
func (w *walk) alive(sent span) bool {
	if sent.hi == future {
		sent.hi = w.clock()
	}
	last, rest := span{sent.hi - day, sent.hi}, span{sent.lo, sent.hi - safeSpan/3}
	if rest.lo == past || rest.length(w.clock()) > safeSpan {
		rest.lo = rest.hi - safeSpan
	}
	for _, s := range []span{last, rest} {
		if a, err := w.ask(w.slice(s), s, nothing, true); err == nil && a.err == nil {
			return true
		}
	}
	return false
}

// empty is the control of an empty answer: there must be none without dates either, or the day of a row that is there
// must bring it. false: it does not.
func (w *walk) empty(exact span) (bool, error) {
	if w.off(offEmpty) || w.belief.Bounds != nil && !w.bounds.swapped {
		return true, nil
	}
	a, err := w.ask(w.slice(everything), everything, nothing, true)
	if err == nil && a.err == nil && a.sent == 0 {
		a, err = w.confirm(a, everything, nothing, true)
	}
	if err == nil && a.err != nil {
		return w.emptyBeside(exact, a.err)
	}
	if err != nil || a.sent > 0 && a.dated == 0 {
		return true, err
	}
	if a.sent == 0 && w.caller.rows == 0 { // nothing has shown what dates mean
		_, err := w.emptyBounded(exact)
		return true, err
	}
	if a.sent == 0 {
		return true, nil
	}
	old := w.bounds
	for range 2 {
		s := span{a.newest - slack, a.newest + slack}
		b, err := w.ask(w.slice(s), s, nothing, true)
		if err != nil {
			w.bounds = old // an error teaches nothing
			return false, err
		}
		if b.err == nil && b.above+b.below == 0 && w.anchored(a.newest, b) {
			return true, nil
		}
		w.bounds.swap()
	}
	return false, nil
}

// emptyBounded looks whether a server that has nothing without dates gives a window of its own then: the query has to bring
// nothing with both dates, and nothing with start taken for end. It reports whether that brings some.
func (w *walk) emptyBounded(exact span) (bool, error) {
	old := w.bounds
	var straight *answer
	for _, turned := range []bool{false, true} {
		b, err := w.ask(w.slice(exact), exact, nothing, true)
		if err == nil && b.fault&Refused != 0 && exact.length(w.clock()) > safeSpan { // it is too long, perhaps
			part := span{exact.top(w.clock()) - safeSpan, exact.hi}
			b, err = w.ask(w.slice(part), part, nothing, true)
		}
		shows := err == nil && b.err == nil && b.inside(exact) > 0 && b.above+b.below == 0
		if shows && turned && b.arrived == b.sent { // they have just come: now the first question may bring them as well
			straight, err = w.again(straight, exact, nothing, true)
			shows = err == nil && straight.err == nil && straight.sent == 0
		}
		switch {
		case err != nil:
			w.bounds = old // an error teaches nothing
			return false, err
		case shows:
			return turned, nil
		case b.fails():
			w.failing = b.err
		}
		straight = b
		w.bounds.swap()
	}
	w.bounds = old
	return false, nil
}

// emptyBeside is the control where the server fails for the list without dates: the same bounds in the other meaning, or
// the newest requests, have to bring some. Else nothing is known.
func (w *walk) emptyBeside(exact span, cause error) (bool, error) {
	old := w.bounds
	for _, s := range []span{exact, {w.clock() - safeSpan, future}} {
		for range 2 {
			w.bounds.swap()
			a, err := w.ask(w.slice(s), s, nothing, true)
			if err != nil {
				w.bounds = old
				return false, err
			}
			if a.err == nil && a.dated > 0 && a.above+a.below == 0 {
				return true, nil
			}
		}
	}
	w.gaps = append(w.gaps, w.gap(fmt.Errorf("no requests came, and the server fails for the question that would show that it has any: %w", cause)))
	return true, nil
}

// orPages goes on by pages where dates are no help.
func (w *walk) orPages(a *answer, err error) error {
	if err != nil {
		return err
	}
	w.dates = max(w.dates, useless)
	b, err := w.ask(w.slice(everything), everything, everything, false)
	if err != nil {
		return err
	}
	if b.err != nil {
		b = a
	}
	return w.byPages(b)
}

// teachQuiet keeps how far back the requests of the server go.
func (w *walk) teachQuiet() {
	if w.wanted.lo != past || len(w.facet.codes)+len(w.facet.statuses) > 0 || len(w.cov.lost) > 0 {
		return
	}
	before := w.began()
	if oldest, ok := w.known.oldest(); ok {
		before = min(before, oldest)
	}
	w.belief.Quiet = &Quiet{Evidence{w.now(), "no request was found in the time before, looked for in short spans"}, stamp(before)}
}
