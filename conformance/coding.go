package conformance

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Labels that are not those of the body.
var (
	errCoding = errors.New("Content-Encoding was not asked for")
	errUnsaid = errors.New("the body is gzip, and Content-Encoding does not say so")
)

// decoded undoes a Content-Encoding that the HTTP client has left on a body. x-gzip is gzip (RFC 9110, 8.4.1.3).
func decoded(coding string, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return body, nil
	}
	if strings.TrimSpace(coding) == "" && bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		b, err := decoded("gzip", body)
		if err == nil {
			err = errUnsaid
		}
		return b, err
	}
	for _, c := range slices.Backward(strings.Split(coding, ",")) {
		switch c = strings.TrimSpace(c); strings.ToLower(c) {
		case "", "identity":
		case "gzip", "x-gzip":
			r, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				return nil, err
			}
			if body, err = io.ReadAll(io.LimitReader(r, maxBody+1)); err != nil {
				return nil, err
			}
		default:
			return body, fmt.Errorf("%w: %q", errCoding, c)
		}
	}
	return body, nil
}

// notCoded: what cannot be unpacked is a fault of the server, and no trouble on the way.
func notCoded(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, errCoding) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt)
}

// judgeCoding looks for answers that cannot be unpacked. What they would have said is not judged.
func judgeCoding(s *session, f Format) outcome {
	seen := false
	for _, x := range s.log {
		if x.format != f || x.err != nil || !s.target.looksAt(x.op) {
			continue
		}
		seen = true
		switch {
		case x.coded != nil:
			return broken(x, "the body cannot be unpacked: %v", x.coded)
		case x.label != nil:
			return broken(x, "the body can be read all the same: %v", x.label)
		}
	}
	if !seen {
		return cannot("there was no answer in %s", upper(f))
	}
	return fine
}

// narrowed returns UTF-16 as UTF-8, and whether it was UTF-16: what it says can be judged all the same. Each second
// byte of the beginning of XML or JSON in UTF-16 is 0.
func narrowed(body []byte) ([]byte, bool) {
	if len(body) < 4 {
		return body, false
	}
	high := 0 // which byte of two is the high one
	switch marked := body[0] == 0xFF && body[1] == 0xFE || body[0] == 0xFE && body[1] == 0xFF; {
	case marked && body[0] == 0xFF, !marked && body[0] != 0 && body[1] == 0 && body[3] == 0:
		high = 1
	case marked, body[0] == 0 && body[1] != 0 && body[2] == 0:
	default:
		return body, false
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = uint16(body[2*i+high])<<8 | uint16(body[2*i+1-high])
	}
	return bytes.TrimPrefix([]byte(string(utf16.Decode(units))), byteOrderMark), true
}

// judgeUTF8 looks at bytes, and at escapes of JSON that stand for half of a letter: no text in UTF-8 has those.
func judgeUTF8(x *exchange) string {
	if x.wide {
		return "the answer is in UTF-16"
	}
	i := 0
	for rest := x.body; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			return fmt.Sprintf("byte %d, 0x%02X, is not", i, x.body[i])
		}
		rest, i = rest[n:], i+n
	}
	if x.format != FormatJSON {
		return ""
	}
	for _, at := range surrogate.FindAllIndex(x.body, -1) {
		if escape := string(x.body[at[0]:at[1]]); strings.HasPrefix(escape, `\u`) && len(escape) == len(`\ud800`) {
			return fmt.Sprintf("byte %d, %s, is half of a letter", at[0], escape)
		}
	}
	return ""
}

// surrogate matches two halves of a letter, one of them, or another escape, which is gone over.
var surrogate = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\[^u]`)
