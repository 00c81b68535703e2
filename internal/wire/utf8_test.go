package wire

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// notUTF8 looks whether names and values that are not UTF-8, or have control characters, are seen wherever they stand.
func notUTF8(t *testing.T, in string, bad bool, read func(*scan) (int, error)) {
	t.Helper()
	s := newXMLScan(in)
	for round := range 2 { // in the second the names are known
		s.reset()
		if _, err := read(s); err != nil || (s.invalid || s.c1) != bad {
			t.Errorf("%q, round %d: %v, %v, %v", in, round, s.invalid, s.c1, err)
		}
	}
}

func TestXMLNotUTF8(t *testing.T) {
	for in, bad := range map[string]bool{
		`<r><a>abcdefghijklmnöabcdefghijk</a></r>`:         false,
		"<r><a>abcdefghijklmn\xf6abcdefghijk</a></r>":      true,
		"<r><a>\xf6</a></r>":                               true,
		"<r><a>ö\xf6</a></r>":                              true,
		"<r><\xf6>1</\xf6></r>":                            true,
		"<r><x\u0085>1</x\u0085></r>":                      true,
		`<r><a>&#xF6;</a></r>`:                             false,
		"<r><a><![CDATA[\xf6]]></a></r>":                   true,
		"<r><a x=\"\xf6\">1</a></r>":                       true,
		"<r><a x=\"o\">1</a><!-- \xf6 --></r>":             false,
		"<r><a>a</a><b>b</b></r><\xf6>\xf6</\xf6>":         false,
		"<r><a>abcdefg\u0085</a></r>":                      true,
		"<r><a>abcdefgö — ü</a><b>abcd \u0085</b></r>":     true,
		"<r><a>abcdefgü</a><b>ü—abcd</b><c>—</c></r>":      false,
		"<r><a>a &amp; \u009F b</a><b>b</b></r>öö":         true,
		"<r><a>abcdefghi</a><b>\xe4 abcdefghijklm</b></r>": true,
	} {
		notUTF8(t, in, bad, func(s *scan) (int, error) { return s.xmlRecord(0) })
	}
}

// TestCheck compares check with what utf8 says of the same bytes.
func TestCheck(t *testing.T) {
	parts := []string{"a", "ö", "я", "道", "€", "\uFFFD", "\uE000", "😀", "\u0080", "\u009F", "\u00A0", "\xC2", "\xC1\x80", "\xE0\x80\x80", "\xE2\x82",
		"\xED\xA0\x80", "\xF0\x9F\x98", "\xF5\x80\x80\x80", "\x80", "\xFF"}
	for _, one := range parts {
		for _, two := range parts {
			for _, three := range parts {
				text := one + two + three
				s := &scan{src: []byte("\xFF" + text + "\xFF")}
				s.check(span{1, uint32(1 + len(text))})
				if s.invalid == utf8.ValidString(text) {
					t.Errorf("%q: not UTF-8 is %t", text, s.invalid)
				}
				if !s.invalid && s.c1 != strings.ContainsFunc(text, isC1) {
					t.Errorf("%q: control characters: %t", text, s.c1)
				}
			}
		}
	}
}

func TestJSONNotUTF8(t *testing.T) {
	const end = `,"c":"so that the end of the window is not near"}`
	for in, bad := range map[string]bool{
		`{"a":"abcdefghijklmnöabcdefghijk"` + end:             false,
		"{\"a\":\"abcdefghijklmn\xf6abcdefghijk\"" + end:      true,
		"{\"a\":\"abcdefghijklmn\xf6\"}":                      true,
		"{\"a\":\"\xf6\"" + end:                               true,
		"{\"a\":\"ö\xe4" + `\n\"\u00F6"` + end:                true,
		"{\"a\":\"" + `\u00F6\n` + "abcdefghijk\xf6\"" + end:  true,
		"{\"\xf6\":\"a\"" + end:                               true,
		"{\"x\u0085\":\"a\"" + end:                            true,
		"{\"a\":'abc\xf6'" + end:                              true,
		"{\"a\":abc\xf6" + end:                                true,
		"{\"a\":[{\"b\":\"abc\xf6\"}]" + end:                  true,
		`{"a":"\u0085"` + end:                                 false,
		"{\"a\":\"abcdefgö — ü\",\"b\":\"abcd \u0085\"" + end: true,
		`{"a":"abcdefgü","b":"ü—abcd","d":"—"` + end:          false,
		"{\"a\":\"abc\"" + end + ",\"\xf6\"":                  false,
	} {
		notUTF8(t, in, bad, func(s *scan) (int, error) { return s.jsonRecord(0) })
	}
}
