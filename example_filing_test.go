package open311_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func ExampleRequestClient_Create() {
	endpoint, stop := example()
	defer stop()
	ctx := context.Background()
	c, _ := open311.New(endpoint, open311.WithAPIKey("xyz"))

	// With the definition at hand the answers are checked before anything is sent.
	if _, err := c.Services.Definition(ctx, "0101"); err != nil {
		log.Fatal(err)
	}
	report := &open311.NewRequest{
		ServiceCode: "0101", Location: &open311.Point{Lat: 43.25, Long: -68.05}, Description: "A hole in front of number 7",
		Attributes: open311.Attributes{"SIZE": {"Bigger than a plate"}, "LANES": {"bike"}},
	}
	_, err := c.Requests.Create(ctx, report)
	if ve, ok := errors.AsType[*open311.ValidationError](err); ok {
		for _, p := range ve.Problems {
			fmt.Println(p.Field, p.Detail)
		}
	}

	report.Attributes = open311.Attributes{"SIZE": {"L"}, "LANE": {"bike", "foot"}}
	receipt, err := c.Requests.Create(ctx, report)
	switch {
	case errors.Is(err, open311.ErrOutcomeUnknown):
		// It may have been filed: look with FindSimilar before filing it again.
	case err != nil:
		log.Fatal(err) // it was not filed
	default:
		fmt.Println("filed as", receipt.ID)
	}
	// Output:
	// Attributes[SIZE] "Bigger than a plate" is the name of a value; send its key "L"
	// Attributes[LANES] this service has no such attribute; did you mean "LANE"?
	// filed as QH26-003601
}

func ExampleRequestClient_Await() {
	endpoint, stop := example()
	defer stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, _ := open311.New(endpoint)

	receipt, err := c.Requests.Create(ctx, &open311.NewRequest{ServiceCode: "0801", AddressString: "Marsh Gate 1"})
	if err != nil {
		log.Fatal(err)
	}
	if receipt.ID == "" && receipt.Token != "" { // the number comes later
		if receipt.ID, err = c.Requests.Await(ctx, receipt.Token); err != nil {
			log.Fatal(err)
		}
	}
	r, err := c.Requests.Get(ctx, receipt.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.ServiceName, r.Status)
}

func ExampleRequestClient_FindSimilar() {
	city := httptest.NewServer(open311test.NewHandler(open311test.WithClock(time.Now)))
	defer city.Close()
	ctx := context.Background()
	c, _ := open311.New(city.URL + "/open311/v2")
	report := &open311.NewRequest{ServiceCode: "0102", Location: &open311.Point{Lat: 43.25, Long: -68.05}, Description: "Loose paving"}
	if _, err := c.Requests.Create(ctx, report); err != nil {
		log.Fatal(err)
	}

	// Had the answer been lost, this would tell that the report is there.
	found, err := c.Requests.FindSimilar(ctx, report, 24*time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range found {
		fmt.Println(r.ServiceName+":", r.Description)
	}
	// Output: Damaged pavement: Loose paving
}

func ExampleRequestClient_Feed() {
	town := open311test.NewHandler()
	city := httptest.NewServer(town)
	defer city.Close()
	ctx := context.Background()
	c, _ := open311.New(city.URL + "/open311/v2")

	// In a program: Store: open311.FileCheckpoint("state.json"), and feed.Watch(ctx, time.Minute).
	feed, err := c.Requests.Feed(open311.FeedOptions{Kinds: []open311.ChangeKind{open311.Created, open311.Closed}})
	if err != nil {
		log.Fatal(err)
	}
	look := func() {
		for change, err := range feed.Poll(ctx) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(change.Kind, change.Request.ID, change.Request.Status)
		}
	}
	look() // the first look takes stock
	town.Put(open311.ServiceRequest{ID: "QH-1", ServiceCode: "0102"})
	look()
	town.Edit("QH-1", func(r *open311.ServiceRequest) { r.Status, r.StatusNotes = open311.StatusClosed, "Mended." })
	look()
	// Output:
	// created QH-1 open
	// closed QH-1 closed
}
