package conformance

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// wrongLast are misdeeds of a sixth round, thought up when what is told once had been decided: each is told by itself.
func (k known) wrongLast() []mutation {
	zulu := regexp.MustCompile(`T\d\d:\d\d:\d\dZ$`)
	single := func(change func(r *node)) mutation {
		return mutation{option: doc(OpRequest, "", func(_ *answer, d *node) { change(d.kids[0]) })}
	}
	named := func(m mutation, id, name string) mutation { m.id, m.name = id, name; return m }
	return []mutation{
		{id: "services/list/texts", name: "groups are elements in elements", option: only(OpServices, FormatXML, func(d *node) {
			for _, s := range d.kids {
				s.nest("group")
			}
		})},
		{id: "definition/attribute-datatype", name: "datatypes are those of a database", option: both(OpDefinition, func(d *node) {
			for _, a := range d.items("attributes") {
				a.set("datatype", "varchar(255)", kindText)
			}
		})},
		{id: "requests/record/requested-datetime", name: "requested_datetime is called created_at", follows: []string{"create/filed/time"}, option: pattern(OpRequests, "", `requested_datetime`, "created_at")},
		{id: "requests/record/lat-long-pair", name: "every other request has no long", follows: []string{"create/location"}, option: recordsOf("", func(r *node) {
			if hashOf(r.value("service_request_id"))%2 == 0 {
				r.drop("long")
			}
		})},
		{id: "requests/filter/status-closed", name: "closed lists what was closed in the last week", option: when(func(a *answer) bool {
			return a.op == OpRequests && a.status == 200 && a.form.Get("status") == "closed"
		}, func(a *answer) {
			a.edit(func(d *node) {
				d.kids = slices.DeleteFunc(d.kids, func(r *node) bool {
					at, ok := instantOf(r.value("updated_datetime"))
					return !ok || k.city.Now().Sub(at) > 7*day
				})
			})
		})},
		{id: "requests/filter/end-date", name: "end_date does not count", option: arguments("", func(q url.Values) bool { return q.Get("end_date") != "" }, func(q url.Values) { q.Del("end_date") })},
		named(single(func(r *node) { r.set("address", "Elsewhere 1", kindText) }), "request/same-as-list", "a single request has another address"),
		named(single(func(r *node) { r.set("media_url", "/img/1.jpg", kindText) }), "request/record/media-url", "media_url of a single request is a path"),
		{id: "create/filed/time", name: "requests are filed six hours later", option: filedOnly(func(r *node) {
			t, _ := instantOf(r.value("requested_datetime"))
			r.set("requested_datetime", t.Add(6*time.Hour).Format(time.RFC3339), kindText)
		})},
		{id: "create/attribute-datetime", name: "a time with Z is refused", option: turnedDown(OpCreate, func(a *answer) bool {
			for name, v := range a.form {
				if strings.HasPrefix(name, "attribute[") && zulu.MatchString(v[0]) {
					return true
				}
			}
			return false
		})},
		{id: "create/missing-key-403", name: "without a key a report is wrong", option: when(func(a *answer) bool { return a.op == OpCreate && a.form.Get("api_key") == "" }, func(a *answer) { a.refuse(400) })},
		{id: "token/token", name: "the token is called id", option: both(OpToken, func(d *node) { d.kids[0].child("token").name = "id" })},
		{id: "encoding/json-names-once", name: "descriptions are there twice in the list", option: text(OpRequests, FormatJSON, `"description":`, `"description":"","description":`)},
		{id: "discovery/endpoint-url", name: "the endpoint is one of FTP", option: both(OpDiscovery, func(d *node) { d.items("endpoints")[0].set("url", "ftp://city.example/v2", kindText) })},
		{id: "errors/code", name: "codes of errors are null", option: when(func(a *answer) bool { return a.status >= 400 && a.f == FormatJSON }, func(a *answer) {
			a.body = regexp.MustCompile(`"code":\d+`).ReplaceAll(a.body, []byte(`"code":null`))
		})},
	}
}
