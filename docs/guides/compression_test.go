package guides

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestCompression(t *testing.T) {
	const body = `[{"service_code":"1","service_name":"Potholes"}]`
	for _, encoding := range []string{"zstd", "gzip"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			if encoding == "zstd" {
				packed, _ := zstd.NewWriter(w)
				defer packed.Close()
				_, _ = packed.Write([]byte(body))
				return
			}
			packed := gzip.NewWriter(w)
			defer packed.Close()
			_, _ = packed.Write([]byte(body))
		}))
		c, err := Compressed(server.URL, http.DefaultTransport)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := c.Services.List(t.Context()); err != nil || len(list) != 1 {
			t.Errorf("%s: %d services, %v", encoding, len(list), err)
		}
		server.Close()
	}
}
