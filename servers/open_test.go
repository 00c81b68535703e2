package servers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311"
)

// recorder answers every call with an empty list and keeps the requests.
type recorder struct {
	body  string // in place of the empty list
	calls []*http.Request
	times []time.Time
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.calls, r.times = append(r.calls, req), append(r.times, time.Now())
	body := `[]`
	if strings.HasSuffix(req.URL.Path, ".xml") {
		body = `<service_requests/>`
	}
	if r.body != "" {
		body = r.body
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (r *recorder) option() open311.Option {
	return open311.WithHTTPClient(&http.Client{Transport: r})
}

func TestOpenEndpoints(t *testing.T) {
	for s := range Default().Every() {
		client, err := Open(s.Key)
		if s.Status == Retired {
			var retired *RetiredError
			if !errors.As(err, &retired) || retired.Reason == "" || retired.Server.Key != s.Key || client != nil {
				t.Errorf("Open(%s) = %v, %v, want a *RetiredError", s.Key, client, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("Open(%s): %v", s.Key, err)
			continue
		}
		if got := client.Endpoint(); got != strings.TrimRight(s.BaseURL, "/") {
			t.Errorf("Open(%s) leads to %s", s.Key, got)
		}
	}
}

func TestFirstCall(t *testing.T) {
	query := &open311.Query{Start: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), PageSize: 10}
	const start = "start_date=2026-06-01T12%3A00%3A00Z"
	for _, test := range []struct {
		key  string
		want string
		opts []open311.Option
	}{
		{key: "chicago", // local time, without a zone
			want: "http://311api.cityofchicago.org/open311/v2/requests.json?jurisdiction_id=cityofchicago.org&page_size=10&start_date=2026-06-01T07%3A00%3A00"},
		{key: "Boston, MA",
			want: "https://311.boston.gov/open311/v2/requests.json?jurisdiction_id=cityofboston.gov&per_page=10&" + start},
		{key: "austin", // takes no jurisdiction
			want: "https://311.austintexas.gov/open311/v2/requests.json?per_page=10&" + start},
		{key: "brookline",
			want: "https://spot.brooklinema.gov/open311/v2/requests.json?jurisdiction_id=brooklinema.gov&page_size=10&" + start},
		{key: "Köln",
			want: "https://sags-uns.stadt-koeln.de/georeport/v2/requests.json?jurisdiction_id=stadt-koeln.de&limit=10&" + start},
		{key: "zaragoza",
			want: "https://www.zaragoza.es/api/recurso/open311/requests.json?jurisdiction_id=zaragoza.es&rows=10&" + start},
		{key: "detroit",
			want: "https://seeclickfix.com/open311/v2/507/requests.json?page_size=10&" + start},
		{key: "alexandria", // XML only
			want: "https://request.alexandriava.gov/GeoReport/Service.ashx/requests.xml?page_size=10&" + start},
		{key: "st. louis", opts: []open311.Option{open311.WithAPIKey("key1")}, // wants the key for reading
			want: "https://www.stlouis-mo.gov/powernap/stlouis/api.cfm/requests.json?api_key=key1&page_size=10&" + start},
		{key: "boston", opts: []open311.Option{open311.WithAPIKey("key1")}, // does not
			want: "https://311.boston.gov/open311/v2/requests.json?jurisdiction_id=cityofboston.gov&per_page=10&" + start},
		{key: "boston", // the caller's options count
			opts: []open311.Option{open311.WithJurisdiction("other"), open311.WithFormat(open311.FormatXML), open311.WithDialect(open311.Spec)},
			want: "https://311.boston.gov/open311/v2/requests.xml?jurisdiction_id=other&page_size=10&" + start},
	} {
		r := &recorder{}
		client, err := Open(test.key, append(test.opts, r.option())...)
		if err != nil {
			t.Errorf("Open(%s): %v", test.key, err)
			continue
		}
		if _, err := client.Requests.List(t.Context(), query); err != nil {
			t.Errorf("%s: %v", test.key, err)
			continue
		}
		if got := r.calls[0].URL.String(); got != test.want {
			t.Errorf("%s calls\n     %s\nwant %s", test.key, got, test.want)
		}
		wantEncoding := ""
		if test.key == "alexandria" {
			wantEncoding = "identity"
		}
		if got := r.calls[0].Header.Get("Accept-Encoding"); got != wantEncoding {
			t.Errorf("%s: Accept-Encoding is %q", test.key, got)
		}
	}
}

// TestTimeZone: dates without a zone are in that of the row.
func TestTimeZone(t *testing.T) {
	r := &recorder{body: `[{"service_request_id":"1","requested_datetime":"2026-06-01T07:00:00"}]`}
	client, err := Open("chicago", r.option())
	if err != nil {
		t.Fatal(err)
	}
	page, err := client.Requests.List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := page.Requests[0].RequestedDatetime.UTC().Format(time.RFC3339); got != "2026-06-01T12:00:00Z" {
		t.Errorf("the date was read as %s", got)
	}
}

func TestDialectOfRows(t *testing.T) {
	for key, check := range map[string]func(open311.Dialect) bool{
		"chicago": func(d open311.Dialect) bool {
			return d.Name == open311.Spot.Name && d.Paging.Cap == 500 && len(d.Requires) == 3
		},
		"boston":        func(d open311.Dialect) bool { return d.Paging.Cap == 100 && d.Paging.Style == open311.PagingNumbers },
		"koln":          func(d open311.Dialect) bool { return d.Paging.Style == open311.PagingNumbers && d.Paging.First == 1 },
		"munchen":       func(d open311.Dialect) bool { return d.Paging == open311.MarkASpot.Paging },
		"zurich":        func(d open311.Dialect) bool { return d.Windows.MaxRows == "max_requests" && d.Paging.Cap == 1000 },
		"rostock":       func(d open311.Dialect) bool { return d.Media == open311.MediaBase64 },
		"alexandria":    func(d open311.Dialect) bool { return len(d.Formats) == 1 && d.Formats[0] == open311.FormatXML },
		"st-louis":      func(d open311.Dialect) bool { return d.KeyOnReads && d.Name == "" },
		"toronto":       func(d open311.Dialect) bool { return d.Windows.Span == 90*24*time.Hour },
		"turku":         func(d open311.Dialect) bool { return d.Name == open311.CitySDK.Name },
		"detroit":       func(d open311.Dialect) bool { return d.Name == open311.SeeClickFix.Name },
		"bloomington":   func(d open311.Dialect) bool { return d.Name == open311.UReport.Name },
		"6aika-sandbox": func(d open311.Dialect) bool { return d.Body == open311.BodyJSON },
	} {
		s, err := Lookup(key)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := s.Dialect(); err != nil || !check(d) {
			t.Errorf("the dialect of %s is %+v, %v", key, d, err)
		}
	}
}

func TestOpenTest(t *testing.T) {
	client, err := OpenTest("Chicago")
	if err != nil || client.Endpoint() != "http://test311api.cityofchicago.org/open311/v2" {
		t.Errorf("OpenTest(Chicago) = %v, %v", client, err)
	}
	if client, err := OpenTest("austin"); !errors.Is(err, ErrNoTestServer) || client != nil {
		t.Errorf("OpenTest(austin) = %v, %v; there is none, and production must not stand in", client, err)
	}
	var retired *RetiredError
	if _, err := OpenTest("ottawa"); !errors.As(err, &retired) {
		t.Errorf("OpenTest(ottawa): %v", err)
	}
	var unknown *UnknownError
	if _, err := OpenTest("chcago"); !errors.As(err, &unknown) {
		t.Errorf("OpenTest(chcago): %v", err)
	}
}

func TestRetired(t *testing.T) {
	_, err := Open("Royal Borough of Greenwich (old server)")
	var retired *RetiredError
	if !errors.As(err, &retired) {
		t.Fatalf("Open: %v", err)
	}
	if retired.Successor != "greenwich" || retired.Since != "2026-06-06" || retired.Reason == "" {
		t.Errorf("Open: %+v", retired)
	}
	for _, part := range []string{"greenwich-open311", "2026-06-06", retired.Reason, "successor is greenwich"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message does not say %q: %v", part, err)
		}
	}
	// Whoever knows better can still have a client.
	if _, err := open311.New(retired.Server.BaseURL, retired.Server.Options()...); err != nil {
		t.Error(err)
	}
}

// TestRateLimit makes calls as fast as the limit lets them through: some at once, and never more than
// the server's ten in any minute.
func TestRateLimit(t *testing.T) {
	forgetLimiters()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		client, err := Open("boston", r.option())
		if err != nil {
			t.Fatal(err)
		}
		for range 25 {
			if _, err := client.Services.List(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if r.times[1] != r.times[0] {
			t.Error("the second call had to wait")
		}
		for i := range r.times[10:] {
			if took := r.times[i+10].Sub(r.times[i]); took < time.Minute-time.Millisecond {
				t.Errorf("calls %d to %d took only %s", i, i+10, took)
			}
		}
		if took := r.times[24].Sub(r.times[0]); took > 4*time.Minute {
			t.Errorf("25 calls took %s", took)
		}
	})
}

func TestLimit(t *testing.T) {
	for _, test := range []struct {
		row       RateLimit
		dialect   float64
		perSecond float64
		burst     int
	}{
		{RateLimit{}, 0, 0, 0},
		{RateLimit{}, 10.0 / 60, 8.0 / 60, 2},
		{RateLimit{}, 20.0 / 60, 15.0 / 60, 5},
		{RateLimit{}, 1, 45.0 / 60, 15},
		{RateLimit{}, 0.001, 1.0 / 60, 1},
		{RateLimit{Calls: 1, Seconds: 2}, 10, 0.5, 1},
		{RateLimit{Calls: 2, Seconds: 1}, 10, 1, 1},
		{RateLimit{Calls: 1000, Seconds: 3600}, 0, 750.0 / 3600, 250},
	} {
		perSecond, burst := Server{RateLimit: test.row}.limit(test.dialect)
		if perSecond != test.perSecond || burst != test.burst {
			t.Errorf("limit of %+v, %v: %v, %d, want %v, %d", test.row, test.dialect, perSecond, burst, test.perSecond, test.burst)
		}
	}
}

// TestBrokenRows: a row that cannot be followed must not make a client that goes without.
func TestBrokenRows(t *testing.T) {
	for _, test := range []struct {
		server Server
		want   string
	}{
		{Server{Key: "x", DialectName: "sopt"}, `there is no dialect "sopt"`},
		{Server{Key: "x", Formats: []string{"html"}}, `there is no format "html"`},
		{Server{Key: "x", Name: "X", Quirks: Quirks{TimeZone: "Nowhere/Land"}}, `x (X): time zone: unknown time zone Nowhere/Land`},
	} {
		test.server.BaseURL = "https://x.example/"
		if _, err := test.server.Open(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Open: %v, want it to say %s", err, test.want)
		}
		if _, err := test.server.Dialect(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Dialect: %v, want it to say %s", err, test.want)
		}
		if _, err := open311.New(test.server.BaseURL, test.server.Options()...); err == nil {
			t.Error("New accepts the options of a row that cannot be followed")
		}
	}
	if _, err := (Server{Key: "x", BaseURL: "x.example"}).Open(); err == nil || !strings.HasPrefix(err.Error(), "servers: x: open311: ") {
		t.Errorf("Open of a bad address: %v", err)
	}
	if _, err := Open("boston", open311.WithPageSize(-1)); err == nil || !strings.Contains(err.Error(), "WithPageSize") {
		t.Errorf("Open with a bad option: %v", err)
	}
}

// TestEveryDialectHasAWord: a row can name each of the predeclared dialects.
func TestEveryDialectHasAWord(t *testing.T) {
	named := map[string]bool{}
	for _, d := range dialects {
		named[d.Name] = true
	}
	for _, d := range open311.Dialects() {
		if !named[d.Name] {
			t.Errorf("%s has no word in dialects", d.Name)
		}
	}
}
