package retry

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

var errSentTwice = errors.New("the connection failed after the request was sent")

// maxRepeats is how often net/http may repeat a GET by itself within an attempt.
// It does so for every idle connection that turns out to be dead, and without
// end or pause when an HTTP/2 server answers each time with PROTOCOL_ERROR.
const maxRepeats = 10

// A wire collects the evidence of what reached the network in one attempt.
type wire struct {
	asked, got, wrote atomic.Bool
	repeats           atomic.Int32
}

// watch returns a context whose trace feeds w, and which ends when the transport
// sends again by itself more often than allowed. net/http repeats a request
// without body on another HTTP/2 connection after errors that do not prove that
// the server did nothing. A request with a body needs no such guard if it has no
// GetBody, but it does no harm.
func (w *wire) watch(ctx context.Context, repeats int32, cancel context.CancelCauseFunc) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) {
			w.asked.Store(true)
			if w.wrote.Load() && w.repeats.Add(1) > repeats {
				cancel(errSentTwice)
			}
		},
		GotConn: func(httptrace.GotConnInfo) { w.got.Store(true) },
		// The first header is reported before the block of headers is complete,
		// and so before a server can act on the request. In HTTP/1 only the
		// request line may precede it; HTTP/2 reports all before it writes.
		WroteHeaderField: func(string, []string) { w.wrote.Store(true) },
		WroteHeaders:     func() { w.wrote.Store(true) },
		WroteRequest:     func(httptrace.WroteRequestInfo) { w.wrote.Store(true) },
	})
}

// maybeSent reports whether the request may have reached the server, for an
// attempt that ended with err. Without proof that it did not, it may have.
func (w *wire) maybeSent(err error, cancelled bool) bool {
	switch {
	case w.wrote.Load():
		return true
	case w.got.Load():
		// A connection, and no word written to it: net/http found that the
		// server had closed it while it was idle. It returns only after the
		// writer has stopped, except when the context ends: then the hooks may
		// still be on their way.
		return cancelled
	case w.asked.Load():
		return false // no connection: refused, no such host, TLS
	}
	// A transport that reports nothing, such as a fake or HTTP/3. Some errors
	// say themselves that no connection was made.
	var op *net.OpError
	var dns *net.DNSError
	return !(errors.As(err, &op) && op.Op == "dial") && !errors.As(err, &dns)
}
