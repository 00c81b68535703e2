package open311

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/wire"
)

// RequestClient reads and files service requests: /requests and /tokens.
type RequestClient struct{ c *conn }

// Format names the client, and shows nothing of its settings.
func (r RequestClient) Format(f fmt.State, verb rune) { r.c.Format(f, verb) }

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

// Query says which service requests to list. The zero Query, like a nil one, asks for what the server
// gives by default: by the specification the last 90 days or 1000 requests. Nothing is sent that is
// not set here.
type Query struct {
	IDs           []string  // service_request_id; by the specification it overrides everything else
	ServiceCodes  []string  // service_code
	Statuses      []Status  // status
	Start, End    time.Time // start_date, end_date: bounds of requested_datetime
	UpdatedAfter  time.Time // updated_after, an extension of many servers
	UpdatedBefore time.Time // updated_before
	Near          *Circle   // lat, long, radius in metres (CitySDK)
	Within        *Box      // bbox
	Search        string    // q
	Extensions    bool      // extensions=true: ask for extended_attributes
	Page          int       // page; 0 is not sent
	PageSize      int       // page_size; 0 is not sent
	Params        url.Values
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
// A row that cannot be read is left out and counted in [Page.Skipped]. The error is an *[APIError], a
// *[DecodeError] for an answer of which nothing can be read, or a *[ValidationError] for a query that
// cannot be sent.
func (r *RequestClient) List(ctx context.Context, q *Query, opts ...CallOption) (*Page, error) {
	c, err := r.c.withOptions(opts)
	if err != nil {
		return nil, err
	}
	params, err := c.queryParams(q)
	if err != nil {
		return nil, err
	}
	k := &call{op: "GET requests", method: http.MethodGet, path: []string{c.cfg.dialect.path("requests")}, params: params}
	var points pointPool
	list, s, err := collect(ctx, c, k, requestTable, points.lend)
	if err != nil {
		if c.cfg.dialect.NotFoundIsEmpty && errors.Is(err, ErrNotFound) {
			return &Page{Requests: []ServiceRequest{}, Total: -1}, nil
		}
		return nil, err
	}
	for i := range list {
		c.mapStatus(&list[i])
	}
	return &Page{Requests: list, Total: totalOf(s.meta, s.a.resp.Header), Header: c.hide.Header(s.a.resp.Header), Extra: s.meta,
		Skipped: s.skipped, SkippedErrs: s.skippedErrs}, nil
}

// Get returns one service request (GET /requests/{id}; GeoReport v2, GET Service Request). If the
// server has no such request, or answers with another one, the error matches [ErrNotFound]. A request that
// is in the answer and cannot be read is a *[DecodeError].
func (r *RequestClient) Get(ctx context.Context, id string, opts ...CallOption) (*ServiceRequest, error) {
	c, err := r.c.withOptions(opts)
	if err != nil {
		return nil, err
	}
	return getRequest(ctx, c, id)
}

func getRequest(ctx context.Context, c *conn, id string) (*ServiceRequest, error) {
	if id == "" {
		return nil, &ValidationError{[]Problem{{"id", "the id of the service request is empty"}}}
	}
	k := &call{op: "GET requests/{id}", method: http.MethodGet, path: append(strings.Split(c.cfg.dialect.path("request"), "/"), id)}
	list, s, err := collect(ctx, c, k, requestTable, nil)
	if err != nil {
		return nil, err
	}
	// Ids of some servers differ in the case of their letters only, others change it.
	for _, same := range []func(string) bool{
		func(got string) bool { return got == id },
		func(got string) bool { return strings.EqualFold(got, id) || got == "" && len(list) == 1 },
	} {
		if i := slices.IndexFunc(list, func(got ServiceRequest) bool { return same(got.ID) }); i >= 0 {
			c.mapStatus(&list[i])
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

// missing is the error of an answer that does not hold what was asked for.
func (s *stream[T]) missing(what string) error {
	return fmt.Errorf("open311: %s %s: %s: %w", s.k.method, s.a.url, s.c.hide.Text(what), ErrNotFound)
}

// mapStatus turns the server's own status words into those that the dialect gives for them.
func (c *conn) mapStatus(r *ServiceRequest) {
	if to, ok := c.cfg.dialect.StatusWords[string(r.Status)]; ok {
		r.Status = to
	}
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

// totalOf finds how many requests there are in all, in what stands beside the list (Mark-a-Spot's meta)
// or in the headers (Libre311, Helsinki); -1 if no one says.
func totalOf(meta Extra, h http.Header) int {
	for _, name := range []string{"page-TotalSize", "X-Result-Count", "X-Total-Count"} {
		if n, err := strconv.Atoi(h.Get(name)); err == nil && n >= 0 {
			return n
		}
	}
	sets := []Extra{meta}
	for _, name := range []string{"meta", "pagination", "paging"} {
		var inner Extra
		if meta.Decode(name, &inner) == nil {
			sets = append(sets, inner)
		}
	}
	for _, set := range sets {
		for _, name := range []string{"total", "total_count", "totalCount", "count"} {
			if n, err := strconv.Atoi(set.String(name)); err == nil && n >= 0 {
				return n
			}
		}
	}
	return -1
}

// MarshalJSON writes the request as the specification has it, with the fields of Extra beside the
// others. What it writes can be read back by encoding/json.
func (r ServiceRequest) MarshalJSON() ([]byte, error) {
	return wire.AppendJSON(nil, requestTable.Encode(&r)), nil
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

var requestTable = wire.Register(&wire.Table[ServiceRequest]{
	Root: "service_requests", Item: "request",
	Roots: []string{"requests", "service_request"},
	Identity: []string{"service_request_id", "token", "status_notes", "service_code", "service_name", "agency_responsible",
		"service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat", "long", "media_url"},
	Key: []string{"service_request_id", "servicerequest_id"},
	Fields: []wire.Field[ServiceRequest]{
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
