package open311test_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-open311/open311/open311test"
)

// What a quirk does to a document is undone here, quirk by quirk, so that the readers of encoding/json and
// encoding/xml can read what is left, and find what is in the city. A quirk that has no undo changes no
// document, or only which one is sent.

// doc is what an undo must know about a document.
type doc struct {
	kind       string // request, service, definition, discovery, receipt, token, update, error
	root, item string
	shape      open311test.Shape
	xml        bool
}

type (
	textUndo   func(q, doc, []byte) []byte
	treeUndo   func(q, doc, element) element
	recordUndo func(q, doc, map[string]any) // see recordUndos
)

// textUndos make a document of the bytes, in this order.
var textUndos = []struct {
	quirk string
	undo  textUndo
}{
	{"BOM", func(_ q, _ doc, b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")) }},
	{"LeadingSpace", func(_ q, _ doc, b []byte) []byte { return bytes.TrimPrefix(b, []byte("\n\n")) }},
	{"ControlBytes", func(_ q, _ doc, b []byte) []byte { return bytes.ReplaceAll(b, []byte{0x10}, nil) }},
	{"Latin1", undoLatin1},
	{"BareAmpersands", undoBareAmpersands},
	{"LeadingZeros", undoLeadingZeros},
}

func undoLatin1(_ q, _ doc, b []byte) []byte {
	var text strings.Builder
	for _, c := range b {
		text.WriteRune(rune(c))
	}
	return []byte(text.String())
}

func undoBareAmpersands(_ q, d doc, b []byte) []byte {
	if !d.xml {
		return b
	}
	return bytes.ReplaceAll(b, []byte("& "), []byte("&amp; "))
}

func undoLeadingZeros(_ q, _ doc, b []byte) []byte {
	for _, name := range []string{`"service_code":`, `"service_request_id":`, `"address_id":`, `"zipcode":`} {
		parts := strings.Split(string(b), name)
		for i, p := range parts[1:] {
			if end := strings.IndexAny(p, ",}"); p[0] == '0' && end > 1 {
				parts[i+1] = `"` + p[:end] + `"` + p[end:]
			}
		}
		b = []byte(strings.Join(parts, name))
	}
	return b
}

// treeUndos give elements their names and their places, in this order.
var treeUndos = []struct {
	quirk string
	undo  treeUndo
}{
	{"RootPerItem", undoRootPerItem},
	{"Root", func(x q, _ doc, e element) element { return renamed(e, x.Root, "service_requests") }},
	{"DoubleRoot", undoDoubleRoot},
	{"Item", undoItem},
	{"DefinitionRoot", func(x q, _ doc, e element) element { return renamed(e, x.DefinitionRoot, "service_definition") }},
	{"BareAttributes", undoBareAttributes},
	{"FlatLists", undoFlatLists},
}

func renamed(e element, from, to string) element {
	if e.name == from {
		e.name = to
	}
	return e
}

func undoRootPerItem(_ q, _ doc, e element) element {
	if e.name != "response" {
		return e
	}
	out := element{name: e.kids[0].name}
	for _, k := range e.kids[:len(e.kids)-1] {
		out.kids = append(out.kids, k.kids...)
	}
	return out
}

func undoDoubleRoot(_ q, d doc, e element) element {
	if d.item != "" && len(e.kids) == 1 && e.kids[0].name == e.name {
		return e.kids[0]
	}
	return e
}

func undoItem(x q, d doc, e element) element {
	e.kids = slices.Clone(e.kids)
	for i, k := range e.kids {
		e.kids[i] = renamed(k, x.Item, "request")
	}
	return e
}

func undoBareAttributes(_ q, d doc, e element) element {
	if d.kind != "definition" {
		return e
	}
	out := element{name: e.name}
	list := element{name: "attributes"}
	for _, k := range e.kids {
		if k.name == "attribute" {
			list.kids = append(list.kids, k)
		} else {
			out.kids = append(out.kids, k)
		}
	}
	out.kids = append(out.kids, list)
	return out
}

// undoFlatLists puts the items of a list, each under the list's own name, into one element.
func undoFlatLists(x q, d doc, e element) element {
	out := element{name: e.name, text: e.text}
	at := map[string]int{}
	for _, k := range e.kids {
		k = undoFlatLists(x, d, k)
		item := itemOf[k.name]
		if item == "" || len(k.kids) == 0 && k.text == "" {
			out.kids = append(out.kids, k)
			continue
		}
		i, ok := at[k.name]
		if !ok {
			i, at[k.name] = len(out.kids), len(out.kids)
			out.kids = append(out.kids, element{name: k.name})
		}
		out.kids[i].kids = append(out.kids[i].kids, element{item, k.text, k.kids})
	}
	return out
}

// unwrap takes a document out of the shape that the quirks Lists, Singles, ServiceList, Definitions, Receipts,
// Tokens and Discoveries give it in JSON.
func unwrap(d doc, v any) any {
	field := func(v any, name string) any { m, _ := v.(map[string]any); return m[name] }
	index := func(v any) any {
		if list, ok := v.([]any); ok && len(list) == 1 {
			return list[0]
		}
		return nil
	}
	switch d.shape {
	case open311test.UnderRoot, open311test.WithMeta:
		return field(v, d.root)
	case open311test.UnderData:
		return field(v, "data")
	case open311test.UnderItems:
		return field(index(field(v, d.root)), d.item)
	case open311test.ObjectItem:
		return inList(field(field(v, d.root), d.item))
	case open311test.Lone:
		return inList(v)
	case open311test.InArray, open311test.NestedArrays:
		return index(v)
	}
	return v
}

func inList(v any) any {
	if _, ok := v.(map[string]any); ok {
		return []any{v}
	}
	return v
}

// set returns the names of the quirks that are on.
func set(x q) (names []string) {
	v := reflect.ValueOf(x)
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}

// shapes and looks need no undo of their own: unwrap and strictErrors know the former, strict readers do not
// see the latter.
var (
	shapes = []string{"Lists", "Singles", "ServiceList", "Definitions", "Receipts", "Tokens", "Discoveries", "Errors", "XMLErrors",
		"NoErrorCode", "TextCode", "ErrorStatus", "ErrorSummary", "Omit", "DiscoveryURL", "BothInReceipt", "WholeReceipt", "CreatedStatus"}
	looks = []string{"Name", "DateZone", "NoDeclaration", "Declaration", "Namespaces", "NilAttributes", "TypeAttributes", "CDATA", "CharRefs",
		"Sorted", "Pretty", "Escaped", "XMLType", "JSONType"}
	// chosen say which document is sent, and to what.
	chosen = []string{"NoSuffix", "StrictAccept", "PageWithoutSuffix", "XMLOnly", "JSONOnly", "XMLIsJSON", "JSONIsXML", "Paths",
		"NoDefinitions", "NoXMLDefinitions", "DefinitionBy", "NoTokens", "NoDiscovery", "DiscoveryBeside", "NoUpdates", "NoUpdateLists",
		"Rename", "Accepts", "Ignores", "OneValue", "Several", "SeveralOf", "Breaks", "UnknownStatus", "UnknownCode", "UnknownID",
		"UnknownForm", "EmptyList", "BadDate", "WordIDs", "DefaultStatus", "UpdatedFilters", "Search", "Near", "BoxOrder", "Span",
		"CutSpan", "Always", "OpenRanges", "ExclusiveEnd", "ExclusiveStart", "OldestFirst", "Paging", "FirstPage", "PageSize", "MaxRows",
		"SizeParam", "Beyond", "LinkNext", "HeadNext", "HeadTotal", "KeyParam", "KeyHeader", "KeyScheme", "KeyOnReads", "AnyJurisdiction",
		"PostIsList", "Requires", "RefuseUnknown", "PlainMulti", "PendingToken", "UnknownToken", "DuplicateRefuse"}
)

// Every quirk is undone, or named as one that nobody who reads strictly sees.
func TestEveryQuirkIsUndone(t *testing.T) {
	known := slices.Concat(shapes, looks, chosen)
	for _, u := range textUndos {
		known = append(known, u.quirk)
	}
	for _, u := range treeUndos {
		known = append(known, u.quirk)
	}
	for _, u := range recordUndos {
		known = append(known, u.quirk)
	}
	for f := range reflect.TypeFor[open311test.Quirks]().Fields() {
		if !slices.Contains(known, f.Name) {
			t.Errorf("%s has no undo", f.Name)
		}
	}
}
