package open311test_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// BenchmarkListDialect is what a dialect costs: a listing of about fifty requests, as in
// BenchmarkLoad.
func BenchmarkListDialect(b *testing.B) {
	for _, d := range []open311.Dialect{open311.Spec, open311.UReport, open311.CitySDK, open311.Adapter} {
		b.Run(d.Name, func(b *testing.B) {
			h := open311test.NewHandler(open311test.WithDialect(d))
			target := fifty(h, "json")
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					h.ServeHTTP(nowhere{make(http.Header)}, httptest.NewRequest(http.MethodGet, target, nil))
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
