package listing

import "time"

// maxSkew is by how much a server may take a bound for another time than was meant: some leave out the
// zone, or the time of day.
const maxSkew = 26 * time.Hour

// anchored looks whether a window that goes on from a list has the request that the list ended with.
// If it has not, the server takes the end of the window for an earlier time, and what lies between is
// lost: the window is to be asked for again, with a later end. Where even a day later does not help, the
// request is not there any more.
func (w *walk) anchored(win window, e *extent) (again window, ok bool) {
	if win.from.IsZero() || w.unanchored > 2 {
		return window{}, true
	}
	if !e.newest.Before(win.from) {
		if win.shift > w.shift {
			w.noteSkew(win.shift)
		}
		return window{}, true
	}
	switch shift := win.from.Sub(e.newest).Truncate(15*time.Minute) + 15*time.Minute; {
	case win.shift == maxSkew:
		w.unanchored++
		return window{}, true
	case win.shift > 0, e.Rows == 0, shift > maxSkew:
		win.shift = maxSkew
	default:
		win.shift = shift
	}
	if earliest := win.end.Add(win.shift - w.max); win.start.Before(earliest) {
		win.start = earliest
	}
	return win, false
}

// noteSkew notes that the ends of windows are to be sent later than they are meant.
func (w *walk) noteSkew(shift time.Duration) {
	w.max = max(w.max-(shift-w.shift), w.max/2)
	w.shift = shift
	w.readsEarlier = !w.edged
}

// edge returns the last window of a listing, if there is one: where the server takes times for earlier ones,
// what lies before an end that the caller has given has not come.
func (w *walk) edge() (window, bool) {
	if !w.readsEarlier || w.hi.IsZero() {
		return window{}, false
	}
	w.readsEarlier, w.edged = false, true
	return window{start: w.hi.Add(-time.Second), end: w.hi.Add(min(maxSkew, w.max))}, true
}

// compare looks whether what has come lies in its window, or the server takes the bounds for other times.
func (w *walk) compare(win window, e *extent) {
	if !win.start.IsZero() && !e.oldest.IsZero() && e.oldest.Before(win.start.Add(-time.Second)) {
		w.readsEarlier = !w.edged
	}
	if w.beyond(win, e) {
		w.readsLater = true
	}
}

// sent returns the end of a window as the server has to be told it.
func (w *walk) sent(win window) time.Time {
	if win.end.IsZero() {
		return win.end
	}
	return win.end.Add(max(w.shift, win.shift))
}

// bottom returns where a listing with a start ends: before the start, if the server is known to take
// times for later ones.
func (w *walk) bottom() time.Time {
	if !w.readsLater {
		return w.lo
	}
	return w.lo.Add(-maxSkew)
}
