package wire

import (
	"bytes"
	"errors"
	"unicode/utf8"
)

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

const (
	nameScratch uint16 = 1 << iota // name is in scratch
	textScratch                    // text is in scratch
	repaired                       // the source of this scalar is not valid JSON
	listed                         // XML: type="array" or its like
	mixed                          // XML: a container with text between its elements
	untyped                        // XML text: it may stand for a number, a boolean or a list
	quoted                         // JSON string: its source is text with the quotes around it
	kept                           // the mapper has sent it to Extra
	holdsMixed                     // XML: a container that is mixed, or has one in it; text is its source
)

// scan holds what both scanners need to read one record from a window of the document. A record is
// read from its first byte to its last in one go; where the window ends too early the caller gets
// errMore, enlarges the window and starts the record again, so that neither scanner has to remember
// where it was.
type scan struct {
	src     []byte // the window
	nodes   []node
	scratch []byte // unescaped texts
	record  []byte // the part of src that the record just read takes up
	high    bool   // the record has bytes beyond ASCII
	eof     bool   // the window reaches to the end of the document
	depth   int    // how deep containers may nest
	dict    names  // names of the direct fields, in the order in which they are expected
	repairs []repair
	quiet   bool                // no one listens to repairs: none are collected
	hide    func([]byte) []byte // takes secrets out of what is going to be printed; may be nil
}

// repair is something a scanner put right. Its path is worked out when the record is complete.
type repair struct {
	node int32 // in which node
	kind string
	text string
}

var (
	// errMore says that the window ends inside the record.
	errMore = errors.New("window too small")
	errDeep = errors.New("nested deeper than the limit")
	// errMany says that the record has more values than any real one: each takes as much memory as a
	// short text, however short it is.
	errMany = errors.New("more values in one record than the limit")
)

// maxNodes bounds the values of one record.
const maxNodes = 1 << 20

// syntaxError is what a scanner cannot read on through.
type syntaxError struct {
	at  int // in src
	msg string
}

func (e *syntaxError) Error() string { return e.msg }

func (s *scan) fail(at int, msg string) error { return &syntaxError{at, msg} }

// reset makes s ready for the record that starts somewhere in src.
func (s *scan) reset() {
	s.nodes = s.nodes[:0]
	s.scratch = s.scratch[:0]
	s.repairs = s.repairs[:0]
	s.high = false
	s.dict.last = 0
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

// repaired notes that the node being read, which will be nodes[len(nodes)-1+ahead], needed a repair.
func (s *scan) repair(node int, kind, text string) {
	if !s.quiet && len(s.repairs) < maxRepairs {
		s.repairs = append(s.repairs, repair{int32(node), kind, text})
	}
}

// maxRepairs bounds what one record can make us remember.
const maxRepairs = 64

// names predicts which field comes next. Servers send the fields of every record in the same order,
// so comparing the bytes with the name that followed the last time mostly replaces reading the name
// and looking it up.
type names struct {
	table   *dictionary
	entries []entry
	learned map[string]int32 // names that the table does not know
	last    int32            // entry of the last field read; 0 at the start of a record
}

// entry is one name that was seen as a direct field of a record.
type entry struct {
	name  string // as it stands in the source, without escapes
	json  string // `"name":`
	open  string // `<name>`
	close string // `</name>`
	field int16  // the table's row: see Table.dict; unknownField if the table has none
	ident bool   // one of the table's Identity
	next  int32  // entry that followed this one the last time; 0 for none
}

const unknownField int16 = -1

// maxLearned bounds the unknown names that a scan remembers from the documents it has seen.
const maxLearned = 128

// use makes d the dictionary of the records to come.
func (n *names) use(d *dictionary) {
	if n.table == d {
		n.last = 0
		return
	}
	n.table = d
	n.entries = append(n.entries[:0], entry{field: unknownField}) // index 0: before the first field
	n.entries = append(n.entries, d.entries...)
	n.last = 0
	clear(n.learned)
}

// expected returns the entry that followed the last one the last time, or nil.
func (n *names) expected() *entry {
	if n.table == nil {
		return nil
	}
	if e := n.entries[n.last].next; e != 0 {
		return &n.entries[e]
	}
	return nil
}

// took says that the expected entry has come, and returns its index.
func (n *names) took() int32 {
	n.last = n.entries[n.last].next
	return n.last
}

// find returns the index of the entry called name, learning it if need be; -1 if there are too
// many names already.
func (n *names) find(name []byte) int32 {
	if n.table == nil {
		return -1
	}
	i, ok := n.table.index[string(name)]
	if !ok {
		if i, ok = n.learned[string(name)]; !ok {
			if len(n.learned) >= maxLearned || len(name) > 64 || !utf8.Valid(name) {
				return -1
			}
			if n.learned == nil {
				n.learned = make(map[string]int32)
			}
			i = int32(len(n.entries))
			n.entries = append(n.entries, newEntry(string(name), n.table.like(name)))
			n.learned[n.entries[i].name] = i
		}
	}
	n.entries[n.last].next = i
	n.last = i
	return i
}

func newEntry(name string, field int16) entry {
	return entry{name: name, json: `"` + name + `":`, open: "<" + name + ">", close: "</" + name + ">", field: field}
}

// dictionary is what a table tells the scanners and the envelope rules: names and nothing else.
type dictionary struct {
	entries  []entry          // entry i has index i+1 in names
	index    map[string]int32 // name → index in names
	root     string
	item     string
	roots    map[string]string // names that may be a root or an item, each under itself
	identity map[string]bool
	keys     uint64 // the rows of the table that are keys, one bit each
}

func newDictionary(root, item string, roots, identity, key []string, dict map[string]int16) *dictionary {
	d := &dictionary{
		index: make(map[string]int32, len(dict)), root: root, item: item,
		roots: map[string]string{root: root}, identity: map[string]bool{},
	}
	if item != "" {
		d.roots[item] = item
	}
	for _, r := range roots {
		d.roots[r] = r
	}
	for _, r := range identity {
		d.identity[r] = true
	}
	for _, k := range key {
		if f, ok := dict[k]; ok {
			d.keys |= 1 << max(f, -2-f)
		}
	}
	for name, field := range dict {
		e := newEntry(name, field)
		e.ident = d.identity[name]
		d.entries = append(d.entries, e)
		d.index[name] = int32(len(d.entries))
	}
	return d
}

// like returns the field that name means although it is spelt with other capitals or blanks, as an
// alias, or unknownField.
func (d *dictionary) like(name []byte) int16 {
	if i, ok := d.index[string(bytes.ToLower(bytes.TrimSpace(name)))]; ok {
		if f := d.entries[i-1].field; f >= 0 {
			return aliasOf(int(f))
		}
		return d.entries[i-1].field
	}
	return unknownField
}

// field returns the table's row for name, however it is spelt.
func (d *dictionary) field(name []byte) int16 {
	if i, ok := d.index[string(name)]; ok {
		return d.entries[i-1].field
	}
	return d.like(name)
}

// isRoot reports whether name may be a root or an item.
func (d *dictionary) isRoot(name []byte) bool { return d.roots[string(name)] != "" }

// known reports whether the table has a field called name.
func (d *dictionary) known(name []byte) bool {
	_, ok := d.index[string(name)]
	return ok
}
