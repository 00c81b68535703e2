package listing

import (
	"errors"
	"fmt"
	"slices"
)

// Ending is how the pages of a list have come to an end. None of them proves that there is no more.
type Ending uint8

// The endings.
const (
	Exhausted Ending = iota // an empty page, or none
	Repeats                 // a page of rows that have come before
	Cut                     // the server failed, or its pages overlap
)

// cursor goes over the pages of a list, however they are asked for.
type cursor struct {
	style Style
	base  Slice
	first int     // the number of the first page
	page  int     // the number of the next page
	pos   int     // rows before it
	next  string  // its address
	step  int     // rows of the first page
	rows  *rowSet // of the list
	began int64   // rows that are newer have arrived meanwhile, and say nothing
	mess  bool    // pages overlap: the list has no stable order
	// Whether pages can be, and have been, read in another order than their own.
	sorted bool // its rows rise or fall by time, so that those that arrive stand at one end
	ahead  bool
}

// errLoop is why pages are no help whose links lead back.
var errLoop = errors.New("the links of the list lead to a page that has come before, and say that it goes on")

// errOverlap is why pages are no help that are cut out of a list anew each time in another order.
var errOverlap = errors.New("the pages of the list overlap: it is sorted anew for each, and what falls between them is not seen")

// newCursor begins behind the first answer to base. rows is where it notes those of the list.
func newCursor(style Style, firstPage int, base Slice, first *response, began int64, rows *rowSet) *cursor {
	if base.Size > len(first.rows) && first.sent > 0 {
		base.Size = first.different() // the server gives fewer than it was asked for: it must not count by that
	}
	o := read(first.rows)
	c := &cursor{style: style, step: first.sent, began: began, base: base, first: firstPage, page: firstPage, rows: rows,
		sorted: o.pairs >= minPairs && (o.order == falling || o.order == rising)}
	c.add(first)
	return c
}

// slice returns the call for the next page; false: there is none.
func (c *cursor) slice() (Slice, bool) {
	s := c.base
	switch c.style {
	case Numbers:
		s.Page = c.page
	case Offsets:
		s.Offset = c.pos
	case Links:
		s.Next = c.next
		return s, c.next != ""
	default:
		return s, false
	}
	return s, true
}

// following returns the calls for the next page and those behind it, n in all, if they are as long as the first.
func (c *cursor) following(n int) []Slice {
	var out []Slice
	page := c.base
	for i := range n {
		switch c.style {
		case Numbers:
			page.Page = c.page + i
		case Offsets:
			page.Offset = c.pos + i*c.step
		default:
			return nil
		}
		out = append(out, page)
	}
	return out
}

// add goes on behind an answer, and returns how many of its rows are new to the list.
func (c *cursor) add(r *response) int {
	fresh, again := 0, 0
	for i := range r.rows {
		row := &r.rows[i]
		switch {
		case c.rows.addOf(r, row):
			if !row.after(c.began) {
				fresh++
			}
		case fresh > 0:
			again++ // behind a new one: not rows that have moved on because others have arrived
		}
	}
	r.noted &^= c.rows.as
	c.mess = c.mess || fresh > maxStrays && again > maxStrays
	c.page++
	c.pos += r.length()
	c.next = r.meta.Next
	return fresh
}

// back stands before an answer again.
func (c *cursor) back(r *response) {
	if r.err == nil {
		c.page--
		c.pos -= r.length()
		c.next = r.slice.Next
	}
}

// length is how far an answer takes the offset: what says nothing, or comes twice, may not count. Rows come again then,
// rather than not at all.
func (r *response) length() int { return len(r.rows) + r.meta.Skipped }

// skip goes on behind a page that could not be had.
func (c *cursor) skip(rows int) {
	c.page++
	c.pos += rows
}

// maxStrays is how many rows of a page may have come before without the list being in a mess: some change meanwhile.
const maxStrays = 2

// maxTail is how many pages at the end of a list are looked at.
const maxTail = 2

// ending says what a page without anything new means.
func ending(r *response) (Ending, error) {
	switch {
	case r.fault&NotFound != 0, r.err == nil && r.sent == 0:
		return Exhausted, nil
	case r.err != nil:
		return Cut, fmt.Errorf("a page of the list could not be had: %w", r.err)
	}
	return Repeats, nil
}

// ending is the same for a page of the list. One that links say goes on, and that is full, is not its last one.
func (c *cursor) ending(r *response) (Ending, error) {
	end, err := ending(r)
	if end == Repeats && c.style == Links && r.meta.Next != "" && r.sent >= c.step {
		return Cut, errLoop
	}
	return end, err
}

// older reports whether an answer has a row that is not among those of the list so far, and has not arrived meanwhile.
func (c *cursor) older(r *response) bool {
	return slices.ContainsFunc(r.rows, func(row Row) bool { return !row.after(c.began) && !c.rows.has(row.Key) })
}

// other reports whether an answer has mostly rows that are not among those of the list so far.
func (c *cursor) other(r *response) bool {
	fresh, rows := 0, 0
	for i := range r.rows {
		row := &r.rows[i]
		if row.after(c.began) {
			continue
		}
		rows++
		if !c.rows.has(row.Key) {
			fresh++
		}
	}
	return r.err == nil && 2*fresh > rows
}
