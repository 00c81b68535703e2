package wire

// member returns the node of the value that the object nodes[n] stands for: a member, or the object itself.
// What else is in it goes to Extra.
func (m *mapper) member(n int32, shape Shape) int32 {
	for m.s.nodes[n].kind == Object {
		k := m.word(n, shape)
		if k == 0 {
			break
		}
		if m.s.nodes[n].next > n+2 {
			m.keep(n)
		}
		if m.warn != nil {
			m.warnAt(n, WarnType, "text inside a list or an object")
		}
		m.s.nodes[k].flags |= kept
		n = k
	}
	return n
}

// word returns the member of the object nodes[n] that holds what the object stands for: of {"id":3,
// "name":"open"} the name, of {"type":"Text","value":"closed"} the value, of {"en":"open","fi":"auki"} the
// text in English, or else the first. It returns 0 if there is none.
func (m *mapper) word(n int32, shape Shape) int32 {
	s := m.s
	d := &s.nodes[n]
	if d.kind != Object || d.flags&holdsMixed != 0 {
		return 0
	}
	names := wordsOf(shape)
	if names == nil {
		return 0
	}
	best, rank := int32(0), len(names)
	languages, english := true, int32(0)
	for k := n + 1; k < d.next; k = s.nodes[k].next {
		name := string(s.name(&s.nodes[k]))
		if s.nodes[k].kind == Null {
			continue
		}
		if s.nodes[k].kind < List && name == string(s.name(d)) {
			return k
		}
		for i, want := range names[:rank] {
			if name == want {
				best, rank = k, i
				break
			}
		}
		languages = languages && s.nodes[k].kind == Text && isLanguage(name)
		if english == 0 || name == "en" {
			english = k
		}
	}
	if best == 0 && languages && shape == shapeText {
		return english
	}
	return best
}

var (
	textWords  = []string{"value", "@value", "name", "label", "title", "text", "#text", "_text", "$", "display_name", "displayName"}
	linkWords  = []string{"url", "href", "src", "link", "value", "@value"}
	valueWords = []string{"value", "@value"}
)

// wordsOf returns the names of members that hold a value of the shape, the best first.
func wordsOf(shape Shape) []string {
	switch shape {
	case shapeText:
		return textWords
	case shapeLink:
		return linkWords
	case shapeBool, shapeInt, shapeTime, shapeLat, shapeLong, shapeID:
		return valueWords
	}
	return nil
}

// isLanguage reports whether name is the tag of a language: en, fr-CA, pt_BR.
func isLanguage(name string) bool {
	if len(name) != 2 && (len(name) != 5 || name[2] != '-' && name[2] != '_') {
		return false
	}
	return 'a' <= name[0] && name[0] <= 'z' && 'a' <= name[1] && name[1] <= 'z'
}
