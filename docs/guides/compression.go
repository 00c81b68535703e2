package guides

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"

	"github.com/go-open311/open311"
)

// Compressed returns a client for reading that takes zstd and gzip, and unpacks them with klauspost/compress.
func Compressed(endpoint string, opts ...open311.Option) (*open311.Client, error) {
	packed := &http.Client{Transport: gzhttp.Transport(http.DefaultTransport)}
	return open311.New(endpoint, append(opts, open311.WithHTTPClient(packed))...)
}

// CompressedToo returns a client that does the same and also files reports, each over a connection of its own.
func CompressedToo(endpoint string, opts ...open311.Option) (*open311.Client, error) {
	unpack := func(next http.RoundTripper) http.RoundTripper { return gzhttp.Transport(next) }
	return open311.New(endpoint, append(opts, open311.WithMiddleware(unpack))...)
}
