package jobs

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/go-open311/open311"
)

// A backfill is cut by what is in it: a city's history is divided into spans of equal length, a week from the middle of each
// is looked at in one call, and spans become shards of about as many rows each.
const (
	mostSpans = 16
	spanOf    = 30 * 24 * time.Hour // the shortest span worth a call
	sample    = 7 * 24 * time.Hour
)

// span is a part of a city's history, and how many rows it is taken to have; below 0 if that is not known.
type span struct {
	open311.Query
	rows float64
}

// all is a backfill in one shard, which cannot be cut.
var all = []open311.Query{{}}

// plan cuts the history of a city into shards of about so many rows. whole reports that it cannot be cut. Where a part of
// it cannot be looked at the plan fails if again says that there is another try.
func plan(ctx context.Context, c *open311.Client, rows int, again bool) (shards []open311.Query, whole bool, err error) {
	now := time.Now().Truncate(time.Second)
	oldest, err := c.Requests.Oldest(ctx, nil)
	switch {
	case errors.Is(err, open311.ErrTruncated) && !again, errors.Is(err, open311.ErrUnproven) && !errors.Is(err, open311.ErrTruncated):
		return all, true, nil // where it begins cannot be told: the listing itself will say what is missing
	case err != nil:
		return nil, false, err
	case oldest.IsZero() || now.Before(oldest):
		return all, true, nil // it is empty, or its requests bear no date to go by
	}
	q := open311.Query{Start: oldest, End: now}
	parts := q.Shards(min(mostSpans, 1+int(now.Sub(oldest)/spanOf)))
	spans := make([]span, len(parts))
	for i, part := range parts {
		n, dated, err := count(ctx, c, part)
		switch {
		case !dated:
			return all, true, nil // dates are ignored: each shard would read all there is
		case ctx.Err() != nil || errors.Is(err, open311.ErrRateLimited):
			return nil, false, err
		}
		spans[i] = span{part, n}
	}
	return cut(spans, rows), false, nil
}

// count estimates how many rows a query has, by one call. It is below 0 if the server does not want to tell: it refuses
// such a call, say. dated reports whether the server keeps to the dates.
func count(ctx context.Context, c *open311.Client, q open311.Query) (rows float64, dated bool, err error) {
	length := q.End.Sub(q.Start)
	look := q
	if length > sample {
		look.Start = q.Start.Add((length - sample) / 2).Truncate(time.Second)
		look.End = look.Start.Add(sample)
	}
	page, err := c.Requests.List(ctx, &look)
	if errors.Is(err, open311.ErrNotFound) {
		return 0, true, nil
	}
	if err != nil {
		return -1, true, err
	}
	const off = 26 * time.Hour // what a server's zone and its idea of a day can make of a date
	n, outside := 0, 0
	first, last := look.End, look.Start
	for i := range page.Requests {
		at := page.Requests[i].RequestedDatetime
		switch {
		case at.IsZero():
			continue
		case at.Before(look.Start.Add(-off)) || at.After(look.End.Add(off)):
			outside++
		}
		n++
		first, last = earlier(first, at), later(last, at)
	}
	if n > 0 && outside == n {
		return -1, false, nil
	}
	// An answer that is cut has the newest rows, or the oldest: they show how dense rows are as long as they last.
	seen := look.End.Sub(look.Start)
	if shown := last.Sub(first); n > 1 && shown < seen {
		if edge := min(look.End.Sub(last), first.Sub(look.Start)); edge >= 0 && shown < seen/2 && n >= 20 {
			seen = max(shown, time.Second)
		}
	}
	total := float64(max(n, page.Total))
	if page.Total > n {
		seen = look.End.Sub(look.Start)
	}
	return total * float64(length) / float64(max(seen, time.Second)), true, nil
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

// cut makes shards of spans: a dense one becomes several, thin neighbours one.
func cut(spans []span, rows int) (shards []open311.Query) {
	var open *span
	flush := func() {
		if open != nil {
			shards = append(shards, open.Query)
		}
		open = nil
	}
	for _, s := range spans {
		if s.rows < 0 {
			s.rows = float64(rows) // it is cut when it turns out to be too large
		}
		if s.rows > float64(rows) {
			flush()
			shards = append(shards, s.Shards(int(math.Ceil(s.rows/float64(rows))))...)
			continue
		}
		if open != nil && open.rows+s.rows > float64(rows) {
			flush()
		}
		if open == nil {
			open = &s
			continue
		}
		open.End, open.rows = s.End, open.rows+s.rows
	}
	flush()
	return shards
}
