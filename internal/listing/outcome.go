package listing

// outcome is what will have to be said when a listing ends.
type outcome struct {
	gaps   []Gap
	absent []absence // facets of which nothing came
	unread []unread  // answers with rows that could not be read
}

// absence is that nothing came of a facet, under what was believed then of the server's dates.
type absence struct {
	facet facet
	under premises
	err   error // why that is in doubt; nil: it is not
}

// unread is an answer with rows that could not be read.
type unread struct {
	slice Slice
	err   error
}

// premises are beliefs that the meaning of an empty answer rests on.
type premises struct {
	bounds   Bounds
	far      bool
	windowed bool
}

// noteSkipped notes that an answer had rows that could not be read.
func (l *session) noteSkipped(r *response) {
	if r.meta.Skipped > 0 && !l.off(offSkipped) {
		l.unread = append(l.unread, unread{r.slice, r.meta.Skip})
	}
}

// unreadGaps returns the gaps of rows that could not be read: of the time that was asked for, where dates are heeded.
func (l *session) unreadGaps() []Gap {
	var out []Gap
	for _, u := range l.unread {
		s := everything
		if l.dates == helpful && u.slice.Next == "" {
			s = spanOf(u.slice.Start, u.slice.End).wider(slack)
		}
		if s = s.clip(l.wanted); !s.empty() {
			out = append(out, gapOf(s, u.err, l.src.Describe(&u.slice)))
		}
	}
	return out
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

// orNote notes that there were no calls left for a value. Other errors of the value end the listing if they end all.
func (l *session) orNote(err error) error {
	if l.ended(err) {
		return err
	}
	l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
	return nil
}
