package open311

import (
	"slices"
	"time"
)

// Dialects returns the predeclared dialects, [Spec] first; for programs that let a person choose one by
// its Name. What it returns may be changed, but not what its maps and lists hold.
func Dialects() []Dialect {
	return slices.Clone(predeclared)
}

var predeclared = []Dialect{Spec, Spot, SeeClickFix, UReport, MarkASpot, Klarschiff, CitySDK, FixMyStreet, Adapter}

// The dialects of the servers that are most in use. Each is what is known of the family; a single
// server may do better. They are variables only because Go has no constants of this kind: copy one to
// change it.
var (
	// Spec is GeoReport v2 to the letter.
	Spec = Dialect{Name: "GeoReport v2"}

	// Spot is Connected Bits' server: Chicago, Boston, San Francisco, Austin and others. Sources:
	// Chicago's API documentation (page, page_size up to 500 there, but 50 rows or 100 on other cities'
	// servers), the notes of its users (ten calls a minute without a key; windows of 90 days).
	Spot = Dialect{
		Name:      "Spot",
		Formats:   []Format{FormatJSON, FormatXML},
		Paging:    Paging{Style: PagingNumbers, First: 1, Cap: 500},
		Windows:   Windows{Span: 90 * 24 * time.Hour},
		RateLimit: 10.0 / 60,
	}

	// SeeClickFix is SeeClickFix's server, with one endpoint for each organisation. Sources: its
	// developer pages (20 rows a page, a User-Agent is wanted, 20 calls a minute), the r311 registry.
	SeeClickFix = Dialect{
		Name:      "SeeClickFix",
		Formats:   []Format{FormatJSON, FormatXML},
		Paging:    Paging{Style: PagingNumbers, First: 1, Cap: 100},
		RateLimit: 20.0 / 60,
	}

	// UReport is the City of Bloomington's server. Source: its code, run: 1000 rows a page, an empty list
	// behind the last page, status is ignored, of a comma list of ids only the first counts, one of
	// codes is not found, bbox is a 500 (so there is no order of it), XML lacks definitions and errors.
	UReport = Dialect{
		Name:     "uReport",
		Formats:  []Format{FormatJSON, FormatXML},
		OneValue: []string{"service_request_id", "service_code"},
		Ignores:  []string{"status"},
		Paging:   Paging{Style: PagingNumbers, First: 1, Cap: 1000},
	}

	// MarkASpot is Mark-a-Spot on Drupal: Cologne and other German cities. Sources: its code (limit
	// with offset or page, 100 rows at most without a start date; 60 calls a minute; the box starts with
	// its west) and, for servers before 2018, a 404 for an empty list.
	MarkASpot = Dialect{
		Name:            "Mark-a-Spot",
		Formats:         []Format{FormatJSON, FormatXML},
		Rename:          map[string]string{"page_size": "limit"},
		Paging:          Paging{Style: PagingOffset, Cap: 1000},
		BoxOrder:        "wsen",
		NotFoundIsEmpty: true,
		RateLimit:       1,
	}

	// Klarschiff is the server of Rostock and its neighbours. Source: its code, run, and documentation
	// (max_requests, no pages; only open requests unless told otherwise; of a comma list of codes only
	// the first counts; updated_after is a 500; photos in base64; an e-mail address is wanted).
	Klarschiff = Dialect{
		Name:     "Klarschiff",
		Formats:  []Format{FormatJSON, FormatXML},
		OneValue: []string{"service_code"},
		Statuses: []Status{StatusOpen, StatusClosed},
		Paging:   Paging{Style: PagingNone},
		Windows:  Windows{MaxRows: "max_requests"},
		Media:    MediaBase64,
		Requires: []string{"email", "description"},
	}

	// CitySDK is Helsinki's server and those built like it (6aika). Source: its code: page and
	// page_size up to 500 with headers that name the next page, media files, no definitions.
	CitySDK = Dialect{
		Name:    "CitySDK",
		Formats: []Format{FormatJSON, FormatXML},
		Paging:  Paging{Style: PagingNumbers, First: 1, Cap: 500},
	}

	// FixMyStreet is mySociety's server; it cannot be reported to. Source: its code, run: one status,
	// one service code and one id a call, or it fails; max_requests up to 1000 and no pages; newest
	// first; the end date is exclusive; offsets in dates are ignored, so they are sent in UTC.
	FixMyStreet = Dialect{
		Name:     "FixMyStreet",
		Formats:  []Format{FormatJSON, FormatXML},
		OneValue: []string{"service_request_id", "service_code", "status"},
		Paging:   Paging{Style: PagingNone, Cap: 1000},
		Windows:  Windows{MaxRows: "max_requests"},
	}

	// Adapter is mySociety's open311-adapter in front of British councils. Source: its code, run:
	// unknown parameters are refused, lists are not cut, several values of an attribute are repeated
	// without brackets, and the specification's brackets would make another attribute.
	Adapter = Dialect{
		Name:       "open311-adapter",
		Formats:    []Format{FormatXML, FormatJSON},
		Accepts:    []string{"jurisdiction_id", "api_key", "service_request_id", "service_code", "status", "start_date", "end_date"},
		Paging:     Paging{Style: PagingNone},
		MultiValue: MultiRepeat,
	}
)
