package open311test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-open311/open311/internal/wire"
)

// document is what is said about an answer besides its records.
type document struct {
	root, item string // item is "" for a document that is one record
	shape      Shape
	kind       kind
	total      int
}

// write makes an answer of records of the specification.
func (c *conversation) write(d document, rows []wire.Value) []byte {
	parts := make([][]byte, len(rows))
	for i, v := range rows {
		v.Name = d.item
		if d.item == "" {
			v.Name = d.root
		}
		parts[i] = c.encode(c.alter(d.kind, c.named(d, v)))
	}
	return c.wrap(d, parts)
}

// named gives the record the name of its element.
func (c *conversation) named(d document, v wire.Value) wire.Value {
	if d.item == requestTable.Item && c.Item != "" {
		v.Name = c.Item
	}
	return v
}

// encode writes one record.
func (c *conversation) encode(v wire.Value) []byte {
	if c.f == wire.JSON {
		return wire.AppendJSON(nil, v)
	}
	if v.Name == requestTable.Item && c.Item != "" {
		v.Name = c.Item
	}
	x := xmlWriter{q: &c.Quirks}
	x.element(v, false)
	return x.dst
}

// wrap puts the envelope around the records and what is odd into the text.
func (c *conversation) wrap(d document, parts [][]byte) []byte {
	root := d.root
	if root == requestTable.Root && c.Root != "" {
		root = c.Root
	}
	if c.f == wire.XML {
		return c.finish(c.wrapXML(d, root, parts))
	}
	return c.finish(wrapJSON(d, root, parts))
}

func wrapJSON(d document, root string, parts [][]byte) []byte {
	inner := bytes.Join(parts, []byte(","))
	if d.shape == Bare && d.item != "" {
		return slices.Concat([]byte("["), inner, []byte("]"))
	}
	bare := "[" + string(inner) + "]"
	if d.item == "" {
		bare = string(inner)
	}
	quoted := strconv.Quote(root)
	switch d.shape {
	case UnderRoot:
		return []byte("{" + quoted + ":" + bare + "}")
	case UnderData:
		return []byte(`{"data":` + bare + "}")
	case UnderItems:
		return []byte("{" + quoted + `:[{` + strconv.Quote(d.item) + ":" + bare + "}]}")
	case ObjectItem:
		if len(parts) == 1 {
			bare = string(inner)
		}
		return []byte("{" + quoted + ":{" + strconv.Quote(d.item) + ":" + bare + "}}")
	case WithMeta:
		return []byte("{" + quoted + ":" + bare + `,"meta":{"total":` + strconv.Itoa(d.total) + `,"count":` + strconv.Itoa(len(parts)) + "}}")
	case Lone:
		if len(parts) == 1 {
			return inner
		}
	case InArray:
		return []byte("[" + string(inner) + "]")
	case NestedArrays:
		return []byte("[" + bare + "]")
	case Fragment:
		return inner
	}
	return []byte(bare)
}

func (c *conversation) wrapXML(d document, root string, parts [][]byte) []byte {
	var dst []byte
	if c.Declaration != "" {
		dst = append(dst, c.Declaration...)
	} else if !c.NoDeclaration {
		dst = append(dst, wire.Header...)
	}
	if d.item == "" {
		return append(dst, bytes.Join(parts, nil)...)
	}
	open, end := "<"+root, "</"+root+">"
	if c.Namespaces {
		open += ` xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"`
	}
	if c.TypeAttributes {
		open += ` type="array"`
	}
	open += ">"
	if c.DoubleRoot {
		open, end = open+"<"+root+">", end+end
	}
	if c.RootPerItem && len(parts) > 0 {
		dst = append(dst, "<response>"...)
		for _, p := range parts {
			dst = append(append(append(dst, open...), p...), end...)
		}
		return append(dst, "<meta><total>"+strconv.Itoa(d.total)+"</total></meta></response>"...)
	}
	dst = append(dst, open...)
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return append(dst, end...)
}

// finish changes the text of a document as a whole.
func (c *conversation) finish(b []byte) []byte {
	if c.f == wire.JSON && c.Pretty {
		var out bytes.Buffer
		if json.Indent(&out, b, "", "   ") == nil {
			b = out.Bytes()
		}
	}
	if c.f == wire.JSON && c.Escaped {
		// Both characters stand in strings only.
		b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("/"), []byte(`\/`)), []byte("<"), []byte(`\u003C`))
	}
	if c.ControlBytes {
		b = bytes.ReplaceAll(b, []byte(control), []byte{0x10})
	}
	if c.Latin1 {
		b = latin1(b, c.f)
	}
	if c.LeadingSpace {
		b = append([]byte("\n\n"), b...)
	}
	if c.BOM {
		b = append([]byte("\xEF\xBB\xBF"), b...)
	}
	return b
}

// latin1 writes a byte for every character up to U+00FF, and references for the others; in the name of an
// element, where XML knows no references, an underscore.
func latin1(b []byte, f wire.Format) []byte {
	out := make([]byte, 0, len(b)+len(b)/8)
	tag := false
	for len(b) > 0 {
		n := 0 // most of a document is ASCII
		for n < len(b) && b[n] < utf8.RuneSelf {
			n++
		}
		if at := bytes.LastIndexAny(b[:n], "<>"); at >= 0 {
			tag = b[at] == '<' // in a text both are escaped
		}
		out, b = append(out, b[:n]...), b[n:]
		if len(b) == 0 {
			break
		}
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		switch {
		case r >= 0xA0 && r <= 0xFF:
			out = append(out, byte(r))
		case f == wire.XML && tag:
			out = append(out, '_')
		case f == wire.XML:
			out = append(out, "&#"+strconv.Itoa(int(r))+";"...)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			out = appendEscape(appendEscape(out, high), low)
		default:
			out = appendEscape(out, r)
		}
	}
	return out
}

// appendEscape appends a character of 16 bits as JSON can write it in ASCII.
func appendEscape(dst []byte, r rune) []byte { return fmt.Appendf(dst, `\u%04x`, r) }

// xmlWriter writes elements with the quirks of XML.
type xmlWriter struct {
	q   *Quirks
	dst []byte
}

func (x *xmlWriter) element(v wire.Value, item bool) {
	q := x.q
	if v.Kind == wire.List && (q.FlatLists && len(v.Kids) > 0 || q.BareAttributes && v.Name == "attributes") {
		for _, k := range v.Kids {
			if k.Name == "" {
				k.Name = itemName(v.Name)
			}
			if q.FlatLists {
				k.Name = v.Name
			}
			x.element(k, true)
		}
		return
	}
	if !q.NilAttributes && !q.TypeAttributes && v.Kind < wire.List && !q.CDATA && !q.CharRefs && !q.BareAmpersands {
		x.dst = wire.AppendXML(x.dst, v)
		return
	}
	empty := v.Kind == wire.Null || v.Kind == wire.Text && v.Text == "" || v.Kind >= wire.List && len(v.Kids) == 0
	head := wire.AppendXML(nil, wire.Value{Name: v.Name}) // <name/>: the writer knows what a name may be
	name := string(head[1 : len(head)-2])
	x.dst = append(x.dst, "<"+name...)
	switch {
	case q.NilAttributes && v.Kind == wire.Null:
		x.dst = append(x.dst, ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"`...)
	case q.TypeAttributes && v.Kind == wire.List:
		x.dst = append(x.dst, ` type="array"`...)
	case q.TypeAttributes && v.Kind == wire.Bool:
		x.dst = append(x.dst, ` type="boolean"`...)
	case q.TypeAttributes && item:
		x.dst = append(x.dst, ` key="0"`...)
	}
	if empty {
		x.dst = append(x.dst, "/>"...)
		return
	}
	x.dst = append(x.dst, '>')
	if v.Kind < wire.List {
		x.text(v.Text)
	}
	for _, k := range v.Kids {
		if k.Name == "" {
			k.Name = itemName(v.Name)
		}
		x.element(k, v.Kind == wire.List)
	}
	x.dst = append(x.dst, "</"+name+">"...)
}

// lostInCDATA reports whether a character cannot stand as it is: a reader makes new lines of \r, and others are
// not XML at all.
func lostInCDATA(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF }

// itemName returns the name of an item in a list that the specification names, or guesses one.
func itemName(list string) string {
	probe := wire.AppendXML(nil, wire.Value{Name: list, Kind: wire.List, Kids: []wire.Value{{}}})
	name, _, _ := bytes.Cut(bytes.TrimPrefix(probe, []byte("<"+list+"><")), []byte("/>"))
	return string(name)
}

func (x *xmlWriter) text(s string) {
	if x.q.CDATA && strings.ContainsAny(s, "<>&") && !strings.Contains(s, "]]>") && !x.q.Latin1 && !strings.ContainsFunc(s, lostInCDATA) {
		x.dst = append(x.dst, "<![CDATA["+s+"]]>"...)
		return
	}
	plain := wire.AppendXML(nil, wire.Value{Name: "a", Kind: wire.Text, Text: s})
	plain = plain[len("<a>") : len(plain)-len("</a>")]
	if x.q.BareAmpersands {
		// What follows must not make a reference of it; a blank never does.
		plain = bytes.ReplaceAll(plain, []byte("&amp; "), []byte("& "))
	}
	if !x.q.CharRefs {
		x.dst = append(x.dst, plain...)
		return
	}
	for len(plain) > 0 {
		r, n := utf8.DecodeRune(plain)
		if r < utf8.RuneSelf {
			x.dst = append(x.dst, plain[0])
		} else {
			x.dst = append(x.dst, "&#"+strconv.Itoa(int(r))+";"...)
		}
		plain = plain[n:]
	}
}
