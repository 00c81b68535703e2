package listing

import "fmt"

// byPages is what is left where dates are no help: the pages of the list, and other questions. If none of them brings
// more, and the server has shown that it heeds any of what it is asked, the list is all there is.
func (w *walk) byPages(a *answer) error {
	w.noDates = true
	if a == nil || a.err != nil {
		w.gaps = append(w.gaps, w.gap(errDates))
		return nil
	}
	u := undated{whole: w.told.Whole}
	p, err := w.pages(a.slice, a.response, pageOptions{twice: true, holes: true})
	if err == nil {
		u.heeded, u.ended, u.err = p.heeded, p.heeded && p.ending != Cut, p.err
		if p.hole != nil {
			w.gaps = append(w.gaps, w.gap(fmt.Errorf("a page of the list could not be had: %w", p.hole)))
		}
		u.short = a.meta.Total > max(p.rows, a.sent)
		err = w.otherQuestions(a, &u)
		oldest, ok := w.known.oldest()
		u.narrow = w.denied && ok && !u.ended && w.wanted.lo != past && oldest > w.wanted.lo+slack
	}
	if err == errBudget {
		u.err, err = errBudget, nil
	}
	if gap := u.gap(); gap != nil && err == nil {
		w.gaps = append(w.gaps, w.gap(gap))
	}
	return err
}

// gap is one of all that was asked for.
func (w *walk) gap(err error) Gap { return gapOf(w.wanted, err, "") }

// otherQuestions asks for what the list should have as well: the list without dates, larger pages, each state.
func (w *walk) otherQuestions(a *answer, u *undated) error {
	if w.told.Brief {
		return nil
	}
	if dated := !a.slice.Start.IsZero() || !a.slice.End.IsZero(); dated && !w.off(offQuestions) {
		plain := w.slice(everything)
		b, err := w.ask(plain, everything, nothing, false)
		if err != nil {
			return err
		}
		if b.err == nil && b.full && !same(a.response, b.response) {
			more, err := w.pages(plain, b.response, pageOptions{twice: true})
			if err != nil {
				return err
			}
			u.heeded = u.heeded || more.heeded
			u.ended = u.ended || more.heeded && more.ending != Cut
		}
	}
	if u.ended && u.err == nil && !w.off(offQuestions) {
		return w.stateQuestions(a, u)
	}
	if err := w.stateQuestions(a, u); err != nil {
		return err
	}
	return w.sizeQuestions(a, u)
}

// stateQuestions asks for each state, and sees whether the server heeds that and has more of one.
func (w *walk) stateQuestions(a *answer, u *undated) error {
	if len(w.facet.statuses) > 0 || w.told.NoStatus || a.sent == 0 {
		return nil
	}
	fresh, whole := 0, true
	for i, word := range stateWords {
		s := a.slice
		s.Statuses = []string{word}
		b, err := w.ask(s, everything, nothing, false)
		if err != nil {
			return err
		}
		if b.err != nil || b.full {
			whole = false
		}
		if b.err != nil {
			continue
		}
		if b.shows(Closed + Open - (Open + State(i))) {
			whole = false // it gives what was not asked for
			break
		}
		fresh += max(0, b.given-b.arrived)
		whole = whole && len(b.rows) < len(a.rows)
	}
	u.heeded = u.heeded || whole // each of the states is a part of it, and none is as long as a list can be
	u.more = u.more || fresh > 0 && !whole && !u.ended
	return nil
}

// shows reports whether an answer has rows of a state.
func (a *answer) shows(s State) bool {
	for _, row := range a.rows {
		if row.State == s {
			return true
		}
	}
	return false
}

// sizeQuestions asks for one row, and for more rows than came.
func (w *walk) sizeQuestions(a *answer, u *undated) error {
	if u.heeded || u.more || w.told.NoSize || w.belief.Size != nil || a.sent < minCap {
		return nil
	}
	s := a.slice
	s.Size = a.sent * moreRows
	b, err := w.ask(s, everything, nothing, false)
	if err != nil || b.err != nil {
		return err
	}
	if b.sent > a.sent {
		u.heeded = true
		return nil
	}
	s.Size = a.sent - 1
	b, err = w.ask(s, everything, nothing, false)
	if err == nil && b.err == nil && b.sent == a.sent-1 {
		u.heeded = true
	}
	return err
}
