package listing

import (
	"fmt"
	"slices"
)

// The ends of lists, where rows without a date stand, and where a long list shows that nothing is older.

// plain reads a list that was asked for without dates, as far as only pages show what is in it: rows without a date.
func (w *walk) plain(a *answer) error {
	if a.order == falling || a.order == rising {
		return nil
	}
	return w.unsorted(a)
}

// unsorted reads the pages of a list that is in no order.
func (w *walk) unsorted(a *answer) error {
	if a.err != nil || !a.full || a.sent <= minCap {
		return nil
	}
	p, err := w.pages(a.slice, a.response, pageOptions{twice: true, holes: true}) // what a hole hides is asked of what comes of dates
	if err == nil && (!p.heeded || p.ending == Cut) {
		_, err = w.larger(a)
	}
	if err == errBudget {
		return nil
	}
	return err
}

// larger asks for more rows of a list than came at once, where there are no pages. It reports whether that has brought any that
// have not just arrived, or all of them: fewer than were asked for, with all that are known.
func (w *walk) larger(a *answer) (more bool, err error) {
	s := a.slice
	s.Size = w.largerSize(a)
	if w.told.NoSize || w.belief.Size != nil || w.told.Brief || slices.ContainsFunc(w.belief.Caps, func(c Cap) bool { return c.Size >= s.Size && c.Rows <= a.sent }) {
		return false, nil
	}
	for {
		b, err := w.ask(s, everything, nothing, false)
		if err == nil && b.fault&Refused != 0 && s.Size == w.largerSize(a) { // else only so much of it
			w.belief.Size = &Refusal{Evidence{w.now(), "a call was refused with it and answered without it"}}
		}
		if err != nil || b.err != nil {
			return more, err
		}
		more = more || b.fresh > b.arrived
		if b.sent < s.Size || s.Size*moreRows > maxHeld { // as many as were asked for are no end
			return more || b.sent > a.sent && b.sent < s.Size && len(b.rows) >= w.rows, nil
		}
		s.Size *= moreRows
	}
}

func (w *walk) largerSize(a *answer) int { return max(moreRows*a.sent, maxAsked) }

// end looks at the end of a list without dates that is sorted by them: rows without a date stand there, or at its
// beginning.
func (w *walk) end(a *answer) error {
	if a.err != nil || !a.full {
		return nil
	}
	if w.order != falling && w.order != rising {
		if (a.order == falling || a.order == rising) && a.pairs >= minPairs { // it was taken for sorted
			if err := w.unsorted(a); err != nil {
				return err
			}
		}
		return w.failedAmong(a)
	}
	if a.dated < len(a.rows) || a.meta.Next != "" { // at its beginning, in its only page, or there is one way only to its end
		p, err := w.pages(a.slice, a.response, pageOptions{twice: true})
		if err == nil && !p.heeded {
			_, err = w.larger(a)
		}
		switch {
		case err != nil || p.err == nil || p.err == errLoop:
			return err
		case a.meta.Next != "":
			return w.failedLink(a, p.err)
		}
		return w.failedAmong(a)
	}
	c, err := w.cursorAt(a.slice, a.response, w.rows)
	if err != nil {
		return err
	}
	if c == nil {
		return w.unpaged(a)
	}
	return w.lastPages(c, a, false)
}

// lastPages reads the pages of the list that an answer begins from that on before which a cursor stands. again: it was looked
// twice how they are asked for.
func (w *walk) lastPages(c *cursor, a *answer, again bool) error {
	for idle, due, before := 0, true, 0; idle < maxTail+w.arrived()/a.sent; {
		s, ok := c.slice()
		if !ok {
			return nil
		}
		r := w.last(&s)
		if r == nil || r.number < before { // rows may have moved on to it from the page before it
			var err error
			if r, err = w.pageAgain(s, false, 0); err != nil {
				return err
			}
		}
		if due && r.vain() || r.fails() { // where known rows stand, or next to new ones
			var err error
			if r, err = w.pageAgain(s, false, 0); err != nil {
				return err
			}
		}
		if r.fails() {
			return w.failedEnd(c, r, a.sent)
		}
		if r.err != nil || r.sent == 0 {
			return nil
		}
		if before == 0 && r.print() == a.print() && !again { // the first one is of another place
			return w.unpaged(a)
		}
		c.add(r)
		b := w.look(r, everything, nothing)
		if idle++; b.fresh > b.arrived {
			idle = 0
		}
		if b.fresh == 0 && r.sent < a.sent { // not full, so that it was not cut: nothing stands behind it
			return nil
		}
		due, before = b.fresh > b.arrived || !w.passed(b), r.number
	}
	return nil
}

// passed reports whether a page of a sorted list has the last of the rows that are known.
func (w *walk) passed(a *answer) bool {
	oldest, _ := w.known.oldest()
	newest, _ := w.known.newest()
	return a.dated == 0 || a.dated < len(a.rows) || w.order == falling && a.oldest <= oldest || w.order == rising && a.newest >= newest
}

// unpaged asks for more rows of a list that shows no pages. That the server heeds nothing of it is looked at once more, by
// one call for all that it could heed: one of the answers may have been to another call.
func (w *walk) unpaged(a *answer) error {
	if more, err := w.larger(a); err != nil || more {
		return err
	}
	calls := w.further(a)
	if len(calls) == 0 {
		return nil
	}
	all := calls[0]
	for _, s := range calls[1:] {
		all.Offset, all.Size = max(all.Offset, s.Offset), max(all.Size, s.Size)
	}
	r, err := w.page(all, false)
	if err != nil || r.err == nil && r.print() == a.print() {
		return err
	}
	for _, s := range calls {
		if l := w.last(&s); l != nil && l.fault&Refused == 0 {
			if r, err = w.pageAgain(s, false, 0); err != nil {
				return err
			}
			w.look(r, everything, nothing)
		}
	}
	c, err := w.cursorAt(a.slice, a.response, w.rows)
	if err != nil || c == nil {
		return err
	}
	return w.lastPages(c, a, true)
}

// further are the calls that bring more of the list that an answer begins, each in its way.
func (w *walk) further(a *answer) (calls []Slice) {
	if s := a.slice; !w.told.NoPage {
		s.Page = pageTwo
		calls = append(calls, s)
	}
	if s := a.slice; !w.told.NoOffset {
		s.Offset = a.sent
		calls = append(calls, s)
	}
	if s := a.slice; !w.told.NoSize && w.belief.Size == nil && !w.told.Brief {
		s.Size = w.largerSize(a)
		calls = append(calls, s)
	}
	return calls
}

// failedEnd notes that a page at the end of the list could not be had, if something is missing there: the server has failed
// for windows as well, or not for the page of that number among the requests that have dates, or a page behind it has rows
// that are not known. Servers fail for pages for other reasons, too: from a depth on, or for their number.
func (w *walk) failedEnd(c *cursor, r *response, rows int) error {
	c.skip(rows)
	s, _ := c.slice()
	more := w.failures > 0
	if !more {
		b, err := w.page(s, false)
		if err != nil {
			return err
		}
		more = b.err == nil && w.look(b, everything, nothing).fresh > 0
	}
	if more {
		w.gaps = append(w.gaps, w.hiding(r.err))
		return nil
	}
	return w.failedAt(r)
}

// hiding is the gap of what a page hides that could not be had.
func (w *walk) hiding(cause error) Gap {
	return w.gap(fmt.Errorf("the end of the list, where requests without a date stand, could not be had: %w", cause))
}

// failedAt notes that a page of a list without dates could not be had, if the page of that number among the requests that have
// dates can: the server does not fail for the number.
func (w *walk) failedAt(r *response) error {
	oldest, ok := w.known.oldest()
	newest, _ := w.known.newest()
	if !ok || w.belief.limited() {
		return nil
	}
	s := r.slice
	sent := w.bounds.widen(span{oldest, newest})
	s.Start, s.End, s.Swapped = stamp(sent.lo), stamp(sent.hi), w.bounds.swapped
	b, err := w.page(s, true)
	if err == nil && b.err == nil {
		w.gaps = append(w.gaps, w.hiding(r.err))
	}
	return err
}

// failedAmong does so for the pages of a list in no order, which were read before anything was known of its dates.
func (w *walk) failedAmong(a *answer) error {
	if len(w.failed) > 0 {
		return nil // a gap says so already
	}
	var failed *response
	w.any(func(r *response) bool {
		s := r.slice
		paged := s.Page != NotSent || s.Offset != NotSent
		s.Page, s.Offset = NotSent, NotSent
		if paged && r.fails() && s.key() == a.slice.key() {
			failed = r
		}
		return failed != nil
	})
	if failed == nil || w.times(&failed.slice) < maxTimes {
		return nil
	}
	return w.failedAt(failed)
}

// failedLink notes that a list could not be read on by its links, if the one of the same requests that have dates can.
func (w *walk) failedLink(a *answer, cause error) error {
	oldest, ok := w.known.oldest()
	newest, _ := w.known.newest()
	if !ok || w.belief.limited() {
		return nil
	}
	s := w.slice(w.bounds.widen(span{oldest, newest}))
	s.Size = a.slice.Size
	r, err := w.page(s, true)
	if err != nil || r.err != nil {
		return err
	}
	p, err := w.pages(s, r, pageOptions{wide: true})
	if err == nil && p.err == nil {
		w.gaps = append(w.gaps, w.hiding(cause))
	}
	return err
}

// tail looks at the end of a long span, where the pages of the list are known: if it has the oldest known row, and none
// older, the server has answered for all of the span, and nothing is older. It reports whether that was so.
func (w *walk) tail(open span) (bool, error) {
	oldest, ok := w.known.oldest()
	newest, _ := w.known.newest()
	if !ok || len(w.silent) == 0 || w.wanted.lo != past || w.order != falling || w.belief.limited() || w.off(offPages) ||
		open.hi != oldest || newest-oldest <= safeSpan || w.belief.far() >= w.quiet() {
		return false, nil
	}
	long := span{w.cov.goal.lo, w.wanted.hi}
	base := w.slice(long)
	first := w.last(&Slice{Page: NotSent, Offset: NotSent, Size: base.Size, Codes: base.Codes, Statuses: base.Statuses})
	if first == nil || first.err != nil || !w.full(first) {
		return false, nil
	}
	c, err := w.cursorAt(base, first, w.rows)
	if err != nil || c == nil {
		return false, err
	}
	for n := range maxTail {
		s, _ := c.slice()
		if n == 0 && w.times(&s) > 0 {
			return false, nil // it has been looked at
		}
		r, err := w.page(s, true)
		if err != nil || r.err != nil {
			return false, err
		}
		a := w.look(r, long, nothing)
		c.add(r)
		switch {
		case n == 0 && !w.anchored(oldest, a), a.above > 0, a.fresh > 0:
			return false, nil
		case !a.full:
			w.belief.noteFar(newest-w.cov.goal.lo, w.now())
			w.cov.prove(open, byCount)
			return true, nil
		}
	}
	return false, nil
}
