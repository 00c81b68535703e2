package listing

import (
	"context"
	"errors"
	"time"
)

// maxIdleCalls is after how many calls in a row without anything new a listing gives up, whatever the
// server says. A listing that looks for older requests makes a few dozen of them at the most.
const maxIdleCalls = 1000

// The errors with which the engine itself ends a listing, or a part of it.
var (
	ErrStop = errors.New("stopped")   // the caller has had enough
	ErrGap  = errors.New("gap noted") // the rest of a span has been noted as a gap
	errIdle = errors.New("many calls in a row have brought nothing new")
)

// Lister is one listing in progress.
type Lister struct {
	// Turn is called after each call with what it has brought and how its answer ended; false: the caller has
	// had enough. It may be nil.
	Turn func(res *Response, err error) bool
	// IsLast reports whether nothing is to be asked for behind an answer that has rows. It may be nil.
	IsLast func(*Response) bool
	Gaps   []Gap // what could not be had
	Most   int   // the most rows that one call has brought

	ctx      context.Context
	source   Source
	traits   Traits
	detected *Detected
	prefetch *prefetcher // reads pages before their turn; nil if that was not asked for

	seen          seenSet
	pageKeys      answerSet // what the answer in hand has given
	began         time.Time // when the listing began
	newestAtStart time.Time // what is newer has arrived since the span in hand was begun
	firstKey      uint64    // the key of the row that the span in hand began with; 0 before its first answer
	calls         int       // how many calls have succeeded
	idle          int       // how many of them in a row have brought nothing new
	often         int       // how many answers had as many rows as Most
	good          *Slice    // the last one that has worked
	failures      int       // windows that the server has failed for since it answered for one
}

// New returns a listing by the calls of a source. What it finds out about the server it adds to d.
func New(ctx context.Context, source Source, traits Traits, d *Detected) *Lister {
	l := &Lister{ctx: ctx, source: source, traits: traits, detected: d, began: time.Now()}
	if traits.Concurrency > 1 {
		l.prefetch = newPrefetcher(l, traits.Concurrency)
	}
	return l
}

// Stop ends all calls that are made ahead, and waits until they have ended.
func (l *Lister) Stop() { l.prefetch.stop() }

// Forget drops what was read ahead: the source asks for something else from now on.
func (l *Lister) Forget() { l.prefetch.forget() }

// Calls returns how many calls have succeeded.
func (l *Lister) Calls() int { return l.calls }

// NoteCall counts a call that the caller has made beside the listing.
func (l *Lister) NoteCall() { l.calls++ }

// Seen returns how many different rows have come.
func (l *Lister) Seen() int { return l.seen.count }

// NoteGap notes that something could not be had. An error after which asking on makes no sense is
// returned: the rest is a gap too, and the caller ends the listing.
func (l *Lister) NoteGap(err error, start, end time.Time, slice string) error {
	if err == ErrStop || l.ctx.Err() != nil {
		return err
	}
	l.Gaps = append(l.Gaps, Gap{Start: start, End: end, Slice: slice, Err: err})
	return nil
}

// pageGap notes a page that could not be had, when the listing cannot go on from there.
func (l *Lister) pageGap(s *Slice, err error) error {
	if fatal := l.NoteGap(err, s.Start, s.End, l.source.Describe(*s)); fatal != nil {
		return fatal
	}
	return ErrGap
}

// is reports whether an error means f.
func (l *Lister) is(err error, f Fault) bool { return err != nil && l.source.Fault(err)&f != 0 }
