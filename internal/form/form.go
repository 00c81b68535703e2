package form

import (
	"maps"
	"net/url"
	"slices"

	"github.com/go-open311/open311/internal/wire"
)

// Form is what a body has to say, in whatever syntax.
type Form struct {
	Fields     url.Values          // by their names; they win over attributes that are written under the same name
	Attributes map[string][]string // by their codes; empty values are left out
	MultiValue MultiValue
	Numbers    []string // names of fields that are numbers where the syntax has numbers
	Files      []File
	FileField  string // the name that all files stand under
	Root       string // element of an XML body
}

// parameters returns the fields, and the attributes as parameters beside them.
func (f *Form) parameters() url.Values {
	if len(f.Attributes) == 0 {
		return f.Fields
	}
	out := make(url.Values, len(f.Fields)+len(f.Attributes))
	for code, values := range f.Attributes {
		maps.Copy(out, f.MultiValue.Parameters(code, values))
	}
	maps.Copy(out, f.Fields)
	return out
}

// fields returns an object of the fields, in the order of their names.
func (f *Form) fields() wire.Value {
	v := wire.Value{Kind: wire.Object}
	for _, name := range slices.Sorted(maps.Keys(f.Fields)) {
		if values := f.Fields[name]; len(values) > 0 {
			v.Kids = append(v.Kids, textOrList(name, values))
		}
	}
	return v
}

// attributes returns an object of the attributes, in the order of their codes.
func (f *Form) attributes() wire.Value {
	v := wire.Value{Name: "attribute", Kind: wire.Object}
	for _, code := range slices.Sorted(maps.Keys(f.Attributes)) {
		if values := f.MultiValue.joined(f.Attributes[code]); len(values) > 0 {
			v.Kids = append(v.Kids, textOrList(code, values))
		}
	}
	return v
}

// textOrList is a text, or a list of texts if there are several.
func textOrList(name string, values []string) wire.Value {
	if len(values) == 1 {
		return wire.Value{Name: name, Kind: wire.Text, Text: values[0]}
	}
	v := wire.Value{Name: name, Kind: wire.List}
	for _, text := range values {
		v.Kids = append(v.Kids, wire.Value{Kind: wire.Text, Text: text})
	}
	return v
}
