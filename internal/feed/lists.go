// Package feed finds out what has changed among the records that a server lists, between one look and the
// next. It remembers little of each record, asks the server through [Lists] for what may have changed, and
// compares. It knows neither what a record is nor how a call is made.
//
// It believes nothing twice: what a list shows of a record is compared with what lists have shown of it, and
// what an answer of its own shows with those, since many servers show it differently in the two. That a record
// is not there counts only beside another one that is ([Change] of kind [Gone]). What was found out about the
// server is put to the test again in every audit, so that a wrong belief, or one that came by a checkpoint,
// does not last.
//
// What no evidence can show: a record without id, out of sight of the lists, or one of a server that never
// answers to ids; what happens to one that was closed for longer than closed ones are remembered; one that was
// closed before anybody looked, where lists are of open ones only; what changes without a date before a server that
// shows other notes in the two kinds of answers was asked for the second one; and a record from before the first look that was
// not open when stock was taken, or of which a server that does not heed the state says nothing.
package feed

import (
	"context"
	"time"
)

// Lists is the server, as far as a feed asks it. What a method has seen is given to see as it comes, and
// counts even if the method then fails; so does the [Answer]. see returns false when no more is wanted: no
// further call is made, and what comes of the one in hand does not matter.
type Lists interface {
	// Requested lists what was requested from a time on.
	Requested(ctx context.Context, ask Ask, see func(Sighting) bool) (Answer, error)
	// Updated lists what was updated from a time on.
	Updated(ctx context.Context, ask Ask, see func(Sighting) bool) (Answer, error)
	// Probe makes one call for what was updated after a time, and counts what it gets.
	Probe(ctx context.Context, after time.Time) (rows int, a Answer, err error)
	// ByID asks for several records in one call. Ids that the answer leaves out are no error.
	ByID(ctx context.Context, ids []string, see func(Sighting) bool) error
	// One asks for a single record.
	One(ctx context.Context, id string) (Sighting, error)

	// Fault says what an error of these calls means.
	Fault(error) Fault

	// Recall is called when a poll begins, with what was found out before, maybe by another process.
	Recall(Habits)
	// Habits returns what has been found out.
	Habits() Habits
}

// Ask says what of a list is asked for.
type Ask struct {
	From  time.Time // zero: from the beginning
	State State
	Proof Proof
	// Mixed: lists of any state were seen to have closed records among the others, and need not be asked for each alone.
	Mixed bool
}

// Proof is what has to be shown of the end of a list.
type Proof uint8

// The proofs.
const (
	Likely Proof = iota // an answer that is short beside others may be taken for all there is
	Loose               // so may one that is shorter than others: what is missing is asked for otherwise
	Strict              // all has to be there, and it has to be shown
)

// State is which records a list is of.
type State uint8

// The states that may be asked for.
const (
	AnyState State = iota // what the server lists by default
	OpenOnly
	ClosedOnly
)

// Sighting is what a feed has to know of a record that was seen. Times and Status are zero if the record
// does not say.
type Sighting struct {
	Key                string // its id, or Nameless and what stands for the id
	Status             string // kept in memory as it is
	Requested, Updated time.Time

	// Sum and Text are hashes of what a change is about besides the above: Sum of what every answer has,
	// Text of what some servers cut short in lists. They are the same in every process.
	Sum, Text uint32

	Single bool   // from an answer of its own, not from a list
	Inside bool   // it is what the feed is about; asked only for those that are not known
	Record Record // handed back with a change,
	Size   int    // and how many bytes it takes
}

// Record is what a sighting was made of.
type Record interface {
	// Aliases returns the keys that the record may have been known by while it had no id.
	Aliases() [2]string
}

// Nameless begins the key of a record without id, which can be asked for by nothing. No server has such ids.
const Nameless = "\x00"

func nameless(key string) bool { return len(key) > 0 && key[0] == Nameless[0] }

// Answer is what is to be said of a list besides its rows.
type Answer struct {
	Clock    time.Time // the latest time that the server has given as its own; zero: none
	Answered bool      // at least one call was answered as it should be
	Complete bool      // nothing is missing
	Unproven bool      // nothing speaks for a loss, and nothing proves that there is none
	Short    bool      // a short answer was taken for all there is
	Cut      bool      // of Updated: perhaps the list was cut, and there are no pages
	Calls    int
	Gaps     []Gap // what could not be had
}

// Gap is something that could not be had.
type Gap struct {
	Start, End time.Time // the times of request that it lies between, if that is known
	Query      string    // the call that failed
	ID         string    // the record that was asked for, in place of Query
	Err        error
}

// Fault is what an error means.
type Fault uint8

const (
	Refused    Fault = 1 << iota // the server refuses what it was asked, not who asks
	Poisoned                     // it may come from one bad record
	Absent                       // there is no such record, or no such list
	Stated                       // it is said by the service itself, and not by a page that stands in for it
	Unreadable                   // the record that was asked for is there, and cannot be read
)

// Habits is what was found out about how the server hands out its lists. The feed keeps it for the next
// process and makes nothing of it but a guess of how many calls a list takes.
type Habits struct {
	Most   int   `json:"most,omitempty"`       // the most rows that one answer has had
	Paging uint8 `json:"paging,omitempty"`     // how the server pages,
	First  int   `json:"first_page,omitempty"` // and from which number on
}
