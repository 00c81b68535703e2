package otel

import (
	"context"
	"errors"
	"slices"

	"github.com/go-open311/open311"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// instruments are the metrics; the package documentation says what they mean.
type instruments struct {
	attempt, call, wait   metric.Float64Histogram
	rows, warnings, bytes metric.Int64Counter
}

// bounds are those that the semantic conventions advise for durations of HTTP calls; calls of listings take longer.
var (
	bounds     = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	longBounds = append(slices.Clip(bounds), 30, 60, 120, 300)
)

func newInstruments(m metric.Meter) (*instruments, error) {
	var errs []error
	duration := func(name, what string, bounds []float64) metric.Float64Histogram {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(what),
			metric.WithExplicitBucketBoundaries(bounds...))
		errs = append(errs, err)
		return h
	}
	count := func(name, unit, what string) metric.Int64Counter {
		c, err := m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(what))
		errs = append(errs, err)
		return c
	}
	i := &instruments{
		attempt:  duration("http.client.request.duration", "Duration of HTTP client requests.", bounds),
		call:     duration("open311.client.call.duration", "Duration of calls, with their attempts and waits.", longBounds),
		wait:     duration("open311.client.wait.duration", "Time that calls waited for the rate limit and between attempts.", longBounds),
		rows:     count("open311.client.rows", "{row}", "Records that were read."),
		warnings: count("open311.client.warnings", "{warning}", "What had to be put right in answers."),
		bytes:    count("open311.client.body.size", "By", "Bytes of answers that were read."),
	}
	return i, errors.Join(errs...)
}

func (i *instruments) record(ctx context.Context, info open311.CallInfo, r open311.CallResult, set attribute.Set) {
	with := metric.WithAttributeSet(set)
	if info.Attempt > 0 {
		i.attempt.Record(ctx, r.Took.Seconds(), with)
		return
	}
	i.call.Record(ctx, r.Took.Seconds(), with)
	i.wait.Record(ctx, r.Waited.Seconds(), with)
	i.rows.Add(ctx, int64(r.Rows), with)
	i.warnings.Add(ctx, int64(r.Warnings), with)
	i.bytes.Add(ctx, r.Bytes, with)
}
