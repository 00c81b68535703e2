package open311_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// Every operation, against every predeclared dialect, in both formats, must give the values that are in
// the city: whatever the server makes of them on the way.

var matrixFormats = []open311.Format{open311.FormatAuto, open311.FormatJSON, open311.FormatXML}

// matrixNow is what the clocks of the cities show. All goes back from the real time, so they show it too.
var matrixNow = time.Now().Truncate(time.Second)

// matrixCity has values that the dialects deal with differently: numeric ids, codes with leading zeros
// and with a slash, absent fields, markup, letters beyond Latin-1, an offset, a second that two share.
func matrixCity(t testing.TB, opts ...open311test.Option) *open311test.Server {
	t.Helper()
	return matrixCityAt(t, matrixNow, opts...)
}

// matrixCityAt has its newest request an hour before now.
func matrixCityAt(t testing.TB, now time.Time, opts ...open311test.Option) *open311test.Server {
	t.Helper()
	services := []open311.Service{
		{Code: "0101", Name: "Pothole", Description: "A hole in the road & what is in it <mud>", Keywords: []string{"road", "hole"}, Groups: []string{"Roads"}},
		{Code: "17", Name: "Graffiti", Description: "Žižkov's art", Metadata: true, Groups: []string{"Walls"}},
		{Code: "Bins & Bags/2", Name: "Bins", Type: open311.Batch},
	}
	definitions := []open311.ServiceDefinition{{ServiceCode: "0101", Attributes: []open311.Attribute{
		{Code: "DEPTH", Datatype: open311.DatatypeNumber, Required: true, Variable: true, Order: 1, Description: "How deep (cm)?"},
		{Code: "WHERE", Datatype: open311.DatatypeSingleValueList, Variable: true, Order: 2, Description: "Where?",
			DatatypeDescription: "one of <two>", Values: []open311.AttributeValue{{Key: "07", Name: "Lane & gutter"}, {Key: "8", Name: "Path"}}},
	}}}
	zone := time.FixedZone("", -4*3600)
	var requests []open311.ServiceRequest
	for i := range 130 {
		at := now.Add(-time.Duration(i)*67*time.Hour - time.Hour).In(zone)
		if i%10 == 1 {
			at = requests[i-1].RequestedDatetime
		}
		s := services[i%3]
		r := open311.ServiceRequest{
			ID: fmt.Sprint(2000 - i), Status: open311.StatusOpen, ServiceName: s.Name, ServiceCode: s.Code,
			Description: fmt.Sprintf("Nr. %d: 3 < 4 & \"so\" – Łódź", i), AgencyResponsible: "Roads & Bridges",
			RequestedDatetime: at, UpdatedDatetime: at.Add(time.Hour), Address: "12 Hafenstraße", AddressID: "4711", Zipcode: "01067",
			Location: &open311.Point{Lat: 51.05 + float64(i)/1000, Long: -13.74},
		}
		switch i % 4 {
		case 1:
			r.Status, r.StatusNotes = open311.StatusClosed, "Filled."
			r.MediaURL = "https://media.example/a%20b.jpg?x=1&y=2"
		case 2:
			r.ExpectedDatetime, r.ServiceNotice = at.AddDate(0, 0, 7), "Within a week"
			r.AddressID, r.Zipcode = "", ""
		case 3:
			r.Location, r.Description = nil, ""
		}
		requests = append(requests, r)
	}
	return open311test.NewServer(t, append([]open311test.Option{
		open311test.WithoutNetwork(), open311test.WithClock(func() time.Time { return now }),
		open311test.WithServices(services...), open311test.WithDefinitions(definitions...), open311test.WithRequests(requests...),
	}, opts...)...)
}

// matrixRequest takes off what a dialect may add: extra fields, and further URLs behind the first.
func matrixRequest(r open311.ServiceRequest) open311.ServiceRequest {
	if urls := r.MediaURLs(); len(urls) > 0 {
		r.MediaURL = urls[0]
	}
	r.Extra = nil
	return r
}

// matrixSorted sorts requests, for servers that keep no order.
func matrixSorted(list []open311.ServiceRequest) []open311.ServiceRequest {
	out := make([]open311.ServiceRequest, 0, len(list))
	for _, r := range list {
		out = append(out, matrixRequest(r))
	}
	slices.SortFunc(out, func(a, b open311.ServiceRequest) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// matrixOp is an operation, and what it must give by what is in the city.
type matrixOp struct {
	name string
	do   func(context.Context, *open311.Client) (any, error)
	want func(*open311test.Server) any
}

func matrixPick(s *open311test.Server, keep func(r *open311.ServiceRequest) bool) any {
	var list []open311.ServiceRequest
	for _, r := range s.Requests() {
		if keep(&r) {
			list = append(list, r)
		}
	}
	return matrixSorted(list)
}

func matrixAll(ctx context.Context, c *open311.Client, q *open311.Query) (any, error) {
	var list []open311.ServiceRequest
	for r, err := range c.Requests.All(ctx, q) {
		if err != nil {
			return matrixSorted(list), err
		}
		list = append(list, *r)
	}
	return matrixSorted(list), nil
}

func matrixListing(name string, q *open311.Query, keep func(r *open311.ServiceRequest) bool) []matrixOp {
	want := func(s *open311test.Server) any { return matrixPick(s, keep) }
	return []matrixOp{
		{"list " + name, func(ctx context.Context, c *open311.Client) (any, error) {
			page, err := c.Requests.List(ctx, q)
			if err != nil {
				return nil, err
			}
			return matrixSorted(page.Requests), nil
		}, want},
		{"all " + name, func(ctx context.Context, c *open311.Client) (any, error) { return matrixAll(ctx, c, q) }, want},
	}
}

func matrixOps() []matrixOp {
	get := func(id string) func(context.Context, *open311.Client) (any, error) {
		return func(ctx context.Context, c *open311.Client) (any, error) {
			r, err := c.Requests.Get(ctx, id)
			if err != nil {
				return nil, err
			}
			return matrixRequest(*r), nil
		}
	}
	one := func(id string) func(*open311test.Server) any {
		return func(s *open311test.Server) any {
			return matrixPick(s, func(r *open311.ServiceRequest) bool { return r.ID == id }).([]open311.ServiceRequest)[0]
		}
	}
	ops := []matrixOp{
		{"services", func(ctx context.Context, c *open311.Client) (any, error) { return c.Services.List(ctx) },
			func(s *open311test.Server) any { return s.Services() }},
		{"definition", func(ctx context.Context, c *open311.Client) (any, error) {
			return c.Services.Definition(ctx, "0101")
		}, func(s *open311test.Server) any { return &s.Definitions()[0] }},
		{"empty definition", func(ctx context.Context, c *open311.Client) (any, error) {
			d, err := c.Services.Definition(ctx, "Bins & Bags/2")
			if err == nil && len(d.Attributes) == 0 {
				d.Attributes = nil
			}
			return d, err
		}, func(*open311test.Server) any { return &open311.ServiceDefinition{ServiceCode: "Bins & Bags/2"} }},
		{"get", get("1999"), one("1999")},
		{"get without place", get("1997"), one("1997")},
		{"get nothing", get("4"), func(*open311test.Server) any { return nil }},
		{"discovery", func(ctx context.Context, c *open311.Client) (any, error) {
			d, err := c.Discovery.Get(ctx)
			if err != nil {
				return nil, err
			}
			return d.Endpoints[0].URL + " " + d.Contact, nil
		}, func(s *open311test.Server) any {
			return s.URL + " Write to open311@quillhaven.example, or come to the town hall."
		}},
	}
	return append(ops, matrixListings()...)
}

// matrixListings are the listings, each by List and by All.
func matrixListings() []matrixOp {
	from, to := matrixNow.Add(-40*24*time.Hour), matrixNow.Add(-5*24*time.Hour)
	within := func(r *open311.ServiceRequest) bool {
		return !r.RequestedDatetime.Before(from) && !r.RequestedDatetime.After(to)
	}
	var ops []matrixOp
	span := open311.Query{Start: from, End: to}
	with := func(change func(*open311.Query)) *open311.Query { q := span; change(&q); return &q }
	ops = append(ops, matrixListing("span", &span, within)...)
	ops = append(ops, matrixListing("one code", with(func(q *open311.Query) { q.ServiceCodes = []string{"0101"} }),
		func(r *open311.ServiceRequest) bool { return within(r) && r.ServiceCode == "0101" })...)
	ops = append(ops, matrixListing("two codes", with(func(q *open311.Query) { q.ServiceCodes = []string{"0101", "17"} }),
		func(r *open311.ServiceRequest) bool {
			return within(r) && (r.ServiceCode == "0101" || r.ServiceCode == "17")
		})...)
	ops = append(ops, matrixListing("closed", with(func(q *open311.Query) { q.Statuses = []open311.Status{open311.StatusClosed} }),
		func(r *open311.ServiceRequest) bool { return within(r) && r.Status == open311.StatusClosed })...)
	ops = append(ops, matrixListing("open and closed", with(func(q *open311.Query) {
		q.Statuses = []open311.Status{open311.StatusOpen, open311.StatusClosed}
	}), within)...)
	ops = append(ops, matrixListing("ids", &open311.Query{IDs: []string{"1999", "1900", "1871"}},
		func(r *open311.ServiceRequest) bool { return r.ID == "1999" || r.ID == "1900" || r.ID == "1871" })...)
	empty := &open311.Query{Start: matrixNow.Add(-3000 * 24 * time.Hour), End: matrixNow.Add(-2990 * 24 * time.Hour)}
	ops = append(ops, matrixListing("nothing", empty, func(*open311.ServiceRequest) bool { return false })...)
	return append(ops, matrixListing("everything", nil, func(*open311.ServiceRequest) bool { return true })[1])
}

// errorClass names an error by what a program can tell about it.
func errorClass(err error) string {
	var api *open311.APIError
	var decode *open311.DecodeError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, open311.ErrTruncated):
		return "truncated"
	case errors.Is(err, open311.ErrPending):
		return "pending"
	case errors.Is(err, open311.ErrNotFound):
		return "not found"
	case errors.Is(err, open311.ErrRateLimited):
		return "rate limited"
	case errors.Is(err, open311.ErrForbidden):
		return "forbidden"
	case errors.Is(err, open311.ErrInvalid):
		return "invalid"
	case errors.As(err, &api):
		return fmt.Sprint("status ", api.StatusCode)
	case errors.As(err, &decode):
		return "decode"
	}
	return "transport"
}

// matrixException says where a family of servers cannot give what is in the city, and what comes of it
// then. An op that ends in * is all that begin so.
type matrixException struct {
	dialect, op string
	format      open311.Format // FormatAuto: every format
	told        string         // "true", "false": only where the client knows the dialect, or does not; "": both
	class       string         // of the error; "other": other values without an error
}

var matrixExceptions = []matrixException{
	// List makes one call, and in one call uReport knows one code, one id and no status.
	{"uReport", "list two codes", 0, "", "not found"},
	{"uReport", "list ids", 0, "", "other"},
	{"uReport", "list closed", 0, "", "other"},
	{"uReport", "definition", open311.FormatXML, "", "status 500"},
	{"uReport", "empty definition", open311.FormatXML, "", "status 500"},
	// Its discovery document has no address.
	{"Mark-a-Spot", "discovery", 0, "", "other"},
	{"Mark-a-Spot", "list nothing", 0, "false", "not found"},
	{"Mark-a-Spot", "all nothing", 0, "false", "not found"},
	// It lists open requests only unless it is asked for both, which a client must have been told.
	{"Klarschiff", "list span", 0, "false", "other"},
	{"Klarschiff", "list one code", 0, "false", "other"},
	{"Klarschiff", "list two codes", 0, "", "other"}, // and of two codes the first counts
	{"Klarschiff", "all two codes", 0, "false", "other"},
	// These have no definitions at all.
	{"CitySDK", "definition", 0, "", "not found"},
	{"CitySDK", "empty definition", 0, "", "not found"},
	{"FixMyStreet", "definition", 0, "", "not found"},
	{"FixMyStreet", "empty definition", 0, "", "not found"},
	// List makes one call, and FixMyStreet fails for several values, but for codes, which it takes for one.
	{"FixMyStreet", "list two codes", 0, "", "other"},
	{"FixMyStreet", "list open and closed", 0, "", "status 500"},
	{"FixMyStreet", "list ids", 0, "", "status 500"},
	{"FixMyStreet", "discovery", 0, "", "other"}, // the address lacks the version
	{"open311-adapter", "get nothing", 0, "", "status 500"},
	{"open311-adapter", "discovery", 0, "", "not found"}, // there is none
	// What is not found is no exception, of course.
	{"*", "get nothing", 0, "", "not found"},
}

func matrixFind(list []matrixException, d, op string, f open311.Format, told bool) (string, bool) {
	for _, x := range list {
		prefix, all := strings.CutSuffix(x.op, "*")
		if (x.dialect == d || x.dialect == "*") && (x.op == op || all && strings.HasPrefix(op, prefix)) &&
			(x.format == open311.FormatAuto || x.format == f) && (x.told == "" || x.told == fmt.Sprint(told)) {
			return x.class, true
		}
	}
	return "", false
}

func TestDialectMatrix(t *testing.T) {
	cells := 0
	for _, d := range open311.Dialects() {
		city := matrixCity(t, open311test.WithDialect(d))
		for _, f := range matrixFormats {
			for _, told := range []bool{true, false} {
				cells += matrixRow(t, city, d, f, told)
			}
		}
	}
	t.Logf("%d cells", cells)
}

func matrixRow(t *testing.T, city *open311test.Server, d open311.Dialect, f open311.Format, told bool) int {
	opts := []open311.Option{open311.WithJurisdiction("any"), open311.WithFormat(f), open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1})}
	if told {
		known := d
		known.RateLimit = 0 // the city is not in a hurry, but the test is
		opts = append(opts, open311.WithDialect(known))
	}
	ops := matrixOps()
	for _, op := range ops {
		t.Run(fmt.Sprintf("%s/%s/told=%v/%s", d.Name, f, told, op.name), func(t *testing.T) {
			got, err := op.do(t.Context(), city.Client(opts...))
			class, right := errorClass(err), op.want(city)
			if err == nil && !cmp.Equal(right, got) {
				class = "other"
			}
			want, _ := matrixFind(matrixExceptions, d.Name, op.name, f, told)
			if class == want {
				return
			}
			t.Errorf("%q, want %q: %v", class, want, err)
			if err == nil && want == "" {
				t.Errorf("(-want +got)\n%.2000s", cmp.Diff(right, got))
			}
		})
	}
	return len(ops)
}
