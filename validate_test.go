package open311_test

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var ve *open311.ValidationError
	if !errors.As(err, &ve) || !errors.Is(err, open311.ErrInvalid) {
		t.Fatalf("%T %v is no *ValidationError that is ErrInvalid", err, err)
	}
	var out []string
	for _, p := range ve.Problems {
		out = append(out, p.Field+": "+p.Detail)
	}
	return out
}

func choices(pairs ...string) []open311.AttributeValue {
	var out []open311.AttributeValue
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, open311.AttributeValue{Key: pairs[i], Name: pairs[i+1]})
	}
	return out
}

var everyQuestion = &open311.ServiceDefinition{ServiceCode: "001", Attributes: []open311.Attribute{
	{Code: "SIZE", Datatype: open311.DatatypeSingleValueList, Required: true, Variable: true, Description: "How big is it?", Values: choices("S", "small", "L", "large")},
	{Code: "WHO", Datatype: open311.DatatypeMultiValueList, Variable: true, Values: choices("car", "cars", "bike", "cyclists", "01", "others")},
	{Code: "DEPTH", Datatype: open311.DatatypeNumber, Variable: true, Description: "How deep?"},
	{Code: "SEEN", Datatype: open311.DatatypeDatetime, Variable: true},
	{Code: "LINE", Datatype: open311.DatatypeString, Variable: true},
	{Code: "TEXT", Datatype: open311.DatatypeText, Variable: true},
	{Code: "NOTE", Datatype: open311.DatatypeString, Required: true, Description: "Not on private land."},
	{Code: "easting", Datatype: open311.DatatypeNumber, Required: true, Extra: open311.Extra{"automated": json.RawMessage(`"server_set"`)}},
	{Code: "hidden", Datatype: open311.DatatypeNumber, Required: true, Variable: true, Extra: open311.Extra{"automated": json.RawMessage(`"hidden_field"`)}},
	{Code: "PICK", Datatype: "Picklist", Variable: true, Values: choices("1", "one")},
	{Code: "FLAG", Datatype: "Boolean (checkbox)", Variable: true},
	{Code: "NUM2", Datatype: "Number", Variable: true},
	{Code: "EMPTY", Datatype: open311.DatatypeSingleValueList, Variable: true},
}}

var answersToCheck = []struct {
	name, code string
	values     []string
	want       string // of the problem; "" for none
}{
	{"key", "SIZE", []string{"S"}, ""},
	{"name for a key", "SIZE", []string{"Large"}, `"Large" is the name of a value; send its key "L"`},
	{"case of a key", "SIZE", []string{"s"}, `"s" is not a key of this list; did you mean "S"?`},
	{"near a name", "SIZE", []string{"smal"}, `"smal" is not a key of this list; did you mean "S" (small)?`},
	{"nothing near", "SIZE", []string{"gigantic"}, `"gigantic" is not a key of this list: "S" (small), "L" (large)`},
	{"two for one", "SIZE", []string{"S", "L"}, "has 2 values, only one is allowed"},
	{"keys", "WHO", []string{"car", "01"}, ""},
	{"leading zero lost", "WHO", []string{"1"}, `"1" is not a key of this list; did you mean "01"?`},
	{"twice", "WHO", []string{"car", "car"}, `"car" is there twice`},
	{"swapped letters", "WHO", []string{"biek"}, `"biek" is not a key of this list; did you mean "bike" (cyclists)?`},
	{"number", "DEPTH", []string{"-1.5e3"}, ""},
	{"number with comma", "DEPTH", []string{"1,5"}, `"1,5" is not a number; write 1.5`},
	{"number with unit", "DEPTH", []string{"5 cm"}, `"5 cm" is not a number`},
	{"NaN", "DEPTH", []string{"NaN"}, `"NaN" is not a number`},
	{"hexadecimal", "DEPTH", []string{"0x10"}, `"0x10" is not a number`},
	{"too large", "DEPTH", []string{"1e999"}, `"1e999" is not a number`},
	{"instant", "SEEN", []string{"2026-06-01T08:30:00+02:00"}, ""},
	{"minutes", "SEEN", []string{"2026-06-01T08:30"}, ""},
	{"date", "SEEN", []string{"2026-06-01"}, ""},
	{"basic date", "SEEN", []string{"20260601"}, ""},
	{"zone of whole hours", "SEEN", []string{"2026-06-01T08:30:00+02"}, ""},
	{"another layout", "SEEN", []string{"Mon, 01 Jun 2026 08:30:00 +0200"}, `"Mon, 01 Jun 2026 08:30:00 +0200" is not ISO 8601; write 2026-06-01T08:30:00+02:00`},
	{"no date", "SEEN", []string{"06/01/2026"}, `"06/01/2026" is not a date and time in ISO 8601, such as 2026-06-01T08:30:00Z`},
	{"no such day", "SEEN", []string{"2026-02-30"}, `"2026-02-30" is not a date and time in ISO 8601, such as 2026-06-01T08:30:00Z`},
	{"a line", "LINE", []string{"a"}, ""},
	{"line break", "LINE", []string{"a\nb"}, "has a line break, which a string must not have"},
	{"line break in a text", "TEXT", []string{"a\r\nb"}, ""},
	{"blank", "DEPTH", []string{" "}, ""},
	{"information", "NOTE", []string{"x"}, `is information for the reader: "Not on private land."; it takes no value`},
	{"automated with a value", "easting", []string{"anything"}, ""},
	{"hidden field", "hidden", []string{"x"}, ""},
	{"foreign datatype", "PICK", []string{"7"}, ""},
	{"foreign datatype, several", "FLAG", []string{"1", "0"}, ""},
	{"datatype in capitals", "NUM2", []string{"x"}, `"x" is not a number`},
	{"list without values", "EMPTY", []string{"x"}, ""},
	{"unknown", "COLOR", []string{"x"}, "this service has no such attribute"},
	{"misspelt", "DPETH", []string{"1"}, `this service has no such attribute; did you mean "DEPTH"?`},
	{"case of a code", "depth", []string{"1"}, `this service has no such attribute; did you mean "DEPTH"?`},
	{"description for a code", "How deep?", []string{"1"}, `this service has no such attribute; "How deep?" is its description, the code is "DEPTH"`},
}

func TestDefinitionValidate(t *testing.T) {
	for _, tt := range answersToCheck {
		t.Run(tt.name, func(t *testing.T) {
			a := open311.Attributes{"SIZE": {"S"}}
			a[tt.code] = tt.values
			var want []string
			if tt.want != "" {
				want = []string{"Attributes[" + tt.code + "]: " + tt.want}
			}
			if d := cmp.Diff(want, problemsOf(t, everyQuestion.Validate(a))); d != "" {
				t.Errorf("problems (-want +got):\n%s", d)
			}
		})
	}
	t.Run("every problem at once", func(t *testing.T) {
		err := everyQuestion.Validate(open311.Attributes{"DEPTH": {"deep"}, "WHO": {"x", "car", "yyyyy"}, "ZZZ": {"1"}})
		want := []string{`Attributes[SIZE]: is required: "How big is it?"`,
			`Attributes[WHO]: "x" is not a key of this list: "car" (cars), "bike" (cyclists), "01" (others)`,
			`Attributes[WHO]: "yyyyy" is not a key of this list: "car" (cars), "bike" (cyclists), "01" (others)`,
			`Attributes[DEPTH]: "deep" is not a number`, "Attributes[ZZZ]: this service has no such attribute"}
		if d := cmp.Diff(want, problemsOf(t, err)); d != "" {
			t.Errorf("problems (-want +got):\n%s", d)
		}
	})
	t.Run("too many, and each of them wrong", func(t *testing.T) {
		err := everyQuestion.Validate(open311.Attributes{"SIZE": {"small", "S", "S"}, "DEPTH": {"deep", "1,5"}})
		want := []string{"Attributes[SIZE]: has 3 values, only one is allowed",
			`Attributes[SIZE]: "small" is the name of a value; send its key "S"`, `Attributes[SIZE]: "S" is there twice`,
			"Attributes[DEPTH]: has 2 values, only one is allowed", `Attributes[DEPTH]: "deep" is not a number`, `Attributes[DEPTH]: "1,5" is not a number; write 1.5`}
		if d := cmp.Diff(want, problemsOf(t, err)); d != "" {
			t.Errorf("problems (-want +got):\n%s", d)
		}
	})
	for name, d := range map[string]*open311.ServiceDefinition{"nil": nil, "without attributes": {ServiceCode: "1"}} {
		if err := d.Validate(open311.Attributes{"A": {"1"}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReportValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*open311.NewRequest)
		def    *open311.ServiceDefinition
		want   []string
	}{
		{"right", func(*open311.NewRequest) {}, nil, nil},
		{"no service", func(n *open311.NewRequest) { n.ServiceCode = " " }, nil, []string{"ServiceCode: is missing"}},
		{"no place", func(n *open311.NewRequest) { n.AddressString = "" }, nil, []string{"Location: one of Location, AddressString and AddressID is needed"}},
		{"0,0", func(n *open311.NewRequest) { n.Location = &open311.Point{} }, nil, nil},
		{"out of range", func(n *open311.NewRequest) { n.Location = &open311.Point{Lat: 91, Long: 181} }, nil,
			[]string{"Location: 91,181 is no place on Earth: Lat goes from -90 to 90, Long from -180 to 180"}},
		{"swapped", func(n *open311.NewRequest) { n.Location = &open311.Point{Lat: 151.2, Long: -33.8} }, nil,
			[]string{"Location: 151.2,-33.8 is no place on Earth; Lat and Long may be swapped"}},
		{"NaN", func(n *open311.NewRequest) { n.Location = &open311.Point{Lat: math.NaN(), Long: 1} }, nil,
			[]string{"Location: NaN,1 is no place on Earth: Lat goes from -90 to 90, Long from -180 to 180"}},
		{"4000 characters", func(n *open311.NewRequest) { n.Description = strings.Repeat("é", 4000) }, nil, nil},
		{"4001 characters", func(n *open311.NewRequest) { n.Description = strings.Repeat("é", 4001) }, nil, []string{"Description: has 4001 characters, 4000 are allowed"}},
		{"URL", func(n *open311.NewRequest) { n.MediaURL = "photo.jpg" }, nil, []string{"MediaURL: is no absolute URL"}},
		{"not UTF-8", func(n *open311.NewRequest) {
			n.LastName, n.Attributes, n.Params = "\xff", open311.Attributes{"a": {"\xfe"}}, url.Values{"p": {"\xfd"}}
		}, nil, []string{"LastName: is not UTF-8", "Attributes[a]: is not UTF-8", "Params[p]: is not UTF-8"}},
		{"no code", func(n *open311.NewRequest) { n.Attributes = open311.Attributes{"": {"x"}} }, nil, []string{"Attributes: an attribute without a code"}},
		{"another definition", func(*open311.NewRequest) {}, &open311.ServiceDefinition{ServiceCode: "9"},
			[]string{"ServiceCode: the report is for service 001, the definition is that of 9"}},
		{"all at once", func(n *open311.NewRequest) {
			n.ServiceCode, n.AddressString, n.Description, n.MediaURL = "", "", strings.Repeat("x", 4001), "x"
		}, everyQuestion, []string{"ServiceCode: is missing", "Location: one of Location, AddressString and AddressID is needed",
			"Description: has 4001 characters, 4000 are allowed", "MediaURL: is no absolute URL", `Attributes[SIZE]: is required: "How big is it?"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := &open311.NewRequest{ServiceCode: "001", AddressString: "here"}
			tt.change(n)
			if d := cmp.Diff(tt.want, problemsOf(t, n.Validate(tt.def))); d != "" {
				t.Errorf("problems (-want +got):\n%s", d)
			}
		})
	}
	if err := (*open311.NewRequest)(nil).Validate(nil); err == nil {
		t.Error("nil is no report")
	}
}

// What the reporter said about herself is not repeated by the problems.
func TestValidateShowsNoPersonalData(t *testing.T) {
	n := &open311.NewRequest{ServiceCode: "001", AddressString: "here", Email: "anna@example.org", Attributes: open311.Attributes{"DEPTH": {"anna@example.org"}}}
	if err := n.Validate(everyQuestion); err == nil || strings.Contains(err.Error(), "anna@") {
		t.Errorf("error %v", err)
	}
}

// TestCreateValidates: what is wrong is found before anything is sent, with the definition that was
// read last and with what the dialect requires.
func TestCreateValidates(t *testing.T) {
	posts := 0
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodPost {
			posts++
			_, _ = io.Copy(io.Discard, r.Body)
			return stubReply(r, 200, "application/json", `[{"service_request_id":"1"}]`), nil
		}
		return stubReply(r, 200, "application/json", `{"service_code":"001","attributes":[{"code":"A","variable":true,"required":true,"datatype":"number"}]}`), nil
	}, open311.WithDialect(open311.Dialect{Requires: []string{"email", "lat", "reason"}, MultiValue: open311.MultiComma}))
	n := &open311.NewRequest{ServiceCode: "001", AddressString: "x", Attributes: open311.Attributes{"A": {"x"}, "B": {"1,2", "3"}}}
	_, err := c.Requests.Create(t.Context(), n)
	want := []string{"Attributes[B]: a value with a comma would be read as two by this server", "Email: is missing: this server wants it",
		"Location: is missing: this server wants it", "Params[reason]: is missing: this server wants it"}
	if d := cmp.Diff(want, problemsOf(t, err)); d != "" {
		t.Errorf("without a definition (-want +got):\n%s", d)
	}
	if _, err := c.Services.Definition(t.Context(), "001"); err != nil {
		t.Fatal(err)
	}
	_, err = c.Requests.Create(t.Context(), n)
	want = append([]string{`Attributes[A]: "x" is not a number`}, want...)
	if d := cmp.Diff(want, problemsOf(t, err)); d != "" {
		t.Errorf("with a definition (-want +got):\n%s", d)
	}
	// Another jurisdiction has other services, although its client shares what was learned.
	other, err := c.With(open311.WithJurisdiction("other.example"), open311.WithDialect(open311.Spec))
	if err != nil {
		t.Fatal(err)
	}
	if posts > 0 {
		t.Errorf("%d reports were sent", posts)
	}
	if _, err := other.Requests.Create(t.Context(), n); err != nil || posts != 1 {
		t.Errorf("%v, %d reports sent", err, posts)
	}
	_, err = other.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1", Attributes: open311.Attributes{"x": {"a", "b"}, "x][": {"c"}}})
	if d := cmp.Diff([]string{"Attributes[x][]: is written as attribute[x][], and so is another attribute"}, problemsOf(t, err)); d != "" {
		t.Errorf("two of one name (-want +got):\n%s", d)
	}
}
