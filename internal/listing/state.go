package listing

import (
	"errors"
	"strings"
	"time"
)

// What a listing, and the walk over one of its facets, know and remember.

// fewRows is how many rows a list has at most that is looked at like that.
const fewRows = 10

// shown is what rows have come of.
type shown struct {
	codes, statuses []bool // by the values that were asked for
	states          [allStates]bool
	unasked         [allStates]int // in how many answers to calls without a status
	oldest          int64          // when the oldest of them was requested; future: there are none
}

// newShown makes room for so many codes and statuses.
func newShown(codes, statuses int) shown {
	return shown{codes: make([]bool, codes), statuses: make([]bool, statuses), oldest: future}
}

// note notes a row. whole is false for one of a state that was asked for of a part of the time only: others of it may be
// hidden elsewhere.
func (s *shown) note(row *Row, whole bool) {
	if row.Code >= 0 && int(row.Code) < len(s.codes) {
		s.codes[row.Code] = true
	}
	if row.Status >= 0 && int(row.Status) < len(s.statuses) {
		s.statuses[row.Status] = s.statuses[row.Status] || whole
	}
	s.states[row.State] = s.states[row.State] || whole
	if row.dated() && row.Fits {
		s.oldest = min(s.oldest, row.At)
	}
}

// status reports whether rows of a status have come, by its number among those that were asked for or by its meaning.
// Those that a dialect asks for have no number.
func (s *shown) status(i int, word string) bool {
	state := stateOf(word)
	return i < len(s.statuses) && s.statuses[i] || state != Unsaid && s.states[state]
}

// facet is what is asked for beside the dates.
type facet struct {
	codes, statuses []string
	together        bool // a list of several values may be empty
}

// several reports whether it asks for several values in one call.
func (f facet) several() bool { return len(f.codes) > 1 || len(f.statuses) > 1 }

// errJoined is why several values are asked for one by one.
var errJoined = errors.New("the server gives nothing for several values at once")

func stateOf(word string) State {
	for i, w := range stateWords {
		if strings.EqualFold(w, word) {
			return Open + State(i)
		}
	}
	return Unsaid
}

// session is a listing while it goes on.
type session struct {
	*caller
	q       Query
	told    Traits
	how     func(*walk) error // lists one facet
	without off

	belief Belief
	caps   caps // seen by this listing
	asks   int  // how many rows to ask for; 0: it is left to the server
	dates  use
	ordered
	effort
	outcome
	shown    shown
	windowed bool      // a list without dates has shown only a part: the server has a window of its own for it
	vain     [ways]int // how often each way to the rest of a moment was tried in vain
}

// effort is what has made a listing cost more calls than its rows are worth, by what the server does.
type effort struct {
	spans    int    // that were needed because of what the server restricts
	failures int    // calls in windows that fail
	failed   []span // windows that were given up for that
}

// outcome is what will have to be said when a listing ends.
type outcome struct {
	gaps   []Gap
	absent []absence // facets of which nothing came
	unread []unread  // answers with rows that could not be read
	fews   []few     // moments that were taken for whole since nothing else was known
}

// few is a moment with all rows that were known.
type few struct {
	sent, known int
	gap         Gap
}

// absence is that nothing came of a facet, under what was believed then of the server's dates.
type absence struct {
	facet facet
	under premises
	err   error // why that is in doubt; nil: it is not
}

// unread is an answer with rows that could not be read.
type unread struct {
	slice Slice
	err   error
}

// premises are beliefs that the meaning of an empty answer rests on.
type premises struct {
	bounds   Bounds
	far      bool
	windowed bool
}

// use is what dates are good for.
type use uint8

const (
	helpful use = iota
	useless     // they are ignored, or mean something else
	refused
	deaf // nothing else that is asked is heeded either
)

// ended reports whether an error ends the listing.
func (l *session) ended(err error) bool {
	return err == errStop || l.ctx.Err() != nil || err != errBudget && err != errJoined && l.src.Fault(err)&Fatal != 0
}

func (l *session) now() time.Time { return time.Now().UTC().Truncate(time.Second) }

func (l *session) quiet() int64 {
	if q := int64(l.told.Quiet.Seconds()); q > 0 {
		return q
	}
	return defaultQuiet
}

// recent is the time of quiet until now, with both bounds: without an end, some servers take one of their own. It is as long as
// the server was seen to answer for at once.
func (w *walk) recent() span {
	long := w.quiet()
	if w.belief.limited() {
		long = min(long, w.belief.limit())
	}
	return span{w.clock() - long, w.clock() + day}
}

// off names ideas that tests turn off, to see that each of them is worth something.
type off uint32

const (
	offControl off = 1 << iota
	offReach
	offSwap
	offWider
	offRival
	offMess
	offPages
	offEdges
	offEmpty
	offQuestions
	offValues
	offHidden
	offBudget
	offSkipped
)

func (l *session) off(o off) bool { return l.without&o != 0 }

// ways is how many there are, and maxVain how often one is tried that does not work.
const (
	ways    = 3
	maxVain = 2
)

// moreRows is how many times the cap is asked for at a moment that has more.
const moreRows = 8

// maxAsked is the size of page that is asked for where nothing is known of what a server allows.
const maxAsked = 1000

// stateWords are the states that every server knows.
var stateWords = [...]string{"open", "closed"}

// longAgo is before everything that a server has.
const longAgo = 40 * 365 * day

// walk is the listing of one facet.
type walk struct {
	*session
	facet   facet
	known   known
	rows    int            // different rows that came
	unasked [allStates]int // those of each state, in lists without a status
	cov     coverage
	bounds  bounds
	win     windows
	swaps   int // how often start was tried for end
	heard
}

// heard is what the answers to spans have shown so far, by which silence is taken for absence or not.
type heard struct {
	silent     []silence
	controlled bool  // a call with dates has brought what it had to bring
	stray      int   // lists of rows that all lie outside of the span
	failing    error // the server has failed for what would have brought all
}

// silence is a span that was answered and not cut: shorter ones within it need no second look.
type silence struct {
	span
	alleged bool // it is a long one, with nothing in it: perhaps only a part of it was looked at
}

// ordered is the order of the lists, as far as answers of this listing have shown it.
type ordered struct {
	order  order
	pairs  int  // of rows that were seen in that order
	sorted bool // rows have come that rule out a rival key
}

// answer is a response, and what its control says.
type answer struct {
	*response
	reading
	control
	full  bool // it may be cut
	fresh int  // rows that the facet had not had before
}

// broken reports whether an answer has broken off behind rows of different times.
func (a *answer) broken() bool { return a.fault&Broken != 0 && a.oldest < a.newest }

// Reasons why a span cannot be had in the way that was tried.
var (
	errDates  = errors.New("the server takes dates for something else, or for nothing")
	errBudget = errors.New("the listing has cost more calls than its requests are worth: the server does not answer as it is asked; ask for a shorter span")
	errMoment = errors.New("more requests bear this time than the server gives at once, and it shows no way to the rest")
)

// errRetry asks for the span that is open now: what is believed has changed.
var errRetry = errors.New("again")

// minPairs is how many pairs of rows have to be in an order before it is believed: few ones fall by chance.
const minPairs = 5
