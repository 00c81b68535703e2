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
	urgent []string // expected in a list and absent, or absent in the last poll
	unseen []*entry // not seen for half of Follow at least, and for longest first
	of     int      // how many records can be asked for by id
}

// due returns what is to be asked for by id. Open ones are asked for as well as closed ones, as long as they are remembered.
func (p *Pass) due() due {
	if p.t.follow() == 0 {
		return due{}
	}
	from := p.window.from.Add(time.Hour).Unix()
	var urgent []string
	var unseen []*entry
	of := 0
	for e := range p.t.store.all() {
		if nameless(e.id) {
			continue
		}
		of++
		if p.rows[e.id].in != 0 || p.tooSoon(e) {
			continue
		}
		missing := p.window.read && p.window.whole && e.requested > from && !e.flags.has(flagUnlisted) && p.within(e)
		switch {
		case missing || e.absent != 0:
			urgent = append(urgent, e.id)
		case p.unseen(e) >= p.t.follow()/2:
			unseen = append(unseen, e)
		}
	}
	slices.SortFunc(unseen, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(p.unseen(b), p.unseen(a)), cmp.Compare(a.id, b.id))
	})
	return due{urgent, unseen, of}
}

// unseen returns for how long a record was not seen, or by how much our clock was put back.
func (p *Pass) unseen(e *entry) time.Duration {
	return p.now.Sub(time.Unix(int64(e.seen)*60, 0)).Truncate(time.Minute).Abs()
}

// overdue reports whether a record was not seen for Follow.
func (p *Pass) overdue(e *entry) bool { return p.unseen(e) >= p.t.follow().Truncate(time.Minute) }

// fewIDs is how many are asked for in one poll without a thought of spreading them.
const fewIDs = 8

// ids returns what to ask for by id now: what is urgent or overdue, and as many more as fill the last call. Those
// that came together are not asked for together: but for a call, or a few, no more may wait than can be asked for one after
// the other until they are overdue, at twice the pace at which all of them are.
func (p *Pass) ids(d due) []string {
	now, perCall := 0, p.perCall(p.head.Singly)
	for i, e := range d.unseen {
		left := 1 - float64(p.unseen(e))/float64(p.t.follow())
		if may := max(perCall, fewIDs) + int(2*left*float64(d.of)); p.overdue(e) {
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
	// In no order that would let a server's bad records hold up the same ones every time.
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids
}

// follow asks for records by their ids, several at a time if the server bears it: singly reports that it does not.
func (p *Pass) follow(ids []string) (singly bool, err error) {
	if singly = p.head.Singly; len(ids) == 0 {
		return singly, nil
	}
	p.work = p.work.plus(work{lists: []string{"ids"}})
	if p.audit && singly && len(ids) > 1 {
		missing, err := p.several(ids[:2])
		if err != nil {
			return singly, err
		}
		singly = len(missing) > 0
		ids = append(missing, ids[2:]...)
	}
	var absent []string // as the server says
	failures, controlled := 0, false
	for chunk := range slices.Chunk(ids, p.perCall(singly)) {
		missing := chunk
		if len(chunk) > 1 {
			if missing, err = p.several(chunk); err != nil {
				return singly, err
			}
		}
		found := 0
		for _, id := range missing {
			what, err := p.one(id, inAnswer)
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
				hopeless = !p.control(absent)
			}
			if hopeless {
				p.bury(absent)
				return singly, nil
			}
		}
		// The list has left out what there is, for other reasons than one unknown id: it is no use.
		singly = singly || len(chunk) > 1 && found > 0 && found == len(missing)
	}
	p.bury(absent)
	return singly, nil
}
