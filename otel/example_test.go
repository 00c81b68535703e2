package otel_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
	"github.com/go-open311/open311/otel"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// A page for Prometheus that says how many calls were made and how long they took.
func Example_prometheus() {
	registry := prometheus.NewRegistry()
	exporter, err := promexporter.New(promexporter.WithRegisterer(registry), promexporter.WithoutScopeInfo())
	if err != nil {
		log.Fatal(err)
	}
	observer, err := otel.NewObserver(otel.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(exporter))))
	if err != nil {
		log.Fatal(err)
	}
	city := &http.Client{Transport: open311test.NewHandler().Transport()} // a city in memory
	c, err := open311.New("https://city.example/open311/v2", open311.WithObserver(observer), open311.WithHTTPClient(city))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Services.List(context.Background()); err != nil {
		log.Fatal(err)
	}

	page := httptest.NewRecorder() // a program has http.Handle("/metrics", promhttp.HandlerFor(…)) instead
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(page.Body.String()) {
		if strings.HasPrefix(line, "open311_client_rows_total") {
			fmt.Print(strings.ReplaceAll(line, ",", ",\n\t"))
		}
	}
	// Output:
	// open311_client_rows_total{http_request_method="GET",
	// 	http_response_status_code="200",
	// 	open311_operation="GET services",
	// 	server_address="city.example",
	// 	server_port="443"} 19
}
