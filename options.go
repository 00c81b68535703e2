package open311

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

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
	transport    transportParts // what With shares
}

// WarningKind says what sort of departure from the specification a [Warning] is about.
type WarningKind string

// The kinds of warnings.
const (
	WarnCharset   WarningKind = "charset"   // bytes that are not in the encoding they should be in
	WarnControl   WarningKind = "control"   // control characters that were dropped
	WarnSyntax    WarningKind = "syntax"    // not well-formed JSON or XML, but clear
	WarnEnvelope  WarningKind = "envelope"  // records found elsewhere than the specification has them
	WarnName      WarningKind = "name"      // a field under another name than the specification's
	WarnType      WarningKind = "type"      // a value of another type than the specification's
	WarnDate      WarningKind = "date"      // a date that is not RFC 3339, or has no zone
	WarnValue     WarningKind = "value"     // a value that cannot be, or that stands for nothing
	WarnDuplicate WarningKind = "duplicate" // a field given twice
	WarnRecord    WarningKind = "record"    // a record that was skipped
	WarnTrailing  WarningKind = "trailing"  // bytes behind the end of the document
	WarnLabel     WarningKind = "label"     // a Content-Type that is not that of the document; never an error
)

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

// WithAPIKey sets the key that the city has given you. It is sent when a request is filed, and on
// reads only if [WithKeyOnReads] or the dialect says so. It appears in no error, log line or warning.
func WithAPIKey(key string) Option {
	return func(c *config) error { c.key = key; return nil }
}

// WithKeyOnReads sends the API key with every call. Some servers want it, or allow more calls with it.
func WithKeyOnReads() Option {
	return func(c *config) error { c.keyOnReads = true; return nil }
}

// WithJurisdiction sets the jurisdiction_id that is sent with every call. An empty one is not sent.
func WithJurisdiction(id string) Option {
	return func(c *config) error { c.jurisdiction = id; return nil }
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
		return nil
	}
}

// WithHTTPClient sets the client that makes the calls. It is copied, never changed, and its
// connections are left alone.
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
// each attempt, and sees the API key.
func WithMiddleware(wrap ...func(http.RoundTripper) http.RoundTripper) Option {
	return func(c *config) error {
		if slices.ContainsFunc(wrap, func(w func(http.RoundTripper) http.RoundTripper) bool { return w == nil }) {
			return errors.New("WithMiddleware: a function that is nil")
		}
		c.middleware = append(c.middleware[:len(c.middleware):len(c.middleware)], wrap...)
		return nil
	}
}

// WithRetry sets how often a call is repeated. Reads are repeated after transport errors and the
// statuses 408, 429, 500, 502, 503 and 504; a report is filed again only if the first attempt did not
// reach the server, or if the server asks for that.
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
	return func(c *config) error { c.limiter, c.limiterSet = l, true; return nil }
}

// WithLogger logs one line for each attempt and one for each call, at level Debug, and one for each repetition, at
// level Warn: the operation, the URL, which page or window of a listing, rows, bytes, warnings and waits. No line holds
// the key, personal data, or bodies.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) error { c.logger = l; return nil }
}

// WithUserAgent sets the User-Agent header. Name your program and how to reach you: some servers
// refuse calls without one.
func WithUserAgent(ua string) Option {
	return func(c *config) error { c.userAgent = ua; return nil }
}

// WithWarnings calls f for everything that had to be put right in an answer. f must be safe for
// concurrent use if the client is used so, and must not call the client.
func WithWarnings(f func(context.Context, Warning)) Option {
	return func(c *config) error { c.warnings = f; return nil }
}

// WithStrict turns the first warning of an answer into a *[DecodeError]. It is for those who test a
// server.
func WithStrict() Option {
	return func(c *config) error { c.strict = true; return nil }
}

// WithCharsetReader sets a function that decodes other charsets than UTF-8, US-ASCII, ISO-8859-1,
// windows-1252 and UTF-16. Without it the other single-byte charsets of golang.org/x/text/encoding/charmap
// are read as well; text in any other, such as Shift_JIS, is an error that names it. It has the signature of xml.Decoder.CharsetReader, so that
// charset.NewReaderLabel of golang.org/x/net/html/charset fits.
func WithCharsetReader(f func(label string, in io.Reader) (io.Reader, error)) Option {
	return func(c *config) error { c.charset = f; return nil }
}

// WithMaxResponse limits the size of an answer, in bytes after decompression; 64 MiB by default.
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
// slow, costs up to n answers in memory, and some calls that turn out to be needless: windows are cut to
// what the server is expected to give at once. A list whose end is open gets one, the newest request at
// its beginning, so that what arrives meanwhile does not shift its pages.
func WithConcurrency(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return errors.New("WithConcurrency: at least 1")
		}
		c.concurrency = n
		return nil
	}
}
