package open311test_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// A city whose quirks have no effect answers byte for byte as one without quirks: the machinery of the
// dialects adds nothing of its own. FirstPage without Paging turns the machinery on, and nothing else.
func TestNoQuirks(t *testing.T) {
	plain, quirky := hamlet(), hamlet(open311test.WithQuirks(open311test.Quirks{FirstPage: 1}))
	for _, target := range []string{
		"services", "services/001", "services/X", "services/none", "requests", "requests?status=open", "requests?service_code=001,X",
		"requests?service_request_id=a1,old", "requests?status=odd", "requests?start_date=x", "requests/a1", "requests/none", "requests/b%2F5",
		"requests?start_date=2025-01-01T00:00:00Z", "requests?start_date=2026-06-01T00:00:00Z", "requests?end_date=2026-06-01T08:00:00Z",
		"requests?start_date=2025-01-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", "tokens/none", "discovery", "nothing",
	} {
		for _, suffix := range []string{".json", ".xml"} {
			path, query, _ := strings.Cut(target, "?")
			full := path + suffix + "?" + query
			want, got := get(plain, full), get(quirky, full)
			if want.Code != got.Code {
				t.Errorf("%s: status %d, want %d", full, got.Code, want.Code)
			}
			if path == "nothing" {
				continue // the text says which paths there are
			}
			if diff := cmp.Diff(want.Body.String(), got.Body.String()); diff != "" {
				t.Errorf("%s (-plain +quirky)\n%s", full, diff)
			}
			if diff := cmp.Diff(want.Header(), got.Header()); diff != "" {
				t.Errorf("%s (-plain +quirky)\n%s", full, diff)
			}
		}
	}
}

// quirkCase is one switch set alone, and what shows that it is on.
type quirkCase struct {
	name   string
	quirks open311test.Quirks
	target string
	want   string // in the body
	status int    // 0: 200
}

type q = open311test.Quirks

var quirkCases = []quirkCase{
	{"lists under a root", q{Lists: open311test.UnderRoot}, "requests.json", `{"service_requests":[{`, 0},
	{"lists under data", q{Lists: open311test.UnderData}, "requests.json", `{"data":[{`, 0},
	{"lists under items", q{Lists: open311test.UnderItems, Root: "requests"}, "requests.json", `{"requests":[{"request":[{`, 0},
	{"lists with meta", q{Lists: open311test.WithMeta, Root: "requests"}, "requests.json", `"meta":{"total":7,"count":7}}`, 0},
	{"nested arrays", q{Lists: open311test.NestedArrays}, "requests.json", `[[{`, 0},
	{"fragment", q{Lists: open311test.Fragment}, "requests.json", `{"service_request_id"`, 0},
	{"lone single", q{Singles: open311test.Lone}, "requests/a1.json", `{"service_request_id":"a1"`, 0},
	{"object item", q{Singles: open311test.ObjectItem}, "requests/a1.json", `{"service_requests":{"request":{`, 0},
	{"services under a root", q{ServiceList: open311test.UnderRoot}, "services.json", `{"services":[`, 0},
	{"definition in an array", q{Definitions: open311test.InArray}, "services/001.json", `[{"service_code"`, 0},
	{"discovery under a root", q{Discoveries: open311test.UnderRoot}, "discovery.json", `{"discovery":{`, 0},
	{"scalars in arrays", q{ScalarArrays: true}, "requests/a1.json", `"status":["closed"]`, 0},
	{"root", q{Root: "requests"}, "requests.xml", "<requests><request>", 0},
	{"item", q{Item: "service_request"}, "requests.xml", "<service_requests><service_request>", 0},
	{"definition root", q{DefinitionRoot: "service"}, "services/001.xml", "\n<service><service_code>", 0},
	{"doubled root", q{DoubleRoot: true}, "requests.xml", "<service_requests><service_requests>", 0},
	{"root per item", q{RootPerItem: true}, "requests.xml", "</service_requests><service_requests>", 0},
	{"flat lists", q{FlatLists: true}, "services/001.xml", "<values><key>1</key><name>wet</name></values><values>", 0},
	{"bare attributes", q{BareAttributes: true}, "services/001.xml", "</service_code><attribute>", 0},
	{"byte order mark", q{BOM: true}, "requests.json", "\xEF\xBB\xBF[", 0},
	{"Latin-1", q{Latin1: true}, "requests/u.json", "Hafenstra\xDFe \\u0141", 0},
	{"Latin-1 in XML", q{Latin1: true}, "requests/u.xml", "Hafenstra\xDFe &#321;", 0},
	{"no declaration", q{NoDeclaration: true}, "requests.xml", "", 0},
	{"declaration", q{Declaration: "<?xml version='1.0'?>"}, "requests.xml", "<?xml version='1.0'?><service_requests>", 0},
	{"leading space", q{LeadingSpace: true}, "requests.json", "\n\n[", 0},
	{"namespaces", q{Namespaces: true}, "requests.xml", "<service_requests xmlns:soap=", 0},
	{"nil attributes", q{NilAttributes: true}, "requests.xml", `xsi:nil="true"/>`, 0},
	{"type attributes", q{TypeAttributes: true}, "services/001.xml", `<attributes type="array"><attribute key="0">`, 0},
	{"CDATA", q{CDATA: true}, "services.xml", "<![CDATA[Mud & <slime>]]>", 0},
	{"character references", q{CharRefs: true}, "requests/u.xml", "Hafenstra&#223;e", 0},
	{"bare ampersand", q{BareAmpersands: true}, "services.xml", "Mud & &lt;slime", 0},
	{"control bytes", q{ControlBytes: true}, "requests/u.json", "tidy\x10\"", 0},
	{"padded", q{Padded: true}, "requests/u.xml", "<status>\n  open\n  </status>", 0},
	{"sorted", q{Sorted: true}, "requests/u.json", `[{"address":`, 0},
	{"pretty", q{Pretty: true}, "requests/u.json", "[\n   {\n      \"", 0},
	{"escaped", q{Escaped: true}, "services.json", `\u003Cslime`, 0},
	{"trailing blank", q{TrailingBlank: true}, "requests/u.json", `a.jpg "`, 0},
	{"text numbers", q{TextNumbers: true}, "requests/u.json", `"lat":"51.5"`, 0},
	{"number ids", q{NumberIDs: true}, "requests/77.json", `"service_request_id":77`, 0},
	{"number codes", q{NumberCodes: true}, "requests/77.json", `"service_code":9`, 0},
	{"leading zeros", q{NumberCodes: true, LeadingZeros: true}, "requests/a1.json", `"service_code":001`, 0},
	{"text booleans", q{TextBooleans: true}, "services.json", `"metadata":"true"`, 0},
	{"Python", q{PythonBooleans: true}, "services.json", `"metadata":"True"`, 0},
	{"nothing is empty", q{Nothing: open311test.NothingEmpty}, "requests/a1.json", `"lat":""`, 0},
	{"nothing is None", q{Nothing: open311test.NothingNone}, "requests/a1.xml", `<lat>None</lat>`, 0},
	{"nothing is null", q{Nothing: open311test.NothingWord}, "requests/a1.json", `"lat":"null"`, 0},
	{"no date", q{NoDate: "0001-01-01T00:00:00Z"}, "requests/a1.json", `"expected_datetime":"0001-01-01T00:00:00Z"`, 0},
	{"no place", q{ZeroPlace: true}, "requests/a1.json", `"lat":0.0,"long":0.0`, 0},
	{"float noise", q{FloatNoise: true}, "requests/77.json", `"lat":51.29999923706055`, 0},
	{"date layout", q{DateLayout: "2006-01-02 15:04"}, "requests/a1.json", `"2026-06-01 08:00"`, 0},
	{"date layout in JSON", q{JSONLayout: "2006-01-02T15:04:05.000Z07:00"}, "requests/a1.json", `"2026-06-01T08:00:00.000Z"`, 0},
	{"local as Z", q{DateZone: time.FixedZone("", 7200), LocalAsZ: true}, "requests/a1.json", `"2026-06-01T10:00:00Z"`, 0},
	{"field names", q{FieldNames: map[string]string{"address_id": "adress_id"}}, "requests/a1.json", `"adress_id":`, 0},
	{"added fields", q{Add: map[string]json.RawMessage{"title": json.RawMessage(`"T"`)}}, "requests/a1.json", `"title":"T"`, 0},
	{"extended", q{Extended: map[string]json.RawMessage{"more": json.RawMessage(`{"a":1}`)}}, "requests.json?extensions=true", `"more":{"a":1}`, 0},
	{"status words", q{StatusWords: map[string]string{"closed": "4"}, StatusNumbers: true}, "requests/a1.json", `"status":4`, 0},
	{"agency", q{AgencyObject: true}, "requests/u.json", `"agency_responsible":{"recipient":["Works"]}`, 0},
	{"media list", q{Media: open311test.MediaList}, "requests/u.json", `"media_url":["`, 0},
	{"media objects", q{Media: open311test.MediaObjects}, "requests/u.json", `"media_url":[{"id":1,"url":"`, 0},
	{"media commas", q{Media: open311test.MediaCommas}, "requests/u.json", `a.jpg,https`, 0},
	{"value words", q{Values: open311test.ValueWords}, "services/001.xml", `<values><value>wet</value>`, 0},
	{"nested values", q{Values: open311test.ValueNested}, "services/001.json", `{"key":{"key":"1","name":"wet"},"name"`, 0},
	{"number keys", q{Values: open311test.ValueNumbers}, "services/001.json", `{"key":1,"name":"wet"}`, 0},
	{"keyword array", q{ArrayKeywords: true}, "services.json", `["dirt","puddle"]`, 0},
	{"page without suffix", q{PageWithoutSuffix: true}, "requests", "<html", 0},
	{"no suffix", q{NoSuffix: true}, "requests.json", "404", 404},
	{"no suffix, by Accept", q{NoSuffix: true}, "requests", "[", 0},
	{"XML only", q{XMLOnly: true}, "requests.json", "<html", 500},
	{"JSON only", q{JSONOnly: true}, "requests.xml", `"code":400`, 400},
	{"XML is JSON", q{XMLIsJSON: true}, "requests.xml", `[{`, 0},
	{"JSON is XML", q{JSONIsXML: true}, "requests.json", `<service_requests>`, 0},
	{"paths", q{Paths: map[string]string{"requests": "Requests"}}, "Requests/a1.json", `"a1"`, 0},
	{"singular path", q{Paths: map[string]string{"request": "request"}}, "request/a1.json", `"a1"`, 0},
	{"no definitions", q{NoDefinitions: true}, "services/001.json", "<html", 404},
	{"no XML definitions", q{NoXMLDefinitions: true}, "services/001.xml", "<?xml", 500},
	{"definition by id", q{DefinitionBy: "id"}, "services/k1.json", `"service_code":"001"`, 0},
	{"content type", q{JSONType: "text/html", XMLType: "application/xml"}, "requests.json", `[{`, 0},
	{"nothing is absent", q{Nothing: open311test.NothingAbsent}, "requests/a1.json", `"status":"closed","service_code":"001"`, 0},
	{"omitted", q{Omit: []string{"status"}}, "requests/a1.json", `"service_request_id":"a1","status_notes"`, 0},
	{"discovery beside", q{DiscoveryBeside: true}, "discovery.json", "<html", 404},
	{"no tokens", q{NoTokens: true}, "tokens/x.json", "<html", 404},
	{"no discovery", q{NoDiscovery: true}, "discovery.json", "Not found", 404},
	{"discovery without version", q{DiscoveryURL: open311test.URLNoVersion}, "discovery.json", `/open311"`, 0},
	{"discovery without address", q{DiscoveryURL: open311test.URLMissing}, "discovery.json", `"url":""`, 0},
	{"no updates", q{NoUpdates: true}, "servicerequestupdates.json", "nothing at this path", 404},
	{"updates are not listed", q{NoUpdateLists: true}, "servicerequestupdates.json", "GET is not allowed", 405},
	{"renamed", q{Rename: map[string]string{"status": "state"}}, "requests.json?state=closed&status=odd", `"a1"`, 0},
	{"accepts", q{Accepts: []string{"status"}}, "requests.json?page=1", "page", 400},
	{"ignores", q{Ignores: []string{"status"}}, "requests.json?status=closed", `"a2"`, 0},
	{"one value fails", q{OneValue: []string{"status"}, Several: open311test.SeveralFail}, "requests.json?status=open,closed", "", 500},
	{"one value, the first", q{OneValue: []string{"service_request_id"}, Several: open311test.SeveralFirst}, "requests.json?service_request_id=a1,a2", `"a1"`, 0},
	{"one value, nothing", q{OneValue: []string{"service_code"}}, "requests.json?service_code=001,X", `[]`, 0},
	{"one value, not found", q{OneValue: []string{"service_code"}, Several: open311test.SeveralNotFound}, "requests.json?service_code=001,X", ``, 404},
	{"one argument is another thing", q{OneValue: []string{"service_code"}, SeveralOf: map[string]open311test.Several{"service_code": open311test.SeveralFirst}}, "requests.json?service_code=001,X", `"a1"`, 0},
	{"breaks", q{Breaks: []string{"bbox"}}, "requests.json?bbox=1,2,3,4", "internal error", 500},
	{"unknown form", q{UnknownForm: open311test.AnswerEmpty}, "services/odd.json", "[]", 0},
	{"unknown status", q{UnknownStatus: 500}, "requests.json?status=odd", ``, 500},
	{"unknown code", q{UnknownCode: 404}, "requests.json?service_code=odd", ``, 404},
	{"unknown id, empty", q{UnknownID: open311test.AnswerEmpty}, "requests/odd.json", `[]`, 0},
	{"unknown id, another", q{UnknownID: open311test.AnswerAnother}, "requests/odd.json", `"b/5"`, 0},
	{"unknown id, nothing", q{UnknownID: open311test.AnswerNothing}, "requests/odd.json", ``, 0},
	{"empty list", q{EmptyList: 404}, "requests.json?service_code=odd", ``, 404},
	{"bad date", q{BadDate: 500}, "requests.json?start_date=odd", ``, 500},
	{"bad date, no body", q{BadDate: open311test.AnswerBroken}, "requests.json?start_date=odd", ``, 500},
	{"bad date ignored", q{BadDate: open311test.AnswerIgnored}, "requests.json?start_date=odd", `"a1"`, 0},
	{"word ids", q{WordIDs: true}, "requests.json?jurisdiction_id=a.example", `jurisdiction_id`, 400},
	{"default status", q{DefaultStatus: "closed"}, "requests.json?start_date=2026-06-01T00:00:00Z&end_date=2026-06-02T00:00:00Z", `[{"service_request_id":"a1"`, 0},
	{"updated", q{UpdatedFilters: true}, "requests.json?updated_after=2027-01-01T00:00:00Z", `[]`, 0},
	{"search", q{Search: true}, "requests.json?q=TIDY", `[{"service_request_id":"u"`, 0},
	{"near", q{Near: true}, "requests.json?lat=51.5&long=7&radius=10", `[{"service_request_id":"u"`, 0},
	{"box", q{BoxOrder: "wsen"}, "requests.json?bbox=6,51.4,8,51.6", `[{"service_request_id":"u"`, 0},
	{"span", q{Span: 24 * time.Hour}, "requests.json?start_date=2026-06-01T00:00:00Z&end_date=2026-06-09T00:00:00Z", `1 days`, 400},
	{"cut span", q{Span: 24 * time.Hour, CutSpan: true}, "requests.json?start_date=2026-06-01T00:00:00Z&end_date=2026-06-03T00:00:00Z", `[{"service_request_id":"a3"`, 0},
	{"always", q{Always: true}, "requests.json", `"old"`, 0},
	{"open range", q{OpenRanges: true, Span: -1}, "requests.json?start_date=2025-01-01T00:00:00Z", `"a1"`, 0},
	{"exclusive end", q{ExclusiveEnd: true}, "requests.json?end_date=2026-04-01T12:00:00Z", `[]`, 0},
	{"exclusive start", q{ExclusiveStart: true}, "requests.json?start_date=2026-06-30T12:00:00Z", `[]`, 0},
	{"oldest first", q{OldestFirst: true}, "requests.json", `[{"service_request_id":"a4"`, 0},
	{"pages", q{Paging: open311test.ByPage, FirstPage: 1, PageSize: 2}, "requests.json?page=2", `[{"service_request_id":"u"`, 0},
	{"pages from 0", q{Paging: open311test.ByPage, PageSize: 2}, "requests.json?page=1", `[{"service_request_id":"u"`, 0},
	{"page size", q{Paging: open311test.ByPage, FirstPage: 1, SizeParam: "per_page"}, "requests.json?page=2&per_page=1", `[{"service_request_id":"77"`, 0},
	{"offset", q{Paging: open311test.ByOffset, SizeParam: "limit"}, "requests.json?offset=1&limit=1", `[{"service_request_id":"77"`, 0},
	{"most rows", q{SizeParam: "max_requests", MaxRows: 1}, "requests.json?max_requests=9&service_code=001", `"b/5"`, 0},
	{"beyond, repeated", q{Paging: open311test.ByPage, FirstPage: 1, PageSize: 4, Beyond: open311test.BeyondRepeat}, "requests.json?page=9", `"a4"`, 0},
	{"beyond, not found", q{Paging: open311test.ByPage, FirstPage: 1, PageSize: 4, Beyond: open311test.BeyondNotFound}, "requests.json?page=9", ``, 404},
	{"any jurisdiction", q{AnyJurisdiction: true}, "requests.json", "<html", 0},
	{"errors in an envelope", q{Errors: open311test.ErrorEnvelope}, "requests/odd.json", `{"errors":[{"code":404`, 404},
	{"error object", q{Errors: open311test.ErrorObject}, "requests/odd.json", `{"error":{"code":404`, 404},
	{"bare error", q{Errors: open311test.ErrorBare}, "requests/odd.json", `{"code":404`, 404},
	{"error message", q{Errors: open311test.ErrorMessage}, "requests/odd.json", `{"message":"`, 404},
	{"error fields", q{Errors: open311test.ErrorFields}, "requests.json?status=odd", `{"status":["`, 400},
	{"error text", q{Errors: open311test.ErrorText}, "requests/odd.xml", `<error>there is`, 404},
	{"errors as requests", q{Errors: open311test.ErrorRequests}, "requests/odd.xml", `<service_requests><request><code>404`, 404},
	{"error page", q{Errors: open311test.ErrorPage}, "requests/odd.json", `<html`, 404},
	{"error in plain text", q{Errors: open311test.ErrorPlain}, "requests/odd.json", `there is no`, 404},
	{"empty error", q{Errors: open311test.ErrorEmpty}, "requests/odd.json", ``, 404},
	{"declaration only", q{XMLErrors: open311test.ErrorDeclaration}, "requests/odd.xml", "utf-8\"?>\n", 404},
	{"broken error", q{Errors: open311test.ErrorBroken}, "requests/odd.xml", "no</description></errors>", 404},
	{"no code", q{NoErrorCode: true}, "requests/odd.json", `[{"description"`, 404},
	{"text code", q{TextCode: true}, "requests/odd.json", `"404 - not found"`, 404},
	{"error status", q{ErrorStatus: map[int]int{404: 410}}, "requests/odd.json", `410`, 410},
	{"summary", q{ErrorSummary: true}, "requests/odd.json", `not valid`, 404},
}

// quirkHamlet adds to the hamlet what the quirks want.
func quirkHamlet(opts ...open311test.Option) *open311test.Handler {
	h := hamlet(opts...)
	services := h.Services()
	services[0].Extra = open311.Extra{"id": json.RawMessage(`"k1"`)}
	services = append(services, open311.Service{Code: "9", Name: "Nine"})
	h.Seed(services, h.Definitions(), h.Requests())
	h.Remove("old")
	h.Put(
		open311.ServiceRequest{ID: "old", ServiceCode: "001", RequestedDatetime: date("2025-06-01T08:00:00Z")},
		open311.ServiceRequest{ID: "77", ServiceCode: "9", RequestedDatetime: date("2026-06-30T11:59:00Z"), Location: &open311.Point{Lat: 51.3, Long: 7.5}},
		open311.ServiceRequest{
			ID: "u", ServiceCode: "X", RequestedDatetime: date("2026-06-20T12:00:00Z"), Description: "Not tidy",
			Address: "Hafenstraße Łódź", AgencyResponsible: "Works", Location: &open311.Point{Lat: 51.5, Long: 7}, MediaURL: "https://m.example/a.jpg"},
	)
	h.Remove("b/5")
	h.Put(open311.ServiceRequest{ID: "b/5", ServiceCode: "001", RequestedDatetime: date("2026-06-30T12:00:00Z")})
	return h
}

func TestEachQuirk(t *testing.T) {
	for _, x := range quirkCases {
		t.Run(x.name, func(t *testing.T) {
			h := quirkHamlet(open311test.WithQuirks(x.quirks))
			w := get(h, x.target)
			if want := max(x.status, http.StatusOK); w.Code != want && !(x.status == 0 && w.Code == 200) {
				t.Errorf("status %d, want %d", w.Code, x.status)
			}
			if !strings.Contains(w.Body.String(), x.want) {
				t.Errorf("no %q in %.1500s", x.want, w.Body)
			}
			plain := get(quirkHamlet(), x.target)
			if plain.Code == w.Code && bytes.Equal(plain.Body.Bytes(), w.Body.Bytes()) && cmp.Equal(plain.Header(), w.Header()) {
				t.Error("the switch changes nothing")
			}
		})
	}
}

// Every key transport lets the right key in and keeps every other one out.
func TestKeyTransports(t *testing.T) {
	for _, d := range []open311.Dialect{
		{KeyParam: "api_token"}, {KeyHeader: "X-API-Key"}, {KeyScheme: "Bearer"}, {KeyScheme: "Basic"}, {},
	} {
		d.KeyOnReads = true
		city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithDialect(d), open311test.WithAPIKey("me:secret"))
		if _, err := city.Client(open311.WithDialect(d), open311.WithAPIKey("me:secret")).Services.List(t.Context()); err != nil {
			t.Errorf("%+v: %v", d, err)
		}
		if _, err := city.Client(open311.WithDialect(d), open311.WithAPIKey("me:wrong")).Services.List(t.Context()); err == nil {
			t.Errorf("%+v: the wrong key is let in", d)
		}
		for _, call := range city.Calls() {
			if text := call.String() + call.Header.Get("Authorization") + call.Header.Get("X-API-Key"); strings.Contains(text, "secret") {
				t.Errorf("the key is in %s", text)
			}
		}
	}
}

func TestLinks(t *testing.T) {
	h := quirkHamlet(open311test.WithQuirks(q{
		Paging: open311test.ByPage, FirstPage: 1, PageSize: 3, LinkNext: true, HeadNext: true, HeadTotal: true,
	}))
	w := get(h, "requests.json?status=open")
	for name, want := range map[string]string{
		"Link":            `<http://example.com/open311/v2/requests.json?page=2&status=open>; rel="next"`,
		"X-Next-Page-URL": "http://example.com/open311/v2/requests.json?page=2&status=open",
		"X-Result-Count":  "5", "page-TotalPages": "2",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if next := get(h, "requests.json?status=open&page=2").Header().Get("Link"); next != "" {
		t.Errorf("the last page links to %q", next)
	}
}

func TestAcceptChooses(t *testing.T) {
	for accept, want := range map[string]string{
		"application/xml": "<", "text/xml": "[", "application/json": "[", "": "[", "application/xml, text/xml;q=0.9": "<",
	} {
		r := httptest.NewRequest(http.MethodGet, base+"requests", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		hamlet(open311test.WithQuirks(q{NoSuffix: true, StrictAccept: true})).ServeHTTP(w, r)
		if !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("Accept %q: %.40s", accept, w.Body)
		}
	}
}
