package feed

import "slices"

// outcome is what has come of asking for a record.
type outcome uint8

const (
	isThere outcome = iota // even if it cannot be read
	isAbsent
	isUnknown // the server has failed
)

// several asks for records in one call, and returns the ids that have not come.
func (p *Pass) several(ids []string) (missing []string, err error) {
	p.work = p.work.plus(work{calls: 1, asked: len(ids)})
	came := map[string]bool{}
	err = p.t.lists.ByID(p.ctx, ids, func(s Sighting) bool {
		came[s.Key] = true
		p.found()
		return p.see(&s, inAnswer)
	})
	if err != nil && !p.refused(err) {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return came[id] }), nil
}

// one asks for a record; as says for what.
func (p *Pass) one(id string, as in) (outcome, error) {
	p.work = p.work.plus(work{calls: 1, asked: 1})
	s, err := p.t.lists.One(p.ctx, id)
	if err == nil {
		p.found()
		p.see(&s, as)
		return isThere, nil
	}
	fault := p.t.lists.Fault(err)
	switch {
	case fault&Unreadable != 0:
		p.found()
		p.unread(id)
		return isThere, nil
	case fault&Absent != 0:
		return isAbsent, nil
	case !p.refused(err):
		return isUnknown, err
	}
	if as&inComparison == 0 { // that one was there in the list
		p.miss(Gap{ID: id, Err: err})
	}
	return isUnknown, nil
}

// found notes that a record has come that was asked for by its id.
func (p *Pass) found() {
	p.work = p.work.plus(work{found: 1})
}

// unread notes that a record is there, although it cannot be read.
func (p *Pass) unread(id string) {
	if known := p.t.store.known[id]; known != nil {
		seen := minutes(p.now.Add(-p.t.follow() / 2)) // what it says has to be seen still
		p.t.put(&entry{known.id, known.views, known.requested, seen, known.changed, 0, known.flags &^ absentAgain}, "")
	}
}
