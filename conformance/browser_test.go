package conformance

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/go-open311/open311/internal/browser"
)

// The report as a page shows what servers send as text, in a browser too.
func TestBrowser(t *testing.T) {
	browser.Harmless(t, func(evil string) []byte {
		r := &Report{Verdict: NotConformant, Formats: []Format{FormatXML, FormatJSON}}
		for i, q := range Requirements()[:2*len(statuses)] {
			res := Result{Requirement: q, Status: statuses[i%len(statuses)], Known: i%2 == 0}
			for _, f := range r.Formats {
				res.set(f, res.Status)
				res.Findings = append(res.Findings, Finding{Format: f, Status: res.Status, Exchange: &Exchange{Status: 200}, Filed: &Exchange{}})
			}
			r.Results = append(r.Results, res)
		}
		r.Created = []string{""}
		fill(reflect.ValueOf(r).Elem(), evil)
		var b bytes.Buffer
		if err := r.WriteHTML(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	})
}

// fill puts a text into every field that holds any text, and not one of a few words.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), text)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(text)
		}
	}
}
