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
