package servers

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-open311/open311"
)

// Server is one row of the catalogue. A zero field is one that no source tells. The API key is never
// part of it.
type Server struct {
	// Key names the row for good: lower-case ASCII letters, digits and hyphens.
	Key         string   `json:"key"`
	Name        string   `json:"name,omitempty"`        // "Boston, MA"
	Country     string   `json:"country,omitempty"`     // ISO 3166-1, two letters
	Subdivision string   `json:"subdivision,omitempty"` // ISO 3166-2 without the country: "MA"
	Aliases     []string `json:"aliases,omitempty"`     // other names, by which Lookup finds the row too

	BaseURL      string   `json:"base_url"`
	TestURL      string   `json:"test_url,omitempty"`      // the root of the test server
	OtherURLs    []string `json:"other_urls,omitempty"`    // other roots of the same server
	DiscoveryURL string   `json:"discovery_url,omitempty"` // only where a source names it

	JurisdictionID       string `json:"jurisdiction_id,omitempty"`
	JurisdictionRequired Tri    `json:"jurisdiction_required,omitzero"`

	// Formats are "json" and "xml", the preferred one first. Where nobody has looked they are what
	// the specification asks for and what a list says.
	Formats []string `json:"formats,omitempty"`

	TakesReports Tri    `json:"takes_reports,omitzero"` // whether requests can be filed
	KeyForPost   Tri    `json:"key_for_post,omitzero"`  // whether filing needs an API key
	KeyForRead   Tri    `json:"key_for_read,omitzero"`  // whether reading does
	KeyURL       string `json:"key_url,omitempty"`      // where to ask for one

	Platform string `json:"platform,omitempty"` // the software, as far as it is known
	// DialectName is the dialect in package open311 that fits the server; see Server.Dialect. ""
	// stands for none: the client finds out.
	DialectName string    `json:"dialect,omitempty"`
	Paging      Paging    `json:"paging,omitzero"`
	RateLimit   RateLimit `json:"rate_limit,omitzero"` // zero: as the dialect has it
	Quirks      Quirks    `json:"quirks,omitzero"`

	DocsURL           string    `json:"docs_url,omitempty"`
	Status            Status    `json:"status,omitempty"`    // Listed in a row that does not say
	LastSeen          Date      `json:"last_seen,omitempty"` // the last sign of life
	LastSeenPrecision Precision `json:"last_seen_precision,omitempty"`
	Sources           []string  `json:"sources,omitempty"`
	Notes             []string  `json:"notes,omitempty"` // what a caller should know beyond the other fields

	Retired Retirement `json:"retired,omitzero"` // set if and only if Status is Retired
}

// Paging is how a server cuts long lists, where that is known of this server; otherwise its dialect says
// so, or the client finds out.
type Paging struct {
	Style     PagingStyle `json:"style,omitempty"`
	FromZero  bool        `json:"from_zero,omitempty"`  // the first page is 0, not 1
	SizeParam string      `json:"size_param,omitempty"` // asks for more rows; "" is as the dialect has it
	Size      int         `json:"size,omitempty"`       // rows in a list by default
	Max       int         `json:"max,omitempty"`        // the most rows in a list
}

// PagingStyle is a way of asking for the rest of a list.
type PagingStyle string

// The ways of paging. An empty style is that of the dialect.
const (
	PagingNumbers PagingStyle = "numbers" // page=2
	PagingOffset  PagingStyle = "offset"  // offset=100
	PagingNone    PagingStyle = "none"    // by dates only
)

// RateLimit is how many calls a server takes in so many seconds.
type RateLimit struct {
	Calls   int `json:"calls"`
	Seconds int `json:"seconds"`
}

// Quirks are what a server does otherwise than its dialect. Each field goes over the one of the same
// name in [open311.Dialect], which explains it; a zero one leaves the dialect as it is. Maps are merged.
type Quirks struct {
	Encoding        string                    `json:"encoding,omitempty"`
	NoSuffix        bool                      `json:"no_suffix,omitempty"`
	KeyParam        string                    `json:"key_param,omitempty"`
	KeyHeader       string                    `json:"key_header,omitempty"`
	KeyScheme       string                    `json:"key_scheme,omitempty"`
	Rename          map[string]string         `json:"rename,omitempty"`
	Accepts         []string                  `json:"accepts,omitempty"`
	OneValue        []string                  `json:"one_value,omitempty"`
	Ignores         []string                  `json:"ignores,omitempty"`
	Statuses        []open311.Status          `json:"statuses,omitempty"`
	StatusWords     map[string]open311.Status `json:"status_words,omitempty"`
	BoxOrder        string                    `json:"box_order,omitempty"`
	Paths           map[string]string         `json:"paths,omitempty"`
	NotFoundIsEmpty bool                      `json:"not_found_is_empty,omitempty"`
	Definition      string                    `json:"definition,omitempty"`

	// QueryTime is the layout of times in queries, as package time has it, and TimeZone the name of the
	// zone (America/Chicago) in which they are sent if there is a QueryTime, and in which times in
	// answers are read that come without a zone.
	QueryTime string `json:"query_time,omitempty"`
	TimeZone  string `json:"time_zone,omitempty"`

	NoDates    bool `json:"no_dates,omitempty"`    // Windows.Off
	WindowDays int  `json:"window_days,omitempty"` // Windows.Span

	Body       string   `json:"body,omitempty"`        // form, json, xml
	MultiValue string   `json:"multi_value,omitempty"` // brackets, repeat, indexed, comma
	Media      string   `json:"media,omitempty"`       // multipart, base64, none
	MediaField string   `json:"media_field,omitempty"`
	Requires   []string `json:"requires,omitempty"`
}

// Retirement says why and since when a server is gone.
type Retirement struct {
	Reason string `json:"reason"`
	// Since is when the server was known to be gone; it may have gone before.
	Since Date `json:"since,omitempty"`
	// Successor is the key of the server that took its place, or the address of one that is not in the
	// catalogue.
	Successor string `json:"successor,omitempty"`
}

// Status says how sure it is that a server is there.
type Status string

// The states of a server; the package documentation says what they mean.
const (
	Live       Status = "live"
	Listed     Status = "listed"
	Blocked    Status = "blocked"
	Unverified Status = "unverified"
	Retired    Status = "retired"
)

// Current reports whether a server in this state is worth trying: [All] gives those.
func (s Status) Current() bool { return s == Live || s == Listed || s == Blocked }

// Precision says what the date of the last sign of life is.
type Precision string

// The precisions.
const (
	Exact    Precision = "exact"    // the day of an answer, or of somebody's statement about it
	ListDate Precision = "list"     // the day of a list that has the server as working
	Estimate Precision = "estimate" // inferred, for example from the age of code; no proof of life
)

// Date is a day, a month or a year: "2026-06-06", "2026-04" or "2018".
type Date string

// Time returns the beginning of the day, month or year in UTC; the zero time for "" and for what is no
// date.
func (d Date) Time() time.Time {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, string(d)); err == nil {
			return t
		}
	}
	return time.Time{}
}

// Tri is an answer that may be unknown. In JSON it is "yes", "no" or "unknown", or it is left out.
type Tri uint8

// The answers.
const (
	Unknown Tri = iota
	Yes
	No
)

var triWords = []string{"unknown", "yes", "no"}

// String returns "yes", "no" or "unknown".
func (t Tri) String() string {
	if int(t) < len(triWords) {
		return triWords[t]
	}
	return fmt.Sprintf("Tri(%d)", uint8(t))
}

// MarshalText implements encoding.TextMarshaler.
func (t Tri) MarshalText() ([]byte, error) {
	if int(t) >= len(triWords) {
		return nil, fmt.Errorf("servers: %s is no answer", t)
	}
	return []byte(triWords[t]), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Tri) UnmarshalText(text []byte) error {
	i := slices.Index(triWords, string(text))
	if i < 0 {
		return fmt.Errorf(`%q is not "yes", "no" or "unknown"`, text)
	}
	*t = Tri(i)
	return nil
}

// clone returns a copy that shares nothing with s: rows are handed out by value, and a caller who sorts
// or appends must not change the catalogue of everybody else.
func (s Server) clone() Server {
	for _, list := range []*[]string{&s.Aliases, &s.OtherURLs, &s.Formats, &s.Sources, &s.Notes,
		&s.Quirks.Accepts, &s.Quirks.OneValue, &s.Quirks.Ignores, &s.Quirks.Requires} {
		*list = slices.Clone(*list)
	}
	s.Quirks.Statuses = slices.Clone(s.Quirks.Statuses)
	s.Quirks.StatusWords = maps.Clone(s.Quirks.StatusWords)
	s.Quirks.Rename = maps.Clone(s.Quirks.Rename)
	s.Quirks.Paths = maps.Clone(s.Quirks.Paths)
	return s
}

// label names the server in messages: "ottawa (Ottawa, ON)".
func (s Server) label() string {
	if s.Name == "" {
		return s.Key
	}
	return s.Key + " (" + s.Name + ")"
}
