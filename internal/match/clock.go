package match

import "time"

const (
	slip      = 2 * time.Minute // what the clocks of two machines may differ where neither tells the other's time
	tight     = 5 * time.Second // what a stamp and the moment of the call may differ
	zoneStep  = 30 * time.Minute
	farthest  = 14 * time.Hour // of a zone from UTC
	wholeDay  = 24 * time.Hour
	wholeHour = time.Hour
)

// fit is how a stamp goes with the time at which a report was sent.
type fit uint8

const (
	undated   fit = iota
	prompt        // within seconds
	inTime        // within the span in which it was sent
	sameDay       // a date without a time, and it is the day
	otherZone     // in time if local time is labelled as another zone's
	late          // none of these
)

// Span is the time within which a report was sent, by the clock of the server.
type Span struct{ From, To time.Time }

// Sent is when a report was sent, and under which id of the sender's, if the server keeps one.
type Sent struct {
	Span
	Own string
}

func (s Span) grown(by time.Duration) Span { return Span{s.From.Add(-by), s.To.Add(by)} }

func (s Span) has(t time.Time) bool { return !t.Before(s.From) && !t.After(s.To) }

func (s Span) length() time.Duration { return s.To.Sub(s.From) }

// fit says how a stamp goes with the span. least is the least that the server's zone can be off: with a record that is
// stamped now in the same list, no other can be labelled hours behind.
func (s Span) fit(stamp time.Time, least time.Duration) fit {
	switch {
	case stamp.IsZero():
		return undated
	case s.length() <= slip && s.grown(tight).has(stamp):
		return prompt
	case s.grown(slip).has(stamp):
		return inTime
	case isDate(stamp):
		if (Span{s.From.Add(-farthest - wholeDay), s.To.Add(farthest)}).has(stamp) {
			return sameDay
		}
		return late
	}
	allowed := s.grown(min(slip, tight+s.length()))
	for shift := -farthest; shift <= farthest; shift += zoneStep {
		if shift != 0 && shift >= least-slip && allowed.has(stamp.Add(-shift)) {
			return otherZone
		}
	}
	return late
}

// isDate reports whether a stamp is a date without a time: midnight, in a zone of whole hours, or noon.
func isDate(t time.Time) bool {
	u := t.UTC()
	_, offset := t.Zone()
	local := u.Add(time.Duration(offset) * time.Second)
	return isMidnight(u) || isMidnight(local) || local.Hour() == 12 && isMidnight(local.Add(-12*wholeHour))
}

func isMidnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}
