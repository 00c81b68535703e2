package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"time"

	"github.com/bytedance/sonic"
	jsonv2 "github.com/go-json-experiment/json"
	goccy "github.com/goccy/go-json"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// plain is the struct that one writes without this module.
type plain struct {
	ID                string     `json:"service_request_id" xml:"service_request_id"`
	Token             string     `json:"token" xml:"token"`
	Status            string     `json:"status" xml:"status"`
	StatusNotes       string     `json:"status_notes" xml:"status_notes"`
	ServiceName       string     `json:"service_name" xml:"service_name"`
	ServiceCode       string     `json:"service_code" xml:"service_code"`
	Description       string     `json:"description" xml:"description"`
	AgencyResponsible string     `json:"agency_responsible" xml:"agency_responsible"`
	ServiceNotice     string     `json:"service_notice" xml:"service_notice"`
	RequestedDatetime time.Time  `json:"requested_datetime" xml:"requested_datetime"`
	UpdatedDatetime   time.Time  `json:"updated_datetime" xml:"updated_datetime"`
	ExpectedDatetime  *emptyTime `json:"expected_datetime" xml:"expected_datetime"`
	Address           string     `json:"address" xml:"address"`
	AddressID         string     `json:"address_id" xml:"address_id"`
	Zipcode           string     `json:"zipcode" xml:"zipcode"`
	Lat               float64    `json:"lat" xml:"lat"`
	Long              float64    `json:"long" xml:"long"`
	MediaURL          string     `json:"media_url" xml:"media_url"`
}

// emptyTime is a time that may be an empty element.
type emptyTime struct{ time.Time }

func (t *emptyTime) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return t.Time.UnmarshalText(b)
}

func markAll(list []plain) (sum int) {
	for i := range list {
		sum += mark(list[i].ID, list[i].Description, list[i].RequestedDatetime, list[i].Lat)
	}
	return sum
}

func markOf(r *open311.ServiceRequest) int {
	return mark(r.ID, r.Description, r.RequestedDatetime, r.Location.Lat)
}

// ours reads a document one record at a time, as a listing does, and keeps none.
func ours(doc []byte) (sum int, err error) {
	rd := table.Read(bytes.NewReader(doc), nil)
	defer rd.Close()
	var r open311.ServiceRequest
	var at open311.Point
	for {
		r = open311.ServiceRequest{Location: &at}
		if err := rd.Next(&r); err == io.EOF {
			return sum, nil
		} else if err != nil {
			return sum, err
		}
		sum += markOf(&r)
	}
}

// oursKept reads a document into a slice.
func oursKept(doc []byte, n int) (sum int, err error) {
	rd := table.Read(bytes.NewReader(doc), nil)
	defer rd.Close()
	list, points := make([]open311.ServiceRequest, n), make([]open311.Point, n)
	for i := range list {
		list[i].Location = &points[i]
		if err := rd.Next(&list[i]); err != nil {
			return sum, err
		}
		sum += markOf(&list[i])
	}
	return sum, nil
}

// unmarshalled is a way by a function like json.Unmarshal.
func unmarshalled(name string, doc []byte, unmarshal func([]byte, any) error) way {
	return way{name, func() (int, error) {
		var list []plain
		err := unmarshal(doc, &list)
		return markAll(list), err
	}}
}

// decoding compares readers of a document with n records in memory.
func decoding(f wire.Format, n int) *contest {
	doc := numbered(document(f, n), 1)
	c := &contest{title: f.String() + " from memory, 1,000 records", unit: "record", count: n,
		ways: []way{{"open311, one at a time", func() (int, error) { return ours(doc) }}}}
	if n == 1 {
		c.title = f.String() + " from memory, one record"
	} else {
		c.ways = append(c.ways, way{"open311, all kept", func() (int, error) { return oursKept(doc, n) }})
	}
	if f == wire.XML {
		c.ways = append(c.ways,
			way{"encoding/xml", func() (int, error) {
				var list struct {
					Requests []plain `xml:"request"`
				}
				err := xml.Unmarshal(doc, &list)
				return markAll(list.Requests), err
			}},
			way{"gosax by hand, which validates nothing", func() (int, error) { return saxed(doc) }})
		return c
	}
	c.ways = append(c.ways,
		unmarshalled("encoding/json", doc, json.Unmarshal),
		unmarshalled("goccy/go-json", doc, goccy.Unmarshal),
		unmarshalled("sonic", doc, sonic.Unmarshal),
		unmarshalled("sonic.ConfigStd", doc, sonic.ConfigStd.Unmarshal),
		unmarshalled("go-json-experiment/json", doc, func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }),
		way{"jsontext by hand", func() (int, error) { return tokens(doc) }},
		way{"json.Valid, which gives no values", func() (int, error) { return -1, valid(doc) }})
	return c
}
