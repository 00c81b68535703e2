package open311_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/wire"
)

// benchPage is how many requests a benchmark's page has.
const benchPage = 1000

// benchRequest makes request i of an invented city.
func benchRequest(i int) open311.ServiceRequest {
	kinds := [...][3]string{
		{"POT-1", "Pothole on a Carriageway", "Streets and Bridges"}, {"LGT-2", "Street Light Out or Flickering", "Electrical Services"},
		{"GRF-7", "Graffiti on Public Property", "Clean City Bureau"}, {"TRE-3", "Tree or Limb Down", "Parks & Forestry"},
		{"WST-4", "Missed Collection", "Waste & Recycling"},
	}
	kind := kinds[i*7%len(kinds)]
	r := open311.ServiceRequest{
		ID: fmt.Sprint(1_000_000 + 7*i), Status: open311.StatusOpen, ServiceCode: kind[0], ServiceName: kind[1], AgencyResponsible: kind[2],
		Description:       "There is a deep hole in front of the “Alte Mühle” bakery, and cyclists swerve into the traffic. It has been like this for two weeks, and it gets worse with every lorry.",
		RequestedDatetime: time.Unix(1_700_000_000+911*int64(i), 0).UTC(),
		Address:           fmt.Sprintf("%d Königsallee, Springfield", 1+i%900), Zipcode: fmt.Sprint(10_115 + i%80_000),
		Location: &open311.Point{Lat: 42.2 + float64(i)/1e5, Long: -71.2 + float64(i)/1e5},
	}
	r.UpdatedDatetime = r.RequestedDatetime.Add(36 * time.Hour)
	if i%3 > 0 {
		r.Status, r.StatusNotes = open311.StatusClosed, "Work order passed to the contractor, repair made & checked."
	}
	if i%3 == 0 {
		r.MediaURL = fmt.Sprintf("https://media.springfield.example/requests/%d/photo.jpg?size=large&rev=2", i)
	}
	return r
}

// benchDocument is one page of requests.
func benchDocument(f wire.Format) []byte {
	table := wire.TableOf[open311.ServiceRequest]()
	values := make([]wire.Value, benchPage)
	for i := range values {
		r := benchRequest(i)
		values[i] = table.Encode(&r)
	}
	return table.Document(f, values)
}

// benchCity answers the first call with a page, and others with nothing. It has no network.
type benchCity struct {
	page, none []byte
	label      string
	served     atomic.Bool
}

func newBenchCity(f wire.Format) *benchCity {
	table := wire.TableOf[open311.ServiceRequest]()
	c := &benchCity{page: benchDocument(f), none: table.Document(f, nil), label: "application/json; charset=utf-8"}
	if f == wire.XML {
		c.label = "text/xml; charset=utf-8"
	}
	return c
}

func (c *benchCity) RoundTrip(req *http.Request) (*http.Response, error) {
	body := c.page
	if c.served.Swap(true) {
		body = c.none
	}
	return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {c.label}}, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// benchPlain is the request for encoding/json and encoding/xml.
type benchPlain struct {
	ID                string     `json:"service_request_id" xml:"service_request_id"`
	Status            string     `json:"status" xml:"status"`
	StatusNotes       string     `json:"status_notes" xml:"status_notes"`
	ServiceName       string     `json:"service_name" xml:"service_name"`
	ServiceCode       string     `json:"service_code" xml:"service_code"`
	Description       string     `json:"description" xml:"description"`
	AgencyResponsible string     `json:"agency_responsible" xml:"agency_responsible"`
	ServiceNotice     string     `json:"service_notice" xml:"service_notice"`
	RequestedDatetime time.Time  `json:"requested_datetime" xml:"requested_datetime"`
	UpdatedDatetime   time.Time  `json:"updated_datetime" xml:"updated_datetime"`
	ExpectedDatetime  *benchTime `json:"expected_datetime" xml:"expected_datetime"`
	Address           string     `json:"address" xml:"address"`
	AddressID         string     `json:"address_id" xml:"address_id"`
	Zipcode           string     `json:"zipcode" xml:"zipcode"`
	Lat               float64    `json:"lat" xml:"lat"`
	Long              float64    `json:"long" xml:"long"`
	MediaURL          string     `json:"media_url" xml:"media_url"`
}

// benchTime is a time that may be an empty element.
type benchTime struct{ time.Time }

func (t *benchTime) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return t.Time.UnmarshalText(b)
}

// BenchmarkListing reads pages of 1000 requests through the public API, from a transport that has them
// in memory, and beside it the code that one writes without this module:
//
//	go test -run '^$' -bench Listing
func BenchmarkListing(b *testing.B) {
	for _, f := range []wire.Format{wire.JSON, wire.XML} {
		city := newBenchCity(f)
		format := open311.FormatJSON
		if f == wire.XML {
			format = open311.FormatXML
		}
		client, err := open311.New("http://city.example/open311/v2", open311.WithFormat(format), open311.WithHTTPClient(&http.Client{Transport: city}))
		if err != nil {
			b.Fatal(err)
		}
		run := func(name string, list func(b *testing.B) int) {
			b.Run(f.String()+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(city.page)))
				b.ReportAllocs()
				for b.Loop() {
					city.served.Store(false)
					if n := list(b); n != benchPage {
						b.Fatalf("%d requests", n)
					}
				}
				b.ReportMetric(float64(b.N)*benchPage/b.Elapsed().Seconds(), "requests/s")
			})
		}
		run("List", func(b *testing.B) int {
			page, err := client.Requests.List(b.Context(), nil)
			if err != nil {
				b.Fatal(err)
			}
			return len(page.Requests)
		})
		run("All", func(b *testing.B) int {
			n := 0
			// All the requests are within one window: the second call finds nothing more.
			q := &open311.Query{Start: time.Unix(1_699_900_000, 0), End: time.Unix(1_701_000_000, 0)}
			for _, err := range client.Requests.All(b.Context(), q) {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			return n
		})
		run("Naive", func(b *testing.B) int {
			resp, err := (&http.Client{Transport: city}).Get("http://city.example/open311/v2/requests")
			if err != nil {
				b.Fatal(err)
			}
			defer resp.Body.Close()
			var list []benchPlain
			if f == wire.JSON {
				err = json.NewDecoder(resp.Body).Decode(&list)
			} else {
				var doc struct {
					Requests []benchPlain `xml:"request"`
				}
				err = xml.NewDecoder(resp.Body).Decode(&doc)
				list = doc.Requests
			}
			if err != nil {
				b.Fatal(err)
			}
			return len(list)
		})
	}
}

// TestListingAllocations checks what a request of a listing costs in memory, client and all: one string
// with its texts, or in a loop over All that and the request itself.
func TestListingAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("allocations are counted without the race detector")
	}
	for _, f := range []wire.Format{wire.JSON, wire.XML} {
		city := newBenchCity(f)
		format := open311.FormatJSON
		if f == wire.XML {
			format = open311.FormatXML
		}
		client, err := open311.New("http://city.example/open311/v2", open311.WithFormat(format), open311.WithHTTPClient(&http.Client{Transport: city}))
		if err != nil {
			t.Fatal(err)
		}
		list := func() {
			city.served.Store(false)
			if page, err := client.Requests.List(t.Context(), nil); err != nil || len(page.Requests) != benchPage {
				t.Fatal(len(page.Requests), err)
			}
		}
		list()
		if got := testing.AllocsPerRun(20, list) / benchPage; got > 1.3 {
			t.Errorf("%v: %.2f allocations a request in List, want little more than 1", f, got)
		} else {
			t.Logf("%v: %.2f allocations a request in List", f, got)
		}
	}
}
