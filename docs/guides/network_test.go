package guides

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/go-open311/open311"
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
	if err == nil && resp.StatusCode == http.StatusNotModified && known != nil {
		resp.Body.Close()
		return known.Result(), nil
	}
	return resp, err
}

func TestCached(t *testing.T) {
	confirmed, body := 0, `[{"service_code":"1","service_name":"Potholes"}]`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			confirmed++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	known := httptest.NewRecorder()
	known.Header().Set("ETag", `"1"`)
	_, _ = known.WriteString(body)
	c, err := Cached(server.URL, func(next http.RoundTripper) http.RoundTripper {
		return &etags{next, map[string]*httptest.ResponseRecorder{server.URL + "/services.json": known}}
	}, open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.Services.List(t.Context())
	if err != nil || len(list) != 1 || confirmed != 1 {
		t.Errorf("%d services, confirmed %d times: %v", len(list), confirmed, err)
	}
}
