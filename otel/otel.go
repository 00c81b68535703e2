// Package otel makes OpenTelemetry spans and metrics of the calls of a client of package open311.
//
//	observer, err := otel.NewObserver()
//	c, err := open311.New(endpoint, open311.WithObserver(observer))
//
// # Spans
//
// A call is a span of kind internal, named after its operation: "GET requests", "POST requests". Each attempt to make
// it is a span of kind client below that one, with the attributes of the semantic conventions for HTTP clients. The
// trace context is not sent to the server: cities have no use for it.
//
//	http.request.method, url.full, server.address, server.port      of calls and attempts
//	http.response.status_code, error.type                           as far as there are any
//	http.request.resend_count                                       of attempts behind the first
//	open311.operation                                               "GET services/{code}"
//	open311.format, open311.page, open311.window                    what is asked for
//	open311.rows, open311.warnings, open311.body.size, open311.wait what came of it; the wait in seconds
//
// # Metrics
//
// Each has a name, a unit and a kind:
//
//	http.client.request.duration   s          histogram, one value an attempt, until the header of the answer
//	open311.client.call.duration   s          histogram, with waits and the time of the caller's loop
//	open311.client.wait.duration   s          histogram, of what was waited for the rate limit and between attempts
//	open311.client.rows            {row}      counter, records that were read
//	open311.client.warnings        {warning}  counter, what had to be put right in answers
//	open311.client.body.size       By         counter, bytes of answers that were read
//
// Metrics bear the operation, the method, the host, the status and the kind of error, and no addresses of requests:
// their number stays small however much is listed.
//
// Neither the API key nor a reporter's data are in any of them; package open311 takes them out before an observer is told.
package otel

import (
	"fmt"

	"github.com/go-open311/open311"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// scope names the instrumentation, as OpenTelemetry wants it.
const scope = "github.com/go-open311/open311/otel"

// Observer is an [open311.Observer] that makes spans and metrics. It may be shared by any number of clients. Make it
// with [NewObserver]; a nil or zero one observes nothing.
type Observer struct {
	tracer trace.Tracer
	meters *instruments
}

var _ open311.Observer = (*Observer)(nil)

// Option changes what [NewObserver] makes.
type Option func(*providers)

type providers struct {
	tracer trace.TracerProvider
	meter  metric.MeterProvider
}

// WithTracerProvider sets where the spans go. Without it, or with nil, it is the global provider.
func WithTracerProvider(p trace.TracerProvider) Option {
	return func(to *providers) { to.tracer = p }
}

// WithMeterProvider sets where the metrics go. Without it, or with nil, it is the global provider.
func WithMeterProvider(p metric.MeterProvider) Option {
	return func(to *providers) { to.meter = p }
}

// NewObserver returns an observer for [open311.WithObserver]. The error is that of the meter provider.
func NewObserver(opts ...Option) (*Observer, error) {
	var to providers
	for _, o := range opts {
		if o != nil {
			o(&to)
		}
	}
	if to.tracer == nil {
		to.tracer = otel.GetTracerProvider()
	}
	if to.meter == nil {
		to.meter = otel.GetMeterProvider()
	}
	meters, err := newInstruments(to.meter.Meter(scope))
	if err != nil {
		return nil, fmt.Errorf("otel: %w", err)
	}
	return &Observer{tracer: to.tracer.Tracer(scope), meters: meters}, nil
}
