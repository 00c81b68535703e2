package conformance

import (
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// volumeRules are about what the list as a whole has to show: how many requests, and which facts of them.
func volumeRules() section {
	return section{OpRequests, FeatureCore, specRequests, []rule{
		each("requests/list/not-cut", Must, "The list is not cut", "The list without arguments has all requests of 90 days or 1000 of them; if it is shorter, page=2 leads on.",
			"the requests of 90 days, or the first 1000", judgeNotCut).at(specVolume).because("requests/filter/dates"),
		each("requests/list/updated-shown", Should, "Changes are shown", "Requests have an updated_datetime, which is not among what may be left out.",
			"an updated_datetime somewhere in the list", shown("updated_datetime")),
		each("requests/list/description-shown", Should, "Descriptions are shown", "Requests have a description, which is not among what may be left out.",
			"a description somewhere in the list", shown("description")),
		each("requests/list/description-plain", Should, "No HTML in descriptions", "Descriptions may have line breaks, and no HTML or code.",
			"plain text", judgeMarkup),
		each("requests/list/service-name-shown", Should, "Names of services are shown", "Requests have a service_name, which is not among what may be left out.",
			"a service_name somewhere in the list", shown("service_name")),
		each("requests/list/service-name-known", Should, "Names as in the services", "The service_name of a request is the one that the list of services has.",
			"the name that its service_code has there", judgeServiceNames),
	}}
}

// fewRows is how many records show nothing by what they lack.
const fewRows = 5

// shown: a field that no record of a list has is one that the server does not give. That one record lacks it
// may have its reasons.
func shown(name string) judgeFunc {
	return func(s *session, f Format) outcome {
		rows, x, o := s.some(listCall(f, nil), "requests")
		if !good(o) {
			return o
		}
		for _, r := range rows {
			if r.child(name) != nil {
				return fine
			}
		}
		if len(rows) < fewRows {
			return cannot("the city has %s: too few to tell", plain.Count(len(rows), "request"))
		}
		o = broken(x, "none of %d requests has %s", len(rows), name)
		if rows[0].respelled(name) != "" {
			o.alike = "names"
		}
		return o
	}
}

// judgeMarkup wants most descriptions plain: that one citizen has typed <b> is no fault of a server.
func judgeMarkup(s *session, f Format) outcome {
	rows, x, o := s.some(listCall(f, nil), "requests")
	if !good(o) {
		return o
	}
	return mostly(rows, x, "description", func(v string) bool { return markup.MatchString(v) })
}

// mostly finds what is wrong with most of the records that have a field.
func mostly(rows []*node, x *exchange, name string, wrong func(v string) bool) outcome {
	var odd []*node
	n := 0
	for _, r := range rows {
		if v := r.value(name); v != "" {
			if n++; wrong(v) {
				odd = append(odd, r)
			}
		}
	}
	switch {
	case n == 0:
		return cannot("no request has %s", name)
	case 2*len(odd) <= n:
		return fine
	}
	id := odd[0].value("service_request_id")
	return broken(x, "%d of %d requests, service_request_id %s for one: %s", len(odd), n, id, odd[0].show(name)).showing(id, name)
}

// markup is what editors of web pages leave behind. A "<" that a citizen has typed is none.
var markup = regexp.MustCompile(`(?i)</?(p|br|div|span|b|i|u|em|strong|a|ul|ol|li|h[1-6]|table|tr|td|img|script|style)(\s[^<>]*)?/?>`)

// judgeServiceNames wants most names right: a service that was renamed keeps its old name in old requests.
func judgeServiceNames(s *session, f Format) outcome {
	names := make(map[string]string)
	for _, v := range s.servicesOf() {
		names[v.value("service_code")] = v.value("service_name")
	}
	rows, x, o := s.some(listCall(f, nil), "requests")
	if !good(o) {
		return o
	}
	var odd []*node
	n := 0
	for _, r := range rows {
		name, want := r.value("service_name"), names[r.value("service_code")]
		if name == "" || want == "" {
			continue
		}
		if n++; !strings.EqualFold(name, want) {
			odd = append(odd, r)
		}
	}
	switch {
	case n == 0:
		return cannot("no request has a service_name and a service_code that is in the list of services")
	case 2*len(odd) <= n:
		return fine
	}
	r := odd[0]
	return broken(x, "%d of %d requests: service_request_id %s, %s, in the list of services %q", len(odd), n,
		r.value("service_request_id"), r.show("service_name"), names[r.value("service_code")]).showing(r.value("service_request_id"), "service_name")
}

// judgeNotCut asks for what is older than the oldest of a list, and made within the 90 days.
func judgeNotCut(s *session, f Format) outcome {
	rows, x, o := s.rows(listCall(f, nil))
	switch {
	case !good(o):
		return o
	case len(rows) == 0:
		return s.judgeBare(x)
	}
	newest, oldest, _ := bounds(rows)
	if newest.Before(s.now) {
		newest = s.now // 90 days are counted from today
	}
	from, to := newest.Add(-safeSpan).UTC().Truncate(time.Second), oldest.UTC().Truncate(time.Second).Add(-time.Second)
	if len(rows) >= 1000 || oldest.IsZero() || !from.Before(to) {
		return fine
	}
	older, _, o := s.filtered(f, url.Values{"start_date": {stamp(from)}, "end_date": {stamp(to)}})
	if !good(o) {
		return cannot("not judged: dates are refused")
	}
	has := keysOf(rows, "service_request_id")
	lost := missing(keysOf(older, "service_request_id"), has)
	if len(lost) == 0 {
		return fine
	}
	next, _, o := s.filtered(f, url.Values{"page": {"2"}})
	if good(o) && len(missing(keysOf(next, "service_request_id"), has)) > 0 {
		return fine
	}
	return broken(x, "%s, and others of the same 90 days are not among them, nor on a page 2: %s", plain.Count(len(rows), "request"), few(lost))
}

// judgeBare is about a list without arguments that is empty: nothing may be there by date either.
func (s *session) judgeBare(x *exchange) outcome {
	now := s.now.UTC().Truncate(time.Second)
	dated, _, o := s.filtered(x.format, url.Values{"start_date": {stamp(now.Add(-safeSpan))}, "end_date": {stamp(now)}})
	if good(o) && len(dated) > 0 {
		return broken(x, "no requests, and %d of the last %d days if dates are given", len(dated), safeSpan/day)
	}
	return cannot("the city has no requests to show")
}
