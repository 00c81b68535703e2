package listing

// pageOptions is how carefully pages are read.
type pageOptions struct {
	twice bool // the page that ends them is asked for again: nothing else can show what it hides
	wide  bool // the list has more than the query asks for
	holes bool // one bad page is passed over, and noted
}

// paged is what the pages of a list have brought.
type paged struct {
	ending Ending
	err    error // for Cut
	rows   int   // of all pages
	heeded bool  // the server heeds the parameters
	hole   error // a page that could not be had and was passed over
	span   span  // of the times of all rows
}

// pages reads the rest of a list whose first answer is there. Its end proves nothing.
func (w *walk) pages(base Slice, first *response, o pageOptions) (paged, error) {
	style, number := w.style(first)
	for _, told := range []bool{style != Auto, false} {
		if !told {
			var err error
			if style, number, err = w.detect(base, first, o.wide); err != nil || style == NoPages {
				return paged{ending: Repeats}, err
			}
		}
		c := newCursor(style, number, base, first, w.began)
		if told && w.belief.Paging == nil && style != Links {
			if ok, err := w.begins(c, first, o.wide); err != nil || !ok { // what is told may be wrong here
				if err != nil {
					return paged{ending: Repeats}, err
				}
				continue
			}
		}
		p, err := w.turn(c, first, o)
		if err != nil || p.heeded || !told && style != Auto {
			return p, err
		}
		w.belief.Paging = nil // it is not heeded here
	}
	return paged{ending: Repeats}, nil
}

// style returns how pages are asked for, as far as that is known.
func (w *walk) style(first *response) (Style, int) {
	if first.meta.Next != "" {
		return Links, 0
	}
	if style, number := w.belief.paging(); style != Auto {
		return style, number
	}
	if w.told.Style == Numbers && w.told.NoPage || w.told.Style == Offsets && w.told.NoOffset {
		return Auto, 0
	}
	if w.told.Style == NoPages {
		return Auto, 0
	}
	return w.told.Style, w.told.First
}

// turn reads page by page to the end.
func (w *walk) turn(c *cursor, first *response, o pageOptions) (paged, error) {
	p := paged{rows: first.sent, span: span{future, past}}
	p.widen(first)
	holes := 0
	for n := 0; ; n++ {
		s, ok := c.slice()
		if !ok {
			p.heeded = true
			return p, nil
		}
		r, err := w.page(s, o.wide)
		fresh := 0
		if err == nil && r.err == nil {
			fresh = c.add(r)
		}
		if err == nil && fresh == 0 && o.twice && w.times(&s) < maxTimes {
			if r, err = w.pageAgain(s, o.wide); err == nil && r.err == nil {
				fresh = c.add(r)
			}
		}
		switch {
		case err != nil:
			return p, err
		case c.mess && !w.off(offMess):
			p.ending, p.err, p.heeded = Cut, errOverlap, true
			return p, nil
		case fresh > 0:
			p.rows += r.sent
			p.widen(r)
			w.look(r, everything, nothing)
			p.heeded, holes = true, 0
			w.learnPaging(c)
			continue
		case r.err != nil && r.fault&(NotFound|Refused) == 0 && o.holes && c.style != Links && holes == 0:
			p.hole = r.err
			holes++
			c.skip(first.sent)
			continue
		}
		p.ending, p.err = ending(r)
		if holes > 0 && p.ending == Cut {
			p.ending = Exhausted // nothing behind it either
		}
		if p.ending == Exhausted && !p.heeded {
			p.heeded, err = w.begins(c, first, o.wide)
		}
		return p, err
	}
}

// widen notes the times of the rows of a page.
func (p *paged) widen(r *response) {
	for _, row := range r.rows {
		if t, ok := seconds(row.At); ok {
			p.span.lo, p.span.hi = min(p.span.lo, t), max(p.span.hi, t)
		}
	}
}

// begins reports whether the first page, asked for by its number, is the list that came without one: an end is none if
// the server does not take the parameter at all.
func (w *walk) begins(c *cursor, first *response, wide bool) (bool, error) {
	s := c.base
	switch c.style {
	case Numbers:
		s.Page = c.first
	case Offsets:
		s.Offset = 0
	default:
		return true, nil
	}
	r, err := w.page(s, wide)
	return err == nil && r.err == nil && len(r.rows) > 0 && len(first.rows) > 0 && !c.other(r), err
}

func (w *walk) learnPaging(c *cursor) {
	if style, _ := w.belief.paging(); style == c.style || c.style == Links {
		return
	}
	w.belief.Paging = &Paging{Evidence{w.now(), "a page brought other rows than the one before it"}, c.style, c.first}
}
