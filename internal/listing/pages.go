package listing

import "errors"

// pageOptions is how carefully pages are read.
type pageOptions struct {
	twice bool    // the page that ends them is asked for again: nothing else can show what it hides
	wide  bool    // the list has more than the query asks for
	holes bool    // one bad page is passed over, and noted
	rows  *rowSet // where the rows of the list are noted; nil: in a set of its own
	known *Plain  // what is believed of the same list; nil: nothing
}

// paged is what the pages of a list have brought.
type paged struct {
	ending Ending
	err    error   // for Cut
	rows   int     // of all pages
	heeded bool    // the server heeds the parameters
	hole   error   // a page that could not be had and was passed over
	span   span    // of the times of all rows
	seen   *rowSet // all rows; nil: none but those of the first answer
	last   int     // of the last page that had any
	end    Slice   // the page that ended them
	known  bool    // the list has come to the end that was known
	second int64   // of the page before, if all of its rows were of one,
	same   int     // and how many pages were of that, or had no times
}

// maxSame is how many pages in a row may have requests of one second only, or without a date: more than any city has.
const maxSame = 5_000

var errEndless = errors.New("5,000 pages in a row had requests of one second, or without a date: the list is not read on, since it seems to have no end; ask for a shorter span, or for less")

// pages reads the rest of a list whose first answer is there. Its end proves nothing.
func (w *walk) pages(base Slice, first *response, o pageOptions) (paged, error) {
	style, number := w.style()
	broken := paged{ending: Repeats} // what the links say of the list: they say that it goes on
	for _, told := range []bool{style != Auto, false} {
		if !told {
			var err error
			if style, number, err = w.detect(base, first, o.wide); err != nil || style == NoPages {
				return broken, err
			}
		}
		rows := o.rows
		if rows == nil {
			rows = newRowSet()
		}
		c := newCursor(style, number, base, first, w.began(), rows)
		if told && w.belief.Paging == nil && style != Links {
			if ok, err := w.begins(c, first, o.wide); err != nil || !ok { // what is told may be wrong here
				if err != nil {
					return paged{ending: Repeats}, err
				}
				continue
			}
		}
		p, err := w.turn(c, first, o)
		if err == nil && c.ahead && p.ending != Cut {
			err = w.unmoved(c, first, &p, o)
		}
		if err != nil || p.heeded || !told && style != Auto {
			return p, err
		}
		if c.style == Links {
			broken.ending, broken.err = p.ending, p.err
		}
		w.belief.Paging = nil // it is not heeded here
	}
	return paged{ending: Repeats}, nil
}

// turn reads page by page to the end.
func (w *walk) turn(c *cursor, first *response, o pageOptions) (paged, error) {
	p := paged{rows: first.sent, span: span{future, past}, seen: c.rows, last: first.sent}
	p.widen(first)
	for holes, before := 0, w.moved(c, first); ; {
		s, ok := c.slice()
		if !ok {
			p.heeded = true
			p.known = o.known.ends(p.rows, first.sent, p.last, w.now())
			return p, nil
		}
		w.pagesAhead(c, p.heeded)
		r, fresh, err := w.leaf(c, s, o.wide, before)
		if err == nil && fresh == 0 && c.style == Links && w.movedOn(c, r) {
			continue
		}
		if err == nil && fresh == 0 {
			p.known = r.err == nil && r.sent == 0 && holes == 0 && o.known.ends(p.rows, first.sent, p.last, w.now())
			p.end = s
			if o.twice && !p.known && !c.ahead && w.times(&s) < maxTimes {
				c.back(r)
				r, fresh, err = w.leafAgain(c, s, o.wide)
			}
		}
		switch {
		case err != nil:
			return p, err
		case c.mess && !w.off(offMess):
			w.seen.takeBack(r) // nobody looks at it
			p.ending, p.err, p.heeded = Cut, errOverlap, true
			return p, nil
		case fresh > 0:
			p.rows += r.sent
			p.last = r.sent
			if !p.widen(r) {
				return p, errEndless
			}
			a := w.look(r, everything, nothing)
			c.sorted = c.sorted && a.order != mixed
			p.heeded, holes = true, 0
			w.learnPaging(c.style, c.first)
			before = r.number
			continue
		case w.failingPage(r) != nil && o.holes && c.style != Links && holes == 0:
			p.hole = w.failingPage(r)
			holes++
			c.back(r)
			c.skip(first.sent)
			continue
		}
		p.ending, p.err = c.ending(r)
		if holes > 0 && p.ending == Cut {
			p.ending = Exhausted // nothing behind it either
		}
		if p.ending == Exhausted && !p.heeded {
			p.heeded, err = w.begins(c, first, o.wide)
		}
		return p, err
	}
}

// failingPage returns why a page could not be had, or, if nothing on it is new, why it could not be had before: it may have been the
// answer to another call. nil: it is no page that fails.
func (w *walk) failingPage(r *response) error {
	if before := w.failedBefore(&r.slice); r.err == nil && r.sent > 0 && before != nil && before.fails() {
		return before.err
	}
	if r.fails() {
		return r.err
	}
	return nil
}

// movedOn reports whether nothing on a page may be new to its list because rows have arrived meanwhile: it has what these have
// pushed on from the pages before it. So do as many pages as they fill, and two more.
func (w *walk) movedOn(c *cursor, r *response) bool {
	arrived, read := w.arrived(), (c.page-c.first)*c.step
	return r.err == nil && r.meta.Next != "" && arrived > 0 && read <= arrived+(1+maxTail)*c.step
}

// errMoved is why pages that were read in any order are no help.
var errMoved = errors.New("requests have arrived while pages of the list were read ahead: some may have moved on from one page to another that had been read; list without reading ahead")

// moved returns the number of the call for the first page by its number, if that is known and was not the list without one:
// rows have moved on since then.
func (w *walk) moved(c *cursor, first *response) int {
	s := c.base
	s.Page = c.first
	if r := w.last(&s); c.style == Numbers && w.ahead == nil && r != nil && r.print() != first.print() {
		return r.number
	}
	return 0
}

// leaf takes the page before which a cursor stands, and says how many of its rows are new to the list. before is the number
// of the call for the page before it: what is older is asked for again, since rows may have moved on from that page to this.
func (w *walk) leaf(c *cursor, s Slice, wide bool, before int) (*response, int, error) {
	r := w.last(&s)
	if r == nil || r.number < before && w.times(&s) < maxTimes && c.style != Links {
		return w.leafAgain(c, s, wide)
	}
	return r, w.gain(c, r), nil
}

// leafAgain does the same with a call of its own.
func (w *walk) leafAgain(c *cursor, s Slice, wide bool) (*response, int, error) {
	note := inWalk
	if c.rows.rows == &w.seen {
		note |= c.rows.as
	}
	r, err := w.pageAgain(s, wide, note)
	if err != nil {
		return nil, 0, err
	}
	return r, w.gain(c, r), nil
}

// gain goes on behind a page, and returns how many of its rows are new. One without any is not looked at any further.
func (w *walk) gain(c *cursor, r *response) int {
	fresh := 0
	if r.err == nil {
		fresh = c.add(r)
	}
	if fresh == 0 {
		w.seen.takeBack(r)
	}
	return fresh
}

// widen notes the times of the rows of a page, and reports whether the list still may have an end.
func (p *paged) widen(r *response) bool {
	p.same++
	for i := range r.rows {
		if row := &r.rows[i]; row.dated() {
			p.span.lo, p.span.hi = min(p.span.lo, row.At), max(p.span.hi, row.At)
			if row.At != p.second {
				p.second, p.same = row.At, 0
			}
		}
	}
	return p.same < maxSame
}

// unmoved looks whether the beginning of a list is what it was before its pages were read in any order. If it is not, they
// are read once more one by one.
func (w *walk) unmoved(c *cursor, first *response, p *paged, o pageOptions) error {
	w.ahead.want(nil, 0)
	r, err := w.pageAgain(first.slice, o.wide, 0)
	if err == nil && r.err == nil && r.number != first.number && r.print() == first.print() {
		if !o.twice || p.known {
			return nil
		}
		if r, err = w.pageAgain(p.end, o.wide, 0); err == nil && (r.err != nil || !c.older(r)) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	again, last := newCursor(c.style, c.first, c.base, first, c.began, c.rows), first.print()
	for {
		s, _ := again.slice()
		if w.times(&s) >= maxTimes { // what it was then shows nothing
			p.ending, p.err = Cut, errMoved
			return nil
		}
		if r, err = w.pageAgain(s, o.wide, 0); err != nil {
			return err
		}
		fresh := 0
		if r.err == nil {
			fresh = again.add(r)
		}
		if fresh > 0 {
			p.rows += fresh
			if !p.widen(r) {
				return errEndless
			}
			w.look(r, everything, nothing)
		} else if r.err != nil || r.sent == 0 || r.print() == last { // what has moved on may stand behind the end of then
			if p.ending, p.err = ending(r); p.ending != Cut {
				p.ending = Exhausted
			}
			return nil
		}
		last = r.print()
	}
}
