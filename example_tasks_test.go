package open311_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// exampleCity is a city in memory that can be looked into, and a client of it that needs no socket.
func exampleCity(opts ...open311test.Option) (*open311test.Handler, *open311.Client) {
	city := open311test.NewHandler(opts...)
	c, err := open311.New("http://quillhaven.example/open311/v2", open311.WithHTTPClient(&http.Client{Transport: city.Transport()}))
	if err != nil {
		log.Fatal(err)
	}
	return city, c
}

// batchReport is one of a service that gives tokens.
var batchReport = &open311.NewRequest{ServiceCode: "0801", AddressString: "12 Quay Street", Description: "Wasps in the bus shelter."}

// File a report. The definition says what the city wants to know; once it was read, the answers are checked
// against it before anything is sent.
func ExampleRequestClient_Create() {
	_, c := exampleCity()
	ctx := context.Background()

	if _, err := c.Services.Definition(ctx, "0101"); err != nil {
		log.Fatal(err)
	}
	receipt, err := c.Requests.Create(ctx, &open311.NewRequest{
		ServiceCode: "0101",
		Location:    &open311.Point{Lat: 43.257, Long: -68.0522},
		Attributes:  open311.Attributes{"SIZE": {"M"}},
		Description: "As deep as a bucket, in front of number 92.",
		Email:       "alice@example.org",
	})
	switch {
	case errors.Is(err, open311.ErrInvalid):
		fmt.Println("to be put right:", err)
	case errors.Is(err, open311.ErrOutcomeUnknown):
		fmt.Println("perhaps filed, see FindSimilar:", err)
	case err != nil:
		fmt.Println("not filed:", err)
	default:
		fmt.Println("filed as", receipt.ID)
	}
	// Output: filed as QH26-003601
}

// Show the reporter everything that is wrong, before anything is sent.
func ExampleNewRequest_Validate() {
	_, c := exampleCity()
	def, err := c.Services.Definition(context.Background(), "0101")
	if err != nil {
		log.Fatal(err)
	}
	report := &open311.NewRequest{ServiceCode: "0101", Attributes: open311.Attributes{"DEPTH": {"deep"}}}
	if invalid, ok := errors.AsType[*open311.ValidationError](report.Validate(def)); ok {
		for _, p := range invalid.Problems {
			fmt.Println(p.Field)
		}
	}
	// Output:
	// Location
	// Attributes[SIZE]
	// Attributes[DEPTH]
}

// Send a photo with a report. It is read from where it is, once an attempt, and never held in memory.
func ExampleMedia() {
	city, c := exampleCity()
	photo := []byte("\xFF\xD8\xFF\xE0 the rest of a JPEG")

	_, err := c.Requests.Create(context.Background(), &open311.NewRequest{
		ServiceCode:   "0302",
		AddressString: "12 Łukasz Garden",
		Attributes:    open311.Attributes{"KIND": {"furniture"}},
		Media: []open311.Media{{
			Name: "sofa.jpg",
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(photo)), nil }, // or os.Open
			Size: int64(len(photo)),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	file := city.Filed()[0].Files[0]
	fmt.Println(file.Name, file.ContentType, len(file.Data))
	// Output: sofa.jpg image/jpeg 23
}

// Ask once for the id that belongs to a token.
func ExampleRequestClient_Resolve() {
	_, c := exampleCity() // it gives the id at the second time of asking
	ctx := context.Background()

	receipt, err := c.Requests.Create(ctx, batchReport)
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		id, err := c.Requests.Resolve(ctx, receipt.Token)
		fmt.Printf("%q, pending: %v\n", id, errors.Is(err, open311.ErrPending))
	}
	// Output:
	// "", pending: true
	// "QH26-003601", pending: false
}

// Wait for the id that belongs to a token, which may take a city minutes or days.
func ExampleRequestClient_Await() {
	_, c := exampleCity()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()

	receipt, err := c.Requests.Create(ctx, batchReport)
	if err != nil {
		log.Fatal(err)
	}
	id, err := c.Requests.Await(ctx, receipt.Token)
	if errors.Is(err, context.DeadlineExceeded) {
		fmt.Println("not yet; keep the token:", receipt.Token)
		return
	}
	fmt.Println(id, err)
}

// When nobody knows whether a report was filed, look before filing it again.
func ExampleRequestClient_FindSimilar() {
	city, c := exampleCity(open311test.WithClock(time.Now), open311test.WithSize(100))
	ctx := context.Background()
	report := &open311.NewRequest{
		ServiceCode: "0701",
		Location:    &open311.Point{Lat: 43.2501, Long: -68.0502},
		Attributes:  open311.Attributes{"INSULT": {"false"}},
		Description: "Graffiti on the pump house, about three metres wide.",
	}
	city.Fail(open311test.FileRequest, open311test.Truncate(10)) // filed, and the receipt is lost

	_, err := c.Requests.Create(ctx, report)
	if unknown, ok := errors.AsType[*open311.UnknownOutcomeError](err); ok {
		found, err := c.Requests.FindSimilar(ctx, report, time.Since(unknown.Sent)+time.Hour)
		fmt.Println(len(found), "like it, error:", err)
	}
	// Output: 1 like it, error: <nil>
}

// File a report once, whatever happens to the program or to the answer: a report that may have been sent is looked for
// before it is sent again.
func ExampleRequestClient_File() {
	city, c := exampleCity(open311test.WithClock(time.Now), open311test.WithSize(100))
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "outbox")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	box := open311.FileOutbox(dir)
	report := &open311.NewRequest{ServiceCode: "0102", AddressString: "3 Mole Street", Description: "A loose kerb."}
	city.Fail(open311test.FileRequest, open311test.Truncate(10)) // filed, and the receipt is lost

	for f, err := range box.Pending(ctx) { // what an earlier run has left
		if err != nil {
			log.Fatal(err)
		}
		if _, err := c.Requests.File(ctx, box, f); err != nil {
			log.Print(err) // it stays pending
		}
	}
	receipt, err := c.Requests.File(ctx, box, &open311.Filing{Report: report})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(receipt.ID == city.Filed()[0].ID, len(city.Filed()))
	// Output: true 1
}

// Follow what changes in a city. The first poll without Since takes stock.
func ExampleRequestClient_Feed() {
	city, c := exampleCity(open311test.WithClock(time.Now), open311test.WithSize(100))
	feed, err := c.Requests.Feed(open311.FeedOptions{})
	if err != nil {
		log.Fatal(err)
	}
	poll := func() {
		for change, err := range feed.Poll(context.Background()) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(change.Kind, change.Request.ServiceName)
		}
	}
	poll()
	city.Put(open311.ServiceRequest{ID: "new", ServiceName: "Pothole"})
	poll()
	city.Edit("new", func(r *open311.ServiceRequest) { r.Status = open311.StatusClosed })
	poll()
	// Output:
	// created Pothole
	// closed Pothole
}

// Keep polling, here until the first change. A cancelled context ends the loop, too.
func ExampleFeed_Watch() {
	_, c := exampleCity()
	feed, err := c.Requests.Feed(open311.FeedOptions{
		Since: time.Date(2026, 6, 29, 0, 0, 0, 0, time.UTC),
		Kinds: []open311.ChangeKind{open311.Created},
		Match: func(c *open311.Change) bool { return c.Request.ServiceCode == "0101" },
	})
	if err != nil {
		log.Fatal(err)
	}
	for change, err := range feed.Watch(context.Background(), 10*time.Minute) {
		if err != nil {
			log.Println(err) // and go on: the next poll makes up for it
			continue
		}
		fmt.Println(change.Kind, change.Request.ServiceName, change.Request.ID)
		break
	}
	// Output: created Pothole QH26-003599
}

// Go on after a crash where the loop body had come to.
func ExampleFileCheckpoint() {
	city, c := exampleCity(open311test.WithClock(time.Now), open311test.WithSize(100))
	dir, err := os.MkdirTemp("", "feed")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	for _, run := range []string{"first run", "second run"} {
		feed, err := c.Requests.Feed(open311.FeedOptions{Store: open311.FileCheckpoint(filepath.Join(dir, "feed.json"))})
		if err != nil {
			log.Fatal(err)
		}
		changes := 0
		for _, err := range feed.Poll(context.Background()) {
			if err != nil {
				log.Fatal(err)
			}
			changes++
		}
		fmt.Println(run+":", changes)
		city.Put(open311.ServiceRequest{ServiceCode: "0101"}) // between the runs
	}
	// Output:
	// first run: 0
	// second run: 1
}

// Read the updates of mySociety's servers.
func ExampleUpdateClient_List() {
	city, c := exampleCity()
	city.PutUpdates(open311.Update{RequestID: "QH26-003599", Status: "FIXED", Description: "Filled."})

	updates, err := c.Updates.List(context.Background(), &open311.UpdateQuery{Start: city.Now().Add(-time.Hour), End: city.Now()})
	if err != nil {
		log.Fatal(err)
	}
	for _, u := range updates {
		fmt.Println(u.RequestID, u.State(), u.Description)
	}
	// Output: QH26-003599 closed Filled.
}

// Send an update to one of mySociety's servers. Under the same ID it can be sent again without being there twice.
func ExampleUpdateClient_Create() {
	city, c := exampleCity()
	_, err := c.Updates.Create(context.Background(), &open311.NewUpdate{
		RequestID:       "QH26-003599",
		ID:              "our-4711",
		Status:          "in progress",
		UpdatedDatetime: city.Now(),
		Description:     "The crew is on its way.",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(city.FiledUpdates()[0].Update.Status)
	// Output: IN_PROGRESS
}

// Tell the client what kind of server it talks to.
func ExampleWithDialect() {
	c, err := open311.New("https://city.example/citysdk", open311.WithDialect(open311.Klarschiff))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c)
	// Output: open311.Client(https://city.example/citysdk)
}

// Describe a server that none of the predeclared dialects fits: it calls the size of a page limit, has
// pages from 1, and wants one call a second at most.
func ExampleDialect() {
	d := open311.Dialect{
		Name:      "Anytown",
		Rename:    map[string]string{"page_size": "limit"},
		Paging:    open311.Paging{Style: open311.PagingNumbers, First: 1},
		RateLimit: 1,
	}
	c, err := open311.New("https://anytown.example/v2", open311.WithDialect(d))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Endpoint())
	// Output: https://anytown.example/v2
}

// Change a client for some calls; connections and limits are shared.
func ExampleClient_With() {
	_, c := exampleCity()
	strict, err := c.With(open311.WithStrict(), open311.WithFormat(open311.FormatXML))
	if err != nil {
		log.Fatal(err)
	}
	page, err := strict.Requests.List(context.Background(), &open311.Query{ServiceCodes: []string{"0101"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Requests) > 0)
	// Output: true
}

// Call what the specification does not know. Key, limits, retries and redaction apply.
func ExampleClient_Do() {
	_, c := exampleCity()
	res, err := c.Do(context.Background(), http.MethodGet, "services/0101", url.Values{"locale": {"en"}})
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	fmt.Println(res.StatusCode, res.Header.Get("Content-Type"))
	// Output: 200 application/json; charset=utf-8
}

// Read what a server says when it refuses something.
func ExampleAPIError() {
	_, c := exampleCity(open311test.WithAPIKey("another key"))
	_, err := c.Requests.Create(context.Background(), batchReport)
	if refusal, ok := errors.AsType[*open311.APIError](err); ok {
		fmt.Println(refusal.StatusCode, refusal.Faults[0].Code, errors.Is(err, open311.ErrForbidden))
	}
	// Output: 403 403 true
}

// Get all pictures of a request, whichever way its server sends them.
func ExampleServiceRequest_MediaURLs() {
	r := open311.ServiceRequest{
		MediaURL: "https://city.example/1.jpg,https://city.example/2.jpg",
		Extra:    open311.Extra{"photos": []byte(`[{"id":7,"url":"https://city.example/3.jpg"}]`)},
	}
	for _, u := range r.MediaURLs() {
		fmt.Println(u)
	}
	// Output:
	// https://city.example/1.jpg
	// https://city.example/2.jpg
	// https://city.example/3.jpg
}

// One call asks for what no field is there for, and keeps what came with the answer.
func ExampleCallResponse() {
	city := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "42")
		fmt.Fprintf(w, `[{"service_code":"001","service_name":"Potholes (%s)"}]`, r.URL.Query().Get("locale"))
	}))
	defer city.Close()

	c, err := open311.New(city.URL)
	if err != nil {
		log.Fatal(err)
	}
	var got open311.Response
	services, err := c.Services.List(context.Background(), open311.CallParams(url.Values{"locale": {"fr"}}), open311.CallResponse(&got))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(services[0].Name, got.StatusCode, got.Format, got.Header.Get("X-Request-Id"))
	// Output:
	// Potholes (fr) 200 json 42
}

// progress counts rows and bytes of all calls of a client.
type progress struct{ rows, bytes atomic.Int64 }

func (p *progress) Call(ctx context.Context, info open311.CallInfo) (context.Context, func(open311.CallResult)) {
	if info.Attempt > 0 {
		return ctx, nil // the call itself says it all
	}
	return ctx, func(r open311.CallResult) {
		p.rows.Add(int64(r.Rows))
		p.bytes.Add(r.Bytes)
	}
}

func ExampleWithObserver() {
	city := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `[{"service_code":"001"},{"service_code":"002"}]`)
	}))
	defer city.Close()

	var p progress
	c, err := open311.New(city.URL, open311.WithObserver(&p))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Services.List(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.rows.Load(), "rows,", p.bytes.Load(), "bytes")
	// Output:
	// 2 rows, 47 bytes
}
