package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// xmlSample is n records of about 1 KB.
func xmlSample(n int) [][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("pothole in the middle of street near corner with broken light &amp; a sign that fell &lt;yesterday&gt; Müll Straße water main side walk tree down over car")
	text := func(n int) string {
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(words[rnd.IntN(len(words))])
			b.WriteByte(' ')
		}
		return b.String()
	}
	records := make([][]byte, n)
	for i := range records {
		var b strings.Builder
		b.WriteString("<request>\n")
		for _, f := range xmlFields {
			v := ""
			switch f {
			case "service_request_id", "address_id":
				v = fmt.Sprint(638000 + i)
			case "status":
				v = []string{"open", "closed"}[i&1]
			case "service_code", "zipcode":
				v = fmt.Sprint(10000 + rnd.IntN(90000))
			case "requested_datetime", "updated_datetime":
				v = fmt.Sprintf("2026-04-%02dT06:37:38-08:00", 1+i%28)
			case "lat", "long":
				v = fmt.Sprintf("%.9f", rnd.Float64()*90)
			case "media_url":
				v = fmt.Sprintf("https://city.example.org/media/2026/%d.jpg", i)
			case "service_name":
				v = "Sidewalk and Curb Issues"
			case "description":
				v = text(140)
			case "status_notes", "address":
				v = text(30)
			}
			switch {
			case v != "":
				fmt.Fprintf(&b, "    <%s>%s</%[1]s>\n", f, v)
			case f == "agency_responsible":
				fmt.Fprintf(&b, "    <%s/>\n", f)
			case f == "service_notice":
				fmt.Fprintf(&b, "    <%s></%[1]s>\n", f)
			default:
				fmt.Fprintf(&b, "    <%s />\n", f)
			}
		}
		b.WriteString("</request>")
		records[i] = []byte(b.String())
	}
	return records
}

func TestXMLSteadyStateDoesNotAllocate(t *testing.T) {
	records := xmlSample(20)
	s := newXMLScan("")
	allocs := testing.AllocsPerRun(20, func() {
		for _, r := range records {
			s.reset()
			s.src = r
			if _, err := s.xmlRecord(0); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

const xmlAllSorts = "<request a='>' b=\"x\"><a>1 &amp; 2&#xF6;</a>\r\n<service_code />\n<b><![CDATA[<é>]]>\r\n</b><!-- c --><c xsi:nil='true'></c>" +
	"<d><e>1</e><e/>\n</d ><?pi x?><address>ö]</address><status>open</status></request >"

// TestXMLCut cuts a record at every byte.
func TestXMLCut(t *testing.T) {
	for _, whole := range []string{xmlAllSorts, string(xmlSample(1)[0])} {
		s := newXMLScan(whole)
		for round := range 2 {
			for i := range len(whole) {
				for _, eof := range []bool{false, true} {
					s.reset()
					s.src, s.eof = []byte(whole[:i]), eof
					_, err := s.xmlRecord(0)
					if want := map[bool]error{false: errMore, true: errCut}[eof]; err != want {
						t.Fatalf("%q, eof %v: %v", s.src, eof, err)
					}
				}
			}
			s.reset()
			s.src = []byte(whole)
			if _, err := s.xmlRecord(0); err != nil || len(s.repairs) > 0 {
				t.Fatal(round, err, s.repairs)
			}
		}
	}
}

// TestXMLMutations reads broken records: whatever they are, the nodes must make sense, and a window
// that was large enough must give the same as a larger one.
func TestXMLMutations(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	s := newXMLScan("")
	const alphabet = "<>/!?[]-&;#x\"'= \r\n\x00ra\xff"
	for range 10000 {
		b := []byte(xmlAllSorts)
		for range 1 + rnd.IntN(4) {
			at, c := rnd.IntN(len(b)), alphabet[rnd.IntN(len(alphabet))]
			switch rnd.IntN(3) {
			case 0:
				b[at] = c
			case 1:
				b = append(b[:at], b[min(len(b), at+1+rnd.IntN(10)):]...)
			case 2:
				b = append(b[:at:at], append([]byte{c}, b[at:]...)...)
			}
			if len(b) == 0 {
				b = []byte{c}
			}
		}
		xmlTryCut(t, s, b, rnd.IntN(len(b)+1))
		if want, ok := xmlOracle(b); ok && len(s.nodes) > 0 {
			if got := xmlDump(s, 0); got != want {
				t.Fatalf("%q:\n got  %s\n want %s", b, got, want)
			}
		}
	}
}

// xmlTryCut reads the record src, and src[:cut] as a window of a longer document.
func xmlTryCut(t *testing.T, s *scan, src []byte, cut int) {
	t.Helper()
	s.reset()
	s.src, s.eof = src[:cut], false
	end, err := s.xmlRecord(0)
	short, n := "", end
	if err == nil {
		if err := xmlCheck(s, end); err != nil {
			t.Fatalf("%q: %v", s.src, err)
		}
		short = xmlDump(s, 0)
	} else if err == errCut {
		t.Fatalf("%q: cut in an open window", s.src)
	} else if err := xmlCheckNodes(s); err != nil {
		t.Fatalf("%q: %v", s.src, err)
	}
	s.reset()
	s.src, s.eof = src, true
	end, whole := s.xmlRecord(0)
	if whole == nil {
		if err := xmlCheck(s, end); err != nil {
			t.Fatalf("%q: %v", src, err)
		}
	} else if whole == errMore {
		t.Fatalf("%q: more than all", src)
	}
	if err == errMore {
		return
	}
	if fmt.Sprint(err) != fmt.Sprint(whole) || err == nil && (n != end || xmlDump(s, 0) != short) {
		t.Fatalf("%q: %v, cut at %d: %v", src, whole, cut, err)
	}
}

// TestXMLLinear reads the inputs that make a careless scanner look at the same bytes again and again.
func TestXMLLinear(t *testing.T) {
	const size, limit = 1 << 18, 10 * time.Second // some 10 ms are usual, seconds if quadratic
	for _, unit := range []string{
		"<", "<a", "<a ", `<a x="`, `<a x='`, `<a x="<a x='`, `<a x="y='`, "&", "&#", "&#1", "&amp", "]]>", "</", "</x>", "</x> ", "</b",
		"<!", "<!a", "<!-", "<!--", "<!-->", "<?", "<?a", "<?xml >", "<![CDATA[", "<![CDATA[]]>", "<a/>", "<!DOCTYPE x [", "<!--'<?",
		"\r", "\x00", "x<b>y", "<request", "</request", "<a></a>", "&#xD800;",
	} {
		for _, start := range []string{"<r>", "<r><b><c>"} {
			s := newXMLScan(start + strings.Repeat(unit, size/len(unit)))
			s.depth = size
			before := time.Now()
			_, _ = s.xmlRecord(0)
			s.reset()
			for i := 0; ; {
				token, err := s.xmlNext(i)
				if err != nil || token.kind == xmlDone {
					break
				}
				i = token.end
			}
			if took := time.Since(before); took > limit {
				t.Errorf("%s%s…: %v", start, unit, took)
			}
		}
	}
}

// xmlRandom appends a random element.
func xmlRandom(b []byte, rnd *rand.Rand, depth int) []byte {
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	name := pick("a", "b", "status", "lat", "long", "x.y", "é", "n:a")
	b = append(b, "<"+name...)
	b = append(b, pick("", "", "", " ", "\n", " x='1'", " nil=\"true\"", " n:nil = '1' ", " type=\"array\"", " y='>\"'")...)
	if rnd.IntN(6) == 0 {
		return append(b, "/>"...)
	}
	b = append(b, '>')
	for n := rnd.IntN(6); n > 0; n-- {
		switch k := rnd.IntN(8); {
		case k < 3 && depth > 0:
			b = xmlRandom(b, rnd, depth-1)
		case k < 4:
			b = append(b, pick("<!-- <a> -->", "<?pi <a> ?>", "<![CDATA[]]>", "<![CDATA[<&\r\n]]>", "<![CDATA[ ]]]]>", "<!---->")...)
		case k < 5:
			b = append(b, pick("&amp;", "&#13;", "&#x1F600;", "&lt;&gt;", "&quot;", "&#32;", "&apos;")...)
		case k < 6:
			b = append(b, pick(" ", "\r", "\n", "\r\n", "\t", "\n    ")...)
		default:
			for range rnd.IntN(20) {
				b = append(b, pick("a", "1", "]", " ", "\"", "é", "'", "€", "/", "-")...)
			}
		}
	}
	b = append(b, "</"+name...)
	return append(b, pick(">", ">", " >", "\n>")...)
}

// TestXMLAgrees compares what we and encoding/xml see in documents that are well-formed.
func TestXMLAgrees(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	s := newXMLScan("")
	var doc []byte
	const n = 10000
	compared := 0
	for range n {
		doc = xmlRandom(doc[:0], rnd, 3)
		want, ok := xmlOracle(doc)
		if !ok {
			continue // not one of the things that xmlOracle wants to compare
		}
		compared++
		s.reset()
		s.src = doc
		end, err := s.xmlRecord(0)
		if err == nil {
			err = xmlCheck(s, end)
		}
		if err != nil || end != len(doc) {
			t.Fatalf("%q: ends at %d: %v", doc, end, err)
		}
		if got := xmlDump(s, 0); got != want {
			t.Fatalf("%q:\n got  %s\n want %s", doc, got, want)
		}
		for _, r := range s.repairs {
			if r.kind != WarnValue && r.text != "text beside elements" {
				t.Fatalf("%q: %v", doc, r)
			}
		}
	}
	if compared < n*2/3 {
		t.Errorf("only %d documents compared", compared)
	}
}

// TestXMLCorpus reads the documents that real servers sent, where they are at hand.
func TestXMLCorpus(t *testing.T) {
	root := os.Getenv("OPEN311_CORPUS")
	if root == "" {
		t.Skip("OPEN311_CORPUS does not name a directory")
	}
	files, err := filepath.Glob(filepath.Join(root, "files", "*", "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		s := newXMLScan(string(b))
		xmlTokens(t, s)
		s.reset()
		token, err := s.xmlNext(0)
		if err != nil {
			t.Fatal(f, err)
		}
		if token.kind != xmlStart {
			t.Log(f, "has no element")
			continue
		}
		end, err := s.xmlRecord(token.at)
		if err == nil {
			err = xmlCheck(s, end)
		}
		if err != nil {
			t.Error(f, err)
		}
		for _, r := range s.repairs {
			t.Log(f, r)
		}
		if want, ok := xmlOracle(b); ok {
			if got := xmlDump(s, 0); got != want {
				t.Errorf("%s: got  %s\nwant %s", f, got, want)
			}
		} else {
			t.Log(f, "not compared:", xmlDump(s, 0))
		}
	}
}

func BenchmarkXMLScan(b *testing.B) {
	const n = 1000
	records := xmlSample(n)
	window := bytes.Join(records, []byte("\n"))
	s := newXMLScan("")
	s.src = window
	b.SetBytes(int64(len(window)))
	b.ReportAllocs()
	for b.Loop() {
		at := 0
		for range n {
			token, err := s.xmlNext(at)
			if err != nil {
				b.Fatal(err)
			}
			s.reset()
			if at, err = s.xmlRecord(token.at); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/record")
}
