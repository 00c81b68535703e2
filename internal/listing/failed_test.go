package listing

import "testing"

// failing returns a walk in which so many windows far away were given up.
func failing(n int) *walk {
	w := &walk{session: &session{}}
	for i := range n {
		top := int64(i+1) * 1000 * day
		w.failed = append(w.failed, span{top - 1, top})
	}
	return w
}

// TestHalve isolates one request to its second, and is coarser where there are many.
func TestHalve(t *testing.T) {
	for name, test := range map[string]struct {
		times  int
		length int64
		ok     bool
		next   int64
	}{
		"long":                     {0, day, true, day / 2},
		"two seconds":              {0, 2, true, 1},
		"a second":                 {0, 1, false, 0},
		"of several, an hour":      {fewFailures, hour, false, 0},
		"of several, more":         {fewFailures, hour + 1, true, hour / 2},
		"one less than several":    {fewFailures - 1, hour, true, hour / 2},
		"of very many, a day":      {manyFailures, day, false, 0},
		"of very many, more":       {manyFailures, 2 * day, true, day},
		"one less than very many":  {manyFailures - 1, day, true, day / 2},
		"without a start":          {0, 500 - past, true, defaultQuiet / 2},
		"without a start, of many": {manyFailures, 500 - past, true, defaultQuiet / 2},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := failing(test.times), span{500 - test.length, 500}
			if ok := w.win.halve(s, w.finest(s), 1000); ok != test.ok || w.win.length != test.next {
				t.Errorf("%t, length %d, want %t, %d", ok, w.win.length, test.ok, test.next)
			}
			if w.win.failed != 1 || w.win.bad != s {
				t.Errorf("%d failures, the last of %v", w.win.failed, w.win.bad)
			}
		})
	}
}

// TestIsolated gives up a moment, and more and more where the server goes on failing just below.
func TestIsolated(t *testing.T) {
	w := failing(0)
	giveUp := func(s span) span {
		lost := w.isolated(s)
		w.failed = append(w.failed, lost)
		return lost
	}
	if first := giveUp(span{500, 501}); first != (span{498, 501}) {
		t.Errorf("a moment: %v", first)
	}
	second := giveUp(span{496, 497})
	if second != (span{497 - coarsest + 1 - 2*edge, 497}) {
		t.Errorf("the one just below: %v", second)
	}
	if below := (span{second.lo - 1 - coarsest, second.lo - 1}); w.finest(below) != coarsest {
		t.Errorf("what is just below is taken apart to %d", w.finest(below))
	}
	if third := giveUp(span{second.lo - 2, second.lo - 1}); third.hi-third.lo <= second.hi-second.lo {
		t.Errorf("not longer than %v: %v", second, third)
	}
	if n := records(w.failed); n != 1 {
		t.Errorf("%d of those that touch count, want 1", n)
	}
	giveUp(span{-20 * coarsest, -20*coarsest + 1})
	if n := records(w.failed); n != 2 {
		t.Errorf("another one: %d, want 2", n)
	}
}
