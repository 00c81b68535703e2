package open311_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-open311/open311"
)

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
		{"KOI8-R", "application/json; charset=koi8-r", jsonOf("\xd1\xcd\xc1"), "яма", ""},
		{"KOI8-R, XML", "text/xml", xmlOf("koi8-r", "\xd1\xcd\xc1"), "яма", ""},
		{"ISO-8859-15", "application/json; charset=ISO-8859-15", jsonOf("50 \xa4"), "50 €", ""},
		{"code page of DOS", "application/json; charset=cp437", jsonOf("Stra\xe1e"), "Straße", ""},
		{"UTF-8 called KOI8-R", "application/json; charset=koi8-r", jsonOf("Straße"), "Straße", "but it is UTF-8"},
		{"UTF-8 under a label that is not known", "application/json; charset=Shift_JIS", jsonOf("Straße"), "Straße", "but it is UTF-8"},
		{"label that says nothing", "application/json; charset=binary", jsonOf("Stra\xdfe"), "Straße", "charset"},
		{"two labels", "application/json; charset=UTF-8,ISO-8859-1", jsonOf("Straße"), "Straße", ""},
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

// A charset that is not known is an error that names it, as soon as it matters.
func TestUnknownCharset(t *testing.T) {
	for _, tt := range []struct{ label, body, named string }{
		{"Shift_JIS", "\x93\xb9", "Shift_JIS"}, {"gb2312", "\xb5\xc0", "gb2312"}, {"iso-2022-jp", "\x1b$BF;\x1b(B", "iso-2022-jp"}, {"utf-7", "plain", "utf-7"},
	} {
		city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; charset="+tt.label)
			io.WriteString(w, `[{"service_request_id":"1","description":"`+tt.body+`"}]`)
		})
		_, err := city.client(t, open311.WithFormat(open311.FormatJSON)).Requests.List(t.Context(), nil)
		checkDecodeError(t, err, badReads[0], city, 200, tt.named)
		if err != nil && !strings.Contains(err.Error(), "WithCharsetReader") {
			t.Errorf("the error does not say what to do: %v", err)
		}
		if len(city.calls()) != 1 {
			t.Errorf("%d calls: asking again does not help", len(city.calls()))
		}
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
