package open311test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-open311/open311/internal/wire"
)

// Handler is a city behind an http.Handler. It is safe for concurrent use. The zero value is what [NewHandler] makes
// without options.
type Handler struct {
	once sync.Once // makes it
	*config
	store  *store
	log    callLog
	faults faultLine
	speech *speaker     // nil: the specification's
	next   http.Handler // the middleware, and answer behind it
}

// NewHandler returns a city for programs other than tests:
//
//	http.ListenAndServe("localhost:8311", open311test.NewHandler(open311test.WithClock(time.Now)))
//
// Its endpoint there is http://localhost:8311/open311/v2; see [WithBase] for another path.
func NewHandler(opts ...Option) *Handler {
	h := new(Handler)
	h.once.Do(func() { h.furnished(opts) })
	return h
}

// made returns a city that can be used: the zero Handler is [NewHandler] without options, and a nil one is an
// empty city of which nothing stays.
func (h *Handler) made() *Handler {
	if h == nil {
		return NewHandler(WithEmpty())
	}
	h.once.Do(func() { h.furnished(nil) })
	return h
}

func (h *Handler) furnished(opts []Option) {
	h.config = newConfig(opts)
	h.store = newStore(h.tokens)
	h.furnish(h.store)
	if h.quirks != nil {
		h.speech = &speaker{Quirks: *h.quirks}
	}
	h.next = http.HandlerFunc(h.answer)
	for _, m := range slices.Backward(h.middleware) {
		h.next = m(h.next)
	}
}

// Now returns what the city's clock shows.
func (h *Handler) Now() time.Time {
	h = h.made()
	return h.clock()
}

// ServeHTTP answers one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h = h.made()
	h.log.add(r)
	if !h.faults.idle() {
		if f := h.faults.next(h.operationOf(r)); f != nil {
			h.fail(w, r, f)
			return
		}
	}
	h.next.ServeHTTP(w, r)
}

// input is a call, as far as it is the same for all operations.
type input struct {
	target
	params url.Values // of the URL; for a POST, of the body first
	files  []File
	kind   string // of the body: its content type
	now    time.Time
	root   string // scheme, host and base as the caller sees them
}

// operation is one of the things that can be asked of a city. Its serve appends the answer to dst, or
// returns what is wrong with the call.
type operation struct {
	method   string
	resource string
	item     bool // the path names one of the resource
	open     bool // needs no jurisdiction: what it answers is about the whole server
	serve    func(h *Handler, in *input, dst []byte) ([]byte, []fault)
}

// The operations of GeoReport v2 and Open311 Service Discovery.
var operations = []operation{
	{method: http.MethodGet, resource: "services", serve: (*Handler).listServices},
	{method: http.MethodGet, resource: "services", item: true, serve: (*Handler).getDefinition},
	{method: http.MethodPost, resource: "requests", serve: (*Handler).fileRequest},
	{method: http.MethodGet, resource: "tokens", item: true, serve: (*Handler).resolveToken},
	{method: http.MethodGet, resource: "requests", serve: (*Handler).listRequests},
	{method: http.MethodGet, resource: "requests", item: true, serve: (*Handler).getRequest},
	{method: http.MethodGet, resource: "discovery", open: true, serve: (*Handler).discover},
	{method: http.MethodGet, resource: "servicerequestupdates", serve: (*Handler).listUpdates},
	{method: http.MethodPost, resource: "servicerequestupdates", serve: (*Handler).fileUpdate},
}

// answer is the handler behind the middleware.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", h.clock().UTC().Format(http.TimeFormat)) // a feed goes by it
	if tw, odd := twistOf(r); odd || h.speech != nil {
		h.speak(w, r, h.voice(), tw)
		return
	}
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	t, ok := parsePath(r.URL.EscapedPath(), h.base)
	if !ok {
		send(w, r, t.format, errorAnswer((*buf)[:0], t.format, notFound("there is nothing at this path: the operations are "+
			"services, requests, tokens and discovery, below "+h.base+"/, with .xml or .json at the end")))
		return
	}
	op, allowed := find(r.Method, t)
	if op == nil {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		send(w, r, t.format, errorAnswer((*buf)[:0], t.format, notAllowed(r.Method)))
		return
	}
	in := &input{target: t, now: h.clock(), root: rootURL(r) + h.base}
	faults := in.read(r)
	if len(faults) == 0 && !op.open {
		faults = h.checkJurisdiction(in.params)
	}
	out := answer{status: http.StatusOK}
	if len(faults) == 0 {
		out.body, faults = op.serve(h, in, (*buf)[:0])
	}
	if len(faults) > 0 {
		out = errorAnswer((*buf)[:0], t.format, faults...)
	}
	*buf = out.body
	send(w, r, t.format, out)
}

// read takes the parameters from the URL and, for a POST, from the body. The specification's example
// has all of a POST in the body; its machine-readable descriptions put it in the URL.
func (in *input) read(r *http.Request) []fault {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return []fault{invalid("the query cannot be read: " + err.Error())}
	}
	in.params = query
	if r.Method != http.MethodPost {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return []fault{invalid("the body cannot be read: " + err.Error())}
	}
	form, files, kind, err := parseBody(r.Header.Get("Content-Type"), body)
	if err != nil {
		return []fault{invalid("the body cannot be read: " + err.Error())}
	}
	for name, values := range query {
		if form == nil {
			form = make(url.Values)
		}
		if _, ok := form[name]; !ok {
			form[name] = values
		}
	}
	in.params, in.files, in.kind = form, files, kind
	return nil
}

// target is what the path of a call names.
type target struct {
	resource string
	item     bool
	id       string
	format   wire.Format
}

// parsePath splits the path of a call: base/resource.format or base/resource/id.format. A code may
// have any character in it, a slash and a dot too, as long as the path escapes it. The format is
// XML where the path does not tell, the one that every server speaks.
func parsePath(escaped, base string) (target, bool) {
	t := target{format: wire.XML}
	dot := strings.LastIndexByte(escaped, '.')
	if dot < 0 {
		return t, false
	}
	switch escaped[dot+1:] {
	case "json":
		t.format = wire.JSON
	case "xml":
	default:
		return t, false
	}
	rest, ok := strings.CutPrefix(escaped[:dot], base+"/")
	if !ok {
		return t, false
	}
	resource, id, item := strings.Cut(rest, "/")
	t.resource, t.item = resource, item
	if strings.Contains(id, "/") {
		return t, false
	}
	var err error
	t.id, err = url.PathUnescape(id)
	return t, err == nil && slices.ContainsFunc(operations, func(op operation) bool {
		return op.resource == resource && op.item == item
	})
}

// find returns the operation for a method, or which methods there are.
func find(method string, t target) (*operation, []string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allowed []string
	for i := range operations {
		op := &operations[i]
		if op.resource != t.resource || op.item != t.item {
			continue
		}
		if op.method == method {
			return op, nil
		}
		allowed = append(allowed, op.method)
		if op.method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	return nil, allowed
}

// rootURL returns the scheme and the host under which the caller knows this server.
func rootURL(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// checkJurisdiction: an endpoint of several jurisdictions needs to know which one, others do not
// (GeoReport v2, jurisdiction_id: 400 if it is missing, 404 if it is not known).
func (h *Handler) checkJurisdiction(p url.Values) []fault {
	id := first(p, "jurisdiction_id")
	switch {
	case len(h.jurisdictions) == 0:
		return nil
	case id == "" && len(h.jurisdictions) > 1:
		return []fault{invalid("jurisdiction_id is missing: this endpoint serves " + strings.Join(h.jurisdictions, ", "))}
	case id != "" && !slices.Contains(h.jurisdictions, id):
		return []fault{notFound("jurisdiction_id " + strconv.Quote(id) + " is not served here")}
	}
	return nil
}

// buffers are for answers. A listing of 1000 requests is some 600 KB.
var buffers = sync.Pool{New: func() any { return new([]byte) }}
