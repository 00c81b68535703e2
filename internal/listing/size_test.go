package listing

import "testing"

// TestPageSize asks for many rows only where that is known to bring more.
func TestPageSize(t *testing.T) {
	for name, test := range map[string]struct {
		wanted, most int
		known        caps
		want         int
	}{
		"nothing is known":            {0, 0, nil, 0},
		"the caller wants so many":    {30, 1000, caps{{Size: 500, Rows: 500}}, 30},
		"it was told":                 {0, 1000, nil, 1000},
		"few were told":               {0, leastTold - 1, nil, 0},
		"enough were told":            {0, leastTold, nil, leastTold},
		"told, but it gives as many":  {0, 100, caps{{Rows: 100}}, 0},
		"told, and it gives fewer":    {0, 100, caps{{Rows: 20}}, 100},
		"a size brought more":         {0, 0, caps{{Rows: 20}, {Size: 500, Rows: 100}}, 500},
		"a size brought no more":      {0, 0, caps{{Rows: 20}, {Size: 500, Rows: 20}}, 0},
		"the best of several":         {0, 0, caps{{Rows: 20}, {Size: 100, Rows: 50}, {Size: 500, Rows: 200}, {Size: 300, Rows: 150}}, 500},
		"more was seen than was told": {0, 60, caps{{Size: 500, Rows: 200}}, 500},
	} {
		t.Run(name, func(t *testing.T) {
			if got := pageSize(test.wanted, test.most, test.known); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// TestListerSize leaves the size out where it is not taken.
func TestListerSize(t *testing.T) {
	for name, test := range map[string]struct {
		l    Lister
		want int
	}{
		"taken":      {Lister{asks: 100}, 100},
		"refused":    {Lister{asks: 100, noSize: true}, 0},
		"remembered": {Lister{asks: 100, belief: Belief{Size: &Refusal{}}}, 0},
		"told":       {Lister{asks: 100, told: Traits{NoSize: true}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.l.size(); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
