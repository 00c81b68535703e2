package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-open311/open311"
)

// sentQuery lists requests at a city that knows no one, and returns the query as it was sent.
func sentQuery(t *testing.T, q *open311.Query, opts ...open311.Option) string {
	t.Helper()
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[]") })
	if _, err := city.client(t, opts...).Requests.List(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	path, query, _ := strings.Cut(city.last(t).URI, "?")
	if path != "/v2/requests.json" {
		t.Errorf("asked for %s, want /v2/requests.json", path)
	}
	return query
}

// TestListOneState: of a server that takes one state a call the dialect's states are not asked for at once.
func TestListOneState(t *testing.T) {
	for _, tt := range []struct {
		statuses []open311.Status
		query    open311.Query
		want     string
	}{
		{[]open311.Status{"open", "closed"}, open311.Query{}, ""},
		{[]open311.Status{"all"}, open311.Query{}, "all"},
		{[]open311.Status{"open", "closed"}, open311.Query{Statuses: []open311.Status{"closed"}}, "closed"},
	} {
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			if got := r.URL.Query().Get("status"); got != tt.want {
				t.Errorf("%v, %v: status=%s, want %s", tt.statuses, tt.query.Statuses, got, tt.want)
			}
			return stubReply(r, 200, "application/json", "[]"), nil
		}, open311.WithDialect(open311.Dialect{OneValue: []string{"status"}, Statuses: tt.statuses}))
		if _, err := c.Requests.List(t.Context(), &tt.query); err != nil {
			t.Error(err)
		}
	}
}

func TestListParameters(t *testing.T) {
	berlin := time.FixedZone("CEST", 2*60*60)
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		q    *open311.Query
		want string
	}{
		{"nil", nil, ""},
		{"zero", &open311.Query{}, ""},
		{"one id", &open311.Query{IDs: []string{"638344"}}, "service_request_id=638344"},
		{"several ids", &open311.Query{IDs: []string{"638344", "638349"}}, "service_request_id=638344,638349"},
		{"an id that needs escaping", &open311.Query{IDs: []string{"A 1&b=ü/#"}}, "service_request_id=A+1%26b%3D%C3%BC%2F%23"},
		{"one id with a comma", &open311.Query{IDs: []string{"1,2"}}, "service_request_id=1,2"},
		{"one code", &open311.Query{ServiceCodes: []string{"001"}}, "service_code=001"},
		{"several codes", &open311.Query{ServiceCodes: []string{"001", "Graffiti: wall"}}, "service_code=001,Graffiti%3A+wall"},
		{"one status", &open311.Query{Statuses: []open311.Status{open311.StatusOpen}}, "status=open"},
		{"several statuses", &open311.Query{Statuses: []open311.Status{open311.StatusOpen, "in progress"}}, "status=open,in+progress"},
		{"start", &open311.Query{Start: noon}, "start_date=2026-05-01T12%3A00%3A00Z"},
		{"end", &open311.Query{End: noon}, "end_date=2026-05-01T12%3A00%3A00Z"},
		{"both", &open311.Query{Start: noon, End: noon.Add(time.Hour)}, "end_date=2026-05-01T13%3A00%3A00Z&start_date=2026-05-01T12%3A00%3A00Z"},
		{"the same moment twice", &open311.Query{Start: noon, End: noon}, "end_date=2026-05-01T12%3A00%3A00Z&start_date=2026-05-01T12%3A00%3A00Z"},
		{"in another zone", &open311.Query{Start: noon.In(berlin)}, "start_date=2026-05-01T12%3A00%3A00Z"},
		{"start with a fraction is rounded down", &open311.Query{Start: noon.Add(999 * time.Millisecond)}, "start_date=2026-05-01T12%3A00%3A00Z"},
		{"end with a fraction is rounded up", &open311.Query{End: noon.Add(time.Nanosecond)}, "end_date=2026-05-01T12%3A00%3A01Z"},
		{"updated after", &open311.Query{UpdatedAfter: noon.Add(time.Millisecond)}, "updated_after=2026-05-01T12%3A00%3A00Z"},
		{"updated before", &open311.Query{UpdatedBefore: noon.Add(time.Millisecond)}, "updated_before=2026-05-01T12%3A00%3A01Z"},
		{"near", &open311.Query{Near: &open311.Circle{Center: open311.Point{Lat: 60.1699, Long: 24.9384}, Radius: 100}}, "lat=60.1699&long=24.9384&radius=100"},
		{"near Greenwich", &open311.Query{Near: &open311.Circle{Center: open311.Point{Lat: 51.4779, Long: -0.0000512}, Radius: 0.00001}},
			"lat=51.4779&long=-0.0000512&radius=0.00001"},
		{"near 0,0", &open311.Query{Near: &open311.Circle{Radius: 2e7}}, "lat=0&long=0&radius=20000000"},
		{"within", &open311.Query{Within: &open311.Box{Min: open311.Point{Lat: 52.3, Long: 13.1}, Max: open311.Point{Lat: 52.7, Long: 13.8}}}, "bbox=52.3,13.1,52.7,13.8"},
		{"within, over the date line", &open311.Query{Within: &open311.Box{Min: open311.Point{Lat: -19, Long: 177}, Max: open311.Point{Lat: -16, Long: -178}}},
			"bbox=-19,177,-16,-178"},
		{"search", &open311.Query{Search: "pot hole & more"}, "q=pot+hole+%26+more"},
		{"extensions", &open311.Query{Extensions: true}, "extensions=true"},
		{"page", &open311.Query{Page: 2}, "page=2"},
		{"page size", &open311.Query{PageSize: 50}, "page_size=50"},
		{"further parameters", &open311.Query{Params: url.Values{"agency": {"42"}, "tag": {"a", "b"}}}, "agency=42&tag=a&tag=b"},
		{"further parameters win", &open311.Query{Page: 1, Params: url.Values{"page": {"7"}}}, "page=7"},
		{"everything", &open311.Query{
			IDs: []string{"1"}, ServiceCodes: []string{"2"}, Statuses: []open311.Status{"open"}, Start: noon, End: noon,
			UpdatedAfter: noon, UpdatedBefore: noon, Near: &open311.Circle{Center: open311.Point{Lat: 1, Long: 2}, Radius: 3},
			Within: &open311.Box{Max: open311.Point{Lat: 1, Long: 2}}, Search: "x", Extensions: true, Page: 1, PageSize: 2,
			Params: url.Values{"z": {"y"}},
		}, "bbox=0,0,1,2&end_date=2026-05-01T12%3A00%3A00Z&extensions=true&lat=1&long=2&page=1&page_size=2&q=x&radius=3&service_code=2&" +
			"service_request_id=1&start_date=2026-05-01T12%3A00%3A00Z&status=open&updated_after=2026-05-01T12%3A00%3A00Z&" +
			"updated_before=2026-05-01T12%3A00%3A00Z&z=y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, sentQuery(t, tt.q)); d != "" {
				t.Errorf("query (-want +got):\n%s", d)
			}
		})
	}
}

func TestListParametersOfDialects(t *testing.T) {
	noon := time.Date(2026, 7, 1, 12, 0, 0, 5e8, time.UTC)
	helsinki := time.FixedZone("EEST", 3*60*60)
	box := &open311.Box{Min: open311.Point{Lat: 52.3, Long: 13.1}, Max: open311.Point{Lat: 52.7, Long: 13.8}}
	tests := []struct {
		name    string
		dialect open311.Dialect
		q       open311.Query
		want    string
	}{
		{"other names", open311.Dialect{Rename: map[string]string{"long": "lon", "page_size": "per_page", "service_request_id": "id"}},
			open311.Query{IDs: []string{"7"}, Near: &open311.Circle{Center: open311.Point{Lat: 1, Long: 2}, Radius: 3}, Page: 1, PageSize: 20},
			"id=7&lat=1&lon=2&page=1&per_page=20&radius=3"},
		{"further parameters keep theirs", open311.Dialect{Rename: map[string]string{"page": "p"}},
			open311.Query{Page: 3, Params: url.Values{"page_type": {"x"}}}, "p=3&page_type=x"},
		{"times in another layout", open311.Dialect{QueryTime: "2006-01-02T15:04:05"}, open311.Query{Start: noon}, "start_date=2026-07-01T12%3A00%3A00"},
		{"times in another zone", open311.Dialect{QueryLocation: helsinki}, open311.Query{End: noon}, "end_date=2026-07-01T15%3A00%3A01%2B03%3A00"},
		{"days", open311.Dialect{QueryTime: "2006-01-02", QueryLocation: helsinki}, open311.Query{Start: noon}, "start_date=2026-07-01"},
		{"box", open311.Dialect{}, open311.Query{Within: box}, "bbox=52.3,13.1,52.7,13.8"},
		{"box, west first", open311.Dialect{BoxOrder: "wsen"}, open311.Query{Within: box}, "bbox=13.1,52.3,13.8,52.7"},
		{"statuses when none is asked for", open311.Dialect{Statuses: []open311.Status{"open", "closed"}}, open311.Query{}, "status=open,closed"},
		{"statuses that are asked for", open311.Dialect{Statuses: []open311.Status{"open", "closed"}}, open311.Query{Statuses: []open311.Status{"open"}}, "status=open"},
		{"no statuses beside ids", open311.Dialect{Statuses: []open311.Status{"open", "closed"}}, open311.Query{IDs: []string{"1"}}, "service_request_id=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, sentQuery(t, &tt.q, open311.WithDialect(tt.dialect))); d != "" {
				t.Errorf("query (-want +got):\n%s", d)
			}
		})
	}
}

func TestListRefuses(t *testing.T) {
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		q    open311.Query
		want []string // the fields
	}{
		{"empty id", open311.Query{IDs: []string{""}}, []string{"IDs"}},
		{"empty code", open311.Query{ServiceCodes: []string{"1", ""}}, []string{"ServiceCodes"}},
		{"empty status", open311.Query{Statuses: []open311.Status{""}}, []string{"Statuses"}},
		{"comma in one of several ids", open311.Query{IDs: []string{"1,2", "3"}}, []string{"IDs"}},
		{"comma in one of several codes", open311.Query{ServiceCodes: []string{"Parks, trees", "3"}}, []string{"ServiceCodes"}},
		{"end before start", open311.Query{Start: day, End: day.Add(-time.Second)}, []string{"End"}},
		{"latitude of 91", open311.Query{Near: &open311.Circle{Center: open311.Point{Lat: 91}, Radius: 1}}, []string{"Near"}},
		{"no radius", open311.Query{Near: &open311.Circle{Center: open311.Point{Lat: 1, Long: 1}}}, []string{"Near"}},
		{"box upside down", open311.Query{Within: &open311.Box{Min: open311.Point{Lat: 2}, Max: open311.Point{Lat: 1}}}, []string{"Within"}},
		{"page -1", open311.Query{Page: -1}, []string{"Page"}},
		{"page size -1", open311.Query{PageSize: -1}, []string{"Page"}},
		{"several", open311.Query{IDs: []string{""}, Page: -1, End: day, Start: day.Add(time.Hour)}, []string{"IDs", "End", "Page"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				return stubReply(r, 200, "application/json", "[]"), nil
			})
			_, err := c.Requests.List(t.Context(), &tt.q)
			var ve *open311.ValidationError
			if !errors.As(err, &ve) || !errors.Is(err, open311.ErrInvalid) {
				t.Fatalf("error %v, want a *ValidationError that is ErrInvalid", err)
			}
			var got []string
			for _, p := range ve.Problems {
				got = append(got, p.Field)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("fields (-want +got):\n%s", d)
			}
		})
	}
}

func TestListDoesNotChangeTheQuery(t *testing.T) {
	q := &open311.Query{IDs: []string{"1"}, Start: time.Date(2026, 5, 1, 0, 0, 0, 7, time.UTC), Params: url.Values{"a": {"b"}}}
	want := &open311.Query{IDs: []string{"1"}, Start: q.Start, Params: url.Values{"a": {"b"}}}
	sentQuery(t, q, open311.WithJurisdiction("j"), open311.WithAPIKey("k"), open311.WithKeyOnReads())
	if d := cmp.Diff(want, q); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestPage(t *testing.T) {
	row := `{"service_request_id":"1"}`
	tests := []struct {
		name   string
		header http.Header
		body   string
		rows   int
		total  int
	}{
		{"no one says", nil, "[" + row + "]", 1, -1},
		{"empty list", nil, "[]", 0, -1},
		{"meta", nil, `{"requests":[` + row + `],"meta":{"total":123,"limit":1,"offset":0}}`, 1, 123},
		{"meta of a text", nil, `{"requests":[` + row + `],"meta":{"total":"123"}}`, 1, 123},
		{"meta before the list", nil, `{"meta":{"total":123},"requests":[` + row + `]}`, 1, 123},
		{"meta of an empty list", nil, `{"requests":[],"meta":{"total":0}}`, 0, 0},
		{"pagination", nil, `{"data":[` + row + `],"pagination":{"total_count":7}}`, 1, 7},
		{"beside the list", nil, `{"service_requests":[` + row + `],"total":9}`, 1, 9},
		{"negative", nil, `{"requests":[` + row + `],"meta":{"total":-1}}`, 1, -1},
		{"null", nil, `{"requests":[` + row + `],"meta":{"total":null}}`, 1, -1},
		{"no number", nil, `{"requests":[` + row + `],"meta":{"total":"many"}}`, 1, -1},
		{"XML", nil, `<requests><service_request><service_request_id>1</service_request_id></service_request><meta><total>5</total></meta></requests>`, 1, 5},
		{"page-TotalSize", http.Header{"Page-Totalsize": {"42"}}, "[" + row + "]", 1, 42},
		{"X-Result-Count", http.Header{"X-Result-Count": {"43"}}, "[" + row + "]", 1, 43},
		{"X-Total-Count", http.Header{"X-Total-Count": {"44"}}, "[" + row + "]", 1, 44},
		{"X-Total", http.Header{"X-Total": {"44"}}, "[" + row + "]", 1, 44},
		{"X-Pagination-Total-Count", http.Header{"X-Pagination-Total-Count": {"44"}}, "[" + row + "]", 1, 44},
		{"Content-Range", http.Header{"Content-Range": {"items 0-0/44"}}, "[" + row + "]", 1, 44},
		{"Content-Range of unknown size", http.Header{"Content-Range": {"items 0-0/*"}}, "[" + row + "]", 1, -1},
		{"Content-Range of bytes", http.Header{"Content-Range": {"bytes 0-9/44"}}, "[" + row + "]", 1, -1},
		{"JSON in a header", http.Header{"X-Pagination": {`{"totalCount": 44}`}}, "[" + row + "]", 1, 44},
		{"pages, not requests", http.Header{"X-Total-Pages": {"44"}}, "[" + row + "]", 1, -1},
		{"broken header", http.Header{"X-Total-Count": {"about 44"}}, "[" + row + "]", 1, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				resp := stubReply(r, 200, "application/json", tt.body)
				maps.Copy(resp.Header, tt.header)
				resp.Header.Set("X-Other", "kept")
				return resp, nil
			})
			p, err := c.Requests.List(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]int{tt.rows, tt.total}, []int{len(p.Requests), p.Total}); d != "" {
				t.Errorf("rows and total (-want +got):\n%s", d)
			}
			if p.Requests == nil {
				t.Error("Requests is nil")
			}
			if got := p.Header.Get("X-Other"); got != "kept" {
				t.Errorf("Header: X-Other is %q", got)
			}
		})
	}
}

func TestPageExtra(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 200, "application/json", `{"requests":[{"service_request_id":"1"}],"meta":{"total":3,"limit":1}}`), nil
	})
	p, err := c.Requests.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(open311.Extra{"meta": json.RawMessage(`{"total":3,"limit":1}`)}, p.Extra); d != "" {
		t.Errorf("Extra (-want +got):\n%s", d)
	}
}

func TestListStatusWords(t *testing.T) {
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 200, "application/json", `[{"service_request_id":"1","status":1},{"service_request_id":"2","status":"Erledigt"},{"service_request_id":"3","status":"odd"}]`), nil
	}, open311.WithDialect(open311.Dialect{StatusWords: map[string]open311.Status{"1": open311.StatusOpen, "Erledigt": open311.StatusClosed}}))
	p, err := c.Requests.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []open311.Status
	for _, r := range p.Requests {
		got = append(got, r.Status)
	}
	if d := cmp.Diff([]open311.Status{"open", "closed", "odd"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestListNotFound(t *testing.T) {
	tests := []struct {
		name    string
		dialect open311.Dialect
		status  int
		want    error
	}{
		{"404 is an error", open311.Dialect{}, 404, open311.ErrNotFound},
		{"404 means empty", open311.Dialect{NotFoundIsEmpty: true}, 404, nil},
		{"400 does not", open311.Dialect{NotFoundIsEmpty: true}, 400, open311.ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				return stubReply(r, tt.status, "application/json", jsonFaults), nil
			}, open311.WithDialect(tt.dialect))
			p, err := c.Requests.List(t.Context(), nil)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if tt.want == nil && (p == nil || len(p.Requests) != 0 || p.Total > 0) {
				t.Errorf("page %+v, want an empty one", p)
			}
		})
	}
}

// The record of the specification, as JSON and as XML, and what it is in Go.
func TestServiceRequestFields(t *testing.T) {
	want := &open311.ServiceRequest{
		ID: "638344", Status: "closed", StatusNotes: "Duplicate request.", ServiceName: "Sidewalk and Curb Issues", ServiceCode: "006",
		Description: "Broken", AgencyResponsible: "Parks", ServiceNotice: "Soon", Address: "8TH AVE and JUDAH ST", AddressID: "545483",
		Zipcode: "94122", MediaURL: "http://city.example/1.jpg", Location: &open311.Point{Lat: 37.762221815, Long: -122.4651145},
		RequestedDatetime: time.Date(2010, 4, 14, 13, 37, 38, 0, time.UTC), UpdatedDatetime: time.Date(2010, 4, 14, 13, 37, 39, 0, time.UTC),
		ExpectedDatetime: time.Date(2010, 4, 15, 13, 37, 38, 0, time.UTC), Extra: open311.Extra{"votes": json.RawMessage(`"3"`)},
	}
	for name, body := range map[string]string{
		"JSON": `[{"service_request_id":638344,"status":"closed","status_notes":"Duplicate request.","service_name":"Sidewalk and Curb Issues",
			"service_code":"006","description":"Broken","agency_responsible":"Parks","service_notice":"Soon","address":"8TH AVE and JUDAH ST",
			"address_id":545483,"zipcode":94122,"media_url":"http://city.example/1.jpg","lat":37.762221815,"long":-122.4651145,
			"requested_datetime":"2010-04-14T06:37:38-07:00","updated_datetime":"2010-04-14T13:37:39Z","expected_datetime":"2010-04-15T06:37:38-07:00","votes":"3"}]`,
		"XML": `<service_requests><request><service_request_id>638344</service_request_id><status>closed</status><status_notes>Duplicate request.</status_notes>
			<service_name>Sidewalk and Curb Issues</service_name><service_code>006</service_code><description>Broken</description>
			<agency_responsible>Parks</agency_responsible><service_notice>Soon</service_notice><address>8TH AVE and JUDAH ST</address>
			<address_id>545483</address_id><zipcode>94122</zipcode><media_url>http://city.example/1.jpg</media_url><lat>37.762221815</lat>
			<long>-122.4651145</long><requested_datetime>2010-04-14T06:37:38-07:00</requested_datetime><updated_datetime>2010-04-14T13:37:39Z</updated_datetime>
			<expected_datetime>2010-04-15T06:37:38-07:00</expected_datetime><votes>3</votes></request></service_requests>`,
	} {
		t.Run(name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 200, "", body), nil })
			got, err := c.Requests.Get(t.Context(), "638344")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateApproxTime(0)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// Where the paths of the specification lead when ids and codes are not plain.
func TestPathEscaping(t *testing.T) {
	tests := []struct{ name, id, want string }{
		{"digits", "638344", "638344.json"},
		{"letters and dashes", "H123456-101002123456", "H123456-101002123456.json"},
		{"leading zeros", "001", "001.json"},
		{"dot", "1.1", "1.1.json"},
		{"slash", "a/b", "a%2Fb.json"},
		{"slash in front", "/etc", "%2Fetc.json"},
		{"blank", "pot hole", "pot%20hole.json"},
		{"plus", "a+b", "a+b.json"},
		{"umlaut", "Straße", "Stra%C3%9Fe.json"},
		{"question mark", "what?a=b", "what%3Fa=b.json"},
		{"hash", "a#b", "a%23b.json"},
		{"per cent", "50%", "50%25.json"},
		{"escaped already", "a%2Fb", "a%252Fb.json"},
		{"ampersand and quotes", `<"&'>`, "%3C%22&%27%3E.json"},
		{"colon", "Public Works:Pothole", "Public%20Works:Pothole.json"},
		{"backslash", `a\b`, "a%5Cb.json"},
		{"comma and semicolon", "a,b;c", "a%2Cb%3Bc.json"},
		{"two dots", "..", "%2E%2E.json"},
		{"one dot", ".", "%2E.json"},
		{"a step up", "../admin", "..%2Fadmin.json"},
		{"new line", "a\nb", "a%0Ab.json"},
	}
	ops := map[string]func(context.Context, *open311.Client, string) error{
		"/v2/requests/": func(ctx context.Context, c *open311.Client, id string) error {
			_, err := c.Requests.Get(ctx, id)
			return err
		},
		"/v2/services/": func(ctx context.Context, c *open311.Client, id string) error {
			_, err := c.Services.Definition(ctx, id)
			return err
		},
		"/v2/tokens/": func(ctx context.Context, c *open311.Client, id string) error {
			_, err := c.Requests.Resolve(ctx, id)
			return err
		},
	}
	for _, tt := range tests {
		for prefix, do := range ops {
			t.Run(tt.name+strings.ReplaceAll(prefix, "/", "-"), func(t *testing.T) {
				city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[]") })
				_ = do(t.Context(), city.client(t), tt.id)
				if got, want := city.last(t).URI, prefix+tt.want; got != want {
					t.Errorf("asked for %s, want %s", got, want)
				}
			})
		}
	}
}

// Without a suffix behind it ".." would be a step in the path.
func TestPathEscapingWithoutSuffix(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[]") })
	c := city.client(t, open311.WithDialect(open311.Dialect{NoSuffix: true}))
	for id, want := range map[string]string{"..": "/v2/requests/%2E%2E", ".": "/v2/requests/%2E", "a/b": "/v2/requests/a%2Fb"} {
		_, _ = c.Requests.Get(t.Context(), id)
		if got := city.last(t).URI; got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
	}
}

func TestDialectPaths(t *testing.T) {
	d := open311.Dialect{Paths: map[string]string{"requests": "Requests", "request": "api/request", "services": "Services", "tokens": "Tokens", "servicerequestupdates": "updates"}}
	want := map[string]string{
		"Services.List": "/v2/Services.json", "Services.Definition": "/v2/Services/001.json", "Requests.List": "/v2/Requests.json",
		"Requests.Get": "/v2/api/request/1.json", "Requests.Resolve": "/v2/Tokens/t1.json", "Updates.List": "/v2/updates.json",
		"Requests.Create": "/v2/Requests.json", "Do GET": "/v2/extension.json?a=b",
	}
	for _, op := range stubOps {
		if want[op.name] == "" {
			continue
		}
		t.Run(op.name, func(t *testing.T) {
			city := newStubCity(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[]") })
			_ = op.do(t.Context(), city.client(t, open311.WithDialect(d), open311.WithFormat(open311.FormatJSON)))
			if _, got, _ := strings.Cut(city.calls()[0], " "); got != want[op.name] {
				t.Errorf("asked for %s, want %s", got, want[op.name])
			}
		})
	}
}

func TestGet(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		id     string // that is asked for
		want   string // the description of the request that comes back; "" for ErrNotFound
	}{
		{"a list of one", 200, `[{"service_request_id":"7","description":"it"}]`, "7", "it"},
		{"a number", 200, `[{"service_request_id":7,"description":"it"}]`, "7", "it"},
		{"a bare object", 200, `{"service_request_id":"7","description":"it"}`, "7", "it"},
		{"in an envelope", 200, `{"service_requests":[{"service_request_id":"7","description":"it"}]}`, "7", "it"},
		{"XML", 200, `<service_requests><request><service_request_id>7</service_request_id><description>it</description></request></service_requests>`, "7", "it"},
		{"id in another case", 200, `[{"service_request_id":"ab-1","description":"it"}]`, "AB-1", "it"},
		{"one of several", 200, `[{"service_request_id":"6","description":"other"},{"service_request_id":"7","description":"it"}]`, "7", "it"},
		{"the exact one of two that differ in case", 200, `[{"service_request_id":"aBc","description":"other"},{"service_request_id":"ABc","description":"it"}]`, "ABc", "it"},
		{"id 0", 200, `[{"service_request_id":0,"description":"it"}]`, "0", "it"},
		{"empty list", 200, `[]`, "7", ""},
		{"empty list in an envelope", 200, `{"service_requests":[]}`, "7", ""},
		{"empty list in XML", 200, `<service_requests/>`, "7", ""},
		{"null", 200, `null`, "7", ""},
		{"another request", 200, `[{"service_request_id":"8","description":"other"}]`, "7", ""},
		{"another request as an object", 200, `{"service_request_id":"8","description":"other"}`, "7", ""},
		{"an id that differs in zeros", 200, `[{"service_request_id":"007","description":"other"}]`, "7", ""},
		{"other requests without ids", 200, `[{"description":"a","status":"open"},{"description":"b","status":"open"}]`, "7", ""},
		{"404", 404, jsonFaults, "7", ""},
		{"404 with a page", 404, htmlPage, "7", ""},
		{"404 and nothing", 404, "", "7", ""},
		{"410", 410, jsonFaults, "7", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, tt.status, "", tt.body), nil })
			r, err := c.Requests.Get(t.Context(), tt.id)
			if tt.want == "" {
				if r != nil || !errors.Is(err, open311.ErrNotFound) {
					t.Errorf("%+v, %v, want no request and ErrNotFound", r, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Description != tt.want {
				t.Errorf("got the request %+v, want the one called %q", r, tt.want)
			}
		})
	}
}

func TestGetErrorNamesTheCall(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"none", `[]`, "open311: GET https://city.example/v2/requests/7.json: no request 7: not found"},
		{"another", `[{"service_request_id":"8"}]`, "open311: GET https://city.example/v2/requests/7.json: the answer holds another request than 7: not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 200, "", tt.body), nil })
			_, err := c.Requests.Get(t.Context(), "7")
			if err == nil {
				t.Fatal("no error")
			}
			if d := cmp.Diff(tt.want, err.Error()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestEmptyArguments(t *testing.T) {
	c := stubClient(t, func(*http.Request) (*http.Response, error) {
		t.Error("a call was made")
		return nil, io.ErrUnexpectedEOF
	})
	for name, do := range map[string]func() error{
		"Get":        func() error { _, err := c.Requests.Get(t.Context(), ""); return err },
		"Resolve":    func() error { _, err := c.Requests.Resolve(t.Context(), ""); return err },
		"Definition": func() error { _, err := c.Services.Definition(t.Context(), ""); return err },
		"Create":     func() error { _, err := c.Requests.Create(t.Context(), &open311.NewRequest{}); return err },
		"Create nil": func() error { _, err := c.Requests.Create(t.Context(), nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			if err := do(); !errors.Is(err, open311.ErrInvalid) {
				t.Errorf("error %v, want ErrInvalid", err)
			}
		})
	}
}

func TestMediaURLs(t *testing.T) {
	const a, b = "http://city.example/a.jpg", "https://city.example/b.jpg?x=1,2"
	tests := []struct {
		name, json string
		want       []string
	}{
		{"none", `null`, nil},
		{"empty", `""`, nil},
		{"one", `"` + a + `"`, []string{a}},
		{"blanks around", `" ` + a + ` "`, []string{a}},
		{"a comma in an address", `"` + b + `"`, []string{b}},
		{"joined by commas", `"` + a + `,` + b + `"`, []string{a, b}},
		{"joined by commas and blanks", `"` + a + `, ` + b + `"`, []string{a, b}},
		{"a list", `["` + a + `","` + b + `"]`, []string{a, b}},
		{"a list of one", `["` + a + `"]`, []string{a}},
		{"an empty list", `[]`, nil},
		{"a list with nulls", `[null,"` + a + `",""]`, []string{a}},
		{"a list of objects", `[{"id":1,"url":"` + a + `"},{"id":2,"url":"` + b + `"}]`, []string{a, b}},
		{"objects under another name", `[{"media_url":"` + a + `"},{"href":"` + b + `"}]`, []string{a, b}},
		{"an object", `{"url":"` + a + `"}`, []string{a}},
		{"data", `"data:image/png;base64,aGk="`, []string{"data:image/png;base64,aGk="}},
		{"comma at the end", `"` + a + `,"`, []string{a}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				return stubReply(r, 200, "", `[{"service_request_id":"1","media_url":`+tt.json+`}]`), nil
			})
			r, err := c.Requests.Get(t.Context(), "1")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, r.MediaURLs(), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestMediaURLsInXML(t *testing.T) {
	const a, b = "http://city.example/a.jpg", "http://city.example/b.jpg"
	tests := []struct {
		name, xml string
		want      []string
	}{
		{"one", "<media_url>" + a + "</media_url>", []string{a}},
		{"none", "<media_url/>", nil},
		{"two elements", "<media_url>" + a + "</media_url><media_url>" + b + "</media_url>", []string{a, b}},
		{"joined by commas", "<media_url>" + a + "," + b + "</media_url>", []string{a, b}},
		{"a list inside", "<media_url><url>" + a + "</url><url>" + b + "</url></media_url>", []string{a, b}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				return stubReply(r, 200, "", "<service_requests><request><service_request_id>1</service_request_id>"+tt.xml+"</request></service_requests>"), nil
			})
			r, err := c.Requests.Get(t.Context(), "1")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, r.MediaURLs(), cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestStatusIs(t *testing.T) {
	tests := []struct {
		a, b open311.Status
		want bool
	}{
		{"open", open311.StatusOpen, true},
		{"Open", open311.StatusOpen, true},
		{"CLOSED", open311.StatusClosed, true},
		{"closed", open311.StatusOpen, false},
		{"", open311.StatusOpen, false},
		{"", "", true},
		{"in progress", "IN PROGRESS", true},
		{"open ", open311.StatusOpen, false},
	}
	for _, tt := range tests {
		if got := tt.a.Is(tt.b); got != tt.want {
			t.Errorf("Status(%q).Is(%q) is %v, want %v", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestExtraString(t *testing.T) {
	e := open311.Extra{
		"text": json.RawMessage(`"a \"b\" \u00fc"`), "empty": json.RawMessage(`""`), "number": json.RawMessage(`1.50`), "bool": json.RawMessage(`true`),
		"null": json.RawMessage(`null`), "list": json.RawMessage(`[1,"b"]`), "object": json.RawMessage(`{"a":1}`), "broken": json.RawMessage(`"a`), "nothing": nil,
	}
	for key, want := range map[string]string{
		"text": `a "b" ü`, "empty": "", "number": "1.50", "bool": "true", "null": "", "list": `[1,"b"]`, "object": `{"a":1}`,
		"broken": `"a`, "nothing": "", "missing": "",
	} {
		if got := e.String(key); got != want {
			t.Errorf("String(%q) is %q, want %q", key, got, want)
		}
	}
	if got := open311.Extra(nil).String("any"); got != "" {
		t.Errorf("String of a nil Extra is %q", got)
	}
}

func TestExtraDecode(t *testing.T) {
	e := open311.Extra{"votes": json.RawMessage(`3`), "attrs": json.RawMessage(`{"a":["x"]}`)}
	var votes int
	if err := e.Decode("votes", &votes); err != nil || votes != 3 {
		t.Errorf("votes: %d, %v, want 3", votes, err)
	}
	var attrs map[string][]string
	if err := e.Decode("attrs", &attrs); err != nil || !cmp.Equal(attrs, map[string][]string{"a": {"x"}}) {
		t.Errorf("attrs: %v, %v", attrs, err)
	}
	if err := e.Decode("missing", &votes); !errors.Is(err, open311.ErrNotFound) || !strings.Contains(err.Error(), `"missing"`) {
		t.Errorf("missing: error %v, want ErrNotFound with the name", err)
	}
	var ute *json.UnmarshalTypeError
	if err := e.Decode("attrs", &votes); !errors.As(err, &ute) || !strings.Contains(err.Error(), `"attrs"`) {
		t.Errorf("attrs as a number: error %v, want a *json.UnmarshalTypeError with the name", err)
	}
}

func TestMarshalServiceRequest(t *testing.T) {
	in := `{"service_request_id":"7","status":"open","service_code":"006","requested_datetime":"2010-04-14T13:37:38Z","lat":37.5,"long":-122.25,"votes":[1,2]}`
	c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 200, "", "["+in+"]"), nil })
	r, err := c.Requests.Get(t.Context(), "7")
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	if err := errors.Join(json.Unmarshal(out, &got), json.Unmarshal([]byte(in), &want)); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(got, func(_ string, v any) bool { return v == nil }) // what the request does not have
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
