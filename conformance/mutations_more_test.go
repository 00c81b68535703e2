package conformance

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func (k known) items() []mutation {
	is := func(a *answer) bool { return a.op == OpRequest && a.id == k.chosen && a.status == 200 }
	edit := func(f Format, change func(d *node)) open311test.Option {
		return when(func(a *answer) bool { return is(a) && (f == FormatNone || a.f == f) }, func(a *answer) { a.edit(change) })
	}
	return []mutation{
		{id: "request/served", option: when(func(a *answer) bool { return is(a) && a.f == FormatJSON }, (*answer).crash),
			blinds: []string{"request/json-array", "request/formats-equal", "request/record/*"}},
		{id: "request/xml-root", option: edit(FormatXML, func(d *node) { d.name = "requests" })},
		{id: "request/xml-item", option: edit(FormatXML, func(d *node) { d.kids[0].name = "service_request" })},
		{id: "request/json-array", option: when(func(a *answer) bool { return is(a) && a.f == FormatJSON }, func(a *answer) {
			a.body = bytes.Trim(bytes.TrimSpace(a.body), "[]")
		})},
		{id: "request/one", option: edit(FormatNone, func(d *node) {
			d.another(func(r *node) { r.set("service_request_id", "QH26-another", kindText) })
		})},
		{id: "request/same-as-list", option: edit(FormatNone, func(d *node) { d.kids[0].set("description", "another one", kindText) })},
		{id: "request/formats-equal", option: edit(FormatJSON, func(d *node) { d.kids[0].set("token", "t-1", kindText) })},
		{id: "request/unknown-404", option: when(func(a *answer) bool { return a.op == OpRequest && a.id == nobody }, func(a *answer) { a.refuse(400) })},
	}
}

func (k known) errors() []mutation {
	unknown := func(a *answer) bool { return a.op == OpRequest && a.id == nobody }
	refusal := func(a *answer) bool { return a.status >= 400 && a.op != "" }
	rows := func(change func(*node)) open311test.Option {
		return when(refusal, func(a *answer) { a.edit(func(d *node) { change(d.kids[0]) }) })
	}
	return []mutation{
		{id: "errors/status", option: when(unknown, func(a *answer) { a.status = 200 })},
		{id: "errors/format", option: when(func(a *answer) bool { return unknown(a) && a.f == FormatXML }, func(a *answer) {
			a.body = []byte(`[{"code":404,"description":"No."}]`)
		})},
		{id: "errors/xml-root", option: when(refusal, func(a *answer) { a.body = bytes.ReplaceAll(a.body, []byte("errors>"), []byte("faults>")) })},
		{id: "errors/json-array", option: when(func(a *answer) bool { return refusal(a) && a.f == FormatJSON }, func(a *answer) {
			a.body = slices.Concat([]byte(`{"errors":`), a.body, []byte("}"))
		})},
		{id: "errors/rows", option: when(unknown, func(a *answer) { a.edit(func(d *node) { d.kids, d.text = nil, "" }) })},
		{id: "errors/code", option: quirk(func(q *quirks) { q.NoErrorCode = true })},
		{id: "errors/code-number", option: quirk(func(q *quirks) { q.TextCode = true })},
		{id: "errors/description", option: rows(func(e *node) { e.set("description", "", kindText) })},
		{id: "errors/description-readable", option: rows(func(e *node) {
			e.set("description", "Traceback (most recent call last): service, location …", kindText)
		})},
		{id: "errors/unknown-path", option: when(func(a *answer) bool { return a.op == "" }, func(a *answer) { a.refuse(400) })},
	}
}

// plainReport: what is filed first, with everything right; XML and JSON.
func plainReport(a *answer) bool {
	return a.op == OpCreate && a.status == 200 && a.form.Get("lat") != "" && a.form.Get("address_string") != "" && !a.form.Has("email") &&
		strings.HasPrefix(a.form.Get("description"), defaultText) && len(a.form.Get("description")) < 1000 && !strings.HasPrefix(a.r.Header.Get("Content-Type"), "multipart/") && len(attributesIn(a.form)) == 0
}

func attributesIn(form url.Values) []string {
	var codes []string
	for name := range form {
		if code, ok := strings.CutPrefix(name, "attribute["); ok {
			codes = append(codes, strings.TrimSuffix(strings.TrimSuffix(code, "[]"), "]"))
		}
	}
	return codes
}

func (k known) kindOf(a *answer) open311.ServiceType {
	for _, v := range k.city.Services() {
		if v.Code == a.form.Get("service_code") {
			return v.Type
		}
	}
	return ""
}

// memory keeps what a middleware has seen go by; calls may come at once.
type memory struct {
	sync.Mutex
	list []string
}

func (m *memory) add(v string) { m.Lock(); m.list = append(m.list, v); m.Unlock() }
func (m *memory) has(v string) bool {
	m.Lock()
	defer m.Unlock()
	return slices.Contains(m.list, v)
}

func (k known) creates() []mutation {
	receipt := func(f Format, is func(a *answer) bool, change func(d *node)) open311test.Option {
		return when(func(a *answer) bool {
			return a.op == OpCreate && a.status == 200 && (f == FormatNone || a.f == f) && is(a)
		}, func(a *answer) { a.edit(change) })
	}
	realtime := func(a *answer) bool { return k.kindOf(a) == open311.Realtime && plainReport(a) }
	any := func(*answer) bool { return true }
	// What was filed, when it is read.
	mine := func(change func(r *node)) open311test.Option {
		return when(func(a *answer) bool { return a.op == OpRequest && bytes.Contains(a.body, []byte("Conformance test")) }, func(a *answer) {
			a.edit(func(d *node) { change(d.kids[0]) })
		})
	}
	var gone memory
	return []mutation{
		{id: "create/accepted", option: when(func(a *answer) bool { return realtime(a) && a.f == FormatJSON }, (*answer).crash),
			blinds: []string{"create/json-array", "create/listed", "create/errors/names-argument"}},
		{id: "create/xml-root", option: receipt(FormatXML, any, func(d *node) { d.name = "requests" })},
		{id: "create/xml-item", option: receipt(FormatXML, any, func(d *node) { d.kids[0].name = "service_request" })},
		{id: "create/json-array", option: unwrap(OpCreate)},
		{id: "create/one", option: receipt(FormatJSON, realtime, func(d *node) { d.another(func(*node) {}) }), blinds: []string{"create/listed"}},
		{id: "create/realtime-id", option: receipt(FormatJSON, realtime, func(d *node) { d.kids[0].drop("service_request_id") }), blinds: []string{"create/listed"}},
		{id: "create/id-or-token", option: receipt(FormatNone, realtime, func(d *node) { d.kids[0].set("token", "t-1", kindText) })},
		{id: "create/batch-token", option: receipt(FormatJSON, func(a *answer) bool { return k.kindOf(a) == open311.Batch }, func(d *node) { d.kids[0].drop("token") }),
			blinds: []string{"token/json-array"}},
		{id: "create/blackbox", option: receipt(FormatNone, func(a *answer) bool { return k.kindOf(a) == open311.Blackbox },
			func(d *node) { d.kids[0].set("service_request_id", "QH26-0", kindText) })},
		{id: "create/texts", option: receipt(FormatNone, realtime, func(d *node) { d.kids[0].nest("service_notice") })},
		{id: "create/readable", option: after(func(a *answer) {
			switch {
			case realtime(a) && a.f == FormatXML:
				d, _ := parse(a.body, a.f)
				gone.add(d.kids[0].value("service_request_id"))
			case a.op == OpRequest && gone.has(a.id):
				a.refuse(404)
			}
		})},
		{id: "create/service-code", option: mine(func(r *node) { r.set("service_code", "0101", kindText) })},
		{id: "create/utf-8", option: mine(func(r *node) {
			r.set("description", strings.ReplaceAll(r.value("description"), "ü", "Ã¼"), kindText)
		}), blinds: []string{"create/filed/*"}},
		{id: "create/location", option: mine(func(r *node) {
			lat, _ := strconv.ParseFloat(r.value("lat"), 64)
			r.set("lat", fmt.Sprint(lat+0.01), kindNumber)
		})},
		{id: "create/listed", option: before(func(a *answer, q url.Values) {
			if id := q.Get("service_request_id"); a.op == OpRequests && id != "" && !strings.Contains(id, ",") && !slices.Contains(k.ids, id) {
				q.Set("service_request_id", nobody)
			}
		})},
		{id: "create/coordinates-only", option: when(func(a *answer) bool {
			return a.op == OpCreate && a.status == 200 && !a.form.Has("address_string") && a.form.Has("lat")
		}, func(a *answer) { a.refuse(400) })},
		{id: "create/address-only", option: when(func(a *answer) bool {
			return a.op == OpCreate && a.status == 200 && !a.form.Has("lat") && a.form.Has("address_string")
		}, func(a *answer) { a.refuse(400) })},
		{id: "create/empty-arguments", option: when(func(a *answer) bool { return a.op == OpCreate && a.form.Has("email") && a.form.Get("email") == "" }, func(a *answer) { a.refuse(400) })},
	}
}

func (k known) refusals() []mutation {
	refused := func(status int, sign string) func(*answer) bool {
		return func(a *answer) bool {
			return a.op == OpCreate && a.status == status && bytes.Contains(a.body, []byte(sign)) && bytes.Count(a.body, []byte("description")) <= 2
		}
	}
	as := func(status int) func(*answer) { return func(a *answer) { a.refuse(status) } }
	return []mutation{
		{id: "create/unknown-service-404", option: when(refused(404, nobody), as(400))},
		{id: "create/missing-location-400", option: when(refused(400, "the location is missing"), as(422))},
		{id: "create/missing-service-code-400", option: when(refused(400, "service_code is missing"), as(404))},
		{id: "create/lat-without-long-400", option: when(refused(400, "long is missing"), as(422))},
		{id: "create/required-attribute-400", option: when(refused(400, "is required"), as(422))},
		{id: "create/invalid-value-400", option: when(func(a *answer) bool {
			return refused(400, "is not one of the keys")(a) && slices.Contains(a.form["attribute["+attributesIn(a.form)[0]+"]"], nobody)
		}, as(422))},
		{id: "create/long-description-400", option: when(func(a *answer) bool {
			return a.op == OpCreate && a.status == 400 && len(a.form.Get("description")) == 4001 && a.form.Has("lat")
		}, as(413))},
		{id: "create/several-errors", option: when(func(a *answer) bool { return a.op == OpCreate && a.status == 400 },
			func(a *answer) { a.edit(func(d *node) { d.kids = d.kids[:1] }) })},
		{id: "create/wrong-key-403", option: when(func(a *answer) bool { return a.op == OpCreate && a.status == 403 && a.form.Get("api_key") != "" }, as(401))},
		{id: "create/missing-key-403", option: when(func(a *answer) bool { return a.op == OpCreate && a.status == 403 && a.form.Get("api_key") == "" }, as(401))},
	}
}

// attributes: a city that does not take one datatype.
func (k known) attributes() []mutation {
	var list []mutation
	for _, d := range datatypes {
		m := mutation{id: "create/attribute-" + d, option: when(func(a *answer) bool {
			return a.op == OpCreate && a.status == 200 && slices.ContainsFunc(attributesIn(a.form), func(code string) bool {
				return k.datatype(a.form.Get("service_code"), code) == d
			})
		}, func(a *answer) { a.refuse(400) })}
		list = append(list, m)
	}
	return list
}

func (k known) datatype(service, code string) string {
	for _, d := range k.city.Definitions() {
		for _, a := range d.Attributes {
			if d.ServiceCode == service && a.Code == code {
				return string(a.Datatype)
			}
		}
	}
	return ""
}

func (k known) tokens() []mutation {
	known := func(a *answer) bool { return a.op == OpToken && a.status == 200 }
	rows := func(change func(r *node)) open311test.Option {
		return when(known, func(a *answer) { a.edit(func(d *node) { change(d.kids[0]) }) })
	}
	var ids, asked memory
	return []mutation{
		{id: "token/served", option: when(func(a *answer) bool { return known(a) && a.f == FormatJSON }, (*answer).crash),
			blinds: []string{"token/json-array", "token/formats-equal"}},
		{id: "token/xml-root", option: only(OpToken, FormatXML, func(d *node) { d.name = "tokens" })},
		{id: "token/xml-item", option: only(OpToken, FormatXML, func(d *node) { d.kids[0].name = "token" })},
		{id: "token/json-array", option: unwrap(OpToken)},
		{id: "token/token", option: rows(func(r *node) { r.set("token", "another", kindText) })},
		{id: "token/resolves", option: rows(func(r *node) { r.set("service_request_id", "", kindText) }), blinds: []string{"token/request", "token/formats-equal", "token/served/again", "token/served/own-id"}},
		{id: "token/request", option: after(func(a *answer) {
			switch {
			case known(a):
				d, _ := parse(a.body, a.f)
				ids.add(d.kids[0].value("service_request_id"))
			case a.op == OpRequest && ids.has(a.id):
				a.refuse(404)
			}
		})},
		{id: "token/formats-equal", option: when(known, func(a *answer) {
			if a.f == FormatXML {
				asked.add(a.id)
			} else if asked.has(a.id) {
				a.edit(func(d *node) { d.kids[0].set("service_request_id", "another", kindText) })
			}
		})},
		{id: "token/unknown-404", option: when(func(a *answer) bool { return a.op == OpToken && a.id == nobody }, func(a *answer) { a.refuse(400) })},
	}
}

func (k known) deFacto() []mutation {
	arg := func(name, v, to string) open311test.Option {
		return before(func(a *answer, q url.Values) {
			if a.op == OpRequests && q.Has(name) && (v == "" || q.Get(name) == v) {
				q.Del(name)
				if to != "" {
					q.Set(name, to)
				}
			}
		})
	}
	return []mutation{
		{id: "paging/page-size", option: arg("page_size", "5", "6"), follows: []string{"paging/in-order"}},
		{id: "paging/page", option: arg("page", "2", "1"), follows: []string{"paging/in-order"}},
		{id: "paging/in-order", option: when(func(a *answer) bool { return a.form.Get("page") == "2" }, func(a *answer) { a.edit(func(d *node) { slices.Reverse(d.kids) }) })},
		{id: "paging/beyond-end", option: quirk(func(q *quirks) { q.Beyond = open311test.BeyondRepeat })},
		{id: "changed/updated-after", option: arg("updated_after", "", "")},
		{id: "changed/updated-before", option: arg("updated_before", "", "")},
		{id: "extensions/extended-attributes", option: arg("extensions", "true", ""), follows: []string{"extensions/on-demand"}},
		{id: "extensions/on-demand", option: before(func(a *answer, q url.Values) {
			if a.op == OpRequests && a.form.Get("page") == "" {
				q.Set("extensions", "true")
			}
		}), follows: []string{"encoding/foreign-fields"}},
		{id: "media/upload", option: when(func(a *answer) bool { return a.op == OpRequest && bytes.Contains(a.body, []byte("conformance.gif")) },
			func(a *answer) { a.edit(func(d *node) { d.kids[0].set("media_url", "", kindText) }) })},
	}
}

func (k known) updates() []mutation {
	first := func(name, v string) open311test.Option {
		return both(OpUpdates, func(d *node) { d.kids[0].set(name, v, kindText) })
	}
	return []mutation{
		{id: "updates/served", option: when(func(a *answer) bool { return a.op == OpUpdates }, (*answer).crash), blinds: []string{"updates/*"},
			follows: []string{"updates/xml-root", "updates/xml-item", "updates/json-array", "updates/ids", "updates/status", "updates/datetime",
				"updates/dates", "updates/formats-equal"}},
		{id: "updates/xml-root", option: only(OpUpdates, FormatXML, func(d *node) { d.name = "service_requests_updates" })},
		{id: "updates/xml-item", option: text(OpUpdates, FormatXML, "request_update>", "update>")},
		{id: "updates/json-array", option: around(OpUpdates, FormatJSON, `{"service_request_updates":`, "}")},
		{id: "updates/ids", option: first("service_request_id", "")},
		{id: "updates/status", option: first("status", "")},
		{id: "updates/datetime", option: first("updated_datetime", "2026-06-29 10:00")},
		{id: "updates/dates", option: before(func(a *answer, q url.Values) {
			if a.op == OpUpdates {
				q.Del("start_date")
				q.Del("end_date")
			}
		})},
		{id: "updates/formats-equal", option: only(OpUpdates, FormatJSON, func(d *node) { d.kids[0].set("description", "another one", kindText) })},
	}
}

func (k known) any() []mutation {
	return []mutation{
		{id: "encoding/suffix-decides", option: when(func(a *answer) bool {
			return a.op == OpServices && a.f == FormatXML && strings.HasPrefix(a.r.Header.Get("Accept"), "application/json")
		}, func(a *answer) { a.body = []byte("[]") })},
		{id: "encoding/utf-8", option: all(func(a *answer) {
			if a.op == OpDiscovery {
				a.body = bytes.ReplaceAll(a.body, []byte("town hall"), []byte("town h\xE4ll"))
			}
		})},
		{id: "encoding/xml-well-formed", option: text(OpServices, FormatXML, "</services>", "</service>"),
			blinds: []string{"services/list/xml-*", "services/list/formats-equal"}},
		{id: "encoding/json-well-formed", option: around(OpServices, FormatJSON, "", "[]"),
			blinds: []string{"services/list/json-array", "services/list/*-text", "services/list/metadata-boolean", "services/list/formats-equal"}},
		{id: "encoding/json-names-once", option: only(OpDiscovery, FormatJSON, func(d *node) { d.kids = append(d.kids, d.child("contact").clone()) })},
		{id: "encoding/xml-declaration", option: quirk(func(q *quirks) { q.NoDeclaration = true })},
		{id: "encoding/xml-namespace", option: text(OpServices, FormatXML, "<services>", `<services xmlns="http://city.example/ns">`)},
		{id: "encoding/xml-content-type", option: label(OpServices, FormatXML, "text/html; charset=utf-8")},
		{id: "encoding/xml-content-type-text", option: label(OpServices, FormatXML, "application/xml; charset=utf-8")},
		{id: "encoding/json-content-type", option: label(OpServices, FormatJSON, "text/html; charset=utf-8")},
		{id: "encoding/content-encoding", option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatJSON }, func(a *answer) {
			a.header.Set("Content-Encoding", "gzip")
		}),
			blinds: []string{"services/list/json-array", "services/list/*-text", "services/list/metadata-boolean", "services/list/formats-equal", "discovery/formats-true"}},
		{id: "encoding/charset/true", option: label(OpServices, FormatJSON, "application/json; charset=iso-8859-1")},
		{id: "encoding/charset", option: label(OpServices, FormatJSON, "application/json")},
		{id: "encoding/foreign-fields", option: both(OpServices, func(d *node) { d.kids[0].set("colour", "red", kindText) })},
	}
}
