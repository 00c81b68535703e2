package open311_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// spelling is one way to write the same document.
type spelling struct {
	name  string
	write func(doc *tree) []byte // nil for a document that cannot be written so
}

// TestRewritten reads every well-formed fixture in spellings that say the same: each must give the same
// values, or the same error.
func TestRewritten(t *testing.T) {
	list := fixtures(t)
	done, read := 0, 0
	for _, f := range list {
		spellings := jsonSpellings
		doc, ok := parseJSONTree(f.Body)
		if !ok {
			if doc, ok = parseXMLTree(f.Body); !ok {
				continue
			}
			spellings = xmlSpellings
		}
		if f.op() == "errors" && len(f.Body) > 8<<10 {
			continue // where it is cut depends on how it is written
		}
		done++
		t.Run(f.File, func(t *testing.T) {
			var all []*fixture
			for _, s := range spellings {
				g := *f
				g.File, g.Body = fmt.Sprintf("%s/%s", f.op(), s.name), s.write(doc)
				if ordered := strings.HasPrefix(s.name, "reversed") || strings.HasPrefix(s.name, "sorted"); g.Body == nil || ordered && f.op() == "errors" {
					continue
				}
				g.Header = f.Header.Clone()
				if strings.HasPrefix(s.name, "latin-1") {
					mediatype, _, _ := strings.Cut(g.Header.Get("Content-Type"), ";")
					g.Header.Set("Content-Type", mediatype+"; charset=iso-8859-1")
				}
				all = append(all, &g)
			}
			plain := *f
			plain.File = f.op() + "/as it is"
			town := newTown(t, append(all, &plain))
			want := town.read(t, &plain, f.format()).plain()
			for _, g := range all {
				read++
				got := town.read(t, g, f.format()).plain()
				if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
					t.Errorf("%s (-as it is +rewritten):\n%s\n%.300s", g.File, d, g.Body)
				}
			}
		})
	}
	t.Logf("%d fixtures, %d spellings of JSON and %d of XML: %d documents", done, len(jsonSpellings), len(xmlSpellings), read)
}

// tree is a value of JSON or an element of XML.
type tree struct {
	name  string
	attrs []xml.Attr
	text  string // of a scalar: as JSON has it, or the characters of XML
	kind  byte   // '{', '[', 's' for a scalar
	kids  []*tree
}

func parseJSONTree(body []byte) (*tree, bool) {
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var read func() *tree
	read = func() *tree {
		token, _ := d.Token()
		delim, ok := token.(json.Delim)
		if !ok {
			text, _ := json.Marshal(token)
			if s, isText := token.(string); isText && strings.ContainsRune(s, utf8.RuneError) {
				text = nil // half a surrogate: no other spelling says the same
			}
			return &tree{kind: 's', text: string(text)}
		}
		n := &tree{kind: byte(delim)}
		for d.More() {
			name := ""
			if delim == '{' {
				token, _ := d.Token()
				name = token.(string)
			}
			kid := read()
			kid.name = name
			n.kids = append(n.kids, kid)
		}
		_, _ = d.Token()
		return n
	}
	n := read()
	return n, !n.any(func(n *tree) bool { return n.kind == 's' && n.text == "" })
}

func (n *tree) any(is func(*tree) bool) bool {
	return is(n) || slices.ContainsFunc(n.kids, func(k *tree) bool { return k.any(is) })
}

// parseXMLTree reads a document of elements that have either text or elements in them.
func parseXMLTree(body []byte) (*tree, bool) {
	if !utf8.Valid(body) || bytes.Contains(body, []byte("<!DOCTYPE")) || bytes.Contains(body, []byte("<html")) {
		return nil, false
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	var root *tree
	var stack []*tree
	for {
		token, err := d.Token()
		if err == io.EOF {
			return root, root != nil && len(stack) == 0 && !root.any(func(n *tree) bool { return len(n.kids) > 0 && strings.TrimSpace(n.text) != "" })
		}
		if err != nil {
			return nil, false
		}
		switch x := token.(type) {
		case xml.StartElement:
			n := &tree{name: x.Name.Local, attrs: slices.Clone(x.Attr)}
			if len(stack) > 0 {
				up := stack[len(stack)-1]
				up.kids = append(up.kids, n)
			} else if root != nil {
				return nil, false
			} else {
				root = n
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(x)
			} else if len(bytes.TrimSpace(x)) > 0 {
				return nil, false
			}
		}
	}
}

// jsonStyle says how a tree is written as JSON.
type jsonStyle struct {
	gap      string                     // between the tokens
	line     string                     // in front of each value, and after the last
	quote    func(text string) string   // of names and texts
	order    func(kids []*tree) []*tree // of the fields of an object
	trailing string                     // behind the last field
	number   string                     // around numbers
}

func (s jsonStyle) write(doc *tree) []byte {
	var b strings.Builder
	quote := s.quote
	if quote == nil {
		quote = func(text string) string { return text }
	}
	var write func(n *tree)
	write = func(n *tree) {
		switch n.kind {
		case 's':
			switch {
			case n.text[0] == '"':
				b.WriteString(quote(n.text))
			case s.number != "" && strings.ContainsAny(n.text[:1], "-0123456789"):
				b.WriteString(s.number + n.text + s.number)
			default:
				b.WriteString(n.text)
			}
			return
		}
		kids := n.kids
		if s.order != nil && n.kind == '{' {
			kids = s.order(kids)
		}
		b.WriteByte(n.kind)
		for i, k := range kids {
			if i > 0 {
				b.WriteString(s.gap + ",")
			}
			b.WriteString(s.line)
			if n.kind == '{' {
				name, _ := json.Marshal(k.name)
				b.WriteString(quote(string(name)) + s.gap + ":" + s.gap)
			}
			write(k)
		}
		if len(kids) > 0 {
			b.WriteString(s.trailing)
		}
		b.WriteString(s.line)
		b.WriteByte(n.kind + 2) // the bracket that closes
	}
	write(doc)
	return []byte(b.String())
}

// escaped returns a JSON text with the characters for which it is true as \u escapes.
func escaped(format string, is func(r rune) bool) func(string) string {
	return func(quoted string) string {
		var text string
		_ = json.Unmarshal([]byte(quoted), &text)
		var b strings.Builder
		for _, r := range text {
			if !is(r) && r >= ' ' && r != '"' && r != '\\' {
				b.WriteRune(r)
				continue
			}
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, format, unit)
			}
		}
		return `"` + b.String() + `"`
	}
}

// distinct is order for the fields of records that have each name once. The order of other things may tell.
func distinct(order func([]*tree)) func([]*tree) []*tree {
	return func(kids []*tree) []*tree {
		if !slices.ContainsFunc(kids, func(k *tree) bool {
			return slices.Contains([]string{"service_request_id", "service_code", "update_id", "datatype", "specification"}, k.name)
		}) {
			return kids
		}
		seen := map[string]bool{}
		for _, k := range kids {
			name := strings.ToLower(strings.ReplaceAll(k.name, "_", ""))
			if seen[name] {
				return kids
			}
			seen[name] = true
		}
		kids = slices.Clone(kids)
		order(kids)
		return kids
	}
}

func inUTF16(order binary.AppendByteOrder, mark bool, text []byte) []byte {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xFEFF)
	}
	for _, unit := range utf16.Encode([]rune(string(text))) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

// bareUTF16 is for lists and objects: of a lone word nobody can tell that it is UTF-16.
func bareUTF16(order binary.AppendByteOrder, doc *tree) []byte {
	if doc.kind == 's' {
		return nil
	}
	return inUTF16(order, false, jsonStyle{}.write(doc))
}

var jsonSpellings = []spelling{
	{"compact.json", jsonStyle{}.write},
	{"blanks.json", jsonStyle{gap: " ", line: " "}.write},
	{"lines.json", jsonStyle{line: "\n  "}.write},
	{"crlf-and-tabs.json", jsonStyle{gap: "\t", line: "\r\n"}.write},
	{"all-escaped.json", jsonStyle{quote: escaped(`\u%04x`, func(rune) bool { return true })}.write},
	{"capital-escapes.json", jsonStyle{quote: escaped(`\u%04X`, func(r rune) bool { return r >= 0x80 || r == 'e' })}.write},
	{"ascii.json", jsonStyle{quote: escaped(`\u%04x`, func(r rune) bool { return r >= 0x80 })}.write},
	{"slashes.json", jsonStyle{quote: func(text string) string { return strings.ReplaceAll(text, "/", `\/`) }}.write},
	{"bare-unicode.json", jsonStyle{quote: escaped(`\u%04x`, func(r rune) bool { return false })}.write},
	{"trailing-commas.json", jsonStyle{trailing: ","}.write},
	{"utf-8-mark.json", func(doc *tree) []byte { return append([]byte("\xEF\xBB\xBF"), jsonStyle{}.write(doc)...) }},
	{"utf-16-le.json", func(doc *tree) []byte { return inUTF16(binary.LittleEndian, true, jsonStyle{}.write(doc)) }},
	{"utf-16-be.json", func(doc *tree) []byte { return inUTF16(binary.BigEndian, true, jsonStyle{}.write(doc)) }},
	{"utf-16-le-bare.json", func(doc *tree) []byte { return bareUTF16(binary.LittleEndian, doc) }},
	{"utf-16-be-bare.json", func(doc *tree) []byte { return bareUTF16(binary.BigEndian, doc) }},
	{"latin-1.json", func(doc *tree) []byte { return inLatin1(jsonStyle{}.write(doc)) }},
	{"numbers-as-text.json", numbersAsText},
	{"bare-names.json", bareNames},
	{"commas-first.json", jsonStyle{gap: "\n", line: " "}.write},
	{"reversed.json", jsonStyle{order: reversed}.write},
	{"sorted.json", jsonStyle{order: sorted}.write},
	{"some-escaped.json", jsonStyle{quote: escaped(`\u%04x`, func(r rune) bool { return r%3 == 0 })}.write},
	{"tabs.json", jsonStyle{line: "\t", gap: "\t\t"}.write},
	{"white-space-around.json", func(doc *tree) []byte {
		return slices.Concat([]byte("\r\n\t "), jsonStyle{}.write(doc), []byte(" \n\n"))
	}},
}

// xmlStyle says how a tree is written as XML.
type xmlStyle struct {
	head   string
	prefix string // of the names of elements
	line   string // in front of each element
	text   func(text string) string
	empty  string // in an empty element: "" for <a></a>, "/" for <a/>
	pad    string // around texts
	quote  string // around attributes
	blank  string // in tags
	behind string // behind each element

	order func(kids []*tree) []*tree // of the fields of a record
}

func (s xmlStyle) write(doc *tree) []byte {
	var b strings.Builder
	b.WriteString(s.head)
	var write func(n *tree, depth int)
	write = func(n *tree, depth int) {
		b.WriteString(s.line + "<" + s.prefix + n.name)
		if depth == 0 && s.prefix != "" {
			b.WriteString(` xmlns:` + strings.TrimSuffix(s.prefix, ":") + `="urn:x"`)
		}
		for _, a := range n.attrs {
			name := a.Name.Local
			if a.Name.Space != "" {
				name = "xsi:" + name
			}
			quote := s.quote
			if quote == "" {
				quote = `"`
			}
			b.WriteString(" " + name + s.blank + "=" + s.blank + quote + escapeXML(a.Value) + quote)
		}
		if n.text == "" && len(n.kids) == 0 && s.empty != "" {
			b.WriteString(s.blank + "/>")
			return
		}
		b.WriteString(s.blank + ">")
		switch {
		case len(n.kids) > 0:
			kids := n.kids
			if s.order != nil {
				kids = s.order(kids)
			}
			for _, k := range kids {
				write(k, depth+1)
				b.WriteString(s.behind)
			}
			b.WriteString(s.line)
		case n.text != "":
			text := escapeXML
			if s.text != nil && strings.TrimSpace(n.text) != "" {
				text = s.text
			}
			b.WriteString(s.pad + text(n.text) + s.pad)
		}
		b.WriteString("</" + s.prefix + n.name + s.blank + ">")
	}
	write(doc, 0)
	return []byte(b.String())
}

func escapeXML(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;", "\r", "&#13;").Replace(text)
}

func referred(format string, is func(r rune) bool) func(string) string {
	return func(text string) string {
		var b strings.Builder
		for _, r := range text {
			if is(r) || strings.ContainsRune("&<>\"'\r", r) {
				fmt.Fprintf(&b, format, r)
			} else {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
}

func cdata(text string) string {
	if strings.Contains(text, "\r") {
		return escapeXML(text)
	}
	return "<![CDATA[" + strings.ReplaceAll(text, "]]>", "]]]]><![CDATA[>") + "]]>"
}

var xmlSpellings = []spelling{
	{"compact.xml", xmlStyle{}.write},
	{"declared.xml", xmlStyle{head: `<?xml version="1.0" encoding="UTF-8"?>` + "\n"}.write},
	{"declared-single.xml", xmlStyle{head: `<?xml version='1.0' encoding='utf-8' standalone='yes'?>`}.write},
	{"lines.xml", xmlStyle{line: "\n  "}.write},
	{"crlf.xml", xmlStyle{line: "\r\n\t"}.write},
	{"empty-tags.xml", xmlStyle{empty: "/"}.write},
	{"prefixes.xml", xmlStyle{prefix: "geo:"}.write},
	{"cdata.xml", xmlStyle{text: cdata}.write},
	{"decimal.xml", xmlStyle{text: referred("&#%d;", func(rune) bool { return true })}.write},
	{"hexadecimal.xml", xmlStyle{text: referred("&#x%X;", func(r rune) bool { return r >= 0x80 || r == 'e' })}.write},
	{"ascii.xml", xmlStyle{head: `<?xml version="1.0" encoding="US-ASCII"?>`, text: referred("&#x%x;", func(r rune) bool { return r >= 0x80 })}.write},
	{"padded.xml", xmlStyle{pad: "\n   "}.write},
	{"blank-in-tags.xml", xmlStyle{blank: " "}.write},
	{"single-quotes.xml", xmlStyle{quote: "'"}.write},
	{"comments.xml", xmlStyle{behind: "<!-- a <comment> & more -->"}.write},
	{"instructions.xml", xmlStyle{head: `<?xml-stylesheet href="x.xsl"?>`, behind: "<?next row?>"}.write},
	{"reversed.xml", xmlStyle{order: reversed}.write},
	{"sorted.xml", xmlStyle{order: sorted}.write},
	{"latin-1.xml", func(doc *tree) []byte {
		return inLatin1(xmlStyle{head: `<?xml version="1.0" encoding="ISO-8859-1"?>`}.write(doc))
	}},
	{"some-references.xml", xmlStyle{text: referred("&#x%04x;", func(r rune) bool { return r%3 == 0 })}.write},
	{"lines-and-empty.xml", xmlStyle{line: "\n", empty: "/", blank: "\n"}.write},
	{"utf-8-mark.xml", func(doc *tree) []byte { return append([]byte("\xEF\xBB\xBF"), xmlStyle{}.write(doc)...) }},
	{"utf-16-le.xml", func(doc *tree) []byte { return inUTF16(binary.LittleEndian, true, xmlStyle{}.write(doc)) }},
	{"utf-16-be.xml", func(doc *tree) []byte {
		return inUTF16(binary.BigEndian, true, xmlStyle{head: `<?xml version="1.0" encoding="UTF-16"?>`}.write(doc))
	}},
}

var (
	reversed = distinct(func(kids []*tree) { slices.Reverse(kids) })
	sorted   = distinct(func(kids []*tree) {
		slices.SortFunc(kids, func(a, b *tree) int { return strings.Compare(a.name, b.name) })
	})
)

// inLatin1 returns text in ISO 8859-1, or nil if it has no such characters.
func inLatin1(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r > 0xFF || 0x80 <= r && r < 0xA0 {
			return nil
		}
		out = append(out, byte(r))
	}
	return out
}

// numbersAsText writes numbers in quotes. An id with a fraction or an exponent has no such spelling: 1.042e3 is
// the number 1042, and the text "1.042e3" is an id as it stands.
func numbersAsText(doc *tree) []byte {
	if doc.any(func(n *tree) bool {
		return slices.ContainsFunc(idFields, func(name string) bool { return n.name == name }) &&
			n.kind == 's' && n.text[0] != '"' && strings.ContainsAny(n.text, ".eE")
	}) {
		return nil
	}
	return jsonStyle{number: `"`}.write(doc)
}

// idFields are the fields of this module that are ids: see wire.ID.
var idFields = []string{"service_request_id", "token", "service_code", "update_id", "account_id", "address_id", "zipcode", "changeset", "code", "key", "id"}

// bareNames takes the quotes off the names that need none.
func bareNames(doc *tree) []byte {
	return bareName.ReplaceAll(jsonStyle{line: "\n"}.write(doc), []byte("\n$1:"))
}

var bareName = regexp.MustCompile(`\n"([a-z_]+)":`)
