package conformance

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// wrongField are misdeeds of a fourth round: what servers in the field are known for, tried at other operations and formats than there.
func (k known) wrongField() []mutation {
	return slices.Concat(k.fieldDocuments(), k.fieldLists(), k.fieldFiling())
}

func (k known) fieldDocuments() []mutation {
	refused := func(f Format) func(a *answer) bool {
		return func(a *answer) bool { return a.status >= 400 && a.op != "" && a.f == f }
	}
	return []mutation{
		{id: "encoding/xml-well-formed", name: "errors in XML are a declaration and nothing else", option: when(refused(FormatXML), func(a *answer) { a.body = []byte(`<?xml version="1.0" encoding="utf-8"?>`) })},
		{id: "errors/json-array", name: "an error is an object in an object", option: when(refused(FormatJSON), func(a *answer) {
			if b := bytes.TrimSpace(a.body); bytes.Count(b, []byte("{")) == 1 {
				a.body = slices.Concat([]byte(`{"errors":`), b[1:len(b)-1], []byte(`}`))
			}
		})},
		{id: "errors/xml-root", name: "errors have the root of the list", follows: []string{"errors/code", "errors/description"}, option: when(refused(FormatXML), func(a *answer) {
			a.edit(func(d *node) {
				d.name, d.kids = "service_requests", d.kids[0].kids
			})
		})},
		{id: "encoding/json-well-formed", name: "definitions in JSON lack their last brace", option: when(func(a *answer) bool { return a.op == OpDefinition && a.f == FormatJSON && a.status == 200 }, func(a *answer) {
			a.body = bytes.TrimSuffix(bytes.TrimSpace(a.body), []byte("}"))
		})},
		{id: "definition/json-values", name: "values are their number", follows: []string{"definition/values-of-lists"}, option: only(OpDefinition, FormatJSON, func(d *node) {
			for _, at := range d.items("attributes") {
				if n := len(at.items("values")); n > 0 {
					at.set("values", strconv.Itoa(n), kindNumber)
				}
			}
		})},
		{id: "definition/json-attributes", name: "one attribute is no array in JSON", follows: []string{"definition/attribute-code", "definition/attribute-variable", "definition/attribute-required", "definition/attribute-datatype", "definition/attribute-order", "definition/attribute-description"}, option: only(OpDefinition, FormatJSON, func(d *node) {
			if l := d.child("attributes"); len(l.kids) > 0 {
				l.kind, l.kids = kindObject, l.kids[0].kids
			}
		})},
		{id: "encoding/content-encoding", name: "services are packed and do not say so", was: "not conformant, by services/list/xml", option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatXML }, func(a *answer) { a.body = packed(a.body) })},
		{id: "services/list/service-code", name: "names of fields are in capitals", follows: []string{"services/list/service-name", "services/list/metadata", "services/list/type"}, option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatXML && a.status == 200 }, func(a *answer) {
			a.edit(func(d *node) {
				for _, s := range d.kids {
					for _, c := range s.kids {
						c.name = strings.ToUpper(c.name)
					}
				}
			})
		})},
		{id: "encoding/json-well-formed", name: "services in JSON are what Python prints", option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatJSON }, func(a *answer) {
			a.body = []byte(strings.NewReplacer(`"`, `'`, "true", "True", "false", "False", "null", "None").Replace(string(a.body)))
		})},
		{id: "encoding/suffix-decides", name: "an Accept for something else is 406", option: when(func(a *answer) bool {
			return a.f == FormatXML && !strings.Contains(a.r.Header.Get("Accept"), "xml")
		}, func(a *answer) { a.status, a.body = 406, nil })},
		{id: "token/served", name: "a token in JSON is answered in XML", option: when(func(a *answer) bool { return a.op == OpToken && a.f == FormatJSON && a.status == 200 }, func(a *answer) {
			a.body = []byte(`<?xml version="1.0" encoding="utf-8"?><service_requests><request><token>` + a.id + `</token></request></service_requests>`)
		})},
		{id: "token/jurisdiction/unknown", many: true, name: "tokens are answered in any town", option: before(func(a *answer, q url.Values) {
			if a.op == OpToken && q.Get("jurisdiction_id") == noCity {
				q.Set("jurisdiction_id", "a.example")
			}
		})},
		{id: "requests/jurisdiction/missing", many: true, name: "without a town there is a page that says so", option: when(func(a *answer) bool { return a.op == OpRequests && a.form.Get("jurisdiction_id") == "" }, func(a *answer) {
			a.crash()
			a.status = 200
		})},
	}
}

func (k known) fieldLists() []mutation {
	have := func(names ...string) func(q url.Values) bool {
		return func(q url.Values) bool {
			return !slices.ContainsFunc(names, func(n string) bool { return q.Get(n) == "" })
		}
	}
	nothing := func(a *answer) bool {
		return a.op == OpRequests && a.status == 200 && !bytes.Contains(a.body, []byte("service_request_id"))
	}
	return []mutation{
		{id: "requests/filter/nothing", name: "nothing found is 404", option: when(nothing, func(a *answer) { a.refuse(404) })},
		{id: "requests/filter/bad-date", name: "a date that is none is a crash", follows: []string{"requests/filter/span-90-days"}, option: when(func(a *answer) bool { return a.op == OpRequests && a.status == 400 }, (*answer).crash)},
		{id: "requests/filter/dates", name: "of two dates one is enough", option: arguments("", have("start_date", "end_date"), func(q url.Values) {
			q.Del("end_date")
			q.Set("start_date", "2020-01-01T00:00:00Z")
		})},
		{id: "requests/filter/dates", name: "start_date and end_date are mistaken for each other", option: arguments("", func(q url.Values) bool { return q.Has("start_date") || q.Has("end_date") }, func(q url.Values) {
			from, to := q.Get("start_date"), q.Get("end_date")
			q.Set("start_date", to)
			q.Set("end_date", from)
		})},
		{id: "requests/list/not-cut", name: "without dates nothing is listed", was: "conformant", option: arguments("", func(q url.Values) bool {
			return !slices.ContainsFunc([]string{"start_date", "end_date", "service_request_id"}, q.Has)
		}, func(q url.Values) { q.Set("service_code", "none-such") })},
		{id: "create/filed/time", name: "times that are read are local and say Z", follows: []string{"requests/filter/dates", "requests/filter/start-date"}, option: recordsOf("", func(r *node) {
			for _, name := range []string{"requested_datetime", "updated_datetime", "expected_datetime"} {
				if t, ok := instantOf(r.value(name)); ok {
					r.set(name, t.In(time.FixedZone("", -4*3600)).Format("2006-01-02T15:04:05")+"Z", kindText)
				}
			}
		})},
		{id: "encoding/xml/fields-once", name: "media_url is there twice in XML", was: "conformant", option: recordsOf(FormatXML, func(r *node) {
			if v := r.value("media_url"); v != "" {
				r.kids = append(r.kids, &node{name: "media_url", kind: kindText, text: v + "?2"})
			}
		})},
		{id: "requests/record/media-url", name: "media_url is the picture", option: recordsOf("", func(r *node) {
			if r.value("media_url") != "" {
				r.set("media_url", "data:image/gif;base64,R0lGODlhAQABAAAAACw=", kindText)
			}
		})},
		{id: "encoding/xml-namespace", name: "an element has a prefix that nothing explains", option: pattern(OpRequests, FormatXML, `</request>`, `<gml:pos>43 -68</gml:pos></request>`)},
		{id: "requests/record/requested-datetime-form", name: "times in JSON are those of .NET", option: recordsOf(FormatJSON, func(r *node) {
			t, _ := instantOf(r.value("requested_datetime"))
			r.set("requested_datetime", fmt.Sprintf("/Date(%d)/", t.UnixMilli()), kindText)
		})},
		{id: "requests/record/lat-long", name: "coordinates have letters of the compass", option: recordsOf("", func(r *node) {
			if v := r.value("lat"); v != "" {
				r.set("lat", v+"N", kindText)
			}
		})},
		{id: "requests/filter/form", name: "a filtered list in JSON is an object by numbers", follows: []string{"requests/filter/status-open", "requests/filter/status-both", "requests/filter/service-code", "requests/filter/service-code-list"}, option: when(func(a *answer) bool {
			return a.op == OpRequests && a.f == FormatJSON && a.status == 200 && (a.form.Get("status") != "" || a.form.Get("service_code") != "")
		}, func(a *answer) {
			a.edit(func(d *node) {
				d.kind = kindObject
				for i, r := range d.kids {
					r.name = strconv.Itoa(2 * i)
				}
			})
		})},
		{id: "requests/record/texts", name: "what is empty is an empty object", option: recordsOf(FormatJSON, func(r *node) {
			for _, c := range r.kids {
				if c.blank() {
					c.kind, c.text = kindObject, ""
				}
			}
		})},
		{id: "paging/page", name: "pages are counted from 0", was: "conformant", option: arguments("", func(q url.Values) bool { return q.Get("page") != "" }, func(q url.Values) {
			n, _ := strconv.Atoi(q.Get("page"))
			q.Set("page", strconv.Itoa(n+1))
		})},
	}
}

func (k known) fieldFiling() []mutation {
	accepted := func(a *answer) bool { return a.op == OpCreate && a.status == 200 }
	return []mutation{
		{id: "create/json-array", name: "the receipt is an array in an array", follows: []string{"create/realtime-id"}, option: when(func(a *answer) bool {
			return accepted(a) && a.f == FormatJSON && bytes.Contains(a.body, []byte("service_request_id"))
		}, func(a *answer) {
			a.edit(func(d *node) {
				d.kids[0] = &node{kind: kindList, kids: []*node{{kind: kindText, text: d.kids[0].value("service_request_id")}}}
			})
		})},
		{id: "create/json-array", name: "the receipt is the data of a success", follows: []string{"create/realtime-id", "create/batch-token"}, option: when(func(a *answer) bool { return accepted(a) && a.f == FormatJSON }, func(a *answer) {
			if b := bytes.TrimSpace(a.body); len(b) > 2 {
				a.body = slices.Concat([]byte(`{"data":`), b[1:len(b)-1], []byte(`,"success":true}`))
			}
		})},
		{id: "create/coordinates-only", name: "coordinates and an address are both needed", follows: []string{"create/address-only", "create/location/address-id-only"}, option: turnedDown(OpCreate, func(a *answer) bool {
			return a.form.Get("lat") == "" || a.form.Get("address_string") == ""
		})},
		{id: "create/lat-without-long-400", name: "half a place is a crash", follows: []string{"create/location/long-without-lat"}, option: when(func(a *answer) bool {
			return a.op == OpCreate && (a.form.Get("lat") == "") != (a.form.Get("long") == "")
		}, (*answer).crash)},
	}
}
