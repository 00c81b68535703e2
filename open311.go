// Package open311 is a client for Open311 GeoReport v2, the interface through which cities let people
// report potholes, broken lights and graffiti. It reads what real servers send, in JSON and in XML,
// and loses nothing of it.
//
// # Connecting
//
// [New] makes a client for an endpoint whose address is known, [Discover] for one that is named in a
// city's discovery document, and the package servers has a catalogue of public ones:
//
//	c, err := open311.New("https://city.example/open311/v2", open311.WithJurisdiction("city.example"))
//	c, err := open311.Discover(ctx, "https://city.example/open311/discovery.json")
//	c, err := servers.Open("chicago")
//
// A client is safe for concurrent use and never changes; [Client.With] makes a changed copy that shares
// its connections. The format is found out and remembered: JSON where the server speaks it, else XML.
// [WithFormat] fixes it.
//
// # What can be reported
//
// [ServiceClient.List] returns the services of a city, [ServiceClient.Definition] what one of them wants
// to know, [ServiceClient.Catalog] all of them with their definitions.
//
// # Reading requests
//
// [RequestClient.Get] returns one service request, [RequestClient.List] makes one call and returns what
// it brings, and [RequestClient.All] is a loop over all there is, each once:
//
//	q := &open311.Query{Statuses: []open311.Status{open311.StatusOpen}, Start: lastYear}
//	for r, err := range c.Requests.All(ctx, q) {
//		if err != nil {
//			return err // what could not be had: see TruncatedError
//		}
//		fmt.Println(r.ID, r.ServiceName, r.Address)
//	}
//
// All finds out how the server cuts long lists: by page numbers from 0 or 1, by offset, by links, or not
// at all; then it walks backwards through spans of time. A loop that ends without an error has seen
// everything. [RequestClient.Pages] gives the same by the page, and [Query.Shards] divides a listing
// among machines.
//
// A zero field of a [ServiceRequest] is one that the server did not send: the specification equates
// empty and absent. Statuses are words, not constants, because servers have many: compare them with
// [Status.Is]. What the specification does not name is in Extra.
//
// # Filing a report
//
// [RequestClient.Create] files a [NewRequest], files included, and returns the city's [Receipt]: an id, or
// a token for one that [RequestClient.Await] waits for. Read the definition first and Create checks the
// answers against it for the next hour, before anything is sent.
//
// A report is never sent twice on our own account. When it cannot be known whether it has arrived, the
// error matches [ErrOutcomeUnknown], and [RequestClient.FindSimilar] looks; any other error means that
// nothing was filed. What comes of every fault is a table that the tests run: docs/filing-faults.md. A
// token outlives the process: store the Receipt as JSON and await it anywhere. A large file over a slow
// line needs a longer [WithTimeout]. [UpdateClient] reads and posts the updates of mySociety's servers.
//
// # What has changed
//
// [RequestClient.Feed] tells what has changed since the last time: a [Feed] polls, compares, follows open
// requests by id until they are closed, and keeps a [Checkpoint] from which it goes on after a crash. Each
// change is given at least once, and twice only if the program ended inside its loop body. Several changes
// of one request between two polls are one. On a quiet city a poll is one call, whether the server honours
// updated_after, which is found out and not believed, or not.
//
// # Errors
//
// An answer that refuses a call is an [*APIError], with what the server says in Faults, whatever form it
// says it in. An answer that cannot be read, such as a page with status 200, is a [*DecodeError]. Both name
// the method, the redacted URL, the status and the content type. errors.Is tells what an error means:
// [ErrNotFound], [ErrInvalid], [ErrForbidden], [ErrRateLimited], [ErrOutcomeUnknown], [ErrPending],
// [ErrTruncated]. Nothing is ever nil without an error.
//
//	if e, ok := errors.AsType[*open311.APIError](err); ok { log.Print(e.Faults) }
//
// Neither errors, nor log lines, nor warnings, nor any value that is printed hold the API key or the
// reporter's data.
//
// # Tolerance
//
// Hardly two servers speak the specification alike, so everything that can be understood is: numbers as
// text and text as numbers, True and None, lists in envelopes of any name, fields under other names, dates
// without zone, Latin-1 under a UTF-8 label, control characters, bare ampersands, half a document. Each
// repair is reported to the function that [WithWarnings] sets; with [WithStrict] the first one is an
// error, for those who test a server. A record that cannot be read does not spoil its neighbours, and is
// never lost in silence: [Page.Skipped] counts it, All reports a gap, and a list of which nothing can be
// read is a *[DecodeError].
//
// # Retries and limits
//
// Reads are repeated after transport errors and the statuses 408, 429, 500, 502, 503 and 504, up to four
// attempts with random waits that grow; Retry-After is honoured up to 30 seconds. Reports are repeated only
// when nothing had been sent, or when the server asks for it with 429, or 503 and Retry-After. [WithRetry]
// changes that, [WithTimeout] limits one attempt, [WithRateLimit] and [WithLimiter] the pace. While a server
// is down a budget keeps all calls together from hammering it. Answers are limited to 64 MiB after
// decompression ([WithMaxResponse]), records to 16 MiB, nesting to 64 levels.
//
// # Dialects
//
// What cannot be found out can be told: a [Dialect] says how a family of servers departs from the
// specification. There are predeclared ones, such as [Spot] and [UReport], and any other can be made. What
// no field of it expresses can be done by [WithMiddleware] and by the Params of a query.
//
// # Testing a client
//
// The package open311test is a city in memory, for the tests of programs that use this package: a year of
// requests, services of every type, a clock that goes as the test says. It speaks every predeclared dialect,
// has each of their oddities as a switch of its own, and fails in every way on demand:
//
//	city := open311test.NewServer(t, open311test.WithDialect(open311.UReport))
//	city.Fail(open311test.ListRequests, open311test.Status(503), open311test.Truncate(200))
//	c := city.Client(open311.WithDialect(open311.UReport))
//
// # Testing a server
//
// The package conformance is for those who make servers: its Run is one line in a test, its Check makes a
// report as text, JSON, JUnit XML, Markdown or one page of HTML. It knows some 200 requirements, reads the
// bytes of answers with readers that forgive nothing, and files nothing unless it is allowed to.
package open311

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Format is the notation in which a server is asked to answer. What arrives is recognised by its
// first bytes, whatever was asked for.
type Format uint8

// The formats of GeoReport v2. FormatAuto leaves the choice to the client: what the dialect or the
// discovery document prefers, else JSON, and XML where JSON does not work.
const (
	FormatAuto Format = iota
	FormatJSON
	FormatXML
)

// String returns "auto", "json" or "xml"; the last two are also the suffixes in URLs.
func (f Format) String() string {
	switch f {
	case FormatJSON:
		return "json"
	case FormatXML:
		return "xml"
	}
	return "auto"
}

// MarshalText writes what String returns.
func (f Format) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads "auto", "json" or "xml".
func (f *Format) UnmarshalText(text []byte) error {
	for _, known := range []Format{FormatAuto, FormatJSON, FormatXML} {
		if string(text) == known.String() {
			*f = known
			return nil
		}
	}
	return fmt.Errorf("open311: there is no format %q", text)
}

// Point is a place on Earth in WGS84 degrees: latitude -90 to 90, longitude -180 to 180.
type Point struct{ Lat, Long float64 }

// Valid reports whether both coordinates are numbers in range. 0,0 is a valid place.
func (p Point) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Long >= -180 && p.Long <= 180
}

// String returns the point as "52.52,13.405", without an exponent.
func (p Point) String() string {
	return formatDegrees(p.Lat) + "," + formatDegrees(p.Long)
}

// Circle is an area around a place; the radius is in metres.
type Circle struct {
	Center Point
	Radius float64
}

// Box is an area between two parallels and two meridians: Min is its south-west corner, Max its
// north-east one.
type Box struct{ Min, Max Point }

// Status is the state of a service request. The specification knows open and closed; servers send
// many more words, in any case, and all of them are kept as they came. Compare with [Status.Is].
type Status string

// The two states of the specification (GeoReport v2, GET Service Requests).
const (
	StatusOpen   Status = "open"
	StatusClosed Status = "closed"
)

// Is reports whether two states are the same word, ignoring case.
func (s Status) Is(t Status) bool { return strings.EqualFold(string(s), string(t)) }

// Extra holds what a server sent beyond the fields of the specification, and what did not fit its
// field, each as JSON text under the name that the server gave it. Fields of XML answers are turned
// into JSON: text into strings, elements with children into objects, and into arrays where all their
// children have one name and there are several, or one that is the singular of their own.
type Extra map[string]json.RawMessage

// String returns the field called key as text: a string without its quotes, anything else as JSON.
// It is "" if there is no such field, or if it is null.
func (e Extra) String(key string) string {
	raw := e[key]
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
	}
	return string(raw)
}

// Decode stores the field called key in v, as json.Unmarshal does. The error says which field it
// was, and wraps [ErrNotFound] if there is none.
func (e Extra) Decode(key string, v any) error {
	raw, ok := e[key]
	if !ok {
		return fmt.Errorf("open311: extra field %q: %w", key, ErrNotFound)
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("open311: extra field %q: %w", key, err)
	}
	return nil
}

// Warning tells of something that a server sent otherwise than the specification has it, and that
// was put right. It never fails a call unless [WithStrict] is set.
type Warning struct {
	Op     string      // the operation: "GET requests"
	URL    string      // the URL, redacted
	Path   string      // where in the answer: "service_requests[12].lat"
	Kind   WarningKind // what sort of thing it was
	Detail string      // what was seen and what was made of it
}

// String returns the warning as one line.
func (w Warning) String() string {
	return fmt.Sprintf("%s %s: %s: %s: %s", w.Op, w.URL, w.Path, w.Kind, w.Detail)
}
