package open311test

import (
	"encoding/json"
	"time"
)

// Quirks are the ways in which a city departs from the specification. Each field is a switch of its
// own, and the zero value of each is what the specification says. They name the kind of server that
// is known for them; [QuirksOf] has what belongs together.
//
// Only answers and the reading of arguments change: what is in the city, and what [Handler.Requests]
// returns, stays the same.
type Quirks struct {
	Name string // for messages

	// How lists and documents are wrapped in JSON. The specification has bare arrays.
	Lists       Shape // lists of requests
	Singles     Shape // a single request
	ServiceList Shape
	Definitions Shape
	Receipts    Shape // the answer to a POST
	Tokens      Shape // the answer to a token
	Discoveries Shape
	// ScalarArrays puts every scalar of a request into an array of one (FixMyStreet before 2017).
	ScalarArrays bool

	// How they are wrapped in XML.
	Root           string // of requests, in JSON envelopes too: requests (open311-to-Go, old FixMyStreet); "": service_requests
	Item           string // of requests: service_request (a Node server); "": request
	DefinitionRoot string // service (open311-to-Go); "": service_definition
	DoubleRoot     bool   // <service_requests><service_requests> (Mark-a-Spot POST)
	RootPerItem    bool   // a root of its own around each request (Mark-a-Spot with meta)
	FlatLists      bool   // <values> repeated, without <value> inside (js2xmlparser, Drupal)
	BareAttributes bool   // <attribute> directly under <service_definition> (fms-endpoint)

	// The text of the document.
	BOM            bool   // a byte order mark in front (Helsinki)
	Latin1         bool   // bytes of ISO-8859-1 under a label that says UTF-8 (Helsinki)
	NoDeclaration  bool   // XML without one (FixMyStreet)
	Declaration    string // in place of <?xml version="1.0" encoding="utf-8"?>
	LeadingSpace   bool   // white space before the document (FixMyStreet)
	Namespaces     bool   // unused SOAP namespaces on the root (Lagan, San Francisco)
	NilAttributes  bool   // xsi:nil="true" on what has no value (Lagan)
	TypeAttributes bool   // type="array" on lists, key="0" on their items (Rails, Drupal)
	CDATA          bool   // around texts with <, > or & (Mark-a-Spot)
	CharRefs       bool   // &#228; for everything that is not ASCII (Mark-a-Spot)
	BareAmpersands bool   // & that is not escaped
	ControlBytes   bool   // a U+0010 at the end of descriptions (fixmystreet-client's corpus)
	Padded         bool   // texts begin and end with blanks and new lines (georeport-server)
	Sorted         bool   // fields in the order of their names (open311-adapter)
	Pretty         bool   // JSON with new lines and indents (open311-adapter)
	Escaped        bool   // JSON with \/ and \u003C (PHP)
	TrailingBlank  bool   // media_url ends in a blank (the specification's own sample)

	// Values.
	TextNumbers    bool // numbers are strings in JSON: lat, long, order (FixMyStreet, DiUS)
	NumberIDs      bool // ids of digits are JSON numbers (FixMyStreet, uReport, adapter)
	NumberCodes    bool // service codes of digits are JSON numbers, in requests (uReport, SeeClickFix)
	LeadingZeros   bool // … even those with leading zeros, which is not JSON (the specification's sample)
	TextBooleans   bool // "true" in JSON (FixMyStreet, adapter)
	PythonBooleans bool // True and False, as text (georeport-server)
	Nothing        Nothing
	NoDate         string // stands for a date that is absent: 0001-01-01T00:00:00Z (open311-to-Go)
	ZeroPlace      bool   // 0,0 for a place that is not known (adapter, Bloomington)
	FloatNoise     bool   // coordinates went through 32 bits (uReport)

	// Dates.
	DateLayout string         // of all dates; time.RFC3339 if it is empty
	DateZone   *time.Location // the zone that dates are shown in; nil: the city's
	JSONLayout string         // … of those in JSON, where it is another: with milliseconds (Klarschiff)
	LocalAsZ   bool           // the clock of DateZone, labelled Z (fms-endpoint)

	// Fields of requests, services and so on.
	FieldNames    map[string]string          // other names: {"address_id": "adress_id"} (Klarschiff)
	Omit          []string                   // fields that are never there
	Add           map[string]json.RawMessage // fields that every request has besides
	Extended      map[string]json.RawMessage // … that it has with extensions=true only (Spot, CitySDK)
	StatusWords   map[string]string          // other words for open and closed, or numbers
	StatusNumbers bool                       // … which are numbers in JSON
	AgencyObject  bool                       // agency_responsible is {"recipient": […]} (FixMyStreet)
	Media         MediaShape
	Values        ValueShape // of lists of values in definitions
	ArrayKeywords bool       // keywords are an array

	// Formats and paths.
	XMLType, JSONType string            // content types: application/xml, text/html
	NoSuffix          bool              // Accept chooses, .json and .xml are 404 (open311-to-Go)
	StrictAccept      bool              // text/xml in Accept gets JSON, only application/xml XML (open311-to-Go)
	PageWithoutSuffix bool              // a page with status 200 where the suffix is missing (uReport)
	XMLOnly           bool              // JSON is a page with status 500 (fms-endpoint)
	JSONOnly          bool              // XML is refused with 400, in JSON (DiUS)
	XMLIsJSON         bool              // .xml is answered in JSON (Tampere)
	JSONIsXML         bool              // .json is answered in XML (fms-endpoint's POST)
	Paths             map[string]string // {"requests": "Requests"} (West Berkshire), {"request": "request"} (Boston)
	NoDefinitions     bool              // 404 with a page (FixMyStreet)
	NoXMLDefinitions  bool              // 500 and only an XML declaration (uReport)
	DefinitionBy      string            // the field of a service that names its definition: id (open311-to-Go)
	NoTokens          bool              // the tokens are 404 with a page (most servers)
	NoDiscovery       bool              // 404 in plain text (adapter, open311-to-Go)
	DiscoveryBeside   bool              // one directory above the endpoint (uReport)
	DiscoveryURL      DiscoveryURL
	NoUpdates         bool // servicerequestupdates is not there (all but mySociety's servers)
	NoUpdateLists     bool // updates are taken, and a list of them is refused with 405 (FixMyStreet)

	// Arguments.
	Rename         map[string]string  // other names for them: {"long": "lon", "page_size": "per_page"}
	Accepts        []string           // the only ones; others are 400 (adapter)
	Ignores        []string           // those that have no effect: status (uReport)
	OneValue       []string           // those that take one value only; see Several
	Several        Several            // what comes of a comma list that OneValue does not take
	SeveralOf      map[string]Several // … of one argument, where it is something else (uReport's service_code)
	Breaks         []string           // those that bring a list down, with 500: bbox (uReport), updated_after (Klarschiff)
	UnknownStatus  Answer             // to a status that is neither open nor closed; 400 if not set
	UnknownCode    Answer             // to a service code that does not exist, in a list; an empty list if not set
	UnknownID      Answer             // to an id that does not exist; 404 if not set
	UnknownForm    Answer             // to the definition of a service that does not exist; 404 if not set
	EmptyList      Answer             // to a query that finds nothing; 404 (Mark-a-Spot before 2018)
	BadDate        Answer             // to a date that cannot be read; 400 if not set
	WordIDs        bool               // ids and jurisdictions must be [A-Za-z0-9_-]+, else 400 (adapter)
	DefaultStatus  string             // the status of a list that does not ask for one: open (Klarschiff)
	UpdatedFilters bool               // updated_after and updated_before are heeded (Spot, uReport, CitySDK)
	Search         bool               // q is heeded (Spot, Mark-a-Spot)
	Near           bool               // lat, long and radius are heeded (CitySDK)
	BoxOrder       string             // the order in bbox, of the letters w, s, e and n; "": it is not heeded

	// Dates in queries.
	Span           time.Duration // the longest range; 0: 90 days, below 0: any
	CutSpan        bool          // a longer range is cut to its newest part, not refused (Boston)
	Always         bool          // a list without dates goes back to the beginning (most servers)
	OpenRanges     bool          // one date leaves the other side open
	ExclusiveEnd   bool          // end_date does not belong to the range (FixMyStreet)
	ExclusiveStart bool          // nor does start_date
	OldestFirst    bool          // lists begin with the oldest

	// Paging. The specification has none.
	Paging    PagingKind
	FirstPage int    // the number of the first page
	PageSize  int    // rows if the caller names no size; 0: 1000
	MaxRows   int    // rows at most; 0: 1000, below 0: any number
	SizeParam string // page_size, per_page, limit, max_requests; "": the caller cannot choose
	Beyond    Beyond // what is behind the last page
	LinkNext  bool   // a Link header names the next page (RFC 8288)
	HeadNext  bool   // X-Next-Page-URL does (CitySDK)
	HeadTotal bool   // X-Result-Count, page-TotalSize and page-TotalPages are there (CitySDK, Libre311)

	// The key.
	KeyParam   string // api_token (Tampere)
	KeyHeader  string // X-API-Key (open311-to-Go)
	KeyScheme  string // Bearer (Boston), Basic (DiUS)
	KeyOnReads bool   // wanted on every call
	// AnyJurisdiction: jurisdiction_id must be there, whatever it says, or the answer to calls for
	// requests is a page with status 200 (FixMyStreet).
	AnyJurisdiction bool

	// Errors.
	Errors       ErrorShape
	XMLErrors    ErrorShape  // … of XML, where it is another
	NoErrorCode  bool        // without code (uReport)
	TextCode     bool        // the code is "400 - invalid" (Mark-a-Spot)
	ErrorStatus  map[int]int // other statuses: {403: 401} (open311-to-Go)
	ErrorSummary bool        // a row in front that says nothing (adapter)

	// Filing.
	CreatedStatus   int      // 201 (open311-to-Go, Mark-a-Spot, CitySDK); 0: 200
	WholeReceipt    bool     // the receipt is the whole request (uReport, open311-to-Go)
	BothInReceipt   bool     // an empty token beside the id (Boston, fms-endpoint)
	PostIsList      bool     // a POST is answered by a list of requests (FixMyStreet)
	Requires        []string // arguments of a POST that must be there: email (Klarschiff)
	RefuseUnknown   bool     // arguments that the specification does not know are 400 (adapter)
	PlainMulti      bool     // attribute[x][] and attribute[x][0] are not understood as x, and dropped (adapter)
	PendingToken    Answer   // while there is no id: an empty list (adapter), 404, 400; a row without id if not set
	UnknownToken    Answer   // a token that was never given out; 404 if not set
	DuplicateRefuse bool     // a POST like the one before is 400 "base is a duplicate" (Boston)
}

// Shape is how a list, or a document, is wrapped in JSON.
type Shape uint8

// The shapes that are known.
const (
	Bare         Shape = iota // [{…}], and {…} for a document, as the specification has it
	UnderRoot                 // {"service_requests": […]} (FixMyStreet, Toronto)
	UnderData                 // {"data": […]} (Tampere)
	UnderItems                // {"requests": [{"request": [{…}]}]} (FixMyStreet before 2017)
	ObjectItem                // {"service_requests": {"request": {…}}} (Mark-a-Spot)
	WithMeta                  // {"requests": […], "meta": {"total": …}} (Mark-a-Spot with meta=true)
	Lone                      // {…} where there is one, else an array (georeport-server, Tampere)
	InArray                   // [{…}] for a document
	NestedArrays              // [[{…}]]
	Fragment                  // {…},{…} without brackets, which is no JSON (Helsinki's documentation)
)

// Nothing is what stands for a value that is not there.
type Nothing uint8

// What servers send where there is nothing.
const (
	NothingNull   Nothing = iota // null, and an empty element in XML
	NothingEmpty                 // "" (uReport, open311-to-Go, Helsinki)
	NothingAbsent                // the field is left out (Chicago, Boston)
	NothingNone                  // the word None (georeport-server)
	NothingWord                  // the word null (a JavaScript server)
)

// MediaShape is what media_url looks like.
type MediaShape uint8

// The shapes of media_url.
const (
	MediaText    MediaShape = iota // one URL
	MediaList                      // ["…"] (adapter)
	MediaObjects                   // [{"id": …, "url": "…"}] (Boston's Salesforce)
	MediaCommas                    // two URLs with a comma in between (Mark-a-Spot); the second is a small picture
)

// ValueShape is what the values of an attribute look like.
type ValueShape uint8

// The shapes of values.
const (
	ValuePairs   ValueShape = iota // {"key": "N", "name": "North"}
	ValueWords                     // "North" alone (open311-to-Go); the keys are lost
	ValueNested                    // {"key": {"key": "N", "name": "North"}, "name": {…}} (a Node server)
	ValueNumbers                   // keys of digits are numbers (georeport-server)
)

// DiscoveryURL is what a discovery document says about the address of the endpoint.
type DiscoveryURL uint8

// The addresses in discovery documents.
const (
	URLRight     DiscoveryURL = iota
	URLNoVersion              // without /v2, so that nothing works below it (FixMyStreet)
	URLMissing                // none (Mark-a-Spot)
)

// Several is what comes of a comma list where the server takes one value.
type Several uint8

// What comes of comma lists.
const (
	SeveralMatchNothing Several = iota // it is one odd word (Tampere, FixMyStreet's service_code)
	SeveralFirst                       // the first counts (uReport's ids)
	SeveralFail                        // 500 (FixMyStreet's status and ids)
	SeveralNotFound                    // 404 (uReport's codes)
)

// Answer is how a server answers a question that it has no good answer to. 0 is what the
// specification says.
type Answer int

// Answers that are no status; every status is an Answer too.
const (
	AnswerEmpty   Answer = 1 // 200 and an empty list
	AnswerAnother Answer = 2 // another request (georeport-server)
	AnswerNothing Answer = 3 // 200 and no body at all (fms-endpoint)
	AnswerIgnored Answer = 4 // as if it had not been asked (Tampere)
	AnswerBroken  Answer = 5 // 500 and no body at all (uReport)
)

// PagingKind is by which arguments a list goes on.
type PagingKind uint8

// The kinds of paging.
const (
	NoPages  PagingKind = iota // page is ignored
	ByPage                     // page=2
	ByOffset                   // offset=100
	ByEither                   // both of them (Mark-a-Spot)
)

// Beyond is what comes behind the last page.
type Beyond uint8

// What comes behind the last page.
const (
	BeyondEmpty    Beyond = iota // an empty list
	BeyondRepeat                 // the last page again (uReport)
	BeyondNotFound               // 404
)

// ErrorShape is what an error looks like.
type ErrorShape uint8

// The shapes of errors.
const (
	ErrorList        ErrorShape = iota // [{"code": 404, "description": "…"}], <errors><error>…
	ErrorEnvelope                      // {"errors": […]} (open311-to-Go)
	ErrorObject                        // {"error": {…}}, <error>…</error> (Mark-a-Spot, fms-endpoint)
	ErrorBare                          // {"code": …, "description": …} (Helsinki)
	ErrorMessage                       // {"message": "…"} (Tampere)
	ErrorFields                        // {"field": ["…"]} (Laravel)
	ErrorText                          // {"error": "…"}, <error>…</error> with text only (cfa-open311-gem)
	ErrorRequests                      // <service_requests><request key="0"><code>… (Mark-a-Spot)
	ErrorPage                          // an HTML page (FixMyStreet, georeport-server)
	ErrorPlain                         // plain text (open311-to-Go, adapter)
	ErrorEmpty                         // no body (uReport)
	ErrorDeclaration                   // only an XML declaration (uReport)
	ErrorBroken                        // XML with a wrong end tag (fixmystreet-client)
)
