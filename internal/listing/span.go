package listing

import (
	"math"
	"slices"
	"time"
)

// Times are whole seconds here, as bounds are in queries.
const (
	second int64 = 1
	minute       = 60 * second
	hour         = 60 * minute
	day          = 24 * hour

	// past and future are the bounds of a span that is open.
	past   int64 = math.MinInt64 / 4
	future int64 = math.MaxInt64 / 4

	// slack is by how much a server may take a bound for another time: zones reach 14 hours, and a bound may be read as
	// its day.
	slack = 26 * hour
	// safeSpan is a length that every server answers: some cut or refuse spans of more than 90 days, and bounds are sent
	// up to a slack wider on both sides.
	safeSpan = 86 * day
	// safeStart is how long a span without an end may be: servers take the end for as many days later, 30 or 90.
	safeStart = 28 * day
	// longSpan is longer than what servers cut spans to, bounds that are read in another zone included.
	longSpan = 92 * day
	// defaultQuiet is for how long nothing must have been requested before it is taken that there is nothing older.
	defaultQuiet = 730 * day
)

// span is an interval of whole seconds, both ends inclusive.
type span struct{ lo, hi int64 }

var (
	everything = span{past, future}
	nothing    = span{1, 0} // a span of which nothing is expected
)

func (s span) empty() bool { return s.lo > s.hi }

// wider returns the span with so many seconds more at either end that is not open.
func (s span) wider(by int64) span {
	if s.lo != past {
		s.lo -= by
	}
	if s.hi != future {
		s.hi += by
	}
	return s
}

func (s span) has(t int64) bool { return s.lo <= t && t <= s.hi }

func (s span) open() bool { return s.lo == past && s.hi == future }

// top is the end of a span: the present if it is open, even if the span begins later.
func (s span) top(now int64) int64 {
	if s.hi == future {
		return max(now, s.lo)
	}
	return s.hi
}

func (s span) length(now int64) int64 {
	return s.top(now) - s.lo
}

// spanOf returns the seconds between two times; zero times are open.
func spanOf(start, end time.Time) span {
	s := everything
	if !start.IsZero() {
		s.lo = start.Unix()
	}
	if !end.IsZero() {
		s.hi = end.Unix()
		if end.Nanosecond() > 0 {
			s.hi++
		}
	}
	return s
}

// stamp is the time of a second; zero if it is open.
func stamp(t int64) time.Time {
	if t <= past/2 || t >= future/2 {
		return time.Time{}
	}
	return time.Unix(t, 0).UTC()
}

// without returns what of a span lies outside of others.
func (s span) without(others []span) []span {
	rest := []span{s}
	for _, o := range others {
		for i := 0; i < len(rest); i++ {
			r := rest[i]
			if o.hi < r.lo || o.lo > r.hi {
				continue
			}
			rest = slices.Delete(rest, i, i+1)
			i--
			if r.lo < o.lo {
				rest = slices.Insert(rest, i+1, span{r.lo, o.lo - 1})
				i++
			}
			if r.hi > o.hi {
				rest = slices.Insert(rest, i+1, span{o.hi + 1, r.hi})
				i++
			}
		}
	}
	return rest
}
