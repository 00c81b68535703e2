package retry

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// A call is the state of one Do. As a RoundTripper it is the transport of the
// call's own http.Client, so the decision after an attempt knows what the
// attempt did: go-retryablehttp shows it no request and, after a failure, not
// even the method. It has no CloseIdleConnections, through which that module
// would empty the caller's pool after every failure.
type call struct {
	client  *Client
	req     *http.Request
	getBody func() (io.ReadCloser, error)
	size    int64
	safe    bool // may be repeated whatever happened

	attempts    int
	status      int   // of the last response
	notFollowed error // why a redirect was not followed

	// Of the current attempt, which is several requests if it was redirected.
	err   error         // of the transport; nil if the request did not come so far
	final bool          // err is our own, no attempt can mend it
	sent  bool          // the server may have seen it
	left  time.Duration // for the requests still to come
	took  time.Duration
	wait  time.Duration // before the next attempt
}

func newCall(c *Client, req *http.Request, getBody func() (io.ReadCloser, error), size int64) *call {
	k := &call{client: c, req: req, getBody: getBody, size: size}
	switch req.Method {
	case "", http.MethodGet, http.MethodHead:
		k.safe = true
	}
	if getBody == nil {
		k.size = 0
	}
	return k
}

// fresh returns the request for one attempt. It has headers of its own, to
// which http.Client adds cookies, and no body: a body without GetBody, added in
// RoundTrip, is one that neither http.Client nor the transport can send twice.
func (c *call) fresh() *http.Request {
	r := c.req.Clone(c.req.Context())
	r.Body, r.GetBody, r.ContentLength = nil, nil, 0
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	c.err, c.final, c.sent, c.took, c.wait = nil, false, false, 0, 0
	c.left = c.client.cfg.Timeout
	return r
}

// loop returns the machine that runs the call. A literal, not NewClient, which
// logs whole URLs to stderr and brings a pool of its own.
func (c *call) loop() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: c, Jar: c.client.jar, CheckRedirect: c.checkRedirect},
		RetryMax:     c.client.cfg.MaxAttempts, // never reached: check counts itself
		CheckRetry:   c.check,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return c.wait },
		PrepareRetry: func(r *http.Request) error { *r = *c.fresh(); return nil },
		ErrorHandler: func(resp *http.Response, err error, _ int) (*http.Response, error) {
			if resp != nil { // net/http returns one beside some redirect errors
				_ = resp.Body.Close()
			}
			return nil, err
		},
	}
}

// RoundTrip sends one request: the first of an attempt or a redirect.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	out, err := c.prepare(req)
	if err != nil {
		c.err, c.final = err, true
		return nil, err
	}
	if req.Response == nil { // no redirect
		c.attempts++
	}
	resp, err := c.send(out)
	c.err = err
	return resp, err
}

// prepare waits for the limiter and then opens the body, so that no file is
// open while we wait.
func (c *call) prepare(req *http.Request) (*http.Request, error) {
	ctx := req.Context()
	if wait := c.client.cfg.Wait; wait != nil {
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := *req
	if req.Response != nil {
		return &out, nil
	}
	switch {
	case c.size != 0:
		body, err := c.getBody()
		if err != nil {
			return nil, err
		}
		out.Body, out.ContentLength = body, c.size
	case !c.safe:
		out.Body = http.NoBody // sends Content-Length: 0
	}
	return &out, nil
}

// send hands the request to the caller's transport under the time limit.
func (c *call) send(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	var w wire
	repeats := int32(0)
	if c.safe {
		repeats = maxRepeats
	}
	req = req.WithContext(w.watch(ctx, repeats, cancel))

	start := time.Now()
	m := startMeter(c.left, c.client.cfg.Timeout, cancel)
	resp, err := c.client.transport.RoundTrip(req)
	c.left = m.pause()
	c.took += time.Since(start)

	if err != nil {
		c.sent = w.maybeSent(err, ctx.Err() != nil)
		if own := ownCause(ctx); own != nil {
			err = own
		}
		cancel(nil)
		return nil, err
	}
	c.sent = true
	if resp == nil || resp.Body == nil || resp.Body == http.NoBody { // http.Client objects to nil
		cancel(nil)
		return resp, nil
	}
	resp.Body = &body{resp.Body, ctx, cancel, m}
	return resp, nil
}

// check is called after every attempt and decides whether there is another.
func (c *call) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	status := 0
	if err == nil {
		status = resp.StatusCode
		c.status = status
	}
	again := c.retryable(resp, err) && c.affordable(ctx, resp)
	if hook := c.client.cfg.OnAttempt; hook != nil && c.attempts > 0 {
		hook(ctx, Attempt{
			Number: c.attempts, Method: c.req.Method, URL: c.req.URL, Status: status,
			Duration: c.took, Err: bare(err), Retry: again, Wait: c.wait,
		})
	}
	switch {
	case again && err == nil:
		drain(resp.Body)
	case !again && err == nil && !busy(status):
		c.client.cfg.Budget.give(c.attempts > 1)
	}
	if again {
		c.sent = false // answered, or never sent: nothing is under way
	}
	return again, nil
}

// retryable reports whether the outcome allows another attempt and another
// attempt may change it.
func (c *call) retryable(resp *http.Response, err error) bool {
	if err != nil {
		// Without an error of the transport it was net/http that gave up: a
		// Location it cannot parse, or the caller's redirect policy.
		return c.err != nil && !c.final && (c.safe || !c.sent) && !hopeless(c.err)
	}
	if c.safe {
		return busy(c.status)
	}
	// 408 and the other 5xx do not say whether the request was carried out.
	_, asked := retryAfter(resp.Header, time.Now())
	return c.status == http.StatusTooManyRequests || c.status == http.StatusServiceUnavailable && asked
}

// affordable reports whether there may be another attempt now, and sets wait.
func (c *call) affordable(ctx context.Context, resp *http.Response) bool {
	cfg := &c.client.cfg
	if c.attempts >= cfg.MaxAttempts {
		return false
	}
	wait := cfg.Backoff(c.attempts)
	if resp != nil {
		// 0, or a date in the past, means any time: then our own rule holds.
		if asked, ok := retryAfter(resp.Header, time.Now()); ok && asked > 0 {
			wait = asked
		}
	}
	// Too long: the answer in hand is worth more than the error that waiting
	// for the deadline would turn it into.
	if wait > cfg.MaxWait || !inTime(ctx, wait) || !cfg.Budget.take() {
		return false
	}
	c.wait = wait
	return true
}

// busy reports whether a status is a passing one.
func busy(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// hopeless reports whether an error will be the same next time: a certificate
// that is not trusted, or a server that does not speak TLS.
func hopeless(err error) bool {
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &cert) || errors.As(err, &record)
}

const (
	drainBytes = 64 << 10
	drainTime  = time.Second
)

// drain reads the rest of an answer that is not kept, so that its connection
// can be used again; go-retryablehttp gives up at 4 KiB, less than an error
// page. A server that dawdles loses the connection instead.
func drain(rc io.ReadCloser) {
	if b, ok := rc.(*body); ok {
		b.curb(drainTime)
	}
	_, _ = io.CopyN(io.Discard, rc, drainBytes)
	_ = rc.Close()
}

// failure makes the error of the call.
func (c *call) failure(err error) error {
	return &Error{Attempts: c.attempts, Sent: c.sent, Status: c.status, Err: bare(err)}
}

// bare takes off the *url.Error that http.Client puts around every error.
func bare(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}
