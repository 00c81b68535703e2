package retry

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"time"
)

// A sender sends the requests of all calls, redirects included. It has no
// CloseIdleConnections, through which go-retryablehttp would empty the caller's
// pool after every failure.
type sender struct {
	home    http.RoundTripper // to the host that the caller has named
	away    http.RoundTripper // to others
	limiter func(context.Context) error
	timeout time.Duration
	begin   func(context.Context, int) context.Context // see Config.Begin; may be nil
}

// RoundTrip sends one request: the first of an attempt or a redirect.
//
// An error that another attempt may mend is left in the call, and a response
// without a status stands for it in the loop: to the hook that says how long to
// wait go-retryablehttp shows the response alone.
func (s *sender) RoundTrip(req *http.Request) (*http.Response, error) {
	k := callOf(req.Context())
	if err := s.prepare(req); err != nil {
		return nil, err // no body is open yet
	}
	if req.Response == nil { // no redirect
		k.attempts++
		if s.begin != nil {
			k.ctx = s.begin(req.Context(), k.attempts)
		}
	}
	if k.ctx != nil && k.ctx != req.Context() {
		req = req.WithContext(k.ctx)
	}
	resp, err := s.send(k, req)
	if err != nil && (k.safe || !k.sent) && !hopeless(err) {
		k.err = err
		resp, err = &http.Response{Body: http.NoBody}, nil
	}
	if resp != nil { // http.Client objects to nil
		resp.Request = req
	}
	return resp, err
}

// prepare waits for the limiter and opens the body.
func (s *sender) prepare(req *http.Request) error {
	ctx := req.Context()
	if s.limiter != nil {
		if err := s.limiter(ctx); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if u, ok := req.Body.(*upload); ok {
		return u.start()
	}
	return nil
}

// send hands the request to the caller's transport under the time limit.
func (s *sender) send(k *call, req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	x := new(struct { // one piece of memory for what looks after the request
		wire
		meter
		body
	})
	repeats := int32(0)
	if k.safe {
		repeats = maxRepeats
	}
	req = req.WithContext(x.watch(ctx, repeats, cancel))
	req.GetBody = nil // with it net/http would send a body twice by itself

	x.start(s.timeout-k.used, s.timeout, cancel)
	transport := s.home
	if k.away {
		transport = s.away
	}
	resp, err := transport.RoundTrip(req)
	k.used = s.timeout - x.pause()

	if err != nil {
		k.sent = x.maybeSent(err, ctx.Err() != nil)
		if own := ownCause(ctx); own != nil {
			err = own
		}
		cancel(nil)
		return nil, err
	}
	k.sent = true
	switch {
	case resp == nil || resp.Body == nil || resp.Body == http.NoBody:
		cancel(nil)
	case resp.StatusCode < 200:
		// 101: what follows is no answer but the connection, in a protocol for
		// which nobody has asked.
		_ = resp.Body.Close()
		resp.Body = http.NoBody
		cancel(nil)
	default:
		x.body = body{ReadCloser: resp.Body, ctx: ctx, cancel: cancel, meter: &x.meter, drain: resp.StatusCode >= 300}
		resp.Body = &x.body
	}
	return resp, nil
}

// hopeless reports whether an error will be the same next time: a certificate
// that is not trusted, or a server that does not speak TLS.
func hopeless(err error) bool {
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &cert) || errors.As(err, &record)
}
