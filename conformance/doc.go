// Package conformance checks Open311 GeoReport v2 servers: for city vendors, who want to know whether clients
// will understand their server, and for cities that buy one.
//
// In a test of the server's own:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Target{Endpoint: "http://localhost:8080/open311/v2"})
//	}
//
// In a program, a cron job or a pipeline, [Check] makes a [Report], which can be written as text, JSON, JUnit
// XML, Markdown, and as one page of HTML. The program in examples/conformance does that from the command line.
//
// # What is checked
//
// [Requirements] is the catalogue: what a client can see of GeoReport v2 and of Open311 Service Discovery, in
// XML and in JSON, and what several vendors have added to it. Each requirement has an id that keeps its
// meaning, the rule in one sentence, and a link to the section that says so. Its [Level] says how a breach
// counts:
//
//   - Must, what the specification demands: [Fail].
//   - Should, what it recommends: [Warn].
//   - May and DeFacto, what servers may do, and what many do: [Unsupported], or [Warn] if
//     [Target.Features] says that the server does it.
//
// # What is not a failure
//
// The check assumes nothing about the data. What a city cannot show, because it has no closed requests or no
// batch services, is Unsupported. Trouble on the way (no connection, 429, 502, 503, 504) and faults of this
// package are [Error], and say nothing about the server. A fault is reported once: what cannot be judged
// because of it, such as the fields in a document that is not XML, is Unsupported, with the reason.
// Each finding comes with the exchange that shows it. There may be faults that this package does not look for.
//
// # What the server notices
//
// The check reads only, unless [Target.AllowCreate] is set. It makes each call once, some 100 for a read-only check,
// [Target.Pace] apart. The rules look at the bytes of the answers with readers that forgive nothing: the client of this
// module repairs what it reads, and would hide what is to be found.
package conformance
