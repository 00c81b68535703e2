package wire

import (
	"encoding/json"
	"strings"
	"time"
)

// mapper turns the nodes of one record into a typed value.
type mapper struct {
	renderer // of what goes to Extra
	account
	latin    bool // the document is labelled as one that need not be UTF-8
	nested   int  // how many lists deep
	location *time.Location
	relabel  *time.Location
	warn     func(path []byte, kind, detail string) // nil: no one listens
	path     []byte                                 // of the record; only kept when someone listens

	sets   []textSet // texts of this record, to be cut out of one string
	arena  []byte    // their bytes
	extras []extra   // fields of this record that go to Extra
	raw    []byte    // their bytes as JSON
	intern *interner
	lossy  bool // a nested record had fields that its type has no room for

	// lend says that a record is done with before the next one is read. Its Extra is used again then, and its texts,
	// which somebody may keep, share their memory with those of the records around it.
	lend  bool
	spare map[string]json.RawMessage
	texts strings.Builder
}

// textBlock is how much memory the texts of many records share.
const textBlock = 16 << 10

// textSet is a string field that waits for the record's texts to become one string.
type textSet struct {
	to     *string
	lo, hi int32
}

// extra is one field for Extra: its name, its first node and its text in raw.
type extra struct {
	name   string
	node   int32
	lo, hi int32
}

// reset makes m ready for the next record.
func (m *mapper) reset() {
	m.sets = m.sets[:0]
	m.arena = m.arena[:0]
	m.extras = m.extras[:0]
	m.raw = m.raw[:0]
	m.lossy = false
}

// text makes one string of the texts of the record.
func (m *mapper) text() string {
	if !m.lend {
		return string(m.arena)
	}
	if m.texts.Cap()-m.texts.Len() < len(m.arena) {
		m.texts.Reset()
		m.texts.Grow(max(len(m.arena), textBlock))
	}
	from := m.texts.Len()
	m.texts.Write(m.arena)
	return m.texts.String()[from:]
}

// give lets go of what a caller may still look at.
func (m *mapper) give() {
	if m.lend {
		m.lend, m.spare, m.raw = false, nil, nil
		m.texts.Reset()
	}
}

// keep sends the field nodes[n] to Extra.
func (m *mapper) keep(n int32) {
	if m.nested > 0 {
		m.lossy = true
	}
	d := &m.s.nodes[n]
	var name string
	if d.entry > 0 {
		name = m.s.dict.entries[d.entry].name
	} else {
		name = string(m.utf8(m.s.name(d)))
	}
	if d.flags&kept != 0 {
		return
	}
	d.flags |= kept
	m.extras = append(m.extras, extra{name: name, node: n})
}

// keepBeside sends what stands around a record in its item to Extra. It returns the node of the id among it,
// if the record has none of its own: that is not in Extra.
func (m *mapper) keepBeside(at row) (id int32) {
	keyed := m.s.dict.table.keys == 0 || m.s.weigh(at.node).keyed
	for up := at.item; up < at.node; {
		inner := at.node
		for k := up + 1; k < m.s.nodes[up].next; k = m.s.nodes[k].next {
			d := &m.s.nodes[k]
			name := string(m.s.name(d))
			switch {
			case k <= at.node && at.node < d.next:
				inner = k
			case d.kind == Null || name == "":
			case name == "id" && d.kind < List && !keyed:
				id = k
			default:
				m.keep(k)
			}
		}
		up = inner
	}
	return id
}

// misfit keeps a value that does not fit its field in Extra, and warns.
func (m *mapper) misfit(n int32, kind, detail string) bool {
	m.keep(n)
	if m.warn != nil {
		if b := trim(m.s.text(&m.s.nodes[n])); m.s.nodes[n].kind < List {
			detail = m.s.sample(b) + ": " + detail
		}
		m.warnAt(n, kind, detail)
	}
	return false
}

// warnAt warns about the field nodes[n] of the record being read.
func (m *mapper) warnAt(n int32, kind, detail string) {
	length := len(m.path)
	if name := m.s.name(&m.s.nodes[n]); len(name) > 0 {
		m.path = append(m.path, '.')
		m.path = append(m.path, name...)
	}
	m.warn(m.path, kind, detail)
	m.path = m.path[:length]
}

// extra returns an empty map for the fields that were kept.
func (m *mapper) extra(lent bool) map[string]json.RawMessage {
	const few = 64 // they may all have one name
	if lent && m.spare != nil && len(m.spare) <= few {
		clear(m.spare)
		return m.spare
	}
	out := make(map[string]json.RawMessage, min(len(m.extras), few))
	if lent {
		m.spare = out
	}
	return out
}

// takeExtras renders the fields that were kept. Their texts share one block of memory.
func (m *mapper) takeExtras() map[string]json.RawMessage {
	if !m.charge(mapCost) {
		return nil
	}
	lent := m.lend && m.nested == 0
	out := m.extra(lent)
	for i := range m.extras {
		e := &m.extras[i]
		e.lo = int32(len(m.raw))
		m.raw = m.render(m.raw, e.node)
		e.hi = int32(len(m.raw))
	}
	if !m.charge(len(m.raw)) {
		return nil
	}
	block := m.raw
	if !lent {
		block = append([]byte(nil), m.raw...)
	}
	var repeated map[string][]int32
	for i, e := range m.extras {
		if _, ok := out[e.name]; ok {
			if repeated == nil {
				repeated = map[string][]int32{}
			}
			repeated[e.name] = append(repeated[e.name], int32(i))
			if !m.xml && m.warn != nil && m.s.dict.table.field([]byte(e.name)) == unknownField {
				m.warnAt(e.node, WarnDuplicate, "given twice; both are kept")
			}
			continue
		}
		if len(out) >= 8 && !m.charge(pairCost+len(e.name)) {
			return nil
		}
		out[e.name] = block[e.lo:e.hi:e.hi]
	}
	for name, more := range repeated {
		list := append(json.RawMessage{'['}, out[name]...)
		for _, i := range more {
			e := m.extras[i]
			list = append(append(list, ','), block[e.lo:e.hi]...)
		}
		out[name] = append(list, ']')
	}
	return out
}
