package feed

import (
	"math/rand/v2"
	"slices"
	"time"
)

// maxFailures is after how many records in a row that the server fails for the rest has to wait for the next
// poll.
const maxFailures = 2

// due returns the ids to ask for one by one: expected in a list and absent, absent in the last poll, or not
// seen for long. Open ones are asked for as well as closed ones, as long as they are remembered.
func (p *Pass) due() []string {
	follow := p.t.follow()
	if follow == 0 {
		return nil
	}
	var ids []string
	from := p.from.Add(time.Hour).Unix()
	for key, e := range p.t.store.known {
		if p.listed[key] || nameless(key) || p.changes[key] != nil {
			continue
		}
		h := NewHash()
		h.Text(key)
		// Spread over half the time, so that those that came together are not asked for together.
		wait := follow/2 + time.Duration(float64(follow/2)*float64(h%1024)/1024)
		missing := p.windowed && p.byDate != nil && e.requested > from && e.flags&flagUnlisted == 0 && p.within(e)
		age := time.Duration(p.now.Unix()/60-e.seen) * time.Minute
		late := age >= wait || age < -wait // our clock was put back
		if missing || late || e.missed > 0 {
			ids = append(ids, key)
		}
	}
	slices.Sort(ids)
	// In no order that would let a server's bad records hold up the same ones every time.
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids
}

// within reports whether the list by time of request could have brought e.
func (p *Pass) within(e *entry) bool {
	c := &p.t.cfg
	return (c.Start.IsZero() || e.requested > c.Start.Unix()) && (c.End.IsZero() || e.requested < c.End.Unix())
}

// follow asks for records by their ids, several at a time if the server bears it.
func (p *Pass) follow(ids []string) error {
	failures := 0
	for chunk := range slices.Chunk(ids, p.t.cfg.IDsPerCall) {
		missing := chunk
		if !p.t.singly && len(chunk) > 1 {
			var err error
			if missing, err = p.several(chunk); err != nil {
				return err
			}
		}
		extra := 0
		for _, id := range missing {
			s, err := p.t.lists.One(p.ctx, id)
			switch {
			case err == nil:
				p.alive = true
				p.see(&s, true)
				extra++
				failures = 0
			case p.t.lists.Fault(err)&Absent != 0:
				if p.believes(err) {
					p.absent(id)
				}
				failures = 0
			case !p.refused(err):
				return err
			default:
				p.gaps = append(p.gaps, Gap{ID: id, Err: err})
				if failures++; failures > maxFailures {
					return nil
				}
			}
		}
		// The list has left out what there is, for other reasons than one unknown id: it is no use.
		p.t.singly = p.t.singly || len(chunk) > 1 && extra > 0 && extra == len(missing)
	}
	return nil
}

// several asks for records in one call, and returns the ids that have not come.
func (p *Pass) several(ids []string) (missing []string, err error) {
	found := map[string]bool{}
	err = p.t.lists.ByID(p.ctx, ids, func(s Sighting) {
		found[s.Key] = true
		p.see(&s, true)
	})
	if err != nil && !p.refused(err) {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return found[id] }), nil
}

// believes reports whether an error says that there is no such record. A page with 404 is also what servers
// answer to everything while they are being worked on: it counts only if another call has been answered.
func (p *Pass) believes(err error) bool {
	return p.alive || len(p.t.cfg.IDs) > 0 || p.t.lists.Fault(err)&Stated != 0
}
