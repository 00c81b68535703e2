package open311

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	defaultSpan  = 90 * 24 * time.Hour  // GeoReport v2: start_date and end_date may not lie further apart
	defaultQuiet = 730 * 24 * time.Hour // how long nothing must have happened for a listing to end
	// spanMargin keeps windows shorter than the server's limit, for servers that count in days or read
	// one of the bounds in another zone.
	spanMargin = maxShift
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
	l       *lister
	lo, hi  time.Time     // the span that was asked for; zero: unbounded
	max     time.Duration // the longest span of one call
	now     time.Time
	earlier time.Time     // now by the slower clock, this one or the server's; zero if that is not known
	covered time.Time     // all from here on has been listed
	from    time.Time     // the request at covered that the listing goes on from; zero if it is complete there
	full    time.Time     // the last second that had more requests than could be had
	shift   time.Duration // see anchor.go
	late    time.Duration
	loose   int
	oldest  time.Time // the oldest request seen
	first   bool      // nothing has been listed yet
	denied  bool      // longer spans than max do not work
	lost    error     // a page that could not be had, if what it holds has not come by dates
	split   bool      // a list in no order has been checked for completeness once
	todo    []window  // parts of windows that were cut, the next one last
	plan    plan
}

// walk lists the query whose other parameters are in l.params.
func (l *lister) walk(q *Query) error {
	d := &l.c.cfg.dialect.Windows
	w := &walk{l: l, lo: q.Start.Truncate(time.Second), hi: q.End, max: d.Span, now: time.Now(), first: true}
	if w.max <= 0 {
		w.max = defaultSpan
	}
	w.max -= spanMargin
	if q.Start.IsZero() {
		w.lo = time.Time{}
	}
	next := w.begin(d.Off)
	for {
		err := w.list(next)
		switch {
		case err == errGap:
			return nil
		case err != nil:
			return err
		case d.Off:
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
		return window{}, false
	}
	quiet := w.l.c.cfg.dialect.Quiet
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
		return window{}, false
	}
	// The windows overlap by a second, so that nothing is lost whether bounds are inclusive or not.
	next := window{start: w.covered.Add(-w.max), end: w.covered.Add(time.Second), from: w.from}
	far := w.l.c.learned.habits.spansFar()
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
	case err == errStop, err == errGap, l.ctx.Err() != nil && err != nil:
		return err
	case err != nil && long && refusal(err):
		w.denied = true // and covered stays: the same again, shorter
		return nil
	case err != nil && w.first:
		return err
	case err != nil:
		if err := l.gap(err, win.start, win.end, ""); err != nil {
			return err
		}
		return errGap
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
			return l.pageGap(&piece{start: win.start, end: win.end, page: -1, offset: -1}, fmt.Errorf("and what is older: %w", e.broken))
		}
		return w.divide(win, e.broken)
	case win.start.IsZero() && win.end.IsZero():
		return w.undated(e)
	case e.rows > 0 && 2*e.outside > e.rows:
		return w.ignored(win, e)
	case long && !w.far(win, e):
		return nil
	}
	return w.dated(win, e)
}

// undated works out what a list without dates has covered: all there is, or what the server gives by
// default.
func (w *walk) undated(e *extent) error {
	whole := e.paged || e.total >= 0 && e.rows >= e.total && e.calls == 1
	span := w.now.Add(-w.max - 2*spanMargin)
	if !w.earlier.IsZero() {
		span = w.earlier.Add(-w.max - 2*spanMargin)
	}
	switch {
	case w.l.c.cfg.dialect.Windows.Off:
		if !whole && (w.suspicious(e.rows) || w.lost != nil) {
			return w.l.gap(w.why(errDatesIgnored), time.Time{}, time.Time{}, "")
		}
	case whole && !e.oldest.IsZero() && e.oldest.Before(span):
		// The list reaches back further than the specification's default: it is not limited to that.
	case e.rows > 0 && e.oldest.IsZero():
		if !whole && (w.suspicious(e.rows) || w.lost != nil) {
			return w.l.gap(w.why(errDatesIgnored), time.Time{}, time.Time{}, "")
		}
	case whole:
		w.covered = w.now.Add(-w.max)
		if e.rows > 0 && e.oldest.Before(w.covered) {
			w.covered = e.oldest
		}
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
	if !e.paged && (w.suspicious(e.rows) || w.lost != nil) && !(e.total >= 0 && e.rows >= e.total) {
		return w.l.gap(w.why(errDatesIgnored), win.start, win.end, "")
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
	date, err := http.ParseTime(e.header.Get("Date"))
	if err != nil || !w.earlier.IsZero() {
		return
	}
	w.earlier = w.now
	if date.After(w.now) {
		w.now = date
	} else {
		w.earlier = date
	}
}

// far looks at the list of a window that is longer than the specification allows. It reports whether
// the window counts as listed. If the server has answered for a part of it only, the rest is asked for
// again in short windows.
func (w *walk) far(win window, e *extent) bool {
	edge := win.end.Add(-w.max)
	switch {
	case w.l.c.learned.habits.spansFar():
		return true
	case e.rows == 0 || e.newest.Before(edge) || e.uneven:
		w.denied = true
		return false
	case e.oldest.Before(edge.Add(-26 * time.Hour)):
		w.l.c.learned.habits.sawFar()
		return true
	}
	if e.paged {
		w.denied = true
		w.covered, w.from = edge, time.Time{}
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
	w.plan.learn(win, e, !e.paged && e.falls() && w.suspicious(e.rows), w.max*16/17)
	second := e.oldest.Truncate(time.Second)
	// A list is at its end when it gets no further back than the request it goes on from, or than its end.
	before := win.from
	if before.IsZero() || win.end.After(before.Add(time.Second)) {
		before = win.end
	}
	stuck := !e.uneven && !before.IsZero() && !second.Before(before)
	switch {
	case stuck && !e.paged && w.fullSecond(e) && !second.Equal(w.full):
		if err := w.l.gap(errFullSecond, second, second.Add(time.Second), ""); err != nil {
			return err
		}
		// Below it: once with the end inclusive, once for servers where it is not.
		w.full = second
		w.rest(window{start: win.start, end: second.Add(-time.Second)})
		w.todo = append(w.todo, window{start: second.Add(-2 * time.Second), end: second})
	case stuck && !e.paged && w.beyond(win, e) && w.suspicious(e.rows) && e.rows >= w.l.most:
		// It gets no further back because the server does not look at the end so closely.
		return w.divide(win, errDatesIgnored)
	case e.paged, e.rows == 0, stuck:
		w.rest(window{start: win.start, end: win.start})
	case !e.uneven && e.falls():
		if len(w.todo) == 0 && w.plan.goOn(win, second) {
			return nil
		}
		w.rest(window{start: win.start, end: second.Add(time.Second), from: second})
	case w.suspicious(e.rows) || w.suspicious(e.sent) || !w.split:
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
	return e.oldest.Truncate(time.Second).Equal(e.newest.Truncate(time.Second)) && w.suspicious(e.rows) && e.rows >= w.l.most
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
		if err := w.l.gap(cause, start, end, ""); err != nil {
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

// suspicious reports whether a list of n rows looks as if it had been cut.
func (w *walk) suspicious(n int) bool {
	if c := w.l.c.cfg.dialect.Paging.Cap; c > 0 {
		return n >= c
	}
	switch n {
	case 10, 20, 25, 30, 40, 60, 80, 128, 256, 512, 1024, 999, 499, 99:
		return true
	}
	// No server cuts below ten: fewer rows, however often they come, are all there is.
	return n > 0 && n%50 == 0 || n >= 10 && n == w.l.most && w.l.often > 1
}

// String shows a window in messages.
func (w window) String() string {
	return fmt.Sprintf("%s to %s", formatBound(w.start), formatBound(w.end))
}
