// Package open311test is a city in memory: a GeoReport v2 server for the tests of programs that
// talk to one.
//
//	func TestReport(t *testing.T) {
//		city := open311test.NewServer(t)
//		c := city.Client() // an *open311.Client; other clients use city.URL
//		...
//	}
//
// The server answers the six operations of GeoReport v2, service discovery, and the updates of
// mySociety's servers, in XML and in JSON, as the specification says. Outside of tests, [NewHandler]
// gives the same city as an http.Handler.
//
// # The city
//
// Unless told otherwise, the city is Quillhaven, a port that does not exist. It has services of
// all types (realtime, batch, blackbox), definitions with attributes of all datatypes, and 3,600
// service requests over one year. The data are the same in every run: by default the city's clock
// stands still at 2026-06-30T12:00:00Z, as the Date header of its answers says, and the newest request is
// a little older than that. With [WithClock] the year ends when the server is made. [WithServices],
// [WithDefinitions], [WithRequests], [WithEmpty] and [Handler.Seed] put other data in its place.
//
// # Where the specification is silent
//
// Some things the specification leaves open, and this server had to choose:
//
//   - A listing has the newest requests first; of the same second, the highest id first. It ends
//     after 1000 requests.
//   - start_date and end_date both belong to the range. One without the other means 90 days from
//     there; none means the 90 days up to the city's clock. A range of more than 90 days, one that
//     ends before it begins, and a date without time or zone are refused with 400.
//   - service_request_id overrides the other filters to the point that they are not even checked.
//     Ids that do not exist are left out; if none exists the list is empty. A single request with an
//     unknown id is 404.
//   - A status other than open and closed is refused with 400. Unknown service codes match nothing.
//     Unknown parameters are ignored, in a POST too; an attribute that the definition does not have
//     is refused, since it is mostly a misspelt one.
//   - The token of a batch service has no request id for its first poll, see [WithTokenDelay]: the
//     answer is a request with the token and an empty id. After that the request is in the listings.
//     A token that was never given out is 404.
//   - A report for a blackbox service is answered by a request with neither id nor token, and is
//     never listed.
//   - A refused POST lists everything that is wrong, one error each. Its status is 403 for the key,
//     404 if the service or the jurisdiction is unknown, else 400.
//   - A service without attributes has a definition without attributes.
//   - Paths without .xml or .json are 404, answered in XML; a wrong method is 405.
//
// # Filing
//
// Reports are taken as forms, as multipart/form-data with files, and as JSON or XML; several values of an
// attribute with brackets, with indexes, or repeated. [WithFilingStyle] makes the city take the one way of a
// dialect and refuse, or misread, the others. Answers are checked against the definition: what is required,
// numbers, dates in ISO 8601, keys of lists. No answer shows the reporter's data. A test
// sees by [Handler.Filed] what the city has understood, files included, and by [Handler.FiledUpdates] the same of updates:
//
//	receipt, err := city.Client().Requests.Create(ctx, report)
//	...
//	if filed := city.Filed(); len(filed) != 1 || filed[0].Request.Description != "A hole" { ... }
//
// # A city that lives
//
// [Handler.Put], [Handler.Edit] and [Handler.Remove] change the city by hand, [Handler.Advance] puts its clock
// forward, and [WithLife] makes reports come, change, be closed and be reopened as the clock goes on; some get
// into the lists only hours later. Whether the city heeds updated_after is one of the [Quirks].
//
// # Dialects
//
// Real servers depart from the specification, each family in its own way. [WithDialect] makes the city
// one of them: for every predeclared [open311.Dialect] there are the [Quirks] of its servers. Each
// quirk is a switch that can be set alone as well, by [WithQuirks]; [QuirksOf] returns those of a dialect,
// to be changed. The data of the city stay the same: a client that speaks the dialect must read the same values.
//
// # Faults
//
// [Handler.Fail] makes calls go wrong: statuses, pages in place of data, broken connections, answers
// that are cut, late, slow, mislabelled or stale, or that hold another record than the one asked for. Faults happen
// in order, each once or as often as [Fault.Times] says, or to a share of all calls, by [Fault.WithProbability]. They work over sockets and through
// [Handler.Transport] alike. Faults that have not happened when the test ends
// are reported.
package open311test
