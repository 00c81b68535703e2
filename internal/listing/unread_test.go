package listing

import (
	"errors"
	"testing"
)

// TestUnreadGaps: rows that could not be read may be missing in the time that was asked for, if the server heeds dates.
func TestUnreadGaps(t *testing.T) {
	answered := span{1000 * day, 1010 * day}
	for name, test := range map[string]struct {
		wanted span
		dates  use
		next   string
		want   span
	}{
		"dates are heeded":          {everything, helpful, "", answered.wider(slack)},
		"a part was asked for":      {span{1005 * day, future}, helpful, "", span{1005 * day, answered.hi + slack}},
		"nothing of it was wanted":  {span{past, 900 * day}, helpful, "", nothing},
		"dates are ignored":         {everything, useless, "", everything},
		"dates are refused":         {span{1005 * day, future}, refused, "", span{1005 * day, future}},
		"a link, whatever it holds": {everything, helpful, "/2", everything},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(newTown(pairs()[0], 1), Query{Start: stamp(test.wanted.lo), End: stamp(test.wanted.hi)}, Traits{}, &Beliefs{}).session(t.Context(), nil)
			s.dates = test.dates
			s.unread = []unread{{Slice{Start: stamp(answered.lo), End: stamp(answered.hi), Next: test.next}, errors.New("a row")}}
			got := nothing
			for _, g := range s.unreadGaps() {
				got = spanOf(g.Start, g.End)
			}
			if got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
