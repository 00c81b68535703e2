package wire

import (
	"bytes"
	"html"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fault is one row of an error answer.
type Fault struct{ Code, Description string }

// FaultError is an error answer where records were expected.
type FaultError struct{ Faults []Fault }

func (e *FaultError) Error() string {
	var words []string
	for _, f := range e.Faults {
		words = append(words, strings.TrimSpace(f.Code+" "+f.Description))
	}
	return "an error in place of a record: " + strings.Join(words, "; ")
}

// Faults reads the body of an error answer as far as it can be understood: JSON or XML, the
// specification's errors list or any of the shapes that servers send instead. It returns nil for HTML,
// plain text and whatever else says nothing in a known form.
func Faults(body []byte) []Fault {
	if order, _ := utf16Order(body); order != nil {
		body, _ = io.ReadAll(&utf16Reader{r: bytes.NewReader(body), order: order})
	}
	body = bytes.TrimPrefix(body, utf8Mark)
	s := &scan{src: body, record: body, eof: true, depth: maxDepth, most: maxNodes, quiet: true}
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
		if _, err := s.jsonValue(i, 2); err == errCut {
			s.mendCut(i)
		} else if err != nil && !s.reread(i) {
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

// mendCut reads the JSON value at src[i] once more, with an end for the text that the end of the body has
// cut, if it has: what is there of it is the server's word.
func (s *scan) mendCut(i int) {
	whole := len(s.src)
	for k := len(s.src) - 1; k > i && k > len(s.src)-6; k-- {
		if s.src[k] == '\\' {
			whole = k
			break
		}
	}
	for whole > i && !utf8.Valid(s.src[max(i, whole-4):whole]) && whole > len(s.src)-4 {
		whole--
	}
	s.src = append(append([]byte(nil), s.src[:whole]...), "…\""...)
	s.record = s.src
	s.reset()
	_, _ = s.jsonValue(i, 2)
}

// reread reads the JSON value at src[i] once more, with unescaped quotes for parts of its texts.
func (s *scan) reread(i int) bool {
	s.reset()
	s.loose = true
	_, err := s.jsonValue(i, 2)
	return err == nil || err == errCut
}

const (
	maxFaults = 64
	maxFault  = 4 << 10 // bytes of one description
)

// faults collects the faults in nodes[n].
func (s *scan) faults(n int32) []Fault {
	var out []Fault
	s.walkFaults(n, "", s.nodes[n].kind < List || s.isMixed(n), 0, &out)
	if len(out) > 0 && out[0].Code == "" && s.nodes[n].kind == Object {
		out[0].Code = s.codeOf(n)
	}
	return out
}

// codeOf returns the code that the object nodes[n] has beside its errors, or "".
func (s *scan) codeOf(n int32) string {
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		text := s.faultText(k)
		if s.nodes[k].kind < List && (isErrorCode(text) || isFailure(strings.ToLower(text))) && slices.Contains(faultCodes[:len(faultCodes)-1], fold(string(s.name(&s.nodes[k])))) {
			return text
		}
	}
	return ""
}

// walkFaults looks for faults in nodes[n]. field is the field of a form that they are about, if any; texts
// says that a text which stands for itself there is one.
func (s *scan) walkFaults(n int32, field string, texts bool, depth int, out *[]Fault) {
	d := &s.nodes[n]
	if depth > 8 || len(*out) >= maxFaults || isLinkName(s.name(d)) {
		return
	}
	if d.kind < List || s.isMixed(n) {
		if text := s.faultText(n); text != "" && texts {
			*out = append(*out, Fault{Description: about(field, text)})
		}
		return
	}
	own := false // the texts of this object are one fault
	if d.kind == Object {
		var f Fault
		if f, own = s.oneFault(n); own {
			f.Description = about(field, f.Description)
			*out = append(*out, f)
			texts = false
		} else {
			texts = texts || depth == 0 && s.refuses(n, false)
		}
	}
	for k := n + 1; k < d.next; k = s.nodes[k].next {
		name := string(s.name(&s.nodes[k]))
		if d.kind == Object && (s.nodes[k].kind < List || s.isMixed(k)) {
			if !own && (isErrorName(name) || texts && !isFlagName(name)) {
				s.walkFaults(k, s.fieldName(name, field), true, depth+1, out)
			}
			continue
		}
		if own && (s.isBeside(k) || slices.Contains(fieldNames, fold(name)) && s.nodes[k].kind == List) {
			continue // oneFault has it
		}
		inner := s.fieldName(name, field)
		s.walkFaults(k, inner, texts || isErrorName(name) || inner != "", depth+1, out)
	}
}

// about puts the field of a form in front of what is wrong with it.
func about(field, text string) string {
	if field == "" {
		return text
	}
	if text == "" {
		return field
	}
	return field + ": " + text
}

// fieldName returns name if it is that of a field of a form, as in {"email":["is not valid"]}, and outer
// if it is a word for errors or envelopes, or an element of XML.
func (s *scan) fieldName(name, outer string) string {
	if len(s.src) > 0 && s.isXML() || isErrorName(name) {
		return outer
	}
	switch name {
	case "", "item", "data", "request", "requests", "service_requests", "services", "service", "trace", "meta", "_embedded",
		"body", "response", "result", "results", "source", "extensions", "non_field_errors":
		return outer
	}
	return name
}

// isXML reports whether the nodes come from XML: the first is an element then, and has a name.
func (s *scan) isXML() bool { return len(s.nodes) > 0 && len(s.name(&s.nodes[0])) > 0 }

// isMixed reports whether nodes[n] is an element that has text between its elements.
func (s *scan) isMixed(n int32) bool {
	d := &s.nodes[n]
	return d.flags&mixed != 0 && d.text.hi > d.text.lo
}

// The names under which servers put the words of an error, folded: those that say what kind it is, and those
// that say which; its code; and the field that it is about.
var (
	faultKinds = []string{"title", "error", "summary"}
	faultTexts = []string{"description", "message", "detail", "details", "msg", "reason", "errordescription", "errormessage",
		"faultstring", "text", "hint", "cause", "exception", "exceptionmessage", "developermessage", "usermessage", "errordetail",
		"help", "info"}
	faultCodes = []string{"code", "errorcode", "errcode", "statuscode", "status", "faultcode", "error"}
	fieldNames = []string{"field", "loc", "param", "parameter", "property", "pointer", "attribute", "fieldname", "propertypath"}
)

// fold is squeeze for the names in these lists.
func fold(name string) string {
	if len(name) > 64 {
		return ""
	}
	return string(squeeze([]byte(name)))
}

// isErrorName reports whether what stands under name is errors, or text of one.
func isErrorName(name string) bool {
	switch fold(name) {
	case "errors", "error", "errormessages", "errormessage", "message", "messages", "detail", "details", "faults", "fault", "body", "envelope",
		"problems", "violations", "warnings", "exception", "exceptions", "invalidparams", "fielderrors", "modelstate":
		return true
	}
	return false
}

// isFlagName reports whether name is that of a flag that says no more than that there is an error.
func isFlagName(name string) bool {
	switch fold(name) {
	case "success", "ok", "status", "iserror", "haserrors", "succeeded", "issuccess", "result", "timestamp", "path", "version":
		return true
	}
	return false
}

// isLinkName reports whether what stands under name are addresses.
func isLinkName(name []byte) bool {
	switch string(name) {
	case "_links", "links", "link", "@context", "$schema":
		return true
	}
	return false
}

// oneFault reads an object that is an error row: all of its texts, the field first, then what kind of error
// it is, what it says, and what else there is.
func (s *scan) oneFault(n int32) (f Fault, ok bool) {
	var field, codeName string
	var kinds, words, rest []string
	codeRank := len(faultCodes)
	seen := map[string]bool{}
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		name := string(s.name(&s.nodes[k]))
		folded := fold(name)
		if s.nodes[k].kind >= List && !s.isMixed(k) {
			switch {
			case slices.Contains(fieldNames, folded) && s.nodes[k].kind == List:
				field = s.joined(k)
			case s.isBeside(k):
				rest = s.flat(k, name, rest)
			}
			continue
		}
		text := s.faultText(k)
		if text == "" {
			continue
		}
		if seen[folded] && slices.Contains(faultKinds, folded) {
			return Fault{}, false // <error>one</error><error>another</error>
		}
		seen[folded] = true
		rank := slices.Index(faultCodes, folded)
		switch {
		case rank >= 0 && rank < codeRank && (folded != "error" || allDigits(text)):
			if f.Code != "" {
				rest = append(rest, s.named(codeName, f.Code))
			}
			f.Code, codeRank, codeName = text, rank, name
		case slices.Contains(faultKinds, folded) && text != "true" && text != "false":
			kinds = append(kinds, text)
		case slices.Contains(faultTexts, folded):
			words = append(words, text)
		case slices.Contains(fieldNames, folded) && field == "":
			field = text
		default:
			rest = append(rest, s.named(name, text))
		}
	}
	if len(kinds)+len(words) == 0 && (f.Code == "" || !seen["code"] && !seen["errorcode"] && !seen["faultcode"]) {
		return Fault{}, false
	}
	f.Description = about(field, sentence(kinds, words, rest))
	return f, true
}

// sentence joins the words of an error row: what kind of error it is, what it says, and the rest in brackets.
func sentence(kinds, words, rest []string) string {
	text, kind := strings.Join(words, "; "), strings.Join(kinds, "; ")
	if kind != text && kind != "" {
		if text != "" {
			if !strings.ContainsAny(kind[len(kind)-1:], ".!?:") {
				kind += ":"
			}
			kind += " "
		}
		text = kind + text
	}
	if len(rest) > 0 {
		text = strings.TrimPrefix(text+" ("+strings.Join(rest, ", ")+")", " ")
	}
	return text
}

// isBeside reports whether the container nodes[n], which is in an error row, tells more of that error: there
// is no other error in it.
func (s *scan) isBeside(n int32) bool {
	name := s.name(&s.nodes[n])
	return !isLinkName(name) && !isErrorName(string(name)) && !s.looksLikeFault(n)
}

// flat appends the texts in the container nodes[n], each with its name.
func (s *scan) flat(n int32, name string, out []string) []string {
	for k := n + 1; k < s.nodes[n].next && len(out) < maxFaults; k++ {
		text := s.faultText(k)
		if s.nodes[k].kind >= List || text == "" {
			continue
		}
		if inner := string(s.name(&s.nodes[k])); inner != "" {
			name = inner
		}
		out = append(out, s.named(name, text))
	}
	return out
}

// named puts the name of a field in front of its text. The names of elements do not belong in texts.
func (s *scan) named(name, text string) string {
	if s.isXML() {
		return text
	}
	return name + ": " + text
}

// joined returns the texts in the list nodes[n] with dots between them: ["body","email"].
func (s *scan) joined(n int32) string {
	var words []string
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if text := s.faultText(k); s.nodes[k].kind < List && text != "" {
			words = append(words, text)
		}
	}
	return strings.Join(words, ".")
}

func allDigits(s string) bool { return s != "" && digits([]byte(s), 0) == len(s) }

// faultText returns the text of nodes[n]; of an element with text and elements in it, the text of both.
func (s *scan) faultText(n int32) string {
	d := &s.nodes[n]
	if d.kind == Null {
		return ""
	}
	b := fromLegacy(trim(s.text(d)))
	if s.isMixed(n) {
		b = []byte(strings.Join(strings.Fields(html.UnescapeString(withoutTags(string(b)))), " "))
	}
	text := strings.ToValidUTF8(string(b), "\uFFFD")
	if len(text) > maxFault {
		text = strings.ToValidUTF8(text[:maxFault], "") + "…"
	}
	return text
}

// withoutTags returns a text with blanks in place of its tags.
func withoutTags(text string) string {
	var out strings.Builder
	for {
		before, behind, ok := strings.Cut(text, "<")
		out.WriteString(before)
		if !ok {
			return out.String()
		}
		_, text, _ = strings.Cut(behind, ">")
		out.WriteByte(' ')
	}
}

// looksLikeFault reports whether the object nodes[n] has a code or calls itself an error.
func (s *scan) looksLikeFault(n int32) bool {
	for k := n; k < s.nodes[n].next; k++ {
		switch string(squeeze(s.name(&s.nodes[k]))) {
		case "code", "error", "errors", "message", "faultstring", "errorcode", "msg", "detail", "title", "reason", "fault",
			"exception", "statuscode", "errormessage":
			return true
		}
	}
	return false
}
