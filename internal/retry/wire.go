package retry

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

var errSentTwice = errors.New("the connection failed after the request was sent")

// maxRepeats is how often net/http may repeat a GET by itself within an attempt.
// It does so for every idle connection that turns out to be dead, and without
// end or pause when an HTTP/2 server answers each time with PROTOCOL_ERROR.
const maxRepeats = 10

// A wire collects the evidence of what reached the network in one attempt. It is
// the context of its request, and finds itself there.
type wire struct {
	context.Context
	asked, got, wrote atomic.Bool
	allowed           int32 // how often it may be sent again
	repeats           atomic.Int32
	aside             atomic.Bool              // a middleware makes a call of its own: see Witness
	refusals          atomic.Int32             // answers of 401 that a middleware has seen
	late              atomic.Pointer[net.Conn] // got after the attempt was ended
	trace             httptrace.ClientTrace
}

// watch returns a context whose trace feeds w, and which ends when the transport
// sends again by itself more often than allowed. net/http repeats a request
// without body on another HTTP/2 connection after errors that do not prove that
// the server did nothing. A request with a body needs no such guard if it has no
// GetBody, but it does no harm.
func (w *wire) watch(ctx context.Context, repeats int32, cancel context.CancelCauseFunc) context.Context {
	w.Context, w.allowed = ctx, repeats
	w.trace = httptrace.ClientTrace{
		GetConn: func(string) {
			if w.aside.Load() {
				return
			}
			w.asked.Store(true)
			if w.wrote.Load() && w.repeats.Add(1) > w.allowed+w.refusals.Load() {
				cancel(errSentTwice)
			}
		},
		// Where a connection is at hand, a context that has ended may be noticed too late: net/http draws lots
		// between the two. Such a connection of HTTP/1, which is this request's alone, is closed before its
		// request goes from the buffer to the network; HTTP/2 looks at the context once more by itself.
		GotConn: func(i httptrace.GotConnInfo) {
			w.got.Store(true)
			if w.Err() != nil {
				c := i.Conn
				w.late.Store(&c)
			}
		},
		// The first header is reported before the block of headers is complete,
		// and so before a server can act on the request. In HTTP/1 only the
		// request line may precede it; HTTP/2 reports all before it writes.
		WroteHeaderField: func(name string, _ []string) {
			w.write()
			if c := w.late.Load(); c != nil && name == "Host" { // HTTP/2 and 3 have :authority
				_ = (*c).Close()
			}
		},
		WroteHeaders: w.write,
		WroteRequest: func(httptrace.WroteRequestInfo) { w.write() },
	}
	return httptrace.WithClientTrace(w, &w.trace)
}

type wireKey struct{}

// Value returns the wire itself, or what the context around it has.
func (w *wire) Value(key any) any {
	if _, ok := key.(wireKey); ok {
		return w
	}
	return w.Context.Value(key)
}

// String is what is printed of a context.
func (w *wire) String() string { return "open311 attempt" }

func (w *wire) write() {
	if !w.aside.Load() {
		w.wrote.Store(true)
	}
}

// maybeSent reports whether the request may have reached the server, for an
// attempt that ended with err. Without proof that it did not, it may have.
func (w *wire) maybeSent(err error, cancelled bool) bool {
	switch {
	case turnedAway(err):
		return false
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

// turnedAway reports whether a server that speaks HTTP/2 has said that it did nothing with the stream: it refused
// it (RFC 9113, 8.7: REFUSED_STREAM), or it closes the connection and the stream comes after the last one that it
// will look at (6.8: GOAWAY). net/http would send such a request again by itself if it could read the body anew,
// and says in a text alone why it does not.
func turnedAway(err error) bool {
	_, reason, ok := strings.Cut(err.Error(), "http2: Transport: cannot retry err [")
	return ok && (strings.Contains(reason, "REFUSED_STREAM") || strings.Contains(reason, "graceful shutdown GOAWAY"))
}

// Witness returns a transport that looks at what a middleware around it does with a call. One that signs in when
// the server answers 401, and sends the request again, sends it twice for good reason: the server has refused it
// in words. So that it is not taken for a repetition of net/http, Witness forgets what was written when it sees
// such an answer, and does not count calls to other addresses. After any other answer it does not send the request again.
func Witness(base http.RoundTripper) http.RoundTripper { return witness{base} }

type witness struct{ base http.RoundTripper }

func (t witness) RoundTrip(req *http.Request) (*http.Response, error) {
	w, ok := req.Context().Value(wireKey{}).(*wire)
	if !ok {
		return t.base.RoundTrip(req)
	}
	if k := callOf(req.Context()); req.Method != k.req.Method || req.URL.Path != k.req.URL.Path || !sameHost(k.req.URL, req.URL) {
		w.aside.Store(true)
		defer w.aside.Store(false)
		return t.base.RoundTrip(req)
	}
	if w.wrote.Load() && w.repeats.Load() >= w.allowed+w.refusals.Load() {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errSentTwice // a context that ends might come too late: a connection may be at hand
	}
	resp, err := t.base.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		w.refusals.Add(1) // the rest of a large body may be on its way still
		w.wrote.Store(false)
	}
	return resp, err
}
