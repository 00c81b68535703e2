package retry

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// fresh returns a transport that sends what must not be sent twice over a connection of its own, which is closed
// after it, and anything else through base. A server closes a kept connection when nothing has come over it for a
// while, and a POST that meets the closing is lost without a word: nobody can say then whether it was carried out.
//
// Only a *http.Transport can be made to do that, by a copy of it that keeps no connections; one that is of another
// type decides for itself, and is returned as it is.
func fresh(base http.RoundTripper) http.RoundTripper {
	t, ok := base.(*http.Transport)
	if !ok {
		return base
	}
	return &freshly{kept: t, once: sync.OnceValue(func() *http.Transport { return keepless(t) })}
}

// keptHTTP2 is how long a connection of HTTP/2 is kept. A server that closes one says what it has done and what not.
const keptHTTP2 = time.Second

// keepless returns a copy of a transport that keeps no connections. DisableKeepAlives would do that as well, and tell
// the server to close: one that refuses a large upload then closes before its answer has been read, and it is lost.
func keepless(t *http.Transport) *http.Transport {
	own := t.Clone()
	own.MaxIdleConnsPerHost, own.IdleConnTimeout = -1, keptHTTP2
	own.DisableKeepAlives = t.DisableKeepAlives || t.Protocols != nil && !t.Protocols.HTTP1() // HTTP/2 alone tells nobody
	if tls := own.TLSClientConfig; tls != nil && own.TLSNextProto == nil && slices.Contains(tls.NextProtos, "h2") {
		// net/http has set up HTTP/2 for t by itself, and writes that into its TLSClientConfig; in a copy it takes that
		// for the caller's, sets nothing up, and goes on offering servers what it does not speak.
		own.ForceAttemptHTTP2 = true
	}
	return own
}

// freshly chooses the connection of a request.
type freshly struct {
	kept *http.Transport
	once func() *http.Transport
}

func (f *freshly) RoundTrip(req *http.Request) (*http.Response, error) {
	if repeatable(req.Method) {
		return f.kept.RoundTrip(req)
	}
	return f.once().RoundTrip(req)
}
