package listing

import (
	"cmp"
	"errors"
	"slices"
)

// coverage is what a listing has proven, and the only place that says "complete": everything else adds to it what was
// seen. It has the spans of time of which every row is known to have come, with the premises they rest on, and what was
// given up, with the reason. What is neither at the end is a gap as well.
type coverage struct {
	goal    span
	proven  []claim
	refuted premise // by what was seen
	lost    []loss
	skip    []span // that were given up for other lists already
}

// claim is a span that is proven as long as all of its premise holds.
type claim struct {
	span
	premise premise
}

// premise is what a proof rests on: one belief, or several.
type premise uint8

const (
	byCount   premise = 1 << iota // an answer that was not cut
	byOrder                       // the order of the list
	bySilence                     // that a longer span, or an earlier listing, had nothing either
	byStart                       // that the start is heeded, where nothing else was asked for
	byAbsence                     // that 404 says that there is nothing
)

// loss is a span that has been given up.
type loss struct {
	span       // of the rows that may be missing
	tried span // what is not to be asked for again
	err   error
	slice string
}

// errOpen is the reason of a gap that nobody has given one for.
var errOpen = errors.New("the server answers for this time as if it were asked for another one: nothing shows that all of its requests have come")

// prove notes that all rows of a span have come.
func (c *coverage) prove(s span, p premise) {
	if !s.empty() {
		c.proven = merge(append(c.proven, claim{s, p}))
	}
}

// merge joins the claims of the same premise that touch, so that there are few of them however long a listing is.
func merge(claims []claim) []claim {
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.premise, b.premise), cmp.Compare(a.lo, b.lo))
	})
	out := claims[:0]
	for _, c := range claims {
		if n := len(out); n > 0 && out[n-1].premise == c.premise && c.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, c.hi)
			continue
		}
		out = append(out, c)
	}
	return out
}

// void takes back what rests on a belief that has been contradicted.
func (c *coverage) void(p premise) {
	c.refuted |= p
	c.proven = slices.DeleteFunc(c.proven, func(claim claim) bool { return claim.premise&p != 0 })
}

// doubts reports whether a belief has been contradicted.
func (c *coverage) doubts(p premise) bool { return c.refuted&p != 0 }

// reopen takes back what was proven of a span.
func (c *coverage) reopen(s span) {
	var kept []claim
	for _, p := range c.proven {
		for _, rest := range p.without([]span{s}) {
			kept = append(kept, claim{rest, p.premise})
		}
	}
	c.proven = kept
}

// giveUp notes that a span cannot be had. tried is what is not to be asked for again; s, where rows may be missing.
func (c *coverage) giveUp(s, tried span, err error, slice string) {
	s = span{min(s.lo, tried.lo), max(s.hi, tried.hi)}
	if n := len(c.lost); n > 0 && c.lost[n-1].tried.lo == tried.hi+1 && c.lost[n-1].err.Error() == err.Error() {
		last := &c.lost[n-1] // it goes on: one gap
		last.lo, last.hi, last.tried.lo = min(last.lo, s.lo), max(last.hi, s.hi), tried.lo
		return
	}
	c.lost = append(c.lost, loss{s, tried, err, slice})
}

// newest returns the newest span of the goal that is neither proven nor given up; false: there is none.
func (c *coverage) newest() (span, bool) {
	rest := c.unproven(true)
	if len(rest) == 0 {
		return span{}, false
	}
	return slices.MaxFunc(rest, func(a, b span) int { return cmp.Compare(a.hi, b.hi) }), true
}

func (c *coverage) unproven(tried bool) []span {
	var done []span
	for _, p := range c.proven {
		done = append(done, p.span)
	}
	if tried {
		done = append(done, c.skip...)
		for _, l := range c.lost {
			done = append(done, l.tried)
		}
	}
	return c.goal.without(done)
}

// isOpen reports whether any of a span is neither proven nor given up.
func (c *coverage) isOpen(s span) bool {
	return slices.ContainsFunc(c.unproven(true), func(rest span) bool { return !rest.clip(s).empty() })
}

// gaps is the verdict on the goal: nil is "complete". wanted is the part of the goal that was asked for; what lies
// outside of it was only there to be sure of the bounds. vague is by how much the server may take these for others.
func (c *coverage) gaps(wanted span, vague int64) []Gap {
	var out []Gap
	note := func(s span, err error, slice string) {
		if s.lo <= c.goal.lo && s.hi-s.lo > longSpan {
			s.lo = past // what it hides would show how much there is before it
		}
		if s = s.clip(wanted); !s.empty() {
			out = append(out, gapOf(s, err, slice))
		}
	}
	for _, l := range c.lost {
		note(l.span, l.err, l.slice)
	}
	for _, s := range c.unproven(true) {
		note(s.wider(vague), errOpen, "")
	}
	return out
}

// clip returns the part of s within w.
func (s span) clip(w span) span { return span{max(s.lo, w.lo), min(s.hi, w.hi)} }

func gapOf(s span, err error, slice string) Gap {
	return Gap{Start: stamp(s.lo), End: stamp(s.hi), Slice: slice, Err: err}
}

// The reasons for which a list without usable dates is not proven to be whole.
var (
	// ErrUnproven: nothing speaks for a loss, and nothing proves that there is none.
	ErrUnproven = errors.New("the server shows no way to see more, and no sign that there is none: it heeds no dates, no pages and no filters")
	errHidden   = errors.New("the list is cut: another question brings requests that it does not have, and the server shows no way to the rest")
	errTotal    = errors.New("the list is cut: the server counts more requests than it gives, and shows no way to the rest")
	errDefault  = errors.New("the server gives a list of its own choice, whatever dates it is asked for: older requests cannot be seen")
)

// Uncertain reports whether the reason of a gap is only that a list without usable dates may be cut.
func Uncertain(err error) bool {
	return err == ErrUnproven || err == errHidden || err == errTotal || err == errDefault
}

// undated is the evidence on a list whose rows dates do not help to find.
type undated struct {
	ended  bool  // its pages have come to an end, which was looked at twice
	heeded bool  // pages, sizes or filters were seen to be heeded
	whole  bool  // it was told that the server gives all in one list
	failed bool  // the server failed for another question: perhaps for a row that the list does not show
	cut    error // the gravest sign that it is not whole
}

// signs are those that a list is cut, the gravest first. An error of the server is graver than all of them.
var signs = []error{errHidden, errTotal, errDefault}

// cutBy notes a sign, or an error of the server.
func (u *undated) cutBy(sign error) {
	if u.cut == nil || slices.Index(signs, sign) < slices.Index(signs, u.cut) {
		u.cut = sign
	}
}

// fails reports whether the sign is an error of the server.
func (u *undated) fails() bool { return u.cut != nil && !slices.Contains(signs, u.cut) }

// gap is the verdict on such a list: nil is "complete".
func (u *undated) gap() error {
	switch {
	case u.cut != nil:
		return u.cut
	case u.ended, u.heeded && !u.failed, u.whole:
		return nil
	}
	return ErrUnproven
}
