package plain

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLineAndText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"":                       {"", ""},
		"Straße 1 – \u200fمثال":  {"Straße 1 – \u200fمثال", "Straße 1 – \u200fمثال"},
		"a\nb":                   {"a b", "a\nb"},
		"a\r\n\tb":               {"a b", "a\n\tb"},
		"\n a \rb":               {"a b", "\n a \nb"},
		"a\x1b]0;x\x07":          {"a\uFFFD]0;x\uFFFD", "a\uFFFD]0;x\uFFFD"},
		"\u009b31m\u0085":        {"\uFFFD31m\uFFFD", "\uFFFD31m\uFFFD"},
		"\u202eabc\u202c\u2066x": {"\uFFFDabc\uFFFD\uFFFDx", "\uFFFDabc\uFFFD\uFFFDx"},
		"x\u2028y\u2029":         {"x\uFFFDy\uFFFD", "x\uFFFDy\uFFFD"},
		"a\xffb\x7f":             {"a\uFFFDb\uFFFD", "a\uFFFDb\uFFFD"},
	} {
		if got := [2]string{Line(in), Text(in)}; got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// None of what moves a cursor, turns a line or begins one is left, to the last of each kind.
func TestEveryTrickyRune(t *testing.T) {
	for r := range rune(0x2100) {
		bad := r < ' ' && r != '\n' && r != '\t' || r >= 0x7F && r < 0xA0 || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x2069
		if text := Text("a" + string(r) + "b"); strings.ContainsRune(text, r) == bad {
			t.Errorf("U+%04X: %q", r, text)
		}
		bad = bad || r == '\n' || r == '\t'
		if text := Line("a" + string(r) + "b"); strings.ContainsRune(text, r) == bad {
			t.Errorf("U+%04X in a line: %q", r, text)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("a\r\n\x1b[0m\u202e\xff")
	f.Fuzz(func(t *testing.T, in string) {
		bad := func(r rune) bool {
			return unicode.IsControl(r) && r != '\n' && r != '\t' || strings.ContainsRune("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r)
		}
		for name, out := range map[string]string{"Line": Line(in), "Text": Text(in)} {
			if strings.ContainsFunc(out, bad) || !utf8.ValidString(out) || name == "Line" && strings.ContainsAny(out, "\n\t") {
				t.Errorf("%s(%q) = %q", name, in, out)
			}
		}
		if Text(Text(in)) != Text(in) || Line(Line(in)) != Line(in) {
			t.Errorf("%q: not stable", in)
		}
	})
}
