package conformance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// source is where the fields of requests are judged: in the list, and where one is asked for alone. Servers often
// have a program of its own for each.
type source struct {
	op    Operation
	group string // of the ids
	spec  string
	each  func(check func(*node) string) judgeFunc
}

var (
	inList = source{OpRequests, "requests/record/", specRequests, onRequests}
	alone  = source{OpRequest, "request/record/", specRequest, onAlone}
)

// singleRules are those about records once more: what the list has wrong, too, is told there.
func singleRules() section {
	sec := recordRules(alone)
	for i, r := range sec.rules {
		sec.rules[i].Title = r.Title + ", alone"
		sec.rules[i].needs = append([]string{inList.group + strings.TrimPrefix(r.ID, alone.group)}, r.needs...)
	}
	return sec
}

// onAlone judges the request that is asked for by its id.
func onAlone(check func(*node) string) judgeFunc {
	return onItem(func(doc *node, x *exchange, r *node) outcome {
		rows := filledRows(doc, x.format)
		if len(rows) == 0 {
			return cannot("not judged: there is no request in the answer")
		}
		return judgeRows(rows, x, "request", check)
	})
}

// dates judges the form of one date: a server writes all of them alike, and is told of the first that is wrong.
func (on source) dates(name string) judgeFunc {
	j := on.each(instant(name))
	return func(s *session, f Format) outcome {
		o := j(s, f)
		if o.what == broke && !strings.HasPrefix(o.alike, oddRecord) {
			o.alike = "dates like " + layoutOf(o.record.value(name))
		}
		return o
	}
}

// layoutOf is a date with 9 for each of its figures, so that two of one layout are equal.
func layoutOf(v string) string {
	return strings.Map(func(c rune) rune {
		if '0' <= c && c <= '9' {
			return '9'
		}
		return c
	}, v)
}

// recordRules are about the fields of every request.
func recordRules(on source) section {
	return section{on.op, FeatureCore, on.spec, []rule{
		each(on.group+"service-request-id", Must, "Id of a request", "Every request has a service_request_id.",
			"a service_request_id that is not empty", on.each(filled("service_request_id"))),
		inJSON(on.group+"id-text", May, "Ids are strings", "A service_request_id is a string in JSON.",
			`"service_request_id":"638344"`, on.each(isKind("service_request_id", kindText))),
		each(on.group+"status", Must, "Status of a request", "The status of a request is open or closed.",
			"open or closed", on.each(oneOf("status", "open", "closed"))),
		each(on.group+"service-code", Must, "Code of a request's service", "Every request has the service_code of its service.",
			"a service_code that is not empty", on.each(filled("service_code"))),
		inJSON(on.group+"service-code-text", May, "Codes are strings", "A service_code is a string in JSON.",
			`"service_code":"006"`, on.each(isKind("service_code", kindText))),
		each(on.group+"service-code-known", Should, "Code is in the list of services", "The service_code of a request is one of the list of services.",
			"a code that is listed", judgeKnownCodes(on)).byCode(),
		each(on.group+"requested-datetime", Must, "Time of a request", "Every request has a requested_datetime.",
			"a requested_datetime that is not empty", on.each(filled("requested_datetime"))),
		each(on.group+"requested-datetime-form", Must, "Form of requested_datetime", "requested_datetime is a date and time with its zone, as in the W3C note.",
			"a form such as 2010-04-14T06:37:38-08:00", on.dates("requested_datetime")).at(specDates),
		each(on.group+"updated-datetime-form", Must, "Form of updated_datetime", "updated_datetime is a date and time with its zone, as in the W3C note.",
			"a form such as 2010-04-14T06:37:38-08:00", on.dates("updated_datetime")).at(specDates),
		each(on.group+"expected-datetime-form", Must, "Form of expected_datetime", "expected_datetime is a date and time with its zone, as in the W3C note.",
			"a form such as 2010-04-14T06:37:38-08:00", on.dates("expected_datetime")).at(specDates),
		each(on.group+"requested-past", Should, "Requests were made", "No request is made later than now.",
			"a requested_datetime that is not in the future", judgePast(on, "requested_datetime")).because(on.group + "requested-datetime-form"),
		each(on.group+"updated-past", Should, "Changes were made", "No request is updated later than now.",
			"an updated_datetime that is not in the future", judgePast(on, "updated_datetime")).because(on.group+"updated-datetime-form", on.group+"requested-past"),
		each(on.group+"updated-after-requested", Should, "Changes come later", "A request is not updated before it was made.",
			"updated_datetime not before requested_datetime", on.each(judgeOrderOfDates)).because(on.group + "requested-past"),
		each(on.group+"lat-long", Must, "Coordinates", "lat and long are degrees of WGS84: numbers up to 90 and up to 180.",
			"-90 ≤ lat ≤ 90, -180 ≤ long ≤ 180", on.each(allOf(degrees("lat", 90), degrees("long", 180)))),
		each(on.group+"lat-long-pair", Must, "Coordinates come in pairs", "A request has both lat and long, or neither.",
			"both or neither", on.each(func(r *node) string {
				if (r.value("lat") == "") != (r.value("long") == "") {
					return r.show("lat") + ", " + r.show("long")
				}
				return ""
			})),
		inJSON(on.group+"lat-long-number", Should, "Coordinates are numbers", "lat and long are numbers in JSON.",
			`"lat":37.76`, on.each(allOf(isKind("lat", kindNumber), isKind("long", kindNumber)))).at(specSpark).typed().because(on.group+"lat-long", "definition/attribute-order-number"),
		each(on.group+"location", Should, "A request is somewhere", "A request has an address, an address_id or coordinates, and not 0, 0 for coordinates that are not known.",
			"one of address, address_id, lat and long", on.each(func(r *node) string {
				switch {
				case r.value("address") == "" && r.value("address_id") == "" && r.value("lat") == "":
					return "none of them"
				case atZero(r):
					return r.show("lat") + ", " + r.show("long")
				}
				return ""
			})),
		each(on.group+"media-url", Must, "Media URL", "media_url is one absolute URL, if there is any.",
			"an http or https URL", on.each(func(r *node) string {
				if c := r.child("media_url"); c.blank() || isURL(c.scalar()) {
					return ""
				}
				return r.show("media_url")
			})),
		each(on.group+"description-length", Must, "Length of the description", "A description has 4000 characters at most.",
			"4000 characters or fewer", on.each(func(r *node) string {
				if n := utf8.RuneCountInString(r.value("description")); n > 4000 {
					return fmt.Sprintf("description has %d characters", n)
				}
				return ""
			})).at(specCreate),
		each(on.group+"texts", Must, "Texts are texts", "The other fields of a request are plain texts.",
			"no array and no object", on.each(plainText("service_name", "description", "status_notes", "service_notice", "address", "address_id", "zipcode"))),
		inJSON(on.group+"zipcode-text", May, "Zip codes are strings", "zipcode and address_id are strings in JSON, so that 01234 stays 01234.",
			`"zipcode":"01234"`, on.each(allOf(isKind("zipcode", kindText), isKind("address_id", kindText)))),
		each(on.group+"closed-updated", Should, "Time of closing", "A closed request has an updated_datetime, which says when it was closed.",
			"an updated_datetime that is not empty", on.each(func(r *node) string {
				if r.value("status") == "closed" && r.value("updated_datetime") == "" {
					return r.show("updated_datetime")
				}
				return ""
			})),
	}}
}

// atZero: coordinates of 0, 0 lie in the sea, and stand for none.
func atZero(r *node) bool {
	lat, err := strconv.ParseFloat(r.value("lat"), 64)
	long, e := strconv.ParseFloat(r.value("long"), 64)
	return err == nil && e == nil && lat == 0 && long == 0
}

// judgePast gives the city's clock a day. If most requests are of the future, it is our clock that is another one.
func judgePast(on source, name string) judgeFunc {
	return func(s *session, f Format) outcome {
		early := func(r *node, name string) bool {
			t, ok := instantOf(r.value(name))
			return ok && t.After(s.now.Add(day))
		}
		all, _ := s.sample()
		if n := len(slices.DeleteFunc(slices.Clone(all), func(r *node) bool { return !early(r, "requested_datetime") })); 2*n > len(all) {
			return cannot("the clock of the city is another than that of this check")
		}
		return on.each(func(r *node) string {
			if early(r, name) {
				return r.show(name)
			}
			return ""
		})(s, f)
	}
}

func judgeKnownCodes(on source) judgeFunc {
	return func(s *session, f Format) outcome {
		known := make(map[string]bool)
		for _, v := range s.servicesOf() {
			if code := v.value("service_code"); code != "" {
				known[code] = true
			}
		}
		if len(known) == 0 {
			return cannot("the city has no services to show")
		}
		return on.each(func(r *node) string {
			if code := r.value("service_code"); code != "" && !known[code] {
				return r.show("service_code")
			}
			return ""
		})(s, f)
	}
}
