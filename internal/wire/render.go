package wire

import "golang.org/x/text/encoding/charmap"

// renderer writes nodes as JSON.
type renderer struct {
	s      *scan
	xml    bool             // the nodes come from XML
	chars  *charmap.Charmap // how to read what is not UTF-8
	legacy bool             // the record has bytes that are not UTF-8, or control characters: see utf8
}

// utf8 returns b as UTF-8 without control characters.
func (r *renderer) utf8(b []byte) []byte {
	if r.legacy {
		return dropC1(fromCharmap(b, r.chars))
	}
	return b
}

// render appends nodes[n] as JSON. The source is copied where it is JSON already.
func (r *renderer) render(dst []byte, n int32) []byte {
	s := r.s
	d := &s.nodes[n]
	switch d.kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		if v, _ := parseBool(s.text(d)); v {
			return append(dst, "true"...)
		}
		return append(dst, "false"...)
	case Number:
		return append(dst, s.text(d)...)
	case Text:
		b := s.text(d)
		if r.xml {
			if b = trim(r.utf8(b)); len(b) == 0 { // there were but control characters
				if d.flags&listed != 0 {
					return append(dst, "[]"...)
				}
				return append(dst, "null"...)
			}
		}
		if d.flags&(quoted|textScratch|repaired) == quoted && !r.legacy {
			return append(dst, s.src[d.text.lo-1:d.text.hi+1]...)
		}
		return AppendQuoted(dst, r.utf8(b))
	}
	if d.flags&mixed != 0 && d.text.hi > d.text.lo {
		return AppendQuoted(dst, trim(r.utf8(s.text(d)))) // text with elements in it, such as HTML
	}
	if !r.xml && !r.legacy && r.faithful(n) {
		return append(dst, s.text(d)...)
	}
	if d.kind == List || r.isArray(n) {
		dst = append(dst, '[')
		for k := n + 1; k < d.next; k = s.nodes[k].next {
			if k > n+1 {
				dst = append(dst, ',')
			}
			dst = r.render(dst, k)
		}
		return append(dst, ']')
	}
	return r.renderObject(dst, n)
}

// faithful reports whether the source of the container nodes[n] is valid JSON.
func (r *renderer) faithful(n int32) bool {
	for _, c := range r.s.text(&r.s.nodes[n]) {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return false // between the values, where the scanner takes it for white space
		}
	}
	for k := n; k < r.s.nodes[n].next; k++ {
		if r.s.nodes[k].flags&repaired != 0 {
			return false
		}
	}
	return true
}

// isArray reports whether the XML element nodes[n] is a list: it says so, its children all have one
// name, or its one child has the singular of its name.
func (r *renderer) isArray(n int32) bool {
	s := r.s
	d := &s.nodes[n]
	if !r.xml || d.next == n+1 {
		return false
	}
	if d.flags&listed != 0 {
		return true
	}
	first := s.name(&s.nodes[n+1])
	count := 0
	for k := n + 1; k < d.next; k = s.nodes[k].next {
		if string(s.name(&s.nodes[k])) != string(first) {
			return false
		}
		count++
	}
	return count > 1 || string(first) == singular(string(s.name(d)))
}

// renderObject appends an object. Children of one name become an array.
func (r *renderer) renderObject(dst []byte, n int32) []byte {
	s := r.s
	if r.unique(n) {
		dst = append(dst, '{')
		for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
			if k > n+1 {
				dst = append(dst, ',')
			}
			dst = append(AppendQuoted(dst, r.utf8(s.name(&s.nodes[k]))), ':')
			dst = r.render(dst, k)
		}
		return append(dst, '}')
	}
	var order []string
	kids := map[string][]int32{}
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		name := string(r.utf8(s.name(&s.nodes[k])))
		if _, ok := kids[name]; !ok {
			order = append(order, name)
		}
		kids[name] = append(kids[name], k)
	}
	dst = append(dst, '{')
	for i, name := range order {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendQuoted(dst, name), ':')
		same := kids[name]
		if len(same) == 1 {
			dst = r.render(dst, same[0])
			continue
		}
		dst = append(dst, '[')
		for j, k := range same {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = r.render(dst, k)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// unique reports whether the fields of the object nodes[n] are few and all have names of their own.
func (r *renderer) unique(n int32) bool {
	s := r.s
	count := 0
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if count++; count > 12 {
			return false
		}
		for j := n + 1; j < k; j = s.nodes[j].next {
			if string(s.name(&s.nodes[j])) == string(s.name(&s.nodes[k])) {
				return false
			}
		}
	}
	return true
}
