package redact

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
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
		if !isHarmless(name) || k.betrays(strings.Join(values, "\n")) {
			delete(req.Header, name)
		}
	}
	u := *req.URL
	u.User = nil
	var kept []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if !k.names.secretParam(name) && !k.betrays(pair) {
			kept = append(kept, pair)
		}
	}
	u.RawQuery = strings.Join(kept, "&")
	req.URL = &u
	if k.betrays(u.EscapedPath()) || k.betrays(u.String()) {
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
func (k *known) betrays(in string) bool { return k.betraysIn(in, 0, true) }

// betraysIn is betrays for a text that has been unpacked so many times. One that is not known to be a text has words
// of a few letters by chance.
func (k *known) betraysIn(in string, packed int, text bool) bool {
	if in == "" {
		return false
	}
	found, deeper := k.find(in)
	if len(found) > 0 || deeper {
		return true
	}
	short := false
	if text {
		views(in, func(v *view) { short = short || k.values.holdsShort(v) })
	}
	if short || packed == maxPacked {
		return short
	}
	plain := in
	for v := (&view{text: in}); v != nil; v = v.unescape() {
		plain = v.text
	}
	for word := range strings.FieldsFuncSeq(plain, outsideBase64) {
		texts, parts := unpacked(word)
		if slices.ContainsFunc(texts, func(t string) bool { return k.betraysIn(t, packed+1, true) }) ||
			slices.ContainsFunc(parts, func(t string) bool { return k.betraysIn(t, packed+1, false) }) {
			return true
		}
	}
	return false
}

func outsideBase64(r rune) bool {
	return !(r < utf8.RuneSelf && (nameByte(byte(r)) || r == '+' || r == '/'))
}

// fromURL writes the base64 of addresses in the letters of plain base64.
var fromURL = strings.NewReplacer("-", "+", "_", "/")

// unpacked returns the texts that a word, or a segment of a path in it, is the base64 or the hexadecimal digits of, and
// what parts of it may be the base64 of. Words are glued on with letters of base64 themselves, as in state_aHR0cDov:
// where its groups of four begin cannot be seen.
func unpacked(word string) (texts, parts []string) {
	const least = 8 // shorter words are words
	if len(word) < least {
		return nil, nil
	}
	segments := strings.Split(word, "/")
	if len(segments) > 1 {
		segments = append(segments, word)
	}
	for _, segment := range segments {
		texts = append(texts, unpackedWhole(segment))
	}
	word = fromURL.Replace(word)
	for from := range 4 {
		part := word[from:]
		if len(part)%4 == 1 { // no group has one letter
			part = part[:len(part)-1]
		}
		if packed, err := base64.RawStdEncoding.DecodeString(part); err == nil {
			parts = append(parts, strings.ToValidUTF8(string(packed), " "))
		}
	}
	return texts, parts
}

// unpackedWhole returns the text that all of a word is the base64 or the hexadecimal digits of, compressed or not; "" if
// it is of none.
func unpackedWhole(word string) string {
	if plain, err := hex.DecodeString(word); err == nil && utf8.Valid(plain) {
		return string(plain)
	}
	packed, err := base64.RawStdEncoding.DecodeString(fromURL.Replace(word))
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
