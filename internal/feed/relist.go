package feed

import (
	"cmp"
	"slices"
	"time"
)

// relist reads lists again that bring what was not seen for long, where that takes fewer calls than to ask for each of them.
// What such a list is for waits for it until one of its records is due. What it brings of others that are not known is none
// of its business: it may have been forgotten.
func (f *follower) relist(d due) (due, error) {
	if f.head.Most == 0 {
		return d, nil
	}
	unseen := d.unseen
	for _, list := range []func([]*entry) (Ask, []*entry){f.openAsk, f.dateAsk} {
		ask, of := list(unseen)
		if len(of) == 0 {
			continue
		}
		left := func(e *entry) bool { return f.rows[e.id].in == 0 }
		if slices.ContainsFunc(of, f.overdue) {
			if err := f.again(ask); err != nil {
				return d, err
			}
		} else {
			waiting := make(map[*entry]bool, len(of))
			for _, e := range of {
				waiting[e] = true
			}
			left = func(e *entry) bool { return !waiting[e] }
		}
		unseen = slices.DeleteFunc(unseen, func(e *entry) bool { return !left(e) })
	}
	if left := len(unseen); left < len(d.unseen) {
		return due{d.urgent, unseen, left}, nil // the others are no matter of ids
	}
	return d, nil
}

// again reads a list for what it may bring of what is known.
func (f *follower) again(ask Ask) error {
	answer, err := f.t.lists.Requested(f.ctx, ask, func(s Sighting) bool {
		if f.t.store.known[s.Key] == nil {
			f.work = f.work.plus(work{rows: 1})
			return true
		}
		f.see(seen{&s, inOther, f.lists.views})
		return f.overrun() == nil
	})
	f.note("again", answer) // but for its gaps: what it has not brought is asked for by id
	if f.refused(err) {
		return nil
	}
	return err
}

// openAsk is for the list of all open records, where the server heeds the state. It returns those that are waiting for it:
// none if it does not make up for its calls.
func (f *follower) openAsk(unseen []*entry) (Ask, []*entry) {
	if !f.head.HeedsOpen {
		return Ask{}, nil
	}
	var of []*entry
	for _, e := range unseen {
		if !e.flags.has(flagClosed | flagUnlisted) {
			of = append(of, e)
		}
	}
	open := 0
	for e := range f.t.store.all() {
		if !e.flags.has(flagClosed) {
			open++
		}
	}
	if open/f.head.Most+listCalls >= len(of)/f.perCall(f.head.Singly) {
		return Ask{}, nil
	}
	return Ask{State: OpenOnly, Proof: Loose}, of
}

// dateAsk is for the list of those days that brings as many of the records as makes up for its calls.
func (f *follower) dateAsk(unseen []*entry) (Ask, []*entry) {
	if f.lists.window.perDay == 0 {
		return Ask{}, nil
	}
	var of []*entry
	for _, e := range unseen {
		if e.requested > 0 && !e.flags.has(flagUnlisted) && f.within(e) {
			of = append(of, e)
		}
	}
	slices.SortFunc(of, func(a, b *entry) int { return cmp.Compare(b.requested, a.requested) })
	best, count := 0, 0
	for i, e := range of {
		days := f.clock().Sub(unixTime(e.requested)) / (24 * time.Hour)
		calls := int(days+1)*f.lists.window.perDay/f.head.Most + listCalls
		if saved := (i+1)/f.perCall(f.head.Singly) - calls; saved > best {
			best, count = saved, i+1
		}
	}
	if count == 0 {
		return Ask{}, nil
	}
	return Ask{From: unixTime(of[count-1].requested - 1), Proof: Loose, Mixed: f.lists.window.showsClosed}, of[:count]
}
