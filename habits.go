package open311

import "sync"

// habits is what has been found out about how the server cuts lists.
type habits struct {
	mu    sync.Mutex
	style PagingStyle
	first int
	// longSpans: a list has been seen that spans more than the specification's 90 days.
	longSpans bool
}

func (h *habits) paging() (style PagingStyle, first int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.style, h.first
}

func (h *habits) learn(style PagingStyle, first int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.style, h.first = style, first
}

func (h *habits) spansFar() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.longSpans
}

func (h *habits) sawFar() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.longSpans = true
}

// discover finds out how the server pages, with the pages of the span that e begins.
//
// Page 1 is asked for first. If it is what came without a page number, pages are counted from 1, or
// not at all, which page 2 tells. If it is something else, they are counted from 0. A server that
// refuses the parameter has answered the question.
func (l *lister) discover(e *extent, p piece) error {
	habits := &l.c.learned.habits
	if l.c.accepts("page") {
		p.page = 1
		res, err := l.fetch(&p)
		switch {
		case err != nil && !ended(err):
			if !refusal(err) || l.ctx.Err() != nil {
				return l.pageGap(&p, err)
			}
			if poisoned(err) {
				e.lost = err // or does it fail for what it does not know?
			}
		case err != nil || res.rows == 0:
			habits.learn(PagingNumbers, 0) // page 1 is behind the end: there is but page 0
			e.paged = true
			return nil
		case !res.head: // it is the second page
			habits.learn(PagingNumbers, 0)
			e.add(res)
			return l.pages(e, p, 2)
		default:
			e.add(res)
			p.page = 2
			res, err := l.fetch(&p)
			if poisoned(err) && l.ctx.Err() == nil {
				res, err = l.fetch(&p) // a bad record, or was it unwell?
			}
			switch {
			case poisoned(err) && l.ctx.Err() == nil: // page 1 it did take
				habits.learn(PagingNumbers, 1)
				return l.pages(e, p, 2)
			case err != nil && !ended(err):
				if !refusal(err) || l.ctx.Err() != nil {
					return l.pageGap(&p, err)
				}
			case err != nil || res.rows == 0:
				habits.learn(PagingNumbers, 1)
				e.paged = true
				return nil
			case !res.head:
				habits.learn(PagingNumbers, 1)
				e.add(res)
				return l.pages(e, p, 3)
			default:
				e.add(res)
			}
		}
		p.page = -1
	}
	if l.c.accepts("offset") {
		if done, err := l.tryOffset(e, p); done || err != nil {
			return err
		}
	}
	habits.learn(PagingNone, 0)
	return nil
}

// tryOffset finds out whether the server knows offset and limit.
func (l *lister) tryOffset(e *extent, p piece) (done bool, err error) {
	skip := l.first(e)
	p.offset, p.size = skip, skip
	res, err := l.fetch(&p)
	switch {
	case err != nil && ended(err):
		return false, nil // an unknown path for an unknown parameter, maybe; dates will tell
	case err != nil:
		if !refusal(err) || l.ctx.Err() != nil {
			return true, l.pageGap(&p, err)
		}
		return false, nil
	case res.rows == 0:
		// Nothing behind the first list. It is as good as known that offset works.
		l.c.learned.habits.learn(PagingOffset, 0)
		e.paged = true
		return true, nil
	case !res.head:
		l.c.learned.habits.learn(PagingOffset, 0)
		e.add(res)
		return true, l.offsets(e, p, skip+res.rows)
	}
	e.add(res)
	return false, nil
}
