// Package open311 is a client for Open311 GeoReport v2, the interface through which cities let people
// report potholes, broken lights and graffiti. It reads what real servers send, in JSON and in XML,
// and loses nothing of it.
//
// # Connecting
//
// [New] makes a client for an endpoint whose address is known, [Discover] for one that is named in a
// city's discovery document, and the package [servers] has a catalogue of public ones:
//
//	c, err := open311.New("https://city.example/open311/v2", open311.WithJurisdiction("city.example"))
//	c, err := open311.Discover(ctx, "https://city.example/open311/discovery.json")
//	c, err := servers.Open("chicago")
//
// A client is safe for concurrent use and never changes; [Client.With] makes a changed copy that shares
// its connections. The format is found out and remembered: JSON where the server speaks it, else XML.
// [WithFormat] fixes it.
//
// # What can be reported
//
// [ServiceClient.List] returns the services of a city, [ServiceClient.Definition] what one of them wants
// to know, [ServiceClient.Catalog] all of them with their definitions. Definitions are remembered for an hour;
// [CallFresh] asks anew.
//
// # Reading requests
//
// [RequestClient.Get] returns one service request, [RequestClient.List] makes one call and returns what
// it brings, and [RequestClient.All] is a loop over all there is, each once:
//
//	q := &open311.Query{Statuses: []open311.Status{open311.StatusOpen}, Start: lastYear}
//	for r, err := range c.Requests.All(ctx, q) {
//		if err != nil {
//			return err // what could not be had: see TruncatedError
//		}
//		fmt.Println(r.ID, r.ServiceName, r.Address)
//	}
//
// [RequestClient.Pages] gives the same by the page.
//
// A zero field of a [ServiceRequest] is one that the server did not send: the specification equates
// empty and absent. Statuses are words, not constants, because servers have many: compare them with
// [Status.Is]. What the specification does not name is in Extra.
//
// # Listings
//
// A loop over [RequestClient.All] that ends without an error has seen every request that the query asks for. That is
// proven, and not taken from the end of the pages, from a total, or from what a [Dialect] says: servers cut lists at
// any number, end pages at a depth, read dates in another zone, leave out what is closed, and say nothing of it.
//
// So the listing walks through spans of time; an answer proves its span if it is not cut and brings every request of it
// that is known already. Where dates are of no use it goes by pages and asks other questions whose answers would
// show a loss. What is not proven is a gap in a [*TruncatedError], with its bounds and its cause. If nothing speaks
// for a loss, and the server shows no way to look further, the error matches [ErrUnproven]; for a server that
// gives all it has in one list, [Dialect.Whole] settles it.
//
// What is found out is remembered for the next listing, and can be kept: [Client.Learned]. It saves calls and is never
// taken for a proof. [Query.Shards] divides a listing among machines, [RequestClient.Oldest] finds where it begins.
//
// Some things no client can know. A listing ends without an error, though requests are missing, only where
//   - the server has no pages that are known, and ignores or refuses dates, or gives a window of its own whatever it is
//     asked: every call gives the one list (where anything shows that it is cut, that is an error);
//   - requests have a status that is only given to those who ask for it by a word that nobody knows;
//   - requests without a date lie beyond what a server without pages gives at once, or on a page that fails for good;
//   - an empty list, or a 404, comes once by mistake, for a call that nothing else controls;
//   - lists are in random order, new for each call, and dates are of no use;
//   - pages end at a depth, and dates are of no use;
//   - the server gives one request at a time, or two, and shows no way to more, and several are of one second;
//   - a query without Start has requests from before a silence of two years ([Dialect.Quiet]).
//
// # Filing a report
//
// [RequestClient.Create] files a [NewRequest], files included, and returns the city's [Receipt]: an id, or
// a token for one that [RequestClient.Await] waits for. Read the definition first and Create checks the
// answers against it for the next hour, before anything is sent.
//
// A report is never sent twice on our own account. When it cannot be known whether it has arrived, the
// error matches [ErrOutcomeUnknown], and [RequestClient.FindSimilar] looks; any other error means that
// nothing was filed. [What comes of every fault] is a table that the tests run. A
// token outlives the process: store the Receipt as JSON and await it anywhere. A large file over a slow
// line needs a longer [WithTimeout]. [UpdateClient] reads and posts the updates of mySociety's servers.
//
// # What has changed
//
// [RequestClient.Feed] tells what has changed since the last time: a [Feed] polls, compares, follows open
// requests by id until they are closed, and keeps a [Checkpoint] from which it goes on after a crash. Each
// change is given at least once, and twice only if the program ended inside its loop body. Several changes
// of one request between two polls are one. On a quiet city a poll is one call, whether the server honours
// updated_after, which is found out and not believed, or not.
//
// # Errors
//
// An answer that refuses a call is an [*APIError], with what the server says in Faults, whatever form it
// says it in. An answer that cannot be read, such as a page with status 200, is a [*DecodeError]. Both name
// the method, the redacted URL, the status and the content type. errors.Is tells what an error means:
// [ErrNotFound], [ErrInvalid], [ErrForbidden], [ErrRateLimited], [ErrOutcomeUnknown], [ErrPending],
// [ErrTruncated]. No result is nil without an error.
//
//	if e, ok := errors.AsType[*open311.APIError](err); ok { log.Print(e.Faults) }
//
// Neither errors, nor log lines, nor warnings, nor any value that is printed hold the API key or the
// reporter's data.
//
// # Tolerance
//
// Hardly two servers speak the specification alike, so everything that can be understood is: numbers as
// text and text as numbers, True and None, lists in envelopes of any name, fields under other names, dates
// without zone, Latin-1 under a UTF-8 label, control characters, bare ampersands, half a document.
//
// Each repair is reported to the function that [WithWarnings] sets; with [WithStrict] the first one is an
// error, for those who test a server. A record that cannot be read does not spoil its neighbours, and is
// never lost in silence: [Page.Skipped] counts it, All reports a gap, and a list of which nothing can be
// read is a [*DecodeError].
//
// # Retries and limits
//
// Reads are repeated after transport errors and the statuses 408, 423, 425, 429, 500, 502 to 504, 520 to 527,
// 529, 530, 598 and 599, up to four attempts with random waits that grow; Retry-After is honoured up to 30 seconds.
// Reports are repeated only when nothing had been sent, or when the server asks for it with 429, or 503 and
// Retry-After. [WithRetry] changes that, [WithTimeout] limits one attempt, [WithRateLimit] and [WithLimiter]
// the pace. While a server is down a budget keeps all calls together from hammering it. Answers are limited
// to 64 MiB after decompression ([WithMaxResponse]), records to 16 MiB, nesting to 64 levels.
//
// # One call, and eyes on all of them
//
// Every method that makes calls takes options for them: [CallParams] and [CallHeader] send what no field is there
// for, [CallExtensions] asks for extended attributes, [CallResponse] stores status, header and URL of the answer:
//
//	var got open311.Response
//	r, err := c.Requests.Get(ctx, id, open311.CallResponse(&got))
//
// [WithObserver] sees each call and each attempt, with rows, bytes and waits, for traces and metrics; [WithLogger]
// writes the same as lines. Neither shows the API key or personal data. Middleware is another
// matter: it sees what the transport sees.
//
// # Dialects
//
// What cannot be found out can be told: a [Dialect] says how a family of servers departs from the
// specification. There are predeclared ones, such as [Spot] and [UReport], and any other can be made. What
// no field of it expresses can be done by [WithMiddleware] and by the Params of a query.
//
// # Testing a client
//
// The package [open311test] is a city in memory, for the tests of programs that use this package: a year of
// requests, services of every type, a clock that goes as the test says. It speaks every predeclared dialect,
// has each of their oddities as a switch of its own, and fails in every way on demand:
//
//	city := open311test.NewServer(t, open311test.WithDialect(open311.UReport))
//	city.Fail(open311test.ListRequests, open311test.Status(503), open311test.Truncate(200))
//	c := city.Client(open311.WithDialect(open311.UReport))
//
// # Testing a server
//
// The package [conformance] is for those who make servers: its Run is one line in a test, its Check makes a
// report as text, JSON, JUnit XML, Markdown or one page of HTML. It knows more than 270 requirements, reads the
// bytes of answers with readers that forgive nothing, and files nothing unless it is allowed to.
//
// [servers]: https://pkg.go.dev/github.com/go-open311/open311/servers
// [open311test]: https://pkg.go.dev/github.com/go-open311/open311/open311test
// [conformance]: https://pkg.go.dev/github.com/go-open311/open311/conformance
// [What comes of every fault]: https://github.com/go-open311/open311/blob/main/docs/filing-faults.md
package open311
