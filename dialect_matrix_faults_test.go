package open311_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// The fault matrix: every operation that reads, against every fault, in every format.

// faultWant is how a call ends: how many calls it takes, and the class of its error; "other" are other
// values without an error. 0 calls are not counted.
type faultWant struct {
	calls int
	class string
}

type faultRow struct {
	name   string
	faults []open311test.Fault
	want   faultWant
	// Where it is otherwise: by operation, by format ("auto"), or by both ("services auto").
	but map[string]faultWant
}

var faultOps = []open311test.Op{
	open311test.ListServices, open311test.GetDefinition, open311test.ListRequests, open311test.GetRequest,
	open311test.GetDiscovery, open311test.ResolveToken, "All",
}

// faultCall makes the call and returns what it gives.
func faultCall(ctx context.Context, c *open311.Client, op open311test.Op, token string) (any, error) {
	span := &open311.Query{Start: matrixNow.Add(-40 * 24 * time.Hour), End: matrixNow.Add(-5 * 24 * time.Hour)}
	switch op {
	case open311test.ListServices:
		return c.Services.List(ctx)
	case open311test.GetDefinition:
		return c.Services.Definition(ctx, "0101")
	case open311test.ListRequests:
		page, err := c.Requests.List(ctx, span)
		if err != nil {
			return nil, err
		}
		return matrixSorted(page.Requests), nil
	case open311test.GetRequest:
		return c.Requests.Get(ctx, "1999")
	case open311test.GetDiscovery:
		return c.Discovery.Get(ctx)
	case open311test.ResolveToken:
		return c.Requests.Resolve(ctx, token)
	}
	return matrixAll(ctx, c, span)
}

var faultRows = []faultRow{
	{"none", nil, faultWant{1, ""}, nil},
	{"500", faults(open311test.Status(500)), faultWant{2, ""}, nil},
	{"503 until the attempts are used up", faults(open311test.Status(503).Times(9)), faultWant{4, "status 503"}, nil},
	{"502, 504", faults(open311test.HTML(502), open311test.Empty(504)), faultWant{3, ""}, nil},
	{"408", faults(open311test.Empty(408)), faultWant{2, ""}, nil},
	{"400", faults(open311test.Status(400)), faultWant{1, "invalid"}, map[string]faultWant{"All": {0, ""}}},
	{"401", faults(open311test.Status(401)), faultWant{1, "forbidden"}, nil},
	{"403 page", faults(open311test.HTML(403)), faultWant{1, "forbidden"}, nil},
	{"404", faults(open311test.Status(404)), faultWant{1, "not found"}, map[string]faultWant{"All": {0, ""}, "GET discovery": {3, "not found"}, "GET tokens/{token}": {1, "pending"}}},
	{"404 page", faults(open311test.HTML(404)), faultWant{1, "not found"}, map[string]faultWant{"All": {0, ""}, "auto": {2, ""}, "GET discovery": {3, "not found"}, "GET discovery auto": {2, ""},
		"GET tokens/{token}": {1, "pending"}, "GET tokens/{token} auto": {2, ""}}},
	{"406", faults(open311test.Empty(406)), faultWant{1, "status 406"}, map[string]faultWant{"All": {0, ""}, "auto": {2, ""}}},
	{"429", faults(open311test.Status(429)), faultWant{2, ""}, nil},
	{"429 with Retry-After", faults(open311test.Status(429).Header("Retry-After", "3")), faultWant{2, ""}, nil},
	{"429 for ever", faults(open311test.HTML(429).Times(9)), faultWant{4, "rate limited"}, nil},
	{"Retry-After", faults(open311test.RetryAfter(5 * time.Second)), faultWant{2, ""}, nil},
	{"Retry-After of two hours", faults(open311test.RetryAfter(2 * time.Hour).Times(9)), faultWant{1, "status 503"}, nil},
	{"page with 200", faults(open311test.HTML(200)), faultWant{1, "decode"}, map[string]faultWant{"auto": {2, ""}, "GET discovery": {3, "decode"}, "GET discovery auto": {2, ""}, "All": {2, ""}, "All auto": {2, ""}}},
	{"empty", faults(open311test.Empty(200)), faultWant{1, "decode"}, map[string]faultWant{"auto": {2, ""}, "GET discovery": {3, "decode"}, "GET discovery auto": {2, ""}, "All": {2, ""}, "All auto": {2, ""}}},
	{"204", faults(open311test.Empty(204)), faultWant{1, "decode"}, map[string]faultWant{"auto": {2, ""}, "GET discovery": {3, "decode"}, "GET discovery auto": {2, ""}, "All": {2, ""}, "All auto": {2, ""}}},
	{"reset", faults(open311test.Reset), faultWant{2, ""}, nil},
	{"reset for ever", faults(open311test.Reset.Times(9)), faultWant{4, "transport"}, nil},
	{"cut at the start", faults(open311test.Truncate(0)), faultWant{2, ""}, nil},
	{"cut", faults(open311test.Truncate(60)), faultWant{2, ""}, nil},
	{"cut before its last byte", faults(open311test.Truncate(-1)), faultWant{2, ""}, map[string]faultWant{"All": {0, ""}}},
	{"cut for ever", faults(open311test.Truncate(60).Times(30)), faultWant{4, "decode"}, map[string]faultWant{"GET discovery": {6, "decode"}, "All": {24, "decode"}}},
	{"slower than the time-out", faults(open311test.Delay(40 * time.Second)), faultWant{2, ""}, nil},
	{"slow", faults(open311test.Delay(20 * time.Second)), faultWant{1, ""}, nil},
	{"slow body", faults(open311test.SlowBody(time.Second)), faultWant{1, ""}, nil},
	{"body slower than the time-out", faults(open311test.SlowBody(10 * time.Second)), faultWant{2, ""}, nil},
	{"not gzip", faults(open311test.GzipError), faultWant{2, ""}, nil},
	{"wrong label", faults(open311test.WrongContentType("text/html; charset=utf-16")), faultWant{1, ""}, nil},
	{"no label", faults(open311test.WrongContentType("")), faultWant{1, ""}, nil},
	{"another record", faults(open311test.WrongID), faultWant{1, ""}, map[string]faultWant{"GET services/{code}": {1, "other"}, "GET requests/{id}": {1, "not found"}, "GET tokens/{token}": {1, "pending"}}},
	{"everything twice", faults(open311test.Duplicate), faultWant{1, ""}, map[string]faultWant{"GET services": {1, "other"}, "GET requests": {1, "other"}}},
	{"stale", faults(open311test.Stale), faultWant{1, ""}, nil},
	{"third time lucky", faults(open311test.Status(503), open311test.Reset), faultWant{3, ""}, nil},
}

func faults(f ...open311test.Fault) []open311test.Fault { return f }

func (r *faultRow) wanted(op open311test.Op, f open311.Format) faultWant {
	for _, key := range []string{string(op) + " " + f.String(), string(op), f.String()} { // the narrowest first
		if w, ok := r.but[key]; ok {
			return w
		}
	}
	return r.want
}

func TestFaultMatrix(t *testing.T) {
	for _, row := range faultRows {
		for _, op := range faultOps {
			for _, f := range matrixFormats {
				t.Run(fmt.Sprintf("%s/%s/%s", row.name, strings.ReplaceAll(string(op), "/", " "), f), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { faultCell(t, &row, op, f) })
				})
			}
		}
	}
}

func faultCell(t *testing.T, row *faultRow, op open311test.Op, f open311.Format) {
	city := matrixCity(t, open311test.WithTokenDelay(0, 0))
	c := city.Client(open311.WithFormat(f))
	receipt, err := city.Client(open311.WithFormat(open311.FormatJSON)).Requests.Create(t.Context(), &open311.NewRequest{
		ServiceCode: "Bins & Bags/2", Location: &open311.Point{Lat: 51, Long: 13}})
	if err != nil {
		t.Fatal(err)
	}
	right, err := faultCall(t.Context(), city.Client(open311.WithFormat(open311.FormatJSON)), op, receipt.Token)
	if err != nil {
		t.Fatal(err)
	}
	city.ResetCalls()
	on := op
	if op == "All" {
		on = open311test.ListRequests
	}
	city.Fail(on, row.faults...)
	got, err := faultCall(t.Context(), c, op, receipt.Token)
	city.ClearFaults()
	have := faultWant{len(city.Calls()), errorClass(err)}
	if err == nil && !cmp.Equal(right, got) {
		have.class = "other"
	}
	want := row.wanted(op, f)
	if op == "All" && have.class == "" {
		// All makes further calls to find out how the server pages; a fault costs what it costs in List.
		have.calls -= allCalls - 1
	}
	if want.calls == 0 {
		want.calls = have.calls
	}
	if have != want {
		t.Errorf("%+v, want %+v: %v", have, want, err)
	}
}

// allCalls is how many calls All makes for the span when nothing goes wrong.
const allCalls = 3

// What a listing may not do, whatever goes wrong in the middle of it: end without an error and without
// having given everything.

var listingFaults = []struct {
	name  string
	fault open311test.Fault
}{
	{"none", open311test.Pass},
	{"500", open311test.Status(500).Times(4)},
	{"500 for ever", open311test.Status(500).Times(99)},
	{"reset", open311test.Reset.Times(4)},
	{"page", open311test.HTML(200)},
	{"empty", open311test.Empty(200)},
	{"400", open311test.Status(400)},
	{"cut early", open311test.Truncate(60)},
	{"cut in the middle", open311test.Truncate(3000)},
	{"cut at the end", open311test.Truncate(-1)},
	{"cut four times", open311test.Truncate(-1).Times(4)},
	{"twice", open311test.Duplicate},
	{"stale", open311test.Stale.Times(3)},
}

func TestListingUnderFaults(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("some thousand listings; the matrix and the soak test are for the race detector")
	}
	for _, d := range open311.Dialects() {
		for _, size := range []int{0, 7} {
			for _, told := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/size=%d/told=%v", d.Name, size, told), func(t *testing.T) {
					if !told && d.Name == open311.Klarschiff.Name {
						t.Skip("an untold client gets the open requests only")
					}
					for _, x := range listingFaults {
						for k := range 8 {
							synctest.Test(t, func(t *testing.T) {
								if calls, ok := listUnderFault(t, d, size, told, k, x.fault); !ok {
									t.Errorf("%s at call %d of %d: silently incomplete", x.name, k, calls)
								}
							})
						}
					}
				})
			}
		}
	}
}

// listUnderFault lists 60 days, with a fault at call k. ok: everything came, or the listing says that it
// did not.
func listUnderFault(t *testing.T, d open311.Dialect, size int, told bool, k int, f open311test.Fault) (calls int, ok bool) {
	now := time.Now() // of the bubble: All compares it with what the city has
	q := open311test.QuirksOf(d)
	if size > 0 {
		q.PageSize = size
	}
	opts := []open311.Option{open311.WithJurisdiction("any")}
	if told {
		known := d
		known.RateLimit = 0
		opts = append(opts, open311.WithDialect(known))
	}
	city := matrixCityAt(t, now, open311test.WithQuirks(q))
	query := &open311.Query{Start: now.Add(-60 * 24 * time.Hour)}
	want := matrixPick(city, func(r *open311.ServiceRequest) bool { return !r.RequestedDatetime.Before(query.Start) })
	if k > 0 {
		city.Fail(open311test.ListRequests, open311test.Pass.Times(k))
	}
	city.Fail(open311test.ListRequests, f)
	got, err := matrixAll(t.Context(), city.Client(opts...), query)
	city.ClearFaults()
	return len(city.Calls()), err != nil || cmp.Equal(want, got)
}
