package listing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPick takes the newest part of what is open, as long as both limits let it.
func TestPick(t *testing.T) {
	const now = 1000
	for name, test := range map[string]struct {
		length, limit int64
		open, want    span
	}{
		"no limit":            {0, 0, span{100, 900}, span{100, 900}},
		"a limit":             {0, 50, span{100, 900}, span{850, 900}},
		"a length":            {50, 0, span{100, 900}, span{850, 900}},
		"the shorter of both": {30, 50, span{100, 900}, span{870, 900}},
		"the limit of both":   {80, 50, span{100, 900}, span{850, 900}},
		"longer than it is":   {5000, 0, span{100, 900}, span{100, 900}},
		"an open end":         {50, 0, span{100, future}, span{950, future}},
		"an open start":       {50, 0, span{past, 900}, span{850, 900}},
		"of the future":       {50, 0, span{2000, future}, span{2000, future}},
	} {
		t.Run(name, func(t *testing.T) {
			w := windows{length: test.length}
			if got := w.pick(test.open, test.limit, now); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestNarrow shortens windows to the newer half of their rows.
func TestNarrow(t *testing.T) {
	const now = 10_000
	for name, test := range map[string]struct {
		s      span
		marks  []mark
		ok     bool
		length int64
	}{
		"no rows are known":     {span{0, 1000}, nil, true, 500},
		"evenly":                {span{0, 1000}, marksOf(900, 600, 300), true, 400},
		"most are new":          {span{0, 1000}, marksOf(990, 980, 970, 100), true, 30},
		"most are old":          {span{0, 1000}, marksOf(900, 100, 90, 80), true, 500},
		"an open end":           {span{9000, future}, nil, true, 500},
		"an open start":         {span{past, 1000}, nil, true, safeSpan},
		"one second":            {span{1000, 1000}, nil, false, 0},
		"two seconds":           {span{999, 1000}, nil, false, 1},
		"three seconds":         {span{998, 1000}, nil, true, 1},
		"one time, far below":   {span{0, 1000}, marksOf(500, 500), true, 498},
		"one time, at the top":  {span{0, 1000}, marksOf(999, 999), false, 0},
		"one time, just enough": {span{0, 1000}, marksOf(997, 997), true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := windows{steady: true}
			if ok := w.narrow(test.s, test.marks, now); ok != test.ok || w.length != test.length {
				t.Errorf("%t, length %d, want %t, %d", ok, w.length, test.ok, test.length)
			}
			if test.ok && w.steady {
				t.Error("they are read ahead still")
			}
		})
	}
}

// TestFits lets windows grow by how full the last one was.
func TestFits(t *testing.T) {
	for name, test := range map[string]struct {
		w          windows
		rows, most int
		want       int64
		steady     bool
	}{
		"as long as it likes":       {windows{}, 1, 90, 0, false},
		"empty":                     {windows{length: 100}, 0, 90, 1600, false},
		"few rows":                  {windows{length: 100}, 3, 90, 300, false},
		"a third":                   {windows{length: 100}, 30, 90, 200, false},
		"as full as it is meant":    {windows{length: 100}, 60, 90, 100, false},
		"nearly full":               {windows{length: 100}, 90, 90, 66, false},
		"the one that failed":       {windows{length: 100, bad: span{800, 1000}}, 0, 90, 100, false},
		"one below what failed":     {windows{length: 100, bad: span{950, 1000}}, 0, 90, 1600, false},
		"read ahead, full enough":   {windows{length: 100, steady: true}, 23, 90, 100, true},
		"read ahead, much too long": {windows{length: 100, steady: true}, 20, 90, 300, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := test.w
			w.failed = 3
			w.fits(span{900, 1000}, test.rows, test.most, 5000)
			if w.length != test.want || w.steady != test.steady || w.failed != 0 {
				t.Errorf("%+v, want a length of %d, steady %t", w, test.want, test.steady)
			}
		})
	}
}

// TestAhead makes windows that fill the cap by nine tenths, once.
func TestAhead(t *testing.T) {
	for name, test := range map[string]struct {
		w          windows
		rows       int
		length     int64
		want       int64
		wantSteady bool
	}{
		"a full answer":      {windows{}, 100, 1000, 900, true},
		"half an answer":     {windows{}, 50, 1000, 1800, true},
		"of one second each": {windows{}, 100, 1, 1, true},
		"steady already":     {windows{length: 7, steady: true}, 100, 1000, 7, true},
		"one row":            {windows{}, 1, 1000, 0, false},
		"of one time":        {windows{}, 100, 0, 0, false},
		"one has failed":     {windows{length: 7, failed: 1}, 100, 1000, 7, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := test.w
			if w.ahead(test.rows, 100, test.length); w.length != test.want || w.steady != test.wantSteady {
				t.Errorf("length %d, steady %t, want %d, %t", w.length, w.steady, test.want, test.wantSteady)
			}
		})
	}
}

// TestWindowsNext lists the windows below one, so that they touch and end at the lowest.
func TestWindowsNext(t *testing.T) {
	for name, test := range map[string]struct {
		w    windows
		low  int64
		n    int
		want []span
	}{
		"two":         {windows{length: 9, steady: true}, 0, 2, []span{{90, 99}, {80, 89}}},
		"none":        {windows{length: 9, steady: true}, 0, 0, nil},
		"to the end":  {windows{length: 9, steady: true}, 85, 5, []span{{90, 99}, {85, 89}}},
		"at the end":  {windows{length: 9, steady: true}, 100, 5, nil},
		"not planned": {windows{length: 9}, 0, 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.w.next(span{100, 109}, test.low, test.n), spans); diff != "" {
				t.Error(diff)
			}
		})
	}
}
