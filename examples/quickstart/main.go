// Quickstart shows what a city can be asked: what can be reported, one definition, open requests, one
// request. Without arguments it asks a city that it starts itself, in memory, on loopback; it files
// nothing and needs no network.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -endpoint https://city.example/open311/v2 -jurisdiction city.example
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log"
	"net/http/httptest"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func main() {
	log.SetFlags(0)
	endpoint := flag.String("endpoint", "", "a GeoReport v2 endpoint to ask in place of the city in memory")
	jurisdiction := flag.String("jurisdiction", "", "its jurisdiction_id, if it wants one")
	flag.Parse()
	ctx := context.Background()
	c, err := connect(ctx, *endpoint, *jurisdiction)
	if err == nil {
		err = show(ctx, c)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// connect returns a client for the endpoint, or for a city in memory, which is found by discovery.
func connect(ctx context.Context, endpoint, jurisdiction string) (*open311.Client, error) {
	if endpoint != "" {
		fmt.Printf("Asking %s\n", endpoint)
		return open311.New(endpoint, open311.WithJurisdiction(jurisdiction), open311.WithUserAgent("open311-quickstart"))
	}
	city := httptest.NewServer(open311test.NewHandler()) // lives as long as the program
	discovery := city.URL + "/open311/v2/discovery.json"
	fmt.Printf("A city in memory, discovered at %s\n", discovery)
	return open311.Discover(ctx, discovery)
}

// show asks for the four things in turn.
func show(ctx context.Context, c *open311.Client) error {
	services, err := c.Services.List(ctx)
	if err != nil || len(services) == 0 {
		return err
	}
	say("")
	say("%d services: what can be reported", len(services))
	for _, s := range services {
		say("  %-12s %-36.36s %-9s %.18s", s.Code, s.Name, s.Type, strings.Join(s.Groups, ", "))
	}
	if i := slices.IndexFunc(services, func(s open311.Service) bool { return s.Metadata }); i >= 0 {
		d, err := c.Services.Definition(ctx, services[i].Code)
		if err != nil {
			return err
		}
		say("")
		say("What the city wants to know about %q", services[i].Name)
		for _, a := range d.Attributes {
			need := map[bool]string{true: "required", false: "optional"}[a.Required]
			say("  %-12s %s, %s: %.38s", a.Code, a.Datatype, need, a.Description)
			for _, v := range a.Values {
				say("  %14s %s = %.48s", "", v.Key, v.Name)
			}
		}
	}
	page, err := c.Requests.List(ctx, &open311.Query{
		ServiceCodes: []string{services[0].Code}, Statuses: []open311.Status{open311.StatusOpen},
	})
	if err != nil || len(page.Requests) == 0 {
		return err
	}
	say("")
	say("Open requests of %q: %d, the newest of them", services[0].Name, len(page.Requests))
	for _, r := range page.Requests[:min(5, len(page.Requests))] {
		say("  %-12s %s  %.53s", r.ID, r.RequestedDatetime.Format(time.DateOnly), cmp.Or(r.Description, r.Address))
	}
	r, err := c.Requests.Get(ctx, page.Requests[0].ID)
	if err != nil {
		return err
	}
	place := ""
	if r.Location != nil {
		place = r.Location.String()
	}
	say("")
	say("Request %s", r.ID)
	for _, line := range [][2]string{
		{"status", string(r.Status)}, {"service", r.ServiceName}, {"agency", r.AgencyResponsible},
		{"requested", r.RequestedDatetime.Format(time.RFC1123)}, {"address", r.Address}, {"place", place},
		{"description", r.Description}, {"notes", r.StatusNotes}, {"media", strings.Join(r.MediaURLs(), " ")},
	} {
		if line[1] != "" {
			say("  %-12s %.65s", line[0], line[1])
		}
	}
	return nil
}

// say prints a line. What strangers have written in it neither ends it nor moves the cursor.
func say(format string, args ...any) {
	fmt.Println(strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, fmt.Sprintf(format, args...)))
}
