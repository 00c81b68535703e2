package listing

import "time"

// Exhaust lists a span of time with its further pages, but not in shorter spans. It returns how many new rows
// have come, and whether the list is known to be whole.
func (l *Lister) Exhaust(start, end time.Time) (fresh int, whole bool, err error) {
	e, err := l.exhaust(start, end)
	return e.fresh, e.paged, err
}

// exhaust asks for a span of time and then for its further pages, as far as there are any.
func (l *Lister) exhaust(start, end time.Time) (*extent, error) {
	e := &extent{}
	s := Span(start, end)
	l.newestAtStart, l.firstKey = time.Time{}, 0
	res, err := l.Fetch(s)
	if err != nil && l.is(err, Poisoned) && l.ctx.Err() == nil {
		if again := l.poison(e, s, err); again != errAgain {
			return e, again
		}
		if res, err = l.Fetch(s); res != nil {
			res.fresh += e.fresh
		}
	}
	if err != nil {
		return e, err
	}
	e.add(res)
	if l.isLast(res) {
		e.paged = true
		return e, nil
	}
	if res.falling || res.rising {
		if l.newestAtStart = l.began; res.falling && !res.rising || res.newest.After(l.newestAtStart) {
			l.newestAtStart = res.newest
		}
	}
	if res.Next != "" {
		return e, l.follow(e, &s, res)
	}
	style, first := l.paging()
	switch style {
	case Numbers:
		return e, l.pages(e, s, first+1)
	case Offset:
		return e, l.offsets(e, s, res.Rows)
	case None:
		return e, nil
	}
	return e, l.discover(e, s)
}

// isLast reports whether nothing can come behind an answer.
func (l *Lister) isLast(res *Response) bool {
	if res.Rows == 0 {
		return true
	}
	return l.IsLast != nil && l.IsLast(res)
}

// caughtUp reports whether a list that has the oldest first has been followed to what arrives meanwhile:
// where each call brings another newcomer it would have no end.
func (l *Lister) caughtUp(e *extent, res *Response) bool {
	if !e.uneven || !res.oldest.After(l.began) {
		e.tail = 0
		return false
	}
	e.tail++
	return res.Rows < e.firstRows || e.tail > 2
}

// follow goes from page to page by the addresses that the server gives.
func (l *Lister) follow(e *extent, s *Slice, res *Response) error {
	visited := map[string]bool{}
	idle := 0
	for res.Next != "" {
		if visited[res.Next] {
			break // in a circle
		}
		visited[res.Next] = true
		next := Span(s.Start, s.End)
		next.Next = res.Next
		var err error
		if res, err = l.Fetch(next); err != nil {
			if err == ErrStop || !l.is(err, Poisoned) || l.ctx.Err() != nil {
				return l.pageGap(&next, err)
			}
			e.lost = err // where the page behind it is, only this one could tell; maybe dates can
			return nil
		}
		if idle++; e.add(res) {
			idle = 0
		}
		if res.Rows == 0 || idle > maxIdle {
			break
		}
	}
	e.paged = true
	return nil
}

// maxIdle is after how many pages in a row without anything new a listing takes it that the server
// repeats itself. One is not enough: while a listing goes on new requests push the others down, and a
// page may then hold what the one before held.
const maxIdle = 2

// pages asks for page n and those behind it.
func (l *Lister) pages(e *extent, s Slice, n int) error {
	s.Page = n
	return l.pinned(e, s, func(q *Slice) { q.Page-- }, l.pagesOn)
}

func (l *Lister) pagesOn(e *extent, s Slice) error {
	idle, given, full := 0, 0, true
	for ; ; s.Page++ {
		if full { // behind a short page there is hardly another
			l.prefetch.startFrom(s, func(q *Slice) { q.Page++ })
		}
		res, err := l.Fetch(s)
		if err != nil {
			if l.is(err, NotFound) {
				break
			}
			if err := l.badPage(e, s, given, err); err != nil {
				return err
			}
			if idle++; idle > maxIdle {
				return nil
			}
			continue
		}
		if idle++; e.add(res) {
			idle = 0
		}
		full, given = res.Rows >= e.firstRows, max(given, res.Rows)
		if l.isLast(res) || l.caughtUp(e, res) || idle >= maxIdle || res.Total > res.Rows && e.fresh >= res.Total {
			break
		}
	}
	e.paged = true
	return nil
}

// offsets asks for what lies behind the first skip rows.
func (l *Lister) offsets(e *extent, s Slice, skip int) error {
	s.Offset = skip
	if e.firstRows > 0 || s.Size == 0 {
		s.Size = l.first(e)
	}
	return l.pinned(e, s, func(q *Slice) { q.Offset = max(0, q.Offset-q.Size) }, l.offsetsOn)
}

func (l *Lister) offsetsOn(e *extent, s Slice) error {
	idle, given, full := 0, 0, true
	for {
		if full {
			l.prefetch.startFrom(s, func(q *Slice) { q.Offset += q.Size })
		}
		res, err := l.Fetch(s)
		if err != nil {
			if l.is(err, NotFound) {
				break
			}
			if err := l.badPage(e, s, given, err); err != nil {
				return err
			}
			s.Offset += s.Size
			if idle++; idle > maxIdle {
				return nil
			}
			continue
		}
		if idle++; e.add(res) {
			idle = 0
		}
		full, given = res.Rows >= s.Size, max(given, res.Rows)
		if l.isLast(res) || l.caughtUp(e, res) || idle >= maxIdle {
			break
		}
		if res.fresh > res.arrived {
			s.Offset += res.fresh // a row that came twice takes no place in the list
		} else {
			s.Offset += res.Rows
		}
	}
	e.paged = true
	return nil
}

// first returns how many rows the first list of a span had.
func (l *Lister) first(e *extent) int { return max(1, e.firstRows) }
