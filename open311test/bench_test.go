package open311test_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
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

// BenchmarkLoad is how many lists of fifty requests a city answers: called directly, through its transport,
// over sockets, where a plain client that looks at nothing costs hardly anything, and over sockets with the
// client of net/http, which costs more than the city.
func BenchmarkLoad(b *testing.B) {
	h := open311test.NewHandler()
	srv := httptest.NewServer(h)
	defer srv.Close()
	for _, suffix := range []string{"json", "xml"} {
		path := fifty(h, suffix)
		b.Run("handler/"+suffix, func(b *testing.B) {
			load(b, 1, func() (func() error, func()) {
				return func() error {
					h.ServeHTTP(nowhere{make(http.Header)}, httptest.NewRequest(http.MethodGet, path, nil))
					return nil
				}, func() {}
			})
		})
		b.Run("transport/"+suffix, func(b *testing.B) {
			c := &http.Client{Transport: h.Transport()}
			load(b, 1, func() (func() error, func()) {
				return func() error { return read(c, "http://city.example"+path) }, func() {}
			})
		})
		b.Run("sockets/"+suffix, func(b *testing.B) {
			load(b, 8, func() (func() error, func()) { return plainClient(b, srv.Listener.Addr().String(), path) })
		})
		b.Run("net-http/"+suffix, func(b *testing.B) {
			c := srv.Client()
			c.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
			load(b, 8, func() (func() error, func()) { return func() error { return read(c, srv.URL+path) }, func() {} })
		})
	}
}

// load makes calls from several goroutines for each processor.
func load(b *testing.B, goroutines int, caller func() (call func() error, done func())) {
	b.ReportAllocs()
	b.SetParallelism(goroutines)
	b.RunParallel(func(pb *testing.PB) {
		call, done := caller()
		defer done()
		for pb.Next() {
			if err := call(); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

func read(c *http.Client, target string) error {
	res, err := c.Get(target)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// plainClient has a connection of its own, and reads no more of an answer than how long it is.
func plainClient(b *testing.B, addr, path string) (call func() error, done func()) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Error(err)
		return func() error { return err }, func() {}
	}
	in := bufio.NewReaderSize(conn, 64<<10)
	ask := []byte("GET " + path + " HTTP/1.1\r\nHost: city.example\r\n\r\n")
	return func() error {
		if _, err := conn.Write(ask); err != nil {
			return err
		}
		for length := -1; ; {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return err
			}
			if text, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(text))); err != nil {
					return err
				}
			}
			if len(line) == len("\r\n") {
				_, err = in.Discard(length) // fails if there is no length
				return err
			}
		}
	}, func() { _ = conn.Close() }
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
