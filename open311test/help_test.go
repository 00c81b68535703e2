package open311test_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

const base = "/open311/v2/"

// get makes one call below the endpoint, without a network.
func get(h http.Handler, target string) *httptest.ResponseRecorder {
	return do(h, http.MethodGet, base+target, nil)
}

// post files a report.
func post(h http.Handler, target string, form url.Values) *httptest.ResponseRecorder {
	return do(h, http.MethodPost, base+target, form)
}

func do(h http.Handler, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// row is what the tests look at in a JSON answer, whatever it is a list of.
type row struct {
	ID          *string   `json:"service_request_id"`
	Token       *string   `json:"token"`
	Code        int       `json:"code"`
	Description string    `json:"description"`
	Status      string    `json:"status"`
	Requested   time.Time `json:"requested_datetime"`
}

func rows(t testing.TB, w *httptest.ResponseRecorder) []row {
	t.Helper()
	var list []row
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return list
}

// ids returns the ids of a listing, in its order.
func ids(t testing.TB, w *httptest.ResponseRecorder) []string {
	t.Helper()
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	found := []string{}
	for _, r := range rows(t, w) {
		if r.ID == nil {
			t.Fatalf("a row without id in %s", w.Body)
		}
		found = append(found, *r.ID)
	}
	return found
}

func date(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// hamlet is a city with one of everything.
func hamlet(opts ...open311test.Option) *open311test.Handler {
	h := open311test.NewHandler(append([]open311test.Option{open311test.WithEmpty()}, opts...)...)
	h.Seed(
		[]open311.Service{
			{Code: "001", Name: "Mud", Description: "Mud & <slime>", Keywords: []string{"dirt", "puddle"}, Groups: []string{"Roads"}},
			{Code: "B/2", Name: "Bins", Type: open311.Batch},
			{Code: "X", Name: "Noise", Type: open311.Blackbox},
		},
		[]open311.ServiceDefinition{{ServiceCode: "001", Attributes: []open311.Attribute{
			{Code: "NOTE", Datatype: open311.DatatypeString, Order: 1, Description: "Wear boots."},
			{
				Code: "KIND", Datatype: open311.DatatypeSingleValueList, Required: true, Variable: true, Order: 2, Description: "Which?",
				Values: []open311.AttributeValue{{Key: "1", Name: "wet"}, {Key: "02", Name: "dry"}},
			},
			{Code: "MANY", Datatype: open311.DatatypeMultiValueList, Variable: true, Order: 3, Values: []open311.AttributeValue{{Key: "a", Name: "A"}, {Key: "b", Name: "B"}}},
			{Code: "NUM", Datatype: open311.DatatypeNumber, Variable: true, Order: 4},
			{Code: "WHEN", Datatype: open311.DatatypeDatetime, Variable: true, Order: 5},
			{Code: "LINE", Datatype: open311.DatatypeString, Variable: true, Order: 6},
			{Code: "TEXT", Datatype: open311.DatatypeText, Variable: true, Order: 7},
		}}},
		[]open311.ServiceRequest{
			{ID: "a1", ServiceCode: "001", Status: open311.StatusClosed, RequestedDatetime: date("2026-06-01T08:00:00Z")},
			{ID: "a2", ServiceCode: "001", RequestedDatetime: date("2026-06-01T08:00:00Z")},
			{ID: "a3", ServiceCode: "X", RequestedDatetime: date("2026-06-02T10:00:00+02:00")},
			{ID: "a4", ServiceCode: "B/2", Status: open311.StatusClosed, RequestedDatetime: date("2026-04-01T12:00:00Z")},
			{ID: "old", ServiceCode: "001", RequestedDatetime: date("2025-06-01T08:00:00Z")},
			{ID: "b/5", ServiceCode: "001", RequestedDatetime: date("2026-06-30T12:00:00Z")},
		})
	return h
}

// wantErrors checks that an answer is a list of errors, each with one of the texts in it, in this order.
func wantErrors(t *testing.T, w *httptest.ResponseRecorder, status int, texts []string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d", w.Code, status)
	}
	got := rows(t, w)
	if len(got) != len(texts) {
		t.Fatalf("%d errors, want %d: %s", len(got), len(texts), w.Body)
	}
	for i, r := range got {
		if !strings.Contains(r.Description, texts[i]) {
			t.Errorf("error %d is %q, want something with %q", i, r.Description, texts[i])
		}
		if r.Code < 400 {
			t.Errorf("error %d has code %d", i, r.Code)
		}
	}
}
