package open311_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

var storedAt = time.Date(2026, 7, 1, 8, 30, 15, 123456789, time.UTC)

// storedValues are what programs store: by the names that testdata/stored has them under.
var storedValues = map[string]any{
	"receipt": open311.Receipt{ID: "7", Token: "t-7", ServiceNotice: "Soon.", AccountID: "a",
		Extra: open311.Extra{"status": json.RawMessage(`"open"`), "error": json.RawMessage(`{"code":400}`)}},
	"empty receipt": open311.Receipt{},
	"report": open311.NewRequest{ServiceCode: "001", Location: &open311.Point{Lat: 0, Long: -0.5}, AddressString: "1 Mill Lane",
		AddressID: "9", Attributes: open311.Attributes{"DEPTH": {"deep", "wide"}}, Description: "null", Email: "a@b.example",
		FirstName: "A", LastName: "B", Phone: "1", DeviceID: "d", AccountID: "acc", MediaURL: "https://x.example/1.jpg",
		Params: url.Values{"k": {"v"}}},
	"query": open311.Query{IDs: []string{"1"}, ServiceCodes: []string{"001", "002"}, Statuses: []open311.Status{"open"},
		Start: storedAt, End: storedAt.Add(time.Hour), UpdatedAfter: storedAt, UpdatedBefore: storedAt,
		Near:   &open311.Circle{Center: open311.Point{Lat: 1, Long: 2}, Radius: 3},
		Within: &open311.Box{Min: open311.Point{Lat: 1, Long: 2}, Max: open311.Point{Lat: 3, Long: 4}},
		Search: "hole", Extensions: true, Page: 2, PageSize: 50, Params: url.Values{"k": {"v"}}},
	"empty query": open311.Query{},
	"service": open311.Service{Code: "001", Name: "Potholes", Description: "Holes", Metadata: true, Type: "realtime",
		Keywords: []string{"a", "b"}, Groups: []string{"Streets", "Roads"},
		Extra: open311.Extra{"id": json.RawMessage(`12`), "hidden": json.RawMessage(`false`)}},
	"empty service": open311.Service{},
	"definition": open311.ServiceDefinition{ServiceCode: "001", Attributes: []open311.Attribute{
		{Code: "DEPTH", Datatype: "singlevaluelist", Required: true, Variable: true, Order: 1, Description: "How deep?",
			DatatypeDescription: "choose", Values: []open311.AttributeValue{{Key: "1", Name: "One"}, {Key: "2"}},
			Extra: open311.Extra{"automated": json.RawMessage(`"server_set"`)}},
		{Code: "Q"}}, Extra: open311.Extra{"location_required": json.RawMessage(`"false"`)}},
	// What came later.
	"report with a file": open311.NewRequest{Media: []open311.Media{{Name: "a.jpg", ContentType: "image/jpeg", Size: 4, Path: "/tmp/a"}}},
	"filing": open311.Filing{ID: "f", Report: &open311.NewRequest{ServiceCode: "001"}, State: open311.FilingWaiting,
		Attempts: []open311.FilingAttempt{{Sent: storedAt}}, Receipt: &open311.Receipt{}, Error: "e", Changed: storedAt,
		Candidates: []open311.Candidate{{Request: open311.ServiceRequest{ID: "9"}, Score: 0.5, Reasons: []string{"r"}}}},
	"empty filing": open311.Filing{},
	"attribute":    open311.Attribute{Code: "Q", Extra: open311.Extra{"Extra": json.RawMessage(`[]`)}},
}

// storedAs is what they are written as.
var storedAs = map[string]string{
	"receipt":            `{"service_request_id":"7","token":"t-7","service_notice":"Soon.","account_id":"a","error":{"code":400},"status":"open"}`,
	"report with a file": `{"media":[{"name":"a.jpg","content_type":"image/jpeg","size":4,"path":"/tmp/a"}]}`,
	"filing": `{"id":"f","report":{"service_code":"001"},"state":"waiting","attempts":[{"sent":"2026-07-01T08:30:15.123456789Z"}],"receipt":{},` +
		`"candidates":[{"request":{"service_request_id":"9","token":null,"status":null,"status_notes":null,"service_name":null,"service_code":null,"description":null,` +
		`"agency_responsible":null,"service_notice":null,"requested_datetime":null,"updated_datetime":null,"expected_datetime":null,"address":null,"address_id":null,` +
		`"zipcode":null,"lat":null,"long":null,"media_url":null},"score":0.5,"reasons":["r"]}],"error":"e","changed":"2026-07-01T08:30:15.123456789Z"}`,
	"service": `{"service_code":"001","service_name":"Potholes","description":"Holes","metadata":true,"type":"realtime","keywords":"a,b","groups":["Streets","Roads"],"hidden":false,"id":12}`,
	"definition": `{"service_code":"001","attributes":[{"variable":true,"code":"DEPTH","datatype":"singlevaluelist","required":true,` +
		`"datatype_description":"choose","order":1,"description":"How deep?","values":[{"key":"1","name":"One"},{"key":"2"}],"automated":"server_set"},{"code":"Q"}],"location_required":"false"}`,
	"report": `{"service_code":"001","location":{"lat":0,"long":-0.5},"address_string":"1 Mill Lane","address_id":"9","attributes":{"DEPTH":["deep","wide"]},"description":"null",` +
		`"email":"a@b.example","first_name":"A","last_name":"B","phone":"1","device_id":"d","account_id":"acc","media_url":"https://x.example/1.jpg","params":{"k":["v"]}}`,
	"query": `{"service_request_id":["1"],"service_code":["001","002"],"status":["open"],"start_date":"2026-07-01T08:30:15.123456789Z","end_date":"2026-07-01T09:30:15.123456789Z",` +
		`"updated_after":"2026-07-01T08:30:15.123456789Z","updated_before":"2026-07-01T08:30:15.123456789Z","near":{"center":{"lat":1,"long":2},"radius":3},` +
		`"within":{"min":{"lat":1,"long":2},"max":{"lat":3,"long":4}},"q":"hole","extensions":true,"page":2,"page_size":50,"params":{"k":["v"]}}`,
}

// reread reads a text into a new value of the type of v.
func reread(t *testing.T, text []byte, v any) any {
	t.Helper()
	read := func(dst any) {
		if err := json.Unmarshal(text, dst); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	switch v.(type) {
	case open311.Receipt:
		var r open311.Receipt
		read(&r)
		return r
	case open311.NewRequest:
		var r open311.NewRequest
		read(&r)
		return r
	case open311.Query:
		var r open311.Query
		read(&r)
		return r
	case open311.Service:
		var r open311.Service
		read(&r)
		return r
	case open311.ServiceDefinition:
		var r open311.ServiceDefinition
		read(&r)
		return r
	case open311.Attribute:
		var r open311.Attribute
		read(&r)
		return r
	case open311.Filing:
		var r open311.Filing
		read(&r)
		return r
	}
	t.Fatalf("%T is not known here", v)
	return nil
}

func TestStoredAsTheSpecificationHasIt(t *testing.T) {
	for name, v := range storedValues {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			want, ok := storedAs[name]
			if strings.HasPrefix(name, "empty") {
				want, ok = "{}", true
			}
			if d := cmp.Diff(want, string(text)); ok && d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if d := cmp.Diff(v, reread(t, text, v)); d != "" {
				t.Errorf("read back from %s (-want +got):\n%s", text, d)
			}
		})
	}
}

// The first version wrote the names of Go.
func TestStoredByTheFirstVersion(t *testing.T) {
	document, err := os.ReadFile("testdata/stored/97fb042.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]json.RawMessage
	if err := json.Unmarshal(document, &texts); err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		if d := cmp.Diff(storedValues[name], reread(t, text, storedValues[name])); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	var f open311.Filing
	const before = `{"ID":"f","Report":{"ServiceCode":"1","Media":[{"Name":"a.jpg","ContentType":"image/jpeg","Path":"/tmp/a"}]},"State":"waiting",` +
		`"Attempts":[{"Sent":"2026-07-01T08:30:15Z","Ended":"0001-01-01T00:00:00Z"}],"Receipt":{"ID":"7","Token":"","ServiceNotice":"","AccountID":"","Extra":null},"Boot":"b"}`
	if err := json.Unmarshal([]byte(before), &f); err != nil {
		t.Fatal(err)
	}
	if f.Report.ServiceCode != "1" || f.Report.Media[0].ContentType != "image/jpeg" || f.Receipt.ID != "7" || f.Attempts[0].Sent.IsZero() {
		t.Errorf("read as %+v: %+v, %+v", f, f.Report, f.Receipt)
	}
}

func TestQueryWithAreaIsNotStored(t *testing.T) {
	if text, err := json.Marshal(open311.Query{Area: open311.Circle{}}); err == nil || !strings.Contains(err.Error(), "Area") {
		t.Errorf("it is stored as %s, %v", text, err)
	}
}

func TestExtraPrintsAsText(t *testing.T) {
	e := open311.Extra{"b": json.RawMessage(`[1, 2]`), "a": json.RawMessage(`"text"`)}
	for format, want := range map[string]string{"%v": `{"a":"text","b":[1,2]}`, "%s": `{"a":"text","b":[1,2]}`, "%+v": `{"a":"text","b":[1,2]}`} {
		if got := fmt.Sprintf(format, e); got != want {
			t.Errorf("%s prints %s, want %s", format, got, want)
		}
	}
	if got := fmt.Sprint(open311.Extra(nil)); got != "{}" {
		t.Errorf("none is printed as %s", got)
	}
	if got := fmt.Sprint(open311.Extra{"a": json.RawMessage(`no JSON`)}); !strings.Contains(got, "no JSON") {
		t.Errorf("a text that is no JSON is printed as %s", got)
	}
	if got := e.String("a"); got != "text" {
		t.Errorf("String gives %s", got)
	}
}
