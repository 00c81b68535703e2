package wire

import (
	"html"
	"slices"
	"strings"
)

// coordinates collects the two halves of a place.
type coordinates struct {
	lat, long bool
	at        [2]float64
	node      [2]int32
}

// scalar returns the text of nodes[n], trimmed and in UTF-8; false if it is a container or nothing.
func (m *mapper) scalar(n int32) ([]byte, bool) {
	d := &m.s.nodes[n]
	if d.kind >= List || d.kind == Null {
		return nil, false
	}
	b := trim(m.s.text(d))
	if len(b) == 0 {
		return nil, false
	}
	if m.legacy {
		b = trim(m.utf8(b))
	}
	if isNothing(b) {
		if m.warn != nil {
			m.warnAt(n, WarnValue, "the word "+string(b)+" stands for nothing")
		}
		return nil, false
	}
	return b, len(b) > 0
}

// checkText looks whether the bytes of the record are UTF-8 without control characters.
func (m *mapper) checkText() {
	m.legacy = m.s.invalid || m.s.c1
	if m.s.invalid && !m.latin && m.warn != nil {
		m.warn(m.path, WarnCharset, "not UTF-8; read as "+strings.ToLower(strings.ReplaceAll(m.chars.String(), " ", "-")))
	}
	if m.s.c1 && m.warn != nil {
		m.warn(m.path, WarnControl, "control characters (U+0080 to U+009F) dropped")
	}
}

// scalarIn takes the text out of a list or an object: [7], {"recipient":["Roads","Parks"]}, or
// {"key":5,"name":"Oak"} where key was asked for. What it leaves behind is kept whole in Extra.
func (m *mapper) scalarIn(n int32, shape Shape) ([]byte, bool) {
	s := m.s
	name := s.name(&s.nodes[n])
	var all []byte
	count := 0
	for k := n + 1; k < s.nodes[n].next; k++ {
		b, ok := m.scalar(k)
		if !ok {
			continue
		}
		inner := s.name(&s.nodes[k])
		if len(name) > 0 && string(inner) == string(name) || shape == shapeLink && isURLName(inner) ||
			shape == shapeID && isIDName(inner) {
			if shape == shapeID && s.nodes[k].kind == Number {
				b = wholeNumber(b)
			}
			all, count = append([]byte(nil), b...), 1
			break
		}
		if shape == shapeID && (s.nodes[n].kind == Object || s.nodes[n].next > n+2) {
			continue // something else than an id, or several of them
		}
		if shape == shapeID && s.nodes[k].kind == Number {
			b = wholeNumber(b)
		}
		if count++; count > 1 {
			if shape != shapeText {
				continue
			}
			all = append(all, ", "...)
		}
		all = append(all, b...)
	}
	if count == 0 {
		if shape == shapeID && !m.isBlank(n) {
			m.misfit(n, WarnType, "no id; kept in Extra")
		}
		return nil, false
	}
	if s.nodes[n].next > n+2 { // more than one thing in it
		m.keep(n)
	}
	if m.warn != nil {
		m.warnAt(n, WarnType, "text inside a list or an object")
	}
	return all, true
}

// isBlank reports whether there is no text in the container nodes[n].
func (m *mapper) isBlank(n int32) bool {
	for k := n + 1; k < m.s.nodes[n].next; k++ {
		if _, ok := m.scalar(k); ok {
			return false
		}
	}
	return true
}

// isIDName reports whether an object's field of this name is the id that the object stands for; MongoDB
// names them by their types.
func isIDName(name []byte) bool {
	switch string(name) {
	case "id", "value", "_id", "$oid", "$numberLong", "$numberInt", "$uuid":
		return true
	}
	return false
}

func isURLName(name []byte) bool { return string(name) == "url" || string(name) == "media_url" }

// setText stores a text. In a record of a listing it waits for the string that all texts share.
func (m *mapper) setText(to *string, n int32, shape Shape, repeats bool) bool {
	d := &m.s.nodes[n]
	b, ok := m.scalar(n)
	switch {
	case d.flags&holdsMixed != 0 && d.text.hi > d.text.lo:
		// HTML that the server did not escape: its tags are part of the text.
		b, ok = []byte(html.UnescapeString(string(m.utf8(trim(m.s.text(d)))))), true
	case d.kind >= List:
		if b, ok = m.scalarIn(n, shape); !ok {
			return false
		}
	}
	if !ok {
		return false
	}
	if d.kind == Number {
		switch {
		case shape == shapeID:
			if whole := wholeNumber(b); string(whole) != string(b) {
				if m.warn != nil {
					m.warnAt(n, WarnType, string(b)+": an id written with a fraction or an exponent")
				}
				b = whole
			}
		case m.warn != nil:
			m.warnAt(n, WarnType, "text written as a number")
		}
	}
	if m.nested > 0 {
		*to = string(b)
		return true
	}
	if repeats && len(b) <= maxInterned {
		*to = m.intern.get(b)
		return true
	}
	lo := len(m.arena)
	m.arena = append(m.arena, b...)
	m.sets = append(m.sets, textSet{to, int32(lo), int32(len(m.arena))})
	return true
}

// unset forgets the texts that wait for the field to among the first n.
func (m *mapper) unset(to *string, n int) {
	kept := slices.DeleteFunc(m.sets[:n:n], func(w textSet) bool { return w.to == to })
	m.sets = append(kept, m.sets[n:]...)
}

func (m *mapper) setCoordinate(p *coordinates, axis int, n int32) bool {
	b, ok := m.scalar(n)
	if !ok {
		if m.s.nodes[n].kind < List {
			return false
		}
		if b, ok = m.scalarIn(n, shapeLink); !ok {
			return false
		}
	}
	v, ok := parseFloat(b)
	if !ok {
		if v, ok = parseFloat(decimal(b)); !ok {
			return m.misfit(n, WarnType, "no number; kept in Extra")
		}
		if m.warn != nil {
			m.warnAt(n, WarnType, "decimal comma")
		}
	} else if m.warn != nil && m.s.nodes[n].flags&quoted != 0 {
		m.warnAt(n, WarnType, "number written as text")
	}
	p.at[axis], p.node[axis] = v, n
	if axis == 0 {
		p.lat = true
	} else {
		p.long = true
	}
	return true
}
