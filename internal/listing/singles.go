package listing

import "slices"

// Servers that give one row at a time hide the others of its second.

// singles looks at each moment again where a server gives one row at a time: of several of one second only one has come.
func (w *walk) singles() error {
	if !w.single() {
		return nil
	}
	if err := w.detectOnce(); err != nil {
		return err
	}
	for _, k := range slices.Clone(w.known.in(w.wanted)) { // calls add to what is known
		m := span{k.at, k.at}
		b, err := w.narrowly(m)
		if err == nil && (b.err != nil || !b.full) {
			continue
		}
		done := false
		if err == nil {
			done, err = w.rest(b, m, true)
		}
		if err == errBudget {
			w.cov.giveUp(span{w.wanted.lo, k.at}, m, err, "")
			return nil
		}
		if err != nil {
			return err
		}
		if !done {
			w.cov.giveUp(m, m, errMoment, w.src.Describe(&b.slice))
		}
	}
	return nil
}

// detectOnce finds out how pages are asked for by the list of all: one that has a single row does not show it.
func (w *walk) detectOnce() error {
	s := w.slice(w.wanted)
	r := w.last(&s)
	if r == nil || r.err != nil || w.belief.Paging != nil {
		return nil
	}
	if r.meta.Next != "" {
		return nil
	}
	style, first, err := w.detect(s, r, false)
	if err == nil && (style == Numbers || style == Offsets) {
		w.learnPaging(style, first)
	}
	if err == errBudget {
		return nil
	}
	return err
}

// single reports whether the server gives one row at a time: an answer for a time of which two are known had one.
func (w *walk) single() bool {
	if w.caps.of(w.size()).Rows != 1 {
		return false
	}
	return w.any(func(r *response) bool {
		s := spanOf(r.slice.Start, r.slice.End)
		return r.err == nil && r.sent == 1 && s.length(w.clock()) <= longSpan && len(w.known.in(s)) > 1
	})
}
