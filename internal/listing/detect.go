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
	c := newCursor(Auto, 0, base, first, w.began)
	if !w.told.NoPage {
		number, err := w.detectNumbers(c, first, wide)
		if err != nil || number >= 0 {
			return Numbers, number, err
		}
	}
	if !w.told.NoOffset {
		s := c.base
		s.Offset = first.sent
		r, err := w.page(s, wide)
		if err != nil {
			return NoPages, 0, err
		}
		if c.other(r) && len(r.rows) > 0 || r.err == nil && r.sent == 0 {
			return Offsets, 0, nil
		}
	}
	return NoPages, 0, nil
}

// detectNumbers compares page 2, and page 1, with the list that came without a page. It returns the number of the first
// page; -1 if there are no numbers.
func (w *walk) detectNumbers(c *cursor, first *response, wide bool) (int, error) {
	ask := func(n int) (*response, error) {
		s := c.base
		s.Page = n
		return w.page(s, wide)
	}
	two, err := ask(pageTwo)
	if err != nil {
		return -1, err
	}
	if two.err == nil && two.sent > 0 && !c.other(two) || two.fault&Refused != 0 {
		return -1, nil // the same list again
	}
	one, err := ask(pageOne)
	if err != nil {
		return -1, err
	}
	if same(one, two) && len(one.rows) > 0 { // perhaps the answer to the other call
		s := c.base
		s.Page = pageOne
		if one, err = w.pageAgain(s, wide); err != nil {
			return -1, err
		}
	}
	switch {
	case one.err != nil || one.sent == 0:
		return -1, nil
	case c.other(one):
		return pageOne - 1, nil
	case c.other(two) && len(two.rows) > 0, two.err == nil && two.sent == 0, two.fault&NotFound != 0:
		return pageOne, nil
	}
	return -1, nil
}

// same reports whether two answers begin with the same row and have as many.
func same(a, b *response) bool {
	return a.err == nil && b.err == nil && len(a.rows) == len(b.rows) && len(a.rows) > 0 && a.rows[0].Key == b.rows[0].Key
}
