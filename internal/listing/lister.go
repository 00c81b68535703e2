package listing

import (
	"context"
	"errors"
	"time"
)

// Lister is one listing.
type Lister struct {
	*caller
	src      Source
	q        Query
	told     Traits
	shared   *Beliefs
	belief   Belief
	caps     caps // seen by this listing
	asks     int  // how many rows to ask for
	ordered  ordered
	gaps     []Gap
	shown    shown
	spans    int    // that were needed because of what the server restricts
	failures int    // calls in windows that fail
	records  int    // windows that were given up for that
	failed   []span // which these are
	noDates  bool   // dates are refused, ignored, or mean something else
	denied   bool   // they are refused
	noSize   bool
	joined   bool              // a list of several values may be empty
	tiled    bool              // lists are in no order of time
	vain     [ways]int         // how often each way to the rest of a moment was tried in vain
	how      func(*walk) error // lists one facet
	without  off
}

// New returns a listing of a query.
func New(src Source, q Query, told Traits, shared *Beliefs) *Lister {
	b := shared.Load()
	return &Lister{src: src, q: q, told: told, shared: shared, belief: b, asks: pageSize(q.Size, told.Cap, b.Caps), shown: newShown(), how: (*walk).run}
}

// Run lists the query. It returns nil when the caller has had enough, and the error of the first call if not even that
// has worked; what else could not be had is in Gaps.
func (l *Lister) Run(ctx context.Context) error {
	l.caller = newCaller(ctx, l.src, spanOf(l.q.Start, l.q.End))
	l.ahead = newPrefetch(ctx, l.src, l.told.Concurrency)
	defer l.ahead.stop()
	err := l.facets()
	switch {
	case errors.Is(err, errStop):
		return nil
	case err != nil && l.calls > 0 && l.caller.given.count > 0:
		l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
		err = nil
	}
	l.belief.Caps = l.belief.Caps.with(l.caps, l.caller.rows)
	l.shared.Store(l.belief)
	return err
}

// Gaps returns what could not be had, or not be proven; none: the listing is complete.
func (l *Lister) Gaps() []Gap { return l.gaps }

// Calls returns how many calls the listing has made.
func (l *Lister) Calls() int { return l.calls }

// walk lists one facet.
func (l *Lister) walk(f facet) error {
	w := l.newWalk(f)
	err := l.how(w)
	w.teach()
	if err == errBudget {
		l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
		return nil
	}
	return err
}

func (l *Lister) newWalk(f facet) *walk {
	w := &walk{Lister: l, facet: f, seen: &dedupe{}, cov: coverage{skip: l.failed}}
	if b := l.belief.Bounds; b != nil {
		w.bounds = bounds{swapped: b.Swapped, start: b.Start, end: b.End}
	}
	w.ordered = l.ordered
	return w
}

// teach keeps what the walk has learned of the server.
func (w *walk) teach() {
	b := &w.belief
	if w.noDates {
		return
	}
	switch {
	case !w.bounds.swapped && w.bounds.start == 0 && w.controlled:
		b.Bounds = nil // known requests came when they were sent as they are
	case w.bounds.swapped || w.bounds.start > 0 && w.proofs >= minProofs: // one answer may have been to another call
		b.Bounds = &Bounds{Evidence{w.now(), "known requests came when the bounds were sent like this, and not before"}, w.bounds.swapped, w.bounds.start, w.bounds.end}
	}
	w.Lister.ordered = w.ordered
}

// minProofs is how many answers have to be right with other bounds before that is believed of later listings.
const minProofs = 2

// teachQuiet keeps how far back the requests of the server go.
func (w *walk) teachQuiet() {
	if w.wanted.lo != past || len(w.facet.codes)+len(w.facet.statuses) > 0 || len(w.cov.lost) > 0 {
		return
	}
	before := w.began
	if oldest, ok := w.known.oldest(); ok {
		before = min(before, oldest)
	}
	w.belief.Quiet = &Quiet{Evidence{w.now(), "no request was found in the time before, looked for in short spans"}, stamp(before)}
}

// quietBelow reports whether an earlier listing has found nothing before a time. Then one call is enough to see that it
// is still so.
func (w *walk) quietBelow(t int64) bool {
	return w.belief.Quiet != nil && t <= w.belief.Quiet.Before.Unix()
}

// ended reports whether an error ends the listing.
func (l *Lister) ended(err error) bool {
	return err == errStop || l.ctx.Err() != nil || err != errBudget && err != errJoined && l.src.Fault(err)&Fatal != 0
}

func (l *Lister) now() time.Time { return time.Now().UTC().Truncate(time.Second) }

func (l *Lister) quiet() int64 {
	if q := int64(l.told.Quiet.Seconds()); q > 0 {
		return q
	}
	return defaultQuiet
}

// ask makes a call, or takes its answer if it is known, and controls it. A call that fails without having been tried
// several times is made once more.
func (w *walk) ask(s Slice, sent, meant span, wide bool) (*answer, error) {
	r := w.last(&s)
	if r == nil || r.err != nil && w.times(&s) < maxTimes && r.fault&(Refused|Tried) == 0 {
		var err error
		if r, err = w.page(s, wide); err != nil {
			return nil, err
		}
		if r.err != nil && r.fault&(Refused|Tried) == 0 && w.win.failed == 0 {
			if r, err = w.pageAgain(s, wide); err != nil {
				return nil, err
			}
		}
	}
	return w.look(r, sent, meant), nil
}

// again makes a call once more.
func (w *walk) again(a *answer, sent, meant span, wide bool) (*answer, error) {
	r, err := w.pageAgain(a.slice, wide)
	if err != nil {
		return nil, err
	}
	return w.look(r, sent, meant), nil
}

// confirm makes a call once more that was answered with nothing. If that fails, the answer before it stands.
func (w *walk) confirm(a *answer, sent, meant span, wide bool) (*answer, error) {
	b, err := w.again(a, sent, meant, wide)
	if err == nil && b.err != nil {
		return a, nil
	}
	return b, err
}

// page makes a call, or takes its answer if it is known.
func (w *walk) page(s Slice, wide bool) (*response, error) {
	if r := w.last(&s); r != nil {
		return r, nil
	}
	return w.pageAgain(s, wide)
}

// pageAgain makes a call, whether or not it was made before.
func (l *Lister) pageAgain(s Slice, wide bool) (*response, error) {
	if r := l.last(&s); r != nil && l.times(&s) >= maxTimes {
		return r, nil
	}
	if l.calls >= l.budget() && !l.off(offBudget) {
		return nil, errBudget
	}
	r, err := l.call(s, wide)
	if err != nil {
		return r, err
	}
	if r.fault&Fatal != 0 {
		return r, r.err
	}
	l.noteSkipped(r)
	return r, nil
}

// noteSkipped makes a gap of rows that could not be read.
func (l *Lister) noteSkipped(r *response) {
	if r.meta.Skipped > 0 && !l.off(offSkipped) {
		l.gaps = append(l.gaps, Gap{Slice: l.src.Describe(&r.slice), Err: r.meta.Skip})
	}
}

// Numbers of the budget.
const (
	perLeast     = 3  // calls for each one that a client needs that knows the server
	spareCalls   = 17 // calls beside
	failureCalls = 60 // and for a request that the server fails for,
	maxRecords   = 10 // of which there may be so many
)

// budget is how many calls the listing may cost, by what it has shown to be worth.
func (l *Lister) budget() int {
	pages := l.caller.rows/l.caps.of(l.size()).Rows + 1
	if l.tiled {
		pages *= 2
	}
	spans := l.spans
	if l.wanted.lo == past { // to be sure that nothing is older
		spans = max(spans, int(l.quiet()/safeSpan)+1)
	}
	b := perLeast*(pages+spans) + spareCalls
	if l.failures > 0 {
		b += failureCalls * (1 + min(l.records, maxRecords))
	}
	return b
}

// off names ideas that tests turn off, to see that each of them is worth something.
type off uint32

const (
	offControl off = 1 << iota
	offReach
	offSwap
	offWider
	offRival
	offMess
	offPages
	offEdges
	offEmpty
	offQuestions
	offValues
	offHidden
	offBudget
	offSkipped
)

func (l *Lister) off(o off) bool { return l.without&o != 0 }
