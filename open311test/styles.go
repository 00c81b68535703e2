package open311test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// filingStyle is how a city wants reports to be sent. The zero value takes what the specification has
// and the ways of its drafts: a form, or multipart with files under any name, several values of an
// attribute with brackets, with indexes, or repeated.
type filingStyle struct {
	set        bool
	body       open311.BodyStyle
	multi      open311.MultiValueStyle
	media      open311.MediaStyle
	mediaField string
	requires   []string
}

// WithFilingStyle makes the city take reports in the one way that a dialect sends them in: its Body,
// MultiValue, Media and MediaField, and with what it Requires. Anything else is refused, or misread as
// real servers of the kind misread it: attribute[A][] is another attribute where values are repeated,
// and of repeated values the last one counts where they should have brackets.
func WithFilingStyle(d open311.Dialect) Option {
	style := filingStyle{true, d.Body, d.MultiValue, d.Media, d.MediaField, slices.Clone(d.Requires)}
	return func(c *config) { c.filing = style }
}

// takes says that a body is not of the kind that the city takes.
func (s *filingStyle) takes(in *input) []fault {
	wanted := map[open311.BodyStyle][]string{
		open311.BodyForm: {"", kindForm, kindMultipart}, open311.BodyJSON: {kindJSON}, open311.BodyXML: {kindXML},
	}[s.body]
	if !slices.Contains(wanted, in.kind) {
		status := http.StatusUnsupportedMediaType
		if !s.set {
			status = http.StatusBadRequest // the specification's word for everything else
		}
		return []fault{{status, "the body cannot be read: " + in.kind + " is not what this city takes"}}
	}
	return nil
}

// check says what of a POST is not in the style of the city.
func (s *filingStyle) check(in *input) (faults []fault) {
	if !s.set {
		return nil
	}
	for _, name := range s.requires {
		if name != "media" && first(in.params, name) == "" {
			faults = append(faults, invalid(name+" is missing"))
		}
	}
	for _, f := range in.files {
		switch field := s.field(); {
		case s.media == open311.MediaNone:
			faults = append(faults, invalid("this city takes no files"))
		case (in.kind != kindMultipart) != (s.media == open311.MediaBase64):
			faults = append(faults, invalid("file "+strconv.Quote(f.Field)+" is not sent as this city takes files"))
		case f.Field != field:
			faults = append(faults, invalid("file "+strconv.Quote(f.Field)+" should be in the field "+field))
		}
	}
	return faults
}

func (s *filingStyle) field() string {
	if s.mediaField == "" {
		return "media"
	}
	return s.mediaField
}

var (
	codeAlone   = regexp.MustCompile(`(?s)^attribute\[(.+)\]$`)
	codeIndexed = regexp.MustCompile(`(?s)^attribute\[(.+)\]\[([0-9]+)\]$`)
)

// attributes collects attribute[CODE]=value, and attribute[CODE][]=value for lists (GeoReport v2,
// POST Service Request), or what the style has for that. Blank values are absent ones.
func (s *filingStyle) attributes(p url.Values) map[string][]string {
	found := make(map[string][]string)
	add := func(code string, values ...string) {
		for _, v := range values {
			if strings.TrimSpace(v) != "" {
				found[code] = append(found[code], v)
			}
		}
	}
	names := sortedNames(p)
	for _, name := range names {
		values := p[name]
		m := codeAlone.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		code, list := strings.CutSuffix(name, "[]")
		list = list && codeAlone.MatchString(code) && s.multi != open311.MultiRepeat && s.multi != open311.MultiComma
		indexed := codeIndexed.FindStringSubmatch(name)
		switch {
		case list:
			add(codeAlone.FindStringSubmatch(code)[1], values...)
		case indexed != nil && (!s.set || s.multi == open311.MultiIndexed):
			add(indexed[1], values...)
		case len(values) > 1 && s.set && s.multi != open311.MultiRepeat:
			add(m[1], values[len(values)-1]) // PHP keeps the last
		default:
			add(m[1], values...)
		}
	}
	return found
}

// sortedNames sorts names so that [2] comes before [10].
func sortedNames(p url.Values) []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := codeIndexed.FindStringSubmatch(a), codeIndexed.FindStringSubmatch(b)
		if x != nil && y != nil && x[1] == y[1] && len(x[2]) != len(y[2]) {
			return len(x[2]) - len(y[2])
		}
		return strings.Compare(a, b)
	})
	return names
}

// split takes lists apart that are joined by commas (Libre311). What is a list the definition says.
func (s *filingStyle) split(form *open311.ServiceDefinition, sent map[string][]string) {
	if s.multi != open311.MultiComma || form == nil {
		return
	}
	for _, a := range form.Attributes {
		if values := sent[a.Code]; a.Datatype == open311.DatatypeMultiValueList && len(values) == 1 {
			sent[a.Code] = strings.Split(values[0], ",")
		}
	}
}

// The kinds of bodies.
const (
	kindForm      = "application/x-www-form-urlencoded"
	kindMultipart = "multipart/form-data"
	kindJSON      = "application/json"
	kindXML       = "application/xml"
)

// parseJSON reads a body that is one JSON object: attributes in an object of their own.
func parseJSON(body []byte) (url.Values, error) {
	if !utf8.Valid(body) {
		return nil, errBodyType
	}
	v := wire.ParseJSON(body)
	if v.Kind != wire.Object {
		return nil, errBodyType
	}
	form := make(url.Values)
	for _, field := range v.Kids {
		if field.Name != "attribute" || field.Kind != wire.Object {
			addValue(form, field.Name, field)
			continue
		}
		for _, a := range field.Kids {
			name := "attribute[" + a.Name + "]"
			if a.Kind == wire.List {
				name += "[]"
			}
			addValue(form, name, a)
		}
	}
	return form, nil
}

func addValue(form url.Values, name string, v wire.Value) {
	if v.Kind == wire.List {
		for _, item := range v.Kids {
			form.Add(name, item.Text)
		}
		return
	}
	form.Add(name, v.Text)
}

// element is any XML element.
type element struct {
	XMLName xml.Name
	Text    string    `xml:",chardata"`
	Kids    []element `xml:",any"`
}

// parseXML reads a body that is one XML element: each attribute is an element with its code and its
// values.
func parseXML(body []byte) (url.Values, error) {
	var root element
	if err := xml.Unmarshal(body, &root); err != nil {
		return nil, err
	}
	form := make(url.Values)
	for _, field := range root.Kids {
		if field.XMLName.Local != "attributes" {
			form.Add(field.XMLName.Local, field.Text)
			continue
		}
		for _, a := range field.Kids {
			code, values := "", []string(nil)
			for _, kid := range a.Kids {
				if kid.XMLName.Local == "code" {
					code = kid.Text
				} else {
					values = append(values, kid.Text)
				}
			}
			name := "attribute[" + code + "]"
			if len(values) > 1 {
				name += "[]"
			}
			form[name] = append(form[name], values...)
		}
	}
	return form, nil
}

// takeBase64 turns the fields that hold files as base64 into files (Klarschiff, CitizenLab).
func takeBase64(form url.Values, field string) (files []File) {
	for _, name := range []string{field, "media", "media[]"} {
		for _, text := range form[name] {
			_, data, isURI := strings.Cut(text, ";base64,")
			if !isURI {
				data = text
			}
			b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader([]byte(data))))
			if err != nil || len(b) == 0 {
				continue
			}
			files = append(files, File{Field: name, Data: b})
		}
		delete(form, name)
	}
	return files
}
