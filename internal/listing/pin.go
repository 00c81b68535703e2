package listing

import "time"

// pinned lists the page s and those behind it with on. back turns a slice into the one before it.
//
// Pages that are read ahead may be answered in any order. When a request arrives between the answers to
// two neighbours, and the later page was answered first, a request slips from one to the other unseen. So
// such a list gets an end, behind which new requests do not matter, and begins one page before s, which
// is known. A last look at the first page tells whether something has arrived in spite of it; then
// the pages are listed once more, one after the other.
func (l *Lister) pinned(e *extent, s Slice, back func(*Slice), on func(*extent, Slice) error) error {
	closed := !s.End.IsZero() && s.End.Before(l.began) && !e.newest.After(s.End.Add(time.Second))
	if l.prefetch == nil || closed {
		return on(e, s)
	}
	if s.End.IsZero() || s.End.After(e.newest) {
		pinned, err := l.pin(e, s, back)
		if err != nil {
			return err
		}
		if !pinned.IsZero() {
			s.End = pinned
		}
	}
	if err := on(e, s); err != nil || !e.paged {
		return err
	}
	top := Span(s.Start, s.End)
	res, err := l.Fetch(top)
	if err != nil {
		return l.pageGap(&top, err)
	}
	if e.add(res); res.fresh == 0 {
		return nil
	}
	ahead := l.prefetch
	defer func() { l.prefetch = ahead }()
	l.prefetch, l.idle = nil, -e.calls
	again := &extent{}
	again.add(res)
	return on(again, s)
}

// pin returns an end for the list whose page s comes next; zero if the server does not take it well.
func (l *Lister) pin(e *extent, s Slice, back func(*Slice)) (time.Time, error) {
	if e.newest.IsZero() || e.uneven || l.traits.NoDates || !l.traits.End {
		return time.Time{}, nil
	}
	s.End = e.newest.Truncate(time.Second).Add(time.Second)
	back(&s)
	res, err := l.Fetch(s)
	switch {
	case err == ErrStop, err != nil && l.ctx.Err() != nil:
		return time.Time{}, err
	case err != nil:
		return time.Time{}, nil
	}
	if e.add(res); !res.known {
		return time.Time{}, nil
	}
	return s.End, nil
}
