// Package wire turns the bytes of GeoReport v2 servers into records and records into bytes.
//
// It knows no HTTP and no domain. A [Table] names the fields of one Go type; the same table
// reads that type from JSON and from XML and writes it as either.
//
// The files stand on floors, and each uses only what is below it:
//
//   - bytes: bytes.go, html.go, jsonp.go, coerce.go, labels.go, charset.go, transcode.go read texts; time.go,
//     time_loose.go, time_layouts.go read dates; names.go knows the names of fields; value.go writes values;
//   - scanners: json.go and xml.go turn the bytes of one record into the same nodes (node.go, scan.go);
//     json_loose.go reads what has quotes that nobody has escaped;
//   - what the nodes mean: refuse.go tells whether an object is an error, faults.go finds the words of
//     errors in it, classify.go tells records from envelopes and errors;
//   - tables: table.go names the fields; decode.go makes a record of nodes, with mapper.go, scalar.go,
//     member.go, place.go, moment.go, words.go and nested.go for its values; encode.go makes a [Value] of a record;
//   - documents: window.go holds the part that is in memory, document.go gets it into UTF-8 and tells
//     of repairs, envelope.go with one file a format finds the records, reader.go gives them away,
//     and skipped.go counts what gave none.
//
// Real servers send what encoding/json and encoding/xml refuse: bare 001, raw control bytes,
// bare ampersands, two roots in a row, Latin-1 under a UTF-8 label. The scanners read on through
// all of that and report every repair to [Options.Warn]; on well-formed input they agree with the
// standard library, which the fuzz tests of this package check.
package wire

// Format is the notation of a document.
type Format uint8

// The formats. Unknown is what a document has before its first significant byte was seen.
const (
	Unknown Format = iota
	JSON
	XML
)

// String returns "JSON", "XML" or "unknown".
func (f Format) String() string {
	switch f {
	case JSON:
		return "JSON"
	case XML:
		return "XML"
	}
	return "unknown"
}

// Kind is the kind of a value. XML knows Null, Text, List and Object only.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Object
)
