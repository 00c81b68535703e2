package open311

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-open311/open311/internal/feed"
)

// ChangeKind says what has happened to a service request.
type ChangeKind string

// The kinds of changes. Closed and Reopened are told by the word for the state: closed, or one of those
// that servers have for it, such as fixed, resolved, duplicate or no_further_action.
const (
	Created  ChangeKind = "created"  // it was not there before; its Status may be closed already
	Updated  ChangeKind = "updated"  // something else about it has changed
	Closed   ChangeKind = "closed"   // it was not closed, and now is
	Reopened ChangeKind = "reopened" // it was closed, and now is not
	Gone     ChangeKind = "gone"     // the server does not have it any more
)

// Change is something that has happened to a service request since it was last looked at. Several changes
// between two polls are one: what counts is what was there before and what is there now.
type Change struct {
	Kind ChangeKind
	// Request is the request as it is now. Of one that is Gone there is what the feed remembers: ID, Status
	// and the two datetimes.
	Request *ServiceRequest
	// Previous is the state before; "" if there was none, or if it is not known.
	Previous Status
}

// At returns when the change happened: requested_datetime of a new request, else updated_datetime. It is
// zero if the server does not say, and for Gone.
func (c *Change) At() time.Time {
	if c == nil || c.Kind == Gone || c.Request == nil {
		return time.Time{}
	}
	return feed.When(feed.Kind(c.Kind), c.Request.RequestedDatetime, c.Request.UpdatedDatetime)
}

// FeedOptions says what a [Feed] is about and where it begins. The zero value follows everything from now
// on.
type FeedOptions struct {
	// Query says which requests to follow; nil means all. Page, UpdatedAfter and UpdatedBefore must not be
	// set. With IDs, just these are looked at, in every poll. With Statuses, a change counts if the state
	// before or after it is one of them. Areas are checked on this side unless the dialect says that the
	// server knows them; a request without a place lies in no area. A request that was once followed is
	// followed on, even if its service or its place changes.
	Query *Query

	// Checkpoint is where to go on; the zero Checkpoint begins anew. It must come from a feed of the same
	// endpoint and query.
	Checkpoint Checkpoint
	// Store, if it is set, is where the checkpoint is kept: it is loaded from there unless Checkpoint is
	// set, and saved whenever the loop body for a change has finished, and after a poll that has found out
	// anything else that has to be remembered. A file is added to, and brought to the disk each time: that takes as
	// long as the disk does, however much is remembered.
	Store CheckpointStore

	// Known, if it is set, are the requests that a listing has brought that was complete: a feed without a
	// checkpoint begins with them, and does not take stock. The first poll gives what has changed since.
	Known iter.Seq[*ServiceRequest]

	// Since says where to begin without a checkpoint: changes from then on are given, as far as the server
	// tells when they were. Zero means from now on: the first poll only takes stock and gives nothing.
	Since time.Time

	// Overlap is how much later than its own date a request or an update may turn up in the server's lists,
	// and how far its clocks may be wrong; 24 hours if it is 0. Each poll looks back that far, beyond the
	// newest date that it has seen.
	Overlap time.Duration
	// Follow is how often a request that the lists do not bring is asked for by its id; 24 hours if it is
	// 0, never if it is negative.
	Follow time.Duration

	// Kinds are the kinds of changes to give; nil means all.
	Kinds []ChangeKind
	// Match, if it is set, says whether to give a change. Whatever it says, the change is not given later.
	Match func(*Change) bool
}

const (
	defaultOverlap = 24 * time.Hour
	defaultFollow  = 24 * time.Hour
)

// Feed tells what changes in a city; see [RequestClient.Feed]. One loop at a time may run over it;
// [Feed.Checkpoint] may be called at any time.
type Feed struct {
	opts    FeedOptions
	lists   *feedLists
	tracker *feed.Tracker
	file    CheckpointStore
	running sync.Mutex // held while a loop runs
	saved   feed.Snapshot
	unsaved []*Change // told since then
	last    atomic.Pointer[PollReport]
}

// Feed returns a feed of what changes among the requests of a query: which are new, updated, closed,
// reopened or gone. It makes no call.
//
// Where the server honours updated_after that is what it is asked for; whether it does is found out and
// checked once in each [FeedOptions.Follow]. Elsewhere the requests of the time since the newest known one,
// and of an overlap before, are read again and compared. In both cases known requests that do not turn up
// there are asked for by id, fifty a call, or listed again where that takes fewer calls, so that a report which is
// closed after months is still seen.
//
// A feed that begins takes stock first: from [Query.Start] on where that is set; else of the last 90 days, and of all
// open requests, however old, where the server lists those alone. What was closed is remembered for a week.
//
// Many servers show a request differently in a list and in an answer of its own. So lists are compared with lists, and
// single answers with single answers. A request is [Gone] after two looks, an hour apart, that found others and not it:
// at the latest one poll after twice [FeedOptions.Follow]. Where nothing else is there to be found, it takes longer.
//
// Some changes no client can see:
//
//   - those of a request without an id once lists do not show it, or of any request once lists do not show it where
//     the server never answers to ids;
//   - those of a request that has been closed for longer than the feed remembers it;
//   - a request that was filed and closed between two polls, at a server that does not give closed ones.
//
// The error is a [*ValidationError] for options that make no sense, and matches [ErrCheckpoint] for a
// checkpoint that is broken or belongs to another feed.
func (r *RequestClient) Feed(opts FeedOptions) (*Feed, error) {
	if r.conn() == nil {
		return nil, errNoClient
	}
	if opts.Query == nil {
		opts.Query = &Query{}
	}
	own := opts.Query.clone()
	opts.Query = &own
	if problems := opts.problems(); len(problems) > 0 {
		return nil, &ValidationError{problems}
	}
	cfg := feed.Config{Scope: scopeOf(r.c, &own), Since: opts.Since, IDs: own.IDs, Start: own.Start, End: own.End,
		Overlap: cmp.Or(opts.Overlap, defaultOverlap), Follow: cmp.Or(opts.Follow, defaultFollow),
		ByUpdate: r.c.sends("updated_after"), State: stateWord, Room: r.c.cfg.maxResponse}
	f := &Feed{opts: opts, file: opts.Store, lists: newFeedLists(r.c, &own)}
	cfg.IDsPerCall = f.lists.idsPerCall()
	cp := opts.Checkpoint
	if cp.IsZero() && f.file != nil {
		var err error
		if cp, err = f.file.Load(); err != nil {
			return nil, err
		}
	}
	if !cp.IsZero() && cp.state.Head.Scope != cfg.Scope {
		return nil, fmt.Errorf("%w: it belongs to another endpoint, jurisdiction or query", ErrCheckpoint)
	}
	var err error
	if f.tracker, err = feed.New(cfg, f.lists, cp.state); err != nil {
		return nil, fmt.Errorf("%w: broken: %w", ErrCheckpoint, err)
	}
	if f.saved = cp.state; cp.IsZero() && opts.Known != nil {
		f.tracker.Know(func(yield func(feed.Sighting) bool) {
			for r := range opts.Known {
				if !yield(f.lists.sighting(r)) {
					return
				}
			}
		})
	}
	return f, nil
}

func (o *FeedOptions) problems() []Problem {
	q := o.Query
	out := q.problems()
	bad := func(cond bool, field, detail string) {
		if cond {
			out = append(out, Problem{Field: field, Detail: detail, Kind: ProblemValue})
		}
	}
	bad(q.Page != 0, "Query.Page", "a feed reads all pages")
	bad(!q.UpdatedAfter.IsZero() || !q.UpdatedBefore.IsZero(), "Query.UpdatedAfter", "a feed sets these bounds itself; see Since")
	bad(o.Overlap < 0, "Overlap", "a negative time")
	for _, k := range o.Kinds {
		bad(!slices.Contains([]ChangeKind{Created, Updated, Closed, Reopened, Gone}, k), "Kinds", fmt.Sprintf("there is no kind %q", k))
	}
	return out
}

// Checkpoint returns how far the feed has come: it covers the changes whose loop body has finished, and no
// others. Within a loop body that is all but the change in hand; a body that is left by break, return or
// panic has not finished.
func (f *Feed) Checkpoint() Checkpoint {
	if f == nil || f.tracker == nil {
		return Checkpoint{}
	}
	return Checkpoint{f.tracker.Snapshot()}
}

// Since returns what c knows more than before, an earlier checkpoint of the same feed: a line of JSON to be stored behind
// it, from which [Checkpoint.Add] makes c again; nil for nothing. Storing a change then costs as much for many requests as
// for few, as in a [CheckpointFile]. ok is false where c has to be stored as a whole: behind the zero Checkpoint, and now and
// then, when there are so many changes that they would take more room.
func (c Checkpoint) Since(before Checkpoint) (line []byte, ok bool) {
	changes, ok := c.state.Since(before.state)
	if !ok || before.IsZero() || before.state.Old {
		return nil, false
	}
	if c.state.Same(before.state) {
		return nil, true
	}
	line, _, err := checkpointLineOf(c.state.Head, changes, follows(&before.state.Head, before.state.Logged()))
	return line, err == nil
}

// Add returns c with what [Checkpoint.Since] has returned for the checkpoints behind it, in their order. The error
// matches [ErrCheckpoint] if a line is broken, or does not go on from the one before.
func (c Checkpoint) Add(lines ...[]byte) (Checkpoint, error) {
	head, logged := c.state.Head, c.state.Logged()
	var all []byte
	for i, text := range lines {
		line, changes, err := readCheckpointLine(text, follows(&head, logged+len(all)))
		if err == nil && c.IsZero() {
			err = errors.New("it stands behind nothing")
		}
		if err != nil {
			return c, fmt.Errorf("%w: broken: line %d: %w", ErrCheckpoint, i+1, err)
		}
		head, all = line.Head, append(all, changes...)
	}
	if len(lines) == 0 {
		return c, nil
	}
	state, err := c.state.Append(head, all)
	if err != nil {
		return c, fmt.Errorf("%w: broken: %w", ErrCheckpoint, err)
	}
	return Checkpoint{state}, nil
}

// follows is what the checksum of a line goes on from that stands behind a checkpoint with such a head and so long a log.
func follows(h *feed.Head, logged int) uint32 { return headSum(uint32(logged), h) }

var (
	errBusy   = errors.New("open311: a loop is running over this feed already")
	errNoFeed = errors.New("open311: this feed was not made by RequestClient.Feed")
)

// PollReport says what a poll of a feed did.
type PollReport struct {
	Began, Ended time.Time
	// Lists are the kinds of lists that it asked for, in that order: "probe", "requested", "open", "closed", "updated",
	// "ids", "again".
	Lists     []string
	Calls     int       // calls for lists, and for requests by their ids
	Rows      int       // requests that they have brought
	Asked     int       // requests that were asked for by their ids
	Changes   int       // changes that were found, wanted or not
	Known     int       // requests that are remembered
	Audit     bool      // what is believed of the server was put to the test
	NextAudit time.Time // when that is due again
	ProvenTo  time.Time // the newest time of request or update up to which lists were complete; zero: none
	Unproven  bool      // a list may be cut: the server shows no way to see more, and nothing shows that there is more
	Err       error     // what the poll ended with
}

// Last returns what the last poll did, the zero PollReport before the first. It may be called at any time: an [Observer] has
// it when the operation "poll requests" ends.
func (f *Feed) Last() PollReport {
	if r := orZero(f).last.Load(); r != nil {
		return *r
	}
	return PollReport{}
}

// Poll looks once for changes and gives them in the order of their dates; each request has one at most.
// What could not be had is the last pair, nil and an error: that of the call that failed, or a
// [*TruncatedError]. The next poll then asks for it again. So it is with changes whose loop body has not
// finished.
//
// All calls are made before the first change is given. On a quiet city, where the changes within the overlap fit into
// one answer, a poll is one call. More calls are made
//
//   - for longer answers, as [RequestClient.All] makes them;
//   - once in each [FeedOptions.Follow], some five, to test what the feed believes of the server;
//   - for requests that no list has shown for that long: one call for fifty of them, or for each one where the server
//     takes no lists of ids, or a listing that shows them, whichever is fewer.
//
// In a city of a thousand requests that is polled every half hour, that comes to 2.2 to 3.4 calls an hour. The first
// poll reads the last 90 days.
func (f *Feed) Poll(ctx context.Context, opts ...CallOption) iter.Seq2[*Change, error] {
	return func(yield func(*Change, error) bool) {
		done, err := f.begin(opts)
		if err != nil {
			yield(nil, err)
			return
		}
		defer done()
		if _, err := f.poll(ctx, yield); err != nil {
			yield(nil, err)
		}
	}
}

// begin begins a loop over the feed whose calls have the given options; done ends it.
func (f *Feed) begin(opts []CallOption) (done func(), err error) {
	if f == nil || f.tracker == nil {
		return nil, errNoFeed
	}
	if !f.running.TryLock() {
		return nil, errBusy
	}
	c := f.lists.c
	if f.lists.c, err = c.withOptions(opts); err != nil {
		f.lists.c = c
		f.running.Unlock()
		return nil, err
	}
	return func() {
		f.lists.c = c
		f.running.Unlock()
	}, nil
}

// poll makes one pass. It reports whether the loop goes on, and if so what could not be had.
func (f *Feed) poll(ctx context.Context, yield func(*Change, error) bool) (more bool, err error) {
	pass, err := f.look(ctx)
	var te *TruncatedError
	partly := errors.As(err, &te)
	if ctx.Err() != nil {
		return true, cmp.Or(err, ctx.Err())
	}
	for _, found := range pass.Changes() {
		if more, err := f.deliver(ctx, pass, found, yield); !more || err != nil {
			return more, err
		}
	}
	if err == nil || partly {
		pass.Commit()
	}
	return true, cmp.Or(f.save(ctx), err)
}

// look makes the calls of a poll, and says what came of them.
func (f *Feed) look(ctx context.Context) (*feed.Found, error) {
	c := f.lists.c
	ctx, seen := observe(ctx, c.cfg.observers, nil, c.hide, func() CallInfo {
		return CallInfo{Op: "poll requests", URL: c.hide.URLOf(c.endpoint)}
	})
	pass, err := f.tracker.Poll(ctx)
	var gaps *feed.GapError
	switch {
	case errors.As(err, &gaps):
		err = &TruncatedError{f.lists.gaps(gaps.Gaps)}
	case errors.Is(err, feed.ErrNewIDs) || errors.Is(err, feed.ErrFlood) || errors.Is(err, feed.ErrFull):
		err = fmt.Errorf("open311: %s: %w", c.hide.URLOf(c.endpoint), err)
	}
	r := PollReport(pass.Report)
	r.Err = err
	f.last.Store(&r)
	seen.end(CallResult{Err: err, Rows: r.Rows}) // observers can ask for Last by now
	return pass, err
}

// deliver gives a change if it is wanted, and remembers it once the loop body has finished.
func (f *Feed) deliver(ctx context.Context, pass *feed.Found, found *feed.Change, yield func(*Change, error) bool) (more bool, err error) {
	c := publicChange(found)
	if !f.wants(c) {
		pass.Settle(found)
		return true, nil
	}
	if err := ctx.Err(); err != nil {
		return true, err
	}
	if !yield(c, nil) {
		return false, nil
	}
	pass.Settle(found)
	return true, f.save(ctx, c)
}

// save stores the checkpoint, if it says more than the one that was stored last.
func (f *Feed) save(ctx context.Context, changes ...*Change) error {
	if f.file == nil {
		return nil
	}
	now := f.Checkpoint()
	if f.unsaved = append(f.unsaved, changes...); len(f.unsaved) == 0 && now.state.Same(f.saved) {
		return nil
	}
	var err error
	if s, ok := f.file.(changeStore); ok {
		err = s.SaveChanges(ctx, now, f.unsaved)
	} else {
		err = f.file.Save(now)
	}
	if err == nil {
		f.saved, f.unsaved = now.state, nil
	}
	return err
}

// publicChange returns a change as it is given to the caller.
func publicChange(found *feed.Change) *Change {
	c := &Change{Kind: ChangeKind(found.Kind), Previous: Status(found.Previous)}
	if found.Forgotten {
		c.Previous = StatusClosed
	}
	if g := found.Gone; g != nil {
		c.Request = &ServiceRequest{ID: g.Key, Status: Status(g.Status), RequestedDatetime: g.Requested, UpdatedDatetime: g.Updated}
	} else {
		c.Request = (*ServiceRequest)(found.Record.(*sighted))
	}
	return c
}

// wants reports whether the caller asks for a change.
func (f *Feed) wants(c *Change) bool {
	if len(f.opts.Kinds) > 0 && !slices.Contains(f.opts.Kinds, c.Kind) {
		return false
	}
	if q := f.opts.Query; len(q.Statuses) > 0 &&
		!slices.ContainsFunc(q.Statuses, c.Request.Status.Is) && !slices.ContainsFunc(q.Statuses, c.Previous.Is) {
		return false
	}
	return f.opts.Match == nil || f.opts.Match(c)
}
