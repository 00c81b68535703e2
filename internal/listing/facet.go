package listing

import (
	"slices"
	"strings"
)

// facets lists the query: its values together as far as the server takes lists, and then those alone of which nothing
// came.
func (l *session) facets() error {
	f := facet{codes: l.q.Codes, statuses: l.q.Statuses}
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
	several := f.several()
	if err == errJoined {
		return l.apart(f)
	}
	if err != nil && several && l.src.Fault(err)&Foreign == 0 && !l.ended(err) && !l.off(offValues) {
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

// apart lists values one by one of which nothing came together. If nothing comes of any of them either, that list is the
// one to be proven.
func (l *session) apart(f facet) error {
	if len(f.codes) > 1 && len(f.statuses) > 1 {
		return l.each(f, f)
	}
	if err := l.unmatched(f); err != nil || l.given > 0 && l.caller.rows > 0 { // what has arrived since says nothing
		return err
	}
	f.together = true
	if err := l.walk(f); err != nil {
		return err
	}
	for _, code := range f.codes { // a list of them would have nothing of any state
		if err := l.hiddenOf(code, f.statuses); err != nil {
			return err
		}
	}
	return nil
}

// hiddenOf asks for the states of one code of several, whatever lists of others have shown.
func (l *session) hiddenOf(code string, statuses []string) error {
	all := l.shown.states
	defer func() { l.shown.states = all }()
	l.shown.states = [allStates]bool{}
	return l.hidden(facet{codes: []string{code}, statuses: statuses})
}

// unmatched asks for the values alone of which nothing came.
func (l *session) unmatched(f facet) error {
	if len(f.statuses) == 0 {
		l.noteStates()
	}
	before := slices.Clone(l.shown.codes)
	for i, status := range f.statuses {
		if len(f.statuses) > 1 && !l.shown.status(i, status) {
			if err := l.probe(facet{codes: f.codes, statuses: []string{status}}); err != nil {
				return err
			}
		}
	}
	for i, code := range f.codes {
		if len(f.codes) > 1 && !l.shown.codes[i] {
			if err := l.probe(facet{codes: []string{code}, statuses: f.statuses}); err != nil {
				return err
			}
		}
	}
	if l.caller.rows == 0 {
		return nil
	}
	for i, code := range f.codes {
		if len(f.codes) > 1 && !before[i] { // its states were not in the list of all
			if err := l.hiddenOf(code, f.statuses); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteStates notes that lists without a status have shown requests of either state: none of them is hidden. One answer
// teaches nothing.
func (l *session) noteStates() {
	if l.shown.unasked[Open] > 1 && l.shown.unasked[Closed] > 1 && l.belief.Statuses == nil {
		l.belief.Statuses = &Evidence{l.now(), "a list without a status had both open and closed requests"}
	}
}

// hidden asks for the state that a list without a status has never shown: some servers leave one out unless they are
// asked for it.
func (l *session) hidden(f facet) error {
	if len(f.statuses) > 0 || len(l.q.Statuses) > 0 || l.told.NoStatus || l.told.Short > 0 || l.told.Brief || l.dates == deaf || l.off(offHidden) {
		return nil
	}
	l.noteStates()
	for i, word := range stateWords {
		if l.shown.states[Open+State(i)] || l.belief.Statuses != nil {
			continue
		}
		if err := l.probe(facet{codes: f.codes, statuses: []string{word}, together: true}); err != nil {
			return err
		}
	}
	return nil
}

// each lists the facets one by one that take one value a call.
func (l *session) each(f, one facet) error {
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
			l.shown.states = [allStates]bool{}
			clear(l.shown.statuses)
			part := facet{codes: c, statuses: s}
			err := l.walk(part)
			if err == errJoined {
				err = l.each(part, part)
			} else if err == nil && len(part.statuses) > 1 && !l.off(offValues) {
				err = l.unmatched(part)
			}
			if err != nil && l.ended(err) {
				return err
			}
			if err != nil {
				failed++
				first = firstOf(first, err)
				l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
				continue
			}
			if err := l.hidden(part); err != nil {
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
func (l *session) probe(f facet) error {
	w := l.newWalk(f)
	sent := l.wanted
	if w.dates != helpful {
		sent = everything
	}
	a, err := w.word(f, sent)
	b := a
	if limit := w.belief.limit(); err == nil && limit > 0 && a.fault&Refused != 0 { // the span is, perhaps, and not the word
		part := span{max(sent.lo, sent.top(w.clock())-limit), sent.hi}
		b, err = w.word(f, part)
	}
	if err != nil {
		return l.orNote(err)
	}
	if w.ignores(b, f) {
		return nil
	}
	if !w.far() && w.lacks(a, f) {
		if a, err = w.lookElsewhere(a, f, sent); err != nil {
			return l.orNote(err)
		}
		if w.lacks(a, f) {
			l.absent = append(l.absent, absence{f, l.premises(), nil})
			return nil
		}
	}
	l.spans++
	if err := l.walk(f); err != nil {
		return l.orNote(err)
	}
	return nil
}

// word asks for one value. Rows that have come before are asked for again if they may be the answer to another call.
func (w *walk) word(f facet, sent span) (*answer, error) {
	a, err := w.ask(w.slice(sent), sent, sent, false)
	if err == nil && w.ignores(a, f) && a.echoes > 0 {
		return w.again(a, sent, sent, false)
	}
	return a, err
}

// ignores reports whether the same rows have come as without the value: the server does not take the word.
func (w *walk) ignores(a *answer, f facet) bool {
	return a.err == nil && a.sent > 0 && a.given == 0 && !w.shows(a, f) && !a.hasNew(w.began())
}

// far reports whether one call is no proof of absence for all the time that was asked for: the server cuts long spans, or
// has a window of its own for lists without dates and was not seen to answer for a long one.
func (l *session) far() bool {
	if l.caller.rows == 0 || l.off(offReach) {
		return false
	}
	return l.belief.limited() && !l.wanted.open() || l.windowed && l.belief.far() < l.quiet()
}

func (l *session) premises() premises {
	p := premises{far: l.far(), windowed: l.windowed}
	if b := l.belief.Bounds; b != nil {
		p.bounds = Bounds{Swapped: b.Swapped, Start: b.Start, End: b.End}
	}
	return p
}

// lookAgain asks once more for what was absent before it was found out what dates mean here.
func (l *session) lookAgain() error {
	absent := l.absent
	l.absent = nil
	for _, a := range absent {
		switch {
		case l.premises() != a.under && a.err != nil:
			if err := l.walk(a.facet); err != nil {
				return l.orNote(err)
			}
		case l.premises() != a.under:
			if err := l.probe(a.facet); err != nil {
				return err
			}
		case a.err != nil:
			l.gaps = append(l.gaps, gapOf(l.wanted, a.err, ""))
		}
	}
	for _, a := range l.absent { // they were looked at twice
		if a.err != nil {
			l.gaps = append(l.gaps, gapOf(l.wanted, a.err, ""))
		}
	}
	return nil
}

// lacks reports whether an answer has nothing of the value that was asked for, or does not take the word.
func (w *walk) lacks(a *answer, f facet) bool {
	if a.err != nil {
		return a.fault&(Refused|NotFound) != 0
	}
	return a.given == 0 && !w.shows(a, f) && !a.hasNew(w.began())
}

// lookElsewhere is the second look at a value of which nothing came: by a list with dates if it was one without, and
// the other way round, since a server may give either a window of its own.
func (w *walk) lookElsewhere(a *answer, f facet, sent span) (*answer, error) {
	other := everything
	if sent.open() {
		other = w.recent()
	}
	if a.err != nil || w.dates != helpful {
		other = sent
	}
	b, err := w.ask(w.slice(other), other, nothing, true)
	if err == nil && b.fails() {
		return b, nil // it fails, perhaps for what is there: that says nothing
	}
	if err == nil && a.err == nil && (b.err != nil || other == sent || !w.lacks(b, f)) && w.times(&a.slice) < maxTimes {
		c, err := w.confirm(a, sent, sent, false)
		if err != nil || b.err != nil || other == sent || !w.lacks(c, f) {
			return c, err
		}
	}
	if a.err != nil || err == nil && b.fault&(Refused|NotFound) != 0 {
		return a, err
	}
	return b, err
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

// walk lists one facet.
func (l *session) walk(f facet) error {
	w := l.newWalk(f)
	err := l.how(w)
	w.teach()
	if err == errBudget {
		l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
		return nil
	}
	return err
}

func (l *session) newWalk(f facet) *walk {
	l.seen.forget(inWalk | listed)
	return &walk{session: l, facet: f, cov: coverage{skip: l.failed}, bounds: l.belief.bounds()}
}

// teach keeps what the walk has learned of the server.
func (w *walk) teach() {
	b := &w.belief
	if w.dates != helpful {
		return
	}
	switch {
	case !w.bounds.swapped && w.bounds.start == 0 && w.controlled:
		b.Bounds = nil // known requests came when they were sent as they are
	case w.bounds.swapped || w.bounds.start > 0 && w.bounds.proofs >= minProofs: // one answer may have been to another call
		b.Bounds = &Bounds{Evidence{w.now(), "known requests came when the bounds were sent like this, and not before"}, w.bounds.swapped, w.bounds.start, w.bounds.end()}
	}
}

// minProofs is how many answers have to be right with other bounds before that is believed of later listings.
const minProofs = 2
