package listing

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

// orNote notes that there were no calls left for a value. Other errors of the value end the listing if they end all.
func (l *session) orNote(err error) error {
	if l.ended(err) {
		return err
	}
	l.gaps = append(l.gaps, gapOf(l.wanted, err, ""))
	return nil
}

// manifold returns the gaps of moments that were taken for whole since the city had so few requests: it has others, and has
// never given more at once.
func (l *session) manifold() []Gap {
	var out []Gap
	for _, f := range l.fews {
		if l.caller.rows > f.known && l.caps.of(0).Rows <= f.sent {
			out = append(out, f.gap)
		}
	}
	return out
}
