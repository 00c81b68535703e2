package wire

import "math/bits"

// node is one value of the record being read. The nodes of a record stand in document order: a
// container, then its descendants, and next tells where the container ends. Both scanners make the
// same nodes, so everything behind them reads one shape.
type node struct {
	name  span  // empty for the items of a JSON array
	text  span  // scalars: the text, unescaped; JSON containers: their source
	next  int32 // index of the first node behind this one and its descendants
	entry int32 // direct fields of a record: index in scan.dict.entries, or -1
	kind  Kind
	flags uint16
}

// span is a range of scan.src, or of scan.scratch where a flag says so.
type span struct{ lo, hi uint32 }

// with returns s, which is none where hi is 0, and goes on to the last of those bytes from src[i] on whose high bits
// are set in x.
func (s span) with(x uint64, i int) span {
	if s.hi == 0 {
		s.lo = uint32(i + bits.TrailingZeros64(x)>>3)
	}
	s.hi = uint32(i + 8 - bits.LeadingZeros64(x)>>3)
	return s
}

const (
	nameScratch uint16 = 1 << iota // name is in scratch
	textScratch                    // text is in scratch
	repaired                       // the source of this scalar is not valid JSON
	listed                         // XML: type="array" or its like
	mixed                          // XML: a container with text between its elements
	untyped                        // XML text: it may stand for a number, a boolean or a list
	quoted                         // JSON string: its source is text with the quotes around it
	kept                           // the mapper has sent it to Extra
	twin                           // XML: the text of an open element that has attributes
	holdsMixed                     // XML: a container that is mixed, or has one in it; text is its source
)

// isNil marks an open XML element that has nil="true". JSON has no use for that bit while it reads
// XML, and close clears it.
const isNil = quoted

// row is a record among the nodes, and the item of the list that it is in: mostly itself.
type row struct{ node, item int32 }
