package otel_test

import (
	"testing"

	"github.com/go-open311/open311/internal/zerotest"
	"github.com/go-open311/open311/otel"
)

func TestZeroValues(t *testing.T) {
	zerotest.Run(t, []any{otel.Observer{}})
	zerotest.Funcs(t, map[string]any{"NewObserver": otel.NewObserver, "WithMeterProvider": otel.WithMeterProvider, "WithTracerProvider": otel.WithTracerProvider})
}
