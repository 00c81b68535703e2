package open311

import (
	"context"
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
)

// WithAPIKey sets the key that the city has given you. It is sent when a request is filed, and on
// reads only if [WithKeyOnReads] or the dialect says so. It appears in no error, log line or warning. A
// key with a control character, such as the line break at the end of a file, is refused.
func WithAPIKey(key string) Option {
	return func(c *config) error {
		c.key = key
		return refuseControl("WithAPIKey: the key", key)
	}
}

// refuseControl finds what net/http would not send in a header, before every call fails for it. It does
// not show the value, which may be the key.
func refuseControl(what, value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7F }) {
		return fmt.Errorf("%s holds a line break or another control character: was it read from a file? Trim it", what)
	}
	return nil
}

// WithKeyOnReads sends the API key with every call. Some servers want it, or allow more calls with it.
func WithKeyOnReads() Option {
	return func(c *config) error { c.keyOnReads = true; return nil }
}

// WithJurisdiction sets the jurisdiction_id that is sent with every call. An empty one is not sent.
func WithJurisdiction(id string) Option {
	return func(c *config) error {
		c.jurisdiction = id
		return refuseControl("WithJurisdiction: the id", id)
	}
}

// WithFormat asks for one format only. [FormatAuto], the default, finds out which one works.
func WithFormat(f Format) Option {
	return func(c *config) error {
		if f > FormatXML {
			return fmt.Errorf("there is no format %d", f)
		}
		c.format = f
		return nil
	}
}

// WithDialect says how the server departs from the specification. Without it much is found out. The
// dialect's RateLimit is kept unless [WithRateLimit] or [WithLimiter] is given.
func WithDialect(d Dialect) Option {
	return func(c *config) error {
		for _, f := range d.Formats {
			if f != FormatJSON && f != FormatXML {
				return fmt.Errorf("WithDialect: %q is no format that a server speaks", f)
			}
		}
		c.dialect = d.clone()
		return errors.Join(refuseControl("WithDialect: KeyHeader", d.KeyHeader),
			refuseControl("WithDialect: KeyScheme", d.KeyScheme), refuseControl("WithDialect: Encoding", d.Encoding))
	}
}

// WithHTTPClient sets the client that makes the calls. It is copied, never changed, and its
// connections are left alone.
//
// A report, or whatever else must not be sent twice, gets a new connection that is closed after it (in HTTP/2 a second
// after the last one). On a connection that was kept it could meet a server that is just closing it, and nobody would
// know whether it had arrived. These connections are made by a copy of the Transport, if that is an [*http.Transport]:
// with its settings, with a count of connections of its own, and without what [http.Transport.RegisterProtocol] has
// added. A Transport of another type chooses connections by itself; so give what only wraps an *http.Transport to
// [WithMiddleware].
func WithHTTPClient(hc *http.Client) Option {
	return func(c *config) error {
		if hc == nil {
			return errors.New("WithHTTPClient: no client")
		}
		c.httpClient = hc
		return nil
	}
}

// WithMiddleware wraps the transport, the first one outermost. What is wrapped is called once for
// each attempt, and sees the API key: a middleware that traces calls, such as otelhttp, exports whole addresses, the
// key in them included; see [WithObserver] for a way that does not. It is not called where a redirect leads to
// another host.
func WithMiddleware(wrap ...func(http.RoundTripper) http.RoundTripper) Option {
	return func(c *config) error {
		if slices.ContainsFunc(wrap, func(w func(http.RoundTripper) http.RoundTripper) bool { return w == nil }) {
			return errors.New("WithMiddleware: a function that is nil")
		}
		c.middleware = append(slices.Clip(c.middleware), wrap...)
		return nil
	}
}

// WithRetry sets how often a call is repeated. Reads are repeated after transport errors and the
// statuses 408, 423, 425, 429, 500, 502 to 504, 520 to 527, 529, 530, 598 and 599; a report is filed again only if
// the first attempt did not reach the server, or if the server asks for that.
func WithRetry(p RetryPolicy) Option {
	return func(c *config) error {
		if p.MaxAttempts < 0 || p.MinWait < 0 || p.MaxWait < 0 {
			return errors.New("WithRetry: a negative number")
		}
		c.retry = p
		return nil
	}
}

// WithTimeout limits each attempt, up to the end of the answer but without the time that the caller
// takes between records. 30 s by default; 0 means no limit.
func WithTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d < 0 {
			return errors.New("WithTimeout: a negative time")
		}
		c.timeout = d
		if d == 0 {
			c.timeout = -1
		}
		return nil
	}
}

// WithRateLimit makes no more than perSecond calls a second on average, burst at once. Clients derived
// by [Client.With] share the limit; each [New] starts one of its own.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *config) error {
		if !(perSecond > 0) || burst < 1 {
			return errors.New("WithRateLimit: the rate must be above 0 and the burst at least 1")
		}
		c.limiter, c.limiterSet = rate.NewLimiter(rate.Limit(perSecond), burst), true
		return nil
	}
}

// WithLimiter asks l before each attempt. Give several clients one limiter to share a limit. nil turns
// off the limit of the dialect.
func WithLimiter(l Limiter) Option {
	if r, ok := l.(*rate.Limiter); ok && r == nil {
		l = nil // which is not the same in an interface
	}
	return func(c *config) error { c.limiter, c.limiterSet = l, true; return nil }
}

// WithLogger logs one line for each attempt and one for each call, at level Debug, and one for each repetition, at
// level Warn: the operation, the URL, which page or window of a listing, rows, bytes, warnings and waits. No line holds
// the key, personal data, or bodies.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error { c.logger = l; return nil }
}

// WithObserver lets o see every call, redacted. Several observers are called in the order in which they were given;
// each context builds on that of the one before.
func WithObserver(o Observer) Option {
	return func(c *config) error {
		if o == nil {
			return errors.New("WithObserver: no observer")
		}
		c.observers = append(slices.Clip(c.observers), o)
		return nil
	}
}

// WithUserAgent sets the User-Agent header. Name your program and how to reach you: some servers
// refuse calls without one.
func WithUserAgent(ua string) Option {
	return func(c *config) error {
		c.userAgent = ua
		return refuseControl("WithUserAgent: the text", ua)
	}
}

// WithWarnings calls f for everything that had to be put right in an answer. f must be safe for
// concurrent use if the client is used so, and must not call the client.
func WithWarnings(f func(context.Context, Warning)) Option {
	return func(c *config) error { c.warnings = f; return nil }
}

// WithStrict turns the first warning of an answer into a [*DecodeError]. It is for those who test a
// server.
func WithStrict() Option {
	return func(c *config) error { c.strict = true; return nil }
}

// WithCharsetReader sets a function that decodes charsets other than UTF-8, US-ASCII, ISO-8859-1, windows-1252 and
// UTF-16. Without it, all single-byte charsets of golang.org/x/text/encoding/charmap are decoded, and text in any other
// charset, such as Shift_JIS, is an error that names it. The signature is that of xml.Decoder.CharsetReader:
// charset.NewReaderLabel of golang.org/x/net/html/charset fits.
func WithCharsetReader(f func(label string, in io.Reader) (io.Reader, error)) Option {
	return func(c *config) error { c.charset = f; return nil }
}

// WithMaxResponse limits the size of an answer, in bytes after decompression; 64 MiB by default. The same
// limit holds for the memory that a result takes: the whole result of a method such as List, each record of a loop such
// as All.
func WithMaxResponse(bytes int64) Option {
	return func(c *config) error {
		if bytes < 1 {
			return errors.New("WithMaxResponse: the limit must be at least 1 byte")
		}
		c.maxResponse = bytes
		return nil
	}
}

// WithLocation sets the time zone of dates that come without one; UTC by default.
func WithLocation(loc *time.Location) Option {
	return func(c *config) error {
		if loc == nil {
			return errors.New("WithLocation: no location")
		}
		c.location = loc
		return nil
	}
}

// WithPageSize sets how many requests to ask for at a time in listings, where the server takes such a
// wish. By default it is the server's own choice.
func WithPageSize(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return errors.New("WithPageSize: a negative number")
		}
		c.pageSize = n
		return nil
	}
}

// WithConcurrency lets listings read n pages or windows at a time, still in order and under the rate
// limit; by default they read one after the other, while the loop goes on. It pays where the network is
// slow, or where a core has nothing else to do. It costs a tenth more of the processor, up to n answers in memory,
// and some calls for nothing, since windows are chosen before it is known how much the server gives at once.
//
// So that requests that arrive meanwhile do not shift the pages, a query without an End ends with the request that was
// the newest at the beginning. Where dates are of no use, pages are read ahead only if the list is in the order of time;
// if requests have arrived meanwhile, the pages are read once more, one by one.
func WithConcurrency(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("WithConcurrency: at least 1")
		}
		c.concurrency = n
		return nil
	}
}

// WithTrustedHosts lets [Discover] follow a document to these hosts, besides those of the document's own domain: to
// the vendor that runs a city's endpoint, say. A host is a name without a port.
func WithTrustedHosts(hosts ...string) Option {
	return func(c *config) error {
		if slices.Contains(hosts, "") {
			return errors.New("WithTrustedHosts: an empty name")
		}
		c.trusted = append(slices.Clip(c.trusted), hosts...)
		return nil
	}
}

// WithInsecureDiscovery lets [Discover] follow a document that came over https to an endpoint without TLS, and any
// document to addresses of this machine and its network: for tests, and for servers behind a proxy that names them
// wrongly. The key and what reporters say of themselves go there in clear.
func WithInsecureDiscovery() Option {
	return func(c *config) error { c.insecure = true; return nil }
}

// CallParams adds parameters as they stand, in place of those of the same name: to the query of a GET, to the body of
// a POST. What the dialect says about parameters does not apply to them.
func CallParams(params url.Values) CallOption {
	return func(o *callOptions) {
		for name, values := range params {
			if o.params == nil {
				o.params = make(url.Values, len(params))
			}
			o.params[name] = slices.Clone(values)
		}
	}
}

// CallHeader sets a header, in place of the client's own one of that name. A redirect to another host does not take it
// along, unless it is Accept, Accept-Language or User-Agent.
func CallHeader(key, value string) CallOption {
	return func(o *callOptions) {
		switch name := http.CanonicalHeaderKey(key); {
		case !isToken(key):
			o.problems = append(o.problems, Problem{Field: "CallHeader", Detail: fmt.Sprintf("%q is no name of a header", key), Kind: ProblemValue})
		case strings.ContainsFunc(value, isControl):
			// The value may be a secret.
			o.problems = append(o.problems, Problem{Field: "CallHeader", Detail: "the value of " + name + " holds a line break or another control character", Kind: ProblemValue})
		default:
			if o.header == nil {
				o.header = http.Header{}
			}
			o.header[name] = []string{value}
		}
	}
}

// CallExtensions asks for what a server has beyond the specification: extensions=true in the query of a GET, for
// extended_attributes (Chicago, Helsinki), unless the dialect says that the server does not take it.
func CallExtensions() CallOption {
	return func(o *callOptions) { o.extensions = true }
}

// CallResponse stores in r what came back. Where several calls are made, r is about the last answer whose records were
// used; where the call is refused, about the answer that refused it. If there was no answer r stays as it is. It may be
// read in a loop body, and when the loop has ended or the method has returned.
func CallResponse(r *Response) CallOption {
	return func(o *callOptions) { o.response = r }
}

// isToken reports whether s can be the name of a header (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~") == ""
}

// isControl reports whether a character may not stand in the value of a header.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

// WithLearned gives a client what another one has learned of the same server, by [Client.Learned]. What the client
// has found out itself, or is told by its dialect, goes before it. What was learned of another endpoint or
// jurisdiction is left aside.
func WithLearned(l Learned) Option {
	return func(c *config) error {
		c.learned = &l.s
		return nil
	}
}

// CallUnchecked sends a report although this client finds something wrong with it: definitions are out of date, and
// servers take more than they say. What no server could read, such as a text that is not UTF-8, is refused all the same.
func CallUnchecked() CallOption { return func(o *callOptions) { o.unchecked = true } }

// CallFresh makes [ServiceClient.Definition] and [ServiceClient.Catalog] ask the server for definitions that the
// client has read within the last hour, too.
func CallFresh() CallOption { return func(o *callOptions) { o.fresh = true } }
