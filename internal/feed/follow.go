package feed

import (
	"math/rand/v2"
	"slices"
	"time"
)

// maxFailures is after how many records in a row that the server fails, or says that they are not there, the rest
// has to wait for the next poll.
const maxFailures = 2

// due returns the ids to ask for one by one: expected in a list and absent, absent in the last poll, or not
// seen for long. Open ones are asked for as well as closed ones, as long as they are remembered. Those that can wait do
// so until they fill a call, or are enough for a list to be read in their place, or go with one that cannot.
func (p *Pass) due() []string {
	if p.t.follow() == 0 {
		return nil
	}
	var ids []string
	can := true // they can wait
	from := p.answers.from.Add(time.Hour).Unix()
	for e := range p.t.store.all() {
		missing := p.answers.window && p.answers.whole && e.requested > from && !e.flags.has(flagUnlisted) && p.within(e)
		if !missing && e.absent == 0 && !p.late(e) {
			continue
		}
		if p.rows[e.id].in == 0 && !nameless(e.id) && !p.tooSoon(e) {
			ids = append(ids, e.id)
			can = can && !missing && e.absent == 0 && p.unseen(e).Abs() < p.t.follow().Truncate(time.Minute)
		}
	}
	if can && len(ids) < max(p.perCall(), listCalls+1) {
		return nil
	}
	slices.Sort(ids)
	// In no order that would let a server's bad records hold up the same ones every time.
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids
}

// late reports whether a record was not seen for long. That is spread over half of Follow, so that those that
// came together are not asked for together.
func (p *Pass) late(e *entry) bool {
	half := p.t.follow() / 2
	age := p.unseen(e)
	if age >= 0 && age < half {
		return false
	}
	h := (uint64(e.requested) ^ uint64(e.views[byList].sum)<<32 ^ uint64(e.views[byList].text)) * 0x9e3779b97f4a7c15
	wait := half + time.Duration(float64(half)*float64(h>>54)/1024)
	return age >= wait || age < -wait // our clock was put back
}

// unseen returns for how long a record was not seen; negative if our clock was put back.
func (p *Pass) unseen(e *entry) time.Duration {
	return p.now.Sub(time.Unix(int64(e.seen)*60, 0)).Truncate(time.Minute)
}

// follow asks for records by their ids, several at a time if the server bears it.
func (p *Pass) follow(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	p.report.Lists = append(p.report.Lists, "ids")
	a := &asking{p: p}
	if p.report.Audit && p.head.Singly && len(ids) > 1 {
		missing, err := a.several(ids[:2])
		if err != nil {
			return err
		}
		p.head.Singly = len(missing) > 0
		ids = append(missing, ids[2:]...)
	}
	for chunk := range slices.Chunk(ids, p.perCall()) {
		missing := chunk
		if len(chunk) > 1 {
			var err error
			if missing, err = a.several(chunk); err != nil {
				return err
			}
		}
		found := 0
		for _, id := range missing {
			if ok, err := a.one(id); err != nil {
				return err
			} else if ok {
				found++
			}
			if a.failures > maxFailures {
				return p.bury(a)
			}
			if len(a.absent) > maxFailures && !a.controlled && !a.control() {
				return p.bury(a)
			}
		}
		// The list has left out what there is, for other reasons than one unknown id: it is no use.
		p.head.Singly = p.head.Singly || len(chunk) > 1 && found > 0 && found == len(missing)
	}
	return p.bury(a)
}
