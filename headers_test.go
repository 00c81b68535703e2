package open311_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-open311/open311"
)

// TestControlsAreRefused checks that New finds what could not be sent in a header, and does not show it.
func TestControlsAreRefused(t *testing.T) {
	for name, with := range map[string]func(string) open311.Option{
		"WithAPIKey":       open311.WithAPIKey,
		"WithUserAgent":    open311.WithUserAgent,
		"WithJurisdiction": open311.WithJurisdiction,
		"KeyHeader":        func(s string) open311.Option { return open311.WithDialect(open311.Dialect{KeyHeader: s}) },
		"KeyScheme":        func(s string) open311.Option { return open311.WithDialect(open311.Dialect{KeyScheme: s}) },
		"Encoding":         func(s string) open311.Option { return open311.WithDialect(open311.Dialect{Encoding: s}) },
	} {
		for _, value := range []string{"k3y-secret\n", "k3y\r\nX-Evil: secret", "\x00secret", "secret\x7f", "sec\tret"} {
			_, err := open311.New("https://city.example/v2", with(value))
			if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "sec") || strings.Contains(err.Error(), "k3y") {
				t.Errorf("%s %q: %v", name, value, err)
			}
		}
		if _, err := open311.New("https://city.example/v2", with("fine")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSwitchingProtocolsIsNoSuccess checks that a 101 is neither a list nor a receipt.
func TestSwitchingProtocolsIsNoSuccess(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 101, "application/json", `[{"service_request_id":"1"}]`), nil
	}, open311.WithFormat(open311.FormatJSON))
	var ae *open311.APIError
	if _, err := c.Requests.List(t.Context(), nil); !errors.As(err, &ae) || ae.StatusCode != 101 {
		t.Errorf("list: %v", err)
	}
	_, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1"})
	if !errors.Is(err, open311.ErrOutcomeUnknown) {
		t.Errorf("report: %v", err)
	}
}

// TestRefusalsKeepTheConnection checks that 40 pages of 404 come over few connections.
func TestRefusalsKeepTheConnection(t *testing.T) {
	var conns sync.Map
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns.Store(r.RemoteAddr, true)
		w.WriteHeader(404)
		_, _ = w.Write(make([]byte, 30<<10))
	}))
	defer s.Close()
	c, err := open311.New(s.URL, open311.WithHTTPClient(&http.Client{Transport: &http.Transport{}}), open311.WithFormat(open311.FormatJSON))
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		if _, err := c.Services.List(t.Context()); err == nil {
			t.Fatal("no error")
		}
	}
	n := 0
	conns.Range(func(any, any) bool { n++; return true })
	if n > 5 { // net/http gives one up where its writer was held up
		t.Errorf("%d connections", n)
	}
}
