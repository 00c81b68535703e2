package open311

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/retry"
)

// conn is the connection that the clients of one endpoint share. A call goes through it in five steps: it is
// built, waits for the rate limit, is sent, and its answer is classified (conn.go, call.go) and decoded (read.go).
type conn struct {
	cfg      config
	endpoint *url.URL // without the trailing slash
	hide     *redact.Set
	calls    *retry.Client
	learned  *memory
	call     *callOptions // of the method that is being called; nil for none
}

// transportParts is what derived clients share with the client they come from.
type transportParts struct {
	budget *retry.Budget
}

// String names the endpoint, redacted. That of a client that New has not made has none.
func (c *conn) String() string {
	if c == nil {
		return "open311.Client()"
	}
	return "open311.Client(" + c.hide.URLOf(c.endpoint) + ")"
}

// Format prints what String returns, whatever the verb: %+v must not show the API key.
func (c *conn) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

const (
	defaultMaxResponse = 64 << 20
	defaultUserAgent   = "go-open311 (+https://github.com/go-open311/open311)"
)

// dial returns a connection with the default settings and those of opts. It makes no call.
func dial(endpoint string, opts []Option) (*conn, error) {
	u, err := parseEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	cfg := config{maxResponse: defaultMaxResponse, location: time.UTC,
		userAgent: defaultUserAgent, concurrency: 1, transport: transportParts{budget: new(retry.Budget)}}
	return newConn(u, cfg, &memory{}, opts)
}

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

// newConn returns a connection to an endpoint. It makes no call.
func newConn(endpoint *url.URL, cfg config, learned *memory, opts []Option) (*conn, error) {
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
	c := &conn{cfg: cfg, endpoint: endpoint, learned: learned, hide: redact.New(secretsOf(endpoint, &cfg)...)}
	if cfg.dialect.KeyParam != "" {
		c.hide = c.hide.WithNames(cfg.dialect.KeyParam)
	}
	if cfg.dialect.KeyHeader != "" {
		c.hide = c.hide.WithNames(cfg.dialect.KeyHeader)
	}
	c.calls = retry.New(c.httpClient(), retry.Config{
		Policy: retry.Policy{MaxAttempts: cfg.retry.MaxAttempts, MinWait: cfg.retry.MinWait, MaxWait: cfg.retry.MaxWait},
		Budget: cfg.transport.budget, Timeout: cfg.timeout, Begin: beginAttempt, OnAttempt: endAttempt, Wait: c.limit,
		CrossHost: c.hide.Strip,
	})
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
func (c *conn) httpClient() *http.Client {
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

func (c *conn) limit(ctx context.Context) error {
	if c.cfg.limiter == nil {
		return ctx.Err()
	}
	began := time.Now()
	err := c.cfg.limiter.Wait(ctx)
	observationOf(ctx).wait(time.Since(began))
	if _, limited := ctx.Deadline(); err != nil && ctx.Err() == nil && limited {
		// A rate.Limiter does not begin a wait that would last longer than the context.
		return fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	return err
}

// hiding returns a connection for a call that carries a reporter's data. What the server repeats of them is
// hidden by value: errors are printed and logged.
func (c *conn) hiding(personal []string) *conn {
	own := *c
	own.hide = c.hide.With(personal...)
	return &own
}
