package listing

import (
	"cmp"
	"errors"
	"fmt"
)

// facet is what is asked for beside the dates.
type facet struct{ codes, statuses []string }

// walk is the listing of one facet.
type walk struct {
	*Lister
	facet  facet
	known  known
	rows   int // different rows that came
	seen   *dedupe
	cov    coverage
	bounds bounds
	win    windows
	ordered
	cause      error       // of the first call, if it failed
	linked     bool        // lists that go on say so
	uncut      bool        // an answer has come that was not cut
	tailed     bool        // the end of a long span has been looked at
	swaps      int         // how often start was tried for end
	stray      int         // lists of rows that all lie outside of the span
	controlled bool        // a call with dates has brought what it had to bring
	proofs     int         // how many have done so under the bounds as they are sent now
	before     fingerprint // of the full answer before
	lone       []span      // of which one row came
	silent     []span      // that were answered and not cut: shorter ones within them need no second look
}

// ordered is the order of the lists, as far as answers of this listing have shown it.
type ordered struct {
	order  order
	pairs  int  // of rows that were seen in that order
	sorted bool // rows have come that rule out a rival key
}

// answer is a response, and what its control says.
type answer struct {
	*response
	reading
	control
	full  bool // it may be cut
	fresh int  // rows that the facet had not had before
}

// Reasons why a span cannot be had in the way that was tried.
var (
	errDates  = errors.New("the server takes dates for something else, or for nothing")
	errBudget = errors.New("the listing has cost more calls than its requests are worth: the server does not answer as it is asked; ask for a shorter span")
	errMoment = errors.New("more requests bear this time than the server gives at once, and it shows no way to the rest")
)

// slice returns the call for a span that is sent as it is.
func (w *walk) slice(sent span) Slice {
	s := Slice{Start: stamp(sent.lo), End: stamp(sent.hi), Swapped: w.bounds.swapped, Page: NotSent, Offset: NotSent, Size: w.size(),
		Codes: w.facet.codes, Statuses: w.facet.statuses}
	return s
}

// look compares a response with the span that was sent, with the one that was meant, and with all that is known.
func (w *walk) look(r *response, sent, meant span) *answer {
	a := &answer{response: r, reading: read(r.rows)}
	if r.err != nil {
		return a
	}
	a.full = w.full(r)
	o := w.order
	if o == anyOrder {
		o = a.order
	}
	a.control = w.known.check(&a.reading, sent, meant, a.full, o)
	if w.off(offControl) {
		a.control = control{}
	}
	w.absorb(a)
	if a.sent == 1 && len(w.lone) < maxLone && meant.length(w.clock()) <= safeSpan {
		w.lone = append(w.lone, meant)
	}
	if a.above == 0 && a.below == 0 && len(a.marks) > 1 && !sent.open() {
		if length := a.newest - a.oldest; length > w.belief.far() {
			w.belief.noteFar(length, w.now())
		}
	}
	return a
}

// maxLone bounds how many spans are kept of which one row came.
const maxLone = 100

// absorb takes the rows of an answer for known.
func (w *walk) absorb(a *answer) {
	for _, row := range a.rows {
		if w.seen.add(row.Key) {
			a.fresh++
		}
		w.shown.note(&row)
	}
	w.rows += a.fresh
	w.known.add(a.marks)
	w.caps = w.caps.noted(a.slice.Size, a.sent, a.different(), w.now())
}

// full reports whether an answer may be cut: it has as many rows as the largest one that was seen.
func (w *walk) full(r *response) bool {
	c := w.caps.of(r.slice.Size)
	return r.sent >= c.Rows || r.different() >= c.Different
}

// dated asks for a span in a way that its control passes: with wider bounds, or with the other name for start and end.
// The error is errDates if no way does.
func (w *walk) dated(meant span) (*answer, error) {
	for {
		sent := w.bounds.widen(meant)
		s := w.slice(sent)
		wide := sent.lo < w.wanted.lo || sent.hi > w.wanted.hi
		a, err := w.ask(s, sent, meant, wide)
		if err == nil && a.fault&NotFound != 0 && w.controlled && w.times(&s) >= maxTimes && len(w.known.in(meant)) == 0 {
			a.err = nil // like calls were answered, and this one is not, twice: so some servers say that there is nothing
		}
		if err == nil && a.err == nil && a.sent == 0 && w.uncontrolled(meant) {
			a, err = w.doubt(a, sent, meant, wide)
		}
		if err != nil || a.err != nil || !w.misread(a) {
			if err == nil && a.err == nil && len(w.known.in(meant)) > 0 {
				w.controlled = true
				w.proofs++
			}
			return a, err
		}
		if w.times(&s) < maxTimes && (w.swappable(a) || w.cuttable(a, meant)) { // one answer teaches nothing
			if a, err = w.again(a, sent, meant, wide); err != nil || a.err != nil || !w.misread(a) {
				return a, err
			}
		}
		if w.swap(a, meant) {
			return nil, errRetry
		}
		if w.cutSpan(a, meant) {
			return a, errRetry
		}
		if w.times(&s) < maxTimes { // perhaps the answer to another call
			if a, err = w.again(a, sent, meant, wide); err != nil || a.err != nil || !w.misread(a) {
				return a, err
			}
		}
		switch {
		case a.above > 0, w.startIgnored(a), w.off(offWider):
			return a, errDates
		case !w.bounds.onTime() && !w.bounds.wider():
			return a, errDates
		}
		w.proofs = 0
	}
}

// errRetry asks for the span that is open now: what is believed has changed.
var errRetry = errors.New("again")

// misread reports whether an answer shows that the bounds mean something else to the server.
func (w *walk) misread(a *answer) bool { return a.above > 0 || a.missing > 0 || w.startIgnored(a) }

// startIgnored: rows from before the span in a list that is cut in no order of time. Its parts cannot be cut off at
// their start, so that shorter spans do not help.
func (w *walk) startIgnored(a *answer) bool { return a.below > 0 && a.full && w.order != falling }

// cuttable reports whether rows may be missing because the span is too long.
func (w *walk) cuttable(a *answer, meant span) bool {
	return a.missing > 0 && a.above == 0 && !w.belief.limited() && !w.off(offReach) && meant.length(w.clock()) > safeSpan
}

// cutSpan takes it that they are.
func (w *walk) cutSpan(a *answer, meant span) bool {
	if !w.cuttable(a, meant) {
		return false
	}
	w.belief.noteLimit(safeSpan, "an answer to a long span left out a part of it", w.now())
	return true
}

// swappable reports whether start may mean the end: rows have come that lie outside, or none at all.
func (w *walk) swappable(a *answer) bool {
	return (a.above+a.below > 0 || a.sent == 0) && w.swaps < maxSwaps && !w.off(offSwap)
}

// swap tries start for end: an answer that then passes its control shows it.
func (w *walk) swap(a *answer, meant span) bool {
	if !w.swappable(a) {
		return false
	}
	w.swaps++
	old := w.bounds
	w.bounds.swap()
	sent := w.bounds.widen(meant)
	b, err := w.ask(w.slice(sent), sent, meant, true)
	if err == nil && b.fault&Refused != 0 && !w.belief.limited() && meant.length(w.clock()) > safeSpan {
		w.belief.noteLimit(safeSpan, "a long span was refused", w.now())
		w.bounds = old
		w.swaps--
		return true
	}
	if err == nil && b.err == nil && b.inside(meant) > 0 && b.above+b.below == 0 && b.missing == 0 {
		w.cov.proven = nil // it was proven of another question
		return true
	}
	w.bounds = old
	return false
}

// maxSwaps is how often start is tried for end: once for a long span, that may be cut, and once for a short one.
const maxSwaps = 2

// cover asks for what is open, the newest part first, until all is proven or given up. The error is errDates if dates
// are no help, or ends the listing.
func (w *walk) cover() error {
	for turns := 0; ; turns++ {
		w.sink()
		open, ok := w.cov.newest()
		if !ok {
			return nil
		}
		if done, err := w.tail(open); err != nil {
			return err
		} else if done {
			continue
		}
		s := w.win.pick(open, w.limit(open), w.clock())
		if turns > maxTurns*(w.calls+1) {
			w.cov.giveUp(open, open, errOpen, "")
			continue
		}
		w.readAhead(s, open)
		a, err := w.dated(s)
		switch {
		case err == errRetry:
			continue
		case err == errBudget:
			w.giveUpRest(errBudget)
			return nil
		case err != nil:
			return err
		}
		if err := w.judge(s, a); err != nil && err != errRetry {
			return err
		}
		w.planAhead(s, a)
	}
}

// maxTurns is how many turns a call may cost: a bound for a mistake of ours, a span that comes back unchanged.
const maxTurns = 20

// limit is how long a span may be; 0: as long as it likes. Where no row is known with which the answer has to begin,
// silence is proven for no longer than that.
func (w *walk) limit(open span) int64 {
	limit := int64(0)
	if known := w.known.in(span{open.hi, open.hi}); open.hi != future && len(known) == 0 && !w.off(offReach) {
		limit = w.belief.far()
	}
	if w.belief.limited() {
		limit = w.belief.limit()
	}
	if told := int64(w.told.Span.Seconds()); told > 0 && told < w.belief.far() && (limit == 0 || told < limit) {
		limit = max(told-2*edge-w.bounds.start-max(w.bounds.end, 0), told/2)
	}
	return limit
}

// sink lets the goal of a query without a start go on from the oldest row, for as long as nothing must have been
// requested.
func (w *walk) sink() {
	if w.wanted.lo != past {
		return
	}
	low := w.clock()
	if oldest, ok := w.known.oldest(); ok {
		low = min(low, oldest)
	}
	w.cov.goal.lo = min(w.cov.goal.lo, low-w.quiet())
	if w.cov.goal.lo == past {
		w.cov.goal.lo = low - w.quiet()
	}
}

// judge says what an answer proves of the span that was asked for.
func (w *walk) judge(s span, a *answer) error {
	now := w.clock()
	switch {
	case a.err != nil:
		return w.failure(s, a)
	case w.alone(s, a):
		w.cov.prove(span{a.oldest - slack, a.oldest + slack}.clip(s), byCount)
		return nil
	case !a.full, len(a.rows) == 0: // what cannot be read is a gap already
		w.uncut = true
		seen := w.reached(s, a)
		if seen.empty() {
			w.win.length = min(safeStart, w.belief.far())
			return nil
		}
		w.cov.prove(seen, byCount)
		w.silent = append(w.silent, s)
		w.win.fits(s, a.inside(s), w.caps.of(a.slice.Size).Rows, now)
		if limit := w.limit(s); 2*seen.length(now) >= cmp.Or(limit, safeStart) { // one that the server has made necessary
			w.spans++
		}
		return nil
	case a.oldest > s.hi && w.bounds.earlier(a.newest-s.hi):
		return nil // the end is read later than it is sent
	case a.oldest > w.began && a.newest <= now+minute && s.hi > w.began:
		w.cov.prove(span{w.began + 1, now + minute}, byCount) // all of them have arrived meanwhile
		return nil
	}
	w.learnOrder(a)
	seam, ordered := w.seam(s, a)
	switch {
	case ordered && !seam.empty():
		w.cov.prove(seam, byOrder)
		w.win.free()
		if w.order == falling && s.hi != future && a.newest > s.hi+edge {
			w.bounds.earlier(a.newest - s.hi) // so that the next one does not begin with what is known
		}
		return nil
	case w.strays(s, a):
		return errDates
	case !ordered && !w.coarse(s, a) && w.win.narrow(s, w.known.in(s), now):
		return nil
	}
	return w.moment(s, a)
}

// seam returns what a full answer in a known order proves of a span: from the row at which it has to begin to its last
// one. The seconds of both stay open, as the control of what comes next to them. false: the order is not known.
func (w *walk) seam(s span, a *answer) (span, bool) {
	proven := span{a.oldest + 1, a.newest - 1}
	if w.pairs < minPairs {
		return span{}, false
	}
	switch w.order {
	case falling:
		if s.hi == future && w.reached(s, a).hi == future || w.anchored(s.hi, a) {
			proven.hi = s.hi
		}
		if a.rival && !w.sorted && !w.off(offRival) {
			proven.lo = max(proven.lo, a.change+1) // what was changed before the last row may be missing down to here
			return proven.clip(s), !proven.clip(s).empty()
		}
	case rising:
		if w.anchored(s.lo, a) {
			proven.lo = s.lo
		}
	default:
		return span{}, false
	}
	return proven.clip(s), true
}

// anchored reports whether a row of a second that was known before is in the answer.
func (w *walk) anchored(t int64, a *answer) bool {
	for _, m := range a.marks {
		if m.at == t {
			return true
		}
	}
	return false
}

// reached returns the part of a span that an answer was about which is not cut: servers answer for the newest, or the
// oldest, 90 days of a longer one, unless rows show that it was all of it.
func (w *walk) reached(s span, a *answer) span {
	if w.off(offReach) {
		return s
	}
	seen := s
	top := s.top(w.clock())
	if low := top - w.belief.far(); low > s.lo && !(len(a.marks) > 0 && w.quietBelow(low)) {
		seen.lo = low
	}
	limit := w.belief.far()
	if s.hi == future {
		limit = min(limit, safeStart)
	}
	if s.lo != past && top-s.lo > limit && !(len(a.marks) > 0 && a.newest-s.lo > longSpan) {
		seen.hi = min(s.hi, max(s.lo+limit, a.newest-1))
	}
	return seen
}

// learnOrder takes the order of an answer for that of the server's lists, until another one contradicts it. Then all
// that rests on it is open again.
func (w *walk) learnOrder(a *answer) {
	if a.disorder {
		a.order = mixed
	}
	if a.order == falling && !a.rival {
		w.sorted = true
	}
	w.pairs += a.pairs
	if a.order == anyOrder || a.order == w.order || w.order == mixed {
		return
	}
	w.tiled = w.tiled || a.order == mixed || w.order != anyOrder
	if w.order == anyOrder {
		w.order = a.order
		return
	}
	w.order, w.sorted = mixed, false
	w.cov.void(byOrder)
}

// minPairs is how many pairs of rows have to be in an order before it is believed: few ones fall by chance.
const minPairs = 5

// failure deals with a span that the server has failed for.
func (w *walk) failure(s span, a *answer) error {
	now := w.clock()
	if a.fault&Refused != 0 {
		if limit, ok := shorter(s.length(now)); ok {
			w.belief.noteLimit(limit, "a longer span was refused", w.now())
			return nil
		}
		return errDates
	}
	w.failures++
	if w.win.halve(s, now) {
		return nil
	}
	tried := w.win.giveUp(s)
	w.records += w.win.records
	w.win.records = 0
	w.failed = append(w.failed, tried)
	lost := tried
	lost.lo -= slack // nobody knows how its bounds are read
	if lost.hi != future {
		lost.hi += slack
	}
	w.cov.giveUp(lost, tried, fmt.Errorf("the server fails for a request of this time: %w", a.err), w.src.Describe(&a.slice))
	return nil
}

// giveUpRest gives up all that is open.
func (w *walk) giveUpRest(err error) {
	for {
		open, ok := w.cov.newest()
		if !ok {
			return
		}
		w.cov.giveUp(open, open, err, "")
	}
}
