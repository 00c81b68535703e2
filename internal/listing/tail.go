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
	p, err := w.pages(a.slice, a.response, pageOptions{twice: true})
	if err == nil && (!p.heeded || p.ending == Cut) {
		err = w.larger(a)
	}
	if err == errBudget {
		return nil
	}
	return err
}

// larger asks for more rows of a list than came at once, where there are no pages.
func (w *walk) larger(a *answer) error {
	s := a.slice
	s.Size = max(moreRows*a.sent, maxAsked)
	if w.told.NoSize || w.belief.Size != nil || w.told.Brief || slices.ContainsFunc(w.belief.Caps, func(c Cap) bool { return c.Size >= s.Size && c.Rows <= a.sent }) {
		return nil
	}
	b, err := w.ask(s, everything, nothing, false)
	if err == nil && b.fault&Refused != 0 {
		w.belief.Size = &Refusal{Evidence{w.now(), "a call was refused with it and answered without it"}}
	}
	return err
}

// end looks at the end of a list without dates that is sorted by them: rows without a date stand there, or at its
// beginning.
func (w *walk) end(a *answer) error {
	if a.err != nil || !a.full {
		return nil
	}
	if w.order != falling && w.order != rising {
		if (a.order == falling || a.order == rising) && a.pairs >= minPairs { // it was taken for sorted
			return w.unsorted(a)
		}
		return nil
	}
	if a.dated < len(a.rows) || a.meta.Next != "" { // at its beginning, in its only page, or there is one way only to its end
		p, err := w.pages(a.slice, a.response, pageOptions{twice: true})
		if err == nil && !p.heeded {
			err = w.larger(a)
		}
		return err
	}
	c, err := w.cursorAt(a.slice, a.response, w.rows)
	if err != nil {
		return err
	}
	if c == nil {
		return w.larger(a)
	}
	for idle, due := 0, true; idle < maxTail; {
		s, ok := c.slice()
		if !ok {
			return nil
		}
		r, err := w.page(s, false)
		if err == nil && due && (r.err == nil && r.sent == 0 || r.fault&NotFound != 0) { // where known rows stand, or next to new ones
			r, err = w.pageAgain(s, false, 0)
		}
		if err == nil && r.fails() {
			r, err = w.pageAgain(s, false, 0)
		}
		if err == nil && r.fails() {
			err = w.failedEnd(c, r, a.sent)
		}
		if err != nil || r.err != nil || r.sent == 0 {
			return err
		}
		c.add(r)
		b := w.look(r, everything, nothing)
		if idle++; b.fresh > 0 {
			idle = 0
		}
		due = b.fresh > b.arrived
	}
	return nil
}

// failedEnd notes that a page at the end of the list could not be had, if something is missing there: the server has failed
// for windows as well, or a page behind it has rows that are not known. Servers fail for pages for other reasons, too: from a
// depth on, or for their number.
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
		w.gaps = append(w.gaps, w.gap(fmt.Errorf("the end of the list, where requests without a date stand, could not be had: %w", r.err)))
	}
	return nil
}

// tail looks at the end of a long span, where the pages of the list are known: if it has the oldest known row, and none
// older, the server has answered for all of the span, and nothing is older. It reports whether that was so.
func (w *walk) tail(open span) (bool, error) {
	oldest, ok := w.known.oldest()
	newest, _ := w.known.newest()
	if !ok || len(w.silent) == 0 || w.tailed || w.wanted.lo != past || w.order != falling || w.belief.limited() || w.off(offPages) ||
		open.hi != oldest || newest-oldest <= safeSpan || w.belief.far() >= w.quiet() {
		return false, nil
	}
	w.tailed = true
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

// maxTail is how many pages at the end of a list are looked at.
const maxTail = 2
