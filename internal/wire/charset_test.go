package wire_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
	"golang.org/x/text/encoding/charmap"
)

// described reads a document with one request and returns its description.
func described(t *testing.T, doc []byte, label string) (string, error) {
	t.Helper()
	rd := wire.TableOf[open311.ServiceRequest]().Read(bytes.NewReader(doc), &wire.Options{Label: label})
	defer rd.Close()
	var r open311.ServiceRequest
	err := rd.Next(&r)
	return strings.Clone(r.Description), err
}

// Every single-byte charset of golang.org/x/text, under its own name and under others, is read as that
// package reads it.
func TestCharmapLabels(t *testing.T) {
	same := map[string]*charmap.Charmap{"ISO 8859-1": charmap.Windows1252, "ISO 8859-9": charmap.Windows1254}
	for _, e := range charmap.All {
		c, ok := e.(*charmap.Charmap)
		if !ok || c == charmap.XUserDefined {
			continue
		}
		read := c
		if other := same[c.String()]; other != nil {
			read = other
		}
		letters, want := []byte("x"), "x"
		for b := 255; b >= 128; b-- { // a high letter first: this order is no UTF-8
			if r := read.DecodeByte(byte(b)); !unicode.IsControl(r) && r != unicode.ReplacementChar && !unicode.IsSpace(r) && r != '"' && r != '\\' && r != '\u00ad' {
				letters, want = append(letters, byte(b)), want+string(r)
			}
		}
		if c.DecodeByte('A') != 'A' { // EBCDIC has its letters elsewhere
			letters, want = nil, "Hall 9 (Straße)"
			for _, r := range want {
				b, ok := read.EncodeRune(r)
				if !ok {
					t.Fatalf("%s has no %c", c, r)
				}
				letters = append(letters, b)
			}
		}
		var doc []byte
		for _, r := range `[{"service_request_id":"1","description":"` {
			b, _ := read.EncodeRune(r)
			doc = append(doc, b)
		}
		doc = append(doc, letters...)
		for _, r := range `"}]` {
			b, _ := read.EncodeRune(r)
			doc = append(doc, b)
		}
		name := c.String()
		labels := []string{strings.ReplaceAll(name, " ", "-"), strings.ToLower(strings.ReplaceAll(name, " ", ""))}
		if number := name[strings.LastIndexAny(name, " ")+1:]; strings.Contains(name, "Page") || strings.HasPrefix(name, "Windows") {
			labels = append(labels, "cp"+number, "CP-"+number)
		} else if strings.HasPrefix(name, "ISO") {
			labels = append(labels, "ISO_"+number+":1987", `"iso`+number+`"`)
		}
		for _, label := range labels {
			if got, err := described(t, doc, label); err != nil || got != want {
				t.Errorf("%s as %s: %q, %v; want %q", name, label, got, err, want)
			}
		}
	}
}

func TestOtherLabels(t *testing.T) {
	for label, c := range map[string]*charmap.Charmap{
		"latin2": charmap.ISO8859_2, "l2": charmap.ISO8859_2, "csISOLatin2": charmap.ISO8859_2, "latin9": charmap.ISO8859_15, "iso-ir-101": charmap.ISO8859_2,
		"greek": charmap.ISO8859_7, "csISOLatinGreek": charmap.ISO8859_7, "iso-8859-8-i": charmap.ISO8859_8, "cyrillic": charmap.ISO8859_5,
		"x-mac-cyrillic": charmap.MacintoshCyrillic, "mac": charmap.Macintosh, "x-cp1251": charmap.Windows1251, "TIS-620": charmap.Windows874,
		"KOI8-RU": charmap.KOI8U, "csKOI8R": charmap.KOI8R, "cp866": charmap.CodePage866, "csIBM866": charmap.CodePage866, "dos-862": charmap.CodePage862,
	} {
		letters := []byte{0xE1, 0xE2, 0xE3}
		want, _ := c.NewDecoder().Bytes(letters)
		doc := slices.Concat([]byte(`[{"service_request_id":"1","description":"`), letters, []byte(`"}]`))
		if got, err := described(t, doc, label); err != nil || got != string(want) {
			t.Errorf("%s: %q, %v; want %q", label, got, err, want)
		}
	}
}

// A long document in ASCII whose first other letter comes late, and one that is UTF-8 in spite of its label.
func TestLateLetters(t *testing.T) {
	row := `{"service_request_id":"1","description":"plain"},`
	start := "[" + strings.Repeat(row, 5000)
	for _, tt := range []struct{ last, want string }{{"\xb3\xf3d\xbc", "łódź"}, {"łódź", "łódź"}} {
		doc := start + `{"service_request_id":"2","description":"` + tt.last + `"}]`
		for _, src := range []io.Reader{strings.NewReader(doc), &drip{[]byte(doc)}} {
			rd := wire.TableOf[open311.ServiceRequest]().Read(src, &wire.Options{Label: "iso-8859-2"})
			var last string
			n := 0
			for {
				var r open311.ServiceRequest
				if err := rd.Next(&r); err != nil {
					if err != io.EOF {
						t.Error(err)
					}
					break
				}
				n, last = n+1, r.Description
			}
			if rd.Close(); n != 5001 || last != tt.want {
				t.Errorf("%d rows, the last %q; want 5001 and %q", n, last, tt.want)
			}
		}
	}
}

// drip gives seven bytes at a time.
type drip struct{ b []byte }

func (d *drip) Read(p []byte) (int, error) {
	if len(d.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.b[:min(7, len(d.b))])
	d.b = d.b[n:]
	return n, nil
}

// Control characters go, whatever they come as, and in Extra too.
func TestControlCharacters(t *testing.T) {
	for _, tt := range []struct{ label, doc string }{
		{"", `[{"service_request_id":"1","description":"a\u0000b\u001b\u009b\u0085\b\fc\n","x":"a\u0000\u0090bc"}]`},
		{"", "[{\"service_request_id\":\"1\",\"description\":\"ab\u0085\u009bc\\n\",\"x\":{\"y\":\"a\u0080bc\"}}]"},
		{"", "<service_requests><request><service_request_id>1</service_request_id><description>a&#0;b&#27;&#x9b;\u0085c\n</description><x>a\u0090bc</x></request></service_requests>"},
		{"iso-8859-1", "[{\"service_request_id\":\"1\",\"description\":\"a\u0080bc\xe4\",\"x\":\"\u009da\xe4bc\"}]"},
	} {
		var kinds []string
		rd := wire.TableOf[open311.ServiceRequest]().Read(strings.NewReader(tt.doc), &wire.Options{Label: tt.label, Warn: func(w wire.Warning) { kinds = append(kinds, w.Kind) }})
		var r open311.ServiceRequest
		if err := rd.Next(&r); err != nil || strings.TrimRight(r.Description, "ä\n") != "abc" {
			t.Errorf("%q: description %q, %v", tt.doc, r.Description, err)
		}
		if x := string(r.Extra["x"]); strings.ContainsFunc(x, unicode.IsControl) || strings.Contains(x, `\u00`) || x == "" {
			t.Errorf("%q: Extra %q", tt.doc, x)
		}
		if tt.label == "" && !slices.Contains(kinds, wire.WarnControl) {
			t.Errorf("%q: no warning of it: %v", tt.doc, kinds)
		}
		rd.Close()
	}
}

func TestWarningsAreBounded(t *testing.T) {
	doc := "[" + strings.Repeat(`{"service_request_id":"1","lat":"1","long":"2"},`, 6000) + `{"service_request_id":"2"}]`
	var told []wire.Warning
	rd := wire.TableOf[open311.ServiceRequest]().Read(strings.NewReader(doc), &wire.Options{Warn: func(w wire.Warning) { told = append(told, w) }})
	for {
		var r open311.ServiceRequest
		if rd.Next(&r) != nil {
			break
		}
	}
	rd.Close()
	if last := told[len(told)-1]; len(told) != 101 || last.Detail != "and 11,900 more" || last.More != 11900 {
		t.Errorf("%d warnings, the last %+v", len(told), last)
	}
}
