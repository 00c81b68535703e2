package retry

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// A call is the state of one Do. It is the context of its requests, and finds itself there:
// the hooks of go-retryablehttp are the same for all calls, and show neither
// the method nor what an attempt did.
type call struct {
	context.Context               // the caller's
	req             *http.Request // the caller's
	safe            bool          // may be repeated whatever happened
	attempts        int
	status          int   // of the last response
	notFollowed     error // why a redirect was not followed
	attempt               // the current one

	loop   retryablehttp.Request // what the loop is given
	result Result                // what Do returns
}

// An attempt is one run of the loop, several requests if it is redirected.
type attempt struct {
	ctx  context.Context // of its requests, if it is not that of the call
	err  error           // of the connection, if another attempt may mend it
	sent bool            // the server may have seen it
	away bool            // a redirect has led to another host
	used time.Duration   // of the time limit, when the headers were there
	wait time.Duration   // before the next attempt
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// Value returns the call itself, or what the caller's context has.
func (k *call) Value(key any) any {
	if _, ok := key.(callKey); ok {
		return k
	}
	return k.Context.Value(key)
}

// String is what is printed of a context: nothing of the request.
func (k *call) String() string { return "open311 call" }

// newCall returns a call and the request with which the loop makes it.
func newCall(req *http.Request, getBody func() (io.ReadCloser, error), size int64) (*call, *retryablehttp.Request) {
	k := &call{Context: req.Context(), req: req, safe: repeatable(req.Method)}
	out := req.WithContext(k)
	out.Body, out.GetBody, out.ContentLength = nil, nil, 0
	r := &k.loop
	r.Request = out
	if getBody != nil && size != 0 {
		fresh := func() (io.Reader, error) { return &upload{open: getBody}, nil }
		_ = r.SetBody(retryablehttp.ReaderFunc(fresh)) // its error is that of fresh
		r.ContentLength = size
	}
	return k, r
}

// repeatable reports whether a request may be sent again whatever became of it.
func repeatable(method string) bool {
	return method == "" || method == http.MethodGet || method == http.MethodHead
}

// begin is the hook that go-retryablehttp calls before each attempt. Each has an
// address and headers of its own: http.Client adds cookies to them, and
// middleware what it likes.
func begin(_ retryablehttp.Logger, r *http.Request, _ int) {
	k := callOf(r.Context())
	k.attempt = attempt{}
	u := *k.req.URL
	r.URL, r.Header = &u, k.req.Header.Clone()
	if r.Header == nil {
		r.Header = make(http.Header)
	}
}

// failure makes the error of the call.
func (k *call) failure(err error) error {
	return &Error{Attempts: k.attempts, Sent: k.sent, Status: k.status, Err: bare(err)}
}

// An upload is a request body that is not opened before it is sent, so that no
// file is open while the limiter makes us wait.
type upload struct {
	open func() (io.ReadCloser, error)
	io.ReadCloser
	// net/http closes a body where it is written and where a redirect is refused, at the same time.
	once     sync.Once
	closeErr error
}

func (u *upload) start() (err error) {
	u.ReadCloser, err = u.open()
	return err
}

// Close closes what is open.
func (u *upload) Close() error {
	u.once.Do(func() {
		if u.ReadCloser != nil {
			u.closeErr = u.ReadCloser.Close()
		}
	})
	return u.closeErr
}
