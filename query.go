package open311

import (
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/redact"
	"github.com/go-open311/open311/internal/spelling"
	"github.com/google/go-querystring/query"
)

// Query says which service requests to list. The zero Query, like a nil one, asks for what the server
// gives by default: by the specification the last 90 days or 1000 requests. Nothing is sent that is
// not set here.
type Query struct {
	IDs           []string  `json:"service_request_id,omitempty"` // by the specification it overrides everything else
	ServiceCodes  []string  `json:"service_code,omitempty"`
	Statuses      []Status  `json:"status,omitempty"`
	Start         time.Time `json:"start_date,omitzero"`    // of requested_datetime, inclusive
	End           time.Time `json:"end_date,omitzero"`      // of requested_datetime, inclusive
	UpdatedAfter  time.Time `json:"updated_after,omitzero"` // an extension of many servers
	UpdatedBefore time.Time `json:"updated_before,omitzero"`
	Near          *Circle   `json:"near,omitempty"`   // sent as lat, long and radius in metres (CitySDK)
	Within        *Box      `json:"within,omitempty"` // sent as bbox, see Dialect.BoxOrder
	// Area is an area of any shape, such as a Circle, a Box or the type of a polygon library. It is not sent:
	// requests outside of it are left out on this side. One that does not say where it is is kept, with a warning; a
	// feed leaves it out. A query with an Area cannot be written as JSON.
	Area       interface{ Contains(Point) bool } `json:"-"`
	Search     string                            `json:"q,omitempty"`
	Extensions bool                              `json:"extensions,omitempty"` // asks for extended_attributes
	Page       int                               `json:"page,omitempty"`       // 0 is not sent
	PageSize   int                               `json:"page_size,omitempty"`  // 0 is not sent
	Params     url.Values                        `json:"params,omitempty"`
}

// listParams is a [Query] as go-querystring encodes it, under the specification's names.
type listParams struct {
	IDs           list   `url:"service_request_id,omitempty"`
	ServiceCodes  list   `url:"service_code,omitempty"`
	Statuses      list   `url:"status,omitempty"`
	Start         string `url:"start_date,omitempty"`
	End           string `url:"end_date,omitempty"`
	UpdatedAfter  string `url:"updated_after,omitempty"`
	UpdatedBefore string `url:"updated_before,omitempty"`
	Lat           string `url:"lat,omitempty"`
	Long          string `url:"long,omitempty"`
	Radius        string `url:"radius,omitempty"`
	Box           string `url:"bbox,omitempty"`
	Search        string `url:"q,omitempty"`
	Extensions    bool   `url:"extensions,omitempty"`
	Page          int    `url:"page,omitempty"`
	PageSize      int    `url:"page_size,omitempty"`
}

// clone returns a copy that shares no memory with q.
func (q *Query) clone() Query {
	c := *q
	c.IDs, c.ServiceCodes, c.Statuses = spelling.PastedIDs(q.IDs), slices.Clone(q.ServiceCodes), slices.Clone(q.Statuses)
	c.Params = maps.Clone(q.Params)
	if q.Near != nil {
		near := *q.Near
		c.Near = &near
	}
	if q.Within != nil {
		within := *q.Within
		c.Within = &within
	}
	return c
}

// covers reports whether a place lies in the areas of the query. No place lies in none.
func (q *Query) covers(p *Point) bool {
	return (q.Near == nil || p != nil && q.Near.Contains(*p)) && (q.Within == nil || p != nil && q.Within.Contains(*p)) &&
		(q.Area == nil || p != nil && q.Area.Contains(*p))
}

// around returns the query with areas around a place, so many metres to each side, of the kinds that another query has.
func (q *Query) around(p Point, like *Query, metres float64) Query {
	c := *q
	if like.Near != nil {
		c.Near = &Circle{p, metres}
	}
	if like.Within != nil {
		c.Within = boxAround(p, metres)
	}
	return c
}

// list is several values of one parameter, joined by commas as the specification has it.
type list []string

// EncodeValues implements query.Encoder.
func (l list) EncodeValues(key string, v *url.Values) error {
	if len(l) > 0 {
		v.Set(key, strings.Join(l, ","))
	}
	return nil
}

// queryParams turns a query into parameters, in the words of the dialect. Nothing is sent that is not
// set. The error is a *ValidationError.
func (c *conn) queryParams(q *Query) (url.Values, error) {
	if q == nil {
		q = &Query{}
	}
	if problems := q.problems(); len(problems) > 0 {
		return nil, &ValidationError{problems}
	}
	p := listParams{
		IDs: spelling.PastedIDs(q.IDs), ServiceCodes: q.ServiceCodes, Search: q.Search, Extensions: q.Extensions,
		Page: q.Page, PageSize: q.PageSize,
		Start: c.queryTime(q.Start, false), End: c.queryTime(q.End, true),
		UpdatedAfter: c.queryTime(q.UpdatedAfter, false), UpdatedBefore: c.queryTime(q.UpdatedBefore, true),
	}
	statuses := c.states(q)
	if len(q.Statuses) == 0 && len(statuses) > 1 && c.dialect.oneValue("status") {
		statuses = nil // one call cannot ask for them; listings and feeds make one for each
	}
	for _, s := range statuses {
		p.Statuses = append(p.Statuses, string(s))
	}
	if q.Near != nil {
		p.Lat, p.Long = formatDegrees(q.Near.Center.Lat), formatDegrees(q.Near.Center.Long)
		p.Radius = formatDegrees(q.Near.Radius)
	}
	if q.Within != nil {
		p.Box = c.boxParam(q.Within)
	}
	spec, err := query.Values(p)
	if err != nil {
		return nil, &ValidationError{[]Problem{{Field: "Query", Detail: err.Error(), Kind: ProblemValue}}}
	}
	params := make(url.Values, len(spec)+len(q.Params))
	for name, values := range spec {
		if c.dialect.sends(name) {
			params[c.dialect.param(name)] = values
		}
	}
	maps.Copy(params, q.Params)
	return params, nil
}

// states returns the states to ask for: those of the query, or else of the dialect.
func (c *conn) states(q *Query) []Status {
	if len(q.Statuses) > 0 || len(q.IDs) > 0 {
		return q.Statuses
	}
	return c.dialect.Statuses
}

// problems says what in a query cannot be sent, or would be read as something else.
func (q *Query) problems() []Problem {
	var out []Problem
	check := func(field string, values []string) {
		for _, v := range values {
			switch {
			case v == "":
				out = append(out, Problem{Field: field, Detail: "an empty value", Kind: ProblemValue})
			case len(values) > 1 && strings.Contains(v, ","):
				out = append(out, Problem{Field: field, Detail: "the comma in " + v + " would make two values of it; ask for it alone", Kind: ProblemValue})
			}
		}
	}
	check("IDs", spelling.PastedIDs(q.IDs))
	check("ServiceCodes", q.ServiceCodes)
	for _, s := range q.Statuses {
		check("Statuses", []string{string(s)})
	}
	if !q.Start.IsZero() && !q.End.IsZero() && q.End.Before(q.Start) {
		out = append(out, Problem{Field: "End", Detail: "is before Start", Kind: ProblemValue})
	}
	if q.Near != nil && (!q.Near.Center.Valid() || !(q.Near.Radius > 0)) {
		out = append(out, Problem{Field: "Near", Detail: "needs a place on Earth and a radius above 0 metres", Kind: ProblemValue})
	}
	if b := q.Within; b != nil && (!b.Min.Valid() || !b.Max.Valid() || b.Min.Lat > b.Max.Lat) {
		out = append(out, Problem{Field: "Within", Detail: "Min must be the south-west corner and Max the north-east one", Kind: ProblemValue})
	}
	if q.Page < 0 || q.PageSize < 0 {
		out = append(out, Problem{Field: "Page", Detail: "a negative number", Kind: ProblemValue})
	}
	return out
}

// queryTime writes a bound of a query in whole seconds, which is all that some servers take. up is for
// upper bounds: their fractions are rounded up so that nothing falls out.
func (c *conn) queryTime(t time.Time, up bool) string {
	if t.IsZero() {
		return ""
	}
	loc := c.dialect.QueryLocation
	if loc == nil {
		loc = time.UTC
	}
	layout := c.dialect.QueryTime
	if layout == "" {
		layout = time.RFC3339
	}
	if up {
		t = wholeSecondUp(t)
	}
	return t.Truncate(time.Second).In(loc).Format(layout)
}

func wholeSecondUp(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); whole.Before(t) {
		return whole.Add(time.Second)
	}
	return t
}

// inSpan reports whether t lies between two bounds, as a query means them: inclusive, in whole seconds. A zero
// bound is none, and a zero t lies in every span.
func inSpan(t, start, end time.Time) bool {
	return t.IsZero() || (start.IsZero() || t.Unix() >= start.Unix()) && (end.IsZero() || t.Unix() <= wholeSecondUp(end).Unix())
}

func (c *conn) addTime(params url.Values, name string, t time.Time, up bool) {
	if s := c.queryTime(t, up); s != "" && c.dialect.sends(name) {
		params.Set(c.dialect.param(name), s)
	}
}

// boxParam writes a box in the order of the dialect; without one as uReport has it: south, west,
// north, east.
func (c *conn) boxParam(b *Box) string {
	order := c.dialect.BoxOrder
	if order == "" {
		order = "swne"
	}
	var parts []string
	for _, side := range order {
		switch side {
		case 's':
			parts = append(parts, formatDegrees(b.Min.Lat))
		case 'w':
			parts = append(parts, formatDegrees(b.Min.Long))
		case 'n':
			parts = append(parts, formatDegrees(b.Max.Lat))
		case 'e':
			parts = append(parts, formatDegrees(b.Max.Long))
		}
	}
	return strings.Join(parts, ",")
}

// Shards splits the query into n queries that have no request in common and together ask for the same:
// by id if ids are asked for, else by time of request, at whole seconds. They are plain data, so that
// they can be sent to other machines as JSON, and share no memory; each is listed with [RequestClient.All].
//
// A query without Start is cut within its last two years, and its first shard asks for all that is older; of a city
// with a longer history [RequestClient.Oldest] tells where it begins, for shards of equal length. A query without End
// is split at the present; its last shard stays open. One that is too short for n comes back alone, and so does a nil
// one. Requests that bear no date are given by every shard, or by none, as the server has them in lists that are restricted by dates.
func (q *Query) Shards(n int) []Query {
	if q == nil {
		return []Query{{}}
	}
	if len(q.IDs) > 0 {
		return q.shardIDs(n)
	}
	end := q.End
	if end.IsZero() {
		end = time.Now()
	}
	start := q.Start
	if start.IsZero() {
		start = end.Add(-unknownHistory)
	}
	start = start.Truncate(time.Second)
	seconds := int64(end.Sub(start) / time.Second)
	if n < 2 || seconds < int64(n) {
		return []Query{q.clone()}
	}
	out := make([]Query, n)
	for i := range out {
		out[i] = q.clone()
		if i > 0 {
			out[i].Start = start.Add(time.Duration(seconds*int64(i)/int64(n)) * time.Second)
			out[i-1].End = out[i].Start.Add(-time.Second)
		}
	}
	return out
}

// unknownHistory is how much of a history is cut whose beginning is not known.
const unknownHistory = 730 * 24 * time.Hour

func (q *Query) shardIDs(n int) []Query {
	all := q.clone()
	all.IDs = unique(all.IDs)
	n = max(1, min(n, len(all.IDs)))
	out := make([]Query, n)
	for i := range out {
		out[i] = q.clone()
		out[i].IDs = slices.Clone(all.IDs[len(all.IDs)*i/n : len(all.IDs)*(i+1)/n])
	}
	return out
}

// knowsArea reports whether the dialect says that the server looks at the parameters of an area. The
// specification has none, servers ignore or refuse them, and they do not agree about the order of the
// numbers in bbox: a feed that asked without knowing might wait for ever for a list that stays empty.
func (c *conn) knowsArea(names ...string) bool {
	for _, name := range names {
		if !c.sends(name) {
			return false
		}
	}
	return c.dialect.Accepts != nil || c.dialect.BoxOrder != "" && names[0] == "bbox"
}

// unique returns the different ones of ids, in their order.
func unique(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	return slices.DeleteFunc(ids, func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// partly reports whether a query asks for a part of the list beside dates, codes and statuses.
func (q *Query) partly() bool {
	return q.Near != nil || q.Within != nil || q.Area != nil || q.Search != "" || !q.UpdatedAfter.IsZero() || !q.UpdatedBefore.IsZero() || len(q.Params) > 0
}

// Format prints a query without the values of its Params, whatever the verb: one of them may be a key.
func (q Query) Format(f fmt.State, verb rune) { fmt.Fprintf(f, fmt.FormatString(f, verb), q.shown()) }

// LogValue keeps the values of Params out of logs, whatever the handler.
func (q Query) LogValue() slog.Value { return slog.AnyValue(q.shown()) }

// shownQuery is a query as it may be printed: without methods.
type shownQuery Query

func (q *Query) shown() shownQuery {
	c := shownQuery(*q)
	c.Params = shownParams(q.Params)
	return c
}

// shownParams returns parameters without their values.
func shownParams(params url.Values) url.Values {
	if params == nil {
		return nil
	}
	shown := make(url.Values, len(params))
	for name := range params {
		shown[name] = []string{redact.Mask}
	}
	return shown
}
