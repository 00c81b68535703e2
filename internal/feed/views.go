package feed

import "cmp"

// compareViews asks for one of the records by id that a list has just shown, the one that most has happened to, and
// returns in what the two answers are alike. If they differ in more than they did, another one has to say so, too: the
// record may have changed in between.
func (p *pass) compareViews() (Like, error) {
	before := p.head.Views
	learned := before
	if p.t.follow() == 0 {
		return before, nil
	}
	for i, e := range p.telling() {
		if lost := before &^ learned; i > 0 && (!before.has(likeKnown) || lost == 0) {
			break
		}
		s, _, err := p.ask(e.id)
		if err != nil && !p.refused(err) {
			return before, err
		}
		learned = before
		if s != nil {
			single := e.shown(s)
			learned = p.t.state.learn(before, e.filed(s), &e.views[byList], &single)
			p.see(seen{s, inAnswer, learned})
		}
	}
	return learned, nil
}

// telling returns two records that a list has just shown and that most has happened to, as it has shown them: also those
// that have changed by that, which may be all there are.
func (p *pass) telling() (best []*entry) {
	moved := func(e *entry) int64 { return e.views[byList].updated - e.requested }
	more := func(a, b *entry) int {
		return cmp.Or(cmp.Compare(moved(b), moved(a)), cmp.Compare(a.id, b.id))
	}
	for key, r := range p.rows {
		e := p.t.store.known[key]
		if r.change != nil {
			e = &r.change.next
		}
		if e != nil && !nameless(key) && r.in&inLists != 0 && e.flags.has(hasList) {
			best = keepFirst(best, e, 2, more)
		}
	}
	return best
}
