package open311test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/go-open311/open311"
)

// WithQuirks makes the city depart from the specification. The zero Quirks are the specification. What
// is set here takes the place of the Quirks of an earlier option, [WithDialect] among them; to change a
// dialect, change what [QuirksOf] returns.
func WithQuirks(q Quirks) Option {
	own := q.clone()
	bare := own
	bare.Name = ""
	if reflect.ValueOf(bare).IsZero() {
		return func(c *config) { c.quirks = nil } // the specification is answered faster without
	}
	return func(c *config) { c.quirks = &own }
}

// WithDialect makes the city speak as servers of the dialect do: of a predeclared one in all that is known of them,
// of another one as its fields say. It is [WithQuirks] of [QuirksOf].
func WithDialect(d open311.Dialect) Option { return WithQuirks(QuirksOf(d)) }

// QuirksOf returns the quirks of servers of a dialect: those that its fields tell a client to expect, and, if it is a
// predeclared one (found by its Name), what else is known of its servers.
func QuirksOf(d open311.Dialect) Quirks {
	family := families[d.Name]
	q := family.clone()
	q.Name = d.Name
	q.NoSuffix = q.NoSuffix || d.NoSuffix
	q.KeyParam, q.KeyHeader, q.KeyScheme, q.KeyOnReads = d.KeyParam, d.KeyHeader, d.KeyScheme, d.KeyOnReads
	q.Rename, q.Paths = maps.Clone(d.Rename), maps.Clone(d.Paths)
	q.Accepts, q.Ignores, q.OneValue = slices.Clone(d.Accepts), slices.Clone(d.Ignores), slices.Clone(d.OneValue)
	q.Requires = slices.Clone(d.Requires)
	if d.BoxOrder != "" {
		q.BoxOrder = d.BoxOrder
	}
	if d.NotFoundIsEmpty {
		q.EmptyList = 404
	}
	if d.Definition != "" {
		q.DefinitionBy = d.Definition
	}
	if d.StampLocation != nil {
		q.DateZone, q.LocalAsZ = d.StampLocation, true
	}
	for theirs, ours := range d.StatusWords {
		if q.StatusWords == nil {
			q.StatusWords = make(map[string]string)
		}
		q.StatusWords[string(ours)] = theirs
	}
	if d.Windows.Span > 0 {
		q.Span = d.Windows.Span
	}
	if d.Windows.MaxRows != "" {
		q.SizeParam = d.Windows.MaxRows
	}
	if d.Paging.Cap > 0 {
		q.MaxRows = d.Paging.Cap
	}
	q.paging(d.Paging, d.Rename)
	return q
}

// paging turns what a client must know about pages around.
func (q *Quirks) paging(p open311.Paging, rename map[string]string) {
	size := "page_size"
	switch p.Style {
	case open311.PagingNumbers:
		q.Paging, q.FirstPage = max(q.Paging, ByPage), p.First
	case open311.PagingOffset:
		q.Paging = max(q.Paging, ByOffset) // a server of both counts its pages in its own way
		size = "limit"
	default:
		return
	}
	if to := rename["page_size"]; to != "" {
		size = to
	}
	if q.SizeParam == "" {
		q.SizeParam = size
	}
}

func (q *Quirks) clone() Quirks {
	c := *q
	c.Omit, c.Accepts, c.Ignores = slices.Clone(q.Omit), slices.Clone(q.Accepts), slices.Clone(q.Ignores)
	c.OneValue, c.Requires = slices.Clone(q.OneValue), slices.Clone(q.Requires)
	c.Rename, c.Paths, c.FieldNames = maps.Clone(q.Rename), maps.Clone(q.Paths), maps.Clone(q.FieldNames)
	c.Breaks, c.SeveralOf = slices.Clone(q.Breaks), maps.Clone(q.SeveralOf)
	c.StatusWords, c.ErrorStatus = maps.Clone(q.StatusWords), maps.Clone(q.ErrorStatus)
	c.Add, c.Extended = maps.Clone(q.Add), maps.Clone(q.Extended)
	return c
}

// families has a row for each predeclared dialect: what a client has no field for, because it reads it
// whatever the dialect says. What has a field there is turned around by QuirksOf. The sources are those
// of the dialect, and what is known of its servers.
var families = map[string]Quirks{
	"":                {},
	open311.Spec.Name: {},

	// Chicago's documentation and answers: fields that say nothing are absent, lists are cut to 90 days.
	open311.Spot.Name: {
		Nothing: NothingAbsent, PageSize: 50, MaxRows: 500, CutSpan: true, OpenRanges: true, Search: true, UpdatedFilters: true,
		BothInReceipt: true, TrailingBlank: true, NoUpdates: true,
		Extended: map[string]json.RawMessage{
			"extended_attributes": json.RawMessage(`{"channel":"web","ward":"7","x":1149012.5,"photos":[]}`),
			"notes":               json.RawMessage(`[{"datetime":"2026-06-01T08:00:00Z","summary":"Request opened","type":"opened"}]`),
		},
		XMLType: "text/xml;charset=utf-8",
	},

	// New Haven in 2018 and 2023: ids and codes are numbers, coordinates strings, dates may be null.
	open311.SeeClickFix.Name: {
		NumberIDs: true, NumberCodes: true, TextNumbers: true, PageSize: 20, MaxRows: 100, Always: true, Span: -1, OpenRanges: true,
		NoUpdates: true,
	},

	// Its code, run. Errors and definitions do not work in XML; of several ids the first counts, and several
	// codes are one that does not exist.
	open311.UReport.Name: {
		NumberIDs: true, NumberCodes: true, Nothing: NothingEmpty, XMLType: "text/xml;charset=utf-8", PageWithoutSuffix: true,
		NoXMLDefinitions: true, NoTokens: true, NoUpdates: true, DiscoveryBeside: true, UnknownCode: 404, BadDate: AnswerBroken,
		Several: SeveralFirst, SeveralOf: map[string]Several{"service_code": SeveralNotFound}, Breaks: []string{"bbox"},
		Always: true, Span: -1, OpenRanges: true, UpdatedFilters: true, PageSize: 1000, Beyond: BeyondRepeat,
		NoErrorCode: true, XMLErrors: ErrorDeclaration, ErrorStatus: map[int]int{403: 400}, WholeReceipt: true,
	},

	// Cologne, and the code before 2018: Drupal's encoder, and an empty list that is not found.
	open311.MarkASpot.Name: {
		Receipts: ObjectItem, TypeAttributes: true, CDATA: true, CharRefs: true, Escaped: true,
		Declaration: "<?xml version=\"1.0\"?>\n", TextBooleans: true, Media: MediaCommas, DiscoveryURL: URLMissing,
		Add:    map[string]json.RawMessage{"title": rawText("Ein Anliegen"), "organisation": json.RawMessage(`{"id":3,"name":"Stadt"}`)},
		Always: true, Span: -1, OpenRanges: true, Search: true, Paging: ByEither, FirstPage: 1, PageSize: 100, MaxRows: 500,
		Errors: ErrorObject, XMLErrors: ErrorRequests, TextCode: true, CreatedStatus: 201, NoTokens: true, NoUpdates: true,
		FieldNames: map[string]string{"address": "address_string", "status_notes": "status_note"},
	},

	// Rostock, and its code, run: only open requests unless told otherwise, adress_id as it stands there,
	// milliseconds in JSON.
	open311.Klarschiff.Name: {
		FieldNames: map[string]string{"address_id": "adress_id"}, DefaultStatus: "open", Always: true, Span: -1, OpenRanges: true,
		Several: SeveralFirst, Breaks: []string{"updated_after", "updated_before"}, UnknownForm: AnswerEmpty,
		MaxRows: -1, CreatedStatus: 201, NoTokens: true, NoUpdates: true, Near: true, JSONLayout: "2006-01-02T15:04:05.000Z07:00",
		Extended: map[string]json.RawMessage{"extended_attributes": json.RawMessage(`{"detailed_status":"RECEIVED","votes":0}`)},
	},

	// Helsinki: headers name the next page, empty strings, coordinates in strings, Latin-1 under a
	// label that says UTF-8, an object in place of a list of one; no definitions, no tokens.
	open311.CitySDK.Name: {
		Nothing: NothingEmpty, TextNumbers: true, Latin1: true, Singles: Lone, Receipts: Lone,
		NoDefinitions: true, NoTokens: true, NoUpdates: true,
		PageSize: 200, MaxRows: 500, HeadNext: true, HeadTotal: true, Always: true, Span: -1, OpenRanges: true, UpdatedFilters: true,
		Near: true, BoxOrder: "swne", CreatedStatus: 201, Errors: ErrorBare,
		Extended: map[string]json.RawMessage{"extended_attributes": json.RawMessage(`{"detailed_status":"RECEIVED","media_urls":[]}`)},
	},

	// Its code, run. Everything that is wrong is a page; updates are for it to take, not to give.
	open311.FixMyStreet.Name: {
		Lists: UnderRoot, Singles: UnderRoot, ServiceList: UnderRoot, Discoveries: UnderRoot, NoDeclaration: true, LeadingSpace: true,
		NumberIDs: true, TextNumbers: true, TextBooleans: true, AgencyObject: true, XMLType: "application/xml; charset=utf-8",
		Add: map[string]json.RawMessage{
			"title": rawText("Something is broken"), "detail": rawText("It <b>is</b> broken & loud."),
			"interface_used": rawText("Web interface"), "comment_count": json.RawMessage("2"),
		},
		NoDefinitions: true, NoTokens: true, NoUpdateLists: true, DiscoveryURL: URLNoVersion, AnyJurisdiction: true, Errors: ErrorPage,
		Several: SeveralFail, SeveralOf: map[string]Several{"service_code": SeveralMatchNothing}, UnknownStatus: 500, UnknownID: AnswerEmpty, BadDate: 500, ExclusiveEnd: true,
		Always: true, Span: -1, OpenRanges: true, PageSize: 1000, MaxRows: 1000, PostIsList: true,
	},

	// Its code, run, with the Endpoint framework's habits.
	open311.Adapter.Name: {
		NumberIDs: true, TextBooleans: true, Nothing: NothingEmpty, Sorted: true, Pretty: true, Media: MediaList, NoDiscovery: true,
		UnknownID: 500, WordIDs: true, ErrorSummary: true, Always: true, Span: -1, OpenRanges: true, MaxRows: -1,
		PlainMulti: true, RefuseUnknown: true, PendingToken: AnswerEmpty, UnknownToken: AnswerEmpty, XMLType: "text/xml",
	},
}
