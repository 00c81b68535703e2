package conformance

// unruled is what the specification says and no requirement checks, with the reason. What a client cannot observe at all (what a
// city does with its data, how it is to be run) is not here.
type unruled struct {
	spec, said string
	level      Level // "" is silence: the text leaves it open
	why        string
}

var sentencesWithout = []unruled{
	{specFields, "The changeset can be sorted, and changes with the services", Must, "a client would have to wait for a change; that it is there: `discovery/changeset`, `discovery/endpoint-changeset`"},
	{specFields, "The URL of the document stays the same", Should, "only time can tell"},
	{specFields, "There may be a version of the document for people, in HTML", May, "leave to do something cannot be broken"},
	{specFields, "The document may be on another host than the endpoint", May, "leave; `Target.DiscoveryURL` says where it is"},
	{specFields, "A document may list endpoints of other specifications", May, "leave; of all: `discovery/endpoint-specification`"},
	{specFields, "What lies behind other endpoints than the one that is checked", "", "they belong to others, and are not called"},

	{specFormat, "The format is chosen by the suffix; other suffixes may be served, too", May, "leave; that the suffix decides: `encoding/suffix-decides`"},
	{specFormat, "XML needs no schema, and elements may stand in any order", May, "leave: an oddity in the tests"},
	{specFormat, "Which of 1000 ways to write the same document is taken", "", "comments, references, CDATA, attributes and empty tags are the same to a parser"},

	{specServices, "A service that is called realtime answers at once", Must, "how soon is \"at once\" is not said; that the id is in the receipt: `create/realtime-id`"},
	{specServices, "Keywords may hold synonyms of the name and the group", May, "leave"},
	{specServices, "The description tells more than the name", "", "no program can tell; absent and empty are the same"},
	{specServices, "Services are sorted by group", "", "not said"},

	{specDefinition, "The order is the one in which attributes are shown", Must, "only people can see it; that it is a number, and unique: `definition/attribute-order`, `definition/attribute-order-unique`"},
	{specDefinition, "A string has no line breaks", Must, "whether one with line breaks is refused is not said"},
	{specDefinition, "An attribute with variable false is shown and not asked for", Must, "the client does that"},
	{specDefinition, "A definition need not be asked for if metadata is false", May, "leave; that nothing is required then: `definition/metadata/false`"},
	{specDefinition, "The name of a value is shown, and its key is sent", Must, "the client does that; both are there: `definition/value-key`, `definition/value-name`"},
	{specDefinition, "What an attribute was answered with", "", "requests do not show it"},

	{specCreate, "Several ways to say where may be used at once", May, "every report of this check does; one alone: `create/coordinates-only`, `create/address-only`, `create/location/address-id-only`"},
	{specCreate, "An address goes from the most specific to the most general", Should, "the client does that"},
	{specCreate, "Media behind a URL are found case by case", May, "what lies behind the URL is left open, and cities look at pictures before they show them"},
	{specCreate, "A device_id is used by mobile devices", May, "a server may ignore it; that it is taken: `create/arguments/optional`"},
	{specCreate, "The reporter's name, mail and telephone", May, "a server shows them to nobody; that they are taken: `create/arguments/optional`"},
	{specCreate, "An account_id belongs to a user", May, "this check has no account; its form in receipts: `create/texts`"},
	{specCreate, "service_notice and account_id may be left out of a receipt", May, "leave; their form: `create/texts`"},
	{specCreate, "The status of a report that was accepted", "", "200, 201 and 202 are all seen and not told apart"},
	{specCreate, "What is answered for a blackbox service", "", "only that it has neither id nor token: `create/blackbox`"},
	{specCreate, "What becomes of the same report twice", "", "not said: every report of this check has a number, and a refusal as a duplicate is no finding"},

	{specToken, "How long a token is without an id, and what is answered until then", "", "not said: `token/resolves` never fails"},

	{specRequests, "status_notes, agency_responsible, service_notice and expected_datetime may be left out", May, "leave; their form: `requests/record/texts`, `requests/record/expected-datetime-form`"},
	{specRequests, "address, address_id, zipcode, lat, long and media_url are not among what may be left out", Must, "many requests have none, and absent and empty are the same; that there is a place at all: `requests/record/location`"},
	{specRequests, "agency_responsible is the agency", May, "whether it is a text or an object with names is not said"},
	{specRequests, "Whether the ends of a range of dates belong to it", "", "not said: requests of that second may be in or out"},
	{specRequests, "How far a range reaches of which one end is missing", "", "not said; 90 days are looked at"},
	{specRequests, "The order of a list", "", "not said; the oldest first is as good"},
	{specRequests, "Arguments and words of status that the text does not know", "", "whether they are errors is not said"},
	{specVolume, "Which of more than 1000 requests are listed", "", "\"the first\" in an order that is not said"},
	{specRequest, "A request that is not public any more", "", "not said: 404 of such a request is not seen, since it is in no list"},

	{specErrors, "A general failure, such as that of the system behind, is a 400", Must, "a client cannot make a server fail"},
	{specErrors, "The code of an error may be finer than the status", May, "leave; that it is a number: `errors/code-number`, which never fails"},
	{specErrors, "Several errors may be told at once", May, "leave: `create/several-errors` never fails"},
	{specErrors, "Other statuses than 400, 403 and 404", "", "405, 429 and 503 are the business of HTTP"},
	{specMulti, "A jurisdiction is named by its main web site", Should, "a suggestion"},
	{specMulti, "A server of one jurisdiction may ignore jurisdiction_id", May, "leave: nothing is judged at such a server"},
	{specArguments, "An argument that may have several values has commas between them", Must, "the client does that; that it is understood: `requests/filter/id-list`, `requests/filter/service-code-list`, `requests/filter/status-both`"},
	{specDates, "A date may have fractions of a second, or no seconds", May, "leave: an oddity in the tests"},
	{specEncoding, "A report is sent as a form in UTF-8", Must, "the client does that; that it is read so: `create/utf-8`, `create/filed/astral`"},
	{specSpark, "What is a number in XML may be a number in JSON, ids and codes too", "", "the text's own samples have numbers: `requests/record/id-text`, `services/list/service-code-text` never fail"},
}
