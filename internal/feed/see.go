package feed

import "time"

// see takes in a sighting. What is read later counts. It reports whether more is wanted.
func (p *Pass) see(s *Sighting, from in) bool {
	p.report.Rows++
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
	return p.flood.rows <= maxFlood
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
	if r.in |= from; from&inLists != 0 {
		requested, updated := UnixSeconds(s.Requested), UnixSeconds(s.Updated)
		r.stamp = max(r.stamp, requested, updated)
		isNew := p.t.store.head.Stocked && p.t.store.known[key] == nil
		if isNew || updated-requested < int64(time.Hour/time.Second) {
			r.in |= fresh
		}
	}
	p.rows[key] = r
}

// discover takes in a record that is not known. One that was there before the feed began is no change.
func (p *Pass) discover(s *Sighting, from in) (key string) {
	next := newEntry(s, p.t.closed(s.Status), p.now)
	if from == inAnswer {
		next.flags |= flagUnlisted
	}
	if p.flood.second != next.requested {
		p.flood = flood{second: next.requested}
	}
	p.flood.rows++
	ch, tell := p.discovered(&next)
	if !tell {
		p.t.put(&next, "")
		return next.id
	}
	p.add(ch, next, "", s)
	return next.id
}

// discovered returns the change that it is to see a record that was not known.
func (p *Pass) discovered(e *entry) (ch Change, tell bool) {
	h := &p.t.store.head
	requested, isClosed := unixTime(e.requested), e.flags.has(flagClosed)
	changed := Updated
	if isClosed {
		changed = Closed
	}
	switch {
	case !h.Stocked && h.Since.IsZero():
		// Filed while the stock could not be taken.
		return Change{Kind: Created}, e.requested != 0 && requested.After(p.byServer(h.Began)) && !requested.After(p.clock())
	case !h.Stocked && (e.requested == 0 || !requested.Before(h.Since)):
		return Change{Kind: Created}, true
	case !h.Stocked:
		return Change{Kind: changed}, !unixTime(e.latest()).Before(h.Since)
	case e.requested == 0:
		return Change{Kind: Created}, true
	case requested.Before(h.Horizon):
		return Change{Kind: changed}, true
	case !requested.After(h.Forgot) && isClosed:
		// It was closed long ago, or it would be known.
		return Change{Kind: Updated, Forgotten: true}, true
	case !requested.After(h.Forgot):
		return Change{Kind: Reopened, Forgotten: true}, true
	}
	return Change{Kind: Created}, true
}

// add notes a change.
func (p *Pass) add(ch Change, next entry, old string, s *Sighting) {
	ch.next, ch.old, ch.Record, ch.at = next, old, s.Record, p.now
	if at := When(ch.Kind, s.Requested, s.Updated); !at.IsZero() {
		ch.at = at
	}
	p.changes[next.id] = &ch
}

// compare takes in a record that is known, by another key if old is set.
func (p *Pass) compare(known *entry, old string, s *Sighting, from in) {
	next := *known
	kind := p.merge(&next, s)
	if old != "" {
		next.id = newEntry(s, false, p.now).id
	}
	next.absent = 0
	next.flags = next.flags.with(flagUnlisted, from == inAnswer && p.rows[known.id].in&inLists == 0)
	if kind != "" {
		next.seen, next.changed = minutes(p.now), minutes(p.now)
		p.add(Change{Kind: kind, Previous: known.told().status.Value()}, next, old, s)
		return
	}
	// That it was there is worth a line in the checkpoint only now and then.
	age := p.now.Sub(time.Unix(int64(known.seen)*60, 0))
	if from&(inAnswer|inOther) == 0 && age.Abs() <= max(p.t.follow()/4, time.Minute) && next == *known {
		return
	}
	next.seen = minutes(p.now)
	p.t.put(&next, old)
}

// seenAgain takes in a record of which a change was found in this poll already.
func (p *Pass) seenAgain(ch *Change, s *Sighting, from in) {
	kind := p.merge(&ch.next, s)
	ch.next.flags = ch.next.flags.with(flagUnlisted, from == inAnswer && p.rows[ch.next.id].in&inLists == 0)
	if kind == "" {
		return
	}
	if ch.Record = s.Record; ch.Kind == Created || kind == Updated {
		return
	}
	known := p.t.store.known[ch.next.id]
	if known == nil {
		known = p.t.store.known[ch.old]
	}
	switch {
	case known == nil:
	case known.flags.has(flagClosed) == ch.next.flags.has(flagClosed):
		ch.Kind = Updated
	default:
		ch.Kind = kind
	}
}

// merge takes what a sighting shows into an entry, and says what has changed.
func (p *Pass) merge(e *entry, s *Sighting) Kind {
	kind := kindOf(s)
	other := 1 - kind
	has, stale := flagsOf(kind)
	otherHas, otherStale := flagsOf(other)
	own := &e.views[kind]
	now := viewOf(s, own)
	if !e.flags.has(has) {
		now = viewOf(s, e.told()) // what it does not say is as it was told
	}
	if e.requested == 0 {
		e.requested = UnixSeconds(s.Requested)
	}
	if p.comparing && kind == bySingle && e.flags.has(hasList) {
		p.head.Views = p.t.state.learn(p.head.Views, e.requested, &e.views[byList], &now)
	}
	var change Kind
	switch {
	case e.flags.has(stale) && now == *own:
		return "" // still behind
	case e.flags.has(has) && !e.flags.has(stale):
		change = p.t.state.compare(own, &now)
	default:
		last := p.byServer(time.Unix(int64(e.seen)*60+60, 0))
		change = p.t.state.across(e, sight{&now, p.head.Views, last.Unix()})
		if change == "" && e.flags.has(otherHas) && !p.head.Views.has(likeKnown) {
			return "" // what it shows can only be judged once it is known in what both kinds are alike
		}
	}
	if was := e.flags.has(flagClosed); change == Closed && was || change == Reopened && !was {
		change = Updated // that was told by the other kind
	}
	*own = now
	if e.flags = e.flags&^stale | has; change == "" {
		return ""
	}
	e.flags = e.flags.with(otherStale, e.flags.has(otherHas)).with(toldBySingle, kind == bySingle).
		with(flagClosed, p.t.closed(now.status.Value()))
	return change
}
