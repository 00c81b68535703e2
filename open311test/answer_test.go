package open311test_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

const (
	xmlType  = "text/xml; charset=utf-8"
	jsonType = "application/json; charset=utf-8"
	xmlHead  = `<?xml version="1.0" encoding="utf-8"?>` + "\n"
)

// TestAnswers compares whole answers with what the specification shows, byte by byte.
func TestAnswers(t *testing.T) {
	full := open311.ServiceRequest{
		ID: "c7", Status: open311.StatusClosed, StatusNotes: "done", ServiceName: "Mud", ServiceCode: "001",
		Description: "A \"quoted\" <b> &\nline", AgencyResponsible: "Roads & Parks", ServiceNotice: "soon",
		RequestedDatetime: date("2026-06-03T08:00:00-04:00"), UpdatedDatetime: date("2026-06-04T08:00:00-04:00"),
		ExpectedDatetime: date("2026-06-05T08:00:00-04:00"), Address: "1 Åre Street", AddressID: "0042", Zipcode: "09871",
		Location: &open311.Point{Lat: 43.25, Long: -68.000001}, MediaURL: "https://media.example/1.jpg",
	}
	tests := []struct {
		name, target string
		form         url.Values
		status       int
		want         string
	}{
		{
			name: "services xml", target: "services.xml",
			want: xmlHead + `<services>` +
				`<service><service_code>001</service_code><service_name>Mud</service_name><description>Mud &amp; &lt;slime&gt;</description>` +
				`<metadata>true</metadata><type>realtime</type><keywords>dirt,puddle</keywords><group>Roads</group></service>` +
				`<service><service_code>B/2</service_code><service_name>Bins</service_name><description/><metadata>false</metadata>` +
				`<type>batch</type><keywords/><group/></service>` +
				`<service><service_code>X</service_code><service_name>Noise</service_name><description/><metadata>false</metadata>` +
				`<type>blackbox</type><keywords/><group/></service></services>`,
		},
		{
			name: "services json", target: "services.json",
			want: `[{"service_code":"001","service_name":"Mud","description":"Mud & <slime>","metadata":true,"type":"realtime","keywords":"dirt,puddle","group":"Roads"},` +
				`{"service_code":"B/2","service_name":"Bins","description":null,"metadata":false,"type":"batch","keywords":null,"group":null},` +
				`{"service_code":"X","service_name":"Noise","description":null,"metadata":false,"type":"blackbox","keywords":null,"group":null}]`,
		},
		{
			name: "definition without attributes xml", target: "services/B%2F2.xml",
			want: xmlHead + `<service_definition><service_code>B/2</service_code><attributes/></service_definition>`,
		},
		{
			name: "definition without attributes json", target: "services/B%2F2.json",
			want: `{"service_code":"B/2","attributes":[]}`,
		},
		{
			name: "request xml", target: "requests/c7.xml",
			want: xmlHead + `<service_requests><request><service_request_id>c7</service_request_id><status>closed</status>` +
				`<status_notes>done</status_notes><service_name>Mud</service_name><service_code>001</service_code>` +
				"<description>A \"quoted\" &lt;b&gt; &amp;\nline</description><agency_responsible>Roads &amp; Parks</agency_responsible>" +
				`<service_notice>soon</service_notice><requested_datetime>2026-06-03T08:00:00-04:00</requested_datetime>` +
				`<updated_datetime>2026-06-04T08:00:00-04:00</updated_datetime><expected_datetime>2026-06-05T08:00:00-04:00</expected_datetime>` +
				`<address>1 Åre Street</address><address_id>0042</address_id><zipcode>09871</zipcode><lat>43.25</lat><long>-68.000001</long>` +
				`<media_url>https://media.example/1.jpg</media_url></request></service_requests>`,
		},
		{
			name: "request json", target: "requests/c7.json",
			want: `[{"service_request_id":"c7","status":"closed","status_notes":"done","service_name":"Mud","service_code":"001",` +
				`"description":"A \"quoted\" <b> &\nline","agency_responsible":"Roads & Parks","service_notice":"soon",` +
				`"requested_datetime":"2026-06-03T08:00:00-04:00","updated_datetime":"2026-06-04T08:00:00-04:00",` +
				`"expected_datetime":"2026-06-05T08:00:00-04:00","address":"1 Åre Street","address_id":"0042","zipcode":"09871",` +
				`"lat":43.25,"long":-68.000001,"media_url":"https://media.example/1.jpg"}]`,
		},
		{
			name: "empty fields json", target: "requests/a1.json",
			want: `[{"service_request_id":"a1","status":"closed","status_notes":null,"service_name":null,"service_code":"001",` +
				`"description":null,"agency_responsible":null,"service_notice":null,"requested_datetime":"2026-06-01T08:00:00Z",` +
				`"updated_datetime":null,"expected_datetime":null,"address":null,"address_id":null,"zipcode":null,"lat":null,"long":null,"media_url":null}]`,
		},
		{name: "empty list xml", target: "requests.xml?service_code=none", want: xmlHead + `<service_requests></service_requests>`},
		{name: "empty list json", target: "requests.json?service_code=none", want: `[]`},
		{
			name: "receipt with id xml", target: "requests.xml", form: url.Values{"service_code": {"001"}, "attribute[KIND]": {"1"}, "address_id": {"7"}, "account_id": {"me"}},
			want: xmlHead + `<service_requests><request><service_request_id>QH26-000001</service_request_id><service_notice/><account_id>me</account_id></request></service_requests>`,
		},
		{
			name: "receipt with token json", target: "requests.json", form: url.Values{"service_code": {"B/2"}, "address_id": {"7"}},
			want: `[{"token":"tk-000001","service_notice":null,"account_id":null}]`,
		},
		{
			name: "receipt of a blackbox json", target: "requests.json", form: url.Values{"service_code": {"X"}, "address_id": {"7"}},
			want: `[{"service_notice":null,"account_id":null}]`,
		},
		{name: "error xml", target: "requests/zz.xml", status: 404, want: xmlHead + `<errors><error><code>404</code><description>there is no request "zz"</description></error></errors>`},
		{name: "error json", target: "requests/zz.json", status: 404, want: `[{"code":404,"description":"there is no request \"zz\""}]`},
		{
			name: "discovery json", target: "discovery.json",
			want: `{"changeset":"2026-06-30T12:00:00Z","contact":"Write to open311@quillhaven.example, or come to the town hall.",` +
				`"key_service":"Keys are handed out at the town hall, on the day you ask.","endpoints":[{` +
				`"specification":"http://wiki.open311.org/GeoReport_v2","url":"http://example.com/open311/v2","changeset":"2026-06-30T12:00:00Z",` +
				`"type":"production","formats":["text/xml","application/json"]}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := hamlet()
			h.Put(full)
			method := http.MethodGet
			if tt.form != nil {
				method = http.MethodPost
			}
			w := do(h, method, base+tt.target, tt.form)
			if want := max(tt.status, http.StatusOK); w.Code != want {
				t.Errorf("status %d, want %d", w.Code, want)
			}
			if diff := cmp.Diff(tt.want, w.Body.String()); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefinitionAnswer(t *testing.T) {
	h := open311test.NewHandler(open311test.WithEmpty())
	h.Seed([]open311.Service{{Code: "T"}}, []open311.ServiceDefinition{{ServiceCode: "T", Attributes: []open311.Attribute{
		{Code: "A", Datatype: open311.DatatypeText, Required: true, Variable: true, Order: 1, Description: "?"},
		{Code: "B", Datatype: open311.DatatypeSingleValueList, Order: 2, DatatypeDescription: "one", Values: []open311.AttributeValue{{Key: "01", Name: "N & S"}}},
	}}}, nil)
	want := map[string]string{
		"xml": xmlHead + `<service_definition><service_code>T</service_code><attributes>` +
			`<attribute><variable>true</variable><code>A</code><datatype>text</datatype><required>true</required><datatype_description/><order>1</order><description>?</description></attribute>` +
			`<attribute><variable>false</variable><code>B</code><datatype>singlevaluelist</datatype><required>false</required><datatype_description>one</datatype_description><order>2</order><description/>` +
			`<values><value><key>01</key><name>N &amp; S</name></value></values></attribute></attributes></service_definition>`,
		"json": `{"service_code":"T","attributes":[` +
			`{"variable":true,"code":"A","datatype":"text","required":true,"datatype_description":null,"order":1,"description":"?"},` +
			`{"variable":false,"code":"B","datatype":"singlevaluelist","required":false,"datatype_description":"one","order":2,"description":null,` +
			`"values":[{"key":"01","name":"N & S"}]}]}`,
	}
	for suffix, want := range want {
		if diff := cmp.Diff(want, get(h, "services/T."+suffix).Body.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", suffix, diff)
		}
	}
}

func TestPaths(t *testing.T) {
	tests := []struct {
		name, method, path string
		status             int
		contentType, allow string
	}{
		{"json", "GET", base + "services.json", 200, jsonType, ""},
		{"xml", "GET", base + "services.xml", 200, xmlType, ""},
		{"no suffix", "GET", base + "services", 404, xmlType, ""},
		{"unknown suffix", "GET", base + "services.csv", 404, xmlType, ""},
		{"suffix in capitals", "GET", base + "services.JSON", 404, xmlType, ""},
		{"outside the base", "GET", "/services.json", 404, jsonType, ""},
		{"base without version", "GET", "/open311/services.json", 404, jsonType, ""},
		{"double slash", "GET", "/open311/v2//services.json", 404, jsonType, ""},
		{"unknown resource", "GET", base + "streets.json", 404, jsonType, ""},
		{"too deep", "GET", base + "services/001/x.json", 404, jsonType, ""},
		{"escaped slash", "GET", base + "services/B%2F2.json", 200, jsonType, ""},
		{"escaped id", "GET", base + "requests/b%2F5.xml", 200, xmlType, ""},
		{"unknown service", "GET", base + "services/none.xml", 404, xmlType, ""},
		{"empty code", "GET", base + "services/.json", 400, jsonType, ""},
		{"unknown request", "GET", base + "requests/none.json", 404, jsonType, ""},
		{"unknown token", "GET", base + "tokens/none.json", 404, jsonType, ""},
		{"discovery", "GET", base + "discovery.xml", 200, xmlType, ""},
		{"post services", "POST", base + "services.json", 405, jsonType, "GET, HEAD"},
		{"delete request", "DELETE", base + "requests/a1.xml", 405, xmlType, "GET, HEAD"},
		{"put requests", "PUT", base + "requests.json", 405, jsonType, "GET, HEAD, POST"},
		{"query that cannot be read", "GET", base + "requests.json?a=%zz", 400, jsonType, ""},
	}
	h := hamlet()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := do(h, tt.method, tt.path, nil)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if got := w.Header().Get("Content-Type"); got != tt.contentType {
				t.Errorf("Content-Type %q, want %q", got, tt.contentType)
			}
			if got := w.Header().Get("Allow"); got != tt.allow {
				t.Errorf("Allow %q, want %q", got, tt.allow)
			}
			start := xmlHead + "<errors><error><code>"
			if tt.contentType == jsonType {
				start = `[{"code":`
			}
			if isError := strings.HasPrefix(w.Body.String(), start); isError != (tt.status >= 400) {
				t.Errorf("the answer is %s", w.Body)
			}
		})
	}
}

func TestHead(t *testing.T) {
	h := hamlet()
	g, w := get(h, "requests.json"), do(h, http.MethodHead, base+"requests.json", nil)
	if w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("status %d with %d bytes, want 200 with none", w.Code, w.Body.Len())
	}
	if diff := cmp.Diff(g.Header(), w.Header()); diff != "" {
		t.Errorf("header (-GET +HEAD):\n%s", diff)
	}
}

func TestBase(t *testing.T) {
	for _, path := range []string{"", "/", "api", "/api/", "/a/b"} {
		h := open311test.NewHandler(open311test.WithBase(path))
		prefix := strings.Trim(path, "/")
		if prefix != "" {
			prefix += "/"
		}
		if w := do(h, http.MethodGet, "/"+prefix+"services.json", nil); w.Code != http.StatusOK {
			t.Errorf("base %q: status %d", path, w.Code)
		}
	}
}
