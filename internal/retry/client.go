// Package retry sends HTTP requests again when that is safe and worth while. It
// is the only importer of go-retryablehttp and exports none of its types. That
// module runs the loop: it rewinds bodies, drains answers, waits and counts. Its
// hooks are here, and what it does not know: which requests reached the server,
// how long one attempt may take, and when retries do more harm than good.
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
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// A Client sends requests. It is safe for concurrent use.
type Client struct {
	rules rules
	loop  *retryablehttp.Client
}

// New returns a Client that sends through the transport of hc, wrapped as cfg says, with its cookie
// jar and redirect policy. hc itself is not changed and its idle connections
// are left alone; nil means http.DefaultClient. What is not to be sent twice is
// sent over a connection of its own if the transport is a *http.Transport.
func New(hc *http.Client, cfg Config) *Client {
	if hc == nil {
		hc = http.DefaultClient
	}
	cfg = cfg.withDefaults(hc.Timeout)
	base := hc.Transport
	if base == nil {
		base = http.DefaultTransport
	}
	base = fresh(base)
	home := base
	if cfg.Wrap != nil {
		home = cfg.Wrap(base)
	}
	r := rules{&cfg}
	// A literal: NewClient logs whole URLs to stderr.
	return &Client{r, &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     &sender{home, base, cfg.Wait, cfg.Timeout, cfg.Begin},
			Jar:           hc.Jar,
			CheckRedirect: redirects{hc.CheckRedirect, cfg.CrossHost}.check,
		},
		RetryMax:       cfg.MaxAttempts - 1,
		RetryWaitMin:   cfg.MinWait,
		RetryWaitMax:   cfg.MaxWait,
		RequestLogHook: begin,
		CheckRetry:     r.check,
		Backoff:        r.backoff,
		ErrorHandler:   retryablehttp.PassthroughErrorHandler,
	}}
}

// Policy returns the policy with its defaults filled in.
func (c *Client) Policy() Policy { return c.rules.Policy }

// Do sends req until there is an answer to keep, and returns the last one, or
// an [*Error]. req is not changed. A request body comes from getBody, which is
// called once an attempt; size is its length, negative if unknown. A nil
// getBody or a size of 0 means no body; Body and GetBody of req are not used.
func (c *Client) Do(req *http.Request, getBody func() (io.ReadCloser, error), size int64) (*Result, error) {
	if err := validate(req); err != nil {
		return nil, &Error{Err: err}
	}
	k, r := newCall(req, getBody, size)
	resp, err := c.loop.Do(r)
	if err == nil {
		err = k.err
	}
	if err != nil {
		return nil, k.failure(err)
	}
	after, _ := After(resp.StatusCode, resp.Header, time.Now())
	k.result = Result{resp, k.attempts, after, k.notFollowed}
	return &k.result, nil
}

// validate finds what no attempt can mend, before net/http would after each.
func validate(req *http.Request) error {
	switch {
	case req.URL == nil:
		return errors.New("no URL")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("unsupported scheme %q", req.URL.Scheme)
	case req.URL.Host == "":
		return errors.New("no host in the URL")
	case strings.ContainsFunc(req.Method, notInMethods):
		return fmt.Errorf("invalid method %q", req.Method)
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

// notInMethods is what no method has. RFC 9110 allows a few marks more, which nobody uses.
func notInMethods(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// control is what net/http refuses in a header value.
func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

// Again is for a caller whose response broke off while it was read: after the
// given number of such failures it waits as the policy says and reports true,
// or reports false at once if there is to be no further attempt. It must not be
// used for anything but a GET.
func (c *Client) Again(ctx context.Context, failures int) bool {
	wait := c.rules.Backoff(failures)
	if failures >= c.rules.MaxAttempts || !inTime(ctx, wait) || !c.rules.Budget.take() {
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
