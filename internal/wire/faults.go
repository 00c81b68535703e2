package wire

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// Fault is one row of an error answer.
type Fault struct{ Code, Description string }

// FaultError is an error answer where records were expected.
type FaultError struct{ Faults []Fault }

func (e *FaultError) Error() string { return fmt.Sprintf("the answer is an error: %v", e.Faults) }

// Faults reads the body of an error answer as far as it can be understood: JSON or XML, the
// specification's errors list or any of the shapes that servers send instead. It returns nil for HTML,
// plain text and whatever else says nothing in a known form.
func Faults(body []byte) []Fault {
	if order, _ := utf16Order(body); order != nil {
		body, _ = io.ReadAll(&utf16Reader{r: bytes.NewReader(body), order: order})
	}
	body = bytes.TrimPrefix(body, utf8Mark)
	s := &scan{src: body, record: body, eof: true, depth: maxDepth, quiet: true}
	i := skipSpace(body, 0)
	i += paddingOf(body[i:])
	if bytes.HasPrefix(body[min(i, len(body)):], []byte("HTTP/")) { // a status line inside the body
		i += max(0, bytes.IndexAny(body[i:], "<[{"))
	}
	if i >= len(body) {
		return nil
	}
	switch body[i] {
	case '{', '[', '"':
		if _, err := s.jsonValue(i, 2); err != nil && err != errCut {
			return nil
		}
	case '<':
		if !s.faultsXML(i) {
			return nil
		}
	default:
		return nil
	}
	s.closeOpen()
	if len(s.nodes) == 0 {
		return nil
	}
	return s.faults(0)
}

// faultsXML reads the error answer whose first '<' is at src[i].
func (s *scan) faultsXML(i int) bool {
	t, err := s.xmlNext(i)
	if err != nil || t.kind != xmlStart || isHTML(s.src[t.name.lo:t.name.hi]) {
		return false
	}
	if hasHTMLDoctype(s.src[:min(len(s.src), 512)]) {
		return false
	}
	_, err = s.xmlRecord(t.at)
	return err == nil || err == errCut
}

const maxFaults = 64

// faults collects the faults in nodes[n].
func (s *scan) faults(n int32) []Fault {
	var out []Fault
	s.walkFaults(n, "", 0, false, &out)
	return out
}

// The names under which servers put the text and the code of an error, the best first.
var (
	faultTexts = []string{"description", "message", "detail", "error_description", "msg", "faultstring", "error", "title"}
	faultCodes = []string{"code", "error_code", "errorCode", "status", "error", "faultcode"}
)

// walkFaults looks for faults in nodes[n]. field is the field of a form that they are about, if any;
// named says that the list around nodes[n] is called errors or the like.
func (s *scan) walkFaults(n int32, field string, depth int, named bool, out *[]Fault) {
	d := &s.nodes[n]
	if depth > 8 || len(*out) >= maxFaults {
		return
	}
	if d.kind < List {
		// <error>text</error>, "text", or a message in a list under the name of a field.
		name := string(s.name(d))
		if text := s.faultText(n); text != "" && (depth == 0 || field != "" || named || name == "error" || name == "message") {
			if field != "" {
				text = field + ": " + text
			}
			*out = append(*out, Fault{Description: text})
		}
		return
	}
	if d.kind == Object {
		if f, ok := s.oneFault(n); ok {
			if field != "" {
				f.Description = field + ": " + f.Description
			}
			*out = append(*out, f)
			for k := n + 1; k < d.next; k = s.nodes[k].next {
				if s.nodes[k].kind >= List {
					s.walkFaults(k, fieldName(string(s.name(&s.nodes[k]))), depth+1, false, out)
				}
			}
			return
		}
	}
	for k := n + 1; k < d.next; k = s.nodes[k].next {
		inner := field
		if s.nodes[k].kind >= List {
			if name := fieldName(string(s.name(&s.nodes[k]))); name != "" {
				inner = name
			}
		} else if d.kind == Object && s.nodes[k].kind < List && field == "" && string(s.name(&s.nodes[k])) != "error" {
			continue
		}
		// The texts of a list called errors are errors.
		name := string(s.name(&s.nodes[k]))
		s.walkFaults(k, inner, depth+1, d.kind == List && named || name == "errors" || name == "error" || name == "error_messages", out)
	}
}

// fieldName returns name if it is that of a field of a form, as in {"email":["is not valid"]}, and ""
// if it is a word for errors or envelopes.
func fieldName(name string) string {
	switch name {
	case "", "errors", "error", "error_messages", "detail", "details", "item", "data", "faults", "fault",
		"request", "requests", "service_requests", "services", "service", "Fault", "Body", "Envelope",
		"trace", "_links", "_embedded", "meta":
		return ""
	}
	return name
}

// oneFault reads an object that is an error row.
func (s *scan) oneFault(n int32) (f Fault, ok bool) {
	fields := map[string]string{}
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if s.nodes[k].kind < List {
			if text := s.faultText(k); text != "" {
				fields[string(s.name(&s.nodes[k]))] = text
			}
		}
	}
	used := ""
	for _, name := range faultTexts {
		if text := fields[name]; text != "" && !allDigits(text) {
			f.Description, used, ok = text, name, true
			break
		}
	}
	for _, name := range faultCodes {
		if code := fields[name]; code != "" && name != used && (name != "error" || allDigits(code)) {
			f.Code = code
			break
		}
	}
	return f, ok || fields["code"] != ""
}

func allDigits(s string) bool { return s != "" && digits([]byte(s), 0) == len(s) }

func (s *scan) faultText(n int32) string {
	d := &s.nodes[n]
	if d.kind == Null {
		return ""
	}
	return strings.ToValidUTF8(string(fromLegacy(trim(s.text(d)))), "\uFFFD")
}

// looksLikeFault reports whether the object nodes[n] has a code or calls itself an error.
func (s *scan) looksLikeFault(n int32) bool {
	for k := n; k < s.nodes[n].next; k++ {
		switch string(s.name(&s.nodes[k])) {
		case "code", "error", "errors", "message", "faultstring", "error_code":
			return true
		}
	}
	return false
}
