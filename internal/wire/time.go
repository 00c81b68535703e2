package wire

import (
	"bytes"
	"strconv"
	"sync/atomic"
	"time"
)

// parseTime reads a date. ok is false if b is not one; absent is true for the dates that servers send
// instead of none; warn tells what is unusual about it, "" for RFC 3339.
func parseTime(b []byte, loc *time.Location) (t time.Time, absent, ok bool, warn string) {
	if t, ok := rfc3339(b); ok {
		// fms-endpoint sends the epoch, open311-to-Go the year 1, for a date that is not known.
		if u := t.Unix(); u == 0 || t.Year() <= 1 {
			return time.Time{}, true, true, "stands for no date"
		}
		return t, false, true, ""
	}
	if bytes.HasPrefix(b, []byte("0000")) || bytes.HasPrefix(b, []byte("0001-01-01")) {
		return time.Time{}, true, true, "stands for no date"
	}
	t, zoned, ok := looseTime(b, loc)
	if !ok {
		if t, zoned, ok = otherLayouts(b, loc); !ok {
			return time.Time{}, false, false, ""
		}
	}
	switch {
	case t.Unix() == 0 || t.Year() <= 1:
		return time.Time{}, true, true, "stands for no date"
	case !zoned:
		return t, false, true, "has no zone; read as " + loc.String()
	}
	return t, false, true, "is not RFC 3339"
}

// rfc3339 reads 2006-01-02T15:04:05 with a fraction or not, and Z or an offset.
func rfc3339(b []byte) (time.Time, bool) {
	if len(b) < 20 || b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' {
		return time.Time{}, false
	}
	y, mo, d := two(b[0:])*100+two(b[2:]), two(b[5:]), two(b[8:])
	h, mi, s := two(b[11:]), two(b[14:]), two(b[17:])
	if y < 0 || mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 59 {
		return time.Time{}, false
	}
	rest, nsec := b[19:], 0
	if rest[0] == '.' {
		k := 1 + digits(rest[1:], 0)
		if k < 2 || k > 10 || k >= len(rest) {
			return time.Time{}, false
		}
		nsec = fraction(rest[1:k])
		rest = rest[k:]
	}
	sec := unix(y, mo, d, h, mi, s)
	if len(rest) == 1 && rest[0] == 'Z' {
		return time.Unix(sec, int64(nsec)).UTC(), true
	}
	if len(rest) != 6 || rest[0] != '+' && rest[0] != '-' || rest[3] != ':' {
		return time.Time{}, false
	}
	oh, om := two(rest[1:]), two(rest[4:])
	if oh < 0 || oh > 23 || om < 0 || om > 59 {
		return time.Time{}, false
	}
	return zoned(sec, nsec, rest[0], oh*60+om), true
}

// two reads two digits; the result is far below zero if they are none, and stays so in sums.
func two(b []byte) int {
	if hi, lo := b[0]-'0', b[1]-'0'; hi <= 9 && lo <= 9 {
		return int(hi)*10 + int(lo)
	}
	return -1 << 20
}

func fraction(digits []byte) int {
	n := 0
	for i := range 9 {
		n *= 10
		if i < len(digits) {
			n += int(digits[i] - '0')
		}
	}
	return n
}

func daysIn(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// unix returns seconds since 1970 in the proleptic Gregorian calendar. The year is taken to start in
// March, so that the leap day is its last.
func unix(y, mo, d, h, mi, s int) int64 {
	if mo < 3 {
		y--
		mo += 12
	}
	days := 365*y + y/4 - y/100 + y/400 + (153*(mo-3)+2)/5 + d - 719469
	return int64(days)*86400 + int64(h*3600+mi*60+s)
}

func zoned(sec int64, nsec int, sign byte, minutes int) time.Time {
	if minutes == 0 {
		return time.Unix(sec, int64(nsec)).UTC()
	}
	if sign == '-' {
		minutes = -minutes
	}
	return time.Unix(sec-int64(minutes)*60, int64(nsec)).In(fixedZone(minutes))
}

// zones keeps the fixed zones of whole quarters of an hour, which are all that are in use, so that
// reading a date makes no garbage.
var zones [2*24*4 + 1]atomic.Pointer[time.Location]

func fixedZone(minutes int) *time.Location {
	if minutes%15 != 0 {
		return time.FixedZone("", minutes*60)
	}
	p := &zones[minutes/15+24*4]
	if loc := p.Load(); loc != nil {
		return loc
	}
	p.CompareAndSwap(nil, time.FixedZone("", minutes*60))
	return p.Load()
}

// looseTime reads what servers send in place of RFC 3339: a blank for the T, no seconds, one-digit
// days and hours, a zone without colon, without minutes, or none, slashes for dashes.
func looseTime(b []byte, loc *time.Location) (t time.Time, zone, ok bool) {
	c := cursor{b: bytes.TrimSpace(b)}
	y := c.number(4, 4)
	sep := c.any("-/")
	mo := c.number(1, 2)
	sep = sep && c.any("-/")
	d := c.number(1, 2)
	if !sep || y < 1 || mo < 1 || mo > 12 || d < 1 || d > daysIn(y, mo) {
		return t, false, false
	}
	var h, mi, s, nsec int
	if c.any("Tt _") {
		for c.any(" ") {
		}
		if h = c.number(1, 2); h > 23 || !c.any(":.") {
			return t, false, false
		}
		if mi = c.number(1, 2); c.any(":") {
			s = c.number(1, 2)
			if c.any(".,") {
				nsec = c.fraction()
			}
		}
		if c.bad || mi > 59 || s > 59 {
			return t, false, false
		}
	}
	for c.any(" ") {
	}
	sec := unix(y, mo, d, h, mi, s)
	switch {
	case len(c.b) == 0:
		u := time.Unix(sec, 0).UTC()
		return time.Date(u.Year(), u.Month(), u.Day(), h, mi, s, nsec, loc), false, true
	case string(c.b) == "Z", string(c.b) == "z", string(c.b) == "UTC", string(c.b) == "GMT":
		return time.Unix(sec, int64(nsec)).UTC(), true, true
	}
	sign := c.b[0]
	if !c.any("+-") {
		return t, false, false
	}
	oh, om := c.number(2, 2), 0
	c.any(":")
	if len(c.b) > 0 {
		om = c.number(2, 2)
	}
	if c.bad || len(c.b) > 0 || oh > 23 || om > 59 {
		return t, false, false
	}
	return zoned(sec, nsec, sign, oh*60+om), true, true
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

// layouts are dates that are written otherwise altogether. Day and month are never guessed: a layout
// with slashes is American, one with dots European.
var layouts = []struct {
	layout string
	zone   bool
}{
	{time.RFC1123, true}, {time.RFC1123Z, true}, {time.RFC850, true}, {time.RubyDate, true}, {time.UnixDate, true},
	{time.ANSIC, false}, {"1/2/2006 3:04:05 PM", false}, {"1/2/2006 3:04 PM", false}, {"1/2/2006 15:04:05", false},
	{"1/2/2006 15:04", false}, {"1/2/2006", false}, {"2.1.2006 15:04:05", false}, {"2.1.2006 15:04", false},
	{"2.1.2006", false}, {"Jan 2, 2006 3:04:05 PM", false}, {"January 2, 2006", false}, {"20060102T150405Z0700", true},
}

func otherLayouts(b []byte, loc *time.Location) (t time.Time, zone, ok bool) {
	text := string(bytes.TrimSpace(b))
	if len(text) > 64 {
		return t, false, false
	}
	// /Date(1330848000000-0800)/ is how older .NET servers write JSON dates; the offset is for display.
	if rest, found := bytes.CutPrefix(bytes.TrimLeft([]byte(text), `\/`), []byte("Date(")); found {
		text = string(rest[:digits(rest, 0)])
		if len(text) < 10 {
			return t, false, false
		}
	}
	if n := len(text); (n == 10 || n == 13) && digits([]byte(text), 0) == n {
		v, err := strconv.ParseInt(text, 10, 64)
		if n == 13 {
			return time.UnixMilli(v).UTC(), true, err == nil
		}
		return time.Unix(v, 0).UTC(), true, err == nil
	}
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l.layout, text, loc); err == nil {
			return t, l.zone, true
		}
	}
	return t, false, false
}
