package feed

import "time"

// window reads the records that are as new as the newest known one, or by the overlap older. The first time
// that is the stock: what may change later.
func (p *Pass) window(audit bool) error {
	cfg, a := &p.t.cfg, &p.answers
	from := p.windowStart(audit)
	a.window, a.from, a.strict = true, from, audit || p.now.Sub(from) > stockDepth-10*24*time.Hour
	start := cfg.Start
	if start.Before(from) {
		start = from
	}
	if !cfg.End.IsZero() && cfg.End.Before(start) {
		a.whole = true // there can be nothing new
		return nil
	}
	if start.Year() < 1990 {
		start = time.Time{} // all there is: the listing finds out where that begins
	}
	w := &reading{p: p, in: inWindow}
	ask := Ask{From: start, Mixed: p.head.ShowsClosed && !audit}
	if a.strict {
		ask.Proof = Strict
	}
	answer, err := w.read(ask, func(ask Ask) (Answer, error) {
		answer, err := p.t.lists.Requested(p.ctx, ask, w.see)
		p.note("requested", answer)
		return answer, err
	})
	if err = p.emptyList(err, w, from, time.Time{}); err != nil {
		return err
	}
	a.whole = answer.Complete || err == nil && w.rows == 0 && len(answer.Gaps) == 0
	if audit && w.rows > 0 {
		p.head.ShowsClosed = w.closed > 0
	}
	if w.closed > 0 {
		p.head.HidesClosed = false
	}
	if p.head.HidesClosed || audit && w.closed == 0 && (w.rows > 0 || !p.head.ShowsClosed) {
		if err := p.hidden(start, w); err != nil {
			return err
		}
	}
	if p.flood.rows > maxFlood {
		return ErrFlood
	}
	if span := p.clock().Sub(start); audit && !start.IsZero() && span > 24*time.Hour {
		p.head.PerDay = int(int64(w.rows)/max(1, int64(span/(24*time.Hour)))) + 1
	}
	p.head.Requested = p.forward(p.head.Requested, w.requested)
	if p.head.Mode == modeWindow || p.head.Mode == "" {
		p.head.Updated = p.forward(p.head.Updated, max(w.requested, w.updated))
	}
	return nil
}

// hidden asks for closed records where a list of any state has had none of them: some servers give those only
// to who asks for them.
func (p *Pass) hidden(start time.Time, shown *reading) error {
	w := &reading{p: p, in: inClosed}
	more := 0
	proof := Likely
	if p.answers.strict {
		proof = Strict
	}
	answer, err := p.t.lists.Requested(p.ctx, Ask{From: start, State: ClosedOnly, Proof: proof}, func(s Sighting) bool {
		if p.t.closed(s.Status) {
			more++
		}
		return w.see(s)
	})
	p.note("closed", answer)
	switch {
	case p.refused(err) && p.t.lists.Fault(err)&Poisoned == 0:
		return nil // it takes no such question
	case err != nil:
		return err
	}
	p.head.HidesClosed = p.head.HidesClosed || more > 0
	p.answers.whole = p.answers.whole && answer.Complete
	shown.requested, shown.updated = max(shown.requested, w.requested), max(shown.updated, w.updated)
	return nil
}

// emptyList says what to make of an error that says that there is no list. It is how some servers say that it is
// empty, and what others say while they are being worked on: then something is missing in it.
func (p *Pass) emptyList(err error, w *reading, requested, updated time.Time) error {
	if err == nil || w.rows > 0 || p.t.lists.Fault(err)&Absent == 0 || p.ctx.Err() != nil {
		return err
	}
	if !p.head.Stocked && p.t.lists.Fault(err)&Stated == 0 || p.expects(requested, updated) {
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
func (p *Pass) windowStart(audit bool) time.Time {
	switch {
	case !p.head.Stocked:
		if p.head.Horizon.IsZero() {
			p.head.Horizon = p.stockStart().UTC().Truncate(time.Second)
		}
		return p.head.Horizon
	case p.head.Requested.IsZero():
		return p.head.Horizon // nothing has ever been seen
	}
	return p.head.Requested.Add(-p.t.back(audit))
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
func (p *Pass) openOnes() error {
	if !p.t.cfg.Start.IsZero() {
		return nil
	}
	w := &reading{p: p, in: inOther}
	answer, err := p.t.lists.Requested(p.ctx, Ask{State: OpenOnly, Proof: Strict}, func(s Sighting) bool {
		if p.t.closed(s.Status) {
			w.closed++
			return w.closed <= maxClosed
		}
		return w.see(s)
	})
	if w.closed > 0 || p.refused(err) {
		answer.Gaps = nil // it is not for this that the server has to be complete
	}
	p.note("open", answer)
	p.head.HeedsOpen = err == nil && w.closed == 0 && w.rows > 0
	if p.refused(err) {
		return nil
	}
	return err
}
