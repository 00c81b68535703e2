package conformance

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-open311/open311/open311test"
)

// fault is something that goes wrong in a whole server, or in many places of it, for one reason.
type fault struct {
	name   string
	want   string // the one requirement that tells it
	option open311test.Option
}

func faults(k known) []fault {
	return slices.Concat(faultyBytes(), faultyShapes(), faultyRecords(k), faultyFilters(), faultyRefusals(), faultyFiling())
}

// One fault is one finding, wherever else it shows: what depends on it is not judged, because of it.
func TestOneFaultIsOneFinding(t *testing.T) {
	k := knownOf(t)
	for i, f := range faults(k) {
		if raceEnabled && i%8 != 0 {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			r := check(t, mutated(t, mutation{option: f.option}))
			wellFounded(t, r)
			for _, res := range r.worst(Fail, Error, Warn) {
				got = append(got, res.ID)
			}
			if len(got) != 1 || got[0] != f.want {
				t.Errorf("found %q, want %s", got, f.want)
			}
		})
	}
}

// well is a good answer in a format; "" is any.
func well(f Format) func(a *answer) bool {
	return func(a *answer) bool { return a.status == 200 && (f == FormatNone || a.f == f) }
}

func refusesIt(a *answer) bool { return a.status >= 400 && a.op != "" }

func faultyBytes() []fault {
	mark := func(a *answer) { a.body = slices.Concat(byteOrderMark, a.body) }
	label := func(old, new string) func(a *answer) {
		return func(a *answer) {
			a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), old, new, 1))
		}
	}
	return []fault{
		{"everything is said to be gzip", "encoding/content-encoding", headers("Content-Encoding", "gzip")},
		{"lists are said to be gzip", "encoding/content-encoding", when(func(a *answer) bool { return a.op == OpRequests }, func(a *answer) { a.header.Set("Content-Encoding", "gzip") })},
		{"a mark before everything", "encoding/json-well-formed", all(mark)},
		{"another charset", "encoding/charset/true", all(label("utf-8", "iso-8859-1"))},
		{"everything is called a page", "encoding/xml-content-type", headers("Content-Type", "text/html; charset=utf-8")},
		{"everything has the city's namespace", "encoding/xml-namespace", replaced(FormatXML, `(\?>\s*<\w+)`, `$1 xmlns="http://city.example/"`)},
		{"texts in XML are escaped twice", "services/list/formats-equal", when(well(FormatXML), func(a *answer) {
			a.body = bytes.ReplaceAll(a.body, []byte("&amp;"), []byte("&amp;amp;"))
		})},
	}
}

func faultyShapes() []fault {
	inJSON := func(head, tail string) open311test.Option {
		return when(well(FormatJSON), func(a *answer) { a.body = slices.Concat([]byte(head), a.body, []byte(tail)) })
	}
	inXML := func(change func(body string) string) open311test.Option {
		return when(well(FormatXML), func(a *answer) {
			head, body, _ := strings.Cut(string(a.body), "?>")
			a.body = []byte(head + "?>" + change(body))
		})
	}
	walk := func(change func(n *node)) open311test.Option {
		var over func(n *node)
		over = func(n *node) {
			change(n)
			for _, c := range n.kids {
				over(c)
			}
		}
		return when(well(FormatJSON), func(a *answer) { a.edit(over) })
	}
	lists := func(change func(d *node)) open311test.Option {
		return when(func(a *answer) bool {
			return well(FormatJSON)(a) && bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("["))
		}, func(a *answer) { a.edit(change) })
	}
	return []fault{
		{"JSON is in data", "discovery/json-object", inJSON(`{"data":`, `}`)},
		{"JSON is in the data of a success", "discovery/json-object", inJSON(`{"success":true,"count":1,"data":`, `}`)},
		{"XML is in a response", "discovery/xml-root", inXML(func(body string) string { return "<response>" + body + "</response>" })},
		{"XML is in a response with a status", "discovery/xml-root", inXML(func(body string) string { return "<response><status>ok</status>" + body + "</response>" })},
		{"the root of lists is there twice", "services/list/xml-item", inXML(func(body string) string {
			for _, name := range []string{"services", "service_requests"} {
				body = strings.NewReplacer("<"+name+">", "<"+name+"><"+name+">", "</"+name+">", "</"+name+"></"+name+">").Replace(body)
			}
			return body
		})},
		{"names in JSON have humps", "discovery/key-service", walk(func(n *node) {
			for i := strings.IndexByte(n.name, '_'); i >= 0 && i+1 < len(n.name); i = strings.IndexByte(n.name, '_') {
				n.name = n.name[:i] + strings.ToUpper(n.name[i+1:i+2]) + n.name[i+2:]
			}
		})},
		{"every value in JSON is a text", "services/list/metadata-boolean", walk(func(n *node) {
			if n.kind == kindNumber || n.kind == kindBool {
				n.kind = kindText
			}
		})},
		{"a null in the list of requests", "requests/list/json-array", only(OpRequests, FormatJSON, func(d *node) { d.kids = append(d.kids, &node{}) })},
		{"a null in every list", "services/list/json-array", lists(func(d *node) { d.kids = slices.Insert(d.kids, 0, &node{}) })},
		{"an empty object in the list of requests", "requests/list/json-array", only(OpRequests, FormatJSON, func(d *node) { d.kids = append(d.kids, &node{kind: kindObject}) })},
		{"no JSON", "discovery/served/both", when(func(a *answer) bool { return a.f == FormatJSON }, func(a *answer) { a.refuse(404) })},
		{"no discovery", "discovery/served", when(func(a *answer) bool { return a.op == OpDiscovery }, func(a *answer) { a.refuse(404) })},
		{"discovery is a page", "discovery/served", when(func(a *answer) bool { return a.op == OpDiscovery }, func(a *answer) { a.crash(); a.status = 200 })},
		{"no single requests", "request/served", when(func(a *answer) bool { return a.op == OpRequest }, func(a *answer) { a.refuse(404) })},
		{"no definitions", "definition/served", when(func(a *answer) bool { return a.op == OpDefinition }, func(a *answer) { a.refuse(404) })},
		{"no tokens", "token/served", when(func(a *answer) bool { return a.op == OpToken }, func(a *answer) { a.refuse(404) })},
	}
}

func faultyRecords(k known) []fault {
	shaped := func(layout string) func(v string) string {
		return func(v string) string { t, _ := instantOf(v); return t.Format(layout) }
	}
	return []fault{
		{"words of status of its own", "requests/record/status", recordsOf("", func(r *node) {
			r.set("status", map[string]string{"open": "new", "closed": "done"}[r.value("status")], kindText)
		})},
		{"one record with five wrong fields", "requests/record/status", record(k.ids[2], "", func(r *node, _ Format) {
			for name, v := range map[string]string{"status": "?", "lat": "north", "requested_datetime": "yesterday", "media_url": "none", "service_code": ""} {
				r.set(name, v, kindText)
			}
		})},
		{"one record of nulls", "requests/record/status", record(k.ids[2], "", func(r *node, _ Format) {
			for _, c := range r.kids {
				if c.name != "service_request_id" {
					c.kind, c.text, c.kids = kindNull, "", nil
				}
			}
		})},
		{"dates have no zone", "requests/record/requested-datetime-form", dates("", shaped("2006-01-02T15:04:05"))},
		{"dates of another layout", "requests/record/requested-datetime-form", dates("", shaped("02.01.2006 15:04"))},
		{"no coordinates", "requests/record/location", recordsOf("", func(r *node) { r.drop("lat", "long") })},
		{"coordinates are swapped", "create/filed/coordinates", recordsOf("", func(r *node) {
			if lat, long := r.value("lat"), r.value("long"); lat != "" {
				r.set("lat", long, kindNumber)
				r.set("long", lat, kindNumber)
			}
		})},
		{"codes in JSON have lost their zeros", "services/list/formats-equal", when(well(FormatJSON), func(a *answer) {
			a.body = bytes.ReplaceAll(a.body, []byte(`"service_code":"0`), []byte(`"service_code":"`))
		})},
		{"truth is 1 and 0", "services/list/metadata", when(well(""), func(a *answer) {
			for _, name := range []string{"metadata", "variable", "required"} {
				a.body = []byte(strings.NewReplacer("<"+name+">true", "<"+name+">1", "<"+name+">false", "<"+name+">0",
					`"`+name+`":true`, `"`+name+`":1`, `"`+name+`":false`, `"`+name+`":0`).Replace(string(a.body)))
			}
		})},
	}
}

func faultyFilters() []fault {
	commas := func(change func(q url.Values, name, first string)) open311test.Option {
		return before(func(a *answer, q url.Values) {
			for _, name := range []string{"service_request_id", "service_code", "status"} {
				if first, _, ok := strings.Cut(q.Get(name), ","); ok && a.op == OpRequests {
					change(q, name, first)
				}
			}
		})
	}
	return []fault{
		{"of several values the first counts", "requests/filter/status-both", commas(func(q url.Values, name, first string) { q.Set(name, first) })},
		{"several values find nothing", "requests/filter/status-both", commas(func(q url.Values, _, _ string) { q.Set("service_request_id", nobody) })},
		{"several values are refused", "requests/filter/status-both", turnedDown(OpRequests, func(a *answer) bool {
			return strings.Contains(a.form.Get("status")+a.form.Get("service_code")+a.form.Get("service_request_id"), ",")
		})},
		{"no filter counts", "requests/filter/dates", before(func(a *answer, q url.Values) {
			if a.op == OpRequests {
				clear(q)
			}
		})},
		{"any argument is a crash", "requests/filter/dates", when(func(a *answer) bool { return a.op == OpRequests && a.r.URL.RawQuery != "" }, (*answer).crash)},
		{"dates do not count", "requests/filter/dates", before(func(a *answer, q url.Values) {
			if a.op == OpRequests {
				q.Del("start_date")
				q.Del("end_date")
			}
		})},
		{"start_date does not count", "requests/filter/start-date", before(func(a *answer, q url.Values) {
			if a.op == OpRequests {
				q.Del("start_date")
			}
		})},
		{"the list ends after 20", "requests/list/not-cut", both(OpRequests, func(d *node) { d.kids = d.kids[:min(len(d.kids), 20)] })},
	}
}

func faultyRefusals() []fault {
	return []fault{
		{"refusals are pages", "errors/format", when(refusesIt, func(a *answer) { status := a.status; a.crash(); a.status = status })},
		{"refusals are 500", "definition/unknown-404", when(refusesIt, func(a *answer) { a.refuse(500) })},
		{"refusals are 422", "definition/unknown-404", when(refusesIt, func(a *answer) { a.refuse(422) })},
		{"refusals are 200", "errors/status", when(refusesIt, func(a *answer) { a.status = 200 })},
		{"refusals have a message", "errors/description", when(refusesIt, func(a *answer) { a.body = bytes.ReplaceAll(a.body, []byte("description"), []byte("message")) })},
		{"reads need a key", "services/list/no-key", when(func(a *answer) bool { return a.r.Method == "GET" && a.form.Get("api_key") == "" }, func(a *answer) { a.refuse(403) })},
	}
}

func faultyFiling() []fault {
	form := func(change func(v url.Values)) open311test.Option {
		return open311test.WithMiddleware(rewrite(func(url.Values) bool { return true }, change))
	}
	return []fault{
		{"no report is taken", "create/accepted", when(func(a *answer) bool { return a.op == OpCreate }, (*answer).crash)},
		{"descriptions are cut", "create/filed/description-4000", form(func(v url.Values) { v.Set("description", clip(v.Get("description"), 100)) })},
		{"UTF-8 is read as Latin-1", "create/utf-8", form(func(v url.Values) {
			for _, list := range v {
				for i := range list {
					list[i] = string(latin1([]byte(list[i])))
				}
			}
		})},
		{"attributes are not read", "create/attribute-string", form(func(v url.Values) {
			for name := range v {
				if strings.HasPrefix(name, "attribute[") {
					v.Del(name)
				}
			}
		})},
		{"a place alone is not enough", "create/coordinates-only", turnedDown(OpCreate, func(a *answer) bool { return a.form.Get("lat") == "" || a.form.Get("address_string") == "" })},
	}
}
