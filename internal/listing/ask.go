package listing

import "slices"

// How a call is made, and its answer controlled: everything that asks for something goes through here.

// ask makes a call, or takes its answer if it is known, and controls it. A call that fails without having been tried
// several times is made once more.
func (w *walk) ask(s Slice, sent, meant span, wide bool) (*answer, error) {
	r, before := w.last(&s), w.latest
	if r == nil || r.err != nil && w.times(&s) < maxTimes && r.fault&(Refused|Tried) == 0 {
		var err error
		if r == nil {
			if r, err = w.pageAgain(s, wide, inWalk); err != nil {
				return nil, err
			}
		}
		if r.err != nil && r.fault&(Refused|Tried) == 0 && w.win.failed == 0 {
			w.seen.takeBack(r)
			if r, err = w.pageAgain(s, wide, inWalk); err != nil {
				return nil, err
			}
		}
		if r.strays(sent) && r.echo(before) {
			w.seen.takeBack(r)
			if r, err = w.pageAgain(s, wide, inWalk); err != nil {
				return nil, err
			}
		}
	}
	return w.look(r, sent, meant), nil
}

// echo reports whether an answer may be the one to the call before: it has the same rows, as that did not have of its own
// predecessor, or had with reason. A second time it is the server's way, and one row is often the only one of several spans.
func (r *response) echo(before *response) bool {
	return r.echoes == 1 || r.echoes > 1 && len(r.rows) > 1 && !before.strays(spanOf(before.slice.Start, before.slice.End))
}

// strays reports whether an answer has rows outside of the span that was sent, by however little.
func (r *response) strays(sent span) bool {
	return slices.ContainsFunc(r.rows, func(row Row) bool { return row.dated() && !sent.has(row.At) })
}

// again makes a call once more.
func (w *walk) again(a *answer, sent, meant span, wide bool) (*answer, error) {
	r, err := w.pageAgain(a.slice, wide, inWalk)
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
	return w.pageAgain(s, wide, 0)
}

// pageAgain makes a call, whether or not it was made before. Its rows are noted for something if they are looked at next.
func (l *session) pageAgain(s Slice, wide bool, note tag) (*response, error) {
	if r := l.last(&s); r != nil && l.times(&s) >= maxTimes {
		return r, nil
	}
	if l.calls >= l.budget() && !l.off(offBudget) {
		return nil, errBudget
	}
	r, err := l.call(s, wide, note)
	if err != nil {
		return r, err
	}
	if r.fault&Fatal != 0 {
		return r, r.err
	}
	l.noteSkipped(r)
	return r, nil
}

// orGiveUp gives up all that is open if there are no calls left.
func (w *walk) orGiveUp(err error) error {
	if err != errBudget {
		return err
	}
	w.giveUpRest(err)
	return nil
}

// gap is one of all that was asked for.
func (w *walk) gap(err error) Gap { return gapOf(w.wanted, err, "") }

// shows reports whether an answer has rows of a state.
func (a *answer) shows(s State) bool {
	return slices.ContainsFunc(a.rows, func(row Row) bool { return row.State == s })
}

// slice returns the call for a span that is sent as it is.
func (w *walk) slice(sent span) Slice {
	s := Slice{Start: stamp(sent.lo), End: stamp(sent.hi), Swapped: w.bounds.swapped, Page: NotSent, Offset: NotSent, Size: w.size(),
		Codes: w.facet.codes, Statuses: w.facet.statuses}
	return s
}

// look compares a response with the span that was sent, with the one that was meant, and with all that is known.
func (w *walk) look(r *response, sent, meant span) *answer {
	a := &answer{response: r, reading: read(r.rows)}
	if r.err != nil && !a.broken() {
		w.seen.takeBack(r)
		return a
	}
	a.full = a.broken() || w.full(r)
	o := w.order
	if o == anyOrder {
		o = a.reading.order
	}
	a.control = w.known.check(&a.reading, sent, meant, a.full, o)
	if w.off(offControl) {
		a.control = control{}
	}
	w.absorb(a)
	if a.above == 0 && a.below == 0 && a.dated > 1 && sent.lo != past && sent.hi != future {
		// A request of the future tells nothing of how long a span is answered.
		if length := min(a.newest, w.clock()) - a.oldest; length > w.belief.far() {
			w.belief.noteFar(length, w.now())
		}
	}
	return a
}

// absorb takes the rows of an answer for known.
func (w *walk) absorb(a *answer) {
	var states, fresh [allStates]int
	whole := slices.Equal(a.slice.Statuses, w.facet.statuses) || len(w.wanted.without([]span{spanOf(a.slice.Start, a.slice.End)})) == 0
	for i := range a.rows {
		row := &a.rows[i]
		states[row.State]++
		if w.seen.count(a.response, row, inWalk) {
			fresh[row.State]++
			a.fresh++
		}
		if !row.dated() || row.At >= w.wanted.lo-slack && row.At <= w.wanted.hi+slack {
			w.shown.note(row, whole) // what was not asked for may be the answer to another question
		}
	}
	a.noted &^= inWalk
	for state, shown := range states {
		if shown > 0 && len(a.slice.Statuses) == 0 {
			w.shown.unasked[state]++
			w.unasked[state] += fresh[state]
		}
	}
	w.rows += a.fresh
	w.known.add(a.rows)
	w.caps = w.caps.noted(a.slice.Size, a.sent, a.different(), w.now())
}

// full reports whether an answer may be cut: it has as many rows as the largest one that was seen.
func (w *walk) full(r *response) bool {
	c := w.caps.of(r.slice.Size)
	return r.sent >= c.Rows || r.different() >= c.Different
}

// anchored reports whether a row of a second that was known before is in the answer.
func (w *walk) anchored(t int64, a *answer) bool {
	return slices.ContainsFunc(a.rows, func(r Row) bool { return r.At == t })
}

// giveUpRest gives up all that is open.
func (w *walk) giveUpRest(err error) {
	for {
		open, ok := w.cov.newest()
		if !ok {
			return
		}
		lost := open
		if w.bounds.start > 0 {
			lost = lost.wider(slack) // nobody knows how the bounds of what came before were read
		}
		w.cov.giveUp(lost, open, err, "")
	}
}
