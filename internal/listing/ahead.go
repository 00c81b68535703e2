package listing

// readAhead asks for the windows that follow s in what is open.
func (w *walk) readAhead(s, open span) {
	if w.ahead == nil || !w.win.steady {
		return
	}
	var slices []Slice
	for _, next := range append([]span{s}, w.win.next(s, open.lo, w.told.Concurrency-1)...) {
		slices = append(slices, w.slice(w.bounds.widen(next)))
	}
	w.ahead.want(slices, w.calls)
}

// planAhead makes windows that can be read ahead, by how many rows an answer has brought of how long a time.
func (w *walk) planAhead(s span, a *answer) {
	if w.ahead == nil || a.err != nil || a.dated == 0 {
		return
	}
	length := a.newest - a.oldest
	if !a.full {
		length = max(length, s.length(w.clock()))
	}
	if w.order != anyOrder {
		w.win.ahead(a.sent, w.caps.of(a.slice.Size).Rows, length)
	}
}

// pagesAhead asks for the pages that follow, where one has shown that they are heeded. They are read in any order, so that
// requests that arrive meanwhile can push others from one into another that has been read: dates have to prove the list, or
// its beginning, where all that arrives would show.
func (w *walk) pagesAhead(c *cursor, heeded bool) {
	if w.ahead == nil || !heeded {
		return
	}
	slices := c.following(w.told.Concurrency)
	if w.dates != helpful || w.told.NoDates {
		if !c.sorted {
			return
		}
		c.ahead = c.ahead || len(slices) > 0
	}
	w.ahead.want(slices, w.calls)
}
