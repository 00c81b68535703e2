package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// outcome is what came out of a document.
type outcome struct {
	list []open311.ServiceRequest
	err  error // nil at a proper end
}

// harvest reads a document to its end. It fails the test if that has none.
func harvest(t *testing.T, src io.Reader, size int, o *wire.Options) (out outcome) {
	t.Helper()
	rd := requests.Read(src, o)
	defer rd.Close()
	for {
		var r open311.ServiceRequest
		switch err := rd.Next(&r); err {
		case nil:
		case io.EOF:
			rd.Meta()
			return out
		default:
			out.err = err
			if again := rd.Next(new(open311.ServiceRequest)); again == nil || again.Error() != err.Error() {
				t.Fatalf("after %v comes %v", err, again)
			}
			return out
		}
		for name, raw := range r.Extra {
			if !json.Valid(raw) {
				t.Fatalf("Extra[%q] is no JSON: %q", name, raw)
			}
		}
		if out.list = append(out.list, r); len(out.list) > size {
			t.Fatalf("more records than bytes")
		}
	}
}

// differs reports how two outcomes differ. Errors are the same if they are of one kind at one place: what
// they quote depends on the window.
func (o outcome) differs(from outcome) string {
	for i := range min(len(o.list), len(from.list)) {
		if diff := differ(&o.list[i], &from.list[i]); diff != "" {
			return fmt.Sprintf("record %d: %s", i, diff)
		}
	}
	if a, b := len(o.list), len(from.list); a != b {
		return fmt.Sprintf("%d records (%v), want %d (%v)", a, o.err, b, from.err)
	}
	if a, b := place(o.err), place(from.err); a != b {
		return fmt.Sprintf("ends with %s, want %s", a, b)
	}
	return ""
}

func place(err error) string {
	var e *wire.Error
	switch {
	case errors.Is(err, wire.ErrEmpty):
		return err.Error() // there is no place where nothing is
	case errors.As(err, &e):
		return fmt.Sprintf("%v at %d of %s: %v %v", e.Format, e.Offset, e.Path, e.Err, e.Cut)
	}
	return fmt.Sprint(err)
}

// everyWay reads a document at once, byte by byte, and with someone who listens to repairs. All must
// come to the same.
func everyWay(t *testing.T, doc []byte, o wire.Options) outcome {
	t.Helper()
	first := harvest(t, bytes.NewReader(doc), len(doc), &o)
	if diff := harvest(t, iotest.OneByteReader(bytes.NewReader(doc)), len(doc), &o).differs(first); diff != "" {
		t.Fatalf("byte by byte: %s", diff)
	}
	if diff := harvest(t, iotest.DataErrReader(bytes.NewReader(doc)), len(doc), &o).differs(first); diff != "" {
		t.Fatalf("with the last bytes and io.EOF at once: %s", diff)
	}
	warnings := 0
	o.Warn = func(w wire.Warning) {
		if w.Kind == "" || w.Detail == "" || w.Path == "" {
			t.Fatalf("warning %+v", w)
		}
		if warnings++; warnings > 100*(1+len(doc)) {
			t.Fatal("no end of warnings")
		}
	}
	if diff := harvest(t, bytes.NewReader(doc), len(doc), &o).differs(first); diff != "" {
		t.Fatalf("with warnings: %s", diff)
	}
	warned := warnings > 0
	o.Strict = true
	strict := harvest(t, bytes.NewReader(doc), len(doc), &o)
	if !warned {
		if diff := strict.differs(first); diff != "" {
			t.Fatalf("strictly, and there is nothing to warn of: %s", diff)
		}
	} else if strict.err == nil {
		t.Fatal("strictly no error in spite of warnings")
	}
	return first
}

// FuzzSniff reads documents of any kind under any label.
func FuzzSniff(f *testing.F) {
	for _, doc := range []string{
		``, ` `, "\xEF\xBB\xBF", `null`, `nullify`, `[]`, `{}`, `""`, `"x"`, `<`, `</a>`, `<a/>`, `<!DOCTYPE html><html></html>`,
		`<?xml version="1.0"?><!DOCTYPE html><html/>`, `<html><body>502 Bad Gateway</body></html>`, `Not Found`, `001`, `cb([{"status":"open"}]);`,
		`[{"service_request_id":001,"status":"open"}]`, `{"service_requests":[{"status":"open"}]}`, `{"data":{"requests":[{"status":"open"}]},"meta":{"total":1}}`,
		`[[{"status":"open"}],[{"status":"closed"}]]`, `[{"status":"open"}][{"status":"closed"}]`, `[{"code":404,"description":"Not found"}]`,
		`{"errors":[{"code":"400","description":"api_key missing"}]}`, `[{"status":"open"},{"status":"cl`, `[{"status":"open"},null,{},"x",[],{"a":b}]`,
		`[{'service_request_id': 7, 'lat': None, 'open': True}]`, `[{"status":"a` + "\x00\x01\n" + `b","description":"\q\u12\ud800\ud83d\ude00"}]`,
		`[{"status":"open",,"lat":"52,5" "long":13.4},]`, `{"service_request":{"status":"open"}}`, "\xFF\xFE[\x00]\x00", "\x00<\x00a\x00/\x00>", "[\x00{\x00}\x00]\x00",
		"[{\"address\":\"Caf\xE9\"}]", "<?xml version='1.0' encoding='ISO-8859-1'?><service_requests><request><address>Caf\xE9</address></request></service_requests>",
		`<?xml version="1.0" encoding="koi8-r"?><service_requests><request><status>open</status></request></service_requests>`,
		`<service_requests type="array"><request><status>open</status><lat xsi:nil="true"/></request></service_requests><service_requests/>`,
		`<service_requests><request><status>open</request><request><status>closed</status></requests></service_requests>`,
		`<a:r xmlns:a="x"><a:request><a:status>open</a:status><b>1</b><b>2</b></a:request></a:r>`, `<errors><error><code>400</code><description>x</description></error></errors>`,
		`<requests><request><description>a & b &lt; &nbsp; &#0; &#x41; <![CDATA[<c>]]></description></request></requests>`,
		`{"":[{0`, `{"errors":[{"code":{"a`,
		`<request><status>open</status></request>`, `<request status="open"><status a='<'>x</status</request>`,
	} {
		f.Add([]byte(doc), "")
	}
	f.Add([]byte(`[{"status":"open"}]`), "utf-16le")
	f.Add([]byte(`[{"status":"`+"\xE4"+`"}]`), "koi8-r")
	f.Add([]byte(`[{"status":"`+"\xE4"+`"}]`), "iso-8859-1")
	f.Add(payload{wire.JSON, true, 5}.bytes(), "")
	f.Add(payload{wire.XML, true, 5}.bytes(), "")
	f.Fuzz(func(t *testing.T, doc []byte, label string) {
		everyWay(t, doc, wire.Options{Label: label})
		everyWay(t, doc, wire.Options{Label: label, Location: time.FixedZone("", 3600),
			CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return iotest.HalfReader(r), nil }})
		// Where a document is too large depends on how it is cut into reads, so this compares nothing.
		harvest(t, bytes.NewReader(doc), len(doc), &wire.Options{Label: label, MaxBytes: int64(len(doc))/2 + 1})
		wire.Faults(doc)
	})
}

// jsonField is one field of an object, in the order of the document.
type jsonField struct {
	name string
	raw  json.RawMessage
}

// jsonFields returns the fields of an object as encoding/json sees them, repeated ones included.
func jsonFields(raw []byte) (list []jsonField, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, false
		}
		field := jsonField{name: withoutControls(t).(string)}
		if d.Decode(&field.raw) != nil {
			return nil, false
		}
		list = append(list, field)
	}
	return list, true
}

// nesting returns how deep arrays and objects nest.
func nesting(raw []byte) (most int) {
	depth, text := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '[' || c == '{':
			depth++
			most = max(most, depth)
		case c == ']' || c == '}':
			depth--
		}
	}
	return most
}

// aliases are the names under which the fields of a request are found, as the table of the root
// package has them.
var aliases = map[string]string{
	"servicerequest_id": "service_request_id", "status_note": "status_notes", "update_datetime": "updated_datetime",
	"address_string": "address", "adress_id": "address_id", "zip_code": "zipcode", "latitude": "lat",
	"lon": "long", "lng": "long", "longitude": "long", "token": "token",
}

// fieldOf returns the field of a request that a name means, however it is spelt, or "".
func fieldOf(name string) string {
	if len(name) > 64 {
		return ""
	}
	for a, field := range aliases {
		if squeezed(a) == squeezed(name) {
			return field
		}
	}
	for _, field := range fieldNames {
		if squeezed(field) == squeezed(name) {
			return field
		}
	}
	return ""
}

// squeezed is a name without capitals and joints.
func squeezed(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r | 0x20
		case r <= ' ' || r == '_' || r == '-':
			return -1
		}
		return r
	}, name)
}

// textOf returns the field of a request that holds a text.
func textOf(r *open311.ServiceRequest, field string) (text string, ok bool) {
	switch field {
	case "service_request_id":
		return r.ID, true
	case "token":
		return r.Token, true
	case "status":
		return string(r.Status), true
	case "status_notes":
		return r.StatusNotes, true
	case "service_name":
		return r.ServiceName, true
	case "service_code":
		return r.ServiceCode, true
	case "description":
		return r.Description, true
	case "agency_responsible":
		return r.AgencyResponsible, true
	case "service_notice":
		return r.ServiceNotice, true
	case "address":
		return r.Address, true
	case "address_id":
		return r.AddressID, true
	case "zipcode":
		return r.Zipcode, true
	case "media_url":
		return r.MediaURL, true
	}
	return "", false
}

func timeOf(r *open311.ServiceRequest, field string) (time.Time, bool) {
	switch field {
	case "requested_datetime":
		return r.RequestedDatetime, true
	case "updated_datetime":
		return r.UpdatedDatetime, true
	case "expected_datetime":
		return r.ExpectedDatetime, true
	}
	return time.Time{}, false
}

// scalarText returns what a scalar says after the rules of this package: white space around a text does
// not count, nor do the words for null. ok is false for arrays and objects.
func scalarText(raw json.RawMessage) (text string, ok bool) {
	switch raw[0] {
	case '[', '{':
		return "", false
	case 'n':
		return "", true
	case '"':
		if json.Unmarshal(raw, &text) != nil {
			return "", false
		}
	default:
		text = string(raw)
	}
	text = withoutControls(text).(string)
	text = strings.TrimFunc(text, func(r rune) bool { return r <= ' ' })
	switch text {
	case "None", "null", "NULL", "Null":
		text = ""
	}
	return text, true
}

var isID = map[string]bool{"service_request_id": true, "token": true, "service_code": true, "address_id": true, "zipcode": true}

// wholeID writes a number that is an id without fraction and exponent, where no digits are made up.
func wholeID(number string) string {
	if !strings.ContainsAny(number, ".eE") {
		return number
	}
	_, e, scaled := strings.Cut(strings.ToLower(number), "e")
	if exponent, err := strconv.Atoi(e); scaled && (err != nil || exponent < -15 || exponent > 15) {
		return number
	}
	r, ok := new(big.Rat).SetString(number)
	if !ok || !r.IsInt() {
		return number
	}
	whole := r.Num().String()
	if r.Sign() == 0 && number[0] == '-' {
		whole = "-0"
	}
	if scaled && len(strings.TrimPrefix(whole, "-")) > 15 {
		return number
	}
	return whole
}

// compareJSON checks a record against what encoding/json sees in its object.
func compareJSON(t *testing.T, got *open311.ServiceRequest, fields []jsonField) {
	t.Helper()
	last := map[string]json.RawMessage{} // by name: of several the last counts
	names := map[string][]string{}       // by field: the names that mean it
	for _, field := range fields {
		if _, ok := last[field.name]; !ok {
			if f := fieldOf(field.name); f != "" {
				names[f] = append(names[f], field.name)
			}
		}
		// As in a struct null leaves alone what is there.
		if string(field.raw) != "null" || last[field.name] == nil {
			last[field.name] = field.raw
		}
	}
	repeated := len(last) != len(fields)
	value := func(field string) (raw json.RawMessage, ok bool) {
		if repeated && len(names[field]) > 1 {
			return nil, false
		}
		for i, name := range names[field] {
			text, scalar := scalarText(last[name])
			switch {
			case i == 0 || raw == nil:
				raw = last[name]
			case !scalar || text != "":
				return nil, false // two names that compete
			}
			if scalar && text == "" && i < len(names[field])-1 {
				raw = nil // "" under one name does not beat what stands under another
			}
		}
		return raw, raw != nil
	}
	for field := range names {
		raw, ok := value(field)
		if !ok {
			continue
		}
		want, scalar := scalarText(raw)
		if !scalar {
			continue
		}
		if isID[field] && raw[0] != '"' {
			want = wholeID(want)
		}
		if text, ok := textOf(got, field); ok && text != want {
			t.Fatalf("%s is %q, want %q", field, text, want)
		}
		if at, ok := timeOf(got, field); ok && !repeated {
			if stamp, err := time.Parse(time.RFC3339, want); err == nil {
				if isNoTime(stamp) {
					stamp = time.Time{}
				}
				if !at.Equal(stamp) {
					t.Fatalf("%s is %v, want %v", field, at, stamp)
				}
			}
		}
	}
	lat, ok1 := degrees(value("lat"))
	long, ok2 := degrees(value("long"))
	if ok1 && ok2 && !repeated {
		on := math.Abs(lat) <= 90 && math.Abs(long) <= 180
		if (got.Location != nil) != on || on && (got.Location.Lat != lat || got.Location.Long != long) {
			t.Fatalf("Location is %v, want %v, %v", got.Location, lat, long)
		}
	}
	unknown := 0
	for name := range last {
		if fieldOf(name) != "" {
			continue
		}
		unknown++
		var all []string
		for _, field := range fields {
			if field.name == name {
				all = append(all, string(field.raw)) // here null counts
			}
		}
		raw := json.RawMessage(all[0])
		if len(all) > 1 {
			raw = json.RawMessage("[" + strings.Join(all, ",") + "]")
		}
		if !sameJSON(got.Extra[name], raw) {
			t.Fatalf("Extra[%q] is %q, want %q", name, got.Extra[name], raw)
		}
	}
	for name := range got.Extra {
		if fieldOf(name) == "" {
			unknown--
		} else if _, ok := last[name]; !ok {
			t.Fatalf("Extra[%q] was not in the document", name)
		}
	}
	if unknown != 0 {
		t.Fatalf("Extra is %s", got.Extra)
	}
}

// degrees returns a coordinate, if it is one to strconv and to the specification.
func degrees(raw json.RawMessage, ok bool) (float64, bool) {
	if !ok {
		return 0, false
	}
	text, ok := scalarText(raw)
	if !ok || text == "" || strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

// isNoTime reports whether a date is one that servers send in place of none.
func isNoTime(t time.Time) bool {
	return t.Unix() >= -14*3600 && t.Unix() <= 14*3600 || t.Year() <= 1
}

// buildJSON makes a record of any bytes, so that the fuzzer need not know how to.
func buildJSON(data []byte) string {
	var (
		names = []string{"status", "description", "lat", "long", "requested_datetime", "media_url", "address", "zipcode", "service_code",
			"extra", "labels", "url", "", "a", `\u0061`, "Status", "address_string", "\u00e4", `x\"y\\\/`, "service_request_id", "z"}
		scalars = []string{`"a"`, `" b "`, `"\n"`, `"Straße"`, "1.5", "-7", "0", "-0", "1e2", "12345678901234567890.5", `"2010-04-14T06:37:38-08:00"`,
			`"2010-04-14T06:37:38.5Z"`, `"None"`, `""`, "null", "true", "false", `"\ud83d\udeb2"`, `"\ud83d"`, `"\u0000\/\b\f\t\r"`, `"\\\""`,
			`"12345678"`, `"123456789\u00e4"`, `"{"`, `"[,]"`, `"\udc00\ud800"`, `"1.5"`, `"-7"`}
		blanks = []string{"", "", "", " ", "\n\t", "\r\n "}
		b      strings.Builder
	)
	next := func(n int) int {
		if len(data) == 0 {
			return 0
		}
		c := int(data[0])
		data = data[1:]
		return c % n
	}
	blank := func() { b.WriteString(blanks[next(len(blanks))]) }
	var value func(depth int)
	container := func(left, right byte, depth, n int) {
		b.WriteByte(left)
		blank()
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
				blank()
			}
			if left == '{' {
				b.WriteString(`"` + names[next(len(names))] + `"`)
				blank()
				b.WriteByte(':')
				blank()
			}
			value(depth + 1)
			blank()
		}
		b.WriteByte(right)
	}
	value = func(depth int) {
		switch do := next(8); {
		case do == 0 && depth < 6:
			container('[', ']', depth, next(4))
		case do == 1 && depth < 6:
			container('{', '}', depth, next(4))
		default:
			b.WriteString(scalars[next(len(scalars))])
		}
	}
	b.WriteString(`{"token":"17"`)
	for len(data) > 0 {
		b.WriteString(`,"` + names[next(len(names))] + `":`)
		value(1)
	}
	return b.String() + "}"
}

// FuzzJSON reads documents as they are, and what is JSON in three ways as part of a record. Where it is
// clear what encoding/json sees, we must see the same.
func FuzzJSON(f *testing.F) {
	for _, doc := range []string{
		`[{"service_request_id":"638344","status":"open","lat":37.762221815,"long":-122.4651145,"requested_datetime":"2010-04-14T06:37:38-08:00"}]`,
		`[{"status":"open","x":[1,2,{"y":null}]},{"status":"closed","status":"open"}]`, `{"status":"open","Status":"closed"," status ":"x"}`,
		`{"address":"a\u00e9\ud83d\ude97\ud800\u0000\n","description":"  padded\t"}`, `{"lat":"1e1","long":-0.0,"latitude":3}`,
		`{"lat":123456789012345678901234567890,"long":1e400}`, `{"lat":91,"long":1}`, `{"lat":1}`, `{"lat":0.1,"long":0.30000000000000004}`,
		`{"requested_datetime":"2020-02-30T00:00:00Z","updated_datetime":"1970-01-01T00:00:00Z","expected_datetime":"2020-02-29T23:59:59.999999999+05:30"}`,
		`{"zipcode":12345,"service_code":1e3,"address_id":true,"media_url":null,"token":"None"}`, `{"x":1,"x":2,"x":null,"y":{"z":1,"z":2}}`,
		`{"media_url":["https://a.example/1","https://a.example/2"],"description":{"text":"a"},"status":[]}`,
		`{"":1,"a.b":2,"ä":3,"\u0061":4,"a":5}`, `[1,"x",null,[],{}]`, `"text"`, `-0.0e-0`, `true`, `[[[[[[1]]]]]]`,
		`[{"service_request_id":"1","status":"open","x":[1,2]},{"service_code":"2"}]`, `{"address_string":"a","address":"","zipcode":"","zip_code":"1"}`, `{"status":"open","status":"","description":"a","description":""}`, `{"status":"open","status":null}`,
		`{"description":"` + strings.Repeat(`\\\"`, 40) + `","a":"\/\b\f\n\r\t"}`, `[{"token":"17","a":{"address":"x"},"Status":false}]`,
		`[{"service_request_id":"1","w":s":"2"},` + strings.Repeat(`{"service_request_id":"2"},`, 200) + `{"service_request_id":"3","description":"a \" b","x":{}}]`,
		`[{"extra":1,"service_request_id":"17","extra":{"a":1,"a":"\u0000\/"}}]`,
	} {
		f.Add([]byte(doc))
	}
	f.Add(payload{wire.JSON, true, 4}.bytes())
	f.Fuzz(func(t *testing.T, doc []byte) {
		built := buildJSON(doc)
		compareOne(t, "["+built+"]", built)
		out := everyWay(t, doc, wire.Options{})
		if !json.Valid(doc) || !utf8.Valid(doc) || nesting(doc) > 60 {
			return
		}
		doc = bytes.TrimSpace(doc)
		// As it is, if it is a list of what can only be requests.
		if records, ok := plainRecords(doc); ok && len(records) > 0 {
			compareRecords(t, out, records)
		}
		// As a field that we do not know, and as one that we do.
		for _, name := range []string{"extra", "description"} {
			record := `{"service_request_id":"17","` + name + `":` + string(doc) + `}`
			compareOne(t, `[`+record+`]`, record)
		}
		// As the record itself.
		if doc[0] == '{' && len(bytes.TrimSpace(doc[1:len(doc)-1])) > 0 {
			record := string(doc[:len(doc)-1]) + `,"service_request_id":"17"}`
			if fields, ok := jsonFields([]byte(record)); ok && slices.ContainsFunc(fields, isErrorField) {
				return
			}
			compareOne(t, " [\n"+record+" , "+record+"]\r\n", record, record)
		}
	})
}

func compareOne(t *testing.T, doc string, records ...string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("document: %q", doc)
		}
	}()
	var all [][]jsonField
	for _, record := range records {
		fields, ok := jsonFields([]byte(record))
		if !ok {
			t.Fatalf("encoding/json does not read %q", record)
		}
		all = append(all, fields)
	}
	compareRecords(t, everyWay(t, []byte(doc), wire.Options{}), all)
}

func compareRecords(t *testing.T, out outcome, records [][]jsonField) {
	t.Helper()
	if out.err != nil || len(out.list) != len(records) {
		t.Fatalf("%d records and %v, want %d", len(out.list), out.err, len(records))
	}
	for i := range records {
		compareJSON(t, &out.list[i], records[i])
	}
}

// plainRecords returns the objects of a list if each has a field that makes it a request.
func plainRecords(doc []byte) (records [][]jsonField, ok bool) {
	var list []json.RawMessage
	if json.Unmarshal(doc, &list) != nil {
		return nil, false
	}
	for _, raw := range list {
		fields, ok := jsonFields(raw)
		// A status word may make an error of what has no id: {"service_code":"unknown","status":"error"}.
		failed := slices.ContainsFunc(fields, func(f jsonField) bool { return squeezed(f.name) == "status" })
		if !ok || !slices.ContainsFunc(fields, func(f jsonField) bool {
			text, scalar := scalarText(f.raw)
			return scalar && text != "" && (f.name == "service_request_id" || f.name == "service_code" && !failed)
		}) || slices.ContainsFunc(fields, isErrorField) {
			return nil, false
		}
		records = append(records, fields)
	}
	return records, true
}

// isErrorField reports whether a field may say that its object is an error, and no record.
func isErrorField(f jsonField) bool {
	name := squeezed(f.name)
	for _, word := range []string{"code", "error", "fault", "fail", "exception", "success", "ok", "status", "result", "state", "outcome"} {
		if strings.Contains(name, word) && fieldOf(f.name) == "" {
			return true
		}
	}
	return false
}

// FuzzTime reads dates. Whatever is RFC 3339 to package time is the same here; of the rest no more is
// asked than that what was read can be written.
func FuzzTime(f *testing.F) {
	for _, text := range []string{
		"2010-04-14T06:37:38-08:00", "2010-04-14T06:37:38Z", "2010-04-14T06:37:38.5Z", "2010-04-14T06:37:38.123456789+05:45", "2010-04-14T06:37:38,5Z",
		"2010-04-14T06:37:38.1234567891Z", "0001-01-01T00:00:00Z", "0000-00-00T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00", "9999-12-31T23:59:59-23:59",
		"2012-02-29T00:00:00Z", "2011-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "2010-04-14T24:00:00Z", "2010-04-14T23:59:60Z", "2010-04-14t06:37:38z",
		"2010-04-14 06:37:38", "2010-04-14", "2010-04-14T06:37", "2010-4-1 6:37:38 +0200", "2010/04/14 06:37:38 UTC", "2010-04-14T06:37:38+0200", "2010-04-14T06:37:38+02",
		"Wed, 14 Apr 2010 06:37:38 GMT", "4/14/2010 6:37:38 PM", "14.4.2010 06:37", "Apr 14, 2010 6:37:38 AM", "20100414T063738Z", "1271226000", "1271226000000", "/Date(1271226000000-0800)/",
		"", " ", "null", "None", "x", "2010-04-14T06:37:38-00:00", "2010-04-14T6:37:38Z", "2010-04-14T06:37:38+24:00", "2010-04-14T06:37:38+14:60", "-0001-01-01T00:00:00Z", "2010-04-14T06:37:38.Z",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			text = strings.ToValidUTF8(text, "?")
		}
		doc := []byte(`[{"status":"open","requested_datetime":`)
		doc = append(wire.AppendQuoted(doc, text), `}]`...)
		out := everyWay(t, doc, wire.Options{})
		if out.err != nil || len(out.list) != 1 {
			t.Fatalf("%q: %d records, %v", text, len(out.list), out.err)
		}
		r := out.list[0]
		got := r.RequestedDatetime
		_, kept := r.Extra["requested_datetime"]
		if want, err := time.Parse(time.RFC3339, text); err == nil {
			if isNoTime(want) {
				want = time.Time{}
			}
			_, zone := got.Zone()
			_, wantZone := want.Zone()
			// Package time takes zones of 24 hours or 60 minutes, which RFC 3339 does not have.
			odd := got.IsZero() && kept && (strings.HasSuffix(text, ":60") || strings.Contains(text[len(text)-6:], "24:"))
			if !odd && (!got.Equal(want) || zone != wantZone) {
				t.Fatalf("%q is %v, want %v", text, got, want)
			}
		}
		if got.IsZero() {
			return // no date, or a misfit
		}
		if kept {
			t.Fatalf("%q is %v, and in Extra all the same", text, got)
		}
		if y := got.Year(); y < 0 || y > 9999 {
			return // beyond what RFC 3339 can say
		}
		doc = fmt.Appendf(nil, `[{"status":"open","requested_datetime":%q}]`, wire.FormatTime(got))
		out = everyWay(t, doc, wire.Options{})
		if len(out.list) != 1 || !isNoTime(got) && !out.list[0].RequestedDatetime.Equal(got.Truncate(time.Second)) {
			t.Fatalf("%q was written as %s, and read as %+v", text, doc, out)
		}
	})
}
