package feed

import (
	"slices"
)

// asking is what comes of asking for records by id.
type asking struct {
	p          *Pass
	absent     []string // those that are not there, as the server says
	failures   int      // in a row
	controlled bool     // the control was made
}

// several asks for records in one call, and returns the ids that have not come.
func (a *asking) several(ids []string) (missing []string, err error) {
	p := a.p
	p.report.Calls++
	p.report.Asked += len(ids)
	found := map[string]bool{}
	err = p.t.lists.ByID(p.ctx, ids, func(s Sighting) bool {
		found[s.Key] = true
		p.found()
		return p.see(&s, inAnswer)
	})
	if err != nil && !p.refused(err) {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return found[id] }), nil
}

// one asks for a record, and reports whether it is there.
func (a *asking) one(id string) (bool, error) {
	p := a.p
	p.report.Calls++
	p.report.Asked++
	s, err := p.t.lists.One(p.ctx, id)
	if err == nil {
		p.found()
		a.failures = 0
		p.see(&s, inAnswer)
		return true, nil
	}
	fault := p.t.lists.Fault(err)
	switch {
	case fault&Unreadable != 0:
		p.found()
		a.failures = 0
		p.unread(id)
		return true, nil
	case fault&Absent != 0:
		a.absent = append(a.absent, id)
		a.failures = 0
	case !p.refused(err):
		return false, err
	default:
		p.gaps = append(p.gaps, Gap{ID: id, Err: err})
		a.failures++
	}
	return false, nil
}

// found notes that a record has come that was asked for by its id.
func (p *Pass) found() {
	p.answers.ids++
	p.head.AnswersIDs = true
}

// unread notes that a record is there, although it cannot be read.
func (p *Pass) unread(id string) {
	if known := p.t.store.known[id]; known != nil {
		e := *known
		e.absent, e.seen = 0, minutes(p.now)
		p.t.put(&e, "")
	}
}
