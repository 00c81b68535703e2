package open311test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"time"
)

// Transport returns a RoundTripper that calls the city in this process, whatever the host of the
// URL. It opens no socket, so it works in a testing/synctest bubble. An answer is complete before
// RoundTrip returns it.
func (h *Handler) Transport() http.RoundTripper {
	h = h.made()
	return transport{h}
}

type transport struct{ h http.Handler }

// RoundTrip serves the request in a goroutine of its own: when the context ends the caller gets its
// error at once, however long a middleware takes to notice.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if err := context.Cause(ctx); err != nil {
		closeBody(r)
		return nil, err
	}
	in, err := arriving(r)
	if err != nil {
		return nil, err
	}
	done := make(chan outcome, 1)
	go func() { done <- t.serve(in) }()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case o := <-done:
		return o.response(r)
	}
}

// arriving makes of a request that leaves a client the one that arrives at a server. The body is
// read here, as if it had crossed the network: a client may use its own again when RoundTrip is back.
func arriving(r *http.Request) (*http.Request, error) {
	defer closeBody(r)
	trace := httptrace.ContextClientTrace(r.Context())
	if trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	var body []byte
	var err error
	if r.Body != nil {
		body, err = io.ReadAll(r.Body)
	}
	if trace != nil && trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
	if err != nil {
		return nil, fmt.Errorf("open311test: reading the body of the request: %w", err)
	}
	in := r.Clone(r.Context())
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.ContentLength = int64(len(body))
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "192.0.2.1:1234" // reserved for documentation
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	// A server sees neither the scheme nor the host in the URL.
	in.URL.Scheme, in.URL.Host, in.URL.User = "", "", nil
	return in, nil
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close() // a RoundTripper must close it; that this fails changes nothing
	}
}

// outcome is what a handler made of a call: an answer, or a panic.
type outcome struct {
	answer *recorder
	panic  any
}

func (t transport) serve(in *http.Request) (o outcome) {
	w := &recorder{ResponseRecorder: httptest.NewRecorder()}
	defer func() {
		if p := recover(); p != nil {
			o = outcome{answer: w, panic: p}
		}
	}()
	t.h.ServeHTTP(w, in)
	return outcome{answer: w}
}

// recorder keeps an answer, and how slowly its body is to be read.
type recorder struct {
	*httptest.ResponseRecorder
	pause time.Duration
}

func (w *recorder) pace(pause time.Duration) { w.pause = pause }

// errAborted is what a client sees of a handler that panics with http.ErrAbortHandler before it has
// answered anything.
var errAborted = fmt.Errorf("open311test: the server closed the connection: %w", errReset)

func (o outcome) response(r *http.Request) (*http.Response, error) {
	switch {
	case o.panic == http.ErrAbortHandler && !o.answer.Flushed:
		return nil, errAborted
	case o.panic != nil && o.panic != http.ErrAbortHandler:
		panic(o.panic)
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	res := o.answer.Result()
	res.Request = r
	body := &answerBody{ctx: r.Context(), ReadCloser: res.Body, end: io.EOF, pause: o.answer.pause, part: o.answer.Body.Len()/slowParts + 1}
	if o.panic != nil {
		body.end = io.ErrUnexpectedEOF // the connection broke in the middle
	}
	res.Body = body
	if r.Method == http.MethodHead {
		res.Body = http.NoBody
	}
	return res, nil
}

// answerBody ends with its context, as a body from the network does.
type answerBody struct {
	ctx context.Context
	io.ReadCloser
	end   error         // at the end of the body
	pause time.Duration // before each part of it
	part  int           // bytes
}

func (b *answerBody) Read(p []byte) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	if b.pause > 0 && len(p) > 0 {
		if sleep(b.ctx, b.pause) != nil {
			return 0, context.Cause(b.ctx)
		}
		p = p[:min(len(p), b.part)]
	}
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		err = b.end
	}
	return n, err
}
