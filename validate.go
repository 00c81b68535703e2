package open311

import (
	"fmt"
	"maps"
	"math"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311/internal/form"
	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/spelling"
)

// maxDescription is in characters (GeoReport v2, POST Service Request).
const maxDescription = 4000

// Validate checks a report before it is sent: its own fields, and its attributes against the
// definition of its service, which may be nil. The error is a *[ValidationError] with every problem
// at once, under the names of the fields as they are written in Go: "Location", "Attributes[DEPTH]".
//
// [RequestClient.Create] does the same with the definition that its client has read last, if that is
// not an hour old, and adds what the dialect requires.
func (n *NewRequest) Validate(def *ServiceDefinition) error {
	problems := n.problems()
	if n == nil {
		return asError(problems)
	}
	if def != nil {
		if def.ServiceCode != "" && n.ServiceCode != "" && !strings.EqualFold(def.ServiceCode, n.ServiceCode) {
			problems = append(problems, Problem{Field: "ServiceCode", Detail: "the report is for service " + n.ServiceCode + ", the definition is that of " + def.ServiceCode, Kind: ProblemValue})
		} else {
			problems = append(problems, def.problems(n.Attributes)...)
		}
	}
	return asError(hidden(problems, n.personal()))
}

// Validate checks the answers to the questions of a service: required ones are there, each value is of
// its datatype, those of lists are keys (GeoReport v2, GET Service Definition). The error is a
// *[ValidationError] with every problem at once.
//
// What the client cannot judge it lets pass: datatypes that the specification does not have, lists
// that come without values, attributes that mySociety's servers mark as automated, and anything at all
// where the definition has no attributes, since several servers leave them out.
func (d *ServiceDefinition) Validate(a Attributes) error { return asError(d.problems(a)) }

func asError(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &ValidationError{problems}
}

// problems says what is wrong with a report by itself.
func (n *NewRequest) problems() []Problem {
	if n == nil {
		return []Problem{{Field: "NewRequest", Detail: "is nil", Kind: ProblemMissing}}
	}
	var out []Problem
	add := func(field, format string, args ...any) {
		out = append(out, Problem{Field: field, Detail: fmt.Sprintf(format, args...), Kind: ProblemValue})
	}
	if strings.TrimSpace(n.ServiceCode) == "" {
		add("ServiceCode", "is missing")
	}
	switch p := n.Location; {
	case p == nil && strings.TrimSpace(n.AddressString) == "" && strings.TrimSpace(n.AddressID) == "":
		add("Location", "one of Location, AddressString and AddressID is needed")
	case p == nil || p.Valid():
	case (Point{p.Long, p.Lat}).Valid():
		add("Location", "%s is no place on Earth; Lat and Long may be swapped", p)
	default:
		add("Location", "%s is no place on Earth: Lat goes from -90 to 90, Long from -180 to 180", p)
	}
	if count := utf8.RuneCountInString(n.Description); count > maxDescription {
		add("Description", "has %d characters, %d are allowed", count, maxDescription)
	}
	if u, err := url.Parse(n.MediaURL); n.MediaURL != "" && (err != nil || !u.IsAbs()) {
		add("MediaURL", "is no absolute URL")
	}
	if n.MediaURL != "" && len(n.Media) > 0 {
		// GeoReport v2.1: they cannot be combined, and the upload wins. The URL would be lost.
		add("Media", "files and a MediaURL cannot go together: servers take the files and forget the MediaURL")
	}
	out = append(out, mediaProblems(n.Media)...)
	out = append(out, textProblems(n.texts())...)
	return append(out, attributeTexts(n.Attributes, n.Params)...)
}

// hidden takes the reporter's data out of problems, which quote the values of attributes.
func hidden(problems []Problem, personal []string) []Problem {
	if len(problems) == 0 {
		return nil
	}
	hide := redact.New(personal...)
	for i := range problems {
		problems[i].Field, problems[i].Detail = hide.Text(problems[i].Field), hide.Text(problems[i].Detail)
	}
	return problems
}

// textProblems: everything is sent as UTF-8 (GeoReport v2, Content Type and Encoding).
func textProblems(texts []textField) (out []Problem) {
	for _, f := range texts {
		if !utf8.ValidString(f.text()) {
			out = append(out, Problem{Field: f.name, Detail: "is not UTF-8", Kind: ProblemEncoding})
		}
	}
	return out
}

// problems says what is wrong with a report for servers of a dialect.
func (d *Dialect) problems(n *NewRequest) []Problem {
	out := append(d.mediaProblems(n.Media), d.attributeProblems(n.Attributes)...)
	texts := n.texts()
	for _, param := range d.Requires {
		name, text := "Params["+param+"]", strings.Join(n.Params[param], "") // where the text of a field may stand, too
		if i := slices.IndexFunc(texts, func(f textField) bool { return f.param == param }); i >= 0 {
			name, text = texts[i].name, text+texts[i].text()
		}
		set := strings.TrimSpace(text) != ""
		switch param {
		case "lat", "long":
			name, set = "Location", n.Location != nil
		case "media":
			name, set = "Media", len(n.Media) > 0
		}
		if !set {
			out = append(out, Problem{Field: name, Detail: "is missing: this server wants it", Kind: ProblemMissing})
		}
	}
	return out
}

// mediaProblems says which files the server does not take.
func (d *Dialect) mediaProblems(media []Media) []Problem {
	switch {
	case len(media) == 0:
	case d.Media == MediaNone:
		return []Problem{{Field: "Media", Detail: "this server takes no files; use MediaURL", Kind: ProblemUnsupported}}
	case d.Body != BodyForm && d.Media == MediaMultipart:
		return []Problem{{Field: "Media", Detail: "a body in JSON or XML holds files only as base64, which the dialect does not have; use MediaURL", Kind: ProblemUnsupported}}
	}
	return nil
}

// attributeProblems says which attributes the style of the dialect cannot write without a doubt.
func (d *Dialect) attributeProblems(a Attributes) (out []Problem) {
	names := make(map[string]bool)
	for _, code := range slices.Sorted(maps.Keys(a)) {
		field := "Attributes[" + code + "]"
		if values := form.Filled(a[code]); d.MultiValue == MultiComma && len(values) > 1 && strings.Contains(strings.Join(values, ""), ",") {
			out = append(out, Problem{Field: field, Detail: "a value with a comma would be read as two by this server", Kind: ProblemConflict})
		}
		for name := range form.MultiValue(d.MultiValue).Parameters(code, a[code]) {
			if names[name] {
				out = append(out, Problem{Field: field, Detail: "is written as " + name + ", and so is another attribute", Kind: ProblemConflict})
			}
			names[name] = true
		}
	}
	return out
}

// mediaProblems says which files cannot be sent to any server.
func mediaProblems(media []Media) (out []Problem) {
	for i, m := range media {
		field := mediaLabel(i)
		if m.Open == nil && m.Path == "" {
			out = append(out, Problem{Field: field, Detail: "has neither Open nor Path", Kind: ProblemMissing})
		}
		if m.ContentType != "" {
			if _, _, err := mime.ParseMediaType(m.ContentType); err != nil || strings.ContainsAny(m.ContentType, "\r\n") {
				out = append(out, Problem{Field: field, Detail: "its ContentType is not one such as image/jpeg", Kind: ProblemValue})
			}
		}
		if !utf8.ValidString(m.Name) {
			out = append(out, Problem{Field: field, Detail: "its Name is not UTF-8", Kind: ProblemEncoding})
		}
	}
	return out
}

// attributeTexts finds what cannot be written at all, whatever the definition says.
func attributeTexts(a Attributes, own url.Values) (out []Problem) {
	for _, code := range slices.Sorted(maps.Keys(a)) {
		field := "Attributes[" + strings.ToValidUTF8(code, "\uFFFD") + "]"
		switch {
		case code == "":
			out = append(out, Problem{Field: "Attributes", Detail: "an attribute without a code", Kind: ProblemMissing})
		case !utf8.ValidString(code + strings.Join(a[code], "")):
			out = append(out, Problem{Field: field, Detail: "is not UTF-8", Kind: ProblemEncoding})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if !utf8.ValidString(name + strings.Join(own[name], "")) {
			out = append(out, Problem{Field: "Params[" + strings.ToValidUTF8(name, "\uFFFD") + "]", Detail: "is not UTF-8", Kind: ProblemEncoding})
		}
	}
	return out
}

// problems says what is wrong with the answers to the questions of a definition.
func (d *ServiceDefinition) problems(answers Attributes) []Problem {
	if d == nil || len(d.Attributes) == 0 {
		return nil
	}
	var out []Problem
	known := make(map[string]bool, len(d.Attributes))
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if a.Code == "" || known[a.Code] {
			continue
		}
		known[a.Code] = true
		field := "Attributes[" + a.Code + "]"
		values := answers[a.Code]
		blank := !slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" })
		switch {
		case a.automated():
		case blank && a.Required && a.Variable:
			out = append(out, Problem{Field: field, Detail: "is required" + question(a), Kind: ProblemMissing})
		case blank:
		case !a.Variable:
			out = append(out, Problem{Field: field, Detail: "is information for the reader" + question(a) + "; it takes no value", Kind: ProblemValue})
		default:
			for _, detail := range a.misfits(form.Filled(values)) {
				out = append(out, Problem{Field: field, Detail: detail, Kind: ProblemValue})
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(answers)) {
		if !known[code] && code != "" {
			out = append(out, Problem{Field: "Attributes[" + code + "]", Detail: "this service has no such attribute" + d.nearCode(code), Kind: ProblemUnknown})
		}
	}
	return out
}

// automated reports whether mySociety's servers expect the caller's own system to fill the attribute in:
// server_set ones are sent although variable is false, hidden_field ones come from the form.
func (a *Attribute) automated() bool { return a.Extra.String("automated") != "" }

func question(a *Attribute) string {
	if a.Description == "" {
		return ""
	}
	return ": " + strconv.Quote(a.Description)
}

// misfits checks the values of one attribute by its datatype. Boston writes the words with capitals,
// and has others, such as Picklist and Boolean (checkbox), which are not checked.
func (a *Attribute) misfits(values []string) []string {
	kind := Datatype(strings.ToLower(string(a.Datatype)))
	switch kind {
	case DatatypeString, DatatypeNumber, DatatypeDatetime, DatatypeText, DatatypeSingleValueList, DatatypeMultiValueList:
	default:
		return nil
	}
	var out []string
	if len(values) > 1 && kind != DatatypeMultiValueList {
		out = append(out, fmt.Sprintf("has %d values, only one is allowed", len(values)))
	}
	for i, v := range values {
		detail := ""
		switch kind {
		case DatatypeString:
			if strings.ContainsAny(v, "\r\n") {
				detail = "has a line break, which a " + string(kind) + " must not have"
			}
		case DatatypeNumber:
			detail = misfitNumber(v)
		case DatatypeDatetime:
			detail = misfitTime(v)
		case DatatypeSingleValueList, DatatypeMultiValueList:
			detail = a.misfitKey(v)
			if slices.Contains(values[:i], v) {
				detail = strconv.Quote(v) + " is there twice"
			}
		}
		if detail != "" {
			out = append(out, detail)
		}
	}
	return out
}

var number = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

func misfitNumber(v string) string {
	if number.MatchString(v) {
		if f, err := strconv.ParseFloat(v, 64); err == nil && !math.IsInf(f, 0) {
			return ""
		}
	}
	if comma := strings.Replace(v, ",", ".", 1); comma != v && number.MatchString(comma) {
		return strconv.Quote(v) + " is not a number; write " + comma
	}
	return strconv.Quote(v) + " is not a number"
}

// instants are the layouts of ISO 8601 that a datetime may have: the specification wants no more than
// that it "must convert to ISO 8601".
var instants = []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07",
	"20060102T150405Z0700", "20060102", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

func misfitTime(v string) string {
	for _, layout := range instants {
		if _, err := time.Parse(layout, v); err == nil {
			return ""
		}
	}
	// Time layouts of which there can be no doubt, as Go and JavaScript print them.
	for _, layout := range []string{time.RFC1123, time.RFC1123Z, time.UnixDate, time.RFC850, "Mon Jan 2 2006 15:04:05 GMT-0700",
		"2006-01-02 15:04:05.999999999 -0700 MST", "2 January 2006 15:04", "January 2, 2006 15:04"} {
		if t, err := time.Parse(layout, v); err == nil {
			return strconv.Quote(v) + " is not ISO 8601; write " + t.Format(time.RFC3339)
		}
	}
	return strconv.Quote(v) + " is not a date and time in ISO 8601, such as 2026-06-01T08:30:00Z"
}

// misfitKey: of a list the key is sent, which is mostly not what the user sees.
func (a *Attribute) misfitKey(v string) string {
	if len(a.Values) == 0 || slices.ContainsFunc(a.Values, func(c AttributeValue) bool { return c.Key == v }) {
		return ""
	}
	for _, c := range a.Values {
		if strings.EqualFold(c.Name, strings.TrimSpace(v)) {
			return fmt.Sprintf("%q is the name of a value; send its key %q", v, c.Key)
		}
	}
	for _, c := range a.Values {
		// Numbers lose the zeros that keys begin with.
		if strings.EqualFold(strings.TrimLeft(c.Key, "0"), strings.TrimLeft(strings.TrimSpace(v), "0")) {
			return fmt.Sprintf("%q is not a key of this list; did you mean %q?", v, c.Key)
		}
	}
	var words []string
	for _, c := range a.Values {
		words = append(words, c.Key, c.Name)
	}
	if i := nearest(v, words); i >= 0 {
		c := a.Values[i/2]
		return fmt.Sprintf("%q is not a key of this list; did you mean %s?", v, c.show())
	}
	var choices []string
	for i, c := range a.Values {
		if i == 8 {
			choices = append(choices, fmt.Sprintf("and %d more", len(a.Values)-i))
			break
		}
		choices = append(choices, c.show())
	}
	return fmt.Sprintf("%q is not a key of this list: %s", v, strings.Join(choices, ", "))
}

// show names a choice by its key, and its name where that says more.
func (v AttributeValue) show() string {
	if v.Name == "" || v.Name == v.Key {
		return strconv.Quote(v.Key)
	}
	return fmt.Sprintf("%q (%s)", v.Key, v.Name)
}

func (d *ServiceDefinition) nearCode(code string) string {
	var codes []string
	for _, a := range d.Attributes {
		if strings.EqualFold(strings.TrimSpace(a.Description), strings.TrimSpace(code)) && a.Description != "" {
			return fmt.Sprintf("; %q is its description, the code is %q", code, a.Code)
		}
		codes = append(codes, a.Code)
	}
	if i := nearest(code, codes); i >= 0 {
		return fmt.Sprintf("; did you mean %q?", codes[i])
	}
	return ""
}

// nearest returns the index of the word that v is most like, or -1. Case does not count; one letter in
// three may be wrong, but not all of a short word.
func nearest(v string, words []string) int {
	v = strings.ToLower(strings.TrimSpace(v))
	best, at := 1+min(3, utf8.RuneCountInString(v)/3), -1
	if utf8.RuneCountInString(v) > 64 {
		return -1
	}
	for i, w := range words {
		if w == "" || utf8.RuneCountInString(w) > 64 {
			continue
		}
		if d := spelling.Edits([]rune(v), []rune(strings.ToLower(w))); d < best {
			best, at = d, i
		}
	}
	return at
}
