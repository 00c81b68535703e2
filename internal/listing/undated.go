package listing

import (
	"fmt"
	"slices"
)

// byPages is what is left where dates are no help: the pages of the list, and other questions. If none of them brings
// more, and the server has shown that it heeds any of what it is asked, the list is all there is.
func (w *walk) byPages(a *answer) error {
	w.dates = max(w.dates, useless)
	w.bounds = bounds{} // what was believed of them has been belied
	if a == nil || a.err != nil {
		w.gaps = append(w.gaps, w.gap(errDates))
		return nil
	}
	q := &questions{walk: w, main: a, undated: undated{whole: w.told.Whole}, listed: &rowSet{rows: &w.seen, as: listed}, from: past}
	if w.told.NoDates && w.told.Style == Auto {
		if err := w.deafTo(a); err != nil && err != errDates {
			return err
		}
	}
	p, err := paged{}, error(nil)
	if w.dates != deaf {
		p, err = w.pages(a.slice, a.response, pageOptions{twice: true, holes: true, rows: q.listed, known: w.knownPlain(a)})
	}
	q.list(a, p)
	listed := q.listed.count
	if err == nil {
		q.heeded, q.ended, q.cut = p.heeded, p.heeded && p.ending != Cut, p.err
		if p.hole != nil {
			w.gaps = append(w.gaps, w.gap(fmt.Errorf("a page of the list could not be had: %w", p.hole)))
		}
		if a.meta.Total > max(p.rows, a.sent) {
			q.cutBy(errTotal)
		}
		known := p.known && q.ended && q.cut == nil
		if !known && w.dates != deaf {
			err = q.others()
		}
		oldest, ok := w.known.oldest()
		if w.dates == refused && ok && !q.ended && w.wanted.lo != past && oldest > w.wanted.lo+slack {
			q.cutBy(errDefault)
		}
		if q.outside() {
			q.cutBy(errHidden)
		}
		if !known && err == nil {
			q.teachPlain(a, p, q.listed.count > listed)
		}
	}
	if err == errBudget {
		q.cut, err = errBudget, nil
	}
	if gap := q.undated.gap(); gap != nil && err == nil {
		w.gaps = append(w.gaps, w.gap(gap))
	}
	return err
}

// knownPlain returns what is believed of the list that an answer begins; nil: nothing.
func (w *walk) knownPlain(a *answer) *Plain {
	if !w.isPlain(a) {
		return nil
	}
	return w.belief.Plain
}

// isPlain reports whether an answer is the beginning of the list of all.
func (w *walk) isPlain(a *answer) bool {
	return !w.q.Part && !a.byDate() && len(w.facet.codes)+len(w.facet.statuses) == 0
}

// teachPlain keeps that nothing else was found behind the end of the list of all, with requests of either state in it. more
// says that other lists had more.
func (q *questions) teachPlain(a *answer, p paged, more bool) {
	if !q.isPlain(a) || q.told.Brief {
		return
	}
	q.noteStates()
	q.belief.Plain = nil
	if !more && q.ended && q.undated.gap() == nil && !q.failed && (q.belief.Statuses != nil || q.told.NoStatus) && p.rows >= fewRows {
		q.belief.Plain = &Plain{Evidence{q.now(), "no other question brought requests that are not in it"}, p.rows}
	}
}

// others asks for what the list should have as well: the list without dates, or with one of them, larger pages, each
// value that was asked for, each state.
func (q *questions) others() error {
	if q.told.Brief {
		return nil
	}
	if !q.off(offQuestions) {
		if err := q.otherBounds(); err != nil {
			return err
		}
	}
	if !q.off(offQuestions) {
		if err := q.states(); err != nil {
			return err
		}
	}
	if q.ended && !q.undated.fails() {
		return nil
	}
	return q.sizes()
}

// otherBounds asks for the list without dates, if it has some, and for what would lie beyond it.
func (q *questions) otherBounds() error {
	a := q.main
	if a.byDate() {
		b, err := q.ask(q.slice(everything), everything, nothing, false)
		if err == nil && b.fails() {
			q.cutBy(fmt.Errorf("the server fails for the list of all requests, and dates do not help to find them: %w", b.err))
		}
		if err != nil || b.err != nil || same(a.response, b.response) {
			return err
		}
		if !q.full(a.response) && a.leaves(b.response) {
			q.cutBy(errDefault)
		}
		if b.full {
			p, err := q.pages(b.slice, b.response, pageOptions{twice: true})
			if err != nil {
				return err
			}
			q.heeded = q.heeded || p.heeded
			q.ended = q.ended || p.heeded && p.ending != Cut
			if !q.ended && p.err != nil {
				q.cutBy(p.err)
			}
			if q.unlisted(b.response) {
				q.main = b // the one that was cut by dates is no list of anything
			}
			q.list(b, p)
		}
	}
	if q.dates == refused {
		return nil
	}
	return q.beyond()
}

// leaves reports whether an answer to a call with dates leaves out a row of another one that lies between two of its own, or
// between its start and its oldest row: it is a part of what it was asked for.
func (a *answer) leaves(b *response) bool {
	start := past
	if !a.slice.Start.IsZero() {
		start = a.slice.Start.Unix()
	}
	return a.dated > 0 && slices.ContainsFunc(b.rows, func(r Row) bool {
		return r.dated() && r.At > start+slack && r.At < a.newest && !slices.ContainsFunc(a.rows, func(o Row) bool { return o.Key == r.Key })
	})
}

// states asks for each state, or for each of several values that were asked for together, and sees whether the server
// heeds that and has more of one.
func (q *questions) states() error {
	if len(q.facet.statuses) == 1 || q.told.NoStatus || q.main.sent == 0 {
		return nil
	}
	whole, err := q.statesOf(q.main.slice)
	if err != nil || !whole && q.from == past {
		return err
	}
	if !q.main.byDate() && q.dates != refused && (!q.ended || q.from != past) {
		// With dates as well: a server may heed them nevertheless, and give a window of its own without.
		from := q.clock() - longAgo
		if q.from != past {
			from = q.from
		}
		all, err := q.statesOf(q.slice(span{from, q.clock() + day}))
		if err != nil {
			return err
		}
		whole = whole && all
	}
	q.heeded = q.heeded || whole
	return nil
}

// statesOf reports whether each of the states is a part of the list, and none is as long as a list can be.
func (q *questions) statesOf(s Slice) (bool, error) {
	words, whole := q.facet.statuses, true
	if len(words) == 0 {
		words = stateWords[:]
	}
	for _, word := range words {
		if q.hasPages(stateOf(word)) {
			whole = false // which nobody has looked at
			continue
		}
		s.Statuses = []string{word}
		b, err := q.ask(s, everything, nothing, false)
		if err == nil && b.err != nil && q.times(&s) < maxTimes { // one answer teaches nothing
			b, err = q.again(b, everything, nothing, false)
		}
		if err != nil {
			return false, err
		}
		if b.err != nil {
			whole = false
			q.failed = q.failed || b.fails()
			continue
		}
		if state := stateOf(word); state != Unsaid && b.shows(Closed+Open-state) {
			return false, nil // it gives what was not asked for
		}
		whole = whole && !b.full && len(b.rows) < len(q.main.rows)
		if err := q.follow(b); err != nil {
			return false, err
		}
	}
	return whole, nil
}

// hasPages reports whether the pages of a sorted list have shown more requests of a state than one page has, so that the first
// page of those alone has no others: it rises or falls as the list does.
func (q *questions) hasPages(state State) bool {
	sorted := (q.main.order == falling || q.main.order == rising) && q.main.pairs >= minPairs
	return q.ended && q.heeded && sorted && state != Unsaid && len(q.facet.statuses) == 0 && q.unasked[state] > 2*q.main.sent
}

// sizes asks for more rows than came, and for one row less. As many as were asked for are no end: then for even more; and
// a larger page may be cut as well, which the states show that are asked for by it.
func (q *questions) sizes() error {
	if q.heeded || q.cut == errHidden || q.told.NoSize || q.belief.Size != nil || q.main.sent < minCap {
		return nil
	}
	s := q.main.slice
	grown, failed := false, error(nil)
	for s.Size = q.main.sent * moreRows; ; s.Size *= moreRows {
		b, err := q.ask(s, everything, nothing, false)
		if err != nil {
			return err
		}
		if b.fails() {
			failed = b.err
		}
		if b.err != nil || b.sent <= q.main.sent {
			break
		}
		q.list(b, paged{})
		q.main, grown = b, true
		if b.different() < s.Size {
			break
		}
	}
	if grown {
		q.heeded = true
		if err := q.sizedStart(s.Size); err != nil || len(q.facet.statuses) == 1 || q.told.NoStatus {
			return err
		}
		_, err := q.statesOf(q.main.slice)
		return err
	}
	if q.main.sent == q.told.Cap {
		return nil // so many are what it is told to give at once
	}
	larger := s.Size
	s.Size = q.main.sent - 1
	b, err := q.ask(s, everything, nothing, false)
	if err != nil || b.err != nil || b.sent != q.main.sent-1 {
		return err
	}
	q.heeded = true
	if failed != nil {
		return q.oneMore(failed)
	}
	return q.sizedStart(larger)
}

// oneMore asks for one row more than came, where the server fails for a much larger page: for its size, or for what is in it.
func (q *questions) oneMore(failed error) error {
	s := q.main.slice
	s.Size = q.main.sent + 1
	b, err := q.ask(s, everything, nothing, false)
	switch {
	case err != nil:
		return err
	case b.fails():
		q.cutBy(fmt.Errorf("the server answers for a smaller page, and fails for a larger one: %w", failed))
	case b.err == nil && b.sent > q.main.sent:
		q.cutBy(errHidden)
	}
	return nil
}

// sizedStart asks for a larger page with a start as well: a server may heed it, and give a window of its own without.
func (q *questions) sizedStart(size int) error {
	if q.main.byDate() || q.dates == refused {
		return nil
	}
	oldest, ok := q.known.oldest()
	if !ok {
		return nil
	}
	s := q.slice(span{oldest - safeStart, future}) // short enough for those that cut long spans
	s.Size = size
	b, err := q.ask(s, everything, nothing, false)
	if err != nil {
		return err
	}
	return q.follow(b)
}
