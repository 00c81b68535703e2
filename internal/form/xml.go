package form

import (
	"strings"

	"github.com/go-open311/open311/internal/wire"
)

// XML returns one element. Codes may be anything, so an attribute is an element with a code and its values.
// Files follow as base64.
func (f *Form) XML() (*Payload, error) {
	v := wire.Value{Name: f.Root, Kind: wire.Object}
	for _, field := range f.fields().Kids {
		v.Kids = append(v.Kids, elements(field.Name, field)...)
	}
	list := wire.Value{Name: "attributes", Kind: wire.List}
	for _, a := range f.attributes().Kids {
		code := wire.Value{Name: "code", Kind: wire.Text, Text: a.Name}
		list.Kids = append(list.Kids, wire.Value{Name: "attribute", Kind: wire.Object, Kids: append([]wire.Value{code}, elements("value", a)...)})
	}
	if len(list.Kids) > 0 {
		v.Kids = append(v.Kids, list)
	}
	text := wire.Header + string(wire.AppendXML(nil, v))
	p := &Payload{ContentType: "application/xml; charset=utf-8"}
	if len(f.Files) == 0 {
		p.addText(text)
		return p, nil
	}
	end := "</" + f.Root + ">"
	if len(v.Kids) == 0 {
		text = wire.Header + "<" + f.Root + ">" // which AppendXML has closed already
	}
	p.addText(strings.TrimSuffix(text, end))
	name := strings.TrimSuffix(f.FileField, "[]") // which is no name in XML
	for i := range f.Files {
		p.addText("<" + name + ">")
		if err := p.addFile(&f.Files[i], asBase64); err != nil {
			return nil, err
		}
		p.addText("</" + name + ">")
	}
	p.addText(end)
	return p, nil
}

// elements returns an element for each value of a text or a list.
func elements(name string, v wire.Value) []wire.Value {
	if v.Kind != wire.List {
		v.Name = name
		return []wire.Value{v}
	}
	for i := range v.Kids {
		v.Kids[i].Name = name
	}
	return v.Kids
}
