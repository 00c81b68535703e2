package conformance

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// listRules are about the list of requests as a whole, as it comes without arguments.
func listRules() section {
	all := call{op: OpRequests, path: "requests"}
	return section{OpRequests, FeatureCore, specRequests, []rule{
		inXML("requests/list/xml", Must, "Requests in XML", "The list of requests is answered in XML.",
			"status 200 and an XML document", judgeServed(all)).at(specFormat),
		inJSON("requests/list/json", Must, "Requests in JSON", "A server that speaks JSON answers the list of requests in it.",
			"status 200 and a JSON document", judgeListJSON).at(specFormat).of(FeatureJSON),
		inXML("requests/list/xml-root", Must, "XML root of the requests", "The root element of the list is service_requests.",
			"<service_requests>", judgeRoot(all, "service_requests")),
		inXML("requests/list/xml-item", Must, "XML element of a request", "Every request is a request element.",
			"<request>", judgeItem(all, "request")),
		inJSON("requests/list/json-array", Must, "JSON form of the requests", "In JSON the list is an array of objects, without a name around it.",
			"[{…},…]", judgeArray(all)).at(specSpark),
		each("requests/list/id-unique", Must, "Requests are listed once", "No request is in the list twice.",
			"every service_request_id once", onRequestsOnce(func() func(*node) string { return unique("service_request_id") })),
		each("requests/list/default-1000", Must, "At most 1000 requests", "Without arguments at most 1000 requests are listed.",
			"1000 requests or fewer", func(s *session, f Format) outcome {
				rows, x, o := s.some(listCall(f, nil), "requests")
				if good(o) && len(rows) > 1000 {
					return broken(x, "%d requests", len(rows))
				}
				return o
			}),
		each("requests/list/default-90-days", Must, "The last 90 days", "Without dates the list covers 90 days.",
			"requests of no more than 90 days", judge90Days),
		once("requests/list/formats-equal", Must, "XML and JSON agree on requests", "XML and JSON list the same requests, with the same values.",
			"the same requests", judgeRequestsEqual).compares(OpRequests).byCode(),
	}}
}

func onRequests(check func(*node) string) judgeFunc {
	return onRequestsOnce(func() func(*node) string { return check })
}

func onRequestsOnce(check func() func(*node) string) judgeFunc {
	return func(s *session, f Format) outcome {
		rows, x, o := s.some(listCall(f, nil), "requests")
		if !good(o) {
			return o
		}
		return judgeRows(rows, x, "request", check())
	}
}

func judgeListJSON(s *session, _ Format) outcome {
	if !s.speaks(FormatJSON) {
		return cannot("the server does not answer in JSON")
	}
	return judgeServed(call{op: OpRequests, path: "requests"})(s, FormatJSON)
}

// A date and time of the W3C note, whole to the minute at least, with its zone.
var w3c = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$`)

// instantOf reads such a date, or returns false.
func instantOf(v string) (time.Time, bool) {
	if !w3c.MatchString(v) {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func instant(name string) func(*node) string {
	return func(r *node) string {
		if r.value(name) == "" {
			return ""
		}
		if _, ok := instantOf(r.value(name)); !ok {
			return r.show(name)
		}
		return ""
	}
}

func judgeOrderOfDates(r *node) string {
	from, ok := instantOf(r.value("requested_datetime"))
	to, also := instantOf(r.value("updated_datetime"))
	if ok && also && to.Before(from) {
		return "updated_datetime is " + r.value("updated_datetime") + ", requested_datetime " + r.value("requested_datetime")
	}
	return ""
}

func degrees(name string, limit float64) func(*node) string {
	return func(r *node) string {
		v := r.value(name)
		if v == "" {
			return ""
		}
		if deg, err := strconv.ParseFloat(v, 64); err != nil || deg < -limit || deg > limit || deg != deg {
			return r.show(name)
		}
		return ""
	}
}

const (
	day  = 24 * time.Hour
	span = 90 * day
	// slack is for servers that count from midnight, or in the zone of the city.
	slack = 2 * day
)

// judge90Days counts back from the newest request. The city's clock may not be ours, one that stands
// still in a test for example; so a list that lies too far in the past as a whole is not noticed.
func judge90Days(s *session, f Format) outcome {
	rows, x, o := s.some(listCall(f, nil), "requests")
	if !good(o) {
		return o
	}
	newest, oldest, name := bounds(rows)
	if newest.IsZero() {
		return cannot("no request has a requested_datetime that can be read")
	}
	if newest.After(s.now) {
		newest = s.now
	}
	if newest.Sub(oldest) > span+slack {
		return broken(x, "request %s is of %s, %d days before the newest one", name, oldest.Format(time.DateOnly), newest.Sub(oldest)/day).showing(name, "requested_datetime")
	}
	return fine
}

// bounds returns when the newest and the oldest request were made, and the id of the latter.
func bounds(rows []*node) (newest, oldest time.Time, name string) {
	for _, r := range rows {
		t, ok := instantOf(r.value("requested_datetime"))
		if !ok {
			continue
		}
		if newest.IsZero() || t.After(newest) {
			newest = t
		}
		if oldest.IsZero() || t.Before(oldest) {
			oldest, name = t, r.value("service_request_id")
		}
	}
	return newest, oldest, name
}

// judgeRequestsEqual compares two lists that were fetched one after the other, while the city goes on:
// a request that came, went or changed in between is no disagreement. A third look tells.
func judgeRequestsEqual(s *session) outcome {
	x, _, o := s.rows(listCall(FormatXML, nil))
	if !good(o) {
		return o
	}
	j, at, o := s.rows(listCall(FormatJSON, nil))
	if !good(o) {
		return o
	}
	o = judgeSame(x, j, "service_request_id", at)
	if o.what != broke {
		return o
	}
	settled := s.afresh(listCall(FormatXML, nil))
	if settled == nil {
		return o
	}
	if len(missing(keysOf(x, "service_request_id"), keysOf(settled, "service_request_id"))) > 0 ||
		len(missing(keysOf(settled, "service_request_id"), keysOf(x, "service_request_id"))) > 0 {
		// It does change. The records that did not in the meantime must agree.
		if d, id := differRows(unchanged(x, settled), j, "service_request_id"); d.text != "" {
			return d.found(at, "service_request_id", id)
		}
		return fine
	}
	if o2 := judgeSame(settled, j, "service_request_id", at); o2.what != broke {
		return o2
	}
	kx, kj := keysOf(x, "service_request_id"), keysOf(j, "service_request_id")
	if len(missing(kx, kj))+len(missing(kj, kx)) == 0 {
		if d, _ := differRows(unchanged(x, settled), j, "service_request_id"); d.text == "" {
			return fine // each of the records that differ has changed before or after the second look
		}
	}
	return o
}

// unchanged returns the records that two lists have with the same values.
func unchanged(a, b []*node) []*node {
	return slices.DeleteFunc(slices.Clone(a), func(r *node) bool {
		i := slices.IndexFunc(b, func(n *node) bool { return n.value("service_request_id") == r.value("service_request_id") })
		return i < 0 || otherValue(r, b[i]) != ""
	})
}
