package conformance

import (
	"net/http"
	"strings"
	"sync"

	"github.com/go-open311/open311/open311test"
)

// field are oddities of a fourth round: what servers in the field do, and may.
var field = map[string]open311test.Option{
	"groups of a service": both(OpServices, func(d *node) {
		for _, s := range d.kids {
			s.kids = append(s.kids, &node{name: "groups", kind: kindObject, kids: []*node{{name: "group", kind: kindText, text: "roads"}}})
		}
	}),
	"nil without a namespace":              replaced(FormatXML, `<(address_id|media_url|status_notes|zipcode)></(?:address_id|media_url|status_notes|zipcode)>`, `<$1 nil="true"/>`),
	"a blank at the end of a declaration":  replaced(FormatXML, `encoding="utf-8"\?>`, `encoding="utf-8" ?>`+"\n"),
	"a comment behind XML":                 bytesOf(FormatXML, func(b []byte) []byte { return append(b, "\n<!-- 12 ms -->\n"...) }),
	"exponents in capitals":                replaced(FormatJSON, `"lat":4(\d)\.(\d+)`, `"lat":4.${1}${2}E1`),
	"notes of a request":                   recordsOf(FormatJSON, func(r *node) { notes(r) }),
	"headers of today":                     all(func(a *answer) { modern(a.header) }),
	"a notice of several lines":            receipts(func(r *node) { r.set("service_notice", "Thank you & goodbye.\n\nThe <city>", kindText) }),
	"three errors":                         replacedErrors(`(?s)^(\[)(\{.*\})(\])$`, `[$2,$2,$2]`),
	"names of services in capitals":        recordsOf("", func(r *node) { r.set("service_name", strings.ToUpper(r.value("service_name")), kindText) }),
	"a text of 4000 letters":               recordsOf("", sometimes(func(r *node) { r.set("description", strings.Repeat("ü", 4000), kindText) })),
	"joined, right to left, and with tabs": recordsOf("", sometimes(func(r *node) { r.set("description", "👩‍👩‍👧 שלום\tthe\u00a0end", kindText) })),
	"an address of two lines":              recordsOf("", func(r *node) { r.set("address", "Mill Lane 4\nQuillhaven", kindText) }),
	"a scheme in capitals": recordsOf("", func(r *node) {
		r.set("media_url", strings.Replace(r.value("media_url"), "https", "HTTPS", 1), kindText)
	}),
	"ids of 36 signs":                  numbers("6f1c2a34-0b1d-4c5e-9f60-0000000000"),
	"a semicolon at the end of a type": all(func(a *answer) { a.header.Set("Content-Type", a.header.Get("Content-Type")+";") }),
	"blanks in a type": all(func(a *answer) {
		a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), "; ", " ;\t ", 1))
	}),
	"a token that is pending":    open311test.WithMiddleware(pending()),
	"a page for an unknown path": when(func(a *answer) bool { return a.op == "" }, func(a *answer) { a.crash(); a.status = http.StatusNotFound }),
}

func notes(r *node) {
	r.set("notes", "", kindList)
	r.child("notes").kids = []*node{{kind: kindObject, kids: []*node{{name: "summary", kind: kindText, text: "seen"}}}}
}

func modern(h http.Header) {
	for name, v := range map[string]string{"Server-Timing": "db;dur=12", "Alt-Svc": `h3=":443"`, "RateLimit": `"default";r=50;t=30`, "Deprecation": "@1688169599", "X-Total-Count": "47"} {
		h.Set(name, v)
	}
}

// pending has every token without an id for the first two looks.
func pending() func(http.Handler) http.Handler {
	var mu sync.Mutex
	looks := make(map[string]int)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a := asked(r)
			rec := newRecorder(w)
			next.ServeHTTP(rec, r)
			mu.Lock()
			looks[a.id]++
			early := a.op == OpToken && rec.status == http.StatusOK && looks[a.id] <= 2
			mu.Unlock()
			rec.flush(func(b []byte) []byte {
				if !early {
					return b
				}
				a.body = b
				a.edit(func(d *node) { d.kids[0].set("service_request_id", "", kindText) })
				return a.body
			})
		})
	}
}
