package open311

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/spelling"
)

// Dialect says how a family of servers departs from the specification. It is data: every field is
// optional, and a zero one means that the server does as the specification says or that the client
// finds out. What no field expresses can be done by [WithMiddleware] and the Params of a query or a
// report.
//
// Parameters are named here as the specification names them, whatever Rename makes of them.
type Dialect struct {
	Name string // for messages

	// Formats that the server speaks, the preferred one first.
	Formats []Format
	// NoSuffix: the format is chosen by the Accept header only, and a suffix would be 404.
	NoSuffix bool
	// Encoding is sent as Accept-Encoding; "identity" for servers whose compression is broken.
	Encoding string

	// KeyParam is the name of the API key's parameter; api_key if it is empty.
	KeyParam string
	// KeyHeader is a header that carries the key in place of the parameter: X-API-Key.
	KeyHeader string
	// KeyScheme sends the key as "Authorization: <scheme> <key>": Bearer. For Basic the key is
	// "user:password" and gets encoded.
	KeyScheme string
	// KeyOnReads sends the key with every call.
	KeyOnReads bool

	// Rename gives parameters other names: {"long": "lon", "page_size": "per_page"}.
	Rename map[string]string
	// Accepts lists the only parameters that the server takes in queries; others are refused with 400.
	// Filters that are not among them are applied on this side. Reports are sent whole, whatever is listed here.
	// nil: it takes what it is given.
	Accepts []string
	// OneValue lists filters that take one value a call, where the specification has comma lists; a
	// listing makes one call for each value.
	OneValue []string
	// Ignores lists filters that the server takes and does not apply. They are not sent; a listing
	// applies them on this side.
	Ignores []string
	// Statuses to ask for when the caller names none, for servers that then list only open requests. If
	// status is one of OneValue and there are several, List asks for none of them.
	Statuses []Status
	// StatusWords turns the server's own words and numbers for a status into other ones.
	StatusWords map[string]Status
	// QueryTime is the layout of times in queries; time.RFC3339 if it is empty. Times are sent in UTC,
	// or in QueryLocation, without fractions of a second.
	QueryTime     string
	QueryLocation *time.Location
	// StampLocation is the zone of timestamps that the server labels Z or +00:00 although they are local time.
	StampLocation *time.Location
	// BoxOrder is the order of the numbers in bbox, of the letters w, s, e and n; "swne" if it is empty.
	BoxOrder string

	// Paging says how long lists come in pieces.
	Paging Paging
	// Windows says what the dates in queries mean.
	Windows Windows
	// Whole: the server gives all it has in one list, whatever it is asked for. A listing then ends without
	// ErrUnproven, unless an answer shows that the list is cut.
	Whole bool
	// Quiet ends a listing without a start: it walks back in time, and stops at a span of this length in which
	// nothing was requested; two years if it is 0.
	Quiet time.Duration

	// Body, MultiValue, Media and MediaField say how a report is sent; Requires lists fields that the
	// server wants although the specification does not.
	Body       BodyStyle
	MultiValue MultiValueStyle
	Media      MediaStyle
	MediaField string
	Requires   []string

	// RequestIDParam is a parameter with a client's own id of a report, which the server keeps and shows with the
	// request: client_request_id (Libre311). Where there is one, filing once is proven.
	RequestIDParam string

	// Paths gives resources other paths, without a suffix: {"requests": "Requests", "request": "request"}; the
	// second is for a single request, which the specification puts under "requests", as "service" is for a
	// definition. "POST requests" is for filing reports, where that has a path of its own.
	Paths map[string]string
	// NotFoundIsEmpty: the server answers 404 when a list is empty.
	NotFoundIsEmpty bool
	// Definition tells by which field of a service, other than its code, its definition is found:
	// the name of a field in Service.Extra, such as "id".
	Definition string

	// RateLimit is how many calls a second the server bears; 0 if that is not known.
	RateLimit float64
}

// Paging says how a server cuts long lists.
type Paging struct {
	Style PagingStyle
	First int // number of the first page; only read where Style is set
	Cap   int // the most rows that the server gives at once; 0 if not known
}

// PagingStyle is a way of asking for the rest of a list.
type PagingStyle uint8

// The ways of paging.
const (
	PagingAuto    PagingStyle = iota // found out
	PagingNumbers                    // page=2, with page_size
	PagingOffset                     // offset=100, with limit
	PagingNone                       // a list comes whole, or cut, and dates are the only way to the rest
)

// Windows says what the dates in queries mean.
type Windows struct {
	Off  bool          // dates do not restrict a list, or are refused
	Span time.Duration // the longest span between start and end; 90 days if it is 0
	// MaxRows is the parameter that asks for more rows than by default, for servers without pages:
	// max_requests.
	MaxRows string
}

// BodyStyle is how the fields of a report are sent.
type BodyStyle uint8

// The styles of bodies.
const (
	BodyForm BodyStyle = iota // a form, as the specification has it
	BodyJSON                  // one JSON object
	BodyXML                   // one XML element
)

// MultiValueStyle is how several values of one attribute are sent.
type MultiValueStyle uint8

// The styles of several values.
const (
	MultiBrackets MultiValueStyle = iota // attribute[CODE][]=a&attribute[CODE][]=b, as the specification has it
	MultiRepeat                          // attribute[CODE]=a&attribute[CODE]=b
	MultiIndexed                         // attribute[CODE][0]=a&attribute[CODE][1]=b
	MultiComma                           // attribute[CODE]=a,b
)

// MediaStyle is how files are sent.
type MediaStyle uint8

// The styles of files.
const (
	MediaMultipart MediaStyle = iota // multipart/form-data, as the draft of GeoReport v2.1 has it
	MediaBase64                      // base64 in a field of the form
	MediaNone                        // not at all
)

// clone returns a copy that shares no memory with d.
func (d *Dialect) clone() Dialect {
	c := *d
	c.Formats, c.Accepts, c.OneValue = slices.Clone(d.Formats), slices.Clone(d.Accepts), slices.Clone(d.OneValue)
	c.Ignores, c.Statuses, c.Requires = slices.Clone(d.Ignores), slices.Clone(d.Statuses), slices.Clone(d.Requires)
	c.Rename, c.StatusWords, c.Paths = maps.Clone(d.Rename), maps.Clone(d.StatusWords), maps.Clone(d.Paths)
	return c
}

// sends reports whether a parameter may be sent: the server takes it and does not ignore it. What else depends
// on that, here or elsewhere, asks this.
func (d *Dialect) sends(name string) bool {
	return (d.Accepts == nil || slices.Contains(d.Accepts, name)) && !slices.Contains(d.Ignores, name)
}

// oneValue reports whether a filter is sent, and takes one value a call.
func (d *Dialect) oneValue(name string) bool {
	return d.sends(name) && slices.Contains(d.OneValue, name)
}

// param returns the server's name of a parameter.
func (d *Dialect) param(name string) string {
	if n, ok := d.Rename[name]; ok && n != "" {
		return n
	}
	return name
}

// path returns the path of a resource.
func (d *Dialect) path(resource string) string {
	if p, ok := d.Paths[resource]; ok {
		return p
	}
	if read, ok := strings.CutPrefix(resource, "POST "); ok {
		return d.path(read)
	}
	switch resource {
	case "request":
		return d.path("requests")
	case "service":
		return d.path("services")
	}
	return resource
}

// status returns the word for a status of the server's own: the one that is told for just that, else
// for how it begins, without case and blanks. What ends in a digit is no beginning.
func (d *Dialect) status(s Status) Status {
	told := d.StatusWords
	if len(told) == 0 {
		return s
	}
	if to, ok := told[string(s)]; ok {
		return to
	}
	word, best := spelling.Fold(string(s)), ""
	for own := range told {
		begin := spelling.Fold(own)
		if begin == "" || !strings.HasPrefix(word, begin) || word != begin && begin[len(begin)-1] <= '9' {
			continue
		}
		if n := len(begin) - len(spelling.Fold(best)); n > 0 || n == 0 && own < best {
			best = own
		}
	}
	if best == "" {
		return s
	}
	return told[best]
}

// header returns what every call says that asks for a format.
func (d *Dialect) header(f Format, userAgent string) http.Header {
	h := http.Header{"User-Agent": {userAgent}, "Accept": {accept(f)}}
	if d.Encoding != "" {
		h.Set("Accept-Encoding", d.Encoding)
	}
	return h
}

func accept(f Format) string {
	if f == FormatXML {
		// open311-to-Go knows application/xml only, the specification says text/xml.
		return "application/xml, text/xml;q=0.9, */*;q=0.1"
	}
	return "application/json, */*;q=0.1"
}
