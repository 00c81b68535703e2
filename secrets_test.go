package open311_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
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
		srv.URL = nobody
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

// A program prints structs of its own, in which fmt calls no method.
func TestProgramsPrintNoKey(t *testing.T) {
	type holder struct {
		client  open311.Client
		pointer *open311.Client
		parts   []*open311.RequestClient
		Public  *open311.Client
	}
	for _, c := range carriers {
		client, err := c.client("https://city.example/v2")
		if err != nil {
			t.Fatal(err)
		}
		h := holder{*client, client, []*open311.RequestClient{client.Requests}, client}
		q := open311.Query{Search: "hole", Params: url.Values{"tok": {keyCore}}}
		u := open311.UpdateQuery{Start: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Params: q.Params}
		feed, err := client.Requests.Feed(open311.FeedOptions{Query: &q})
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]any{
			"struct": h, "pointer": &h, "list": []holder{h}, "map": map[string]*holder{"a": &h},
			"query": q, "query's pointer": &q, "queries": []open311.Query{q},
			"update query": u, "update query's pointer": &u, "feed": feed, "struct with a feed": struct{ f *open311.Feed }{feed},
			"options of a feed": open311.FeedOptions{Query: &q}, "their pointer": &open311.FeedOptions{Query: &q},
		} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				e := &exposure{}
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%f"} {
					e.add(verb, fmt.Sprintf(verb, v))
				}
				var text bytes.Buffer
				slog.New(slog.NewTextHandler(&text, nil)).Info("x", slog.Any("v", v))
				if name != "queries" { // a handler that encodes a list as JSON asks none of its items
					slog.New(slog.NewJSONHandler(&text, nil)).Info("x", slog.Any("v", v))
				}
				e.add("log", text.String())
				e.check(t, keyCore)
				if strings.HasPrefix(name, "quer") && !strings.Contains(text.String(), "hole") {
					t.Errorf("the query is not there: %s", text.String())
				}
			})
		}
	}
}

// What a middleware adds is meant for the city. Where a redirect leads elsewhere, it is not asked.
func TestMiddlewareStaysAtHome(t *testing.T) {
	e := &exposure{}
	other := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		dump, _ := httputil.DumpRequest(r, true)
		e.add("the other host", string(dump))
		io.WriteString(w, oneRequestJSON)
	})
	asked := 0
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			http.Redirect(w, r, "/again", http.StatusFound)
			return
		}
		http.Redirect(w, r, other.URL+"/v2/requests.json?next="+url.QueryEscape(r.RequestURI), http.StatusFound)
	})
	times := 0
	c, err := open311.New(city.URL, open311.WithHTTPClient(city.Client()), open311.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			times++
			r = r.Clone(r.Context())
			r.Header.Set("X-Trace", keyCore)
			return next.RoundTrip(r)
		})
	}), open311.WithFormat(open311.FormatJSON))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Requests.List(t.Context(), nil, open311.CallHeader("X-Own", keyCore)); err != nil {
		t.Fatal(err)
	}
	if times != 2 || len(other.calls()) != 1 {
		t.Errorf("the middleware was called %d times, the other host %d times", times, len(other.calls()))
	}
	e.check(t, keyCore)
}
