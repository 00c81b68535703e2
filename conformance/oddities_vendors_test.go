package conformance

import (
	"bytes"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-open311/open311/open311test"
)

// vendors are oddities of a third round: how products, frameworks and cities differ that all keep to the text.
var vendors = map[string]open311test.Option{
	"the namespace of the text by a prefix": replaced(FormatXML, `(?s)<(services|service_requests|service_definition)>(.*)</(?:services|service_requests|service_definition)>`,
		`<o:$1 xmlns:o="`+georeportV2+`">$2</o:$1>`),
	"attributes of elements":       replaced(FormatXML, `<(request|service|attribute)>`, `<$1 id="7" href="https://city.example/7">`),
	"the language of texts":        replaced(FormatXML, `<(description|service_name|status_notes)>`, `<$1 xml:lang="de" xml:space="preserve">`),
	"CDATA around everything":      replaced(FormatXML, `<(service_request_id|service_code|status|requested_datetime|lat|metadata|type)>([^<]+)<`, `<$1><![CDATA[$2]]><`),
	"references for ASCII letters": replaced(FormatXML, `<status>op`, `<status>&#x6f;&#112;`),
	"comments within values":       replaced(FormatXML, `<(status|lat|service_code)>([^<]+)<`, `<$1><!-- checked -->$2<`),
	"escapes in names": bytesOf(FormatJSON, func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte(`"service_code"`), []byte(`"service\u005fcode"`))
	}),
	"lines around words":           replaced(FormatXML, `<(metadata|type|status|variable|required|datatype|order|lat|long)>([^<]+)<`, "<$1>\n\t$2\n<"),
	"white space in an empty list": replaced(FormatXML, `<service_requests></service_requests>`, "<service_requests>\n\n</service_requests>\n"),
	"the zone of Nepal":            dates("", zoned(func(time.Time) int { return 5*3600 + 45*60 })),
	"each request in its zone":     dates("", zoned(func(t time.Time) int { return (t.Minute()%27 - 12) * 3600 })),
	"seven digits of a second":     dates("", func(v string) string { t, _ := instantOf(v); return t.Format("2006-01-02T15:04:05.0000000Z07:00") }),
	"an answer is to be a file":    headers("Content-Disposition", `inline; filename="answer"`),
	"other names of packing":       after(func(a *answer) { a.header.Set("Content-Encoding", "X-GZip"); a.body = packed(a.body) }),
	"identity is said":             headers("Content-Encoding", "identity"),
	"Charset with a capital": after(func(a *answer) {
		a.header.Set("Content-Type", strings.Replace(a.header.Get("Content-Type"), "charset", "Charset", 1))
	}),
	"no keywords and no groups":      both(OpServices, func(d *node) { blankOf(d.kids, "keywords", "group") }),
	"names in Cyrillic":              replaced("", `(service_name>|"service_name":")([^<"])`, `${1}Уборка – $2`),
	"a part has no text":             recordsOf("", sometimes(func(r *node) { r.set("description", "", kindText) })),
	"a part has an address only":     recordsOf("", sometimes(func(r *node) { r.drop("lat", "long"); r.set("address", "Mill Lane 4", kindText) })),
	"requests in no order":           shuffled(),
	"a time that is two years off":   recordsOf("", func(r *node) { r.set("expected_datetime", "2099-06-30T00:00:00Z", kindText) }),
	"busy now and then":              open311test.WithMiddleware(busy()),
	"other arguments are refused":    when(unheardOf, func(a *answer) { a.refuse(400) }),
	"codes with slashes and blanks":  renamed(`"service_code":"|<service_code>`, `(\d)`, "Straße/Licht "),
	"ids with slashes":               renamed(``, `(QH26-)`, "2026/07-"),
	"values of the same name":        both(OpDefinition, func(d *node) { sameNames(d) }),
	"a text among the attributes":    both(OpDefinition, func(d *node) { notice(d) }),
	"endpoints in another order":     both(OpDiscovery, func(d *node) { testEndpoint(d) }),
	"the host in capitals":           both(OpDiscovery, func(d *node) { e := d.items("endpoints")[0]; e.set("url", upperHost(e.value("url")), kindText) }),
	"codes of errors as texts":       replacedErrors(`"code":(\d+)`, `"code":"$1"`),
	"errors of more than one line":   replacedErrors(`(</description>|"}\])`, ` Please call us.$1`),
	"a clock that is 40 seconds off": filedOnly(func(r *node) { late40(r) }),
	"nothing for a blackbox service": when(blackboxed, func(a *answer) {
		a.body = []byte(map[Format]string{FormatJSON: "[]", FormatXML: `<?xml version="1.0" encoding="utf-8"?><service_requests/>`}[a.f])
	}),
	"an unknown id is a 404 in lists, too": when(func(a *answer) bool { return a.op == OpRequests && a.form.Get("service_request_id") == nobody }, func(a *answer) { a.refuse(404) }),
}

func zoned(offset func(t time.Time) int) func(v string) string {
	return func(v string) string {
		t, _ := instantOf(v)
		return t.In(time.FixedZone("", offset(t))).Format(time.RFC3339)
	}
}

func blankOf(list []*node, names ...string) {
	for _, s := range list {
		for _, n := range names {
			s.set(n, "", kindText)
		}
	}
}

func hashOf(v string) uint32 { h := fnv.New32(); _, _ = io.WriteString(h, v); return h.Sum32() }

// sometimes changes a third of the requests that this check has not filed.
func sometimes(change func(r *node)) func(r *node) {
	return func(r *node) {
		if hashOf(r.value("service_request_id"))%3 == 0 && !strings.Contains(r.value("description"), "Conformance test") {
			change(r)
		}
	}
}

func shuffled() open311test.Option {
	return both(OpRequests, func(d *node) {
		slices.SortFunc(d.kids, func(a, b *node) int {
			return int(hashOf(a.value("service_request_id"))>>1) - int(hashOf(b.value("service_request_id"))>>1)
		})
	})
}

func busy() func(http.Handler) http.Handler {
	var mu sync.Mutex
	n := 0
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			n++
			no := n%30 == 0
			mu.Unlock()
			if no && r.Method == http.MethodGet {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func unheardOf(a *answer) bool {
	if a.op != OpRequests || a.status != 200 {
		return false
	}
	for name := range a.r.URL.Query() {
		if !slices.Contains([]string{"jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date", "status", "api_key"}, name) {
			return true
		}
	}
	return false
}

// renamed writes something before a name that matches wherever the city says it, and takes it away wherever the city is told it.
func renamed(before, name, by string) open311test.Option {
	x := regexp.MustCompile(`(` + before + `)` + name)
	strip := func(v string) string { return strings.ReplaceAll(v, by, "") }
	return open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.URL.Path, r.URL.RawPath = strip(r.URL.Path), ""
			q := r.URL.Query()
			for _, list := range q {
				for i := range list {
					list[i] = strip(list[i])
				}
			}
			r.URL.RawQuery = q.Encode()
			rec := newRecorder(w)
			rewrite(func(url.Values) bool { return true }, func(v url.Values) {
				v.Set("service_code", strip(v.Get("service_code")))
			})(next).ServeHTTP(rec, r)
			rec.flush(func(b []byte) []byte { return x.ReplaceAll(b, []byte("${1}"+by+"${2}")) })
		})
	})
}

func sameNames(d *node) {
	for _, a := range d.items("attributes") {
		if l := a.items("values"); len(l) > 1 {
			l[1].set("name", l[0].value("name"), kindText)
		}
	}
}

// notice puts a text before the attributes that are asked for.
func notice(d *node) {
	l := d.child("attributes")
	if len(l.kids) == 0 {
		return
	}
	c := l.kids[0].clone()
	c.set("variable", "false", l.kids[0].child("variable").kind)
	c.set("required", "false", l.kids[0].child("required").kind)
	c.set("code", "NOTE", kindText)
	c.set("datatype", "string", kindText)
	c.set("description", "In an emergency call 112.", kindText)
	c.set("order", "77", l.kids[0].child("order").kind)
	c.drop("values")
	l.kids = slices.Insert(l.kids, 0, c)
}

func testEndpoint(d *node) {
	d.child("endpoints").another(func(e *node) {
		e.set("type", "test", kindText)
		e.set("url", "https://test.city.example/v2/", kindText)
		e.child("formats").kids = e.child("formats").kids[:1]
	})
	slices.Reverse(d.child("endpoints").kids)
	slices.Reverse(d.child("endpoints").kids[1].child("formats").kids)
}

func upperHost(v string) string {
	u, _ := url.Parse(v)
	u.Host = strings.ToUpper(u.Host)
	return u.String()
}

func late40(r *node) {
	t, _ := instantOf(r.value("requested_datetime"))
	r.set("requested_datetime", t.Add(-40*time.Second).Format(time.RFC3339), kindText)
}

func blackboxed(a *answer) bool {
	return a.op == OpCreate && a.status == 200 && !bytes.Contains(a.body, []byte("service_request_id")) && !bytes.Contains(a.body, []byte("token"))
}
