package open311test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/redact"
)

// Server is a running city. Besides what is here it has the methods of its [Handler].
type Server struct {
	*Handler

	URL          string // the endpoint, without a slash at its end: "http://127.0.0.1:1234/open311/v2"
	DiscoveryURL string // its discovery document

	tb testing.TB
}

// NewServer starts a city that is closed when the test ends.
func NewServer(tb testing.TB, opts ...Option) *Server {
	tb.Helper()
	s := &Server{Handler: NewHandler(opts...), tb: tb}
	tb.Cleanup(func() {
		for _, f := range s.Pending() {
			tb.Errorf("open311test: a fault was not used: %s", f)
		}
	})
	host := "http://" + offlineHost
	if !s.offline {
		srv := httptest.NewServer(s.Handler)
		tb.Cleanup(srv.Close)
		host = srv.URL
	}
	s.URL = host + s.base
	s.DiscoveryURL = s.URL + "/discovery.json"
	return s
}

// offlineHost is in the URLs of a server that opens no socket.
const offlineHost = "quillhaven.example"

// Client returns a client of this city. It sets the endpoint and nothing else (under [WithoutNetwork], the HTTP
// client too, else a middleware for [Handler.Calls]); the options are applied after that.
func (s *Server) Client(opts ...open311.Option) *open311.Client {
	if s == nil || s.tb == nil {
		return new(open311.Client) // each call of which says that it was not made by New
	}
	s.tb.Helper()
	if s.offline {
		own := open311.WithHTTPClient(&http.Client{Transport: s.Transport()})
		opts = append([]open311.Option{own}, opts...)
	} else {
		opts = append([]open311.Option{open311.WithMiddleware(s.learnKey)}, opts...)
	}
	c, err := open311.New(s.URL, opts...)
	if err != nil {
		s.tb.Fatalf("open311test: a client for %s: %v", s.URL, err)
	}
	return c
}

// learnKey notes the key of the calls that go out, so that [Handler.Calls] does not show it.
func (h *Handler) learnKey(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		h.log.learn(redact.CredentialOf(r.Context()))
		return next.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
