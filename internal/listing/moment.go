package listing

import "slices"

// moment deals with a time of which more rows are there than come at once: the rest is got by pages, by a larger page,
// or by asking for the states apart. Else it is given up, and the listing goes on behind it.
func (w *walk) moment(s span, a *answer) error {
	if a.oldest > s.hi && a.echoes == 0 && w.bounds.earlier(a.newest-s.hi) {
		return nil // the end is read later than it is sent: each answer begins with what is known
	}
	m := span{a.oldest - edge, a.newest + edge}
	if a.oldest > s.hi || a.newest < s.lo || a.dated == 0 { // not even a moment: the bounds are too coarse to come past it
		m = span{max(s.lo, s.top(w.clock())-slack), s.hi}
	} else if a.newest-a.oldest > slack {
		m = s // it is in no order, and cannot be cut any further
	}
	m = m.clip(s)
	b, err := w.narrowly(m)
	if err == errDates || err == errRetry {
		return err
	}
	if err != nil {
		return w.orGiveUp(err)
	}
	wide := true
	done := b.err == nil && (!b.full || b.dated == 1)
	if done && w.onlyOne(b) {
		if done, err = w.really(b, wide); err != nil {
			return w.orGiveUp(err)
		}
	}
	if !done && b.err == nil {
		if done, err = w.rest(b, m, wide); err != nil {
			return w.orGiveUp(err)
		}
	}
	if !done && b.err == nil {
		if done, err = w.few(b, m); err != nil {
			return w.orGiveUp(err)
		}
	}
	if done {
		w.cov.prove(m, byCount)
		w.win.free()
		return nil
	}
	tried := m
	if a.oldest >= s.hi-edge {
		tried.hi = s.hi
	}
	if a.dated > 0 { // where bounds are coarse, they are of another time than the one that was asked for
		if a.newest > s.hi+edge {
			m.lo -= day // of which the first rows did not come
		}
		m = span{min(m.lo, a.oldest), max(m.hi, a.newest)}
	}
	if w.bounds.start > 0 {
		m = m.wider(slack) // nobody knows how the bounds of what lies beside it are read
	}
	w.cov.giveUp(m, tried, errMoment, w.src.Describe(&b.slice))
	w.win.free()
	return nil
}

// onlyOne reports whether there is but one row, and no answer has ever shown that the server gives more than one: then it
// may be one of several of its second.
func (w *walk) onlyOne(b *answer) bool {
	return b.full && b.slice.Size == 0 && w.caller.rows == 1 && w.belief.Caps.of(b.slice.Size).Rows <= 1 && w.caps.of(0).Rows <= 1
}

// really reports whether the only row is the only one of its moment: neither pages nor a larger page have another.
func (w *walk) really(b *answer, wide bool) (bool, error) {
	w.spans++
	p, err := w.pages(b.slice, b.response, pageOptions{wide: wide})
	if err == nil && p.rows <= 1 && !p.heeded {
		return w.noneBySize(b, wide)
	}
	return err == nil && p.heeded && p.ending != Cut, err
}

// noneBySize reports whether a larger page has no more rows than the one that came.
func (w *walk) noneBySize(b *answer, wide bool) (bool, error) {
	if w.told.NoSize || w.belief.Size != nil {
		return true, nil
	}
	s := b.slice
	s.Size = w.largerSize(b)
	c, err := w.ask(s, spanOf(s.Start, s.End), nothing, wide)
	return err == nil && (c.err != nil || c.sent <= b.sent), err
}

// few reports whether an answer for a moment has all rows that are known, and they are fewer than servers give at once,
// unless one of so many was seen to be cut. A city that has only just begun is not taken for one that is cut at its first
// second. The list without dates must not have others, nor any that comes later: see [session.manifold].
func (w *walk) few(b *answer, m span) (bool, error) {
	c := w.belief.Caps.of(b.slice.Size)
	if len(b.rows) != w.rows || w.caller.rows >= fewRows || c.Cut && c.Rows <= len(b.rows) {
		return false, nil
	}
	all, err := w.ask(w.slice(everything), everything, nothing, true)
	if err != nil {
		return false, err
	}
	if all.sent > 0 && all.sent <= b.sent && all.lacksSome(b, m) {
		return false, nil // it is cut at so many
	}
	w.fews = append(w.fews, few{b.sent, w.caller.rows, gapOf(m.clip(w.wanted), errMoment, w.src.Describe(&b.slice))})
	return true, nil
}

// lacksSome reports whether a list lacks rows of a moment that another one has, and not for their state.
func (a *answer) lacksSome(b *answer, m span) bool {
	others := !slices.ContainsFunc(a.rows, func(r Row) bool { return m.has(r.At) })
	return slices.ContainsFunc(b.rows, func(r Row) bool {
		return m.has(r.At) && (others || a.shows(r.State)) && !slices.ContainsFunc(a.rows, func(twin Row) bool { return twin.Key == r.Key })
	})
}

// narrowly asks for a moment, with bounds that are no wider than they have to be.
func (w *walk) narrowly(m span) (*answer, error) {
	if w.bounds.start > 0 && m.hi != future {
		sent := span{m.lo + w.bounds.end() - hour, m.hi + w.bounds.end() + edge} // as if they were read in another zone
		b, err := w.ask(w.slice(sent), sent, m, true)
		if err != nil || b.err == nil && !w.misread(b) && len(b.rows) > 0 {
			return b, err
		}
	}
	return w.dated(m)
}

// rest gets what a moment has beside the rows that came at once. A way that has been tried twice in vain is not tried
// again.
func (w *walk) rest(b *answer, m span, wide bool) (bool, error) {
	for i, way := range []func(*answer, span, bool) (bool, error){w.momentByPages, w.momentBySize, w.momentByState} {
		if w.vain[i] >= maxVain {
			continue
		}
		done, err := way(b, m, wide)
		if done || err != nil {
			w.vain[i] = 0
			return done, err
		}
		w.vain[i]++
	}
	return false, nil
}

// momentByPages goes over the pages of a moment. No dates can show what their end hides, so that it is looked at twice,
// and the states are asked for apart.
func (w *walk) momentByPages(b *answer, m span, wide bool) (bool, error) {
	p, err := w.pages(b.slice, b.response, pageOptions{twice: true, wide: wide})
	if err != nil || !p.heeded || p.ending == Cut {
		return false, err
	}
	heeded := false
	if len(w.facet.statuses) != 1 && !w.told.NoStatus && !w.off(offQuestions) {
		var more bool
		if more, heeded, err = w.momentStates(b, wide); err != nil || more {
			return false, err
		}
	}
	if !heeded && p.last >= b.sent && b.sent > 1 { // the last of them is full; where each has one row, that says nothing
		if deeper, err := w.deeper(p.end, m, b.sent); err != nil || !deeper {
			return false, err
		}
	}
	if p.span.lo < m.lo { // bounds are coarse: it was more than a moment, and all of it
		w.cov.prove(span{p.span.lo + 1, m.hi}, byCount)
	}
	return true, nil
}

// deeper reports whether a longer list goes on where the pages of a moment have ended: then that is not only the depth at
// which all pages end. end is the page that ended them.
func (w *walk) deeper(end Slice, m span, step int) (bool, error) {
	long := span{min(w.cov.goal.lo, m.lo-safeSpan/2), max(w.cov.goal.hi, m.hi+safeSpan/2)}
	if w.belief.limited() {
		long = m.wider(w.belief.limit()/2 - 2*edge)
	}
	s := w.slice(w.bounds.widen(long))
	s.Size, s.Statuses, s.Page, s.Offset = end.Size, end.Statuses, end.Page, end.Offset
	r, err := w.page(s, true)
	if err != nil || r.err != nil || r.sent == 0 {
		return false, err
	}
	switch {
	case s.Page != NotSent:
		s.Page--
	case s.Offset != NotSent:
		s.Offset = max(0, s.Offset-step)
	default:
		return false, nil // a link cannot be asked for of another list
	}
	before, err := w.page(s, true)
	return err == nil && before.err == nil && 2*r.shared(before) < len(r.rows), err // rows that have arrived push on a few
}

// momentStates asks for each state of a moment. more: their lists have more than its pages. heeded: each has requests of its
// state, and no others.
func (w *walk) momentStates(b *answer, wide bool) (more, heeded bool, err error) {
	var lists []*answer
	words := w.facet.statuses
	if len(words) == 0 {
		words = stateWords[:]
	}
	heeded = true
	for _, word := range words {
		s := b.slice
		s.Statuses = []string{word}
		c, err := w.ask(s, spanOf(s.Start, s.End), nothing, wide)
		if err != nil || c.err == nil && c.fresh > c.arrived {
			return true, false, err
		}
		asked := stateOf(word)
		other := asked != Unsaid && c.shows(Open+Closed-asked)
		if other && same(b.response, c.response) && !c.shows(asked) {
			return false, false, nil // it is the list of all
		}
		heeded = heeded && asked != Unsaid && !other && c.shows(asked)
		lists = append(lists, c)
	}
	for _, c := range lists {
		if c.err != nil || !c.full || c.fresh > 0 || len(c.rows) == 0 {
			continue
		}
		before := w.rows
		if _, err := w.pages(c.slice, c.response, pageOptions{wide: wide}); err != nil || w.rows-before > c.arrived || w.failsBeside(&c.slice) {
			return true, false, err
		}
	}
	return false, heeded, nil
}

// momentBySize asks for a larger page. It has all if a longer span brings even more rows at once.
func (w *walk) momentBySize(b *answer, m span, wide bool) (bool, error) {
	if w.told.NoSize || w.belief.Size != nil {
		return false, nil
	}
	s := b.slice
	s.Size = max(moreRows*b.sent, maxAsked)
	sent := spanOf(s.Start, s.End)
	c, err := w.ask(s, sent, m, wide)
	if err != nil || c.err != nil {
		return false, err
	}
	if !c.full {
		return !w.misread(c), nil
	}
	long := s
	long.Start, long.End = stamp(w.cov.goal.lo), stamp(w.cov.goal.hi)
	d, err := w.ask(long, w.cov.goal, nothing, true)
	more := err == nil && d.err == nil && d.sent > c.sent && d.different() > c.different() // a cap may count rows that come twice, or not
	return more, err
}

// momentByState asks for the open and for the closed requests of a moment. Both have come if neither list is cut and
// together they have all that is known.
func (w *walk) momentByState(b *answer, m span, wide bool) (bool, error) {
	if len(w.facet.statuses) > 0 || w.told.NoStatus {
		return false, nil
	}
	come := map[uint64]bool{}
	for _, state := range stateWords {
		s := b.slice
		s.Statuses = []string{state}
		c, err := w.ask(s, spanOf(s.Start, s.End), nothing, wide)
		if err != nil || c.err != nil || c.full {
			return false, err
		}
		for _, row := range c.rows {
			come[row.Key] = true
		}
	}
	for _, k := range w.known.in(m) {
		if !come[k.key] {
			return false, nil
		}
	}
	return true, nil
}
