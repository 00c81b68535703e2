package feed

import "time"

// readWindow reads the records that are as new as the newest known one, or by the overlap older. The first time
// that is the stock: what may change later.
func (p *pass) readWindow() (window, error) {
	cfg, was := &p.t.cfg, p.believed().window
	from := p.windowStart()
	start := later(cfg.Start, from)
	if !cfg.End.IsZero() && cfg.End.Before(start) {
		return window{read: true, from: from, whole: true, // there can be nothing new
			showsClosed: was.showsClosed, hidesClosed: was.hidesClosed, perDay: was.perDay}, nil
	}
	if start.Year() < 1990 {
		start = time.Time{} // all there is: the listing finds out where that begins
	}
	proof := Likely
	if p.audit {
		proof = Strict
	}
	c, answer, err := p.readList(inWindow, Ask{From: start, Proof: proof, Mixed: p.mixed()}, p.requested("requested"))
	if err = p.emptyList(err, c.rows, p.head.Stocked, from, time.Time{}); err != nil {
		return was, err
	}
	whole := answer.Complete || c.rows == 0 && len(answer.Gaps) == 0
	shows, hides, perDay := was.showsClosed, was.hidesClosed && c.closed == 0, was.perDay
	if p.audit && c.rows > 0 {
		shows = c.closed > 0
	}
	requested, updated := c.requested, c.updated
	if hides || p.audit && c.closed == 0 && (c.rows > 0 || !shows) {
		hidden, complete, err := p.hidden(Ask{From: start, State: ClosedOnly, Proof: proof})
		if err != nil {
			return was, err
		}
		hides, whole = hides || hidden.closed > 0, whole && complete
		requested, updated = max(requested, hidden.requested), max(updated, hidden.updated)
	}
	if span := p.clock().Sub(start); p.audit && !start.IsZero() && span > 24*time.Hour {
		perDay = int(int64(c.rows)/max(1, int64(span/(24*time.Hour)))) + 1
	}
	updatedTo := time.Time{}
	if p.head.Mode == modeWindow || p.head.Mode == "" {
		updatedTo = p.dated(max(requested, updated))
	}
	return window{true, from, whole, proof == Strict, p.dated(requested), updatedTo, shows, hides, perDay}, nil
}

// mixed reports whether lists of any state have closed records in them, so that they need not be asked for alone. An
// audit looks.
func (p *pass) mixed() bool { return p.head.ShowsClosed && !p.audit }

// requested is a list by time of request, under the name that reports have for it.
func (p *pass) requested(name string) list {
	return func(ask Ask, see func(Sighting) bool) (Answer, error) {
		a, err := p.t.lists.Requested(p.ctx, ask, see)
		p.note(name, a)
		p.miss(a.Gaps...)
		return a, err
	}
}

// hidden asks for closed records where a list of any state has had none of them: some servers give those only
// to who asks for them. It reports whether nothing speaks for others.
func (p *pass) hidden(ask Ask) (shown counts, complete bool, err error) {
	c, answer, err := p.readOnce(inClosed, ask, p.requested("closed"))
	switch {
	case p.refused(err) && p.t.lists.Fault(err)&Poisoned == 0:
		return counts{}, true, nil // it takes no such question
	case err != nil:
		return counts{}, false, err
	}
	return c, answer.Complete, nil
}

// emptyList says what to make of an error that says that there is no list. It is how some servers say that it is
// empty, and what others say while they are being worked on: then something is missing in it.
func (p *pass) emptyList(err error, rows int, stocked bool, requested, updated time.Time) error {
	if err == nil || rows > 0 || p.t.lists.Fault(err)&Absent == 0 || p.ctx.Err() != nil {
		return err
	}
	if !stocked && p.t.lists.Fault(err)&Stated == 0 || p.expects(requested, updated) {
		return err
	}
	return nil
}

// expects reports whether a list from these times on has to have rows.
func (p *pass) expects(requested, updated time.Time) bool {
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
func (p *pass) windowStart() time.Time {
	if !p.head.Stocked || p.head.Requested.IsZero() { // nothing has ever been seen
		return p.horizon(window{})
	}
	return p.head.Requested.Add(-p.t.back(p.audit))
}

// horizon returns how far back the first poll looks, or has looked.
func (p *pass) horizon(w window) time.Time {
	switch {
	case p.head.Stocked || !p.head.Horizon.IsZero():
		return p.head.Horizon
	case w.read:
		return w.from
	}
	return p.stockStart().UTC().Truncate(time.Second)
}

// stockStart returns how far back the stock goes: as far as the query says, or as what may change is old.
func (p *pass) stockStart() time.Time {
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
func (p *pass) openOnes() (heeded bool, err error) {
	if !p.t.cfg.Start.IsZero() {
		return false, nil
	}
	closed := 0
	c, answer, err := p.readOnce(inOther, Ask{State: OpenOnly, Proof: Strict}, func(ask Ask, see func(Sighting) bool) (Answer, error) {
		a, err := p.t.lists.Requested(p.ctx, ask, func(s Sighting) bool {
			if p.t.closed(s.Status) {
				closed++
				return closed <= maxClosed
			}
			return see(s)
		})
		p.note("open", a)
		return a, err
	})
	refused := p.refused(err)
	if closed == 0 && !refused {
		p.miss(answer.Gaps...) // else it is not for this that the server has to be complete
	}
	if refused {
		return false, nil
	}
	return closed == 0 && c.rows > 0, err
}
