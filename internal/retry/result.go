package retry

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

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

// bare takes off the *url.Error that http.Client puts around every error.
func bare(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}
