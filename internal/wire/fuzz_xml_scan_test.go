package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// xmlOracle dumps the document as encoding/xml understands it, in the notation of xmlDump. ok is
// false where there is nothing to compare: encoding/xml does not take it, or it has no root or several,
// or a directive, or something in it means more to us than to encoding/xml.
func xmlOracle(doc []byte) (dump string, ok bool) {
	if !utf8.Valid(doc) {
		return "", false
	}
	d := xml.NewDecoder(bytes.NewReader(doc))
	var stack []*oracleElement
	for {
		from := d.InputOffset()
		token, err := d.Token()
		if err == io.EOF {
			return dump, dump != ""
		} else if err != nil {
			return "", false
		}
		switch token := token.(type) {
		case xml.StartElement:
			if dump != "" {
				return "", false
			}
			e := &oracleElement{name: token.Name.Local}
			tag := doc[from:d.InputOffset()]
			for _, a := range token.Attr {
				yes := a.Value == "true" || a.Value == "1"
				e.null = e.null || a.Name.Local == "nil" && yes
				e.list = e.list || a.Name.Local == "is_array" && yes || a.Name.Local == "type" && a.Value == "array"
				if a.Name.Space != "xmlns" && isValueName(a.Name.Local, a.Name.Local) && !oracleIdle(a.Value) {
					e.kids = append(e.kids, fmt.Sprintf("%s=%q", a.Name.Local, a.Value))
				}
				if a.Name.Local == "key" || a.Name.Local == "index" {
					return "", false // it may be the place in a list
				}
			}
			if (e.null || e.list || e.kids != nil) && bytes.ContainsAny(tag, "&\r") || bytes.Contains(tag, []byte("xml:")) || bytes.Contains(tag, []byte("xsi:")) && e.kids != nil {
				return "", false // references in attributes are left alone, and what these prefixes mean is not told here
			}
			stack = append(stack, e)
			if rest := bytes.TrimLeftFunc(doc[d.InputOffset():], isOracleIdle); e.kids != nil && !bytes.HasSuffix(tag, []byte("/>")) &&
				len(rest) > 0 && (rest[0] != '<' || bytes.HasPrefix(rest, xmlCDATA)) {
				stack = append(stack, &oracleElement{name: e.name, twin: true})
			}
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].text.Write(token)
			}
			if bytes.ContainsRune(token, utf8.RuneError) {
				return "", false // it stands for a reference to a surrogate too
			}
		case xml.Directive:
			return "", false
		case xml.EndElement:
			for twin := true; twin; { // and the element around it
				e := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				twin = e.twin
				switch {
				case len(stack) == 0:
					dump = e.dump()
				case twin && e.kids == nil && oracleIdle(e.text.String()): // there is nothing to hold
				default:
					parent := stack[len(stack)-1]
					parent.kids = append(parent.kids, e.dump())
				}
			}
		}
	}
}

// oracleElement is an element as encoding/xml sees it.
type oracleElement struct {
	name       string
	text       strings.Builder
	kids       []string
	list, null bool
	twin       bool // it holds the text of an element that has attributes
}

// oracleIdle reports whether a text is white space and control characters only.
func oracleIdle(text string) bool { return strings.TrimFunc(text, isOracleIdle) == "" }

func isOracleIdle(r rune) bool { return r <= ' ' || isC1(r) }

func (e *oracleElement) dump() string {
	text := e.text.String()
	blank := strings.Trim(text, " \t\r\n") == ""
	out := e.name
	if e.list && (!blank || e.null || e.kids != nil) {
		out += "*"
	}
	switch {
	case e.kids != nil:
		out += "{" + strings.Join(e.kids, " ") + "}"
		if !oracleIdle(text) {
			out += "!"
		}
	case e.null || blank && !e.list:
		out += "=null"
	case blank:
		out += "[]"
	default:
		out += fmt.Sprintf("=%q", text)
	}
	return out
}

// FuzzXMLScan reads documents with xmlNext and xmlRecord. Where encoding/xml takes the document, both
// must see the same.
func FuzzXMLScan(f *testing.F) {
	for _, seed := range []string{
		xmlAllSorts,
		`<?xml version="1.0" encoding="utf-8"?><errors><error><code>400</code><description>x</description</error></errors>`,
		`<r><a>1</a><b/><c type="array"/><a nil="true"></a></r>`,
		`<n:r xmlns:n="u"><n:a>&lt;&#65;&#x41;&#xD800;</n:a>x<![CDATA[y]]></n:r>`,
		"<r><a>\r\nx\r</a>]]><b>&amp</b><!-- -- --><c>a < b</c></bb></r>",
		`<!DOCTYPE r [<!ENTITY a "b">]><r>&a;&nbsp;</r>`,
		`<service_requests><request><a>1</service_requests>`,
		`<r><a x='1' y="2>3</a><b z=1/></r>`,
	} {
		f.Add([]byte(seed))
	}
	s := newXMLScan("")
	f.Fuzz(func(t *testing.T, doc []byte) {
		s.reset()
		s.src, s.eof, s.depth = doc, true, 1<<20
		s.quiet = len(doc)%2 == 0
		clear(s.dict.learned)
		s.dict.entries = s.dict.entries[:1+len(s.dict.table.entries)]
		for i := range s.dict.entries {
			s.dict.entries[i].next = 0
		}
		xmlTokens(t, s)
		want, compare := xmlOracle(doc)
		token, err := s.xmlNext(0)
		if err != nil {
			t.Fatalf("%q: %v", doc, err)
		}
		if token.kind != xmlStart {
			if compare {
				t.Fatalf("%q: nothing, want %s", doc, want)
			}
			return
		}
		for round := range 2 { // the second has learned the order of the fields
			s.reset()
			end, err := s.xmlRecord(token.at)
			if err == nil {
				err = xmlCheck(s, end)
			} else if err == errCut && !compare {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", doc, err)
			}
			got := xmlDump(s, 0)
			if compare && got != want {
				t.Fatalf("%q:\n got  %s\n want %s", doc, got, want)
			}
			want, compare = got, true
			if round == 1 {
				if next, err := s.xmlNext(end); err != nil || next.kind == xmlStart && next.at < end {
					t.Fatalf("%q: %v %v", doc, next, err)
				}
			}
		}
		record := doc[token.at:]
		xmlTryCut(t, s, record, len(record)*int(record[len(record)/2])/256)
	})
}
