package retry

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter reads Retry-After: seconds, also with a fraction, or one of the
// HTTP dates. A date in the past is 0. It reports false when there is none that
// can be understood.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if strings.Trim(v, "0123456789.") == "" {
		s, err := strconv.ParseFloat(v, 64)
		switch {
		case err != nil && !math.IsInf(s, 1): // ".", "1.2.3"
			return 0, false
		case s >= math.MaxInt64/float64(time.Second):
			return math.MaxInt64, true
		}
		return time.Duration(s * float64(time.Second)), true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	// The server's own clock made the date. Where it says what time it is, a
	// clock that is minutes off, as small servers' are, does no harm.
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return max(0, at.Sub(now)), true
}
