package open311

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// pastedID returns an id as it was meant: people paste it with blanks around it, with characters that no
// one sees, such as U+200B from a web page, and with the # in front that cities print it with. What
// servers give is kept letter for letter; this is for what is asked for only.
func pastedID(id string) string {
	id = trimInvisible(id)
	if rest := trimInvisible(strings.TrimPrefix(id, "#")); rest != "" {
		return rest
	}
	return id
}

func pastedIDs(ids []string) []string {
	var out []string
	for _, id := range ids {
		out = append(out, pastedID(id))
	}
	return out
}

func trimInvisible(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
}

// getPasted asks for a request whose id may have been pasted. Where there is none, an id with # in front
// is asked for once more as it stands: it may be a part of it.
func getPasted(ctx context.Context, c *conn, id string) (*ServiceRequest, error) {
	r, err := getRequest(ctx, c, pastedID(id))
	if whole := trimInvisible(id); errors.Is(err, ErrNotFound) && strings.HasPrefix(whole, "#") && len(whole) > 1 {
		if with, errWith := getRequest(ctx, c, whole); errWith == nil {
			return with, nil
		}
	}
	return r, err
}

// refusesSlash reports whether an error may come from a web server that takes no %2F in a path, as Apache
// and Tomcat do unless told otherwise, and not from the application behind it.
func refusesSlash(err error, id string) bool {
	var ae *APIError
	return strings.Contains(id, "/") && errors.As(err, &ae) && len(ae.Faults) == 0 &&
		(ae.StatusCode == http.StatusNotFound || ae.StatusCode == http.StatusBadRequest) &&
		strings.HasPrefix(strings.TrimSpace(string(ae.Body)), "<")
}

// listID asks for one request as a list: requests?service_request_id=. A slash may stand in a query as it
// is; some web servers look for %2F there too.
func listID(ctx context.Context, c *conn, id string) ([]ServiceRequest, error) {
	name := c.cfg.dialect.param("service_request_id")
	if !c.cfg.dialect.sends("service_request_id") {
		return nil, ErrNotFound
	}
	k := &call{op: "GET requests", method: http.MethodGet, path: []string{c.cfg.dialect.path("requests")}, params: url.Values{name: {id}}, slashes: true}
	list, _, err := collect(ctx, c, k, requestTable, nil)
	return list, err
}

// checkStatus warns of states that are numbers where states are filtered by: none of the words that were
// asked for will be found among them.
func (s *stream[T]) checkStatus(ctx context.Context) {
	r, ok := any(&s.first).(*ServiceRequest)
	if !ok || s.c.cfg.warnings == nil || !s.primed || !s.k.params.Has(s.c.cfg.dialect.param("status")) {
		return
	}
	_, told := s.c.cfg.dialect.StatusWords[string(r.Status)]
	if told || r.Status == "" || strings.Trim(string(r.Status), "0123456789") != "" {
		return
	}
	s.warnings++
	s.c.cfg.warnings(ctx, Warning{Op: s.k.op, URL: s.a.url, Path: "service_requests[0].status", Kind: WarnValue,
		Detail: string(r.Status) + " is no state to filter by; Dialect.StatusWords can say what it means"})
}
