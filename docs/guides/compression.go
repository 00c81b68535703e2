package guides

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"

	"github.com/go-open311/open311"
)

// Compressed returns a client that takes answers in zstd and gzip, and reads them with klauspost/compress.
func Compressed(endpoint string, transport http.RoundTripper) (*open311.Client, error) {
	packed := gzhttp.Transport(transport, gzhttp.TransportEnableGzip(true), gzhttp.TransportEnableZstd(true))
	return open311.New(endpoint, open311.WithHTTPClient(&http.Client{Transport: packed}))
}
