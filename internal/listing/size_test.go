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

// TestSize leaves the size out where it is not taken.
func TestSize(t *testing.T) {
	refused := Belief{Size: &Refusal{}}
	for name, test := range map[string]struct {
		told   Traits
		belief Belief
		want   int
	}{
		"taken":   {Traits{}, Belief{}, 100},
		"refused": {Traits{}, refused, 0},
		"told":    {Traits{NoSize: true}, Belief{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			shared := &Beliefs{}
			shared.Store(test.belief)
			if got := New(nil, Query{Size: 100}, test.told, shared).session(t.Context(), nil).size(); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
