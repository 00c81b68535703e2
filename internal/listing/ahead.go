package listing

// readAhead asks for the windows that follow s in what is open.
func (w *walk) readAhead(s, open span) {
	if w.Lister.ahead == nil || !w.win.steady {
		return
	}
	var slices []Slice
	for _, next := range append([]span{s}, w.win.next(s, open.lo, w.told.Concurrency-1)...) {
		slices = append(slices, w.slice(w.bounds.widen(next)))
	}
	w.Lister.ahead.start(slices, w.calls)
}

// planAhead makes windows that can be read ahead, by how many rows an answer has brought of how long a time.
func (w *walk) planAhead(s span, a *answer) {
	if w.Lister.ahead == nil || a.err != nil || len(a.marks) == 0 {
		return
	}
	length := a.newest - a.oldest
	if !a.full {
		length = max(length, s.length(w.clock()))
	}
	if w.order == falling || w.order == mixed {
		w.win.ahead(a.sent, w.caps.of(a.slice.Size).Rows, length)
	}
}
