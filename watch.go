package open311

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"time"

	"github.com/go-open311/open311/internal/feed"
)

// Watch polls again and again, with a tenth of every for jitter, until the context or the loop ends. The first poll
// waits for up to half a minute, or a twentieth of every if that is less, so that the feeds of a program do not poll in
// the same instant. It gives errors as Poll does, and goes on: after trouble the pauses double, up to an hour or to every if
// that is more, and last as long as the server asks for. When ctx ends it gives no error.
//
// It ends by itself after an error that waiting cannot mend: a [*ValidationError]; an error that matches
// [ErrForbidden]; a checkpoint that another program has written meanwhile; a server whose requests have new ids at every
// look.
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
		sleep(ctx, rand.N(min(every/20, firstPause)+1))
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
	return errors.As(err, &ve) || errors.Is(err, ErrForbidden) || errors.Is(err, feed.ErrNewIDs) || errors.Is(err, ErrCheckpoint) && !file
}

// firstPause is the longest pause before the first poll.
const firstPause = 30 * time.Second

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
	if ae, ok := errors.AsType[*APIError](err); ok {
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
