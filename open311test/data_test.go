package open311test_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestSeedFillsIn(t *testing.T) {
	h := open311test.NewHandler()
	now := h.Now()
	h.Seed(
		[]open311.Service{{Code: "1"}, {Code: "2", Name: "Two", Type: open311.Batch, Metadata: true}},
		[]open311.ServiceDefinition{{ServiceCode: "1"}},
		[]open311.ServiceRequest{{ServiceCode: "1", RequestedDatetime: now.Add(-time.Hour)}, {ID: "x", Status: "closed"}},
	)
	if diff := cmp.Diff([]open311.Service{
		{Code: "1", Name: "1", Type: open311.Realtime, Metadata: true},
		{Code: "2", Name: "Two", Type: open311.Batch, Metadata: true},
	}, h.Services()); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]open311.ServiceRequest{
		{ID: "x", Status: "closed", RequestedDatetime: now},
		{ID: "QH26-000001", ServiceCode: "1", Status: "open", RequestedDatetime: now.Add(-time.Hour)},
	}, h.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestOptionsReplaceTheTown(t *testing.T) {
	service, request := open311.Service{Code: "A"}, open311.ServiceRequest{ID: "1"}
	form := open311.ServiceDefinition{ServiceCode: "0101"}
	tests := []struct {
		name                            string
		opts                            []open311test.Option
		services, definitions, requests int
	}{
		{"nothing", nil, 19, 10, 3600},
		{"services", []open311test.Option{open311test.WithServices(service)}, 1, 0, 0},
		{"no services", []open311test.Option{open311test.WithServices()}, 0, 0, 0},
		{"definitions", []open311test.Option{open311test.WithDefinitions(form)}, 19, 1, 3600},
		{"requests", []open311test.Option{open311test.WithRequests(request)}, 19, 10, 1},
		{"no requests", []open311test.Option{open311test.WithRequests()}, 19, 10, 0},
		{"all", []open311test.Option{open311test.WithServices(service), open311test.WithDefinitions(open311.ServiceDefinition{ServiceCode: "A"}), open311test.WithRequests(request)}, 1, 1, 1},
		{"empty", []open311test.Option{open311test.WithEmpty()}, 0, 0, 0},
		{"empty, then requests", []open311test.Option{open311test.WithEmpty(), open311test.WithRequests(request)}, 0, 0, 1},
		{"size", []open311test.Option{open311test.WithSize(50)}, 19, 10, 50},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open311test.NewHandler(tt.opts...)
			got := []int{len(h.Services()), len(h.Definitions()), len(h.Requests())}
			if diff := cmp.Diff([]int{tt.services, tt.definitions, tt.requests}, got); diff != "" {
				t.Errorf("services, definitions, requests (-want +got):\n%s", diff)
			}
		})
	}
}

// TestChangesShow reads before and after each change: what was encoded before must not be shown again.
func TestChangesShow(t *testing.T) {
	h := hamlet()
	status := func() string { return rows(t, get(h, "requests/a1.json"))[0].Status }
	if got := status(); got != "closed" {
		t.Fatalf("a1 is %q to begin with", got)
	}
	h.Put(open311.ServiceRequest{ID: "a1", Status: "open", RequestedDatetime: date("2026-06-29T00:00:00Z")})
	if got := status(); got != "open" {
		t.Errorf("a1 is %q after Put", got)
	}
	if diff := cmp.Diff([]string{"b/5", "a1", "a3", "a2", "a4"}, ids(t, get(h, "requests.json"))); diff != "" {
		t.Errorf("after Put (-want +got):\n%s", diff)
	}
	h.Put(open311.ServiceRequest{ID: "n1", RequestedDatetime: date("2026-06-30T11:00:00Z")}, open311.ServiceRequest{ID: "n2", RequestedDatetime: date("2026-04-02T00:00:00Z")})
	h.Remove("a2", "nobody")
	if diff := cmp.Diff([]string{"b/5", "n1", "a1", "a3", "n2", "a4"}, ids(t, get(h, "requests.json"))); diff != "" {
		t.Errorf("after Put and Remove (-want +got):\n%s", diff)
	}
	before := get(h, "services.json").Body.String()
	h.Seed([]open311.Service{{Code: "new"}}, nil, nil)
	if after := get(h, "services.json").Body.String(); after == before {
		t.Errorf("after Seed the services are still %s", after)
	}
	if got := ids(t, get(h, "requests.json")); len(got) != 0 {
		t.Errorf("after Seed there are still %q", got)
	}
}

// TestCopies changes what was given to the city, and what came from it.
func TestCopies(t *testing.T) {
	services := []open311.Service{{Code: "1", Keywords: []string{"a"}, Groups: []string{"g"}}}
	forms := []open311.ServiceDefinition{{ServiceCode: "1", Attributes: []open311.Attribute{{Code: "A", Values: []open311.AttributeValue{{Key: "k"}}}}}}
	requests := []open311.ServiceRequest{{ID: "1", Location: &open311.Point{Lat: 1}, Extra: open311.Extra{"x": json.RawMessage(`1`)}}}
	h := open311test.NewHandler(open311test.WithEmpty())
	h.Seed(services, forms, requests)
	look := func() []string {
		return []string{get(h, "services.xml").Body.String(), get(h, "services/1.xml").Body.String(), get(h, "requests/1.xml").Body.String()}
	}
	spoil := func(v []open311.Service, d []open311.ServiceDefinition, r []open311.ServiceRequest) {
		v[0].Keywords[0], v[0].Groups[0] = "z", "z"
		d[0].Attributes[0].Values[0].Key = "z"
		d[0].Attributes[0].Code = "z"
		r[0].Location.Lat = 9
		r[0].Extra["x"] = json.RawMessage(`9`)
	}
	spoil(services, forms, requests)
	spoil(h.Services(), h.Definitions(), h.Requests())
	got := look()
	h.Seed(
		[]open311.Service{{Code: "1", Keywords: []string{"a"}, Groups: []string{"g"}}},
		[]open311.ServiceDefinition{{ServiceCode: "1", Attributes: []open311.Attribute{{Code: "A", Values: []open311.AttributeValue{{Key: "k"}}}}}},
		[]open311.ServiceRequest{{ID: "1", Location: &open311.Point{Lat: 1}, Extra: open311.Extra{"x": json.RawMessage(`1`)}}},
	)
	if diff := cmp.Diff(look(), got); diff != "" {
		t.Errorf("the city has changed (-want +got):\n%s", diff)
	}
}

// TestConcurrentUse is for the race detector; what it checks besides is that no report gets lost.
func TestConcurrentUse(t *testing.T) {
	h := hamlet(open311test.WithTokenDelay(0, 0))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				post(h, "requests.json", report(url.Values{"address_string": {fmt.Sprint(i, j)}}))
				post(h, "requests.xml", url.Values{"service_code": {"B/2"}, "address_id": {"7"}})
				get(h, "requests.xml")
				get(h, "requests.json?status=open")
				get(h, "services.json")
				get(h, "tokens/tk-000001.json")
				h.Put(open311.ServiceRequest{ID: "a1"})
				h.Requests()
				h.Calls()
			}
		})
	}
	wg.Wait()
	if n := len(h.Requests()); n != 6+2*80 {
		t.Errorf("%d requests, want %d", n, 6+2*80)
	}
	seen := make(map[string]bool)
	for _, r := range h.Requests() {
		if seen[r.ID] {
			t.Errorf("id %s was given twice", r.ID)
		}
		seen[r.ID] = true
	}
}
