package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-open311/open311"
)

func TestServicesList(t *testing.T) {
	// GeoReport v2, GET Service List.
	want := []open311.Service{
		{Code: "001", Name: "Cans left out 24x7", Description: "Garbage cans", Metadata: true, Type: open311.Realtime,
			Keywords: []string{"lorem", "ipsum", "dolor"}, Groups: []string{"sanitation"}},
		{Code: "002", Name: "Construction plate shifted", Type: open311.Batch, Groups: []string{"street"},
			Extra: open311.Extra{"sla": json.RawMessage(`"3"`)}},
	}
	tests := []struct{ name, body string }{
		{"JSON", `[{"service_code":"001","service_name":"Cans left out 24x7","description":"Garbage cans","metadata":true,"type":"realtime",
			"keywords":"lorem, ipsum, dolor","group":"sanitation"},
			{"service_code":"002","service_name":"Construction plate shifted","metadata":false,"type":"batch","keywords":"","group":"street","sla":"3"}]`},
		{"XML", `<?xml version="1.0" encoding="utf-8"?><services><service><service_code>001</service_code><service_name>Cans left out 24x7</service_name>
			<description>Garbage cans</description><metadata>true</metadata><type>realtime</type><keywords>lorem, ipsum, dolor</keywords>
			<group>sanitation</group></service><service><service_code>002</service_code><service_name>Construction plate shifted</service_name>
			<description/><metadata>false</metadata><type>batch</type><keywords/><group>street</group><sla>3</sla></service></services>`},
		{"JSON in an envelope, booleans as texts, lists for texts", `{"services":[{"service_code":"001","service_name":"Cans left out 24x7","description":"Garbage cans",
			"metadata":"true","type":"realtime","keywords":["lorem","ipsum","dolor"],"groups":["sanitation"]},
			{"service_code":"002","service_name":"Construction plate shifted","metadata":"False","type":"batch","group":"street","sla":"3"}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, tt.body) })
			got, err := city.client(t).Services.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if d := cmp.Diff([]string{"GET /v2/services.json"}, city.calls()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

func TestServicesListEmpty(t *testing.T) {
	for name, body := range map[string]string{"JSON": "[]", "null": "null", "envelope": `{"services":[]}`, "XML": "<services></services>", "XML, self-closed": "<services/>"} {
		t.Run(name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 200, "", body), nil })
			list, err := c.Services.List(t.Context())
			if err != nil || list == nil || len(list) != 0 {
				t.Errorf("%#v, %v, want an empty list", list, err)
			}
		})
	}
}

func TestDefinition(t *testing.T) {
	whistle := open311.Attribute{Code: "WHISHETN", Datatype: open311.DatatypeSingleValueList, Required: true, Variable: true, Order: 1,
		Description: "What is the ticket/tag/DL number?", DatatypeDescription: "Pick one",
		Values: []open311.AttributeValue{{Key: "123", Name: "Ford"}, {Key: "124", Name: "Chrysler"}}}
	full := &open311.ServiceDefinition{ServiceCode: "DMV66", Attributes: []open311.Attribute{whistle}}
	const attribute = `{"variable":true,"code":"WHISHETN","datatype":"singlevaluelist","required":true,"datatype_description":"Pick one","order":1,
		"description":"What is the ticket/tag/DL number?","values":[{"key":123,"name":"Ford"},{"key":"124","name":"Chrysler"}]}`
	const attributeXML = `<attribute><variable>true</variable><code>WHISHETN</code><datatype>singlevaluelist</datatype><required>true</required>
		<datatype_description>Pick one</datatype_description><order>1</order><description>What is the ticket/tag/DL number?</description>
		<values><value><key>123</key><name>Ford</name></value><value><key>124</key><name>Chrysler</name></value></values></attribute>`
	tests := []struct {
		name, body string
		want       *open311.ServiceDefinition
	}{
		{"JSON", `{"service_code":"DMV66","attributes":[` + attribute + `]}`, full},
		{"XML", `<service_definition><service_code>DMV66</service_code><attributes>` + attributeXML + `</attributes></service_definition>`, full},
		{"XML without a list", `<service_definition><service_code>DMV66</service_code>` + attributeXML + `</service_definition>`, full},
		{"in a list", `[{"service_code":"DMV66","attributes":[` + attribute + `]}]`, full},
		{"in an envelope", `{"service_definition":{"service_code":"DMV66","attributes":[` + attribute + `]}}`, full},
		{"among others", `[{"service_code":"X","attributes":[]},{"service_code":"DMV66","attributes":[` + attribute + `]}]`, full},
		{"plain values", `{"service_code":"DMV66","attributes":[{"code":"c","values":["red","green"]}]}`,
			&open311.ServiceDefinition{ServiceCode: "DMV66", Attributes: []open311.Attribute{
				{Code: "c", Values: []open311.AttributeValue{{Key: "red", Name: "red"}, {Key: "green", Name: "green"}}}}}},
		{"no attributes", `{"service_code":"DMV66","attributes":[]}`, &open311.ServiceDefinition{ServiceCode: "DMV66"}},
		{"the service itself", `{"service_code":"DMV66","service_name":"Parking","metadata":false,"type":"realtime"}`,
			&open311.ServiceDefinition{ServiceCode: "DMV66", Extra: open311.Extra{"service_name": json.RawMessage(`"Parking"`),
				"metadata": json.RawMessage(`false`), "type": json.RawMessage(`"realtime"`)}}},
		{"under a code of its own", `{"service_code":"66","attributes":[]}`, &open311.ServiceDefinition{ServiceCode: "66"}},
		{"without a code", `{"attributes":[` + attribute + `]}`, &open311.ServiceDefinition{Attributes: []open311.Attribute{whistle}}},
		{"extra fields", `{"service_code":"DMV66","attributes":[{"code":"c","automated":"hidden"}],"keywords":"a"}`,
			&open311.ServiceDefinition{ServiceCode: "DMV66", Extra: open311.Extra{"keywords": json.RawMessage(`"a"`)},
				Attributes: []open311.Attribute{{Code: "c", Extra: open311.Extra{"automated": json.RawMessage(`"hidden"`)}}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, tt.body) })
			got, err := city.client(t).Services.Definition(t.Context(), "DMV66")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if d := cmp.Diff([]string{"GET /v2/services/DMV66.json"}, city.calls()); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

func TestDefinitionNotFound(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
	}{
		{"404", 404, jsonFaults},
		{"404 with a page", 404, htmlPage},
		{"empty list", 200, "[]"},
		{"null", 200, "null"},
		{"several others", 200, `[{"service_code":"X","attributes":[]},{"service_code":"Y","attributes":[]}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, tt.status, "", tt.body), nil })
			d, err := c.Services.Definition(t.Context(), "DMV66")
			if d != nil || !errors.Is(err, open311.ErrNotFound) {
				t.Errorf("%+v, %v, want no definition and ErrNotFound", d, err)
			}
		})
	}
}

// cityOfThree has three services: one without a definition, one whose definition fails, and one that
// is all right.
func cityOfThree(w http.ResponseWriter, r *http.Request) {
	switch name, _ := strings.CutPrefix(r.URL.Path, "/v2/services"); name {
	case ".json":
		io.WriteString(w, `[{"service_code":"plain","metadata":false},{"service_code":"broken","metadata":true},{"service_code":"good","metadata":true}]`)
	case "/good.json":
		io.WriteString(w, `{"service_code":"good","attributes":[{"code":"c"}]}`)
	default:
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `[{"code":"400","description":"no definition for you"}]`)
	}
}

func TestCatalog(t *testing.T) {
	type pair struct {
		Code, Attribute, Err string
	}
	city := newStubCity(t, cityOfThree)
	var got []pair
	for e, err := range city.client(t).Services.Catalog(t.Context()) {
		p := pair{Code: e.Service.Code}
		if e.Definition != nil {
			p.Attribute = e.Definition.Attributes[0].Code
		}
		if err != nil {
			p.Err = strings.ReplaceAll(err.Error(), city.URL, "URL")
		}
		got = append(got, p)
	}
	want := []pair{
		{Code: "plain"},
		{Code: "broken", Err: "definition of service broken: open311: GET URL/v2/services/broken.json: 400 Bad Request: no definition for you"},
		{Code: "good", Attribute: "c"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	calls := []string{"GET /v2/services.json", "GET /v2/services/broken.json", "GET /v2/services/good.json"}
	if d := cmp.Diff(calls, city.calls()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

func TestCatalogErrorIsKept(t *testing.T) {
	city := newStubCity(t, cityOfThree)
	for e, err := range city.client(t).Services.Catalog(t.Context()) {
		var ae *open311.APIError
		if e.Service.Code == "broken" && (!errors.As(err, &ae) || !errors.Is(err, open311.ErrInvalid)) {
			t.Errorf("error %v, want an *APIError that is ErrInvalid", err)
		}
	}
}

func TestCatalogBreakStopsCalls(t *testing.T) {
	for n, want := range map[int]int{1: 1, 2: 2} { // pairs that are read, calls that are made
		city := newStubCity(t, cityOfThree)
		read := 0
		for range city.client(t).Services.Catalog(t.Context()) {
			if read++; read == n {
				break
			}
		}
		if got := len(city.calls()); got != want {
			t.Errorf("break after %d pairs: %d calls, want %d: %v", n, got, want, city.calls())
		}
	}
}

func TestCatalogWithoutList(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 403, "", jsonFaults), nil })
	pairs := 0
	for e, err := range c.Services.Catalog(t.Context()) {
		pairs++
		if e != nil || !errors.Is(err, open311.ErrForbidden) {
			t.Errorf("%+v, %v, want no entry and ErrForbidden", e, err)
		}
	}
	if pairs != 1 {
		t.Errorf("%d pairs, want 1", pairs)
	}
}

func TestCatalogEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/broken.json") {
			cancel()
			<-r.Context().Done()
			return
		}
		cityOfThree(w, r)
	})
	var last error
	pairs := 0
	for _, err := range city.client(t).Services.Catalog(ctx) {
		pairs, last = pairs+1, err
	}
	if pairs != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d pairs, the last with %v, want 2 and context.Canceled", pairs, last)
	}
}

// A sequence is not used up by ranging over it.
func TestCatalogTwice(t *testing.T) {
	catalog := newStubCity(t, cityOfThree).client(t).Services.Catalog(t.Context())
	for i := range 2 {
		n := 0
		for range catalog {
			n++
		}
		if n != 3 {
			t.Errorf("round %d: %d pairs, want 3", i+1, n)
		}
	}
}

// open311-to-Go finds definitions by an id of its own.
func TestCatalogByDialectField(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v2/services.json":
			io.WriteString(w, `[{"service_code":"a","metadata":true,"id":"5f1"},{"service_code":"b","metadata":true,"id":6},{"service_code":"c","metadata":true}]`)
		default:
			io.WriteString(w, `{"service_code":"x","attributes":[]}`)
		}
	})
	for _, err := range city.client(t, open311.WithDialect(open311.Dialect{Definition: "id"})).Services.Catalog(t.Context()) {
		if err != nil {
			t.Error(err)
		}
	}
	want := []string{"GET /v2/services.json", "GET /v2/services/5f1.json", "GET /v2/services/6.json", "GET /v2/services/c.json"}
	if d := cmp.Diff(want, city.calls()); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}
