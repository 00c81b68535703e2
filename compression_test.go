package open311_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-open311/open311"
)

func packed(t *testing.T, how, text string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zlib":
		w = zlib.NewWriter(&b)
	case "flate":
		w, _ = flate.NewWriter(&b, flate.BestCompression)
	}
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContentEncodings(t *testing.T) {
	const plain = `[{"service_request_id":"1","status":"open"}]`
	long := "[" + strings.Repeat(`{"service_request_id":"1","status":"open"},`, 400) + `{"service_request_id":"2"}]`
	for _, tt := range []struct{ name, encoding, body string }{
		{"x-gzip", "x-gzip", packed(t, "gzip", plain)}, {"gzip in capitals", "GZip", packed(t, "gzip", plain)},
		{"gzip twice", "gzip, gzip", packed(t, "gzip", packed(t, "gzip", plain))},
		{"gzip twice, said once", "gzip", packed(t, "gzip", packed(t, "gzip", plain))},
		{"gzip and nothing said", "", packed(t, "gzip", plain)},
		{"zlib", "deflate", packed(t, "zlib", plain)}, {"flate", "deflate", packed(t, "flate", plain)},
		{"long zlib", "deflate", packed(t, "zlib", long)}, {"long flate", "deflate", packed(t, "flate", long)},
		{"deflate, then gzip", "deflate, gzip", packed(t, "gzip", packed(t, "zlib", plain))},
		{"no compression", "identity", plain}, {"a charset", "UTF-8", plain}, {"deflate said, text sent", "deflate", plain}, {"br said, text sent", "br", long},
	} {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if tt.encoding != "" {
					w.Header().Set("Content-Encoding", tt.encoding)
				}
				io.WriteString(w, tt.body)
			})
			p, err := city.client(t).Requests.List(t.Context(), nil)
			if err != nil || len(p.Requests) == 0 || p.Requests[0].ID != "1" {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
	for _, status := range []int{200, 400} {
		city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			w.WriteHeader(status)
			io.WriteString(w, "\x0b\x15\x80[{\x03")
		})
		_, err := city.client(t, open311.WithFormat(open311.FormatJSON)).Requests.List(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), `Content-Encoding "br"`) || len(city.calls()) != 1 {
			t.Errorf("%d: %v after %d calls; want one that names br", status, err, len(city.calls()))
		}
	}
}

func TestPaddedErrors(t *testing.T) {
	const words = `[{"code":400,"description":"jurisdiction_id was not provided"}]`
	for _, body := range []string{"cb(" + words + ");", "/**/cb(" + words + ")", "/**/ typeof cb === 'function' && cb(" + words + ");", "// x\n a.b(" + words + ");"} {
		for _, status := range []int{200, 400} {
			city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/javascript")
				w.WriteHeader(status)
				io.WriteString(w, body)
			})
			_, err := city.client(t, open311.WithFormat(open311.FormatJSON)).Requests.List(t.Context(), nil)
			var ae *open311.APIError
			if !errors.As(err, &ae) || len(ae.Faults) != 1 || ae.Faults[0].Code != "400" || ae.Faults[0].Description != "jurisdiction_id was not provided" {
				t.Errorf("%d %s: %v", status, body, err)
			}
		}
	}
}

func TestPastedIDs(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		for _, id := range []string{"SR-1", "#7"} {
			if r.URL.Path == "/v2/requests/"+id+".json" || r.URL.Query().Get("service_request_id") == id {
				io.WriteString(w, `[{"service_request_id":"`+id+`","status":"open"}]`)
				return
			}
		}
		if strings.HasPrefix(r.URL.Path, "/v2/tokens/T-1.") {
			io.WriteString(w, `[{"service_request_id":"9","token":"T-1"}]`)
			return
		}
		w.WriteHeader(404)
		io.WriteString(w, `[{"code":404,"description":"no"}]`)
	})
	c := city.client(t, open311.WithFormat(open311.FormatJSON))
	for _, id := range []string{"SR-1", " SR-1\n", "SR-1\u200b", "\ufeff#SR-1", "# SR-1", "\u00a0SR-1"} {
		if r, err := c.Requests.Get(t.Context(), id); err != nil || r.ID != "SR-1" {
			t.Errorf("Get(%q): %v", id, err)
		}
		if p, err := c.Requests.List(t.Context(), &open311.Query{IDs: []string{id}}); err != nil || len(p.Requests) != 1 {
			t.Errorf("List(%q): %v", id, err)
		}
	}
	if r, err := c.Requests.Get(t.Context(), "#7"); err != nil || r.ID != "#7" {
		t.Errorf("an id with # in it: %v", err)
	}
	if id, err := c.Requests.Resolve(t.Context(), " T-1\u200b"); err != nil || id != "9" {
		t.Errorf("Resolve: %q %v", id, err)
	}
	if _, err := c.Requests.Get(t.Context(), "\u200b "); !errors.As(err, new(*open311.ValidationError)) {
		t.Errorf("an id of nothing that can be seen: %v", err)
	}
}

func TestSlashThatTheWebServerRefuses(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "%2F") {
			w.WriteHeader(404)
			io.WriteString(w, "<!DOCTYPE html><html><title>404 Not Found</title></html>")
			return
		}
		io.WriteString(w, `[{"service_request_id":"x","status":"open"},{"service_request_id":"2026/42","status":"open"}]`)
	})
	c := city.client(t)
	if r, err := c.Requests.Get(t.Context(), "2026/42"); err != nil || r.ID != "2026/42" {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := c.Requests.Get(t.Context(), "2026/43"); !errors.Is(err, open311.ErrNotFound) {
		t.Errorf("another request than the one asked for: %v", err)
	}
}

func TestGroupsAsObjects(t *testing.T) {
	for _, body := range []string{
		`[{"service_code":"1","group":[{"id":5,"name":"Roads"},{"id":6,"name":"Parks"}]}]`, `[{"service_code":"1","groups":[{"code":"r","title":"Roads"},"Parks"]}]`,
		`[{"service_code":"1","group":{"id":5,"name":"Roads"}}]`,
		`<services><service><service_code>1</service_code><group><id>5</id><name>Roads</name></group></service></services>`,
	} {
		city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		list, err := city.client(t).Services.List(t.Context())
		if err != nil || len(list) != 1 || list[0].Groups[0] != "Roads" || len(list[0].Groups) > 1 && list[0].Groups[1] != "Parks" || len(list[0].Extra) == 0 {
			t.Errorf("%s: %+v, %v", body, list, err)
		}
	}
}

func TestStatusesThatAreNumbers(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `[{"service_request_id":"1","status":3},{"service_request_id":"2","status":4}]`)
	})
	for _, tt := range []struct {
		query *open311.Query
		words map[string]open311.Status
		want  int
	}{
		{&open311.Query{Statuses: []open311.Status{"open"}}, nil, 1}, {nil, nil, 0},
		{&open311.Query{Statuses: []open311.Status{"open"}}, map[string]open311.Status{"3": "open"}, 0},
	} {
		warned := &warnings{}
		c := city.client(t, open311.WithDialect(open311.Dialect{StatusWords: tt.words}), warned.option())
		if _, err := c.Requests.List(t.Context(), tt.query); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, w := range warned.list {
			if strings.Contains(w.Detail, "StatusWords") {
				n++
			}
		}
		if n != tt.want {
			t.Errorf("%+v: %d warnings of it; want %d: %v", tt.query, n, tt.want, warned.list)
		}
	}
}
