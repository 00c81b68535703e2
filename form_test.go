package open311_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func mustJSON(t *testing.T, b []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
}

func mustXML(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := xml.Unmarshal(b, v); err != nil {
		t.Fatalf("%v in %.200s", err, b)
	}
}

// fullReport has every field of a report but for its files, which do not go with a MediaURL.
func fullReport() *open311.NewRequest {
	return &open311.NewRequest{
		ServiceCode: "001 ä/&=", Location: &open311.Point{Lat: -0.0000512, Long: 0}, AddressString: "Håkon & Söhne, 5%+1 <St>", AddressID: "00/7",
		Attributes:  open311.Attributes{"ONE": {"a,b & c=d"}, "MANY": {"x", "ÿ ☃", "z"}, "0": {"0"}, "c[d]": {"e"}},
		Description: "First line\nsecond \"line\" & <more>; 100 %", Email: "a+b@example.org", FirstName: "Madonna", LastName: "de la Cruz Ôña",
		Phone: "+1 555", DeviceID: "dev", AccountID: "acc", MediaURL: "https://m.example/?a=1&b=2", Params: url.Values{"title": {"Ms"}, "two": {"1", "2"}},
	}
}

// TestFormEncoding is what the specification has, and each departure of the dialects.
func TestFormEncoding(t *testing.T) {
	base := url.Values{
		"service_code": {"001 ä/&="}, "lat": {"-0.0000512"}, "long": {"0"}, "address_string": {"Håkon & Söhne, 5%+1 <St>"}, "address_id": {"00/7"},
		"attribute[ONE]": {"a,b & c=d"}, "attribute[0]": {"0"}, "attribute[c[d]]": {"e"}, "attribute[MANY][]": {"x", "ÿ ☃", "z"},
		"description": {"First line\nsecond \"line\" & <more>; 100 %"}, "email": {"a+b@example.org"}, "first_name": {"Madonna"}, "last_name": {"de la Cruz Ôña"},
		"phone": {"+1 555"}, "device_id": {"dev"}, "account_id": {"acc"}, "media_url": {"https://m.example/?a=1&b=2"}, "title": {"Ms"}, "two": {"1", "2"},
		"api_key": {"k"}, "jurisdiction_id": {"city.example"},
	}
	changed := func(change func(url.Values)) url.Values {
		v := url.Values{}
		maps.Copy(v, base)
		change(v)
		return v
	}
	without := func(v url.Values) { delete(v, "attribute[MANY][]") }
	tests := map[string]struct {
		dialect open311.Dialect
		want    url.Values
	}{
		"specification": {open311.Spec, base},
		"repeated":      {open311.Adapter, changed(func(v url.Values) { without(v); v["attribute[MANY]"] = []string{"x", "ÿ ☃", "z"} })},
		"commas":        {open311.Dialect{MultiValue: open311.MultiComma}, changed(func(v url.Values) { without(v); v["attribute[MANY]"] = []string{"x,ÿ ☃,z"} })},
		"indexed": {open311.Dialect{MultiValue: open311.MultiIndexed}, changed(func(v url.Values) {
			without(v)
			v["attribute[MANY][0]"], v["attribute[MANY][1]"], v["attribute[MANY][2]"] = []string{"x"}, []string{"ÿ ☃"}, []string{"z"}
		})},
		"other names": {open311.Dialect{Rename: map[string]string{"long": "lon"}, KeyParam: "token"}, changed(func(v url.Values) {
			v["lon"], v["token"] = v["long"], v["api_key"]
			delete(v, "long")
			delete(v, "api_key")
		})},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			header, _, body := sentBody(t, fullReport(), open311.WithDialect(tt.dialect), open311.WithAPIKey("k"), open311.WithJurisdiction("city.example"))
			got, err := url.ParseQuery(string(body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("form (-want +got):\n%s", d)
			}
			if ct := header.Get("Content-Type"); ct != "application/x-www-form-urlencoded; charset=utf-8" {
				t.Errorf("Content-Type %q", ct)
			}
		})
	}
}

// Nothing is sent that is not set: empty attributes, empty texts, no place.
func TestFormHasNothingThatIsNotSet(t *testing.T) {
	_, _, body := sentBody(t, &open311.NewRequest{ServiceCode: "1", AddressID: "7", Attributes: open311.Attributes{"A": {""}, "B": nil, "C": {"", "0"}}})
	if got, want := string(body), "address_id=7&attribute%5BC%5D=0&service_code=1"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
}

func TestAttributeSetters(t *testing.T) {
	a := open311.Attributes{}
	a.Set("LIST", "a", "b")
	a.SetNumber("SMALL", 0.0000005)
	a.SetNumber("LARGE", 1e21)
	a.SetTime("WHEN", time.Date(2026, 6, 1, 8, 30, 0, 5, time.FixedZone("", 7200)))
	want := open311.Attributes{"LIST": {"a", "b"}, "SMALL": {"0.0000005"}, "LARGE": {"1000000000000000000000"}, "WHEN": {"2026-06-01T08:30:00+02:00"}}
	if d := cmp.Diff(want, a); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// The predeclared dialects, and one for each style that none of them has.
func everyDialect() map[string]open311.Dialect {
	return map[string]open311.Dialect{
		"Spec": open311.Spec, "Spot": open311.Spot, "SeeClickFix": open311.SeeClickFix, "UReport": open311.UReport, "MarkASpot": open311.MarkASpot,
		"Klarschiff": open311.Klarschiff, "CitySDK": open311.CitySDK, "Adapter": open311.Adapter,
		"FixMyStreet":   open311.FixMyStreet,
		"JSON, base64":  {Body: open311.BodyJSON, Media: open311.MediaBase64, MediaField: "media[]"},
		"XML, base64":   {Body: open311.BodyXML, Media: open311.MediaBase64},
		"commas":        {MultiValue: open311.MultiComma, Requires: []string{"email", "media"}},
		"indexed":       {MultiValue: open311.MultiIndexed, MediaField: "media[]"},
		"JSON, renamed": {Body: open311.BodyJSON, Media: open311.MediaBase64, Rename: map[string]string{"long": "lon"}, KeyHeader: "X-API-Key"},
	}
}

// TestEveryFieldArrives sends every field of a report in every dialect and both formats to a city that
// takes reports in that way and in no other.
func TestEveryFieldArrives(t *testing.T) {
	form := open311.ServiceDefinition{ServiceCode: "001 ä/&=", Attributes: []open311.Attribute{
		{Code: "ONE", Datatype: open311.DatatypeText, Variable: true}, {Code: "0", Datatype: open311.DatatypeNumber, Variable: true, Required: true},
		{Code: "c[d]", Datatype: open311.DatatypeString, Variable: true},
		{Code: "MANY", Datatype: open311.DatatypeMultiValueList, Variable: true, Values: []open311.AttributeValue{{Key: "x"}, {Key: "ÿ ☃"}, {Key: "z"}}},
	}}
	for name, d := range everyDialect() {
		for _, format := range []open311.Format{open311.FormatJSON, open311.FormatXML} {
			for _, withFile := range []bool{false, true} {
				t.Run(strings.Join([]string{name, format.String(), map[bool]string{true: "file", false: "URL"}[withFile]}, "/"), func(t *testing.T) {
					fileEveryField(t, d, format, withFile, form)
				})
			}
		}
	}
	// A field that fullReport leaves out would not be checked.
	v := reflect.ValueOf(*fullReport())
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; v.Field(i).IsZero() && name != "Media" {
			t.Errorf("field %s is not set in the report", name)
		}
	}
}

// fileEveryField files a full report in a city that takes reports in the way of d only.
func fileEveryField(t *testing.T, d open311.Dialect, format open311.Format, withFile bool, form open311.ServiceDefinition) {
	opts := []open311test.Option{open311test.WithoutNetwork(), open311test.WithFilingStyle(d), open311test.WithAPIKey("k"),
		open311test.WithServices(open311.Service{Code: form.ServiceCode}), open311test.WithDefinitions(form)}
	if d.KeyHeader != "" || d.Rename["long"] != "" {
		opts = append(opts, open311test.WithDialect(open311.Dialect{KeyHeader: d.KeyHeader, Rename: d.Rename}))
	}
	city := open311test.NewServer(t, opts...)
	n := fullReport()
	if d.MultiValue == open311.MultiRepeat {
		delete(n.Attributes, "c[d]") // whose brackets that server's expression takes for its own
		n.Attributes["ONE"] = []string{"a, b"}
	}
	var files []open311test.File
	if withFile {
		n.MediaURL, n.Media = "", []open311.Media{mediaOf("a.png", pngHead, 0), mediaOf("b.png", pngHead+"2", 0)}
	} else if d.Requires != nil && d.Name == "" {
		n.Params.Set("media", "https://x.example") // required, and not a file
	}
	c := city.Client(open311.WithDialect(d), open311.WithFormat(format), open311.WithAPIKey("k"), open311.WithJurisdiction("city.example"),
		open311.WithLimiter(nil))
	if _, err := c.Services.Definition(t.Context(), form.ServiceCode); err != nil {
		t.Fatal(err)
	}
	if !withFile && len(d.Requires) > 0 && d.Requires[len(d.Requires)-1] == "media" {
		return // it cannot be filed without a file
	}
	r, err := c.Requests.Create(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	filed := city.Filed()
	if len(filed) != 1 || filed[0].ID != r.ID || r.ID == "" {
		t.Fatalf("receipt %v for %v", r, filed)
	}
	for _, f := range filed[0].Files {
		files = append(files, open311test.File{Data: f.Data})
	}
	want := *n
	want.Media = nil
	if d := cmp.Diff(want, filed[0].Request, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("report (-sent +arrived):\n%s", d)
	}
	var wantFiles []open311test.File
	if withFile {
		wantFiles = []open311test.File{{Data: []byte(pngHead)}, {Data: []byte(pngHead + "2")}}
	}
	if d := cmp.Diff(wantFiles, files); d != "" {
		t.Errorf("files (-sent +arrived):\n%s", d)
	}
}

func TestBodiesAsText(t *testing.T) {
	n := &open311.NewRequest{ServiceCode: "1", Location: &open311.Point{Lat: 0.0000001, Long: -2}, Description: "a\"<b>", Attributes: open311.Attributes{"A&B": {"1"}, "L": {"x", "y"}}}
	for style, want := range map[open311.BodyStyle]string{
		open311.BodyForm: "attribute%5BA%26B%5D=1&attribute%5BL%5D%5B%5D=x&attribute%5BL%5D%5B%5D=y&description=a%22%3Cb%3E&lat=0.0000001&long=-2&service_code=1",
		open311.BodyJSON: `{"description":"a\"<b>","lat":0.0000001,"long":-2,"service_code":"1","attribute":{"A&B":"1","L":["x","y"]}}`,
		open311.BodyXML: `<?xml version="1.0" encoding="utf-8"?>` + "\n" + `<request><description>a"&lt;b&gt;</description><lat>0.0000001</lat><long>-2</long><service_code>1</service_code>` +
			`<attributes><attribute><code>A&amp;B</code><value>1</value></attribute><attribute><code>L</code><value>x</value><value>y</value></attribute></attributes></request>`,
	} {
		_, _, body := sentBody(t, n, open311.WithDialect(open311.Dialect{Body: style}))
		if string(body) != want {
			t.Errorf("style %d:\n got %s\nwant %s", style, body, want)
		}
	}
}
