package open311

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-querystring/query"
)

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
	c.IDs, c.ServiceCodes, c.Statuses = pastedIDs(q.IDs), slices.Clone(q.ServiceCodes), slices.Clone(q.Statuses)
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
		IDs: pastedIDs(q.IDs), ServiceCodes: q.ServiceCodes, Search: q.Search, Extensions: q.Extensions,
		Page: q.Page, PageSize: q.PageSize,
		Start: c.queryTime(q.Start, false), End: c.queryTime(q.End, true),
		UpdatedAfter: c.queryTime(q.UpdatedAfter, false), UpdatedBefore: c.queryTime(q.UpdatedBefore, true),
	}
	statuses := c.cfg.dialect.states(q)
	if len(q.Statuses) == 0 && len(statuses) > 1 && c.cfg.dialect.oneValue("status") {
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
		return nil, &ValidationError{[]Problem{{"Query", err.Error()}}}
	}
	params := make(url.Values, len(spec)+len(q.Params))
	for name, values := range spec {
		if c.cfg.dialect.sends(name) {
			params[c.cfg.dialect.param(name)] = values
		}
	}
	maps.Copy(params, q.Params)
	return params, nil
}

// states returns the states to ask for: those of the query, or else of the dialect.
func (d *Dialect) states(q *Query) []Status {
	if len(q.Statuses) > 0 || len(q.IDs) > 0 {
		return q.Statuses
	}
	return d.Statuses
}

// oneValue reports whether a filter is sent, and takes one value a call.
func (d *Dialect) oneValue(name string) bool {
	return slices.Contains(d.OneValue, name) && !slices.Contains(d.Ignores, name)
}

// problems says what in a query cannot be sent, or would be read as something else.
func (q *Query) problems() []Problem {
	var out []Problem
	check := func(field string, values []string) {
		for _, v := range values {
			switch {
			case v == "":
				out = append(out, Problem{field, "an empty value"})
			case len(values) > 1 && strings.Contains(v, ","):
				out = append(out, Problem{field, "the comma in " + v + " would make two values of it; ask for it alone"})
			}
		}
	}
	check("IDs", pastedIDs(q.IDs))
	check("ServiceCodes", q.ServiceCodes)
	for _, s := range q.Statuses {
		check("Statuses", []string{string(s)})
	}
	if !q.Start.IsZero() && !q.End.IsZero() && q.End.Before(q.Start) {
		out = append(out, Problem{"End", "is before Start"})
	}
	if q.Near != nil && (!q.Near.Center.Valid() || !(q.Near.Radius > 0)) {
		out = append(out, Problem{"Near", "needs a place on Earth and a radius above 0 metres"})
	}
	if b := q.Within; b != nil && (!b.Min.Valid() || !b.Max.Valid() || b.Min.Lat > b.Max.Lat) {
		out = append(out, Problem{"Within", "Min must be the south-west corner and Max the north-east one"})
	}
	if q.Page < 0 || q.PageSize < 0 {
		out = append(out, Problem{"Page", "a negative number"})
	}
	return out
}

// queryTime writes a bound of a query in whole seconds, which is all that some servers take. up is for
// upper bounds: their fractions are rounded up so that nothing falls out.
func (c *conn) queryTime(t time.Time, up bool) string {
	if t.IsZero() {
		return ""
	}
	loc := c.cfg.dialect.QueryLocation
	if loc == nil {
		loc = time.UTC
	}
	layout := c.cfg.dialect.QueryTime
	if layout == "" {
		layout = time.RFC3339
	}
	if whole := t.Truncate(time.Second); up && whole.Before(t) {
		t = whole.Add(time.Second)
	}
	return t.Truncate(time.Second).In(loc).Format(layout)
}

func (c *conn) addTime(params url.Values, name string, t time.Time, up bool) {
	if s := c.queryTime(t, up); s != "" && c.cfg.dialect.sends(name) {
		params.Set(c.cfg.dialect.param(name), s)
	}
}

// boxParam writes a box in the order of the dialect; without one as uReport has it: south, west,
// north, east.
func (c *conn) boxParam(b *Box) string {
	order := c.cfg.dialect.BoxOrder
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
