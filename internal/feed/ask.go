package feed

import "slices"

// outcome is what has come of asking for a record.
type outcome uint8

const (
	isThere outcome = iota // even if it cannot be read
	isAbsent
	isUnknown // the server has failed
)

// ask asks for a record. What it returns is nil if it is not there, or cannot be read.
func (p *pass) ask(id string) (*Sighting, outcome, error) {
	p.work = p.work.plus(work{calls: 1, asked: 1})
	s, err := p.t.lists.One(p.ctx, id)
	if err == nil {
		p.found()
		return &s, isThere, nil
	}
	switch fault := p.t.lists.Fault(err); {
	case fault&Unreadable != 0:
		p.found()
		p.unread(id)
		return nil, isThere, nil
	case fault&Absent != 0:
		return nil, isAbsent, nil
	}
	return nil, isUnknown, err
}

// found notes that a record has come that was asked for by its id.
func (p *pass) found() {
	p.work = p.work.plus(work{found: 1})
}

// unread notes that a record is there, although it cannot be read.
func (p *pass) unread(id string) {
	if known := p.t.store.known[id]; known != nil {
		seen := minutes(p.now.Add(-p.t.follow() / 2)) // what it says has to be seen still
		p.t.put(&entry{known.id, known.views, known.requested, seen, known.changed, 0, known.flags &^ absentAgain}, "")
	}
}

// follower asks for what the lists of a pass have not brought.
type follower struct {
	*pass
	lists lists
}

// one asks for a record, and takes in what comes.
func (f *follower) one(id string) (outcome, error) {
	s, what, err := f.ask(id)
	if s != nil {
		f.see(seen{s, inAnswer, f.lists.views})
	}
	if f.refused(err) {
		f.miss(Gap{ID: id, Err: err})
		err = nil
	}
	return what, err
}

// several asks for records in one call, and returns the ids that have not come.
func (f *follower) several(ids []string) (missing []string, err error) {
	f.work = f.work.plus(work{calls: 1, asked: len(ids)})
	came := map[string]bool{}
	err = f.t.lists.ByID(f.ctx, ids, func(s Sighting) bool {
		came[s.Key] = true
		f.found()
		f.see(seen{&s, inAnswer, f.lists.views})
		return f.overrun() == nil
	})
	if err != nil && !f.refused(err) {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return came[id] }), nil
}
