package feed

import "time"

// probe finds out whether the server looks at the time of update: of a year from now it must know nothing.
func (p *pass) probe() (Mode, error) {
	if !p.t.cfg.ByUpdate {
		return modeWindow, nil
	}
	rows, a, err := p.t.lists.Probe(p.ctx, p.now.AddDate(1, 0, 0))
	p.note("probe", a)
	fault := Fault(0)
	if err != nil {
		fault = p.t.lists.Fault(err)
	}
	switch {
	case rows > 0:
		return modeWindow, nil
	case err == nil:
		return modeBoth, nil
	case fault&Absent != 0:
		return modeBoth, nil // an empty list, or no answer at all: the lists will show which
	case p.refused(err):
		if p.head.Mode == modeUpdated && fault&Poisoned != 0 {
			return modeBoth, nil // it did work; the server may be in trouble
		}
		return modeWindow, nil
	}
	return "", err
}

// updatesStart returns from where on the list of updates is read: the newest change that is known, and before that by
// the overlap.
func (p *pass) updatesStart(w window) time.Time {
	after := p.head.Updated
	if after.IsZero() {
		after = w.updated
	}
	if after.IsZero() {
		after = p.horizon(w)
	}
	return after.Add(-p.t.back(p.audit))
}

// updated is what has come of the list of updates.
type updated struct {
	mode    Mode      // by which lists changes are found from now on
	lacking bool      // what it lacks has to be looked for in the list by time of request
	to      time.Time // up to when it has shown records
}

// updates reads what was updated in the time since the last poll, which was found in a mode.
func (p *pass) updates(mode Mode, w window) (updated, error) {
	gaps, after := len(p.work.gaps), p.updatesStart(w)
	states := []State{AnyState}
	if w.hidesClosed {
		states = append(states, ClosedOnly)
	}
	honoured, cut := true, false
	impossible := after.Add(-zoneSlack).Unix()
	ask := Ask{From: after, Mixed: p.mixed()}
	if p.audit {
		ask = Ask{From: after, Proof: Strict}
	}
	c, _, err := p.readList(inUpdates, ask, func(ask Ask, see func(Sighting) bool) (Answer, error) {
		cut = false
		short := false
		for _, state := range states {
			a, err := p.t.lists.Updated(p.ctx, Ask{ask.From, state, ask.Proof, ask.Mixed}, func(s Sighting) bool {
				stamp := max(UnixSeconds(s.Updated), UnixSeconds(s.Requested))
				honoured = honoured && (stamp == 0 || stamp >= impossible)
				return honoured && see(s)
			})
			p.note("updated", a)
			p.miss(a.Gaps...)
			cut, short = cut || a.Cut, short || a.Short
			if err != nil || !honoured {
				return Answer{}, err
			}
		}
		return Answer{Short: short}, nil
	})
	if honoured {
		err = p.emptyList(err, c.rows, true, time.Time{}, after)
	}
	switch {
	case !honoured, err != nil && p.t.lists.Fault(err)&Absent == 0 && p.refused(err):
		return updated{modeWindow, true, time.Time{}}, nil
	case err != nil:
		return updated{}, err
	}
	broken := len(p.work.gaps) > gaps
	switch {
	case cut || broken:
		mode = modeBoth
	case p.audit:
		mode = p.proven(after)
	}
	return updated{mode, cut && !broken, p.dated(max(c.requested, c.updated))}, nil
}

// proven says what to make of the list of updates after an audit, which has read both lists, the one by time
// of request first: does the other one hold all that it should hold of it? It must hold new records, too:
// some servers give those only that have been updated since they were filed.
func (p *pass) proven(after time.Time) Mode {
	proof := false
	for _, r := range p.rows {
		if r.in&(inWindow|inClosed) == 0 || r.stamp <= after.Unix()+1 {
			continue
		}
		if r.in&inUpdates == 0 {
			return modeBoth
		}
		proof = proof || r.in&fresh != 0
	}
	if proof {
		return modeUpdated
	}
	return modeBoth
}
