package wire

import (
	"maps"
	"slices"
	"strconv"
)

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
	More   int    // of the last one of its kind: how many it stands for; see maxWarnings
}

// maxWarnings is how many warnings of one kind a document gives. The rest are counted: what is odd in a
// hundred rows is odd in all of them, and a warning takes more time than the row.
const maxWarnings = 100

// tally counts the warnings of a document by their kinds.
type tally map[string]int

// heard counts one more of a kind, and reports whether it is still to be told.
func (t *tally) heard(kind string) bool {
	if *t == nil {
		*t = tally{}
	}
	(*t)[kind]++
	return (*t)[kind] <= maxWarnings
}

// rest tells how many warnings of each kind have not been told.
func (t *tally) rest(path string, warn func(Warning)) {
	for _, kind := range slices.Sorted(maps.Keys(*t)) {
		if more := (*t)[kind] - maxWarnings; more > 0 {
			warn(Warning{Path: path, Kind: kind, Detail: "and " + grouped(more) + " more", More: more})
		}
	}
}

// grouped writes 12345 as 12,345.
func grouped(n int) string {
	b := strconv.AppendInt(nil, int64(n), 10)
	for i := len(b) - 3; i > 0; i -= 3 {
		b = slices.Insert(b, i, ',')
	}
	return string(b)
}

// appendIndex appends the index of a list's item to a path.
func appendIndex(dst []byte, i int) []byte {
	return append(strconv.AppendInt(append(dst, '['), int64(i), 10), ']')
}
