package conformance

import (
	"bytes"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/open311test"
)

// wrongVendors are misdeeds of a third round: what servers get wrong that were written in a hurry, from a framework, or on another product.
func (k known) wrongVendors() []mutation {
	return slices.Concat(k.hastyDocuments(), k.hastyRecords(), k.hastyFilters(), k.hastySingles(), k.hastyFiling(), k.hastyErrors(), k.hastyBytes())
}

func (k known) hastyDocuments() []mutation {
	endpoint := func(f Format, change func(e *node)) open311test.Option {
		return doc(OpDiscovery, f, func(_ *answer, d *node) { change(d.items("endpoints")[0]) })
	}
	service := func(f Format, i int, change func(s *node)) open311test.Option {
		return doc(OpServices, f, func(_ *answer, d *node) { change(d.kids[i]) })
	}
	attribute := func(f Format, change func(a *node)) open311test.Option {
		return doc(OpDefinition, f, func(_ *answer, d *node) {
			if l := d.items("attributes"); len(l) > 0 {
				change(l[0])
			}
		})
	}
	value := func(f Format, change func(v *node)) open311test.Option {
		return doc(OpDefinition, f, func(_ *answer, d *node) {
			for _, a := range d.items("attributes") {
				for _, v := range a.items("values") {
					change(v)
				}
			}
		})
	}
	return []mutation{
		{id: "discovery/contact", name: "the contact is an object in JSON", option: only(OpDiscovery, FormatJSON, func(d *node) { d.nest("contact") })},
		{id: "discovery/key-service", name: "nothing says where keys are to be had, in XML", option: only(OpDiscovery, FormatXML, func(d *node) { d.drop("key_service") })},
		{id: "discovery/endpoint-formats", name: "formats are one text with commas", follows: []string{"discovery/georeport-xml"}, option: endpoint(FormatJSON, func(e *node) { e.set("formats", "text/xml, application/json", kindText) })},
		{id: "discovery/georeport-v2", name: "the specification is a name in other letters", option: endpoint("", func(e *node) { e.set("specification", "http://wiki.open311.org/georeport_v2/", kindText) })},
		{id: "discovery/endpoint-type", name: "an endpoint is of type Production", option: endpoint("", func(e *node) { e.set("type", "Production", kindText) })},
		{id: "services/list/service-code", name: "a service_code is a blank", follows: []string{"requests/record/service-code-known"}, option: service("", 2, func(s *node) { s.set("service_code", " ", kindText) })},
		{id: "services/list/metadata", name: "metadata says yes and no in XML", option: only(OpServices, FormatXML, func(d *node) {
			for _, s := range d.kids {
				s.set("metadata", map[string]string{"true": "yes", "false": "no"}[s.value("metadata")], kindText)
			}
		})},
		{id: "services/list/metadata", name: "metadata is True in Python's words", option: pattern(OpServices, FormatJSON, `"metadata":true`, `"metadata":"True"`)},
		{id: "services/list/json-array", name: "services are an object by their codes", follows: []string{"services/list/service-code", "services/list/service-name", "services/list/metadata", "services/list/type"}, option: only(OpServices, FormatJSON, func(d *node) {
			for _, s := range d.kids {
				s.name = s.value("service_code")
			}
			d.kind = kindObject
		})},
		{id: "services/list/texts", name: "a group is an object with an id", option: service("", 1, func(s *node) { s.nest("group") })},
		{id: "services/list/xml-root", name: "the list of services is in a response element", follows: []string{"services/list/xml-item", "services/list/service-code", "services/list/service-name", "services/list/metadata", "services/list/type"}, option: pattern(OpServices, FormatXML, `(?s)(<services>.*</services>)`, `<response>$1</response>`)},
		{id: "services/list/service-name", name: "a service_name is null in JSON", option: service(FormatJSON, 4, func(s *node) { s.set("service_name", "", kindNull) })},
		{id: "services/list/formats-equal", name: "JSON does not list batch services", follows: []string{"requests/record/service-code-known"}, option: only(OpServices, FormatJSON, func(d *node) {
			d.kids = slices.DeleteFunc(d.kids, func(s *node) bool { return s.value("type") == "batch" })
		})},
		{id: "services/list/service-code-unique", name: "XML lists a service under each of its keywords", follows: []string{"services/list/formats-equal"}, option: only(OpServices, FormatXML, func(d *node) { d.another(func(s *node) { s.set("keywords", "again", kindText) }) })},
		{id: "requests/record/service-code-known", name: "three services are listed, and no others", option: both(OpServices, func(d *node) { d.kids = d.kids[:3] })},
		{id: "definition/attribute-code", name: "an attribute has no code in JSON", follows: []string{"create/attribute-string", "create/attribute-datetime", "create/attribute-text"}, option: attribute(FormatJSON, func(a *node) { a.drop("code") })},
		{id: "definition/attribute-order", name: "attributes are counted from 0", option: both(OpDefinition, func(d *node) {
			for i, a := range d.items("attributes") {
				a.set("order", fmt.Sprint(i), kindNumber)
			}
		})},
		{id: "definition/value-key", name: "values have an id and no key", option: value("", func(v *node) { v.child("key").name = "id" })},
		{id: "definition/value-name", name: "the name of a value is an object by language", option: value(FormatJSON, func(v *node) { v.nest("name") })},
		{id: "definition/values-of-lists", name: "lists have no values", option: both(OpDefinition, func(d *node) {
			for _, a := range d.items("attributes") {
				if v := a.child("values"); v != nil {
					v.kids, v.text = nil, ""
				}
			}
		})},
		{id: "definition/attribute-datatype", name: "whole numbers are of datatype integer", option: both(OpDefinition, func(d *node) {
			for _, a := range d.items("attributes") {
				if a.value("datatype") == "number" {
					a.set("datatype", "integer", kindText)
				}
			}
		})},
		{id: "definition/json-attributes", name: "attributes in JSON are an object with an array in it", follows: []string{"definition/attribute-code", "definition/attribute-variable", "definition/attribute-required", "definition/attribute-datatype", "definition/attribute-order", "definition/attribute-description"}, option: only(OpDefinition, FormatJSON, func(d *node) {
			l := d.child("attributes").clone()
			l.name = "attribute"
			d.nest("attributes")
			d.child("attributes").kids = []*node{l}
		})},
		{id: "definition/formats-equal", name: "nothing is required in XML", option: only(OpDefinition, FormatXML, func(d *node) {
			for _, a := range d.items("attributes") {
				a.set("required", "false", kindText)
			}
		})},
		{id: "definition/attribute-texts", name: "datatype_description is an object", option: attribute("", func(a *node) { a.nest("datatype_description") })},
	}
}

func (k known) hastyRecords() []mutation {
	each := func(f Format, name string, change func(v string) string) open311test.Option {
		return recordsOf(f, func(r *node) {
			if v := r.value(name); v != "" {
				r.set(name, change(v), kindText)
			}
		})
	}
	return []mutation{
		{id: "create/filed/coordinates", name: "lat and long are swapped in what is read", option: recordsOf("", func(r *node) {
			if lat, long := r.value("lat"), r.value("long"); lat != "" {
				r.set("lat", long, kindNumber)
				r.set("long", lat, kindNumber)
			}
		})},
		{id: "requests/record/location", name: "every request is at 0, 0", was: "conformant", option: recordsOf("", func(r *node) { r.set("lat", "0", kindNumber); r.set("long", "0", kindNumber) })},
		{id: "requests/record/requested-datetime-form", name: "times in XML are those of HTTP", option: each(FormatXML, "requested_datetime", func(v string) string {
			t, _ := instantOf(v)
			return t.UTC().Format(time.RFC1123)
		})},
		{id: "requests/list/description-plain", name: "descriptions are paragraphs of HTML", option: each("", "description", func(v string) string { return "<p>" + v + "</p>" })},
		{id: "requests/record/status", name: "closed is written Closed", option: each("", "status", func(v string) string { return strings.Replace(v, "closed", "Closed", 1) })},
		{id: "create/filed/address", name: "the address is called address_string in requests", option: pattern(OpRequest, "", `(</?|")address(>|")`, `${1}address_string$2`)},
		{id: "requests/record/media-url", name: "media_url says none", option: recordsOf("", func(r *node) { r.set("media_url", "none", kindText) })},
		{id: "requests/list/service-name-known", name: "service_name is the code", option: recordsOf("", func(r *node) { r.set("service_name", r.value("service_code"), kindText) })},
		{id: "requests/record/updated-datetime-form", name: "no time is 0000-00-00", option: recordsOf("", func(r *node) {
			if r.value("status") == "open" {
				r.set("updated_datetime", "0000-00-00T00:00:00", kindText)
			}
		})},
		{id: "requests/record/expected-datetime-form", name: "no time is the word null in XML", option: recordsOf(FormatXML, func(r *node) { r.set("expected_datetime", "null", kindText) })},
		{id: "requests/record/service-request-id", name: "names in JSON have humps", follows: []string{"create/listed"}, option: pattern(OpRequests, FormatJSON, `"service_request_id"`, `"serviceRequestId"`)},
		{id: "requests/record/updated-after-requested", name: "requested and updated are swapped", follows: []string{"requests/filter/dates", "requests/filter/start-date", "requests/filter/end-date"}, option: recordsOf("", func(r *node) {
			if req, upd := r.value("requested_datetime"), r.value("updated_datetime"); upd != "" {
				r.set("requested_datetime", upd, kindText)
				r.set("updated_datetime", req, kindText)
			}
		})},
	}
}

func (k known) hastyFilters() []mutation {
	day := func(f Format, name string) open311test.Option {
		return arguments(f, func(q url.Values) bool { return q.Get(name) != "" }, func(q url.Values) {
			if t, ok := instantOf(q.Get(name)); ok {
				q.Set(name, t.UTC().Truncate(24*time.Hour).Format(time.RFC3339))
			}
		})
	}
	return []mutation{
		{id: "requests/filter/start-date", name: "of start_date the day counts", was: "conformant", follows: []string{"requests/filter/dates"}, option: day("", "start_date")},
		{id: "requests/filter/dates", name: "end_date is the beginning of its day, in JSON", option: day(FormatJSON, "end_date")},
		{id: "requests/filter/date-zone", name: "a zone that is not Z is refused", option: when(func(a *answer) bool {
			return a.op == OpRequests && a.status == 200 && regexp.MustCompile(`[+-]\d\d:\d\d$`).MatchString(a.form.Get("start_date"))
		}, func(a *answer) { a.refuse(400) })},
		{id: "requests/filter/status-both", name: "of two statuses the last counts", option: arguments("", func(q url.Values) bool { return strings.Contains(q.Get("status"), ",") }, func(q url.Values) {
			q.Set("status", q.Get("status")[strings.LastIndexByte(q.Get("status"), ',')+1:])
		})},
		{id: "requests/filter/service-code-list", name: "of two services the first counts, in JSON", option: arguments(FormatJSON, func(q url.Values) bool { return strings.Contains(q.Get("service_code"), ",") }, func(q url.Values) {
			first, _, _ := strings.Cut(q.Get("service_code"), ",")
			q.Set("service_code", first)
		})},
		{id: "requests/filter/id", name: "an id finds what begins like it", follows: []string{"requests/filter/id-overrides"}, option: arguments("", func(q url.Values) bool { return slices.Contains(k.ids, q.Get("service_request_id")) }, func(q url.Values) {
			var list []string
			for _, id := range k.ids {
				if id[:7] == q.Get("service_request_id")[:7] {
					list = append(list, id)
				}
			}
			q.Set("service_request_id", strings.Join(list, ","))
		})},
	}
}

func (k known) hastySingles() []mutation {
	return []mutation{
		{id: "request/unknown-404", name: "an unknown id is a crash", option: when(func(a *answer) bool { return a.op == OpRequest && a.id == nobody }, (*answer).crash)},
		{id: "request/xml-root", name: "a single request is a bare request element", follows: []string{"request/xml-item", "request/one", "create/readable", "token/request"}, option: pattern(OpRequest, FormatXML, `</?service_requests>`, "")},
		{id: "request/one", name: "every id gives the first request", follows: []string{"create/readable", "token/request"}, option: before(func(a *answer, _ url.Values) {
			if a.op == OpRequest && a.id != nobody {
				a.r.URL.Path = a.r.URL.Path[:strings.LastIndexByte(a.r.URL.Path, '/')+1] + k.ids[0] + "." + string(a.f)
			}
		})},
		{id: "request/record/requested-datetime-form", name: "times of single requests have no zone in XML", option: only(OpRequest, FormatXML, func(d *node) {
			v := d.kids[0].value("requested_datetime")
			d.kids[0].set("requested_datetime", v[:19], kindText)
		})},
		{id: "request/json-array", name: "a single request in JSON has its element's name around it", was: "not conformant, by request/one", option: around(OpRequest, FormatJSON, `[{"request":`, `}]`)},
		{id: "token/formats-equal", name: "the id of a token is in XML only", option: only(OpToken, FormatJSON, func(d *node) { d.kids[0].set("service_request_id", "", kindNull) })},
		{id: "token/token", name: "tokens come back in small letters", option: both(OpToken, func(d *node) { d.kids[0].set("token", strings.ToUpper(d.kids[0].value("token"))+"-x", kindText) })},
		{id: "requests/jurisdiction/unknown", many: true, name: "a town that is none is the first town", option: arguments("", func(q url.Values) bool { return q.Get("jurisdiction_id") == noCity }, func(q url.Values) { q.Set("jurisdiction_id", "a.example") })},
	}
}

func (k known) hastyFiling() []mutation {
	form := func(is func(v url.Values) bool, change func(v url.Values)) open311test.Option {
		return open311test.WithMiddleware(rewrite(is, change))
	}
	yes := func(url.Values) bool { return true }
	text := func(change func(v string) string) open311test.Option {
		return form(yes, func(v url.Values) { v.Set("description", change(v.Get("description"))) })
	}
	as := func(is func(a *answer) bool, status int) open311test.Option {
		return when(func(a *answer) bool { return a.op == OpCreate && is(a) }, func(a *answer) { a.refuse(status) })
	}
	return []mutation{
		{id: "create/location", name: "beside an address coordinates are the middle of the town", follows: []string{"create/location/no-degrees"}, option: form(func(v url.Values) bool { return v.Get("lat") != "" && v.Get("address_string") != "" }, func(v url.Values) {
			v.Set("lat", "43.25")
			v.Set("long", "-68.05")
		})},
		{id: "create/filed/line-breaks", name: "the first line of a text is kept", was: "conformant", option: text(func(v string) string { first, _, _ := strings.Cut(v, "\n"); return first })},
		{id: "create/filed/plain", name: "texts are unescaped twice", was: "conformant", option: text(func(v string) string {
			if w, err := url.QueryUnescape(v); err == nil {
				return w
			}
			return strings.ReplaceAll(v, "+", " ")
		})},
		{id: "create/filed/time", name: "requests are filed at midnight", option: filedOnly(func(r *node) {
			t, _ := instantOf(r.value("requested_datetime"))
			r.set("requested_datetime", t.Format("2006-01-02")+"T00:00:00Z", kindText)
		})},
		{id: "create/attribute-multivaluelist", name: "two choices of a list are one too many", option: as(func(a *answer) bool {
			return a.status == 200 && slices.ContainsFunc(attributesIn(a.form), func(c string) bool { return len(a.form["attribute["+c+"][]"]) > 0 })
		}, 400)},
		{id: "create/long-description-400", name: "a text that is too long is a page of the proxy", option: when(func(a *answer) bool {
			return a.op == OpCreate && len(a.form.Get("description")) > 4000 && a.status == 400
		}, func(a *answer) {
			a.crash()
			a.status = 413
		})},
		{id: "create/missing-service-code-400", name: "what is not valid is 422", follows: []string{"create/missing-location-400", "create/lat-without-long-400", "create/required-attribute-400", "create/invalid-value-400", "create/long-description-400", "create/location/long-without-lat", "create/location/no-degrees", "create/attribute/no-number", "create/attribute/no-datetime", "create/attribute/no-choice"}, option: as(func(a *answer) bool { return a.status == 400 }, 422)},
		{id: "create/accepted", name: "a report has to have a mail address", option: as(func(a *answer) bool { return a.status == 200 && a.form.Get("email") == "" }, 400)},
	}
}

func (k known) hastyErrors() []mutation {
	refused := func(f Format) func(a *answer) bool {
		return func(a *answer) bool { return a.status >= 400 && a.op != "" && (f == FormatNone || a.f == f) }
	}
	return []mutation{
		{id: "errors/code", name: "errors in XML have no code", option: when(refused(FormatXML), func(a *answer) {
			a.body = regexp.MustCompile(`<code>[^<]*</code>`).ReplaceAll(a.body, nil)
		})},
		{id: "errors/json-array", name: "errors in JSON have a name around them", option: when(refused(FormatJSON), func(a *answer) {
			a.body = slices.Concat([]byte(`{"errors":`), a.body, []byte(`}`))
		})},
		{id: "errors/unknown-path", name: "any path is the page of the application", option: when(func(a *answer) bool { return a.op == "" }, func(a *answer) { a.crash(); a.status = 200 })},
		{id: "errors/description-readable", name: "errors are set in bold", was: "conformant", option: when(refused(""), func(a *answer) {
			a.edit(func(d *node) {
				for _, e := range d.kids {
					e.set("description", "<b>Error:</b> "+e.value("description"), kindText)
				}
			})
		})},
	}
}

func (k known) hastyBytes() []mutation {
	return []mutation{
		{id: "encoding/utf-8", name: "JSON of services is UTF-16", was: "not conformant, by discovery/formats-true", option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatJSON }, func(a *answer) {
			out := []byte{0xFE, 0xFF}
			for _, b := range a.body {
				out = append(out, 0, b)
			}
			a.body = out
		})},
		{id: "requests/list/json", name: "JSON is in a call of a function", option: around(OpRequests, FormatJSON, "callback(", ");")},
		{id: "encoding/xml-well-formed", name: "a notice of the program follows XML", option: around(OpServices, FormatXML, "", "\nNotice: Undefined index in list.php")},
		{id: "encoding/content-encoding", name: "an answer is said to be brotli", was: "conformant", option: when(func(a *answer) bool { return a.op == OpDefinition }, func(a *answer) { a.header.Set("Content-Encoding", "br") })},
		{id: "encoding/utf-8", name: "half of a letter in JSON", was: "not conformant, by requests/list/formats-equal", follows: []string{"requests/list/formats-equal", "request/same-as-list"}, option: pattern(OpRequests, FormatJSON, `"description":"`, `"description":"\ud83d `)},
		{id: "encoding/xml-declaration", name: "XML is in Latin-1, and says so", option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatXML }, func(a *answer) {
			a.body = bytes.Replace(a.body, []byte(`encoding="utf-8"`), []byte(`encoding="iso-8859-1"`), 1)
			var latin []byte
			for _, c := range string(a.body) {
				latin = append(latin, byte(min(c, math.MaxUint8)))
			}
			a.body = latin
		})},
	}
}
