package open311test_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// tb stands for the *testing.T of a test in these examples, which are no tests.
type tb struct {
	testing.TB
	cleanup []func()
}

func (t *tb) Helper()          {}
func (t *tb) Cleanup(f func()) { t.cleanup = append(t.cleanup, f) }
func (t *tb) Fatal(args ...any) {
	panic(fmt.Sprint(args...))
}

func (t *tb) end() {
	for _, f := range t.cleanup {
		f()
	}
}

// Start a city and list what was reported there lately.
func ExampleNewServer() {
	t := &tb{} // in a test, its *testing.T
	defer t.end()

	city := open311test.NewServer(t)
	c := city.Client()

	page, err := c.Requests.List(context.Background(), &open311.Query{
		ServiceCodes: []string{"0101"},
		Statuses:     []open311.Status{open311.StatusOpen},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Requests[:3] {
		fmt.Printf("%s %s: %s\n", r.ID, r.ServiceName, r.Address)
	}
	// Output:
	// QH26-003599 Pothole: 92 Rampart Walk, Fort Écluse, Quillhaven
	// QH26-003532 Pothole: 115 Łukasz Garden, Upper Town, Quillhaven
	// QH26-003502 Pothole: 16 Lighthouse Avenue, Sandfield, Quillhaven
}

// Check what a program sent. The key is not shown, but that there was one is.
func ExampleHandler_Calls() {
	t := &tb{} // in a test, its *testing.T
	defer t.end()

	city := open311test.NewServer(t, open311test.WithAPIKey("secret"))
	c := city.Client(open311.WithAPIKey("secret"), open311.WithFormat(open311.FormatJSON))

	_, err := c.Requests.Create(context.Background(), &open311.NewRequest{
		ServiceCode:   "0102",
		AddressString: "12 Ropewalk",
		Description:   "A kerbstone is missing.",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range city.Calls() {
		fmt.Println(call, call.Form.Get("service_code"), call.Form.Get("api_key"))
	}
	// Output:
	// POST /open311/v2/requests.json 0102 REDACTED
}

// Fill the city with data of your own. What a test does not care about may be left out.
func ExampleHandler_Seed() {
	t := &tb{} // in a test, its *testing.T
	defer t.end()

	city := open311test.NewServer(t)
	city.Seed(
		[]open311.Service{{Code: "mud", Name: "Mud on the road"}},
		nil,
		[]open311.ServiceRequest{
			{ID: "1", ServiceCode: "mud", Description: "up to the ankles"},
			{ID: "2", ServiceCode: "mud", Description: "up to the knees", Status: open311.StatusClosed},
		},
	)
	page, err := city.Client().Requests.List(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Requests {
		fmt.Println(r.ID, r.Status, r.Description)
	}
	// Output:
	// 2 closed up to the knees
	// 1 open up to the ankles
}

// Let the city fail: a middleware answers in its place.
func ExampleWithMiddleware() {
	t := &tb{} // in a test, its *testing.T
	defer t.end()

	closed := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "closed for lunch", http.StatusServiceUnavailable)
		})
	}
	city := open311test.NewServer(t, open311test.WithMiddleware(closed))
	res, err := http.Get(city.URL + "/services.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	fmt.Println(res.Status)
	// Output:
	// 503 Service Unavailable
}

// A main program serves the handler as it would any other.
func ExampleNewHandler() {
	city := open311test.NewHandler(open311test.WithClock(time.Now), open311test.WithAPIKey("try-me"))
	srv := httptest.NewServer(city) // or http.ListenAndServe("localhost:8311", city)
	defer srv.Close()

	res, err := http.Get(srv.URL + "/open311/v2/requests.xml?status=open")
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	fmt.Println(res.StatusCode, res.Header.Get("Content-Type"))
	// Output:
	// 200 text/xml; charset=utf-8
}
