package open311

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/retry"
)

// Observer sees what a client does, for traces, metrics and progress; see [WithObserver]. Its methods are called in
// the goroutine that makes the call: with [WithConcurrency] that is not always the caller's.
type Observer interface {
	// Call is called when a call begins, and, nested in it, for each attempt to make it: those have an
	// Attempt above 0 and the context that was returned for the call. The context it returns is that of what
	// follows, down to the transport; the function, if it is not nil, is called once, when the call or the
	// attempt has ended.
	Call(ctx context.Context, info CallInfo) (context.Context, func(CallResult))
}

// CallInfo says what call begins. Neither the API key nor personal data are in it.
type CallInfo struct {
	Op      string // the operation: "GET requests", "GET services/{code}", "POST requests"
	Method  string
	URL     string // redacted
	Format  Format // that is asked for
	Attempt int    // 0 for the call itself, from 1 for its attempts
	Page    string // which page of a listing it asks for: "page=2", "offset=100"; "" if it does not say
	Window  string // which span of requested_datetime: "2026-01-01T00:00:00Z/2026-03-31T00:00:00Z"; ".." for an open end
}

// CallResult says how a call, or an attempt, has ended. A call ends when its answer has been read, or when its loop is
// left. An attempt, and a call of [Client.Do], ends with the header of the answer. Rows, Warnings and Bytes are those of
// calls; attempts have none.
type CallResult struct {
	StatusCode int           // 0 if there was no answer
	Err        error         // redacted; nil if the call worked
	Rows       int           // records that were read
	Warnings   int           // what had to be put right in the answer
	Bytes      int64         // of the answer's body that were read, after decompression if the transport does that
	Waited     time.Duration // spent waiting for the rate limit and between attempts; of an attempt, before it
	Took       time.Duration // from the beginning to the end, with what was waited meanwhile and the time of the caller's loop
}

// observation is a call, or an attempt, that is being observed. A nil one does nothing.
type observation struct {
	info      CallInfo
	observers []Observer
	logger    *slog.Logger
	hide      *redact.Set
	ctx       context.Context // of the logger
	ends      []func(CallResult)
	began     time.Time
	waited    time.Duration // in all
	attempts  int
	// waitedBefore is what of it was before the attempt in hand.
	waitedBefore time.Duration
}

// observationKey is under which the context of a call has its observation.
type observationKey struct{}

func observationOf(ctx context.Context) *observation {
	o, _ := ctx.Value(observationKey{}).(*observation)
	return o
}

// observe begins a call. It returns nil if nobody looks.
func observe(ctx context.Context, observers []Observer, logger *slog.Logger, hide *redact.Set, info func() CallInfo) (context.Context, *observation) {
	if observers == nil && logger == nil {
		return ctx, nil
	}
	o := &observation{observers: observers, logger: logger, hide: hide, info: info()}
	ctx = o.begin(context.WithValue(ctx, observationKey{}, o))
	return ctx, o
}

// begin tells the observers.
func (o *observation) begin(ctx context.Context) context.Context {
	o.began = time.Now()
	for _, watcher := range o.observers {
		next, end := watcher.Call(ctx, o.info)
		if next != nil {
			ctx = next
		}
		if end != nil {
			o.ends = append(o.ends, end)
		}
	}
	o.ctx = ctx
	return ctx
}

// end tells the observers, the last one first, and logs a call. Only the first time counts.
func (o *observation) end(r CallResult) {
	if o == nil || o.began.IsZero() {
		return
	}
	r.Waited, r.Took = o.waited, time.Since(o.began)
	for _, end := range slices.Backward(o.ends) {
		end(r)
	}
	o.began = time.Time{}
	if o.logger != nil && o.info.Attempt == 0 {
		o.log(r)
	}
}

// counts reports whether somebody wants to know how many warnings there were.
func (o *observation) counts() bool {
	return o != nil && (len(o.ends) > 0 || o.logger != nil && o.logger.Enabled(o.ctx, slog.LevelDebug))
}

func (o *observation) log(r CallResult) {
	attrs := append(o.info.attrs(), "status", r.StatusCode, "attempts", o.attempts, "rows", r.Rows, "bytes", r.Bytes,
		"warnings", r.Warnings, "waited", r.Waited, "took", r.Took)
	if r.Err != nil {
		attrs = append(attrs, "error", r.Err.Error())
	}
	o.logger.DebugContext(o.ctx, "open311: call", attrs...)
}

func (i *CallInfo) attrs() []any {
	attrs := []any{"op", i.Op, "method", i.Method, "url", i.URL}
	if i.Page != "" {
		attrs = append(attrs, "page", i.Page)
	}
	if i.Window != "" {
		attrs = append(attrs, "window", i.Window)
	}
	return attrs
}

// wait notes how long the call has waited.
func (o *observation) wait(d time.Duration) {
	if o != nil {
		o.waited += d
	}
}

// attemptKey is under which the context of an attempt has its observation.
type attemptKey struct{}

// beginAttempt begins an attempt of the call that ctx belongs to.
func beginAttempt(ctx context.Context, number int) context.Context {
	o := observationOf(ctx)
	if o == nil {
		return ctx
	}
	a := &observation{observers: o.observers, hide: o.hide, info: o.info, waited: o.waited - o.waitedBefore}
	a.info.Attempt = number
	o.attempts, o.waitedBefore = number, o.waited
	return a.begin(context.WithValue(ctx, attemptKey{}, a))
}

// endAttempt tells those who look how an attempt has ended.
func endAttempt(ctx context.Context, a retry.Attempt) {
	o := observationOf(ctx)
	if o == nil {
		return
	}
	err := o.hide.Error(a.Err)
	if own, ok := ctx.Value(attemptKey{}).(*observation); ok {
		own.end(CallResult{StatusCode: a.Status, Err: err})
	}
	o.wait(a.Wait)
	if o.logger == nil {
		return
	}
	attrs := append(o.info.attrs(), "attempt", a.Number, "status", a.Status, "duration", a.Duration)
	if err != nil {
		attrs = append(attrs, "error", err.Error())
	}
	if a.Retry {
		o.logger.WarnContext(ctx, "open311: call will be repeated", append(attrs, "wait", a.Wait)...)
		return
	}
	o.logger.DebugContext(ctx, "open311: attempt", attrs...)
}
