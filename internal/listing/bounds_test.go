package listing

import "testing"

// TestWiden sends bounds wider than they are meant, and leaves out the open ones.
func TestWiden(t *testing.T) {
	for name, test := range map[string]struct {
		b           bounds
		meant, want span
	}{
		"exclusive bounds":  {bounds{}, span{100, 200}, span{99, 201}},
		"an open start":     {bounds{start: 10}, span{past, 200}, span{past, 211}},
		"an open end":       {bounds{start: 10}, span{100, future}, span{89, future}},
		"all":               {bounds{start: 10}, everything, everything},
		"wider":             {bounds{start: 20}, span{100, 200}, span{79, 221}},
		"an earlier end":    {bounds{late: 30}, span{100, 200}, span{69, 171}},
		"swapping is apart": {bounds{swapped: true}, span{100, 200}, span{99, 201}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.b.widen(test.meant); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestWidenSeam sends spans that touch so that they go on touching, whatever was learned.
func TestWidenSeam(t *testing.T) {
	for name, b := range map[string]bounds{
		"nothing":     {},
		"wider":       {start: slack},
		"ends early":  {late: 9 * hour},
		"all of them": {start: slack, late: 9 * hour},
	} {
		t.Run(name, func(t *testing.T) {
			newer, older := b.widen(span{100 * day, 200 * day}), b.widen(span{0, 100*day - 1})
			if older.hi < newer.lo-1 {
				t.Errorf("nothing asks for what lies between %v and %v", older, newer)
			}
		})
	}
}

// TestWider takes each step once.
func TestWider(t *testing.T) {
	b := bounds{late: 7, exact: true, proofs: 3}
	for _, step := range steps {
		if !b.wider() || b != (bounds{start: step}) {
			t.Fatalf("%+v after the step to %d", b, step)
		}
	}
	if before := b; b.wider() || b != before {
		t.Errorf("a step beyond the last: %+v", b)
	}
}

// TestEarlier allows for an end that is read late, until that was too much.
func TestEarlier(t *testing.T) {
	for name, test := range map[string]struct {
		b    bounds
		by   int64
		ok   bool
		want bounds
	}{
		"once":         {bounds{}, 9, true, bounds{late: 15 * minute}},
		"once more":    {bounds{late: 15 * minute}, 4, true, bounds{late: 30 * minute}},
		"five hours":   {bounds{}, 5*hour + edge, true, bounds{late: 5 * hour}},
		"the edge":     {bounds{}, edge, true, bounds{late: edge}},
		"by nothing":   {bounds{}, 0, false, bounds{}},
		"a later one":  {bounds{}, -5, false, bounds{}},
		"was too much": {bounds{exact: true}, 9, false, bounds{exact: true}},
	} {
		t.Run(name, func(t *testing.T) {
			if ok := test.b.earlier(test.by); ok != test.ok || test.b != test.want {
				t.Errorf("got %t, %+v, want %t, %+v", ok, test.b, test.ok, test.want)
			}
		})
	}
}

// TestOnTime takes an earlier end back, for good.
func TestOnTime(t *testing.T) {
	b := bounds{start: 10, proofs: 2}
	if b.onTime() || b.exact {
		t.Errorf("nothing was to take back: %+v", b)
	}
	b.earlier(9)
	if !b.onTime() || b != (bounds{start: 10, exact: true}) {
		t.Errorf("not as before: %+v", b)
	}
	if b.earlier(9) {
		t.Error("what was too much is tried again")
	}
}

// TestSwap forgets what was tried of the other meaning.
func TestSwap(t *testing.T) {
	b := bounds{start: 10, late: 5, exact: true, proofs: 2}
	if b.swap(); b != (bounds{swapped: true}) {
		t.Errorf("once: %+v", b)
	}
	if b.swap(); b != (bounds{}) {
		t.Errorf("twice: %+v", b)
	}
}
