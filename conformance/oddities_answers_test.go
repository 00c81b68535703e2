package conformance

import (
	"bytes"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/go-open311/open311/open311test"
)

// answers are oddities of a second round: of what else stands in documents, and of what becomes of a report.
var answers = map[string]open311test.Option{
	"instruction between elements": replaced(FormatXML, `</request><request>`, `</request><?page next?><request>`),
	"schemaLocation":               replaced(FormatXML, `<(services|service_requests)>`, `<$1 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="georeport.xsd">`),
	"language and powered by": all(func(a *answer) {
		a.header.Set("Content-Language", "de")
		a.header.Set("X-Powered-By", "PHP/8.3")
		a.header.Set("Link", `<?page=2>; rel="next"`)
	}),
	"notes of several lines": recordsOf("", func(r *node) { r.set("status_notes", "first\nsecond\n\n- third", kindText) }),
	"media_url with a query": recordsOf("", func(r *node) {
		if r.value("media_url") != "" {
			r.set("media_url", "https://cdn.example/a.jpg?w=100&h=200&s=x%2Fy#f", kindText)
		}
	}),
	"zip codes with letters": recordsOf("", func(r *node) { r.set("zipcode", "SW1A 1AA", kindText) }),
	"lists of the city in requests": recordsOf(FormatJSON, func(r *node) {
		r.set("photos", "", kindList)
		r.child("photos").kids = []*node{{kind: kindText, text: "a"}}
	}),
	"two errors at once":      replacedErrors(`(?s)^(\[)(\{.*\})(\])$`, `[$2,{"code":400,"description":"The jurisdiction_id is missing, too."}]`),
	"errors of several lines": replacedErrors(`(description":"|<description>)`, "${1}Sorry. "),
	"now and then 429":        open311test.WithMiddleware(limited()),
	"receipt with an empty token": receipts(func(r *node) {
		if r.value("service_request_id") != "" {
			r.set("token", "", kindText)
		}
	}),
	"changeset of another layout":       both(OpDiscovery, func(d *node) { d.set("changeset", "2011-04-05 17:48", kindText) }),
	"a report is readable a look later": open311test.WithMiddleware(late()),
	"addresses of a geocoder":           filedOnly(func(r *node) { r.set("address", "Marienplatz 8, 80331 München, Germany", kindText) }),
	"201 with a Location":               when(func(a *answer) bool { return a.op == OpCreate && a.status == 200 }, func(a *answer) { a.status = 201; a.header.Set("Location", "https://city.example/report/7") }),
	"letters as references beyond BMP":  bytesOf(FormatXML, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("🚲"), []byte("&#x1F6B2;")) }),
	"CRLF":                              replaced(FormatXML, `><`, ">\r\n<"),
	"lines before JSON":                 bytesOf(FormatJSON, func(b []byte) []byte { return append([]byte("\r\n\n"), b...) }),
	"closed ones have an agency only": recordsOf("", func(r *node) {
		if r.value("status") == "closed" {
			r.set("expected_datetime", "", kindText)
			r.set("status_notes", "", kindText)
		}
	}),
	"an account id": receipts(func(r *node) { r.set("account_id", "42", kindText) }),
}

func limited() func(http.Handler) http.Handler {
	var mu sync.Mutex
	n := 0
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			n++
			no := n%25 == 0
			mu.Unlock()
			if no && r.Method == "GET" {
				w.Header().Set("Retry-After", time.Now().UTC().Format(http.TimeFormat))
				w.WriteHeader(429)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func late() func(http.Handler) http.Handler {
	var mu sync.Mutex
	seen := map[string]int{}
	ids := regexp.MustCompile(`requests/([^/]+)\.(json|xml)`)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := newRecorder(w)
			next.ServeHTTP(rec, r)
			if m := ids.FindStringSubmatch(r.URL.Path); m != nil && r.Method == "GET" && rec.status == 200 && bytes.Contains(rec.body.Bytes(), []byte("Conformance test")) {
				mu.Lock()
				seen[m[1]]++
				first := seen[m[1]] == 1
				mu.Unlock()
				if first {
					w.Header().Del("Content-Length")
					w.WriteHeader(404)
					if m[2] == "json" {
						_, _ = w.Write([]byte(`[{"code":404,"description":"not yet"}]`))
					} else {
						_, _ = w.Write([]byte(`<?xml version="1.0" encoding="utf-8"?><errors><error><code>404</code><description>not yet</description></error></errors>`))
					}
					return
				}
			}
			rec.flush(func(b []byte) []byte { return b })
		})
	}
}
