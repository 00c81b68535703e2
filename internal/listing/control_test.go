package listing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// at returns a row for each time, with keys from 1 on; at 0 it has no date.
func at(times ...int64) []Row {
	var rows []Row
	for i, t := range times {
		row := Row{Key: uint64(i + 1), At: Undated, Updated: Undated}
		if t != 0 {
			row.At = t
		}
		rows = append(rows, row)
	}
	return rows
}

// marksOf returns marks of some times, with keys from 1 on.
func marksOf(times ...int64) []mark {
	var marks []mark
	for _, row := range at(times...) {
		marks = append(marks, mark{row.At, row.Key})
	}
	return marks
}

// rowsOf returns the rows that marks are of.
func rowsOf(marks []mark) []Row {
	var rows []Row
	for _, m := range marks {
		rows = append(rows, Row{Key: m.key, At: m.at, Updated: Undated})
	}
	return rows
}

// TestReadOrder says in which order the rows of an answer are.
func TestReadOrder(t *testing.T) {
	for name, test := range map[string]struct {
		times  []int64
		order  order
		pairs  int
		oldest int64
		newest int64
	}{
		"nothing":           {nil, anyOrder, 0, 0, 0},
		"no dates":          {[]int64{0, 0}, anyOrder, 0, 0, 0},
		"one":               {[]int64{10}, anyOrder, 0, 10, 10},
		"one time":          {[]int64{10, 10, 10}, anyOrder, 0, 10, 10},
		"falling":           {[]int64{30, 20, 20, 10}, falling, 2, 10, 30},
		"rising":            {[]int64{10, 20, 20, 30}, rising, 2, 10, 30},
		"mixed":             {[]int64{20, 30, 10}, mixed, 2, 10, 30},
		"falling and again": {[]int64{20, 10, 20}, mixed, 2, 10, 20},
		"one without":       {[]int64{30, 0, 10}, falling, 1, 10, 30},
		"before 1970":       {[]int64{-10, -20}, falling, 1, -20, -10},
	} {
		t.Run(name, func(t *testing.T) {
			r := read(at(test.times...))
			if r.order != test.order || r.pairs != test.pairs {
				t.Errorf("order %d by %d pairs, want %d by %d", r.order, r.pairs, test.order, test.pairs)
			}
			if r.oldest != test.oldest || r.newest != test.newest {
				t.Errorf("%d..%d, want %d..%d", r.oldest, r.newest, test.oldest, test.newest)
			}
		})
	}
}

// TestReadRival says whether the list may as well be sorted by the last change.
func TestReadRival(t *testing.T) {
	for name, test := range map[string]struct {
		updated []int64 // of requests of 30, 20 and 10
		rival   bool
		change  int64
	}{
		"never changed":       {[]int64{0, 0, 0}, true, 10},
		"falls as well":       {[]int64{50, 40, 35}, true, 35},
		"does not fall":       {[]int64{40, 50, 35}, false, 35},
		"the last is younger": {[]int64{0, 0, 90}, false, 90},
		"before the request":  {[]int64{0, 5, 1}, true, 10},
		"all at one time":     {[]int64{60, 60, 60}, true, 60},
	} {
		t.Run(name, func(t *testing.T) {
			rows := at(30, 20, 10)
			for i, u := range test.updated {
				if u != 0 {
					rows[i].Updated = u
				}
			}
			if r := read(rows); r.rival != test.rival || r.change != test.change {
				t.Errorf("rival %t, change %d, want %t, %d", r.rival, r.change, test.rival, test.change)
			}
		})
	}
}

// TestInside counts the rows of a span, both ends with it.
func TestInside(t *testing.T) {
	r := read(at(40, 30, 0, 20, 10))
	for s, want := range map[span]int{everything: 4, {20, 30}: 2, {21, 29}: 0, nothing: 0, {40, future}: 1} {
		if got := r.inside(s); got != want {
			t.Errorf("%d in %v, want %d", got, s, want)
		}
	}
}

// TestCheck compares answers with what is known: rows of 50, 40, 30, 20 and 10 days.
func TestCheck(t *testing.T) {
	const d = day
	for name, test := range map[string]struct {
		answer []mark
		meant  span
		full   bool
		order  order
		want   control
	}{
		"all came":                          {[]mark{{40 * d, 2}, {30 * d, 3}}, span{30 * d, 40 * d}, false, falling, control{}},
		"one is missing":                    {[]mark{{40 * d, 2}}, span{30 * d, 40 * d}, false, falling, control{missing: 1}},
		"all are missing":                   {nil, span{20 * d, 40 * d}, false, anyOrder, control{missing: 3, deep: true}},
		"none is known":                     {nil, span{31 * d, 39 * d}, false, anyOrder, control{}},
		"another row of its time":           {[]mark{{30 * d, 99}}, span{30 * d, 30 * d}, false, falling, control{missing: 1}},
		"one above":                         {[]mark{{50 * d, 1}}, span{31 * d, 39 * d}, false, falling, control{above: 1}},
		"one below":                         {[]mark{{10 * d, 5}}, span{31 * d, 39 * d}, false, falling, control{below: 1}},
		"above by the slack":                {[]mark{{39*d + slack, 98}}, span{31 * d, 39 * d}, false, falling, control{}},
		"above by more":                     {[]mark{{39*d + slack + 1, 98}}, span{31 * d, 39 * d}, false, falling, control{above: 1}},
		"below by the slack":                {[]mark{{31*d - slack, 98}}, span{31 * d, 39 * d}, false, falling, control{}},
		"below by more":                     {[]mark{{31*d - slack - 1, 98}}, span{31 * d, 39 * d}, false, falling, control{below: 1}},
		"cut, falling":                      {[]mark{{50 * d, 1}, {40 * d, 2}}, everything, true, falling, control{}},
		"cut, rising":                       {[]mark{{10 * d, 5}, {20 * d, 4}}, everything, true, rising, control{}},
		"cut, its last second":              {[]mark{{50 * d, 1}, {40 * d, 99}}, everything, true, falling, control{}},
		"cut, in no order":                  {[]mark{{30 * d, 3}}, everything, true, mixed, control{}},
		"cut, nothing has a date":           {nil, everything, true, falling, control{}},
		"cut, begins late":                  {[]mark{{30 * d, 3}, {20 * d, 4}}, everything, true, falling, control{missing: 2, deep: true}},
		"cut, begins early":                 {[]mark{{20 * d, 4}, {40 * d, 2}}, everything, true, rising, control{missing: 2, deep: true}},
		"cut, one left out":                 {[]mark{{50 * d, 1}, {30 * d, 3}}, everything, true, falling, control{disorder: true}},
		"cut, one left out of those rising": {[]mark{{10 * d, 5}, {30 * d, 3}}, everything, true, rising, control{disorder: true}},
	} {
		t.Run(name, func(t *testing.T) {
			var k known
			k.add(at(50*d, 40*d, 30*d, 20*d, 10*d))
			r := read(rowsOf(test.answer))
			got := k.check(&r, test.meant, test.meant, test.full, test.order)
			if diff := cmp.Diff(test.want, got, spans); diff != "" {
				t.Error(diff)
			}
		})
	}
}
