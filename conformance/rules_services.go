package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-open311/open311/internal/plain"
)

func serviceRules() section {
	sv := call{op: OpServices, path: "services"}
	return section{OpServices, FeatureCore, specServices, []rule{
		inXML("services/list/xml", Must, "Services in XML", "The list of services is answered in XML: every server speaks it.",
			"status 200 and an XML document", judgeServed(sv)).at(specFormat),
		inJSON("services/list/json", May, "Services in JSON", "A server may speak JSON as well.",
			"status 200 and a JSON document", judgeServed(sv)).at(specFormat).of(FeatureJSON),
		inXML("services/list/xml-root", Must, "XML root of the services", "The root element of the list is services.",
			"<services>", judgeRoot(sv, "services")),
		inXML("services/list/xml-item", Must, "XML element of a service", "Every service is a service element.",
			"<service>", judgeItem(sv, "service")),
		inJSON("services/list/json-array", Must, "JSON form of the services", "In JSON the list is an array of objects, without a name around it.",
			"[{…},…]", judgeArray(sv)).at(specSpark),
		each("services/list/no-key", Should, "Reading needs no key", "Services and requests can be read without an API key.",
			"an answer without api_key", judgeNoKey).at(specKeys).last(),
		each("services/list/service-code", Must, "Code of a service", "Every service has a service_code.",
			"a service_code that is not empty", onServices(filled("service_code"))),
		each("services/list/service-code-unique", Must, "Codes are unique", "No two services have the same service_code.",
			"every service_code once", onServicesOnce(func() func(*node) string { return unique("service_code") })),
		inJSON("services/list/service-code-text", May, "Codes are strings", "A service_code is a string in JSON, so that 007 stays 007.",
			`"service_code":"007"`, onServices(isKind("service_code", kindText))),
		each("services/list/service-name", Must, "Name of a service", "Every service has a service_name, which people can read.",
			"a service_name that is not empty", onServices(filled("service_name"))),
		each("services/list/metadata", Must, "Metadata flag", "metadata says true or false: whether the service has a definition with attributes.",
			"true or false", onServices(oneOf("metadata", "true", "false"))),
		inJSON("services/list/metadata-boolean", Must, "Metadata is a boolean", "metadata is a boolean in JSON, and no string or number.",
			`"metadata":true`, onServices(isKind("metadata", kindBool))).at(specSpark).typed().because("services/list/metadata"),
		each("services/list/type", Must, "Type of a service", "The type of a service is realtime, batch or blackbox.",
			"realtime, batch or blackbox", onServices(oneOf("type", "realtime", "batch", "blackbox"))),
		each("services/list/keywords", Must, "Keywords are one text", "keywords is one text, with commas between the words.",
			"a text such as lamp,dark", onServices(plainText("keywords"))),
		each("services/list/texts", Must, "Name, description and group are texts", "service_name, description and group are plain texts.",
			"no array and no object", onServices(plainText("service_name", "description", "group"))),
		once("services/list/formats-equal", Must, "XML and JSON agree on services", "XML and JSON list the same services, with the same values.",
			"the same services", judgeServicesEqual).compares(OpServices),
		each("services/list/jurisdiction-empty", Must, "Empty argument of services", "An empty jurisdiction_id is the same as none.",
			"the same services", judgeEmptyJurisdiction).at(specArguments),
		each("services/list/jurisdiction-unknown", Must, "Unknown jurisdiction", "A jurisdiction_id that a server of several jurisdictions does not have is answered with 404.",
			"status 404", judgeJurisdiction(http.StatusNotFound, url.Values{"jurisdiction_id": {"no_such_city"}})).at(specMulti).of(FeatureJurisdiction),
		each("services/list/jurisdiction-missing", Must, "Missing jurisdiction", "A server that needs jurisdiction_id answers a call without it with 400.",
			"status 400", judgeJurisdiction(http.StatusBadRequest, nil)).at(specMulti).of(FeatureJurisdiction),
	}}
}

// judgeServed: the list comes, and in the format that was asked for.
func judgeServed(c call) judgeFunc {
	return func(s *session, f Format) outcome {
		c := c
		c.format = f
		x, o := s.reach(c)
		switch {
		case !good(o):
			return o
		case !x.ok():
			return broken(x, "status %d", x.status)
		case sniff(x.body) != f:
			return broken(x, "the answer is %s", called(sniff(x.body)))
		case x.doc != nil && looksLikeErrors(x.doc):
			return x.falseError()
		}
		return fine
	}
}

func onServices(check func(*node) string) judgeFunc {
	return onServicesOnce(func() func(*node) string { return check })
}

// onServicesOnce is for checks that keep something from one record to the next.
func onServicesOnce(check func() func(*node) string) judgeFunc {
	return func(s *session, f Format) outcome {
		rows, x, o := s.some(servicesCall(f), "services")
		if !good(o) {
			return o
		}
		return judgeRows(rows, x, "service", check())
	}
}

// judgeNoKey looks at the refusal that made the session send the key; see session.get.
func judgeNoKey(s *session, f Format) outcome {
	x, o := s.reach(servicesCall(f))
	switch {
	case !good(o):
		return o
	case s.keyed:
		return broken(s.keyHint, "status %d without a key, %d with it", s.keyHint.status, x.status)
	case x.status == http.StatusUnauthorized || x.status == http.StatusForbidden:
		return broken(x, "status %d", x.status)
	case !x.ok():
		return cannot("not judged: services was answered with status %d", x.status)
	}
	return fine
}

func judgeServicesEqual(s *session) outcome {
	x, _, o := s.rows(servicesCall(FormatXML))
	if !good(o) {
		return o
	}
	j, at, o := s.rows(servicesCall(FormatJSON))
	if !good(o) {
		return o
	}
	return judgeSame(x, j, "service_code", at)
}

// judgeSame: two lists that do not change by themselves have the same records in the same order.
func judgeSame(x, j []*node, key string, at *exchange) outcome {
	kx, kj := keysOf(x, key), keysOf(j, key)
	if len(kx) == 0 && len(kj) == 0 {
		return cannot("there are no records to compare")
	}
	var o outcome
	if m := missing(kx, kj); len(m) > 0 {
		o = broken(at, "JSON lacks %s", few(m))
	} else if m := missing(kj, kx); len(m) > 0 {
		o = broken(at, "XML lacks %s", few(m))
	}
	if o.what == broke {
		o.about = []string{key}
		return o
	}
	if d, id := differRows(x, j, key); d.text != "" {
		return d.found(at, key, id)
	}
	return fine
}

func judgeEmptyJurisdiction(s *session, f Format) outcome {
	if s.target.Jurisdiction != "" {
		return cannot("the target needs a jurisdiction_id")
	}
	want, _, o := s.some(servicesCall(f), "services")
	if !good(o) {
		return o
	}
	c := servicesCall(f)
	c.query = url.Values{"jurisdiction_id": {""}}
	x, o := s.reach(c)
	switch {
	case !good(o):
		return o
	case !x.ok():
		return broken(x, "status %d with jurisdiction_id=, 200 without it", x.status)
	case x.doc == nil:
		return broken(x, "an answer that is no %s", upper(f))
	}
	got := rowsOf(x.doc, f)
	if got = slices.DeleteFunc(slices.Clone(got), func(r *node) bool { return r.kind != kindObject }); len(got) != len(want) {
		return broken(x, "%s with jurisdiction_id=, %d without it", plain.Count(len(got), "service"), len(want))
	}
	return fine
}

// judgeJurisdiction: a server of one jurisdiction may ignore the argument, and then shows nothing here.
func judgeJurisdiction(status int, query url.Values) judgeFunc {
	return func(s *session, f Format) outcome {
		if s.target.Jurisdiction == "" && len(query) == 0 {
			return cannot("the target has no jurisdiction_id")
		}
		if !s.answersIn(servicesCall(f)) {
			return cannot("the services are not answered in %s", upper(f))
		}
		c := servicesCall(f)
		c.naked, c.query = true, query
		x, o := s.reach(c)
		switch {
		case !good(o):
			return o
		case x.status == status:
			return fine
		case x.ok() && sniff(x.body) == f && (x.doc == nil || !looksLikeErrors(x.doc)) && s.sameList(servicesCall(f), x):
			return cannot("the server ignores jurisdiction_id, as one of a single jurisdiction may")
		}
		return x.wants(status, "").ofTowns()
	}
}

// ofTowns: what refuses a town is told apart from what refuses a report.
func (o outcome) ofTowns() outcome {
	if strings.Contains(o.alike, " for ") {
		o.alike += ", of towns"
	}
	return o
}

// sameList tells whether an answer has as many records as the one of this town: the server has taken no notice of the other.
func (s *session) sameList(c call, x *exchange) bool {
	own := s.get(c)
	return own.doc == nil || x.doc == nil || len(rowsOf(x.doc, c.format)) == len(rowsOf(own.doc, c.format))
}

// codesDiffer: XML and JSON do not list the same services.
func (s *session) codesDiffer() bool {
	x, _, o := s.rows(servicesCall(FormatXML))
	j, _, also := s.rows(servicesCall(FormatJSON))
	a, b := keysOf(x, "service_code"), keysOf(j, "service_code")
	return good(o) && good(also) && len(a) > 0 && len(b) > 0 && len(missing(a, b))+len(missing(b, a)) > 0
}

// looksLikeErrors recognises an error document by its records, whatever stands around them, and does not take for one
// what has a member for errors besides what it is.
func looksLikeErrors(doc *node) bool {
	has := func(n *node, names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return n.child(name) != nil })
	}
	if strings.HasPrefix(doc.name, "error") {
		return true
	}
	if has(doc, discoveryFields...) || has(doc, definitionFields...) {
		return false
	}
	for _, k := range doc.kids {
		k = inner(k)
		if strings.HasPrefix(k.name, "error") || has(k, "code") && has(k, "description") &&
			!has(k, "datatype", "service_name", "service_code", "service_request_id", "token", "update_id") {
			return true
		}
	}
	return false
}

// servicesOf returns the services as far as they can be read, JSON first or XML.
func (s *session) servicesOf() []*node {
	for _, f := range []Format{FormatJSON, FormatXML} {
		if rows, _, o := s.rows(servicesCall(f)); good(o) && len(rows) > 0 {
			return rows
		}
	}
	return nil
}

// serviceOf returns the first service of a type that is good for what the caller wants.
func (s *session) serviceOf(kind string, suits func(*node) bool) (string, error) {
	found := false
	for _, v := range s.servicesOf() {
		if v.value("type") != kind || v.value("service_code") == "" {
			continue
		}
		found = true
		if suits == nil || suits(v) {
			return v.value("service_code"), nil
		}
	}
	if found {
		return "", fmt.Errorf("no %s service suits", kind)
	}
	return "", fmt.Errorf("the city has no %s service", kind)
}
