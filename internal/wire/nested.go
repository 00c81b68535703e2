package wire

import "bytes"

// ListOf is a list of records with a table of their own.
func ListOf[T, E any](name, item string, get func(*T) *[]E, sub *Table[E], aliases ...string) Field[T] {
	return Field[T]{name: name, item: item, aliases: aliases, shape: shapeList, list: listField[T, E]{get, sub}}
}

// listField reads and writes a list of E inside a T.
type listField[T, E any] struct {
	get   func(*T) *[]E
	table *Table[E]
}

func (l listField[T, E]) empty(src *T) bool { return len(*l.get(src)) == 0 }

func (l listField[T, E]) encode(src *T, item string, all bool) []Value {
	items := *l.get(src)
	out := make([]Value, len(items))
	for i := range items {
		out[i] = l.table.encode(&items[i], all)
		out[i].Name = item
	}
	return out
}

func (l listField[T, E]) decode(m *mapper, n int32, dst *T, item string) {
	l.table.ready()
	s := m.s
	list := l.get(dst)
	length := len(m.path)
	if m.warn != nil {
		m.path = append(append(m.path, '.'), s.name(&s.nodes[n])...)
	}
	lossy := m.lossy
	m.lossy = false
	switch s.nodes[n].kind {
	case List:
		l.items(m, n, list)
	case Object:
		if l.isItem(m, n) {
			if m.warn != nil {
				m.warn(m.path, WarnType, "a record without the list around it")
			}
			l.item(m, n, list)
			break
		}
		if m.warn != nil && !m.xml {
			m.warn(m.path, WarnType, "an object where a list should be")
		}
		l.items(m, n, list)
	default:
		l.fromText(m, n, list)
	}
	m.path = m.path[:length]
	if m.lossy {
		m.keep(n) // something in it has no place in E
	}
	m.lossy = lossy || m.lossy && l.table.Extra == nil
}

// isItem reports whether the object nodes[n] has fields of E: one under its own name, or two
// different ones.
func (l listField[T, E]) isItem(m *mapper, n int32) bool {
	s := m.s
	var aliases uint64
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		switch f := l.table.core.field(s.name(&s.nodes[k])); {
		case f >= 0:
			return true
		case f != unknownField:
			aliases |= rowBit(f)
		}
	}
	return aliases&(aliases-1) != 0
}

// around returns the container in the object nodes[n], which is no item, that holds items: {"endpoint":{…}},
// or the list in {"dependentOn":{…},"values":[…]}; n itself for {"N":"North"}. It returns 0 if there is none.
func (l listField[T, E]) around(m *mapper, n int32) int32 {
	s := m.s
	if s.nodes[n].next == n+1 {
		return 0
	}
	if s.nodes[n+1].next == s.nodes[n].next && (s.nodes[n+1].kind >= List || l.table.Pair != nil) {
		return n
	}
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if s.nodes[k].kind >= List && l.table.core.isRoot(s.name(&s.nodes[k])) {
			m.lossy = true
			return k
		}
	}
	return 0
}

// items reads what is inside the container nodes[n], each as an item; lists inside it are opened.
func (l listField[T, E]) items(m *mapper, n int32, list *[]E) {
	s := m.s
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		switch s.nodes[k].kind {
		case Null:
		case List:
			l.items(m, k, list)
		case Object:
			if !l.isItem(m, k) {
				in := l.around(m, k)
				if in > 0 {
					if m.warn != nil {
						m.warnAt(k, WarnType, "a record inside another object")
					}
					l.items(m, in, list)
					continue
				}
				if l.table.Extra == nil {
					m.lossy = true // nothing of E in it
					continue
				}
			}
			l.item(m, k, list)
		default:
			l.lone(m, n, k, list)
		}
	}
}

func (l listField[T, E]) item(m *mapper, k int32, list *[]E) {
	if !m.charge(l.table.size) {
		return
	}
	var e E
	length := len(m.path)
	if m.warn != nil {
		m.path = appendIndex(m.path, len(*list))
	}
	extras, lossy := m.extras, m.lossy
	m.extras, m.lossy = nil, false
	l.table.fields(m, k, &e)
	if l.table.Extra != nil {
		if len(m.extras) > 0 {
			*l.table.Extra(&e) = m.takeExtras()
			m.raw = m.raw[:0]
		}
		m.lossy = false
	}
	m.extras = extras
	m.lossy = m.lossy || lossy
	m.path = m.path[:length]
	*list = append(*list, e)
}

// lone reads the text nodes[k] in the container nodes[n] as an item.
func (l listField[T, E]) lone(m *mapper, n, k int32, list *[]E) {
	b, ok := m.scalar(k)
	if !ok || !m.charge(l.table.size+len(b)) {
		return
	}
	length := len(m.path)
	defer func() { m.path = m.path[:length] }()
	if m.warn != nil {
		m.path = appendIndex(m.path, len(*list))
	}
	var e E
	if l.table.Pair != nil && !m.xml && m.s.nodes[n].kind == Object {
		l.table.Pair(&e, string(m.utf8(m.s.name(&m.s.nodes[k]))), string(b))
		if m.warn != nil {
			m.warn(m.path, WarnType, "a field where a record should be")
		}
		*list = append(*list, e)
		return
	}
	if l.table.Lone == nil || !l.table.Lone(&e, string(b)) {
		m.lossy = true
		if m.warn != nil {
			m.warn(m.path, WarnType, "text where a record should be; kept in Extra")
		}
		return
	}
	if m.warn != nil {
		m.warn(m.path, WarnType, "text where a record should be")
	}
	*list = append(*list, e)
}

// fromText reads a list that was sent as text: as JSON in XML, or as comma-separated words, both of
// which fms-endpoint does.
func (l listField[T, E]) fromText(m *mapper, n int32, list *[]E) {
	b, ok := m.scalar(n)
	if !ok {
		return
	}
	if m.warn != nil {
		m.warn(m.path, WarnType, "list sent as text")
	}
	if b[0] == '[' || b[0] == '{' {
		if l.fromJSON(m, append([]byte(nil), b...), list) {
			return
		}
	}
	if l.table.Lone == nil {
		m.lossy = true
		return
	}
	for w := range bytes.SplitSeq(b, []byte{','}) {
		var e E
		if w = trim(w); len(w) > 0 && m.charge(l.table.size+len(w)) && l.table.Lone(&e, string(w)) {
			*list = append(*list, e)
		}
	}
}

// fromJSON reads a list from JSON text that was the value of a field.
func (l listField[T, E]) fromJSON(m *mapper, text []byte, list *[]E) bool {
	inner := &scan{src: text, record: text, eof: true, depth: m.s.depth, most: m.s.most}
	if _, err := inner.jsonValue(0, 1); err != nil {
		return false
	}
	outer, legacy, xml := m.s, m.legacy, m.xml
	m.s, m.legacy, m.xml = inner, false, false
	defer func() { m.s, m.legacy, m.xml = outer, legacy, xml }()
	if inner.nodes[0].kind == Object && l.isItem(m, 0) {
		l.item(m, 0, list)
	} else {
		l.items(m, 0, list)
	}
	return true
}
