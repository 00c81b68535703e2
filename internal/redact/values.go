package redact

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// minLen is the length from which a secret is looked for everywhere. A secret
// of one to three bytes ("Al", "key 7") would blank letters out of every word
// of an error; it is hidden by the name of its parameter only.
const minLen = 4

// values are secrets in the forms in which they are looked for.
type values struct {
	patterns []string // folded
	exact    []string // no text, or not enough of it when it is folded: as they are
	numbers  []string // digits of what may be a phone number
	short    []string // folded, too short to be looked for everywhere
}

// valuesOf returns the forms of secrets.
func valuesOf(secrets []string) values {
	var v values
	for _, secret := range secrets {
		whole := (&view{text: secret}).fold().text
		if trimmed := strings.TrimSpace(whole); trimmed != "" && len(trimmed) < minLen {
			v.short = append(v.short, trimmed)
		}
		if len(secret) >= minLen && (len(whole) < minLen || !utf8.ValidString(secret)) {
			v.exact = append(v.exact, secret, strings.ToUpper(secret), strings.ToLower(secret))
		}
		if digits := phoneDigits(secret); digits != "" {
			v.numbers = append(v.numbers, digits)
		}
		for _, form := range spellings(secret) {
			if p := (&view{text: form}).fold().text; len(p) >= minLen {
				v.patterns = append(v.patterns, p)
			}
		}
	}
	slices.Sort(v.patterns)
	v.patterns = slices.Compact(v.patterns)
	return v
}

// spellings returns the texts that are looked for in place of a secret: as it is, without blanks around it, as it reads
// where a text was unescaped too often or its charset was misread, and in the alphabets of encodings.
func spellings(secret string) []string {
	trimmed := strings.TrimSpace(secret)
	all := misread(trimmed)
	for _, form := range []string{secret, trimmed} {
		views(form, func(v *view) { all = append(all, v.text) })
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, form := range []string{trimmed, url.QueryEscape(secret)} {
		if len(form) >= minLen {
			all = append(append(all, base64Forms(form)...), hex.EncodeToString([]byte(form)), quotedPrintable(form))
		}
	}
	if unpadded := strings.TrimRight(trimmed, "="); 2*len(unpadded) > len(trimmed) {
		all = append(all, unpadded) // a key that is base64 itself
	}
	return all
}

// base64Forms covers Basic authentication ("user:key", "key:", ":key") and any
// other base64 the secret is a part of. Three bytes become four letters, so a
// secret inside a longer text has one of three spellings; of each, the letters
// that depend on the secret alone are what can be searched for.
func base64Forms(v string) []string {
	var all []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if len(v) < 8 {
			// Too little is left of a short secret: only the whole forms.
			for _, whole := range []string{v, v + ":", ":" + v} {
				all = append(all, enc.EncodeToString([]byte(whole)))
			}
			continue
		}
		for lead := range 3 {
			text := enc.EncodeToString([]byte(strings.Repeat("\x00", lead) + v))
			from := (lead*8 + 5) / 6         // first letter without a bit of the lead
			to := (lead + len(v)) * 8 / 6    // letters that are full of known bits
			all = append(all, text[from:to]) // the rest depends on what follows
		}
	}
	return all
}

// find appends where the secrets stand in one view.
func (s *values) find(v *view, found []span) []span {
	for _, p := range s.exact {
		found = appendAll(found, v, p)
	}
	if len(s.patterns) == 0 && len(s.numbers) == 0 {
		return found
	}
	f := v.fold()
	for _, p := range s.patterns {
		found = appendAll(found, f, p)
		found = appendEaten(found, f, p)
	}
	return findNumbers(f, s.numbers, found)
}

func appendAll(found []span, v *view, p string) []span {
	for i := 0; ; i += len(p) {
		n := strings.Index(v.text[i:], p)
		if n < 0 {
			return found
		}
		i += n
		found = append(found, v.span(i, i+len(p)))
	}
}

// maxEaten is how many letters of a secret half an escape before it may take, as
// \U does.
const maxEaten = 8

// appendEaten appends where a folded view has all of p but its first letters,
// which half an escape before them has taken for its own: %4 before 1abc%2F reads
// Aabc/. The letters themselves are in a view that this one comes from.
func appendEaten(found []span, v *view, p string) []span {
	if v.outer == nil {
		return found
	}
	most := min(maxEaten, len(p)-1)
	for i := 0; ; {
		n := strings.Index(v.text[i:], p[most:])
		if n < 0 {
			return found
		}
		i += n
		from, eaten := i, most
		for eaten > 0 && from > 0 && v.text[from-1] == p[eaten-1] {
			from, eaten = from-1, eaten-1
		}
		if s := v.span(from, i+len(p)-most); eaten > 0 {
			for outer := v.outer; outer != nil; outer = outer.outer {
				if start := outer.endsAt(s.from, p[:eaten]); start >= 0 {
					s.from = start
					found = append(found, s)
					break
				}
			}
		}
		i++
	}
}

// endsAt returns the place in the original where the folded letters begin that
// stand right before another place; -1 if they do not stand there.
func (v *view) endsAt(place int, letters string) int {
	f := v.fold()
	end := place
	if f.at != nil {
		end, _ = slices.BinarySearch(f.at, int32(place))
	}
	if end > len(f.text) || !strings.HasSuffix(f.text[:end], letters) {
		return -1
	}
	return int(f.place(end - len(letters)))
}

// holdsShort reports whether a secret that is too short to be looked for
// everywhere is a word of the view.
func (s *values) holdsShort(v *view) bool {
	if len(s.short) == 0 {
		return false
	}
	f := v.fold().text
	for _, p := range s.short {
		for i := 0; i < len(f); {
			n := strings.Index(f[i:], p)
			if n < 0 {
				break
			}
			i += n
			if (i == 0 || !nameByte(f[i-1])) && (i+len(p) == len(f) || !nameByte(f[i+len(p)])) {
				return true
			}
			i++
		}
	}
	return false
}

// cutOff returns where a secret begins that the end of the view cuts off after
// at least its half; fewer letters are as likely an ordinary word. It returns
// the length of the original if there is none.
func (s *values) cutOff(v *view) int {
	f := v.fold()
	first := int(f.place(len(f.text)))
	ends := []int{len(f.text)}
	if i := strings.LastIndexAny(f.text, `%\&`); i >= max(0, len(f.text)-longestEntity) {
		ends = append(ends, i) // an escape may be cut off as well
	}
	for _, end := range ends {
		for _, p := range s.patterns {
			for n := min(len(p), end); n >= max(minLen, (len(p)+1)/2); n-- {
				if strings.HasSuffix(f.text[:end], p[:n]) {
					first = min(first, f.span(end-n, end).from)
					break
				}
			}
		}
	}
	return first
}
