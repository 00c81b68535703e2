package wire

import (
	"bytes"
	"math"
	"strconv"
)

// isNothing reports whether a text is a word for null: georeport-server writes None, others null.
func isNothing(b []byte) bool {
	return len(b) == 4 && (string(b) == "None" || string(b) == "null" || string(b) == "NULL" || string(b) == "Null")
}

var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
	1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// parseFloat reads a decimal number. Up to 2⁵³ the digits and the power of ten are exact in float64, so
// one division gives the correctly rounded result; the rest is for strconv.
func parseFloat(b []byte) (float64, bool) {
	i, neg := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		i = 1
	}
	var m uint64
	places, point := 0, false
	start := i
	for ; i < len(b); i++ {
		c := b[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' || m >= 1<<53/10 {
			break
		}
		m = m*10 + uint64(c-'0')
		if point {
			places++
		}
	}
	if i == len(b) && i > start && m <= 1<<53 && places < len(pow10) && (i-start > 1 || !point) {
		f := float64(m) / pow10[places]
		if neg {
			f = -f
		}
		return f, true
	}
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false // not "inf", not "0x1p3"
		}
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return f, err == nil && !math.IsInf(f, 0)
}

// wholeNumber writes a JSON number that is whole without its fraction and exponent: 12345.0 and 1.0E7 are
// how some languages print the ids 12345 and 10000000. Without an exponent all digits are there and are
// kept. With one, more than 15 digits may be rounded: then it stays as it is, like all that is not whole.
func wholeNumber(b []byte) []byte {
	mark := bytes.IndexAny(b, ".eE")
	if mark < 0 {
		return b
	}
	mantissa, exponent, scaled := b, 0, false
	if e := bytes.IndexAny(b, "eE"); e >= 0 {
		n, err := strconv.Atoi(string(bytes.TrimPrefix(b[e+1:], []byte("+"))))
		if err != nil || n < -15 || n > 15 {
			return b
		}
		mantissa, exponent, scaled = b[:e], n, true
	}
	whole, part, _ := bytes.Cut(mantissa, []byte("."))
	places := len(part) - exponent // behind the point
	all := append(append([]byte(nil), whole...), part...)
	for ; places < 0; places++ {
		all = append(all, '0')
	}
	if places > len(all) {
		return b
	}
	all, rest := all[:len(all)-places], all[len(all)-places:]
	sign := 0
	if len(all) > 0 && all[0] == '-' {
		sign = 1
	}
	for len(all) > sign+1 && all[sign] == '0' {
		all = append(all[:sign], all[sign+1:]...)
	}
	if len(bytes.Trim(rest, "0")) > 0 || len(all) == sign || scaled && len(all)-sign > 15 {
		return b
	}
	return all
}

// decimal changes a decimal comma to a point: 52,52. Only for a text that has no point.
func decimal(b []byte) []byte {
	if bytes.IndexByte(b, '.') >= 0 || bytes.Count(b, []byte(",")) != 1 {
		return b
	}
	return bytes.Replace(b, []byte(","), []byte("."), 1)
}

func parseBool(b []byte) (v, ok bool) {
	if len(b) > 5 {
		return false, false
	}
	switch string(bytes.ToLower(b)) {
	case "true", "1", "yes", "y", "t", "on":
		return true, true
	case "false", "0", "no", "n", "f", "off":
		return false, true
	}
	return false, false
}
