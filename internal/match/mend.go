package match

import (
	"html"
	"io"
	"mime/quotedprintable"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

var (
	tags    = pattern(`</?[A-Za-z][^<>]*>`)
	queried = pattern(`%20|\+.*%[0-9A-F]{2}|%[0-9A-F]{2}.*\+`)
	mailed  = pattern(`=[0-9A-F]{2}=[0-9A-F]{2}|=\r?\n`)
	escapes = pattern(`\\u[0-9A-Fa-f]{4}(\\u[0-9A-Fa-f]{4})?|\\[nrt"'/\\]`)
)

// pattern compiles an expression when it is first used: most programs never compare reports.
func pattern(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// mend takes off what programs put around texts: entities, as often as they were escaped, tags, backslashes, percent
// signs and the equals signs of mail.
func mend(s string) string {
	if mailed().MatchString(s) {
		if plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s))); err == nil && utf8.Valid(plain) {
			s = string(plain)
		}
	}
	if !strings.ContainsAny(s, " \n") && queried().MatchString(s) {
		if plain, err := url.QueryUnescape(s); err == nil {
			s = plain
		}
	}
	for range 2 {
		if strings.Contains(s, `\`) {
			s = escapes().ReplaceAllStringFunc(s, unescape)
		}
	}
	for range 3 {
		plain := html.UnescapeString(s)
		if plain == s {
			break
		}
		s = plain
	}
	return tags().ReplaceAllString(s, " ")
}

// unescape reads one escape of JSON, or of addslashes.
func unescape(s string) string {
	switch s[1] {
	case 'n', 'r', 't':
		return " "
	case 'u':
		var units []uint16
		for _, hex := range strings.Split(s, `\u`)[1:] {
			n, _ := strconv.ParseUint(hex, 16, 16) // the pattern has seen that it is one
			units = append(units, uint16(n))
		}
		return string(utf16.Decode(units))
	}
	return s[1:]
}

// misread undoes the reading of UTF-8 as Latin-1 or windows-1252. Bytes that have got lost on the way leave a '?'.
// ok is false if nothing of the kind has happened.
func misread(s string) (plain string, ok bool) {
	var b strings.Builder
	var group []byte
	flush := func() {
		for len(group) > 0 {
			r, size := utf8.DecodeRune(group)
			if r != utf8.RuneError {
				ok = ok || size > 1
				b.WriteRune(r)
			} else {
				size = lead(group)
				b.WriteByte('?')
			}
			group = group[size:]
		}
	}
	for _, r := range s {
		c, isByte := byteOf(r)
		if !isByte || c < 0x80 {
			flush()
			b.WriteRune(r)
			continue
		}
		group = append(group, c)
	}
	flush()
	return b.String(), ok || strings.ContainsAny(s, "ÃÂðâ")
}

// lead returns how many bytes of a broken sequence belong together.
func lead(group []byte) int {
	n := 1
	for n < len(group) && n < 4 && group[n]&0xC0 == 0x80 {
		n++
	}
	return n
}

// byteOf returns the byte that has been read as r.
func byteOf(r rune) (byte, bool) {
	if r < 0x100 {
		return byte(r), true
	}
	return charmap.Windows1252.EncodeRune(r)
}
