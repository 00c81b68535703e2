package listing

import "sync"

// Detected is what has been found out about how a server cuts lists. It may be shared by listings.
type Detected struct {
	mu    sync.Mutex
	style Style
	first int
	// longSpans: a list has been seen that spans more than the specification's 90 days.
	longSpans bool
}

// Paging returns how the server pages; Auto if that is not known.
func (d *Detected) Paging() (style Style, first int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.style, d.first
}

// Learn notes how the server pages.
func (d *Detected) Learn(style Style, first int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.style, d.first = style, first
}

func (d *Detected) spansFar() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.longSpans
}

func (d *Detected) sawFar() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.longSpans = true
}

// paging returns how pages are counted: as the traits say, or as it was found out.
func (l *Lister) paging() (style Style, first int) {
	if l.traits.Style != Auto {
		return l.traits.Style, l.traits.First
	}
	return l.detected.Paging()
}

// discover finds out how the server pages, with the pages of the span that e begins.
//
// Page 1 is asked for first. If it is what came without a page number, pages are counted from 1, or
// not at all, which page 2 tells. If it is something else, they are counted from 0. A server that
// refuses the parameter has answered the question.
func (l *Lister) discover(e *extent, s Slice) error {
	if l.traits.Page {
		s.Page = 1
		res, err := l.Fetch(s)
		switch {
		case err != nil && !l.is(err, NotFound):
			if !l.is(err, Refused) || l.ctx.Err() != nil {
				return l.pageGap(&s, err)
			}
			if l.is(err, Poisoned) {
				e.lost = err // or does it fail for what it does not know?
			}
		case err != nil || res.Rows == 0:
			l.detected.Learn(Numbers, 0) // page 1 is behind the end: there is but page 0
			e.paged = true
			return nil
		case !res.hasFirst: // it is the second page
			l.detected.Learn(Numbers, 0)
			e.add(res)
			return l.pages(e, s, 2)
		default:
			e.add(res)
			s.Page = 2
			res, err := l.Fetch(s)
			if l.is(err, Poisoned) && l.ctx.Err() == nil {
				res, err = l.Fetch(s) // a bad record, or was it unwell?
			}
			switch {
			case l.is(err, Poisoned) && l.ctx.Err() == nil: // page 1 it did take
				l.detected.Learn(Numbers, 1)
				return l.pages(e, s, 2)
			case err != nil && !l.is(err, NotFound):
				if !l.is(err, Refused) || l.ctx.Err() != nil {
					return l.pageGap(&s, err)
				}
			case err != nil || res.Rows == 0:
				l.detected.Learn(Numbers, 1)
				e.paged = true
				return nil
			case !res.hasFirst:
				l.detected.Learn(Numbers, 1)
				e.add(res)
				return l.pages(e, s, 3)
			default:
				e.add(res)
			}
		}
		s.Page = -1
	}
	if l.traits.Offset {
		if done, err := l.tryOffset(e, s); done || err != nil {
			return err
		}
	}
	l.detected.Learn(None, 0)
	return nil
}

// tryOffset finds out whether the server knows offset and limit.
func (l *Lister) tryOffset(e *extent, s Slice) (done bool, err error) {
	skip := l.first(e)
	s.Offset, s.Size = skip, skip
	res, err := l.Fetch(s)
	switch {
	case err != nil && l.is(err, NotFound):
		return false, nil // an unknown path for an unknown parameter, maybe; dates will tell
	case err != nil:
		if !l.is(err, Refused) || l.ctx.Err() != nil {
			return true, l.pageGap(&s, err)
		}
		return false, nil
	case res.Rows == 0:
		// Nothing behind the first list. It is as good as known that offset works.
		l.detected.Learn(Offset, 0)
		e.paged = true
		return true, nil
	case !res.hasFirst:
		l.detected.Learn(Offset, 0)
		e.add(res)
		return true, l.offsets(e, s, skip+res.Rows)
	}
	e.add(res)
	return false, nil
}
