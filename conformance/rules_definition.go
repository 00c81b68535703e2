package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// maxDefinitions is how many definitions are read in each format: enough to see all datatypes in most
// cities, few enough to be polite in a city of hundreds of services.
const maxDefinitions = 10

var datatypes = []string{"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}

func definitionRules() section {
	return section{OpDefinition, FeatureDefinitions, specDefinition, []rule{
		each("definition/served", Must, "Definitions exist", "A service whose metadata is true has a definition.",
			"status 200 and a document", judgeDefinitionsServed).byCode(),
		inXML("definition/xml-root", Must, "XML root of a definition", "The root element of a definition is service_definition.",
			"<service_definition>", onDefinitions(func(d *node, _ string) string {
				if d.name != "service_definition" {
					return "the root element is <" + d.name + ">"
				}
				return ""
			})).wrapped(),
		inJSON("definition/json-object", Must, "JSON form of a definition", "In JSON a definition is one object, without the root's name around it.",
			`{"service_code":…,"attributes":[…]}`, onDefinitions(func(d *node, _ string) string {
				return objectAlone(d, definitionFields)
			})).wrapped(),
		each("definition/service-code", Must, "Definition of the right service", "A definition repeats the service_code that was asked for.",
			"the code of the path", onDefinitions(func(d *node, code string) string {
				if objectOf(d, definitionFields).value("service_code") != code {
					return objectOf(d, definitionFields).show("service_code") + ", asked for was " + strconv.Quote(code)
				}
				return ""
			})),
		inXML("definition/xml-attributes", Must, "XML list of attributes", "Attributes are attribute elements within one attributes element.",
			"<attributes><attribute>…", onDefinitions(attributesInXML)),
		inJSON("definition/json-attributes", Must, "JSON list of attributes", "In JSON attributes is an array of objects.",
			`"attributes":[{…},…]`, onDefinitions(attributesInJSON)).at(specSpark),
		each("definition/metadata-agrees", Should, "Metadata means attributes", "A service whose metadata is true has at least one attribute.",
			"at least one attribute", onDefinitions(func(d *node, _ string) string {
				if len(attributesOf(d)) == 0 {
					return "no attributes"
				}
				return ""
			})).because("definition/json-attributes"),
	}}
}

// formRules are about the attributes in definitions.
func formRules() section {
	return section{OpDefinition, FeatureDefinitions, specDefinition, []rule{
		each("definition/attribute-code", Must, "Code of an attribute", "Every attribute has a code.", "a code that is not empty",
			onAttributes(filled("code"))),
		each("definition/attribute-code-unique", Must, "Codes of attributes are unique", "No two attributes of a service have the same code.",
			"every code once", onAttributesOf(func() func(*node) string { return unique("code") })),
		each("definition/attribute-variable", Must, "Variable flag", "variable says true or false: whether the user is asked or only told.",
			"true or false", onAttributes(oneOf("variable", "true", "false"))),
		each("definition/attribute-required", Must, "Required flag", "required says true or false: whether a report needs the attribute.",
			"true or false", onAttributes(oneOf("required", "true", "false"))),
		inJSON("definition/attribute-booleans", Must, "Flags are booleans", "variable and required are booleans in JSON.",
			`"variable":true`, onAttributes(allOf(isKind("variable", kindBool), isKind("required", kindBool)))).at(specSpark).typed().because("services/list/metadata-boolean"),
		each("definition/attribute-datatype", Must, "Datatype", "The datatype of an attribute is string, number, datetime, text, singlevaluelist or multivaluelist.",
			"one of the six datatypes", onAttributes(oneOf("datatype", datatypes...))),
		each("definition/attribute-order", Must, "Order of attributes", "The order of an attribute is a whole number from 1 on.",
			"1, 2, 3 …", onAttributes(goodOrder)),
		each("definition/attribute-order-unique", Must, "Order is unique", "No two attributes of a service have the same order.",
			"every order once", onAttributesOf(func() func(*node) string { return unique("order") })).because("definition/attribute-order"),
		inJSON("definition/attribute-order-number", Should, "Order is a number", "order is a number in JSON.",
			`"order":1`, onAttributes(isKind("order", kindNumber))).at(specSpark).typed().because("definition/attribute-order"),
		each("definition/attribute-description", Should, "Prompt of an attribute", "Every attribute has a description, which asks or tells the user something.",
			"a description that is not empty", onAttributes(filled("description"))),
		each("definition/attribute-texts", Must, "Descriptions are texts", "description and datatype_description are plain texts.",
			"no array and no object", onAttributes(plainText("description", "datatype_description"))),
		each("definition/values-of-lists", Must, "Lists have values", "A singlevaluelist or multivaluelist has values to choose from.",
			"at least one value", onAttributes(func(a *node) string {
				if isList(a) && len(a.items("values")) == 0 {
					return a.value("datatype") + " without values"
				}
				return ""
			})),
		each("definition/values-only-of-lists", Should, "Only lists have values", "Attributes of other datatypes have no values.",
			"no values", onAttributes(func(a *node) string {
				if !isList(a) && len(a.items("values")) > 0 && slices.Contains(datatypes, a.value("datatype")) {
					return a.value("datatype") + " with values"
				}
				return ""
			})),
		inXML("definition/xml-values", Must, "XML list of values", "Values are value elements within one values element.",
			"<values><value><key>…", onAttributes(func(a *node) string {
				for _, v := range a.items("values") {
					if v.name != "value" {
						return "there is a <" + v.name + "> in values"
					}
				}
				return ""
			})),
		inJSON("definition/json-values", Must, "JSON list of values", "In JSON values is an array of objects with key and name.",
			`"values":[{"key":…,"name":…}]`, onAttributes(valuesInJSON)).at(specSpark),
		each("definition/value-key", Must, "Keys of values", "Every value has a key, which no other value of the attribute has.",
			"a key that is not empty and unique", onAttributes(func(a *node) string { return eachValue(a, allOf(filled("key"), unique("key"))) })),
		each("definition/value-name", Must, "Names of values", "Every value has a name, which people can read.",
			"a name that is not empty", onAttributes(func(a *node) string { return eachValue(a, filled("name")) })),
		once("definition/formats-equal", Must, "XML and JSON agree on definitions", "XML and JSON define the same attributes.",
			"the same values", judgeDefinitionsEqual).compares(OpDefinition),
		each("definition/unknown-404", Must, "Unknown service code", "The definition of a service that does not exist is answered with 404.",
			"status 404", judgeUnknown("services", OpDefinition)).because("definition/served").of(FeatureErrors),
	}}.listed()
}

// listed: what is no list of attributes shows nothing about attributes.
func (sec section) listed() section {
	for i, r := range sec.rules {
		if len(r.Formats) > 0 && r.ID != "definition/unknown-404" {
			sec.rules[i].needs = append(sec.rules[i].needs, "definition/json-attributes")
		}
	}
	return sec
}

func definitionCall(f Format, code string) call {
	return call{op: OpDefinition, format: f, path: "services/" + url.PathEscape(code)}
}

// defined returns the codes of the services whose definitions are looked at.
func (s *session) defined() []string {
	var codes []string
	for _, v := range s.servicesOf() {
		if v.value("metadata") == "true" && v.value("service_code") != "" && len(codes) < maxDefinitions {
			codes = append(codes, v.value("service_code"))
		}
	}
	return codes
}

func judgeDefinitionsServed(s *session, f Format) outcome {
	if !s.speaks(f) {
		return cannot("the server does not answer in %s", upper(f))
	}
	codes := s.defined()
	for _, code := range codes {
		x, o := s.reach(definitionCall(f, code))
		switch {
		case !good(o):
			return o
		case !x.ok():
			return broken(x, "status %d for service %q", x.status, code)
		case sniff(x.body) != f:
			return broken(x, "the answer for service %q is %s", code, called(sniff(x.body)))
		}
	}
	if len(codes) == 0 {
		return cannot("no service has metadata true")
	}
	return fine
}

// onDefinitions applies a check to every definition that can be read.
func onDefinitions(check func(doc *node, code string) string) judgeFunc {
	return func(s *session, f Format) outcome {
		seen := false
		for _, code := range s.defined() {
			doc, x, o := s.read(definitionCall(f, code))
			if o.what == trouble {
				return o
			}
			if !good(o) {
				continue
			}
			seen = true
			if text := check(doc, code); text != "" {
				return broken(x, "service %s: %s", code, text)
			}
		}
		if !seen {
			return cannot("there is no definition to look at")
		}
		return fine
	}
}

// attributesOf returns the attributes of a definition, also where the element around them is missing.
func attributesOf(doc *node) []*node {
	d := objectOf(doc, definitionFields)
	if list := d.items("attributes"); len(list) > 0 {
		return list
	}
	var list []*node
	for _, k := range d.kids {
		if k.name == "attribute" {
			list = append(list, k)
		}
	}
	return list
}

func onAttributes(check func(*node) string) judgeFunc {
	return onAttributesOf(func() func(*node) string { return check })
}

// onAttributesOf makes the check anew for every definition.
func onAttributesOf(check func() func(*node) string) judgeFunc {
	return func(s *session, f Format) outcome {
		seen := false
		var near []string
		o := onDefinitions(func(doc *node, _ string) string {
			c := check()
			for i, a := range attributesOf(doc) {
				seen = true
				if text := c(a); text != "" {
					near = places(a, text)
					return fmt.Sprintf("attribute no. %d%s: %s", i+1, naming(a), text)
				}
			}
			return ""
		})(s, f)
		if good(o) && !seen {
			return cannot("there is no attribute to look at")
		}
		return o.showing(near...)
	}
}

func attributesInXML(d *node, _ string) string {
	d = objectOf(d, definitionFields)
	if d.child("attribute") != nil {
		return "<attribute> stands directly in <" + d.name + ">, without attributes around it"
	}
	for _, a := range d.items("attributes") {
		if a.name != "attribute" {
			return "there is a <" + a.name + "> in attributes"
		}
	}
	if d.child("attributes") == nil {
		return "attributes is absent"
	}
	return ""
}

func attributesInJSON(d *node, _ string) string {
	d = objectOf(d, definitionFields)
	a := d.child("attributes")
	if a == nil || a.kind != kindList {
		return d.show("attributes")
	}
	for _, k := range a.kids {
		if k.kind != kindObject {
			return "a member of attributes is " + k.kind.String()
		}
	}
	return ""
}

func valuesInJSON(a *node) string {
	v := a.child("values")
	if v == nil || v.kind == kindNull {
		return ""
	}
	if v.kind != kindList {
		return "values is " + v.kind.String()
	}
	for _, k := range v.kids {
		if k.kind != kindObject {
			return "a member of values is " + k.kind.String()
		}
	}
	return ""
}

func isList(a *node) bool {
	return a.value("datatype") == "singlevaluelist" || a.value("datatype") == "multivaluelist"
}

func goodOrder(a *node) string {
	if n, err := strconv.Atoi(a.value("order")); err != nil || n < 1 {
		return a.show("order")
	}
	return ""
}

func eachValue(a *node, check func(*node) string) string {
	for i, v := range a.items("values") {
		if v.kind != kindObject {
			continue
		}
		if text := check(v); text != "" {
			return fmt.Sprintf("value no. %d%s: %s", i+1, naming(v), text)
		}
	}
	return ""
}

func judgeDefinitionsEqual(s *session) outcome {
	seen := false
	for _, code := range s.defined() {
		x, _, o := s.read(definitionCall(FormatXML, code))
		if !good(o) {
			continue
		}
		j, at, o := s.read(definitionCall(FormatJSON, code))
		if !good(o) {
			continue
		}
		seen = true
		if d := differ(objectOf(x, definitionFields), objectOf(j, definitionFields), ""); d.text != "" {
			return d.found(at, "service", code)
		}
	}
	if !seen {
		return cannot("there is no definition in both formats")
	}
	return fine
}

// nobody is an id, a code and a token that no city has given out, of letters that all cities read.
const nobody = "no_such_thing"

// judgeUnknown asks for one of the resource that does not exist.
func judgeUnknown(resource string, op Operation) judgeFunc {
	return func(s *session, f Format) outcome {
		if !s.speaks(f) {
			return cannot("the server does not answer in %s", upper(f))
		}
		x, o := s.reach(call{op: op, format: f, path: resource + "/" + nobody})
		if !good(o) {
			return o
		}
		return x.wants(http.StatusNotFound, "")
	}
}
