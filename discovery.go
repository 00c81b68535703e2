package open311

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/hosts"
	"github.com/go-open311/open311/internal/retry"
	"github.com/go-open311/open311/internal/wire"
)

// Discovery says where a city's Open311 endpoints are.
type Discovery struct {
	Changeset  string // when the document changed last; an opaque text, of many layouts
	Contact    string
	KeyService string // how to get an API key
	Endpoints  []Endpoint
	Extra      Extra
}

// Endpoint is one API of a city.
type Endpoint struct {
	Specification string   // "http://wiki.open311.org/GeoReport_v2"
	URL           string   // may lack the version, or be missing: see Discovery.GeoReport
	Changeset     string   // when the endpoint changed last; an opaque text
	Type          string   // "production", "test", or another word
	Formats       []string // MIME types: "text/xml", "application/json"
	Extra         Extra
}

// GeoReport returns the endpoint of the given type, "production" or "test", that speaks GeoReport v2.
// For "" it returns the production endpoint, or else any. Drafts of v2.1 are taken only if there is no
// other; an endpoint that does not say what it speaks comes last.
func (d *Discovery) GeoReport(kind string) (Endpoint, bool) {
	d = orZero(d)
	best, score := Endpoint{}, 0
	for _, e := range d.Endpoints {
		n := 0
		switch _, version, ok := strings.Cut(strings.ToLower(e.Specification), "georeport_v"); {
		case ok && strings.TrimRight(version, "/#") == "2":
			n = 30
		case ok && strings.HasPrefix(version, "2"):
			n = 20
		case e.Specification == "":
			n = 10
		}
		switch {
		case n == 0:
			continue
		case kind != "" && !strings.EqualFold(e.Type, kind):
			continue
		case strings.EqualFold(e.Type, "production"):
			n += 2
		case !strings.EqualFold(e.Type, "test"):
			n++
		}
		if n > score {
			best, score = e, n
		}
	}
	return best, score > 0
}

// formats returns what the endpoint says it speaks, JSON first if it is among them, with the other
// format behind: some say less than they speak, some more.
func (e *Endpoint) formats() []Format {
	says := func(word string) bool {
		return slices.ContainsFunc(e.Formats, func(f string) bool { return strings.Contains(strings.ToLower(f), word) })
	}
	switch {
	case says("json"):
		return []Format{FormatJSON, FormatXML}
	case says("xml"):
		return []Format{FormatXML, FormatJSON}
	}
	return nil
}

// discover reads a discovery document and returns a connection to the endpoint of GeoReport v2 that it names.
func discover(ctx context.Context, discoveryURL string, opts []Option) (*conn, error) {
	c, err := dial(discoveryURL, opts)
	if err != nil {
		return nil, err
	}
	at, err := parseURL(discoveryURL)
	if err != nil {
		return nil, err
	}
	d, err := findDocument(ctx, c, at)
	if err != nil {
		return nil, err
	}
	e, u, err := c.choose(ctx, at, d)
	if err != nil {
		return nil, err
	}
	found, err := dial(u.String(), opts)
	if err != nil {
		return nil, err
	}
	found.prefer(e.formats())
	return found.withVersion(ctx), nil
}

// findDocument reads the document at an address as it stands, or with the suffix of a format.
func findDocument(ctx context.Context, c *conn, at *url.URL) (*Discovery, error) {
	for _, f := range []Format{FormatJSON, FormatXML} {
		if strings.HasSuffix(at.Path, "."+f.String()) {
			return readDiscovery(ctx, c, at, &call{bare: true}, f)
		}
	}
	d, err := readDiscovery(ctx, c, at, &call{bare: true}, c.formats()[0])
	if err == nil || !leadsNowhere(err) || strings.HasSuffix(at.Path, "/") {
		return d, err
	}
	if d, other := readDiscovery(ctx, c, at, &call{}, FormatAuto); other == nil {
		return d, nil
	}
	return nil, err
}

// choose returns the endpoint that a document leads to, and its address. One where it may not lead gives way to
// another one of its kind.
func (c *conn) choose(ctx context.Context, at *url.URL, d *Discovery) (Endpoint, *url.URL, error) {
	best, ok := d.GeoReport("")
	if !ok {
		return best, nil, fmt.Errorf("open311: %s: the document names no endpoint of GeoReport v2 among its %d: %w",
			c.hide.URLOf(at), len(d.Endpoints), ErrNotFound)
	}
	u, moved, err := c.follow(at, best.URL)
	if err != nil {
		var allowed Discovery
		for _, e := range d.Endpoints {
			if _, _, no := c.follow(at, e.URL); no == nil && strings.EqualFold(e.Type, best.Type) {
				allowed.Endpoints = append(allowed.Endpoints, e)
			}
		}
		if best, ok = allowed.GeoReport(best.Type); !ok {
			return best, nil, fmt.Errorf("open311: %s: %w", c.hide.URLOf(at), err)
		}
		u, moved, err = c.follow(at, best.URL)
	}
	if moved && err == nil {
		w := Warning{Op: "GET discovery", URL: c.hide.URLOf(at), Path: "endpoints.url", Kind: WarnMoved,
			Detail: "the endpoint is at another host than the document, at " + u.Host}
		if c.cfg.strict {
			return best, nil, &DecodeError{URL: w.URL, Method: http.MethodGet, StatusCode: http.StatusOK, Path: w.Path, Err: errors.New(w.Detail)}
		}
		if c.cfg.warnings != nil {
			c.cfg.warnings(ctx, w)
		}
	}
	return best, u, err
}

// follow returns the address that a document at the address at names, and whether it is one of another host. The
// error says what speaks against going there, and which option allows it.
func (c *conn) follow(at *url.URL, named string) (to *url.URL, moved bool, err error) {
	to, err = addressOf(at, named)
	if err != nil {
		return nil, false, err
	}
	same := hosts.Same(at.Hostname(), to.Hostname())
	switch {
	case at.Scheme == "https" && to.Scheme == "http" && !c.cfg.insecure:
		err = fmt.Errorf("the document came over https and leads to %s without TLS; WithInsecureDiscovery goes there", c.hide.URLOf(to))
	case !same && hosts.Inside(to.Hostname()) && !c.cfg.insecure:
		err = fmt.Errorf("the document leads to %s, an address of this machine or its network; WithInsecureDiscovery goes there", c.hide.URLOf(to))
	case slices.ContainsFunc(c.cfg.trusted, func(host string) bool { return hosts.Same(host, to.Hostname()) }):
	case at.Scheme == "https" && !hosts.Siblings(at.Hostname(), to.Hostname()):
		err = fmt.Errorf("the document leads to another domain, to %s; WithTrustedHosts(%q) goes there", c.hide.URLOf(to), to.Hostname())
	default:
		moved = !same || at.Scheme == to.Scheme && strings.TrimPrefix(at.Port(), defaultPort(at)) != strings.TrimPrefix(to.Port(), defaultPort(to))
	}
	return to, moved, err
}

func defaultPort(u *url.URL) string {
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// addressOf returns the address that a document at the address at names. Some name a host and a path without a scheme.
func addressOf(at *url.URL, named string) (*url.URL, error) {
	named = strings.TrimSpace(named)
	var u *url.URL
	var err error
	switch {
	case named == "": // Mark-a-Spot names no URL: the endpoint is where the document is
		if u, err = at.Parse("."); err == nil {
			u.RawQuery = at.RawQuery
		}
	case strings.Contains(named, "://"):
		u, err = url.Parse(named)
	case strings.IndexByte("/.?", named[0]) >= 0:
		u, err = at.Parse(named)
	default:
		u, err = url.Parse("https://" + named)
	}
	if err != nil {
		return nil, errors.New("the address that the document names cannot be read")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("the address that the document names does not start with https:// or http:// and a host")
	}
	if !strings.EqualFold(u.Host, at.Host) {
		u.User = nil // nobody tells us who we are
	}
	return u, nil
}

// withVersion adds the version to an endpoint that was announced without: FixMyStreet names
// /open311 where /open311/v2 is meant. It tries only if the address has no version in it, and stays with
// what was announced unless the other one works better.
func (c *conn) withVersion(ctx context.Context) *conn {
	if strings.Contains(strings.ToLower(c.endpoint.Path), "v2") || strings.Contains(c.endpoint.Path, "/v1") {
		return c
	}
	if _, err := listServices(ctx, c); err == nil || !leadsNowhere(err) {
		return c
	}
	longer, err := newConn(c.endpoint.JoinPath("v2"), *c.cfg, newMemory(), nil)
	if err != nil {
		return c
	}
	if _, err := listServices(ctx, longer); err != nil {
		return c
	}
	return longer
}

// leadsNowhere reports whether an error means that there is nothing of GeoReport at an address.
func leadsNowhere(err error) bool {
	var de *DecodeError
	return errors.Is(err, ErrNotFound) || errors.As(err, &de)
}

// Get returns the discovery document of this endpoint. It looks below the endpoint, and then in the
// directories above it: uReport has the document beside the version, not below. The error is that of
// the first place.
func (d *DiscoveryClient) Get(ctx context.Context, opts ...CallOption) (*Discovery, error) {
	c, err := d.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	var firstErr error
	dir := *c.endpoint
	for range 4 {
		doc, err := readDiscovery(ctx, c, dir.JoinPath("discovery"), &call{}, FormatAuto)
		if err == nil {
			return doc, nil
		}
		if firstErr == nil {
			firstErr = err
		}
		if ctx.Err() != nil || !leadsNowhere(err) || strings.Trim(dir.Path, "/") == "" {
			break
		}
		dir = *dir.JoinPath("..")
	}
	return nil, firstErr
}

// readDiscovery reads the document at u, whose suffix is still to be added unless k says that it is there. What it
// learns about formats is about this document only: a static file says nothing about the API.
func readDiscovery(ctx context.Context, near *conn, u *url.URL, k *call, suffix Format) (*Discovery, error) {
	cfg := static(*near.cfg, suffix)
	where := *u
	if !k.bare {
		where.Path, where.RawPath = strings.TrimRight(where.Path, "/"), strings.TrimRight(where.RawPath, "/")
	}
	c, err := newConn(&where, cfg, newMemory(), nil)
	if err != nil {
		return nil, err
	}
	c.call = near.call
	k.op, k.method, k.noPath = "GET discovery", http.MethodGet, true
	list, s, err := collect(ctx, c, k, discoveryTable, nil)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, s.missing("an empty discovery document")
	}
	s.adopt(&list[0].Extra)
	return &list[0], nil
}

var discoveryTable = wire.Register(&wire.Table[Discovery]{
	Root: "discovery", Roots: []string{"dicovery"},
	Identity: []string{"changeset", "contact", "endpoints", "key_service"},
	Key:      []string{"endpoints", "key_service"},
	Fields: func() []wire.Field[Discovery] {
		return []wire.Field[Discovery]{
			wire.ID("changeset", func(d *Discovery) *string { return &d.Changeset }),
			wire.String("contact", func(d *Discovery) *string { return &d.Contact }),
			wire.String("key_service", func(d *Discovery) *string { return &d.KeyService }),
			wire.ListOf("endpoints", "endpoint", func(d *Discovery) *[]Endpoint { return &d.Endpoints },
				endpointTable, "endpoint"),
		}
	},
	Extra: func(d *Discovery) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&d.Extra) },
})

var endpointTable = wire.Register(&wire.Table[Endpoint]{
	Root: "endpoints", Item: "endpoint",
	Identity: []string{"specification", "url", "type", "formats"},
	Fields: func() []wire.Field[Endpoint] {
		return []wire.Field[Endpoint]{
			wire.String("specification", func(e *Endpoint) *string { return &e.Specification }),
			wire.String("url", func(e *Endpoint) *string { return &e.URL }),
			wire.ID("changeset", func(e *Endpoint) *string { return &e.Changeset }),
			wire.String("type", func(e *Endpoint) *string { return &e.Type }),
			wire.Words("formats", "format", func(e *Endpoint) *[]string { return &e.Formats }),
		}
	},
	Extra: func(e *Endpoint) *map[string]json.RawMessage { return (*map[string]json.RawMessage)(&e.Extra) },
})

// static returns the settings for a document that is no part of the API, in a format, or in both: it has a
// suffix, whatever the dialect says.
func static(c config, f Format) config {
	c.dialect.NoSuffix, c.dialect.Formats = false, nil
	if f != FormatAuto {
		c.format = f
	}
	return c
}

// dial returns a connection with the default settings and those of opts. It makes no call.
func dial(endpoint string, opts []Option) (*conn, error) {
	u, err := parseEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	cfg := config{maxResponse: defaultMaxResponse, location: time.UTC,
		userAgent: defaultUserAgent, concurrency: 1, transport: transportParts{budget: new(retry.Budget)}}
	return newConn(u, cfg, newMemory(), opts)
}

func parseEndpoint(endpoint string) (*url.URL, error) {
	u, err := parseURL(endpoint)
	if err == nil {
		u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	}
	return u, err
}

func parseURL(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	switch {
	case err != nil:
		// What net/url says of it may show a part of a password.
		return nil, errors.New("open311: the endpoint is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("open311: the endpoint must be an absolute URL that starts with https:// or http://")
	}
	if port, err := strconv.Atoi(cmp.Or(u.Port(), "1")); err != nil || port < 1 || port > math.MaxUint16 {
		return nil, errors.New("open311: the port of the endpoint must be a number from 1 to 65535")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}
