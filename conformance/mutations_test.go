package conformance

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311/open311test"
)

type quirks = open311test.Quirks

// mutations is the table. A requirement that has none fails the test.
func mutations(t *testing.T) []mutation {
	k := knownOf(t)
	return slices.Concat(k.discovery(), k.services(), k.definitions(), k.lists(), k.records(), k.filters(), k.items(), k.errors(),
		k.creates(), k.refusals(), k.attributes(), k.tokens(), k.deFacto(), k.updates(), k.any(), k.towns(), k.texts(), k.misdeeds())
}

func knownOf(t *testing.T) known {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(testSize))
	k := known{city: city}
	for _, r := range city.Requests() {
		if city.Now().Sub(r.RequestedDatetime) <= span {
			k.ids = append(k.ids, r.ID)
		}
	}
	k.chosen, k.odd = k.ids[len(k.ids)/2], k.rare(t)
	return k
}

// known is what the mutations know of the city that they change.
type known struct {
	city   *open311test.Server
	ids    []string // of the list without arguments
	chosen string   // the one that is asked for by its id
	odd    string   // one that no filter is about
}

// rare finds a new request of a service that the filters do not ask for.
func (k known) rare(t *testing.T) string {
	var rows []*node
	for _, r := range k.city.Requests() {
		if slices.Contains(k.ids, r.ID) {
			rows = append(rows, &node{kind: kindObject, kids: []*node{
				{name: "service_request_id", kind: kindText, text: r.ID}, {name: "service_code", kind: kindText, text: r.ServiceCode},
			}})
		}
	}
	often := codesOf(rows)[:3]
	for _, r := range rows[5:] {
		if !slices.Contains(often, r.value("service_code")) {
			return r.value("service_request_id")
		}
	}
	t.Fatal("no request suits")
	return ""
}

func both(op Operation, change func(*node)) open311test.Option {
	return doc(op, FormatNone, func(_ *answer, d *node) { change(d) })
}

func only(op Operation, f Format, change func(*node)) open311test.Option {
	return doc(op, f, func(_ *answer, d *node) { change(d) })
}

// when answers differently where a condition holds.
func when(is func(*answer) bool, do func(*answer)) open311test.Option {
	return after(func(a *answer) {
		if is(a) {
			do(a)
		}
	})
}

func all(opts ...func(*answer)) open311test.Option {
	return after(func(a *answer) {
		for _, o := range opts {
			o(a)
		}
	})
}

func (k known) discovery() []mutation {
	endpoint := func(change func(e *node)) open311test.Option {
		return both(OpDiscovery, func(d *node) { change(d.items("endpoints")[0]) })
	}
	second := func(change func(e *node)) open311test.Option {
		return both(OpDiscovery, func(d *node) { d.child("endpoints").another(change) })
	}
	blank := func(name string) open311test.Option {
		return both(OpDiscovery, func(d *node) { d.set(name, "", kindText) })
	}
	return []mutation{
		{id: "discovery/served", option: when(func(a *answer) bool { return a.op == OpDiscovery }, (*answer).crash), blinds: []string{"discovery/*", "discovery/served/both"}},
		{id: "discovery/served/both", option: when(func(a *answer) bool { return a.op == OpDiscovery && a.f == FormatJSON }, (*answer).crash),
			blinds: []string{"discovery/json-object", "discovery/formats-equal"}},
		{id: "discovery/xml-root", option: only(OpDiscovery, FormatXML, func(d *node) { d.name = "description" })},
		{id: "discovery/json-object", option: quirk(func(q *quirks) { q.Discoveries = open311test.UnderRoot })},
		{id: "discovery/changeset", option: blank("changeset")},
		{id: "discovery/contact", option: blank("contact")},
		{id: "discovery/key-service", option: blank("key_service")},
		{id: "discovery/endpoints", option: text(OpDiscovery, FormatXML, "endpoint>", "item>")},
		{id: "discovery/endpoint-specification", option: second(func(e *node) { e.set("specification", "GeoReport v2", kindText) })},
		{id: "discovery/endpoint-url", option: second(func(e *node) { e.set("url", "/open311/v2", kindText) })},
		{id: "discovery/endpoint-changeset", option: endpoint(func(e *node) { e.set("changeset", "", kindText) })},
		{id: "discovery/endpoint-type", option: endpoint(func(e *node) { e.set("type", "development", kindText) })},
		{id: "discovery/endpoint-formats", option: endpoint(func(e *node) { e.items("formats")[1].text = "text/html" })},
		{id: "discovery/georeport-v2", option: endpoint(func(e *node) { e.set("specification", "http://wiki.open311.org/GeoReport_v1", kindText) }),
			blinds: []string{"discovery/georeport-xml", "discovery/formats-true"}},
		{id: "discovery/georeport-xml", option: endpoint(func(e *node) { e.child("formats").kids = e.items("formats")[1:] })},
		{id: "discovery/names-this-endpoint", option: endpoint(func(e *node) { e.set("url", "https://elsewhere.example/v2", kindText) })},
		{id: "discovery/formats-true", option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatJSON }, (*answer).crash),
			follows: []string{"services/list/json"},
			blinds:  []string{"services/list/json-array", "services/list/*-text", "services/list/metadata-boolean", "services/list/formats-equal"}},
		{id: "discovery/formats-equal", option: only(OpDiscovery, FormatJSON, func(d *node) { d.set("contact", "somebody else", kindText) })},
	}
}

func (k known) services() []mutation {
	more := func(change func(s *node)) open311test.Option {
		return both(OpServices, func(d *node) {
			d.another(func(s *node) {
				s.set("service_code", "zz", kindText)
				s.set("metadata", "false", s.child("metadata").kind)
				change(s)
			})
		})
	}
	moreJSON := func(code string, change func(s *node)) open311test.Option {
		return doc(OpServices, FormatNone, func(a *answer, d *node) {
			d.another(func(s *node) {
				s.set("service_code", code, kindText)
				s.set("metadata", "false", s.child("metadata").kind)
				if a.f == FormatJSON {
					change(s)
				}
			})
		})
	}
	jurisdiction := func(v string, given bool) func(*answer) bool {
		return func(a *answer) bool {
			return a.op == OpServices && a.form.Has("jurisdiction_id") == given && a.form.Get("jurisdiction_id") == v
		}
	}
	return []mutation{
		{id: "services/list/xml", option: when(func(a *answer) bool { return a.op == OpServices && a.f == FormatXML }, (*answer).crash),
			follows: []string{"discovery/formats-true"}, blinds: []string{"services/list/xml-*", "services/list/formats-equal"}},
		{id: "services/list/json", option: after(func(a *answer) {
			switch {
			case a.op == OpServices && a.f == FormatJSON:
				a.crash()
			case a.op == OpDiscovery:
				a.edit(func(d *node) { e := d.items("endpoints")[0]; e.child("formats").kids = e.items("formats")[:1] })
			}
		}), blinds: []string{"services/list/json-array", "services/list/*-text", "services/list/metadata-boolean", "services/list/formats-equal"}},
		{id: "services/list/xml-root", option: only(OpServices, FormatXML, func(d *node) { d.name = "service_list" })},
		{id: "services/list/xml-item", option: text(OpServices, FormatXML, "service>", "item>")},
		{id: "services/list/json-array", option: quirk(func(q *quirks) { q.ServiceList = open311test.UnderRoot })},
		{id: "services/list/no-key", option: quirk(func(q *quirks) { q.KeyOnReads = true })},
		{id: "services/list/service-code", option: more(func(s *node) { s.set("service_code", "", kindText) })},
		{id: "services/list/service-code-unique", option: both(OpServices, func(d *node) { d.another(func(*node) {}) })},
		{id: "services/list/service-code-text", option: moreJSON("4711", func(s *node) { s.set("service_code", "4711", kindNumber) })},
		{id: "services/list/service-name", option: more(func(s *node) { s.set("service_name", " ", kindText) })},
		{id: "services/list/metadata", option: more(func(s *node) { s.set("metadata", "yes", kindText) })},
		{id: "services/list/metadata-boolean", option: moreJSON("zz", func(s *node) { s.set("metadata", "false", kindText) })},
		{id: "services/list/type", option: more(func(s *node) { s.set("type", "instant", kindText) })},
		{id: "services/list/keywords", option: more(func(s *node) { s.nest("keywords") })},
		{id: "services/list/texts", option: more(func(s *node) { s.nest("group") })},
		{id: "services/list/formats-equal", option: moreJSON("zz", func(s *node) { s.set("description", "another one", kindText) })},
		{id: "services/list/jurisdiction-empty", option: when(jurisdiction("", true), func(a *answer) { a.refuse(400) })},
		{id: "services/list/jurisdiction-unknown", many: true, option: when(jurisdiction("no_such_city", true), func(a *answer) { a.refuse(400) })},
		{id: "services/list/jurisdiction-missing", many: true, option: when(jurisdiction("", false), func(a *answer) { a.refuse(404) })},
	}
}

func (k known) definitions() []mutation {
	// The first attribute of 0101 is information: nothing depends on it. LANE is a list that may be left out.
	info := func(change func(*node)) open311test.Option {
		return doc(OpDefinition, FormatNone, func(a *answer, d *node) {
			if a.id == "0101" {
				change(d.items("attributes")[0])
			}
		})
	}
	infoJSON := func(change func(*node)) open311test.Option {
		return doc(OpDefinition, FormatJSON, func(a *answer, d *node) {
			if a.id == "0101" {
				change(d.items("attributes")[0])
			}
		})
	}
	lane := func(f Format, change func(*node)) open311test.Option {
		return doc(OpDefinition, f, func(a *answer, d *node) {
			for _, at := range d.items("attributes") {
				if a.id == "0101" && at.value("code") == "LANE" {
					change(at)
				}
			}
		})
	}
	numbered := func(n *node) {
		n.kind = kindObject
		for i, v := range n.kids {
			v.name = string(rune('a' + i))
		}
	}
	return []mutation{
		{id: "definition/served", option: when(func(a *answer) bool { return a.op == OpDefinition && a.id == "0101" }, func(a *answer) { a.refuse(404) })},
		{id: "definition/xml-root", option: only(OpDefinition, FormatXML, func(d *node) { d.name = "service" })},
		{id: "definition/json-object", option: quirk(func(q *quirks) { q.Definitions = open311test.UnderRoot })},
		{id: "definition/service-code", option: both(OpDefinition, func(d *node) { d.set("service_code", "other", kindText) })},
		{id: "definition/xml-attributes", option: text(OpDefinition, FormatXML, "attribute>", "item>")},
		{id: "definition/json-attributes", option: only(OpDefinition, FormatJSON, func(d *node) { numbered(d.child("attributes")) })},
		{id: "definition/metadata-agrees", option: doc(OpDefinition, FormatNone, func(a *answer, d *node) {
			if a.id == "0101" {
				d.child("attributes").kids, d.child("attributes").text = nil, ""
			}
		})},
		{id: "definition/attribute-code", option: info(func(a *node) { a.set("code", "", kindText) })},
		{id: "definition/attribute-code-unique", option: info(func(a *node) { a.set("code", "SIZE", kindText) })},
		{id: "definition/attribute-variable", option: info(func(a *node) { a.set("variable", "no", kindText) }), follows: []string{"definition/attribute-booleans"}},
		{id: "definition/attribute-required", option: info(func(a *node) { a.set("required", "no", kindText) }), follows: []string{"definition/attribute-booleans"}},
		{id: "definition/attribute-booleans", option: infoJSON(func(a *node) { a.set("required", "false", kindText) })},
		{id: "definition/attribute-datatype", option: info(func(a *node) { a.set("datatype", "information", kindText) })},
		{id: "definition/attribute-order", option: info(func(a *node) { a.set("order", "0", kindNumber) })},
		{id: "definition/attribute-order-unique", option: info(func(a *node) { a.set("order", "2", kindNumber) })},
		{id: "definition/attribute-order-number", option: infoJSON(func(a *node) { a.set("order", "1", kindText) })},
		{id: "definition/attribute-description", option: info(func(a *node) { a.set("description", "", kindText) })},
		{id: "definition/attribute-texts", option: info(func(a *node) { a.nest("datatype_description") })},
		{id: "definition/values-of-lists", option: lane(FormatNone, func(a *node) { a.drop("values") })},
		{id: "definition/values-only-of-lists", option: doc(OpDefinition, FormatNone, func(a *answer, d *node) {
			if list := d.items("attributes"); a.id == "0101" {
				list[0].drop("values")
				list[0].kids = append(list[0].kids, list[1].child("values").clone())
			}
		})},
		{id: "definition/xml-values", option: text(OpDefinition, FormatXML, "value>", "item>")},
		{id: "definition/json-values", option: lane(FormatJSON, func(a *node) { numbered(a.child("values")) })},
		{id: "definition/value-key", option: lane(FormatNone, func(a *node) { a.items("values")[3].set("key", "", kindText) })},
		{id: "definition/value-name", option: lane(FormatNone, func(a *node) { a.items("values")[3].set("name", "", kindText) })},
		{id: "definition/formats-equal", option: infoJSON(func(a *node) { a.set("description", "another one", kindText) })},
		{id: "definition/unknown-404", option: when(func(a *answer) bool { return a.op == OpDefinition && a.id == nobody }, func(a *answer) { a.refuse(400) })},
	}
}

// plainList: the list without arguments.
func plainList(a *answer) bool {
	return a.op == OpRequests && len(a.form) == 0 && a.status == 200
}

func (k known) lists() []mutation {
	every := func(change func(r *node)) open311test.Option {
		return after(func(a *answer) {
			if (a.op == OpRequests || a.op == OpRequest) && a.status == 200 {
				a.edit(func(d *node) {
					for _, r := range d.kids {
						change(r)
					}
				})
			}
		})
	}
	xml := func(a *answer) bool { return a.f == FormatXML && plainList(a) }
	json := func(a *answer) bool { return a.f == FormatJSON && plainList(a) }
	return []mutation{
		{id: "requests/list/xml", option: when(xml, (*answer).crash), blinds: []string{"requests/list/xml-*", "requests/list/formats-equal"}},
		{id: "requests/list/json", option: when(json, (*answer).crash),
			blinds: []string{"requests/list/json-array", "requests/list/formats-equal", "requests/record/*-text", "requests/record/lat-long-number", "requests/filter/json-array"}},
		{id: "requests/list/xml-root", option: quirk(func(q *quirks) { q.Root = "requests" })},
		{id: "requests/list/xml-item", option: when(xml, func(a *answer) {
			a.edit(func(d *node) {
				for _, r := range d.kids {
					r.name = "service_request"
				}
			})
		})},
		{id: "requests/list/json-array", option: quirk(func(q *quirks) { q.Lists = open311test.UnderRoot })},
		{id: "requests/list/id-unique", option: when(plainList, func(a *answer) { a.edit(func(d *node) { d.another(func(*node) {}) }) })},
		{id: "requests/list/default-1000", size: 6000, option: quirk(func(q *quirks) { q.MaxRows, q.PageSize = -1, 1<<20 })},
		{id: "requests/list/default-90-days", option: quirk(func(q *quirks) { q.Always = true })},
		{id: "requests/list/not-cut", option: quirk(func(q *quirks) { q.Paging, q.MaxRows, q.PageSize, q.SizeParam = 0, 20, 20, "" }), blinds: []string{"create/listed", "paging/*"},
			follows: []string{"paging/page-size", "paging/page", "paging/in-order", "paging/beyond-end"}},
		{id: "requests/list/updated-shown", option: every(func(r *node) { r.drop("updated_datetime") }), follows: []string{"requests/record/closed-updated"},
			blinds: []string{"changed/*"}},
		{id: "requests/list/description-shown", option: every(func(r *node) { r.drop("description") }), blinds: []string{"create/utf-8", "create/filed/*", "requests/list/description-plain"}},
		{id: "requests/list/description-plain", option: every(func(r *node) {
			r.set("description", "<p>"+r.value("description")+"</p>", kindText)
		}), blinds: []string{"create/filed/description-4000"}},
		{id: "requests/list/service-name-shown", option: every(func(r *node) { r.drop("service_name") }), blinds: []string{"requests/list/service-name-known"}},
		{id: "requests/list/service-name-known", option: every(func(r *node) { r.set("service_name", "X "+r.value("service_name"), kindText) })},
		{id: "requests/list/formats-equal", option: record(k.odd, FormatJSON, func(r *node, _ Format) { r.set("description", "another one", kindText) })},
	}
}

func (k known) records() []mutation {
	odd := func(change func(*node)) open311test.Option {
		return record(k.odd, FormatNone, func(r *node, _ Format) { change(r) })
	}
	set := func(name, v string) open311test.Option { return odd(func(r *node) { r.set(name, v, kindText) }) }
	number := func(name, v string) open311test.Option { return odd(func(r *node) { r.set(name, v, kindNumber) }) }
	return append(k.alone(), []mutation{
		{id: "requests/record/closed-updated", option: odd(func(r *node) { r.set("status", "closed", kindText); r.set("updated_datetime", "", kindText) })},
		{id: "requests/record/service-request-id", option: set("service_request_id", "")},
		{id: "requests/record/id-text", option: number("service_request_id", "4711")},
		{id: "requests/record/status", option: odd(func(r *node) { r.set("status", title(r.value("status")), kindText) })},
		{id: "requests/record/service-code", option: set("service_code", "")},
		{id: "requests/record/service-code-text", option: number("service_code", "7"), follows: []string{"requests/record/service-code-known"}},
		{id: "requests/record/service-code-known", option: set("service_code", "unheard-of")},
		{id: "requests/record/requested-datetime", option: set("requested_datetime", "")},
		{id: "requests/record/requested-datetime-form", option: set("requested_datetime", "2026-06-29 10:00:00")},
		{id: "requests/record/updated-datetime-form", option: set("updated_datetime", "2026-06-29T10:00:00")},
		{id: "requests/record/expected-datetime-form", option: set("expected_datetime", "2026-06-29")},
		{id: "requests/record/updated-after-requested", option: odd(func(r *node) {
			t, _ := instantOf(r.value("requested_datetime"))
			r.set("updated_datetime", stamp(t.Add(-1e9)), kindText)
		})},
		{id: "requests/record/lat-long", option: number("lat", "95.5")},
		{id: "requests/record/lat-long-pair", option: odd(func(r *node) { r.drop("long") })},
		{id: "requests/record/lat-long-number", option: record(k.odd, FormatJSON, func(r *node, _ Format) { r.set("lat", r.value("lat"), kindText) })},
		{id: "requests/record/location", option: odd(func(r *node) { r.drop("address", "address_id", "lat", "long") })},
		{id: "requests/record/media-url", option: set("media_url", "photo.jpg")},
		{id: "requests/record/description-length", option: set("description", strings.Repeat("ü", 4001))},
		{id: "requests/record/texts", option: odd(func(r *node) { r.nest("service_notice") })},
		{id: "requests/record/zipcode-text", option: number("zipcode", "1234")},
	}...)
}

func (k known) filters() []mutation {
	list := func(is func(q url.Values) bool, do func(q url.Values)) open311test.Option {
		return before(func(a *answer, q url.Values) {
			if a.op == OpRequests && is(q) {
				do(q)
			}
		})
	}
	drop := func(names ...string) func(url.Values) {
		return func(q url.Values) {
			for _, name := range names {
				q.Del(name)
			}
		}
	}
	comma := func(name string) func(url.Values) bool {
		return func(q url.Values) bool { return strings.Contains(q.Get(name), ",") }
	}
	first := func(name string) func(url.Values) {
		return func(q url.Values) { v, _, _ := strings.Cut(q.Get(name), ","); q.Set(name, v) }
	}
	only := func(name, not string) func(url.Values) bool {
		return func(q url.Values) bool { return q.Get(name) != "" && !comma(name)(q) && q.Get(not) == "" }
	}
	return []mutation{
		{id: "requests/filter/status-open", option: list(func(q url.Values) bool { return q.Get("status") == "open" }, drop("status"))},
		{id: "requests/filter/status-closed", option: list(func(q url.Values) bool { return q.Get("status") == "closed" && q.Get("start_date") == "" }, drop("status"))},
		{id: "requests/filter/status-both", option: list(comma("status"), first("status"))},
		{id: "requests/filter/service-code", option: list(only("service_code", "status"), drop("service_code"))},
		{id: "requests/filter/service-code-list", option: list(comma("service_code"), first("service_code"))},
		{id: "requests/filter/dates", option: list(func(q url.Values) bool { return q.Get("service_request_id") == "" && spanOf(q) < span }, drop("start_date", "end_date"))},
		{id: "requests/filter/start-date", option: list(func(q url.Values) bool {
			return only("start_date", "end_date")(q) && w3c.MatchString(q.Get("start_date"))
		}, drop("start_date"))},
		{id: "requests/filter/end-date", option: list(only("end_date", "start_date"), drop("end_date"))},
		{id: "requests/filter/date-zone", option: list(func(q url.Values) bool { return strings.HasSuffix(q.Get("start_date"), "+09:00") }, func(q url.Values) {
			for _, name := range []string{"start_date", "end_date"} {
				q.Set(name, strings.TrimSuffix(q.Get(name), "+09:00")+"Z")
			}
		})},
		{id: "requests/filter/span-90-days", option: when(func(a *answer) bool {
			return a.op == OpRequests && spanOf(a.form) > 300*day && spanOf(a.form) < 500*day
		},
			func(a *answer) {
				a.status = 200
				a.body = []byte(`[{"service_request_id":"b","requested_datetime":"2026-06-29T12:00:00Z"},{"service_request_id":"a","requested_datetime":"2026-01-01T12:00:00Z"}]`)
			})},
		{id: "requests/filter/id", option: list(only("service_request_id", "status"), drop("service_request_id"))},
		{id: "requests/filter/id-list", option: list(comma("service_request_id"), first("service_request_id"))},
		{id: "requests/filter/id-overrides", option: list(func(q url.Values) bool { return q.Get("service_request_id") != "" && q.Get("status") != "" }, drop("service_request_id"))},
		{id: "requests/filter/empty-arguments", option: when(func(a *answer) bool { return a.op == OpRequests && a.form.Has("status") && a.form.Get("status") == "" },
			func(a *answer) { a.refuse(400) })},
		{id: "requests/filter/nothing", option: when(func(a *answer) bool {
			return a.op == OpRequests && strings.HasPrefix(a.form.Get("start_date"), "1971")
		}, func(a *answer) { a.refuse(404) })},
		{id: "requests/filter/bad-date", option: list(func(q url.Values) bool { return strings.HasPrefix(q.Get("start_date"), "the") }, drop("start_date"))},
	}
}

func spanOf(q url.Values) time.Duration {
	from, ok := instantOf(q.Get("start_date"))
	to, also := instantOf(q.Get("end_date"))
	if !ok || !also {
		return 1 << 62
	}
	return to.Sub(from)
}
