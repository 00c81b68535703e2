package listing

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKnownAdd keeps rows by time, the newest first, and each once.
func TestKnownAdd(t *testing.T) {
	for name, test := range map[string]struct {
		lists [][]mark
		want  []mark
	}{
		"none":          {[][]mark{nil, {}}, nil},
		"sorted":        {[][]mark{{{10, 1}, {30, 2}, {20, 3}}}, []mark{{30, 2}, {20, 3}, {10, 1}}},
		"one time":      {[][]mark{{{10, 3}, {10, 1}, {10, 2}}}, []mark{{10, 1}, {10, 2}, {10, 3}}},
		"again":         {[][]mark{{{20, 1}, {10, 2}}, {{20, 1}, {10, 2}}}, []mark{{20, 1}, {10, 2}}},
		"newer":         {[][]mark{{{20, 1}, {10, 2}}, {{30, 3}}}, []mark{{30, 3}, {20, 1}, {10, 2}}},
		"older":         {[][]mark{{{20, 1}, {10, 2}}, {{5, 3}}}, []mark{{20, 1}, {10, 2}, {5, 3}}},
		"between":       {[][]mark{{{20, 1}, {10, 2}}, {{15, 3}, {12, 4}}}, []mark{{20, 1}, {15, 3}, {12, 4}, {10, 2}}},
		"twice in one":  {[][]mark{{{20, 1}, {20, 1}}}, []mark{{20, 1}}},
		"another date":  {[][]mark{{{20, 1}}, {{10, 1}}}, []mark{{20, 1}, {10, 1}}},
		"new and known": {[][]mark{{{20, 1}, {10, 2}}, {{10, 2}, {9, 3}}}, []mark{{20, 1}, {10, 2}, {9, 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			var k known
			for _, list := range test.lists {
				k.add(rowsOf(list))
			}
			if diff := cmp.Diff(test.want, k.in(everything), spans); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestKnownKeepsTheList leaves the caller's rows in their order.
func TestKnownKeepsTheList(t *testing.T) {
	list := at(10, 30, 20)
	new(known).add(list)
	if diff := cmp.Diff(at(10, 30, 20), list, cmp.AllowUnexported(Row{})); diff != "" {
		t.Error(diff)
	}
}

// TestKnownSample keeps the ends of very many rows, and a sample of those between them that does not grow, of all times
// alike.
func TestKnownSample(t *testing.T) {
	const n = 1_000_000
	for name, at := range map[string]func(i int64) int64{
		"falling": func(i int64) int64 { return n - i },
		"rising":  func(i int64) int64 { return i + 1 },
		"mixed":   func(i int64) int64 { return i*611_953%n + 1 }, // a prime: every time once
	} {
		t.Run(name, func(t *testing.T) {
			var k known
			keys := rand.New(rand.NewPCG(1, 2))
			list := make([]Row, 1000)
			for i := int64(0); i < n; i += int64(len(list)) {
				for j := range list {
					list[j] = Row{At: at(i + int64(j)), Key: keys.Uint64()}
				}
				k.add(list)
			}
			all := k.in(everything)
			if len(all) > maxMarks || len(all) < maxMarks/4 || cap(k.marks) > 2*maxMarks {
				t.Errorf("%d rows are kept, in room for %d", len(all), cap(k.marks))
			}
			if !slices.IsSortedFunc(all, newerFirst) {
				t.Error("they are not sorted")
			}
			first, last := k.marks[0].at, k.marks[len(k.marks)-1].at
			for i := range int64(100) {
				if k.marks[i].at != first-i || k.marks[len(k.marks)-1-int(i)].at != last+i {
					t.Fatalf("row %d from the ends is of %d and %d", i, k.marks[i].at, k.marks[len(k.marks)-1-int(i)].at)
				}
			}
			older, newer := len(k.in(span{n / 8, n / 2})), len(k.in(span{n/2 + 1, n - n/8}))
			if older < newer/2 || newer < older/2 {
				t.Errorf("%d of the older half, %d of the newer are kept", older, newer)
			}
		})
	}
}

// TestKnownIn finds the rows of a span by both ends.
func TestKnownIn(t *testing.T) {
	var k known
	k.add(at(40, 30, 30, 20, 10))
	for name, test := range map[string]struct {
		s    span
		want []int64
	}{
		"all":            {everything, []int64{40, 30, 30, 20, 10}},
		"both ends":      {span{20, 30}, []int64{30, 30, 20}},
		"between":        {span{21, 29}, nil},
		"one second":     {span{30, 30}, []int64{30, 30}},
		"newer than all": {span{41, future}, nil},
		"older than all": {span{past, 9}, nil},
		"an empty span":  {nothing, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int64
			for _, m := range k.in(test.s) {
				got = append(got, m.at)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestKnownEnds says when nothing is known.
func TestKnownEnds(t *testing.T) {
	var k known
	if _, ok := k.oldest(); ok {
		t.Error("there is an oldest of none")
	}
	if _, ok := k.newest(); ok {
		t.Error("there is a newest of none")
	}
	k.add(at(20, 40, 10))
	if oldest, ok := k.oldest(); !ok || oldest != 10 {
		t.Errorf("the oldest is %d", oldest)
	}
	if newest, ok := k.newest(); !ok || newest != 40 {
		t.Errorf("the newest is %d", newest)
	}
}
