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
	fmt.Printf("\n%d services: what can be reported\n", len(services))
	for _, s := range services {
		fmt.Printf("  %-12s %-36s %-9s %s\n", s.Code, cut(s.Name, 36), s.Type, strings.Join(s.Groups, ", "))
	}
	if i := slices.IndexFunc(services, func(s open311.Service) bool { return s.Metadata }); i >= 0 {
		d, err := c.Services.Definition(ctx, services[i].Code)
		if err != nil {
			return err
		}
		fmt.Printf("\nWhat the city wants to know about %q\n", services[i].Name)
		for _, a := range d.Attributes {
			fmt.Printf("  %-12s %-16s %-9s %s\n", a.Code, a.Datatype, need(a), cut(a.Description, 56))
			for _, v := range a.Values {
				fmt.Printf("  %29s %s = %s\n", "", v.Key, v.Name)
			}
		}
	}
	page, err := c.Requests.List(ctx, &open311.Query{
		ServiceCodes: []string{services[0].Code}, Statuses: []open311.Status{open311.StatusOpen},
	})
	if err != nil || len(page.Requests) == 0 {
		return err
	}
	fmt.Printf("\nOpen requests of %q: %d, the newest of them\n", services[0].Name, len(page.Requests))
	for _, r := range page.Requests[:min(5, len(page.Requests))] {
		fmt.Printf("  %-12s %s  %s\n", r.ID, r.RequestedDatetime.Format(time.DateOnly), cut(cmp.Or(r.Description, r.Address), 64))
	}
	r, err := c.Requests.Get(ctx, page.Requests[0].ID)
	if err != nil {
		return err
	}
	place := ""
	if r.Location != nil {
		place = r.Location.String()
	}
	fmt.Printf("\nRequest %s\n", r.ID)
	for _, line := range [][2]string{
		{"status", string(r.Status)}, {"service", r.ServiceName}, {"agency", r.AgencyResponsible},
		{"requested", r.RequestedDatetime.Format(time.RFC1123)}, {"address", r.Address}, {"place", place},
		{"description", cut(r.Description, 70)}, {"notes", cut(r.StatusNotes, 70)}, {"media", strings.Join(r.MediaURLs(), " ")},
	} {
		if line[1] != "" {
			fmt.Printf("  %-12s %s\n", line[0], line[1])
		}
	}
	return nil
}

// need says whether an attribute has to be filled in.
func need(a open311.Attribute) string {
	if !a.Variable {
		return "read this"
	}
	return map[bool]string{true: "required", false: "optional"}[a.Required]
}

// cut makes one line of at most n characters of a text.
func cut(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}
