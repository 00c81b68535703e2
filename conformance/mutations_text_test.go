package conformance

import (
	"net/url"
	"slices"
	"strings"

	"github.com/go-open311/open311/open311test"
)

// alone: what single requests have wrong, and the list has not.
func (k known) alone() []mutation {
	in := func(f Format, change func(*node)) open311test.Option {
		return when(func(a *answer) bool {
			return a.op == OpRequest && a.id == k.chosen && a.status == 200 && (f == FormatNone || a.f == f)
		},
			func(a *answer) { a.edit(func(d *node) { change(d.kids[0]) }) })
	}
	set := func(name, v string) open311test.Option {
		return in(FormatNone, func(r *node) { r.set(name, v, kindText) })
	}
	number := func(name, v string) open311test.Option {
		return in(FormatJSON, func(r *node) { r.set(name, v, kindNumber) })
	}
	closed := func(r *node) { r.set("status", "closed", kindText); r.set("updated_datetime", "", kindText) }
	return []mutation{
		{id: "request/record/service-request-id", option: set("service_request_id", ""), follows: []string{"request/one"}, blinds: []string{"request/formats-equal", "request/same-as-list"}},
		{id: "request/record/id-text", option: number("service_request_id", "4711"), follows: []string{"request/one"}},
		{id: "request/record/status", option: set("status", "OPEN")},
		{id: "request/record/service-code", option: set("service_code", "")},
		{id: "request/record/service-code-text", option: number("service_code", "7"), follows: []string{"request/record/service-code-known", "request/formats-equal"}},
		{id: "request/record/service-code-known", option: set("service_code", "unheard-of")},
		{id: "request/record/requested-datetime", option: set("requested_datetime", "")},
		{id: "request/record/requested-datetime-form", option: set("requested_datetime", "2026-06-29 10:00:00")},
		{id: "request/record/updated-datetime-form", option: set("updated_datetime", "2026-06-29T10:00:00")},
		{id: "request/record/expected-datetime-form", option: set("expected_datetime", "2026-06-29")},
		{id: "request/record/updated-after-requested", option: set("updated_datetime", "2001-01-01T00:00:00Z")},
		{id: "request/record/lat-long", option: set("lat", "95.5")},
		{id: "request/record/lat-long-pair", option: in(FormatNone, func(r *node) { r.drop("long") })},
		{id: "request/record/lat-long-number", option: in(FormatJSON, func(r *node) { r.set("lat", r.value("lat"), kindText) })},
		{id: "request/record/location", option: in(FormatNone, func(r *node) { r.drop("address", "address_id", "lat", "long") })},
		{id: "request/record/media-url", option: set("media_url", "photo.jpg")},
		{id: "request/record/description-length", option: set("description", strings.Repeat("ü", 4001))},
		{id: "request/record/texts", option: in(FormatNone, func(r *node) { r.nest("service_notice") })},
		{id: "request/record/zipcode-text", option: number("zipcode", "1234"), follows: []string{"request/formats-equal", "request/same-as-list"}},
		{id: "request/record/closed-updated", option: in(FormatNone, closed)},
	}
}

// towns: operations that answer for one town whatever is asked for.
func (k known) towns() []mutation {
	var list []mutation
	for _, t := range towns {
		is := func(given bool) func(a *answer) bool {
			return func(a *answer) bool {
				v := a.form.Get("jurisdiction_id")
				return a.op == t.op && (given && v == noCity || !given && v == "")
			}
		}
		list = append(list,
			mutation{id: string(t.op) + "/jurisdiction/unknown", many: true, option: when(is(true), func(a *answer) { a.refuse(400) })},
			mutation{id: string(t.op) + "/jurisdiction/missing", many: true, option: when(is(false), func(a *answer) { a.refuse(404) })})
	}
	return list
}

// texts: what gets lost of a report.
func (k known) texts() []mutation {
	form := func(is func(v url.Values) bool, change func(v url.Values)) open311test.Option {
		return open311test.WithMiddleware(rewrite(is, change))
	}
	any := func(url.Values) bool { return true }
	refuse := func(is func(a *answer) bool) open311test.Option {
		return when(func(a *answer) bool { return a.op == OpCreate && a.status == 200 && is(a) }, func(a *answer) { a.refuse(400) })
	}
	return []mutation{
		{id: "create/filed/line-breaks", option: form(any, func(v url.Values) {
			v.Set("description", strings.ReplaceAll(v.Get("description"), "\n", " "))
		})},
		{id: "create/filed/description-4000", option: form(func(v url.Values) bool { return strings.Contains(v.Get("description"), "assez long") }, func(v url.Values) {
			v.Set("description", string([]rune(v.Get("description"))[:255]))
		})},
		{id: "create/filed/coordinates", option: form(func(v url.Values) bool { return v.Get("lat") != "" && v.Get("long") != "" }, func(v url.Values) {
			lat, long := v.Get("lat"), v.Get("long")
			v.Set("lat", long)
			v.Set("long", lat)
		})},
		{id: "create/location/address-id-only", option: refuse(func(a *answer) bool {
			return a.form.Get("address_id") != "" && !a.form.Has("lat") && !a.form.Has("address_string")
		})},
		{id: "create/errors/names-argument", option: when(func(a *answer) bool {
			return a.op == OpCreate && a.status >= 400 && slices.Contains([]string{"", nobody}, a.form.Get("service_code"))
		}, func(a *answer) { a.refuse(a.status) })},
	}
}
