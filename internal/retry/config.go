package retry

import (
	"context"
	"net/http"
	"net/url"
	"time"
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

	// Begin, if set, is called before the first request of every attempt goes
	// out. The context that it returns is that of the attempt.
	Begin func(ctx context.Context, number int) context.Context

	// OnAttempt, if set, is told of every attempt when its headers are there or
	// it failed. The context is that of the attempt.
	OnAttempt func(context.Context, Attempt)

	// Wrap, if set, returns the transport for requests to the host that the
	// caller has named. Requests that a redirect sends to another host do not
	// go through what it adds, which may add credentials.
	Wrap func(http.RoundTripper) http.RoundTripper

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

// withDefaults returns c with every zero field of its Policy and Timeout set.
// The Timeout of the http.Client becomes a limit of one attempt: left there it
// would look like a failed connection, and cut off slow readers.
func (c Config) withDefaults(clientTimeout time.Duration) Config {
	c.Policy = c.Policy.WithDefaults()
	switch {
	case clientTimeout > 0 && (c.Timeout <= 0 || clientTimeout < c.Timeout):
		c.Timeout = clientTimeout
	case c.Timeout == 0:
		c.Timeout = DefaultTimeout
	case c.Timeout < 0:
		c.Timeout = forever
	}
	return c
}
