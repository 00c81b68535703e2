package redact

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// escapes are ways to write a text inside another one, and how to read it again.
var escapes = []struct {
	name string
	out  func(string) string
	in   func(string) string
}{
	{"query", url.QueryEscape, unquery},
	{"path", url.PathEscape, unquery},
	{"query, small letters", func(s string) string { return lowerHex(url.QueryEscape(s)) }, unquery},
	{"every byte", func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, "%%%02X", s[i])
		}
		return b.String()
	}, unquery},
	{"json", inJSON, unjson},
	{"python", jsonASCII, unjson},
	{"php", func(s string) string { return strings.ReplaceAll(jsonASCII(s), "/", `\/`) }, unjson},
	{"html", html.EscapeString, html.UnescapeString},
	{"numbers", func(s string) string { return references(s, "&#%d;") }, html.UnescapeString},
	{"hexadecimal numbers", func(s string) string { return references(s, "&#x%X;") }, html.UnescapeString},
	{"octal", func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, `\%03o`, s[i])
		}
		return b.String()
	}, unbackslash},
	{"braces", func(s string) string { return references(s, `\u{%x}`) }, unbackslash},
}

// everyLetter are the escapes that leave no letter as it is, behind a backslash.
var everyLetter = map[string]bool{"octal": true, "braces": true}

// unbackslash reads what these two write.
func unbackslash(s string) string {
	var out []byte
	for s != "" {
		var r rune
		if _, err := fmt.Sscanf(s, `\u{%x}`, &r); err == nil {
			out, s = utf8.AppendRune(out, r), s[strings.IndexByte(s, '}')+1:]
		} else if n, err := strconv.ParseUint(s[min(1, len(s)):min(4, len(s))], 8, 8); err == nil && s[0] == '\\' && len(s) > 3 {
			out, s = append(out, byte(n)), s[4:]
		} else {
			out, s = append(out, s[0]), s[1:]
		}
	}
	return string(out)
}

func unquery(s string) string { s, _ = url.QueryUnescape(s); return s }

func inJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b[1 : len(b)-1])
}

func unjson(s string) (out string) {
	_ = json.Unmarshal([]byte(`"`+s+`"`), &out)
	return out
}

func references(s, format string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, format, r)
	}
	return b.String()
}

var levelSecrets = []string{"K3y+s3cr3t/Zq==", "Schlüssel-Ö/ñ=", `a"b\c&d<e>'f`, "50%2Boff%41", "😀key😀", "key with blanks", "abcd", "%25%25", `\u0041\n`}

func TestTextAtEveryLevel(t *testing.T) {
	t.Parallel()
	for _, secret := range levelSecrets {
		s := New(secret)
		for _, e := range escapes {
			in := secret
			for level := range 6 {
				if level > 0 {
					in = e.out(in)
				}
				if len(in) > 1<<16 {
					break
				}
				if out := s.Text("(" + in + ")"); out != "("+Mask+")" {
					t.Errorf("%s, level %d: %.80q became %.80q", e.name, level, in, out)
				}
			}
		}
		for _, outer := range escapes {
			for _, inner := range escapes {
				if out := s.Text("(" + outer.out(inner.out(secret)) + ")"); out != "("+Mask+")" {
					t.Errorf("%s in %s: %q became %q", inner.name, outer.name, outer.out(inner.out(secret)), out)
				}
			}
		}
	}
}

// A name gives a value away at every level, however short the value is.
func TestNamesAtEveryLevel(t *testing.T) {
	t.Parallel()
	s := New("K7").WithNames("tok")
	for _, e := range escapes {
		for _, name := range []string{"api_key", "tok", "email"} {
			in := name + "=K7"
			for level := range 6 {
				if level > 0 {
					in = e.out(in)
				}
				text := "http://a.example/?next=" + in
				if out := s.Text(text); read(out, "K7") {
					t.Errorf("%s, level %d: %q became %q", e.name, level, text, out)
				}
				if out := s.Header(http.Header{"Location": {text}}).Get("Location"); read(out, "K7") {
					t.Errorf("%s, level %d: a header %q became %q", e.name, level, text, out)
				}
			}
		}
	}
}

// read reports whether s has secret at a level of escaping.
func read(s, secret string) bool {
	for v := (&view{text: s}); v != nil; v = v.unescape() {
		if strings.Contains(v.text, secret) {
			return true
		}
	}
	return false
}

func TestRewrittenData(t *testing.T) {
	t.Parallel()
	s := New("Ada.Lovelace@Reporter.example", "Lovelace-Müller", "+49 (151) 2345-6789", "Große Straße", "acct-4711")
	for _, in := range []string{
		"ADA.LOVELACE@REPORTER.EXAMPLE", "ada.lovelace@reporter.example", "ada.lovelace%40reporter.example", "Ada.Lovelace&#64;Reporter.example",
		"LOVELACE-MÜLLER", "lovelace‐müller", norm.NFD.String("Lovelace-Müller"), "lovelace-m\xfcller", "Lovelace-M%FCller", `lovelace-m\u00fcller`, "Lovelace-M%u00FCller",
		"+4915123456789", "004915123456789", "015123456789", "0151 2345 6789", "0151/2345-6789", "(0151) 2345.6789", "2345-6789", "%2B49%20151%202345-6789", "49+151+2345-6789",
		"GROßE STRAßE", "große\u00a0straße", "ACCT-4711", "GROSSE STRASSE", "grosse strasse", "GROẞE STRAẞE", "Gro\u00adße Stra\u200bße", "GroÃŸe StraÃŸe", "Gro?e Stra?e", "Gro\ufffde Stra\ufffde", "Groe Strae",
		"lovelace-mueller", "LOVELACE-MULLER", "Lovelace-M?ller", "Lovelace-M??ller", "Lovelace-M\ufffdller", "Lovelace-MÃ¼ller", "Lovelace-M=C3=BCller",
		"ｌｏｖｅｌａｃｅ-ｍüｌｌｅｒ", `Lovelace-M\374ller`, `Lovelace-M\303\274ller`, `Lovelace-M\u{fc}ller`, "Ada.Lovelace=40Reporter.example", hex.EncodeToString([]byte("Lovelace-Müller")),
		"０１５１２３４５６７８９", "0151\u200b2345\u200b6789", "0151 23456789\u202c", "０１５１−２３４５−６７８９", "٠١٥١٢٣٤٥٦٧٨٩", "०१५१-२३४५-६७८९",
		"0151·2345·6789", "0151 • 2345 • 6789", "0151,2345,6789", `0151","2345","6789`, "0151][2345][6789", "01:51:23:45:67:89", "49~151~23456789",
	} {
		if out := s.Text("<" + in + ">"); out != "<"+Mask+">" && out != "<+"+Mask+">" && out != "<("+Mask+">" && out != "<%2B"+Mask+">" {
			t.Errorf("%q became %q", in, out)
		}
	}
	for number, in := range map[string]string{
		"+1 555 010 0199 x12": "5550100199", "tel:+1-555-010-0199": "(555) 010-0199", "0555 0100199 ext. 4": "+15550100199", "34-56-78": "345678", "12 345": "12345", "\u202a+49 151 23456789\u202c": "015123456789",
	} {
		if out := New(number).Text("<" + in + ">"); strings.ContainsAny(out, "0123456789") && out != "<+1"+Mask+">" {
			t.Errorf("the number %q in %q: %q", number, in, out)
		}
	}
	for _, in := range []string{"id 13456780", "34,56,78"} {
		if out := New("34-56-78").Text(in); out != in {
			t.Errorf("what is no number, or a part of another, became %q", out)
		}
	}
	for _, in := range []string{"+49 151 2345-678", "2026-11-28T04:15:00Z", "status 404", "id 234567", "2,3,4,5,6,7,8,9", "[2],[3],[4],[5],[6],[7],[8],[9]", "12,345"} {
		if out := s.Text(in); out != in {
			t.Errorf("%q became %q", in, out)
		}
	}
}

// A login page is told where to come back to: without what was secret in it.
func TestStripOfNestedAddresses(t *testing.T) {
	t.Parallel()
	pack := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	deep := func(s string) string {
		for range maxLevels + 2 {
			s = url.QueryEscape(s)
		}
		return s
	}
	for _, secret := range append(levelSecrets, "K7", "ü") {
		s := New(secret).WithNames("tok")
		for _, name := range []string{"api_key", "tok", "x"} {
			own := "https://city.example/v2/requests.json?" + name + "=" + url.QueryEscape(secret) + "&page=1"
			for _, in := range []string{
				"next=" + url.QueryEscape(own), "next=" + url.QueryEscape("https://sso.example/?next="+url.QueryEscape(own)),
				"next=" + strings.ToLower(url.QueryEscape(own)), "next=" + deep(own), "state=" + pack(own), "state=" + pack(`{"next":"`+own+`"}`),
				"s=" + url.QueryEscape(`{"next":`+fmt.Sprintf("%q", own)+`}`), "api%5Fkey=1", "next=" + pack("https://sso.example/?state="+pack(own)),
				url.QueryEscape(own), "n=" + html.EscapeString(url.QueryEscape(own)), "state=" + hex.EncodeToString([]byte(own)),
				"SAMLRequest=" + url.QueryEscape(deflated(own, func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 9); return f })),
				"state=" + deflated(own, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }), "state=" + deflated(own, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }),
				"state=e30." + pack(`{"next":"`+own+`"}`) + ".c2lnbmF0dXJl", "state=" + pack(strings.ReplaceAll(own, "%", "%25")),
				"state=p_" + pack(own), "state=pr-" + pack(own), "state=pre_" + pack(own) + "_post",
			} {
				if strings.HasPrefix(in, "state=p") && name == "x" && len(secret) < minLen {
					continue // what is glued to a word is looked through for what is long enough not to be there by chance
				}
				req, err := http.NewRequest(http.MethodGet, "https://login.example/?a=1&"+in+"&b=2", nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Strip(req); err != nil || req.URL.RawQuery != "a=1&b=2" {
					t.Errorf("%q in %s: %s, %v", secret, in, req.URL, err)
				}
				address := "https://login.example/?a=1&" + in + "&b=2"
				if shown := s.Header(http.Header{"Location": {address}}).Get("Location"); s.ready().betrays(strings.ReplaceAll(shown, Mask, "")) ||
					!strings.HasPrefix(shown, "https://login.example/?a=1&") || !strings.HasSuffix(shown, "&b=2") {
					t.Errorf("%q: %s is shown as %s", secret, address, shown)
				}
			}
			req, err := http.NewRequest(http.MethodGet, "https://login.example/from/"+url.PathEscape(own), nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Strip(req); err == nil || read(err.Error(), secret) {
				t.Errorf("%q in the path: %v", secret, err)
			}
			for _, path := range []string{url.PathEscape(own), pack(own), pack(`{"u":"` + own + `"}`), deep(own)} {
				if shown := s.Header(http.Header{"Location": {"https://login.example/from/" + path}}).Get("Location"); s.ready().betrays(strings.ReplaceAll(shown, Mask, "")) {
					t.Errorf("%q in the path: %s is shown as %s", secret, path, shown)
				}
			}
		}
	}
}

func deflated(s string, packer func(io.Writer) io.WriteCloser) string {
	var b bytes.Buffer
	w := packer(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// Half an escape beside a secret takes no letter of it away: of another kind at
// any level, of its own kind where the secret is escaped once.
func TestHalfEscapes(t *testing.T) {
	t.Parallel()
	halves := []struct{ kind, text string }{
		{"%", "%"}, {"%", "%2"}, {"%", "%u00"}, {"%", "%25"}, {"%", "%252"}, {`\`, `\`}, {`\`, `\u00`}, {`\`, `\x`}, {`\`, `\x4`}, {`\`, `\U0000004`}, {`\`, `\1`}, {`\`, `\u{4`},
		{"&", "&"}, {"&", "&#"}, {"&", "&#x"}, {"&", "&#x4"}, {"&", "&am"},
	}
	for _, secret := range append(levelSecrets, "41bcd/&\"<\\", "41bcd", "amp;x%", "00e4/\"&", "nrt+/\"") {
		s := New(secret)
		for _, outer := range escapes {
			for _, inner := range escapes[:10] { // the others are like them
				once, twice := outer.out(secret), outer.out(inner.out(secret))
				for _, half := range halves {
					if half.kind == `\` && secret[0] == '\\' && (everyLetter[outer.name] || everyLetter[inner.name]) {
						continue // the secret is itself an escape, of which no letter stands where it is undone
					}
					for _, in := range []string{half.text + once, once + half.text, half.text + once + half.text} {
						if out := s.Text("(" + in + ")"); strings.Contains(out, once) || !strings.Contains(out, Mask) {
							t.Errorf("%s: %q became %q", outer.name, in, out)
						}
					}
					for _, in := range []string{half.text + twice, twice + half.text} {
						if strings.Contains(twice, half.kind) || twice == secret {
							continue
						}
						if out := s.Text("(" + in + ")"); !strings.Contains(out, Mask) {
							t.Errorf("%s in %s: %q became %q", inner.name, outer.name, in, out)
						}
					}
				}
			}
		}
	}
}

func FuzzLevels(f *testing.F) {
	f.Add("next=", "K3y+s3cr3t/Zq==", "&x=1", uint64(0))
	f.Add(`{"a":"`, "Schlüssel\u0301", `"}`, uint64(541))
	f.Add("%4", "1abcd", "%", uint64(7012))
	f.Add(`\`, `\u0041bcd`, `\\`, uint64(44))
	f.Add("0", "%00\x18", "0", uint64(26))
	f.Add("0", `%5C\x18`, "0", uint64(25))
	f.Add(`&amp;%`, `&#x%41;\u00`, `4&#`, uint64(70124))
	f.Fuzz(func(t *testing.T, before, secret, after string, how uint64) {
		letters := len((&view{text: secret}).fold().text)
		if !utf8.ValidString(before+after) || !utf8.ValidString(secret) || letters < minLen || len(before)+len(secret)+len(after) > 1<<10 {
			return
		}
		in := before + secret + after
		var readers []func(string) string
		for range how % 6 {
			how /= 6
			e := escapes[how%uint64(len(escapes))]
			if in = e.out(in); len(in) > 1<<14 {
				return
			}
			readers = append(readers, e.in)
		}
		out := New(secret).Text(in)
		for level := len(readers); ; level-- {
			if strings.Contains(out, secret) {
				t.Fatalf("%q is in %q, %d levels up from what %q became", secret, out, len(readers)-level, in)
			}
			if level == 0 {
				return
			}
			out = readers[level-1](out)
		}
	})
}
