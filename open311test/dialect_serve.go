package open311test

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-open311/open311/internal/wire"
)

// speaker answers in a dialect. It takes the answer of the specification apart and puts it together
// again in other words, so that every quirk is in one place and all cities share the same operations.
type speaker struct {
	Quirks
	rows sync.Map // rowKey → *spokenRow
	last lastPost
}

// conversation is one call to a city that has quirks.
type conversation struct {
	*speaker
	h     *Handler
	r     *http.Request
	in    *input
	op    *operation
	raw   url.Values // the parameters as they came
	twist twist      // what a fault does to the records
	f     wire.Format
	label string // content type, if it is not that of f
	extra http.Header
}

// twist is what a fault does to the records of an answer that is good otherwise.
type twist struct {
	wrongID, duplicate bool
	stale              *Handler // the city as it was
}

// speak is answer for a city with quirks.
func (h *Handler) speak(w http.ResponseWriter, r *http.Request, s *speaker, tw twist) {
	c := &conversation{speaker: s, h: h, r: r, twist: tw}
	if tw.stale != nil {
		c.h = tw.stale // with the clock of that moment
	}
	a := c.reply()
	maps.Copy(w.Header(), c.extra)
	label := c.label
	if label == "" {
		label = s.contentType(c.f)
	}
	w.Header().Set("Content-Type", label)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // a caller who has gone does not want to know
	}
}

func (q *Quirks) contentType(f wire.Format) string {
	switch {
	case f == wire.XML && q.XMLType != "":
		return q.XMLType
	case f == wire.JSON && q.JSONType != "":
		return q.JSONType
	}
	return contentTypes[f]
}

// reply finds out what is wanted and answers it.
func (c *conversation) reply() answer {
	c.f = wire.XML
	escaped, early := c.route()
	if early != nil {
		return *early
	}
	t, ok := parsePath(escaped, c.h.base)
	c.f = t.format
	if !ok {
		return c.refuse(noSuchPath)
	}
	var allowed []string
	if c.op, allowed = find(c.r.Method, t); c.op == nil {
		c.head("Allow", strings.Join(allowed, ", "))
		return c.refuse(notAllowed(c.r.Method))
	}
	if a := c.formats(); a != nil {
		return *a
	}
	c.in = &input{target: t, now: c.h.clock(), root: rootURL(c.r) + c.h.base}
	faults := c.in.read(c.r)
	if len(faults) == 0 {
		c.raw = c.in.params
		c.in.params, faults = c.arguments()
	}
	if len(faults) == 0 && !c.op.open {
		faults = c.h.checkJurisdiction(c.in.params)
	}
	if len(faults) > 0 {
		return c.refuse(faults...)
	}
	if c.AnyJurisdiction && t.resource == "requests" && first(c.in.params, "jurisdiction_id") == "" {
		return c.page(http.StatusOK)
	}
	return c.serve()
}

// route returns the path as the specification has it, or the answer where there is no such path.
func (c *conversation) route() (string, *answer) {
	p, base := c.r.URL.EscapedPath(), c.h.base
	if rest, ok := strings.CutPrefix(p, path.Dir(base)); ok && c.DiscoveryBeside && strings.HasPrefix(strings.TrimPrefix(rest, "/"), "discovery.") {
		return base + "/" + strings.TrimPrefix(rest, "/"), nil
	}
	rest, ok := strings.CutPrefix(p, base+"/")
	if !ok {
		return p, nil
	}
	if strings.HasPrefix(rest, "discovery.") {
		switch {
		case c.NoDiscovery:
			return "", c.plain(http.StatusNotFound, "Not found")
		case c.DiscoveryBeside:
			a := c.page(http.StatusNotFound)
			return "", &a
		}
		return p, nil
	}
	dot := strings.LastIndexByte(rest, '.')
	suffixed := dot >= 0 && (rest[dot:] == ".json" || rest[dot:] == ".xml")
	switch {
	case c.NoSuffix && suffixed:
		return "", c.plain(http.StatusNotFound, "404 page not found")
	case c.NoSuffix:
		rest += "." + c.accepted()
	case c.PageWithoutSuffix && !suffixed:
		a := c.page(http.StatusOK)
		return "", &a
	}
	return base + "/" + c.rename(rest), nil
}

// accepted chooses a format by the Accept header.
func (c *conversation) accepted() string {
	accept := c.r.Header.Get("Accept")
	kind, _, _ := strings.Cut(accept, ",")
	if strings.Contains(kind, "application/xml") || strings.Contains(kind, "text/xml") && !c.StrictAccept {
		return "xml"
	}
	return "json"
}

// rename gives a path below the endpoint the specification's name of the resource.
func (c *conversation) rename(rest string) string {
	dot := strings.LastIndexByte(rest, '.')
	if dot < 0 {
		return rest
	}
	for _, resource := range []string{"requests", "request", "services", "tokens"} {
		own, ok := c.Paths[resource]
		if !ok {
			continue
		}
		tail, found := strings.CutPrefix(rest[:dot], own)
		item := strings.HasPrefix(tail, "/")
		if !found || tail != "" && !item || resource == "request" && !item {
			continue
		}
		if resource == "request" {
			resource = "requests"
		}
		return resource + tail + rest[dot:]
	}
	return rest
}

// formats applies what is odd about the formats.
func (c *conversation) formats() *answer {
	switch {
	case c.XMLOnly && c.f == wire.JSON:
		a := c.page(http.StatusInternalServerError)
		return &a
	case c.JSONOnly && c.f == wire.XML:
		c.f = wire.JSON
		a := c.refuse(invalid("this city speaks JSON only"))
		return &a
	case c.XMLIsJSON:
		c.f = wire.JSON
	case c.JSONIsXML:
		c.f = wire.XML
	}
	return nil
}

// arguments gives the parameters the names of the specification, and puts the key among them.
func (c *conversation) arguments() (url.Values, []fault) {
	p := make(url.Values, len(c.raw))
	theirs := make(map[string]string, len(c.Rename))
	for spec, own := range c.Rename {
		theirs[own] = spec
	}
	var faults []fault
	for _, name := range sortedKeys(c.raw) {
		if c.Accepts != nil && c.op.method == http.MethodGet && !slices.Contains(c.Accepts, name) {
			faults = append(faults, invalid("parameter "+strconv.Quote(name)+" is not known"))
		}
		if slices.Contains(c.Breaks, name) && c.op.method == http.MethodGet {
			return p, []fault{internal}
		}
		spec, ok := theirs[name]
		if _, renamed := c.Rename[name]; !ok && renamed && c.Rename[name] != name {
			continue // known by its other name only
		} else if !ok {
			spec = name
		}
		p[spec] = c.raw[name]
	}
	if c.WordIDs {
		for _, name := range []string{"jurisdiction_id", "service_request_id"} {
			if v := first(p, name); strings.Trim(v, words+",") != "" {
				faults = append(faults, invalid(name+" "+strconv.Quote(v)+" is not a word"))
			}
		}
	}
	for _, name := range c.Ignores {
		if c.op.method == http.MethodGet {
			delete(p, name)
		}
	}
	return p, append(faults, c.key(p)...)
}

const words = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// key finds the API key where this server wants it, and checks it on reads if that is asked for. For a
// POST it is the operation that checks it.
func (c *conversation) key(p url.Values) []fault {
	key := first(p, "api_key")
	switch {
	case strings.EqualFold(c.KeyScheme, "basic"):
		text, _ := strings.CutPrefix(c.r.Header.Get("Authorization"), "Basic ")
		plain, _ := base64.StdEncoding.DecodeString(text)
		key = string(plain)
	case c.KeyScheme != "":
		key, _ = strings.CutPrefix(c.r.Header.Get("Authorization"), c.KeyScheme+" ")
	case c.KeyHeader != "":
		key = c.r.Header.Get(c.KeyHeader)
	case c.KeyParam != "":
		key = first(p, c.KeyParam)
		delete(p, c.KeyParam)
	}
	delete(p, "api_key")
	if key != "" {
		p.Set("api_key", key)
	}
	if c.KeyOnReads && len(c.h.keys) > 0 && !slices.Contains(c.h.keys, key) {
		return []fault{forbidden("this city wants an API key on every call")}
	}
	return nil
}

func sortedKeys(p url.Values) []string {
	names := make([]string, 0, len(p))
	for name := range p {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *conversation) head(name, value string) {
	if c.extra == nil {
		c.extra = make(http.Header)
	}
	c.extra.Set(name, value)
}
