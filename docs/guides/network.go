package guides

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"

	"github.com/go-open311/open311"
)

// Behind returns a client that goes through a proxy, and trusts a certificate authority that the system does not know.
func Behind(endpoint string, proxy *url.URL, authority []byte) (*open311.Client, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, err
	}
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("authority: no certificate in PEM")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = http.ProxyURL(proxy) // without this line: HTTPS_PROXY and NO_PROXY
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	return open311.New(endpoint, open311.WithHTTPClient(&http.Client{Transport: transport}))
}

// Cached returns a client with a cache around its transport.
func Cached(endpoint string, cache func(next http.RoundTripper) http.RoundTripper, opts ...open311.Option) (*open311.Client, error) {
	return open311.New(endpoint, append(opts, open311.WithMiddleware(cache))...)
}
