package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/go-open311/open311/jobs"
	"github.com/go-open311/open311/otel"
)

// metrics are those of the clients, and of the jobs.
type metrics struct {
	observer      *otel.Observer
	took          metric.Float64Histogram
	rows, changes metric.Int64Counter
	server        *http.Server
	ended         chan error
	address       string
}

// serveMetrics has them at an address.
func serveMetrics(address string) (*metrics, error) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		return nil, err
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(reader))
	m := &metrics{ended: make(chan error, 1)}
	if m.observer, err = otel.NewObserver(otel.WithMeterProvider(provider)); err != nil {
		return nil, err
	}
	meter := provider.Meter("github.com/go-open311/open311/jobs")
	var failed [3]error
	m.took, failed[0] = meter.Float64Histogram("open311.jobs.duration", metric.WithUnit("s"), metric.WithDescription("Jobs, by kind and by what came of them."))
	m.rows, failed[1] = meter.Int64Counter("open311.jobs.rows", metric.WithUnit("{row}"), metric.WithDescription("Requests that were read."))
	m.changes, failed[2] = meter.Int64Counter("open311.jobs.changes", metric.WithUnit("{change}"), metric.WithDescription("Changes that were found."))
	if err := errors.Join(failed[:]...); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	m.address, m.server = l.Addr().String(), &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { m.ended <- m.server.Serve(l) }()
	return m, nil
}

// done counts a job.
func (m *metrics) done(ctx context.Context, r jobs.Result) {
	outcome := "ok"
	if r.Err != nil {
		outcome = "error"
	}
	by := metric.WithAttributes(attribute.String("kind", r.Kind), attribute.String("city", r.City))
	m.took.Record(ctx, r.Took.Seconds(), metric.WithAttributes(attribute.String("kind", r.Kind), attribute.String("outcome", outcome)))
	m.rows.Add(ctx, int64(r.Rows), by)
	m.changes.Add(ctx, int64(r.Changes), by)
}

func (m *metrics) close() error {
	err := m.server.Close()
	if ended := <-m.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
