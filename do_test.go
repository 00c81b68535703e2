package open311_test

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

func TestDo(t *testing.T) {
	xmlOnly := open311.WithFormat(open311.FormatXML)
	noSuffix := open311.WithDialect(open311.Dialect{NoSuffix: true})
	params := url.Values{"a": {"1,2"}, "b c": {"ü&x"}}
	tests := []struct {
		name, method, path string
		params             url.Values
		opts               []open311.Option
		want               stubCall // without headers
	}{
		{"GET", "GET", "requests/comments/12", params, nil, stubCall{Method: "GET", URI: "/v2/requests/comments/12.json?a=1,2&b+c=%C3%BC%26x"}},
		{"GET without parameters", "GET", "extension", nil, nil, stubCall{Method: "GET", URI: "/v2/extension.json"}},
		{"GET in XML", "GET", "extension", nil, []open311.Option{xmlOnly}, stubCall{Method: "GET", URI: "/v2/extension.xml"}},
		{"GET without suffix", "GET", "extension", nil, []open311.Option{noSuffix}, stubCall{Method: "GET", URI: "/v2/extension"}},
		{"HEAD", "HEAD", "extension", params, nil, stubCall{Method: "HEAD", URI: "/v2/extension.json?a=1,2&b+c=%C3%BC%26x"}},
		{"slashes around", "GET", "/extension/", nil, nil, stubCall{Method: "GET", URI: "/v2/extension.json"}},
		{"escaped segment", "GET", "notes/a%2Fb%20c", nil, nil, stubCall{Method: "GET", URI: "/v2/notes/a%2Fb%20c.json"}},
		{"POST", "POST", "extension", params, nil, stubCall{Method: "POST", URI: "/v2/extension.json", Body: "a=1%2C2&b+c=%C3%BC%26x"}},
		{"POST without parameters", "POST", "extension", nil, nil, stubCall{Method: "POST", URI: "/v2/extension.json"}},
		{"PUT", "PUT", "extension", params, nil, stubCall{Method: "PUT", URI: "/v2/extension.json", Body: "a=1%2C2&b+c=%C3%BC%26x"}},
		{"DELETE", "DELETE", "notes/1", nil, nil, stubCall{Method: "DELETE", URI: "/v2/notes/1.json"}},
		{"key and jurisdiction of a POST", "POST", "extension", url.Values{"a": {"b"}}, []open311.Option{open311.WithAPIKey("k"), open311.WithJurisdiction("j")},
			stubCall{Method: "POST", URI: "/v2/extension.json", Body: "a=b&api_key=k&jurisdiction_id=j"}},
		{"jurisdiction of a GET", "GET", "extension", url.Values{"a": {"b"}}, []open311.Option{open311.WithAPIKey("k"), open311.WithJurisdiction("j")},
			stubCall{Method: "GET", URI: "/v2/extension.json?a=b&jurisdiction_id=j"}},
	}
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "what the extension says") })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := maps.Clone(tt.params)
			resp, err := city.client(t, tt.opts...).Do(t.Context(), tt.method, tt.path, tt.params)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if want := "what the extension says"; err != nil || tt.method != "HEAD" && string(body) != want {
				t.Errorf("body %q, %v, want %q", body, err, want)
			}
			got := city.last(t)
			got.Header = nil
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("the call (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, tt.params); d != "" {
				t.Errorf("the caller's parameters were changed (-want +got):\n%s", d)
			}
		})
	}
}

func TestDoContentType(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {})
	if err := doAndClose(t.Context(), city.client(t), http.MethodPost); err != nil {
		t.Fatal(err)
	}
	if got, want := city.last(t).Header.Get("Content-Type"), "application/x-www-form-urlencoded; charset=utf-8"; got != want {
		t.Errorf("Content-Type: %q, want %q", got, want)
	}
}

func TestDoRefusesPaths(t *testing.T) {
	for _, path := range []string{"", "/", "..", ".", "../admin", "a/../b", "a/./b", "a//b", "a/..", "%2e%2e/admin", "a/%2E%2e", ".%2e/b", "a/%zz",
		"..%2F..", "a/..%2fb", "a%2f..", "a%5C..", "%252e%252e/b", "a%252F..%252Fb"} {
		t.Run(strings.ReplaceAll(path, "/", "|"), func(t *testing.T) {
			sent := false
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				sent = true
				return stubReply(r, 200, "text/plain", ""), nil
			})
			resp, err := c.Do(t.Context(), http.MethodGet, path, nil)
			if err == nil {
				resp.Body.Close()
				t.Errorf("no error")
			}
			if sent {
				t.Error("the call was made")
			}
		})
	}
}

// A path that holds what looks like a query or a fragment must not become one.
func TestDoKeepsThePathAPath(t *testing.T) {
	for path, want := range map[string]string{
		"a?b=c":       "/v2/a%3Fb=c.json",
		"a#b":         "/v2/a%23b.json",
		"a b":         "/v2/a%20b.json",
		"a%2Fb":       "/v2/a%2Fb.json",
		"a;b":         "/v2/a;b.json",
		"http://evil": "",
	} {
		t.Run(strings.ReplaceAll(path, "/", "|"), func(t *testing.T) {
			got, host := "", ""
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				got, host = r.URL.RequestURI(), r.URL.Host
				return stubReply(r, 200, "text/plain", ""), nil
			})
			resp, err := c.Do(t.Context(), http.MethodGet, path, nil)
			if err == nil {
				resp.Body.Close()
			}
			if got != want || host != "city.example" && host != "" {
				t.Errorf("asked %s for %q, want %q (error %v)", host, got, want, err)
			}
		})
	}
}

func TestDoErrors(t *testing.T) {
	tests := []struct {
		status int
		want   string
	}{
		{300, `open311: GET URL: 300 Multiple Choices (text/plain): the answer begins "what the server says"`},
		{304, `open311: GET URL: 304 Not Modified`},
		{400, `open311: GET URL: 400 Bad Request (text/plain): the answer begins "what the server says"`},
		{404, `open311: GET URL: 404 Not Found (text/plain): the answer begins "what the server says"`},
		{500, `open311: GET URL: 500 Internal Server Error (text/plain): the answer begins "what the server says" (4 attempts)`},
	}
	for _, tt := range tests {
		t.Run(strconv.Itoa(tt.status), func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				w.WriteHeader(tt.status)
				io.WriteString(w, "what the server says")
			})
			resp, err := city.client(t).Do(t.Context(), http.MethodGet, "extension", nil)
			var ae *open311.APIError
			if resp != nil || !errors.As(err, &ae) {
				t.Fatalf("answer %v, error %v, want no answer and an *APIError", resp, err)
			}
			got := strings.ReplaceAll(err.Error(), city.URL+"/v2/extension.json", "URL")
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestDoUsesWhatWasLearned(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".json") {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, oneRequestXML)
	})
	c := city.client(t)
	if _, err := c.Requests.List(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := doAndClose(t.Context(), c, http.MethodGet); err != nil {
		t.Fatal(err)
	}
	if got, want := city.last(t).URI, "/v2/extension.xml?a=b"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}
