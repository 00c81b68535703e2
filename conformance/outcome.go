package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// outcome is what a rule finds in one format.
type outcome struct {
	what   sort
	text   string    // what was got; or why nothing can be said
	at     *exchange // where; nil if no single exchange shows it
	cause  string    // the id of the requirement whose breach is told instead
	seen   string    // what would have been told, were it not for the cause
	about  []string  // the fields that two records do not have alike
	alike  string    // what is told once, however many requirements see it; "" for most
	record *node     // the first record that is wrong
	near   []string  // what to look for in the body, one behind the other, to show that part of it
}

type sort uint8

const (
	kept sort = iota
	broke
	unseen  // the server has shown nothing that the rule is about
	trouble // no answer, or the fault is ours
)

var fine = outcome{what: kept}

func broken(x *exchange, format string, args ...any) outcome {
	return outcome{what: broke, text: fmt.Sprintf(format, args...), at: x}
}

// showing makes the report show the part of the answer where a record is, and a field of it.
func (o outcome) showing(id ...string) outcome {
	o.near = id
	return o
}

func cannot(format string, args ...any) outcome {
	return outcome{what: unseen, text: fmt.Sprintf(format, args...)}
}

// by makes of a finding one that another requirement tells, if that is judged.
func (o outcome) by(id string) outcome {
	o.cause = id
	return o
}

// because is that nothing can be said, for what has been found under another id.
func because(id string) outcome {
	o := cannot("because of %s", id)
	o.cause = id
	return o
}

// good is the result of the helpers below where all is well; else they return what the rule returns.
func good(o outcome) bool { return o.what == kept }

// reach returns the exchange of a call if there was an answer of any kind.
func (s *session) reach(c call) (*exchange, outcome) {
	x := s.get(c)
	return x, reached(x)
}

func reached(x *exchange) outcome {
	switch {
	case x.err != nil:
		return outcome{what: trouble, text: x.err.Error(), at: x}
	case x.coded != nil:
		return broken(x, "the body cannot be unpacked: %v", x.coded).by("encoding/content-encoding")
	case x.busy():
		return outcome{what: trouble, text: fmt.Sprintf("the server is busy: status %d %s", x.status, http.StatusText(x.status)), at: x}
	}
	return fine
}

// read returns the document that a call brought, if the call went well and the document can be read.
// Whether it must go well and be readable is judged by rules of their own.
func (s *session) read(c call) (*node, *exchange, outcome) {
	if !s.speaks(c.format) {
		return nil, nil, cannot("the server does not answer in %s", upper(c.format))
	}
	x, o := s.reach(c)
	if !good(o) {
		return nil, x, o
	}
	return readable(x)
}

// falseError is that an error stands where something else was asked for, under the status of what went well.
func (x *exchange) falseError() outcome {
	o := broken(x, "an error with status %d", x.status).by("errors/status")
	o.alike = "false error"
	return o
}

// status wants a status. Servers have one program for their refusals: of those that go wrong alike one is told.
func (x *exchange) wants(status int, what string) outcome {
	switch {
	case x.status == status:
		return fine
	case x.ok() && x.doc != nil && looksLikeErrors(x.doc):
		return x.falseError()
	}
	o := broken(x, "status %d%s", x.status, what)
	switch x.status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		o.alike = fmt.Sprintf("%d for %d", x.status, status)
	default:
		if x.status >= http.StatusBadRequest {
			o.alike = fmt.Sprintf("status %d", x.status)
		}
	}
	return o
}

func readable(x *exchange) (*node, *exchange, outcome) {
	switch {
	case !x.ok():
		return nil, x, cannot("not judged: %s was answered with status %d", x.path, x.status)
	case x.doc == nil:
		return nil, x, cannot("not judged: the answer to %s is no %s that can be read", x.path, upper(x.format))
	case x.look().faulty:
		return nil, x, x.falseError()
	}
	return x.doc, x, fine
}

// rows returns the records of a list.
func (s *session) rows(c call) ([]*node, *exchange, outcome) {
	doc, x, o := s.read(c)
	if !good(o) {
		return nil, x, o
	}
	rows := slices.Clone(x.look().filled)
	if len(rows) == 0 && len(itemsOf(doc, c.format)) > 0 {
		return nil, x, cannot("not judged: no record in the answer to %s can be read", x.path)
	}
	return rows, x, fine
}

// afresh makes a call a second time. A city goes on while it is checked: where two answers do not agree,
// a third tells whether the city has changed in between. nil: it cannot be told.
func (s *session) afresh(c call) []*node {
	x := s.send(c, http.MethodGet, s.urlOf(c), "", nil, nil)
	if !good(reached(x)) || !x.ok() || x.doc == nil {
		return nil
	}
	return filledRows(x.doc, c.format)
}

// some is rows for rules that need at least one record to say anything.
func (s *session) some(c call, what string) ([]*node, *exchange, outcome) {
	rows, x, o := s.rows(c)
	if good(o) && len(rows) == 0 {
		o = cannot("the city has no %s to show", what)
	}
	return rows, x, o
}

// speaks tells whether the server answers in a format: if the list of services or of requests comes in
// it. A format that it does not speak is reported once, and not once a rule.
func (s *session) speaks(f Format) bool {
	return s.answersIn(servicesCall(f)) || s.answersIn(listCall(f, nil))
}

func (s *session) answersIn(c call) bool {
	x := s.get(c)
	return x.ok() && sniff(x.body) == c.format
}

// plain is the format for calls whose answer is the same in both: the one of most clients, if there is.
func (s *session) plain() Format {
	if s.answersIn(listCall(FormatJSON, nil)) {
		return FormatJSON
	}
	return FormatXML
}

func upper(f Format) string {
	switch f {
	case FormatXML:
		return "XML"
	case FormatJSON:
		return "JSON"
	}
	return "–"
}

// The calls that many rules share.

func servicesCall(f Format) call { return call{op: OpServices, format: f, path: "services"} }

func listCall(f Format, query map[string][]string) call {
	return call{op: OpRequests, format: f, path: "requests", query: query}
}

// judgeRows applies a check to each record and reports the first that fails it, and how many do. The
// check returns what is wrong, or "".
func judgeRows(rows []*node, x *exchange, label string, check func(*node) string) outcome {
	first, bad := "", 0
	var near []string
	var odd *node
	for i, r := range rows {
		text := check(r)
		if text == "" {
			continue
		}
		if bad == 0 {
			odd, near = r, places(r, text)
			first = fmt.Sprintf("%s no. %d%s: %s", label, i+1, naming(r), text)
		}
		bad++
	}
	if bad == 0 {
		return fine
	}
	if bad > 1 {
		first += fmt.Sprintf(" (and %d more of %d)", bad-1, len(rows))
	}
	o := broken(x, "%s", first)
	o.near, o.record = near, odd
	switch {
	case odd.respelled(near[len(near)-1]) != "":
		o.alike = "names"
	case bad == 1 && len(rows) >= fewRows:
		if _, id := identity(odd); id != "" {
			o.alike = oddRecord + label + " " + id
		}
	}
	return o
}

// oddRecord is before what one record of many has wrong: what else is wrong with it is not told besides.
const oddRecord = "record "

// places says where in a body to look for what a check has found in a record: behind what identifies the
// record, at the name of the field that the text begins with.
func places(r *node, text string) []string {
	field, _, _ := strings.Cut(text, " ")
	if _, id := identity(r); id != "" {
		return []string{id, field}
	}
	return []string{field}
}

// naming tells which record it is, by the first of the fields that identify one.
func naming(r *node) string {
	name, v := identity(r)
	if v == "" {
		return ""
	}
	return fmt.Sprintf(" (%s %s)", name, clip(v, 40))
}

func identity(r *node) (name, v string) {
	for _, name := range []string{"service_request_id", "update_id", "token", "service_code", "code", "key"} {
		if v := r.value(name); v != "" {
			return name, v
		}
	}
	return "", ""
}

// oneOf returns a check that a field has one of some words.
func oneOf(name string, words ...string) func(*node) string {
	return func(r *node) string {
		if slices.Contains(words, r.value(name)) {
			return ""
		}
		return r.show(name)
	}
}

// filled returns a check that a field is there with something in it.
func filled(name string) func(*node) string {
	return func(r *node) string {
		if r.value(name) != "" {
			return ""
		}
		return r.show(name)
	}
}

// isKind returns a check that a field which is there has one of the kinds of JSON.
func isKind(name string, kinds ...kind) func(*node) string {
	return func(r *node) string {
		if c := r.child(name); c.blank() || slices.Contains(kinds, c.kind) {
			return ""
		}
		return r.show(name)
	}
}

// plainText: fields that have text have no elements or arrays in them.
func plainText(names ...string) func(*node) string {
	return func(r *node) string {
		for _, name := range names {
			if c := r.child(name); c != nil && (c.kind == kindList || c.kind == kindObject) {
				return r.show(name)
			}
		}
		return ""
	}
}

// allOf returns a check that makes several, and stops at the first that fails.
func allOf(checks ...func(*node) string) func(*node) string {
	return func(r *node) string {
		for _, c := range checks {
			if text := c(r); text != "" {
				return text
			}
		}
		return ""
	}
}

// unique returns a check that no two records have the same value in a field.
func unique(name string) func(*node) string {
	seen := make(map[string]bool)
	return func(r *node) string {
		v := r.value(name)
		if v == "" || !seen[v] {
			seen[v] = true
			return ""
		}
		return fmt.Sprintf("%s %q is there a second time", name, v)
	}
}

// judgeXMLRoot and its brothers judge the envelopes, which differ by format and are alike otherwise.

func judgeRoot(c call, root string) judgeFunc {
	return func(s *session, f Format) outcome {
		c := c
		c.format = f
		doc, x, o := s.read(c)
		if !good(o) {
			return o
		}
		return rootIs(doc, x, root)
	}
}

func rootIs(doc *node, x *exchange, root string) outcome {
	if doc.name == root {
		return fine
	}
	return broken(x, "the root element is <%s>", doc.name).wrapped()
}

func judgeItem(c call, item string) judgeFunc {
	return func(s *session, f Format) outcome {
		c := c
		c.format = f
		doc, x, o := s.read(c)
		if !good(o) {
			return o
		}
		if inside := shelf(doc); inside != doc && doc.name == inside.name {
			o := broken(x, "there is another <%s> in it", inside.name)
			o.alike = "root twice"
			return o
		}
		rows := itemsOf(doc, f)
		if len(rows) == 0 {
			return cannot("the city has no records to show")
		}
		return judgeRows(rows, x, "element", elementWith(item))
	}
}

// elementWith returns a check that the element of a record has a name, and anything in it.
func elementWith(name string) func(*node) string {
	return func(r *node) string {
		if text := element(name)(r); text != "" || len(r.kids) > 0 {
			return text
		}
		return "it is empty"
	}
}

// element returns a check that the element of a record has a name, and its fields in it.
func element(name string) func(*node) string {
	return func(r *node) string {
		switch {
		case r.name != name:
			return "it is a <" + r.name + ">"
		case named(r):
			return "its fields are in a <" + r.kids[0].name + "> of their own"
		}
		return ""
	}
}

func judgeArray(c call) judgeFunc {
	return func(s *session, f Format) outcome {
		c := c
		c.format = f
		doc, x, o := s.read(c)
		if !good(o) {
			return o
		}
		return arrayOfObjects(doc, x)
	}
}

func arrayOfObjects(doc *node, x *exchange) outcome {
	if doc.kind != kindList {
		return broken(x, "the answer is %s", describe(doc)).wrapped()
	}
	o := judgeRows(doc.kids, x, "member", func(r *node) string {
		switch {
		case r.kind != kindObject:
			return "it is " + r.kind.String()
		case len(r.kids) == 0 && x.op != OpCreate:
			return "it is empty"
		case named(r):
			return fmt.Sprintf("its fields are in a %q of their own", r.kids[0].name)
		}
		return ""
	})
	if o.what == broke && o.record.kind != kindObject {
		o.alike = "member " + o.record.kind.String()
	}
	return o
}
