package open311test_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// TestListing asks the hamlet, whose clock stands at 2026-06-30T12:00:00Z.
func TestListing(t *testing.T) {
	tests := []struct {
		name, query string
		want        []string
	}{
		{"the last 90 days, newest first, ids downwards", "", []string{"b/5", "a3", "a2", "a1", "a4"}},
		{"empty parameters are absent", "start_date=&end_date=&status=&service_code=&service_request_id=", []string{"b/5", "a3", "a2", "a1", "a4"}},
		{"unknown parameters are ignored", "page=7&page_size=1&lat=x", []string{"b/5", "a3", "a2", "a1", "a4"}},
		{"one status", "status=closed", []string{"a1", "a4"}},
		{"status in capitals", "status=CLOSED", []string{"a1", "a4"}},
		{"both statuses", "status=open,closed", []string{"b/5", "a3", "a2", "a1", "a4"}},
		{"one code", "service_code=X", []string{"a3"}},
		{"codes", "service_code=X,%20B%2F2", []string{"a3", "a4"}},
		{"codes declared twice", "service_code=X&service_code=B%2F2", []string{"a3", "a4"}},
		{"a code in the wrong case", "service_code=x", []string{}},
		{"an unknown code", "service_code=nope", []string{}},
		{"code and status", "service_code=001,B%2F2&status=closed", []string{"a1", "a4"}},
		{"start is inclusive", "start_date=2026-06-01T08:00:00Z", []string{"b/5", "a3", "a2", "a1"}},
		{"just behind the start", "start_date=2026-06-01T08:00:01Z", []string{"b/5", "a3"}},
		{"end is inclusive", "end_date=2026-06-01T08:00:00Z", []string{"a2", "a1", "a4"}},
		{"just before the end", "end_date=2026-06-01T07:59:59Z", []string{"a4"}},
		{"zones count", "start_date=2026-06-02T04:00:00-04:00&end_date=2026-06-02T13:30:00%2B05:30", []string{"a3"}},
		{"a fraction of a second", "start_date=2026-06-01T08:00:00.5Z", []string{"b/5", "a3"}},
		{"without seconds", "start_date=2026-06-01T08:00Z", []string{"b/5", "a3", "a2", "a1"}},
		{"start alone means 90 days from there", "start_date=2025-05-20T00:00:00Z", []string{"old"}},
		{"end alone means 90 days up to there", "end_date=2025-06-30T00:00:00Z", []string{"old"}},
		{"exactly 90 days", "start_date=2026-04-01T12:00:00Z&end_date=2026-06-30T12:00:00Z", []string{"b/5", "a3", "a2", "a1", "a4"}},
		{"an empty range", "start_date=2026-06-01T08:00:00Z&end_date=2026-06-01T08:00:00Z", []string{"a2", "a1"}},
		{"one id", "service_request_id=a4", []string{"a4"}},
		{"ids, older than 90 days too", "service_request_id=a1,old,a3", []string{"a3", "a1", "old"}},
		{"an id twice", "service_request_id=a1,a1", []string{"a1"}},
		{"unknown ids are left out", "service_request_id=a1,zz", []string{"a1"}},
		{"only unknown ids", "service_request_id=zz", []string{}},
		{"an id with a slash", "service_request_id=b%2F5", []string{"b/5"}},
		{"ids override everything", "service_request_id=a4&status=open&service_code=X&start_date=2026-06-29T00:00:00Z", []string{"a4"}},
		{"ids override what is wrong, too", "service_request_id=a4&status=lost&start_date=monday", []string{"a4"}},
		{"commas without ids", "service_request_id=,%20,&status=closed", []string{"a1", "a4"}},
	}
	h := hamlet()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ids(t, get(h, "requests.json?"+tt.query))); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
}

func TestListingRefused(t *testing.T) {
	tests := []struct {
		name, query string
		want        []string // a part of each error
	}{
		{"more than 90 days", "start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:01Z", []string{"90 days"}},
		{"end before start", "start_date=2026-06-02T00:00:00Z&end_date=2026-06-01T00:00:00Z", []string{"end_date is before start_date"}},
		{"no date", "start_date=yesterday", []string{`start_date "yesterday"`}},
		{"no time", "end_date=2026-06-01", []string{`end_date "2026-06-01"`}},
		{"no zone", "end_date=2026-06-01T00:00:00", []string{"with a zone"}},
		{"a plus that became a blank", "start_date=2026-06-01T00:00:00+02:00", []string{"%2B"}},
		{"unknown status", "status=open,lost", []string{`status "lost"`}},
		{"all at once", "status=lost&start_date=a&end_date=b", []string{`"lost"`, `start_date "a"`, `end_date "b"`}},
	}
	h := hamlet()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantErrors(t, get(h, "requests.json?"+tt.query), http.StatusBadRequest, tt.want) })
	}
}

func TestDefaultWindowAndLimit(t *testing.T) {
	h := open311test.NewHandler()
	all := h.Requests()
	inSpan := func(from, to time.Time) []string {
		var want []string
		for _, r := range all {
			if !r.RequestedDatetime.Before(from) && !r.RequestedDatetime.After(to) {
				want = append(want, r.ID)
			}
		}
		return want
	}
	now := h.Now()
	want := inSpan(now.AddDate(0, 0, -90), now)
	if len(want) == 0 || len(want) >= 1000 {
		t.Fatalf("%d requests in 90 days: nothing to learn from that", len(want))
	}
	if diff := cmp.Diff(want, ids(t, get(h, "requests.json"))); diff != "" {
		t.Errorf("the last 90 days (-want +got):\n%s", diff)
	}

	winter := url.Values{"start_date": {"2026-01-01T00:00:00Z"}, "end_date": {"2026-04-01T00:00:00Z"}}
	want = inSpan(date("2026-01-01T00:00:00Z"), date("2026-04-01T00:00:00Z"))
	if len(want) <= 1000 {
		t.Fatalf("%d requests in winter: nothing to learn from that", len(want))
	}
	if diff := cmp.Diff(want[:1000], ids(t, get(h, "requests.json?"+winter.Encode()))); diff != "" {
		t.Errorf("more than 1000 requests (-want +got):\n%s", diff)
	}

	winter.Set("service_code", strings.Join(codes(h.Services()), ","))
	if got := ids(t, get(h, "requests.json?"+winter.Encode())); len(got) != 1000 {
		t.Errorf("with a filter: %d requests, want 1000", len(got))
	}
	var everything []string
	for _, r := range all {
		everything = append(everything, r.ID)
	}
	if got := ids(t, get(h, "requests.json?service_request_id="+strings.Join(everything, ","))); len(got) != 1000 {
		t.Errorf("by ids: %d requests, want 1000", len(got))
	}
}

func codes(services []open311.Service) []string {
	var list []string
	for _, v := range services {
		list = append(list, v.Code)
	}
	return list
}

func TestJurisdictions(t *testing.T) {
	tests := []struct {
		name, target string
		known        []string
		status       int
	}{
		{"none known, none given", "requests.json", nil, 200},
		{"none known, one given", "requests.json?jurisdiction_id=a.example", nil, 200},
		{"one known, none given", "requests.json", []string{"a.example"}, 200},
		{"one known, it is given", "requests.json?jurisdiction_id=a.example", []string{"a.example"}, 200},
		{"one known, another given", "requests.json?jurisdiction_id=b.example", []string{"a.example"}, 404},
		{"two known, none given", "services.json", []string{"a.example", "b.example"}, 400},
		{"two known, an empty one given", "services.json?jurisdiction_id=", []string{"a.example", "b.example"}, 400},
		{"two known, the second given", "services/001.json?jurisdiction_id=b.example", []string{"a.example", "b.example"}, 200},
		{"two known, another given", "tokens/x.json?jurisdiction_id=c.example", []string{"a.example", "b.example"}, 404},
		{"discovery needs none", "discovery.json", []string{"a.example", "b.example"}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := hamlet(open311test.WithJurisdictions(tt.known...))
			w := get(h, tt.target)
			if w.Code != tt.status {
				t.Errorf("status %d, want %d: %s", w.Code, tt.status, w.Body)
			}
			if tt.status != 200 && !slices.ContainsFunc(rows(t, w), func(r row) bool { return strings.Contains(r.Description, "jurisdiction_id") }) {
				t.Errorf("no error names jurisdiction_id: %s", w.Body)
			}
		})
	}
}
