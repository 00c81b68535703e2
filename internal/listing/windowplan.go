package listing

import "time"

// plan is the windows that a listing reads before their turn, the next one first. It is used only with
// WithConcurrency.
//
// Where lists are cut the next window is not known before the list at hand has come. So windows are made
// as long as the city takes to fill three quarters of a list, which costs a few calls more and saves the
// waiting. One that is cut nevertheless is completed before the plan goes on.
type plan struct {
	windows []window
	most    int           // rows of the longest list that was cut
	stride  time.Duration // how long the next ones are made; 0: not known yet
	overlap time.Duration
	off     bool // the server does not give the newest first, so a cut list is not gone on from
}

const minStride = time.Minute

// learn adapts the length of windows to what the first one, or a planned one, has brought.
func (p *plan) learn(win window, e *extent, cut bool, longest time.Duration) {
	if p.off = p.off || e.uneven; p.off {
		p.windows, p.stride = nil, 0
	}
	if p.off || p.stride > 0 && !win.planned {
		return
	}
	if win.end.IsZero() {
		win.end = e.newest
	}
	got := win.end.Sub(win.start) // what the list has covered of the window
	if cut {
		got = win.end.Sub(e.oldest)
		p.most = max(p.most, e.firstRows)
	}
	if win.start.IsZero() || got <= 0 {
		return
	}
	stride := longest
	if p.most > 0 && e.firstRows > 0 {
		stride = got / time.Duration(4*e.firstRows) * time.Duration(3*p.most)
		if p.stride > 0 {
			stride = min(stride, 2*p.stride)
		}
	}
	p.stride = min(max(stride.Truncate(time.Second), minStride), longest)
	p.overlap = p.stride / 16
	if e.paged && e.calls > 1 {
		p.overlap = 0 // pages tell where a list ends
	}
}

// planned makes next the first of several windows down to bound, and starts to read them all. They
// overlap by more than a second, so that mostly the request that one ends with is in the next one too.
func (w *walk) planned(next window, bound time.Time) window {
	f, p := w.l.prefetch, &w.plan
	if f == nil || p.stride == 0 || next.end.IsZero() {
		return next
	}
	for len(p.windows) < f.n {
		win := next
		if n := len(p.windows); n > 0 {
			last := p.windows[n-1].start
			if !last.After(bound) {
				break
			}
			win = window{end: last.Add(p.overlap + time.Second), start: last.Add(-p.stride)}
		} else {
			win.start = w.covered.Add(-p.stride)
		}
		if win.planned = true; win.start.Before(bound) && !w.lo.IsZero() {
			win.start = bound
		}
		p.windows = append(p.windows, win)
	}
	for _, win := range p.windows {
		f.start(Span(win.start, w.sent(win)))
	}
	next = p.windows[0]
	p.windows = p.windows[1:]
	w.covered, w.from = next.start, time.Time{}
	return next
}

// goOn lets the next window of a plan go on from the request that win ended with, if that is in it.
func (p *plan) goOn(win window, second time.Time) bool {
	if !win.planned || len(p.windows) == 0 || !second.Before(p.windows[0].end.Add(-time.Second)) {
		return false
	}
	p.windows[0].from = second
	return true
}
