package feed

import "time"

// see takes in a sighting. What is read later counts. followed is set if the record was asked for by its id.
func (p *Pass) see(s *Sighting, followed bool) {
	key, old := s.Key, ""
	known := p.t.store.known[key]
	if known == nil && p.nameless && !nameless(key) {
		// It may have been there before it got its id.
		for _, old = range s.Record.Aliases() {
			if known = p.t.store.known[old]; known != nil {
				break
			}
		}
	}
	if known == nil {
		old = ""
		if !s.Inside {
			return
		}
	}
	if !followed {
		p.listed[key] = true
		if old != "" {
			p.listed[old] = true
		}
	}
	next := remembered(s, known, p.now)
	var ch Change
	if known == nil {
		ch = p.t.discovered(&next)
	} else if ch = (Change{Kind: p.t.compare(known, &next), Previous: known.status}); ch.Kind == "" {
		delete(p.changes, key)
		p.unchanged(known, next, old, followed)
		return
	}
	if followed {
		next.flags |= flagUnlisted
	}
	ch.next, ch.old, ch.at = next, old, p.now
	if !ch.Quiet {
		ch.Record = s.Record
		if at := When(ch.Kind, s.Requested, s.Updated); !at.IsZero() {
			ch.at = at
		}
	}
	found := ch // on the heap only now: most rows are unchanged
	p.changes[key] = &found
}

// unchanged notes that a record was there, if that is worth a line in the checkpoint.
func (p *Pass) unchanged(known *entry, next entry, old string, followed bool) {
	e := *known
	e.missed = 0
	if e.flags &^= flagUnlisted; followed {
		e.flags |= flagUnlisted
	}
	age := time.Duration(next.seen-known.seen) * time.Minute
	fresh := age.Abs() > max(p.t.follow()/4, time.Minute)
	if old != "" {
		e.id = next.id
		e.sum, e.text, e.flags = next.sum, next.text, e.flags&^flagSingle|next.flags&flagSingle
	}
	if !fresh && e == *known {
		return
	}
	e.seen = next.seen
	p.t.put(e, old)
}

// absent notes that a record was asked for by its id, and the server has none. Twice in a row it is gone.
func (p *Pass) absent(id string) {
	known := p.t.store.known[id]
	if known == nil {
		return
	}
	e := *known
	if e.missed++; e.missed < 2 {
		p.t.put(e, "")
		return
	}
	p.changes[id] = &Change{Kind: Gone, Previous: known.status, at: p.now, next: entry{id: id, flags: flagDropped},
		Gone: &Remembered{id, known.status, unixTime(known.requested), unixTime(known.updated)}}
}
