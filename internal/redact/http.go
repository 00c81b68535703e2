package redact

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// URL returns raw with secret parameters and the password of its user hidden.
// It takes the text apart itself: what net/url cannot parse is redacted too,
// and what is not secret stays as it was written.
func (s *Set) URL(raw string) string {
	k := s.known()
	base, frag, hasFrag := strings.Cut(raw, "#")
	base, query, hasQuery := strings.Cut(base, "?")
	out := base
	if strings.HasPrefix(base, "//") { // a reference without a scheme
		if h := password(base, 2); h.to > h.from {
			out = base[:h.from] + k.mask + base[h.to:]
		}
	}
	if hasQuery {
		out += "?" + k.query(query)
	}
	if hasFrag { // OAuth answers travel in the fragment
		out += "#" + k.query(frag)
	}
	return s.Text(out)
}

// URLOf is URL for a parsed URL; nil gives "".
func (s *Set) URLOf(u *url.URL) string {
	if u == nil {
		return ""
	}
	return s.URL(u.String())
}

// query hides the values of secret parameters, also of those whose name is
// escaped, which the search in plain text does not see.
func (k *known) query(q string) string {
	var out strings.Builder
	for q != "" {
		pair, sep := q, ""
		if i := strings.IndexByte(q, '&'); i >= 0 {
			pair, sep = q[:i], "&"
		}
		q = q[len(pair)+len(sep):]
		name, value, _ := strings.Cut(pair, "=")
		if value != "" && k.secretParam(name) {
			pair = name + "=" + k.mask
		}
		out.WriteString(pair)
		out.WriteString(sep)
	}
	return out.String()
}

func (k *known) secretParam(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.TrimSuffix(name, "[]")
	if i := strings.LastIndexByte(name, '['); i >= 0 { // attribute[email]
		name = strings.TrimSuffix(name[i+1:], "]")
	}
	return k.secret(normalize(name))
}

// Header returns a redacted copy of h.
func (s *Set) Header(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	k := s.known()
	out := make(http.Header, len(h))
	for name, values := range h {
		secret := k.secret(normalize(name))
		clean := make([]string, len(values))
		for i, v := range values {
			switch {
			case secret:
				clean[i] = v[:scheme(v)] + k.mask
			case name == "Location" || name == "Content-Location" || name == "Referer":
				clean[i] = s.URL(v)
			default:
				clean[i] = s.Text(v)
			}
		}
		out[name] = clean
	}
	return out
}

var errKeptSecret = errors.New("the redirect target repeats a secret in its address")

// Strip takes everything secret out of a request that is about to go to
// another host: secret query parameters and headers, those that hold a known
// value, the user information and the Referer. It fails when the address still
// holds a secret, as when a server puts the key into the path it redirects to.
func (s *Set) Strip(req *http.Request) error {
	k := s.known()
	for name, values := range req.Header {
		if k.secret(normalize(name)) || name == "Referer" || k.holds(strings.Join(values, "\n")) {
			delete(req.Header, name)
		}
	}
	u := *req.URL
	u.User = nil
	var kept []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if !k.secretParam(name) && !k.holds(pair) {
			kept = append(kept, pair)
		}
	}
	u.RawQuery = strings.Join(kept, "&")
	req.URL = &u
	if k.holds(u.String()) {
		return errKeptSecret
	}
	return nil
}
