package feed

import (
	"strings"
	"time"
)

// see takes in a sighting. What is read later counts. It reports whether more is wanted.
func (p *Pass) see(s *Sighting, from in) bool {
	p.work = p.work.plus(work{rows: 1})
	known, old := p.find(s)
	if known == nil && !s.Inside {
		return true
	}
	key := s.Key
	if known != nil && old == "" {
		key = known.id // which does not hold on to the text of its record
	}
	ch := p.changes[key]
	if ch != nil {
		key = ch.next.id
	}
	switch {
	case ch != nil:
		p.seenAgain(ch, s, from)
	case known == nil:
		key = p.discover(s, from)
	default:
		p.compare(known, old, s, from)
	}
	p.mark(key, s, from)
	if old != "" {
		p.mark(old, s, from)
	}
	return p.overrun() == nil
}

// find returns what is known of a record, and by which key if that is not the one of s.
func (p *Pass) find(s *Sighting) (known *entry, old string) {
	if known = p.t.store.known[s.Key]; known != nil || p.t.store.nameless == 0 || nameless(s.Key) {
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

func (p *Pass) mark(key string, s *Sighting, from in) {
	r := p.rows[key]
	stamp, more := r.stamp, from
	if from&inLists != 0 {
		requested, updated := UnixSeconds(s.Requested), UnixSeconds(s.Updated)
		stamp = max(stamp, requested, updated)
		isNew := p.t.store.head.Stocked && p.t.store.known[key] == nil
		if isNew || updated-requested < int64(time.Hour/time.Second) {
			more |= fresh
		}
	}
	p.rows[key] = row{stamp, r.in | more}
}

// discover takes in a record that is not known. One that was there before the feed began is no change.
func (p *Pass) discover(s *Sighting, from in) (key string) {
	f := flags(0).with(flagClosed, p.t.closed(s.Status)).with(flagUnlisted, from&inLists == 0)
	next := newEntry(s, f, p.now)
	p.flood = p.flood.plus(next.requested)
	kind, forgotten, tell := p.discovered(&next)
	if tell {
		p.add(next, s, &Change{Kind: kind, Forgotten: forgotten})
	} else {
		p.t.put(&next, "")
	}
	return next.id
}

// discovered returns which change it is to see a record that was not known, and whether it was forgotten.
func (p *Pass) discovered(e *entry) (kind Kind, forgotten, tell bool) {
	h := &p.t.store.head
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

// add notes a change, of which ch says the rest.
func (p *Pass) add(next entry, s *Sighting, ch *Change) {
	at := When(ch.Kind, s.Requested, s.Updated)
	if at.IsZero() {
		at = p.now
	}
	p.kept += int64(s.Size)
	p.changes[next.id] = &Change{Kind: ch.Kind, Record: s.Record, Previous: ch.Previous, Forgotten: ch.Forgotten, at: at, size: s.Size, next: next, old: ch.old}
}

// compare takes in a record that is known, by another key if old is set.
func (p *Pass) compare(known *entry, old string, s *Sighting, from in) {
	m, kind := p.merge(known, s, from)
	id := known.id
	if old != "" {
		id = strings.Clone(s.Key)
	}
	f := m.flags.with(flagUnlisted, from&inAnswer != 0 && p.rows[known.id].in&inLists == 0) &^ absentAgain
	now := minutes(p.now)
	if kind != "" {
		p.add(entry{id, m.views, m.requested, now, now, 0, f}, s, &Change{Kind: kind, Previous: known.told().status.Value(), old: old})
		return
	}
	// That it was there is worth a line in the checkpoint only now and then.
	age := p.now.Sub(time.Unix(int64(known.seen)*60, 0))
	same := entry{id, m.views, m.requested, known.seen, known.changed, 0, f} == *known
	if from&(inAnswer|inOther) == 0 && age.Abs() <= max(p.t.follow()/4, time.Minute) && same {
		return
	}
	p.t.put(&entry{id, m.views, m.requested, now, known.changed, 0, f}, old)
}

// seenAgain takes in a record of which a change was found in this poll already.
func (p *Pass) seenAgain(ch *Change, s *Sighting, from in) {
	next, kind := p.merge(&ch.next, s, from)
	next = *next.as(next.flags.with(flagUnlisted, from&inAnswer != 0 && p.rows[next.id].in&inLists == 0))
	record, size, all := s.Record, s.Size, ch.Kind
	if kind == "" {
		record, size = ch.Record, ch.size
	} else if ch.Kind != Created && kind != Updated {
		all = p.together(ch, &next, kind)
	}
	p.kept += int64(size - ch.size)
	p.changes[next.id] = &Change{Kind: all, Record: record, Gone: ch.Gone, Previous: ch.Previous, Forgotten: ch.Forgotten, at: ch.at, size: size, next: next, old: ch.old}
}

// together returns of which kind two changes are, of which the second one is of a kind and leads to next.
func (p *Pass) together(ch *Change, next *entry, kind Kind) Kind {
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
func (p *Pass) merge(e *entry, s *Sighting, from in) (entry, Kind) {
	kind := kindOf(s)
	other := 1 - kind
	has, stale := flagsOf(kind)
	otherHas, otherStale := flagsOf(other)
	own := &e.views[kind]
	now := viewOf(s, own)
	if !e.flags.has(has) {
		now = viewOf(s, e.told()) // what it does not say is as it was told
	}
	requested := e.requested
	if requested == 0 {
		requested = UnixSeconds(s.Requested)
	}
	merged := func(v view, f flags) entry {
		views := e.views
		views[kind] = v
		return entry{e.id, views, requested, e.seen, e.changed, e.absent, f}
	}
	if from&inComparison != 0 && kind == bySingle && e.flags.has(hasList) {
		p.views = p.t.state.learn(p.views, requested, &e.views[byList], &now)
	}
	var change Kind
	switch {
	case e.flags.has(stale) && now == *own:
		return merged(*own, e.flags), "" // still behind
	case e.flags.has(has) && !e.flags.has(stale):
		change = p.t.state.compare(own, &now)
	default:
		last := p.byServer(time.Unix(int64(e.seen)*60+60, 0))
		change = p.t.state.across(e, sight{&now, p.views, last.Unix()})
		if change == "" && e.flags.has(otherHas) && !p.views.has(likeKnown) {
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
