package conformance

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-open311/open311/internal/plain"
)

// togetherRules are about several filters at once, and about those that match one request or none.
func togetherRules() section {
	return section{OpRequests, FeatureFilters, specRequests, []rule{
		each("requests/filter/together", Must, "Filters count together", "Of several arguments all count: a request has to match each.",
			"only requests that match all arguments", judgeTogether).because("requests/record/status", "requests/filter/service-code", "requests/filter/dates", "requests/filter/status-open", "requests/filter/status-closed"),
		each("requests/filter/unknown-service", Must, "Filter by an unknown service", "service_code of a service that does not exist lists no requests.",
			"an empty list, or an error", judgeNobody("service_code")).because("requests/filter/service-code"),
		each("requests/filter/unknown-id", Must, "Filter by an unknown id", "service_request_id of a request that does not exist lists no requests.",
			"an empty list, or an error", judgeNobody("service_request_id")).because("requests/filter/id"),
		inJSON("requests/filter/json-array", Must, "One request is a list", "In JSON a list of one request is an array, too.",
			"[{…}]", judgeListOfOne).at(specSpark).because("requests/list/json-array"),
		each("requests/list/all-statuses", Must, "Open and closed", "Without a status requests are listed whatever their status is.",
			"closed requests among those of the same time", judgeAllStatuses).because("requests/record/status", "requests/filter/status-closed"),
	}}
}

// judgeTogether asks for the open requests of a service, and for those of a time, where the list has others of it.
func judgeTogether(s *session, f Format) outcome {
	all, o := s.listed(f)
	if !good(o) {
		return o
	}
	from, to, ok := middle(all)
	seen := false
	for _, second := range []struct {
		what  string
		query url.Values
		match func(r *node) bool
		skip  bool
	}{
		{"open", url.Values{"status": {"open"}}, func(r *node) bool { return r.value("status") == "open" }, false},
		{"requested between " + stamp(from) + " and " + stamp(to), url.Values{"start_date": {stamp(from)}, "end_date": {stamp(to)}}, func(r *node) bool {
			t, ok := instantOf(r.value("requested_datetime"))
			return ok && !t.Before(from) && !t.After(to)
		}, !ok},
	} {
		// An argument shows that it counts by leaving something out.
		codes := slices.DeleteFunc(s.knownCodes(all), func(code string) bool {
			is := func(want bool) bool {
				return slices.ContainsFunc(all, func(r *node) bool { return r.value("service_code") == code && second.match(r) == want })
			}
			return !is(true) || !is(false)
		})
		if second.skip || len(codes) == 0 {
			continue
		}
		seen = true
		second.query.Set("service_code", codes[0])
		match := func(r *node) bool { return r.value("service_code") == codes[0] && second.match(r) }
		sure := func(r *node) bool { // whether the ends belong to a range is not said
			t, ok := instantOf(r.value("requested_datetime"))
			return match(r) && ok && !t.Equal(from) && !t.Equal(to)
		}
		if o := s.judgeFilter(f, second.query, second.what+" and of service "+codes[0], match, sure); !good(o) {
			return o
		}
	}
	if !seen {
		return cannot("the requests are too few, or too much alike, to tell one filter from another")
	}
	return fine
}

// judgeNobody asks for what is not there. An error says so, too.
func judgeNobody(name string) judgeFunc {
	return func(s *session, f Format) outcome {
		if _, o := s.listed(f); !good(o) {
			return o
		}
		x, o := s.reach(listCall(f, url.Values{name: {nobody}}))
		if !good(o) || !x.ok() || x.doc == nil || looksLikeErrors(x.doc) {
			return o
		}
		if ids := keysOf(rowsOf(x.doc, f), "service_request_id"); len(ids) > 0 {
			return broken(x, "%s with %s=%s: %s", plain.Count(len(ids), "request"), name, nobody, few(ids))
		}
		return fine
	}
}

func judgeListOfOne(s *session, f Format) outcome {
	all, o := s.listed(f)
	if !good(o) {
		return o
	}
	ids := plainIDs(all)
	if len(ids) < 2 {
		return cannot("the city has %s", plain.Count(len(ids), "request"))
	}
	x, o := s.reach(listCall(f, url.Values{"service_request_id": {ids[1]}}))
	if !good(o) || !x.ok() || x.doc == nil {
		return o
	}
	return arrayOfObjects(x.doc, x)
}

// judgeAllStatuses looks for closed requests that the list without arguments passes over.
func judgeAllStatuses(s *session, f Format) outcome {
	rows, x, o := s.some(listCall(f, nil), "requests")
	if !good(o) {
		return o
	}
	if slices.ContainsFunc(rows, func(r *node) bool { return r.value("status") == "closed" }) {
		return fine
	}
	closed, _, o := s.filtered(f, url.Values{"status": {"closed"}})
	if !good(o) {
		return cannot("not judged: status=closed is refused")
	}
	newest, oldest, _ := bounds(rows)
	var lost []string
	for _, r := range closed {
		if t, ok := instantOf(r.value("requested_datetime")); ok && t.After(oldest) && t.Before(newest) && r.value("status") == "closed" {
			lost = append(lost, r.value("service_request_id"))
		}
	}
	if len(lost) < fewRows {
		return cannot("the city has no closed requests to show")
	}
	return broken(x, "all %d requests are open, and there are closed ones of the same time: %s", len(rows), few(lost))
}

// emptyList says what is wrong with the answer to a query that nothing matches.
func emptyList(doc *node, f Format) string {
	switch {
	case len(keysOf(rowsOf(doc, f), "service_request_id")) > 0: // the filter's business
	case f == FormatXML && doc.name != "service_requests":
		return "the root element is <" + doc.name + ">"
	case f == FormatJSON && doc.kind != kindList:
		return "the answer is " + describe(doc)
	case len(doc.kids) > 0:
		return fmt.Sprintf("%s without a request", plain.Count(len(doc.kids), "record"))
	}
	return ""
}

// metadataRules: what the list of services says about definitions has to be so.
func metadataRules() section {
	return section{OpDefinition, FeatureDefinitions, specServices, []rule{
		once("definition/metadata/false", Must, "Metadata false means none needed", "A service whose metadata is false has no definition with an attribute that is required.",
			"metadata true, or no required attribute", judgeMetadataFalse),
		each("services/list/keywords-commas", Should, "Commas between keywords", "keywords has commas between the words, and no other signs.",
			"a text such as lamp,dark", onServices(func(r *node) string {
				v := r.value("keywords")
				if strings.ContainsAny(v, ";|") && !strings.Contains(v, ",") {
					return r.show("keywords")
				}
				return ""
			})).op(OpServices),
	}}
}

// maxUndefined is how many definitions are asked for that should not be needed.
const maxUndefined = 3

func judgeMetadataFalse(s *session) outcome {
	f, seen := FormatXML, 0
	if s.answersIn(servicesCall(FormatJSON)) { // the list of requests is asked for later, in both formats one after the other
		f = FormatJSON
	}
	for _, v := range s.servicesOf() {
		if v.value("metadata") != "false" || v.value("service_code") == "" || seen == maxUndefined {
			continue
		}
		seen++
		x := s.get(definitionCall(f, v.value("service_code")))
		if !x.ok() || x.doc == nil {
			continue
		}
		for _, a := range attributesOf(x.doc) {
			if a.value("required") == "true" && a.value("variable") == "true" {
				return broken(x, "service %s has metadata false, and its definition requires the attribute %s", v.value("service_code"), a.value("code"))
			}
		}
	}
	if seen == 0 {
		return cannot("no service has metadata false")
	}
	return fine
}
