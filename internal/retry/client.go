// Package retry sends HTTP requests again when that is safe and worth while. It
// is the only importer of go-retryablehttp and exports none of its types: that
// module runs the loop, every decision in it is made here.
//
// A GET may be repeated as often as the policy says. Anything else files a
// report somewhere: it is repeated only when nothing of it can have reached the
// server, or when the server says that it turned it away.
package retry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Config is what a Client needs to know. The zero Config is usable.
type Config struct {
	Policy

	// Timeout limits one attempt up to the end of the body. Only the time spent
	// waiting for the server counts, not what the caller does between reads,
	// nor Wait. Zero means the Timeout of the http.Client, else 30 s; if both
	// are set the shorter one counts. Negative means no limit.
	Timeout time.Duration

	// Budget, if set, limits the retries of all clients that share it.
	Budget *Budget

	// Wait, if set, is called before every request that goes out, retries and
	// followed redirects included. Its error ends the call.
	Wait func(context.Context) error

	// OnAttempt, if set, is told of every attempt when its headers are there or
	// it failed.
	OnAttempt func(context.Context, Attempt)

	// CrossHost, if set, takes key material out of the URL and the headers of a
	// request that a redirect sends to another host. The Referer and the
	// standard credentials are gone by then. If it returns an error the
	// redirect is not followed.
	CrossHost func(*http.Request) error
}

// An Attempt tells how one attempt went. URL and Err are not redacted.
type Attempt struct {
	Number   int // from 1
	Method   string
	URL      *url.URL // as asked for, before redirects; not to be changed
	Status   int      // 0 without a response
	Duration time.Duration
	Err      error
	Retry    bool          // another attempt follows
	Wait     time.Duration // after this time
}

// A Client sends requests. It is safe for concurrent use.
type Client struct {
	cfg           Config
	transport     http.RoundTripper
	jar           http.CookieJar
	checkRedirect func(*http.Request, []*http.Request) error
}

// New returns a Client that sends through the transport of hc, with its cookie
// jar and redirect policy. hc itself is not changed and its idle connections
// are left alone; nil means http.DefaultClient.
func New(hc *http.Client, cfg Config) *Client {
	if hc == nil {
		hc = http.DefaultClient
	}
	cfg.Policy = cfg.Policy.WithDefaults()
	// The Timeout of the http.Client becomes a limit of one attempt: there it
	// would look like a failed connection, and cut off slow readers.
	switch {
	case cfg.Timeout == 0 && hc.Timeout > 0:
		cfg.Timeout = hc.Timeout
	case cfg.Timeout == 0:
		cfg.Timeout = DefaultTimeout
	case hc.Timeout > 0 && (cfg.Timeout < 0 || hc.Timeout < cfg.Timeout):
		cfg.Timeout = hc.Timeout
	case cfg.Timeout < 0:
		cfg.Timeout = forever
	}
	c := &Client{cfg: cfg, transport: hc.Transport, jar: hc.Jar, checkRedirect: hc.CheckRedirect}
	if c.transport == nil {
		c.transport = http.DefaultTransport
	}
	return c
}

// Policy returns the policy with its defaults filled in.
func (c *Client) Policy() Policy { return c.cfg.Policy }

// A Result is the last response of a call, whatever its status.
type Result struct {
	Response   *http.Response // the body is to be closed
	Attempts   int
	RetryAfter time.Duration // what the response asks for; 0 without
	// NotFollowed says why a redirect is returned instead of its target.
	NotFollowed error
}

// An Error means that there is no response: the connection failed, the attempt
// timed out, the context ended, or the request could not be made.
type Error struct {
	Attempts int
	// Sent reports that the last attempt may have reached the server: the
	// outcome of anything but a GET is unknown.
	Sent bool
	// Status is that of the last response before the failure, 0 if there was
	// none.
	Status int
	// Err is the cause, without the *url.Error around it, because that prints
	// the whole URL. It is not redacted.
	Err error
}

// Error returns the cause, and what came before it.
func (e *Error) Error() string {
	switch {
	case e.Attempts > 1 && e.Status != 0:
		return fmt.Sprintf("%v (after %d attempts, last status %d)", e.Err, e.Attempts, e.Status)
	case e.Attempts > 1:
		return fmt.Sprintf("%v (after %d attempts)", e.Err, e.Attempts)
	case e.Status != 0:
		return fmt.Sprintf("%v (after status %d)", e.Err, e.Status)
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether the cause is a time-out.
func (e *Error) Timeout() bool {
	var t net.Error
	return errors.As(e.Err, &t) && t.Timeout()
}

// Do sends req until there is an answer to keep, and returns the last one, or
// an [*Error]. req is not changed. A request body comes from getBody, which is
// called once an attempt; size is its length, negative if unknown. A nil
// getBody or a size of 0 means no body; Body and GetBody of req are not used.
func (c *Client) Do(req *http.Request, getBody func() (io.ReadCloser, error), size int64) (*Result, error) {
	if err := check(req); err != nil {
		return nil, &Error{Err: err}
	}
	k := newCall(c, req, getBody, size)
	r, err := retryablehttp.FromRequest(k.fresh())
	if err != nil {
		return nil, &Error{Err: err}
	}
	resp, err := k.loop().Do(r)
	if err != nil {
		return nil, k.failure(err)
	}
	after, _ := retryAfter(resp.Header, time.Now())
	return &Result{resp, k.attempts, after, k.notFollowed}, nil
}

// check finds what no attempt can mend, before net/http would after each.
func check(req *http.Request) error {
	switch {
	case req.URL == nil:
		return errors.New("no URL")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("unsupported scheme %q", req.URL.Scheme)
	case req.URL.Host == "":
		return errors.New("no host in the URL")
	}
	for name, values := range req.Header {
		for _, v := range values {
			if strings.ContainsFunc(v, control) { // a key read from a file, with its line end
				return fmt.Errorf("header %s holds a control character", name)
			}
		}
	}
	return nil
}

// control is what net/http refuses in a header value.
func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

// Again is for a caller whose response broke off while it was read: after the
// given number of such failures it waits as the policy says and reports true,
// or reports false at once if there is to be no further attempt. It must not be
// used for anything but a GET.
func (c *Client) Again(ctx context.Context, failures int) bool {
	if failures >= c.cfg.MaxAttempts {
		return false
	}
	wait := c.cfg.Backoff(failures)
	if !inTime(ctx, wait) || !c.cfg.Budget.take() {
		return false
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// inTime reports whether ctx will still be alive after wait.
func inTime(ctx context.Context, wait time.Duration) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(end) > wait)
}
