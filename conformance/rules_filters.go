package conformance

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// The filters are tried in both formats: many servers have a program of its own for each.
func filterRules() section {
	return section{OpRequests, FeatureFilters, specRequests, []rule{
		each("requests/filter/status-open", Must, "Filter by status open", "status=open lists the open requests, and no others.",
			"only requests that are open", judgeStatus("open")).because("requests/record/status", "requests/list/id-unique"),
		each("requests/filter/status-closed", Must, "Filter by status closed", "status=closed lists the closed requests, and no others.",
			"only requests that are closed", judgeStatus("closed")).because("requests/record/status", "requests/list/id-unique", "requests/filter/status-open"),
		each("requests/filter/status-both", Must, "Filter by two statuses", "status takes several words with commas between them.",
			"the requests of the list without arguments", several(judgeStatus("open,closed"))).because("requests/record/status"),
		each("requests/filter/service-code", Must, "Filter by service", "service_code lists the requests of one service, and no others.",
			"only requests of that service", judgeCodes(1)).because("requests/list/id-unique").byCode(),
		each("requests/filter/service-code-list", Must, "Filter by two services", "service_code takes several codes with commas between them.",
			"the requests of both services, and no others", several(judgeCodes(2))).because("requests/list/id-unique", "requests/filter/service-code"),
		each("requests/filter/dates", Must, "Filter by dates", "start_date and end_date list the requests that were made between them, and no others.",
			"only requests of that time", judgeRange).because("requests/list/id-unique"),
		each("requests/filter/start-date", Must, "Filter by start_date alone", "start_date alone lists no request that was made before it.",
			"no request before it", judgeEnd("start_date")),
		each("requests/filter/end-date", Must, "Filter by end_date alone", "end_date alone lists no request that was made after it.",
			"no request after it", judgeEnd("end_date")),
		each("requests/filter/date-zone", Must, "Dates have a zone", "A date in another zone means the same instant.",
			"the same requests as with Z", judgeZone).at(specDates),
		each("requests/filter/bad-date", Should, "A date that is none", "A date that cannot be read is an error.",
			"status 400", judgeBadDate).of(FeatureErrors).at(specErrors).because("requests/filter/start-date"),
		each("requests/filter/span-90-days", Should, "Range of more than 90 days", "A range of dates spans 90 days at most.",
			"an error, or requests of no more than 90 days", judgeSpan).because("requests/list/default-90-days"),
		each("requests/filter/id", Must, "Filter by id", "service_request_id lists that request, and no other.",
			"the one request", judgeIDs(1)),
		each("requests/filter/id-list", Must, "Filter by several ids", "service_request_id takes several ids with commas between them.",
			"all of them, and no others", several(judgeIDs(3))).because("requests/list/id-unique", "requests/filter/id"),
		each("requests/filter/id-overrides", Must, "Ids override other filters", "If there is a service_request_id, the other arguments do not count.",
			"the requests with these ids", judgeOverride).because("requests/filter/id"),
		each("requests/filter/empty-arguments", Must, "Empty arguments", "An argument without a value is the same as none.",
			"the requests of the list without arguments", judgeEmptyArguments).at(specArguments),
		each("requests/filter/nothing", Must, "Nothing found", "A query that no request matches is answered with an empty list.",
			"status 200 and an empty list", judgeNothing).because("requests/filter/dates", "requests/list/xml-root", "requests/list/xml-item", "requests/list/json-array"),
	}}.choosing()
}

// sample is the list without arguments, in the format for what is the same in both.
func (s *session) sample() ([]*node, outcome) { return s.listed(s.plain()) }

// listed is the list without arguments, in a format.
func (s *session) listed(f Format) ([]*node, outcome) {
	rows, _, o := s.some(listCall(f, nil), "requests")
	return rows, o
}

// filtered asks for a part of the list. If it is refused, the filter does not work.
func (s *session) filtered(f Format, query url.Values) ([]*node, *exchange, outcome) {
	x, o := s.reach(listCall(f, query))
	switch {
	case !good(o):
		return nil, x, o
	case !x.ok():
		return nil, x, broken(x, "status %d", x.status)
	case x.broken != nil:
		return nil, x, broken(x, "%v", x.broken).by("encoding/" + string(f) + "-well-formed")
	case x.doc == nil:
		return nil, x, broken(x, "an answer that is no %s", upper(f))
	case looksLikeErrors(x.doc):
		return nil, x, x.falseError()
	}
	return filledRows(x.doc, f), x, fine
}

// judgeFilter asks for the requests that match, and wants no others, and all of those for which this is sure.
// A list may end at the size that the unfiltered one has, which is the server's page.
func (s *session) judgeFilter(f Format, query url.Values, what string, match, sure func(*node) bool) outcome {
	all, o := s.listed(f)
	if !good(o) {
		return o
	}
	rows, x, o := s.filtered(f, query)
	if !good(o) {
		return o
	}
	for i, r := range rows {
		if !match(r) {
			return broken(x, "request no. %d%s is not %s: %s, %s", i+1, naming(r), what, r.show("status"), r.show("service_code")+", "+r.show("requested_datetime")).showing(r.value("service_request_id"))
		}
	}
	var want []string
	for _, r := range all {
		if sure(r) && r.value("service_request_id") != "" {
			want = append(want, r.value("service_request_id"))
		}
	}
	lost := missing(want, keysOf(rows, "service_request_id"))
	if len(rows) >= len(all) || len(lost) == 0 {
		return fine
	}
	// Before it is called a fault: the request may have changed since the list was fetched.
	for _, id := range lost[:min(len(lost), 2)] {
		now, _, o := s.rows(itemCall(f, id))
		if good(o) && len(now) == 1 && !match(now[0]) {
			return fine
		}
	}
	o = broken(x, "%d of the %d requests that are %s are not there: %s", len(lost), len(want), what, few(lost))
	if len(itemsOf(x.doc, f)) > len(rows) { // they may be what can be read as no request
		o = o.by("requests/filter/form")
	}
	return o
}

func judgeStatus(words string) judgeFunc {
	return func(s *session, f Format) outcome {
		list := strings.Split(words, ",")
		all, o := s.listed(f)
		if !good(o) {
			return o
		}
		// A filter shows that it works by leaving something out.
		if len(list) == 1 && !slices.ContainsFunc(all, func(r *node) bool { return r.value("status") != words }) {
			return cannot("all requests are %s: whether others would be left out does not show", words)
		}
		match := func(r *node) bool { return slices.Contains(list, strings.ToLower(r.value("status"))) }
		return s.judgeFilter(f, url.Values{"status": {words}}, words, match, match)
	}
}

// codesOf returns the service codes of some records, the most frequent first.
func codesOf(rows []*node) []string {
	count := make(map[string]int)
	var codes []string
	for _, r := range rows {
		code := r.value("service_code")
		// A comma in a code cannot be told from one between two codes.
		if code == "" || strings.Contains(code, ",") {
			continue
		}
		if count[code] == 0 {
			codes = append(codes, code)
		}
		count[code]++
	}
	slices.SortStableFunc(codes, func(a, b string) int { return count[b] - count[a] })
	return codes
}

func judgeCodes(n int) judgeFunc {
	return func(s *session, f Format) outcome {
		all, o := s.listed(f)
		if !good(o) {
			return o
		}
		codes := s.knownCodes(all)
		if len(codes) <= n {
			return cannot("the requests are of %s: whether others would be left out does not show", plain.Count(len(codes), "service"))
		}
		codes = codes[1 : n+1]
		match := func(r *node) bool { return slices.Contains(codes, r.value("service_code")) }
		return s.judgeFilter(f, url.Values{"service_code": {strings.Join(codes, ",")}}, "of service "+strings.Join(codes, " or "), match, match)
	}
}

// middle returns two instants between which there is a part of the requests, at whole minutes.
func middle(rows []*node) (from, to time.Time, ok bool) {
	var times []time.Time
	for _, r := range rows {
		if t, ok := instantOf(r.value("requested_datetime")); ok {
			times = append(times, t)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	if len(times) > 0 {
		// A city that lists more than 90 days may still refuse to be asked for them.
		newest := times[len(times)-1]
		times = slices.DeleteFunc(times, func(t time.Time) bool { return newest.Sub(t) > safeSpan })
	}
	if len(times) < 4 {
		return from, to, false
	}
	from, to = closest(times, len(times)/4, -1, 0), closest(times, len(times)*3/4, 1, time.Minute)
	return from, to, times[0].Before(from) && times[len(times)-1].After(to)
}

// closest returns the minute of one of the times about the i-th: of the one whose neighbour on a side is nearest to it,
// and in another minute. A server that counts whole hours or days is found by that.
func closest(times []time.Time, i, side int, more time.Duration) time.Time {
	minute := func(k int) time.Time { return times[k].UTC().Truncate(time.Minute).Add(more) }
	gap := func(k int) time.Duration {
		if d := minute(k).Sub(times[k+side]) * time.Duration(-side); d > 0 {
			return d
		}
		return math.MaxInt64
	}
	best := i
	for k := max(i-len(times)/8, 1); k <= min(i+len(times)/8, len(times)-2); k++ {
		if gap(k) < gap(best) {
			best = k
		}
	}
	return minute(best)
}

// safeSpan is a range that is shorter than 90 days in every zone.
const safeSpan = span - 2*slack

func stamp(t time.Time) string { return t.Format(time.RFC3339) }

// judgeDates takes a range from the middle of the list. How far it reaches if one end is missing the
// specification does not say: 90 days, at least.
func judgeDates(names ...string) judgeFunc {
	return func(s *session, f Format) outcome {
		all, o := s.listed(f)
		if !good(o) {
			return o
		}
		from, to, ok := middle(all)
		if !ok {
			return cannot("the requests are too few, or made too close together, to tell a range from the whole")
		}
		query := make(url.Values)
		what := "requested"
		if slices.Contains(names, "start_date") {
			query.Set("start_date", stamp(from))
			what += " after " + stamp(from)
		} else {
			from = to.Add(-safeSpan)
		}
		if slices.Contains(names, "end_date") {
			query.Set("end_date", stamp(to))
			what += " before " + stamp(to)
		} else {
			to = from.Add(safeSpan)
		}
		return s.judgeFilter(f, query, what, func(r *node) bool {
			t, ok := instantOf(r.value("requested_datetime"))
			return !ok || (query.Get("start_date") == "" || !t.Before(from)) && (query.Get("end_date") == "" || !t.After(to))
		}, func(r *node) bool {
			t, ok := instantOf(r.value("requested_datetime"))
			// Requests at the very ends may be in or out: the specification does not say which.
			return ok && t.After(from) && t.Before(to)
		})
	}
}

func judgeZone(s *session, f Format) outcome {
	all, o := s.listed(f)
	if !good(o) {
		return o
	}
	from, to, ok := middle(all)
	if !ok {
		return cannot("the requests are too few, or made too close together, to tell one range from another")
	}
	utc, _, o := s.filtered(f, url.Values{"start_date": {stamp(from)}, "end_date": {stamp(to)}})
	if !good(o) {
		return cannot("not judged: dates in UTC are refused")
	}
	zone := time.FixedZone("", 9*60*60)
	rows, x, o := s.filtered(f, url.Values{"start_date": {stamp(from.In(zone))}, "end_date": {stamp(to.In(zone))}})
	if !good(o) {
		return o
	}
	a, b := keysOf(utc, "service_request_id"), keysOf(rows, "service_request_id")
	if len(missing(a, b))+len(missing(b, a)) > 0 {
		return broken(x, "%s with +09:00, %d with Z; in one list only: %d", plain.Count(len(b), "request"), len(a), len(missing(a, b))+len(missing(b, a)))
	}
	return fine
}

func judgeSpan(s *session, f Format) outcome {
	if _, o := s.listed(f); !good(o) {
		return o
	}
	end := s.now.UTC().Truncate(time.Second)
	x, o := s.reach(listCall(f, url.Values{"start_date": {stamp(end.Add(-400 * day))}, "end_date": {stamp(end)}}))
	switch {
	case !good(o):
		return o
	case x.status/100 == 4:
		return fine
	case !x.ok():
		return x.wants(http.StatusOK, "")
	case x.doc == nil:
		return broken(x, "an answer that is no %s", upper(f))
	}
	if newest, oldest, name := bounds(rowsOf(x.doc, f)); newest.Sub(oldest) > span+slack {
		return broken(x, "request %s is %d days older than the newest one", name, newest.Sub(oldest)/day).showing(name, "requested_datetime")
	}
	return fine
}

func judgeIDs(n int) judgeFunc {
	return func(s *session, f Format) outcome {
		all, o := s.listed(f)
		if !good(o) {
			return o
		}
		ids := plainIDs(all)
		if len(ids) <= n {
			return cannot("the city has %s: whether others would be left out does not show", plain.Count(len(ids), "request"))
		}
		ids = ids[1 : n+1]
		rows, x, o := s.filtered(f, url.Values{"service_request_id": {strings.Join(ids, ",")}})
		if !good(o) {
			return o
		}
		return exactly(x, keysOf(rows, "service_request_id"), ids)
	}
}

// plainIDs leaves out ids with commas, which cannot stand in a list.
func plainIDs(rows []*node) []string {
	return slices.DeleteFunc(keysOf(rows, "service_request_id"), func(id string) bool { return strings.Contains(id, ",") })
}

func exactly(x *exchange, got, want []string) outcome {
	if m := missing(want, got); len(m) > 0 {
		return broken(x, "%s not among the %d requests listed", few(m), len(got))
	}
	if m := missing(got, want); len(m) > 0 {
		return broken(x, "%s listed as well, which nobody asked for", few(m))
	}
	return fine
}

// knownCodes is codesOf without those that the list of services does not have, if it has any: what stands there may be a name.
func (s *session) knownCodes(rows []*node) []string {
	services := keysOf(s.servicesOf(), "service_code")
	codes := codesOf(rows)
	if len(services) == 0 {
		return codes
	}
	return slices.DeleteFunc(codes, func(code string) bool { return !slices.Contains(services, code) })
}

// judgeOverride asks for a request by its id, with filters that it does not match.
func judgeOverride(s *session, f Format) outcome {
	all, o := s.listed(f)
	if !good(o) {
		return o
	}
	ids := plainIDs(all)
	if len(ids) < 2 {
		return cannot("the city has %s: whether others would be listed does not show", plain.Count(len(ids), "request"))
	}
	r := all[slices.IndexFunc(all, func(r *node) bool { return r.value("service_request_id") == ids[0] })]
	status := "closed"
	if r.value("status") == "closed" {
		status = "open"
	}
	query := url.Values{"service_request_id": {ids[0]}, "status": {status}}
	for _, code := range codesOf(all) {
		if code != r.value("service_code") {
			query.Set("service_code", code)
			break
		}
	}
	if t, ok := instantOf(r.value("requested_datetime")); ok {
		query.Set("end_date", stamp(t.UTC().Add(-day)))
		query.Set("start_date", stamp(t.UTC().Add(-2*day)))
	}
	rows, x, o := s.filtered(f, query)
	if !good(o) {
		return o
	}
	return exactly(x, keysOf(rows, "service_request_id"), ids[:1])
}

func judgeEmptyArguments(s *session, f Format) outcome {
	all, o := s.listed(f)
	if !good(o) {
		return o
	}
	query := url.Values{"service_request_id": {""}, "service_code": {""}, "status": {""}, "start_date": {""}, "end_date": {""}}
	rows, x, o := s.filtered(f, query)
	if !good(o) {
		return o
	}
	a, b := keysOf(all, "service_request_id"), keysOf(rows, "service_request_id")
	if len(missing(a, b))+len(missing(b, a)) == 0 {
		return fine
	}
	// What was there before and after should be there in between, and what was not, not.
	later := keysOf(s.afresh(listCall(f, nil)), "service_request_id")
	if lost := missing(a, slices.Concat(b, missing(a, later))); len(lost) > 0 {
		return broken(x, "%s with empty arguments, %d without: %s not there", plain.Count(len(b), "request"), len(a), few(lost))
	}
	if more := missing(b, slices.Concat(a, later)); len(more) > 0 {
		return broken(x, "%s with empty arguments, %d without: besides, %s", plain.Count(len(b), "request"), len(a), few(more))
	}
	return fine
}

func judgeBadDate(s *session, f Format) outcome {
	if _, _, o := s.rows(listCall(f, nil)); !good(o) {
		return o
	}
	x, o := s.reach(listCall(f, url.Values{"start_date": {"the day before yesterday"}}))
	if good(o) {
		o = x.wants(http.StatusBadRequest, "")
	}
	return o
}

// judgeNothing asks for a day before there were such servers. What it lists anyway is the business of the filter.
func judgeNothing(s *session, f Format) outcome {
	if _, o := s.listed(f); !good(o) {
		return o
	}
	x, o := s.reach(listCall(f, url.Values{"start_date": {"1971-01-01T00:00:00Z"}, "end_date": {"1971-01-02T00:00:00Z"}}))
	switch {
	case !good(o):
		return o
	case !x.ok():
		return broken(x, "status %d", x.status)
	case x.doc == nil || looksLikeErrors(x.doc):
		return broken(x, "an answer that is no list")
	}
	if text := emptyList(x.doc, f); text != "" {
		return broken(x, "%s", text)
	}
	return fine
}
