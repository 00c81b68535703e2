package feed

import (
	"cmp"
	"strings"
	"time"
)

// seen is a sighting, and how it came.
type seen struct {
	*Sighting
	in   in
	like Like // in what lists and single answers are known to be alike
}

// see takes in a sighting, and returns what is known of the record by now. What is read later counts.
func (p *pass) see(s seen) row {
	p.work = p.work.plus(work{rows: 1})
	known, old := p.find(s.Sighting)
	if known == nil && !s.Inside {
		return row{}
	}
	key := s.Key
	if known != nil && old == "" {
		key = known.id // which does not hold on to the text of its record
	}
	change := p.rows[key].change
	switch {
	case change != nil:
		key, change = change.next.id, p.seenAgain(change, s)
	case known == nil:
		s.in |= stranger
		key, change = p.discover(s)
	default:
		change = p.compare(known, old, s)
	}
	if old != "" {
		p.mark(old, s, nil) // what was found under that key is part of what is found now
	}
	return p.mark(key, s, change)
}

// find returns what is known of a record, and by which key if that is not the one of s.
func (p *pass) find(s *Sighting) (known *entry, old string) {
	if known = p.t.store.known[s.Key]; known != nil || !p.alias || nameless(s.Key) {
		return known, ""
	}
	// It may have been there before it got its id.
	for _, old = range s.Record.Aliases() {
		if known = p.t.store.known[old]; known != nil {
			return known, known.id
		}
	}
	return nil, ""
}

// mark notes that a record was seen, and what has changed.
func (p *pass) mark(key string, s seen, change *Change) row {
	r := p.rows[key]
	stamp, more := r.stamp, s.in
	if s.in&inLists != 0 {
		requested, updated := UnixSeconds(s.Requested), UnixSeconds(s.Updated)
		stamp = max(stamp, requested, updated)
		isNew := p.head.Stocked && p.t.store.known[key] == nil
		if isNew || updated-requested < int64(time.Hour/time.Second) {
			more |= fresh
		}
	}
	now := row{stamp, r.in | more, change}
	p.rows[key] = now
	return now
}

// discover takes in a record that is not known. One that was there before the feed began is no change.
func (p *pass) discover(s seen) (key string, change *Change) {
	f := flags(0).with(flagClosed, p.t.closed(s.Status)).with(flagUnlisted, s.in&inLists == 0)
	next := newEntry(s.Sighting, f, p.now)
	if kind, forgotten, tell := p.discovered(&next); tell {
		return next.id, p.changed(next, s, Change{Kind: kind, Forgotten: forgotten})
	}
	p.t.put(&next, "")
	return next.id, nil
}

// discovered returns which change it is to see a record that was not known, and whether it was forgotten.
func (p *pass) discovered(e *entry) (kind Kind, forgotten, tell bool) {
	h := &p.head
	requested, isClosed := unixTime(e.requested), e.flags.has(flagClosed)
	changed := Updated
	if isClosed {
		changed = Closed
	}
	switch {
	case !h.Stocked && h.Since.IsZero():
		// Filed while the stock could not be taken.
		return Created, false, e.requested != 0 && requested.After(p.byServer(h.Began)) && !requested.After(p.clock())
	case !h.Stocked && (e.requested == 0 || !requested.Before(h.Since)):
		return Created, false, true
	case !h.Stocked:
		return changed, false, !unixTime(e.latest()).Before(h.Since)
	case e.requested == 0:
		return Created, false, true
	case requested.Before(h.Horizon):
		return changed, false, true
	case !requested.After(h.Forgot) && isClosed:
		// It was closed long ago, or it would be known.
		return Updated, true, true
	case !requested.After(h.Forgot):
		return Reopened, true, true
	}
	return Created, false, true
}

// changed returns a change that a sighting has shown, of which ch says the rest.
func (p *pass) changed(next entry, s seen, ch Change) *Change {
	p.kept += int64(s.Size)
	return &Change{Kind: ch.Kind, Record: s.Record, Previous: ch.Previous, Forgotten: ch.Forgotten, at: p.dateOf(ch.Kind, s), size: s.Size, next: next, old: ch.old}
}

// dateOf returns what a change of a kind that a sighting has shown is sorted by.
func (p *pass) dateOf(kind Kind, s seen) time.Time {
	return cmp.Or(When(kind, s.Requested, s.Updated), p.now)
}

// compare takes in a record that is known, by another key if old is set, and returns what has changed.
func (p *pass) compare(known *entry, old string, s seen) *Change {
	m, kind := p.merge(known, s)
	id := known.id
	if old != "" {
		id = strings.Clone(s.Key)
	}
	f := m.flags.with(flagUnlisted, p.unlisted(known.id, s)) &^ absentAgain
	now := minutes(p.now)
	if kind != "" {
		return p.changed(entry{id, m.views, m.requested, now, now, 0, f}, s, Change{Kind: kind, Previous: known.told().status.Value(), old: old})
	}
	// That it was there is worth a line in the checkpoint only now and then.
	age := p.now.Sub(time.Unix(int64(known.seen)*60, 0))
	same := entry{id, m.views, m.requested, known.seen, known.changed, 0, f} == *known
	if s.in&(inAnswer|inOther) != 0 || age.Abs() > max(p.t.follow()/4, time.Minute) || !same {
		p.t.put(&entry{id, m.views, m.requested, now, known.changed, 0, f}, old)
	}
	return nil
}

// unlisted reports whether a record was asked for by its id, and no list of this poll has it.
func (p *pass) unlisted(id string, s seen) bool {
	return s.in&inAnswer != 0 && p.rows[id].in&inLists == 0
}

// seenAgain takes in a record of which a change was found in this poll already, and returns both in one.
func (p *pass) seenAgain(ch *Change, s seen) *Change {
	next, kind := p.merge(&ch.next, s)
	next = *next.as(next.flags.with(flagUnlisted, p.unlisted(next.id, s)))
	if kind == "" {
		known := *ch
		known.next = next
		return &known
	}
	all := ch.Kind
	if ch.Kind != Created && kind != Updated {
		all = p.together(ch, &next, kind)
	}
	p.kept += int64(s.Size - ch.size)
	return &Change{Kind: all, Record: s.Record, Previous: ch.Previous, Forgotten: ch.Forgotten, at: p.dateOf(all, s), size: s.Size, next: next, old: ch.old}
}

// together returns of which kind two changes are, of which the second one is of a kind and leads to next.
func (p *pass) together(ch *Change, next *entry, kind Kind) Kind {
	known := p.t.store.known[next.id]
	if known == nil {
		known = p.t.store.known[ch.old]
	}
	switch {
	case known == nil:
		return ch.Kind
	case known.flags.has(flagClosed) == next.flags.has(flagClosed):
		return Updated
	}
	return kind
}

// merge returns e with what a sighting shows, and says what has changed.
func (p *pass) merge(e *entry, s seen) (entry, Kind) {
	kind := kindOf(s.Sighting)
	has, stale := flagsOf(kind)
	otherHas, otherStale := flagsOf(1 - kind)
	own, now := &e.views[kind], e.shown(s.Sighting)
	merged := func(v view, f flags) entry {
		views := e.views
		views[kind] = v
		return entry{e.id, views, e.filed(s.Sighting), e.seen, e.changed, e.absent, f}
	}
	var change Kind
	switch {
	case e.flags.has(stale) && now == *own:
		return merged(*own, e.flags), "" // still behind
	case e.flags.has(has) && !e.flags.has(stale):
		change = p.t.state.compare(own, &now)
	default:
		last := p.byServer(time.Unix(int64(e.seen)*60+60, 0))
		change = p.t.state.across(e, sight{&now, s.like, last.Unix()})
		if change == "" && e.flags.has(otherHas) && !s.like.has(likeKnown) {
			return merged(*own, e.flags), "" // what it shows can only be judged once it is known in what both kinds are alike
		}
	}
	if was := e.flags.has(flagClosed); change == Closed && was || change == Reopened && !was {
		change = Updated // that was told by the other kind
	}
	f := e.flags&^stale | has
	if change == "" {
		return merged(now, f), ""
	}
	f = f.with(otherStale, f.has(otherHas)).with(toldBySingle, kind == bySingle).with(flagClosed, p.t.closed(now.status.Value()))
	return merged(now, f), change
}
