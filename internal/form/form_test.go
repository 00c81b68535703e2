package form_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311/internal/form"
)

// fileOf is a file in memory.
func fileOf(content string) form.File {
	return form.File{Label: "File[0]", Name: "a.bin", Type: "application/x-own", Size: int64(len(content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// read returns a body, which has to have the size that it says, at every attempt.
func read(t *testing.T, p *form.Payload, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var bodies [2]string
	for i := range bodies {
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil || int64(len(b)) != p.Size {
			t.Errorf("%d bytes, Size is %d, error %v", len(b), p.Size, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		bodies[i] = string(b)
	}
	if bodies[0] != bodies[1] {
		t.Errorf("bodies differ: %.100q, %.100q", bodies[0], bodies[1])
	}
	return bodies[0]
}

func TestAttributes(t *testing.T) {
	tests := []struct {
		style  form.MultiValue
		values []string
		want   url.Values
	}{
		{form.Brackets, nil, nil},
		{form.Brackets, []string{"", ""}, nil},
		{form.Brackets, []string{"", "a"}, url.Values{"attribute[C]": {"a"}}},
		{form.Brackets, []string{"a", "", "b"}, url.Values{"attribute[C][]": {"a", "b"}}},
		{form.Repeat, []string{"a", "b"}, url.Values{"attribute[C]": {"a", "b"}}},
		{form.Indexed, []string{"a", "b"}, url.Values{"attribute[C][0]": {"a"}, "attribute[C][1]": {"b"}}},
		{form.Indexed, []string{"a"}, url.Values{"attribute[C]": {"a"}}},
		{form.Comma, []string{"a", "b"}, url.Values{"attribute[C]": {"a,b"}}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, tt.style.Parameters("C", tt.values)); d != "" {
			t.Errorf("style %d, %q (-want +got):\n%s", tt.style, tt.values, d)
		}
	}
}

// The fields win over attributes that are written under the same name, in every syntax that could mix them up.
func TestFieldsWinOverAttributes(t *testing.T) {
	f := form.Form{Fields: url.Values{"attribute[A]": {"field"}, "attribute": {"field"}}, Attributes: map[string][]string{"A": {"attribute"}}}
	p, err := f.URLEncoded()
	if got, want := read(t, p, err), "attribute=field&attribute%5BA%5D=field"; got != want {
		t.Errorf("form %s, want %s", got, want)
	}
	p, err = f.JSON()
	if got, want := read(t, p, err), `{"attribute":"field","attribute[A]":"field"}`; got != want {
		t.Errorf("JSON %s, want %s", got, want)
	}
}

// TestSyntaxes reads each kind of body with the reader of the standard library, for forms with and without
// fields, attributes and files.
func TestSyntaxes(t *testing.T) {
	long := strings.Repeat("\xfb\xff\xfe+/=", 1000) + "end"
	for name, f := range map[string]form.Form{
		"nothing":    {},
		"fields":     {Fields: url.Values{"a&b": {`1 "2" <3>`}, "lat": {"0.5"}, "none": nil}},
		"attributes": {Attributes: map[string][]string{"A&B": {"1"}, "L": {"x", "y"}, "E": {""}}},
		"one file":   {Files: []form.File{fileOf(long)}},
		"all": {Fields: url.Values{"a": {"1"}, "lat": {"5"}}, Attributes: map[string][]string{"L": {"x", "y"}},
			Files: []form.File{fileOf(long), fileOf("b")}},
	} {
		t.Run(name, func(t *testing.T) {
			f.Root, f.FileField, f.Numbers = "record", "file[]", []string{"lat"}
			var raw, encoded []string
			for _, file := range f.Files {
				r, _ := file.Open()
				b, _ := io.ReadAll(r)
				raw, encoded = append(raw, string(b)), append(encoded, base64.StdEncoding.EncodeToString(b))
			}
			p, err := f.URLEncoded()
			if values, err := url.ParseQuery(read(t, p, err)); err != nil || !cmp.Equal(encoded, values["file[]"]) {
				t.Errorf("form: %v", err)
			}
			p, err = f.Multipart()
			body := read(t, p, err)
			_, params, err := mime.ParseMediaType(p.ContentType)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(raw, filesOf(t, params["boundary"], body)); d != "" {
				t.Errorf("multipart (-want +got):\n%s", d)
			}
			p, err = f.JSON()
			checkJSON(t, read(t, p, err), &f, encoded)
			p, err = f.XML()
			var doc struct {
				XMLName xml.Name `xml:"record"`
				Files   []string `xml:"file"`
				Codes   []string `xml:"attributes>attribute>code"`
			}
			if err := xml.Unmarshal([]byte(read(t, p, err)), &doc); err != nil || !cmp.Equal(encoded, doc.Files) {
				t.Errorf("XML: %v, %d files", err, len(doc.Files))
			}
		})
	}
}

func filesOf(t *testing.T, boundary, body string) (files []string) {
	t.Helper()
	r := multipart.NewReader(bytes.NewReader([]byte(body)), boundary)
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			return files
		}
		if err != nil {
			if body == "--"+boundary+"--\r\n" { // no parts at all, which mime/multipart takes for broken
				return nil
			}
			t.Fatal(err)
		}
		if part.FileName() != "" {
			b, _ := io.ReadAll(part)
			files = append(files, string(b))
		}
	}
}

func checkJSON(t *testing.T, body string, f *form.Form, files []string) {
	t.Helper()
	want := map[string]any{}
	for name, values := range f.Fields {
		if len(values) > 0 {
			want[name] = values[0]
		}
	}
	if lat := f.Fields.Get("lat"); lat != "" {
		want["lat"] = json.Number(lat)
	}
	attributes := map[string]any{}
	for code, values := range f.Attributes {
		switch {
		case len(values) > 1:
			attributes[code] = []any{values[0], values[1]}
		case values[0] != "":
			attributes[code] = values[0]
		}
	}
	if len(attributes) > 0 {
		want["attribute"] = attributes
	}
	switch len(files) {
	case 0:
	case 1:
		want["file[]"] = files[0]
	default:
		want["file[]"] = []any{files[0], files[1]}
	}
	var got map[string]any
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%v in %.100q", err, body)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("JSON (-want +got):\n%s", d)
	}
}
