package feed

import "time"

// Kind says what has happened to a record.
type Kind string

// The kinds of changes.
const (
	Created  Kind = "created"
	Updated  Kind = "updated"
	Closed   Kind = "closed"
	Reopened Kind = "reopened"
	Gone     Kind = "gone"
)

// Change is something that was found in a poll.
type Change struct {
	Kind      Kind
	Record    Record      // nil for Gone, and for what is quiet
	Gone      *Remembered // only of Kind Gone
	Previous  string      // the status before; "" if there was none or if it is not known
	Forgotten bool        // in place of Previous: it was closed long ago, and is not known any more
	Quiet     bool        // it was so before the feed began: to be settled, and not to be told

	at   time.Time // what changes are sorted by
	next entry     // what to remember once the change is settled
	old  string    // the key it was known by, if it was another one
}

// Remembered is what a feed knows of a record that is gone.
type Remembered struct {
	Key, Status        string
	Requested, Updated time.Time
}

// When returns when a change happened to a record with these times; zero if that is not known.
func When(kind Kind, requested, updated time.Time) time.Time {
	switch {
	case kind == Gone:
		return time.Time{}
	case kind == Created && !requested.IsZero(), updated.Before(requested): // so say 10 % of Boston's rows
		return requested
	}
	return updated
}

// compare says what kind of change there is between what was known and what is there now; "" for none.
// That a date is older than the one known is no reason to disbelieve it: clocks differ.
func (t *Tracker) compare(old, now *entry) Kind {
	sameForm := (old.flags^now.flags)&flagSingle == 0
	wasWord, was := t.cfg.State(old.status)
	isWord, is := t.cfg.State(now.status)
	switch {
	case is && !was:
		return Closed
	case was && !is:
		return Reopened
	case wasWord != isWord, old.updated != now.updated:
		return Updated
	case old.sum != now.sum, old.text != now.text && sameForm:
		return Updated
	}
	return ""
}

// discovered returns the change that it is to see a record that was not known. It is quiet for those that
// were there before the feed began.
func (t *Tracker) discovered(e *entry) Change {
	h := &t.store.head
	requested, isClosed := unixTime(e.requested), t.closed(e)
	changed := Updated
	if isClosed {
		changed = Closed
	}
	switch {
	case !h.Stocked && h.Since.IsZero():
		return Change{Kind: Created, Quiet: true}
	case !h.Stocked && (e.requested == 0 || !requested.Before(h.Since)):
		return Change{Kind: Created}
	case !h.Stocked:
		return Change{Kind: changed, Quiet: unixTime(e.updated).Before(h.Since)}
	case e.requested == 0:
		return Change{Kind: Created}
	case requested.Before(h.Horizon):
		return Change{Kind: changed}
	case !requested.After(h.Forgot) && isClosed:
		// It was closed long ago, or it would be known.
		return Change{Kind: Updated, Forgotten: true}
	case !requested.After(h.Forgot):
		return Change{Kind: Reopened, Forgotten: true}
	}
	return Change{Kind: Created}
}
