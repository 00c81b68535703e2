package conformance

import (
	"bytes"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// wrongFresh are misdeeds of a fifth round, of each operation some.
func (k known) wrongFresh() []mutation {
	return slices.Concat(k.freshLists(), k.freshDocuments(), k.freshFiling())
}

func (k known) freshLists() []mutation {
	future := func(r *node) { r.set("updated_datetime", "2099-01-01T00:00:00Z", kindText) }
	return []mutation{
		{id: "requests/record/lat-long", name: "coordinates are metres of Web Mercator", option: recordsOf("", func(r *node) {
			lat, err := strconv.ParseFloat(r.value("lat"), 64)
			long, e := strconv.ParseFloat(r.value("long"), 64)
			if err == nil && e == nil {
				const radius = 6378137
				r.set("lat", fmt.Sprintf("%.2f", math.Log(math.Tan((90+lat)*math.Pi/360))*radius), kindNumber)
				r.set("long", fmt.Sprintf("%.2f", long*math.Pi/180*radius), kindNumber)
			}
		})},
		{id: "requests/list/xml-item", name: "fields of requests are attributes in XML",
			option: when(func(a *answer) bool { return a.op == OpRequests && a.f == FormatXML && a.status == 200 }, inAttributes)},
		{id: "requests/filter/service-code", name: "a service lists its group, too", option: arguments("", func(q url.Values) bool { return len(q.Get("service_code")) == len("0101") }, func(q url.Values) {
			var group []string
			for _, s := range k.city.Services() {
				if s.Code[:2] == q.Get("service_code")[:2] {
					group = append(group, s.Code)
				}
			}
			q.Set("service_code", strings.Join(group, ","))
		})},
		{id: "requests/filter/status-both", name: "two statuses are refused", option: turnedDown(OpRequests, func(a *answer) bool { return strings.Contains(a.form.Get("status"), ",") })},
		{id: "requests/record/updated-past", name: "requests were changed in 2099", was: "conformant", option: recordsOf("", future)},
		{id: "request/record/updated-past", name: "a single request was changed in 2099", was: "conformant with warnings, by request/same-as-list", follows: []string{"request/same-as-list"},
			option: doc(OpRequest, "", func(_ *answer, d *node) { future(d.kids[0]) })},
		{id: "requests/filter/id", name: "by its id an open request is found only", option: when(func(a *answer) bool {
			return a.op == OpRequests && a.status == 200 && a.form.Get("service_request_id") != ""
		}, func(a *answer) {
			a.edit(func(d *node) {
				d.kids = slices.DeleteFunc(d.kids, func(r *node) bool { return r.value("status") == "closed" })
				d.kind = map[Format]kind{FormatXML: kindText, FormatJSON: kindList}[a.f]
			})
		})},
		{id: "request/one", name: "a single request comes with its neighbour", option: doc(OpRequest, "", func(_ *answer, d *node) {
			d.another(func(r *node) { r.set("service_request_id", k.ids[1], kindText) })
		})},
	}
}

// inAttributes writes the records of a list as empty elements.
func inAttributes(a *answer) {
	d, err := parse(a.body, a.f)
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><` + d.name + ">")
	for _, r := range d.kids {
		b.WriteString("<" + r.name)
		for _, c := range r.kids {
			fmt.Fprintf(&b, ` %s="%s"`, c.name, strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\n", "&#10;").Replace(c.text))
		}
		b.WriteString("/>")
	}
	b.WriteString("</" + d.name + ">")
	a.body = b.Bytes()
}

func (k known) freshDocuments() []mutation {
	failed := map[Format]string{FormatJSON: `[{"code":500,"description":"The database is away."}]`,
		FormatXML: `<?xml version="1.0" encoding="utf-8"?><errors><error><code>500</code><description>The database is away.</description></error></errors>`}
	return []mutation{
		{id: "discovery/formats-equal", name: "an endpoint is in XML only", option: only(OpDiscovery, FormatXML, func(d *node) {
			d.child("endpoints").another(func(e *node) { e.set("type", "test", kindText) })
		})},
		{id: "errors/status", name: "services in JSON are an error with status 200", option: instead(func(a *answer) bool { return a.op == OpServices && a.f == FormatJSON }, 200, failed)},
		{id: "errors/status", name: "services in XML are an error with status 200", option: instead(func(a *answer) bool { return a.op == OpServices && a.f == FormatXML }, 200, failed)},
		{id: "definition/attribute-required", name: "required is Y or N in XML", option: only(OpDefinition, FormatXML, func(d *node) {
			for _, at := range d.items("attributes") {
				at.set("required", map[string]string{"true": "Y", "false": "N"}[at.value("required")], kindText)
			}
		})},
		{id: "errors/unknown-path", name: "an unknown path leads to the services", option: when(func(a *answer) bool { return a.op == "" }, func(a *answer) {
			a.status, a.body = 302, nil
			a.header.Set("Location", "services."+string(a.f))
		})},
		{id: "request/served", name: "single requests in JSON begin with a comment", option: around(OpRequest, FormatJSON, "/* 12 ms */", "")},
		{id: "token/unknown-404", name: "an unknown token is 400", option: when(func(a *answer) bool { return a.op == OpToken && a.id == nobody }, func(a *answer) { a.refuse(400) })},
		{id: "errors/format", name: "a wrong key is answered by a page", option: when(func(a *answer) bool { return a.op == OpCreate && a.status == 403 }, func(a *answer) {
			a.crash()
			a.status = 403
		})},
	}
}

func (k known) freshFiling() []mutation {
	return []mutation{
		{id: "create/readable", name: "what was filed can be had in XML only", option: when(func(a *answer) bool {
			return a.op == OpRequest && a.f == FormatJSON && bytes.Contains(a.body, []byte("Conformance test"))
		}, func(a *answer) { a.refuse(404) })},
		{id: "create/realtime-id", name: "the receipt in XML has its fields in attributes", option: when(func(a *answer) bool {
			return a.op == OpCreate && a.f == FormatXML && a.status == 200
		}, func(a *answer) {
			a.edit(func(d *node) { d.kids[0].kids = []*node{{name: "service_notice", kind: kindText, text: "Thank you."}} })
		})},
	}
}
