package conformance

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-open311/open311/open311test"
)

// misdeeds are what servers can do wrong, operation by operation, thought up from the sentences of the specification and not from
// the rules: the field "was" is the verdict before there was a rule, or before an old one saw it.
func (k known) misdeeds() []mutation {
	return slices.Concat(k.wrongDiscovery(), k.wrongServices(), k.wrongDefinitions(), k.wrongLists(), k.wrongFilters(), k.wrongSingles(),
		k.wrongReceipts(), k.wrongFiling(), k.wrongRefusals(), k.wrongTokens(), k.wrongErrors(), k.wrongBytes(), k.wrongAnswers(), k.wrongVendors(), k.wrongField(), k.wrongFresh(), k.wrongLast())
}

// pattern replaces what matches in the good answers of an operation and a format; "" is any.
func pattern(op Operation, f Format, old, by string) open311test.Option {
	x := regexp.MustCompile(old)
	return when(func(a *answer) bool {
		return (op == "" || a.op == op) && (f == FormatNone || a.f == f) && a.status == 200
	}, func(a *answer) { a.body = x.ReplaceAll(a.body, []byte(by)) })
}

// arguments changes what the list of requests is asked for.
func arguments(f Format, is func(q url.Values) bool, do func(q url.Values)) open311test.Option {
	return before(func(a *answer, q url.Values) {
		if a.op == OpRequests && (f == FormatNone || a.f == f) && is(q) {
			do(q)
		}
	})
}

// turnedDown answers 400 where a condition holds.
func turnedDown(op Operation, is func(a *answer) bool) open311test.Option {
	return when(func(a *answer) bool { return a.op == op && a.status == 200 && is(a) }, func(a *answer) { a.refuse(400) })
}

// instead answers with a body of one's own.
func instead(is func(a *answer) bool, status int, body map[Format]string) open311test.Option {
	return when(func(a *answer) bool { return is(a) && body[a.f] != "" }, func(a *answer) { a.status, a.body = status, []byte(body[a.f]) })
}

func emptyTown(a *answer) bool {
	return a.r.URL.Query().Has("jurisdiction_id") && a.form.Get("jurisdiction_id") == ""
}

func (k known) wrongDiscovery() []mutation {
	endpoint := func(f Format, change func(e *node)) open311test.Option {
		return doc(OpDiscovery, f, func(_ *answer, d *node) { change(d.items("endpoints")[0]) })
	}
	return []mutation{
		{id: "discovery/names-this-endpoint", name: "the URL of the endpoint is the one of the list of requests",
			option: endpoint("", func(e *node) { e.set("url", e.value("url")+"/requests.json", kindText) })},
		{id: "discovery/endpoint-formats", name: "formats are suffixes", follows: []string{"discovery/georeport-xml"}, option: endpoint("", func(e *node) {
			for _, f := range e.items("formats") {
				f.text = f.text[strings.IndexByte(f.text, '/')+1:]
			}
		})},
		{id: "discovery/endpoint-formats", name: "formats in JSON are an object", follows: []string{"discovery/georeport-xml", "discovery/formats-equal"},
			option: endpoint(FormatJSON, func(e *node) {
				l := e.child("formats").clone()
				l.name = "format"
				e.nest("formats")
				e.child("formats").kids = []*node{l}
			})},
		{id: "discovery/endpoints", name: "one endpoint is no array in JSON", follows: []string{"discovery/formats-equal"}, option: only(OpDiscovery, FormatJSON, func(d *node) {
			l := d.child("endpoints")
			l.kind, l.kids = kindObject, l.kids[0].kids
		})},
		{id: "discovery/endpoint-type", name: "the type of the endpoint is missing", option: endpoint("", func(e *node) { e.drop("type") })},
		{id: "discovery/endpoint-url", name: "the endpoint has no scheme", option: endpoint("", func(e *node) {
			_, v, _ := strings.Cut(e.value("url"), ":")
			e.set("url", v, kindText)
		})},
		{id: "discovery/formats-true", name: "JSON is announced and is a page", follows: []string{"services/list/json"}, option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatJSON },
			func(a *answer) { a.crash(); a.status = 200 })},
	}
}

func (k known) wrongServices() []mutation {
	every := func(f Format, change func(s *node)) open311test.Option {
		return doc(OpServices, f, func(_ *answer, d *node) {
			for _, s := range d.kids {
				change(s)
			}
		})
	}
	return []mutation{
		{id: "services/list/formats-equal", name: "codes in XML are not those in JSON", option: only(OpServices, FormatXML, func(d *node) { d.kids[3].set("service_code", "x9", kindText) })},
		{id: "services/list/formats-equal", name: "XML lists the first services only", option: only(OpServices, FormatXML, func(d *node) { d.kids = d.kids[:len(d.kids)-2] })},
		{id: "services/list/formats-equal", name: "groups are in JSON only", option: every(FormatXML, func(s *node) { s.drop("group") })},
		{id: "services/list/json-array", name: "there is a null between the services", option: only(OpServices, FormatJSON, func(d *node) { d.kids = append(d.kids, &node{}) })},
		{id: "services/list/metadata", name: "metadata is 1 or 0 in XML", follows: []string{"services/list/formats-equal"}, option: every(FormatXML, func(s *node) {
			s.set("metadata", map[string]string{"true": "1", "false": "0"}[s.value("metadata")], kindText)
		})},
		{id: "services/list/type", name: "no service has a type", option: every("", func(s *node) { s.drop("type") })},
		{id: "services/list/keywords", name: "keywords are an array", option: every(FormatJSON, func(s *node) {
			s.set("keywords", "", kindList)
			s.child("keywords").kids = []*node{{kind: kindText, text: "a"}, {kind: kindText, text: "b"}}
		}), follows: []string{"services/list/formats-equal"}},
		{id: "services/list/keywords-commas", name: "keywords have semicolons between them", was: "conformant", option: every("", func(s *node) {
			s.set("keywords", strings.ReplaceAll(s.value("keywords"), ",", ";"), kindText)
		})},
		{id: "definition/metadata/false", name: "metadata is false where the definition has a required attribute", was: "not conformant, by create/accepted", option: doc(OpServices, "", func(_ *answer, d *node) {
			for _, s := range d.kids {
				if s.value("service_code") == "0101" {
					s.set("metadata", "false", s.child("metadata").kind)
				}
			}
		})},
		{id: "services/list/service-name", name: "names are missing in JSON", option: every(FormatJSON, func(s *node) { s.drop("service_name") }), follows: []string{"services/list/formats-equal"}},
		{id: "services/list/service-code", name: "the code is called code", follows: []string{"services/list/formats-equal"},
			option: pattern(OpServices, "", `service_code`, "code")},
		{id: "services/list/no-key", name: "single requests want a key", was: "conformant", option: when(func(a *answer) bool { return a.op == OpRequest && !a.form.Has("api_key") }, func(a *answer) { a.refuse(403) })},
	}
}

func (k known) wrongDefinitions() []mutation {
	attributes := func(f Format, change func(a *node)) open311test.Option {
		return doc(OpDefinition, f, func(_ *answer, d *node) {
			for _, at := range d.items("attributes") {
				change(at)
			}
		})
	}
	texts := func(list bool) func(a *node) {
		return func(a *node) {
			var keys []string
			for _, v := range a.items("values") {
				keys = append(keys, v.value("key"))
			}
			switch {
			case len(keys) == 0:
			case list:
				a.child("values").kids = nil
				for _, key := range keys {
					a.child("values").kids = append(a.child("values").kids, &node{kind: kindText, text: key})
				}
			default:
				a.set("values", strings.Join(keys, ","), kindText)
			}
		}
	}
	return []mutation{
		{id: "definition/json-values", name: "values in JSON are texts", option: attributes(FormatJSON, texts(true)), follows: []string{"definition/formats-equal"}},
		{id: "definition/values-of-lists", name: "values in XML are one text", option: attributes(FormatXML, texts(false)), follows: []string{"definition/formats-equal"}},
		{id: "definition/xml-attributes", name: "attributes stand in the root", option: pattern(OpDefinition, FormatXML, `</?attributes>`, "")},
		{id: "definition/attribute-required", name: "required is missing in XML", option: attributes(FormatXML, func(a *node) { a.drop("required") }), follows: []string{"definition/formats-equal"}},
		{id: "definition/attribute-datatype", name: "datatypes are in capitals", option: attributes("", func(a *node) { a.set("datatype", title(a.value("datatype")), kindText) })},
		{id: "definition/attribute-datatype", name: "the datatype is missing in JSON", option: attributes(FormatJSON, func(a *node) { a.drop("datatype") }), follows: []string{"definition/formats-equal"}},
		{id: "definition/json-attributes", name: "attributes are null", option: only(OpDefinition, FormatJSON, func(d *node) { d.set("attributes", "", kindNull) }), follows: []string{"definition/metadata-agrees", "definition/formats-equal"}},
		{id: "definition/unknown-404", name: "an unknown code has a definition without attributes", option: instead(func(a *answer) bool { return a.op == OpDefinition && a.id == nobody }, 200, map[Format]string{
			FormatJSON: `{"service_code":"` + nobody + `","attributes":[]}`, FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_definition><service_code>` + nobody + `</service_code><attributes/></service_definition>`})},
		{id: "definition/formats-equal", name: "prompts are cut in JSON", option: attributes(FormatJSON, func(a *node) { a.set("description", clip(a.value("description"), 8), kindText) })},
		{id: "definition/value-key", name: "every value has the same key", option: attributes("", func(a *node) {
			for _, v := range a.items("values") {
				v.set("key", "1", kindText)
			}
		})},
		{id: "definition/attribute-order", name: "the order is a word", option: attributes("", func(a *node) { a.set("order", "first", kindText) }), follows: []string{"definition/attribute-order-number"}},
		{id: "definition/jurisdiction/empty", name: "an empty jurisdiction_id is refused by definitions", was: "conformant", option: turnedDown(OpDefinition, emptyTown)},
		{id: "definition/json-object", name: "a definition is an array in JSON", option: around(OpDefinition, FormatJSON, "[", "]")},
	}
}

func (k known) wrongLists() []mutation {
	return []mutation{
		{id: "requests/record/lat-long-pair", name: "long is called lon", follows: []string{"encoding/foreign-fields"}, option: pattern(OpRequests, "", `(</?|")long(>|")`, `${1}lon$2`)},
		{id: "requests/record/service-request-id", name: "the id is called id in XML", option: pattern(OpRequests, FormatXML, `service_request_id>`, "id>")},
		{id: "requests/record/media-url", name: "media_url is an array in JSON", follows: []string{"requests/list/formats-equal"}, option: recordsOf(FormatJSON, func(r *node) {
			if v := r.value("media_url"); v != "" {
				r.set("media_url", "", kindList)
				r.child("media_url").kids = []*node{{kind: kindText, text: v}}
			}
		})},
		{id: "requests/record/texts", name: "the address is an object", option: recordsOf("", func(r *node) { r.nest("address") })},
		{id: "requests/record/status", name: "the status is a number", option: recordsOf(FormatJSON, func(r *node) { r.set("status", "1", kindNumber) }), follows: []string{"requests/list/formats-equal"}},
		{id: "requests/record/status", name: "the status has a third word", option: record(k.odd, "", func(r *node, _ Format) { r.set("status", "in_progress", kindText) })},
		{id: "requests/record/requested-datetime-form", name: "times are seconds since 1970", option: recordsOf(FormatJSON, func(r *node) {
			t, _ := instantOf(r.value("requested_datetime"))
			r.set("requested_datetime", strconv.FormatInt(t.Unix(), 10), kindNumber)
		}), follows: []string{"requests/list/formats-equal"}},
		{id: "requests/record/updated-datetime-form", name: "the zone of updated_datetime has no colon", option: recordsOf("", func(r *node) {
			if t, ok := instantOf(r.value("updated_datetime")); ok {
				r.set("updated_datetime", t.Format("2006-01-02T15:04:05-0700"), kindText)
			}
		})},
		{id: "requests/record/lat-long", name: "coordinates have commas", option: recordsOf("", func(r *node) {
			r.set("lat", strings.Replace(r.value("lat"), ".", ",", 1), kindText)
		}), follows: []string{"requests/record/lat-long-number"}},
		{id: "requests/record/service-code-known", name: "service_code has the name of the service", option: recordsOf("", func(r *node) { r.set("service_code", r.value("service_name"), kindText) }), follows: []string{"create/service-code"}},
		{id: "requests/list/formats-equal", name: "JSON has letters in a wrong charset", option: pattern(OpRequests, FormatJSON, "–", "â€“")},
		{id: "requests/list/formats-equal", name: "texts in XML are escaped twice", option: recordsOf(FormatXML, func(r *node) {
			r.set("description", strings.NewReplacer("&", "&amp;", "<", "&lt;", "'", "&apos;").Replace(r.value("description")), kindText)
		})},
		{id: "requests/list/all-statuses", name: "without a status the open requests are listed only", was: "conformant", option: arguments("", func(q url.Values) bool {
			return q.Get("status") == "" && q.Get("service_request_id") == ""
		}, func(q url.Values) { q.Set("status", "open") })},
		{id: "requests/list/formats-equal", name: "the list in XML has no places", option: recordsOf(FormatXML, func(r *node) { r.drop("lat", "long") }), follows: []string{"requests/record/location", "create/location"}},
		{id: "encoding/xml-well-formed", name: "the root is not there in XML", option: pattern(OpRequests, FormatXML, `</?service_requests>`, "")},
	}
}

func (k known) wrongFilters() []mutation {
	have := func(names ...string) func(q url.Values) bool {
		return func(q url.Values) bool {
			return !slices.ContainsFunc(names, func(n string) bool { return q.Get(n) == "" })
		}
	}
	del := func(names ...string) func(q url.Values) {
		return func(q url.Values) {
			for _, n := range names {
				q.Del(n)
			}
		}
	}
	services := make(map[string]bool)
	for _, v := range k.city.Services() {
		services[v.Code] = true
	}
	nothing := func(a *answer) bool {
		return a.op == OpRequests && a.status == 200 && !bytes.Contains(a.body, []byte("service_request_id"))
	}
	of := func(op Operation) open311test.Option {
		return when(func(a *answer) bool {
			return a.op == op && a.f == FormatJSON && a.status == 200 && a.form.Has("service_request_id")
		}, func(a *answer) {
			if d, err := parse(a.body, a.f); err == nil && len(d.kids) == 1 {
				a.body = bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(a.body), []byte("[")), []byte("]"))
			}
		})
	}
	return []mutation{
		{id: "requests/filter/together", name: "of two filters the first counts", was: "conformant", option: arguments("", have("service_code", "status"), del("status"))},
		{id: "requests/filter/together", name: "dates do not count beside a service, in XML", was: "conformant", option: arguments(FormatXML, have("service_code", "start_date"), del("start_date", "end_date"))},
		{id: "requests/filter/unknown-service", name: "an unknown service is no filter", was: "conformant", option: arguments("", func(q url.Values) bool {
			return q.Get("service_code") != "" && !services[strings.Split(q.Get("service_code"), ",")[0]]
		}, del("service_code"))},
		{id: "requests/filter/unknown-id", name: "an unknown id is no filter", was: "conformant", option: arguments("", func(q url.Values) bool {
			return q.Get("service_request_id") == nobody
		}, del("service_request_id"))},
		{id: "requests/filter/id-overrides", name: "a service counts beside an id", was: "conformant", option: when(func(a *answer) bool {
			return a.op == OpRequests && a.status == 200 && a.form.Get("service_request_id") != "" && a.form.Get("service_code") != ""
		}, func(a *answer) {
			a.edit(func(d *node) {
				d.kids = slices.DeleteFunc(d.kids, func(r *node) bool { return r.value("service_code") != a.form.Get("service_code") })
				d.kind = map[Format]kind{FormatXML: kindText, FormatJSON: kindList}[a.f]
			})
		})},
		{id: "requests/filter/json-array", name: "a list of one is an object", was: "conformant", option: of(OpRequests)},
		{id: "requests/filter/nothing", name: "an empty list is null", was: "conformant", option: instead(nothing, 200, map[Format]string{FormatJSON: "null"})},
		{id: "requests/filter/nothing", name: "an empty list has another root", was: "conformant", option: instead(nothing, 200, map[Format]string{FormatXML: `<?xml version="1.0" encoding="utf-8"?><requests/>`})},
		{id: "requests/filter/nothing", name: "an empty list has no body", option: instead(nothing, 204, map[Format]string{FormatXML: " ", FormatJSON: " "})},
		{id: "requests/filter/nothing", name: "an empty list is an object that says so", was: "conformant with warnings, by encoding/foreign-fields", option: instead(nothing, 200, map[Format]string{FormatJSON: `{"message":"no requests"}`})},
		{id: "requests/filter/dates", name: "dates are those of the last change", option: arguments("", have("start_date", "end_date"), func(q url.Values) {
			q.Set("updated_after", q.Get("start_date"))
			q.Set("updated_before", q.Get("end_date"))
			q.Del("start_date")
			q.Del("end_date")
		}), follows: []string{"requests/filter/span-90-days", "requests/filter/bad-date"}},
		{id: "requests/filter/end-date", name: "end_date counts to the end of its week", option: arguments("", func(q url.Values) bool {
			return q.Get("end_date") != "" && q.Get("start_date") == ""
		}, func(q url.Values) {
			t, _ := instantOf(q.Get("end_date"))
			q.Set("end_date", stamp(t.Add(7*day)))
		})},
		{id: "requests/filter/status-closed", name: "closed is refused in XML", option: when(func(a *answer) bool {
			return a.op == OpRequests && a.f == FormatXML && a.form.Get("status") == "closed"
		},
			func(a *answer) { a.refuse(400) }), follows: []string{"requests/filter/id-overrides"}},
		{id: "requests/jurisdiction/empty", name: "an empty jurisdiction_id is refused by the list", was: "conformant", option: turnedDown(OpRequests, emptyTown)},
	}
}

func (k known) wrongSingles() []mutation {
	other := func(a *answer) bool { // the one that is asked for first is closed
		return a.op == OpRequest && a.status == 200 && slices.Contains(k.ids, a.id) && bytes.Contains(a.body, []byte("open"))
	}
	return []mutation{
		{id: "request/served/either", name: "open requests cannot be had alone", was: "conformant", option: when(other, func(a *answer) { a.refuse(404) }), blinds: []string{"request/*"}},
		{id: "request/one", name: "a single request is the whole list", option: before(func(a *answer, q url.Values) {
			if a.op == OpRequest && a.id != nobody {
				a.r.URL.Path = a.r.URL.Path[:strings.LastIndexByte(a.r.URL.Path, '/')] + "." + string(a.f)
			}
		})},
		{id: "request/one", name: "a single request in XML is an empty list", option: instead(func(a *answer) bool { return a.op == OpRequest && a.status == 200 }, 200,
			map[Format]string{FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_requests></service_requests>`}), follows: []string{"create/readable", "token/request"}},
		{id: "request/json-array", name: "a single request has a name around it", option: around(OpRequest, FormatJSON, `{"service_requests":`, `}`)},
		{id: "request/same-as-list", name: "the description is whole in the list only", option: doc(OpRequest, "", func(_ *answer, d *node) {
			d.kids[0].set("description", clip(d.kids[0].value("description"), 20), kindText)
		}), follows: []string{"create/filed/description-4000"}},
		{id: "request/same-as-list", name: "the description is not in the list", option: doc(OpRequests, "", func(_ *answer, d *node) {
			for _, r := range d.kids {
				r.set("description", "", kindText)
			}
		})},
		{id: "request/unknown-404", name: "an unknown id is an empty list", option: instead(func(a *answer) bool { return a.op == OpRequest && a.id == nobody }, 200, map[Format]string{
			FormatJSON: "[]", FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_requests/>`})},
		{id: "request/jurisdiction/empty", name: "an empty jurisdiction_id is refused by single requests", was: "conformant", option: turnedDown(OpRequest, emptyTown)},
		{id: "request/formats-equal", name: "the place is in JSON only", option: doc(OpRequest, FormatXML, func(_ *answer, d *node) { d.kids[0].drop("lat", "long") }),
			follows: []string{"create/location"}},
	}
}
