package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// The payloads that this package is measured and tested with: lists of service requests of an invented
// city. Request i is the same in every payload, format and run.

// payload describes a list of service requests.
type payload struct {
	format wire.Format
	sloppy bool // as servers write it, in place of as the specification has it
	n      int  // how many requests
}

func (p payload) String() string {
	if p.sloppy {
		return fmt.Sprintf("%v sloppy %d", p.format, p.n)
	}
	return fmt.Sprintf("%v clean %d", p.format, p.n)
}

var payloads sync.Map // payload → []byte

// bytes returns the whole document. It is made once.
func (p payload) bytes() []byte {
	if b, ok := payloads.Load(p); ok {
		return b.([]byte)
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, p.reader()); err != nil {
		panic(err)
	}
	payloads.Store(p, b.Bytes())
	return b.Bytes()
}

// reader returns the document request by request: it is never in memory as a whole.
func (p payload) reader() io.Reader {
	return &payloadReader{p: p, next: -1, rec: new(record)}
}

type payloadReader struct {
	p    payload
	next int // the request that comes next; -1 for the head of the document
	rec  *record
	buf  []byte // made and not yet given away
	made []byte // where buf is made
}

func (r *payloadReader) Read(b []byte) (int, error) {
	for len(r.buf) == 0 {
		if r.next > r.p.n {
			return 0, io.EOF
		}
		r.made = r.p.part(r.made[:0], r.next, r.rec)
		r.buf = r.made
		r.next++
	}
	n := copy(b, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}

// part appends request i, or what stands before the first or behind the last.
func (p payload) part(dst []byte, i int, rec *record) []byte {
	json := p.format == wire.JSON
	switch {
	case i < 0 && json:
		return append(dst, '[')
	case i < 0:
		return append(dst, wire.Header+"<service_requests>\n"...)
	case i == p.n && json:
		return append(dst, ']')
	case i == p.n:
		return append(dst, "</service_requests>\n"...)
	}
	rec.fill(i)
	if json {
		if i > 0 {
			dst = append(dst, ',')
		}
		return rec.appendJSON(dst, p.sloppy)
	}
	return rec.appendXML(dst, p.sloppy)
}

// want returns request i as it must be read.
func (p payload) want(i int) open311.ServiceRequest {
	var rec record
	rec.fill(i)
	r := rec.request()
	if p.sloppy && rec.odd() {
		r.Extra = open311.Extra{
			"ward":                []byte(strconv.Itoa(rec.i % 23)),
			"extended_attributes": rec.nested(nil),
		}
		if p.format == wire.XML {
			r.Extra["ward"] = []byte(strconv.Quote(strconv.Itoa(rec.i % 23)))
			r.Extra["extended_attributes"] = []byte(fmt.Sprintf(`{"votes":"%d","labels":["corner","school \u0026 park"]}`, rec.i%41))
		}
	}
	return r
}

// The fields of a request in the order of the specification.
const (
	fID = iota
	fStatus
	fNotes
	fName
	fCode
	fDescription
	fAgency
	fNotice
	fRequested
	fUpdated
	fExpected
	fAddress
	fAddressID
	fZip
	fLat
	fLong
	fMedia
	fieldCount
)

var fieldNames = [fieldCount]string{
	"service_request_id", "status", "status_notes", "service_name", "service_code", "description",
	"agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
	"address", "address_id", "zipcode", "lat", "long", "media_url",
}

// record is one request as texts; an empty one is missing.
type record struct {
	i     int
	field [fieldCount][]byte
	state uint64
}

// random returns a number below n. (SplitMix64)
func (r *record) random(n int) int {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return int((z ^ z>>31) >> 1 % uint64(n))
}

var (
	kinds = []struct{ code, name, agency, notice string }{
		{"POT-1", "Pothole on a Carriageway", "Streets and Bridges, Maintenance Yard North", "Crews fill potholes within four working days, sooner on arterial roads."},
		{"LGT-2", "Street Light Out or Flickering", "Electrical Services", ""},
		{"GRF-7", "Graffiti on Public Property", "Clean City Bureau", "Offensive graffiti is removed within one day."},
		{"TRE-3", "Tree or Limb Down", "Parks & Forestry <Urban Canopy>", "Call the emergency line if a wire is involved."},
		{"SNW-9", "Snow or Ice on a Footway", "Streets and Bridges, Winter Desk", ""},
		{"WST-4", "Missed Collection", "Waste & Recycling", "Please leave the bin at the kerb until it has been emptied."},
		{"SGN-5", "Sign Missing, Bent or Unreadable", "Traffic Engineering", ""},
		{"NOI-6", "Noise from a Building Site", "Environmental Health", "Working hours are 7 to 19 on weekdays."},
	}
	statuses  = []string{"open", "open", "closed", "closed", "closed"}
	closings  = []string{"Resolved on site.", "Duplicate of an earlier request; see there.", "Work order passed to the contractor, repair made & checked.", "Nothing found at this address. Please file again with a photo."}
	openings  = []string{"There is a deep hole", "Water has been running", "Something sharp sticks out", "The lamp has been dark for a week", "Broken glass lies"}
	places    = []string{"in front of the bakery", "beside the bus stop “Alte Mühle”", "at the corner by the school", "on the cycle lane", "behind the café"}
	closeness = []string{"and cyclists swerve into the traffic", "and I nearly fell", "since the storm on Sunday night", "so prams can't get past", "and it is > 10 cm deep"}
	pleas     = []string{
		"It has been like this for at least two weeks, and it gets worse with every lorry. Please send someone before the weekend.",
		"My neighbours have seen it too; there are photos from both sides of the road. Thank you for looking into it.",
		"It was reported last year as well, repaired within days, and now it is back at exactly the same spot as before.",
	}
	streets = []string{"Harbour Street", "Elm Avenue", "Rue de l'Église", "Königsallee", "Old Mill Road", "Market Square"}
)

// fill makes r request i.
func (r *record) fill(i int) {
	r.i, r.state = i, uint64(i)*0xD1B54A32D192ED03+1
	for k := range r.field {
		r.field[k] = r.field[k][:0]
	}
	set := func(k int, parts ...string) {
		for _, p := range parts {
			r.field[k] = append(r.field[k], p...)
		}
	}
	number := func(k, n int) { r.field[k] = strconv.AppendInt(r.field[k], int64(n), 10) }
	pick := func(list []string) string { return list[r.random(len(list))] }

	kind := kinds[r.random(len(kinds))]
	number(fID, 1_000_000+i*7)
	set(fStatus, pick(statuses))
	if r.field[fStatus][0] == 'c' {
		set(fNotes, pick(closings))
	}
	set(fName, kind.name)
	set(fCode, kind.code)
	set(fDescription, pick(openings), " ", pick(places), ", ", pick(closeness), ".")
	set(fDescription, " ", pick(pleas))
	if r.random(4) == 0 {
		set(fDescription, "\nI have reported this \"before\" & nothing happened.")
	}
	if i%5 == 0 {
		set(fDescription, " 🚲 Danke schön!")
	}
	set(fAgency, kind.agency)
	set(fNotice, kind.notice)
	at := time.Unix(1_700_000_000+int64(i)*911, 0).UTC()
	r.field[fRequested] = at.AppendFormat(r.field[fRequested], time.RFC3339)
	zone := time.FixedZone("", -5*3600)
	r.field[fUpdated] = at.Add(time.Duration(1+r.random(90))*time.Hour).In(zone).AppendFormat(r.field[fUpdated], time.RFC3339)
	if r.random(3) > 0 {
		r.field[fExpected] = at.Add(96*time.Hour).AppendFormat(r.field[fExpected], time.RFC3339)
	}
	number(fAddress, 1+r.random(900))
	set(fAddress, " ", pick(streets), ", Springfield")
	if r.random(4) == 0 {
		number(fAddressID, 40_000+r.random(50_000))
	}
	if r.random(5) > 0 {
		number(fZip, 10_115+r.random(80_000))
	}
	if r.random(12) > 0 {
		r.field[fLat] = strconv.AppendFloat(r.field[fLat], 42.2+float64(r.random(1_900_000))/1e7, 'f', 7, 64)
		r.field[fLong] = strconv.AppendFloat(r.field[fLong], -71.2+float64(r.random(1_900_000))/1e7, 'f', 7, 64)
	}
	if r.random(3) == 0 {
		set(fMedia, "https://media.springfield.example/requests/")
		number(fMedia, 1_000_000+i*7)
		set(fMedia, "/photo.jpg?size=large&rev=2")
	}
}

// odd tells whether the request is one of those that a sloppy payload writes with the wrong types.
func (r *record) odd() bool { return r.i%3 == 0 }

// request returns the request as it must be read.
func (r *record) request() open311.ServiceRequest {
	text := func(k int) string { return string(r.field[k]) }
	stamp := func(k int) (t time.Time) {
		if len(r.field[k]) > 0 {
			var err error
			if t, err = time.Parse(time.RFC3339, text(k)); err != nil {
				panic(err)
			}
		}
		return t
	}
	s := open311.ServiceRequest{
		ID: text(fID), Status: open311.Status(text(fStatus)), StatusNotes: text(fNotes), ServiceName: text(fName),
		ServiceCode: text(fCode), Description: text(fDescription), AgencyResponsible: text(fAgency),
		ServiceNotice: text(fNotice), RequestedDatetime: stamp(fRequested), UpdatedDatetime: stamp(fUpdated),
		ExpectedDatetime: stamp(fExpected), Address: text(fAddress), AddressID: text(fAddressID), Zipcode: text(fZip),
		MediaURL: text(fMedia),
	}
	if len(r.field[fLat]) > 0 {
		lat, err1 := strconv.ParseFloat(text(fLat), 64)
		long, err2 := strconv.ParseFloat(text(fLong), 64)
		if err1 != nil || err2 != nil {
			panic("coordinates")
		}
		s.Location = &open311.Point{Lat: lat, Long: long}
	}
	return s
}

// nested appends what a sloppy JSON payload has as extended_attributes.
func (r *record) nested(dst []byte) []byte {
	dst = append(dst, `{"votes":`...)
	dst = strconv.AppendInt(dst, int64(r.i%41), 10)
	return append(dst, `,"labels":["corner","school & park"]}`...)
}

// appendJSON appends the request as compact JSON. Each fifth escapes what is not ASCII.
//
// In a sloppy payload each third has coordinates as strings, ids as numbers and two fields that the
// specification does not know; each second has "" for what is missing.
func (r *record) appendJSON(dst []byte, sloppy bool) []byte {
	dst = append(dst, '{')
	for k, v := range r.field {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), fieldNames[k]...), '"', ':')
		odd := sloppy && r.odd()
		switch {
		case len(v) == 0 && sloppy && r.i%2 == 1:
			dst = append(dst, '"', '"')
		case len(v) == 0:
			dst = append(dst, "null"...)
		case (k == fLat || k == fLong) && !odd, (k == fID || k == fZip || k == fAddressID) && odd:
			dst = append(dst, v...)
		default:
			dst = appendJSONText(dst, v, r.i%5 == 0)
		}
	}
	if sloppy && r.odd() {
		dst = append(dst, `,"ward":`...)
		dst = strconv.AppendInt(dst, int64(r.i%23), 10)
		dst = append(dst, `,"extended_attributes":`...)
		dst = r.nested(dst)
	}
	return append(dst, '}')
}

func appendJSONText(dst, text []byte, ascii bool) []byte {
	const hex = "0123456789abcdef"
	unit := func(u uint16) { dst = append(dst, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15]) }
	dst = append(dst, '"')
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c < ' ':
			unit(uint16(c))
		case c > 0xFFFF && ascii:
			hi, lo := utf16.EncodeRune(c)
			unit(uint16(hi))
			unit(uint16(lo))
		case c >= utf8.RuneSelf && ascii:
			unit(uint16(c))
		default:
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return append(dst, '"')
}

// appendXML appends the request as indented XML. What is missing is an empty element, in three
// spellings by turns; each fifth request has what is not ASCII as references.
//
// In a sloppy payload each third has its description as CDATA and two fields that the specification
// does not know; each second has nil="true" for what is missing.
func (r *record) appendXML(dst []byte, sloppy bool) []byte {
	odd := sloppy && r.odd()
	dst = append(dst, "  <request>\n"...)
	for k, v := range r.field {
		name := fieldNames[k]
		dst = append(append(dst, "    <"...), name...)
		switch {
		case len(v) == 0 && sloppy && r.i%2 == 1:
			dst = append(dst, ` nil="true"/>`...)
		case len(v) == 0 && (r.i+k)%3 == 0:
			dst = append(dst, "/>"...)
		case len(v) == 0 && (r.i+k)%3 == 1:
			dst = append(dst, " />"...)
		default:
			dst = append(dst, '>')
			if k == fDescription && odd {
				dst = append(append(append(dst, "<![CDATA["...), v...), "]]>"...)
			} else {
				dst = appendXMLText(dst, v, r.i%5 == 0)
			}
			dst = append(append(append(dst, "</"...), name...), '>')
		}
		dst = append(dst, '\n')
	}
	if odd {
		dst = append(dst, "    <ward>"...)
		dst = strconv.AppendInt(dst, int64(r.i%23), 10)
		dst = append(dst, "</ward>\n    <extended_attributes>\n      <votes>"...)
		dst = strconv.AppendInt(dst, int64(r.i%41), 10)
		dst = append(dst, "</votes>\n      <labels><label>corner</label><label>school &amp; park</label></labels>\n    </extended_attributes>\n"...)
	}
	return append(dst, "  </request>\n"...)
}

func appendXMLText(dst, text []byte, ascii bool) []byte {
	for len(text) > 0 {
		c, n := utf8.DecodeRune(text)
		switch {
		case c == '&':
			dst = append(dst, "&amp;"...)
		case c == '<':
			dst = append(dst, "&lt;"...)
		case c == '>':
			dst = append(dst, "&gt;"...)
		case c >= utf8.RuneSelf && ascii:
			dst = append(append(dst, "&#x"...), strconv.FormatInt(int64(c), 16)...)
			dst = append(dst, ';')
		default:
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return dst
}

// differ returns a description of the first difference between two requests, or "". The texts of
// Extra may be written differently.
func differ(got, want *open311.ServiceRequest) string {
	a, b := *got, *want
	for _, t := range []struct {
		name string
		a, b *time.Time
	}{
		{"RequestedDatetime", &a.RequestedDatetime, &b.RequestedDatetime},
		{"UpdatedDatetime", &a.UpdatedDatetime, &b.UpdatedDatetime},
		{"ExpectedDatetime", &a.ExpectedDatetime, &b.ExpectedDatetime},
	} {
		_, off1 := t.a.Zone()
		_, off2 := t.b.Zone()
		if !t.a.Equal(*t.b) || off1 != off2 {
			return fmt.Sprintf("%s is %v, want %v", t.name, *t.a, *t.b)
		}
	}
	switch {
	case (a.Location == nil) != (b.Location == nil), a.Location != nil && *a.Location != *b.Location:
		return fmt.Sprintf("Location is %v, want %v", a.Location, b.Location)
	case len(a.Extra) != len(b.Extra):
		return fmt.Sprintf("Extra is %s, want %s", a.Extra, b.Extra)
	}
	for name, raw := range b.Extra {
		if !sameJSON(a.Extra[name], raw) {
			return fmt.Sprintf("Extra[%q] is %s, want %s", name, a.Extra[name], raw)
		}
	}
	texts := func(r *open311.ServiceRequest) [13]string {
		return [...]string{r.ID, r.Token, string(r.Status), r.StatusNotes, r.ServiceName, r.ServiceCode, r.Description,
			r.AgencyResponsible, r.ServiceNotice, r.Address, r.AddressID, r.Zipcode, r.MediaURL}
	}
	names := [...]string{"ID", "Token", "Status", "StatusNotes", "ServiceName", "ServiceCode", "Description",
		"AgencyResponsible", "ServiceNotice", "Address", "AddressID", "Zipcode", "MediaURL"}
	got13, want13 := texts(&a), texts(&b)
	for i := range got13 {
		if got13[i] != want13[i] {
			return fmt.Sprintf("%s is %q, want %q", names[i], got13[i], want13[i])
		}
	}
	return ""
}

// sameJSON reports whether two JSON texts mean the same to encoding/json.
func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	return canonicalJSON(a) == canonicalJSON(b)
}

// canonicalJSON rewrites JSON text: no blanks, names sorted, several fields of one name as the list of their
// values, no control characters, numbers as they stand. What is no JSON gives a text that no JSON gives.
func canonicalJSON(raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := canonicalValue(d)
	if err != nil || d.InputOffset() != int64(len(bytes.TrimRight(raw, " \t\r\n"))) {
		return fmt.Sprintf("not JSON: %q", raw)
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func canonicalValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := canonicalValue(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Delim('{'):
		fields := map[string][]any{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := canonicalValue(d)
			if err != nil {
				return nil, err
			}
			key := withoutControls(name).(string)
			fields[key] = append(fields[key], v)
		}
		out := map[string]any{}
		for name, values := range fields {
			if out[name] = values[0]; len(values) > 1 {
				out[name] = values
			}
		}
		_, err = d.Token()
		return out, err
	}
	return withoutControls(token), nil
}

// withoutControls drops the control characters from a text, as the scanners do. Other values stay.
func withoutControls(v any) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || 0x80 <= r && r <= 0x9F {
			return -1
		}
		return r
	}, text)
}
