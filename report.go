package open311

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"mime/multipart"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-querystring/query"

	"github.com/go-open311/open311/internal/wire"
)

// formParams is a [NewRequest] as go-querystring encodes it, under the specification's names. The
// attributes follow separately: their names are made of their codes. Coordinates are texts here because
// go-querystring writes small ones with an exponent and drops a 0, which is a place.
type formParams struct {
	ServiceCode   string `url:"service_code,omitempty"`
	Lat           string `url:"lat,omitempty"`
	Long          string `url:"long,omitempty"`
	AddressString string `url:"address_string,omitempty"`
	AddressID     string `url:"address_id,omitempty"`
	Description   string `url:"description,omitempty"`
	Email         string `url:"email,omitempty"`
	FirstName     string `url:"first_name,omitempty"`
	LastName      string `url:"last_name,omitempty"`
	Phone         string `url:"phone,omitempty"`
	DeviceID      string `url:"device_id,omitempty"`
	AccountID     string `url:"account_id,omitempty"`
	MediaURL      string `url:"media_url,omitempty"`
}

// params returns the fields of a report but for its attributes and files, under the names of the
// dialect. Nothing is there that is not set.
func (n *NewRequest) params(d *Dialect) (url.Values, error) {
	p := formParams{
		ServiceCode: n.ServiceCode, AddressString: n.AddressString, AddressID: n.AddressID, Description: n.Description,
		Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, Phone: n.Phone, DeviceID: n.DeviceID,
		AccountID: n.AccountID, MediaURL: n.MediaURL,
	}
	if n.Location != nil {
		p.Lat, p.Long = formatDegrees(n.Location.Lat), formatDegrees(n.Location.Long)
	}
	return renamed(p, d, n.Params)
}

// renamed encodes a struct for go-querystring under the names of the dialect. What the caller adds
// wins over it.
func renamed(p any, d *Dialect, own url.Values) (url.Values, error) {
	spec, err := query.Values(p)
	if err != nil {
		return nil, &ValidationError{[]Problem{{"NewRequest", err.Error()}}}
	}
	out := make(url.Values, len(spec)+len(own))
	for name, values := range spec {
		out[d.param(name)] = values
	}
	maps.Copy(out, own)
	return out, nil
}

// Set sets the values of an attribute, in place of those it has.
func (a Attributes) Set(code string, values ...string) { a[code] = slices.Clone(values) }

// SetTime sets an attribute of the datatype datetime, in ISO 8601.
func (a Attributes) SetTime(code string, t time.Time) { a[code] = []string{wire.FormatTime(t)} }

// SetNumber sets an attribute of the datatype number, never with an exponent.
func (a Attributes) SetNumber(code string, f float64) {
	a[code] = []string{strconv.FormatFloat(f, 'f', -1, 64)}
}

// filled returns the values of an attribute that are not empty: by the specification passing an
// argument without a value is the same as not passing it, and some servers take "" for a wrong value.
func filled(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// encode adds the attributes to a form (GeoReport v2, POST Service Request). How several values of one
// are written is a matter of the dialect: five ways are in use.
func (a Attributes) encode(form url.Values, style MultiValueStyle) {
	for code, values := range a {
		name := "attribute[" + code + "]"
		values = filled(values)
		if len(values) == 0 {
			continue
		}
		if len(values) == 1 {
			form[name] = values
			continue
		}
		switch style {
		case MultiRepeat:
			form[name] = values
		case MultiIndexed:
			for i, v := range values {
				form[name+"["+strconv.Itoa(i)+"]"] = []string{v}
			}
		case MultiComma:
			form[name] = []string{strings.Join(values, ",")}
		default:
			form[name+"[]"] = values
		}
	}
}

// outgoing is a report, or an update, on its way into a body.
type outgoing struct {
	attributes Attributes
	own        url.Values // what the caller adds: it wins over attributes of the same name
	files      []upload
	root       string // of an XML body
}

// body returns what makes the body of a call of it, in the style of the dialect.
func (o *outgoing) body(d *Dialect) func(url.Values) (*payload, error) {
	return func(params url.Values) (*payload, error) {
		field := d.MediaField
		if field == "" {
			field = "media"
		}
		switch {
		case d.Body == BodyJSON:
			return o.json(params, d.MultiValue, d.param, field)
		case d.Body == BodyXML:
			return o.xml(params, d.MultiValue, d.param, field)
		}
		form := maps.Clone(params)
		o.attributes.encode(form, d.MultiValue)
		maps.Copy(form, o.own)
		if len(o.files) > 0 && d.Media == MediaMultipart {
			return o.multipart(form, field)
		}
		return o.form(form, field)
	}
}

// form is a body of the specification. Files stand in it as base64 (Klarschiff, CitizenLab).
func (o *outgoing) form(params url.Values, field string) (*payload, error) {
	p, err := formPayload(params)
	for i := 0; i < len(o.files) && err == nil; i++ {
		amp := "&"
		if p.size == 0 {
			amp = ""
		}
		p.addText(amp + url.QueryEscape(field) + "=")
		err = p.addFile(&o.files[i], asForm)
	}
	return p, err
}

// multipart is a body of the draft of GeoReport v2.1: the fields, and then each file in a part of its
// own, all under one name.
func (o *outgoing) multipart(params url.Values, field string) (*payload, error) {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never fails
	boundary := "open311-" + hex.EncodeToString(random[:])
	p := &payload{contentType: "multipart/form-data; boundary=" + boundary}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		for _, v := range params[name] {
			p.addText("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + escapeQuotes(name) + "\"\r\n\r\n" + v + "\r\n")
		}
	}
	for i := range o.files {
		u := &o.files[i]
		p.addText("--" + boundary + "\r\nContent-Disposition: " + multipart.FileContentDisposition(field, u.name) +
			"\r\nContent-Type: " + u.contentType + "\r\n\r\n")
		if err := p.addFile(u, asBytes); err != nil {
			return nil, err
		}
		p.addText("\r\n")
	}
	p.addText("--" + boundary + "--\r\n")
	return p, nil
}

// escapeQuotes escapes the name of a field as browsers do.
var escapeQuotes = strings.NewReplacer("\\", "\\\\", `"`, "\\\"", "\r", "%0D", "\n", "%0A").Replace

// json is one object under the specification's names, as frameworks make it of a form: the attributes
// are an object of their own, coordinates are numbers.
func (o *outgoing) json(params url.Values, style MultiValueStyle, param func(string) string, field string) (*payload, error) {
	v := fieldsOf(params, param)
	if a := o.attributeFields(style); len(a.Kids) > 0 && params[a.Name] == nil {
		v.Kids = append(v.Kids, a)
	}
	text := string(wire.AppendJSON(nil, v))
	p := &payload{contentType: "application/json; charset=utf-8"}
	if len(o.files) == 0 {
		p.addText(text)
		return p, nil
	}
	comma := ","
	if len(v.Kids) == 0 {
		comma = ""
	}
	p.addText(strings.TrimSuffix(text, "}") + comma + string(wire.AppendQuoted(nil, field)) + ":")
	open, end := "", "}"
	if len(o.files) > 1 {
		open, end = "[", "]}"
	}
	p.addText(open)
	for i := range o.files {
		if i > 0 {
			p.addText(",")
		}
		p.addText(`"`)
		if err := p.addFile(&o.files[i], asBase64); err != nil {
			return nil, err
		}
		p.addText(`"`)
	}
	p.addText(end)
	return p, nil
}

// xml is one element. Codes may be anything, so an attribute is an element with a code and its values.
func (o *outgoing) xml(params url.Values, style MultiValueStyle, param func(string) string, field string) (*payload, error) {
	v := wire.Value{Name: o.root, Kind: wire.Object}
	for _, kid := range fieldsOf(params, param).Kids {
		if kid.Kind != wire.List {
			v.Kids = append(v.Kids, kid)
			continue
		}
		for _, value := range kid.Kids { // several values are several elements
			value.Name = kid.Name
			v.Kids = append(v.Kids, value)
		}
	}
	list := wire.Value{Name: "attributes", Kind: wire.List}
	for _, a := range o.attributeFields(style).Kids {
		item := wire.Value{Name: "attribute", Kind: wire.Object, Kids: []wire.Value{{Name: "code", Kind: wire.Text, Text: a.Name}}}
		values := a.Kids
		if a.Kind == wire.Text {
			values = []wire.Value{a}
		}
		for _, value := range values {
			value.Name = "value"
			item.Kids = append(item.Kids, value)
		}
		list.Kids = append(list.Kids, item)
	}
	if len(list.Kids) > 0 {
		v.Kids = append(v.Kids, list)
	}
	text := wire.Header + string(wire.AppendXML(nil, v))
	p := &payload{contentType: "application/xml; charset=utf-8"}
	if len(o.files) == 0 {
		p.addText(text)
		return p, nil
	}
	end := "</" + o.root + ">"
	field = strings.TrimSuffix(field, "[]") // which is no name in XML
	p.addText(strings.TrimSuffix(text, end))
	for i := range o.files {
		p.addText("<" + field + ">")
		if err := p.addFile(&o.files[i], asBase64); err != nil {
			return nil, err
		}
		p.addText("</" + field + ">")
	}
	p.addText(end)
	return p, nil
}

// fieldsOf makes an object of parameters, in the order of their names.
func fieldsOf(params url.Values, param func(string) string) wire.Value {
	v := wire.Value{Kind: wire.Object}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		values := params[name]
		switch {
		case len(values) == 0:
		case len(values) > 1:
			v.Kids = append(v.Kids, listOf(name, values))
		case (name == param("lat") || name == param("long")) && json.Valid([]byte(values[0])):
			v.Kids = append(v.Kids, wire.Value{Name: name, Kind: wire.Number, Text: values[0]})
		default:
			v.Kids = append(v.Kids, wire.Value{Name: name, Kind: wire.Text, Text: values[0]})
		}
	}
	return v
}

func listOf(name string, values []string) wire.Value {
	v := wire.Value{Name: name, Kind: wire.List}
	for _, text := range values {
		v.Kids = append(v.Kids, wire.Value{Kind: wire.Text, Text: text})
	}
	return v
}

// attributeFields makes an object of the attributes: one value is a text, several are a list.
func (o *outgoing) attributeFields(style MultiValueStyle) wire.Value {
	v := wire.Value{Name: "attribute", Kind: wire.Object}
	for _, code := range slices.Sorted(maps.Keys(o.attributes)) {
		values := filled(o.attributes[code])
		switch {
		case len(values) == 0:
		case len(values) == 1:
			v.Kids = append(v.Kids, wire.Value{Name: code, Kind: wire.Text, Text: values[0]})
		case style == MultiComma:
			v.Kids = append(v.Kids, wire.Value{Name: code, Kind: wire.Text, Text: strings.Join(values, ",")})
		default:
			v.Kids = append(v.Kids, listOf(code, values))
		}
	}
	return v
}
