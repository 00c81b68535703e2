package open311_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// keyCore is the part of every key that no escaping changes: where it turns up, the key has leaked.
const keyCore = "k3yC0reOfTheCity9876543210"

// carrier is a way in which a secret travels with the calls of a client.
type carrier struct {
	name     string
	key      string // what the server sees
	endpoint func(string) string
	opts     []open311.Option
	few      bool // not every operation is tried
}

var carriers = []carrier{
	{name: "parameter that needs escaping", key: `a/+ &,` + keyCore + `=%ü;"'<`, opts: []open311.Option{open311.WithKeyOnReads()}},
	{name: "header", key: keyCore, opts: []open311.Option{open311.WithDialect(open311.Dialect{KeyHeader: "X-City", KeyOnReads: true})}, few: true},
	{name: "basic", key: "user311:" + keyCore + "/+ü", opts: []open311.Option{open311.WithDialect(open311.Dialect{KeyScheme: "Basic", KeyOnReads: true})}, few: true},
	{name: "password in the endpoint", key: "p/" + keyCore + "%&", endpoint: func(s string) string {
		return strings.Replace(s, "://", "://user311:"+url.QueryEscape("p/"+keyCore+"%&")+"@", 1)
	}, few: true},
	{name: "parameter", key: keyCore, opts: []open311.Option{open311.WithKeyOnReads()}, few: true},
	{name: "parameter of the dialect", key: keyCore, opts: []open311.Option{open311.WithDialect(open311.Dialect{KeyParam: "token", KeyOnReads: true})}, few: true},
	{name: "bearer", key: keyCore, opts: []open311.Option{open311.WithDialect(open311.Dialect{KeyScheme: "Bearer", KeyOnReads: true})}, few: true},
}

func (c *carrier) client(endpoint string, opts ...open311.Option) (*open311.Client, error) {
	all := c.options(opts...)
	if c.endpoint != nil {
		endpoint = c.endpoint(endpoint)
	}
	return open311.New(endpoint, all...)
}

func (c *carrier) options(opts ...open311.Option) []open311.Option {
	if c.endpoint == nil {
		opts = append(opts, open311.WithAPIKey(c.key))
	}
	return append(opts, c.opts...)
}

// secretOps are the operations; the first three stand for the others where time is short.
var secretOps = slices.Concat([]stubOp{stubOps[2], stubOps[9], stubOps[8]}, stubOps[:2], stubOps[3:8], []stubOp{
	{"Services.Catalog", false, func(ctx context.Context, c *open311.Client) error {
		var errs []error
		for _, err := range c.Services.Catalog(ctx) {
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}},
	{"Requests.All", false, func(ctx context.Context, c *open311.Client) error {
		var errs []error
		for _, err := range c.Requests.All(ctx, nil) {
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}},
	{"Requests.Pages", false, func(ctx context.Context, c *open311.Client) error {
		var errs []error
		for _, err := range c.Requests.Pages(ctx, &open311.Query{Start: time.Now().Add(-time.Hour)}) {
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	}},
	{"Discover", false, func(ctx context.Context, c *open311.Client) error { // the options are those of c, see exposeCarrier
		return errDiscover
	}},
})

// errDiscover says that an operation is Discover, which has no client.
var errDiscover = errors.New("Discover")

// exposure is everything that a call has let others see.
type exposure struct {
	mu   sync.Mutex
	seen map[string]string // where: what
}

func (e *exposure) add(where, what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = map[string]string{}
	}
	e.seen[where] += what + "\n"
}

// addValue adds a value as everyone prints it.
func (e *exposure) addValue(where string, v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		e.add(where+" under "+verb, fmt.Sprintf(verb, v))
	}
	if b, err := json.Marshal(v); err == nil {
		e.add(where+" in JSON", string(b))
	}
	var text bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", slog.Any("v", v))
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", slog.Any("v", v))
	e.add(where+" in slog", text.String())
}

// addError adds an error and those inside it.
func (e *exposure) addError(err error) {
	if err == nil {
		return
	}
	where := fmt.Sprintf("%T", err)
	e.addValue(where, err)
	switch err := err.(type) {
	case *open311.APIError:
		e.add("APIError.Body", string(err.Body))
		e.add("APIError.URL", err.URL)
		e.addValue("APIError.Header", err.Header)
		e.addValue("APIError.Faults", err.Faults)
	case *open311.DecodeError:
		e.addValue("DecodeError's fields", []string{err.URL, err.Path, err.Snippet, err.ContentType, err.Method})
	}
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		e.addError(err.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range err.Unwrap() {
			e.addError(err)
		}
	}
}

// options are those that listen to warnings and to the log.
func (e *exposure) options() []open311.Option {
	var lines exposedLog = func(b []byte) { e.add("log", string(b)) }
	level := &slog.HandlerOptions{Level: slog.LevelDebug}
	return []open311.Option{
		open311.WithWarnings(func(_ context.Context, w open311.Warning) { e.addValue("warning", w) }),
		open311.WithLogger(slog.New(slog.NewMultiHandler(slog.NewTextHandler(lines, level), slog.NewJSONHandler(lines, level)))),
	}
}

type exposedLog func([]byte)

func (w exposedLog) Write(b []byte) (int, error) { w(b); return len(b), nil }

// base64Cores are the letters that a secret becomes in the middle of any base64.
func base64Cores(secret string) []string {
	var out []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for lead := range 3 {
			text := enc.EncodeToString([]byte(strings.Repeat("\x00", lead) + secret))
			out = append(out, text[(lead*8+5)/6:(lead+len(secret))*8/6])
		}
	}
	return out
}

// check reports where one of the secrets turns up.
func (e *exposure) check(t *testing.T, secrets ...string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, secret := range secrets {
		places := 0
		forms := append(base64Cores(secret), secret)
		for where, text := range e.seen {
			for _, form := range forms {
				i := strings.Index(text, form)
				if i < 0 {
					continue
				}
				if places++; places <= 3 { // enough to see what is the matter
					t.Errorf("%q has leaked: %s: …%s…", secret, where, text[max(0, i-100):min(len(text), i+len(form)+20)])
				}
				break
			}
		}
	}
}

// echoOf is what a careless server says about a request: all it knows.
func echoOf(key string, r *http.Request) string {
	dump, _ := httputil.DumpRequest(r, true)
	return fmt.Sprintf("The key %s (%s) of %s is wrong. %s", key, url.QueryEscape(key), r.RequestURI, dump)
}

func jsonEcho(key string, r *http.Request) string {
	b, _ := json.Marshal(echoOf(key, r))
	return string(b)
}

func xmlEcho(key string, r *http.Request) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(echoOf(key, r)))
	return b.String()
}

// oneLine makes a text fit for a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

// betrayal is a way for a call to fail, or to be answered oddly, with the key in it.
type betrayal struct {
	name   string
	answer func(key string, w http.ResponseWriter, r *http.Request)
	opts   func(key string, tr *http.Transport) []open311.Option // further ones
	ctx    func(context.Context) (context.Context, context.CancelFunc)
	closed bool // there is no server
	tls    bool // it speaks TLS with a certificate that no one knows
}

// raw sends what need not be HTTP.
func raw(text func(key string, r *http.Request) string) func(string, http.ResponseWriter, *http.Request) {
	return func(key string, w http.ResponseWriter, r *http.Request) {
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(buf, text(key, r))
		buf.Flush()
	}
}

// body answers with a body.
func body(status int, label string, text func(key string, r *http.Request) string) func(string, http.ResponseWriter, *http.Request) {
	return func(key string, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", label)
		w.WriteHeader(status)
		io.WriteString(w, text(key, r))
	}
}

// location answers with a redirect.
func location(status int, target func(key string, r *http.Request) string) func(string, http.ResponseWriter, *http.Request) {
	return func(key string, w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{oneLine(target(key, r))}
		w.WriteHeader(status)
	}
}

func betrayals() []betrayal {
	list := []betrayal{
		{name: "no server", closed: true},
		{name: "TLS", tls: true, answer: body(200, "", jsonEcho)},
		{name: "no such host", opts: func(_ string, tr *http.Transport) []open311.Option {
			tr = tr.Clone()
			tr.DialContext = func(_ context.Context, _, addr string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: addr, IsNotFound: true}}
			}
			return []open311.Option{open311.WithHTTPClient(&http.Client{Transport: tr})}
		}},
		{name: "reset", answer: raw(func(string, *http.Request) string { return "" })},
		{name: "time-out", answer: func(_ string, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			opts: func(string, *http.Transport) []open311.Option {
				return []open311.Option{open311.WithTimeout(5 * time.Millisecond), open311.WithRetry(once)}
			}},
		{name: "time-out in the body", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `[{"description":`+jsonEcho(key, r)+`,`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, opts: func(string, *http.Transport) []open311.Option {
			return []open311.Option{open311.WithTimeout(5 * time.Millisecond), open311.WithRetry(once)}
		}},
		{name: "cancelled before", answer: body(200, "", jsonEcho), ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}},
		{name: "deadline", answer: func(_ string, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 5*time.Millisecond)
			}},
		{name: "middleware that fails", opts: func(string, *http.Transport) []open311.Option {
			return []open311.Option{open311.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
				return stubTrip(func(r *http.Request) (*http.Response, error) {
					dump, _ := httputil.DumpRequestOut(r, true)
					return nil, fmt.Errorf("cannot send %s: %w", r.URL, &url.Error{Op: "Get", URL: r.URL.String(), Err: errors.New(string(dump))})
				})
			})}
		}},
		{name: "redirect policy that fails", answer: location(302, func(_ string, r *http.Request) string { return r.RequestURI }),
			opts: func(_ string, tr *http.Transport) []open311.Option {
				return []open311.Option{open311.WithHTTPClient(&http.Client{Transport: tr, CheckRedirect: func(r *http.Request, via []*http.Request) error {
					return fmt.Errorf("no redirect from %s with %v", via[0].URL, via[0].Header)
				}})}
			}},
		{name: "charset reader that fails", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", `application/json; charset="`+url.QueryEscape(key)+`"`)
			io.WriteString(w, "[]")
		}, opts: func(string, *http.Transport) []open311.Option {
			return []open311.Option{open311.WithCharsetReader(func(label string, _ io.Reader) (io.Reader, error) {
				return nil, fmt.Errorf("unknown charset %q", label)
			})}
		}},

		{name: "no HTTP", answer: raw(echoOf)},
		{name: "reason phrase", answer: raw(func(key string, r *http.Request) string {
			return "HTTP/1.1 403 " + oneLine(echoOf(key, r)) + "\r\nContent-Length: 0\r\n\r\n"
		})},
		{name: "status that is no number", answer: raw(func(key string, r *http.Request) string { return "HTTP/1.1 " + key + " No\r\n\r\n" })},
		{name: "header that is none", answer: raw(func(key string, r *http.Request) string { return "HTTP/1.1 200 OK\r\n" + key + "\r\n\r\n" })},
		{name: "length that is no number", answer: raw(func(key string, r *http.Request) string {
			return "HTTP/1.1 200 OK\r\nContent-Length: " + key + "\r\n\r\n"
		})},
		{name: "transfer encoding", answer: raw(func(key string, r *http.Request) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + key + "\r\n\r\n"
		})},
		{name: "broken chunk", answer: raw(func(key string, r *http.Request) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + key + "\r\n"
		})},
		{name: "headers", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			echo := oneLine(echoOf(key, r))
			for _, name := range []string{"X-Echo", "Www-Authenticate", "Link", "X-City", "Token"} {
				w.Header()[name] = []string{echo}
			}
			w.Header().Set("Set-Cookie", "key="+url.QueryEscape(key))
			w.Header().Set("Content-Type", "text/html; key="+url.QueryEscape(key))
			w.WriteHeader(http.StatusForbidden)
		}},
		{name: "content type of a page", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			body(200, "text/html; note="+url.QueryEscape(key), func(string, *http.Request) string { return htmlPage })(key, w, r)
		}},

		{name: "redirect to a host that is not there", answer: location(302, func(_ string, r *http.Request) string { return "http://127.0.0.1:1" + r.RequestURI })},
		{name: "redirect with the key in the path", answer: location(302, func(key string, r *http.Request) string {
			return "http://127.0.0.1:1/" + url.PathEscape(key)
		})},
		{name: "redirect to another scheme", answer: location(302, func(key string, r *http.Request) string { return "gopher://city.example" + r.RequestURI })},
		{name: "redirect to nonsense", answer: location(302, func(key string, r *http.Request) string { return "http://%zz/" + r.RequestURI + key })},
		{name: "redirect in a circle", answer: location(302, func(key string, r *http.Request) string { return r.RequestURI })},
		{name: "redirect in a circle with the key", answer: location(307, func(key string, r *http.Request) string { return "?api_key=" + url.QueryEscape(key) })},
		{name: "redirect without a target", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(302)
			io.WriteString(w, echoOf(key, r))
		}},
		{name: "300", answer: body(300, "text/plain", echoOf)},

		{name: "truncated JSON", answer: body(200, "application/json", func(key string, r *http.Request) string { return `[{"description":` + jsonEcho(key, r) + `,"sta` })},
		{name: "truncated XML", answer: body(200, "text/xml", func(key string, r *http.Request) string {
			return `<service_requests><request><description>` + xmlEcho(key, r) + `</description><sta`
		})},
		{name: "truncated in the length", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			io.WriteString(w, `[{"description":`+jsonEcho(key, r))
		}},
		{name: "broken JSON", answer: body(200, "application/json", func(key string, r *http.Request) string { return `{"description" ` + jsonEcho(key, r) + `}` })},
		{name: "bare words", answer: body(200, "application/json", func(key string, r *http.Request) string { return `[{"description": ` + key + `}]` })},
		{name: "text", answer: body(200, "text/plain", echoOf)},
		{name: "page", answer: body(200, "text/html", func(key string, r *http.Request) string { return "<html><body>" + html.EscapeString(echoOf(key, r)) })},
		{name: "errors with 200", answer: body(200, "application/json", func(key string, r *http.Request) string {
			return `[{"code":"403","description":` + jsonEcho(key, r) + `}]`
		})},
		{name: "headers of errors with 200", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Echo"] = []string{oneLine(echoOf(key, r))}
			io.WriteString(w, `[{"code":"403","description":"no"}]`)
		}},
		{name: "another document", answer: body(200, "application/json", func(key string, r *http.Request) string { return `{"hello":` + jsonEcho(key, r) + `}` })},
		{name: "deep", answer: body(200, "application/json", func(key string, r *http.Request) string {
			return strings.Repeat(`[`, 63) + jsonEcho(key, r) + strings.Repeat(`[`, 63)
		})},
		{name: "entity", answer: body(200, "text/xml", func(key string, r *http.Request) string {
			return "<services><service><service_code>&" + key + ";</service_code></service></services>"
		})},
		{name: "encoding", answer: body(200, "text/xml", func(key string, r *http.Request) string {
			return `<?xml version="1.0" encoding="` + url.QueryEscape(key) + `"?><services><service><service_code>1</service_code></service></services>`
		})},
		{name: "broken gzip", answer: func(key string, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, echoOf(key, r))
		}},
	}
	for name, kind := range map[string]struct {
		label string
		text  func(string, *http.Request) string
	}{
		"JSON list": {"application/json", func(key string, r *http.Request) string {
			return `[{"code":403,"description":` + jsonEcho(key, r) + `}]`
		}},
		"JSON object": {"application/json", func(key string, r *http.Request) string {
			return `{"error":{"message":` + jsonEcho(key, r) + `,"key":` + jsonEcho(key, r) + `}}`
		}},
		"JSON fields": {"application/json", func(key string, r *http.Request) string {
			return `{"api_key":[` + jsonEcho(key, r) + `],"token":[` + jsonEcho(key, r) + `]}`
		}},
		"XML": {"text/xml", func(key string, r *http.Request) string {
			return "<errors><error><code>" + xmlEcho(key, r) + "</code><description>" + xmlEcho(key, r) + "</description></error></errors>"
		}},
		"page": {"text/html", func(key string, r *http.Request) string {
			return "<html><body><pre>" + html.EscapeString(echoOf(key, r))
		}},
		"text": {"text/plain", echoOf},
	} {
		for _, status := range []int{400, 404, 500} {
			list = append(list, betrayal{name: fmt.Sprintf("%d %s", status, name), answer: body(status, kind.label, kind.text)})
		}
	}
	// Answers that can be read, with warnings about values that hold the key; in strict mode an error.
	for name, text := range map[string]func(key string, r *http.Request) string{
		"value": func(key string, r *http.Request) string {
			return fmt.Sprintf(`[{"service_request_id":"1","service_code":"1","lat":%[1]s,"long":%[1]s,"requested_datetime":%[1]s,"metadata":%[1]s,"update_id":"1","endpoints":%[1]s,"attributes":%[1]s}]`, jsonEcho(key, r))
		},
		"value in front": func(key string, r *http.Request) string {
			b, _ := json.Marshal(key)
			return fmt.Sprintf(`[{"service_request_id":"1","service_code":"1","lat":%[1]s,"long":%[1]s,"requested_datetime":%[1]s,"metadata":%[1]s,"update_id":"1"}]`, b)
		},
		"name": func(key string, r *http.Request) string {
			return fmt.Sprintf(`[{"service_request_id":"1","service_code":"1","update_id":"1",%[1]s:"\q\u0001 %[2]s","contact":"\u0002"}]`, jsonEcho(key, r), url.QueryEscape(key))
		},
		"record": func(key string, r *http.Request) string {
			return fmt.Sprintf(`{%[1]s:{"service_requests":[{"service_request_id":"1","service_code":"1","update_id":"1"},%[1]s,{"service_request_id" %[1]s}]},"meta":%[1]s}`, jsonEcho(key, r))
		},
		"elements": func(key string, r *http.Request) string {
			name := url.QueryEscape(key)
			return "<services><service><service_code>1</service_code><service_request_id>1</service_request_id><update_id>1</update_id><" + name + ">\x01 & </" + name + "><lat>" +
				xmlEcho(key, r) + "</lat><metadata>" + xmlEcho(key, r) + "</metadata></service></" + name + "></services><" + name + "/>"
		},
		"trailing": func(key string, r *http.Request) string {
			return `[{"service_request_id":"1","service_code":"1","update_id":"1"}] ` + echoOf(key, r)
		},
	} {
		for _, strict := range []bool{false, true} {
			b := betrayal{name: fmt.Sprintf("warning about a %s, strict %v", name, strict), answer: body(200, "application/json", text)}
			if strict {
				b.opts = func(string, *http.Transport) []open311.Option { return []open311.Option{open311.WithStrict()} }
			}
			list = append(list, b)
		}
	}
	return list
}

// TestKeyIsNeverShown fails calls in every way there is, with a known key, and looks for it in every
// error, log line and warning.
func TestKeyIsNeverShown(t *testing.T) {
	for _, b := range betrayals() {
		t.Run(b.name, func(t *testing.T) {
			for _, c := range carriers {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					ops := secretOps
					if c.few {
						ops = ops[:3]
					}
					betray(t, &b, &c, ops)
				})
			}
		})
	}
}

// betray makes the calls against a server that betrays the key.
func betray(t *testing.T, b *betrayal, c *carrier, ops []stubOp) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // else the end of the connection would not end the context
		r.Body = io.NopCloser(bytes.NewReader(body))
		if b.answer != nil {
			b.answer(c.key, w, r)
		}
	})
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	if b.tls {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	defer srv.Close()
	if b.closed {
		srv.Close()
	}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	for _, op := range ops {
		e := &exposure{}
		opts := slices.Concat([]open311.Option{open311.WithHTTPClient(&http.Client{Transport: tr}),
			open311.WithRetry(open311.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1})}, e.options())
		if b.opts != nil {
			opts = append(opts, b.opts(c.key, tr)...)
		}
		client, err := c.client(srv.URL+"/v2", opts...)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if b.ctx != nil {
			ctx, cancel = b.ctx(ctx)
		}
		err = op.do(ctx, client)
		if err == errDiscover {
			address := srv.URL + "/discovery.json"
			if c.endpoint != nil {
				address = c.endpoint(address)
			}
			_, err = open311.Discover(ctx, address, c.options(opts...)...)
		}
		cancel()
		e.addError(err)
		t.Run(op.name, func(t *testing.T) { e.check(t, keyCore) })
	}
}

// A key of a few letters cannot be looked for everywhere. It is hidden by the name it travels under.
func TestShortKeyIsHiddenByName(t *testing.T) {
	for name, d := range map[string]open311.Dialect{"parameter": {}, "parameter of the dialect": {KeyParam: "token"}, "header": {KeyHeader: "X-City"}, "bearer": {KeyScheme: "Bearer"}} {
		t.Run(name, func(t *testing.T) {
			d.KeyOnReads = true
			e := &exposure{}
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				resp := stubReply(r, 403, "text/plain", "")
				resp.Header = r.Header // the server sends back what it got
				resp.Header.Set("Location", r.URL.String())
				return resp, nil
			}, append(e.options(), open311.WithDialect(d), open311.WithAPIKey("k7Q"))...)
			_, err := c.Requests.List(t.Context(), nil)
			e.addError(err)
			e.check(t, "k7Q")
		})
	}
}

// A key that is a part of the endpoint's address is one too.
func TestKeyInTheEndpointIsHidden(t *testing.T) {
	c := &carrier{key: keyCore, endpoint: func(s string) string { return s + "?api_key=" + keyCore }}
	list := betrayals()
	for _, name := range []string{"no server", "400 JSON list", "400 page", "headers", "truncated JSON", "redirect with the key in the path"} {
		i := slices.IndexFunc(list, func(b betrayal) bool { return b.name == name })
		t.Run(name, func(t *testing.T) { betray(t, &list[i], c, secretOps[:3]) })
	}
}

// A redirect to another host goes there without the key, and without the address that holds it.
func TestKeyDoesNotGoToAnotherHost(t *testing.T) {
	for _, c := range carriers {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprintf("%s/%d", c.name, status), func(t *testing.T) {
				e := &exposure{}
				other := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
					dump, _ := httputil.DumpRequest(r, true)
					e.add("the other host", string(dump))
					io.WriteString(w, oneRequestJSON)
				})
				city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, other.URL+r.RequestURI, status)
				})
				client, err := c.client(city.URL, open311.WithHTTPClient(city.Client()), open311.WithRetry(once))
				if err != nil {
					t.Fatal(err)
				}
				for _, op := range stubOps {
					before := len(other.calls())
					_ = op.do(t.Context(), client)
					if n := len(other.calls()) - before; op.write && n > 0 {
						t.Errorf("%s: followed to another host", op.name)
					}
				}
				if len(other.calls()) == 0 {
					t.Error("no GET was followed")
				}
				e.check(t, keyCore)
			})
		}
	}
}

// What a client prints of itself, and what is inside it.
func TestClientShowsNoKey(t *testing.T) {
	for _, c := range carriers {
		client, err := c.client("https://city.example/v2")
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]any{
			"*Client": client, "Client": *client, "a struct with a *Client": struct{ C *open311.Client }{client}, "a struct with a Client": struct{ C open311.Client }{*client},
			"*RequestClient": client.Requests, "RequestClient": *client.Requests, "*ServiceClient": client.Services, "UpdateClient": *client.Updates, "DiscoveryClient": *client.Discovery,
			"String": client.String(), "Option": open311.WithAPIKey(c.key), "Options": c.options(),
		} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				e := &exposure{}
				e.addValue(name, v)
				e.check(t, keyCore)
			})
		}
	}
}

// A page of requests is data, but its headers often repeat the URL that was asked for.
func TestPageShowsNoKey(t *testing.T) {
	for _, c := range carriers {
		t.Run(c.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Link", "<http://"+r.Host+r.RequestURI+"&page=2>; rel=\"next\"")
				w.Header().Set("X-Debug", oneLine(echoOf(c.key, r)))
				io.WriteString(w, oneRequestJSON)
			})
			client, err := c.client(city.URL, open311.WithHTTPClient(city.Client()))
			if err != nil {
				t.Fatal(err)
			}
			p, err := client.Requests.List(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			e := &exposure{}
			e.addValue("page", p)
			e.addValue("page", *p)
			e.check(t, keyCore)
		})
	}
}

// An endpoint that is refused may hold a password too.
func TestNewShowsNoPassword(t *testing.T) {
	for _, endpoint := range []string{
		"https://user:" + keyCore + "@city.example/%zz", "https://user:" + keyCore + "/x@city.example/v2", "https://user:" + keyCore + "#x@city.example/v2",
		"https://user:" + keyCore + "?x@city.example/v2", "https://user:%" + keyCore + "@city.example/v2", "https://user:" + keyCore + " x@city.example/v2",
		"https://user:" + keyCore + "@city.example:port/v2", "ftp://user:" + keyCore + "@city.example", "user:" + keyCore + "@city.example",
		"https://city.example/v2?api_key=" + keyCore + "\x7f", "https://[" + keyCore, "https://user:" + keyCore + "\x01@city.example", keyCore + "\x00://city.example",
	} {
		t.Run(strings.ReplaceAll(endpoint, "/", "|"), func(t *testing.T) {
			for name, do := range map[string]func() (*open311.Client, error){
				"New":      func() (*open311.Client, error) { return open311.New(endpoint) },
				"Discover": func() (*open311.Client, error) { return open311.Discover(t.Context(), endpoint) },
			} {
				c, err := do()
				if err == nil {
					t.Fatalf("%s: no error, client %v", name, c)
				}
				e := &exposure{}
				e.addError(err)
				e.check(t, keyCore)
			}
		})
	}
}

// halves are the two halves of a secret.
func halves(secret string) []string { return []string{secret[:len(secret)/2], secret[len(secret)/2:]} }

// Where a text is cut, half a key must not be left standing.
func TestHalfAKeyIsNotShown(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   func(lead string) string
		leads  []int // how much stands before the key
		strict bool
	}{
		{"page", 500, func(lead string) string { return lead + keyCore }, []int{180, 190, 8<<10 - 20, 8<<10 - 14}, false},
		{"snippet of broken JSON", 200, func(lead string) string { return `{"a" ` + lead + keyCore + `}` }, []int{170, 175, 180, 185}, false},
		{"snippet of a truncated list", 200, func(lead string) string { return `[{"a":"` + lead + keyCore + `"` }, []int{170, 175, 180, 185}, false},
		{"value", 200, func(lead string) string {
			v := lead + keyCore
			return `[{"service_request_id":"1","lat":"` + v + `","long":"` + v + `","requested_datetime":"` + v + `"}]`
		}, []int{0, 15, 20, 25}, false},
		{"value, strict", 200, func(lead string) string { return `[{"service_request_id":"1","lat":"` + lead + keyCore + `"}]` }, []int{15, 20, 25}, true},
		{"date, strict", 200, func(lead string) string {
			return `[{"service_request_id":"1","requested_datetime":"` + lead + keyCore + `"}]`
		}, []int{15, 20, 25}, true},
		{"bare word", 200, func(lead string) string { return `[{"service_request_id":"1","status":` + lead + keyCore + `}]` }, []int{0, 15, 20, 25}, false},
		{"element", 200, func(lead string) string {
			n := lead + keyCore
			return "<service_requests><request><service_request_id>1</service_request_id></" + n + "></request><" + n + ">x</" + n + "></service_requests>"
		}, []int{15, 20, 25}, false},
		{"beside the list", 200, func(lead string) string {
			return `{"requests":[{"service_request_id":"1"}],"` + lead + keyCore + `":"` + strings.Repeat("x", 20<<10) + `"}`
		}, []int{15, 20, 25}, false},
		{"charset", 200, func(lead string) string {
			return `<?xml version="1.0" encoding="` + lead + keyCore + `"?>` + oneRequestXML[strings.Index(oneRequestXML, "<ser"):]
		}, []int{15, 20, 25}, false},
		{"number with letters", 200, func(lead string) string { return `[{"service_request_id":"1","status":0` + keyCore[len(lead):] + `}]` }, []int{0}, false},
	}
	for _, tt := range tests {
		for _, lead := range tt.leads {
			t.Run(fmt.Sprintf("%s/%d", tt.name, lead), func(t *testing.T) {
				e := &exposure{}
				opts := append(e.options(), open311.WithAPIKey(keyCore), open311.WithKeyOnReads(), open311.WithFormat(open311.FormatJSON), open311.WithRetry(once))
				if tt.strict {
					opts = append(opts, open311.WithStrict())
				}
				c := stubClient(t, func(r *http.Request) (*http.Response, error) {
					return stubReply(r, tt.status, "application/json", tt.body(strings.Repeat("x", lead))), nil
				}, opts...)
				_, err := c.Requests.List(t.Context(), nil)
				e.addError(err)
				if len(e.seen) == 0 {
					t.Error("neither an error nor a warning")
				}
				e.check(t, halves(keyCore)...)
			})
		}
	}
}

// What a reporter tells the city about herself, and how one recognises it whatever is done to it.
var (
	personal = open311.NewRequest{
		ServiceCode: "001", AddressString: "Main St 1", Description: "A hole",
		Email: "Annalena.Lisztmann+311@Example.org", FirstName: "Annalena-Sofie", LastName: "O'Lisztmann <Öz>", Phone: "+49 (151) 2345-6789",
		DeviceID: "device-5a5a5a5a", AccountID: "account-7b7b7b7b",
	}
	personalCores = []string{"Annalena.Lisztmann", "Annalena-Sofie", "Lisztmann", "2345-6789", "5a5a5a5a", "7b7b7b7b"}
)

// TestPersonalDataIsNeverShown files a report in every way in which that can fail.
func TestPersonalDataIsNeverShown(t *testing.T) {
	p := personal
	values := map[string]string{"email": p.Email, "first_name": p.FirstName, "last_name": p.LastName, "phone": p.Phone, "device_id": p.DeviceID, "account_id": p.AccountID}
	sentence := func() string {
		return fmt.Sprintf("We cannot reach %s %s at %s or %s (%s, %s)", p.FirstName, p.LastName, p.Email, p.Phone, p.DeviceID, p.AccountID)
	}
	jsonOf := func(v any) string {
		b, _ := json.Marshal(v)
		return string(b)
	}
	escape := func(s string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s))
		return b.String()
	}
	formOf := func(r *http.Request) string { b, _ := io.ReadAll(r.Body); return string(b) }
	lists := map[string][]string{}
	for name, v := range values {
		lists[name] = []string{v + " is not valid"}
	}
	tests := []struct {
		name, label string
		text        func(r *http.Request) string
	}{
		{"a sentence", "text/plain", func(*http.Request) string { return sentence() }},
		{"the form as it came", "text/plain", formOf},
		{"the form, decoded", "text/plain", func(r *http.Request) string { s, _ := url.QueryUnescape(formOf(r)); return s }},
		{"a page", "text/html", func(r *http.Request) string {
			return "<html>" + html.EscapeString(sentence()) + html.EscapeString(formOf(r))
		}},
		{"JSON errors", "application/json", func(*http.Request) string {
			return `[{"code":400,"description":` + jsonOf(sentence()) + `}]`
		}},
		{"JSON object", "application/json", func(*http.Request) string { return jsonOf(map[string]any{"error": sentence(), "data": values}) }},
		{"JSON fields", "application/json", func(*http.Request) string { return jsonOf(lists) }},
		{"JSON, names in other words", "application/json", func(*http.Request) string {
			return jsonOf(map[string]any{"message": "no", "sender": p.Email, "given": p.FirstName, "family": p.LastName, "tel": p.Phone, "id1": p.DeviceID, "id2": p.AccountID})
		}},
		{"XML errors", "text/xml", func(*http.Request) string {
			return "<errors><error><code>400</code><description>" + escape(sentence()) + "</description></error></errors>"
		}},
		{"XML fields", "text/xml", func(*http.Request) string {
			out := "<errors>"
			for name, v := range values {
				out += "<" + name + ">" + escape(v) + "</" + name + ">"
			}
			return out + "</errors>"
		}},
		{"truncated receipt", "application/json", func(*http.Request) string { return `[{"service_notice":` + jsonOf(sentence()) + `,"acc` }},
		{"the request with warnings", "application/json", func(*http.Request) string {
			return fmt.Sprintf(`{"x":{"requests":[{"status":"\q","lat":%[1]s,%[1]s:1,"requested_datetime":%[2]s,"email":%[2]s},42,{"a" %[1]s}]},%[1]s:%[1]s}`, jsonOf(sentence()), jsonOf(p.Email))
		}},
	}
	show := func(t *testing.T, opts []open311.Option, status int, answer func(w http.ResponseWriter, r *http.Request)) {
		city := newStubCity(t, answer)
		e := &exposure{}
		n := p
		_, err := city.client(t, slices.Concat(e.options(), opts, []open311.Option{open311.WithRetry(open311.RetryPolicy{MaxAttempts: 2, MinWait: 1, MaxWait: 1})})...).Requests.Create(t.Context(), &n)
		if err == nil && status >= 400 {
			t.Errorf("no error with %d", status)
		}
		e.addError(err)
		e.check(t, personalCores...)
	}
	for _, tt := range tests {
		for _, status := range []int{200, 400, 429, 500} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, status), func(t *testing.T) {
				show(t, nil, status, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Type", tt.label)
					w.WriteHeader(status)
					io.WriteString(w, tt.text(r))
				})
			})
		}
	}
	t.Run("strict", func(t *testing.T) {
		show(t, []open311.Option{open311.WithStrict()}, 200, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `[{`+jsonOf(p.Email)+`:"\q","service_request_id":"1"}]`)
		})
	})
	t.Run("headers", func(t *testing.T) {
		show(t, nil, 400, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["X-Error"] = []string{sentence()}
			w.Header().Set("Location", "/thanks?for="+url.QueryEscape(sentence()))
			w.WriteHeader(http.StatusBadRequest)
		})
	})
	for _, target := range []string{"/thanks?name=", "http://127.0.0.1:1/thanks/", "http://%zz/", "gopher://city.example/"} {
		t.Run("redirect to "+strings.ReplaceAll(target, "/", "|"), func(t *testing.T) {
			show(t, nil, 303, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", target+url.QueryEscape(p.Email)+"&"+url.QueryEscape(sentence()))
				w.WriteHeader(http.StatusSeeOther)
			})
		})
	}
	t.Run("no HTTP", func(t *testing.T) {
		show(t, nil, 0, func(w http.ResponseWriter, r *http.Request) {
			raw(func(string, *http.Request) string { return sentence() + "\r\n" })("", w, r)
		})
	})
	t.Run("middleware that fails", func(t *testing.T) {
		mw := open311.WithMiddleware(func(http.RoundTripper) http.RoundTripper {
			return stubTrip(func(r *http.Request) (*http.Response, error) {
				dump, _ := httputil.DumpRequestOut(r, true)
				return nil, errors.New("cannot send " + string(dump))
			})
		})
		show(t, []open311.Option{mw}, 0, func(http.ResponseWriter, *http.Request) {})
	})
	t.Run("address in lower case", func(t *testing.T) {
		city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, `[{"code":400,"description":"`+strings.ToLower(p.Email)+` is blocked"}]`)
		})
		e := &exposure{}
		_, err := city.client(t, e.options()...).Requests.Create(t.Context(), &p)
		e.addError(err)
		e.check(t, strings.ToLower(p.Email))
	})
}

func TestReportShowsNoPersonalData(t *testing.T) {
	n := personal
	n.Attributes = open311.Attributes{"EMAIL": {n.Email}}
	n.Params = url.Values{"contact": {n.Phone}}
	for name, v := range map[string]any{
		"*NewRequest": &n, "NewRequest": n, "a list": []open311.NewRequest{n}, "a list of pointers": []*open311.NewRequest{&n},
		"a struct": struct{ N open311.NewRequest }{n}, "a map": map[string]any{"n": &n},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			t.Run(name+"/"+verb, func(t *testing.T) {
				e := &exposure{}
				e.add(verb, fmt.Sprintf(verb, v))
				e.check(t, personalCores...)
			})
		}
	}
}

// A log line shows no personal data either, whatever its handler makes of a value that can also be stored
// as JSON.
func TestLogShowsNoPersonalData(t *testing.T) {
	n := personal
	n.Params = url.Values{"contact_email": {n.Email}}
	n.Attributes = open311.Attributes{"PHONE": {n.Phone}}
	u := open311.NewUpdate{RequestID: "7", Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, Phone: n.Phone, AccountID: n.AccountID}
	r := open311.Receipt{ID: "7", AccountID: n.AccountID, Extra: open311.Extra{"email": json.RawMessage(strconv.Quote(n.Email))}}
	ur := open311.UpdateReceipt{ID: "7", AccountID: n.AccountID}
	var text bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil)} {
		slog.New(handler).Info("x", "n", n, "*n", &n, "u", u, "*u", &u, "r", r, "*r", &r, "ur", ur, "*ur", &ur)
	}
	e := &exposure{}
	e.add("log", text.String())
	e.check(t, personalCores...)
	if !strings.Contains(text.String(), `"r":{"id":"7"`) || !strings.Contains(text.String(), n.ServiceCode) {
		t.Errorf("nothing of use in the log: %s", text.String())
	}
}

// What a server repeats of the reporter's data is hidden wherever they stood in the report: in the
// parameters of a server that has names of its own for them, and in attributes.
func TestPersonalDataUnderOtherNames(t *testing.T) {
	n := open311.NewRequest{ServiceCode: "1", AddressID: "1", Params: url.Values{"contact_email": {"mx@people.example"}},
		Attributes: open311.Attributes{"reporter_phone": {"0555-0199-77"}, "DEPTH": {"shallow"}}}
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 400, "text/plain", "Neither mx@people.example nor 0555-0199-77 nor shallow is good."), nil
	})
	e := &exposure{}
	_, err := c.Requests.Create(t.Context(), &n)
	e.addError(err)
	_, updateErr := c.Updates.Create(t.Context(), &open311.NewUpdate{RequestID: "1", ID: "2", Status: "OPEN", UpdatedDatetime: time.Now(), Description: "x",
		Params: n.Params, Attributes: n.Attributes})
	e.addError(updateErr)
	e.check(t, "mx@people", "0555-0199")
	if err == nil || !strings.Contains(err.Error(), "shallow") {
		t.Errorf("too much is hidden: %v", err)
	}
}

// A name of three letters is too short to be hidden in every word, but not beside the other one.
func TestShortNamesAreHiddenTogether(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 400, "text/plain", "Is Li Doe, or Doe, Li, known to Doelittle?"), nil
	})
	e := &exposure{}
	_, err := c.Requests.Create(t.Context(), &open311.NewRequest{ServiceCode: "1", AddressID: "1", FirstName: "Li", LastName: "Doe"})
	e.addError(err)
	e.check(t, "Li Doe", "Doe, Li")
	if err == nil || !strings.Contains(err.Error(), "Doelittle") {
		t.Errorf("too much is hidden: %v", err)
	}
}

// What is refused before it is sent is described without what the reporter said about herself.
func TestValidationShowsNoPersonalData(t *testing.T) {
	n := personal
	n.AddressString, n.Location = "", &open311.Point{Lat: 91, Long: 181}
	n.Media = []open311.Media{{Name: n.LastName + ".jpg"}}
	_, err := stubClient(t, nil).Requests.Create(t.Context(), &n)
	if err == nil {
		t.Fatal("no error")
	}
	e := &exposure{}
	e.addError(err)
	e.check(t, personalCores...)
}

// The check itself must find a key, or it proves nothing.
func TestExposureFindsWhatIsThere(t *testing.T) {
	for name, text := range map[string]string{
		"plain": "x " + keyCore, "escaped": url.QueryEscape("a/" + keyCore), "Basic": base64.StdEncoding.EncodeToString([]byte("user:" + keyCore + "x")),
		"JSON": jsonEcho(`"`+keyCore+`"`, httptest.NewRequest(http.MethodGet, "/", nil)),
	} {
		e := &exposure{}
		e.addError(fmt.Errorf("x: %w", &open311.APIError{Faults: []open311.Fault{{Description: text}}}))
		found := false
		for _, form := range append(base64Cores(keyCore), keyCore) {
			for _, seen := range e.seen {
				found = found || strings.Contains(seen, form)
			}
		}
		if !found {
			t.Errorf("%s is not found", name)
		}
	}
}
