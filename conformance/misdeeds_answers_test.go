package conformance

import (
	"bytes"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/open311test"
)

// filedOnly changes what this check has filed, wherever it is read.
func filedOnly(change func(r *node)) open311test.Option {
	return when(func(a *answer) bool {
		return a.status == 200 && (a.op == OpRequests || a.op == OpRequest) && bytes.Contains(a.body, []byte("Conformance test"))
	}, func(a *answer) {
		a.edit(func(d *node) {
			for _, r := range d.kids {
				if strings.Contains(r.value("description"), "Conformance test") {
					change(r)
				}
			}
		})
	})
}

// wrongAnswers are misdeeds of a second round, of whole answers and of what becomes of a report.
func (k known) wrongAnswers() []mutation {
	form := func(is func(v url.Values) bool, change func(v url.Values)) open311test.Option {
		return open311test.WithMiddleware(rewrite(is, change))
	}
	yes := func(url.Values) bool { return true }
	return []mutation{
		{id: "requests/filter/status-both", name: "two statuses give nothing", option: arguments("", func(q url.Values) bool { return strings.Contains(q.Get("status"), ",") }, func(q url.Values) { q.Set("service_code", "none-such"); q.Del("status") })},
		{id: "requests/filter/id-list", name: "of several ids the first counts, in XML", option: arguments(FormatXML, func(q url.Values) bool { return strings.Contains(q.Get("service_request_id"), ",") }, func(q url.Values) {
			f, _, _ := strings.Cut(q.Get("service_request_id"), ",")
			q.Set("service_request_id", f)
		})},
		{id: "requests/filter/form", name: "what is asked for by several ids comes twice", was: "conformant", option: when(func(a *answer) bool {
			return a.op == OpRequests && strings.Contains(a.form.Get("service_request_id"), ",") && a.status == 200
		}, func(a *answer) { a.edit(func(d *node) { d.kids = append(d.kids, d.kids...) }) })},
		{id: "requests/filter/date-zone", name: "the zone of start_date does not count", option: arguments("", func(q url.Values) bool { return q.Has("start_date") }, func(q url.Values) {
			if t, ok := instantOf(q.Get("start_date")); ok {
				t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
				q.Set("start_date", t.Format(time.RFC3339))
			}
		})},
		{id: "requests/filter/form", name: "a list by status has another root", was: "conformant", option: when(func(a *answer) bool {
			return a.op == OpRequests && a.f == FormatXML && a.form.Has("status") && a.status == 200
		}, func(a *answer) { a.body = bytes.ReplaceAll(a.body, []byte("service_requests>"), []byte("requests>")) })},
		{id: "definition/service-code", name: "a definition in JSON has the code of another service", option: only(OpDefinition, FormatJSON, func(d *node) { d.set("service_code", "zz1", kindText) })},
		{id: "definition/attribute-variable", name: "variable is missing in XML", option: only(OpDefinition, FormatXML, func(d *node) {
			for _, a := range d.items("attributes") {
				a.drop("variable")
			}
		})},
		{id: "create/location", name: "coordinates of reports have one decimal place", option: filedOnly(func(r *node) {
			for _, n := range []string{"lat", "long"} {
				f, _ := strconv.ParseFloat(r.value(n), 64)
				r.set(n, strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64), kindNumber)
			}
		})},
		{id: "create/filed/plain", name: "descriptions are put into capitals", was: "conformant", option: form(yes, func(v url.Values) { v.Set("description", strings.ToUpper(v.Get("description"))) })},
		{id: "token/served/own-id", name: "every token becomes one id", was: "conformant", option: doc(OpToken, "", func(_ *answer, d *node) {
			if len(d.kids) > 0 {
				d.kids[0].set("service_request_id", k.ids[0], kindText)
			}
		})},
		{id: "create/wrong-key-403", name: "a wrong or missing key is answered with 401", follows: []string{"create/missing-key-403"}, option: when(func(a *answer) bool { return a.status == 403 }, func(a *answer) { a.refuse(401) })},
		{id: "request/same-as-list", name: "a single request has another status than in the list", option: when(func(a *answer) bool { return a.op == OpRequest && a.status == 200 && a.id == k.chosen }, func(a *answer) {
			a.edit(func(d *node) {
				if d.kids[0].value("status") == "open" {
					d.kids[0].set("status", "closed", kindText)
				} else {
					d.kids[0].set("status", "open", kindText)
				}
			})
		})},
		{id: "requests/record/status", name: "one request has no status in JSON", option: only(OpRequests, FormatJSON, func(d *node) {
			if len(d.kids) > 6 {
				d.kids[5].drop("status")
			}
		})},
		{id: "requests/record/requested-past", name: "one request is of the year 2099", was: "conformant with warnings, by requests/record/updated-after-requested", option: record(k.ids[3], "", func(r *node, _ Format) { r.set("requested_datetime", "2099-01-01T00:00:00Z", kindText) })},
		{id: "create/filed/plain", name: "ampersands are escaped twice wherever they are", option: all(func(a *answer) {
			if a.status == 200 && a.f == FormatXML {
				a.body = bytes.ReplaceAll(a.body, []byte("&amp;"), []byte("&amp;amp;"))
			}
			if a.status == 200 && a.f == FormatJSON {
				a.body = bytes.ReplaceAll(bytes.ReplaceAll(a.body, []byte("&"), []byte("&amp;")), []byte(`\u0026`), []byte("&amp;"))
			}
		})},
		{id: "create/realtime-id", name: "receipts have neither id nor token", follows: []string{"create/batch-token"}, option: receipts(func(r *node) { r.drop("service_request_id", "token") })},
		{id: "discovery/endpoint-specification", name: "endpoints do not say what they speak", follows: []string{"discovery/georeport-v2"}, option: both(OpDiscovery, func(d *node) {
			for _, e := range d.items("endpoints") {
				e.drop("specification")
			}
		})},
		{id: "services/list/type", name: "types begin with a capital", option: both(OpServices, func(d *node) {
			for _, s := range d.kids {
				s.set("type", strings.ToUpper(s.value("type")[:1])+s.value("type")[1:], kindText)
			}
		})},
		{id: "request/one", name: "a single request has its id in small letters", follows: []string{"create/readable", "token/request"}, option: doc(OpRequest, "", func(_ *answer, d *node) {
			d.kids[0].set("service_request_id", strings.ToLower(d.kids[0].value("service_request_id")), kindText)
		})},
		{id: "create/filed/address-beside", name: "an address beside coordinates is lost", was: "conformant", option: form(func(v url.Values) bool { return v.Has("lat") }, func(v url.Values) { v.Del("address_string") })},
		{id: "requests/list/service-name-known", name: "requests have other names of services than the services", option: recordsOf("", func(r *node) { r.set("service_name", "X-"+r.value("service_name"), kindText) })},
		{id: "request/record/expected-datetime-form", name: "expected_datetime is a word in single requests", option: only(OpRequest, FormatJSON, func(d *node) { d.kids[0].set("expected_datetime", "tomorrow", kindText) })},
		{id: "requests/list/id-unique", name: "the first request is listed twice", option: both(OpRequests, func(d *node) {
			if len(d.kids) > 2 {
				d.kids[1] = d.kids[0].clone()
			}
		})},
		{id: "definition/attribute-order-unique", name: "all attributes have the same order", option: both(OpDefinition, func(d *node) {
			for _, a := range d.items("attributes") {
				a.set("order", "1", kindNumber)
			}
		})},
		{id: "definition/attribute-booleans", name: "required is a text in JSON", option: only(OpDefinition, FormatJSON, func(d *node) {
			for _, a := range d.items("attributes") {
				a.set("required", a.value("required"), kindText)
			}
		})},
		{id: "create/location/address-id-only", name: "a report with an address_id is refused", option: when(func(a *answer) bool { return a.op == OpCreate && a.form.Get("address_id") != "" }, func(a *answer) { a.refuse(400) })},
		{id: "requests/filter/same-values", name: "a list by service has no descriptions", was: "conformant", option: when(func(a *answer) bool {
			return a.op == OpRequests && a.status == 200 && a.form.Get("service_code") != ""
		}, func(a *answer) {
			a.edit(func(d *node) {
				for _, r := range d.kids {
					r.drop("description")
				}
			})
		})},
		{id: "request/record/requested-past", name: "a single request is of next year", was: "conformant with warnings, by request/same-as-list", follows: []string{"request/same-as-list"},
			option: doc(OpRequest, "", func(_ *answer, d *node) { d.kids[0].set("requested_datetime", "2099-01-01T00:00:00Z", kindText) })},
	}
}
