package wire

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"
)

// parseTime reads a date. ok is false if b is not one; absent is true for the dates that servers send
// instead of none; warn tells what is unusual about it, "" for RFC 3339.
func parseTime(b []byte, loc *time.Location) (t time.Time, absent, ok bool, warn string) {
	if t, ok := rfc3339(b); ok {
		if standsForNone(t) {
			return time.Time{}, true, true, "stands for no date"
		}
		return t, false, true, ""
	}
	if bytes.HasPrefix(b, []byte("0000")) || bytes.HasPrefix(b, []byte("0001-01-01")) || string(b) == "0" {
		return time.Time{}, true, true, "stands for no date"
	}
	t, zoned, ok := looseTime(b, loc)
	if !ok {
		if t, zoned, ok = otherLayouts(b, loc); !ok {
			return time.Time{}, false, false, ""
		}
	}
	switch {
	case standsForNone(t), !zoned && isZeroOfOLE(t):
		return time.Time{}, true, true, "stands for no date"
	case !zoned:
		return t, false, true, "has no zone; read as " + loc.String()
	}
	return t, false, true, "is not RFC 3339"
}

// standsForNone reports whether t is what servers write for a date that they do not know: fms-endpoint
// the epoch, open311-to-Go the year 1. The epoch may be the midnight of any zone, under the name of any
// other.
func standsForNone(t time.Time) bool {
	const (
		farthest = 14 * 60 * 60 // from UTC, in seconds
		yearTwo  = -62104060800 + farthest
	)
	u := t.Unix()
	if u > farthest { // nearly all of them
		return false
	}
	return -farthest <= u || u < yearTwo && t.Year() <= 1 // the year of a time is slow to tell
}

// isZeroOfOLE reports whether t is the midnight of 30 December 1899, the zero of .NET's OLE dates, of
// Access and of Excel. They write it without a zone; with one it is what it says.
func isZeroOfOLE(t time.Time) bool {
	y, m, d := t.Date()
	h, mi, s := t.Clock()
	return y == 1899 && m == time.December && d == 30 && h == 0 && mi == 0 && s == 0
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

// zonesByName keeps the zones that dates have named: name → *time.Location.
var zonesByName sync.Map

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
