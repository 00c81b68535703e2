package open311_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// badRead is one of the calls that bad answers are tried on.
type badRead struct {
	name, path string // the path is below /v2 and without a suffix
	place      string // how the place of an error begins
	do         func(context.Context, *open311.Client) error
	json, xml  string // a good document of one record, without its last closing bracket or tag
	jsonEnd    string
	xmlEnd     string
}

var badReads = []badRead{
	{"Requests.List", "/requests", "service_requests", stubOps[2].do,
		`[{"service_request_id":"1","status":"open","service_code":"001","description":"a"}`,
		`<service_requests><request><service_request_id>1</service_request_id><status>open</status><service_code>001</service_code></request>`,
		`]`, `</service_requests>`},
	{"Requests.Get", "/requests/1", "service_requests", stubOps[3].do,
		`[{"service_request_id":"1","status":"open","service_code":"001","description":"a"}`,
		`<service_requests><request><service_request_id>1</service_request_id><status>open</status><service_code>001</service_code></request>`,
		`]`, `</service_requests>`},
	{"Services.List", "/services", "services", stubOps[0].do,
		`[{"service_code":"001","service_name":"Potholes","metadata":true}`,
		`<services><service><service_code>001</service_code><service_name>Potholes</service_name></service>`,
		`]`, `</services>`},
	{"Services.Definition", "/services/001", "service_definition", stubOps[1].do,
		`{"service_code":"001","attributes":[{"code":"c","datatype":"string"}]`,
		`<service_definition><service_code>001</service_code><attributes><attribute><code>c</code></attribute></attributes>`,
		`}`, `</service_definition>`},
}

var bothFormats = []open311.Format{open311.FormatJSON, open311.FormatXML}

func (r *badRead) whole(f open311.Format) string {
	if f == open311.FormatXML {
		return `<?xml version="1.0" encoding="utf-8"?>` + r.xml + r.xmlEnd
	}
	return r.json + r.jsonEnd
}

// eachBadRead runs a test for each call in each format. The client sends its key on reads, so that
// there is something to redact in the URL.
func eachBadRead(t *testing.T, h func(badRead, open311.Format) http.HandlerFunc, test func(*testing.T, badRead, *stubCity, *open311.Client), opts ...open311.Option) {
	for _, r := range badReads {
		for _, f := range bothFormats {
			t.Run(r.name+"/"+f.String(), func(t *testing.T) {
				city := newStubCity(t, h(r, f))
				opts := slices.Concat([]open311.Option{open311.WithFormat(f), open311.WithAPIKey("s3cret-key"), open311.WithKeyOnReads(), open311.WithRetry(once)}, opts)
				test(t, r, city, city.client(t, opts...))
			})
		}
	}
}

// TestBadAnswers: whatever a server sends that cannot be read is an error that says which call it was,
// what came with which status and content type, and where it went wrong.
func TestBadAnswers(t *testing.T) {
	type doc func(r badRead, f open311.Format) string
	same := func(s string) doc { return func(badRead, open311.Format) string { return s } }
	tests := []struct {
		name   string
		status int
		label  string // Content-Type
		body   doc
		want   string // what is wrong, in the text of the error
	}{
		{"HTML", 200, "text/html; charset=utf-8", same(htmlPage), "an HTML page, not data"},
		{"HTML without a doctype", 200, "text/html", same("<html><body><p>Oh dear</p></body></html>"), "an HTML page, not data"},
		{"HTML behind blanks and a comment", 200, "text/html", same("\r\n\r\n<!-- cached -->\n" + htmlPage), "an HTML page, not data"},
		{"HTML behind an XML declaration", 200, "text/html", same("<?xml version=\"1.0\"?>\n" + htmlPage), "an HTML page, not data"},
		{"XHTML", 200, "application/xhtml+xml", same(`<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body/></html>`), "an HTML page, not data"},
		{"a fragment of HTML", 200, "text/html", same("<h1>It works!</h1>"), "an HTML page, not data"},
		{"HTML labelled JSON", 200, "application/json", same(htmlPage), "an HTML page, not data"},
		{"HTML labelled XML", 200, "text/xml", same(htmlPage), "an HTML page, not data"},
		{"nothing", 200, "text/html", same(""), "an empty answer"},
		{"nothing, with 204", 204, "application/json", same(""), "an empty answer"},
		{"blanks", 200, "application/json", same(" \r\n\t "), "an empty answer"},
		{"a byte order mark", 200, "application/json", same("\xEF\xBB\xBF"), "an empty answer"},
		{"an XML declaration", 200, "text/xml", same(`<?xml version="1.0" encoding="utf-8"?>`), "an empty answer"},
		{"text", 200, "text/plain", same("OK"), "neither JSON nor XML"},
		{"CSV", 200, "text/csv", same("service_request_id,status\n1,open\n"), "neither JSON nor XML"},
		{"a picture", 200, "image/png", same("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "neither JSON nor XML"},
		{"NUL bytes", 200, "application/json", same(strings.Repeat("\x00", 1000)), ""},
		{"another object", 200, "application/json", same(`{"hello":"world","n":[1,2,3]}`), "no such list in it"},
		{"another element", 200, "text/xml", same(`<hello><world>1</world></hello>`), "no such list in it"},
		{"a text in JSON", 200, "application/json", same(`"`), ""},
		{"truncated list", 200, "", func(r badRead, f open311.Format) string {
			s := r.whole(f)
			return s[:len(s)-len(map[bool]string{true: r.xmlEnd, false: r.jsonEnd}[f == open311.FormatXML])]
		},
			"ends in the middle"},
		{"truncated record", 200, "", func(r badRead, f open311.Format) string { s := r.whole(f); return s[:len(s)/2] }, "ends in the middle"},
		{"nested 100,000 deep", 200, "", func(r badRead, f open311.Format) string {
			if f == open311.FormatXML {
				return strings.Repeat("<a>", 100_000)
			}
			return strings.Repeat("[", 100_000)
		}, "nested deeper than 64 levels"},
		{"nested 100,000 deep and closed", 200, "", func(r badRead, f open311.Format) string {
			if f == open311.FormatXML {
				return r.xml + strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000) + r.xmlEnd
			}
			return strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
		}, "nested deeper than 64 levels"},
		{"a record nested 100,000 deep", 200, "", func(r badRead, f open311.Format) string {
			if f == open311.FormatXML {
				return strings.Replace(r.whole(f), "001", strings.Repeat("<a>", 100_000)+strings.Repeat("</a>", 100_000), 1)
			}
			return strings.Replace(r.whole(f), `"001"`, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000), 1)
		}, "nested deeper than 64 levels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachBadRead(t, func(r badRead, f open311.Format) http.HandlerFunc {
				return func(w http.ResponseWriter, _ *http.Request) {
					if tt.label != "" {
						w.Header().Set("Content-Type", tt.label)
					} else {
						w.Header().Set("Content-Type", "application/"+f.String())
					}
					w.WriteHeader(tt.status)
					if tt.status != http.StatusNoContent {
						io.WriteString(w, tt.body(r, f))
					}
				}
			}, func(t *testing.T, r badRead, city *stubCity, c *open311.Client) {
				checkDecodeError(t, r.do(t.Context(), c), r, city, tt.status, tt.want)
				if n := len(city.calls()); n != 1 {
					t.Errorf("%d calls, want 1", n)
				}
			})
		})
	}
}

// checkDecodeError checks that an error says what it has to say.
func checkDecodeError(t *testing.T, err error, r badRead, city *stubCity, status int, want string) {
	t.Helper()
	var de *open311.DecodeError
	if !errors.As(err, &de) {
		t.Fatalf("error %v (%T), want a *DecodeError", err, err)
	}
	type said struct {
		Method, URL string
		StatusCode  int
	}
	_, sent, _ := strings.Cut(city.calls()[0], "/v2")
	sent = strings.ReplaceAll(sent, "s3cret-key", "REDACTED")
	w := said{"GET", city.URL + "/v2" + sent, status}
	if d := cmp.Diff(w, said{de.Method, de.URL, de.StatusCode}); d != "" {
		t.Errorf("what the error says (-want +got):\n%s", d)
	}
	if !strings.HasPrefix(de.Path, r.place) {
		t.Errorf("place %q, want it in %s", de.Path, r.place)
	}
	if de.ContentType == "" {
		t.Error("no content type")
	}
	text := err.Error()
	for _, part := range []string{w.Method, w.URL, strconv.Itoa(status), de.ContentType, de.Path, want} {
		if !strings.Contains(text, part) {
			t.Errorf("error %q does not say %q", text, part)
		}
	}
	if len(text) > 1000 {
		t.Errorf("an error of %d bytes", len(text))
	}
}

func TestMissingContentType(t *testing.T) {
	eachBadRead(t, func(badRead, open311.Format) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil }
	}, func(t *testing.T, r badRead, city *stubCity, c *open311.Client) {
		if err := r.do(t.Context(), c); err == nil || !strings.Contains(err.Error(), "200, no content type: ") {
			t.Errorf("error %v, want it to say that there is no content type", err)
		}
	})
}

// A list that a record in the middle spoils is not spoiled for its neighbours.
func TestBadRecordIsSkipped(t *testing.T) {
	tests := []struct{ name, body string }{
		{"JSON", `[{"service_request_id":"1"},{"service_request_id" "x"},{"service_request_id":"2"}]`},
		{"null", `[{"service_request_id":"1"},null,{"service_request_id":"2"}]`},
		{"a number", `[{"service_request_id":"1"},42,{"service_request_id":"2"}]`},
		{"all null", `[{"service_request_id":"1"},{"service_request_id":null,"status":null},{"service_request_id":"2"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, tt.body) })
			warned := &warnings{}
			p, err := city.client(t, warned.option()).Requests.List(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, r := range p.Requests {
				ids = append(ids, r.ID)
			}
			if d := cmp.Diff([]string{"1", "2"}, ids); d != "" {
				t.Errorf("ids (-want +got):\n%s", d)
			}
			warned.check(t, "GET requests", city.URL+"/v2/requests.json", "service_requests[1]", "record")
		})
	}
}

func TestStrict(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `[{"service_request_id":"1"},{"service_request_id":"2","lat":"91","long":"1"}]`)
	})
	_, err := city.client(t, open311.WithStrict()).Requests.List(t.Context(), nil)
	checkDecodeError(t, err, badReads[0], city, 200, "service_requests[1]")
	if n := len(city.calls()); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// An error page is quoted with 200 bytes at most, and its status is not lost.
func TestErrorPages(t *testing.T) {
	pages := map[string]string{
		"page":           htmlPage + strings.Repeat("<p>More of it.</p>\n", 1000),
		"umlauts":        "<html>" + strings.Repeat("ä", 4000),
		"Latin-1":        "<html>" + strings.Repeat("\xe4", 4000),
		"binary":         strings.Repeat("\x00\x01\xff\xfe", 2000),
		"control marks":  strings.Repeat("\u202e\u200b\x9b", 1000),
		"one line":       "down",
		"nothing":        "",
		"endless blanks": strings.Repeat(" \n", 4000),
	}
	for _, status := range []int{400, 401, 404, 500, 502} {
		for name, page := range pages {
			t.Run(fmt.Sprintf("%d/%s", status, name), func(t *testing.T) {
				eachBadRead(t, func(badRead, open311.Format) http.HandlerFunc {
					return func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Type", "text/html")
						w.WriteHeader(status)
						io.WriteString(w, page)
					}
				}, func(t *testing.T, r badRead, city *stubCity, c *open311.Client) {
					err := r.do(t.Context(), c)
					var ae *open311.APIError
					if !errors.As(err, &ae) {
						t.Fatalf("error %v, want an *APIError", err)
					}
					text := err.Error()
					head := fmt.Sprintf("open311: GET %s%s?api_key=REDACTED: %d %s (text/html)", city.URL+"/v2"+r.path, map[bool]string{true: ".xml", false: ".json"}[strings.Contains(ae.URL, ".xml")],
						status, http.StatusText(status))
					if !strings.HasPrefix(text, head) {
						t.Errorf("error %q, want it to begin %q", text, head)
					}
					_, quote, _ := strings.Cut(text, "the answer begins ")
					if s, err := strconv.Unquote(quote); quote != "" && (err != nil || len(s) > 200) {
						t.Errorf("%d bytes of the page in the error, want 200 at most: %q", len(s), quote)
					}
					if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
						t.Errorf("what cannot be printed in the error: %q", text)
					}
				})
			})
		}
	}
}

// Of an error page 8 KiB are kept, whatever its size.
func TestErrorBodyIsCapped(t *testing.T) {
	for name, chunk := range map[string]string{"ASCII": "blah ", "Latin-1": "bl\xe4h ", "secrets": "email=a&"} {
		t.Run(name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(http.StatusInternalServerError)
				stream(w, "<html>", strings.Repeat(chunk, 1000), 4<<20, "")
			})
			_, err := city.client(t, open311.WithRetry(once)).Requests.List(t.Context(), nil)
			var ae *open311.APIError
			if !errors.As(err, &ae) {
				t.Fatalf("error %v, want an *APIError", err)
			}
			if len(ae.Body) > 8<<10 || len(ae.Body) < 7<<10 {
				t.Errorf("%d bytes of the page, want about 8192, and no more", len(ae.Body))
			}
		})
	}
}

// What a server explains is printed, but not a book, and on one line.
func TestLongFaults(t *testing.T) {
	long := strings.Repeat("blah ", 1000)
	for name, tt := range map[string]struct {
		status int
		body   string
	}{
		"400":          {400, `[{"code":"400","description":"` + long + `"}]`},
		"200":          {200, `[{"code":"400","description":"` + long + long + `"}]`},
		"many":         {400, `[` + strings.TrimSuffix(strings.Repeat(`{"code":"400","description":"blah blah blah blah"},`, 150), ",") + `]`},
		"new lines":    {400, `[{"code":"400","description":"no\nlevel=INFO msg=\"all is well\"\r\u001b[31m"}]`},
		"code":         {400, `[{"code":"no\nlevel=INFO","description":"blah"}]`},
		"XML":          {400, `<errors><error><code>400</code><description>` + long + `</description></error></errors>`},
		"content type": {400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				label := "application/json"
				if name == "content type" {
					label = "text/html; x=\"" + long + "\""
				}
				return stubReply(r, tt.status, label, tt.body), nil
			}, open311.WithFormat(open311.FormatJSON))
			_, err := c.Requests.List(t.Context(), nil)
			if _, ok := errors.AsType[*open311.APIError](err); !ok {
				t.Fatalf("error %v, want an *APIError", err)
			}
			if text := err.Error(); len(text) > 2000 {
				t.Errorf("an error of %d bytes", len(text))
			} else if strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("control characters in the error %q", text)
			}
		})
	}
}
