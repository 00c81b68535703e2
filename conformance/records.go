package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// Where the records of a document are, whatever stands around them.

// rowsOf returns the records of a list, wherever they are: that the envelope is the right one is a
// rule of its own, and the records behind a wrong one deserve to be judged too.
func rowsOf(doc *node, f Format) []*node {
	var rows []*node
	for _, r := range itemsOf(doc, f) {
		r = inner(r)
		if f != FormatJSON || r.kind == kindObject { // what is no record is found once, by the rules about the form of lists
			rows = append(rows, r)
		}
	}
	return rows
}

// filledRows are those with anything in them.
func filledRows(doc *node, f Format) []*node {
	return slices.DeleteFunc(rowsOf(doc, f), func(r *node) bool { return len(r.kids) == 0 })
}

// named: a record has a name around it, as in [{"request":{…}}] or [{"request":[{…}]}].
func named(r *node) bool { return inner(r) != r }

// inner is a record without the name around it.
func inner(r *node) *node {
	if r.kind != kindObject || len(r.kids) != 1 || slices.Contains(requestFields, r.kids[0].name) {
		return r
	}
	k := r.kids[0]
	if k.kind == kindList && len(k.kids) == 1 {
		k = k.kids[0]
	}
	if k.kind != kindObject {
		return r
	}
	return k
}

// itemsOf returns the members of a list, with what may be around each of the records.
func itemsOf(doc *node, f Format) []*node {
	if f == FormatXML {
		if !doc.child("service_request_id").blank() || !doc.child("service_code").blank() {
			return []*node{doc} // the root is the record
		}
		return shelf(doc).kids
	}
	switch doc.kind {
	case kindList:
		return doc.kids
	case kindObject:
		for _, k := range doc.kids {
			if k.kind == kindList {
				return k.kids
			}
		}
		if len(doc.kids) == 1 && doc.kids[0].kind == kindObject {
			return itemsOf(doc.kids[0], f)
		}
		if len(doc.kids) > 1 && !slices.ContainsFunc(doc.kids, func(k *node) bool { return k.kind != kindObject }) {
			return doc.kids // by their codes, or ids
		}
		if len(doc.kids) > 0 {
			return []*node{doc}
		}
	}
	return nil
}

// shelf is the element that has the records in it: the root, or one that stands in it, with or without a word beside it.
func shelf(doc *node) *node {
	var found *node
	for _, k := range doc.kids {
		if k.kind != kindObject {
			continue
		}
		if found != nil || slices.ContainsFunc(k.kids, func(n *node) bool { return n.kind != kindObject }) {
			return doc // it is a record
		}
		found = k
	}
	if found == nil {
		return doc
	}
	return found
}

// The fields by which the object of a document is known.
var (
	discoveryFields  = []string{"endpoints", "changeset", "contact"}
	definitionFields = []string{"service_code", "attributes"}
)

// objectOf returns the object of a document that is no list: the document, or the member that has its fields.
func objectOf(doc *node, fields []string) *node {
	is := func(n *node) bool {
		return slices.ContainsFunc(fields, func(name string) bool { return n.child(name) != nil })
	}
	if doc.kind == kindList && len(doc.kids) > 0 {
		return doc.kids[0]
	}
	if !is(doc) {
		for _, k := range doc.kids {
			if k.kind == kindObject && is(k) {
				return k
			}
		}
	}
	return doc
}

// objectAlone says what is wrong with a document that is to be one object.
func objectAlone(doc *node, fields []string) string {
	if doc.kind == kindObject && objectOf(doc, fields) == doc {
		return ""
	}
	return "the answer is " + describe(doc)
}

func describe(doc *node) string {
	if doc.kind == kindObject && len(doc.kids) > 0 {
		return fmt.Sprintf("an object whose first member is %q", doc.kids[0].name)
	}
	return doc.kind.String()
}

// roots are the names of the root elements, which stand in JSON around many lists.
var roots = map[Operation]string{
	OpDiscovery: "discovery", OpServices: "services", OpDefinition: "service_definition",
	OpRequests: "service_requests", OpRequest: "service_requests", OpCreate: "service_requests", OpToken: "service_requests",
}

// wrapped marks a finding about what stands around the records: one writer puts it around all of them.
func (o outcome) wrapped() outcome {
	if o.what != broke || o.at.doc == nil {
		return o
	}
	switch doc := o.at.doc; {
	case o.at.format == FormatXML:
		o.alike = "root " + doc.name
	case doc.kind != kindObject || len(doc.kids) == 0:
		o.alike = "array of " + o.text
	case doc.kids[0].name == roots[o.at.op]:
		o.alike = "the root's name"
	default:
		o.alike = "member " + doc.kids[0].name
	}
	return o
}

// respelled is the name that a member has which would be the one that is missing: in humps, in capitals, with dashes.
func (n *node) respelled(name string) string {
	plain := func(v string) string {
		return strings.ToLower(strings.Map(func(c rune) rune {
			if c == '_' || c == '-' {
				return -1
			}
			return c
		}, v))
	}
	if n == nil {
		return ""
	}
	for _, k := range n.kids {
		if k.name != name && plain(k.name) == plain(name) && n.child(name) == nil {
			return k.name
		}
	}
	return ""
}

// items returns the members of a list in a record, wherever the list is well made or not.
func (n *node) items(name string) []*node {
	if c := n.child(name); c != nil && (c.kind == kindList || c.kind == kindObject) {
		return c.kids
	}
	return nil
}
