package open311_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-open311/open311"
)

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
		}, gzip.ErrHeader.Error()},
		{"broken off", func(w http.ResponseWriter, s string) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			io.WriteString(z, s)
			z.Close()
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(b.Bytes()[:b.Len()/2])
		}, io.ErrUnexpectedEOF.Error()},
		{"wrong checksum", func(w http.ResponseWriter, s string) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			io.WriteString(z, s[:len(s)-1]) // so that the reader needs what is behind the checksum
			z.Close()
			b.Bytes()[b.Len()-8] ^= 1
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(b.Bytes())
		}, gzip.ErrChecksum.Error()},
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
