package listing

// Numbers by which pages are asked for while it is found out how they are counted.
const (
	pageOne = 1
	pageTwo = 2
)

// detect finds out how the pages of a list are asked for, of which the first answer is there.
func (w *walk) detect(base Slice, first *response, wide bool) (Style, int, error) {
	if w.off(offPages) || first.sent == 0 {
		return NoPages, 0, nil
	}
	c := newCursor(Auto, 0, base, first, first.since(w.began()), newRowSet())
	if !w.told.NoPage {
		number, seen, err := w.detectNumbers(c, wide)
		if seen {
			w.learnPaging(Numbers, number)
		}
		if err != nil || number >= 0 {
			return Numbers, number, err
		}
	}
	if !w.told.NoOffset {
		s := c.base
		s.Offset = first.sent
		r, other, err := w.compare(c, s, wide)
		if deep := w.depth(c); err == nil && !other && deep > s.Offset && (r.fails() || r.sent > 0 && w.arrived() > 0) {
			s.Offset = deep
			r, other, err = w.compare(c, s, wide)
		}
		if err == nil && r.fault&NotFound != 0 && c.step > minCap { // a fault, perhaps
			if r, err = w.pageAgain(s, wide, 0); err == nil {
				other = c.other(r)
			}
		}
		if err != nil {
			return NoPages, 0, err
		}
		if other && len(r.rows) > 0 {
			w.learnPaging(Offsets, 0)
			return Offsets, 0, nil
		}
		if r.err == nil && r.sent == 0 {
			return Offsets, 0, nil
		}
	}
	return NoPages, 0, nil
}

// compare makes a call for a page, and says whether that has mostly rows that are not in the list. Where it has a few of
// them, rows have moved on since the list came: that and the page are asked for again.
func (w *walk) compare(c *cursor, s Slice, wide bool) (r *response, other bool, err error) {
	r, err = w.page(s, wide)
	if err != nil || r.err != nil || c.other(r) || !c.older(r) {
		return r, err == nil && c.other(r), err
	}
	first, err := w.pageAgain(c.base, wide, 0)
	if err != nil {
		return r, false, err
	}
	if first.err == nil && first.sent > 0 {
		*c = *newCursor(Auto, 0, c.base, first, w.clock(), newRowSet())
	}
	r, err = w.pageAgain(s, wide, 0)
	return r, err == nil && c.other(r), err
}

// detectNumbers compares page 2, and page 1, with the list that came without a page. It returns the number of the first
// page; -1 if there are no numbers. seen says that a page with other rows has come.
func (w *walk) detectNumbers(c *cursor, wide bool) (number int, seen bool, err error) {
	second, first := c.base, c.base
	second.Page, first.Page = pageTwo, pageOne
	two, further, err := w.compare(c, second, wide)
	if deep := pageOne + w.depth(c)/c.step; err == nil && two.err == nil && two.sent > 0 && !further && deep > second.Page && w.arrived() > 0 {
		second.Page = deep
		two, further, err = w.compare(c, second, wide)
	}
	if err != nil {
		return -1, false, err
	}
	if two.err == nil && two.sent > 0 && !further || two.fault&Refused != 0 {
		if two.err == nil && two.arrived > 0 { // it begins with these now
			*c = *newCursor(Auto, 0, c.base, two, w.clock(), newRowSet())
		}
		return -1, false, nil // the same list again
	}
	one, other, err := w.compare(c, first, wide)
	if err == nil && (same(one, two) && len(one.rows) > 0 || further && one.vain()) { // perhaps the answer to another call, or a fault
		if one, err = w.pageAgain(first, wide, 0); err == nil {
			other = c.other(one)
		}
	}
	if err == nil && one.err == nil && !other && two.vain() && (w.rows > c.step || c.step > fewRows) { // a fault, perhaps
		if two, err = w.pageAgain(second, wide, 0); err == nil {
			further = c.other(two)
		}
	}
	switch {
	case err != nil:
		return -1, false, err
	case further && len(two.rows) > 0 && one.fails(): // the first one has come without a number
		return pageOne - 1, true, nil
	case one.err != nil || one.sent == 0:
		return -1, false, nil
	case other:
		return pageOne - 1, true, nil
	case further && len(two.rows) > 0:
		return pageOne, true, nil
	case two.err == nil && two.sent == 0, two.fault&NotFound != 0, two.fails(): // for something in it
		return pageOne, false, nil
	}
	return -1, false, nil
}

// depth is the offset of the last page of the list of all, by which it is found out how pages are asked for if the second one shows
// nothing: requests that have arrived may fill that, or the server may fail for what is in it.
func (w *walk) depth(c *cursor) int {
	if !c.base.Start.IsZero() || !c.base.End.IsZero() || c.step <= minCap {
		return 0
	}
	return w.rows + w.arrived() - c.step/2
}

// same reports whether two answers begin with the same row and have as many.
func same(a, b *response) bool {
	return a.err == nil && b.err == nil && len(a.rows) == len(b.rows) && len(a.rows) > 0 && a.rows[0].Key == b.rows[0].Key
}

// style returns how pages are asked for, as far as that is known. Who has once given a link does so wherever a list goes on.
func (w *walk) style() (Style, int) {
	if w.any(func(r *response) bool { return r.meta.Next != "" }) {
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

func (w *walk) learnPaging(style Style, first int) {
	if known, _ := w.belief.paging(); known == style || style == Links {
		return
	}
	w.belief.Paging = &Paging{Evidence{w.now(), "a page brought other rows than the one before it"}, style, first}
}

// cursorAt returns a cursor that stands before the page of a list with its last rows; nil: there are no pages.
func (w *walk) cursorAt(base Slice, r *response, rows int) (*cursor, error) {
	style, first := w.style()
	if style == Auto || w.belief.Paging == nil {
		var err error
		if style, first, err = w.detect(r.slice, r, false); err != nil {
			return nil, err
		}
	}
	if style != Numbers && style != Offsets || r.sent == 0 {
		return nil, nil
	}
	c := newCursor(style, first, base, r, w.began(), newRowSet())
	skip := max(0, rows-1) / r.sent
	c.page, c.pos = first+skip, skip*r.sent
	return c, nil
}
