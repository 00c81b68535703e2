package open311_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// fuzzRead reads a document to its end.
func fuzzRead(t *testing.T, src io.Reader, size int, o *wire.Options) (list []open311.ServiceRequest, err error) {
	t.Helper()
	rd := wire.TableOf[open311.ServiceRequest]().Read(src, o)
	defer rd.Close()
	for {
		var r open311.ServiceRequest
		if err := rd.Next(&r); err == io.EOF {
			return list, nil
		} else if err != nil {
			return list, err
		}
		for name, raw := range r.Extra {
			if !json.Valid(raw) {
				t.Fatalf("Extra[%q] is no JSON: %q", name, raw)
			}
		}
		if list = append(list, r); len(list) > size {
			t.Fatal("more records than bytes")
		}
	}
}

// fuzzTime compares times by what they say, not by how they hold their zones.
var fuzzTime = cmp.Comparer(func(a, b time.Time) bool {
	_, zoneA := a.Zone()
	_, zoneB := b.Zone()
	return a.Equal(b) && zoneA == zoneB
})

// fuzzExtra compares the texts of Extra by what they mean to encoding/json.
var fuzzExtra = cmp.Comparer(func(a, b json.RawMessage) bool { return fuzzCanonical(a) == fuzzCanonical(b) })

func fuzzCanonical(raw []byte) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "not JSON: " + string(raw)
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// FuzzSameRecord writes a request as JSON and as XML and reads both: it must come back as it was, and
// without any repair.
func FuzzSameRecord(f *testing.F) {
	f.Add("638344", "", "closed", "Duplicate request.", "Sidewalk and Curb Issues", "006", "Falls apart,\nbadly", "City & Co.", "",
		"8TH AVE and <JUDAH> ST", "545483", "94122", "http://example.org/1.jpg?a=1&b=2", int64(1271227058), int64(1271227059), int64(0), 0, -480, 37.762221815, -122.4651145, true, "x", "y")
	f.Add("1", "t", "open", "\"quoted\" \\ back", "Schlagloch ä€🚲", "\u2028", "]]> <![CDATA[ &amp; &#65;", "\r\n a\rb", "null ", " None", "0", "00", "", int64(-62000000000), int64(253400000000), int64(1), 345, 1, 0.0, -180.0, true, "None", "[1]")
	f.Add("\x00\x01", "\uFFFE", "true", "\uFFFD", "1e5", "-0", "\u0085", "{", "]", "\t\n", "\x7f", "\xff", "ftp:", int64(1), int64(2), int64(3), 0, 0, 1e-7, 90.0, true, "a", "")
	f.Add("", "", "", "", "", "", "", "", "", "", "", "", "", int64(0), int64(0), int64(0), 0, 0, 0.0, 0.0, true, "", "")
	f.Fuzz(func(t *testing.T, id, token, status, notes, name, code, description, agency, notice, address, addressID, zip, media string,
		requested, updated, expected int64, zone1, zone2 int, lat, long float64, placed bool, extra1, extra2 string) {
		want := open311.ServiceRequest{
			ID: fuzzText(id), Token: fuzzText(token), Status: open311.Status(fuzzText(status)), StatusNotes: fuzzText(notes),
			ServiceName: fuzzText(name), ServiceCode: fuzzText(code), Description: fuzzText(description),
			AgencyResponsible: fuzzText(agency), ServiceNotice: fuzzText(notice), Address: fuzzText(address),
			AddressID: fuzzText(addressID), Zipcode: fuzzText(zip), MediaURL: fuzzText(media),
			RequestedDatetime: fuzzStamp(requested, zone1), UpdatedDatetime: fuzzStamp(updated, zone2), ExpectedDatetime: fuzzStamp(expected, 0),
		}
		if placed && math.Abs(lat) <= 90 && math.Abs(long) <= 180 {
			want.Location = &open311.Point{Lat: lat, Long: long}
		}
		if cmp.Equal(want, open311.ServiceRequest{}) {
			return // a record that says nothing is no record
		}
		table := wire.TableOf[open311.ServiceRequest]()
		if want.ID+want.Token == "" {
			said := table.Document(wire.JSON, []wire.Value{table.Encode(&open311.ServiceRequest{Status: want.Status, Description: "no"})})
			if _, err := fuzzRead(t, bytes.NewReader(said), len(said), &wire.Options{}); err != nil {
				return // a state that errors have, and nothing by which it is a request
			}
		}
		if a, b := fuzzText(extra1), fuzzText(extra2); a != "" && b != "" {
			text := func(s string) string { return string(wire.AppendQuoted(nil, s)) }
			want.Extra = open311.Extra{
				"extra_text":   json.RawMessage(text(a)),
				"extra_list":   json.RawMessage("[" + text(b) + "," + text(a) + "]"),
				"extra_one":    json.RawMessage("[" + text(b) + "]"),
				"extra_object": json.RawMessage(`{"first":` + text(a) + `,"second":{"third":` + text(b) + `,"fourth":` + text(a) + `}}`),
				"extra_null":   json.RawMessage("null"),
			}
		}
		v := table.Encode(&want)
		for _, format := range []wire.Format{wire.JSON, wire.XML} {
			doc := table.Document(format, []wire.Value{v, v})
			if format == wire.JSON && !json.Valid(doc) {
				t.Fatalf("not JSON: %s", doc)
			}
			if format == wire.XML {
				if _, ok := fuzzParse(doc); !ok && !bytes.ContainsRune(doc, utf8.RuneError) {
					t.Fatalf("not XML: %s", doc)
				}
			}
			list, err := fuzzRead(t, bytes.NewReader(doc), len(doc), &wire.Options{
				Warn: func(w wire.Warning) { t.Fatalf("%v: %+v\n%s", format, w, doc) },
			})
			if err != nil || len(list) != 2 {
				t.Fatalf("%v: %d records, %v\n%s", format, len(list), err, doc)
			}
			for i := range list {
				if diff := cmp.Diff(want, list[i], fuzzTime, fuzzExtra); diff != "" {
					t.Fatalf("%v: record %d (-want +got):\n%s\n%s", format, i, diff, doc)
				}
			}
		}
		// What MarshalJSON writes is for encoding/json.
		b, err := json.Marshal(&want)
		if err != nil || fuzzCanonical(b) != fuzzCanonical(wire.AppendJSON(nil, v)) {
			t.Fatalf("MarshalJSON: %s %v", b, err)
		}
	})
}

// fuzzText makes any text one that both formats can carry: valid UTF-8 without what XML does not allow,
// without white space around it, and none of the words for null.
func fuzzText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || isC1(r) || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return fuzzTrim(s)
}

// isC1 reports whether r is one of the control characters that no text keeps.
func isC1(r rune) bool { return 0x80 <= r && r <= 0x9F }

func dropC1(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if isC1(r) {
			return -1
		}
		return r
	}, b)
}

func fuzzTrim(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	switch s {
	case "None", "null", "NULL", "Null":
		return ""
	}
	return s
}

// fuzzStamp makes any number a time that RFC 3339 can write and that does not stand for none.
func fuzzStamp(sec int64, minutes int) time.Time {
	const first, span = -62_000_000_000, 315_000_000_000 // the years 5 to 9987
	at := time.Unix(first+int64(uint64(sec-first)%span), 0)
	if at.Unix() >= -14*3600 && at.Unix() <= 14*3600 {
		return time.Time{}
	}
	if minutes %= 24 * 60; minutes == 0 {
		return at.UTC()
	}
	return at.In(time.FixedZone("", minutes*60))
}

// fuzzElement is an element as encoding/xml sees it.
type fuzzElement struct {
	name string
	text string // of a leaf
	kids []*fuzzElement
	list bool // it says that it is a list
}

// fuzzParse reads a document with encoding/xml, which takes only what is well-formed. ok is false also for
// what this package means to read otherwise: several roots, declarations, text beside elements, and
// characters that XML has no name for.
func fuzzParse(doc []byte) (root *fuzzElement, ok bool) {
	if !utf8.Valid(doc) {
		return nil, false
	}
	doc = dropC1(doc)
	type open struct {
		*fuzzElement
		null bool
	}
	d := xml.NewDecoder(bytes.NewReader(doc))
	var stack []open
	for {
		token, err := d.Token()
		if err == io.EOF {
			return root, root != nil
		} else if err != nil {
			return nil, false
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := open{&fuzzElement{name: token.Name.Local}, false}
			if len(stack) > 60 {
				return nil, false
			}
			for _, a := range token.Attr {
				yes := a.Value == "true" || a.Value == "1"
				e.null = e.null || a.Name.Local == "nil" && yes
				e.list = e.list || a.Name.Local == "is_array" && yes || a.Name.Local == "type" && a.Value == "array"
				switch {
				case a.Name.Space != "", a.Name.Local == "nil", a.Name.Local == "is_array", a.Name.Local == "type", a.Name.Local == "xmlns",
					fuzzTrim(a.Value) == "":
					if a.Name.Space != "" && a.Name.Space != "xmlns" {
						return nil, false
					}
				case strings.Contains("schemaLocation noNamespaceSchemaLocation space lang version encoding key index", a.Name.Local):
					return nil, false // whether they are values is not for encoding/xml to say
				default:
					e.kids = append(e.kids, &fuzzElement{name: a.Name.Local, text: a.Value})
				}
			}
			if len(token.Attr) > 0 && bytes.IndexByte(doc, '&') >= 0 {
				return nil, false // references in attributes are left alone
			}
			switch {
			case len(stack) > 0:
				stack[len(stack)-1].kids = append(stack[len(stack)-1].kids, e.fuzzElement)
			case root != nil:
				return nil, false
			default:
				root = e.fuzzElement
			}
			stack = append(stack, e)
		case xml.CharData:
			token = dropC1(token) // it came as a reference
			if bytes.ContainsRune(token, utf8.RuneError) {
				return nil, false // it stands for a reference to a surrogate too
			}
			if len(stack) > 0 {
				stack[len(stack)-1].text += string(token)
			} else if len(bytes.TrimSpace(token)) > 0 {
				return nil, false
			}
		case xml.Directive:
			return nil, false
		case xml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			blank := strings.Trim(e.text, " \t\r\n") == ""
			if e.kids != nil && !blank {
				return nil, false
			}
			if e.null || blank {
				e.text = ""
			}
			if e.null {
				e.list = e.list && e.kids != nil
			}
		}
	}
}

// json appends the element as Extra has it: text as a string, elements of one name as an array.
func (e *fuzzElement) json(dst []byte) []byte {
	switch {
	case len(e.kids) == 0 && e.text != "":
		return wire.AppendQuoted(dst, strings.TrimFunc(e.text, func(r rune) bool { return r <= ' ' }))
	case len(e.kids) == 0 && e.list:
		return append(dst, "[]"...)
	case len(e.kids) == 0:
		return append(dst, "null"...)
	}
	first := e.kids[0].name
	same := !slices.ContainsFunc(e.kids, func(k *fuzzElement) bool { return k.name != first })
	if e.list || same && (len(e.kids) > 1 || first == fuzzSingular(e.name)) {
		return fuzzArray(dst, e.kids)
	}
	dst = append(dst, '{')
	for i, k := range e.kids {
		if slices.ContainsFunc(e.kids[:i], func(o *fuzzElement) bool { return o.name == k.name }) {
			continue
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(wire.AppendQuoted(dst, k.name), ':')
		dst = fuzzSame(dst, e.kids, k.name)
	}
	return append(dst, '}')
}

func fuzzArray(dst []byte, list []*fuzzElement) []byte {
	dst = append(dst, '[')
	for i, k := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = k.json(dst)
	}
	return append(dst, ']')
}

// fuzzSame appends the elements called name: one as it is, several as an array.
func fuzzSame(dst []byte, list []*fuzzElement, name string) []byte {
	var same []*fuzzElement
	for _, k := range list {
		if k.name == name {
			same = append(same, k)
		}
	}
	if len(same) == 1 {
		return same[0].json(dst)
	}
	return fuzzArray(dst, same)
}

func fuzzSingular(s string) string {
	switch {
	case strings.HasSuffix(s, "ies") && len(s) > 4:
		return s[:len(s)-3] + "y"
	case strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss") && len(s) > 2:
		return s[:len(s)-1]
	}
	return "item"
}

// The fields of a request, and their other names.
var fuzzNames = map[string]string{
	"service_request_id": "", "token": "", "status": "", "status_notes": "", "service_name": "", "service_code": "", "description": "",
	"agency_responsible": "", "service_notice": "", "requested_datetime": "", "updated_datetime": "", "expected_datetime": "",
	"address": "", "address_id": "", "zipcode": "", "lat": "", "long": "", "media_url": "",
	"servicerequest_id": "service_request_id", "status_note": "status_notes", "update_datetime": "updated_datetime",
	"address_string": "address", "adress_id": "address_id", "zip_code": "zipcode", "latitude": "lat",
	"lon": "long", "lng": "long", "longitude": "long",
}

// fuzzField returns the field that a name means, or "".
func fuzzField(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	field, ok := fuzzNames[name]
	if ok && field == "" {
		return name
	}
	return field
}

// fuzzRequests returns the requests of a document in which it is clear what they are: the children of
// the root that the specification has, each with an id, and none with a request inside a request.
func fuzzRequests(root *fuzzElement) ([]*fuzzElement, bool) {
	if root.name != "service_requests" || len(root.kids) == 0 {
		return nil, false
	}
	for _, r := range root.kids {
		if r.name != "request" || !slices.ContainsFunc(r.kids, func(k *fuzzElement) bool {
			return k.name == "service_request_id" && k.kids == nil && fuzzTrim(k.text) != ""
		}) {
			return nil, false
		}
		for _, k := range r.kids {
			if k.inside() {
				return nil, false
			}
		}
	}
	return root.kids, true
}

// inside reports whether an element contains one that could be a field.
func (e *fuzzElement) inside() bool {
	return slices.ContainsFunc(e.kids, func(k *fuzzElement) bool { return fuzzField(k.name) != "" || k.inside() })
}

// fuzzCompare checks a request against the element that it was read from.
func fuzzCompare(t *testing.T, got *open311.ServiceRequest, e *fuzzElement) {
	t.Helper()
	fields := map[string][]*fuzzElement{}
	competing := map[string]bool{}
	names := map[string]bool{}
	for _, k := range e.kids {
		names[k.name] = true
		if f := fuzzField(k.name); f != "" {
			if len(fields[f]) > 0 && fields[f][0].name != k.name || k.kids != nil {
				competing[f] = true
			}
			fields[f] = append(fields[f], k)
		}
	}
	stamps := map[string]time.Time{"requested_datetime": got.RequestedDatetime, "updated_datetime": got.UpdatedDatetime, "expected_datetime": got.ExpectedDatetime}
	for f, text := range map[string]string{
		"service_request_id": got.ID, "token": got.Token, "status": string(got.Status), "status_notes": got.StatusNotes, "service_name": got.ServiceName,
		"service_code": got.ServiceCode, "description": got.Description, "agency_responsible": got.AgencyResponsible, "service_notice": got.ServiceNotice,
		"address": got.Address, "address_id": got.AddressID, "zipcode": got.Zipcode, "media_url": got.MediaURL,
	} {
		want := ""
		for _, k := range fields[f] {
			if text := fuzzTrim(k.text); text != "" && (want == "" || f != "media_url") {
				want = text // of several the last; of links the first
			}
		}
		if !competing[f] && text != want {
			t.Fatalf("%s is %q, want %q", f, text, want)
		}
	}
	for f, at := range stamps {
		if len(fields[f]) != 1 || competing[f] {
			continue
		}
		text := fuzzTrim(fields[f][0].text)
		want, err := time.Parse(time.RFC3339, text)
		switch {
		case err != nil || strings.HasSuffix(text, ":60") || strings.Contains(text[len(text)-6:], "24:"):
			// Package time takes zones of 24 hours or 60 minutes, which RFC 3339 does not have.
		case want.Unix() == 0 || want.Year() <= 1:
			if !at.IsZero() {
				t.Fatalf("%s is %v, want none", f, at)
			}
		case !at.Equal(want):
			t.Fatalf("%s is %v, want %v", f, at, want)
		}
	}
	if len(fields["lat"]) == 1 && len(fields["long"]) == 1 && !competing["lat"] && !competing["long"] {
		lat, err1 := strconv.ParseFloat(fuzzTrim(fields["lat"][0].text), 64)
		long, err2 := strconv.ParseFloat(fuzzTrim(fields["long"][0].text), 64)
		plain := strings.Trim(fuzzTrim(fields["lat"][0].text+fields["long"][0].text), "+-.0123456789") == ""
		if plain && err1 == nil && err2 == nil && math.Abs(lat) <= 90 && math.Abs(long) <= 180 &&
			(got.Location == nil || *got.Location != open311.Point{Lat: lat, Long: long}) {
			t.Fatalf("Location is %v, want %v, %v", got.Location, lat, long)
		}
	}
	for name := range names {
		if fuzzField(name) != "" {
			continue
		}
		want := fuzzSame(nil, e.kids, name)
		if fuzzCanonical(got.Extra[name]) != fuzzCanonical(want) {
			t.Fatalf("Extra[%q] is %s, want %s", name, got.Extra[name], want)
		}
	}
	for name := range got.Extra {
		if !names[name] {
			t.Fatalf("Extra[%q] was not in the document", name)
		}
	}
}

// fuzzBuild makes well-formed XML of any bytes, so that the fuzzer need not know how to.
func fuzzBuild(data []byte) string {
	var (
		names = []string{"status", "description", "lat", "long", "requested_datetime", "media_url", "address", "zipcode", "service_code",
			"extra", "labels", "label", "item", "categories", "category", "a", "n:a", "Status", "address_string", "ä-1.2"}
		attrs = []string{"", "", "", "", ` nil="true"`, ` xsi:nil='1'`, ` type="array"`, ` is_array="true"`, ` a="b>c" d='"'`, "\n"}
		texts = []string{"a", " b ", "\n", "Straße", "1.5", "-7", "2010-04-14T06:37:38-08:00", "2010-04-14T06:37:38.5Z", "None", "&amp;", "&lt;b&gt;",
			"&#65;", "&#x1F6B2;", "&apos;&quot;", "<![CDATA[<c>&amp;]]>", "<![CDATA[]]>", "]]", ">", "\r\n", "\r", "&#13;", "&#32;", "'\"=/", "\u0085", "🚲", "12345678"}
		skipped = []string{" ", "\n\t", "<!-- a - b -->", "<?pi a?b >?>", "<!---->"}
		stack   []string
		has     = []byte{'k'} // what the open elements have: kids, text or nothing yet
		b       strings.Builder
	)
	next := func(n int) int {
		if len(data) == 0 {
			return 0
		}
		c := int(data[0])
		data = data[1:]
		return c % n
	}
	for len(data) > 0 {
		top := &has[len(has)-1]
		switch do := next(8); {
		case do == 0 && len(stack) > 0:
			b.WriteString("</" + stack[len(stack)-1] + strings.Repeat(" ", next(2)) + ">")
			stack, has = stack[:len(stack)-1], has[:len(has)-1]
		case do <= 2 && *top != 't' && len(stack) < 8:
			*top = 'k'
			name := names[next(len(names))]
			b.WriteString("<" + name + attrs[next(len(attrs))])
			if next(5) == 0 {
				b.WriteString("/>")
				continue
			}
			b.WriteString(">")
			stack, has = append(stack, name), append(has, ' ')
		case do <= 6 && *top != 'k':
			*top = 't'
			b.WriteString(texts[next(len(texts))])
		case do == 7:
			b.WriteString(skipped[next(len(skipped))])
		}
	}
	for _, name := range slices.Backward(stack) {
		b.WriteString("</" + name + ">")
	}
	return b.String()
}

// FuzzXML reads documents as they are, and as the fields of a record, a field that we do not know, and
// one that we do. Where encoding/xml takes the document, both must see the same.
func FuzzXML(f *testing.F) {
	for _, doc := range []string{
		`<service_requests><request><service_request_id>1</service_request_id><status>open</status></request></service_requests>`,
		`<status>open</status><lat>52.5</lat><long>-13.4</long><requested_datetime>2010-04-14T06:37:38-08:00</requested_datetime>`,
		`<description> a &lt;b&gt; &amp;amp; &#65;&#x1F6B2; <![CDATA[<c> ]]]]><![CDATA[>]]> </description><Address>x</Address>`,
		"<description>a\r\nb\rc&#13;&#10;d\te</description><!-- c --><?pi x?><zipcode/><zipcode />\n<zipcode></zipcode>",
		`<media_url>a</media_url><media_url>b</media_url><x>1</x><x>2</x><x/>`, `<x type="array"/><y type="array"><z>1</z></y><w nil="true"/><v nil="true">x</v>`,
		`<labels><label>a</label></labels><list><item>a</item></list><o><a>1</a><b>2</b><a>3</a></o><d><d><d><d/></d></d></d>`,
		`<n:status xmlns:n="u">open</n:status><n:x xmlns:n="u" n:y="z"/>`, `</request><request><service_request_id>2</service_request_id>`,
		`<x a="1" b='2' c="a>b"/>`, `<x>]]&gt;</x>`, `<ä>ö</ä>`, `<a:>b</a:>`, `<a-b.c>1</a-b.c>`, `<x><?xml version="1.0"?></x>`, `text`, `<status>None</status>`,
		`<lat>1</lat>`, `<lat>91</lat><long>1</long>`, `<lat>+1.50</lat><long>.5</long>`, `<extra>&nbsp;</extra>`, `<a>1</b>`, `<a`, `<status>a</status><status>b</status>`,
		`<service_requests><request><service_request_id>1</service_request_id></request></service_requests><x/>`, "<extra>\u0085</extra>", "<e\x16tra>\u0085e\x16</extra>", "<a1<\x7f>1<\x7f\xff>",
		"<\xff\xff2\u0085\xc2.<\xff\xff><\x85<.4texexra>texexra>", "<x type='array'>\u0085</x><y nil='true' type='array'>\u0085</y>",
	} {
		f.Add([]byte(doc))
	}
	const (
		before = `<service_requests><request><service_request_id>17</service_request_id>`
		behind = `</request></service_requests>`
	)
	f.Fuzz(func(t *testing.T, data []byte) {
		built := fuzzBuild(data)
		for _, doc := range []string{
			string(data), before + string(data) + behind, before + "<extra>" + string(data) + "</extra>" + behind,
			before + "\n<description>" + string(data) + "</description >\n" + behind, before + built + behind,
			before + "<extra>" + built + "</extra>" + behind + "\n",
		} {
			doc := []byte(doc)
			list, err := fuzzRead(t, bytes.NewReader(doc), len(doc), nil)
			slowly, err2 := fuzzRead(t, iotest.OneByteReader(bytes.NewReader(doc)), len(doc), &wire.Options{Warn: func(wire.Warning) {}})
			if diff := cmp.Diff(list, slowly, fuzzTime); diff != "" || fmt.Sprint(err) != fmt.Sprint(err2) {
				t.Fatalf("byte by byte: %s\n%v, want %v", diff, err2, err)
			}
			root, ok := fuzzParse(doc)
			if !ok {
				continue
			}
			records, ok := fuzzRequests(root)
			if !ok {
				continue
			}
			if err != nil || len(list) != len(records) {
				t.Fatalf("%s\n%d records and %v, want %d", doc, len(list), err, len(records))
			}
			for i := range records {
				fuzzCompare(t, &list[i], records[i])
			}
		}
	})
}
