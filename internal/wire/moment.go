package wire

import (
	"fmt"
	"time"
)

func (m *mapper) setTime(to *time.Time, n int32) bool {
	b, ok := m.scalar(n)
	if !ok {
		if m.s.nodes[n].kind < List {
			return false
		}
		if b, ok = m.timeIn(n); !ok {
			return false
		}
	}
	t, absent, ok, note := parseTime(b, m.location)
	switch {
	case !ok:
		return m.misfit(n, WarnDate, "no date; kept in Extra")
	case note != "" && m.warn != nil:
		kind := WarnDate
		if absent {
			kind = WarnValue
		}
		m.warnAt(n, kind, m.s.sample(b)+" "+note)
	}
	if absent {
		m.keep(n)
		return false
	}
	if m.relabel != nil {
		if _, offset := t.Zone(); offset == 0 {
			t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), m.relabel)
		}
	}
	*to = t
	return true
}

// timeIn makes one text of a date that was sent in parts.
func (m *mapper) timeIn(n int32) ([]byte, bool) {
	if b, ok := m.timeParts(n); ok {
		if m.warn != nil {
			m.warnAt(n, WarnType, "a date as a list of numbers")
		}
		return b, true
	}
	b, ok := m.scalarIn(n, shapeLink)
	if !ok || m.s.nodes[n].kind != Object {
		return b, ok
	}
	for _, pair := range [...]struct{ of, beside []string }{
		{[]string{"date", "datetime", "dateTime"}, []string{"timezone", "timeZone", "time_zone"}}, // PHP's and Microsoft's
		{[]string{"_seconds", "seconds"}, []string{"_nanoseconds", "nanoseconds", "nanos"}},       // Firestore's and gRPC's
	} {
		first, ok1 := m.fieldOf(n, pair.of)
		second, ok2 := m.fieldOf(n, pair.beside)
		switch {
		case !ok1 || !ok2:
		case pair.of[0] == "date":
			return fmt.Appendf(nil, "%s[%s]", first, second), true
		case digits(second, 0) == len(second):
			return fmt.Appendf(nil, "%s.%09s", first, second), true
		}
	}
	return b, true
}

// fieldOf returns the text of the first field of nodes[n] that has one of the names.
func (m *mapper) fieldOf(n int32, names []string) ([]byte, bool) {
	for k := n + 1; k < m.s.nodes[n].next; k = m.s.nodes[k].next {
		for _, name := range names {
			if string(m.s.name(&m.s.nodes[k])) == name {
				return m.scalar(k)
			}
		}
	}
	return nil, false
}

// timeParts reads a date as Jackson writes java.time: [2026,3,4], and with hour, minute, second and
// nanosecond where they are not zero. The numbers may be texts.
func (m *mapper) timeParts(n int32) ([]byte, bool) {
	const most = 7
	var parts [most]int
	count := 0
	for k := n + 1; k < m.s.nodes[n].next; k++ {
		b := m.s.text(&m.s.nodes[k])
		if kind := m.s.nodes[k].kind; kind != Number && kind != Text || len(b) == 0 || len(b) > 9 || digits(b, 0) != len(b) || count == most {
			return nil, false
		}
		for _, c := range b {
			parts[count] = parts[count]*10 + int(c-'0')
		}
		count++
	}
	if m.s.nodes[n].kind != List || count != 3 && count < 5 {
		return nil, false
	}
	return fmt.Appendf(nil, "%04d-%d-%d %d:%d:%d.%09d", parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6]), true
}
