package wire

import "strconv"

// The kinds of repairs. They are the public WarningKinds of the root package.
const (
	WarnCharset   = "charset"   // bytes that are not the encoding they should be
	WarnControl   = "control"   // control characters that had to go
	WarnSyntax    = "syntax"    // text that is not well-formed JSON or XML but can be understood
	WarnEnvelope  = "envelope"  // records found elsewhere than the specification puts them
	WarnName      = "name"      // a field under another name than the specification's
	WarnType      = "type"      // a value of another type than the specification's
	WarnDate      = "date"      // a date that is not RFC 3339, or has no zone
	WarnValue     = "value"     // a value that cannot be: a latitude of 100, a date of the year 0
	WarnDuplicate = "duplicate" // a field given twice
	WarnRecord    = "record"    // a record that was skipped
	WarnTrailing  = "trailing"  // bytes behind the end of the document
)

// Warning is one repair.
type Warning struct {
	Path   string // where in the document: service_requests[12].lat
	Kind   string // one of the kinds above
	Detail string // what was seen and what was made of it; never a reporter's data beyond a short sample
}

// appendIndex appends the index of a list's item to a path.
func appendIndex(dst []byte, i int) []byte {
	return append(strconv.AppendInt(append(dst, '['), int64(i), 10), ']')
}
