package feed

import "time"

// readWindow reads the records that are as new as the newest known one, or by the overlap older. The first time
// that is the stock: what may change later.
func (p *Pass) readWindow() error {
	cfg := &p.t.cfg
	from := p.windowStart()
	start := cfg.Start
	if start.Before(from) {
		start = from
	}
	if !cfg.End.IsZero() && cfg.End.Before(start) {
		was := &p.window
		p.window = window{read: true, from: from, whole: true, // there can be nothing new
			showsClosed: was.showsClosed, hidesClosed: was.hidesClosed, perDay: was.perDay}
		return nil
	}
	if start.Year() < 1990 {
		start = time.Time{} // all there is: the listing finds out where that begins
	}
	proof := Likely
	if p.audit {
		proof = Strict
	}
	w := &reading{p: p, in: inWindow}
	answer, err := w.read(Ask{From: start, Proof: proof, Mixed: p.mixed()}, func(ask Ask) (Answer, error) {
		answer, err := p.t.lists.Requested(p.ctx, ask, w.see)
		p.note("requested", answer)
		p.miss(answer.Gaps...)
		return answer, err
	})
	if err = p.emptyList(err, w, p.head.Stocked, from, time.Time{}); err != nil {
		return err
	}
	whole := answer.Complete || w.rows == 0 && len(answer.Gaps) == 0
	shows, hides, perDay := p.window.showsClosed, p.window.hidesClosed && w.closed == 0, p.window.perDay
	if p.audit && w.rows > 0 {
		shows = w.closed > 0
	}
	newest := w.counts
	if hides || p.audit && w.closed == 0 && (w.rows > 0 || !shows) {
		hidden, complete, err := p.hidden(Ask{From: start, State: ClosedOnly, Proof: proof})
		if err != nil {
			return err
		}
		hides, whole = hides || hidden.closed > 0, whole && complete
		newest = counts{requested: max(w.requested, hidden.requested), updated: max(w.updated, hidden.updated)}
	}
	if err := p.overrun(); err != nil {
		return err
	}
	if span := p.clock().Sub(start); p.audit && !start.IsZero() && span > 24*time.Hour {
		perDay = int(int64(w.rows)/max(1, int64(span/(24*time.Hour)))) + 1
	}
	updated := time.Time{}
	if p.head.Mode == modeWindow || p.head.Mode == "" {
		updated = p.dated(max(newest.requested, newest.updated))
	}
	p.window = window{true, from, whole, proof == Strict, p.dated(newest.requested), updated, shows, hides, perDay}
	return nil
}

// mixed reports whether lists of any state have closed records in them, so that they need not be asked for alone. An
// audit looks.
func (p *Pass) mixed() bool { return p.window.showsClosed && !p.audit }

// hidden asks for closed records where a list of any state has had none of them: some servers give those only
// to who asks for them. It reports whether nothing speaks for others.
func (p *Pass) hidden(ask Ask) (shown counts, complete bool, err error) {
	w := &reading{p: p, in: inClosed}
	answer, err := p.t.lists.Requested(p.ctx, ask, w.see)
	p.note("closed", answer)
	p.miss(answer.Gaps...)
	switch {
	case p.refused(err) && p.t.lists.Fault(err)&Poisoned == 0:
		return counts{}, true, nil // it takes no such question
	case err != nil:
		return counts{}, false, err
	}
	return w.counts, answer.Complete, nil
}

// emptyList says what to make of an error that says that there is no list. It is how some servers say that it is
// empty, and what others say while they are being worked on: then something is missing in it.
func (p *Pass) emptyList(err error, w *reading, stocked bool, requested, updated time.Time) error {
	if err == nil || w.rows > 0 || p.t.lists.Fault(err)&Absent == 0 || p.ctx.Err() != nil {
		return err
	}
	if !stocked && p.t.lists.Fault(err)&Stated == 0 || p.expects(requested, updated) {
		return err
	}
	return nil
}

// expects reports whether a list from these times on has to have rows.
func (p *Pass) expects(requested, updated time.Time) bool {
	for e := range p.t.store.all() {
		byTime := updated.IsZero() && e.requested > requested.Add(time.Hour).Unix()
		byUpdate := !updated.IsZero() && e.flags.has(hasList) && e.views[byList].updated > updated.Unix()
		if (byTime || byUpdate) && !e.flags.has(flagUnlisted) && e.absent == 0 && p.within(e) {
			return true
		}
	}
	return false
}

// windowStart returns from where on the list by time of request is read.
func (p *Pass) windowStart() time.Time {
	if !p.head.Stocked || p.head.Requested.IsZero() { // nothing has ever been seen
		return p.horizon()
	}
	return p.head.Requested.Add(-p.t.back(p.audit))
}

// horizon returns how far back the first poll looks, or has looked.
func (p *Pass) horizon() time.Time {
	switch {
	case p.head.Stocked || !p.head.Horizon.IsZero():
		return p.head.Horizon
	case p.window.read:
		return p.window.from
	}
	return p.stockStart().UTC().Truncate(time.Second)
}

// stockStart returns how far back the stock goes: as far as the query says, or as what may change is old.
func (p *Pass) stockStart() time.Time {
	from := p.head.Since
	if from.IsZero() {
		from = p.clock()
	}
	if start := p.t.cfg.Start; !start.IsZero() && start.Before(from) {
		return start
	}
	return from.Add(-stockDepth)
}

// maxClosed is how many closed records are read to find open ones.
const maxClosed = 1000

// openOnes reads all open records of any age: the second part of the stock, where the query does not say how far
// back to look. A server that does not heed the state gives all there is, which is read as long as it is little.
// It reports whether the server heeds it.
func (p *Pass) openOnes() (heeded bool, err error) {
	if !p.t.cfg.Start.IsZero() {
		return false, nil
	}
	open, closed := 0, 0
	answer, err := p.t.lists.Requested(p.ctx, Ask{State: OpenOnly, Proof: Strict}, func(s Sighting) bool {
		if p.t.closed(s.Status) {
			closed++
			return closed <= maxClosed
		}
		open++
		return p.see(&s, inOther)
	})
	if closed == 0 && !p.refused(err) {
		p.miss(answer.Gaps...) // else it is not for this that the server has to be complete
	}
	p.note("open", answer)
	if p.refused(err) {
		return false, nil
	}
	return closed == 0 && open > 0, err
}
