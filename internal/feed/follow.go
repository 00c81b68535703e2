package feed

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// maxFailures is after how many records in a row that the server fails, or says that they are not there, the rest
// has to wait for the next poll.
const maxFailures = 2

// due is what may have to be asked for by id.
type due struct {
	urgent []string // expected in a list and absent, absent in the last poll, or what the feed is about
	unseen []*entry // not seen for half of Follow at least, and for longest first
	of     int      // how many records can be asked for by id
}

// due returns what is to be asked for by id. Open ones are asked for as well as closed ones, as long as they are remembered.
func (f *follower) due() due {
	if ids := f.t.cfg.IDs; len(ids) > 0 {
		return due{urgent: slices.Clone(ids)}
	}
	if f.t.follow() == 0 {
		return due{}
	}
	w := &f.lists.window
	from := w.from.Add(time.Hour).Unix()
	var urgent []string
	var unseen []*entry
	of := 0
	for e := range f.t.store.all() {
		if nameless(e.id) {
			continue
		}
		of++
		missing := w.read && w.whole && e.requested > from && !e.flags.has(flagUnlisted) && f.within(e)
		expected := missing || e.absent != 0
		switch {
		case !expected && f.unseen(e) < f.t.follow()/2, f.rows[e.id].in != 0, f.tooSoon(e):
		case expected:
			urgent = append(urgent, e.id)
		default:
			unseen = append(unseen, e)
		}
	}
	slices.SortFunc(unseen, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(f.unseen(b), f.unseen(a)), cmp.Compare(a.id, b.id))
	})
	return due{urgent, unseen, of}
}

// unseen returns for how long a record was not seen, or by how much our clock was put back.
func (f *follower) unseen(e *entry) time.Duration {
	return f.now.Sub(time.Unix(int64(e.seen)*60, 0)).Truncate(time.Minute).Abs()
}

// overdue reports whether a record was not seen for Follow.
func (f *follower) overdue(e *entry) bool { return f.unseen(e) >= f.t.follow().Truncate(time.Minute) }

// fewIDs is how many are asked for in one poll without a thought of spreading them.
const fewIDs = 8

// ids returns what to ask for by id now: what is urgent or overdue, and as many more as fill the last call. Those
// that came together are not asked for together: but for a call, or a few, no more may wait than can be asked for one after
// the other until they are overdue, at twice the pace at which all of them are.
func (f *follower) ids(d due) []string {
	now, perCall := 0, f.perCall(f.head.Singly)
	for i, e := range d.unseen {
		left := 1 - float64(f.unseen(e))/float64(f.t.follow())
		if may := max(perCall, fewIDs) + int(2*left*float64(d.of)); f.overdue(e) {
			now = i + 1
		} else if i+1 > may {
			now = max(now, i+1-may)
		}
	}
	ids := d.urgent
	if n := len(ids) + now; n > 0 {
		calls := (n + perCall - 1) / perCall
		for _, e := range d.unseen[:min(len(d.unseen), calls*perCall-len(ids))] {
			ids = append(ids, e.id)
		}
	}
	slices.Sort(ids)
	// In no order that would let a server's bad records hold up the same ones every time. The time gives it, so that a
	// simulated life can be lived again.
	rand.New(rand.NewPCG(uint64(f.now.UnixNano()), 0)).Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids
}

// follow asks for records by their ids, several at a time if the server bears it: singly reports that it does not.
func (f *follower) follow(ids []string) (singly bool, err error) {
	if singly = f.head.Singly; len(ids) == 0 {
		return singly, nil
	}
	f.work = f.work.plus(work{lists: []string{"ids"}})
	if f.audit && singly && len(ids) > 1 {
		missing, err := f.several(ids[:2])
		if err != nil {
			return singly, err
		}
		singly = len(missing) > 0
		ids = append(missing, ids[2:]...)
	}
	var absent []string // as the server says
	failures, controlled := 0, false
	for chunk := range slices.Chunk(ids, f.perCall(singly)) {
		missing := chunk
		if len(chunk) > 1 {
			if missing, err = f.several(chunk); err != nil {
				return singly, err
			}
		}
		found := 0
		for _, id := range missing {
			what, err := f.one(id)
			if err != nil {
				return singly, err
			}
			switch failures++; what {
			case isThere:
				found, failures = found+1, 0
			case isAbsent:
				absent, failures = append(absent, id), 0
			}
			hopeless := failures > maxFailures
			if !hopeless && len(absent) > maxFailures && !controlled {
				controlled = true
				hopeless = !f.control(absent)
			}
			if hopeless {
				f.bury(absent)
				return singly, nil
			}
		}
		// The list has left out what there is, for other reasons than one unknown id: it is no use.
		singly = singly || len(chunk) > 1 && found > 0 && found == len(missing)
	}
	f.bury(absent)
	return singly, nil
}
