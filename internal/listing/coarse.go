package listing

import "slices"

// alone reports whether the only row that the server was ever seen to have has come for a span beside it, while others
// were empty: its bounds are coarse, and the span has nothing else.
func (w *walk) alone(s span, a *answer) bool {
	beside := a.dated == 1 && !s.has(a.oldest) && a.oldest >= s.lo-slack && a.oldest <= s.hi+slack
	return w.rows == 1 && beside && a.full &&
		slices.ContainsFunc(w.silent, func(s silence) bool { return len(w.known.in(s.span)) == 0 })
}

// strays reports whether a short list has come several times for spans in which none of its rows lies: dates are not
// heeded, which rows that are all of one day do not show otherwise.
func (w *walk) strays(s span, a *answer) bool {
	if len(a.rows) >= fewRows || a.dated == 0 || a.newest >= s.lo-edge && a.oldest <= s.hi+edge {
		return false
	}
	if slices.ContainsFunc(w.silent, func(s silence) bool { return len(w.known.in(s.span)) == 0 }) {
		return false // none has come for others
	}
	w.stray++
	return w.stray >= maxStrayLists
}

// maxStrayLists is how often that is taken for bounds that are read in another zone.
const maxStrayLists = 3

// coarse reports whether a full answer has come again for a shorter span: its bounds are coarse, or not heeded, so that
// there is no use in shortening it further.
func (w *walk) coarse(s span, a *answer) bool {
	return a.echoes > 0 && s.length(w.clock()) < slack && (a.oldest < s.lo-edge || a.newest > s.hi+edge)
}
