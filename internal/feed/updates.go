package feed

import "time"

// probe finds out whether the server looks at the time of update: of a year from now it must know nothing.
func (p *Pass) probe() (Mode, error) {
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

// updates reads what has changed since the newest change that is known, and before that by the overlap. It
// reports whether the server looks at the time of update.
func (p *Pass) updates(audit bool) (bool, error) {
	after := p.t.store.head.Updated
	if after.IsZero() {
		after = p.head.Updated
	}
	if after.IsZero() {
		after = p.head.Horizon
	}
	after = after.Add(-p.t.back(audit))
	p.answers.after = after
	w := &reading{p: p, in: inUpdates}
	honoured := true
	impossible := after.Add(-zoneSlack).Unix()
	see := func(s Sighting) bool {
		stamp := max(UnixSeconds(s.Updated), UnixSeconds(s.Requested))
		if stamp != 0 && stamp < impossible {
			honoured = false
			return false
		}
		return w.see(s)
	}
	list := func(ask Ask) (Answer, error) {
		a, err := p.t.lists.Updated(p.ctx, ask, see)
		p.note("updated", a)
		p.answers.cut = a.Cut
		if err == nil && honoured && p.head.HidesClosed {
			ask.State = ClosedOnly
			short := a.Short
			a, err = p.t.lists.Updated(p.ctx, ask, see)
			p.note("updated", a)
			p.answers.cut, a.Short = p.answers.cut || a.Cut, a.Short || short
		}
		a.Short = a.Short && honoured
		return a, err
	}
	ask := Ask{From: after, Mixed: p.head.ShowsClosed && !audit}
	if audit {
		ask.Proof = Strict
	}
	_, err := w.read(ask, list)
	if honoured {
		err = p.emptyList(err, w, time.Time{}, after)
	}
	switch {
	case !honoured:
		return false, nil
	case err != nil && p.t.lists.Fault(err)&Absent == 0 && p.refused(err):
		return false, nil
	case err != nil:
		return false, err
	case p.flood.rows > maxFlood:
		return false, ErrFlood
	}
	p.head.Updated = p.forward(p.head.Updated, max(w.requested, w.updated))
	return true, nil
}

// proven says what to make of the list of updates after an audit, which has read both lists, the one by time
// of request first: does the other one hold all that it should hold of it? It must hold new records, too:
// some servers give those only that have been updated since they were filed.
func (p *Pass) proven() Mode {
	proof := false
	for _, r := range p.rows {
		if r.in&(inWindow|inClosed) == 0 || r.stamp <= p.answers.after.Unix()+1 {
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
