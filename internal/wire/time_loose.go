package wire

import (
	"bytes"
	"time"
)

// looseTime reads what servers send in place of RFC 3339: a blank for the T, no seconds, one-digit
// days and hours, a zone without colon, without minutes, in brackets, or none, slashes for dashes, the
// midnight of 24:00 and the second 60, which are those that follow.
func looseTime(b []byte, loc *time.Location) (t time.Time, zone, ok bool) {
	b, tag := cutZoneTag(bytes.TrimSpace(b))
	c := cursor{b: b}
	y := c.number(4, 4)
	sep := c.any("-/")
	mo := c.number(1, 2)
	sep = sep && c.any("-/")
	d := c.number(1, 2)
	if !sep || y < 1 || mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) {
		return t, false, false
	}
	h, mi, s, nsec := 0, 0, 0, 0
	if c.any("Tt _") {
		if h, mi, s, nsec = c.clock(); c.bad {
			return t, false, false
		}
	}
	for c.any(" ") {
	}
	sec := unix(y, mo, d, h, mi, s)
	if len(c.b) == 0 {
		if tag != nil {
			loc = tag
		}
		u := time.Unix(sec, 0).UTC() // 24:00 and the second 60 have been carried over
		return time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), u.Second(), nsec, loc), tag != nil, true
	}
	sign, minutes, ok := c.offset()
	if !ok {
		return t, false, false
	}
	return zoned(sec, nsec, sign, minutes), true, true
}

// clock reads the time of a day.
func (c *cursor) clock() (h, mi, s, nsec int) {
	for c.any(" ") {
	}
	h = c.number(1, 2)
	c.bad = c.bad || !c.any(":.")
	if mi = c.number(1, 2); c.any(":") {
		s = c.number(1, 2)
		if c.any(".,") {
			nsec = c.fraction()
		}
	}
	c.bad = c.bad || h > 24 || mi > 59 || s > 60 || h == 24 && mi+s+nsec > 0
	return h, mi, s, nsec
}

// offset reads the rest of a text as a zone.
func (c *cursor) offset() (sign byte, minutes int, ok bool) {
	switch string(c.b) {
	case "Z", "z", "UTC", "GMT":
		return '+', 0, true
	}
	sign = c.b[0]
	if !c.any("+-") {
		return 0, 0, false
	}
	h, mi := c.number(2, 2), 0
	c.any(":")
	if len(c.b) > 0 {
		mi = c.number(2, 2)
	}
	return sign, h*60 + mi, !c.bad && len(c.b) == 0 && h <= 23 && mi <= 59
}

// cutZoneTag cuts off what RFC 9557 and Java put behind a date: [America/New_York], [u-ca=iso8601]. zone
// is nil if none of it names one. It says where a time is that has no offset, and nothing new otherwise.
func cutZoneTag(b []byte) (rest []byte, zone *time.Location) {
	for len(b) > 0 && b[len(b)-1] == ']' {
		i := bytes.LastIndexByte(b, '[')
		if i < 0 {
			break
		}
		tag := bytes.TrimPrefix(b[i+1:len(b)-1], []byte("!"))
		if bytes.IndexByte(tag, '=') < 0 {
			if zone = zoneCalled(string(tag)); zone == nil && !hasOffset(b[:i]) {
				break // where that is nobody knows: it is no date
			}
		}
		b = bytes.TrimSpace(b[:i])
	}
	return b, zone
}

// hasOffset reports whether a date ends with Z or an offset.
func hasOffset(b []byte) bool {
	b = bytes.TrimSpace(b)
	i := max(bytes.LastIndexByte(b, '-'), bytes.LastIndexByte(b, '+'))
	return len(b) > 10 && (b[len(b)-1]|0x20 == 'z' || i > 10)
}

// zoneCalled returns the zone with a name of the time zone database, or an offset; nil if there is none.
func zoneCalled(name string) *time.Location {
	if len(name) > 0 && (name[0] == '+' || name[0] == '-') {
		c := cursor{b: []byte(name)}
		if sign, minutes, ok := c.offset(); ok {
			if sign == '-' {
				minutes = -minutes
			}
			return fixedZone(minutes)
		}
		return nil
	}
	if name == "" || name == "Local" || len(name) > 64 {
		return nil
	}
	if z, ok := zonesByName.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zonesByName.Store(name, z) // there are some 600
	return z
}

// cursor walks over a text from the left; bad is set once something was not there.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) number(least, most int) int {
	n := digits(c.b[:min(most, len(c.b))], 0)
	if n < least {
		c.bad = true
		return -1
	}
	v := 0
	for _, d := range c.b[:n] {
		v = v*10 + int(d-'0')
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) any(set string) bool {
	if len(c.b) > 0 && bytes.IndexByte([]byte(set), c.b[0]) >= 0 {
		c.b = c.b[1:]
		return true
	}
	return false
}

func (c *cursor) fraction() int {
	n := digits(c.b, 0)
	if n == 0 {
		c.bad = true
	}
	v := fraction(c.b[:n])
	c.b = c.b[n:]
	return v
}
