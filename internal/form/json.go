package form

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-open311/open311/internal/wire"
)

// JSON returns one object of the fields, as frameworks make it of a form: the attributes are an object of
// their own. Files follow as base64.
func (f *Form) JSON() (*Payload, error) {
	v := f.fields()
	f.number(v.Kids)
	if a := f.attributes(); len(a.Kids) > 0 && f.Fields[a.Name] == nil {
		v.Kids = append(v.Kids, a)
	}
	text := string(wire.AppendJSON(nil, v))
	p := &Payload{ContentType: "application/json; charset=utf-8"}
	if len(f.Files) == 0 {
		p.addText(text)
		return p, nil
	}
	comma := ","
	if len(v.Kids) == 0 {
		comma = ""
	}
	open, end := "", "}"
	if len(f.Files) > 1 {
		open, end = "[", "]}"
	}
	p.addText(strings.TrimSuffix(text, "}") + comma + string(wire.AppendQuoted(nil, f.FileField)) + ":" + open)
	for i := range f.Files {
		if i > 0 {
			p.addText(",")
		}
		p.addText(`"`)
		if err := p.addFile(&f.Files[i], asBase64); err != nil {
			return nil, err
		}
		p.addText(`"`)
	}
	p.addText(end)
	return p, nil
}

// number makes numbers of the fields that are numbers.
func (f *Form) number(fields []wire.Value) {
	for i := range fields {
		field := &fields[i]
		if field.Kind == wire.Text && slices.Contains(f.Numbers, field.Name) && json.Valid([]byte(field.Text)) {
			field.Kind = wire.Number
		}
	}
}
