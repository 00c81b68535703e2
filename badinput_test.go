package open311_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
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

// stream sends head, then chunk until at least size bytes are out, then tail, and holds none of it. It
// stops when the client hangs up.
func stream(w io.Writer, head, chunk string, size int, tail string) {
	out := bufio.NewWriterSize(w, 1<<15)
	n, err := out.WriteString(head)
	for err == nil && n < size {
		var k int
		k, err = out.WriteString(chunk)
		n += k
	}
	if err == nil {
		out.WriteString(tail)
		out.Flush()
	}
}

// large makes a handler that sends a document of more than size bytes, well-formed to the end.
func large(r badRead, f open311.Format, size int) http.HandlerFunc {
	blanks := strings.Repeat(" ", 1<<12)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/"+f.String())
		if f == open311.FormatXML {
			stream(w, r.xml, blanks, size, r.xmlEnd)
			return
		}
		stream(w, r.json, blanks, size, r.jsonEnd)
	}
}

func TestMaxResponse(t *testing.T) {
	const limit = 1 << 20
	eachBadRead(t, func(r badRead, f open311.Format) http.HandlerFunc { return large(r, f, limit) },
		func(t *testing.T, r badRead, city *stubCity, c *open311.Client) {
			checkDecodeError(t, r.do(t.Context(), c), r, city, 200, "more than 1048576 bytes, the limit set by WithMaxResponse")
		}, open311.WithMaxResponse(limit))
}

// A document of exactly as many bytes as are allowed is read.
func TestMaxResponseIsInclusive(t *testing.T) {
	eachBadRead(t, func(r badRead, f open311.Format) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "%-2000s", r.whole(f)) }
	}, func(t *testing.T, r badRead, city *stubCity, c *open311.Client) {
		if err := r.do(t.Context(), c); err != nil {
			t.Error(err)
		}
		less, err := c.With(open311.WithMaxResponse(1999))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.do(t.Context(), less); err == nil {
			t.Error("2000 bytes are read where 1999 are allowed")
		}
	}, open311.WithMaxResponse(2000))
}

// The default limit is 64 MiB.
func TestMaxResponseDefault(t *testing.T) {
	r := badReads[0]
	for _, f := range bothFormats {
		t.Run(f.String(), func(t *testing.T) {
			city := newStubCity(t, large(r, f, 64<<20+1))
			err := r.do(t.Context(), city.client(t, open311.WithFormat(f)))
			checkDecodeError(t, err, r, city, 200, "more than 67108864 bytes")
			if n := len(city.calls()); n != 1 {
				t.Errorf("%d calls, want 1: what is too large is not asked for again", n)
			}
		})
	}
}

// endless is markup that does not end: a record, a text, a comment, blanks before the document.
func TestEndlessAnswers(t *testing.T) {
	tests := []struct {
		name      string
		json, xml string // the head
		chunk     string
	}{
		{"text", `[{"service_request_id":"1","description":"`, `<service_requests><request><service_request_id>1</service_request_id><description>`, "blah "},
		{"blanks in front", "", "", "          "},
		{"a name", `[{"`, `<service_requests><`, "name"},
		{"an attribute", "", `<service_requests a="`, "blah "},
		{"a comment", "", `<!-- `, "blah "},
		{"CDATA", "", `<service_requests><request><description><![CDATA[`, "blah "},
		{"a doctype", "", `<!DOCTYPE x [`, `<!ENTITY a "b">`},
		{"a processing instruction", "", `<?xml-stylesheet `, "blah "},
		{"fields", `[{"service_request_id":"1"`, `<service_requests><request><service_request_id>1</service_request_id>`, `,"a":"b"`},
		{"envelope", `{`, "", `"a":["b"],`},
		{"elements", "", `<service_requests>`, "<request/>"},
		{"digits", `[{"service_request_id":1`, `<service_requests><request><service_request_id>1`, "0000000000"},
	}
	for _, tt := range tests {
		for _, f := range bothFormats {
			head := tt.json
			if f == open311.FormatXML {
				head = tt.xml
			}
			if head == "" && tt.name != "blanks in front" {
				continue
			}
			t.Run(tt.name+"/"+f.String(), func(t *testing.T) {
				city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", "application/"+f.String())
					stream(w, head, strings.Repeat(tt.chunk, 100), 1<<30, "")
				})
				c := city.client(t, open311.WithFormat(f), open311.WithMaxResponse(1<<20))
				_, err := c.Requests.List(t.Context(), nil)
				checkDecodeError(t, err, badReads[0], city, 200, "more than ")
				if n := len(city.calls()); n != 1 {
					t.Errorf("%d calls, want 1", n)
				}
			})
		}
	}
}

// A single record may be large, but not as large as an answer.
func TestHugeRecord(t *testing.T) {
	for _, f := range bothFormats {
		t.Run(f.String(), func(t *testing.T) {
			head, tail := `[{"service_request_id":"1","description":"`, `"}]`
			if f == open311.FormatXML {
				head, tail = `<service_requests><request><service_request_id>1</service_request_id><description>`, `</description></request></service_requests>`
			}
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/"+f.String())
				stream(w, head, strings.Repeat("blah ", 1000), 17<<20, tail)
			})
			_, err := city.client(t, open311.WithFormat(f)).Requests.List(t.Context(), nil)
			checkDecodeError(t, err, badReads[0], city, 200, "a record of more than 16 MiB")
		})
	}
}

// Entities are not expanded: the document stays as small as it is, and is read with warnings.
func TestBillionLaughs(t *testing.T) {
	var doc strings.Builder
	doc.WriteString(`<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">`)
	for i := range 10 {
		fmt.Fprintf(&doc, `<!ENTITY lol%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&lol%s;", strings.TrimPrefix(strconv.Itoa(i), "0")), 10))
	}
	doc.WriteString(`]><service_requests><request><service_request_id>1</service_request_id><status>open</status><description>&lol10;</description></request></service_requests>`)
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, doc.String()) })
	warned := &warnings{}
	p, err := city.client(t, open311.WithFormat(open311.FormatXML), warned.option()).Requests.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Requests) != 1 || len(p.Requests[0].Description) > 100 {
		t.Errorf("requests %.300v, want one with a short description", p.Requests)
	}
	warned.check(t, "GET requests", city.URL+"/v2/requests.xml", "service_requests[0].description", "syntax")
}

// External entities are not fetched.
func TestExternalEntities(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/requests.xml" {
			t.Errorf("%s was fetched", r.URL.Path)
		}
		fmt.Fprintf(w, `<?xml version="1.0"?><!DOCTYPE r SYSTEM "http://%s/dtd" [<!ENTITY a SYSTEM "http://%s/entity"><!ENTITY f SYSTEM "file:///etc/passwd">]>`+
			`<service_requests><request><service_request_id>1</service_request_id><description>&a;&f;</description></request></service_requests>`, r.Host, r.Host)
	})
	p, err := city.client(t, open311.WithFormat(open311.FormatXML)).Requests.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Requests[0].Description; strings.Contains(got, "root:") {
		t.Errorf("description %q", got)
	}
}

// warnings collects the warnings of a client.
type warnings struct {
	mu   sync.Mutex
	list []open311.Warning
}

func (w *warnings) option() open311.Option {
	return open311.WithWarnings(func(_ context.Context, warning open311.Warning) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.list = append(w.list, warning)
	})
}

// check reports an error unless one warning is about the call and has all the parts in its text.
func (w *warnings) check(t *testing.T, op, url string, parts ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, warning := range w.list {
		ok := warning.Op == op && warning.URL == url
		for _, p := range parts {
			ok = ok && strings.Contains(warning.String(), p)
		}
		if ok {
			return
		}
	}
	t.Errorf("no warning of %s %s says %q; warnings: %v", op, url, parts, w.list)
}

// gzipped returns a writer whose bytes arrive compressed.
func gzipped(w http.ResponseWriter) *gzip.Writer {
	w.Header().Set("Content-Encoding", "gzip")
	return gzip.NewWriter(w)
}

// A few KiB that become gigabytes: the limit is that of the document.
func TestGzipBomb(t *testing.T) {
	zeros := strings.Repeat(" ", 1<<16)
	tests := []struct {
		name string
		opt  open311.Option
	}{
		{"undone by the transport", nil},
		{"asked for by hand", open311.WithDialect(open311.Dialect{Encoding: "gzip"})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachBadRead(t, func(r badRead, f open311.Format) http.HandlerFunc {
				return func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/"+f.String())
					z := gzipped(w)
					head := r.json
					if f == open311.FormatXML {
						head = r.xml
					}
					stream(z, head, zeros, 1<<20, "")
					z.Close()
				}
			}, func(t *testing.T, r badRead, city *stubCity, c *open311.Client) {
				checkDecodeError(t, r.do(t.Context(), c), r, city, 200, "more than 65536 bytes")
			}, open311.WithMaxResponse(1<<16), tt.opt)
		})
	}
}

func TestGzipIsUndone(t *testing.T) {
	for name, opt := range map[string]open311.Option{
		"by the transport": nil,
		"asked for":        open311.WithDialect(open311.Dialect{Encoding: "gzip"}),
		"not asked for":    open311.WithDialect(open311.Dialect{Encoding: "identity"}),
	} {
		t.Run(name, func(t *testing.T) {
			eachBadRead(t, func(r badRead, f open311.Format) http.HandlerFunc {
				return func(w http.ResponseWriter, _ *http.Request) {
					z := gzipped(w)
					io.WriteString(z, r.whole(f))
					z.Close()
				}
			}, func(t *testing.T, r badRead, _ *stubCity, c *open311.Client) {
				if err := r.do(t.Context(), c); err != nil {
					t.Error(err)
				}
			}, opt)
		})
	}
}

func TestBrokenGzip(t *testing.T) {
	tests := []struct {
		name string
		send func(http.ResponseWriter, string)
		want string
	}{
		{"garbage", func(w http.ResponseWriter, s string) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, s)
		}, "gzip: invalid header"},
		{"broken off", func(w http.ResponseWriter, s string) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			io.WriteString(z, s)
			z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(b.Bytes()[:b.Len()/2])
		}, "unexpected EOF"},
		{"wrong checksum", func(w http.ResponseWriter, s string) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			io.WriteString(z, s[:len(s)-1]) // so that the reader needs what is behind the checksum
			z.Close()
			b.Bytes()[b.Len()-8] ^= 1
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(b.Bytes())
		}, "gzip: invalid checksum"},
	}
	for _, tt := range tests {
		for name, opt := range map[string]open311.Option{"transport": nil, "by hand": open311.WithDialect(open311.Dialect{Encoding: "gzip"})} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				eachBadRead(t, func(r badRead, f open311.Format) http.HandlerFunc {
					return func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Type", "application/"+f.String())
						tt.send(w, r.whole(f))
					}
				}, func(t *testing.T, r badRead, city *stubCity, c *open311.Client) {
					checkDecodeError(t, r.do(t.Context(), c), r, city, 200, tt.want)
				}, opt)
			})
		}
	}
}

// A wrong content type does not hinder reading, but whoever runs the server should hear of it.
func TestWrongContentType(t *testing.T) {
	tests := []struct{ name, json, xml string }{
		{"a page", "text/html; charset=utf-8", "text/html"},
		{"the other format", "text/xml", "application/json"},
		{"text", "text/plain", "text/plain"},
		{"unknown", "application/octet-stream", "application/octet-stream"},
		{"nonsense", "json", "this; is; =no type"},
	}
	label := func(f open311.Format, json, xml string) string {
		if f == open311.FormatXML {
			return xml
		}
		return json
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, part := range []string{"is read", "is warned about"} {
				t.Run(part, func(t *testing.T) {
					for _, r := range badReads {
						for _, f := range bothFormats {
							t.Run(r.name+"/"+f.String(), func(t *testing.T) {
								city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
									w.Header().Set("Content-Type", label(f, tt.json, tt.xml))
									io.WriteString(w, r.whole(f))
								})
								warned := &warnings{}
								err := r.do(t.Context(), city.client(t, open311.WithFormat(f), warned.option()))
								if part == "is read" {
									if err != nil {
										t.Error(err)
									}
									return
								}
								op := map[string]string{"/requests": "GET requests", "/requests/1": "GET requests/{id}", "/services": "GET services", "/services/001": "GET services/{code}"}[r.path]
								warned.check(t, op, city.URL+"/v2"+r.path+"."+f.String(), label(f, tt.json, tt.xml))
							})
						}
					}
				})
			}
		})
	}
}

func TestRightContentTypes(t *testing.T) {
	for f, labels := range map[open311.Format][]string{
		open311.FormatJSON: {"application/json", "application/json; charset=utf-8", "text/json", "application/vnd.city+json", ""},
		open311.FormatXML:  {"text/xml", "application/xml", "text/xml; charset=\"utf-8\"", "application/vnd.city+xml", ""},
	} {
		for _, label := range labels {
			t.Run(f.String()+"/"+strings.ReplaceAll(label, "/", "-"), func(t *testing.T) {
				r := badReads[0]
				city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header()["Content-Type"] = nil
					if label != "" {
						w.Header().Set("Content-Type", label)
					}
					io.WriteString(w, r.whole(f))
				})
				warned := &warnings{}
				if err := r.do(t.Context(), city.client(t, open311.WithFormat(f), warned.option())); err != nil {
					t.Error(err)
				}
				if len(warned.list) > 0 {
					t.Errorf("warnings: %v", warned.list)
				}
			})
		}
	}
}

func TestWrongCharset(t *testing.T) {
	jsonOf := func(description string) string {
		return `[{"service_request_id":"1","description":"` + description + `"}]`
	}
	xmlOf := func(encoding, description string) string {
		return `<?xml version="1.0" encoding="` + encoding + `"?><service_requests><request><service_request_id>1</service_request_id><description>` +
			description + `</description></request></service_requests>`
	}
	utf16 := func(s string) string { // big endian, ASCII and Latin-1 only
		var b strings.Builder
		for _, r := range s {
			b.WriteByte(byte(r >> 8))
			b.WriteByte(byte(r))
		}
		return b.String()
	}
	tests := []struct {
		name, label, body, want string
		warn                    string // "" if all is well
	}{
		{"UTF-8", "application/json; charset=utf-8", jsonOf("Straße"), "Straße", ""},
		{"ISO-8859-1 as announced", "application/json; charset=ISO-8859-1", jsonOf("Stra\xdfe"), "Straße", ""},
		{"ISO-8859-1 in place of UTF-8", "application/json; charset=utf-8", jsonOf("Stra\xdfe"), "Straße", "charset"},
		{"windows-1252 in place of UTF-8", "application/json", jsonOf("5 \x80"), "5 €", "charset"},
		{"ISO-8859-1 in place of UTF-8, XML", "text/xml", xmlOf("utf-8", "Stra\xdfe"), "Straße", "charset"},
		{"UTF-8 called UTF-16", "application/json; charset=utf-16", jsonOf("Straße"), "Straße", "charset"},
		{"UTF-8 called UTF-16, XML", "text/xml", xmlOf("UTF-16", "Straße"), "Straße", "charset"},
		{"UTF-16 without a mark", "application/json", utf16(jsonOf("Straße")), "Straße", "charset"},
		{"UTF-16 with a mark", "application/json", "\xFE\xFF" + utf16(jsonOf("Straße")), "Straße", ""},
		{"UTF-8 with a mark", "application/json", "\xEF\xBB\xBF" + jsonOf("Straße"), "Straße", ""},
		{"unknown, and not UTF-8", "application/json; charset=koi8-r", jsonOf("\xd1\xcd\xc1"), "ÑÍÁ", "charset"},
		{"unknown, and not UTF-8, XML", "text/xml", xmlOf("koi8-r", "\xd1\xcd\xc1"), "ÑÍÁ", "koi8-r"},
		{"unknown, but UTF-8", "application/json; charset=koi8-r", jsonOf("Straße"), "Straße", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.label)
				io.WriteString(w, tt.body)
			})
			warned := &warnings{}
			p, err := city.client(t, open311.WithFormat(open311.FormatJSON), warned.option()).Requests.List(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Requests) != 1 || p.Requests[0].Description != tt.want {
				t.Errorf("requests %+v, want one with the description %q", p.Requests, tt.want)
			}
			if tt.warn != "" {
				warned.check(t, "GET requests", city.URL+"/v2/requests.json", "service_requests", "charset", tt.warn)
			} else if len(warned.list) > 0 {
				t.Errorf("warnings: %v", warned.list)
			}
		})
	}
}

func TestCharsetReader(t *testing.T) {
	tests := []struct {
		name string
		read func(string, io.Reader) (io.Reader, error)
		want string // the description; "" for an error
	}{
		{"works", func(label string, in io.Reader) (io.Reader, error) {
			if label != "koi8-r" {
				t.Errorf("label %q", label)
			}
			b, err := io.ReadAll(in)
			return bytes.NewReader(bytes.ReplaceAll(b, []byte("\xd1"), []byte("я"))), err
		}, "я"},
		{"fails", func(string, io.Reader) (io.Reader, error) { return nil, errors.New("no such charset") }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json; charset=koi8-r")
				io.WriteString(w, "[{\"service_request_id\":\"1\",\"description\":\"\xd1\"}]")
			})
			p, err := city.client(t, open311.WithFormat(open311.FormatJSON), open311.WithCharsetReader(tt.read)).Requests.List(t.Context(), nil)
			switch {
			case tt.want == "":
				checkDecodeError(t, err, badReads[0], city, 200, "no such charset")
			case err != nil:
				t.Error(err)
			case p.Requests[0].Description != tt.want:
				t.Errorf("description %q, want %q", p.Requests[0].Description, tt.want)
			}
		})
	}
}

// What breaks off, by the way in which it does.
var breakings = []struct {
	name  string
	off   func(w http.ResponseWriter, half string) // sends half of the document and breaks off
	cause string                                   // in the error when it never gets better
}{
	{"Content-Length is more than comes", func(w http.ResponseWriter, half string) {
		w.Header().Set("Content-Length", strconv.Itoa(len(half)+1000))
		io.WriteString(w, half)
	}, "unexpected EOF"},
	{"connection closed in a chunk", func(w http.ResponseWriter, half string) {
		io.WriteString(w, half)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}, "unexpected EOF"},
	{"connection reset", func(w http.ResponseWriter, half string) {
		w.Header().Set("Content-Length", strconv.Itoa(len(half)+1000))
		io.WriteString(w, half)
		w.(http.Flusher).Flush()
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}
	}, ""}, // reset, or end of file: whatever arrives first
	{"a document cut short", func(w http.ResponseWriter, half string) { io.WriteString(w, half) }, "ends in the middle"},
	{"nothing but the head", func(w http.ResponseWriter, half string) {
		w.Header().Set("Content-Length", "1000")
		w.(http.Flusher).Flush()
	}, "unexpected EOF"},
}

// A list or a record that breaks off is asked for again, as often as the retry policy says.
func TestBrokenOffIsRepeated(t *testing.T) {
	tests := []struct {
		name   string
		broken int // how many answers break off
		policy open311.RetryPolicy
		calls  int
		ok     bool
	}{
		{"once", 1, quick, 2, true},
		{"three times", 3, quick, 4, true},
		{"always", 9, quick, 4, false},
		{"always, two attempts", 9, open311.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1}, 2, false},
		{"always, no retries", 9, once, 1, false},
	}
	for _, b := range breakings {
		for _, tt := range tests {
			t.Run(b.name+"/"+tt.name, func(t *testing.T) {
				for _, r := range badReads {
					for _, f := range bothFormats {
						t.Run(r.name+"/"+f.String(), func(t *testing.T) {
							var city *stubCity
							city = newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
								w.Header().Set("Content-Type", "application/"+f.String())
								s := r.whole(f)
								if len(city.calls()) <= tt.broken {
									b.off(w, s[:len(s)/2])
									return
								}
								io.WriteString(w, s)
							})
							err := r.do(t.Context(), city.client(t, open311.WithFormat(f), open311.WithRetry(tt.policy)))
							if n := len(city.calls()); n != tt.calls {
								t.Errorf("%d calls, want %d", n, tt.calls)
							}
							if tt.ok {
								if err != nil {
									t.Error(err)
								}
								return
							}
							checkDecodeError(t, err, r, city, 200, b.cause)
						})
					}
				}
			})
		}
	}
}

// With FormatAuto a list that breaks off is no reason to ask for the other format.
func TestBrokenOffKeepsTheFormat(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `[{"service_request_id":"1",`)
	})
	if _, err := city.client(t).Requests.List(t.Context(), nil); err == nil {
		t.Error("no error")
	}
	if d := cmp.Diff([]string{askedJSON, askedJSON, askedJSON, askedJSON}, city.calls()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// A report is filed once, however its receipt breaks off.
func TestBrokenOffReceiptIsNotRepeated(t *testing.T) {
	for _, b := range breakings {
		t.Run(b.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) { b.off(w, `[{"service_request_id":"1`) })
			_, err := city.client(t).Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "001", AddressID: "9"})
			if !errors.Is(err, open311.ErrOutcomeUnknown) {
				t.Errorf("error %v, want ErrOutcomeUnknown", err)
			}
			if n := len(city.calls()); n != 1 {
				t.Errorf("%d calls, want 1", n)
			}
		})
	}
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
			var ae *open311.APIError
			if !errors.As(err, &ae) {
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

// slowBody is the body of an answer of which only the beginning comes.
type slowBody struct {
	io.Reader
	ctx context.Context
}

func (b *slowBody) Read(p []byte) (int, error) {
	if n, err := b.Reader.Read(p); n > 0 || err != io.EOF {
		return n, err
	}
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func (b *slowBody) Close() error { return nil }

// An answer that is of no use is reported at once: there is no waiting for the rest of it.
func TestUselessAnswerIsNotWaitedFor(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		is     string
	}{
		{"a page", 200, htmlPage + strings.Repeat(" ", 1<<12), "an HTML page"},
		{"broken JSON", 200, `{"service_request_id" "1"}` + strings.Repeat(" ", 1<<17), "service_requests"},
		{"nested too deep", 200, strings.Repeat("[", 1<<10), "nested deeper"},
		{"a page with 404", 404, htmlPage + strings.Repeat(" ", 1<<13), "404 Not Found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := stubClient(t, func(r *http.Request) (*http.Response, error) {
					resp := stubReply(r, tt.status, "text/html", "")
					resp.Body, resp.ContentLength = &slowBody{strings.NewReader(tt.body), r.Context()}, -1
					return resp, nil
				}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once), open311.WithTimeout(30*time.Second))
				start := time.Now()
				_, err := c.Requests.List(t.Context(), nil)
				if err == nil || !strings.Contains(err.Error(), tt.is) {
					t.Errorf("error %v, want one about %q", err, tt.is)
				}
				if took := time.Since(start); took > 2*time.Second {
					t.Errorf("reported after %v", took)
				}
			})
		})
	}
}

// The time limit holds for the body too, and what was cut off by it is asked for again.
func TestTimeoutInTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			calls++
			resp := stubReply(r, 200, "application/json", "")
			resp.Body, resp.ContentLength = &slowBody{strings.NewReader(`[{"service_request_id":"1"},`), r.Context()}, -1
			return resp, nil
		}, open311.WithRetry(open311.RetryPolicy{MaxAttempts: 3, MinWait: time.Second, MaxWait: time.Second}), open311.WithTimeout(10*time.Second))
		start := time.Now()
		_, err := c.Requests.List(t.Context(), nil)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "within 10s") {
			t.Errorf("error %v, want a time-out", err)
		}
		if took := time.Since(start); calls != 3 || took != 32*time.Second {
			t.Errorf("%d calls in %v, want 3 in 32s", calls, took)
		}
	})
}

func TestContextEndsInTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			calls++
			resp := stubReply(r, 200, "application/json", "")
			resp.Body, resp.ContentLength = &slowBody{strings.NewReader(`[{"service_request_id":"1"},`), r.Context()}, -1
			return resp, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := c.Requests.List(ctx, nil)
		if !errors.Is(err, context.Canceled) || calls != 1 || time.Since(start) != 3*time.Second {
			t.Errorf("error %v after %d calls and %v, want context.Canceled after 1 and 3s", err, calls, time.Since(start))
		}
	})
}
