package listing

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// spans lets go-cmp look into spans.
var spans = cmp.AllowUnexported(span{}, claim{}, mark{}, bounds{}, control{})

// TestSpanOf turns the times of a query into seconds: an end within a second has all of it.
func TestSpanOf(t *testing.T) {
	at := time.Unix(1000, 0)
	for name, test := range map[string]struct {
		start, end time.Time
		want       span
	}{
		"open":                   {want: everything},
		"a start":                {start: at, want: span{1000, future}},
		"an end":                 {end: at, want: span{past, 1000}},
		"both":                   {start: at, end: at.Add(time.Hour), want: span{1000, 4600}},
		"a start in a second":    {start: at.Add(time.Millisecond), want: span{1000, future}},
		"an end within a second": {end: at.Add(time.Millisecond), want: span{past, 1001}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := spanOf(test.start, test.end); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestStamp turns bounds back into times: what is near an open bound is open as well.
func TestStamp(t *testing.T) {
	for name, test := range map[string]struct {
		at   int64
		want time.Time
	}{
		"a time":          {1000, time.Unix(1000, 0).UTC()},
		"before 1970":     {-1000, time.Unix(-1000, 0).UTC()},
		"past":            {past, time.Time{}},
		"near the past":   {past + 800*day, time.Time{}},
		"future":          {future, time.Time{}},
		"near the future": {future - slack, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := stamp(test.at); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestSecond tells a time that is not known from 1970.
func TestSecond(t *testing.T) {
	for at, want := range map[time.Time]int64{{}: Undated, time.Unix(0, 0): 0, time.Unix(7, 9): 7} {
		if got := Second(at); got != want {
			t.Errorf("%v is %d, want %d", at, got, want)
		}
	}
}

// TestSpanTop takes the present for the end of an open span.
func TestSpanTop(t *testing.T) {
	const now = 5000
	for name, test := range map[string]struct {
		s           span
		top, length int64
	}{
		"closed":              {span{1000, 2000}, 2000, 1000},
		"open":                {span{1000, future}, now, 4000},
		"open, begins later":  {span{6000, future}, 6000, 0},
		"closed, in the past": {span{-10, -10}, -10, 0},
		"closed, later":       {span{1000, 9000}, 9000, 8000},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.s.top(now); got != test.top {
				t.Errorf("top %d, want %d", got, test.top)
			}
			if got := test.s.length(now); got != test.length {
				t.Errorf("length %d, want %d", got, test.length)
			}
		})
	}
}

// TestSpanHas counts both ends.
func TestSpanHas(t *testing.T) {
	s := span{10, 20}
	for at, want := range map[int64]bool{9: false, 10: true, 15: true, 20: true, 21: false} {
		if got := s.has(at); got != want {
			t.Errorf("has(%d) = %t", at, got)
		}
	}
	if nothing.has(0) || nothing.has(1) || !nothing.empty() || (span{1, 1}).empty() {
		t.Error("an empty span has a second, or one second is empty")
	}
}

// TestSpanWithout cuts spans out of another.
func TestSpanWithout(t *testing.T) {
	for name, test := range map[string]struct {
		others, want []span
	}{
		"nothing":              {nil, []span{{10, 20}}},
		"before and behind":    {[]span{{0, 9}, {21, 30}}, []span{{10, 20}}},
		"the middle":           {[]span{{13, 15}}, []span{{10, 12}, {16, 20}}},
		"the first second":     {[]span{{10, 10}}, []span{{11, 20}}},
		"the last second":      {[]span{{20, 25}}, []span{{10, 19}}},
		"all":                  {[]span{{10, 20}}, []span{}},
		"more than all":        {[]span{everything}, []span{}},
		"two that overlap":     {[]span{{12, 16}, {14, 18}}, []span{{10, 11}, {19, 20}}},
		"two that touch":       {[]span{{10, 14}, {15, 20}}, []span{}},
		"two holes":            {[]span{{12, 12}, {18, 18}}, []span{{10, 11}, {13, 17}, {19, 20}}},
		"holes, the new first": {[]span{{18, 18}, {12, 12}}, []span{{10, 11}, {13, 17}, {19, 20}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := span{10, 20}.without(test.others)
			slices.SortFunc(got, func(a, b span) int { return int(a.lo - b.lo) })
			if diff := cmp.Diff(test.want, got, spans); diff != "" {
				t.Error(diff)
			}
		})
	}
}
