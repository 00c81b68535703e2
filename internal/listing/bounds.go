package listing

// bounds is what start and end mean to a server, as far as its answers have shown: they may be exclusive, be read as
// their day or in another zone, or each mean the other.
type bounds struct {
	swapped bool
	start   int64 // by how many seconds they are sent wider than they are meant
	late    int64 // by how much less the end is sent later, because that was too much
	exact   bool  // that was found to be too little, and is not tried any more
	proofs  int   // how many answers have brought what they had to bring since they are sent like this
}

// bounds returns what is believed.
func (b *Belief) bounds() bounds {
	if b.Bounds == nil {
		return bounds{}
	}
	return bounds{swapped: b.Bounds.Swapped, start: b.Bounds.Start, late: b.Bounds.Start - b.Bounds.End}
}

// steps are by how much wider bounds are sent when known rows are missing behind them: by what the zones of one country
// span, and by a day with the zones.
var steps = [...]int64{10 * hour, slack}

// edge is by how much bounds are always sent wider: some servers take them for exclusive.
const edge = second

// end is by how many seconds the end is sent later than it is meant; it may be negative.
func (b *bounds) end() int64 { return b.start - b.late }

// widen returns the span to send for one that is meant.
func (b *bounds) widen(meant span) span {
	sent := meant
	if sent.lo != past {
		sent.lo -= edge + b.start + b.late // both bounds are read in one zone: spans that touch go on touching
	}
	if sent.hi != future {
		sent.hi += edge + b.end()
	}
	return sent
}

// wider takes the next step; false: there is none.
func (b *bounds) wider() bool {
	for _, step := range steps {
		if step > b.start {
			*b = bounds{swapped: b.swapped, start: step}
			return true
		}
	}
	return false
}

// earlier allows for an end that is read later than it is sent, so that answers begin with rows that are known. Zones
// differ by quarters of an hour.
func (b *bounds) earlier(by int64) bool {
	const quarter = 15 * minute
	if b.exact || by <= 0 {
		return false
	}
	if by > edge {
		by = (by - edge + quarter - 1) / quarter * quarter
	}
	b.late += by
	return true
}

// onTime takes that back, if rows were missing for it.
func (b *bounds) onTime() bool {
	if b.late == 0 {
		return false
	}
	*b = bounds{swapped: b.swapped, start: b.start, exact: true}
	return true
}

// swap takes start for end; what was tried before was tried of another meaning.
func (b *bounds) swap() { *b = bounds{swapped: !b.swapped} }
