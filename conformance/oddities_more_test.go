package conformance

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"

	"github.com/go-open311/open311/open311test"
)

// more are oddities of whole servers: of what they say besides, of how they write it, and of how they send it.
var more = map[string]open311test.Option{
	"fields of the city in requests":    recordsOf(FormatNone, func(r *node) { r.set("ward", "4", kindText); r.nest("extended_attributes") }),
	"fields of the city in services":    both(OpServices, func(d *node) { d.kids[0].set("icon", "lamp", kindText) }),
	"fields of the city in definitions": both(OpDefinition, func(d *node) { d.set("hint", "look up", kindText) }),
	"fields of the city in discovery":   both(OpDiscovery, func(d *node) { d.set("max_requests", "1000", kindNumber) }),
	"fields of the city in receipts":    receipts(func(r *node) { r.set("create_message", "Thank you.", kindText) }),
	"the whole request as a receipt": receipts(func(r *node) {
		r.set("status", "open", kindText)
		r.set("service_name", "Something", kindText)
	}),
	"CDATA around texts":         replaced(FormatXML, `<description>([^<&]+)</description>`, `<description><![CDATA[$1]]></description>`),
	"attributes of Rails":        replaced(FormatXML, `<(services|service_requests|attributes|values)>`, `<$1 type="array">`),
	"nil attributes":             replaced(FormatXML, `<(address_id|media_url|status_notes)></(address_id|media_url|status_notes)>`, `<$1 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`),
	"unused namespaces":          replaced(FormatXML, `<(services|service_requests|service_definition|discovery)>`, `<$1 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`),
	"tags that close themselves": replaced(FormatXML, `<(\w+)></\w+>`, `<$1/>`),
	"blanks within tags":         replaced(FormatXML, `<(\w+)>`, `<$1 >`),
	"a document type":            replaced(FormatXML, `\?>`, `?><!DOCTYPE open311>`),
	"no white space in the type": after(func(a *answer) {
		a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), "; charset=utf-8", ";charset=UTF-8", 1))
	}),
	"another parameter of the type": after(func(a *answer) { a.header.Set("Content-Type", a.header.Get("Content-Type")+"; profile=open311") }),
	"application/xml": after(func(a *answer) {
		a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), "text/xml", "application/xml", 1))
	}),
	"an entity tag": headers("ETag", `W/"1"`),
	"Vary and CORS": after(func(a *answer) {
		a.header.Set("Vary", "Accept-Encoding")
		a.header.Set("Access-Control-Allow-Origin", "*")
	}),
	"security headers":            headers("Strict-Transport-Security", "max-age=31536000"),
	"a connection for one call":   headers("Connection", "close"),
	"a last change":               headers("Last-Modified", "Mon, 01 Jun 2026 08:00:00 GMT"),
	"pieces of no known length":   chunked(),
	"a redirect on the same host": redirected(),
	"escapes of two halves":       bytesOf(FormatJSON, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("🚲"), []byte(`\ud83d\udeb2`)) }),
	"exponents":                   replaced(FormatJSON, `"lat":4(\d\.\d+)`, `"lat":4${1}e0`),
	"large ids":                   numbers("99900000000000000"),
	"-00:00 for Z":                dates(FormatNone, func(v string) string { t, _ := instantOf(v); return t.UTC().Format("2006-01-02T15:04:05") + "-00:00" }),
	"minutes without seconds":     dates(FormatNone, func(v string) string { t, _ := instantOf(v); return t.Truncate(60e9).Format("2006-01-02T15:04Z07:00") }),
	"the services in another order": both(OpServices, func(d *node) {
		for i, j := 0, len(d.kids)-1; i < j; i, j = i+1, j-1 {
			d.kids[i], d.kids[j] = d.kids[j], d.kids[i]
		}
	}),
	"202 for a report":                     when(func(a *answer) bool { return a.op == OpCreate && a.status == 200 }, func(a *answer) { a.status = 202 }),
	"fields of the city in errors":         replacedErrors(`</description></error>`, `</description><field>x</field></error>`),
	"an error in the language of the city": replacedErrors(`the location is missing`, `Der Ort fehlt (Koordinaten oder Adresse)`),
	"gaps in the order of attributes": both(OpDefinition, func(d *node) {
		for i, at := range d.items("attributes") {
			at.set("order", []string{"10", "20", "30", "40", "50", "60", "70", "80"}[i%8], kindNumber)
		}
	}),
	"keywords with blanks":     replaced(FormatNone, `(keywords>|"keywords":")([^<",]+),`, `$1$2, `),
	"a place of 15 digits":     recordsOf(FormatNone, func(r *node) { digits(r) }),
	"a blank around the id":    replaced(FormatXML, `<service_request_id>([^<]+)</`, "<service_request_id>\n  $1\n</"),
	"no time that is expected": recordsOf(FormatNone, func(r *node) { r.drop("expected_datetime", "service_notice", "status_notes", "agency_responsible") }),
}

func digits(r *node) {
	if v := r.value("long"); strings.Contains(v, ".") {
		r.set("long", v+"00000000001", kindNumber)
	}
}

// numbers writes the ids of another office before those of the requests that were there before.
func numbers(by string) open311test.Option {
	x := regexp.MustCompile(`QH26-0`)
	return open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.URL.Path = strings.ReplaceAll(r.URL.Path, by, "QH26-0")
			r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, by, "QH26-0")
			rec := newRecorder(w)
			next.ServeHTTP(rec, r)
			rec.flush(func(b []byte) []byte { return x.ReplaceAll(b, []byte(by)) })
		})
	})
}

// recorder keeps a body to change it.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func newRecorder(w http.ResponseWriter) *recorder {
	return &recorder{ResponseWriter: w, status: http.StatusOK}
}
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorder) flush(change func(b []byte) []byte) {
	r.Header().Del("Content-Length")
	r.ResponseWriter.WriteHeader(r.status)
	_, _ = r.ResponseWriter.Write(change(r.body.Bytes()))
}

// chunked sends an answer in pieces.
func chunked() open311test.Option {
	return open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := newRecorder(w)
			next.ServeHTTP(rec, r)
			b := rec.body.Bytes()
			w.Header().Del("Content-Length")
			w.WriteHeader(rec.status)
			for len(b) > 0 {
				n := min(len(b), 1000)
				_, _ = w.Write(b[:n])
				if f, ok := w.(http.Flusher); ok {
					f.Flush()
				}
				b = b[n:]
			}
		})
	})
}

// redirected answers reads at another path of the same host.
func redirected() open311test.Option {
	return open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && !r.URL.Query().Has("moved") {
				u := *r.URL
				q := u.Query()
				q.Set("moved", "1")
				u.RawQuery = q.Encode()
				http.Redirect(w, r, u.RequestURI(), http.StatusMovedPermanently)
				return
			}
			r = r.Clone(r.Context())
			q := r.URL.Query()
			q.Del("moved")
			r.URL.RawQuery = q.Encode()
			next.ServeHTTP(w, r)
		})
	})
}
