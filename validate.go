package open311

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311/internal/condition"
	"github.com/go-open311/open311/internal/form"
	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/spelling"
)

// maxDescription is in characters (GeoReport v2, POST Service Request).
const maxDescription = 4000

// Validate checks a report before it is sent: its own fields, and its attributes against the
// definition of its service, which may be nil. The error is a [*ValidationError] with every problem
// at once, under the names of the fields as they are written in Go: "Location", "Attributes[DEPTH]".
//
// [RequestClient.Create] does the same with the definition that its client has read last, if that is
// not an hour old, and adds what the dialect requires.
func (n *NewRequest) Validate(def *ServiceDefinition) error {
	problems := n.problems()
	if n == nil {
		return asError(problems)
	}
	problems = (&Dialect{}).placed(problems, n, def)
	if def != nil {
		if def.ServiceCode != "" && n.ServiceCode != "" && !strings.EqualFold(def.ServiceCode, n.ServiceCode) {
			problems = append(problems, Problem{Field: "ServiceCode", Detail: "the report is for service " + n.ServiceCode + ", the definition is that of " + def.ServiceCode, Kind: ProblemValue})
		} else {
			problems = append(problems, def.problems(n.Attributes, n)...)
		}
	}
	return asError(hidden(problems, n.personal))
}

// Validate checks the answers to the questions of a service: required ones are there, each value is of
// its datatype, those of lists are keys (GeoReport v2, GET Service Definition). The error is a
// [*ValidationError] with every problem at once.
//
// A question with dependencies is required where they hold. One for a field of every report, such as email, is answered
// by that field of a [NewRequest].
//
// What the client cannot judge it lets pass: datatypes that the specification does not have, lists
// that come without values, attributes that mySociety's servers mark as automated, and anything at all
// where the definition has no attributes, since several servers leave them out.
func (d *ServiceDefinition) Validate(a Attributes) error { return asError(d.problems(a, nil)) }

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
		out = append(out, Problem{Field: "ServiceCode", Detail: "is missing", Kind: ProblemMissing})
	}
	switch p := n.Location; {
	case p == nil && strings.TrimSpace(n.AddressString) == "" && strings.TrimSpace(n.AddressID) == "":
		out = append(out, Problem{Field: "Location", Detail: "one of Location, AddressString and AddressID is needed", Kind: ProblemMissing})
	case p == nil || p.Valid():
	case (Point{p.Long, p.Lat}).Valid():
		add("Location", "%s is no place on Earth; Lat and Long may be swapped", p)
	default:
		add("Location", "%s is no place on Earth: Lat goes from -90 to 90, Long from -180 to 180", p)
	}
	if count := utf8.RuneCountInString(n.Description); count > maxDescription {
		out = append(out, Problem{Field: "Description", Detail: fmt.Sprintf("has %d characters, %d are allowed", count, maxDescription), Kind: ProblemTooLong, Limit: maxDescription})
	}
	if u, err := url.Parse(n.MediaURL); n.MediaURL != "" && (err != nil || !u.IsAbs()) {
		add("MediaURL", "is no absolute URL")
	}
	if n.MediaURL != "" && len(n.Media) > 0 {
		// GeoReport v2.1: they cannot be combined, and the upload wins. The URL would be lost.
		out = append(out, Problem{Field: "Media", Kind: ProblemConflict, Detail: "files and a MediaURL cannot go together: servers take the files and forget the MediaURL"})
	}
	out = append(out, mediaProblems(n.Media)...)
	out = append(out, textProblems(n.texts())...)
	return append(out, attributeTexts(n.Attributes, n.Params)...)
}

// hidden takes the reporter's data out of problems, which quote the values of attributes.
func hidden(problems []Problem, personal func() []string) []Problem {
	if len(problems) == 0 {
		return nil
	}
	hide := redact.New(personal()...)
	for i := range problems {
		p := &problems[i]
		p.Field, p.Detail, p.Code, p.Value = hide.Text(p.Field), hide.Text(p.Detail), hide.Text(p.Code), hide.Text(p.Value)
	}
	return problems
}

// problems says what is wrong with a report for servers of a dialect.
func (d *Dialect) problems(n *NewRequest) []Problem {
	out := append(d.mediaProblems(n.Media), d.attributeProblems(n.Attributes)...)
	if len(d.Requires) == 0 {
		return out
	}
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
			out = append(out, Problem{Field: name, Detail: "is missing: this server wants it", Kind: ProblemMissing, Code: param})
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
	if len(a) == 0 {
		return nil
	}
	brackets := strings.ContainsAny(strings.Join(slices.Collect(maps.Keys(a)), ""), "[]") // else no two names are the same
	names := make(map[string]bool)
	for _, code := range slices.Sorted(maps.Keys(a)) {
		field := "Attributes[" + code + "]"
		if values := form.Filled(a[code]); d.MultiValue == MultiComma && len(values) > 1 && strings.Contains(strings.Join(values, ""), ",") {
			out = append(out, Problem{Field: field, Detail: "a value with a comma would be read as two by this server", Kind: ProblemConflict})
		}
		if !brackets {
			continue
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

// problems says what is wrong with the answers to the questions of a definition, in a report if n is not nil.
func (d *ServiceDefinition) problems(answers Attributes, n *NewRequest) []Problem {
	if d == nil || len(d.Attributes) == 0 {
		return nil
	}
	given := func(code string) []string {
		if values := answers[code]; len(values) > 0 || n == nil {
			return values
		}
		return n.answer(code)
	}
	var out []Problem
	known := make(map[string]bool, len(d.Attributes))
	rules := condition.Of(given)
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if a.Code == "" || known[a.Code] {
			continue
		}
		known[a.Code] = true
		values := given(a.Code)
		blank := !slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" })
		applies, _ := rules.Applies(a.Extra["dependencies"])
		var found []Problem
		switch {
		case a.automated():
		case blank && a.Required && a.Variable && applies:
			found = []Problem{{Detail: "is required" + question(a), Kind: ProblemMissing}}
		case blank:
		case !a.Variable:
			found = []Problem{{Detail: "is information for the reader" + question(a) + "; it takes no value", Kind: ProblemUnsupported}}
		default:
			found = a.misfits(form.Filled(values))
		}
		for _, p := range found {
			p.Field, p.Code = "Attributes["+a.Code+"]", a.Code
			out = append(out, p)
		}
	}
	unknown := 0
	for _, code := range slices.Sorted(maps.Keys(answers)) {
		if !known[code] && code != "" {
			var near, text string
			if unknown++; unknown <= maxAdvice {
				near, text = d.nearCode(code)
			}
			out = append(out, Problem{Field: "Attributes[" + code + "]", Detail: "this service has no such attribute" + text, Kind: ProblemUnknown, Code: code, Value: near})
		}
	}
	return out
}

// answer returns what a report says on a question elsewhere than in its attributes: as a parameter of the caller's, or
// as a field of every report, which some definitions list.
func (n *NewRequest) answer(code string) []string {
	for _, name := range []string{"attribute[" + code + "]", "attribute[" + code + "][]"} {
		if values := n.Params[name]; len(values) > 0 {
			return values
		}
	}
	switch name := strings.ToLower(code); name {
	case "lat", "long":
		return n.params()[name]
	case "address":
		return form.Filled([]string{n.AddressString})
	default:
		for _, f := range n.texts() {
			if f.param == name {
				return form.Filled([]string{f.value})
			}
		}
	}
	return nil
}

// placed takes out the problem that a report has no place, if the place is among the parameters that the caller adds,
// or the definition says that none is needed.
func (d *Dialect) placed(problems []Problem, n *NewRequest, def *ServiceDefinition) []Problem {
	has := func(name string) bool { return strings.Join(n.Params[d.param(name)], "") != "" }
	placeless := def != nil && strings.EqualFold(def.Extra.String("location_required"), "false")
	if !placeless && !(has("lat") && has("long")) && !has("address_string") && !has("address_id") {
		return problems
	}
	return slices.DeleteFunc(problems, func(p Problem) bool { return p.Field == "Location" && p.Kind == ProblemMissing })
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
func (a *Attribute) misfits(values []string) (out []Problem) {
	kind := Datatype(strings.ToLower(string(a.Datatype)))
	switch kind {
	case DatatypeString, DatatypeNumber, DatatypeDatetime, DatatypeText, DatatypeSingleValueList, DatatypeMultiValueList:
	default:
		return nil
	}
	if len(values) > 1 && kind != DatatypeMultiValueList {
		out = append(out, Problem{Detail: fmt.Sprintf("has %d values, only one is allowed", len(values)), Kind: ProblemTooMany, Limit: 1})
	}
	keys, given, wrong := a.keys(kind), make(map[string]bool, len(values)), 0
	for _, v := range values {
		p := Problem{Value: v}
		switch kind {
		case DatatypeString:
			if strings.ContainsAny(v, "\r\n") {
				p.Detail, p.Kind = "has a line break, which a "+string(kind)+" must not have", ProblemLineBreak
			}
		case DatatypeNumber:
			p.Detail, p.Kind = misfitNumber(v), ProblemNumber
		case DatatypeDatetime:
			p.Detail, p.Kind = misfitTime(v), ProblemTime
		case DatatypeSingleValueList, DatatypeMultiValueList:
			switch {
			case given[v]:
				p.Detail, p.Kind = strconv.Quote(v)+" is there twice", ProblemTwice
			case len(a.Values) == 0 || keys[v]:
			case wrong < maxAdvice:
				p.Detail, p.Kind = a.misfitKey(v), ProblemChoice
				wrong++
			default:
				p.Detail, p.Kind = strconv.Quote(v)+" is not a key of this list", ProblemChoice
			}
			given[v] = true
		}
		if p.Detail != "" {
			out = append(out, p)
		}
	}
	return out
}

var number = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
})

func misfitNumber(v string) string {
	if number().MatchString(v) {
		if f, err := strconv.ParseFloat(v, 64); err == nil && !math.IsInf(f, 0) {
			return ""
		}
	}
	if comma := strings.Replace(v, ",", ".", 1); comma != v && number().MatchString(comma) {
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

// maxAdvice is of how many wrong words in one place it is said what may be meant: that takes a look at all there are.
const maxAdvice = 8

// keys returns the keys of a list.
func (a *Attribute) keys(kind Datatype) map[string]bool {
	if len(a.Values) == 0 || kind != DatatypeSingleValueList && kind != DatatypeMultiValueList {
		return nil
	}
	keys := make(map[string]bool, len(a.Values))
	for _, c := range a.Values {
		keys[c.Key] = true
	}
	for _, key := range condition.Keys(a.Extra["conditionalValues"]) { // Boston: which choices there are depends on other answers
		keys[key] = true
	}
	return keys
}

// misfitKey says what is wrong with a value of a list: the key is sent, which is mostly not what the user sees.
func (a *Attribute) misfitKey(v string) string {
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

// nearCode returns the code that may be meant by one that is not known, and says so.
func (d *ServiceDefinition) nearCode(code string) (near, text string) {
	var codes []string
	for _, a := range d.Attributes {
		if strings.EqualFold(strings.TrimSpace(a.Description), strings.TrimSpace(code)) && a.Description != "" {
			return a.Code, fmt.Sprintf("; %q is its description, the code is %q", code, a.Code)
		}
		codes = append(codes, a.Code)
	}
	if i := nearest(code, codes); i >= 0 {
		return codes[i], fmt.Sprintf("; did you mean %q?", codes[i])
	}
	return "", ""
}

// nearest returns the index of the word that v is most like, or -1. Case does not count; one letter in
// three may be wrong, but not all of a short word.
func nearest(v string, words []string) int {
	v = strings.ToLower(strings.TrimSpace(v))
	best, at := 1+min(3, utf8.RuneCountInString(v)/3), -1
	if utf8.RuneCountInString(v) > 64 {
		return -1
	}
	length := utf8.RuneCountInString(v)
	for i, w := range words {
		if n := utf8.RuneCountInString(w); w == "" || n > 64 || n-length >= best || length-n >= best {
			continue
		}
		if d := spelling.Edits([]rune(v), []rune(strings.ToLower(w))); d < best {
			best, at = d, i
		}
	}
	return at
}
