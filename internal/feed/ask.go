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
	s, err := p.t.lists.One(p.ctx, id)
	if err == nil {
		p.work = p.work.plus(work{calls: 1, asked: 1, found: 1})
		return &s, isThere, nil
	}
	fault := p.t.lists.Fault(err)
	p.work = p.work.plus(work{calls: 1, asked: 1, found: one(fault&Unreadable != 0)})
	switch {
	case fault&Unreadable != 0:
		p.unread(id)
		return nil, isThere, nil
	case fault&Absent != 0:
		return nil, isAbsent, nil
	}
	return nil, isUnknown, err
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

// keepFirst returns the first n of a sorted list and e.
func keepFirst(list []*entry, e *entry, n int, compare func(a, b *entry) int) []*entry {
	i, _ := slices.BinarySearchFunc(list, e, compare)
	return slices.Insert(list, i, e)[:min(n, len(list)+1)]
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
	came := map[string]bool{}
	err = f.t.lists.ByID(f.ctx, ids, func(s Sighting) bool {
		came[s.Key] = true
		f.see(seen{&s, inAnswer, f.lists.views})
		return f.overrun() == nil
	})
	f.work = f.work.plus(work{calls: 1, asked: len(ids), found: len(came)})
	if err != nil && !f.refused(err) {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return came[id] }), nil
}
