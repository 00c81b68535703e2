package feed

import (
	"cmp"
	"slices"
)

// compareViews asks for one of the records by id that a list has just shown, the one that most has happened to: to
// know in what the two answers differ. If they differ in more than they did, another one has to say so, too: the record
// may have changed in between.
func (p *Pass) compareViews() error {
	if p.t.follow() == 0 {
		return nil
	}
	before := p.views
	for i, id := range p.telling() {
		if lost := before &^ p.views; i > 0 && (!before.has(likeKnown) || lost == 0) {
			break
		}
		p.views = before
		if _, err := p.one(id, inAnswer|inComparison); err != nil {
			return err
		}
	}
	return nil
}

// telling returns the ids of two records that a list has just shown and that most has happened to.
func (p *Pass) telling() []string {
	var best []*entry
	for key, r := range p.rows {
		e := p.t.store.known[key]
		if e == nil || nameless(key) || r.in&inLists == 0 || p.changes[key] != nil {
			continue
		}
		moved := func(e *entry) int64 { return e.views[byList].updated - e.requested }
		i, _ := slices.BinarySearchFunc(best, e, func(a, b *entry) int {
			return cmp.Or(cmp.Compare(moved(b), moved(a)), cmp.Compare(a.id, b.id))
		})
		if i < 2 {
			best = slices.Insert(best, i, e)[:min(2, len(best)+1)]
		}
	}
	ids := make([]string, len(best))
	for i, e := range best {
		ids[i] = e.id
	}
	return ids
}
