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
	Record    Record      // nil for Gone
	Gone      *Remembered // only of Kind Gone
	Previous  string      // the status before; "" if there was none or if it is not known
	Forgotten bool        // in place of Previous: it was closed long ago, and is not known any more

	at   time.Time // what changes are sorted by
	size int       // of the record
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

// stateOf says what a status is compared by, and whether it means that nothing more is to be done.
type stateOf func(status string) (word string, closed bool)

// compare says what kind of change there is between two sights of the same kind; "" for none. That a date is
// older than the one known is no reason to disbelieve it: clocks differ.
func (state stateOf) compare(old, now *view) Kind {
	if *old == *now {
		return ""
	}
	wasWord, was := state(old.status.Value())
	isWord, is := state(now.status.Value())
	switch {
	case is && !was:
		return Closed
	case was && !is:
		return Reopened
	case wasWord != isWord, old.updated != now.updated, old.sum != now.sum, old.text != now.text:
		return Updated
	}
	return ""
}

// sight says of a look at a record what is needed to compare it with sights of the other kind.
type sight struct {
	now  *view
	like Like  // in what both kinds are known to be alike
	last int64 // when the record was read last, by the server's clock
}

// across says what kind of change a sight shows of which nothing of the same kind is known, or what is behind the
// other kind. Only what cannot be a difference between the two kinds is a change: the state, a date after the
// last look, and what they are known to have in common.
func (state stateOf) across(e *entry, l sight) Kind {
	told := e.told()
	word, is := state(l.now.status.Value())
	was := e.flags.has(flagClosed)
	toldWord, _ := state(told.status.Value())
	switch {
	case is && !was:
		return Closed
	case was && !is:
		return Reopened
	case l.like.has(likeKnown) && !l.like.has(laterSingle) && l.now.updated > told.updated && l.now.updated > l.last,
		l.like.has(likeUpdated) && l.now.updated != told.updated,
		l.like.has(likeStatus) && word != toldWord,
		l.like.has(likeSum) && l.now.sum != told.sum:
		return Updated
	}
	return ""
}

func (l Like) has(bits Like) bool { return l&bits != 0 }

// learn compares both kinds of sights of a record that were had in the same poll.
func (state stateOf) learn(l Like, requested int64, list, single *view) Like {
	set := func(bit Like, yes bool) {
		if l &^= bit; yes {
			l |= bit
		}
	}
	switch {
	case list.updated != single.updated:
		set(likeUpdated, false)
		set(laterSingle, single.updated > list.updated)
	case list.updated != requested && list.updated != 0:
		set(likeUpdated, true) // where nothing has happened yet it says little
		set(laterSingle, false)
	}
	a, _ := state(list.status.Value())
	b, _ := state(single.status.Value())
	set(likeStatus, a == b)
	set(likeSum, list.sum == single.sum)
	return l | likeKnown
}
