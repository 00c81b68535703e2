package retry

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// resetHeaders are what servers and gateways that limit calls have beside Retry-After: when the next call is allowed,
// or when the limit begins anew. Many send the latter with every answer, so they count in a 429 only.
var resetHeaders = []struct {
	name string
	unit time.Duration
}{
	{"X-RateLimit-Retry-After", time.Second}, {"X-Retry-After", time.Second},
	{"Retry-After-Ms", time.Millisecond}, {"X-Ms-Retry-After-Ms", time.Millisecond},
	{"X-RateLimit-Reset-After", time.Second}, {"RateLimit-Reset", time.Second},
	{"X-RateLimit-Reset", time.Second}, {"X-Rate-Limit-Reset", time.Second},
}

// After returns how long a response asks to wait. It reports false if it does not, or not in a way that can be
// understood.
func After(status int, h http.Header, now time.Time) (time.Duration, bool) {
	if status != http.StatusTooManyRequests && h.Get("Retry-After") == "" {
		return 0, false
	}
	// The server's own clock made its dates. Where it says what time it is, a
	// clock that is minutes off, as small servers' are, does no harm.
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	if d, ok := waitOf(h, "Retry-After", time.Second, now); ok || status != http.StatusTooManyRequests {
		return d, ok
	}
	for _, reset := range resetHeaders {
		if d, ok := waitOf(h, reset.name, reset.unit, now); ok {
			return d, ok
		}
	}
	// RateLimit: limit=100, remaining=0, reset=7, and as later drafts have it: "minute";r=0;t=7
	for field := range strings.FieldsFuncSeq(h.Get("RateLimit"), func(r rune) bool { return r == ',' || r == ';' }) {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if name == "reset" || name == "t" {
			return parseWait(value, time.Second, now)
		}
	}
	return 0, false
}

// waitOf returns the first value of a header that can be understood.
func waitOf(h http.Header, name string, unit time.Duration, now time.Time) (time.Duration, bool) {
	for _, v := range h.Values(name) {
		if d, ok := parseWait(v, unit, now); ok {
			return d, true
		}
		// A proxy has joined two of them.
		if first, _, joined := strings.Cut(v, ","); joined {
			if d, ok := parseWait(first, unit, now); ok {
				return d, true
			}
		}
	}
	return 0, false
}

// dateLayouts are of dates that are none of HTTP's.
var dateLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 UTC", time.RFC1123Z}

// parseWait reads a number of units, also with a fraction or with its unit behind it, a moment as Unix time, or a
// date. One in the past is 0.
func parseWait(v string, unit time.Duration, now time.Time) (time.Duration, bool) {
	v = strings.ToLower(strings.TrimSpace(v))
	if strings.Trim(v, "0123456789.") == "" {
		return parseNumber(v, unit, now)
	}
	if d, err := time.ParseDuration(v); err == nil {
		return d, d >= 0 && v[0] != '+'
	}
	digits := len(v) - len(strings.TrimLeft(v, "0123456789."))
	if unit := units[strings.TrimSpace(v[digits:])]; unit > 0 && digits > 0 {
		return parseNumber(v[:digits], unit, now)
	}
	v = strings.ToUpper(v)
	at, err := http.ParseTime(v)
	for i := 0; err != nil && i < len(dateLayouts); i++ {
		at, err = time.Parse(dateLayouts[i], v)
	}
	return max(0, at.Sub(now)), err == nil
}

// units are how units of time are spelt, beyond what [time.ParseDuration] reads.
var units = map[string]time.Duration{
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hour": time.Hour, "hours": time.Hour, "ms": time.Millisecond,
}

// parseNumber reads a number of units. Nobody asks for a wait of thirty years: that is a moment, in seconds since
// 1970 or in milliseconds.
func parseNumber(v string, unit time.Duration, now time.Time) (time.Duration, bool) {
	n, err := strconv.ParseFloat(v, 64)
	switch {
	case err != nil && !math.IsInf(n, 1): // "", ".", "1.2.3"
		return 0, false
	case n >= 1e9 && n < 1e10:
		return max(0, time.UnixMilli(int64(n*1e3)).Sub(now)), true
	case n >= 1e12 && n < 1e13:
		return max(0, time.UnixMilli(int64(n)).Sub(now)), true
	case n >= math.MaxInt64/float64(unit):
		return math.MaxInt64, true
	}
	return time.Duration(n * float64(unit)), true
}
