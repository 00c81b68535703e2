package open311

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-open311/open311/internal/form"
	"github.com/go-open311/open311/internal/listing"
	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/reply"
	"github.com/go-open311/open311/internal/retry"
)

// conn is the connection that the clients of one endpoint share. A call goes through it in five steps: it is
// built, waits for the rate limit, is sent, and its answer is classified (send.go) and decoded (read.go).
//
// What is secret is two pointers away from whatever a program holds: fmt prints the struct behind the pointer in an
// unexported field for verbs that do not fit, %s among them, without asking for its methods.
type conn struct {
	cfg      *config
	dialect  *Dialect // that of cfg
	endpoint *url.URL // without the trailing slash
	hide     *redact.Set
	key      *redact.Credential // nil: there is none
	calls    *retry.Client
	headers  map[bool]http.Header // of all calls, for XML or not; they are not changed
	learned  *memory
	lists    *listing.Beliefs // of the jurisdiction
	call     *callOptions     // of the method that is being called; nil for none
}

// ServiceClient reads what can be reported to a city: GET /services and GET /services/{code}.
type ServiceClient struct{ c *conn }

// RequestClient reads and files service requests: /requests and /tokens.
type RequestClient struct{ c *conn }

// UpdateClient reads and sends updates of service requests: /servicerequestupdates, an extension of
// mySociety's servers (FixMyStreet, open311-adapter) that GeoReport v2 does not have. A server with
// another path for it is a matter of [Dialect.Paths].
type UpdateClient struct{ c *conn }

// DiscoveryClient reads the discovery document of an endpoint (Open311 Service Discovery).
type DiscoveryClient struct{ c *conn }

// Format names the client, and shows nothing of its settings.
func (s ServiceClient) Format(f fmt.State, verb rune) { s.c.Format(f, verb) }

// Format names the client, and shows nothing of its settings.
func (r RequestClient) Format(f fmt.State, verb rune) { r.c.Format(f, verb) }

// Format names the client, and shows nothing of its settings.
func (u UpdateClient) Format(f fmt.State, verb rune) { u.c.Format(f, verb) }

// Format names the client, and shows nothing of its settings.
func (d DiscoveryClient) Format(f fmt.State, verb rune) { d.c.Format(f, verb) }

// conn is nil for a client that New has not made.
func (s *ServiceClient) conn() *conn {
	if s == nil {
		return nil
	}
	return s.c
}

// conn is nil for a client that New has not made.
func (r *RequestClient) conn() *conn {
	if r == nil {
		return nil
	}
	return r.c
}

// conn is nil for a client that New has not made.
func (u *UpdateClient) conn() *conn {
	if u == nil {
		return nil
	}
	return u.c
}

// conn is nil for a client that New has not made.
func (d *DiscoveryClient) conn() *conn {
	if d == nil {
		return nil
	}
	return d.c
}

// call is one call to be made: what, where and with what. It is sent as often as it takes.
type call struct {
	op     string // for messages: "GET requests"
	method string
	path   string // below the endpoint, escaped; see conn.path
	params url.Values
	// body makes the body of a write, if it is more than a form of the parameters.
	body   func(params url.Values) (*form.Payload, error)
	mark   func() error // called before the first byte of a body leaves, if it is not nil
	heard  *reply.Reply // what a write was answered is noted here, if it is not nil
	write  bool         // it changes something at the server: the key goes with it, and nothing is repeated lightly
	noPath bool         // the URL is the endpoint itself with a suffix
	bare   bool         // … and without one
	// slashes says that those in the parameters are not escaped.
	slashes bool
	// inspect says where in the first record, and of what, to warn; nil for nowhere.
	inspect func(first any) (path, detail string)
	keep    bool // all records of the answer are kept
	lend    bool // each of them only until the next one is read
	// page and window say which part of a listing it is, for those who look.
	page, window string
}

// CallOption is a setting of one call, or of all calls that one method or one loop makes. Later ones win. One that
// cannot be used makes the method return a [*ValidationError], and nothing is sent.
type CallOption func(*callOptions)

type callOptions struct {
	params     url.Values
	header     http.Header
	extensions bool
	unchecked  bool
	fresh      bool
	response   *Response
	problems   []Problem
}

// Option is a setting of a [Client]. Options are checked by [New]; later ones win.
type Option func(*config) error

// config is what the options fill in. It is not changed any more once the client is made.
type config struct {
	dialect      Dialect
	key          string
	keyOnReads   bool
	jurisdiction string
	format       Format
	httpClient   *http.Client
	middleware   []func(http.RoundTripper) http.RoundTripper
	retry        RetryPolicy
	timeout      time.Duration
	limiter      Limiter
	limiterSet   bool    // by the caller, to a Limiter or to none
	limiterRate  float64 // else the dialect's limit that limiter keeps
	logger       *slog.Logger
	observers    []Observer
	userAgent    string
	warnings     func(context.Context, Warning)
	strict       bool
	charset      func(string, io.Reader) (io.Reader, error)
	maxResponse  int64
	location     *time.Location
	pageSize     int
	concurrency  int
	learned      *learnedState  // by another client; nil for nothing
	trusted      []string       // hosts where discovery may lead
	insecure     bool           // discovery may lead to http and to private addresses
	transport    transportParts // what With shares
}

// RetryPolicy says how often and how patiently a call is repeated. Zero fields mean the default.
type RetryPolicy struct {
	MaxAttempts int           // 4 by default; 1 turns retries off
	MinWait     time.Duration // 500 ms by default
	MaxWait     time.Duration // 30 s by default; a server that asks for a longer wait gets none
}

// Limiter delays calls. A *rate.Limiter of golang.org/x/time/rate is one.
type Limiter interface {
	Wait(context.Context) error
}

// transportParts is what derived clients share with the client they come from.
type transportParts struct {
	budget *retry.Budget
}

// Response is what came back for a call, besides its records.
type Response struct {
	StatusCode int
	Header     http.Header // redacted
	URL        string      // redacted
	Format     Format      // of the answer; FormatAuto if it was neither JSON nor XML
	Attempts   int         // how many times the call was made
	Received   time.Time   // when the header of the answer was there, by the clock of this machine
}

// errNoClient is the error of a zero client.
var errNoClient = errors.New("open311: this client has no endpoint: make it with New, Discover or With")

// String names the endpoint, redacted. That of a client that New has not made has none.
func (c *conn) String() string {
	if c == nil {
		return "open311.Client()"
	}
	return "open311.Client(" + c.hide.URLOf(c.endpoint) + ")"
}

// Format prints what String returns, whatever the verb: %+v must not show the API key.
func (c *conn) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

const defaultMaxResponse, defaultUserAgent = 64 << 20, "go-open311 (+https://github.com/go-open311/open311)"

// apply sets what the options say, and then the dialect's rate limit if none of them has set one.
func (c *config) apply(opts []Option) error {
	for _, o := range opts {
		if o == nil {
			continue
		}
		if err := o(c); err != nil {
			return fmt.Errorf("open311: %w", err)
		}
	}
	if d := c.dialect.RateLimit; !c.limiterSet && d > 0 && d != c.limiterRate {
		// A quarter of a minute's calls at once, so that no minute has many more than its share.
		c.limiter, c.limiterRate = rate.NewLimiter(rate.Limit(d), max(1, int(d*15))), d
	}
	return nil
}

// wrapped returns a transport with the middleware around it.
func (c *config) wrapped(rt http.RoundTripper) http.RoundTripper {
	if len(c.middleware) > 0 {
		rt = retry.Witness(rt)
	}
	for _, layer := range slices.Backward(c.middleware) {
		rt = layer(rt)
	}
	return rt
}

// newConn returns a connection to an endpoint. It makes no call.
func newConn(endpoint *url.URL, cfg config, learned *memory, opts []Option) (*conn, error) {
	if err := cfg.apply(opts); err != nil {
		return nil, err
	}
	c := &conn{cfg: &cfg, endpoint: endpoint, learned: learned, lists: learned.of(cfg.jurisdiction),
		hide: redact.New(secretsOf(endpoint, &cfg)...).WithNames(cfg.dialect.KeyParam, cfg.dialect.KeyHeader)}
	c.dialect = &c.cfg.dialect
	c.headers = map[bool]http.Header{false: c.dialect.header(FormatJSON, cfg.userAgent), true: c.dialect.header(FormatXML, cfg.userAgent)}
	if cfg.key != "" {
		c.key = &redact.Credential{Value: cfg.key, Param: cfg.dialect.KeyParam, Header: cfg.dialect.KeyHeader}
	}
	if cfg.learned != nil && cfg.learned.Of == c.id() {
		c.lists.Recall(cfg.learned.Lists)
		c.prefer(learned.recall(cfg.learned, cfg.format))
	}
	c.cfg.learned = nil
	c.calls = retry.New(cfg.httpClient, retry.Config{
		Wrap:   cfg.wrapped,
		Policy: retry.Policy{MaxAttempts: cfg.retry.MaxAttempts, MinWait: cfg.retry.MinWait, MaxWait: cfg.retry.MaxWait},
		Budget: cfg.transport.budget, Timeout: cfg.timeout, Begin: beginAttempt, OnAttempt: endAttempt, Wait: c.limit,
		CrossHost: c.hide.Strip,
	})
	return c, nil
}

// secretsOf are the values that are hidden wherever they turn up.
func secretsOf(endpoint *url.URL, cfg *config) []string {
	secrets := []string{cfg.key}
	names := redact.New().WithNames(cfg.dialect.KeyParam)
	for name, values := range endpoint.Query() {
		if names.Hides(name) {
			secrets = append(secrets, values...)
		}
	}
	if u := endpoint.User; u != nil { // a key often stands in place of the name
		password, _ := u.Password()
		secrets = append(secrets, u.Username(), password)
	}
	if _, password, ok := strings.Cut(cfg.key, ":"); ok && strings.EqualFold(cfg.dialect.KeyScheme, "basic") {
		secrets = append(secrets, password) // the name before it is no secret by itself
	}
	return secrets
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
func (c *conn) hiding(personal func() []string) *conn {
	own := *c
	own.hide = c.hide.Later(personal)
	return &own
}

// withOptions returns the connection for one call of a method. The error is a [*ValidationError].
func (c *conn) withOptions(opts []CallOption) (*conn, error) {
	if c == nil {
		return nil, errNoClient
	}
	if len(opts) == 0 {
		return c, nil
	}
	o := &callOptions{}
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	if len(o.problems) > 0 {
		return nil, &ValidationError{o.problems}
	}
	own := *c
	own.call = o
	for name, values := range o.header {
		if c.hide.Hides(name) {
			own.hide = own.hide.With(values...)
		}
	}
	return &own, nil
}

// unanswered returns the connection for a call whose answer the caller is shown later: it may be made in another
// goroutine than the caller's.
func (c *conn) unanswered() *conn {
	if c.call == nil || c.call.response == nil {
		return c
	}
	own, o := *c, *c.call
	own.call, o.response = &o, nil
	return &own
}

// formats returns the formats to try, the best first. There is a second one only while it is open
// which of the two the server speaks.
func (c *conn) formats() []Format {
	if c.cfg.format != FormatAuto {
		return []Format{c.cfg.format}
	}
	if f := Format(c.learned.format.Load()); f != FormatAuto {
		return []Format{f}
	}
	if len(c.dialect.Formats) > 0 {
		return c.dialect.Formats
	}
	return []Format{FormatJSON, FormatXML}
}

// prefer says which formats to try, the best first, if the dialect does not say it. It is for a connection that
// nobody uses yet.
func (c *conn) prefer(formats []Format) {
	if len(c.dialect.Formats) == 0 && len(formats) > 0 {
		c.dialect.Formats = formats
	}
}

// works remembers that the server speaks f.
func (c *conn) works(f Format) {
	c.learned.spoken.Or(1 << f)
	if c.cfg.format == FormatAuto {
		c.learned.format.Store(int32(f))
	}
}

// spoken reports whether an answer has shown that the server speaks the format that it is asked in.
func (c *conn) spoken() bool { return c.learned.spoken.Load()&(1<<c.formats()[0]) != 0 }

// sends reports whether a parameter goes to the server.
func (c *conn) sends(name string) bool { return c.dialect.sends(name) }

// param returns the server's name of a parameter.
func (c *conn) param(name string) string { return c.dialect.param(name) }

// definedBy returns the field of a service that its definition is found by; "" for its code.
func (c *conn) definedBy() string { return c.dialect.Definition }

// oneValue reports whether a filter is sent, and takes one value a call.
func (c *conn) oneValue(name string) bool { return c.dialect.oneValue(name) }

// quietly returns the connection for a call that the method makes on its own account: without its options but for
// the headers, which a gateway may want, and without warnings about an answer that nobody has asked for.
func (c *conn) quietly() *conn {
	own, cfg := *c, *c.cfg
	cfg.warnings = nil
	own.call, own.cfg = nil, &cfg
	if c.call != nil {
		own.call = &callOptions{header: c.call.header}
	}
	return &own
}

// undecided reports whether it is open which format the server speaks, and nobody has said it.
func (c *conn) undecided() bool {
	return c.cfg.format == FormatAuto && Format(c.learned.format.Load()) == FormatAuto && len(c.dialect.Formats) == 0
}

// serviceKey tells services of different jurisdictions apart: derived clients share their memory.
func (c *conn) serviceKey(code string) string { return c.cfg.jurisdiction + "\x00" + code }

// path returns the path of a resource below the endpoint, and more segments below it, escaped.
func (c *conn) path(resource string, more ...string) string {
	path := c.dialect.path(resource)
	if plain := escapeSegment(path); plain != path { // several segments, or one that has to be escaped
		segments := strings.Split(path, "/")
		for i := range segments {
			segments[i] = escapeSegment(segments[i])
		}
		path = strings.Join(segments, "/")
	}
	for _, segment := range more {
		path += "/" + escapeSegment(segment)
	}
	return path
}

// escapeSegment escapes a code or an id for use in a path. Dots are escaped where they would be read
// as a step in the path.
func escapeSegment(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}

// status returns the word of the dialect for a status of the server's own.
func (c *conn) status(s Status) Status { return c.dialect.status(s) }

// id tells endpoints and jurisdictions apart, whatever the scheme. It is a hash: what is stored under it shows no
// address.
func (c *conn) id() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", strings.ToLower(c.endpoint.Host), c.endpoint.Path, c.cfg.jurisdiction))
	return hex.EncodeToString(sum[:12])
}
