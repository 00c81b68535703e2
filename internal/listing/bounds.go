package listing

// bounds is what start and end mean to a server, as far as its answers have shown: they may be exclusive, be read as
// their day or in another zone, or each mean the other.
type bounds struct {
	swapped    bool
	start, end int64 // by how many seconds they are sent wider than they are meant; the end may be negative
	tried      int   // how many of the steps have been tried
	late       int64 // by how much less the end is sent later, because that was too much
	exact      bool  // that was found to be too little, and is not tried any more
}

// steps are by how much wider bounds are sent when known rows are missing behind them: by what the zones of one country
// span, and by a day with the zones.
var steps = [...]int64{10 * hour, slack}

// edge is by how much bounds are always sent wider: some servers take them for exclusive.
const edge = second

// widen returns the span to send for one that is meant.
func (b *bounds) widen(meant span) span {
	sent := meant
	if sent.lo != past {
		sent.lo -= edge + b.start + b.late // both bounds are read in one zone: spans that touch go on touching
	}
	if sent.hi != future {
		sent.hi += edge + b.end
	}
	return sent
}

// wider takes the next step; false: there is none.
func (b *bounds) wider() bool {
	if b.tried >= len(steps) {
		return false
	}
	b.start, b.end = steps[b.tried], steps[b.tried]
	b.late, b.exact = 0, false
	b.tried++
	return true
}

// earlier allows for an end that is read later than it is sent, so that answers begin with rows that are known.
func (b *bounds) earlier(by int64) bool {
	if b.exact || by <= 0 {
		return false
	}
	b.late += by
	b.end -= by
	return true
}

// onTime takes that back, if rows were missing for it.
func (b *bounds) onTime() bool {
	if b.late == 0 {
		return false
	}
	b.end += b.late
	b.late, b.exact = 0, true
	return true
}

// swap takes start for end; what was tried before was tried of another meaning.
func (b *bounds) swap() { *b = bounds{swapped: !b.swapped} }
