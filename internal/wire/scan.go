package wire

import (
	"errors"
	"unicode/utf8"
)

// scan holds what both scanners need to read one record from a window of the document. A record is
// read from its first byte to its last in one go; where the window ends too early the caller gets
// errMore, enlarges the window and starts the record again, so that neither scanner has to remember
// where it was.
type scan struct {
	src       []byte // the window
	nodes     []node
	scratch   []byte // unescaped texts
	record    []byte // the part of src that the record just read takes up
	invalid   bool   // the record has names or values that are not UTF-8
	c1        bool   // there are characters from U+0080 to U+009F in them
	eof       bool   // the window reaches to the end of the document
	depth     int    // how deep containers may nest
	most      int    // how many nodes a record may have
	dict      names  // names of the direct fields, in the order in which they are expected
	repairs   []repair
	child, up int32               // a node and its container, as parent found them last; child is 0 if it has not
	attrs     []attr              // of the XML start tag read last that hold values
	loose     bool                // a quote ends a JSON string only where one can end: see jsonEnds
	item      bool                // nodes[0] is an item of the list of records
	keepEmpty bool                // see Table.KeepEmpty
	quiet     bool                // no one listens to repairs: none are collected
	exact     bool                // escaped control characters stay: what is read is to be written, not shown
	hide      func([]byte) []byte // takes secrets out of what is going to be printed; may be nil
}

var (
	// errMore says that the window ends inside the record.
	errMore = errors.New("window too small")
	// errCut says that the document ends inside the record.
	errCut  = errors.New("document ends inside a record")
	errDeep = errors.New("nested deeper than the limit")
	// errMany says that the record has more values than any real one: each takes as much memory as a
	// short text, however short it is.
	errMany = errors.New("more values in one record than the limit")
)

// syntaxError is what a scanner cannot read on through.
type syntaxError struct {
	at  int // in src
	msg string
}

func (e *syntaxError) Error() string { return e.msg }

func (s *scan) fail(at int, msg string) error { return &syntaxError{at, msg} }

// cut is the error of a window that ends inside a record: there is more to come, or there is not.
func (s *scan) cut() error {
	if s.eof {
		return errCut
	}
	return errMore
}

// reset makes s ready for the record that starts somewhere in src.
func (s *scan) reset() {
	s.nodes = s.nodes[:0]
	s.scratch = s.scratch[:0]
	s.repairs = s.repairs[:0]
	s.invalid, s.c1, s.item, s.loose = false, false, false, false
	s.child, s.dict.last = 0, 0
}

// check looks whether the bytes of a name or a value are UTF-8 without control characters. Letters of two and of three
// bytes are told here, which is twice as fast as utf8.Valid for a few of them among ASCII.
func (s *scan) check(at span) {
	b := s.src[at.lo:at.hi]
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c < utf8.RuneSelf:
			i++
		case 0xC2 <= c && c < 0xE0 && i+1 < len(b) && !utf8.RuneStart(b[i+1]):
			s.c1 = s.c1 || c == 0xC2 && b[i+1] < 0xA0
			i += 2
		case 0xE0 < c && c < 0xED && i+2 < len(b) && !utf8.RuneStart(b[i+1]) && !utf8.RuneStart(b[i+2]):
			i += 3
		default:
			r, n := utf8.DecodeRune(b[i:])
			s.invalid = s.invalid || r == utf8.RuneError && n == 1
			i += n
		}
	}
}

// closeOpen ends the containers that the end of the window has cut: so far their next is not behind them.
func (s *scan) closeOpen() {
	for i := range s.nodes {
		if d := &s.nodes[i]; d.next <= int32(i) {
			d.next = int32(len(s.nodes))
		}
		if d := &s.nodes[i]; d.text.hi < d.text.lo { // what a container stands in, as far as it goes
			d.text.hi = uint32(len(s.src))
		}
	}
}

func (s *scan) name(n *node) []byte {
	if n.flags&nameScratch != 0 {
		return s.scratch[n.name.lo:n.name.hi]
	}
	return s.src[n.name.lo:n.name.hi]
}

func (s *scan) text(n *node) []byte {
	if n.flags&textScratch != 0 {
		return s.scratch[n.text.lo:n.text.hi]
	}
	return s.src[n.text.lo:n.text.hi]
}

// repair is something a scanner put right. Its path is worked out when the record is complete.
type repair struct {
	node int32 // in which node
	kind string
	text string
}

// maxRepairs bounds what one record can make us remember.
const maxRepairs = 64

// repair notes that nodes[node], which may still be being read, needed a repair.
func (s *scan) repair(node int, kind, text string) {
	if !s.quiet && len(s.repairs) < maxRepairs {
		s.repairs = append(s.repairs, repair{int32(node), kind, text})
	}
}

// repairIn notes a repair that makes the source of nodes[n] unfit to be copied as JSON.
func (s *scan) repairIn(n int, kind, text string) {
	s.nodes[n].flags |= repaired
	s.repair(n, kind, text)
}

// sample is sample with the secrets taken out first: half a secret is not recognised any more.
func (s *scan) sample(b []byte) string {
	if s.hide != nil {
		b = s.hide(b)
	}
	return sample(b)
}

// has reports whether the object nodes[n] has a member called name.
func (s *scan) has(n int32, name string) bool {
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if string(s.name(&s.nodes[k])) == name {
			return true
		}
	}
	return false
}
