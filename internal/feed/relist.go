package feed

import (
	"cmp"
	"slices"
	"time"
)

// relist reads lists again that bring what is due, where that takes fewer calls than to ask for each of them. It
// returns the ids that are left. What it brings of others that are not known is none of its business: it may have been
// forgotten.
func (p *Pass) relist(ids []string) ([]string, error) {
	if p.head.Most == 0 || len(ids)/p.perCall() <= listCalls {
		return ids, nil
	}
	for _, list := range []func([]string) (Ask, bool){p.openAsk, p.dateAsk} {
		ask, ok := list(ids)
		if !ok {
			continue
		}
		answer, err := p.t.lists.Requested(p.ctx, ask, func(s Sighting) bool {
			if p.t.store.known[s.Key] != nil {
				return p.see(&s, inOther)
			}
			p.report.Rows++
			return true
		})
		answer.Gaps = nil // what it has not brought is asked for by id
		p.note("again", answer)
		if err != nil && !p.refused(err) {
			return nil, err
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return p.rows[id].in != 0 })
	}
	return ids, nil
}

// openAsk is for the list of all open records, where the server heeds the state.
func (p *Pass) openAsk(ids []string) (Ask, bool) {
	if !p.head.HeedsOpen {
		return Ask{}, false
	}
	due, open := 0, 0
	for _, id := range ids {
		if e := p.t.store.known[id]; e != nil && !e.flags.has(flagClosed|flagUnlisted) {
			due++
		}
	}
	for e := range p.t.store.all() {
		if !e.flags.has(flagClosed) {
			open++
		}
	}
	return Ask{State: OpenOnly, Strict: true}, open/p.head.Most+listCalls < due/p.perCall()
}

// dateAsk is for the list of those days that brings as many of the ids as makes up for its calls.
func (p *Pass) dateAsk(ids []string) (Ask, bool) {
	if p.head.PerDay == 0 {
		return Ask{}, false
	}
	var due []int64
	for _, id := range ids {
		if e := p.t.store.known[id]; e != nil && e.requested > 0 && !e.flags.has(flagUnlisted) && p.within(e) {
			due = append(due, e.requested)
		}
	}
	slices.SortFunc(due, func(a, b int64) int { return cmp.Compare(b, a) })
	best, from := 0, int64(0)
	for i, requested := range due {
		days := p.clock().Sub(unixTime(requested)) / (24 * time.Hour)
		calls := int(days+1)*p.head.PerDay/p.head.Most + listCalls
		if saved := (i+1)/p.perCall() - calls; saved > best {
			best, from = saved, requested
		}
	}
	return Ask{From: unixTime(from - 1), Strict: true}, best > 0
}
