package wire

import (
	"math/bits"
	"unicode/utf8"
)

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
	makes uint16 // a bit of its own for each row that makes a record, the first sixteen of them
	next  int32  // entry that followed this one the last time; 0 for none
}

const unknownField int16 = -1

func aliasOf(i int) int16 { return int16(-2 - i) }

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
			if len(n.learned) >= maxLearned || len(name) > 64 || !utf8.Valid(name) || hasC1(name) {
				return -1
			}
			if n.learned == nil {
				n.learned = make(map[string]int32)
			}
			i = int32(len(n.entries))
			n.entries = append(n.entries, n.table.newEntry(string(name), n.table.like(name)))
			n.learned[n.entries[i].name] = i
		}
	}
	n.entries[n.last].next = i
	n.last = i
	return i
}

func (d *dictionary) newEntry(name string, field int16) entry {
	e := entry{name: name, json: `"` + name + `":`, open: "<" + name + ">", close: "</" + name + ">", field: field}
	if field != unknownField && rowBit(field)&d.identity != 0 {
		e.makes = 1 << bits.OnesCount64(d.identity&(rowBit(field)-1))
	}
	return e
}

// dictionary is what a table tells the scanners and the envelope rules: names and nothing else.
type dictionary struct {
	entries  []entry          // entry i has index i+1 in names
	index    map[string]int32 // name → index in names
	squeezed map[string]int16 // squeezed name → the table's row
	root     string
	item     string
	roots    map[string]string // squeezed name that may be a root or an item → how it is spelt
	identity uint64            // the rows of the table that make a record, one bit each
	keys     uint64            // the rows of the table that are keys
	ids      uint64            // the rows of the table that are ids

	keepEmpty bool // see Table.KeepEmpty
}

func newDictionary(root, item string, roots, identity, key []string, dict map[string]int16) *dictionary {
	d := &dictionary{
		index: make(map[string]int32, len(dict)), squeezed: make(map[string]int16, len(dict)),
		root: root, item: item, roots: map[string]string{},
	}
	for _, r := range append([]string{root, item}, roots...) {
		if r != "" {
			d.roots[r], d.roots[string(squeeze([]byte(r)))] = r, r
		}
	}
	rows := func(names []string) (set uint64) {
		for _, name := range names {
			if f, ok := dict[name]; ok {
				set |= rowBit(f)
			}
		}
		return set
	}
	d.identity, d.keys = rows(identity), rows(key)
	for name, field := range dict {
		d.entries = append(d.entries, d.newEntry(name, field))
		d.index[name] = int32(len(d.entries))
		d.squeezed[string(squeeze([]byte(name)))] = aliasOf(int(max(field, -2-field)))
	}
	return d
}

// rowBit is the bit of the row that a field of a dictionary means, as itself or as an alias.
func rowBit(field int16) uint64 { return 1 << max(field, -2-field) }

// squeeze returns a name as all of its spellings have it: serviceRequestId, Service_Request_ID and
// service-request-id are one name.
func squeeze(name []byte) []byte {
	out := make([]byte, 0, 64)
	for _, c := range name {
		switch {
		case 'A' <= c && c <= 'Z':
			out = append(out, c|0x20)
		case c > ' ' && c != '_' && c != '-':
			out = append(out, c)
		}
	}
	return out
}

// like returns the field that name means although it is spelt with other capitals or other joints, as
// an alias, or unknownField.
func (d *dictionary) like(name []byte) int16 {
	if len(name) <= 64 {
		if f, ok := d.squeezed[string(squeeze(name))]; ok {
			return f
		}
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
func (d *dictionary) isRoot(name []byte) bool {
	switch {
	case len(name) == 0 || len(name) > 64:
		return false
	case string(name) == d.item:
		return true
	}
	return d.roots[string(name)] != "" || d.roots[string(squeeze(name))] != ""
}

// known reports whether the table has a field called name.
func (d *dictionary) known(name []byte) bool {
	_, ok := d.index[string(name)]
	return ok
}
