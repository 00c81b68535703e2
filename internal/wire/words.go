package wire

import "strings"

// addWords appends the texts of nodes[n] to a list: those of a list or of an object's fields, or one
// text, which csv splits at commas.
func (m *mapper) addWords(to *[]string, n int32, csv bool) {
	s := m.s
	if s.nodes[n].kind < List {
		b, ok := m.scalar(n)
		if !ok {
			return
		}
		if !csv {
			*to = append(*to, string(b))
			return
		}
		m.charge(len(b))
		for w := range strings.SplitSeq(string(b), ",") {
			if w = strings.TrimSpace(w); w != "" && m.charge(stringCost) {
				*to = append(*to, w)
			}
		}
		return
	}
	lossy := false
	if s.nodes[n].kind == Object && !m.xml && m.warn != nil {
		m.warnAt(n, WarnType, "an object where a list should be")
	}
	if s.nodes[n].kind == Object && (m.hasURL(n) || m.hasWord(n)) {
		b, _ := m.firstText(n)
		*to = append(*to, string(b))
		m.keep(n)
		return
	}
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if s.nodes[k].kind >= List {
			switch { // a list in the list, or an object such as {"url":…}
			case s.nodes[k].kind == List:
				for j := k + 1; j < s.nodes[k].next; j = s.nodes[j].next {
					if b, ok := m.scalar(j); ok && m.charge(stringCost+len(b)) {
						*to = append(*to, string(b))
					}
				}
			default:
				if b, ok := m.firstText(k); ok && m.charge(stringCost+len(b)) {
					*to = append(*to, string(b))
				}
			}
			lossy = true
			continue
		}
		if b, ok := m.scalar(k); ok && m.charge(stringCost+len(b)) {
			*to = append(*to, string(b))
		}
	}
	if lossy {
		m.keep(n)
	}
	if csv && m.warn != nil && s.nodes[n].next > n+1 {
		m.warnAt(n, WarnType, "list where the specification has comma-separated text")
	}
}

// hasURL reports whether the object nodes[n] has a field called url.
func (m *mapper) hasURL(n int32) bool {
	for k := n + 1; k < m.s.nodes[n].next; k = m.s.nodes[k].next {
		if isURLName(m.s.name(&m.s.nodes[k])) && string(m.s.name(&m.s.nodes[k])) != string(m.s.name(&m.s.nodes[n])) {
			return true
		}
	}
	return false
}

// firstText returns the text that stands for a container: one called url, or else name or the like, or
// else the first.
func (m *mapper) firstText(n int32) (best []byte, ok bool) {
	s := m.s
	rank := len(wordNames)
	for k := n + 1; k < s.nodes[n].next; k++ {
		b, has := m.scalar(k)
		if !has {
			continue
		}
		name := s.name(&s.nodes[k])
		if isURLName(name) {
			return b, true
		}
		if r := wordRank(name); !ok || r < rank {
			best, ok, rank = b, true, r
		}
	}
	return best, ok
}

// wordNames are the fields of an object that hold the word for it, the best first.
var wordNames = [...]string{"name", "title", "label", "group_name", "text", "value"}

// wordRank tells how good a name is for the word of an object; len(wordNames) for one that says nothing.
func wordRank(name []byte) int {
	for i, w := range wordNames {
		if string(name) == w {
			return i
		}
	}
	return len(wordNames)
}

// hasWord reports whether the object nodes[n] has a field with the word for it, beside others.
func (m *mapper) hasWord(n int32) bool {
	found, kids := false, 0
	for k := n + 1; k < m.s.nodes[n].next; k = m.s.nodes[k].next {
		kids++
		found = found || m.s.nodes[k].kind < List && wordRank(m.s.name(&m.s.nodes[k])) < len(wordNames)
	}
	return found && kids > 1 && m.unique(n)
}
