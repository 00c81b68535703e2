package mirror

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/go-open311/open311"
)

// maxFailures is how many windows in a row may fail altogether before the rest is left alone.
const maxFailures = 3

// fetchAll fetches the windows that are not done.
func (m *mirror) fetchAll(ctx context.Context) error {
	if err := os.MkdirAll(m.path(partsName), 0o777); err != nil {
		return err
	}
	todo := m.state.todo()
	m.print.begin(len(m.state.Windows), len(todo))
	defer m.print.end()
	failures := 0
	for i, w := range todo {
		err := m.fetch(ctx, w)
		switch _, failed := errors.AsType[*failure](err); {
		case failed:
			m.print.note("%s: %v", span(w), err)
			failures++
		case err != nil:
			return err
		default:
			failures = 0
		}
		if failures == maxFailures && i+1 < len(todo) {
			m.print.note("%d windows in a row have failed; those left for another run: %d", failures, len(todo)-i-1)
			return nil
		}
		m.print.window()
	}
	return nil
}

// failure is an error that leaves a window without anything; it is noted in the state already.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }

// fetch fetches one window and notes what came of it. If nothing can be had, and never could, nothing is
// noted: it is more likely the address than the window.
func (m *mirror) fetch(ctx context.Context, w *window) error {
	f, err := createPart(m.partPath(w))
	if err != nil {
		return err
	}
	defer f.Discard()
	n, missing, err := m.list(ctx, w, f)
	if err != nil {
		return err
	}
	got := window{Start: w.Start, End: w.End, Records: n}
	cut, isCut := errors.AsType[*open311.TruncatedError](missing)
	switch {
	case isCut:
		m.print.note("%s: %v", span(w), cut)
		for _, g := range cut.Gaps {
			got.Gaps = append(got.Gaps, gapOf(g, w))
		}
	case missing != nil && m.state.fresh():
		return missing
	case missing != nil:
		got.Gaps = []Gap{{Start: w.Start, End: w.End, Why: clip(missing.Error())}}
	}
	// Of two attempts that both leave gaps, the one that has brought more stays.
	if len(got.Gaps) == 0 || w.Fetched.IsZero() || got.Records >= w.Records {
		if got.Bytes, err = f.commit(); err != nil {
			return err
		}
		got.Fetched = time.Now().UTC().Truncate(time.Second)
		*w = got
		if err := m.save(); err != nil {
			return err
		}
	}
	if missing != nil && !isCut {
		return &failure{missing}
	}
	return nil
}

// list writes the requests of a window. missing says that, and why, there are more.
func (m *mirror) list(ctx context.Context, w *window, to *partWriter) (n int, missing, err error) {
	for r, err := range m.Client.Requests.All(ctx, m.state.query(w.Start, w.End)) {
		if err != nil {
			missing = err
			break
		}
		if err := to.add(r); err != nil {
			return n, nil, err
		}
		n++
		m.print.record()
		step()
	}
	return n, missing, ctx.Err() // whatever the listing says: it may have been cut off
}

// gapOf turns what a listing could not get into a gap of the page.
func gapOf(g open311.Gap, w *window) Gap {
	out := Gap{Start: g.Start, End: g.End, Why: "unknown"}
	if out.Start.IsZero() || out.Start.Before(w.Start) {
		out.Start = w.Start
	}
	if out.End.IsZero() || out.End.After(w.End) {
		out.End = w.End
	}
	if g.Err != nil {
		out.Why = clip(g.Err.Error())
	}
	return out
}

// clip keeps what a server says from filling the page.
func clip(s string) string {
	if r := []rune(s); len(r) > 400 {
		return string(r[:399]) + "…"
	}
	return s
}

func span(w *window) string {
	return w.Start.Format(time.RFC3339) + " to " + w.End.Format(time.RFC3339)
}
