package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-open311/open311/internal/browser"
)

// pageOf is a report with a text in every place where a stranger's text can stand.
func pageOf(t *testing.T) func(text string) []byte {
	return func(evil string) []byte {
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
	}
}

// The report as a page shows what servers send as text, in a browser too.
func TestBrowser(t *testing.T) { browser.Harmless(t, pageOf(t)) }

// A telephone shows the report without scrolling sideways, whatever words without blanks are in it.
func TestNarrowScreen(t *testing.T) {
	pages := [][]byte{pageOf(t)(strings.Repeat("Donaudampfschiff", 40))}
	for _, name := range []string{"report.html", "dialect-ureport.html"} {
		page, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page)
	}
	browser.Fits(t, 390, pages...)
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
