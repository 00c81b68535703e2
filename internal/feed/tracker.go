package feed

import (
	"iter"
	"sync"
	"time"
)

const (
	// stockDepth is how far back the first poll looks for records that may change later.
	stockDepth = 90 * 24 * time.Hour
	// zoneSlack is by how much two readings of the same date can differ on account of time zones.
	zoneSlack = 26 * time.Hour
	// closedFor is how long a closed record is remembered at least.
	closedFor = 7 * 24 * time.Hour
	// namelessFor is how long one without id is remembered: it can be asked for by nothing.
	namelessFor = 30 * 24 * time.Hour
	// auditDepth is how much is compared at least to find out whether the list of updates works, and how long
	// a gap is asked for again.
	auditDepth = 72 * time.Hour
	// defaultAudit is how often that is done where nothing is followed by id.
	defaultAudit = 24 * time.Hour
)

// Config says what a feed is about.
type Config struct {
	Scope      string    // kept in the Head
	Since      time.Time // where a new feed begins; zero: at its first poll
	IDs        []string  // look at these in every poll, and at no lists
	Start, End time.Time // the lists are of what was requested between these; zero: no bound

	Overlap time.Duration // how much later than its own date something may turn up in a list
	Follow  time.Duration // how often a record that the lists do not bring is asked for; not above 0: never

	Room int64 // how many bytes the records of the changes of one poll may take; 0: it does not matter

	IDsPerCall int  // how many records Lists.ByID may be asked for; 1: it is of no use
	ByUpdate   bool // the server may know the list of updates

	// State returns what a status is compared by, and whether it means that nothing more is to be done.
	State func(status string) (word string, closed bool)
}

// Tracker is a feed: what is known, and how to learn more. One poll at a time may run; Snapshot may be called
// at any time.
type Tracker struct {
	cfg   Config
	state stateOf
	lists Lists

	mu    sync.Mutex // guards the store against Snapshot; only the poll in hand changes it
	store store
}

// New returns a feed that goes on from a snapshot of the same scope, or begins if that is zero.
func New(cfg Config, lists Lists, from Snapshot) (*Tracker, error) {
	st := newStore(Head{Scope: cfg.Scope, Since: cfg.Since}, 0)
	var err error
	if !from.IsZero() {
		st, err = restore(from)
	}
	return &Tracker{cfg: cfg, state: cfg.State, lists: lists, store: st}, err
}

// Know takes in what was listed before, completely, in place of the stock of a feed that begins.
func (t *Tracker) Know(known iter.Seq[Sighting]) {
	now := time.Now()
	var oldest, requested, updated int64
	for s := range known {
		if !s.Inside {
			continue
		}
		e := newEntry(&s, flags(0).with(flagClosed, t.closed(s.Status)), now)
		if t.put(&e, ""); e.requested == 0 {
			continue
		}
		if oldest == 0 || e.requested < oldest {
			oldest = e.requested
		}
		requested, updated = max(requested, e.requested), max(updated, e.latest())
	}
	if len(t.store.known) == 0 {
		return
	}
	limit := now.Truncate(time.Second).UTC()
	t.advance(Head{Scope: t.cfg.Scope, Since: t.cfg.Since, Stocked: true, Began: limit, Horizon: earlier(unixTime(oldest), limit),
		Requested: earlier(unixTime(requested), limit), Updated: earlier(unixTime(updated), limit)}, now.Add(365*24*time.Hour))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Snapshot returns what is known now. It covers the changes that were settled, and no others.
func (t *Tracker) Snapshot() Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.store.snapshot()
}

// put remembers e in place of what was known by the key old, if that is another one.
func (t *Tracker) put(e *entry, old string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old != "" && old != e.id {
		t.store.put(&entry{id: old, flags: flagDropped})
	}
	t.store.put(e)
}

func (t *Tracker) closed(status string) bool {
	_, closed := t.state(status)
	return closed
}

// advance moves the feed forward, and drops closed records that no list can bring any more, unless something happens to
// them, and that were closed long before now.
func (t *Tracker) advance(head Head, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := func(at time.Time) int64 { return UnixSeconds(at.Add(-t.back(true) - zoneSlack)) }
	requested, updated := old(head.Requested), old(head.Updated)
	changed := minutes(now.Add(-max(closedFor, 2*t.cfg.Overlap+2*24*time.Hour)))
	unnamed, unseen := minutes(now.Add(-namelessFor)), minutes(now.Add(-2*t.follow()))
	for e := range t.store.all() {
		done := e.changed < changed && e.flags.has(flagClosed) || e.changed < unnamed && nameless(e.id)
		if e.absent > changed || e.seen < unseen && e.changed >= unnamed {
			done = false // it is to be said first that it is gone, or to be seen what has become of it
		}
		if !done || len(t.cfg.IDs) > 0 || e.requested >= requested || max(e.views[byList].updated, e.views[bySingle].updated) >= updated {
			continue
		}
		if !nameless(e.id) {
			head.Forgot = later(head.Forgot, unixTime(e.requested))
		}
		t.store.put(&entry{id: e.id, flags: flagDropped})
	}
	t.store.compact()
	t.store.head = head
}

// follow returns the time after which a record is asked for by its id.
func (t *Tracker) follow() time.Duration { return max(t.cfg.Follow, 0) }

// back returns how far behind what is known a list begins: by the overlap, and in an audit at least by as
// much as a quiet city needs to have something to show.
func (t *Tracker) back(audit bool) time.Duration {
	if audit {
		return max(t.cfg.Overlap, auditDepth)
	}
	return t.cfg.Overlap
}

func (t *Tracker) auditEvery() time.Duration {
	if d := t.follow(); d > 0 {
		return d
	}
	return defaultAudit
}
