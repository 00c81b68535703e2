package conformance

import "slices"

// answerRules are about the answers to filters as documents: many servers have a program of its own for them.
func answerRules() section {
	return section{OpRequests, FeatureFilters, specRequests, []rule{
		each("requests/filter/form", Must, "A filtered list is a list", "The answer to a filter has the form of the list without arguments.",
			"the root, the elements or the array of the list, and every request once", onFiltered(judgeForm)).
			because("requests/list/xml-root", "requests/list/xml-item", "requests/list/json-array", "requests/list/id-unique", "requests/filter/json-array", "requests/filter/nothing").last(),
		each("requests/filter/same-values", Should, "The same as without a filter", "A request has the values in a filtered list that it has in the list without arguments.",
			"the same values", onFiltered(judgeFilteredValues)).
			because("requests/filter/form", "request/same-as-list", "encoding/utf-8").compares(OpRequests).last(),
	}}
}

// filters are the arguments that choose requests.
var filters = []string{"service_request_id", "service_code", "status", "start_date", "end_date"}

// onFiltered applies a check to the answers to filters that went well and have requests in them.
func onFiltered(check func(s *session, x *exchange) outcome) judgeFunc {
	return func(s *session, f Format) outcome {
		seen := false
		for _, x := range slices.Clone(s.log) {
			if x.op != OpRequests || x.format != f || !x.ok() || x.doc == nil || looksLikeErrors(x.doc) || len(itemsOf(x.doc, f)) == 0 ||
				!slices.ContainsFunc(filters, func(name string) bool { return x.query.Get(name) != "" }) {
				continue
			}
			seen = true
			if o := check(s, x); !good(o) {
				return o
			}
		}
		if !seen {
			return cannot("no filter was answered with a request")
		}
		return fine
	}
}

func judgeForm(_ *session, x *exchange) outcome {
	if x.format == FormatXML {
		if x.doc.name != "service_requests" {
			return broken(x, "the root element is <%s>", x.doc.name)
		}
		if o := judgeRows(x.doc.kids, x, "element", elementWith("request")); !good(o) {
			return o
		}
	} else if o := arrayOfObjects(x.doc, x); !good(o) {
		return o
	}
	return judgeRows(rowsOf(x.doc, x.format), x, "request", unique("service_request_id"))
}

// judgeFilteredValues compares what both lists have of a request. One that has changed in between is no fault.
func judgeFilteredValues(s *session, x *exchange) outcome {
	all, o := s.listed(x.format)
	if !good(o) {
		return o
	}
	byID := make(map[string]*node, len(all))
	for _, r := range all {
		byID[r.value("service_request_id")] = r
	}
	for _, r := range rowsOf(x.doc, x.format) {
		other := byID[r.value("service_request_id")]
		if other == nil {
			continue
		}
		name := otherValue(other, r)
		for _, k := range other.kids {
			if name == "" && !k.blank() && r.child(k.name).blank() {
				name = k.name
			}
		}
		if name == "" || s.changed(listCall(x.format, nil), other) {
			continue
		}
		o := broken(x, "request %s: %s, without a filter %s", r.value("service_request_id"), r.show(name), other.show(name)).showing(r.value("service_request_id"), name)
		o.about = []string{name}
		return o
	}
	return fine
}
