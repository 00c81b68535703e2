// Package listing gets all rows of a list that a server hands out in pieces: by page numbers, offsets or links,
// or by spans of time where the list is cut.
//
// It knows neither what a row is about nor how a call is made. A [Source] makes the calls; of each row the engine
// sees a key and a time, and says when the record goes to the caller.
package listing

import (
	"context"
	"time"
)

// Source makes the calls of a listing.
type Source interface {
	// Open makes the call for a slice.
	Open(ctx context.Context, s Slice) (Rows, error)
	// Load prepares the same call. The function that it returns makes it and reads the answer to its end; it
	// may run beside other calls. room is how many rows to make room for.
	Load(ctx context.Context, s Slice, room int) (read func() (Rows, error))
	// Again waits until an answer that broke off may be asked for again; false: no more.
	Again(ctx context.Context, attempt int) bool
	// Fault says what an error of Open, of Load or of Rows.Next means; 0 for none of the known things.
	Fault(err error) Fault
	// Describe names a slice in a Gap.
	Describe(s Slice) string
}

// Rows is the answer to one call.
type Rows interface {
	// Next reads the next row. The error is io.EOF at the end.
	Next() (Row, error)
	// Give hands the record of the row read last to the caller. It is false if the caller has had enough.
	Give() bool
	// Close ends the reading of an answer that was read as far as it goes.
	Close() Meta
	// Abort ends it before its end.
	Abort()
}

// Row is what a listing has to know of a record.
type Row struct {
	Key uint64    // tells it from others
	At  time.Time // what the list is sorted and asked for by; zero if the record does not say
}

// Meta is what stood beside the rows of an answer.
type Meta struct {
	Total int       // how many rows there are in all; -1 if the server does not say
	Next  string    // the parameters of the next page, where the server gives a link; else ""
	Clock time.Time // when the server says that it answered; zero if it does not
	// Unread says what is wrong with rows that are there and could not be read; nil if there are none.
	Unread error
}

// Slice is what one call asks for: a span of time, and which part of its list.
type Slice struct {
	Start, End time.Time // zero: not sent
	Page       int       // page number; -1: not sent
	Offset     int       // rows to skip; -1: not sent
	Size       int       // rows to ask for; 0: as many as every call asks for
	Next       string    // a page by the link that the server gave; see Meta
}

// Span is the slice with the whole list of a span of time.
func Span(start, end time.Time) Slice { return Slice{Start: start, End: end, Page: -1, Offset: -1} }

// Fault is what an error means to a listing. An error can mean several things.
type Fault uint8

// The meanings of errors.
const (
	Refused  Fault = 1 << iota // the server refuses what it was asked, whoever asks
	Poisoned                   // it may come from one bad record
	NotFound                   // there is no such page
	Cut                        // the answer broke off
)

// Traits is what is known of the server and the query beforehand.
type Traits struct {
	Style       Style // how to page; Auto: to be found out
	First       int   // number of the first page; only read where Style is set
	Cap         int   // the most rows of one answer; 0 if not known
	PageSize    int   // rows that every call asks for; 0 if it does not
	Concurrency int   // calls at a time

	Span    time.Duration // the longest span that the server takes; 0: as the specification has it
	Quiet   time.Duration // how long nothing must have happened for a listing without a start to end; 0: two years
	NoDates bool          // dates do not restrict a list

	Page, Size, Offset, End bool // what may be asked for: a page, its size, an offset, an end of the span
}

// Style is a way of asking for the rest of a list.
type Style uint8

// The ways of paging.
const (
	Auto    Style = iota // to be found out
	Numbers              // page 2, with a size
	Offset               // what lies behind 100 rows, with a size
	None                 // a list comes whole, or cut, and dates are the only way to the rest
)

// Gap is something that could not be had.
type Gap struct {
	Start, End time.Time // zero: unbounded
	Slice      string    // as Source.Describe has it; "" for all of the span
	Err        error
}
