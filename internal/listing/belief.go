package listing

import (
	"cmp"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Belief is what a server was seen to do. It saves calls in later listings and never proves anything: each answer is
// controlled all the same, and what is contradicted is unlearned. One error teaches nothing.
type Belief struct {
	Paging   *Paging   `json:"paging,omitempty"`
	Caps     caps      `json:"caps,omitempty"`
	Bounds   *Bounds   `json:"bounds,omitempty"`
	Reach    *Reach    `json:"reach,omitempty"`
	Size     *Refusal  `json:"size,omitempty"`
	Quiet    *Quiet    `json:"quiet,omitempty"`
	Statuses *Evidence `json:"statuses,omitempty"` // a call without a status brings open and closed requests
	Plain    *Plain    `json:"plain,omitempty"`
}

// IsZero reports whether nothing is believed.
func (b Belief) IsZero() bool {
	return b.Paging == nil && b.Caps == nil && b.Bounds == nil && b.Reach == nil && b.Size == nil && b.Statuses == nil && b.Quiet == nil && b.Plain == nil
}

// OfServer returns what holds for other lists of the same server, too: not how far back this one goes, nor where it ends.
func (b *Belief) OfServer() Belief {
	other := *b
	other.Quiet, other.Plain = nil, nil
	return other
}

// Evidence says on what a belief rests.
type Evidence struct {
	Seen time.Time `json:"seen"` // when it was seen last
	How  string    `json:"how"`
}

// Paging is how the rest of a list is asked for.
type Paging struct {
	Evidence
	Style Style `json:"style"`
	First int   `json:"first"` // number of the first page
}

// Cap is the most rows that came at once under a size that was asked for.
type Cap struct {
	Evidence
	Size      int  `json:"size"` // 0: none was asked for
	Rows      int  `json:"rows"`
	Cut       bool `json:"cut,omitempty"` // there were more
	Different int  `json:"different"`     // the most different ones: some servers give rows several times
}

// Bounds is what start and end mean.
type Bounds struct {
	Evidence
	Swapped bool  `json:"swapped,omitempty"` // each means the other
	Start   int64 `json:"start,omitempty"`   // by how many seconds they are to be sent wider
	End     int64 `json:"end,omitempty"`
}

// Reach is how long a span may be for its answer to be taken for the whole of it.
type Reach struct {
	Evidence
	Far   int64 `json:"far,omitempty"`   // the longest span of which rows came in one answer, in seconds
	Limit int64 `json:"limit,omitempty"` // the longest span that is neither cut nor refused, in seconds; 0: not known
}

// Refusal is a parameter that is refused.
type Refusal struct {
	Evidence
}

// Quiet is that there is nothing older.
type Quiet struct {
	Evidence
	Before time.Time `json:"before"`
}

// Plain is that the pages of the list of all, without dates, have come to an end behind which no other question has brought
// anything.
type Plain struct {
	Evidence
	Rows int `json:"rows"` // of all its pages
}

// plainAge is for how long that is believed. A server whose pages end at a depth that the city has just reached is found
// out after that time.
const plainAge = 24 * time.Hour

// ends reports whether a list of so many rows comes to its end like the one that is known: it has no fewer rows, hardly
// more, and its last page is a short one. More rows that fill it would be those of pages that end at a depth.
func (p *Plain) ends(rows, page, last int, now time.Time) bool {
	return p != nil && now.Sub(p.Seen) < plainAge && rows >= p.Rows && rows <= p.Rows+page && (last < page || rows == p.Rows)
}

// Beliefs is a Belief that several listings share.
type Beliefs struct {
	mu sync.Mutex
	b  Belief
}

// Load returns what is believed.
func (s *Beliefs) Load() Belief {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b
}

// Store replaces it.
func (s *Beliefs) Store(b Belief) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b = b
}

// MarshalJSON writes what is believed.
func (s *Beliefs) MarshalJSON() ([]byte, error) { return json.Marshal(s.Load()) }

// UnmarshalJSON reads what MarshalJSON has written.
func (s *Beliefs) UnmarshalJSON(text []byte) error {
	var b Belief
	if err := json.Unmarshal(text, &b); err != nil {
		return err
	}
	s.Store(b)
	return nil
}

// caps has one for each size. Those that are believed only help to plan: a cap may have become lower, so that only an
// answer of the same listing shows which ones are cut.
type caps []Cap

// of returns the most rows that came at once under a size.
func (s caps) of(size int) Cap {
	for _, c := range s {
		if c.Size == size {
			return c
		}
	}
	return Cap{Size: size, Rows: minCap, Different: minCap}
}

// minCap is the least number of rows that is taken for a cap: an empty answer was not cut.
const minCap = 1

// noted returns the caps with how many rows an answer had.
func (s caps) noted(size, rows, different int, now time.Time) caps {
	old := s.of(size)
	if rows <= old.Rows && different <= old.Different {
		return s
	}
	out := slices.DeleteFunc(slices.Clone(s), func(c Cap) bool { return c.Size == size })
	return append(out, Cap{Evidence: Evidence{now, "that many rows came at once"}, Size: size, Rows: max(rows, old.Rows), Different: max(different, old.Different)})
}

// with returns the caps with those that a listing of so many rows has shown.
func (s caps) with(shown caps, rows int) caps {
	for _, c := range shown {
		s = s.noted(c.Size, c.Rows, c.Different, c.Seen)
	}
	s = slices.Clone(s)
	for i := range s {
		s[i].Cut = s[i].Cut || s[i].Rows < rows && shown.of(s[i].Size).Rows == s[i].Rows
	}
	return s
}

// far returns for how long a span an answer is taken for the whole.
func (b *Belief) far() int64 {
	if b.Reach == nil {
		return safeSpan
	}
	if b.Reach.Limit > 0 {
		return b.Reach.Limit
	}
	return max(safeSpan, b.Reach.Far)
}

// limit returns the longest span that is neither cut nor refused; 0: none is known to be.
func (b *Belief) limit() int64 {
	if b.Reach == nil {
		return 0
	}
	return b.Reach.Limit
}

func (b *Belief) limited() bool { return b.limit() > 0 }

// limits are the spans that are tried where longer ones are refused: for servers that answer for 90 or 30 days, a week,
// a day, an hour.
var limits = [...]int64{safeSpan, safeStart, 6 * day, 20 * hour, 50 * minute}

// outgrowth is by which part of its length a span without an end may have grown when its answer is judged: time passes. The
// limits leave more than that to those of servers.
const outgrowth = 100

// outgrown is how long a span may be for which one of a limit was asked.
func outgrown(limit int64) int64 { return limit + limit/outgrowth }

// shorter returns the next shorter one of the limits; false: there is none.
func shorter(length int64) (int64, bool) {
	for _, limit := range limits {
		if outgrown(limit) < length {
			return limit, true
		}
	}
	return 0, false
}

func (b *Belief) noteFar(length int64, now time.Time) {
	if b.Reach == nil || length > b.Reach.Far {
		b.Reach = &Reach{Evidence{now, "rows so far apart came in one answer"}, length, b.limit()}
	}
}

func (b *Belief) noteLimit(length int64, how string, now time.Time) {
	b.Reach = &Reach{Evidence{now, how}, 0, length}
}

func (b *Belief) paging() (Style, int) {
	if b.Paging == nil {
		return Auto, 0
	}
	return b.Paging.Style, b.Paging.First
}

// Most returns the most rows that came at once under a size.
func (s *Beliefs) Most(size int) int {
	b := s.Load()
	return b.Caps.of(size).Rows
}

// Paging returns how the rest of a list is asked for, and the number of the first page; Auto: it is not known.
func (s *Beliefs) Paging() (Style, int) {
	b := s.Load()
	return b.paging()
}

// Recall takes what an earlier process, or another machine, has found out, unless more is known.
func (s *Beliefs) Recall(b Belief) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Paging, s.b.Bounds = cmp.Or(s.b.Paging, b.Paging), cmp.Or(s.b.Bounds, b.Bounds)
	s.b.Reach, s.b.Size = cmp.Or(s.b.Reach, b.Reach), cmp.Or(s.b.Size, b.Size)
	s.b.Statuses, s.b.Quiet, s.b.Plain = cmp.Or(s.b.Statuses, b.Statuses), cmp.Or(s.b.Quiet, b.Quiet), cmp.Or(s.b.Plain, b.Plain)
	if s.b.Caps == nil {
		s.b.Caps = b.Caps
	}
}
