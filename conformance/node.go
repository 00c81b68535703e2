package conformance

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The readers here are strict, and are not those of the client: a reader that forgives hides the very
// faults that this package looks for. Both make the same tree, so that most rules need not know
// which notation they judge.

// kind is the kind of a node. XML has text and objects only.
type kind uint8

const (
	kindNull kind = iota
	kindText
	kindNumber
	kindBool
	kindList
	kindObject // in XML: an element with elements in it
)

func (k kind) String() string {
	return [...]string{"null", "a string", "a number", "a boolean", "an array", "an object"}[k]
}

// node is a value of JSON or an element of XML.
type node struct {
	name  string // of the member or the element; "" in an array
	space string // the XML namespace
	kind  kind
	text  string
	kids  []*node
	twice []string // JSON names that an object has more than once, here and below
}

// count returns how many nodes there are in n.
func (n *node) count() int {
	if n == nil {
		return 0
	}
	sum := 1
	for _, k := range n.kids {
		sum += k.count()
	}
	return sum
}

// child returns the first child of a name, or nil.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// value returns the text of a scalar child without blanks around it; "" if it is absent or null.
func (n *node) value(name string) string { return n.child(name).scalar() }

func (n *node) scalar() string {
	if n == nil || n.kind == kindObject || n.kind == kindList {
		return ""
	}
	return strings.TrimSpace(n.text)
}

// blank: absent, null and empty are the same to GeoReport v2.
func (n *node) blank() bool {
	return n == nil || n.kind == kindNull || len(n.kids) == 0 && strings.TrimSpace(n.text) == ""
}

// show describes a child as a report needs it.
func (n *node) show(name string) string {
	switch c := n.child(name); {
	case c == nil && n.respelled(name) != "":
		return name + " is absent; there is " + n.respelled(name)
	case c == nil:
		return name + " is absent"
	case c.kind == kindNull:
		return name + " is null"
	case c.kind == kindList || c.kind == kindObject:
		return name + " is " + c.kind.String()
	case c.kind == kindText:
		return fmt.Sprintf("%s is %q", name, clip(c.text, 80))
	default:
		return name + " is " + c.text
	}
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

var byteOrderMark = []byte("\xEF\xBB\xBF")

// sniff tells the notation of a body by its first significant byte; HTML and text are neither.
func sniff(body []byte) Format {
	b := bytes.TrimLeft(bytes.TrimPrefix(body, byteOrderMark), " \t\r\n")
	switch {
	case len(b) == 0:
		return FormatNone
	case b[0] == '<':
		head := bytes.ToLower(b[:min(len(b), 512)])
		if bytes.Contains(head, []byte("<!doctype html")) || bytes.Contains(head, []byte("<html")) {
			return FormatNone
		}
		return FormatXML
	case b[0] == '[' || b[0] == '{' || string(b) == "null":
		return FormatJSON
	}
	return FormatNone
}

// parse reads a document. Bytes that are not UTF-8 are the business of a rule of their own; to go on
// behind them they are read as Latin-1.
func parse(body []byte, f Format) (*node, error) {
	marked := bytes.HasPrefix(body, byteOrderMark)
	if body = bytes.TrimPrefix(body, byteOrderMark); !utf8.Valid(body) {
		body = latin1(body)
	}
	if f == FormatXML {
		return parseXML(body)
	}
	doc, err := parseJSON(body)
	if err == nil && marked { // legal before XML, and forbidden before JSON
		err = errMark
	}
	return doc, err
}

var errMark = errors.New("a byte order mark stands before the value, which readers of JSON stumble over")

func latin1(body []byte) []byte {
	runes := make([]rune, len(body))
	for i, b := range body {
		runes[i] = rune(b)
	}
	return []byte(string(runes))
}

const maxDepth = 64

var errDepth = errors.New("nested more than 64 deep")

func parseXML(body []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	// The declared charset is the business of a rule of its own.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var root *node
	var open []*node
	for {
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, space: t.Name.Space, kind: kindText}
			switch {
			case len(open) > maxDepth:
				return nil, errDepth
			case len(open) > 0:
				up := open[len(open)-1]
				up.kind, up.kids = kindObject, append(up.kids, n)
			case root != nil:
				return nil, fmt.Errorf("a second root element <%s>", t.Name.Local)
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, fmt.Errorf("text outside of the root element: %q", clip(string(bytes.TrimSpace(t)), 40))
			}
		}
	}
	if root == nil {
		return nil, errors.New("there is no element")
	}
	return root, nil
}
