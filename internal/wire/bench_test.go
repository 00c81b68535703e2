package wire_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/version"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/cputime"
	"github.com/go-open311/open311/internal/wire"
)

// What this package is compared with: the standard library, used as one uses it.

// plainRequest is the request as the specification has it, for encoding/json. It reads well-typed
// answers only.
type plainRequest struct {
	ServiceRequestID  string    `json:"service_request_id"`
	Status            string    `json:"status"`
	StatusNotes       string    `json:"status_notes"`
	ServiceName       string    `json:"service_name"`
	ServiceCode       string    `json:"service_code"`
	Description       string    `json:"description"`
	AgencyResponsible string    `json:"agency_responsible"`
	ServiceNotice     string    `json:"service_notice"`
	RequestedDatetime time.Time `json:"requested_datetime"`
	UpdatedDatetime   time.Time `json:"updated_datetime"`
	ExpectedDatetime  time.Time `json:"expected_datetime"`
	Address           string    `json:"address"`
	AddressID         string    `json:"address_id"`
	Zipcode           string    `json:"zipcode"`
	Lat               *float64  `json:"lat"`
	Long              *float64  `json:"long"`
	MediaURL          string    `json:"media_url"`
}

func (r *plainRequest) request() open311.ServiceRequest {
	s := open311.ServiceRequest{
		ID: r.ServiceRequestID, Status: open311.Status(r.Status), StatusNotes: r.StatusNotes, ServiceName: r.ServiceName,
		ServiceCode: r.ServiceCode, Description: r.Description, AgencyResponsible: r.AgencyResponsible,
		ServiceNotice: r.ServiceNotice, RequestedDatetime: r.RequestedDatetime, UpdatedDatetime: r.UpdatedDatetime,
		ExpectedDatetime: r.ExpectedDatetime, Address: r.Address, AddressID: r.AddressID, Zipcode: r.Zipcode, MediaURL: r.MediaURL,
	}
	if r.Lat != nil && r.Long != nil {
		s.Location = &open311.Point{Lat: *r.Lat, Long: *r.Long}
	}
	return s
}

// tolerantRequest does with encoding/json what this package does: it takes numbers for strings and
// strings for numbers, "" for what is missing, and keeps unknown fields.
type tolerantRequest struct {
	tolerantFields
	Extra map[string]json.RawMessage
}

type tolerantFields struct {
	ServiceRequestID  tolerantString `json:"service_request_id"`
	Status            tolerantString `json:"status"`
	StatusNotes       tolerantString `json:"status_notes"`
	ServiceName       tolerantString `json:"service_name"`
	ServiceCode       tolerantString `json:"service_code"`
	Description       tolerantString `json:"description"`
	AgencyResponsible tolerantString `json:"agency_responsible"`
	ServiceNotice     tolerantString `json:"service_notice"`
	RequestedDatetime tolerantTime   `json:"requested_datetime"`
	UpdatedDatetime   tolerantTime   `json:"updated_datetime"`
	ExpectedDatetime  tolerantTime   `json:"expected_datetime"`
	Address           tolerantString `json:"address"`
	AddressID         tolerantString `json:"address_id"`
	Zipcode           tolerantString `json:"zipcode"`
	Lat               tolerantFloat  `json:"lat"`
	Long              tolerantFloat  `json:"long"`
	MediaURL          tolerantString `json:"media_url"`
}

func (r *tolerantRequest) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &r.tolerantFields); err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	for _, name := range fieldNames {
		delete(all, name)
	}
	if len(all) > 0 {
		r.Extra = all
	}
	return nil
}

func (r *tolerantRequest) request() open311.ServiceRequest {
	s := open311.ServiceRequest{
		ID: string(r.ServiceRequestID), Status: open311.Status(r.Status), StatusNotes: string(r.StatusNotes),
		ServiceName: string(r.ServiceName), ServiceCode: string(r.ServiceCode), Description: string(r.Description),
		AgencyResponsible: string(r.AgencyResponsible), ServiceNotice: string(r.ServiceNotice),
		RequestedDatetime: r.RequestedDatetime.Time, UpdatedDatetime: r.UpdatedDatetime.Time,
		ExpectedDatetime: r.ExpectedDatetime.Time, Address: string(r.Address), AddressID: string(r.AddressID),
		Zipcode: string(r.Zipcode), MediaURL: string(r.MediaURL), Extra: r.Extra,
	}
	if r.Lat.ok && r.Long.ok {
		s.Location = &open311.Point{Lat: r.Lat.v, Long: r.Long.v}
	}
	return s
}

type tolerantString string

func (s *tolerantString) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
	case b[0] == '"':
		return json.Unmarshal(b, (*string)(s))
	default:
		*s = tolerantString(b)
	}
	return nil
}

type tolerantFloat struct {
	v  float64
	ok bool
}

func (f *tolerantFloat) UnmarshalJSON(b []byte) (err error) {
	if b = bytes.Trim(b, `"`); len(b) == 0 || string(b) == "null" {
		return nil
	}
	f.v, err = strconv.ParseFloat(string(b), 64)
	f.ok = err == nil
	return err
}

type tolerantTime struct{ time.Time }

func (t *tolerantTime) UnmarshalJSON(b []byte) error {
	if string(b) == `""` {
		return nil
	}
	return t.Time.UnmarshalJSON(b)
}

// xmlRequest is plainRequest for encoding/xml.
type xmlRequest struct {
	ServiceRequestID  string  `xml:"service_request_id"`
	Status            string  `xml:"status"`
	StatusNotes       string  `xml:"status_notes"`
	ServiceName       string  `xml:"service_name"`
	ServiceCode       string  `xml:"service_code"`
	Description       string  `xml:"description"`
	AgencyResponsible string  `xml:"agency_responsible"`
	ServiceNotice     string  `xml:"service_notice"`
	RequestedDatetime xmlTime `xml:"requested_datetime"`
	UpdatedDatetime   xmlTime `xml:"updated_datetime"`
	ExpectedDatetime  xmlTime `xml:"expected_datetime"`
	Address           string  `xml:"address"`
	AddressID         string  `xml:"address_id"`
	Zipcode           string  `xml:"zipcode"`
	Lat               float64 `xml:"lat"`
	Long              float64 `xml:"long"`
	MediaURL          string  `xml:"media_url"`
}

// xmlTime is a time that may be an empty element, which time.Time cannot be.
type xmlTime struct{ time.Time }

func (t *xmlTime) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	return t.Time.UnmarshalText(b)
}

func (r *xmlRequest) request() open311.ServiceRequest {
	p := plainRequest{r.ServiceRequestID, r.Status, r.StatusNotes, r.ServiceName, r.ServiceCode, r.Description,
		r.AgencyResponsible, r.ServiceNotice, r.RequestedDatetime.Time, r.UpdatedDatetime.Time, r.ExpectedDatetime.Time,
		r.Address, r.AddressID, r.Zipcode, &r.Lat, &r.Long, r.MediaURL}
	if r.Lat == 0 && r.Long == 0 {
		p.Lat = nil
	}
	return p.request()
}

// readRawTokens is the fastest use of encoding/xml: the fields are picked from its raw tokens by hand.
func readRawTokens(doc []byte, each func(*open311.ServiceRequest)) error {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var (
		r        open311.ServiceRequest
		p        open311.Point
		has      int
		depth    int
		text     []byte
		parseErr error
	)
	stamp := func(to *time.Time) {
		if len(text) > 0 && parseErr == nil {
			*to, parseErr = time.Parse(time.RFC3339, string(text))
		}
	}
	degrees := func(to *float64) {
		if len(text) > 0 && parseErr == nil {
			*to, parseErr = strconv.ParseFloat(string(text), 64)
			has++
		}
	}
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			return parseErr
		} else if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				r, p, has = open311.ServiceRequest{}, open311.Point{}, 0
			}
			text = text[:0]
		case xml.CharData:
			if depth == 3 {
				text = append(text, token...)
			}
		case xml.EndElement:
			depth--
			if depth == 1 {
				if has == 2 {
					r.Location = &p
				}
				each(&r)
			}
			if depth != 2 {
				continue
			}
			switch token.Name.Local {
			case "service_request_id":
				r.ID = string(text)
			case "status":
				r.Status = open311.Status(text)
			case "status_notes":
				r.StatusNotes = string(text)
			case "service_name":
				r.ServiceName = string(text)
			case "service_code":
				r.ServiceCode = string(text)
			case "description":
				r.Description = string(text)
			case "agency_responsible":
				r.AgencyResponsible = string(text)
			case "service_notice":
				r.ServiceNotice = string(text)
			case "requested_datetime":
				stamp(&r.RequestedDatetime)
			case "updated_datetime":
				stamp(&r.UpdatedDatetime)
			case "expected_datetime":
				stamp(&r.ExpectedDatetime)
			case "address":
				r.Address = string(text)
			case "address_id":
				r.AddressID = string(text)
			case "zipcode":
				r.Zipcode = string(text)
			case "lat":
				degrees(&p.Lat)
			case "long":
				degrees(&p.Long)
			case "media_url":
				r.MediaURL = string(text)
			}
		}
	}
}

// must stops a benchmark whose code does not work.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

var requests = wire.TableOf[open311.ServiceRequest]()

// stream reads a document one request at a time and keeps none.
func stream(src io.Reader, o *wire.Options, each func(*open311.ServiceRequest)) error {
	rd := requests.Read(src, o)
	defer rd.Close()
	var r open311.ServiceRequest
	var p open311.Point
	for {
		r = open311.ServiceRequest{Location: &p}
		switch err := rd.Next(&r); err {
		case nil:
			if each != nil {
				each(&r)
			}
		case io.EOF:
			return nil
		default:
			return err
		}
	}
}

// keep reads a document of n requests into a slice.
func keep(doc []byte, n int) []open311.ServiceRequest {
	rd := requests.Read(bytes.NewReader(doc), nil)
	defer rd.Close()
	list := make([]open311.ServiceRequest, n)
	points := make([]open311.Point, n)
	for i := range list {
		list[i].Location = &points[i]
		must(rd.Next(&list[i]))
	}
	return list
}

// reading is one way to read a whole payload.
type reading struct {
	name string
	run  func(p payload)
	list func(p payload) []open311.ServiceRequest // the same, to see that it reads what it should
}

var sink int // what no compiler can do without

func plainList(p payload) []plainRequest {
	var list []plainRequest
	must(json.Unmarshal(p.bytes(), &list))
	return list
}

func tolerantList(p payload) []tolerantRequest {
	var list []tolerantRequest
	must(json.Unmarshal(p.bytes(), &list))
	return list
}

func xmlList(p payload) []xmlRequest {
	var list struct {
		Requests []xmlRequest `xml:"request"`
	}
	must(xml.Unmarshal(p.bytes(), &list))
	return list.Requests
}

// converted returns what list gives as service requests.
func converted[T any, P interface {
	*T
	request() open311.ServiceRequest
}](list func(p payload) []T) func(p payload) []open311.ServiceRequest {
	return func(p payload) []open311.ServiceRequest {
		in := list(p)
		out := make([]open311.ServiceRequest, len(in))
		for i := range in {
			out[i] = P(&in[i]).request()
		}
		return out
	}
}

// collected copies what a stream gives.
func collected(read func(p payload, each func(*open311.ServiceRequest))) func(p payload) []open311.ServiceRequest {
	return func(p payload) []open311.ServiceRequest {
		var out []open311.ServiceRequest
		read(p, func(r *open311.ServiceRequest) {
			c := *r
			if r.Location != nil {
				at := *r.Location
				c.Location = &at
			}
			out = append(out, c)
		})
		return out
	}
}

var (
	ourStream = reading{"wire, one at a time",
		func(p payload) { must(stream(bytes.NewReader(p.bytes()), nil, nil)) },
		collected(func(p payload, each func(*open311.ServiceRequest)) {
			must(stream(bytes.NewReader(p.bytes()), nil, each))
		})}
	ourSlice = reading{"wire, all kept",
		func(p payload) { sink += len(keep(p.bytes(), p.n)) },
		func(p payload) []open311.ServiceRequest { return keep(p.bytes(), p.n) }}
	jsonPlain = reading{"encoding/json, plain struct",
		func(p payload) { sink += len(plainList(p)) }, converted(plainList)}
	jsonTolerant = reading{"encoding/json, same features",
		func(p payload) { sink += len(tolerantList(p)) }, converted(tolerantList)}
	xmlStruct = reading{"encoding/xml, struct",
		func(p payload) { sink += len(xmlList(p)) }, converted(xmlList)}
	xmlRaw = reading{"encoding/xml, RawToken by hand",
		func(p payload) { must(readRawTokens(p.bytes(), func(*open311.ServiceRequest) { sink++ })) },
		collected(func(p payload, each func(*open311.ServiceRequest)) { must(readRawTokens(p.bytes(), each)) })}
)

// TestSamePayload checks that all that is compared in time reads the same values.
func TestSamePayload(t *testing.T) {
	const n = 1000
	for _, tt := range []struct {
		p    payload
		read []reading
	}{
		{payload{wire.JSON, false, n}, []reading{ourStream, ourSlice, jsonPlain, jsonTolerant}},
		{payload{wire.JSON, true, n}, []reading{ourStream, ourSlice, jsonTolerant}},
		{payload{wire.XML, false, n}, []reading{ourStream, ourSlice, xmlStruct, xmlRaw}},
		{payload{wire.XML, true, n}, []reading{ourStream, ourSlice}},
		{payload{wire.JSON, false, 1}, []reading{ourStream, ourSlice, jsonPlain}},
		{payload{wire.XML, false, 1}, []reading{ourStream, ourSlice, xmlStruct}},
	} {
		t.Logf("%v: %d bytes", tt.p, len(tt.p.bytes()))
		for _, r := range tt.read {
			list := r.list(tt.p)
			if len(list) != tt.p.n {
				t.Errorf("%v: %s reads %d requests", tt.p, r.name, len(list))
				continue
			}
			for i := range list {
				want := tt.p.want(i)
				if diff := differ(&list[i], &want); diff != "" {
					t.Errorf("%v: %s: request %d: %s", tt.p, r.name, i, diff)
					break
				}
			}
		}
	}
}

// comparison is one line of the table in the README: how many times as fast as the standard library.
type comparison struct {
	name   string // of the benchmark
	unit   string
	p      payload
	ours   reading
	theirs reading
	target float64 // what we want to reach
	floor  float64 // below this something is broken
	// The same against the engine that encoding/json has from Go 1.27 on (1.26: GOEXPERIMENT=jsonv2);
	// 0 if that changes nothing.
	newTarget, newFloor float64
}

// Targets and floors are from the measurements that this package was planned with.
var comparisons = []comparison{
	{"JSONStream", "x-json-plain", payload{wire.JSON, false, 1000}, ourStream, jsonPlain, 5, 3, 2.5, 2},
	{"JSONSlice", "x-json-plain", payload{wire.JSON, false, 1000}, ourSlice, jsonPlain, 4, 3, 2.5, 2},
	{"JSONSameFeatures", "x-json-same-features", payload{wire.JSON, true, 1000}, ourStream, jsonTolerant, 12, 8, 8, 6},
	{"XMLStream", "x-xml", payload{wire.XML, false, 1000}, ourStream, xmlStruct, 15, 8, 0, 0},
	{"XMLSlice", "x-xml", payload{wire.XML, false, 1000}, ourSlice, xmlStruct, 12, 8, 0, 0},
	{"XMLRawToken", "x-xml-raw", payload{wire.XML, false, 1000}, ourStream, xmlRaw, 8, 6, 0, 0},
	{"JSONOne", "x-json-plain", payload{wire.JSON, false, 1}, ourStream, jsonPlain, 3, 2, 1.8, 1.3},
	{"XMLOne", "x-xml", payload{wire.XML, false, 1}, ourStream, xmlStruct, 8, 5, 0, 0},
}

// newJSONEngine reports whether encoding/json is the one that is written on top of encoding/json/v2.
var newJSONEngine = sync.OnceValue(func() bool {
	v := runtime.Version()
	return strings.Contains(v, "jsonv2") || version.Compare(v, "go1.27") >= 0 && !strings.Contains(v, "nojsonv2")
})

func (c *comparison) limits() (target, floor float64) {
	if newJSONEngine() && c.newTarget > 0 {
		return c.newTarget, c.newFloor
	}
	return c.target, c.floor
}

// duel measures two readings of the same payload, round by round, so that whatever else the machine
// does in the meantime slows both.
type duel struct {
	c      *comparison
	times  [2]int // runs a round
	cost   [2][]time.Duration
	ratios []float64
	rounds int
}

// roundTime is how long each of the two runs in each round.
const roundTime = 50 * time.Millisecond

func newDuel(c *comparison) *duel {
	d := &duel{c: c}
	for i := range d.times {
		d.run(i) // makes the payload, and lets caches and pools fill
		n, took := 0, time.Duration(0)
		for start := cputime.Used(); took < roundTime/4; took = cputime.Used() - start {
			d.run(i)
			n++
		}
		d.times[i] = max(1, int(roundTime*time.Duration(n)/took))
	}
	return d
}

func (d *duel) run(i int) {
	if i == 0 {
		d.c.ours.run(d.c.p)
	} else {
		d.c.theirs.run(d.c.p)
	}
}

func (d *duel) round() {
	var took [2]time.Duration
	for k := range 2 {
		i := (k + d.rounds) % 2 // who goes first changes
		runtime.GC()
		start := cputime.Used()
		for range d.times[i] {
			d.run(i)
		}
		took[i] = (cputime.Used() - start) / time.Duration(d.times[i])
		d.cost[i] = append(d.cost[i], took[i])
	}
	d.ratios = append(d.ratios, float64(took[1])/float64(took[0]))
	d.rounds++
}

// ratio returns the median, the least and the greatest of the ratios of the rounds.
func (d *duel) ratio() (median, least, most float64) {
	return middle(d.ratios), slices.Min(d.ratios), slices.Max(d.ratios)
}

func middle[T float64 | time.Duration](list []T) T {
	s := slices.Sorted(slices.Values(list))
	return (s[len(s)/2] + s[(len(s)-1)/2]) / 2
}

// BenchmarkRatios compares this package with the standard library. Each sub-benchmark is one line of
// a table, and each of its iterations one round:
//
//	go test ./internal/wire -run '^$' -bench Ratios -benchtime 15x
//
// The ratios are medians of ratios of CPU times within a round (of wall times where the system does not
// tell the CPU time); quote them with the version of Go, for the standard library changes too.
func BenchmarkRatios(b *testing.B) {
	for i := range comparisons {
		c := &comparisons[i]
		b.Run(c.name, func(b *testing.B) {
			d := newDuel(c)
			for b.Loop() {
				d.round()
			}
			median, least, most := d.ratio()
			target, floor := c.limits()
			ours, theirs := middle(d.cost[0]), middle(d.cost[1])
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(median, c.unit)
			b.ReportMetric(float64(ours.Nanoseconds())/float64(c.p.n), "ns/request")
			b.ReportMetric(float64(len(c.p.bytes()))/ours.Seconds()/1e6, "MB/s")
			allocs, size := allocated(func() { d.run(0) }, c.p.n)
			b.ReportMetric(allocs, "allocs/request")
			b.ReportMetric(size, "B/request")
			b.Logf("| %s | %s | %.1f× [%.1f–%.1f] of %s | target %g×, floor %g× | %v %v, theirs %v | %d rounds, %s |",
				c.p, c.ours.name, median, least, most, c.theirs.name, target, floor, cputime.Clock,
				ours.Round(10*time.Nanosecond), theirs.Round(10*time.Nanosecond), d.rounds, runtime.Version())
		})
	}
}

// TestFloors fails when reading has become so slow that something must be wrong.
func TestFloors(t *testing.T) {
	if testing.Short() || raceDetector || testing.CoverMode() != "" {
		t.Skip("says nothing with -short, -race or -cover")
	}
	for i := range comparisons {
		c := &comparisons[i]
		t.Run(c.name, func(t *testing.T) {
			target, floor := c.limits()
			for attempt := range 2 {
				d := newDuel(c)
				for range 3 + 4*attempt {
					d.round()
				}
				median, least, most := d.ratio()
				text := fmt.Sprintf("%.1f× [%.1f–%.1f] as fast as %s; target %g×, floor %g× (%s time, %s)",
					median, least, most, c.theirs.name, target, floor, cputime.Clock, runtime.Version())
				if median >= floor {
					t.Log(text)
					return
				}
				if attempt == 1 {
					t.Error(text)
				}
			}
		})
	}
}

// allocated returns how many allocations, and of how many bytes, f makes for each of n.
func allocated(f func(), n int) (allocs, size float64) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runs := max(10, 5000/n)
	f()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		f()
	}
	runtime.ReadMemStats(&after)
	all := float64(n * runs)
	return float64(after.Mallocs-before.Mallocs) / all, float64(after.TotalAlloc-before.TotalAlloc) / all
}

// TestAllocations checks what a request costs in memory: one string for its texts, and what Extra takes.
func TestAllocations(t *testing.T) {
	for _, tt := range []struct {
		format         wire.Format
		sloppy         bool
		ours           reading
		allocs         float64
		target, atMost float64 // bytes
	}{
		{wire.JSON, false, ourStream, 1.1, 500, 700},
		{wire.JSON, false, ourSlice, 1.1, 0, 0},
		{wire.JSON, true, ourStream, 2.5, 0, 0},
		{wire.XML, false, ourStream, 1.1, 500, 700},
		{wire.XML, false, ourSlice, 1.1, 0, 0},
		{wire.XML, true, ourStream, 2.5, 0, 0},
	} {
		p := payload{tt.format, tt.sloppy, 1000}
		allocs, size := allocated(func() { tt.ours.run(p) }, p.n)
		t.Logf("%v, %s: %.3f allocations and %.0f bytes a request", p, tt.ours.name, allocs, size)
		limit := tt.allocs
		if raceDetector {
			limit += 0.25 // under the race detector a sync.Pool loses what it is given now and then
		}
		if allocs > limit {
			t.Errorf("%v, %s: %.3f allocations a request, want at most %g", p, tt.ours.name, allocs, tt.allocs)
		}
		if tt.atMost > 0 && size > tt.atMost {
			t.Errorf("%v, %s: %.0f bytes a request, want at most %g", p, tt.ours.name, size, tt.atMost)
		}
	}
}

// BenchmarkDecode is for profiles: go test ./internal/wire -run '^$' -bench Decode/JSON -cpuprofile cpu.out
func BenchmarkDecode(b *testing.B) {
	for _, format := range []wire.Format{wire.JSON, wire.XML} {
		for _, sloppy := range []bool{false, true} {
			for _, r := range []reading{ourStream, ourSlice} {
				p := payload{format, sloppy, 1000}
				kind := "clean"
				if sloppy {
					kind = "sloppy"
				}
				how := "stream"
				if r.name == ourSlice.name {
					how = "slice"
				}
				b.Run(fmt.Sprintf("%v/%s/%s", format, kind, how), func(b *testing.B) {
					b.SetBytes(int64(len(p.bytes())))
					b.ReportAllocs()
					for b.Loop() {
						r.run(p)
					}
				})
			}
		}
	}
}
