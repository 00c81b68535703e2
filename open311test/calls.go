package open311test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/go-open311/open311/internal/redact"
)

// Call is one call that the server received.
type Call struct {
	Method string
	Path   string      // as sent, with its escapes: "/open311/v2/services/N%204%2F7.json"
	Query  url.Values  // the parameters of the URL
	Form   url.Values  // the parameters of the body
	Files  []File      // the files of the body
	Header http.Header // with what stands for secrets, see Redacted
}

// File is a file that came with a report.
type File struct {
	Field       string // the name of the form field
	Name        string
	ContentType string
	Data        []byte
}

// String returns the call as one line: "GET /open311/v2/requests.json?status=open".
func (c Call) String() string {
	s := c.Method + " " + c.Path
	if len(c.Query) > 0 {
		s += "?" + c.Query.Encode()
	}
	return s
}

// Redacted stands in a [Call] where a secret was: in api_key and in headers such as Authorization.
const Redacted = "REDACTED"

const (
	maxCalls = 10_000   // so that a server that runs for days does not grow
	maxBody  = 32 << 20 // of a POST
)

// arrival is a call as it came. Making a Call of it is left to who asks for it.
type arrival struct {
	method, path, query string
	header              http.Header
	body                []byte
	key                 *redact.Credential // of the client, if it is in this process
}

// callLog keeps the latest calls in a ring.
type callLog struct {
	mu   sync.Mutex
	ring []arrival
	next int // where the oldest one is, once the ring is full
	keys []*redact.Credential
}

// learn notes the key of a client whose calls come over the network.
func (l *callLog) learn(key *redact.Credential) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if key != nil && !slices.Contains(l.keys, key) {
		l.keys = append(l.keys, key)
	}
}

// add notes a call. The body of a POST is read here, so that it can be told what was sent even if
// no one reads it, and is given back to the request.
func (l *callLog) add(r *http.Request) {
	a := arrival{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.RawQuery, header: r.Header, key: redact.CredentialOf(r.Context())}
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		a.body = body
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}, r.Body))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < maxCalls {
		l.ring = append(l.ring, a)
		return
	}
	l.ring[l.next] = a
	l.next = (l.next + 1) % maxCalls
}

// failing repeats the error with which a body broke off; without one it is at its end.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// Calls returns the calls that the server received, in order, the latest 10,000 at most. Secrets are
// [Redacted]: api_key and the headers for credentials, the keys of [WithAPIKey], and, wherever their dialects
// send it, the key of clients made by [Server.Client] or with [Handler.Transport].
func (h *Handler) Calls() []Call {
	h = h.made()
	h.log.mu.Lock()
	arrivals := slices.Concat(h.log.ring[h.log.next:], h.log.ring[:h.log.next])
	keys := slices.Clone(h.log.keys)
	h.log.mu.Unlock()
	if h.speech != nil {
		keys = append(keys, &redact.Credential{Param: h.speech.KeyParam, Header: h.speech.KeyHeader})
	}
	for _, k := range h.keys {
		keys = append(keys, &redact.Credential{Value: k})
	}
	for _, a := range arrivals {
		if a.key != nil && !slices.Contains(keys, a.key) {
			keys = append(keys, a.key)
		}
	}
	var values []string
	for _, k := range keys {
		values = append(values, k.Value)
	}
	secrets := redact.New(values...)
	calls := make([]Call, len(arrivals))
	for i, a := range arrivals {
		calls[i] = a.call()
		calls[i].hide(keys, secrets)
	}
	return calls
}

// ResetCalls empties the list of [Handler.Calls].
func (h *Handler) ResetCalls() {
	h = h.made()
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	h.log.ring, h.log.next = nil, 0
}

func (a arrival) call() Call {
	c := Call{Method: a.method, Path: a.path, Header: a.header.Clone()}
	c.Query, _ = url.ParseQuery(a.query)
	c.Form, c.Files, _, _ = parseBody(a.header.Get("Content-Type"), a.body)
	return c
}

// hide takes keys out of a call: by where they travel, and wherever one of them stands.
func (c *Call) hide(keys []*redact.Credential, secrets *redact.Set) {
	sets := []map[string][]string{c.Query, c.Form, c.Header}
	for _, k := range append(keys, &redact.Credential{Param: "api_key"}) {
		hide(c.Query, k.Param)
		hide(c.Form, k.Param)
		hide(c.Header, http.CanonicalHeaderKey(k.Header))
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization", "X-Api-Key", "Cookie"} {
		hide(c.Header, name)
	}
	c.Path = secrets.Values(c.Path)
	for _, set := range sets {
		for _, values := range set {
			for i := range values {
				values[i] = secrets.Values(values[i])
			}
		}
	}
}

func hide(m map[string][]string, name string) {
	for i := range m[name] {
		if m[name][i] != "" {
			m[name][i] = Redacted
		}
	}
}

// parseBody reads the parameters of a POST: form-encoded as in the specification (GeoReport v2, POST
// Service Request), multipart as in the draft of version 2.1 and on many servers, or JSON or XML. kind
// is which of them it is. Whether the city takes it is not decided here.
func parseBody(contentType string, body []byte) (form url.Values, files []File, kind string, err error) {
	if len(body) == 0 {
		return nil, nil, "", nil
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, params = looseMediaType(contentType)
	}
	switch kind {
	case kindForm:
		form, err = url.ParseQuery(string(body))
	case kindMultipart:
		form, files, err = parseMultipart(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	case kindJSON:
		form, err = parseJSON(body)
	case kindXML, "text/xml":
		kind = kindXML
		form, err = parseXML(body)
	default:
		err = errBodyType
	}
	return form, files, kind, err
}

// looseMediaType reads a content type as servers do that look for the boundary alone: whatever stands behind
// "boundary=" is one, with characters that need quotes and have none (the client of OneBusAway sends =).
func looseMediaType(contentType string) (kind string, params map[string]string) {
	kind, rest, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	for param := range strings.SplitSeq(rest, ";") {
		name, value, _ := strings.Cut(param, "=")
		if value = strings.Trim(strings.TrimSpace(value), `"`); value != "" && strings.EqualFold(strings.TrimSpace(name), "boundary") {
			return kind, map[string]string{"boundary": value}
		}
	}
	return "", nil
}

func parseMultipart(m *multipart.Reader) (url.Values, []File, error) {
	form := make(url.Values)
	var files []File
	for {
		p, err := m.NextPart()
		if err == io.EOF {
			return form, files, nil
		}
		if err != nil {
			return form, files, err
		}
		data, err := io.ReadAll(p)
		if err != nil {
			return form, files, err
		}
		if p.FileName() == "" {
			form.Add(p.FormName(), string(data))
			continue
		}
		files = append(files, File{
			Field: p.FormName(), Name: p.FileName(), ContentType: p.Header.Get("Content-Type"), Data: data,
		})
	}
}

var errBodyType = errors.New("the body must be application/x-www-form-urlencoded or multipart/form-data")

// first returns the first value of a parameter that is not blank: GeoReport v2 has it that passing an
// argument without a value is the same as not passing it.
func first(p url.Values, name string) string {
	for _, v := range p[name] {
		if s := strings.TrimSpace(v); s != "" {
			return s
		}
	}
	return ""
}
