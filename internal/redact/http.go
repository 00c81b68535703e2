package redact

import (
	"net/http"
	"net/url"
	"strings"
)

// URL returns raw with secret parameters and its user hidden.
// It takes the text apart itself: what net/url cannot parse is redacted too,
// and what is not secret stays as it was written.
func (s *Set) URL(raw string) string {
	return s.address(raw, s.ready().query)
}

// foreign is URL for an address that a server names: what [Set.Strip] would not send there is not shown either.
func (s *Set) foreign(raw string) string {
	k := s.ready()
	// What is hidden already tells nothing, and neither does the mask.
	betrays := func(text string) bool { return k.betrays(strings.ReplaceAll(text, k.mask, "")) }
	raw = s.address(raw, func(query string) string {
		pairs := strings.Split(s.Text(k.query(query)), "&")
		for i, pair := range pairs {
			if name, _, _ := strings.Cut(pair, "="); betrays(name) {
				pairs[i] = k.mask
			} else if betrays(pair) {
				pairs[i] = name + "=" + k.mask
			}
		}
		return strings.Join(pairs, "&")
	})
	base, _, _ := strings.Cut(raw, "?")
	if !betrays(base) {
		return raw
	}
	scheme, _, _ := strings.Cut(base, "//")
	return scheme + "//" + k.mask
}

// address hides what is secret in an address, in its query and its fragment as it is told.
func (s *Set) address(raw string, hidden func(query string) string) string {
	k := s.ready()
	base, frag, hasFrag := strings.Cut(raw, "#")
	base, query, hasQuery := strings.Cut(base, "?")
	out := base
	if strings.HasPrefix(base, "//") { // a reference without a scheme
		if h := userinfo(base, 2); h.to > h.from {
			out = base[:h.from] + k.mask + base[h.to:]
		}
	}
	if hasQuery {
		out += "?" + hidden(query)
	}
	if hasFrag { // OAuth answers travel in the fragment
		out += "#" + hidden(frag)
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
		if value != "" && k.names.secretParam(name) {
			pair = name + "=" + k.mask
		}
		out.WriteString(pair)
		out.WriteString(sep)
	}
	return out.String()
}

// Header returns a redacted copy of h.
func (s *Set) Header(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	k := s.ready()
	out := make(http.Header, len(h))
	for name, values := range h {
		secret := k.names.secret(normalize(name))
		clean := make([]string, len(values))
		for i, v := range values {
			switch {
			case secret:
				clean[i] = v[:scheme(v)] + k.mask
			case name == "Location" || name == "Content-Location" || name == "Referer":
				clean[i] = s.foreign(v)
			default:
				clean[i] = s.Text(v)
			}
		}
		name = s.Text(name)
		out[name] = append(out[name], clean...)
	}
	return out
}
