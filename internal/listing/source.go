// Package listing gets all rows of a list that a server hands out in pieces, and proves that they are all.
//
// It knows neither HTTP nor what a row is about: only when it dates from, and how to tell it from others. One rule
// holds it together: only coverage.go can say "complete". Everything else (cursors, windows, bisecting, reading ahead)
// brings rows and evidence, and never ends a listing by itself. What has not been proven at the end is a [Gap] with its
// reason. A mistake anywhere else is then a false alarm, which is seen, and not a loss, which is not.
package listing

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Slice is one call of a listing: a span of time, and which part of it.
type Slice struct {
	Start, End time.Time // sent as they are; zero: not sent
	Swapped    bool      // Start goes by the name of End, and End by that of Start
	Page       int       // page number; NotSent
	Offset     int       // rows to skip; NotSent
	Size       int       // rows to ask for; 0: not sent
	Next       string    // the address that the server gave for it; then nothing else is read
	Codes      []string  // values of the first filter; nil: not sent
	Statuses   []string  // and of the second
}

// NotSent is the Page and the Offset of a slice without one.
const NotSent = -1

// Source makes the calls.
type Source interface {
	// Open makes the call for a slice.
	Open(context.Context, *Slice) (Rows, error)
	// Load does the same, and reads the answer to its end.
	Load(context.Context, *Slice) (Rows, error)
	// Describe names a slice in a Gap.
	Describe(*Slice) string
	// Fault says what an error of Open, or of Rows.Next, means.
	Fault(error) Fault
	// Again waits before an answer that broke off is asked for again; false: no more.
	Again(ctx context.Context, attempt int) bool
	// Turn is called after each answer; false: the caller has had enough.
	Turn(Meta, error) bool
}

// Rows is one answer.
type Rows interface {
	Next() (Row, error) // io.EOF at the end
	Give() bool         // hands the row read last to the caller; false: the caller has had enough
	Close() Meta        // what stood beside the rows
	Abort()
}

// Row is what a listing has to know of a record.
type Row struct {
	Key     uint64 // tells it from others
	At      int64  // by what spans are asked for, in Unix seconds; Undated: not known
	Updated int64  // a rival key of the order, in the same way
	Code    int32  // which of Query.Codes it shows; None: none of them
	Status  int32  // which of Query.Statuses it shows; None
	State   State
	Fits    bool // it does not contradict the query, dates apart
	had     tag  // what it had come for before it came in its answer
}

// tag is what a row has come for.
type tag uint8

const (
	came    tag = 1 << iota // in any answer of the listing
	given                   // to the caller
	inWalk                  // in the facet that is being listed
	listed                  // in a list that came to an end, where only pages bring the rest
	tagBits = iota
	allTags = 1<<tagBits - 1
)

// Undated is the time of a row that bears none.
const Undated = math.MinInt64

// Second returns a time as a Row has it: Undated if it is zero.
func Second(t time.Time) int64 {
	if t.IsZero() {
		return Undated
	}
	return t.Unix()
}

// dated reports whether a row bears a time.
func (r *Row) dated() bool { return r.At != Undated }

// after reports whether a row is not older than a time. One of that very second may be newer.
func (r *Row) after(t int64) bool { return r.At >= t }

// None is the Code or Status of a row that shows none of those that were asked for.
const None = -1

// State is what a row says of its state.
type State uint8

// The states.
const (
	Unsaid State = iota // nothing, or a word of unknown meaning
	Open
	Closed
	allStates = iota
)

// Meta is what stood beside the rows of an answer.
type Meta struct {
	Total   int    // how many there are in all; negative: not known
	Next    string // where the next page is; "" if the server does not say
	Skipped int    // rows that could not be read
	Null    int    // rows that say nothing
	Skip    error  // why the first of the skipped could not be read
	Absent  bool   // the server has said that there is nothing as it says that it does not know what it is asked
	Clock   time.Time
	Own     any // the Source's own, for Turn
}

// Fault is what an error means.
type Fault uint8

// The kinds of errors.
const (
	Refused  Fault = 1 << iota // the server refuses what it was asked
	NotFound                   // there is nothing by that address
	Broken                     // the answer broke off
	Tried                      // the call was made several times: the error is no passing one
	Foreign                    // what came is a page, and no answer to any question: a wrong address, a login, a check of browsers
	Fatal                      // asking on makes no sense: the context has ended, a limit is reached, who asks is refused
)

// Query is what is listed.
type Query struct {
	Start, End      time.Time // both inclusive, in whole seconds; zero: open
	Codes, Statuses []string
	Size            int  // rows to ask for at a time; 0: as many as the server gives
	Part            bool // the Source asks for a part of the list, in ways of its own: what is learned of how long that is holds for no other
}

// Traits is what is told of the server beforehand. It saves calls and proves nothing.
type Traits struct {
	Style                    Style
	First                    int
	Cap                      int           // the most rows it gives at once, if it is asked for so many; 0: not known
	Span                     time.Duration // the longest span it answers; 0: not known
	Quiet                    time.Duration // how long nothing must have been requested before there is nothing older
	NoDates                  bool
	Whole                    bool // it gives all it has in one list
	Statuses                 []string
	OneCode, OneStatus       bool // it takes one value a call
	NoPage, NoOffset, NoSize bool // parameters that it does not take
	NoStart, NoEnd, NoStatus bool
	Concurrency              int
	Short                    int  // a first answer of at most so many rows is taken for the whole list; 0: none is
	Brief                    bool // a list without dates is not asked other questions
}

// Style is a way of asking for the rest of a list.
type Style uint8

// The styles.
const (
	Auto Style = iota // not known
	Numbers
	Offsets
	Links
	NoPages
)

// Gap is something that could not be had, or not be proven.
type Gap struct {
	Start, End time.Time // of the requests that may be missing; zero: open
	Slice      string    // the call that failed; "" if there is no single one
	Err        error
}

// key tells slices apart.
func (s *Slice) key() string {
	if s.Next != "" {
		return s.Next
	}
	return fmt.Sprint(s.Start.Unix(), s.End.Unix(), s.Swapped, s.Page, s.Offset, s.Size, "|", strings.Join(s.Codes, "\x00"), "|", strings.Join(s.Statuses, "\x00"))
}

// asksFor reports whether a slice is of these values.
func (s *Slice) asksFor(codes, statuses []string) bool {
	return slices.Equal(s.Codes, codes) && slices.Equal(s.Statuses, statuses)
}
