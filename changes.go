package open311

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
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
	if c.Kind == Gone {
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
	// set, and saved whenever the loop body for a change has finished, and after each poll. For a file that
	// is all of it each time, brought to the disk: about 2 ms where 1,000 requests are remembered and 10 ms
	// where it is 50,000 (BenchmarkFileCheckpoint).
	Store CheckpointStore

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
}

// Feed returns a feed of what changes among the requests of a query: which are new, updated, closed,
// reopened or gone. It makes no call.
//
// Where the server honours updated_after that is what it is asked for; whether it does is found out and
// checked once in each FeedOptions.Follow. Elsewhere the requests of the time since the newest known one,
// and of an overlap before, are read again and compared. In both cases known requests that do not turn up
// there are asked for by id, fifty a call, so that a report which is closed after months is still seen.
//
// The error is a *[ValidationError] for options that make no sense, and matches [ErrCheckpoint] for a
// checkpoint that is broken or belongs to another feed.
func (r *RequestClient) Feed(opts FeedOptions) (*Feed, error) {
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
		ByUpdate: r.c.sends("updated_after"), State: stateWord}
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
		return nil, fmt.Errorf("%w: broken: %v", ErrCheckpoint, err)
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
	return Checkpoint{f.tracker.Snapshot()}
}

var errBusy = errors.New("open311: a loop is running over this feed already")

// Poll looks once for changes and gives them in the order of their dates; each request has one at most.
// What could not be had is the last pair, nil and an error: that of the call that failed, or a
// *[TruncatedError]. The next poll then asks for it again. So it is with changes whose loop body has not
// finished.
//
// All calls are made before the first change is given. On a quiet city, which has changed nothing for the
// time of the overlap or little enough for one answer, that is one call. There are more for long answers, as
// [RequestClient.All] makes them; once in each FeedOptions.Follow two or three, to find out whether
// updated_after works; and one for fifty requests that are due to be asked for by id, or one for each where
// the server takes no lists of ids. The first poll reads the last 90 days.
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

// Watch polls again and again, with a tenth of every for jitter, until the context or the loop ends. It
// gives errors as Poll does, and goes on: after trouble the pauses double, up to an hour or to every if
// that is more, and last as long as the server asks for. It ends after an error that waiting cannot mend: a
// *[ValidationError], one that matches [ErrForbidden], or a checkpoint that another program has written
// meanwhile. When ctx ends it gives no error.
func (f *Feed) Watch(ctx context.Context, every time.Duration, opts ...CallOption) iter.Seq2[*Change, error] {
	return func(yield func(*Change, error) bool) {
		if every <= 0 {
			yield(nil, &ValidationError{[]Problem{{Field: "every", Detail: "must be above 0", Kind: ProblemValue}}})
			return
		}
		done, err := f.begin(opts)
		if err != nil {
			yield(nil, err)
			return
		}
		defer done()
		for failures := 0; ctx.Err() == nil; {
			more, err := f.poll(ctx, yield)
			switch {
			case !more || ctx.Err() != nil:
				return
			case err != nil && (!yield(nil, err) || final(err)):
				return
			case err != nil:
				failures++
			default:
				failures = 0
			}
			sleep(ctx, pause(every, failures, err))
		}
	}
}

// final reports whether asking again later is of no use.
func final(err error) bool {
	var ve *ValidationError
	var pe *fs.PathError
	var le *os.LinkError
	file := errors.As(err, &pe) || errors.As(err, &le) // it may be writable later
	return errors.As(err, &ve) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrCheckpoint) && !file
}

// maxPause is the longest pause after trouble, unless polls are further apart anyway.
const maxPause = time.Hour

// pause returns how long to wait before the next poll.
func pause(every time.Duration, failures int, err error) time.Duration {
	d, longest := every, max(every, maxPause)
	for range failures {
		if d > longest/2 {
			d = longest
			break
		}
		d *= 2
	}
	d = min(d, math.MaxInt64/2)
	d += time.Duration((rand.Float64() - 0.5) / 5 * float64(d))
	var ae *APIError
	if errors.As(err, &ae) {
		d = max(d, ae.RetryAfter)
	}
	return d
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// poll makes one pass. It reports whether the loop goes on, and if so what could not be had.
func (f *Feed) poll(ctx context.Context, yield func(*Change, error) bool) (more bool, err error) {
	pass, err := f.tracker.Poll(ctx)
	var gaps *feed.GapError
	if errors.As(err, &gaps) {
		err = &TruncatedError{f.lists.gaps(gaps.Gaps)}
	}
	if ctx.Err() != nil {
		return true, cmp.Or(err, ctx.Err())
	}
	for _, found := range pass.Changes() {
		if more, err := f.deliver(ctx, pass, found, yield); !more || err != nil {
			return more, err
		}
	}
	if err == nil || gaps != nil {
		pass.Commit()
	}
	return true, cmp.Or(f.save(), err)
}

// deliver gives a change if it is wanted, and remembers it once the loop body has finished.
func (f *Feed) deliver(ctx context.Context, pass *feed.Pass, found *feed.Change, yield func(*Change, error) bool) (more bool, err error) {
	if found.Quiet {
		pass.Settle(found)
		return true, nil
	}
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
	return true, f.save()
}

func (f *Feed) save() error {
	if f.file == nil {
		return nil
	}
	return f.file.Save(f.Checkpoint())
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
