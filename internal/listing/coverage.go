package listing

import "time"

// What the list of a window has covered, and what of it has still to be asked for.

// undated works out what a list without dates has covered: all there is, or what the server gives by
// default.
func (w *walk) undated(e *extent) error {
	whole := e.paged || e.Total >= 0 && e.Rows >= e.Total && e.calls == 1
	span := w.now.Add(-w.max - 2*spanMargin)
	if !w.slowClock.IsZero() {
		span = w.slowClock.Add(-w.max - 2*spanMargin)
	}
	switch {
	case w.l.traits.NoDates:
		if !whole && (w.l.LooksCut(e.Rows) || w.lost != nil) {
			return w.l.NoteGap(w.why(errDatesIgnored), time.Time{}, time.Time{}, "")
		}
	case whole && !e.oldest.IsZero() && e.oldest.Before(span):
		// The list reaches back further than the specification's default: it is not limited to that.
	case e.Rows > 0 && e.oldest.IsZero():
		if !whole && (w.l.LooksCut(e.Rows) || w.lost != nil) {
			return w.l.NoteGap(w.why(errDatesIgnored), time.Time{}, time.Time{}, "")
		}
	case whole:
		w.covered = w.now.Add(-w.max)
	case e.uneven:
		w.todo = append(w.todo, window{start: w.now.Add(-w.max)})
		w.covered = w.now.Add(-w.max)
	default:
		w.covered = e.oldest.Truncate(time.Second)
		w.from = w.covered
	}
	return nil
}

// ignored deals with a server that does not look at dates: what it gives is all there is to be had.
func (w *walk) ignored(win window, e *extent) error {
	w.covered = time.Time{}
	w.todo, w.plan.windows = nil, nil
	if !e.paged && (w.l.LooksCut(e.Rows) || w.lost != nil) && !(e.Total >= 0 && e.Rows >= e.Total) {
		return w.l.NoteGap(w.why(errDatesIgnored), win.start, win.end, "")
	}
	return nil
}

// why returns the cause of a gap: a page that could not be had, if there was one.
func (w *walk) why(err error) error {
	if w.lost != nil {
		return w.lost
	}
	return err
}

// learnClock looks at the server's clock. Where it differs from the one here, now is the later of both
// where a list begins, and the earlier where it shows how far it goes back.
func (w *walk) learnClock(e *extent) {
	date := e.Clock
	if date.IsZero() || !w.slowClock.IsZero() {
		return
	}
	w.slowClock = w.now
	if date.After(w.now) {
		w.now = date
	} else {
		w.slowClock = date
	}
}

// far looks at the list of a window that is longer than the specification allows. It reports whether
// the window counts as listed. If the server has answered for a part of it only, the rest is asked for
// again in short windows.
func (w *walk) far(win window, e *extent) bool {
	edge := win.end.Add(-w.max)
	switch {
	case w.l.detected.spansFar():
		return true
	case e.Rows == 0 || e.uneven || !e.newest.After(win.start.Add(w.max+2*maxSkew)):
		w.denied = true // it may have given the oldest part only
		return false
	case e.oldest.Before(edge.Add(-2 * maxSkew)):
		w.l.detected.sawFar()
		return true
	}
	if e.paged {
		w.denied = true
		w.covered, w.from = edge, time.Time{}
		return false
	}
	if !w.l.LooksCut(e.Rows) {
		w.denied = true
		return false
	}
	return true // cut before it could show: the list goes on from its oldest
}

// dated works out what the list of a window has covered.
func (w *walk) dated(win window, e *extent) error {
	if again, ok := w.anchored(win, e); !ok {
		w.todo = append(w.todo, again)
		return nil
	}
	w.compare(win, e)
	w.plan.learn(win, e, !e.paged && e.falls() && w.l.LooksCut(e.Rows), w.max*16/17)
	second := e.oldest.Truncate(time.Second)
	// A list is at its end when it gets no further back than the request it goes on from, or than its end.
	before := win.from
	if before.IsZero() || win.end.After(before.Add(time.Second)) {
		before = win.end
	}
	stuck := !e.uneven && !before.IsZero() && !second.Before(before)
	switch {
	case stuck && !e.paged && w.fullSecond(e) && !second.Equal(w.full):
		if err := w.l.NoteGap(errFullSecond, second, second.Add(time.Second), ""); err != nil {
			return err
		}
		// Below it: once with the end inclusive, once for servers where it is not.
		w.full = second
		w.rest(window{start: win.start, end: second.Add(-time.Second)})
		w.todo = append(w.todo, window{start: second.Add(-2 * time.Second), end: second})
	case stuck && !e.paged && !second.Equal(w.full) && w.l.LooksCut(e.Rows) && e.Rows >= w.l.Most:
		// It gets no further back because the server does not look at the end so closely, or not at all.
		earlier := before.Add(-maxSkew)
		if err := w.l.NoteGap(errDatesIgnored, earlier, before, ""); err != nil {
			return err
		}
		w.rest(window{start: win.start, end: earlier})
	case e.paged, e.Rows == 0, stuck:
		w.rest(window{start: win.start, end: win.start})
	case !e.uneven && e.falls():
		if len(w.todo) == 0 && w.plan.goOn(win, second) {
			return nil
		}
		w.rest(window{start: win.start, end: second.Add(time.Second), from: second})
	case w.l.LooksCut(e.Rows) || w.l.LooksCut(e.sent) || e.Rows >= max(10, w.l.Most) || !w.split:
		w.split = true
		return w.divide(win, errFullSecond)
	default:
		w.rest(window{start: win.start, end: win.start})
	}
	return nil
}

// beyond reports whether a list has requests that are newer than the end of its window.
func (w *walk) beyond(win window, e *extent) bool {
	return !win.end.IsZero() && e.newest.After(w.sent(win).Add(time.Second))
}

// falls reports whether there is an oldest request to go on from.
func (e *extent) falls() bool { return !e.oldest.IsZero() }

// fullSecond reports whether all of a list lies in one second, and there may be more of that second.
func (w *walk) fullSecond(e *extent) bool {
	return e.oldest.Truncate(time.Second).Equal(e.newest.Truncate(time.Second)) && w.l.LooksCut(e.Rows) && e.Rows >= w.l.Most
}

// LooksCut reports whether a list of n rows looks as if it had been cut.
func (l *Lister) LooksCut(n int) bool {
	if c := l.traits.Cap; c > 0 {
		return n >= c
	}
	switch n {
	case 10, 20, 25, 30, 40, 60, 80, 128, 256, 512, 1024, 999, 499, 99:
		return true
	}
	// No server cuts below ten: fewer rows, however often they come, are all there is.
	return n > 0 && n%50 == 0 || n >= 10 && n == l.Most && l.often > 1
}
