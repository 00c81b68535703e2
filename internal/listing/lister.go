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
	gaps     []Gap
	shown    shown
	spans    int  // that were needed because of what the server restricts
	failures int  // calls in windows that fail
	records  int  // windows that were given up for that
	noDates  bool // dates are refused, ignored, or mean something else
	denied   bool // they are refused
	noSize   bool
	tiled    bool              // lists are in no order of time
	how      func(*walk) error // lists one facet
	without  off
}

// New returns a listing of a query.
func New(src Source, q Query, told Traits, shared *Beliefs) *Lister {
	return &Lister{src: src, q: q, told: told, shared: shared, belief: shared.Load(), shown: newShown(), how: (*walk).run}
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
	for _, c := range l.caps {
		l.belief.Caps = l.belief.Caps.noted(c.Size, c.Rows, c.Different, c.Seen)
	}
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
	w := &walk{Lister: l, facet: f, seen: &dedupe{}}
	if b := l.belief.Bounds; b != nil {
		w.bounds = bounds{swapped: b.Swapped, start: b.Start, end: b.End}
	}
	return w
}

// teach keeps what the walk has learned of the server.
func (w *walk) teach() {
	b := &w.belief
	if w.noDates {
		return
	}
	if w.bounds.swapped || w.bounds.start > 0 {
		b.Bounds = &Bounds{Evidence{w.now(), "known requests came when the bounds were sent like this, and not before"}, w.bounds.swapped, w.bounds.start, w.bounds.end}
	}
	switch {
	case w.order == mixed:
		b.Order = nil
	case w.order != anyOrder && w.pairs >= minPairs && (w.sorted || w.order == rising):
		b.Order = &Order{Evidence{w.now(), "no answer has contradicted it"}, w.order == falling}
	}
}

// ended reports whether an error ends the listing.
func (l *Lister) ended(err error) bool {
	return err == errStop || l.ctx.Err() != nil || err != errBudget && l.src.Fault(err)&Fatal != 0
}

func (l *Lister) now() time.Time { return time.Now().UTC().Truncate(time.Second) }

func (l *Lister) clock() int64 { return time.Now().Unix() }

func (l *Lister) quiet() int64 {
	if q := int64(l.told.Quiet.Seconds()); q > 0 {
		return q
	}
	return defaultQuiet
}

// size is how many rows to ask for; 0: it is left to the server.
func (l *Lister) size() int {
	if l.noSize || l.belief.Size != nil || l.told.NoSize {
		return 0
	}
	return l.q.Size
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
	b := perLeast*(pages+l.spans) + spareCalls
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
