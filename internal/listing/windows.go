package listing

// windows cuts what is open into spans that are worth a call. A span that was too long, because its list was cut in no
// order of time or because the server failed for it, is asked for in shorter ones until it works: bisecting and tiling
// are the same, and as spans work they grow again.
type windows struct {
	length int64 // the longest span to ask for; 0: as long as it likes
	steady bool  // they are read ahead, and stay as long as they are
	bad    span  // the shortest that the server has failed for
	failed int   // how many calls in a row have failed
}

// fill is which part of the cap a window of an unordered list is meant to fill: the rest is for days that are busier.
const fill = 2.0 / 3

// maxGrowth is by how much a window may be longer than the one before it.
const maxGrowth = 3.0

// emptyGrowth is the same after one that had nothing.
const emptyGrowth = 16.0

// pick returns the newest part of what is open, at most limit long.
func (w *windows) pick(open span, limit, now int64) span {
	if w.length > 0 && (limit == 0 || w.length < limit) {
		limit = w.length
	}
	top := open.top(now)
	if low := top - limit; limit > 0 && low > open.lo {
		open.lo = low
	}
	return open
}

// narrow shortens the windows after one that was too full to be seen whole; marks are the known rows of it, the newest
// first. false: it cannot be any shorter.
func (w *windows) narrow(s span, marks []mark, now int64) bool {
	top := s.top(now)
	length := top - s.lo
	if length <= 0 {
		return false
	}
	half := length / 2
	if s.lo == past {
		half = safeSpan
	}
	if n := len(marks); n > 0 {
		middle := top - marks[n/2].at
		switch {
		case marks[0].at == marks[n-1].at && middle <= 2*edge:
			return false
		case marks[0].at == marks[n-1].at: // all of one time: what is newer first
			half = middle - 2*edge // bounds are sent wider
		case middle >= 0 && middle < half:
			half = middle
		}
	}
	w.length, w.steady = max(half, 1), false
	return w.length < length
}

// halve shortens the windows after one that the server has failed for. false: it was as short as finest, and is not halved.
func (w *windows) halve(s span, finest, now int64) bool {
	w.failed++
	w.bad = s
	length := s.top(now) - s.lo
	if s.lo == past {
		length = defaultQuiet
	}
	if length <= finest {
		return false
	}
	w.length, w.steady = max(length/2, 1), false
	return true
}

// remains reports whether a span is all that is left of one that the server has failed for: what it failed for is there.
func (w *windows) remains(s span) bool {
	return w.bad.lo < w.bad.hi && s.lo <= w.bad.lo && w.bad.lo <= s.hi && s.hi < w.bad.hi
}

// fits lets the next window grow after one that was seen whole with so many rows.
func (w *windows) fits(s span, rows, most int, now int64) {
	w.failed = 0
	if w.steady && 4*rows >= most {
		return
	}
	w.steady = false
	if w.length == 0 || w.bad.lo < s.lo && s.lo <= w.bad.hi { // one that has failed is being taken apart
		return
	}
	factor := emptyGrowth
	if rows > 0 {
		factor = min(maxGrowth, max(fill, fill*float64(most)/float64(rows)))
	}
	w.length = max(1, int64(float64(max(s.top(now)-s.lo, 1))*factor))
}

// free lets windows be as long as they like again.
func (w *windows) free() { w.length, w.failed, w.bad, w.steady = 0, 0, span{}, false }

// fillAhead is which part of the cap a window is meant to fill that is read ahead.
const fillAhead = 0.9

// ahead makes windows that can be read ahead: as many rows as came in a span of some length let expect how long one may be.
func (w *windows) ahead(rows, most int, length int64) {
	if w.steady || rows < 2 || length <= 0 || w.failed > 0 {
		return
	}
	w.length = max(1, int64(float64(length)*fillAhead*float64(most)/float64(rows)))
	w.steady = true
}

// next returns the windows that follow one, n of them, down to low.
func (w *windows) next(s span, low int64, n int) []span {
	var out []span
	for ; n > 0 && w.steady && s.lo > low; n-- {
		s = span{max(low, s.lo-1-w.length), s.lo - 1}
		out = append(out, s)
	}
	return out
}
