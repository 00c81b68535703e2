package open311

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/retry"

	"golang.org/x/time/rate"
)

// Client talks to one GeoReport v2 endpoint. It is safe for concurrent use and does not change after
// [New]; [Client.With] makes a changed copy.
type Client struct {
	Services  *ServiceClient
	Requests  *RequestClient
	Updates   *UpdateClient
	Discovery *DiscoveryClient

	cfg      config
	endpoint *url.URL // without the trailing slash
	hide     *redact.Set
	calls    *retry.Client
	learned  *memory
}

// transportParts is what derived clients share with the client they come from.
type transportParts struct {
	budget *retry.Budget
}

const (
	defaultMaxResponse = 64 << 20
	defaultUserAgent   = "go-open311 (+https://github.com/go-open311/open311)"
)

// New returns a client for the GeoReport v2 endpoint at the given URL, such as
// "https://city.example/open311/v2". It makes no call. The error says which option is wrong.
//
// See [Discover] if only the address of the city's discovery document is known.
func New(endpoint string, opts ...Option) (*Client, error) {
	u, err := parseEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	cfg := config{maxResponse: defaultMaxResponse, location: time.UTC,
		userAgent: defaultUserAgent, concurrency: 1, transport: transportParts{budget: new(retry.Budget)}}
	return build(u, cfg, &memory{}, opts)
}

// With returns a client with further options. It shares the connections, the rate limit and what has
// been learned about the server; c stays as it is.
func (c *Client) With(opts ...Option) (*Client, error) {
	return build(c.endpoint, c.cfg, c.learned, opts)
}

// Endpoint returns the URL that the client was made for, without a trailing slash. If it holds a
// user name and password, so does the result.
func (c *Client) Endpoint() string { return c.endpoint.String() }

// String names the endpoint, redacted. Printing a client shows nothing else.
func (c Client) String() string { return "open311.Client(" + c.hide.URLOf(c.endpoint) + ")" }

// GoString is String: %#v must not show the API key.
func (c Client) GoString() string { return c.String() }

// Format prints what String returns, whatever the verb: %+v must not show the API key.
func (c Client) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// LogValue is String: a log line must not show the API key.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Format names the client, and shows nothing of its settings.
func (s ServiceClient) Format(f fmt.State, verb rune) { s.c.Format(f, verb) }

// Format names the client, and shows nothing of its settings.
func (r RequestClient) Format(f fmt.State, verb rune) { r.c.Format(f, verb) }

// Format names the client, and shows nothing of its settings.
func (u UpdateClient) Format(f fmt.State, verb rune) { u.c.Format(f, verb) }

// Format names the client, and shows nothing of its settings.
func (d DiscoveryClient) Format(f fmt.State, verb rune) { d.c.Format(f, verb) }

func parseEndpoint(endpoint string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(endpoint))
	switch {
	case err != nil:
		// What net/url says of it may show a part of a password.
		return nil, errors.New("open311: the endpoint is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("open311: the endpoint must be an absolute URL that starts with https:// or http://")
	}
	u.Fragment, u.RawFragment = "", ""
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}

func build(endpoint *url.URL, cfg config, learned *memory, opts []Option) (*Client, error) {
	for _, o := range opts {
		if o == nil {
			continue
		}
		if err := o(&cfg); err != nil {
			return nil, fmt.Errorf("open311: %w", err)
		}
	}
	if d := cfg.dialect.RateLimit; !cfg.limiterSet && d > 0 && d != cfg.limiterRate {
		// A quarter of a minute's calls at once, so that no minute has many more than its share.
		cfg.limiter, cfg.limiterRate = rate.NewLimiter(rate.Limit(d), max(1, int(d*15))), d
	}
	c := &Client{cfg: cfg, endpoint: endpoint, learned: learned, hide: redact.New(secretsOf(endpoint, &cfg)...)}
	if cfg.dialect.KeyParam != "" {
		c.hide = c.hide.WithNames(cfg.dialect.KeyParam)
	}
	if cfg.dialect.KeyHeader != "" {
		c.hide = c.hide.WithNames(cfg.dialect.KeyHeader)
	}
	c.calls = retry.New(c.httpClient(), retry.Config{
		Policy: retry.Policy{MaxAttempts: cfg.retry.MaxAttempts, MinWait: cfg.retry.MinWait, MaxWait: cfg.retry.MaxWait},
		Budget: cfg.transport.budget, Timeout: cfg.timeout, OnAttempt: c.logAttempt, Wait: c.limit,
		CrossHost: c.hide.Strip,
	})
	c.Services, c.Requests = &ServiceClient{c}, &RequestClient{c}
	c.Updates, c.Discovery = &UpdateClient{c}, &DiscoveryClient{c}
	return c, nil
}

func secretsOf(endpoint *url.URL, cfg *config) []string {
	secrets := []string{cfg.key}
	names := redact.New()
	for name, values := range endpoint.Query() {
		if names.Hides(name) {
			secrets = append(secrets, values...)
		}
	}
	if password, ok := endpoint.User.Password(); ok {
		secrets = append(secrets, password)
	}
	if user, password, ok := strings.Cut(cfg.key, ":"); ok && strings.EqualFold(cfg.dialect.KeyScheme, "basic") {
		_ = user // half of a Basic key is no secret by itself
		secrets = append(secrets, password)
	}
	return secrets
}

// httpClient returns a copy of the caller's client with the middleware around its transport.
func (c *Client) httpClient() *http.Client {
	hc := &http.Client{}
	if c.cfg.httpClient != nil {
		*hc = *c.cfg.httpClient
	}
	rt := hc.Transport
	if rt == nil {
		rt = http.DefaultTransport
	}
	for i := len(c.cfg.middleware) - 1; i >= 0; i-- {
		rt = c.cfg.middleware[i](rt)
	}
	hc.Transport = rt
	return hc
}

func (c *Client) limit(ctx context.Context) error {
	if c.cfg.limiter == nil {
		return ctx.Err()
	}
	err := c.cfg.limiter.Wait(ctx)
	if _, limited := ctx.Deadline(); err != nil && ctx.Err() == nil && limited {
		// A rate.Limiter does not begin a wait that would last longer than the context.
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return err
}

// hideKey is under which the context of a call that carries a reporter's data has what hides them.
type hideKey struct{}

// hiding returns a client and a context for a call that carries a reporter's data. What the server repeats of
// them is hidden by value: errors are printed and logged.
func (c *Client) hiding(ctx context.Context, personal []string) (*Client, context.Context) {
	own := *c
	own.hide = c.hide.With(personal...)
	return &own, context.WithValue(ctx, hideKey{}, own.hide)
}

func (c *Client) logAttempt(ctx context.Context, a retry.Attempt) {
	if c.cfg.logger == nil {
		return
	}
	hide, ok := ctx.Value(hideKey{}).(*redact.Set)
	if !ok {
		hide = c.hide
	}
	attrs := []any{"method", a.Method, "url", hide.URLOf(a.URL), "attempt", a.Number, "status", a.Status,
		"duration", a.Duration}
	if a.Err != nil {
		attrs = append(attrs, "error", hide.Text(a.Err.Error()))
	}
	if a.Retry {
		c.cfg.logger.WarnContext(ctx, "open311: call will be repeated", append(attrs, "wait", a.Wait)...)
		return
	}
	c.cfg.logger.DebugContext(ctx, "open311: call", attrs...)
}

// Do makes a call of an extension: path is below the endpoint and without a suffix, such as
// "requests/comments/12"; its segments are escaped already. The suffix of the format is added, as are
// the key and the jurisdiction by the usual rules. For GET the parameters go into the query, for
// anything else into a form in the body. The rate limit, retries and redaction are those of every call.
//
// A status of 400 or more, or a redirect that is not followed, is an *[APIError]. Of any other answer
// the caller must close the body.
func (c *Client) Do(ctx context.Context, method, path string, params url.Values) (*http.Response, error) {
	k := &call{method: method, raw: strings.Trim(path, "/"), params: params, write: method != http.MethodGet && method != http.MethodHead}
	k.op = method + " " + k.raw
	for segment := range strings.SplitSeq(k.raw, "/") {
		if plain, err := url.PathUnescape(segment); err != nil || plain == ".." || plain == "." || segment == "" {
			return nil, fmt.Errorf("open311: %s: the path must lie below the endpoint", k.op)
		}
	}
	a, err := c.send(ctx, k, c.formats()[0])
	if err != nil {
		return nil, err
	}
	return a.resp, nil
}
