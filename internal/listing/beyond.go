package listing

import (
	"fmt"
	"slices"
)

// What is asked for by one date where dates do not help to find the rows of a list: it may show what the list does not have.

// heedless reports whether the server was seen to heed neither date: an hour in the middle of its first page brings the same
// page again, with what is older and what is newer.
func (q *questions) heedless() (bool, error) {
	const around = hour
	middle := q.main.oldest + (q.main.newest-q.main.oldest)/2
	if q.main.newest-middle <= slack+around {
		return false, nil // bounds may be coarse
	}
	hour := span{middle - around, middle + around}
	b, err := q.ask(q.slice(hour), everything, nothing, true)
	return err == nil && b.err == nil && b.echoes == 0 && b.print() == q.main.print(), err
}

// beyond asks for all by a start, for what is older by an end, and for what is newer by a start where the newest do not
// come first: a server may heed one of the dates, and give a window of its own without.
func (q *questions) beyond() error {
	if heedless, err := q.heedless(); err != nil || heedless {
		return err
	}
	whole := span{q.clock() - longAgo, future}
	b, err := q.bounded(whole)
	refused := err == nil && b.fault&Refused != 0
	if refused { // only because it is long, perhaps
		whole.lo = q.clock() - safeSpan
		b, err = q.bounded(whole)
	}
	longest := whole.lo
	if err == nil {
		b, whole, err = q.heededStart(b, whole)
	}
	if err != nil {
		return err
	}
	before := q.listed.count
	if slices.ContainsFunc(b.rows, func(r Row) bool { return !r.after(q.began()) && !q.listed.has(r.Key) }) {
		q.from = whole.lo
	}
	if err := q.follow(b); err != nil {
		return err
	}
	if q.listed.count > before {
		q.from = whole.lo
	}
	if whole.lo > longest {
		if err := q.back(whole, b); err != nil {
			return err
		}
	}
	oldest, ok := q.known.oldest()
	if !ok {
		if b, err = q.bounded(span{past, q.clock() + day}); err != nil {
			return err
		}
		return q.follow(b)
	}
	if b, err = q.bounded(span{past, oldest}); err != nil {
		return err
	}
	if err := q.followOther(b); err != nil {
		return err
	}
	now, _ := q.known.oldest()
	window := !q.ended || q.from != past // what came without dates may be all that the server likes to show
	unseen := refused && window && b.err == nil && now > q.clock()-longSpan && q.wanted.has(whole.lo)
	if unseen || now < oldest && q.wanted.has(now) {
		q.cutBy(errDefault)
	}
	return q.newer()
}

// newer asks for what is newer by a start, where the newest do not come first.
func (q *questions) newer() error {
	newest, _ := q.known.newest()
	if q.newestFirst() || newest >= q.began() {
		return nil
	}
	b, err := q.bounded(span{newest, future})
	if err != nil {
		return err
	}
	if b.err == nil && b.full && b.oldest >= newest-slack && b.given > b.arrived {
		q.cutBy(errHidden)
	}
	return q.followOther(b)
}

// heededStart asks for all by a start in other ways if an answer to it has none of the rows that are known: a server may
// answer for a part of a long span, or take start for end.
func (q *questions) heededStart(b *answer, s span) (*answer, span, error) {
	oldest, ok := q.known.oldest()
	has := func(b *answer) bool {
		return b.err != nil || slices.ContainsFunc(b.rows, func(r Row) bool { return r.had&came != 0 })
	}
	if !ok || has(b) {
		return b, s, nil
	}
	old := q.bounds
	for _, swap := range []bool{false, true} {
		short := span{oldest - safeStart, future}
		if swap {
			short = s
			q.bounds.swap()
		}
		c, err := q.bounded(short)
		if err != nil || c.err == nil && has(c) {
			return c, short, err
		}
	}
	q.bounds = old
	return b, s, nil
}

// back goes on from a start that has brought known requests, where one of long ago brought none: by starts that are older by
// as much as a server answers for at once, until none brings anything for as long as that is silence.
func (q *questions) back(s span, b *answer) error {
	step := safeStart
	for {
		oldest, _ := q.known.oldest()
		if b.dated > 0 && b.newest-s.lo > safeStart+slack {
			step = safeSpan
		}
		silent := oldest - s.lo
		if silent >= q.quiet() || s.lo <= q.wanted.lo {
			return nil
		}
		if s.lo -= step; silent < safeStart {
			s.lo = oldest - safeStart
		}
		var err error
		if b, err = q.bounded(s); err != nil {
			return err
		}
		if b.err != nil {
			q.cutBy(errDefault)
			return nil
		}
		if err := q.follow(b); err != nil {
			return err
		}
	}
}

// newestFirst reports whether the list was seen to begin with the newest of its rows.
func (q *questions) newestFirst() bool {
	return q.order == falling || q.main.order == falling && q.main.pairs >= minPairs && !q.main.rival
}

// followOther follows a list that is another one than that of all: where the server does not heed the date, it is the same, and does
// not go on where that ends.
func (q *questions) followOther(b *answer) error {
	if q.ended && same(q.main.response, b.response) && (b.meta.Next == "" || q.main.meta.Next != "") {
		return nil
	}
	return q.follow(b)
}

// bounded asks for the list with one of the dates. If the server fails for it, and not for dates altogether, it fails for
// something that the list does not show.
func (q *questions) bounded(s span) (*answer, error) {
	b, err := q.ask(q.slice(s), everything, s, false)
	if err != nil {
		return nil, err
	}
	if b.fails() && q.any(func(r *response) bool { return r.err == nil && r.byDate() }) {
		q.cutBy(fmt.Errorf("the server fails for the list of all requests if it is asked for by date: %w", b.err))
	}
	return b, nil
}
