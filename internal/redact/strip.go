package redact

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

var errKeptSecret = errors.New("the redirect target repeats a secret in its address")

// isHarmless reports whether a header tells another host nothing about the caller but
// what it can read. Whatever else a caller has set is meant for one host.
func isHarmless(header string) bool {
	switch header {
	case "Accept", "Accept-Encoding", "Accept-Language", "User-Agent":
		return true
	}
	return false
}

// Strip takes everything secret out of a request that is about to go to
// another host: its user, parameters that are secret by their names or hold a
// secret at any level of escaping, or at more levels than are looked at, and all
// headers but a few. It fails when the address still holds a secret, as when a
// server puts the key into the path it redirects to.
func (s *Set) Strip(req *http.Request) error {
	k := s.ready()
	for name, values := range req.Header {
		if !isHarmless(name) || k.betrays(strings.Join(values, "\n"), 0) {
			delete(req.Header, name)
		}
	}
	u := *req.URL
	u.User = nil
	var kept []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if !k.names.secretParam(name) && !k.betrays(pair, 0) {
			kept = append(kept, pair)
		}
	}
	u.RawQuery = strings.Join(kept, "&")
	req.URL = &u
	if k.betrays(u.EscapedPath(), 0) || k.betrays(u.String(), 0) {
		return errKeptSecret
	}
	return nil
}

// maxPacked is how many times base64 is looked into: an address in a state that
// is in an address.
const maxPacked = 3

// betrays reports whether a text may hold a secret, which is asked of what goes
// to others: what cannot be looked through to its end does, and so does a word
// that is a secret of a few letters.
func (k *known) betrays(in string, packed int) bool {
	if in == "" {
		return false
	}
	found, deeper := k.find(in)
	if len(found) > 0 || deeper {
		return true
	}
	short := false
	if views(in, func(v *view) { short = short || k.values.holdsShort(v) }); short {
		return true
	}
	if packed == maxPacked {
		return false
	}
	plain := in
	for v := (&view{text: in}); v != nil; v = v.unescape() {
		plain = v.text
	}
	for word := range strings.FieldsFuncSeq(plain, outsideBase64) {
		if k.betrays(unpacked(word), packed+1) {
			return true
		}
		if strings.IndexByte(word, '/') < 0 {
			continue
		}
		for segment := range strings.SplitSeq(word, "/") {
			if k.betrays(unpacked(segment), packed+1) {
				return true
			}
		}
	}
	return false
}

func outsideBase64(r rune) bool {
	return !(r < utf8.RuneSelf && (nameByte(byte(r)) || r == '+' || r == '/'))
}

// unpacked returns the text that a word is the base64 or the hexadecimal digits of, compressed or not; "" if it is of
// none.
func unpacked(word string) string {
	const least = 8 // shorter words are words
	if len(word) < least {
		return ""
	}
	if plain, err := hex.DecodeString(word); err == nil && utf8.Valid(plain) {
		return string(plain)
	}
	enc := base64.RawStdEncoding
	if strings.ContainsAny(word, "-_") {
		enc = base64.RawURLEncoding
	}
	packed, err := enc.DecodeString(word)
	switch {
	case err != nil:
		return ""
	case utf8.Valid(packed):
		return string(packed)
	}
	return inflated(packed)
}

// inflated returns what has been compressed as for a SAML request, bare or with the header of zlib or gzip.
func inflated(packed []byte) string {
	const most = 64 << 10
	for _, header := range []int{0, 2, 10} {
		if len(packed) <= header {
			break
		}
		plain, _ := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed[header:])), most))
		if len(plain) > 0 && utf8.Valid(plain) {
			return string(plain)
		}
	}
	return ""
}
