package retry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// timeoutError says that an attempt took too long. Like the error of
// http.Client.Timeout it is a net.Error and is context.DeadlineExceeded, so
// only ctx.Err() tells whether it was the caller's own deadline.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string        { return fmt.Sprintf("no complete answer within %v", e.limit) }
func (e *timeoutError) Timeout() bool        { return true }
func (e *timeoutError) Temporary() bool      { return true }
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// forever is the limit where there is none.
const forever = time.Duration(1 << 62)

// A meter runs while we wait for the server and stands while the caller works
// on what has arrived.
type meter struct {
	left  time.Duration
	since time.Time
	timer *time.Timer
}

// start makes the meter cancel when its time is up.
func (m *meter) start(left, limit time.Duration, cancel context.CancelCauseFunc) {
	*m = meter{left, time.Now(), time.AfterFunc(left, func() { cancel(&timeoutError{limit}) })}
}

func (m *meter) run() {
	m.since = time.Now()
	m.timer.Reset(m.left)
}

// pause returns the time that is left.
func (m *meter) pause() time.Duration {
	m.timer.Stop()
	m.left = max(0, m.left-time.Since(m.since))
	return m.left
}

// A body is a response body under the meter of its attempt.
type body struct {
	io.ReadCloser
	ctx    context.Context // of the attempt: its cause tells a time-out from the rest
	cancel context.CancelCauseFunc
	meter  *meter
	drain  bool // Close reads what is left
	ended  bool // nothing is left
	closed bool
}

// Read reads with the meter running.
func (b *body) Read(p []byte) (int, error) {
	if err := ownCause(b.ctx); err != nil {
		return 0, err
	}
	b.meter.run()
	n, err := b.ReadCloser.Read(p)
	b.meter.pause()
	if err == nil {
		return n, nil
	}
	if own := ownCause(b.ctx); own != nil && !errors.Is(err, io.EOF) {
		err = own
	}
	b.ended = true
	b.cancel(nil) // nothing more to come: free the context of the attempt
	return n, err
}

// What Close reads of an answer that nobody wants, so that its connection can be
// used again. A server that dawdles loses the connection instead.
const (
	drainBytes = 64 << 10
	drainTime  = time.Second
)

// Close closes the body at once, or after draining it.
func (b *body) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	if b.drain && !b.ended {
		b.curb()
		_, _ = io.CopyN(io.Discard, b, drainBytes)
	}
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}

// curb lowers the time that is left to that of draining.
func (b *body) curb() { b.meter.left = min(b.meter.left, drainTime) }

// Drain closes the body of a response after reading what is left of it, but no
// more than 64 KiB and a second, so that the connection can be used again. Close
// does so by itself for all responses but those of success.
func Drain(rc io.ReadCloser) error {
	if b, ok := rc.(*body); ok {
		b.drain = true
	}
	return rc.Close()
}

// tailTime is how long it is waited for what follows a complete answer.
const tailTime = 3 * time.Second

// Complete says that the answer is complete: what follows is not waited for as
// long as an answer would be.
func Complete(rc io.ReadCloser) {
	if b, ok := rc.(*body); ok {
		b.meter.left = min(b.meter.left, tailTime)
	}
}

// ownCause returns the reason for which this package ended an attempt, nil if
// it did not. A transport reports a bare context.Canceled for it.
func ownCause(ctx context.Context) error {
	cause := context.Cause(ctx)
	if _, ok := cause.(*timeoutError); ok || cause == errSentTwice {
		return cause
	}
	return nil
}
