package open311

import "time"

// steadily lists the page p and those behind it with on. back turns a piece into the one before it.
//
// Pages that are read ahead may be answered in any order. When a request arrives between the answers to
// two neighbours, and the later page was answered first, a request slips from one to the other unseen. So
// such a list gets an end, behind which new requests do not matter, and begins one page before p, which
// is known. A last look at the first page tells whether something has arrived in spite of it; then
// the pages are listed once more, one after the other.
func (l *lister) steadily(e *extent, p piece, back func(*piece), on func(*extent, piece) error) error {
	closed := !p.end.IsZero() && p.end.Before(l.began) && !e.newest.After(p.end.Add(time.Second))
	if l.ahead == nil || closed {
		return on(e, p)
	}
	if p.end.IsZero() || p.end.After(e.newest) {
		pinned, err := l.pin(e, p, back)
		if err != nil {
			return err
		}
		if !pinned.IsZero() {
			p.end = pinned
		}
	}
	if err := on(e, p); err != nil || !e.paged {
		return err
	}
	top := span(p.start, p.end)
	res, err := l.fetch(&top)
	if err != nil {
		return l.pageGap(&top, err)
	}
	if e.add(res); res.fresh == 0 {
		return nil
	}
	ahead := l.ahead
	defer func() { l.ahead = ahead }()
	l.ahead, l.idle = nil, -e.calls
	again := &extent{}
	again.add(res)
	return on(again, p)
}

// pin returns an end for the list whose page p comes next; zero if the server does not take it well.
func (l *lister) pin(e *extent, p piece, back func(*piece)) (time.Time, error) {
	if d := &l.c.cfg.dialect; e.newest.IsZero() || e.uneven || d.Windows.Off || !d.sends("end_date") {
		return time.Time{}, nil
	}
	p.end = e.newest.Truncate(time.Second).Add(time.Second)
	back(&p)
	res, err := l.fetch(&p)
	switch {
	case err == errStop, err != nil && l.ctx.Err() != nil:
		return time.Time{}, err
	case err != nil:
		return time.Time{}, nil
	}
	if e.add(res); !res.known {
		return time.Time{}, nil
	}
	return p.end, nil
}
