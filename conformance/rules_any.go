package conformance

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// anyRules look at all answers that the other rules have brought.
func anyRules() section {
	return section{OpAny, FeatureCore, specEncoding, []rule{
		each("encoding/suffix-decides", Must, "The suffix decides", "The format of an answer is that of the suffix, whatever Accept says.",
			"the format of the suffix", judgeSuffix).at(specFormat),
		each("encoding/utf-8", Must, "UTF-8", "Answers are in UTF-8.", "bytes that are UTF-8", onAnswers(judgeUTF8)).last(),
		each("encoding/content-encoding", Must, "Content-Encoding is true", "An answer is packed as its Content-Encoding says.",
			"a body that can be unpacked", judgeCoding).last(),
		inXML("encoding/xml-well-formed", Must, "Well-formed XML", "XML is well-formed.", "a document that an XML parser can read",
			onAnswers(notReadable)).last(),
		inJSON("encoding/json-well-formed", Must, "Well-formed JSON", "JSON is well-formed, and nothing follows it.", "a document that a JSON parser can read",
			onAnswers(notReadable)).at(specSpark).last(),
		inJSON("encoding/json-names-once", Must, "Names are there once", "No JSON object has a name twice.", "every name once",
			onAnswers(func(x *exchange) string {
				if x.doc == nil || len(x.doc.twice) == 0 {
					return ""
				}
				return fmt.Sprintf("%q is there twice in an object", x.doc.twice[0])
			})).at(specSpark).last(),
		inXML("encoding/xml/fields-once", Should, "Fields are there once", "No field of the specification is there twice in a record.",
			"every field once", onAnswers(fieldTwice)).at(specFormat).last(),
	}}
}

// labelRules are about what answers say of themselves, and about what they have besides.
func labelRules() section {
	return section{OpAny, FeatureCore, specEncoding, []rule{
		inXML("encoding/xml-declaration", Must, "XML declaration", "XML begins with a declaration that names UTF-8.",
			`<?xml version="1.0" encoding="utf-8"?>`, onAnswers(func(x *exchange) string {
				m := declaration.FindSubmatch(bytes.TrimPrefix(x.body, byteOrderMark))
				switch {
				case m == nil:
					return "the document begins with " + strings.TrimSpace(clip(string(x.body[:min(len(x.body), 200)]), 40))
				case !strings.EqualFold(string(m[1]), "utf-8"):
					return "the declaration is " + string(m[0])
				}
				return ""
			})).last(),
		inXML("encoding/xml-namespace", Should, "No foreign namespace", "Elements have no namespace, or "+georeportV2+".",
			"no namespace", onAnswers(func(x *exchange) string {
				if x.doc == nil {
					return ""
				}
				return foreignSpace(x.doc)
			})).at(specFormat).last(),
		inXML("encoding/xml-content-type", Must, "XML is called XML", "The Content-Type of XML is an XML type.",
			"text/xml", sameLabel(func(x *exchange) string {
				if t, _ := contentType(x); t != "text/xml" && t != "application/xml" && !strings.HasSuffix(t, "+xml") {
					return "Content-Type is " + quoted(x)
				}
				return ""
			})).last(),
		inXML("encoding/xml-content-type-text", May, "XML is text/xml", "The Content-Type of XML is text/xml rather than application/xml.",
			"text/xml", onAnswers(func(x *exchange) string {
				if t, _ := contentType(x); t == "application/xml" || strings.HasSuffix(t, "+xml") {
					return "Content-Type is " + quoted(x)
				}
				return ""
			})).last(),
		inJSON("encoding/json-content-type", Should, "JSON is called JSON", "The Content-Type of JSON is application/json.",
			"application/json", sameLabel(func(x *exchange) string {
				if t, _ := contentType(x); t != "application/json" {
					return "Content-Type is " + quoted(x)
				}
				return ""
			})).last(),
		each("encoding/charset", Should, "Charset is declared", "Content-Type names the charset.",
			"charset=utf-8", onAnswers(func(x *exchange) string {
				if _, charset := contentType(x); charset == "" && x.header.Get("Content-Type") != "" {
					return "Content-Type is " + quoted(x)
				}
				return ""
			})).last(),
		each("encoding/charset/true", Must, "Charset is UTF-8", "The charset that a Content-Type names is utf-8.",
			"charset=utf-8", onAnswers(func(x *exchange) string {
				if _, charset := contentType(x); charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "utf8") {
					return "Content-Type is " + quoted(x)
				}
				return ""
			})).last(),
		each("encoding/foreign-fields", May, "Nothing but the specification", "Answers have no fields that the specification does not know.",
			"the fields of the specification", onAnswers(foreignField)).at(specFormat).last(),
	}}
}

var declaration = regexp.MustCompile(`^<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["'][^>]*\?>`)

// onAnswers applies a check to all answers of a format. An answer in another format than the one that
// was asked for is the business of other rules.
func onAnswers(check func(x *exchange) string) judgeFunc {
	return func(s *session, f Format) outcome {
		seen := false
		for _, x := range s.log {
			if x.err != nil || x.busy() || x.format != f || sniff(x.body) != f || s.isTold(x) || !s.target.looksAt(x.op) {
				continue
			}
			seen = true
			if text := check(x); text != "" {
				return broken(x, "%s", text)
			}
		}
		if !seen {
			return cannot("there was no answer in %s", upper(f))
		}
		return fine
	}
}

// sameLabel is onAnswers for the label of an answer: what all answers say of themselves is wrong once.
func sameLabel(check func(x *exchange) string) judgeFunc {
	j := onAnswers(check)
	return func(s *session, f Format) outcome {
		o := j(s, f)
		o.alike = o.text
		return o
	}
}

func notReadable(x *exchange) string {
	if x.broken != nil {
		return x.broken.Error()
	}
	return ""
}

func contentType(x *exchange) (kind, charset string) {
	kind, params, err := mime.ParseMediaType(x.header.Get("Content-Type"))
	if err != nil {
		return "", ""
	}
	return kind, params["charset"]
}

func quoted(x *exchange) string {
	if v := x.header.Get("Content-Type"); v != "" {
		return fmt.Sprintf("%q", v)
	}
	return "absent"
}

// judgeSuffix asks with an Accept that would have it the other way round.
func judgeSuffix(s *session, f Format) outcome {
	if !s.speaks(f) {
		return cannot("the server does not answer in %s", upper(f))
	}
	o := cannot("neither list is to be judged")
	for _, c := range []call{servicesCall(f), listCall(f, nil)} {
		if !s.target.looksAt(c.op) || !s.answersIn(c) {
			continue
		}
		c.accept = mimeOf[FormatJSON]
		if f == FormatJSON {
			c.accept = "text/xml"
		}
		var x *exchange
		if x, o = s.reach(c); good(o) && (x.status != http.StatusOK || sniff(x.body) != f) {
			o = broken(x, "status %d, %s for Accept: %s", x.status, called(sniff(x.body)), c.accept)
		}
		if !good(o) {
			return o
		}
	}
	return o
}

func foreignSpace(n *node) string {
	if n.space != "" && n.space != georeportV2 {
		return fmt.Sprintf("<%s> is in the namespace %q", n.name, n.space)
	}
	for _, k := range n.kids {
		if text := foreignSpace(k); text != "" {
			return text
		}
	}
	return ""
}

// The fields that the specification names, by operation.
var (
	requestFields = []string{"service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
		"service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url", "token", "account_id"}
	fieldsOf = map[Operation][]string{
		OpServices:   {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"},
		OpDefinition: {"variable", "code", "datatype", "required", "datatype_description", "order", "description", "values"},
		OpRequests:   requestFields,
		OpRequest:    requestFields,
		OpCreate:     requestFields,
		OpToken:      requestFields,
	}
)

// recordsIn returns the records of an answer that went well, and the fields that the specification has for them.
// Fields that were asked for by an argument which the specification does not know are no surprise.
func recordsIn(x *exchange) (rows []*node, known []string) {
	known = fieldsOf[x.op]
	switch {
	case known == nil || !x.ok() || x.doc == nil || x.query.Has("extensions") || looksLikeErrors(x.doc):
		return nil, nil
	case x.op == OpDefinition:
		return attributesOf(x.doc), known
	}
	return rowsOf(x.doc, x.format), known
}

func foreignField(x *exchange) string {
	rows, known := recordsIn(x)
	for _, r := range rows {
		for _, k := range r.kids {
			if k.name != "" && !slices.Contains(known, k.name) {
				return fmt.Sprintf("%q is no field of the specification", k.name)
			}
		}
	}
	return ""
}

// fieldTwice looks at what XML can say and JSON cannot: readers take the first of two, or the last, or a list.
func fieldTwice(x *exchange) string {
	rows, known := recordsIn(x)
	for _, r := range rows {
		had := make(map[string]bool, len(r.kids))
		for _, k := range r.kids {
			if had[k.name] && slices.Contains(known, k.name) {
				return fmt.Sprintf("<%s> is there twice in a record%s", k.name, naming(r))
			}
			had[k.name] = true
		}
	}
	return ""
}
