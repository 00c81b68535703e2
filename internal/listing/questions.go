package listing

import "slices"

// questions are what is asked beside a list whose rows dates do not help to find, and what came of that.
type questions struct {
	*walk
	undated
	main   *answer
	listed *rowSet // of the list, and of others that came to an end
	from   int64   // a start that brings more: without dates the server gives a window of its own; past: none
}

// list notes the rows of a list.
func (q *questions) list(a *answer, p paged) {
	for _, row := range a.rows {
		q.listed.add(row.Key)
	}
	if p.seen != nil && p.seen != q.listed {
		q.listed.merge(p.seen)
	}
}

// outside reports whether rows have come that are in none of the lists: these are cut. What is newer than all of them, and
// not older than a minute, has arrived since.
func (q *questions) outside() bool {
	seen := false
	for _, m := range q.known.in(q.wanted) { // the newest first
		listed := q.listed.has(m.key)
		if seen = seen || listed; !listed && m.at <= q.began() && (seen || m.at <= q.began()-minute) {
			return true
		}
	}
	return false
}

// follow reads another list to its end if it has rows that have not come before. That it is cut, and goes on
// without a way to the rest, shows that there are more.
func (q *questions) follow(b *answer) error {
	if b.err != nil {
		return nil
	}
	if !q.unlisted(b.response) && !(!q.ended && b.full && q.beside(b.response)) {
		if more, err := q.behind(b); err != nil || !more {
			return err
		}
	}
	if !b.full {
		if q.ended || !slices.Equal(b.slice.Statuses, q.main.slice.Statuses) { // else rows that the list does not have show that it is cut
			q.list(b, paged{})
		}
		return nil
	}
	p, err := q.pages(b.slice, b.response, pageOptions{twice: true})
	if err == nil && p.heeded && p.ending != Cut {
		q.list(b, p)
	} else {
		q.cutBy(errHidden)
	}
	return err
}

// behind reports whether a list that begins like the one that is known goes on behind its end.
func (q *questions) behind(b *answer) (bool, error) {
	if !b.full {
		return false, nil
	}
	if b.meta.Next != "" && (q.ended || q.main.meta.Next == "") {
		return true, nil // there is one way only to its end
	}
	if !q.ended && q.from == past {
		return false, nil
	}
	c, err := q.cursorAt(b.slice, b.response, q.listedIn(b)+1)
	if err == nil && c == nil && q.allArrived(b.response) {
		q.cutBy(errHidden)
	}
	if err != nil || c == nil {
		return false, err
	}
	s, _ := c.slice()
	r, err := q.page(s, false)
	if err == nil && r.vain() && q.listed.count%b.sent > 0 { // listed rows have to stand there
		r, err = q.pageAgain(s, false, 0)
	}
	if err == nil && r.fails() {
		q.cutBy(errHidden) // it fails for something there
	}
	return err == nil && (q.unlisted(r) || q.allArrived(r)), err
}

// listedIn is how many of the listed rows stand in another list: all of them, but in one with an end that is heeded.
func (q *questions) listedIn(b *answer) int {
	s := spanOf(b.slice.Start, b.slice.End)
	if s.hi == future || b.dated == 0 || b.newest > s.hi+slack {
		return q.listed.count
	}
	return len(q.known.in(s))
}

// beside reports whether all rows of an answer lie outside of the query's time, or have arrived since the listing began: they
// hide what is behind them.
func (q *questions) beside(r *response) bool {
	return len(r.rows) > 0 && !slices.ContainsFunc(r.rows, func(row Row) bool {
		return !row.after(q.began()) && (!row.dated() || q.wanted.has(row.At))
	})
}

// allArrived reports whether all rows of an answer have arrived since the listing began: they hide what is behind them.
func (q *questions) allArrived(r *response) bool {
	return len(r.rows) > 0 && !slices.ContainsFunc(r.rows, func(row Row) bool { return !row.after(q.began()) })
}

// unlisted reports whether an answer has rows of the query that are in none of the lists, and have not arrived since.
func (q *questions) unlisted(r *response) bool {
	return slices.ContainsFunc(r.rows, func(row Row) bool { return !row.after(q.began()) && q.fits(&row, false) && !q.listed.has(row.Key) })
}
