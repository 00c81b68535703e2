package listing

import (
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen is the time of the tests' evidence.
var seen = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// all is a Belief of every kind.
func all() Belief {
	e := Evidence{seen, "it was seen"}
	return Belief{
		Paging: &Paging{e, Numbers, 1}, Caps: caps{{Evidence: e, Rows: 20, Different: 19, Cut: true}, {Evidence: e, Size: 500, Rows: 100, Different: 100}},
		Bounds: &Bounds{e, true, hour, day}, Reach: &Reach{e, 100 * day, 0}, Size: &Refusal{e}, Quiet: &Quiet{e, seen}, Statuses: &e,
	}
}

// TestBeliefsStore gives back what was stored last, whoever asks at the same time.
func TestBeliefsStore(t *testing.T) {
	var s Beliefs
	if !s.Load().IsZero() {
		t.Errorf("nothing was stored: %v", s.Load())
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { s.Store(all()); s.Load(); s.Recall(all()) })
	}
	wg.Wait()
	if diff := cmp.Diff(all(), s.Load()); diff != "" {
		t.Error(diff)
	}
	s.Store(Belief{})
	if !s.Load().IsZero() {
		t.Error("it is believed still")
	}
}

// TestBeliefIsZero sees each kind of belief.
func TestBeliefIsZero(t *testing.T) {
	for name, b := range map[string]Belief{
		"paging":   {Paging: &Paging{}},
		"caps":     {Caps: caps{}},
		"bounds":   {Bounds: &Bounds{}},
		"reach":    {Reach: &Reach{}},
		"size":     {Size: &Refusal{}},
		"quiet":    {Quiet: &Quiet{}},
		"statuses": {Statuses: &Evidence{}},
	} {
		t.Run(name, func(t *testing.T) {
			if b.IsZero() {
				t.Error("it is taken for nothing")
			}
		})
	}
}

// TestBeliefsJSON comes back from JSON as it was.
func TestBeliefsJSON(t *testing.T) {
	for name, want := range map[string]Belief{"nothing": {}, "all": all(), "paging": {Paging: all().Paging}} {
		t.Run(name, func(t *testing.T) {
			var before, after Beliefs
			before.Store(want)
			text, err := json.Marshal(&before)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &after); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, after.Load()); diff != "" {
				t.Errorf("%s\n%s", text, diff)
			}
		})
	}
}

// TestBeliefsBadJSON keeps what is believed.
func TestBeliefsBadJSON(t *testing.T) {
	var s Beliefs
	s.Store(all())
	if err := json.Unmarshal([]byte(`{"paging":7}`), &s); err == nil {
		t.Error("no error")
	}
	if diff := cmp.Diff(all(), s.Load()); diff != "" {
		t.Error(diff)
	}
}

// TestRecall takes what an earlier process knew, for each kind of which nothing is known now.
func TestRecall(t *testing.T) {
	newer := all()
	newer.Paging, newer.Caps = &Paging{Style: Offsets}, caps{{Rows: 7}}
	mixed := all()
	mixed.Paging = newer.Paging
	for name, test := range map[string]struct{ now, recalled, want Belief }{
		"nothing is known":  {Belief{}, all(), all()},
		"nothing is told":   {all(), Belief{}, all()},
		"all is known":      {newer, all(), newer},
		"the paging is":     {Belief{Paging: newer.Paging}, all(), mixed},
		"both know nothing": {Belief{}, Belief{}, Belief{}},
	} {
		t.Run(name, func(t *testing.T) {
			var s Beliefs
			s.Store(test.now)
			s.Recall(test.recalled)
			if diff := cmp.Diff(test.want, s.Load()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCapsNoted keeps the most rows of each size, and does not change caps that others have.
func TestCapsNoted(t *testing.T) {
	for name, test := range map[string]struct {
		size, rows, different int
		want, other           int // rows and different ones of that size
	}{
		"more":           {0, 30, 30, 30, 30},
		"fewer":          {0, 10, 10, 20, 19},
		"more different": {0, 20, 20, 20, 20},
		"fewer of them":  {0, 25, 10, 25, 19},
		"another size":   {100, 5, 5, 5, 5},
		"an empty one":   {100, 0, 0, minCap, minCap},
	} {
		t.Run(name, func(t *testing.T) {
			before := all().Caps
			after := before.noted(test.size, test.rows, test.different, seen)
			if c := after.of(test.size); c.Rows != test.want || c.Different != test.other {
				t.Errorf("%d rows, %d different, want %d, %d", c.Rows, c.Different, test.want, test.other)
			}
			if diff := cmp.Diff(all().Caps, before); diff != "" {
				t.Error("the old ones have changed", diff)
			}
		})
	}
}

// TestCapsWith says which lists are cut, by how many rows a listing has brought in all.
func TestCapsWith(t *testing.T) {
	for name, test := range map[string]struct {
		old, shown caps
		rows       int
		cut        bool
	}{
		"more rows than at once":         {nil, caps{{Rows: 20}}, 50, true},
		"all came at once":               {nil, caps{{Rows: 20}}, 20, false},
		"cut before":                     {caps{{Rows: 20, Cut: true}}, nil, 5, true},
		"fewer than at once before":      {caps{{Rows: 30}}, caps{{Rows: 20}}, 50, false},
		"nothing was shown of this size": {caps{{Rows: 20}}, caps{{Size: 9, Rows: 9}}, 50, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.old.with(test.shown, test.rows).of(0).Cut; got != test.cut {
				t.Errorf("cut: %t", got)
			}
		})
	}
}

// TestFar says how long a span may be for its answer to be taken for the whole.
func TestFar(t *testing.T) {
	for name, test := range map[string]struct {
		note       func(*Belief)
		far, limit int64
	}{
		"nothing is known":     {func(*Belief) {}, safeSpan, 0},
		"rows far apart":       {func(b *Belief) { b.noteFar(400*day, seen) }, 400 * day, 0},
		"rows close together":  {func(b *Belief) { b.noteFar(day, seen) }, safeSpan, 0},
		"the farthest counts":  {func(b *Belief) { b.noteFar(400*day, seen); b.noteFar(300*day, seen) }, 400 * day, 0},
		"a limit":              {func(b *Belief) { b.noteLimit(day, "", seen) }, day, day},
		"a limit ends the far": {func(b *Belief) { b.noteFar(400*day, seen); b.noteLimit(day, "", seen) }, day, day},
		"rows beyond a limit":  {func(b *Belief) { b.noteLimit(day, "", seen); b.noteFar(400*day, seen) }, day, day},
	} {
		t.Run(name, func(t *testing.T) {
			var b Belief
			test.note(&b)
			if b.far() != test.far || b.limit() != test.limit || b.limited() != (test.limit > 0) {
				t.Errorf("far %d, limit %d, want %d, %d", b.far(), b.limit(), test.far, test.limit)
			}
		})
	}
}

// TestShorter goes down the limits, and ends.
func TestShorter(t *testing.T) {
	length, n := future, 0
	for ; ; n++ {
		next, ok := shorter(length)
		if !ok {
			break
		}
		if next >= length {
			t.Fatalf("%d is not shorter than %d", next, length)
		}
		length = next
	}
	if n != len(limits) || length != limits[len(limits)-1] {
		t.Errorf("%d steps down to %d", n, length)
	}
}

// TestBeliefsSay tells who has no listing what is believed.
func TestBeliefsSay(t *testing.T) {
	var s Beliefs
	if style, _ := s.Paging(); style != Auto || s.Most(0) != minCap {
		t.Errorf("of nothing: style %d, %d rows", style, s.Most(0))
	}
	s.Store(all())
	if style, first := s.Paging(); style != Numbers || first != 1 {
		t.Errorf("style %d from %d", style, first)
	}
	if s.Most(500) != 100 {
		t.Errorf("%d rows", s.Most(500))
	}
}
