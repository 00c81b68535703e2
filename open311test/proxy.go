package open311test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
)

// Proxy stands before a real server, a vendor's on a test machine for one, and breaks what it answers by the faults that
// a city of this package knows. It is an http.Handler, whose endpoint has the path of the server's.
type Proxy struct{ handler *Handler }

// NewProxy returns a proxy before a GeoReport endpoint, such as http://localhost:8080/open311/v2. Calls go there by
// transport; nil is [http.DefaultTransport].
func NewProxy(endpoint string, transport http.RoundTripper) (*Proxy, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" {
		return nil, fmt.Errorf("open311test: the endpoint of a proxy has to be an http or https URL without a query")
	}
	h := NewHandler(WithEmpty(), WithBase(u.Path))
	h.next = &distorter{named: h.operationOf, past: make(map[string]*httptest.ResponseRecorder), next: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: u.Scheme, Host: u.Host})
			// What is broken here is not to be packed: the transport packs and unpacks for itself.
			r.Out.Header.Del("Accept-Encoding")
		},
		Transport: transport,
	}}
	return &Proxy{h}, nil
}

// Fail is [Handler.Fail]. A proxy does not know what the server had when Fail was called: [Stale] answers a GET as the
// server did when it was asked for the same before, if it was.
func (p *Proxy) Fail(op Op, faults ...Fault) error {
	if p == nil || p.handler == nil {
		return errNoProxy
	}
	p.handler.Fail(op, faults...)
	return nil
}

var errNoProxy = errors.New("open311test: a proxy needs a server behind it: use NewProxy")

// Calls returns the calls that came in, the oldest first.
func (p *Proxy) Calls() []Call {
	if p == nil || p.handler == nil {
		return nil
	}
	return p.handler.Calls()
}

// Path is that of the endpoint: what stands between the host of the proxy and /services.xml.
func (p *Proxy) Path() string {
	if p == nil || p.handler == nil {
		return ""
	}
	return strings.TrimRight(p.handler.base, "/")
}

// ServeHTTP answers a call with what the server says, or with a fault.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p == nil || p.handler == nil {
		http.Error(w, errNoProxy.Error(), http.StatusBadGateway)
		return
	}
	p.handler.ServeHTTP(w, r)
}
