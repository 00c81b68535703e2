package open311_test

import (
	"encoding/json"
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// The specification's types, as one writes them down for encoding/json and encoding/xml.
type plainRequest struct {
	ID          string     `json:"service_request_id" xml:"service_request_id"`
	Token       string     `json:"token" xml:"token"`
	Notice      string     `json:"service_notice" xml:"service_notice"`
	Status      string     `json:"status" xml:"status"`
	ServiceName string     `json:"service_name" xml:"service_name"`
	ServiceCode string     `json:"service_code" xml:"service_code"`
	Description string     `json:"description" xml:"description"`
	Requested   *time.Time `json:"requested_datetime" xml:"requested_datetime"`
	Updated     *time.Time `json:"updated_datetime" xml:"updated_datetime"`
	Address     string     `json:"address" xml:"address"`
	Zipcode     string     `json:"zipcode" xml:"zipcode"`
	Lat         *float64   `json:"lat" xml:"lat"`
	Long        *float64   `json:"long" xml:"long"`
	MediaURL    string     `json:"media_url" xml:"media_url"`
}

type plainService struct {
	Code        string `json:"service_code" xml:"service_code"`
	Name        string `json:"service_name" xml:"service_name"`
	Description string `json:"description" xml:"description"`
	Metadata    bool   `json:"metadata" xml:"metadata"`
	Type        string `json:"type" xml:"type"`
	Keywords    string `json:"keywords" xml:"keywords"`
	Group       string `json:"group" xml:"group"`
}

type plainDefinition struct {
	XMLName     xml.Name `json:"-" xml:"service_definition"`
	ServiceCode string   `json:"service_code" xml:"service_code"`
	Attributes  []struct {
		Variable    bool   `json:"variable" xml:"variable"`
		Code        string `json:"code" xml:"code"`
		Datatype    string `json:"datatype" xml:"datatype"`
		Required    bool   `json:"required" xml:"required"`
		Order       int    `json:"order" xml:"order"`
		Description string `json:"description" xml:"description"`
		Values      []struct {
			Key  string `json:"key" xml:"key"`
			Name string `json:"name" xml:"name"`
		} `json:"values" xml:"values>value"`
	} `json:"attributes" xml:"attributes>attribute"`
}

type plainDiscovery struct {
	XMLName    xml.Name `json:"-" xml:"discovery"`
	Changeset  string   `json:"changeset" xml:"changeset"`
	Contact    string   `json:"contact" xml:"contact"`
	KeyService string   `json:"key_service" xml:"key_service"`
	Endpoints  []struct {
		Specification string   `json:"specification" xml:"specification"`
		URL           string   `json:"url" xml:"url"`
		Type          string   `json:"type" xml:"type"`
		Formats       []string `json:"formats" xml:"formats>format"`
	} `json:"endpoints" xml:"endpoints>endpoint"`
}

type plainUpdate struct {
	ID          string `json:"update_id" xml:"update_id"`
	RequestID   string `json:"service_request_id" xml:"service_request_id"`
	Status      string `json:"status" xml:"status"`
	Description string `json:"description" xml:"description"`
}

type plainError struct {
	Code        int    `json:"code" xml:"code"`
	Description string `json:"description" xml:"description"`
}

// plainRead reads a document with the standard library and the types above.
func plainRead(e expected, body []byte) (o outcome, err error) {
	isXML := strings.Contains(e.ContentType, "xml")
	decode := func(list, root any) {
		if isXML {
			err = xml.Unmarshal(body, root)
		} else {
			err = json.Unmarshal(body, list)
		}
	}
	switch e.Kind {
	case "services":
		var x struct {
			XMLName xml.Name       `xml:"services"`
			List    []plainService `xml:"service"`
		}
		decode(&x.List, &x)
		for _, s := range x.List {
			o.add(s.Code, map[string]any{"service_code": s.Code, "service_name": s.Name, "description": s.Description,
				"type": s.Type, "metadata": s.Metadata})
		}
	case "definition":
		var d plainDefinition
		decode(&d, &d)
		for _, a := range d.Attributes {
			m := map[string]any{"code": a.Code, "datatype": a.Datatype, "description": a.Description, "required": a.Required,
				"variable": a.Variable, "order": float64(a.Order), "values": float64(len(a.Values))}
			if len(a.Values) > 0 {
				m["value_key"], m["value_name"] = a.Values[0].Key, a.Values[0].Name
			}
			o.add(a.Code, m)
		}
		if o.First == nil {
			o.First = map[string]any{}
		}
		o.First["service_code"] = d.ServiceCode
	case "requests", "request", "post", "token":
		var x struct {
			XMLName xml.Name       `xml:"service_requests"`
			List    []plainRequest `xml:"request"`
		}
		decode(&x.List, &x)
		for _, r := range x.List {
			m := map[string]any{"status": r.Status, "service_code": r.ServiceCode, "service_name": r.ServiceName, "address": r.Address,
				"media_url": r.MediaURL, "description": r.Description, "requested_datetime": "", "updated_datetime": ""}
			if r.Requested != nil {
				m["requested_datetime"] = stamp(*r.Requested)
			}
			if r.Updated != nil {
				m["updated_datetime"] = stamp(*r.Updated)
			}
			if r.Lat != nil && r.Long != nil {
				m["lat"], m["long"] = *r.Lat, *r.Long
			}
			o.add(r.ID, m)
			o.Post = map[string]any{"id": x.List[0].ID, "token": x.List[0].Token, "service_notice": x.List[0].Notice}
		}
	case "update":
		var x struct {
			XMLName xml.Name      `xml:"service_request_updates"`
			List    []plainUpdate `xml:"request_update"`
		}
		decode(&x.List, &x)
		for _, u := range x.List {
			o.add(u.ID, map[string]any{"service_request_id": u.RequestID, "status": u.Status, "description": u.Description})
		}
	case "discovery":
		var d plainDiscovery
		decode(&d, &d)
		for _, e := range d.Endpoints {
			var formats []any
			for _, f := range e.Formats {
				formats = append(formats, f)
			}
			o.add(e.URL, map[string]any{"specification": e.Specification, "url": e.URL, "type": e.Type, "formats": formats,
				"changeset": d.Changeset, "contact": d.Contact, "key_service": d.KeyService})
		}
	case "errors":
		var x struct {
			XMLName xml.Name     `xml:"errors"`
			List    []plainError `xml:"error"`
		}
		decode(&x.List, &x)
		if err != nil {
			return o, err
		}
		ae := &open311.APIError{StatusCode: e.Status}
		for _, f := range x.List {
			ae.Faults = append(ae.Faults, open311.Fault{Code: strconv.Itoa(f.Code), Description: f.Description})
		}
		return o, ae
	}
	return o, err
}
