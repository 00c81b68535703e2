package listing

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// errLost is the reason of a test's gap.
var errLost = errors.New("lost")

// TestProve joins what touches, of one premise only.
func TestProve(t *testing.T) {
	for name, test := range map[string]struct {
		claims, want []claim
	}{
		"an empty span": {[]claim{{nothing, byCount}}, nil},
		"a gap":         {[]claim{{span{1, 3}, byCount}, {span{5, 9}, byCount}}, []claim{{span{1, 3}, byCount}, {span{5, 9}, byCount}}},
		"touching":      {[]claim{{span{5, 9}, byCount}, {span{1, 4}, byCount}}, []claim{{span{1, 9}, byCount}}},
		"overlapping":   {[]claim{{span{1, 6}, byOrder}, {span{4, 9}, byOrder}}, []claim{{span{1, 9}, byOrder}}},
		"one within":    {[]claim{{span{1, 9}, byOrder}, {span{4, 5}, byOrder}}, []claim{{span{1, 9}, byOrder}}},
		"two premises":  {[]claim{{span{1, 4}, byOrder}, {span{5, 9}, byCount}}, []claim{{span{5, 9}, byCount}, {span{1, 4}, byOrder}}},
		"three parts":   {[]claim{{span{1, 3}, byCount}, {span{7, 9}, byCount}, {span{4, 6}, byCount}}, []claim{{span{1, 9}, byCount}}},
	} {
		t.Run(name, func(t *testing.T) {
			var c coverage
			for _, claim := range test.claims {
				c.prove(claim.span, claim.premise)
			}
			if diff := cmp.Diff(test.want, c.proven, spans); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestVoid takes back what rests on one premise, and no more.
func TestVoid(t *testing.T) {
	for name, test := range map[string]struct {
		premise premise
		want    []claim
	}{
		"the order": {byOrder, []claim{{span{1, 4}, byCount}}},
		"a count":   {byCount, []claim{{span{3, 9}, byOrder}}},
	} {
		t.Run(name, func(t *testing.T) {
			var c coverage
			c.prove(span{1, 4}, byCount)
			c.prove(span{3, 9}, byOrder)
			c.void(test.premise)
			if diff := cmp.Diff(test.want, c.proven, spans); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCoverageNewest gives the newest span that is open.
func TestCoverageNewest(t *testing.T) {
	for name, test := range map[string]struct {
		fill func(*coverage)
		want span
		ok   bool
	}{
		"nothing is proven":     {func(*coverage) {}, span{1, 100}, true},
		"the newest is":         {func(c *coverage) { c.prove(span{50, 100}, byCount) }, span{1, 49}, true},
		"the middle is":         {func(c *coverage) { c.prove(span{50, 60}, byCount) }, span{61, 100}, true},
		"the newest is lost":    {func(c *coverage) { c.giveUp(span{80, 100}, span{90, 100}, errLost, "") }, span{1, 89}, true},
		"it was lost elsewhere": {func(c *coverage) { c.skip = []span{{50, 100}} }, span{1, 49}, true},
		"all is": {func(c *coverage) {
			c.prove(span{1, 50}, byOrder)
			c.prove(span{51, 100}, byCount)
		}, span{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := coverage{goal: span{1, 100}}
			test.fill(&c)
			if got, ok := c.newest(); got != test.want || ok != test.ok {
				t.Errorf("got %v, %t, want %v, %t", got, ok, test.want, test.ok)
			}
		})
	}
}

// TestCoverageGaps is the verdict: nothing that is neither proven nor given up is left out of it.
func TestCoverageGaps(t *testing.T) {
	gap := func(lo, hi int64, err error, slice string) Gap {
		return Gap{Start: stamp(lo), End: stamp(hi), Err: err, Slice: slice}
	}
	for name, test := range map[string]struct {
		fill   func(*coverage)
		wanted span
		want   []Gap
	}{
		"complete":             {func(c *coverage) { c.prove(span{1, 100}, byOrder) }, span{1, 100}, nil},
		"nothing was asked":    {func(*coverage) {}, span{1, 100}, []Gap{gap(1, 100, errOpen, "")}},
		"a second is open":     {func(c *coverage) { c.prove(span{1, 49}, byOrder); c.prove(span{51, 100}, byOrder) }, span{1, 100}, []Gap{gap(50, 50, errOpen, "")}},
		"open, and not wanted": {func(c *coverage) { c.prove(span{10, 90}, byOrder) }, span{10, 90}, nil},
		"lost": {func(c *coverage) {
			c.prove(span{1, 100}, byOrder)
			c.giveUp(span{40, 60}, span{50, 50}, errLost, "a call")
		}, span{1, 100}, []Gap{gap(40, 60, errLost, "a call")}},
		"lost, in part wanted": {func(c *coverage) {
			c.prove(span{1, 100}, byOrder)
			c.giveUp(span{40, 60}, span{50, 50}, errLost, "")
		}, span{55, 100}, []Gap{gap(55, 60, errLost, "")}},
		"lost, and not wanted": {func(c *coverage) {
			c.prove(span{1, 100}, byOrder)
			c.giveUp(span{40, 60}, span{50, 50}, errLost, "")
		}, span{61, 100}, nil},
		"what is lost is not open": {func(c *coverage) { c.giveUp(span{1, 100}, span{1, 100}, errLost, "") }, span{1, 100}, []Gap{gap(1, 100, errLost, "")}},
	} {
		t.Run(name, func(t *testing.T) {
			c := coverage{goal: span{1, 100}}
			test.fill(&c)
			if diff := cmp.Diff(test.want, c.gaps(test.wanted, 0), cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestClip returns what two spans share.
func TestClip(t *testing.T) {
	for name, test := range map[string]struct{ a, b, want span }{
		"within":   {span{3, 4}, span{1, 9}, span{3, 4}},
		"around":   {span{1, 9}, span{3, 4}, span{3, 4}},
		"overlap":  {span{1, 5}, span{4, 9}, span{4, 5}},
		"open":     {everything, span{4, 9}, span{4, 9}},
		"one each": {span{past, 5}, span{4, future}, span{4, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.a.clip(test.b); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	if got := (span{1, 3}).clip(span{4, 9}); !got.empty() {
		t.Errorf("spans that touch share %v", got)
	}
}

// TestUndatedGap is the verdict on a list without usable dates: silence alone never makes it whole.
func TestUndatedGap(t *testing.T) {
	for name, test := range map[string]struct {
		u    undated
		want error
	}{
		"no evidence":                {undated{}, ErrUnproven},
		"its pages ended":            {undated{ended: true}, nil},
		"something is heeded":        {undated{heeded: true}, nil},
		"it was told":                {undated{whole: true}, nil},
		"heeded, but one failed":     {undated{heeded: true, failed: true}, ErrUnproven},
		"ended, though one failed":   {undated{ended: true, failed: true}, nil},
		"another brought more":       {undated{ended: true, heeded: true, cut: errHidden}, errHidden},
		"told, but another had more": {undated{whole: true, cut: errHidden}, errHidden},
		"the server counts more":     {undated{ended: true, cut: errTotal}, errTotal},
		"a window":                   {undated{heeded: true, cut: errDefault}, errDefault},
		"the pages broke off":        {undated{ended: true, cut: errLost}, errLost},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.u.gap(); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestCutBy: of several signs that a list is cut the gravest is told, in whatever order they were seen.
func TestCutBy(t *testing.T) {
	for name, seen := range map[string][]error{
		"first": {errHidden, errTotal, errDefault},
		"last":  {errDefault, errTotal, errHidden},
		"twice": {errDefault, errHidden, errHidden, errTotal},
	} {
		t.Run(name, func(t *testing.T) {
			var u undated
			for _, sign := range seen {
				u.cutBy(sign)
			}
			if got := u.gap(); got != errHidden {
				t.Errorf("got %v, want %v", got, errHidden)
			}
		})
	}
}

// TestCutByAnError: an error of the server is told before all signs, and the first one of several.
func TestCutByAnError(t *testing.T) {
	var u undated
	for _, sign := range []error{errTotal, errLost, errHidden, errors.New("another")} {
		u.cutBy(sign)
	}
	if got := u.gap(); got != errLost || !u.fails() {
		t.Errorf("got %v, want %v", got, errLost)
	}
}

// TestUncertain tells what may be from what is known to be missing.
func TestUncertain(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"unproven": {ErrUnproven, true},
		"hidden":   {errHidden, true},
		"total":    {errTotal, true},
		"default":  {errDefault, true},
		"open":     {errOpen, false},
		"lost":     {errLost, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Uncertain(test.err); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
