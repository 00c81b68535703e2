// Package wire turns the bytes of GeoReport v2 servers into records and records into bytes.
//
// It knows no HTTP and no domain. A [Table] names the fields of one Go type; the same table
// reads that type from JSON and from XML and writes it as either. Reading goes through three
// steps, each with a file of its own: a scanner (json.go, xml.go) turns the bytes of one record
// into nodes, the envelope rules (level.go) find where in a document the records are, and the
// table (mapper.go, coerce.go) turns the nodes of a record into a typed value.
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
