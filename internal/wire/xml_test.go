package wire

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// xmlFields are the fields of a service request, in the order in which most servers send them.
var xmlFields = []string{
	"service_request_id", "status", "status_notes", "service_name", "service_code", "description",
	"agency_responsible", "service_notice", "requested_datetime", "updated_datetime",
	"expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url",
}

func newXMLScan(src string) *scan {
	dict := map[string]int16{"a": 17, "b": 18, "c": 19}
	for i, f := range xmlFields {
		dict[f] = int16(i)
	}
	s := &scan{src: []byte(src), eof: true, depth: 64, most: maxNodes}
	s.dict.use(newDictionary("service_requests", "request", []string{"requests"}, nil, nil, dict))
	return s
}

// xmlDump writes the tree at nodes[i] in short: a{b="text" c=null d[] e{…}}. A ! stands for text
// between elements, an * for a list.
func xmlDump(s *scan, i int32) string {
	var b strings.Builder
	xmlDumpTo(&b, s, i)
	return b.String()
}

func xmlDumpTo(b *strings.Builder, s *scan, i int32) {
	n := &s.nodes[i]
	b.Write(s.name(n))
	if n.flags&listed != 0 && n.kind != List {
		b.WriteByte('*')
	}
	switch n.kind {
	case Null:
		b.WriteString("=null")
	case Text:
		fmt.Fprintf(b, "=%q", s.text(n))
	case List:
		b.WriteString("[]")
	case Object:
		b.WriteByte('{')
		for k := i + 1; k < n.next; k = s.nodes[k].next {
			if k > i+1 {
				b.WriteByte(' ')
			}
			xmlDumpTo(b, s, k)
		}
		b.WriteByte('}')
	}
	if n.flags&mixed != 0 {
		b.WriteByte('!')
	}
}

// xmlCheck reports what is wrong with the nodes of a record that ends at end.
func xmlCheck(s *scan, end int) error {
	if end <= 0 || end > len(s.src) || len(s.nodes) == 0 {
		return fmt.Errorf("end %d, %d nodes", end, len(s.nodes))
	}
	return xmlCheckNodes(s)
}

// xmlCheckNodes reports what is wrong with the nodes, which may be those of a record that was cut.
func xmlCheckNodes(s *scan) error {
	if len(s.nodes) > 0 && int(s.nodes[0].next) != len(s.nodes) {
		return fmt.Errorf("record ends at %d of %d nodes", s.nodes[0].next, len(s.nodes))
	}
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.kind != Null && n.kind != Text && n.kind != List && n.kind != Object {
			return fmt.Errorf("node %d has kind %d", i, n.kind)
		}
		if n.kind == Text != (n.flags&untyped != 0) || n.flags&(quoted|repaired|nameScratch) != 0 {
			return fmt.Errorf("node %d has flags %b", i, n.flags)
		}
		if n.kind != Text && n.flags&(mixed|holdsMixed) == 0 && (n.text != span{} || n.flags&textScratch != 0) {
			return fmt.Errorf("node %d has text", i)
		}
		if int(n.next) <= i || int(n.next) > len(s.nodes) || n.kind != Object && int(n.next) != i+1 {
			return fmt.Errorf("node %d of kind %d ends at %d", i, n.kind, n.next)
		}
		s.name(n)
		s.text(n)
	}
	for i := int32(1); i < int32(len(s.nodes)); i++ {
		if n := &s.nodes[i]; n.entry >= 0 && s.dict.entries[n.entry].name != string(s.name(n)) {
			return fmt.Errorf("node %d has entry %s", i, s.dict.entries[n.entry].name)
		}
	}
	for _, r := range s.repairs {
		if r.node < 0 || int(r.node) >= len(s.nodes) {
			return fmt.Errorf("repair of node %d", r.node)
		}
	}
	return nil
}

func TestXMLRecord(t *testing.T) {
	tests := []struct {
		name, in, want string
		repairs        string // kinds
	}{
		{"fields", `<r><a>1</a><b>x y</b></r>`, `r{a="1" b="x y"}`, ""},
		{"indented", "<r>\n  <a>1</a>\r\n\t<b>2</b>\n</r>", `r{a="1" b="2"}`, ""},
		{"not trimmed", "<r><a> 1\t</a></r>", `r{a=" 1\t"}`, ""},
		{"empty in four spellings", "<r><a/><b></b><c /><d>\n </d></r>", `r{a=null b=null c=null d=null}`, ""},
		{"record empty", `<r/>`, `r=null`, ""},
		{"record blank", "<r> \n</r>", `r=null`, ""},
		{"record a scalar", `<r> 7 </r>`, `r=" 7 "`, ""},
		{"nested", `<r><a><b><c>x</c></b></a><c>y</c></r>`, `r{a{b{c="x"}} c="y"}`, ""},
		{"nested, indented", "<r>\r\n <a>\r\n  <b>1</b>\r\n  <b>2</b>\r\n </a>\r\n</r>", `r{a{b="1" b="2"}}`, ""},
		{"same name nested", `<a><a>x</a></a>`, `a{a="x"}`, ""},
		{"same name again and again", `<r><a>1</a><a>2</a><b/><a>3</a></r>`, `r{a="1" a="2" b=null a="3"}`, ""},
		{"names", `<r><x-1.y_z>1</x-1.y_z><é>2</é></r>`, `r{x-1.y_z="1" é="2"}`, ""},

		{"prefixes", `<n:r xmlns:n="u"><n:a>1</n:a><m:b/></n:r>`, `r{a="1" b=null}`, ""},
		{"prefix in one tag only", `<r><n:a>1</a><b>2</n:b></r>`, `r{a="1" b="2"}`, ""},
		{"colons at the ends", `<r><:a>1</:a><b:>2</b:></r>`, `r{:a="1" b:="2"}`, ""},
		{"attributes", `<r x="1"><a y='"' z=">">1</a><b u = "/" /></r>`, `r{x="1" a{y="\"" z=">" a="1"} b{u="/"}}`, ""},
		{"space in tags", "<r ><a\n>1</a ></r\n>", `r{a="1"}`, ""},
		{"nil", `<r><a xsi:nil="true" xmlns:xsi="u"/><b nil='1'></b><c nil="true"> </c><d nil="false">x</d></r>`, `r{a=null b=null c=null d="x"}`, ""},
		{"nil with text", `<r><a nil="true">x&amp;y</a></r>`, `r{a=null}`, "value"},
		{"nil with elements", `<r><a nil="true"><b>x</b></a></r>`, `r{a{b="x"}}`, ""},
		{"nil list", `<r><a nil="true" type="array"/></r>`, `r{a*=null}`, ""},
		{"lists", `<r><a type="array"><b>1</b></a><b type='array'/><c is_array="true"> </c><d type="array">x,y</d><e type="boolean">true</e></r>`,
			`r{a*{b="1"} b[] c[] d*="x,y" e="true"}`, ""},
		{"attribute without quotes", `<r><a x=1 nil=true/><b y=a/b>2</b></r>`, `r{a{x="1"} b{y="a/b" b="2"}}`, "syntax syntax"},
		{"attribute without value", `<r><a x>1</a></r>`, `r{a="1"}`, "syntax"},
		{"attribute without closing quote", `<r><a x="1>2</a><b y='>3</b></r>`, `r{a{x="1" a="2"} b="3"}`, "syntax syntax"},
		{"attributes without space", `<r><a x="1"y='2'>1</a></r>`, `r{a{x="1" y="2" a="1"}}`, ""},
		{"stray quote", `<r><a ">1</a><b x="1"">2</b></r>`, `r{a="1" b{x="1" b="2"}}`, "syntax syntax"},
		{"stray slash", `<r><a/ >1</a></r>`, `r{a="1"}`, "syntax"},

		{"entities", `<r><a>&lt;&gt;&amp;&quot;&apos;</a><b>x &amp; y</b></r>`, `r{a="<>&\"'" b="x & y"}`, ""},
		{"not resolved twice", `<r><a>&amp;lt;</a></r>`, `r{a="&lt;"}`, ""},
		{"character references", `<r><a>K&#xF6;ln &#65;&#x1F600;&#0000000000000000000000000000000000000066;</a></r>`, `r{a="Köln A😀B"}`, ""},
		{"references to white space", `<r><a>&#9;&#10;&#13;x</a><b>&#32;</b></r>`, `r{a="\t\n\rx" b=null}`, ""},
		{"references to nothing", `<r><a>x&#0;&#x1F;&#xD800;&#x110000;&#99999999999;y</a></r>`, `r{a="xy"}`, "control control control control control"},
		{"surrogates", `<r><a>&#xD83D;&#xDE00;</a><b>&#55357;&#56832;</b><c>&#xD83D;&#65;&#xDE00;</c></r>`, `r{a="😀" b="😀" c="A"}`, "syntax syntax control control"},
		{"upper-case x", `<r><a>&#X41;</a></r>`, `r{a="A"}`, ""},
		{"HTML entities", `<r><a>a&nbsp;b&auml;c&semi;</a></r>`, `r{a="a\u00a0bäc;"}`, "syntax syntax syntax"},
		{"no entities", `<r><a>a & b &foo; &notit; &; &#; &#x; &#x41 &#12a; R&D;</a><b>&amp</b><c>&</c></r>`,
			`r{a="a & b &foo; &notit; &; &#; &#x; &#x41 &#12a; R&D;" b="&amp" c="&"}`, strings.Repeat("syntax ", 11)},
		{"no entity across a tag", `<r><a>R&D</a><b>&#65;</b></r>`, `r{a="R&D" b="A"}`, "syntax"},
		{"longest entity", `<r><a>&CounterClockwiseContourIntegral;</a></r>`, `r{a="∳"}`, "syntax"},
		{"control bytes", "<r><a>x\x00y\x10\x1f</a><b>\x01</b></r>", `r{a="xy" b=null}`, "control control control control"},
		{"line ends", "<r><a>x\r\ny\rz\r\r\n\n</a><b>\r</b></r>", `r{a="x\ny\nz\n\n\n" b=null}`, ""},
		{"section end in text", `<r><a>x]]>y]></a></r>`, `r{a="x]]>y]>"}`, "syntax"},
		{"section end after a reference", `<r><a>]&amp;]></a></r>`, `r{a="]&]>"}`, ""},
		{"not UTF-8", "<r><a>Stra\xdfe</a></r>", `r{a="Stra\xdfe"}`, ""},
		{"bare less", `<r><a>a < b <3 << <</a><b><</b></r>`, `r{a="a < b <3 << <" b="<"}`, "syntax syntax syntax syntax syntax syntax"},
		{"less before a name", `<r><a>a <b and c</a><b>1</b></r>`, `r{a="a <b and c" b="1"}`, "syntax"},
		{"tags of nothing", `<r><a>x</>y</ >z<>!<!>?<?></a></r>`, `r{a="x</>y</ >z<>!<!>?<?>"}`, "syntax syntax syntax syntax syntax"},

		{"CDATA", `<r><a><![CDATA[<b>&amp;</b>]]></a><b><![CDATA[]]></b><c><![CDATA[ ]]></c></r>`, `r{a="<b>&amp;</b>" b=null c=null}`, ""},
		{"CDATA joined", "<r><a>x<![CDATA[ > ]]]]>&amp;<![CDATA[>\r\n]]>\n</a></r>", `r{a="x > ]]&>\n\n"}`, ""},
		{"control bytes in CDATA", "<r><a><![CDATA[x\x00\r]]>\ny</a></r>", `r{a="x\n\ny"}`, "control"},
		{"CDATA beside elements", `<r><![CDATA[ ]]><a/><![CDATA[x]]></r>`, `r{a=null}!`, "syntax"},
		{"comments", `<r><!-- <a> --><a>x<!---->y<!-- ' --></a><!-- - -- - --></r>`, `r{a="xy"}`, ""},
		{"instructions", `<r><?pi <a> ?><a>x<?p?>y</a></r>`, `r{a="xy"}`, ""},
		{"declarations", `<r><!DOCTYPE r [<!ENTITY a "]>"> <!-- ' --> <?pi ' ?>]><a>&a;</a></r>`, `r{a="&a;"}`, "syntax syntax"},

		{"text beside elements", `<r>x<a>1</a>y & z<b>2</b></r>`, `r{a="1" b="2"}!`, "syntax"},
		{"referenced white space beside elements", `<r>&#32;<a>1</a> &#13;&#10;</r>`, `r{a="1"}`, ""},
		{"text after elements", `<r><a>1</a> y <b>2</b>< 3</r>`, `r{a="1" b="2"}!`, "syntax"},
		{"less after elements", `<r><a>1</a><<b>2</b></r>`, `r{a="1" b="2"}!`, "syntax"},
		{"text in scratch beside elements", `<r><a>x&amp;<b>1&amp;2</b></a><c>&lt;</c></r>`, `r{a{b="1&2"}! c="<"}`, "syntax"},

		{"misspelt end tag", `<a><b>x</bb><c>y</c></a>`, `a{b="x" c="y"}`, "syntax"},
		{"misspelt end tag near the end", `<r><description>x</desc></r>`, `r{description="x"}`, "syntax"},
		{"left over at the end of text", `<r><a>x</i></a><b>y</i></bb></r>`, `r{a="x" b="y"}`, "syntax syntax syntax"},
		{"another end tag", `<r><a>x</b><b>y</a></r>`, `r{a="x" b="y"}`, "syntax syntax"},
		{"end tag missing", `<r><a>x</r>`, `r{a="x"}`, "syntax"},
		{"end tags missing", `<r><a><b><c>x</a><c>y</c></r>`, `r{a{b{c="x"}} c="y"}`, "syntax syntax"},
		{"end tag without end", `<r><a>x</a</r>`, `r{a="x"}`, "syntax"},
		{"end tag with more", `<r><a>x</a b="c"></ b></r>`, `r{a="x"}`, "syntax syntax syntax"},
		{"left over in text", `<r><a>x</i> y</a><b>z</p></b></r>`, `r{a="x y" b="z"}`, "syntax syntax"},
		{"left over between fields", `<r><a>1</a></x><b>2</b></r>`, `r{a="1" b="2"}`, "syntax"},
		{"misspelt end of the record", `<request><a>1</a></requst><b/>`, `request{a="1"}`, "syntax"},
		{"end of the root", `<request><a>1</a></service_requests>`, `request{a="1"}`, "syntax"},
		{"end of the root in a field", `<request><a>1</requests>`, `request{a="1"}`, "syntax"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newXMLScan(test.in)
			for round := range 3 { // the second has learned the order, the third has no dictionary
				if round == 2 {
					s.dict = names{}
				}
				s.reset()
				end, err := s.xmlRecord(0)
				if err != nil {
					if round == 2 && strings.HasPrefix(test.name, "end of the root") && err == errCut {
						continue
					}
					t.Fatal(err)
				}
				if err := xmlCheck(s, end); err != nil {
					t.Fatal(err)
				}
				if got := xmlDump(s, 0); got != test.want {
					t.Errorf("round %d: got  %s\n         want %s", round, got, test.want)
				}
				var kinds []string
				for _, r := range s.repairs {
					kinds = append(kinds, r.kind)
				}
				if diff := cmp.Diff(strings.Fields(test.repairs), kinds); diff != "" && len(kinds)+len(test.repairs) > 0 {
					t.Errorf("round %d: repairs (-want +got):\n%s%v", round, diff, s.repairs)
				}
			}
		})
	}
}

func TestXMLRecordEnd(t *testing.T) {
	for in, want := range map[string]string{
		`<r/><x>`:                    `<x>`,
		`<r><a/></r ><x>`:            `<x>`,
		`<r><a>x</a></r<x>`:          `<x>`,
		`<request><a/></requests>`:   `</requests>`,
		`<request><a>x</requests>`:   `</requests>`,
		`<requests><a/></requests>x`: `x`,
	} {
		s := newXMLScan(in)
		end, err := s.xmlRecord(0)
		if err != nil || in[end:] != want {
			t.Errorf("%s: left %q, %v", in, in[end:], err)
		}
	}
}

func TestXMLRecordErrors(t *testing.T) {
	for in, want := range map[string]string{
		``:                     errCut.Error(),
		`<`:                    errCut.Error(),
		`<a`:                   errCut.Error(),
		`<a `:                  errCut.Error(),
		`<a b="`:               errCut.Error(),
		`<a/`:                  errCut.Error(),
		`x`:                    "no XML element where one should start",
		`<1>`:                  "no XML element where one should start",
		`<a <b>`:               "no XML element where one should start",
		`<a b="<c>">`:          "no XML element where one should start",
		`</a>`:                 "no XML element where one should start",
		`<a><![CDATA[</a>`:     errCut.Error(),
		`<a><!--</a>`:          errCut.Error(),
		`<a><?x</a>`:           errCut.Error(),
		`<a><!X "</a>`:         errCut.Error(),
		`<a><!X [<!--]></a>`:   errCut.Error(),
		`<a><!X [<?x]></a>`:    errCut.Error(),
		`<a><b>`:               errCut.Error(),
		`<a><b/></c>`:          errCut.Error(),
		`<r><a><b><c><d>`:      errDeep.Error(),
		`<r><a><b><c/></b>`:    errCut.Error(),
		`<r><a><b><c><d/></r>`: errDeep.Error(),
	} {
		s := newXMLScan(in)
		s.depth = 3
		if _, err := s.xmlRecord(0); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
	s := newXMLScan(`<r><a>1</a><b><c>x &amp; y</c><d nil="true">z`)
	if _, err := s.xmlRecord(0); err != errCut || xmlDump(s, 0) != `r{a="1" b{c="x & y" d=null}}` {
		t.Error(xmlDump(s, 0), err)
	}
	s = newXMLScan(`<r><a>1</a></r>`)
	s.depth = 0
	if _, err := s.xmlRecord(0); err != errDeep {
		t.Errorf("depth 0: %v", err)
	}
	s.reset()
	s.src = []byte("x")
	var syntax *syntaxError
	if _, err := s.xmlRecord(0); !errors.As(err, &syntax) || syntax.at != 0 {
		t.Errorf("not an element: %v", err)
	}
}

func TestXMLDeep(t *testing.T) {
	const deep = 100000
	s := newXMLScan(strings.Repeat("<a>", deep) + "x" + strings.Repeat("</a>", deep))
	if _, err := s.xmlRecord(0); err != errDeep {
		t.Error(err)
	}
	s.reset()
	s.depth = deep
	if end, err := s.xmlRecord(0); err != nil || end != len(s.src) || len(s.nodes) != deep {
		t.Error(end, err, len(s.nodes))
	}
}

// TestXMLInPlace checks that text which needs no change is not copied.
func TestXMLInPlace(t *testing.T) {
	s := newXMLScan("<r><a>x\n\ty]></a><b><![CDATA[<b>]]></b><c>z<!-- --></c><d>\n<e>1</e></d></r>")
	if _, err := s.xmlRecord(0); err != nil || len(s.scratch) != 0 {
		t.Errorf("%q %v", s.scratch, err)
	}
	s = newXMLScan("<r>" + strings.Repeat("\r\n<a>&amp;", 50) + "x" + strings.Repeat("</a>", 50) + "</r>")
	if _, err := s.xmlRecord(0); err != nil || len(s.scratch) > 4 {
		t.Errorf("%q %v", s.scratch, err)
	}
}

func TestXMLRepairsAreBounded(t *testing.T) {
	s := newXMLScan("<r><a>" + strings.Repeat("& </x> y", 1000) + "</a></r>")
	if _, err := s.xmlRecord(0); err != nil || len(s.repairs) != maxRepairs {
		t.Error(len(s.repairs), err)
	}
	s.reset()
	s.quiet = true
	if _, err := s.xmlRecord(0); err != nil || len(s.repairs) != 0 {
		t.Error(len(s.repairs), err)
	}
}
