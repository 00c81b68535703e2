package open311

import "time"

// Dialect says how a family of servers departs from the specification. It is data: every field is
// optional, and a zero one means that the server does as the specification says or that the client
// finds out. What no field expresses can be done by [WithMiddleware] and the Params of a query.
type Dialect struct {
	Name string // for messages

	// Formats that the server speaks, the preferred one first.
	Formats []Format
	// NoSuffix: the format is chosen by the Accept header only, and a suffix would be 404
	// (open311-to-Go).
	NoSuffix bool

	// KeyParam is the name of the API key's parameter; api_key if it is empty.
	KeyParam string
	// KeyHeader is a header that carries the key in place of the parameter: X-API-Key.
	KeyHeader string
	// KeyScheme sends the key as "Authorization: <scheme> <key>": Bearer. For Basic the key is
	// "user:password" and gets encoded.
	KeyScheme string
	// KeyOnReads sends the key with every call.
	KeyOnReads bool

	// Rename gives parameters of queries other names: {"long": "lon", "page_size": "per_page"}. An
	// empty name drops the parameter.
	Rename map[string]string
	// Statuses to ask for when the caller names none, for servers that then list only open requests.
	Statuses []Status
	// StatusWords turns the server's own words and numbers for a status into other ones.
	StatusWords map[string]Status
	// QueryTime is the layout of times in queries; time.RFC3339 if it is empty. Times are sent in UTC,
	// or in QueryLocation, without fractions of a second.
	QueryTime     string
	QueryLocation *time.Location
	// BoxOrder is the order of the numbers in bbox, of w, s, e and n; "swne" if it is empty (uReport),
	// "wsen" for Mark-a-Spot.
	BoxOrder string

	// Paths gives resources other paths: {"requests": "Requests", "request": "request"}; the second is
	// for a single request, which the specification puts under "requests".
	Paths map[string]string
	// NotFoundIsEmpty: the server answers 404 when a list is empty (Mark-a-Spot until 2018).
	NotFoundIsEmpty bool
	// Definition tells by which field of a service, other than its code, its definition is found:
	// the name of a field in Service.Extra, such as "id" (open311-to-Go).
	Definition string
	// Encoding is sent as Accept-Encoding; "identity" for servers whose compression is broken.
	Encoding string

	// RateLimit is how many calls a second the server bears; 0 for no limit known.
	RateLimit float64
}

// Spec is the dialect of a server that does all as GeoReport v2 says.
var Spec = Dialect{Name: "GeoReport v2"}

// path returns the path of a resource.
func (d *Dialect) path(resource string) string {
	if p, ok := d.Paths[resource]; ok {
		return p
	}
	if resource == "request" {
		return d.path("requests")
	}
	return resource
}

// param returns the name of a parameter, "" if it is not to be sent.
func (d *Dialect) param(name string) string {
	if n, ok := d.Rename[name]; ok {
		return n
	}
	return name
}

// keyOnReads reports whether the key goes with a call that only reads.
func (c *config) keyWithReads() bool { return c.keyOnReads || c.dialect.KeyOnReads }
