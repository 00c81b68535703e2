package retry

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fast keeps the waits of tests on real connections short.
var fast = Policy{MinWait: time.Microsecond, MaxWait: time.Millisecond}

// A raw is a server on the loopback that handles connections by hand.
type raw struct {
	net.Listener
	conns atomic.Int32
}

func serve(t *testing.T, handle func(net.Conn, *bufio.Reader)) *raw {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &raw{Listener: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			go func() {
				defer func() { _ = c.Close() }()
				handle(c, bufio.NewReader(c))
			}()
		}
	}()
	return s
}

// reset makes closing c send RST instead of FIN.
func reset(c net.Conn) {
	if tc, ok := c.(*net.TCPConn); ok {
		_ = tc.SetLinger(0)
	}
}

// readRequest reads a request with its body.
func readRequest(r *bufio.Reader) error {
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err
}

// transport returns a transport with a pool of its own.
func transport(t *testing.T) *http.Transport {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.Proxy = nil
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// A wireFault is what happens to every connection, and what is to come of it.
type wireFault struct {
	handle    func(net.Conn, *bufio.Reader) // of the server, if there is one
	url       string                        // else this address; with handle, its scheme
	dial      error
	get, post int  // attempts
	sent      bool // for POST
	is        error
}

var wireFaults = map[string]wireFault{
	"refused":             {dial: &net.OpError{Op: "dial", Err: errRefused}, get: 4, post: 4, is: errRefused},
	"no such host":        {dial: &net.DNSError{Err: "no such host", IsNotFound: true}, get: 4, post: 4},
	"reset after body":    {handle: func(c net.Conn, r *bufio.Reader) { _ = readRequest(r); reset(c) }, get: 4, post: 1, sent: true},
	"closed after body":   {handle: func(_ net.Conn, r *bufio.Reader) { _ = readRequest(r) }, get: 4, post: 1, sent: true, is: io.EOF},
	"reset after headers": {handle: func(c net.Conn, r *bufio.Reader) { _, _ = r.ReadString('\n'); reset(c) }, get: 4, post: 1, sent: true},
	"half an answer":      {handle: respondOnce("HTTP/1.1 200 OK\r\nA: b"), get: 4, post: 1, sent: true, is: io.ErrUnexpectedEOF},
	"not HTTP":            {handle: respondOnce("220 mail\r\n\r\n"), get: 4, post: 1, sent: true},
	"closed in handshake": {handle: func(c net.Conn, _ *bufio.Reader) { reset(c) }, url: "https", get: 4, post: 4},
	"location not a URL":  {handle: respond("HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"), get: 1, post: 1, sent: true},
}

func TestFaultsOnTheWire(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)

	all := maps.Clone(wireFaults)
	refused := wireFault{url: "http://127.0.0.1:1", get: 4, post: 4, is: errRefused} // a port that is free now may be another's soon
	if runtime.GOOS == "js" {
		refused.is = nil // its network, which is in memory, has words for it, and no number
	}
	all["really refused"] = refused
	all["unknown certificate"] = wireFault{url: secure.URL, get: 1, post: 1}
	all["no TLS there"] = wireFault{url: "https" + strings.TrimPrefix(plain.URL, "http"), get: 1, post: 1}
	for name, f := range all {
		for method, want := range map[string]int{"GET": f.get, "POST": f.post} {
			t.Run(name+"/"+method, func(t *testing.T) {
				t.Parallel()
				checkWireFault(t, f, method, want)
			})
		}
	}
}

func checkWireFault(t *testing.T, f wireFault, method string, want int) {
	address := f.url
	var s *raw
	if f.handle != nil {
		s = serve(t, f.handle)
		address = cmp.Or(f.url, "http") + "://" + s.Addr().String()
	}
	tr := transport(t)
	if f.dial != nil {
		address = "http://host.invalid"
		tr.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, f.dial }
	}
	r, err := do(t, New(&http.Client{Transport: tr}, Config{Policy: fast}), t.Context(), method, address+"/r.json")
	var e *Error
	if !errors.As(err, &e) || e.Attempts != want || f.is != nil && !errors.Is(err, f.is) {
		t.Fatalf("want %d attempts, got %v, %v", want, r, err)
	}
	if method == "POST" && e.Sent != f.sent {
		t.Errorf("Sent = %v: %v", e.Sent, err)
	}
	if s != nil && int(s.conns.Load()) != want {
		t.Errorf("%d connections, want %d", s.conns.Load(), want)
	}
}

// A connection that is reset while we begin to write may or may not have taken
// a byte. Either way the attempts and the claim must agree.
func TestResetBeforeTheRequest(t *testing.T) {
	t.Parallel()
	for range 20 {
		s := serve(t, func(c net.Conn, _ *bufio.Reader) { reset(c) })
		_, err := do(t, New(&http.Client{Transport: transport(t)}, Config{Policy: fast}), t.Context(), "POST", "http://"+s.Addr().String())
		var e *Error
		if !errors.As(err, &e) || !e.Sent && e.Attempts != DefaultMaxAttempts {
			t.Errorf("gave up early: %+v", e)
		}
		if n := int(s.conns.Load()); n > e.Attempts {
			t.Errorf("%d connections in %d attempts", n, e.Attempts)
		}
	}
}

// respond answers every request on a connection with the same bytes.
func respond(answer string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, r *bufio.Reader) {
		for readRequest(r) == nil {
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
		}
	}
}

// respondOnce answers one request and hangs up.
func respondOnce(answer string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, r *bufio.Reader) {
		if readRequest(r) == nil {
			_, _ = io.WriteString(c, answer)
		}
	}
}

// net/http repeats a request by itself when a connection it had used before
// breaks. A POST must reach the server once, whatever its headers say.
func TestTransportDoesNotRepeatPOST(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		body   func() (io.ReadCloser, error)
		size   int64
		header string
		want   int32 // requests after the first
	}{
		"POST":                      {"POST", form, 3, "", 1},
		"POST of unknown length":    {"POST", form, -1, "", 1},
		"POST with Idempotency-Key": {"POST", form, 3, "Idempotency-Key", 1},
		"POST without body":         {"POST", nil, 0, "", 1},
		"GET":                       {"GET", nil, 0, "", 2}, // the transport's own repeat shows that the fault works
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// The connection may not have been kept: net/http gives one up where its writer was held up.
			for try := 1; ; try++ {
				if n := repeatedRequests(t, c.method, c.header, c.body, c.size); n == c.want {
					return
				} else if n > c.want || try == 5 {
					t.Fatalf("the server saw %d requests, want %d", n, c.want)
				}
			}
		})
	}
}

// repeatedRequests returns how many requests a server has seen of one call that comes over a connection which has been used
// before, and which it resets.
func repeatedRequests(t *testing.T, method, header string, body func() (io.ReadCloser, error), size int64) int32 {
	var requests atomic.Int32
	s := serve(t, func(c net.Conn, r *bufio.Reader) {
		for readRequest(r) == nil {
			if n := requests.Add(1); n == 1 {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				continue
			}
			reset(c)
			return
		}
	})
	cl := New(&http.Client{Transport: transport(t)}, Config{Policy: Policy{MaxAttempts: 1}})
	if _, err := do(t, cl, t.Context(), "GET", "http://"+s.Addr().String()); err != nil {
		t.Fatal(err)
	}
	req := request(t, t.Context(), method, "http://"+s.Addr().String())
	if header != "" {
		req.Header.Set(header, "x")
	}
	_, err := cl.Do(req, body, size)
	var e *Error
	if !errors.As(err, &e) || !e.Sent || e.Attempts != 1 {
		t.Errorf("got %v", err)
	}
	return requests.Load() - 1
}

// HTTP/2 has more cases in which net/http repeats.
func TestHTTP2TransportRepeatsLittle(t *testing.T) {
	t.Parallel()
	ca := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(ca.Close)
	const protocolError, refusedStream = 1, 7
	for name, c := range map[string]struct {
		method string
		size   int64
		code   uint32
		most   int32
		sent   bool // what is claimed
	}{
		"POST, protocol error":           {"POST", 3, protocolError, 1, true},
		"POST without body, prot. error": {"POST", 0, protocolError, 1, true},
		"POST, refused":                  {"POST", 3, refusedStream, 1, false},
		"POST, connection going away":    {"POST", 3, goAway, 1, false},
		"POST without body, refused":     {"POST", 0, refusedStream, 1, true},
		"GET, protocol error":            {"GET", 0, protocolError, 1 + maxRepeats, true}, // Go 1.26 repeats it for ever, 1.27 never
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			s := serve(t, func(conn net.Conn, _ *bufio.Reader) {
				tc := tls.Server(conn, &tls.Config{Certificates: ca.TLS.Certificates, NextProtos: []string{"h2"}})
				rejectHTTP2(tc, c.code, &requests)
			})
			tr := transport(t)
			roots := x509.NewCertPool()
			roots.AddCert(ca.Certificate())
			tr.TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: "example.com"}
			tr.ForceAttemptHTTP2 = true
			_, err := New(&http.Client{Transport: tr}, Config{Policy: Policy{MaxAttempts: 1}}).Do(
				request(t, t.Context(), c.method, "https://"+s.Addr().String()), form, c.size)
			var e *Error
			if !errors.As(err, &e) || e.Sent != c.sent || errors.Is(err, context.Canceled) {
				t.Errorf("got %#v: %v", e, err)
			}
			if n := requests.Load(); n < 1 || n > c.most {
				t.Errorf("the server saw %d requests, want 1 to %d", n, c.most)
			}
		})
	}
}

// A pool full of dead connections is not tried one by one to its end, even
// where one is at hand when it is enough.
func TestDeadConnectionsAreNotAllTried(t *testing.T) {
	t.Parallel()
	const pool = 2 * maxRepeats
	for range 10 { // net/http draws lots
		var opened sync.WaitGroup
		opened.Add(pool)
		var again atomic.Int32
		s := serve(t, func(c net.Conn, r *bufio.Reader) {
			_ = readRequest(r)
			opened.Done()
			opened.Wait() // all at once, so that each has a connection of its own
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			if readRequest(r) == nil {
				again.Add(1)
			}
			reset(c)
		})
		tr := transport(t)
		tr.MaxIdleConnsPerHost = pool
		tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return slowlyClosed{c}, err
		}
		cl := New(&http.Client{Transport: tr}, Config{Policy: Policy{MaxAttempts: 1}})
		var calls sync.WaitGroup
		for range pool {
			calls.Go(func() {
				if _, err := do(t, cl, t.Context(), "GET", "http://"+s.Addr().String()); err != nil {
					t.Error(err)
				}
			})
		}
		calls.Wait()
		_, err := do(t, cl, t.Context(), "GET", "http://"+s.Addr().String())
		if n := again.Load(); !errors.Is(err, errSentTwice) || n != 1+maxRepeats {
			t.Fatalf("%d requests, want %d: %v", n, 1+maxRepeats, err)
		}
	}
}

// slowlyClosed lets all others go first, the one that writes to it among them.
type slowlyClosed struct{ net.Conn }

func (c slowlyClosed) Close() error {
	for range 1000 {
		runtime.Gosched()
	}
	return c.Conn.Close()
}

// goAway is no code of a stream: the server closes the connection, and has looked at no stream.
const goAway = 1000

// rejectHTTP2 speaks just enough HTTP/2 to reset every stream with code.
func rejectHTTP2(c io.ReadWriter, code uint32, requests *atomic.Int32) {
	const headers, rstStream, settings, goingAway = 1, 3, 4, 7
	frame := func(kind, flags byte, stream uint32, payload ...byte) {
		h := append([]byte{0, 0, byte(len(payload)), kind, flags}, binary.BigEndian.AppendUint32(nil, stream)...)
		_, _ = c.Write(append(h, payload...))
	}
	r := bufio.NewReader(c)
	if _, err := r.Discard(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); err != nil {
		return
	}
	frame(settings, 0, 0)
	h := make([]byte, 9)
	for {
		if _, err := io.ReadFull(r, h); err != nil {
			return
		}
		if _, err := r.Discard(int(h[0])<<16 | int(h[1])<<8 | int(h[2])); err != nil {
			return
		}
		switch stream := binary.BigEndian.Uint32(h[5:]); {
		case h[3] == settings && h[4] == 0:
			frame(settings, 1, 0)
		case h[3] == headers:
			requests.Add(1)
			if code == goAway {
				frame(goingAway, 0, 0, make([]byte, 8)...)
				continue
			}
			frame(rstStream, 0, stream, binary.BigEndian.AppendUint32(nil, code)...)
		}
	}
}

// The connection of an answer that is thrown away is used for the next attempt,
// and an answer that is kept has its whole body.
func TestConnectionIsReused(t *testing.T) {
	t.Parallel()
	page := make([]byte, 50<<10) // an error page larger than go-retryablehttp drains
	var ports = make(map[string]bool)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ports[r.RemoteAddr] = true
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write(page)
	}))
	defer s.Close()
	r, err := do(t, New(&http.Client{Transport: transport(t)}, Config{Policy: fast}), t.Context(), "GET", s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(text(t, r)); got != len(page) || r.Attempts != 4 {
		t.Errorf("%d bytes after %d attempts", got, r.Attempts)
	}
	if len(ports) > 2 { // net/http gives one up where its writer was held up
		t.Errorf("%d connections", len(ports))
	}
}

// Closing an answer that is no success, or draining one, keeps its connection;
// closing a success does not wait for the rest.
func TestClosedAnswersKeepTheirConnection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, size int
		end          func(io.ReadCloser) error
		reused       bool
	}{
		"page of 404":            {404, 30 << 10, io.ReadCloser.Close, true},
		"list, drained":          {200, 30 << 10, Drain, true},
		"page of 404, too large": {404, 4 << 20, io.ReadCloser.Close, false},
		"list, too large":        {200, 4 << 20, Drain, false},
		"list, closed":           {200, 4 << 20, io.ReadCloser.Close, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var conns sync.Map
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				conns.Store(r.RemoteAddr, true)
				w.WriteHeader(c.status)
				_, _ = w.Write(make([]byte, c.size))
			}))
			defer s.Close()
			cl := New(&http.Client{Transport: transport(t)}, Config{})
			const calls = 6
			for range calls {
				r, err := do(t, cl, t.Context(), "GET", s.URL)
				if err != nil {
					t.Fatal(err)
				}
				_ = c.end(r.Response.Body)
			}
			n := 0
			conns.Range(func(any, any) bool { n++; return true })
			if c.reused && n > calls/2 || !c.reused && n != calls { // net/http gives one up where its writer was held up
				t.Errorf("%d connections for %d calls", n, calls)
			}
		})
	}
}

// A server that answers 101 goes on in another protocol: there is no body.
func TestSwitchedProtocolsHaveNoBody(t *testing.T) {
	t.Parallel()
	s := serve(t, func(c net.Conn, r *bufio.Reader) {
		_ = readRequest(r)
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nnoise")
	})
	r, err := do(t, New(&http.Client{Transport: transport(t)}, Config{}), t.Context(), "POST", "http://"+s.Addr().String())
	if err != nil || r.Response.StatusCode != 101 || text(t, r) != "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// A limit that passes while the server is silent ends the attempt for real.
func TestTimeoutOnTheWire(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(*testing.T, time.Duration) error{
		"GET":            func(t *testing.T, limit time.Duration) error { return endsSilence(t, limit, "GET", 2) },
		"POST":           func(t *testing.T, limit time.Duration) error { return endsSilence(t, limit, "POST", 1) },
		"half an answer": endsHalf,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A busy machine may need longer than the limit to make the connection.
			for limit := 200 * time.Millisecond; ; limit *= 4 {
				err := ends(t, limit)
				if err == nil {
					return
				}
				if limit > 10*time.Second {
					t.Fatal(err)
				}
			}
		})
	}
}

// endsSilence makes a call to a server that says nothing, and returns an error if it does not end after so many attempts.
func endsSilence(t *testing.T, limit time.Duration, method string, attempts int) error {
	s := serve(t, func(_ net.Conn, r *bufio.Reader) {
		_ = readRequest(r)
		_, _ = r.ReadByte() // until the client hangs up
	})
	c := New(&http.Client{Transport: transport(t)}, Config{Policy: Policy{MaxAttempts: 2, MaxWait: 1}, Timeout: limit})
	_, err := do(t, c, t.Context(), method, "http://"+s.Addr().String())
	var e *Error
	if n := int(s.conns.Load()); !errors.As(err, &e) || !e.Timeout() || !e.Sent || e.Attempts != attempts || n != attempts {
		return fmt.Errorf("%s, %d connections: %w", method, n, err)
	}
	return nil
}

// endsHalf does so with a server that stops within an answer.
func endsHalf(t *testing.T, limit time.Duration) error {
	s := serve(t, respond("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"))
	c := New(&http.Client{Transport: transport(t)}, Config{Policy: Policy{MaxAttempts: 1}, Timeout: limit})
	r, err := do(t, c, t.Context(), "GET", "http://"+s.Addr().String())
	if err != nil {
		return err
	}
	defer func() { _ = r.Response.Body.Close() }()
	b, err := io.ReadAll(r.Response.Body)
	var ne net.Error
	if string(b) != "half" || !errors.As(err, &ne) || !ne.Timeout() {
		return fmt.Errorf("%q, %w", b, err)
	}
	return nil
}

// A middleware that signs in when it is refused sends the request a second time; that is no repetition which
// would leave a doubt. One that repeats for any other reason is stopped.
func TestMiddlewareThatSignsIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first int // what an unknown session is answered
		want  int32
		doubt bool
	}{
		"refused":   {http.StatusUnauthorized, 2, false},
		"broken":    {http.StatusInternalServerError, 1, true},
		"forbidden": {http.StatusForbidden, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var posts atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if r.URL.Path == "/login" {
					return
				}
				posts.Add(1)
				if r.Header.Get("Authorization") == "" {
					w.WriteHeader(c.first)
				}
			}))
			defer s.Close()
			base := Witness(transport(t))
			signsIn := tripper(func(r *http.Request) (*http.Response, error) {
				resp, err := base.RoundTrip(r)
				if err != nil || resp.StatusCode < 300 {
					return resp, err
				}
				_ = resp.Body.Close()
				login, err := http.NewRequestWithContext(r.Context(), "POST", s.URL+"/login", strings.NewReader("user=x"))
				if err != nil {
					return nil, err
				}
				if resp, err = base.RoundTrip(login); err != nil {
					return nil, err
				}
				_ = resp.Body.Close()
				again := r.Clone(r.Context())
				again.Header.Set("Authorization", "Bearer x")
				again.Body = io.NopCloser(strings.NewReader("a=b"))
				return base.RoundTrip(again)
			})
			r, err := New(&http.Client{Transport: signsIn}, Config{Policy: fast}).Do(request(t, t.Context(), "POST", s.URL+"/r.json"), form, 3)
			if doubt := err != nil; doubt != c.doubt || posts.Load() != c.want {
				t.Errorf("%d POSTs, %v, %v", posts.Load(), r, err)
			}
			if err == nil {
				_ = r.Response.Body.Close()
			}
		})
	}
}

// tripper is a transport that is a function.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
