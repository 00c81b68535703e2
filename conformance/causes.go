package conformance

import (
	"maps"
	"slices"
)

// Some faults are seen by several requirements of one rank. Which of them is to tell it shows when all of them are
// asked: what is wrong with one filter is that filter's fault, what is wrong with each is not.

// noneKept: of several requirements that have anything to go by, none is kept, and more than one is broken.
func (s *session) noneKept(f Format, all ...judgeFunc) bool {
	broken := 0
	for _, j := range all {
		switch j(s, f).what {
		case kept:
			return false
		case broke:
			broken++
		}
	}
	return broken > 1
}

// choosing: a server that heeds no filter, or that fails whichever is given, is told so once.
func (sec section) choosing() section {
	for i, r := range sec.rules {
		sec.rules[i].judge = func(s *session, f Format) outcome {
			o := r.judge(s, f)
			if o.what == broke && o.cause == "" && s.noneKept(f, judgeStatus("open"), judgeCodes(1), judgeBothEnds, judgeIDs(1)) {
				o.alike = "filters"
				o.text += "; nor does another filter work"
			}
			return o
		}
	}
	return sec
}

// several is for arguments that take several values: a server that knows commas nowhere is told so once.
func several(j judgeFunc) judgeFunc {
	return func(s *session, f Format) outcome {
		o := j(s, f)
		if o.what == broke && s.noneKept(f, judgeStatus("open,closed"), judgeCodes(2), judgeIDs(3)) {
			o.alike = "several values"
			o.text += "; nor do commas between other values work"
		}
		return o
	}
}

// The ends of a range, each with the requirement that is about it alone.
var ends = map[string]string{"start_date": "requests/filter/start-date", "end_date": "requests/filter/end-date"}

// wrongEnds are those of which the range goes wrong if it has no other.
func (s *session) wrongEnds(f Format) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(ends)), func(name string) bool { return judgeDates(name)(s, f).what != broke })
}

var judgeBothEnds = judgeDates(slices.Sorted(maps.Keys(ends))...)

// judgeRange asks for a range. If it goes wrong by one of its ends, that end is told.
func judgeRange(s *session, f Format) outcome {
	o := judgeBothEnds(s, f)
	if o.what != broke {
		return o
	}
	if wrong := s.wrongEnds(f); len(wrong) == 1 {
		return o.by(ends[wrong[0]])
	}
	return o
}

// judgeEnd asks for a range without one of its ends. If each end goes wrong, the range is told.
func judgeEnd(name string) judgeFunc {
	return func(s *session, f Format) outcome {
		o := judgeDates(name)(s, f)
		if o.what == broke && len(s.wrongEnds(f)) == len(ends) && judgeBothEnds(s, f).what == broke {
			return o.by("requests/filter/dates")
		}
		return o
	}
}
