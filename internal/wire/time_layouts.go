package wire

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// layouts are dates that are written otherwise altogether. Day and month are never guessed: a layout
// with slashes is American, one with dots European, and one with the name of the month is either. Package
// time takes a fraction behind the seconds of any of them.
var layouts = []struct {
	layout string
	zone   bool
}{
	{time.RFC1123, true}, {time.RFC1123Z, true}, {time.RFC850, true}, {time.RubyDate, true}, {time.UnixDate, true},
	{"Mon, 2 Jan 2006 15:04:05 MST", true}, {"Mon, 2 Jan 2006 15:04:05 -0700", true}, {"2 Jan 2006 15:04:05 -0700", true},
	{time.ANSIC, false}, {"1/2/2006 3:04:05 PM", false}, {"1/2/2006 3:04 PM", false}, {"1/2/2006 15:04:05", false},
	{"1/2/2006 15:04", false}, {"1/2/2006", false}, {"1/2/2006, 3:04:05 PM", false}, {"1/2/2006, 15:04:05", false},
	{"2.1.2006 15:04:05", false}, {"2.1.2006 15:04", false}, {"2.1.2006", false}, {"2.1.2006, 15:04:05", false},
	{"Jan 2, 2006 3:04:05 PM", false}, {"Jan 2, 2006, 3:04:05 PM", false}, {"January 2, 2006", false}, {"Jan 2, 2006", false},
	{"20060102T150405Z0700", true},
	// JavaScript's Date.toString and toDateString
	{"Mon Jan 2 2006 15:04:05 GMT-0700", true}, {"Mon Jan 2 2006 15:04:05 MST", true}, {"Mon Jan 2 2006", false},
	// Oracle's and MySQL's
	{"2-Jan-06", false}, {"2-Jan-2006", false}, {"2-Jan-06 3.04.05 PM", false}, {"2-Jan-06 3.04.05 PM -07:00", true},
	{"2-Jan-06 15.04.05", false}, {"2-Jan-06 15:04:05", false}, {"2-Jan-06 3:04:05 PM", false}, {"2-Jan-2006 15:04:05", false},
	{"2-Jan-2006 15:04", false}, {"2-Jan-2006 3:04:05 PM", false}, {"2-Jan-2006 15:04:05 -0700", true},
	// A zone by its letters, behind what is nearly RFC 3339
	{"2006-1-2 15:04:05 MST", true}, {"2006-1-2T15:04:05 MST", true},
}

// longestDate is how long a text may be that is looked at as a date.
const longestDate = 128

func otherLayouts(b []byte, loc *time.Location) (t time.Time, zone, ok bool) {
	b = bytes.TrimSpace(b)
	if len(b) > longestDate {
		return t, false, false
	}
	if t, ok := numberTime(b); ok {
		return t, true, true
	}
	b, tag := cutZoneTag(b)
	text := string(b)
	if i := strings.IndexByte(text, '('); i > 0 && strings.HasSuffix(text, ")") {
		text = strings.TrimRight(text[:i], " ") // GMT+0000 (Coordinated Universal Time)
	}
	if tag != nil {
		loc = tag
	}
	for _, l := range layouts {
		t, err := time.ParseInLocation(l.layout, text, loc)
		if err == nil && l.zone && strings.Contains(l.layout, "MST") {
			t, ok = byAbbreviation(t, loc)
			return t, true, ok
		}
		if err == nil {
			return t, l.zone || tag != nil, true
		}
	}
	return t, false, false
}

// americanZones are those that RFC 822 gives letters to, in hours from UTC.
var americanZones = map[string]int{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}

// byAbbreviation checks a date whose zone was given in letters. Package time takes letters that the
// zone of loc does not have for UTC: hours beside the truth. Those of RFC 822 are American; other letters
// mean one thing here and another there.
func byAbbreviation(t time.Time, loc *time.Location) (time.Time, bool) {
	name, offset := t.Zone()
	hours, american := americanZones[name]
	switch {
	case offset != 0 || t.Location() == loc || t.Location() == time.UTC:
		return t, true
	case name == "UTC" || name == "GMT" || name == "UT" || name == "Z" || name == "WET":
		return t.UTC(), true
	case american:
		return zoned(t.Unix(), t.Nanosecond(), '-', -hours*60), true
	}
	return t, false
}

// numberTime reads the time since 1970, in the unit that its number of digits tells, and what .NET makes
// of it: /Date(1330848000000-0800)/, in which the offset is for display.
func numberTime(b []byte) (t time.Time, ok bool) {
	if rest, found := bytes.CutPrefix(bytes.TrimLeft(b, `\/`), []byte("Date(")); found {
		sign := len(rest) - len(bytes.TrimPrefix(rest, []byte("-")))
		ms, err := strconv.ParseInt(string(rest[:digits(rest, sign)]), 10, 64)
		if n := digits(rest, sign) - sign; err != nil || n < 10 && ms != 0 {
			return t, false
		}
		return time.UnixMilli(ms).UTC(), true
	}
	whole := digits(b, 0)
	rest := b[whole:]
	if whole == 0 {
		return t, false
	}
	if bytes.ContainsAny(rest, "eE") {
		f, ok := parseFloat(b)
		switch {
		case ok && f >= 1e9 && f < 1e10:
			sec, part := math.Modf(f)
			return time.Unix(int64(sec), int64(math.Round(part*1e6))*1e3).UTC(), true
		case ok && f >= 1e12 && f < 1e13:
			return time.UnixMicro(int64(math.Round(f * 1e3))).UTC(), true
		}
		return t, false
	}
	if len(rest) > 0 && (rest[0] != '.' || len(rest) == 1 || digits(rest, 1) != len(rest)) {
		return t, false
	}
	v, err := strconv.ParseInt(string(b[:whole]), 10, 64)
	if err != nil {
		return t, false
	}
	part := 0 // of one unit, in billionths
	if len(rest) > 0 {
		part = fraction(rest[1:])
	}
	switch whole {
	case 1:
		return time.Unix(0, 0).UTC(), v == 0 && part == 0
	case 10:
		return time.Unix(v, int64(part)).UTC(), true
	case 13:
		return time.Unix(v/1e3, v%1e3*1e6+int64(part)/1e3).UTC(), true
	case 16:
		return time.UnixMicro(v).UTC(), true
	case 19:
		return time.Unix(0, v).UTC(), true
	}
	return t, false
}
