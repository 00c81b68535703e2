package wire

import (
	"math/bits"
	"strconv"
)

// decode reads a record into dst, which is zero but for what SetPlace may use. What stands beside it in
// its item goes to Extra.
func (t *Table[T]) decode(m *mapper, at row, dst *T) {
	m.checkText()
	m.charge(t.size)
	id := int32(0)
	if at.item != at.node {
		id = m.keepBeside(at)
	}
	t.fields(m, at.node, dst)
	if id > 0 {
		key := &t.rows[bits.TrailingZeros64(t.core.keys)]
		if t.set(m, key, id, dst, &coordinates{}) && m.warn != nil {
			m.warnAt(id, WarnName, "stands for "+key.name)
		}
	}
	if len(m.sets) > 0 {
		m.charge(len(m.arena))
		all := m.text()
		for _, w := range m.sets {
			*w.to = all[w.lo:w.hi]
		}
	}
	if len(m.extras) > 0 && t.Extra != nil {
		*t.Extra(dst) = m.takeExtras()
	}
}

// maxFields bounds the rows of a table.
const maxFields = 32

// fields reads the fields of the record nodes[first].
func (t *Table[T]) fields(m *mapper, first int32, dst *T) {
	s := m.s
	var from [maxFields]int32 // the node that gave the field its value; 0 if none yet
	var place coordinates
	end := s.nodes[first].next
	for n := first + 1; n < end; n = s.nodes[n].next {
		d := &s.nodes[n]
		f := unknownField
		switch {
		case d.entry > 0:
			f = s.dict.entries[d.entry].field
		case t.Instead != nil:
			f = t.core.field([]byte(t.Instead(string(s.name(d)), func(name string) bool { return s.has(first, name) })))
		case t.core != nil:
			f = t.core.field(s.name(d))
		}
		if f == unknownField {
			m.keep(n)
			continue
		}
		alias := f < 0
		if alias {
			f = -2 - f
		}
		if d.kind == Null {
			continue
		}
		field, before := &t.rows[f], len(m.sets)
		if from[f] != 0 {
			same := !m.xml && string(s.name(&s.nodes[from[f]])) == string(s.name(d))
			if !same && d.kind == Text && len(trim(s.text(d))) == 0 || !t.again(m, field, from[f], n, alias) {
				continue
			}
			if get := field.text; get != nil && same { // the last one counts, even if it is empty
				m.unset(get(dst), before)
				*get(dst), from[f], before = "", 0, len(m.sets)
			}
		}
		value := n
		if d.kind == Object {
			value = m.member(n, field.shape)
		}
		if t.set(m, field, value, dst, &place) {
			if from[f] != 0 && field.text != nil {
				m.unset(field.text(dst), before)
			}
			from[f] = n
		}
	}
	if m.warn != nil {
		t.warnAliases(m, &from)
	}
	if t.SetPlace != nil {
		t.setPlace(m, dst, &place)
	}
}

// setPlace stores the place if both its halves are there and it is on Earth. Else they go to Extra.
func (t *Table[T]) setPlace(m *mapper, dst *T, p *coordinates) {
	if !p.lat && !p.long && len(m.extras) > 0 && m.nested == 0 {
		lat, long, ok := m.findPlace()
		t.SetPlace(dst, lat, long, ok)
		return
	}
	ok := p.lat && p.long
	if ok && !isOnEarth(p.at[0], p.at[1]) {
		ok = false
		if m.warn != nil {
			n := p.node[0]
			if p.at[0] >= -90 && p.at[0] <= 90 {
				n = p.node[1]
			}
			m.warnAt(n, WarnValue, "no place on Earth; kept in Extra")
		}
	}
	for i, has := range [...]bool{p.lat, p.long} {
		if ok || !has {
			continue
		}
		m.keep(p.node[i])
		if m.warn != nil && p.lat != p.long {
			m.warnAt(p.node[i], WarnValue, "half a place; kept in Extra")
		}
	}
	t.SetPlace(dst, p.at[0], p.at[1], ok)
}

// warnAliases warns of the fields whose value came under another name.
func (t *Table[T]) warnAliases(m *mapper, from *[maxFields]int32) {
	for f, n := range from[:len(t.rows)] {
		if n != 0 && string(m.s.name(&m.s.nodes[n])) != t.rows[f].name {
			m.warnAt(n, WarnName, "stands for "+t.rows[f].name)
		}
	}
}

// again decides what to do with a field that has its value already, from nodes[old]. It reports
// whether nodes[n] is to be read all the same.
func (t *Table[T]) again(m *mapper, f *Field[T], old, n int32, alias bool) bool {
	s := m.s
	if f.shape == shapeList || f.shape == shapeWords || f.shape == shapeCSV {
		return true // a repeated, unwrapped plural
	}
	oldName, name := s.name(&s.nodes[old]), s.name(&s.nodes[n])
	same := string(oldName) == string(name)
	switch {
	case same:
		m.keep(old)
		m.keep(n)
		if m.xml && f.shape == shapeLink {
			return false // a list, of which the first is the field's value
		}
		if m.warn != nil {
			m.warnAt(n, WarnDuplicate, "given twice; the last one counts")
		}
		return true
	case alias:
		m.keep(n) // address_string beside address
		return false
	}
	m.keep(old) // the specification's name beats the alias that came before it
	return true
}

// set stores the value of nodes[n] in the field. It reports false if there was nothing to store.
func (t *Table[T]) set(m *mapper, f *Field[T], n int32, dst *T, place *coordinates) bool {
	switch f.shape {
	case shapeText, shapeID, shapeLink:
		return m.setText(f.text(dst), n, f.shape, f.repeats)
	case shapeTime:
		return m.setTime(f.time(dst), n)
	case shapeLat, shapeLong:
		return m.setCoordinate(place, int(f.shape-shapeLat), n)
	case shapeBool:
		b, ok := m.scalar(n)
		if !ok {
			return false
		}
		v, ok := parseBool(b)
		if !ok {
			return m.misfit(n, WarnType, "not a boolean")
		}
		if m.warn != nil {
			if d := &m.s.nodes[n]; d.kind != Bool && (d.flags&untyped == 0 || string(b) != "true" && string(b) != "false") {
				m.warnAt(n, WarnType, "boolean written as \""+m.s.sample(b)+"\"")
			}
		}
		*f.flag(dst) = v
	case shapeInt:
		b, ok := m.scalar(n)
		if !ok {
			return false
		}
		v, err := strconv.Atoi(string(b))
		if err != nil {
			fl, ok := parseFloat(b)
			if !ok || fl != float64(int32(fl)) {
				return m.misfit(n, WarnType, "not a whole number")
			}
			v = int(fl)
		}
		if m.warn != nil && m.s.nodes[n].flags&quoted != 0 {
			m.warnAt(n, WarnType, "number written as text")
		}
		*f.num(dst) = v
	case shapeWords, shapeCSV:
		before := len(*f.words(dst))
		m.addWords(f.words(dst), n, f.shape == shapeCSV)
		return len(*f.words(dst)) > before
	case shapeList:
		if m.nested >= 8 {
			return m.misfit(n, WarnType, "lists nested too deep")
		}
		m.nested++
		f.list.decode(m, n, dst, f.item)
		m.nested--
	}
	return true
}
