package servers_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/servers"
)

func ExampleOpen() {
	client, err := servers.Open("chicago", open311.WithUserAgent("pothole-map (maps@example.org)"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Endpoint())
	// Output: http://311api.cityofchicago.org/open311/v2
}

func ExampleOpen_retired() {
	_, err := servers.Open("greenwich-open311")
	if retired, ok := errors.AsType[*servers.RetiredError](err); ok {
		fmt.Println(retired.Reason)
		fmt.Println("Use", retired.Successor)
	}
	// Output:
	// Its name no longer resolves.
	// Use greenwich
}

// Try reports on a test server. Not every city has one.
func ExampleOpenTest() {
	for _, city := range []string{"boston", "austin"} {
		client, err := servers.OpenTest(city, open311.WithAPIKey("the key for the test server"))
		if errors.Is(err, servers.ErrNoTestServer) {
			fmt.Println(err)
			continue
		}
		fmt.Println(client.Endpoint())
	}
	// Output:
	// https://boston2-test.spotmobile.net/open311/v2
	// servers: austin (Austin, TX): no test server is known
}

func ExampleLookup() {
	s, err := servers.Lookup("Köln")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Key, s.Platform, s.Status, s.LastSeen)
	fmt.Println("a key to file a request:", s.KeyForPost, "from", s.KeyURL)
	// Output:
	// koln Mark-a-Spot live 2026-08-27
	// a key to file a request: yes from https://sags-uns.stadt-koeln.de/seiten/open311
}

func ExampleLookup_near() {
	_, err := servers.Lookup("Chcago")
	fmt.Println(err)
	_, err = servers.Lookup("Palm")
	fmt.Println(err)
	// Output:
	// servers: no server is called "Chcago"; did you mean chicago?
	// servers: "Palm" may mean palm-harbor, palm-springs; say which
}

// Which current servers are known to take reports, and without a doubt about the last sign of life?
func ExampleAll() {
	for s := range servers.All() {
		if s.TakesReports == servers.Yes && s.LastSeenPrecision == servers.Exact {
			fmt.Println(s.Key)
		}
	}
	// Output:
	// bloomington
	// boston
	// brookline
	// chicago
	// koln
	// san-francisco
}

func ExampleCatalogue_With() {
	own, err := servers.Load(strings.NewReader(`{"servers": [
		{"key": "springfield", "name": "Springfield", "aliases": ["evergreen terrace"],
		 "base_url": "https://311.springfield.example/open311/v2/", "dialect": "spot",
		 "rate_limit": {"calls": 30, "seconds": 60}, "quirks": {"requires": ["email"]}}
	]}`))
	if err != nil {
		log.Fatal(err)
	}
	catalogue := servers.Default().With(own)
	client, err := catalogue.Open("Evergreen Terrace")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Endpoint())
	// Output: https://311.springfield.example/open311/v2
}

// A server may have changed since its row was written: start from the row and say what is different.
func ExampleServer_Dialect() {
	s, err := servers.Lookup("boston")
	if err != nil {
		log.Fatal(err)
	}
	d, err := s.Dialect()
	if err != nil {
		log.Fatal(err)
	}
	d.Paging.Cap = 500
	client, err := s.Open(open311.WithDialect(d))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.Endpoint())
	// Output: https://311.boston.gov/open311/v2
}
