package open311_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// example starts a city in memory and returns its endpoint; any GeoReport v2 server would do.
func example() (endpoint string, stop func()) {
	city := httptest.NewServer(open311test.NewHandler())
	return city.URL + "/open311/v2", city.Close
}

func Example() {
	endpoint, stop := example()
	defer stop()

	c, err := open311.New(endpoint)
	if err != nil {
		log.Fatal(err)
	}
	open := 0
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for r, err := range c.Requests.All(context.Background(), &open311.Query{Start: since}) {
		if err != nil {
			log.Fatal(err)
		}
		if r.Status.Is(open311.StatusOpen) {
			open++
		}
	}
	fmt.Println(open, "requests of this year are open")
	// Output: 181 requests of this year are open
}

func ExampleNew() {
	c, err := open311.New("https://city.example/open311/v2/",
		open311.WithJurisdiction("city.example"),
		open311.WithAPIKey("the key that the city has given you"),
		open311.WithUserAgent("pothole-bot/1.0 (bot@example.org)"),
		open311.WithRateLimit(1, 5))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c) // shows no key
	// Output: open311.Client(https://city.example/open311/v2)
}

func ExampleDiscover() {
	endpoint, stop := example()
	defer stop()

	c, err := open311.Discover(context.Background(), endpoint+"/discovery.json")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Endpoint() == endpoint)
	// Output: true
}

func ExampleServiceClient_List() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	services, err := c.Services.List(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range services[:3] {
		fmt.Println(s.Code, s.Name, s.Type)
	}
	// Output:
	// 0101 Pothole realtime
	// 0102 Damaged pavement realtime
	// 0103 Snow and ice realtime
}

func ExampleServiceClient_Definition() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	d, err := c.Services.Definition(context.Background(), "0101")
	if err != nil {
		log.Fatal(err)
	}
	for _, a := range d.Attributes {
		fmt.Println(a.Code, a.Datatype, a.Required, len(a.Values))
	}
	// Output:
	// INFO string false 0
	// SIZE singlevaluelist true 3
	// DEPTH number false 0
	// LANE multivaluelist false 4
}

func ExampleServiceClient_Catalog() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	for entry, err := range c.Services.Catalog(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		if entry.Definition != nil {
			fmt.Println(entry.Service.Name, "has", len(entry.Definition.Attributes), "attributes")
			break // makes no further calls
		}
	}
	// Output: Pothole has 4 attributes
}

func ExampleRequestClient_List() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	page, err := c.Requests.List(context.Background(), &open311.Query{
		ServiceCodes: []string{"0101"},
		Statuses:     []open311.Status{open311.StatusOpen},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Requests), page.Requests[0].ID, page.Requests[0].RequestedDatetime.Format(time.DateOnly))
	// Output: 14 QH26-003599 2026-06-29
}

func ExampleRequestClient_Get() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	r, err := c.Requests.Get(context.Background(), "QH26-003599")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Status, r.ServiceName, *r.Location)

	_, err = c.Requests.Get(context.Background(), "no such thing")
	fmt.Println(errors.Is(err, open311.ErrNotFound))
	// Output:
	// open Pothole 43.257032,-68.052242
	// true
}

func ExampleRequestClient_All() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	count := 0
	q := &open311.Query{Start: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)}
	for _, err := range c.Requests.All(context.Background(), q) {
		if gaps, ok := errors.AsType[*open311.TruncatedError](err); ok {
			fmt.Println("missing:", gaps)
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		count++
	}
	fmt.Println(count, "requests in a year")
	// Output: 3600 requests in a year
}

func ExampleRequestClient_AllInto() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	var r open311.ServiceRequest // all requests come in it, one after the other
	days := map[time.Weekday]int{}
	q := &open311.Query{Start: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	for _, err := range c.Requests.AllInto(context.Background(), q, &r) {
		if err != nil {
			log.Fatal(err)
		}
		days[r.RequestedDatetime.Weekday()]++
	}
	fmt.Println(days[time.Monday] > days[time.Sunday])
	// Output: true
}

func ExampleRequestClient_Pages() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	q := &open311.Query{Start: time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), ServiceCodes: []string{"0701"}}
	sum := 0
	for page, err := range c.Requests.Pages(context.Background(), q) {
		if err != nil {
			log.Fatal(err)
		}
		sum += len(page.Requests)
	}
	fmt.Println(sum, "reports of graffiti")
	// Output: 196 reports of graffiti
}

func ExampleQuery_Shards() {
	q := &open311.Query{
		Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		End:   time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC),
	}
	for _, shard := range q.Shards(3) {
		fmt.Println(shard.Start.Format(time.DateTime), shard.End.Format(time.DateTime))
	}
	// Output:
	// 2026-01-01 00:00:00 2026-01-10 23:59:59
	// 2026-01-11 00:00:00 2026-01-20 23:59:59
	// 2026-01-21 00:00:00 2026-01-31 00:00:00
}

func ExampleDiscoveryClient_Get() {
	endpoint, stop := example()
	defer stop()
	c, _ := open311.New(endpoint)

	d, err := c.Discovery.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	e, ok := d.GeoReport("production")
	fmt.Println(ok, e.Formats)
	// Output: true [text/xml application/json]
}

func ExampleWithWarnings() {
	// A server that wraps its list, has numbers for ids and text for coordinates.
	city := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"service_requests":[{"service_request_id":7,"status":"Open","lat":"52.5","long":"13.4"}]}`)
	}))
	defer city.Close()

	c, err := open311.New(city.URL, open311.WithWarnings(func(_ context.Context, w open311.Warning) {
		fmt.Println(w.Path, w.Kind, w.Detail)
	}))
	if err != nil {
		log.Fatal(err)
	}
	page, err := c.Requests.List(context.Background(), nil)
	if err != nil {
		log.Fatal(err)
	}
	r := page.Requests[0]
	fmt.Println(r.ID, r.Status.Is(open311.StatusOpen), *r.Location)
	// Output:
	// service_requests[0] envelope a list wrapped in an object
	// service_requests[0].lat type number written as text
	// service_requests[0].long type number written as text
	// 7 true 52.5,13.4
}

func ExampleExtra_Decode() {
	r := open311.ServiceRequest{Extra: open311.Extra{"extended_attributes": []byte(`{"channel":"app","votes":3}`)}}
	var extended struct {
		Channel string
		Votes   int
	}
	if err := r.Extra.Decode("extended_attributes", &extended); err != nil {
		log.Fatal(err)
	}
	fmt.Println(extended.Channel, extended.Votes)
	// Output: app 3
}
