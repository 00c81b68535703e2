package listing

import (
	"errors"
	"fmt"
	"time"
)

const (
	defaultSpan  = 90 * 24 * time.Hour  // GeoReport v2: start_date and end_date may not lie further apart
	defaultQuiet = 730 * 24 * time.Hour // how long nothing must have happened for a listing to end
	// spanMargin keeps windows shorter than the server's limit, for servers that count in days or read
	// one of the bounds in another zone.
	spanMargin = maxSkew
)

// What is wrong with a gap that no single call is to blame for.
var (
	errFullSecond   = errors.New("more requests in one second than the server gives at once")
	errDatesIgnored = errors.New("the list may be cut, and the server ignores both pages and dates")
)

// window is a span of time to be listed; a zero bound is not sent.
type window struct {
	start, end time.Time
	from       time.Time     // the second of the request that it goes on from, which is in it too; or zero
	shift      time.Duration // how much later than meant the end is tried to be sent
	planned    bool          // it is one of a plan
}

// walk lists all requests of a span of time, from its end backwards.
type walk struct {
	l            *Lister
	lo, hi       time.Time     // the span that was asked for; zero: unbounded
	max          time.Duration // the longest span of one call
	now          time.Time
	slowClock    time.Time     // now by the slower clock, this one or the server's; zero if that is not known
	covered      time.Time     // all from here on has been listed
	from         time.Time     // the request at covered that the listing goes on from; zero if it is complete there
	full         time.Time     // the last second that had more requests than could be had
	shift        time.Duration // see skew.go
	readsLater   bool
	readsEarlier bool
	edged        bool
	unanchored   int
	oldest       time.Time // the oldest request seen
	first        bool      // nothing has been listed yet
	denied       bool      // longer spans than max do not work
	lost         error     // a page that could not be had, if what it holds has not come by dates
	split        bool      // a list in no order has been checked for completeness once
	todo         []window  // parts of windows that were cut, the next one last
	plan         plan
}

// Walk lists a span of time, from its end backwards; a zero bound is none.
func (l *Lister) Walk(start, end time.Time) error {
	off := l.traits.NoDates
	w := &walk{l: l, lo: start.Truncate(time.Second), hi: end, max: l.traits.Span, now: time.Now(), first: true}
	if w.max <= 0 {
		w.max = defaultSpan
	}
	w.max -= min(spanMargin, w.max/2)
	if start.IsZero() {
		w.lo = time.Time{}
	}
	next := w.begin(off)
	for {
		err := w.list(next)
		switch {
		case err == ErrGap:
			return nil
		case err != nil:
			return err
		case off:
			return nil
		}
		var ok bool
		if next, ok = w.next(); !ok {
			return nil
		}
	}
}

// begin returns the newest window. It has no end unless the caller has given one: some servers stamp
// requests later than now.
func (w *walk) begin(off bool) window {
	end := w.hi
	if end.IsZero() {
		end = w.now
	}
	switch {
	case off, w.lo.IsZero() && w.hi.IsZero():
		return window{}
	case w.lo.IsZero(), end.Sub(w.lo) > w.max:
		return window{start: end.Add(-w.max), end: w.hi}
	}
	return window{start: w.lo, end: w.hi}
}

// next returns the window to be listed next; false if there is none.
func (w *walk) next() (window, bool) {
	if n := len(w.todo); n > 0 {
		next := w.todo[n-1]
		w.todo = w.todo[:n-1]
		return next, true
	}
	if w.covered.IsZero() {
		return w.edge()
	}
	quiet := w.l.traits.Quiet
	if quiet <= 0 {
		quiet = defaultQuiet
	}
	since := w.oldest
	if since.IsZero() {
		since = w.now
	}
	bound := since.Add(-quiet)
	if !w.lo.IsZero() {
		bound = w.bottom()
	}
	if w.covered.Before(bound) || w.covered.Equal(bound) && w.from.IsZero() {
		return w.edge()
	}
	// The windows overlap by a second, so that nothing is lost whether bounds are inclusive or not.
	next := window{start: w.covered.Add(-w.max), end: w.covered.Add(time.Second), from: w.from}
	far := w.l.detected.spansFar()
	if next.start.After(bound) && (far || !w.denied) {
		next.start = w.covered.Add(-max(quiet, w.max))
		if !w.lo.IsZero() {
			next.start = bound
		}
	}
	if next.start.Before(bound) && !w.lo.IsZero() {
		next.start = bound
	}
	if far {
		w.plan.windows = nil
		return next, true
	}
	return w.planned(next, bound), true
}

// list lists one window and works out what has been covered by it.
func (w *walk) list(win window) error {
	l := w.l
	e, err := l.exhaust(win.start, w.sent(win))
	long := !win.planned && !win.start.IsZero() && !win.end.IsZero() && win.end.Sub(win.start) > w.max+time.Minute
	switch {
	case err == ErrStop, err == ErrGap, l.ctx.Err() != nil && err != nil:
		return err
	case err != nil && long && l.is(err, Refused):
		w.denied = true // and covered stays: the same again, shorter
		return nil
	case err != nil && w.first:
		return err
	case err != nil:
		if err := l.NoteGap(err, win.start, win.end, ""); err != nil {
			return err
		}
		return ErrGap
	}
	w.first = false
	w.learnClock(e)
	if e.lost != nil {
		w.lost = e.lost
	}
	if e.broken == nil && !w.beyond(win, e) {
		l.failures = 0
	}
	if !e.oldest.IsZero() && (w.oldest.IsZero() || e.oldest.Before(w.oldest)) {
		w.oldest = e.oldest
	}
	switch {
	case e.broken != nil:
		// One in a row may be a bad record; then the server still gives what it gave before.
		if l.failures++; l.failures%10 == 1 && !l.alive() || l.failures > maxFailures {
			span := Span(win.start, win.end)
			return l.pageGap(&span, fmt.Errorf("and what is older: %w", e.broken))
		}
		return w.divide(win, e.broken)
	case win.start.IsZero() && win.end.IsZero():
		return w.undated(e)
	case e.Rows > 0 && 2*e.outside > e.Rows:
		return w.ignored(win, e)
	case long && !w.far(win, e):
		return nil
	}
	return w.dated(win, e)
}

// rest notes what of a window has still to be listed: nothing if it begins where it ends. Where no
// part of an earlier window is waiting the listing simply goes on from there, with a full window.
func (w *walk) rest(win window) {
	done := !win.end.After(win.start)
	if len(w.todo) == 0 && len(w.plan.windows) == 0 && (w.covered.IsZero() || !win.start.After(w.covered)) {
		w.covered, w.from = win.end.Add(-time.Second), win.from
		if done {
			w.covered = win.start
		}
		return
	}
	if !done && (win.end.Sub(win.start) > time.Second || !win.from.IsZero()) {
		w.todo = append(w.todo, win)
	}
}

// divide lists the halves of a window instead, the later one first. A window of one second cannot be
// divided: it is a gap.
func (w *walk) divide(win window, cause error) error {
	start, end := win.start, win.end
	if end.IsZero() {
		end = w.now.Add(24 * time.Hour)
	}
	if start.IsZero() {
		start = end.Add(-w.max)
	}
	start, end = start.Truncate(time.Second), end.Truncate(time.Second)
	if end.Sub(start) <= 2*time.Second {
		if err := w.l.NoteGap(cause, start, end, ""); err != nil {
			return err
		}
		w.rest(window{start: start, end: start})
		return nil
	}
	if len(w.todo) == 0 && len(w.plan.windows) == 0 && (w.covered.IsZero() || start.Before(w.covered)) {
		w.covered, w.from = start, time.Time{}
	}
	middle := start.Add(end.Sub(start) / 2).Truncate(time.Second)
	w.todo = append(w.todo, window{start: start, end: middle.Add(time.Second)}, window{start: middle, end: win.end})
	return nil
}
