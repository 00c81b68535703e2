package open311test

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// What a listing gives at most (GeoReport v2, GET Service Requests): the first 1000 requests, out of
// 90 days. The days are the limit of a range that the caller sets, too.
const (
	maxSpan = 90 * 24 * time.Hour
	maxRows = 1000
)

// query says which requests a listing wants.
type query struct {
	ids        []string // if there are any, nothing else counts
	codes      []string // none: all
	statuses   []string // none: all
	start, end time.Time
}

// parseQuery reads the arguments of GET Service Requests.
func parseQuery(p url.Values, now time.Time) (query, []fault) {
	q := query{ids: several(p, "service_request_id")}
	if len(q.ids) > 0 {
		// It overrides all other arguments: they are not even looked at.
		return q, nil
	}
	var faults []fault
	q.codes = several(p, "service_code")
	q.statuses = several(p, "status")
	for _, s := range q.statuses {
		if w := open311.Status(s); !w.Is(open311.StatusOpen) && !w.Is(open311.StatusClosed) {
			faults = append(faults, invalid("status "+strconv.Quote(s)+" is neither open nor closed"))
		}
	}
	start, startFaults := parseBound(p, "start_date")
	end, endFaults := parseBound(p, "end_date")
	faults = slices.Concat(faults, startFaults, endFaults)
	if len(faults) > 0 {
		return q, faults
	}
	q.start, q.end, faults = window(start, end, now)
	return q, faults
}

// window completes a range of which a bound may be missing.
func window(start, end, now time.Time) (time.Time, time.Time, []fault) {
	switch {
	case start.IsZero() && end.IsZero():
		return now.Add(-maxSpan), now, nil
	case end.IsZero():
		return start, start.Add(maxSpan), nil
	case start.IsZero():
		return end.Add(-maxSpan), end, nil
	case end.Before(start):
		return start, end, []fault{invalid("end_date is before start_date")}
	case end.Sub(start) > maxSpan:
		return start, end, []fault{invalid("start_date and end_date may not span more than 90 days; ask for several ranges")}
	}
	return start, end, nil
}

// several returns the values of an argument that may have several, separated by commas or each in a
// parameter of its own: the specification can be read either way.
func several(p url.Values, name string) []string {
	var list []string
	for _, v := range p[name] {
		for s := range strings.SplitSeq(v, ",") {
			if s = strings.TrimSpace(s); s != "" {
				list = append(list, s)
			}
		}
	}
	return list
}

func parseBound(p url.Values, name string) (time.Time, []fault) {
	s := first(p, name)
	if s == "" {
		return time.Time{}, nil
	}
	t, ok := parseInstant(s)
	if ok {
		return t, nil
	}
	text := name + " " + strconv.Quote(s) + " is not a date and time with a zone, such as 2026-06-01T00:00:00Z"
	if strings.Contains(s, " ") {
		text += " (the + of a zone is %2B in a URL)"
	}
	return time.Time{}, []fault{invalid(text)}
}

// parseInstant reads a date with time and zone: the part of ISO 8601 that the W3C note describes, with
// the zone that GeoReport v2 asks for.
func parseInstant(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
