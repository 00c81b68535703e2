package listing

import (
	"slices"
	"strings"
)

// shown is what rows have come of.
type shown struct {
	codes, statuses map[int]bool // of the values that were asked for
	states          map[State]bool
}

func newShown() shown {
	return shown{map[int]bool{}, map[int]bool{}, map[State]bool{}}
}

func (s *shown) note(row *Row) {
	s.codes[row.Code], s.statuses[row.Status], s.states[row.State] = true, true, true
}

// facets lists the query: its values together as far as the server takes lists, and then those alone of which nothing
// came.
func (l *Lister) facets() error {
	f := facet{l.q.Codes, l.q.Statuses}
	if slices.ContainsFunc(f.codes, func(c string) bool { return strings.Contains(c, ",") }) && !l.off(offValues) {
		f.codes = nil // it would be taken for several; rows are looked at here
	}
	if len(f.statuses) == 0 {
		f.statuses = l.told.Statuses
	}
	if l.told.NoStatus {
		f.statuses = nil
	}
	one := facet{}
	if l.told.OneCode && len(f.codes) > 1 {
		one.codes = f.codes
	}
	if l.told.OneStatus && len(f.statuses) > 1 {
		one.statuses = f.statuses
	}
	if one.codes != nil || one.statuses != nil {
		return l.each(f, one)
	}
	err := l.walk(f)
	several := len(f.codes) > 1 || len(f.statuses) > 1
	if err != nil && several && !l.ended(err) && !l.off(offValues) {
		return l.each(f, f)
	}
	if err != nil {
		return err
	}
	if several && !l.off(offValues) {
		if err := l.unmatched(f); err != nil {
			return err
		}
	}
	return l.hidden(f)
}

// unmatched asks for the values alone of which nothing came.
func (l *Lister) unmatched(f facet) error {
	for i, status := range f.statuses {
		if len(f.statuses) > 1 && !l.shown.statuses[i] {
			if err := l.probe(facet{f.codes, []string{status}}); err != nil {
				return err
			}
		}
	}
	for i, code := range f.codes {
		if len(f.codes) > 1 && !l.shown.codes[i] {
			one := facet{[]string{code}, f.statuses}
			l.shown.states = map[State]bool{} // of this code
			if err := l.probe(one); err != nil {
				return err
			}
			if l.shown.codes[i] {
				if err := l.hidden(one); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// hidden asks for the state that a list without a status has never shown: some servers leave one out unless they are
// asked for it.
func (l *Lister) hidden(f facet) error {
	if len(f.statuses) > 0 || len(l.q.Statuses) > 0 || l.told.NoStatus || l.told.Short > 0 || l.told.Brief || l.off(offHidden) {
		return nil
	}
	if l.shown.states[Open] && l.shown.states[Closed] && l.belief.Statuses == nil {
		l.belief.Statuses = &Evidence{l.now(), "a list without a status had both open and closed requests"}
	}
	for i, word := range stateWords {
		if l.shown.states[Open+State(i)] || l.belief.Statuses != nil {
			continue
		}
		if err := l.probe(facet{f.codes, []string{word}}); err != nil {
			return err
		}
	}
	return nil
}

// each lists the facets one by one that take one value a call.
func (l *Lister) each(f, one facet) error {
	statuses, codes := [][]string{f.statuses}, [][]string{f.codes}
	if len(one.statuses) > 0 {
		statuses = slices.Collect(slices.Chunk(one.statuses, 1))
	}
	if len(one.codes) > 0 {
		codes = slices.Collect(slices.Chunk(one.codes, 1))
	}
	failed := 0
	var first error
	for _, s := range statuses {
		for _, c := range codes {
			l.shown.states = map[State]bool{}
			err := l.walk(facet{c, s})
			if err != nil && l.ended(err) {
				return err
			}
			if err != nil {
				failed++
				first = firstOf(first, err)
				l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
				continue
			}
			if err := l.hidden(facet{c, s}); err != nil {
				return err
			}
		}
	}
	if failed == len(statuses)*len(codes) {
		l.gaps = nil
		return first
	}
	return nil
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// probe asks for one value. Absence that nothing controls is looked at twice; if something comes, the value is listed
// by itself.
func (l *Lister) probe(f facet) error {
	w := l.newWalk(f)
	sent := l.wanted
	if w.noDates {
		sent = everything
	}
	s := w.slice(sent)
	a, err := w.ask(s, sent, sent, false)
	if err != nil {
		return l.orNote(err)
	}
	if a.err == nil && a.given == 0 && !w.shows(a, f) && l.times(&s) < maxTimes {
		if a, err = w.confirm(a, sent, sent, false); err != nil {
			return l.orNote(err)
		}
	}
	limited := l.belief.limited() && !l.off(offReach)
	switch {
	case a.err != nil && a.fault&(Refused|NotFound) != 0 && !limited:
		return nil // it does not take the word
	case a.err == nil && a.given == 0 && !w.shows(a, f) && !limited:
		return nil
	}
	l.spans++
	if err := l.walk(f); err != nil {
		return l.orNote(err)
	}
	return nil
}

// orNote notes that there were no calls left for a value. Other errors of the value end the listing if they end all.
func (l *Lister) orNote(err error) error {
	if l.ended(err) {
		return err
	}
	l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
	return nil
}

// shows reports whether an answer has rows of the value that was asked for.
func (w *walk) shows(a *answer, f facet) bool {
	for _, row := range a.rows {
		if len(f.statuses) == 1 && row.State != Unsaid && row.State == stateOf(f.statuses[0]) || len(f.codes) == 1 && row.Code != None {
			return true
		}
	}
	return false
}

func stateOf(word string) State {
	for i, w := range stateWords {
		if strings.EqualFold(w, word) {
			return Open + State(i)
		}
	}
	return Unsaid
}
