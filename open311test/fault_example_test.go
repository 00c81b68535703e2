package open311test_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// See what a program makes of a city that is down for a moment, and of one that sends a page in place of
// data. Faults that are left over at the end of the test are an error.
func ExampleHandler_Fail() {
	t := &tb{} // in a test, its *testing.T
	defer t.end()

	city := open311test.NewServer(t, open311test.WithoutNetwork())
	c := city.Client(open311.WithFormat(open311.FormatJSON), open311.WithRetry(open311.RetryPolicy{MinWait: time.Millisecond}))

	city.Fail(open311test.ListServices, open311test.Status(503), open311test.Reset, open311test.Truncate(200))
	services, err := c.Services.List(context.Background())
	fmt.Println(len(services), "services after", len(city.Calls()), "calls, error:", err)

	city.Fail(open311test.GetRequest, open311test.HTML(200))
	_, err = c.Requests.Get(context.Background(), "QH26-003600")
	var unreadable *open311.DecodeError
	fmt.Println("a page:", errors.As(err, &unreadable))
	// Output:
	// 19 services after 4 calls, error: <nil>
	// a page: true
}

// Let a part of all calls fail, the same ones in every run.
func ExampleFault_WithProbability() {
	city := open311test.NewHandler()
	city.Fail(open311test.AnyCall,
		open311test.Status(503).WithProbability(0.1, 1),
		open311test.Delay(20*time.Millisecond).WithProbability(0.2, 2))
	fmt.Println(len(city.Pending()), "faults that must happen")
	// Output: 0 faults that must happen
}

// Test against the habits of uReport: numbers for ids, empty strings, a last page that is repeated.
func ExampleWithDialect() {
	t := &tb{} // in a test, its *testing.T
	defer t.end()

	city := open311test.NewServer(t, open311test.WithDialect(open311.UReport))
	c := city.Client(open311.WithDialect(open311.UReport))

	n := 0
	for _, err := range c.Requests.All(context.Background(), &open311.Query{Start: city.Now().AddDate(0, -1, 0), End: city.Now()}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	fmt.Println(n, "requests in the last month")
	// Output: 252 requests in the last month
}

// Set one switch alone: all else is as the specification says.
func ExampleWithQuirks() {
	t := &tb{} // in a test, its *testing.T
	defer t.end()

	city := open311test.NewServer(t, open311test.WithQuirks(open311test.Quirks{
		Lists:       open311test.UnderRoot, // {"service_requests": […]}
		TextNumbers: true,                  // "lat": "43.26"
	}))
	page, err := city.Client().Requests.List(context.Background(), &open311.Query{IDs: []string{"QH26-003600"}})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(page.Requests[0].ID, page.Requests[0].Location)
	// Output: QH26-003600 43.260573,-68.023242
}

// Let the city live: reports come in and are closed while its clock goes on, the same in every run.
func ExampleWithLife() {
	clock := open311test.NewClock(time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC), 0) // stands still
	city := open311test.NewHandler(open311test.WithClock(clock.Now), open311test.WithSize(0), open311test.WithLife(open311test.Life{Seed: 1}))

	city.Advance(7 * 24 * time.Hour)
	closed := 0
	for _, r := range city.Requests() {
		if r.Status == open311.StatusClosed {
			closed++
		}
	}
	fmt.Println(len(city.Requests()), "reports in a week,", closed, "of them closed")
	// Output: 133 reports in a week, 74 of them closed
}

// See what has arrived, as the city understood it.
func ExampleHandler_Filed() {
	t := &tb{} // in a test, its *testing.T
	defer t.end()

	city := open311test.NewServer(t)
	_, err := city.Client().Requests.Create(context.Background(), &open311.NewRequest{
		ServiceCode: "0102", AddressString: "3 Mole Street", Description: "A loose kerb.",
	})
	filed := city.Filed()[0]
	fmt.Println(err, filed.ID, filed.Request.ServiceCode, filed.Request.Description)
	// Output: <nil> QH26-003601 0102 A loose kerb.
}
