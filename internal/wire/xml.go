package wire

import (
	"bytes"
	"html"
	"slices"
)

// xmlReader reads one record. The open elements are a list linked through their nodes: until an
// element is closed, next is the index of its parent and kind is Null, or Object once it has a child.
type xmlReader struct {
	xmlText
	level int // how many elements are open
	at    int // index of the markup being read
}

// xmlRecord reads the element whose start tag begins at src[i] and returns the index behind its end
// tag. nodes[0] is the element, its child elements are the fields of the record. The caller has
// called reset before.
//
// It returns errMore if the window ends inside the element, errCut if the document does, errDeep
// for containers nested too deep, and a syntaxError if no element starts at i; except in the last
// case the nodes up to there are a proper tree all the same. Everything else is read on through, with
// repairs: see start, end, chars and reference.
func (s *scan) xmlRecord(i int) (end int, err error) {
	var t xmlTag
	if i >= len(s.src) || s.src[i] == '<' {
		if t, err = s.xmlStartTag(i); err != nil {
			return i, err
		}
	}
	if t.end == 0 {
		return i, s.fail(i, "no XML element where one should start")
	}
	x := xmlReader{xmlText: xmlText{scan: s, open: -1}}
	x.start(t)
	end, err = x.content(t.end)
	for x.open >= 0 {
		x.close()
	}
	return end, err
}

// content reads what is in the record, up to its end tag.
func (x *xmlReader) content(i int) (end int, err error) {
	for x.open >= 0 {
		if x.open == 0 {
			i = x.fields(i)
		}
		if i = x.chars(i); i == len(x.src) {
			return i, x.cut()
		}
		x.at = i
		if i, err = x.markup(i); err != nil {
			return i, err
		}
	}
	return i, nil
}

// fields reads fields of the record at i for as long as they come as they came in the record before,
// without attributes. It stops in front of the first that does not, or inside the first whose text
// is more than characters as they stand; that field is then open. All of this could be done by chars,
// markup, start and close as well, at three times the price.
func (x *xmlReader) fields(i int) int {
	s := x.scan
	src := s.src
	if len(s.dict.entries) == 0 || s.depth < 1 {
		return i
	}
	for {
		e := s.dict.expected()
		if e == nil || len(s.nodes) >= s.most {
			return i
		}
		at := xmlSkipSpace(src, i)
		hi := at + 1 + len(e.name)
		if hi+1 >= len(src) || string(src[at:hi]) != e.open[:hi-at] {
			return i
		}
		n := node{name: span{uint32(at + 1), uint32(hi)}}
		closed := true
		switch {
		case src[hi] == '>':
			end, high := xmlStop(src, hi+1)
			if high.hi > 0 {
				s.check(high)
			}
			n.text = span{uint32(hi + 1), uint32(end)}
			i = end + len(e.close)
			if i > len(src) || string(src[end:i]) != e.close {
				i, closed = end, false
			}
		case src[hi] == '/' && src[hi+1] == '>':
			i = hi + 2
		default:
			return i
		}
		if s.nodes[0].kind != Object {
			x.contain()
		}
		n.entry = s.dict.took()
		if !closed {
			s.nodes = append(s.nodes, n)
			x.open = int32(len(s.nodes) - 1)
			x.level++
			return i
		}
		n.next = int32(len(s.nodes) + 1)
		if lo := n.text.lo; lo == n.text.hi || src[lo] <= ' ' && xmlBlank(src[lo:n.text.hi]) {
			n.text = span{}
		} else {
			n.kind, n.flags = Text, untyped
		}
		s.nodes = append(s.nodes, n)
	}
}

// markup reads what starts with the '<' at i. If nothing can start there it is a character of text.
func (x *xmlReader) markup(i int) (int, error) {
	src := x.src
	if i+1 == len(src) {
		return i, x.cut()
	}
	switch c := src[i+1]; {
	case c == '/':
		return x.end(i)
	case c == '!' && bytes.HasPrefix(src[i:], xmlCDATA):
		return x.cdata(i)
	case c == '!' || c == '?':
		end, note, err := x.xmlSkipMarkup(i)
		if err != nil {
			return i, err
		}
		if end > 0 {
			if note != "" {
				x.repair(int(x.open), WarnSyntax, note)
			}
			return end, nil
		}
	default:
		t, err := x.xmlStartTag(i)
		if err != nil {
			return i, err
		}
		if t.end > 0 {
			if x.level > x.depth {
				return i, errDeep
			}
			if len(x.nodes) >= x.most {
				return i, errMany
			}
			x.start(t)
			return t.end, nil
		}
	}
	return x.bare(i), nil
}

// start opens the element whose start tag is t.
func (x *xmlReader) start(t xmlTag) {
	entry := int32(-1)
	if x.open >= 0 {
		x.contain()
		if x.open == 0 {
			entry = x.dict.find(x.src[t.name.lo:t.name.hi])
		}
	}
	x.nodes = append(x.nodes, node{name: t.name, next: x.open, entry: entry, flags: t.flags})
	x.open = int32(len(x.nodes) - 1)
	x.level++
	if t.note != "" {
		x.repair(int(x.open), WarnSyntax, t.note)
	}
	if len(x.attrs) > 0 {
		x.attributes(t)
	}
	if t.empty {
		x.close()
	}
}

// attributes makes child elements of the attributes of the open element, whose start tag is t. A text that
// the element has besides becomes a child of the element's own name. The places that converters number the
// items of a list with, key="0", are no values.
func (x *xmlReader) attributes(t xmlTag) {
	i := xmlSkipIdle(x.src, t.end)
	text := !t.empty && i < len(x.src) && (x.src[i] != '<' || bytes.HasPrefix(x.src[i:], xmlCDATA))
	item := !t.empty && !text || string(x.src[t.name.lo:t.name.hi]) == "item"
	attrs := slices.DeleteFunc(x.attrs, func(a attr) bool {
		name := string(x.src[a.name.lo:a.name.hi])
		return item && (name == "key" || name == "index") && digits(a.value, 0) == len(a.value)
	})
	if len(attrs) == 0 {
		return
	}
	x.contain()
	for _, a := range attrs {
		entry := int32(-1)
		if x.open == 0 {
			entry = x.dict.find(x.src[a.name.lo:a.name.hi])
		}
		lo := len(x.scratch)
		x.scratch = append(x.scratch, html.UnescapeString(string(a.value))...)
		x.nodes = append(x.nodes, node{name: a.name, kind: Text, flags: untyped | textScratch, entry: entry,
			text: span{uint32(lo), uint32(len(x.scratch))}, next: int32(len(x.nodes) + 1)})
		x.check(span{a.name.lo, uint32(t.end)})
	}
	if text {
		x.nodes = append(x.nodes, node{name: t.name, next: x.open, entry: -1, flags: twin})
		x.open = int32(len(x.nodes) - 1)
		x.level++
	}
}

// contain makes the open element a container: a child element comes.
func (x *xmlReader) contain() {
	n := &x.nodes[x.open]
	if n.kind == Object {
		return
	}
	blank := xmlIdle(x.text(n))
	if n.flags&textScratch != 0 {
		x.scratch = x.scratch[:n.text.lo]
		n.flags &^= textScratch
	}
	n.kind, n.text = Object, span{}
	if !blank {
		x.mix()
	}
}

// close closes the open element.
func (x *xmlReader) close() {
	n := &x.nodes[x.open]
	if n.kind == Object && n.flags&(mixed|holdsMixed) != 0 {
		n.text = x.inner(n)
		n.flags |= holdsMixed
		if n.next > 0 { // the record itself needs no text
			x.nodes[n.next].flags |= holdsMixed
		}
	}
	if n.kind != Object {
		switch text := x.text(n); {
		case xmlBlank(text) && n.flags&(listed|isNil) == listed:
			n.kind = List
		case xmlBlank(text):
		case n.flags&isNil != 0:
			x.repair(int(x.open), WarnValue, `text in an element with nil="true", dropped`)
		default:
			n.kind = Text
			n.flags |= untyped
		}
		if n.kind != Text {
			n.text = span{}
			n.flags &^= textScratch
		}
	}
	twice := n.flags&twin != 0
	n.flags &^= isNil | twin
	silent := twice && n.kind < List && xmlIdle(x.text(n))
	x.open, n.next = n.next, int32(len(x.nodes))
	x.level--
	if silent { // a CDATA section in which there was nothing
		last := len(x.nodes) - 1
		for i := len(x.repairs) - 1; i >= 0 && int(x.repairs[i].node) == last; i-- {
			x.repairs[i].node = x.open
		}
		x.nodes = x.nodes[:last]
	}
	if twice {
		x.close()
	}
}

// inner returns the source between the tags of the open element n, which ends at x.at: text with
// elements in it is unescaped HTML mostly, and the mapper wants it whole.
func (x *xmlReader) inner(n *node) span {
	lo := bytes.LastIndexByte(x.src[:n.name.lo], '<')
	if lo < 0 {
		return span{}
	}
	if t, err := x.xmlStartTag(lo); err == nil && 0 < t.end && t.end <= x.at {
		return span{uint32(t.end), uint32(x.at)}
	}
	return span{}
}

// end reads the end tag at i.
func (x *xmlReader) end(i int) (int, error) {
	src := x.src
	name := x.name(&x.nodes[x.open])
	if hi := i + 2 + len(name); hi < len(src) && src[hi] == '>' && string(src[i+2:hi]) == string(name) {
		x.close()
		return hi + 1, nil
	}
	t, err := x.xmlEndTag(i)
	if err != nil {
		return i, err
	}
	if t.end == 0 {
		return x.bare(i), nil
	}
	if t.note != "" {
		x.repair(int(x.open), WarnSyntax, t.note)
	}
	name = src[t.name.lo:t.name.hi]
	for n := x.open; n >= 0; n = x.nodes[n].next {
		if !bytes.Equal(x.name(&x.nodes[n]), name) {
			continue
		}
		for x.open > n {
			x.complain("<", x.name(&x.nodes[x.open]), "> without an end tag")
			x.close()
		}
		x.close()
		return t.end, nil
	}
	return x.unmatched(i, t)
}

// unmatched reads an end tag that has the name of no open element, after these rules:
//
//   - If it is a name of a root or an item then the record's end tag is missing: the record ends in
//     front of it.
//   - Inside a field it is the misspelt end tag of that field: <a><b>x</bb><c>y</c></a> is b=x and
//     c=y. But when text follows, or the field's own end tag, it is left over from some HTML.
//   - Elsewhere it is the record's end tag if it is only a little misspelt.
//   - Otherwise it is dropped.
func (x *xmlReader) unmatched(i int, t xmlTag) (int, error) {
	src := x.src
	name := src[t.name.lo:t.name.hi]
	if x.dict.table != nil && x.dict.table.isRoot(name) {
		x.complain("</", name, "> where the record should end first")
		for x.open >= 0 {
			x.close()
		}
		return i, nil
	}
	own := x.name(&x.nodes[x.open])
	closes := xmlAlike(name, own)
	if x.open > 0 {
		j := xmlSkipSpace(src, t.end)
		if j == len(src) {
			return i, x.cut()
		}
		closes = src[j] == '<' && !xmlEnds(src[j:], own)
	}
	if !closes {
		x.complain("</", name, "> without a start tag, dropped")
		return t.end, nil
	}
	x.complain("</", name, "> for the end tag of another name")
	x.close()
	return t.end, nil
}

// xmlEnds reports whether b starts with an end tag for name.
func xmlEnds(b, name []byte) bool {
	if len(b) < 2 || b[1] != '/' || !bytes.HasPrefix(b[2:], name) {
		return false
	}
	b = b[2+len(name):]
	return len(b) == 0 || xmlClass[b[0]]&xmlNameChar == 0
}

// xmlAlike reports whether the two names differ in one place only, by less than half their length.
func xmlAlike(a, b []byte) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	same := 0
	for same < len(b) && a[same] == b[same] {
		same++
	}
	for i := 1; same < len(b) && a[len(a)-i] == b[len(b)-i]; i++ {
		same++
	}
	return 2*same >= len(a)
}

// complain notes a repair that has to do with a name.
func (x *xmlReader) complain(before string, name []byte, after string) {
	if !x.quiet && len(x.repairs) < maxRepairs {
		x.repair(int(x.open), WarnSyntax, before+x.sample(name)+after)
	}
}
