package listing

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// page returns an answer with the rows of some keys.
func page(keys ...uint64) *response {
	r := &response{sent: len(keys)}
	for _, key := range keys {
		r.rows = append(r.rows, Row{Key: key, At: Undated})
	}
	return r
}

// unpaged is a call for a list without a page.
var unpaged = Slice{Page: NotSent, Offset: NotSent, Codes: []string{"A"}}

// TestCursorSlice asks for the page behind the first answer, which had three rows.
func TestCursorSlice(t *testing.T) {
	linked := page(1, 2, 3)
	linked.meta.Next = "/more"
	for name, test := range map[string]struct {
		style Style
		first int
		r     *response
		want  Slice
		ok    bool
	}{
		"numbers from 1": {Numbers, 1, page(1, 2, 3), Slice{Page: 2, Offset: NotSent, Codes: unpaged.Codes}, true},
		"numbers from 0": {Numbers, 0, page(1, 2, 3), Slice{Page: 1, Offset: NotSent, Codes: unpaged.Codes}, true},
		"offsets":        {Offsets, 0, page(1, 2, 3), Slice{Page: NotSent, Offset: 3, Codes: unpaged.Codes}, true},
		"a link":         {Links, 0, linked, Slice{Page: NotSent, Offset: NotSent, Next: "/more", Codes: unpaged.Codes}, true},
		"no link":        {Links, 0, page(1, 2, 3), unpaged, false},
		"no pages":       {NoPages, 0, page(1, 2, 3), unpaged, false},
		"not known":      {Auto, 0, page(1, 2, 3), unpaged, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := newCursor(test.style, test.first, unpaged, test.r, 0, newRowSet()).slice()
			if diff := cmp.Diff(test.want, got); diff != "" || ok != test.ok {
				t.Errorf("%t\n%s", ok, diff)
			}
		})
	}
}

// TestCursorSize counts pages by what the server gives, if that is less than it was asked for.
func TestCursorSize(t *testing.T) {
	for name, test := range map[string]struct {
		size int
		r    *response
		want int
	}{
		"not asked":        {0, page(1, 2, 3), 0},
		"as many as asked": {3, page(1, 2, 3), 3},
		"fewer":            {500, page(1, 2, 3), 3},
		"none":             {500, page(), 500},
	} {
		t.Run(name, func(t *testing.T) {
			base := unpaged
			base.Size = test.size
			if got := newCursor(Numbers, 1, base, test.r, 0, newRowSet()).base.Size; got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestCursorOffset counts rows of which nothing is known, and not those that say nothing or come twice.
func TestCursorOffset(t *testing.T) {
	for name, test := range map[string]struct {
		meta Meta
		sent int
		want int
	}{
		"plain":           {Meta{}, 3, 3},
		"one is unread":   {Meta{Skipped: 1}, 4, 4},
		"one is null":     {Meta{Null: 1}, 4, 3},
		"one comes twice": {Meta{}, 4, 3},
	} {
		t.Run(name, func(t *testing.T) {
			r := page(1, 2, 3)
			r.meta, r.sent = test.meta, test.sent
			if s, _ := newCursor(Offsets, 0, unpaged, r, 0, newRowSet()).slice(); s.Offset != test.want {
				t.Errorf("got %d, want %d", s.Offset, test.want)
			}
		})
	}
}

// TestCursorFollowing plans pages as long as the first.
func TestCursorFollowing(t *testing.T) {
	for name, test := range map[string]struct {
		style Style
		want  [][2]int // pages and offsets
	}{
		"numbers": {Numbers, [][2]int{{2, NotSent}, {3, NotSent}, {4, NotSent}}},
		"offsets": {Offsets, [][2]int{{NotSent, 3}, {NotSent, 6}, {NotSent, 9}}},
		"links":   {Links, nil},
		"none":    {NoPages, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got [][2]int
			for _, s := range newCursor(test.style, 1, unpaged, page(1, 2, 3), 0, newRowSet()).following(3) {
				got = append(got, [2]int{s.Page, s.Offset})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCursorAdd counts what is new to the list, and sees when pages overlap for another reason than new requests.
func TestCursorAdd(t *testing.T) {
	for name, test := range map[string]struct {
		next  *response
		fresh int
		mess  bool
	}{
		"all are new":              {page(7, 8, 9, 10, 11, 12), 6, false},
		"none is":                  {page(1, 2, 3, 4, 5, 6), 0, false},
		"the end came again first": {page(4, 5, 6, 7, 8, 9), 3, false},
		"two behind new ones":      {page(7, 8, 9, 10, 1, 2), 4, false},
		"three behind new ones":    {page(7, 8, 9, 1, 2, 3), 3, true},
		"two new before others":    {page(7, 8, 1, 2, 3, 4), 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCursor(Numbers, 1, unpaged, page(1, 2, 3, 4, 5, 6), 0, newRowSet())
			if fresh := c.add(test.next); fresh != test.fresh || c.mess != test.mess {
				t.Errorf("%d new, mess %t, want %d, %t", fresh, c.mess, test.fresh, test.mess)
			}
		})
	}
}

// TestCursorArrivals takes no rows for new that have arrived since the listing began.
func TestCursorArrivals(t *testing.T) {
	c := newCursor(Numbers, 1, unpaged, &response{rows: at(30, 20)}, 40, newRowSet())
	arrived := &response{rows: at(0, 0, 50, 35)}
	if c.other(arrived) {
		t.Error("one of two old rows is new: not most of them")
	}
	if fresh := c.add(arrived); fresh != 1 {
		t.Errorf("%d new, want the one of 35", fresh)
	}
}

// TestCursorBack stands where it stood, but for an answer that failed: that was no step.
func TestCursorBack(t *testing.T) {
	for _, style := range []Style{Numbers, Offsets, Links} {
		first, second := page(1, 2, 3), page(4, 5)
		first.meta.Next, second.meta.Next = "/2", "/3"
		c := newCursor(style, 1, unpaged, first, 0, newRowSet())
		before, _ := c.slice()
		second.slice = before
		c.add(second)
		c.back(&response{err: errLost})
		if after, _ := c.slice(); cmp.Equal(before, after) {
			t.Errorf("style %d: a step back for an answer that failed", style)
		}
		c.back(second)
		if after, _ := c.slice(); !cmp.Equal(before, after) {
			t.Errorf("style %d: not where it was\n%s", style, cmp.Diff(before, after))
		}
	}
}

// TestCursorSkip steps over a page that could not be had.
func TestCursorSkip(t *testing.T) {
	for style, want := range map[Style][2]int{Numbers: {3, NotSent}, Offsets: {NotSent, 6}} {
		c := newCursor(style, 1, unpaged, page(1, 2, 3), 0, newRowSet())
		c.skip(3)
		if s, _ := c.slice(); [2]int{s.Page, s.Offset} != want {
			t.Errorf("style %d: page %d, offset %d, want %v", style, s.Page, s.Offset, want)
		}
	}
}

// TestEnding says what a page without anything new means.
func TestEnding(t *testing.T) {
	for name, test := range map[string]struct {
		r    *response
		want Ending
	}{
		"an empty page":   {page(), Exhausted},
		"no such page":    {&response{err: errLost, fault: NotFound}, Exhausted},
		"a failure":       {&response{err: errLost}, Cut},
		"a refusal":       {&response{err: errLost, fault: Refused}, Cut},
		"rows come again": {page(1, 2), Repeats},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ending(test.r)
			if got != test.want || (err != nil) != (got == Cut) || err != nil && !errors.Is(err, errLost) {
				t.Errorf("got %d, %v, want %d", got, err, test.want)
			}
		})
	}
}

// TestCursorOther tells another page from the same list again.
func TestCursorOther(t *testing.T) {
	for name, test := range map[string]struct {
		r    *response
		want bool
	}{
		"the same":       {page(1, 2, 3, 4), false},
		"another":        {page(5, 6, 7, 8), true},
		"half of each":   {page(3, 4, 5, 6), false},
		"most are other": {page(4, 5, 6, 7), true},
		"nothing":        {page(), false},
		"a failure":      {&response{err: errLost}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newCursor(Numbers, 1, unpaged, page(1, 2, 3, 4), 0, newRowSet()).other(test.r); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
