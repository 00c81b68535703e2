package open311

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-open311/open311/internal/listing"
)

// read makes the calls of a poll. What came before an error counts. The error is a *TruncatedError if
// all lists came, with gaps.
func (p *poll) read() error {
	f := p.f
	if len(f.q.IDs) > 0 {
		err := p.follow(f.q.IDs)
		p.head.Stocked = err == nil
		return cmp.Or(err, p.truncated())
	}
	age := p.now.Sub(p.head.Audited) // below 0 after our clock was put back
	audit := !p.head.Stocked || p.head.Mode == "" || age < 0 || age >= p.auditEvery()
	mode := p.head.Mode
	if audit {
		var err error
		if mode, err = p.probe(); err != nil {
			return err
		}
		f.singly = false
	}
	if audit || mode != modeUpdated {
		if err := p.window(audit); err != nil {
			return err
		}
	}
	if mode != modeWindow {
		var err error
		if mode, err = p.updateMode(mode, audit); err != nil {
			return err
		}
	}
	p.head.Mode = mode
	if err := p.follow(p.due()); err != nil {
		return err
	}
	err := p.truncated()
	if audit && err == nil {
		p.head.Audited = p.now.UTC().Truncate(time.Second)
	}
	return err
}

// updateMode reads what was updated, and says whether to do so again.
func (p *poll) updateMode(mode feedMode, audit bool) (feedMode, error) {
	gaps := len(p.gaps)
	whole, err := p.updates(audit)
	switch {
	case err != nil:
		return "", err
	case !whole && p.byDate == nil:
		return modeWindow, p.window(audit)
	case !whole:
		return modeWindow, nil
	case len(p.gaps) > gaps:
		return modeBoth, nil
	case p.cut && p.byDate == nil:
		return modeBoth, p.window(audit)
	case p.cut:
		return modeBoth, nil
	case audit:
		return p.proven(), nil
	}
	return mode, nil
}

func (p *poll) auditEvery() time.Duration {
	if f := p.f.follow(); f > 0 {
		return f
	}
	return defaultFollow
}

// truncated closes the lists of a poll: it returns what is missing in them. A gap keeps the feed where it
// is, so that it is asked for again, but not longer than the overlap: a server that cannot show one of its
// records would hold it up for ever.
func (p *poll) truncated() error {
	if len(p.gaps) == 0 {
		p.head.Stuck = time.Time{}
		return nil
	}
	old := p.f.s.head
	if p.head.Stuck.IsZero() {
		p.head.Stuck = p.now.UTC().Truncate(time.Second)
	}
	if p.now.Sub(p.head.Stuck) < p.f.opts.Overlap {
		p.head.Stocked, p.head.Requested, p.head.Updated = old.Stocked, old.Requested, old.Updated
	} else {
		p.head.Stuck = time.Time{}
	}
	return &TruncatedError{p.gaps}
}

// lister returns a listing whose rows come here. Short answers are taken for whole ones unless whole is
// set: they have at most half as many rows as the server is known to give at once, or fewer than ten.
func (p *poll) lister(q *Query, whole bool, row func(*ServiceRequest)) *lister {
	l := newLister(p.ctx, p.f.c, q)
	l.Most = p.head.Most
	l.keep.statuses = nil // a request that leaves a state has to be seen to leave it
	l.give = func(r *ServiceRequest) bool { row(r); return true }
	l.turn = func(res *beside, err error) bool {
		p.heard(res.header)
		p.alive = p.alive || err == nil
		return true
	}
	l.IsLast = func(res *listing.Response) bool {
		short := max(9, p.head.Most/2)
		if size := l.q.PageSize; size > 0 {
			short = min(short, size/2)
		}
		p.head.Most = max(p.head.Most, res.Rows)
		return !whole && res.Next == "" && res.Rows <= short && res.Total <= res.Rows
	}
	return l
}

// probe finds out whether the server looks at updated_after: of a year from now it must know nothing.
func (p *poll) probe() (feedMode, error) {
	if !p.f.c.cfg.dialect.sends("updated_after") {
		return modeWindow, nil
	}
	q := p.f.q
	if len(q.Statuses) > 1 {
		q.Statuses = q.Statuses[:1] // they are there for a call each
	}
	q.UpdatedAfter = p.now.AddDate(1, 0, 0)
	q.PageSize = 1
	if p.f.q.PageSize == 0 && p.f.c.cfg.pageSize == 0 {
		q.PageSize = 0
	}
	l := newLister(p.ctx, p.f.c, &q)
	rows := 0
	l.give = func(*ServiceRequest) bool { rows++; return true }
	l.keep = filter{}
	err := l.ask(&q)
	if err == nil {
		var res *listing.Response
		if res, err = l.Fetch(listing.Span(noTime, noTime)); res != nil {
			p.heard(l.beside.header)
			rows = max(rows, res.Rows)
		}
	}
	switch {
	case rows > 0:
		return modeWindow, nil
	case err == nil, ended(err): // 404 is what some servers have for an empty list
		return modeBoth, nil
	case refusal(err) && p.ctx.Err() == nil:
		if p.head.Mode == modeUpdated && poisoned(err) {
			return modeBoth, nil // it did work; the server may be in trouble
		}
		return modeWindow, nil
	}
	return "", err
}

// window reads the requests that are as new as the newest known one, or by the overlap older.
func (p *poll) window(audit bool) error {
	q := p.f.q
	p.windowed, p.byDate = false, map[string]dated{}
	switch {
	case !p.head.Stocked:
		from := p.head.Since
		if from.IsZero() {
			from = p.clock()
		}
		if p.head.Horizon.IsZero() {
			p.head.Horizon = from.Add(-stockDepth).UTC().Truncate(time.Second)
		}
		p.from = p.head.Horizon
	case p.head.Requested.IsZero():
		p.from = p.head.Horizon // nothing has ever been seen
	default:
		p.from = p.head.Requested.Add(-p.f.back(audit))
	}
	if q.Start.Before(p.from) {
		q.Start = p.from
	}
	if !q.End.IsZero() && q.End.Before(q.Start) {
		p.windowed = true // there can be nothing new
		return nil
	}
	if q.Start.Year() < 1990 {
		q.Start = time.Time{} // all there is: the listing finds out where that begins
	}
	var newest int64
	var updated int64
	l := p.lister(&q, audit || p.now.Sub(q.Start) > stockDepth-10*24*time.Hour, func(r *ServiceRequest) {
		newest, updated = max(newest, unix(r.RequestedDatetime)), max(updated, unix(r.UpdatedDatetime))
		p.noteDate(r)
		p.row(r, false, false)
	})
	err := l.run()
	var te *TruncatedError
	switch {
	case errors.As(err, &te):
		p.gaps = append(p.gaps, te.Gaps...)
	case err != nil && p.f.c.cfg.dialect.NotFoundIsEmpty && errors.Is(err, ErrNotFound):
	case err != nil:
		return err
	}
	p.windowed = err == nil
	p.head.Stocked = true
	p.head.Requested = p.forward(p.head.Requested, newest)
	if p.head.Mode == modeWindow || p.head.Mode == "" {
		p.head.Updated = p.forward(p.head.Updated, max(newest, updated))
	}
	return nil
}

// dated is a row of the list by requested_datetime.
type dated struct {
	stamp int64 // the later one of its dates
	fresh bool  // nothing has happened to it since it was filed
}

func (p *poll) noteDate(r *ServiceRequest) {
	requested, updated := unix(r.RequestedDatetime), unix(r.UpdatedDatetime)
	key := identity(r)
	isNew := p.f.s.head.Stocked && p.f.s.known[key] == nil
	p.byDate[key] = dated{max(requested, updated), isNew || updated-requested < 3600}
}

// updates reads what has changed since the newest change that is known, and before that by the overlap. It
// reports whether the server looks at updated_after.
func (p *poll) updates(audit bool) (bool, error) {
	q := p.f.q
	after := p.f.s.head.Updated
	if after.IsZero() {
		after = p.head.Updated
	}
	if after.IsZero() {
		after = p.head.Horizon
	}
	after = after.Add(-p.f.back(audit))
	q.UpdatedAfter, p.after = after, after
	p.byUpdate = map[string]bool{}
	queries := []Query{q}
	if p.f.c.cfg.dialect.oneValue("service_code") {
		queries = eachCode(queries)
	}
	if p.f.c.cfg.dialect.oneValue("status") {
		queries = eachStatus(queries)
	}
	var newest int64
	honoured := true
	for i := range queries {
		l := p.lister(&queries[i], audit, func(r *ServiceRequest) {
			stamp := max(unix(r.UpdatedDatetime), unix(r.RequestedDatetime))
			if stamp != 0 && stamp < after.Add(-zoneSlack).Unix() {
				honoured = false
				return
			}
			newest = max(newest, stamp)
			p.byUpdate[identity(r)] = true
			p.row(r, false, false)
		})
		if err := l.ask(&queries[i]); err != nil {
			return false, err
		}
		fresh, whole, err := l.Exhaust(noTime, noTime)
		l.Stop()
		switch {
		case !honoured, err != nil && p.ctx.Err() == nil && refusal(err) && !poisoned(err) && !ended(err):
			return false, nil
		case err == listing.ErrGap, len(l.Gaps) > 0:
			p.gaps = append(p.gaps, l.gaps()...)
		case err != nil && poisoned(err) && p.ctx.Err() == nil:
			p.gaps = append(p.gaps, Gap{Query: "updated_after", Err: err})
		case err != nil && !ended(err):
			return false, err
		case err == nil && !whole && fresh >= p.head.Most && l.LooksCut(fresh):
			p.cut = true // perhaps, and there are no pages
		}
	}
	p.head.Updated = p.forward(p.head.Updated, newest)
	return true, nil
}

// back returns how far behind what is known a list begins: by the overlap, and in an audit at least by as
// much as a quiet city needs to have something to show.
func (f *Feed) back(audit bool) time.Duration {
	if audit {
		return max(f.opts.Overlap, auditDepth)
	}
	return f.opts.Overlap
}

// proven says what to make of updated_after after an audit, which has read both lists, the one by
// requested_datetime first: does the other one hold all that it should hold of it? It must hold new requests,
// too: some servers give those only that have been updated since they were filed.
func (p *poll) proven() feedMode {
	proof := false
	for key, row := range p.byDate {
		if row.stamp <= p.after.Unix()+1 {
			continue
		}
		if !p.byUpdate[key] {
			return modeBoth
		}
		proof = proof || row.fresh
	}
	if proof {
		return modeUpdated
	}
	return modeBoth
}

// due returns the ids to ask for: of requests that a list should have brought and did not, that were
// missing the last time, and that have not been looked at for long: open ones, and closed ones as long as
// they are remembered.
func (p *poll) due() []string {
	follow := p.f.follow()
	if follow == 0 || p.f.opts.Follow < 0 {
		return nil
	}
	var ids []string
	from := p.from.Add(time.Hour).Unix()
	for key, e := range p.f.s.known {
		if p.listed[key] || !e.named() || p.pending[key] != nil {
			continue
		}
		h := newHash()
		h.text(key)
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

// within reports whether the window's query could have brought e.
func (p *poll) within(e *entry) bool {
	q := &p.f.q
	return (q.Start.IsZero() || e.requested > q.Start.Unix()) && (q.End.IsZero() || e.requested < q.End.Unix())
}

// believes reports whether an error says that there is no such request. A page with 404 is also what servers
// answer to everything while they are being worked on: it counts only if another call has been answered.
func (p *poll) believes(err error) bool {
	var ae *APIError
	return p.alive || len(p.f.q.IDs) > 0 || !errors.As(err, &ae) || len(ae.Faults) > 0
}

// follow asks for requests by their ids, several at a time if the server bears it.
func (p *poll) follow(ids []string) error {
	failures := 0
	for chunk := range slices.Chunk(ids, idChunk) {
		missing := chunk
		if !p.f.singly && len(chunk) > 1 && !p.f.c.cfg.dialect.oneValue("service_request_id") {
			l := newLister(p.ctx, p.f.c, &Query{Extensions: p.f.q.Extensions, Params: p.f.q.Params})
			l.give = func(r *ServiceRequest) bool { p.row(r, false, true); return true }
			found, err := l.idList(chunk)
			if err != nil && (p.ctx.Err() != nil || !refusal(err)) {
				return err
			}
			missing = slices.DeleteFunc(slices.Clone(chunk), func(id string) bool { return found[id] })
		}
		extra := 0
		for _, id := range missing {
			r, err := getRequest(p.ctx, p.f.c, id)
			switch {
			case err == nil:
				p.alive = true
				r.ID = id
				p.row(r, true, true)
				extra++
				failures = 0
			case errors.Is(err, ErrNotFound):
				if p.believes(err) {
					p.absent(id)
				}
				failures = 0
			case p.ctx.Err() != nil || !refusal(err):
				return err
			default:
				p.gaps = append(p.gaps, Gap{Query: "service_request_id=" + p.f.c.hide.Text(id), Err: err})
				if failures++; failures > 2 {
					return nil // the rest has its turn in the next poll
				}
			}
		}
		// The list has left out what there is, for other reasons than one unknown id: it is no use.
		p.f.singly = p.f.singly || len(chunk) > 1 && extra > 0 && extra == len(missing)
	}
	return nil
}
