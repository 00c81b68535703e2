package retry

import (
	"context"
	"net/http"
	"time"
)

// rules answer the hooks of go-retryablehttp: whether there is another attempt,
// and after which time.
type rules struct{ *Config }

// check is the CheckRetry hook, called after every attempt. After an err there
// is no other: RoundTrip keeps the errors that one may mend in the call.
func (r rules) check(ctx context.Context, resp *http.Response, err error) (bool, error) {
	k := callOf(ctx)
	a := Attempt{Number: k.attempts, Method: k.req.Method, URL: k.req.URL, Duration: k.used}
	switch {
	case err != nil:
		a.Err = bare(err)
	case k.err != nil:
		a.Err = k.err
	default:
		a.Status = resp.StatusCode
		k.status = resp.StatusCode
	}
	a.Retry = err == nil && k.retryable(resp) && r.affordable(ctx, k, resp)
	switch {
	case a.Retry:
		a.Wait = k.wait
		k.sent = false // answered, or never sent: nothing is under way
		if b, ok := resp.Body.(*body); ok {
			b.curb() // the loop drains it
		}
	case a.Err == nil && !passing(a.Status):
		r.Budget.give(k.attempts > 1)
	}
	if r.OnAttempt != nil && k.attempts > 0 {
		if k.ctx != nil {
			ctx = k.ctx
		}
		r.OnAttempt(ctx, a)
	}
	return a.Retry, nil
}

// retryable reports whether the outcome allows another attempt and another
// attempt may change it.
func (k *call) retryable(resp *http.Response) bool {
	switch {
	case k.err != nil:
		return true
	case k.safe:
		return passing(k.status)
	}
	// 408 and the other 5xx do not say whether the request was carried out.
	_, asked := After(resp.StatusCode, resp.Header, time.Now())
	return k.status == http.StatusTooManyRequests || k.status == http.StatusServiceUnavailable && asked
}

// affordable reports whether there may be another attempt now.
func (r rules) affordable(ctx context.Context, k *call, resp *http.Response) bool {
	if k.attempts >= r.MaxAttempts {
		return false
	}
	// Too long: the answer in hand is worth more than the error that waiting
	// for the deadline would turn it into.
	wait := r.backoff(r.MinWait, r.MaxWait, k.attempts-1, resp)
	return wait <= r.MaxWait && inTime(ctx, wait) && r.Budget.take()
}

// backoff is the Backoff hook. A wait is drawn once an attempt: affordable looks
// whether it is too long, before the loop asks for it.
func (r rules) backoff(_, _ time.Duration, failures int, resp *http.Response) time.Duration {
	k := callOf(resp.Request.Context())
	if k.wait == 0 {
		k.wait = r.Backoff(failures + 1)
		// 0, or a date in the past, means any time: then our own rule holds.
		if asked, ok := After(resp.StatusCode, resp.Header, time.Now()); ok && asked > 0 {
			k.wait = asked
		}
	}
	return k.wait
}

// inTime reports whether ctx will still be alive after wait.
func inTime(ctx context.Context, wait time.Duration) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(end) > wait)
}

// passing reports whether a status is one that passes by itself.
func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case 529, 530: // overloaded; the origin is unknown or frozen
		return true
	case 598, 599: // a proxy has waited too long, for the answer or for the connection
		return true
	}
	return status >= 520 && status <= 527 // a proxy in front of a server in trouble
}
