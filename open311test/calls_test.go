package open311test_test

import (
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311/open311test"
)

func TestCalls(t *testing.T) {
	h := hamlet()
	r := httptest.NewRequest(http.MethodGet, base+"services/B%2F2.json?api_key=secret&jurisdiction_id=a.example", nil)
	r.Header.Set("Authorization", "Bearer secret")
	r.Header.Set("X-API-Key", "secret")
	r.Header.Set("Accept", "application/json")
	h.ServeHTTP(httptest.NewRecorder(), r)
	post(h, "requests.json", url.Values{"api_key": {"secret"}, "service_code": {"001"}, "email": {"a@b.example"}})

	want := []open311test.Call{
		{
			Method: "GET", Path: base + "services/B%2F2.json",
			Query:  url.Values{"api_key": {open311test.Redacted}, "jurisdiction_id": {"a.example"}},
			Header: http.Header{"Authorization": {open311test.Redacted}, "X-Api-Key": {open311test.Redacted}, "Accept": {"application/json"}},
		},
		{
			Method: "POST", Path: base + "requests.json", Query: url.Values{},
			Form:   url.Values{"api_key": {open311test.Redacted}, "service_code": {"001"}, "email": {"a@b.example"}},
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
		},
	}
	if diff := cmp.Diff(want, h.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if got, want := h.Calls()[0].String(), "GET /open311/v2/services/B%2F2.json?api_key=REDACTED&jurisdiction_id=a.example"; got != want {
		t.Errorf("as a line: %s, want %s", got, want)
	}
	// Reading the calls must not change what was received.
	if got := r.Header.Get("Authorization"); got != "Bearer secret" {
		t.Errorf("the caller's header is now %q", got)
	}
	h.ResetCalls()
	if n := len(h.Calls()); n != 0 {
		t.Errorf("%d calls after ResetCalls", n)
	}
}

// A key that stands where no key belongs is one all the same: in the name of a parameter, or of a file.
func TestCallsShowNoKeyAnywhere(t *testing.T) {
	const key = "K3y+s3cr3t=Zq"
	h := hamlet(open311test.WithAPIKey(key))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, base+"services.json?"+url.QueryEscape(key)+"=1&x="+url.QueryEscape(key), nil))
	var body strings.Builder
	w := multipart.NewWriter(&body)
	file, err := w.CreateFormFile(key, key+".png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(file, "photo")
	_ = w.WriteField(key, "1")
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, base+"requests.json", strings.NewReader(body.String()))
	r.Header.Set("Content-Type", w.FormDataContentType())
	h.ServeHTTP(httptest.NewRecorder(), r)

	calls := h.Calls()
	if n := len(calls[1].Files); n != 1 {
		t.Fatalf("%d files", n)
	}
	if text := fmt.Sprintf("%q %q %q %q", calls[0].Query, calls[1].Form, calls[1].Files, calls[1].Header); strings.Contains(text, key) || strings.Count(text, open311test.Redacted) < 5 {
		t.Error(text)
	}
}

func TestCallsKeepsTheLatest(t *testing.T) {
	h := hamlet()
	for range 10_002 {
		get(h, "x")
	}
	get(h, "last")
	calls := h.Calls()
	if len(calls) != 10_000 {
		t.Fatalf("%d calls, want 10000", len(calls))
	}
	if i := slices.IndexFunc(calls, func(c open311test.Call) bool { return strings.HasSuffix(c.Path, "last") }); i != 9999 {
		t.Errorf("the last call is at %d", i)
	}
}

func TestMiddleware(t *testing.T) {
	var order []string
	named := func(name string, answer int) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				order = append(order, name)
				if answer != 0 && r.Method == http.MethodPost {
					w.WriteHeader(answer)
					return
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	h := hamlet(open311test.WithMiddleware(named("outer", 0), named("inner", 503)))
	if w := get(h, "services.json"); w.Code != http.StatusOK {
		t.Errorf("status %d: the middleware lets this through", w.Code)
	}
	if w := post(h, "requests.json", report(nil)); w.Code != 503 {
		t.Errorf("status %d, want the 503 of the middleware", w.Code)
	}
	if diff := cmp.Diff([]string{"outer", "inner", "outer", "inner"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if calls := h.Calls(); len(calls) != 2 || calls[1].Form.Get("description") != "mud" {
		t.Errorf("the call that never reached the city is not recorded: %v", calls)
	}
}
