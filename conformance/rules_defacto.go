package conformance

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// What is not in the specification is Unsupported where a server does not do it, or does it in its own
// way, unless the target declares the feature.
func deFactoRules() section {
	return section{OpRequests, FeatureCore, specExtensions, []rule{
		once("paging/page-size", DeFacto, "Size of a page", "page_size says how many requests are listed.",
			"as many requests as page_size says", judgePageSize).at(specPaging).of(FeaturePaging),
		once("paging/page", DeFacto, "The next page", "page=1 begins as the list does, and page=2 lists the requests behind those of page=1.",
			"other requests than on the first page", judgeNextPage).at(specPaging).of(FeaturePaging),
		once("paging/in-order", DeFacto, "Pages follow each other", "Two pages have the requests, in their order, of one page of twice the size.",
			"the same requests in the same order", judgePageOrder).at(specPaging).of(FeaturePaging),
		once("paging/beyond-end", DeFacto, "Behind the last page", "Behind the last page there are no requests.",
			"an empty list", judgeBeyondEnd).at(specPaging).of(FeaturePaging),
		once("changed/updated-after", DeFacto, "Filter by updated_after", "updated_after lists the requests that were updated after it, and no others.",
			"only requests updated after it", judgeChanged("updated_after")).at(specChanged).of(FeatureChanged),
		once("changed/updated-before", DeFacto, "Filter by updated_before", "updated_before lists the requests that were updated before it, and no others.",
			"only requests updated before it", judgeChanged("updated_before")).at(specChanged).of(FeatureChanged),
		each("extensions/extended-attributes", DeFacto, "Extended attributes", "With extensions=true requests have extended_attributes.",
			"an extended_attributes object", judgeExtended).of(FeatureExtensions),
		each("extensions/on-demand", DeFacto, "Extended attributes on demand", "Without extensions=true there are no extended_attributes.",
			"no extended_attributes", judgeOnDemand).of(FeatureExtensions),
		once("media/upload", DeFacto, "Upload of a picture", "A report may have a picture in its part media, which the request shows as its media_url.",
			"a media_url that is not empty", judgeUpload).because("create/accepted").at(specMedia).of(FeatureMedia),
	}}
}

const pageSize = 5

// page asks for a page. A refusal says that there is no paging.
func (s *session) page(n, size int) ([]string, *exchange, outcome) {
	all, o := s.sample()
	if !good(o) {
		return nil, nil, o
	}
	if len(all) <= 3*pageSize {
		return nil, nil, cannot("the city has %s: too few for pages", plain.Count(len(all), "request"))
	}
	rows, x, o := s.filtered(s.plain(), url.Values{"page": {strconv.Itoa(n)}, "page_size": {strconv.Itoa(size)}})
	return keysOf(rows, "service_request_id"), x, o
}

func judgePageSize(s *session) outcome {
	ids, x, o := s.page(1, pageSize)
	if good(o) && len(ids) != pageSize {
		return broken(x, "%d requests with page_size=%d", len(ids), pageSize)
	}
	return o
}

func judgeNextPage(s *session) outcome {
	first, from, o := s.page(1, pageSize)
	if !good(o) {
		return o
	}
	if all := s.afresh(listCall(s.plain(), nil)); len(missing(keysOf(all[:min(len(all), pageSize)], "service_request_id"), first)) >= pageSize {
		return broken(from, "none of the first %d requests of the list are on page 1", pageSize)
	}
	second, x, o := s.page(2, pageSize)
	if !good(o) {
		return o
	}
	// One request may have come in between the calls and have moved the others.
	if len(second) == 0 || len(missing(second, first)) < len(second)-1 {
		return broken(x, "%d of the %d requests of page 2 are on page 1, too", len(second)-len(missing(second, first)), len(second))
	}
	return fine
}

func judgePageOrder(s *session) outcome {
	first, _, o := s.page(1, pageSize)
	if !good(o) {
		return o
	}
	second, _, o := s.page(2, pageSize)
	if !good(o) {
		return o
	}
	both, x, o := s.page(1, 2*pageSize)
	if good(o) && !slices.Equal(slices.Concat(first, second), both) {
		return broken(x, "pages 1 and 2 of %d are not page 1 of %d", pageSize, 2*pageSize)
	}
	return o
}

func judgeBeyondEnd(s *session) outcome {
	if ids, _, o := s.page(1, pageSize); !good(o) {
		return o
	} else if len(ids) > 2*pageSize {
		return cannot("there are no pages")
	}
	ids, x, o := s.page(100000, pageSize)
	switch {
	case o.what == broke && x.status == 404:
		return fine // many servers say it that way
	case !good(o):
		return o
	case len(ids) > 0:
		return broken(x, "%s on page 100000", plain.Count(len(ids), "request"))
	}
	return fine
}

// judgeChanged takes the middle of the updates that the list shows.
func judgeChanged(name string) func(*session) outcome {
	return func(s *session) outcome {
		all, o := s.sample()
		if !good(o) {
			return o
		}
		var times []time.Time
		for _, r := range all {
			if t, ok := instantOf(r.value("updated_datetime")); ok {
				times = append(times, t)
			}
		}
		slices.SortFunc(times, time.Time.Compare)
		if len(times) < 4 || !times[0].Before(times[len(times)/2]) || !times[len(times)/2].Before(times[len(times)-1]) {
			return cannot("the requests were updated at too few times to tell")
		}
		at := times[len(times)/2].UTC().Truncate(time.Second)
		rows, x, o := s.filtered(s.plain(), url.Values{name: {stamp(at)}})
		if !good(o) {
			return o
		}
		return judgeRows(rows, x, "request", func(r *node) string {
			t, ok := instantOf(r.value("updated_datetime"))
			if ok && (name == "updated_after" && t.Before(at) || name == "updated_before" && t.After(at)) {
				return r.show("updated_datetime") + ", asked for was " + name + " " + stamp(at)
			}
			return ""
		})
	}
}

func extendedCall(f Format) call { return listCall(f, url.Values{"extensions": {"true"}}) }

func extended(rows []*node) int {
	n := 0
	for _, r := range rows {
		if c := r.child("extended_attributes"); c != nil && c.kind == kindObject {
			n++
		}
	}
	return n
}

func judgeExtended(s *session, f Format) outcome {
	if _, _, o := s.some(listCall(f, nil), "requests"); !good(o) {
		return o
	}
	rows, x, o := s.some(extendedCall(f), "requests")
	if good(o) && extended(rows) == 0 {
		return broken(x, "none of %d requests has extended_attributes", len(rows))
	}
	return o
}

func judgeOnDemand(s *session, f Format) outcome {
	if o := judgeExtended(s, f); !good(o) {
		if o.what == broke {
			return cannot("there are no extended_attributes")
		}
		return o
	}
	rows, x, o := s.some(listCall(f, nil), "requests")
	if good(o) && extended(rows) > 0 {
		return broken(x, "%d of %d requests have extended_attributes", extended(rows), len(rows))
	}
	return o
}

func judgeUpload(s *session) outcome {
	f := s.plain()
	fl := s.file("picture", f, s.without(func(form url.Values) string {
		form.Del("media_url")
		form.Set(picturePart, "")
		return ""
	}))
	if o := judgeAccepted(fl); !good(o) {
		return o
	}
	if fl.id == "" {
		return cannot("not judged: the report got no id")
	}
	rows, x, o := s.rows(itemCall(f, fl.id))
	switch {
	case !good(o):
		return o
	case len(rows) != 1 || rows[0].child("media_url").blank():
		return broken(x, "the request has no media_url")
	}
	return fine
}

func updateRules() section {
	return section{OpUpdates, FeatureUpdates, specUpdates, []rule{
		each("updates/served", DeFacto, "List of updates", "servicerequestupdates lists the updates of requests.",
			"status 200 and a document", func(s *session, f Format) outcome {
				if !s.speaks(f) {
					return cannot("the server does not answer in %s", upper(f))
				}
				return judgeServed(updatesCall(f, nil))(s, f)
			}),
		inXML("updates/xml-root", DeFacto, "XML root of the updates", "The root element of the list is service_request_updates.",
			"<service_request_updates>", judgeRoot(updatesCall(FormatXML, nil), "service_request_updates")),
		inXML("updates/xml-item", DeFacto, "XML element of an update", "Every update is a request_update element.",
			"<request_update>", judgeItem(updatesCall(FormatXML, nil), "request_update")),
		inJSON("updates/json-array", DeFacto, "JSON form of the updates", "In JSON the list is an array of objects.",
			"[{…},…]", judgeArray(updatesCall(FormatJSON, nil))),
		each("updates/ids", DeFacto, "Ids of an update", "Every update has an update_id and the service_request_id of its request.",
			"both ids", onUpdates(allOf(filled("update_id"), filled("service_request_id")))),
		each("updates/status", DeFacto, "Status of an update", "Every update has a status.",
			"a status that is not empty", onUpdates(filled("status"))),
		each("updates/datetime", DeFacto, "Time of an update", "Every update has an updated_datetime, with its zone.",
			"a form such as 2010-04-14T06:37:38-08:00", onUpdates(allOf(filled("updated_datetime"), instant("updated_datetime")))),
		once("updates/dates", DeFacto, "Filter of updates by dates", "start_date and end_date list the updates of that time, and no others.",
			"only updates of that time", judgeUpdateDates),
		once("updates/formats-equal", DeFacto, "XML and JSON agree on updates", "XML and JSON list the same updates, with the same values.",
			"the same updates", func(s *session) outcome {
				x, _, o := s.rows(updatesCall(FormatXML, nil))
				if !good(o) {
					return o
				}
				j, at, o := s.rows(updatesCall(FormatJSON, nil))
				if !good(o) {
					return o
				}
				return judgeSame(x, j, "update_id", at)
			}),
	}}
}

func updatesCall(f Format, query url.Values) call {
	return call{op: OpUpdates, format: f, path: "servicerequestupdates", query: query}
}

func onUpdates(check func(*node) string) judgeFunc {
	return func(s *session, f Format) outcome {
		rows, x, o := s.some(updatesCall(f, nil), "updates")
		if !good(o) {
			return o
		}
		return judgeRows(rows, x, "update", check)
	}
}

func judgeUpdateDates(s *session) outcome {
	f := s.plain()
	all, _, o := s.some(updatesCall(f, nil), "updates")
	if !good(o) {
		return o
	}
	t, ok := instantOf(all[len(all)/2].value("updated_datetime"))
	if !ok {
		return cannot("an updated_datetime cannot be read")
	}
	from, to := t.UTC().Add(-time.Minute), t.UTC().Add(time.Minute)
	rows, x, o := s.rows(updatesCall(f, url.Values{"start_date": {stamp(from)}, "end_date": {stamp(to)}}))
	if !good(o) {
		return o
	}
	return judgeRows(rows, x, "update", func(r *node) string {
		if t, ok := instantOf(r.value("updated_datetime")); ok && (t.Before(from) || t.After(to)) {
			return r.show("updated_datetime")
		}
		return ""
	})
}
