package guides

import (
	"bytes"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/go-open311/open311/open311test"
)

func TestNetwork(t *testing.T) {
	city := httptest.NewTLSServer(open311test.NewHandler(open311test.WithBase("/"), open311test.WithSize(3)))
	defer city.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: city.Certificate().Raw})
	c, err := Behind(city.URL, nil, authority)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Services.List(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := Behind(city.URL, nil, []byte("nothing")); err == nil {
		t.Error("a file without certificates is taken")
	}

	var through atomic.Int32
	behind := open311test.NewHandler(open311test.WithBase("/"), open311test.WithSize(3))
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host == "city.example" { // a proxy is sent whole addresses
			through.Add(1)
		}
		behind.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = Behind("http://city.example", at, authority); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Services.List(t.Context()); err != nil || through.Load() != 1 {
		t.Errorf("%d calls went through the proxy, %v", through.Load(), err)
	}
}

// etags is as small as a cache can be: the last answer of each address, which the server is asked to confirm.
type etags struct {
	next  http.RoundTripper
	known map[string]*httptest.ResponseRecorder
}

func (e *etags) RoundTrip(r *http.Request) (*http.Response, error) {
	known := e.known[r.URL.String()]
	if known != nil {
		r = r.Clone(r.Context())
		r.Header.Set("If-None-Match", known.Header().Get("ETag"))
	}
	resp, err := e.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotModified {
		known = httptest.NewRecorder()
		maps.Copy(known.Header(), resp.Header)
		known.WriteHeader(resp.StatusCode)
		if _, err := io.Copy(known, resp.Body); err != nil {
			return nil, err
		}
		e.known[r.URL.String()] = known
	}
	answer := known.Result()
	answer.Request = r
	answer.Body = io.NopCloser(bytes.NewReader(known.Body.Bytes()))
	return answer, nil
}

func TestCached(t *testing.T) {
	var calls, confirmed int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			confirmed++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(`[{"service_code":"1","service_name":"Potholes"}]`))
	}))
	defer server.Close()
	c, err := Cached(server.URL, func(next http.RoundTripper) http.RoundTripper {
		return &etags{next, map[string]*httptest.ResponseRecorder{}}
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if list, err := c.Services.List(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("%d services: %v", len(list), err)
		}
	}
	if calls != 3 || confirmed != 2 {
		t.Errorf("of %d calls %d were confirmed, want 3 and 2", calls, confirmed)
	}
}
