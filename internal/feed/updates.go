package feed

import "time"

// probe finds out whether the server looks at the time of update: of a year from now it must know nothing.
func (p *Pass) probe() (Mode, error) {
	if !p.t.cfg.ByUpdate {
		return modeWindow, nil
	}
	rows, a, err := p.t.lists.Probe(p.ctx, p.now.AddDate(1, 0, 0))
	p.note(a)
	switch {
	case rows > 0:
		return modeWindow, nil
	case err == nil:
		return modeBoth, nil
	case p.refused(err):
		if p.head.Mode == modeUpdated && p.t.lists.Fault(err)&Poisoned != 0 {
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
	p.after = after.Add(-p.t.back(audit))
	p.byUpdate = map[string]bool{}
	var newest int64
	honoured := true
	impossible := p.after.Add(-zoneSlack).Unix()
	a, err := p.t.lists.Updated(p.ctx, p.after, audit, func(s Sighting) bool {
		stamp := max(UnixSeconds(s.Updated), UnixSeconds(s.Requested))
		if stamp != 0 && stamp < impossible {
			honoured = false
			return false
		}
		newest = max(newest, stamp)
		p.byUpdate[s.Key] = true
		p.see(&s, false)
		return true
	})
	p.note(a)
	switch {
	case !honoured, p.refused(err):
		return false, nil
	case err != nil:
		return false, err
	}
	p.head.Updated = p.forward(p.head.Updated, newest)
	return true, nil
}

// proven says what to make of the list of updates after an audit, which has read both lists, the one by time
// of request first: does the other one hold all that it should hold of it? It must hold new records, too:
// some servers give those only that have been updated since they were filed.
func (p *Pass) proven() Mode {
	proof := false
	for key, row := range p.byDate {
		if row.stamp <= p.after.Unix()+1 {
			continue
		}
		if !p.byUpdate[key] {
			return modeBoth
		}
		proof = proof || row.fresh
	}
	if proof {
		return modeUpdated
	}
	return modeBoth
}

// dated is a row of the list by time of request.
type dated struct {
	stamp int64 // the later one of its dates
	fresh bool  // nothing has happened to it since it was filed
}

func (p *Pass) noteDate(s *Sighting) {
	requested, updated := UnixSeconds(s.Requested), UnixSeconds(s.Updated)
	isNew := p.t.store.head.Stocked && p.t.store.known[s.Key] == nil
	p.byDate[s.Key] = dated{max(requested, updated), isNew || updated-requested < int64(time.Hour/time.Second)}
}
