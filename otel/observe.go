package otel

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-open311/open311"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Call implements [open311.Observer].
func (o *Observer) Call(ctx context.Context, info open311.CallInfo) (context.Context, func(open311.CallResult)) {
	if o == nil || o.tracer == nil {
		return ctx, nil
	}
	shared := common(info)
	kind, name := trace.SpanKindInternal, info.Op
	if info.Attempt > 0 {
		kind, name = trace.SpanKindClient, info.Method
	}
	ctx, span := o.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(shared...), trace.WithAttributes(asked(info)...))
	return ctx, func(r open311.CallResult) {
		outcome := cameOf(r)
		span.SetAttributes(outcome...)
		if info.Attempt == 0 {
			span.SetAttributes(read(r)...)
		}
		switch {
		case r.Err != nil:
			span.SetStatus(codes.Error, r.Err.Error())
		case r.StatusCode >= 400: // an attempt that was answered is no error of the transport, but one by the conventions
			span.SetStatus(codes.Error, "")
		}
		o.meters.record(ctx, info, r, attribute.NewSet(append(slices.Clip(shared), outcome...)...))
		span.End()
	}
}

// common is what spans and metrics have: little enough to be counted by.
func common(info open311.CallInfo) []attribute.KeyValue {
	kv := []attribute.KeyValue{
		attribute.String("http.request.method", info.Method),
		attribute.String("open311.operation", info.Op),
	}
	u, err := url.Parse(info.URL)
	if err != nil || u.Hostname() == "" {
		return kv
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		port = map[string]int{"http": 80, "https": 443}[strings.ToLower(u.Scheme)]
	}
	return append(kv, attribute.String("server.address", u.Hostname()), attribute.Int("server.port", port))
}

// asked is what only a span says of a call that begins.
func asked(info open311.CallInfo) []attribute.KeyValue {
	kv := []attribute.KeyValue{attribute.String("url.full", info.URL)}
	if info.Attempt > 1 {
		kv = append(kv, attribute.Int("http.request.resend_count", info.Attempt-1))
	}
	if info.Format != open311.FormatAuto {
		kv = append(kv, attribute.String("open311.format", info.Format.String()))
	}
	if info.Page != "" {
		kv = append(kv, attribute.String("open311.page", info.Page))
	}
	if info.Window != "" {
		kv = append(kv, attribute.String("open311.window", info.Window))
	}
	return kv
}

// cameOf is how a call has ended, for spans and metrics.
func cameOf(r open311.CallResult) (kv []attribute.KeyValue) {
	if r.StatusCode != 0 {
		kv = append(kv, attribute.Int("http.response.status_code", r.StatusCode))
	}
	switch {
	case r.StatusCode >= 400:
		kv = append(kv, attribute.String("error.type", strconv.Itoa(r.StatusCode)))
	case r.Err != nil:
		kv = append(kv, attribute.String("error.type", kindOf(r.Err)))
	}
	return kv
}

// read is what a call has brought.
func read(r open311.CallResult) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.Int("open311.rows", r.Rows),
		attribute.Int("open311.warnings", r.Warnings),
		attribute.Int64("open311.body.size", r.Bytes),
		attribute.Float64("open311.wait", r.Waited.Seconds()),
	}
}

// kindOf names an error in one of a few words, as error.type wants it.
func kindOf(err error) string {
	for _, kind := range []struct {
		is   error
		name string
	}{
		{context.Canceled, "canceled"},
		{context.DeadlineExceeded, "timeout"},
		{open311.ErrOutcomeUnknown, "outcome_unknown"},
		{open311.ErrTruncated, "truncated"},
		{open311.ErrPending, "pending"},
		{open311.ErrNotFound, "not_found"},
		{open311.ErrInvalid, "invalid"},
	} {
		if errors.Is(err, kind.is) {
			return kind.name
		}
	}
	if _, ok := errors.AsType[*open311.DecodeError](err); ok {
		return "decode"
	}
	if t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && t.Timeout() {
		return "timeout"
	}
	return "_OTHER"
}
