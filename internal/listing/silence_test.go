package listing

import (
	"maps"
	"testing"
)

// TestUncontrolled says of which empty answers there is no other evidence: rows of 50 and 40 days are known.
func TestUncontrolled(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*walk)
		meant  span
		want   bool
	}{
		"a gap between rows":       {nil, span{41 * day, 49 * day}, true},
		"a row is known in it":     {nil, span{39 * day, 41 * day}, false},
		"a longer one was silent":  {func(w *walk) { w.silent = []silence{{span: span{30 * day, 49 * day}}} }, span{41 * day, 49 * day}, false},
		"it was silent itself":     {func(w *walk) { w.silent = []silence{{span: span{41 * day, 49 * day}}} }, span{41 * day, 49 * day}, true},
		"a part of it was silent":  {func(w *walk) { w.silent = []silence{{span: span{42 * day, 48 * day}}} }, span{41 * day, 49 * day}, true},
		"below all that is known":  {nil, span{10 * day, 39 * day}, true},
		"nothing was there before": {func(w *walk) { w.belief.Quiet = &Quiet{Before: stamp(39 * day)} }, span{10 * day, 39 * day}, false},
		"older ones have come":     {func(w *walk) { w.belief.Quiet, w.shown.oldest = &Quiet{Before: stamp(39 * day)}, 38*day }, span{10 * day, 39 * day}, true},
		"there may have been some": {func(w *walk) { w.belief.Quiet = &Quiet{Before: stamp(38 * day)} }, span{10 * day, 39 * day}, true},
		"nothing is known":         {func(w *walk) { w.known = known{} }, span{10 * day, 39 * day}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := &walk{session: &session{shown: newShown(0, 0)}}
			w.known.add(at(50*day, 40*day))
			if test.change != nil {
				test.change(w)
			}
			if got := w.uncontrolled(test.meant); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// TestDoubt looks at silence again: by a longer span where that may be asked for, else by the same call, at most twice.
func TestDoubt(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*walk)
		longer bool
	}{
		"a longer span":  {nil, true},
		"spans are cut":  {func(w *walk) { w.belief.Reach = &Reach{Limit: safeSpan} }, false},
		"told of a span": {func(w *walk) { w.told.Span = 1 << 50 }, false},
		"calls fail":     {func(w *walk) { w.win.failed = 1 }, false},
		"it is all":      {func(w *walk) { w.cov.goal.lo = 0 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := maps.Clone(pairs()[0])
			c["rows"] = "0"
			town := newTown(c, 1)
			l := New(town, Query{}, Traits{}, &Beliefs{}).session(t.Context(), (*walk).run)
			w, meant := l.newWalk(facet{}), span{0, 20 * day}
			w.cov.goal = span{-50 * day, 20 * day}
			if test.change != nil {
				test.change(w)
			}
			sent := w.bounds.widen(meant)
			a, err := w.ask(w.slice(sent), sent, meant, true)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if a, err = w.doubt(a, sent, meant, true); err != nil || a.err != nil {
					t.Fatal(err, a)
				}
			}
			if town.calls != 2 {
				t.Errorf("%d calls, want 2", town.calls)
			}
			if again := town.asked[a.slice.key()]; (again == 1) != test.longer {
				t.Errorf("the same call was made %d times", again)
			}
			if longer := len(w.silent) > 0; longer != test.longer {
				t.Errorf("%v is silent", w.silent)
			}
		})
	}
}
