package listing

import "testing"

// TestBudget: what a listing may cost grows with what its server has shown to need, and with nothing else.
func TestBudget(t *testing.T) {
	closed := span{0, 10 * day}
	for name, test := range map[string]struct {
		rows   int
		wanted span
		order  order
		effort effort
		want   int
	}{
		"nothing has come":               {0, closed, anyOrder, effort{}, perLeast + spareCalls},
		"a page more":                    {100, closed, falling, effort{}, 2*perLeast + spareCalls},
		"its lists are tiled":            {100, closed, mixed, effort{}, 4*perLeast + spareCalls},
		"spans that were needed":         {0, closed, anyOrder, effort{spans: 3}, 4*perLeast + spareCalls},
		"back to nothing older":          {0, span{past, day}, anyOrder, effort{}, (2+int(defaultQuiet/safeSpan))*perLeast + spareCalls},
		"a window has failed":            {0, closed, anyOrder, effort{failures: 1}, perLeast + spareCalls + failureCalls},
		"two requests fail":              {0, closed, anyOrder, effort{failures: 9, failed: []span{{90, 99}, {10, 19}}}, perLeast + spareCalls + 3*failureCalls},
		"one request of coarse bounds":   {0, closed, anyOrder, effort{failures: 9, failed: []span{{90, 99}, {80, 89}}}, perLeast + spareCalls + 2*failureCalls},
		"more requests than that is for": {0, closed, anyOrder, effort{failures: 99, failed: apart(2 * maxRecords)}, perLeast + spareCalls + (1+maxRecords)*failureCalls},
	} {
		t.Run(name, func(t *testing.T) {
			s := &session{caller: &caller{wanted: test.wanted, rows: test.rows}, effort: test.effort, ordered: ordered{order: test.order}}
			s.caps = s.caps.noted(0, 100, 100, s.now())
			if got := s.budget(); got != test.want {
				t.Errorf("got %d calls, want %d", got, test.want)
			}
		})
	}
}

// apart returns so many spans that do not touch, the newest first.
func apart(n int) []span {
	var out []span
	for i := range int64(n) {
		out = append(out, span{-20 * i, -20*i + 9})
	}
	return out
}
