package listing

// moment deals with a time of which more rows are there than come at once: the rest is got by pages, by a larger page,
// or by asking for the states apart. Else it is given up, and the listing goes on behind it.
func (w *walk) moment(s span, a *answer) error {
	if a.oldest > s.hi && w.bounds.earlier(a.newest-s.hi) {
		return nil // the end is read later than it is sent: each answer begins with what is known
	}
	m := span{a.oldest - edge, a.newest + edge}
	if a.oldest > s.hi || len(a.marks) == 0 { // not even a moment: the bounds are too coarse to come past it
		m = span{max(s.lo, s.hi-slack), s.hi}
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
	done := b.err == nil && (!b.full || len(b.marks) == 1 || len(b.rows) == w.rows && w.rows < fewRows)
	if !done && b.err == nil {
		for _, way := range []func(*answer, span, bool) (bool, error){w.momentByPages, w.momentBySize, w.momentByState} {
			if done, err = way(b, m, wide); done || err != nil {
				break
			}
		}
		if err != nil {
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
	w.cov.giveUp(m, tried, errMoment, w.src.Describe(&b.slice))
	w.win.free()
	return nil
}

// narrowly asks for a moment, with bounds that are no wider than they have to be.
func (w *walk) narrowly(m span) (*answer, error) {
	if w.bounds.start > 0 && m.hi != future {
		sent := span{m.lo + w.bounds.end - hour, m.hi + w.bounds.end + edge} // as if they were read in another zone
		b, err := w.ask(w.slice(sent), sent, m, true)
		if err != nil || b.err == nil && !w.misread(b) && len(b.rows) > 0 {
			return b, err
		}
	}
	return w.dated(m)
}

// fewRows: a list that has fewer rows in all, and all of one moment, is not taken for one that is cut just there.
const fewRows = 10

// orGiveUp gives up all that is open if there are no calls left.
func (w *walk) orGiveUp(err error) error {
	if err != errBudget {
		return err
	}
	w.giveUpRest(err)
	return nil
}

// momentByPages goes over the pages of a moment. No dates can show what their end hides, so that it is looked at twice,
// and the states are asked for apart.
func (w *walk) momentByPages(b *answer, m span, wide bool) (bool, error) {
	p, err := w.pages(b.slice, b.response, pageOptions{twice: true, wide: wide})
	if err != nil || !p.heeded || p.ending == Cut {
		return false, err
	}
	if len(w.facet.statuses) == 0 && !w.told.NoStatus && !w.off(offQuestions) {
		for _, state := range stateWords {
			s := b.slice
			s.Statuses = []string{state}
			c, err := w.ask(s, spanOf(s.Start, s.End), nothing, wide)
			if err == nil && c.err == nil && c.full && c.fresh == 0 && len(c.rows) > 0 {
				before := w.rows
				_, err = w.pages(s, c.response, pageOptions{wide: wide})
				c.fresh = w.rows - before
			}
			if err != nil || c.err == nil && c.fresh > c.arrived {
				return false, err
			}
		}
	}
	if p.span.lo < m.lo { // bounds are coarse: it was more than a moment, and all of it
		w.cov.prove(span{p.span.lo + 1, m.hi}, byCount)
	}
	return true, nil
}

// moreRows is how many times the cap is asked for at a moment that has more.
const moreRows = 8

// momentBySize asks for a larger page. It has all if a longer span brings even more rows at once.
func (w *walk) momentBySize(b *answer, m span, wide bool) (bool, error) {
	if w.told.NoSize || w.belief.Size != nil {
		return false, nil
	}
	s := b.slice
	s.Size = max(moreRows*b.sent, maxAsked)
	sent := spanOf(s.Start, s.End)
	c, err := w.ask(s, sent, m, wide)
	if err != nil || c.err != nil || c.sent <= b.sent {
		return false, err
	}
	long := s
	long.Start, long.End = stamp(w.cov.goal.lo), stamp(w.cov.goal.hi)
	d, err := w.ask(long, w.cov.goal, nothing, true)
	return err == nil && d.err == nil && d.sent > c.sent, err
}

// maxAsked is the size of page that is asked for where nothing is known of what a server allows.
const maxAsked = 1000

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

// stateWords are the states that every server knows.
var stateWords = [...]string{"open", "closed"}
