package retry

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// connections is a server that says in which protocol it is spoken to, and counts the connections on which it is.
type connections struct {
	*httptest.Server
	open   atomic.Int32
	closed chan struct{}

	mu   sync.Mutex
	used map[string]map[string]int // requests by method and connection
}

func newConnections(t *testing.T, secure bool) *connections {
	t.Helper()
	c := &connections{closed: make(chan struct{}, 100), used: map[string]map[string]int{}}
	c.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		c.mu.Lock()
		if c.used[r.Method] == nil {
			c.used[r.Method] = map[string]int{}
		}
		c.used[r.Method][r.RemoteAddr]++
		c.mu.Unlock()
		_, _ = io.WriteString(w, r.Proto)
	}))
	c.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			c.open.Add(1)
		case http.StateClosed, http.StateHijacked:
			c.open.Add(-1)
			c.closed <- struct{}{}
		}
	}
	c.Config.Protocols = new(http.Protocols)
	c.Config.Protocols.SetHTTP1(true)
	if secure {
		c.Config.Protocols.SetHTTP2(true)
		c.EnableHTTP2 = true
		c.StartTLS()
	} else {
		c.Config.Protocols.SetUnencryptedHTTP2(true)
		c.Start()
	}
	t.Cleanup(c.Close)
	return c
}

// TestFresh: every POST has a connection of its own, or that of the POSTs before it in HTTP/2, in the protocol that the
// caller's transport speaks, and none is left behind; every GET shares the one that the caller's transport keeps.
func TestFresh(t *testing.T) {
	t.Parallel()
	roots := func(s *connections) *tls.Config {
		if s.TLS == nil {
			return nil
		}
		return &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	}
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	for name, tt := range map[string]struct {
		secure    bool
		transport func(*connections) *http.Transport
		proto     string
	}{
		"plain":             {false, func(*connections) *http.Transport { return &http.Transport{} }, "HTTP/1.1"},
		"plain HTTP/2":      {false, func(*connections) *http.Transport { return &http.Transport{Protocols: h2c} }, "HTTP/2.0"},
		"TLS of the caller": {true, func(s *connections) *http.Transport { return &http.Transport{TLSClientConfig: roots(s)} }, "HTTP/1.1"},
		"and HTTP/2": {true, func(s *connections) *http.Transport {
			return &http.Transport{TLSClientConfig: roots(s), ForceAttemptHTTP2: true}
		}, "HTTP/2.0"},
		"nothing of his own": {true, ownHTTP2, "HTTP/2.0"},
		"HTTP/2 turned off": {true, func(s *connections) *http.Transport {
			return &http.Transport{TLSClientConfig: roots(s), TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
		}, "HTTP/1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newConnections(t, tt.secure)
			transport := tt.transport(s)
			c := New(&http.Client{Transport: transport}, Config{})
			const rounds = 4
			for range rounds {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					if proto := c.proto(t, method, s.URL); proto != tt.proto {
						t.Errorf("%s goes over %s, want %s", method, proto, tt.proto)
					}
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			posts := len(s.used[http.MethodPost])
			// HTTP/2 keeps one for a second, and net/http gives up one whose writer was held up.
			if posts != rounds && tt.proto != "HTTP/2.0" || len(s.used[http.MethodGet]) > rounds/2 {
				t.Errorf("connections: %v", s.used)
			}
			for end := time.Now().Add(20 * time.Second); s.open.Load() > 0; {
				transport.CloseIdleConnections() // one of HTTP/2 is not idle yet when its answer has been read
				select {
				case <-s.closed:
				case <-time.After(20 * time.Millisecond):
				}
				if time.Now().After(end) {
					t.Fatalf("%d connections are left", s.open.Load())
				}
			}
		})
	}
}

// ownHTTP2 is a transport that net/http has set up for HTTP/2, with the certificate of the server put in.
func ownHTTP2(s *connections) *http.Transport {
	t := &http.Transport{}
	t.Clone() // does it
	t.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return t
}

// proto makes a call and returns what the server says.
func (c *Client) proto(t *testing.T, method, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	body := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil }
	if method == http.MethodGet {
		body = nil
	}
	res, err := c.Do(req, body, 1)
	if err != nil {
		t.Error(method, err)
		return ""
	}
	defer func() { _ = res.Response.Body.Close() }()
	text, err := io.ReadAll(res.Response.Body)
	if err != nil {
		t.Error(method, err)
	}
	return string(text)
}

// TestFreshKeeps: what the caller's transport does besides is done for a POST as well, and a transport of another
// type is left alone.
func TestFreshKeeps(t *testing.T) {
	t.Parallel()
	s := newConnections(t, false)
	var dialled atomic.Int32
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		dialled.Add(1)
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}}
	defer transport.CloseIdleConnections()
	c := New(&http.Client{Transport: transport}, Config{})
	if got := c.proto(t, http.MethodPost, "http://city.example/"); got != "HTTP/1.1" || dialled.Load() != 1 {
		t.Errorf("%q, dialled %d times", got, dialled.Load())
	}
	type other struct{ http.RoundTripper }
	if rt := (other{transport}); fresh(rt) != rt {
		t.Error("another transport is replaced")
	}
}
