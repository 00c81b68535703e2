package conformance

import (
	"bytes"
	"net/http"
	"strings"
	"sync"

	"github.com/go-open311/open311/open311test"
)

// fresh are oddities of a fifth round.
var fresh = map[string]open311test.Option{
	"words for no description":   recordsOf("", sometimes(func(r *node) { r.set("description", "No description provided", kindText) })),
	"blanks behind names":        replaced(FormatXML, `</(service_name|group)>`, `  </$1>`),
	"count and page in the root": replaced(FormatXML, `<(service_requests|services)>`, `<$1 count="47" page="1">`),
	"milliseconds in lists only": when(func(a *answer) bool { return a.op == OpRequests && a.status == 200 }, func(a *answer) {
		a.edit(func(d *node) {
			for _, r := range d.kids {
				for _, name := range []string{"requested_datetime", "updated_datetime"} {
					if v := r.value(name); v != "" {
						r.set(name, fraction(v), kindText)
					}
				}
			}
		})
	}),
	"addresses of the web in brackets": recordsOf("", sometimes(func(r *node) {
		r.set("description", "see <https://example.org/a?b=c&d>, <mail@example.org>: <3 cm & >5 cm", kindText)
	})),
	"pictures at a number and a port": recordsOf("", func(r *node) {
		if r.value("media_url") != "" {
			r.set("media_url", "http://192.0.2.7:8080/a.jpg", kindText)
		}
	}),
	"requests that differ by their ids only": recordsOf("", sometimes(func(r *node) {
		r.set("description", "Streetlight is out", kindText)
		r.set("address", "1 Quay", kindText)
		r.set("lat", "43.25", kindNumber)
		r.set("long", "-68.05", kindNumber)
	})),
	"a definition of no attributes where none is needed": when(func(a *answer) bool { return a.op == OpDefinition && a.status == 404 && a.id != nobody }, func(a *answer) {
		a.status = http.StatusOK
		a.body = []byte(map[Format]string{FormatJSON: `{"service_code":"` + a.id + `","attributes":[]}`,
			FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_definition><service_code>` + a.id + `</service_code><attributes/></service_definition>`}[a.f])
	}),
	"a place for errors in documents": when(func(a *answer) bool {
		return (a.op == OpDefinition || a.op == OpDiscovery) && a.f == FormatJSON && a.status == 200
	}, func(a *answer) {
		a.edit(func(d *node) { d.kids = append(d.kids, &node{name: "errors", kind: kindNull}) })
	}),
	"codes of the city in requests": recordsOf("", func(r *node) { r.set("code", "R-7", kindText) }),
	"texts with question marks":     recordsOf("", func(r *node) { r.set("description", "Why? "+r.value("description")+"??", kindText) }),
	"a notice of 3000 letters":      recordsOf("", func(r *node) { r.set("service_notice", strings.Repeat("Thank you ", 300), kindText) }),
	"elements of the city":          replaced(FormatXML, `</request>`, `<links/><request_notes><note/></request_notes></request>`),
	"parents of services": both(OpServices, func(d *node) {
		for _, s := range d.kids {
			s.nest("parent")
		}
	}),
	"a status beside errors":          replacedErrors(`</error>`, `<status>error</status></error>`),
	"names in humps besides":          recordsOf("", func(r *node) { r.set("serviceRequestId", "1", kindText); r.set("serviceCode", "2", kindText) }),
	"a report is listed a look later": open311test.WithMiddleware(listedLater()),
	"an empty element for a blackbox service": when(blackboxed, func(a *answer) {
		a.body = []byte(map[Format]string{FormatJSON: "[{}]", FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_requests><request/></service_requests>`}[a.f])
	}),
}

// listedLater lists a new report by its id when it is asked for the second time.
func listedLater() func(http.Handler) http.Handler {
	var mu sync.Mutex
	looks := make(map[string]int)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := asked(r)
			rec := newRecorder(w)
			next.ServeHTTP(rec, r)
			id := a.form.Get("service_request_id")
			early := a.op == OpRequests && id != "" && bytes.Contains(rec.body.Bytes(), []byte("Conformance test"))
			if early {
				mu.Lock()
				looks[id]++
				early = looks[id] == 1
				mu.Unlock()
			}
			rec.flush(func(b []byte) []byte {
				if early {
					return []byte(map[Format]string{FormatJSON: "[]", FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_requests/>`}[a.f])
				}
				return b
			})
		})
	}
}
