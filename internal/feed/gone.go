package feed

import (
	"slices"
	"time"
)

// That a record is not there is what servers also say of all of them, while they are being worked on. It counts
// beside a control: another record that was asked for by its id and came, or the list that has to hold it and does
// not. Counted twice, an hour apart, it is gone. Where there is nothing to be a control it takes days, and three times; and
// longer if several are absent at once, since that is the less likely the more they are.
const (
	// goneAfter is how long it has to be absent.
	goneAfter = time.Hour
	// lastOne is how many times Follow that is where no other record is known; each other one that is absent adds one.
	lastOne = 3
	// maxControls is how many records are tried that are likely to be there.
	maxControls = 3
)

func (t *Tracker) goneAfter() time.Duration { return min(goneAfter, t.follow()) }

// tooSoon reports whether it was found just now that a record is absent.
func (f *follower) tooSoon(e *entry) bool {
	return e.absent != 0 && f.absentFor(e) < f.t.goneAfter().Truncate(time.Minute)
}

// absentFor returns since when a record is absent; negative if our clock was put back.
func (f *follower) absentFor(e *entry) time.Duration {
	return f.now.Sub(time.Unix(int64(e.absent)*60, 0)).Truncate(time.Minute)
}

// control asks for records that are likely to be there, if none was found by its id yet. It reports whether one was.
func (f *follower) control(absent []string) bool {
	if f.work.found > 0 {
		return true
	}
	for _, e := range f.controls(absent) {
		// It says nothing about the control if that is absent: it may be gone as well.
		if what, err := f.one(e.id); err != nil || what == isThere {
			return err == nil
		}
	}
	return false
}

// controls returns records that are likely to be there: of this poll's lists, or seen last.
func (f *follower) controls(but []string) (best []*entry) {
	better := func(a, b *entry) int {
		if x, y := f.rows[a.id].in&inLists != 0, f.rows[b.id].in&inLists != 0; x != y {
			if x {
				return -1
			}
			return 1
		}
		return int(b.seen) - int(a.seen)
	}
	for e := range f.t.store.all() {
		if !nameless(e.id) && e.absent == 0 && !slices.Contains(but, e.id) {
			best = keepFirst(best, e, maxControls, better)
		}
	}
	return best
}

// bury says what to make of the records that were absent in this poll.
func (f *follower) bury(absent []string) {
	if len(absent) == 0 {
		return
	}
	byOthers := f.control(absent)
	others, alone := f.alone()
	for _, id := range absent {
		known := f.t.store.known[id]
		if known == nil {
			continue
		}
		wait, again := f.t.goneAfter(), true
		switch {
		case byOthers, f.listHas(known):
		case alone && (f.head.AnswersIDs || f.work.found > 0) && f.answered():
			wait, again = time.Duration(lastOne+others)*f.t.follow(), known.flags.has(absentAgain)
		default:
			continue
		}
		switch {
		case known.absent == 0 || f.absentFor(known) < 0:
			f.t.put(&entry{known.id, known.views, known.requested, known.seen, known.changed, minutes(f.now), known.flags}, "")
		case !again && !f.tooSoon(known):
			f.t.put(known.as(known.flags|absentAgain), "")
		case again && f.absentFor(known) >= wait.Truncate(time.Minute):
			told := known.told()
			f.rows[id] = row{change: &Change{Kind: Gone, Previous: told.status.Value(), at: f.now, next: entry{id: id, flags: flagDropped},
				Gone: &Remembered{id, told.status.Value(), unixTime(known.requested), unixTime(told.updated)}}}
		}
	}
}

// listHas reports whether the list by time of request would have had a record, if it were there.
func (f *follower) listHas(e *entry) bool {
	w := &f.lists.window
	if !w.read || !w.whole || !w.strict || !f.work.answered || e.requested <= w.from.Add(time.Hour).Unix() || e.flags.has(flagUnlisted) || !f.within(e) {
		return false
	}
	if !w.showsClosed && !w.hidesClosed {
		return false // it may have been closed
	}
	for _, r := range f.rows {
		if r.in&inWindow != 0 {
			return true
		}
	}
	return false
}

// alone reports whether there is no record that could be a control: few others are known than one that is absent, and none of
// all was there in this poll.
func (f *follower) alone() (others int, yes bool) {
	for e := range f.t.store.all() {
		if nameless(e.id) {
			continue
		}
		if others == maxControls || f.rows[e.id].in != 0 {
			return others, false
		}
		others++
	}
	return others - 1, true
}

// answered reports whether a list is answered at all.
func (f *follower) answered() bool {
	if !f.work.answered && len(f.t.cfg.IDs) > 0 {
		_, a, err := f.t.lists.Probe(f.ctx, f.now.AddDate(0, 0, -1))
		f.note("probe", a)
		f.work = f.work.plus(work{answered: err == nil})
	}
	return f.work.answered
}
