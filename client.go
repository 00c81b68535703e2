package open311

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-open311/open311/internal/plain"
)

// Client talks to one GeoReport v2 endpoint. It is safe for concurrent use and does not change after
// [New]; [Client.With] makes a changed copy.
type Client struct {
	Services  *ServiceClient
	Requests  *RequestClient
	Updates   *UpdateClient
	Discovery *DiscoveryClient

	conn *conn
}

// New returns a client for the GeoReport v2 endpoint at the given URL, such as
// "https://city.example/open311/v2". It makes no call. The error says which option is wrong.
//
// See [Discover] if only the address of the city's discovery document is known.
func New(endpoint string, opts ...Option) (*Client, error) {
	return newClient(dial(endpoint, opts))
}

// Discover reads a discovery document (Open311 Service Discovery) and returns a client for its
// production endpoint of GeoReport v2, or, if there is none, for another one of GeoReport v2. The URL
// is asked for as it stands, and then, unless it ends in .json or .xml, with each of them.
//
// The document does not lead the client astray: from https to http, to another domain than its own or to an address
// of this machine or its network. The error names the option that allows it, [WithInsecureDiscovery] or
// [WithTrustedHosts]. Another host of the document's own domain is followed with a [WarnMoved].
//
// An error that matches [ErrNotFound] means that the document names no such endpoint.
func Discover(ctx context.Context, discoveryURL string, opts ...Option) (*Client, error) {
	return newClient(discover(ctx, discoveryURL, opts))
}

func newClient(c *conn, err error) (*Client, error) {
	if err != nil {
		return nil, err
	}
	return &Client{Services: &ServiceClient{c}, Requests: &RequestClient{c}, Updates: &UpdateClient{c}, Discovery: &DiscoveryClient{c}, conn: c}, nil
}

// With returns a client with further options. It shares the connections, the rate limit and what has
// been learned about the server; c stays as it is.
func (c *Client) With(opts ...Option) (*Client, error) {
	own, err := c.made()
	if err != nil {
		return nil, err
	}
	return newClient(newConn(own.endpoint, *own.cfg, own.learned, opts))
}

// Endpoint returns the URL that the client was made for, without a trailing slash. If it holds a
// user name and password, so does the result.
func (c *Client) Endpoint() string {
	own, err := c.made()
	if err != nil {
		return ""
	}
	return own.endpoint.String()
}

// made returns the connection of a client; a zero one has none.
func (c *Client) made() (*conn, error) {
	if c == nil || c.conn == nil {
		return nil, errNoClient
	}
	return c.conn, nil
}

// String names the endpoint, redacted. Printing a client shows nothing else.
func (c Client) String() string { return c.conn.String() }

// GoString is String: %#v must not show the API key.
func (c Client) GoString() string { return c.String() }

// Format prints what String returns, whatever the verb: %+v must not show the API key.
func (c Client) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// LogValue is String: a log line must not show the API key.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Do makes a call of an extension: path is below the endpoint and without a suffix, such as
// "requests/comments/12"; its segments are escaped already. The suffix of the format is added, as are
// the key and the jurisdiction by the usual rules. For GET the parameters go into the query, for
// anything else into a form in the body. The rate limit, retries and redaction are those of every call.
//
// A status of 400 or more, or a redirect that is not followed, is an [*APIError]. Of any other answer
// the caller must close the body. It is not read: the Format of a [Response] is that of its label.
func (c *Client) Do(ctx context.Context, method, path string, params url.Values, opts ...CallOption) (*http.Response, error) {
	own, err := c.made()
	if err != nil {
		return nil, err
	}
	return own.do(ctx, method, strings.Trim(path, "/"), params, opts)
}

// do makes a call of an extension; see [Client.Do].
func (c *conn) do(ctx context.Context, method, path string, params url.Values, opts []CallOption) (*http.Response, error) {
	k := &call{op: method + " " + path, method: method, path: path, params: params, write: method != http.MethodGet && method != http.MethodHead}
	for segment := range strings.SplitSeq(path, "/") {
		if !below(segment) {
			return nil, fmt.Errorf("open311: %s: the path must lie below the endpoint", plain.Line(c.hide.Text(k.op)))
		}
	}
	c, err := c.withOptions(opts)
	if err != nil {
		return nil, err
	}
	a, err := c.send(ctx, k, c.formats()[0])
	if err != nil {
		return nil, err
	}
	c.answered(a, labelFormat(a.resp.Header))
	a.end(0, 0, 0, nil)
	return a.resp, nil
}

// below reports whether a segment of a path leads further down at every server: some read %2F, and backslashes, as
// slashes, and some unescape twice.
func below(segment string) bool {
	if _, err := url.PathUnescape(segment); err != nil {
		return false
	}
	for segment != "" {
		steps := strings.FieldsFunc(segment, func(r rune) bool { return r == '/' || r == '\\' })
		if slices.Contains(steps, "..") || slices.Contains(steps, ".") {
			return false
		}
		name, err := url.PathUnescape(segment)
		if err != nil || name == segment {
			return true
		}
		segment = name
	}
	return false
}

// Learned returns what the client, and those derived from it, have found out about the server so far, for
// [WithLearned].
func (c *Client) Learned() Learned {
	own, err := c.made()
	if err != nil {
		return Learned{}
	}
	return own.learned.learned(own.id(), own.lists.Load())
}
