package open311test_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-open311/open311/open311test"
)

// fifty is a listing of about fifty requests.
func fifty(h *open311test.Handler, suffix string) string {
	list := h.Requests()
	q := url.Values{
		"start_date": {list[149].RequestedDatetime.UTC().Format(time.RFC3339)},
		"end_date":   {list[100].RequestedDatetime.UTC().Format(time.RFC3339)},
	}
	return base + "requests." + suffix + "?" + q.Encode()
}

func BenchmarkListHandler(b *testing.B) {
	h := open311test.NewHandler()
	for _, suffix := range []string{"json", "xml"} {
		b.Run(suffix, func(b *testing.B) {
			target := fifty(h, suffix)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					w := nowhere{make(http.Header)}
					h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

func BenchmarkListTransport(b *testing.B) {
	h := open311test.NewHandler()
	c := &http.Client{Transport: h.Transport()}
	benchmarkList(b, c, "http://city.example"+fifty(h, "json"))
}

func BenchmarkListNetwork(b *testing.B) {
	h := open311test.NewHandler()
	srv := httptest.NewServer(h)
	defer srv.Close()
	c := srv.Client()
	c.Transport.(*http.Transport).MaxIdleConnsPerHost = 16
	benchmarkList(b, c, srv.URL+fifty(h, "json"))
}

func benchmarkList(b *testing.B, c *http.Client, target string) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			res, err := c.Get(target)
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				b.Error(err)
			}
			_ = res.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (w nowhere) WriteHeader(int)             {}

// BenchmarkNewServer is what a test pays for a city of its own.
func BenchmarkNewServer(b *testing.B) {
	for b.Loop() {
		open311test.NewServer(b)
	}
}

// BenchmarkTown is what the first city of a program costs.
func BenchmarkTown(b *testing.B) {
	b.ReportAllocs()
	for seed := uint64(2); b.Loop(); seed++ {
		open311test.NewHandler(open311test.WithSeed(seed))
	}
}
