package listing

// bottom finds the oldest row of the facet.
func (w *walk) bottom() error {
	a, err := w.first(w.wanted)
	if err != nil {
		return err
	}
	if w.told.NoDates || w.dates != helpful {
		return w.byPages(a)
	}
	if err = w.descend(); err == errDates {
		return w.byPages(a)
	}
	return err
}

// descend looks for older rows until there are none for the time of quiet: first at the far end of it, since what lies
// between does not matter if there is one.
func (w *walk) descend() error {
	for {
		low := w.lowest()
		floor := max(low-w.quiet(), w.wanted.lo)
		if floor >= low {
			return nil
		}
		far := span{floor, min(low, floor+w.step())}
		found, err := w.older(far)
		for top := low; !found && err == nil && top > far.hi; {
			s := span{max(top-w.step(), far.hi), top}
			found, err = w.older(s)
			top = s.lo
		}
		if err != nil || !found {
			return err
		}
	}
}

// step is for how long a span an answer is taken for the whole of it.
func (w *walk) step() int64 {
	step := w.belief.far()
	if told := int64(w.told.Span.Seconds()); told > 2*edge {
		step = min(step, told-2*edge)
	}
	return step
}

// lowest is the oldest known row of the query, or its end.
func (w *walk) lowest() int64 {
	if known := w.known.in(w.wanted); len(known) > 0 {
		return known[len(known)-1].at
	}
	return w.wanted.top(w.clock())
}

// older reports whether a span has rows that are older than all that are known, and finds the oldest of them. Of a list
// that is cut the older half is looked at before the newer one.
func (w *walk) older(s span) (found bool, err error) {
	before := w.lowest()
	w.spans++
	a, err := w.dated(s)
	for err == errRetry {
		if w.belief.limited() && s.length(w.clock()) > w.step() {
			return w.halves(s) // a longer one is cut
		}
		a, err = w.dated(s)
	}
	switch {
	case err != nil:
		return false, err
	case a.err != nil && a.fault&Refused != 0:
		limit, ok := shorter(s.length(w.clock()))
		if !ok {
			return false, errDates
		}
		w.belief.noteLimit(limit, "a longer span was refused", w.now())
		return w.halves(s)
	case a.err != nil:
		return false, a.err
	}
	found = w.lowest() < before
	rest := span{s.lo, min(s.hi, w.lowest()-1)}
	switch {
	case !a.full || rest.lo > rest.hi, rest == s && s.lo == s.hi:
		return found, nil
	case a.reading.dated < a.sent && a.inside(s) == 0:
		return found, errDates // rows without a date fill the lists of all spans
	case a.fresh == 0:
		w.spans-- // what brings nothing is not worth another call
	}
	deeper, err := w.halves(rest)
	return found || deeper, err
}

// halves looks at the older half of a span, and at the newer one if there is nothing in it.
func (w *walk) halves(s span) (found bool, err error) {
	middle := s.lo + (s.hi-s.lo)/2
	if found, err = w.older(span{s.lo, middle}); found || err != nil || middle == s.hi {
		return found, err
	}
	return w.older(span{middle + 1, s.hi})
}
