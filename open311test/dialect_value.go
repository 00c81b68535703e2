package open311test

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/wire"
)

// kind says what a record is of.
type kind uint8

const (
	kindRequest kind = iota
	kindService
	kindDefinition
	kindReceipt
	kindDiscovery
	kindUpdate
	kindError
)

// alter puts a record of the specification into the words of the dialect.
func (c *conversation) alter(k kind, v wire.Value) wire.Value {
	if v.Kind != wire.Object {
		return v
	}
	v.Kids = slices.Clone(v.Kids)
	switch k {
	case kindRequest:
		c.alterRequest(&v)
	case kindService:
		c.alterService(&v)
	case kindDefinition:
		c.alterDefinition(&v)
	case kindDiscovery:
		c.alterDiscovery(&v)
	case kindUpdate:
		c.alterID(v.Field("service_request_id"), c.NumberIDs)
		if f := v.Field("updated_datetime"); f != nil {
			c.alterDate(f)
		}
	case kindReceipt:
		c.alterID(v.Field("service_request_id"), c.NumberIDs)
	}
	if k != kindError {
		v.Kids = slices.DeleteFunc(v.Kids, func(f wire.Value) bool { return slices.Contains(c.Omit, f.Name) })
	}
	for i := range v.Kids {
		if name, ok := c.FieldNames[v.Kids[i].Name]; ok {
			v.Kids[i].Name = name
		}
	}
	v = c.plainer(v)
	if k == kindRequest && c.ScalarArrays && c.f == wire.JSON {
		for i, f := range v.Kids {
			if f.Kind < wire.List {
				v.Kids[i] = wire.Value{Name: f.Name, Kind: wire.List, Kids: []wire.Value{f}}
			}
		}
	}
	if c.Sorted {
		slices.SortStableFunc(v.Kids, func(a, b wire.Value) int { return cmp.Compare(a.Name, b.Name) })
	}
	return v
}

func (c *conversation) alterRequest(v *wire.Value) {
	addFields(v, c.Add)
	for i := range v.Kids {
		f := &v.Kids[i]
		switch f.Name {
		case "status":
			if word, ok := c.StatusWords[strings.ToLower(f.Text)]; ok {
				f.Text = word
			}
			if c.StatusNumbers && isNumber(f.Text) {
				f.Kind = wire.Number
			}
		case "service_request_id", "address_id", "zipcode":
			c.alterID(f, c.NumberIDs)
		case "service_code":
			c.alterID(f, c.NumberCodes)
		case "lat", "long":
			c.alterDegrees(f)
		case "agency_responsible":
			if c.AgencyObject && f.Kind == wire.Text {
				agency := wire.Value{Name: "recipient", Kind: wire.Text, Text: f.Text}
				*f = wire.Value{Name: f.Name, Kind: wire.Object, Kids: []wire.Value{
					{Name: "recipient", Kind: wire.List, Kids: []wire.Value{agency}}}}
				if c.f == wire.XML {
					f.Kids = []wire.Value{agency}
				}
			}
		case "media_url":
			c.alterMedia(f)
		case "requested_datetime", "updated_datetime", "expected_datetime":
			c.alterDate(f)
		case "description":
			if c.ControlBytes && f.Kind == wire.Text {
				f.Text += control
			}
		}
	}
}

// control stands for U+0010 until the document is written: no writer would let that through.
const control = "\uE010"

func isNumber(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

// alterID makes a number of an id that looks like one. Leading zeros would get lost, so it takes a
// server that does not know about JSON to send them.
func (c *conversation) alterID(f *wire.Value, yes bool) {
	if f == nil || !yes || f.Kind != wire.Text || !isNumber(f.Text) || strings.HasPrefix(f.Text, "-") {
		return
	}
	if len(f.Text) == 1 || f.Text[0] != '0' || c.LeadingZeros {
		f.Kind = wire.Number
	}
}

func (c *conversation) alterDegrees(f *wire.Value) {
	switch {
	case f.Kind == wire.Null && c.ZeroPlace:
		f.Kind, f.Text = wire.Number, "0.0"
	case f.Kind == wire.Number && c.FloatNoise:
		deg, _ := strconv.ParseFloat(f.Text, 32)
		f.Text = strconv.FormatFloat(deg, 'f', -1, 64)
	}
}

func (c *conversation) alterMedia(f *wire.Value) {
	if f.Kind != wire.Text {
		return
	}
	if c.TrailingBlank {
		f.Text += " "
	}
	url := wire.Value{Name: "media_url", Kind: wire.Text, Text: f.Text}
	switch c.Media {
	case MediaList:
		*f = wire.Value{Name: f.Name, Kind: wire.List, Kids: []wire.Value{url}}
	case MediaObjects:
		url.Name = "url"
		*f = wire.Value{Name: f.Name, Kind: wire.List, Kids: []wire.Value{{Name: "media", Kind: wire.Object, Kids: []wire.Value{
			{Name: "id", Kind: wire.Number, Text: "1"}, url, {Name: "tags", Kind: wire.List}}}}}
	case MediaCommas:
		f.Text += "," + f.Text + "?small"
	}
}

func (c *conversation) alterDate(f *wire.Value) {
	if f.Kind == wire.Null && c.NoDate != "" {
		f.Kind, f.Text = wire.Text, c.NoDate
		return
	}
	t, err := time.Parse(time.RFC3339, f.Text)
	if f.Kind != wire.Text || err != nil {
		return
	}
	if c.DateZone != nil {
		t = t.In(c.DateZone)
	}
	layout := cmp.Or(c.DateLayout, time.RFC3339)
	if c.f == wire.JSON {
		layout = cmp.Or(c.JSONLayout, layout)
	}
	if c.LocalAsZ {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	f.Text = t.Format(layout)
}

func (c *conversation) alterService(v *wire.Value) {
	if f := v.Field("keywords"); f != nil && c.ArrayKeywords && f.Kind == wire.Text {
		list := wire.Value{Name: f.Name, Kind: wire.List}
		for word := range strings.SplitSeq(f.Text, ",") {
			list.Kids = append(list.Kids, wire.Value{Name: "keyword", Kind: wire.Text, Text: word})
		}
		*f = list
	}
}

func (c *conversation) alterDefinition(v *wire.Value) {
	attributes := v.Field("attributes")
	if attributes == nil || c.Values == ValuePairs {
		return
	}
	attributes.Kids = slices.Clone(attributes.Kids)
	for i := range attributes.Kids {
		a := &attributes.Kids[i]
		a.Kids = slices.Clone(a.Kids)
		values := a.Field("values")
		if values == nil {
			continue
		}
		values.Kids = slices.Clone(values.Kids)
		for j, pair := range values.Kids {
			values.Kids[j] = c.alterValue(pair)
		}
	}
}

func (c *conversation) alterValue(pair wire.Value) wire.Value {
	key, name := pair.Field("key"), pair.Field("name")
	if key == nil || name == nil {
		return pair
	}
	switch c.Values {
	case ValueWords:
		return wire.Value{Name: "value", Kind: wire.Text, Text: name.Text}
	case ValueNested:
		inner := func(as string) wire.Value {
			return wire.Value{Name: as, Kind: wire.Object, Kids: []wire.Value{*key, *name}}
		}
		return wire.Value{Name: "value", Kind: wire.Object, Kids: []wire.Value{inner("key"), inner("name")}}
	case ValueNumbers:
		pair.Kids = slices.Clone(pair.Kids)
		c.alterID(pair.Field("key"), true)
	}
	return pair
}

func (c *conversation) alterDiscovery(v *wire.Value) {
	endpoints := v.Field("endpoints")
	if endpoints == nil || c.DiscoveryURL == URLRight {
		return
	}
	endpoints.Kids = slices.Clone(endpoints.Kids)
	for i, e := range endpoints.Kids {
		if u := e.Field("url"); u != nil {
			text := strings.TrimSuffix(u.Text, "/v2")
			if c.DiscoveryURL == URLMissing {
				text = ""
			}
			endpoints.Kids[i] = withText(e, "url", text)
		}
	}
}

// plainer applies what is odd about values of every kind, at every depth.
func (c *conversation) plainer(v wire.Value) wire.Value {
	switch v.Kind {
	case wire.Null:
		switch c.Nothing {
		case NothingEmpty:
			v.Kind, v.Text = wire.Text, "" // of JSON's null the Text is the word
		case NothingNone:
			v.Kind, v.Text = wire.Text, "None"
		case NothingWord:
			v.Kind, v.Text = wire.Text, "null"
		}
	case wire.Bool:
		switch {
		case c.PythonBooleans:
			v.Kind, v.Text = wire.Text, strings.ToUpper(v.Text[:1])+v.Text[1:]
		case c.TextBooleans:
			v.Kind = wire.Text
		}
	case wire.Number:
		if c.TextNumbers && !strings.HasSuffix(v.Name, "_id") && v.Name != "service_code" {
			v.Kind = wire.Text
		}
	case wire.Text:
		if c.Padded && v.Text != "" {
			v.Text = "\n  " + v.Text + "\n  "
		}
	default:
		kids := make([]wire.Value, 0, len(v.Kids))
		for _, k := range v.Kids {
			if k.Kind == wire.Null && c.Nothing == NothingAbsent && v.Kind == wire.Object {
				continue
			}
			kids = append(kids, c.plainer(k))
		}
		v.Kids = kids
	}
	return v
}

// rawText makes JSON text of a string, for the Add and Extended of a table.
func rawText(s string) json.RawMessage { return wire.AppendQuoted(nil, s) }
