package conformance

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

func itemRules() section {
	return section{OpRequest, FeatureCore, specRequest, []rule{
		each("request/served", Must, "A request by its id", "A request of the list can be had by its id.",
			"status 200 and a document", judgeItemServed),
		each("request/served/either", Must, "Open and closed requests by their id", "A request can be had by its id whether it is open or closed.",
			"status 200 and a document", judgeItemEither).because("request/served"),
		inXML("request/xml-root", Must, "XML root of a request", "A single request, too, is in a service_requests element.",
			"<service_requests>", onItem(func(doc *node, x *exchange, _ *node) outcome { return rootIs(doc, x, "service_requests") })),
		inXML("request/xml-item", Must, "XML element of the request", "In it there is one request element.",
			"<request>", onItem(func(doc *node, x *exchange, _ *node) outcome {
				return judgeRows(itemsOf(doc, FormatXML), x, "element", element("request"))
			})),
		inJSON("request/json-array", Must, "JSON form of a request", "In JSON a single request, too, is in an array.",
			"[{…}]", onItem(func(doc *node, x *exchange, _ *node) outcome { return arrayOfObjects(doc, x) })).at(specSpark),
		each("request/one", Must, "Just the one request", "The answer has the request that was asked for, and no other.",
			"one record with this id", onItem(func(doc *node, x *exchange, r *node) outcome {
				return exactly(x, keysOf(rowsOf(doc, x.format), "service_request_id"), []string{r.value("service_request_id")})
			})),
		each("request/same-as-list", Should, "The same as in the list", "A single request has the values that it has in the list.",
			"the same values", judgeSameAsList).compares(OpRequest, OpRequests).byCode(),
		once("request/formats-equal", Must, "XML and JSON agree on a request", "A single request has the same values in XML and in JSON.",
			"the same values", judgeItemEqual).because("request/one").compares(OpRequest, OpRequests).byCode(),
		each("request/unknown-404", Must, "Unknown id", "A request that does not exist is answered with 404.",
			"status 404", judgeUnknown("requests", OpRequest)).of(FeatureErrors).at(specErrors),
	}}
}

func itemCall(f Format, id string) call {
	return call{op: OpRequest, format: f, path: "requests/" + url.PathEscape(id)}
}

// chosen is the request that is asked for alone: one in the middle of the list, for the newest may
// change in this very moment.
func (s *session) chosen() (*node, outcome) {
	all, o := s.sample()
	if !good(o) {
		return nil, o
	}
	all = slices.DeleteFunc(slices.Clone(all), func(r *node) bool { return r.value("service_request_id") == "" })
	if len(all) == 0 {
		return nil, cannot("no request has an id")
	}
	return all[len(all)/2], fine
}

func judgeItemServed(s *session, f Format) outcome {
	r, o := s.chosen()
	if !good(o) {
		return o
	}
	if !s.speaks(f) {
		return cannot("the server does not answer in %s", upper(f))
	}
	x, o := s.reach(itemCall(f, r.value("service_request_id")))
	switch {
	case !good(o):
		return o
	case !x.ok():
		return broken(x, "status %d for request %s, which is in the list", x.status, r.value("service_request_id"))
	case sniff(x.body) != f:
		return broken(x, "the answer is %s", called(sniff(x.body)))
	}
	return fine
}

// judgeItemEither asks for one of the other status than the chosen one.
func judgeItemEither(s *session, f Format) outcome {
	r, o := s.chosen()
	if !good(o) {
		return o
	}
	if !s.speaks(f) {
		return cannot("the server does not answer in %s", upper(f))
	}
	all, _ := s.sample()
	i := slices.IndexFunc(all, func(n *node) bool {
		return n.value("service_request_id") != "" && n.value("status") != r.value("status")
	})
	if i < 0 {
		return cannot("all requests are %s", r.value("status"))
	}
	x, o := s.reach(itemCall(f, all[i].value("service_request_id")))
	if good(o) && !x.ok() {
		return broken(x, "status %d for request %s, which is %s", x.status, all[i].value("service_request_id"), all[i].value("status"))
	}
	return o
}

func onItem(check func(doc *node, x *exchange, r *node) outcome) judgeFunc {
	return func(s *session, f Format) outcome {
		r, o := s.chosen()
		if !good(o) {
			return o
		}
		doc, x, o := s.read(itemCall(f, r.value("service_request_id")))
		if !good(o) {
			return o
		}
		return check(doc, x, r)
	}
}

// judgeSameAsList compares what both have: a list may be shorter by fields, but may say nothing else.
func judgeSameAsList(s *session, f Format) outcome {
	return onItem(func(doc *node, x *exchange, r *node) outcome {
		rows := rowsOf(doc, f)
		i := slices.IndexFunc(rows, func(n *node) bool { return n.value("service_request_id") == r.value("service_request_id") })
		if i < 0 {
			return cannot("not judged: the request is not in the answer")
		}
		name := otherValue(r, rows[i])
		if name == "" || s.changed(listCall(s.plain(), nil), r) {
			return fine
		}
		o := broken(x, "%s, in the list %s", rows[i].show(name), strings.TrimPrefix(r.show(name), name+" is "))
		o.about, o.alike = []string{name}, escaped(rows[i].value(name), r.value(name))
		return o
	})(s, f)
}

// otherValue returns the name of a field that two records both have, with different values.
func otherValue(a, b *node) string {
	for _, k := range a.kids {
		if other := b.child(k.name); len(k.kids) == 0 && other != nil && len(other.kids) == 0 && !sameScalar(k.text, other.text) {
			return k.name
		}
	}
	return ""
}

// changed tells whether a record is another one now.
func (s *session) changed(c call, was *node) bool {
	rows := s.afresh(c)
	i := slices.IndexFunc(rows, func(n *node) bool { return n.value("service_request_id") == was.value("service_request_id") })
	return rows != nil && (i < 0 || otherValue(was, rows[i]) != "")
}

func judgeItemEqual(s *session) outcome {
	r, o := s.chosen()
	if !good(o) {
		return o
	}
	x, _, o := s.rows(itemCall(FormatXML, r.value("service_request_id")))
	if !good(o) {
		return o
	}
	j, at, o := s.rows(itemCall(FormatJSON, r.value("service_request_id")))
	if !good(o) {
		return o
	}
	o = judgeSame(x, j, "service_request_id", at)
	if o.what == broke && len(x) == 1 && s.changed(itemCall(FormatXML, r.value("service_request_id")), x[0]) {
		return fine
	}
	return o
}

func errorRules() section {
	return section{OpErrors, FeatureErrors, specErrors, []rule{
		each("errors/status", Must, "Errors have an error's status", "What went wrong is told by the HTTP status, too.",
			"status 400 or more", judgeErrorStatus).last(),
		each("errors/format", Must, "Errors in the format asked for", "An error is answered in the format of the suffix.",
			"an error document in this format", judgeErrorFormat).last(),
		inXML("errors/xml-root", Must, "XML form of errors", "Errors are error elements in an errors element.",
			"<errors><error>…", onErrors(func(doc *node, _ []*node) string {
				if doc.name != "errors" {
					return "the root element is <" + doc.name + ">"
				}
				for _, k := range doc.kids {
					if k.name != "error" {
						return "there is a <" + k.name + "> in errors"
					}
				}
				return ""
			})).last(),
		inJSON("errors/json-array", Must, "JSON form of errors", "In JSON errors are an array of objects, without a name around it.",
			`[{"code":404,"description":"…"}]`, onErrors(func(doc *node, _ []*node) string {
				if doc.kind != kindList {
					return "the answer is " + describe(doc)
				}
				return ""
			})).at(specSpark).last(),
		each("errors/rows", Must, "Errors say something", "An error document has one error or more.",
			"at least one error", onErrors(func(_ *node, rows []*node) string {
				if len(rows) == 0 {
					return "no error in it"
				}
				return ""
			})).last(),
		each("errors/code", Must, "Code of an error", "Every error has a code.", "a code that is not empty", onErrorRows(filled("code"))).last(),
		each("errors/code-number", May, "Codes begin with the status", "The code of an error is the HTTP status, or a number that says more than that.",
			"a number", onErrorRows(func(r *node) string {
				if v := r.value("code"); v == "" || strings.Trim(v, "0123456789.") == "" {
					return ""
				}
				return r.show("code")
			})).last(),
		each("errors/description", Must, "Description of an error", "Every error has a description.",
			"a description that is not empty", onErrorRows(filled("description"))).last(),
		each("errors/description-readable", Should, "Errors are for people", "The description of an error is for the user, and no markup or inside of a program.",
			"a plain sentence", onErrorRows(readableText)).last(),
		each("errors/unknown-path", Must, "Unknown resource", "A path that does not exist is answered with 404.",
			"status 404", func(s *session, f Format) outcome {
				if !s.speaks(f) {
					return cannot("the server does not answer in %s", upper(f))
				}
				x, o := s.reach(call{op: OpErrors, format: f, path: nobody})
				if good(o) && x.status != http.StatusNotFound {
					return broken(x, "status %d", x.status)
				}
				return o
			}),
	}}
}

// refusals returns the answers of a format that refuse something which the specification knows: an
// unknown path may be answered by what stands before the server.
func (s *session) refusals(f Format) []*exchange {
	var list []*exchange
	for _, x := range s.log {
		switch {
		case x.err != nil || x.coded != nil || x.busy() || x.format != f || s.isTold(x) || x.op == OpErrors || x.op == OpDiscovery || x.op == OpUpdates:
		case x.status == http.StatusBadRequest || x.status == http.StatusForbidden || x.status == http.StatusNotFound:
			list = append(list, x)
		}
	}
	return list
}

func judgeErrorStatus(s *session, f Format) outcome {
	seen := false
	for _, x := range s.log {
		if x.err != nil || x.format != f || x.doc == nil {
			continue
		}
		isError := looksLikeErrors(x.doc)
		seen = seen || isError || x.status >= 400
		if isError && x.status < 400 {
			return broken(x, "an error with status %d", x.status)
		}
	}
	if !seen {
		return cannot("no error was seen")
	}
	return fine
}

func judgeErrorFormat(s *session, f Format) outcome {
	if !s.speaks(f) {
		return cannot("the server does not answer in %s", upper(f))
	}
	list := s.refusals(f)
	for _, x := range list {
		if sniff(x.body) != f {
			what := called(sniff(x.body))
			if len(x.body) == 0 {
				what = "empty"
			}
			return broken(x, "the answer is %s", what)
		}
	}
	if len(list) == 0 {
		return cannot("no error was seen")
	}
	return fine
}

// onErrors applies a check to every error document that can be read.
func onErrors(check func(doc *node, rows []*node) string) judgeFunc {
	return func(s *session, f Format) outcome {
		seen := false
		for _, x := range s.refusals(f) {
			if x.doc == nil || sniff(x.body) != f {
				continue
			}
			seen = true
			if text := check(x.doc, errorRowsOf(x.doc, f)); text != "" {
				return broken(x, "%s", text)
			}
		}
		if !seen {
			return cannot("no error document was seen")
		}
		return fine
	}
}

func errorRowsOf(doc *node, f Format) []*node {
	if f == FormatXML && doc.name == "error" {
		return []*node{doc}
	}
	return rowsOf(doc, f)
}

func onErrorRows(check func(*node) string) judgeFunc {
	return onErrors(func(_ *node, rows []*node) string {
		for i, r := range rows {
			if text := check(r); text != "" {
				return fmt.Sprintf("error no. %d: %s", i+1, text)
			}
		}
		return ""
	})
}

// readableText looks for what leaks out of programs. It knows some of it, not all.
func readableText(r *node) string {
	if v := r.value("description"); markup.MatchString(v) || entity.MatchString(v) || innards.MatchString(v) {
		return r.show("description")
	}
	return ""
}

// entity is how HTML writes a sign.
var entity = regexp.MustCompile(`&([a-zA-Z]{2,8}|#\d+|#x[0-9a-fA-F]+);`)

// innards are words that programs say to programmers: of faults, of databases, and of where in the code it was.
var innards = regexp.MustCompile(`(?i)<html|stack ?trace|traceback|goroutine \d|fatal error|uncaught |unhandled |sqlstate|ora-\d{5}|syntax error (at|near)|(null|nil) ?(pointer|reference)|object reference not set` +
	`|\bundefined (index|method|variable|offset)|violates .*constraint|\bselect .+ from |\binsert into |\w(exception|error)\b *[:(]|exception in |\.(php|py|rb|java|js|cs|go|pm)\b|\b(at|on) line \d|/(var|home|usr|srv|opt)/|\b[a-z]:\\`)
