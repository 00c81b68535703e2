package retry

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const maxRedirects = 10

// redirects say which redirects are followed, and with what.
type redirects struct {
	policy    func(*http.Request, []*http.Request) error // the caller's, or nil
	crossHost func(*http.Request) error                  // of Config, or nil
}

// check is the CheckRedirect of http.Client. What it does not follow it hands to
// the caller as the response it is, and notes why.
func (r redirects) check(req *http.Request, via []*http.Request) error {
	k := callOf(req.Context())
	if k.notFollowed = refuse(k, req, via); k.notFollowed != nil {
		return http.ErrUseLastResponse
	}
	if r.policy != nil {
		if err := r.policy(req, via); err != nil {
			return err
		}
	}
	// Once on another host, always: that host chose where we go next.
	if k.away = k.away || !sameHost(via[0].URL, req.URL); !k.away {
		return nil
	}
	// net/http keeps credentials for subdomains and puts our whole URL, key
	// included, into Referer.
	for _, h := range []string{"Referer", "Authorization", "Proxy-Authorization", "Cookie"} {
		req.Header.Del(h)
	}
	if r.crossHost != nil {
		if k.notFollowed = r.crossHost(req); k.notFollowed != nil {
			return http.ErrUseLastResponse
		}
	}
	return nil
}

// refuse returns why a redirect is not followed.
func refuse(k *call, req *http.Request, via []*http.Request) error {
	last := via[len(via)-1].URL
	switch {
	case !k.safe:
		// net/http would turn it into a GET without body after 301, 302 and
		// 303, a success that files nothing; and a 307 or 308 proves no more
		// than any other answer that the first server did nothing.
		return fmt.Errorf("%s is not repeated at another address", k.req.Method)
	case len(via) > maxRedirects:
		return fmt.Errorf("stopped after %d redirects", maxRedirects)
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("redirect to scheme %q", req.URL.Scheme)
	case req.URL.Host == "":
		return errors.New("redirect to no host")
	case last.Scheme == "https" && req.URL.Scheme == "http":
		return errors.New("redirect from https to http")
	}
	return nil
}

// sameHost reports whether b is the server a, or a behind TLS. Another port is
// another server.
func sameHost(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	pa, pb := port(a), port(b)
	return pa == pb || pa == "80" && pb == "443" && b.Scheme == "https"
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
