package open311

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/match"
	"github.com/go-open311/open311/internal/media"
	"github.com/go-open311/open311/internal/spelling"
	"github.com/go-open311/open311/internal/wire"
)

// ServiceRequest is one report as the city shows it (GeoReport v2, GET Service Requests). A zero
// field is one that the server did not send, or sent empty: the specification equates the two.
//
// In a listing the texts of one request share their memory; use strings.Clone to keep one of many.
type ServiceRequest struct {
	ID                string // "" in some rows of some servers
	Token             string // while there is no id yet
	Status            Status
	StatusNotes       string
	ServiceName       string
	ServiceCode       string
	Description       string
	AgencyResponsible string
	ServiceNotice     string
	RequestedDatetime time.Time
	UpdatedDatetime   time.Time
	ExpectedDatetime  time.Time
	Address           string
	AddressID         string
	Zipcode           string
	Location          *Point // nil if not given; 0,0 is a place
	MediaURL          string // of several, the first, or all of them joined by commas; see MediaURLs
	Extra             Extra
}

// Page is the answer to one call for service requests.
type Page struct {
	Requests []ServiceRequest
	Total    int         // how many there are in all, if the server says so, else -1
	Header   http.Header // of the answer, redacted
	Extra    Extra       // what stood beside the list, such as meta

	Skipped     int     // rows that are there and could not be read
	SkippedErrs []error // what was wrong with the first of them, and where: *DecodeError mostly
}

// List makes one call for service requests (GET /requests; GeoReport v2, GET Service Requests) and
// returns what it gives: all there is, or a page of it. nil asks for the server's default.
//
// A row that cannot be read is left out and counted in [Page.Skipped]. The error is an [*APIError], a
// [*DecodeError] for an answer of which nothing can be read, or a [*ValidationError] for a query that
// cannot be sent.
func (r *RequestClient) List(ctx context.Context, q *Query, opts ...CallOption) (*Page, error) {
	c, err := r.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	params, err := c.queryParams(q)
	if err != nil {
		return nil, err
	}
	k := &call{op: "GET requests", method: http.MethodGet, path: c.path("requests"), params: params, inspect: c.statusCheck(params)}
	var points pointPool
	list, s, err := collect(ctx, c, k, requestTable, points.lend)
	if err != nil {
		if c.isEmpty(err) {
			return &Page{Requests: []ServiceRequest{}, Total: -1}, nil
		}
		return nil, err
	}
	for i := range list {
		list[i].Status = c.status(list[i].Status)
	}
	return &Page{Requests: list, Total: totalOf(s.meta, s.header()), Header: c.hide.Header(s.header()), Extra: s.meta,
		Skipped: s.skipped, SkippedErrs: s.skippedErrs}, nil
}

// Get returns one service request (GET /requests/{id}; GeoReport v2, GET Service Request). If the
// server has no such request, or answers with another one, the error matches [ErrNotFound]. A request that
// is in the answer and cannot be read is a [*DecodeError]. Blanks and invisible characters around a pasted id
// do not count, nor does a # in front of it.
func (r *RequestClient) Get(ctx context.Context, id string, opts ...CallOption) (*ServiceRequest, error) {
	c, err := r.conn().withOptions(opts)
	if err != nil {
		return nil, err
	}
	return getPasted(ctx, c, id)
}

func getRequest(ctx context.Context, c *conn, id string) (*ServiceRequest, error) {
	if id == "" {
		return nil, &ValidationError{[]Problem{{Field: "id", Detail: "the id of the service request is empty", Kind: ProblemMissing}}}
	}
	k := &call{op: "GET requests/{id}", method: http.MethodGet, path: c.path("request", id)}
	list, s, err := collect(ctx, c, k, requestTable, nil)
	if refusesSlash(err, id) {
		if found, errList := listID(ctx, c, id); errList == nil {
			if i := slices.IndexFunc(found, func(got ServiceRequest) bool { return got.ID == id }); i >= 0 {
				found[i].Status = c.status(found[i].Status)
				return &found[i], nil
			}
		}
	}
	if err != nil {
		return nil, err
	}
	// Ids of some servers differ in the case of their letters only, others change it.
	for _, same := range []func(string) bool{
		func(got string) bool { return got == id },
		func(got string) bool { return strings.EqualFold(got, id) || got == "" && len(list) == 1 },
	} {
		if i := slices.IndexFunc(list, func(got ServiceRequest) bool { return same(got.ID) }); i >= 0 {
			list[i].Status = c.status(list[i].Status)
			s.adopt(&list[i].Extra)
			return &list[i], nil
		}
	}
	if err := s.unread(); err != nil {
		return nil, err
	}
	if len(list) > 0 {
		return nil, s.missing("the answer holds another request than " + id)
	}
	return nil, s.missing("no request " + id)
}

// getPasted asks for a request whose id may have been pasted. Where there is none, an id with # in front
// is asked for once more as it stands: it may be a part of it.
func getPasted(ctx context.Context, c *conn, id string) (*ServiceRequest, error) {
	r, err := getRequest(ctx, c, spelling.PastedID(id))
	if whole := spelling.TrimInvisible(id); errors.Is(err, ErrNotFound) && strings.HasPrefix(whole, "#") && len(whole) > 1 {
		if with, errWith := getRequest(ctx, c, whole); errWith == nil {
			return with, nil
		}
	}
	return r, err
}

// statusCheck returns what warns of states that are numbers where states are filtered by: none of the words that
// were asked for will be found among them. It is nil where nobody filters.
func (c *conn) statusCheck(params url.Values) func(first any) (path, detail string) {
	if !params.Has(c.param("status")) {
		return nil
	}
	return func(first any) (path, detail string) {
		r, ok := first.(*ServiceRequest)
		if !ok || r.Status == "" || c.status(r.Status) != r.Status || strings.Trim(string(r.Status), "0123456789") != "" {
			return "", ""
		}
		return "service_requests[0].status", string(r.Status) + " is no state to filter by; Dialect.StatusWords can say what it means"
	}
}

// refusesSlash reports whether an error may come from a web server that takes no %2F in a path, as Apache
// and Tomcat do unless told otherwise, and not from the application behind it.
func refusesSlash(err error, id string) bool {
	if err == nil || !strings.Contains(id, "/") {
		return false
	}
	var ae *APIError
	return errors.As(err, &ae) && len(ae.Faults) == 0 &&
		(ae.StatusCode == http.StatusNotFound || ae.StatusCode == http.StatusBadRequest) &&
		strings.HasPrefix(strings.TrimSpace(string(ae.Body)), "<")
}

// listID asks for one request as a list: requests?service_request_id=. A slash may stand in a query as it
// is; some web servers look for %2F there too.
func listID(ctx context.Context, c *conn, id string) ([]ServiceRequest, error) {
	if !c.sends("service_request_id") {
		return nil, ErrNotFound
	}
	k := &call{op: "GET requests", method: http.MethodGet, path: c.path("requests"), params: url.Values{c.param("service_request_id"): {id}}, slashes: true}
	list, _, err := collect(ctx, c, k, requestTable, nil)
	return list, err
}

// requestBox is a record and its place, in one piece of memory.
type requestBox struct {
	r ServiceRequest
	p Point
}

// pointPool makes the Points of a listing many at a time.
type pointPool struct{ free []Point }

// lend gives r a Point to be filled in. One that is not used is given again.
func (p *pointPool) lend(r *ServiceRequest) {
	if len(p.free) == 0 {
		p.free = make([]Point, 64)
	}
	r.Location = &p.free[0]
	p.free = p.free[1:]
}

// totalHeaders are where servers and their frameworks say how many requests there are in all: Libre311, Helsinki, Rails,
// Yii, WordPress.
var totalHeaders = []string{"page-TotalSize", "X-Result-Count", "X-Total-Count", "X-Total", "Total", "Total-Count",
	"X-Pagination-Total-Count", "X-Pagination-Total", "X-WP-Total"}

// totalOf finds how many requests there are in all, in the headers, in the range that the answer says to be (RFC 9110,
// section 14.4), or in what stands beside the list (Mark-a-Spot's meta); -1 if no one says.
func totalOf(meta Extra, h http.Header) int {
	candidates := make([]string, 0, len(totalHeaders)+1)
	for _, name := range totalHeaders {
		candidates = append(candidates, h.Get(name))
	}
	span, size, _ := strings.Cut(h.Get("Content-Range"), "/")
	if strings.HasPrefix(span, "bytes") {
		size = ""
	}
	for _, text := range append(candidates, size) {
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 {
			return n
		}
	}
	sets := []Extra{meta}
	var pagination Extra // some write it as JSON into a header
	if json.Unmarshal([]byte(h.Get("X-Pagination")), &pagination) == nil {
		sets = append(sets, pagination)
	}
	for _, name := range []string{"meta", "pagination", "paging"} {
		var inner Extra
		if meta.Decode(name, &inner) == nil {
			sets = append(sets, inner)
		}
	}
	for _, set := range sets {
		for _, name := range []string{"total", "total_count", "totalCount", "totalItems", "count"} {
			if n, err := strconv.Atoi(set.String(name)); err == nil && n >= 0 {
				return n
			}
		}
	}
	return -1
}

// nextLink returns the parameters of the next page, where the server gives its address: Link with rel=next
// (RFC 8288), X-Next-Page-URL (Helsinki), or beside the list (Django, Laravel, JSON:API). Only the parameters are
// used, so another host is of no consequence; a link without any is none.
func nextLink(meta Extra, h http.Header) string {
	candidates := append(linkTargets(h.Values("Link"), "next"), h.Get("X-Next-Page-URL"))
	sets := []Extra{meta}
	for _, name := range []string{"links", "_links", "meta", "pagination", "paging"} {
		var inner Extra
		if meta.Decode(name, &inner) == nil {
			sets = append(sets, inner)
		}
	}
	for _, set := range sets {
		candidates = append(candidates, set.String("next"), set.String("next_page_url"))
	}
	for _, text := range candidates {
		if u, err := url.Parse(strings.TrimSpace(text)); err == nil && u.RawQuery != "" {
			return u.RawQuery
		}
	}
	return ""
}

// linkTargets returns the addresses of a relation in Link headers. An address may have commas and brackets in it.
func linkTargets(headers []string, rel string) (targets []string) {
	for _, rest := range headers {
		for {
			_, after, ok := strings.Cut(rest, "<")
			target, params, closed := strings.Cut(after, ">")
			if !ok || !closed {
				break
			}
			params, rest = cutUnquoted(params, ',')
			for params != "" {
				var param string
				param, params = cutUnquoted(params, ';')
				name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
				words := strings.Fields(strings.ToLower(strings.Trim(strings.TrimSpace(value), `"'`)))
				if strings.EqualFold(strings.TrimSpace(name), "rel") && slices.Contains(words, rel) {
					targets = append(targets, target)
				}
			}
		}
	}
	return targets
}

// cutUnquoted cuts a text at the first separator that is not quoted.
func cutUnquoted(s string, sep byte) (before, after string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// MarshalJSON writes the request as the specification has it, with the fields of Extra beside the
// others. What it writes can be read back by encoding/json.
func (r ServiceRequest) MarshalJSON() ([]byte, error) {
	return wire.AppendJSON(make([]byte, 0, 768), requestTable.Encode(&r)), nil
}

// UnmarshalJSON reads a request as tolerantly as the answers of servers are read. The error is what is
// wrong with text that is no request at all.
func (r *ServiceRequest) UnmarshalJSON(text []byte) error {
	rd := requestTable.Read(bytes.NewReader(text), nil)
	defer rd.Close()
	var read ServiceRequest
	if err := rd.Next(&read); err != nil && err != io.EOF {
		return err
	}
	*r = read
	return nil
}

// mediaFields are the names under which servers put media beyond media_url.
var mediaFields = []string{"media_url", "media_urls", "image_urls", "media[]", "media", "photos", "images", "attachments"}

// MediaURLs returns the addresses of all media, each once: the one of the specification, and the several
// that servers send as a list, as a list of objects, as such a list in a text, joined by commas,
// semicolons, bars or line breaks, or under other names in Extra or its extended_attributes.
func (r *ServiceRequest) MediaURLs() []string {
	r = orZero(r)
	var urls media.Addresses
	urls.Add(r.MediaURL)
	var extended Extra
	_ = r.Extra.Decode("extended_attributes", &extended) // mostly there is none
	for _, extra := range []Extra{r.Extra, extended} {
		for _, name := range mediaFields {
			if raw, ok := extra[name]; ok {
				urls.AddJSON(raw)
			}
		}
	}
	return urls.List
}

var requestTable = wire.Register(&wire.Table[ServiceRequest]{
	Root: "service_requests", Item: "request",
	Roots: []string{"requests", "service_request"},
	Identity: []string{"service_request_id", "token", "status_notes", "service_code", "service_name", "agency_responsible",
		"service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url"},
	Key: []string{"service_request_id", "servicerequest_id"},
	Fields: func() []wire.Field[ServiceRequest] {
		return []wire.Field[ServiceRequest]{
			wire.ID("service_request_id", func(r *ServiceRequest) *string { return &r.ID }, "servicerequest_id"),
			wire.ID("token", func(r *ServiceRequest) *string { return &r.Token }),
			wire.String("status", func(r *ServiceRequest) *string { return (*string)(&r.Status) }).Repeats(),
			wire.String("status_notes", func(r *ServiceRequest) *string { return &r.StatusNotes }, "status_note"),
			wire.String("service_name", func(r *ServiceRequest) *string { return &r.ServiceName }).Repeats(),
			wire.ID("service_code", func(r *ServiceRequest) *string { return &r.ServiceCode }).Repeats(),
			wire.String("description", func(r *ServiceRequest) *string { return &r.Description }),
			wire.String("agency_responsible", func(r *ServiceRequest) *string { return &r.AgencyResponsible }).Repeats(),
			wire.String("service_notice", func(r *ServiceRequest) *string { return &r.ServiceNotice }),
			wire.Time("requested_datetime", func(r *ServiceRequest) *time.Time { return &r.RequestedDatetime }),
			wire.Time("updated_datetime", func(r *ServiceRequest) *time.Time { return &r.UpdatedDatetime }, "update_datetime"),
			wire.Time("expected_datetime", func(r *ServiceRequest) *time.Time { return &r.ExpectedDatetime }),
			wire.String("address", func(r *ServiceRequest) *string { return &r.Address }, "address_string"),
			wire.ID("address_id", func(r *ServiceRequest) *string { return &r.AddressID }, "adress_id"),
			wire.ID("zipcode", func(r *ServiceRequest) *string { return &r.Zipcode }, "zip_code"),
			wire.Lat[ServiceRequest]("lat", "latitude"),
			wire.Long[ServiceRequest]("long", "lon", "lng", "longitude"),
			wire.Link("media_url", func(r *ServiceRequest) *string { return &r.MediaURL }),
		}
	},
	Extra: func(r *ServiceRequest) *map[string]json.RawMessage {
		return (*map[string]json.RawMessage)(&r.Extra)
	},
	// The caller of the decoder has put a Point there for us to use, or not: a listing makes many at once.
	SetPlace: func(r *ServiceRequest, lat, long float64, ok bool) {
		if !ok {
			r.Location = nil
			return
		}
		if r.Location == nil {
			r.Location = new(Point)
		}
		*r.Location = Point{lat, long}
	},
	Place: func(r *ServiceRequest) (lat, long float64, ok bool) {
		if r.Location == nil {
			return 0, 0, false
		}
		return r.Location.Lat, r.Location.Long, true
	},
})

// size is about how many bytes of memory the request takes.
func (r *ServiceRequest) size() int {
	const fixed = 512
	return fixed + len(r.ID) + len(r.Token) + len(r.Status) + len(r.StatusNotes) + len(r.ServiceName) + len(r.ServiceCode) + len(r.Description) +
		len(r.AgencyResponsible) + len(r.ServiceNotice) + len(r.Address) + len(r.AddressID) + len(r.Zipcode) + len(r.MediaURL) + r.Extra.size()
}

// matched is a request as it is compared.
func (r *ServiceRequest) matched(idParam string) match.Record {
	m := match.Record{Service: r.ServiceCode, Text: r.Description, Place: placeOf(r.Location), AddressID: r.AddressID, Address: r.Address, At: r.RequestedDatetime}
	if idParam != "" {
		m.Own = r.Extra.String(idParam)
	}
	return m
}
