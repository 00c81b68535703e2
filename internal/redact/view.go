package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A view is a text as it reads when some levels of escaping are undone, with
// the place that each byte of it has in the original.
type view struct {
	text string
	// at[i] is where text[i] begins in the original, at[len(text)] where the
	// original ends. Nil means that both are the same.
	at []int32
	// whole are the values that were found with their ends in this view, or in
	// one of those that it comes from.
	whole []span
	outer *view // the one that it comes from

	folded *view // what fold returns, once it is known
}

// A span is a piece of the original text to hide, and where it has the quote to
// put around the mask.
type span struct{ from, to, quoteFrom, quoteTo int }

// span returns the piece of the original that text[i:j] comes from. An escape
// is a piece as a whole, also if only a part of what it stands for is.
func (v *view) span(i, j int) span {
	if v.at == nil {
		return span{from: i, to: j}
	}
	for j < len(v.text) && v.at[j] == v.at[j-1] {
		j++
	}
	return span{from: int(v.at[i]), to: int(v.at[j])}
}

// place returns where text[i] begins in the original.
func (v *view) place(i int) int32 {
	if v.at == nil {
		return int32(i)
	}
	return v.at[i]
}

// unescape undoes one level of escaping; nil means that there is none.
func (v *view) unescape() *view { return v.undo(allKinds) }

// undo is unescape for the escapes that begin with one of the marks.
func (v *view) undo(marks string) *view {
	if !strings.ContainsAny(v.text, marks) {
		return nil
	}
	out := make([]byte, 0, len(v.text))
	at := make([]int32, 0, len(v.text)+1)
	changed := false
	for i := 0; i < len(v.text); {
		n, before := 0, len(out)
		if strings.IndexByte(marks, v.text[i]) >= 0 {
			out, n = appendPlain(out, v.text[i:])
		}
		if n == 0 {
			out, n = append(out, v.text[i]), 1
		} else {
			changed = true
		}
		for range len(out) - before {
			at = append(at, v.place(i))
		}
		i += n
	}
	if !changed {
		return nil
	}
	return &view{text: string(out), at: append(at, v.place(len(v.text))), whole: v.whole, outer: v}
}

// fold returns the view as it is compared: in small letters without their marks, with one kind of blank, for which "+"
// stands in a form, one kind of hyphen, and nothing that is not seen. Each letter is folded by itself, whatever stands
// beside it: where a text has a secret, the folded text has the folded secret.
func (v *view) fold() *view {
	if v.folded == nil {
		v.folded = v.newFolded()
	}
	return v.folded
}

func (v *view) newFolded() *view {
	if isASCII(v.text) {
		out := []byte(v.text)
		for i, c := range out {
			out[i] = foldByte(c)
		}
		return &view{text: string(out), at: v.at, outer: v.outer}
	}
	out := make([]byte, 0, len(v.text))
	at := make([]int32, 0, len(v.text)+1)
	for i := 0; i < len(v.text); {
		r, n := utf8.DecodeRuneInString(v.text[i:])
		if r == utf8.RuneError && n == 1 {
			r = rune(v.text[i]) // a byte of ISO 8859-1, as older servers write
		}
		before := len(out)
		out = appendFolded(out, r)
		for range len(out) - before {
			at = append(at, v.place(i))
		}
		i += n
	}
	return &view{text: string(out), at: append(at, v.place(len(v.text))), outer: v.outer}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func foldByte(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	case c == '+', '\t' <= c && c <= '\r':
		return ' '
	}
	return c
}

// appendFolded appends a letter as it is compared: é as e, ß as ss, a full-width digit as a digit.
func appendFolded(out []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		return append(out, foldByte(byte(r)))
	case r == 'ß', r == 'ẞ':
		return append(out, "ss"...)
	}
	for _, r := range norm.NFKD.String(string(r)) {
		switch {
		case r < utf8.RuneSelf:
			out = append(out, foldByte(byte(r)))
		case unicode.In(r, unicode.Mn, unicode.Cf): // a mark, or what is not seen, as a soft hyphen
		case unicode.IsSpace(r):
			out = append(out, ' ')
		case unicode.IsDigit(r):
			out = append(out, '0'+digitOf(r))
		case unicode.Is(unicode.Pd, r), r == '\u2212': // a minus sign
			out = append(out, '-')
		default:
			out = utf8.AppendRune(out, unicode.ToLower(unicode.ToUpper(r)))
		}
	}
	return out
}

// digitOf returns the value of a decimal digit of any script: the ten of each follow one another.
func digitOf(r rune) byte {
	n := 0
	for unicode.IsDigit(r - 1 - rune(n)) {
		n++
	}
	return byte(n % 10)
}
