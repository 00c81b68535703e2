package open311test_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzAnswers: whatever is asked, the answer is a document of the type it is labelled with, and what is
// filed can be listed in both formats.
func FuzzAnswers(f *testing.F) {
	f.Add("GET", "requests.json", "status=open&start_date=2026-06-01T00:00:00Z", "")
	f.Add("GET", "services/N%204%2F7.xml", "jurisdiction_id=a", "")
	f.Add("POST", "requests.xml", "", "service_code=X&lat=1&long=2&description=%00%ff<&attribute[KIND][]=1")
	f.Add("POST", "requests.json", "api_key=1", "service_code=001&address_string=%0b%EF%BF%BE&attribute[KIND]=1&account_id=]]>")
	f.Add("HEAD", "tokens/.xml", "a=%zz", "")
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		h := hamlet()
		r := &http.Request{
			Method: method, URL: &url.URL{Path: base + path, RawPath: base + path, RawQuery: query}, Host: "city.example",
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: io.NopCloser(strings.NewReader(body)),
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if method != http.MethodHead {
			wantDocument(t, w)
		}
		if method == http.MethodPost {
			wantDocument(t, get(h, "requests.json"))
			wantDocument(t, get(h, "requests.xml"))
		}
		h.Calls()
	})
}

func wantDocument(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	switch w.Header().Get("Content-Type") {
	case jsonType:
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("not JSON: %q", w.Body)
		}
	case xmlType:
		d := xml.NewDecoder(w.Body)
		for {
			if _, err := d.Token(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatalf("not XML: %v in %q", err, w.Body)
			}
		}
	default:
		t.Errorf("Content-Type %q", w.Header().Get("Content-Type"))
	}
}
