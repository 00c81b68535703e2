package open311

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/go-open311/open311/internal/listing"
	"github.com/go-open311/open311/internal/plain"
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
// field, each as JSON text under the name that the server gave it.
//
// Fields of XML answers are turned into JSON. Text becomes a string. An element with children becomes an object, or an
// array if it is a list: several children of one name, or a single one whose name is the singular of its own
// (<photos><photo/></photos>).
type Extra map[string]json.RawMessage

// size is about how many bytes of memory the fields take.
func (e Extra) size() (n int) {
	const field = 128
	for name, raw := range e {
		n += field + len(name) + len(raw)
	}
	return n
}

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

// clone returns a copy that shares nothing.
func (e Extra) clone() Extra {
	out := maps.Clone(e)
	for name, raw := range out {
		out[name] = bytes.Clone(raw)
	}
	return out
}

// Format prints the fields as JSON, in the order of their names, whatever the verb.
func (e Extra) Format(f fmt.State, _ rune) {
	text, err := json.Marshal(map[string]json.RawMessage(e))
	if err != nil { // a caller's own text that is no JSON
		text = fmt.Appendf(nil, "%q", map[string]json.RawMessage(e))
	}
	if e == nil {
		text = []byte("{}")
	}
	_, _ = f.Write(text)
}

// Warning says what a server sent that departs from the specification, and what was made of it. It never fails a call
// unless [WithStrict] is set.
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

// WarningKind says what sort of departure from the specification a [Warning] is about.
type WarningKind string

// The kinds of warnings.
const (
	WarnCharset   WarningKind = "charset"   // bytes that are not in the encoding they should be in
	WarnControl   WarningKind = "control"   // control characters that were dropped
	WarnSyntax    WarningKind = "syntax"    // not well-formed JSON or XML, but clear
	WarnEnvelope  WarningKind = "envelope"  // records found elsewhere than the specification has them
	WarnName      WarningKind = "name"      // a field under another name than the specification's
	WarnType      WarningKind = "type"      // a value of another type than the specification's
	WarnDate      WarningKind = "date"      // a date that is not RFC 3339, or has no zone
	WarnValue     WarningKind = "value"     // a value that cannot be, or that stands for nothing
	WarnDuplicate WarningKind = "duplicate" // a field given twice
	WarnRecord    WarningKind = "record"    // a record that was skipped
	WarnTrailing  WarningKind = "trailing"  // bytes behind the end of the document
	WarnLabel     WarningKind = "label"     // a Content-Type that is not that of the document; never an error
	WarnMoved     WarningKind = "moved"     // a discovery document that leads to another host of its domain
)

// What an error is about, for errors.Is. Every error of this package that concerns a call also says
// which call it was.
var (
	// ErrNotFound: the service, the request or the page does not exist, or the server answered with
	// a request that was not asked for.
	ErrNotFound = errors.New("not found")
	// ErrInvalid: the server, or a check on this side, refused what was sent.
	ErrInvalid = errors.New("invalid")
	// ErrForbidden: the API key is missing, wrong, or not good for this call.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: the server wants fewer calls; APIError.RetryAfter may say when to come back.
	ErrRateLimited = errors.New("rate limited")
	// ErrOutcomeUnknown: a report may or may not have been filed. Look before filing it again.
	ErrOutcomeUnknown = errors.New("outcome unknown")
	// ErrPending: there is no request id for this token yet.
	ErrPending = errors.New("pending")
	// ErrTruncated: a listing is not complete; TruncatedError says what is missing.
	ErrTruncated = errors.New("truncated")
	// ErrUnproven: the listing may be complete, and cannot be proven to be. The server gives one list whatever dates,
	// pages, sizes or filters it is asked for, and nothing shows that something is missing: set Dialect.Whole if
	// that list is all it has. Or nothing came of Query.Near or Query.Within, and no request by which it could be
	// seen whether the server understands areas.
	ErrUnproven error = listing.ErrUnproven
)

// Problem is one thing that is wrong with what a caller wants to send. Detail says it in English; the rest is
// enough to say it in any language beside the field of a form.
type Problem struct {
	Field  string      // as the caller wrote it: "Location", "Attributes[DEPTH]"
	Detail string      // what is wrong and what would be right
	Kind   ProblemKind // what is wrong
	Code   string      // of the attribute, or the name of the parameter, that it is about; "" for a field
	Value  string      // what was given and is wrong, or the value that would be right: see Kind
	Limit  int         // the most that is allowed, where there is such a thing
}

// ProblemKind is a kind of problem. There may be more in later versions.
type ProblemKind string

// The kinds of problems.
const (
	ProblemMissing     ProblemKind = "missing"     // what is required is not there
	ProblemTooLong     ProblemKind = "too long"    // Limit is how many characters are allowed
	ProblemTooMany     ProblemKind = "too many"    // Limit is how many values are allowed
	ProblemEncoding    ProblemKind = "encoding"    // not UTF-8, or with a byte that cannot be sent
	ProblemValue       ProblemKind = "value"       // not a value of that kind: Value is what was given
	ProblemNumber      ProblemKind = "number"      // Value is no number
	ProblemTime        ProblemKind = "time"        // Value is no date and time in ISO 8601
	ProblemLineBreak   ProblemKind = "line break"  // Value has one, and must not
	ProblemChoice      ProblemKind = "choice"      // Value is not the key of a choice
	ProblemTwice       ProblemKind = "twice"       // Value is there twice
	ProblemUnknown     ProblemKind = "unknown"     // the service has no such attribute: Value is the code that may be meant
	ProblemConflict    ProblemKind = "conflict"    // two things cannot go together
	ProblemUnsupported ProblemKind = "unsupported" // this server does not take it
	ProblemFile        ProblemKind = "file"        // the file cannot be read, or is not what it says
)

// ValidationError lists everything that is wrong with what a caller wants to send. Nothing has been
// sent. It matches [ErrInvalid].
type ValidationError struct{ Problems []Problem }

// Error lists the problems.
func (e *ValidationError) Error() string {
	e = orZero(e)
	var b strings.Builder
	b.WriteString("open311: nothing was sent")
	for i, p := range e.Problems {
		b.WriteString([]string{": ", "; "}[min(i, 1)])
		b.WriteString(plain.Line(p.Field + ": " + p.Detail))
	}
	return b.String()
}

// invalid is the error of one problem.
func invalid(field string, kind ProblemKind, detail string) error {
	return &ValidationError{[]Problem{{Field: field, Detail: detail, Kind: kind}}}
}

// Is matches [ErrInvalid].
func (e *ValidationError) Is(target error) bool { return target == ErrInvalid }

// orZero is p, or a new zero value for nil: methods of a nil pointer say what those of a zero value say.
func orZero[T any](p *T) *T {
	if p == nil {
		return new(T)
	}
	return p
}
