package feed

import "time"

// window reads the records that are as new as the newest known one, or by the overlap older. The first time
// that is the stock: what may change later.
func (p *Pass) window(audit bool) error {
	cfg := &p.t.cfg
	p.windowed, p.byDate = false, map[string]dated{}
	p.from = p.windowStart(audit)
	start := cfg.Start
	if start.Before(p.from) {
		start = p.from
	}
	if !cfg.End.IsZero() && cfg.End.Before(start) {
		p.windowed = true // there can be nothing new
		return nil
	}
	if start.Year() < 1990 {
		start = time.Time{} // all there is: the listing finds out where that begins
	}
	var newest, updated int64
	strict := audit || p.now.Sub(start) > stockDepth-10*24*time.Hour
	a, err := p.t.lists.Requested(p.ctx, start, strict, func(s Sighting) {
		newest, updated = max(newest, UnixSeconds(s.Requested)), max(updated, UnixSeconds(s.Updated))
		p.noteDate(&s)
		p.see(&s, false)
	})
	p.note(a)
	if err != nil {
		return err
	}
	p.windowed = a.Complete
	p.head.Stocked = true
	p.head.Requested = p.forward(p.head.Requested, newest)
	if p.head.Mode == modeWindow || p.head.Mode == "" {
		p.head.Updated = p.forward(p.head.Updated, max(newest, updated))
	}
	return nil
}

// windowStart returns from where on the list by time of request is read.
func (p *Pass) windowStart(audit bool) time.Time {
	switch {
	case !p.head.Stocked:
		from := p.head.Since
		if from.IsZero() {
			from = p.clock()
		}
		if p.head.Horizon.IsZero() {
			p.head.Horizon = from.Add(-stockDepth).UTC().Truncate(time.Second)
		}
		return p.head.Horizon
	case p.head.Requested.IsZero():
		return p.head.Horizon // nothing has ever been seen
	}
	return p.head.Requested.Add(-p.t.back(audit))
}
