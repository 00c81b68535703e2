package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311/internal/cputime"
)

const key = "s3cr3t/Key+Änd="

func TestText(t *testing.T) {
	t.Parallel()
	s := New(key, "Jane Doe", "Al")
	for name, c := range map[string]struct{ in, want string }{
		"nothing":             {"404 not found", "404 not found"},
		"empty":               {"", ""},
		"value":               {"the key " + key + " is unknown", "the key REDACTED is unknown"},
		"value with a blank":  {"Hello Jane Doe!", "Hello REDACTED!"},
		"short value stays":   {"Also Albany", "Also Albany"},
		"short value by name": {"first_name=Al&x=1", "first_name=REDACTED&x=1"},
		"form":                {"api_key=abc&lat=1.5&email=a%40b.org", "api_key=REDACTED&lat=1.5&email=REDACTED"},
		"form, case":          {"API_KEY=abc Api-Key=def apiKey=ghi", "API_KEY=REDACTED Api-Key=REDACTED apiKey=REDACTED"},
		"apostrophe":          {"last_name=O'Brien;Jr,x&y=1", "last_name=REDACTED&y=1"},
		"empty value":         {"api_key=&x=1", "api_key=&x=1"},
		"quoted value":        {`email="a b" x`, `email="REDACTED" x`},
		"attribute":           {"attribute[email]=a@b.org&attribute%5BPHONE%5D=1&attribute[COLOR]=red", "attribute[email]=REDACTED&attribute%5BPHONE%5D=REDACTED&attribute[COLOR]=red"},
		"json":                {`{"email":"a@b.org","lat":1}`, `{"email":"REDACTED","lat":1}`},
		"json, blanks":        {"{\"phone\" :\n 123 }", "{\"phone\" :\n \"REDACTED\" }"},
		"json, escapes":       {`{"last_name":"a\"b\\","x":1}`, `{"last_name":"REDACTED","x":1}`},
		"json, null":          {`{"email":null,"phone":""}`, `{"email":null,"phone":""}`},
		"json, list":          {`{"email":["a@b.org","c]\"d"],"x":[1]}`, `{"email":"REDACTED","x":[1]}`},
		"json, object":        {`{"phone":{"home":["1"]},"x":1}`, `{"phone":"REDACTED","x":1}`},
		"json, cut off":       {`[{"email":"a@b.o`, `[{"email":"REDACTED`},
		"json in a go string": {`body "{\"email\":\"a@b\\\"c\",\"x\":1}"`, `body "{\"email\":\"REDACTED\",\"x\":1}"`},
		"form in a go string": {`"api_key=abc\nx=1"`, `"api_key=REDACTED\nx=1"`},
		"python":              {`{'email': 'a@b.org', 'phone': None}`, `{'email': 'REDACTED', 'phone': None}`},
		"php":                 {`["email"=>"a@b.org"]`, `["email"=>"REDACTED"]`},
		"xml":                 {"<r><email>a@b.org</email><lat>1</lat></r>", "<r><email>REDACTED</email><lat>1</lat></r>"},
		"xml, prefix, case":   {"<o:Email type='x'>a</o:Email><b/>", "<o:Email type='x'>REDACTED</o:Email><b/>"},
		"xml, cdata":          {"<phone><![CDATA[1<2]]></phone>", "<phone>REDACTED</phone>"},
		"xml, nested":         {"<email><v>a</v></email >x", "<email>REDACTED</email >x"},
		"xml, empty":          {"<email></email><email/><phone />", "<email></email><email/><phone />"},
		"xml, cut off":        {"<email>a@b", "<email>REDACTED"},
		"xml attribute":       {`<p email="a@b" id="1"/>`, `<p email="REDACTED" id="1"/>`},
		"key of a value":      {`{"key":"12"}<key>12</key>&key=12`, `{"key":"12"}<key>12</key>&key=REDACTED`},
		"header":              {"Authorization: Bearer abc\r\nAccept: a", "Authorization: Bearer REDACTED\r\nAccept: a"},
		"cookie":              {"Set-Cookie: a=b; c=d\nX: 1", "Set-Cookie: REDACTED\nX: 1"},
		"go map":              {"map[api_key:[a b] lat:[1]]", "map[api_key:[REDACTED] lat:[1]]"},
		"go struct":           {"{Email:a@b.org Lat:1}", "{Email:REDACTED Lat:1}"},
		"prose":               {"email: is required, phone missing", "email: is required, phone missing"},
		"prose, no blank":     {"last_name:This field may not be blank. email:is required; phone:can't be blank", "last_name:This field may not be blank. email:is required; phone:can't be blank"},
		"prose, field":        {"last_name:This field", "last_name:This field"},
		"prose, one word":     {"last_name:invalid email:required,", "last_name:invalid email:required,"},
		"prose, key":          {"expected an object key:value pair, or key:value", "expected an object key:value pair, or key:value"},
		"key, no prose":       {"key:abc1 key:abcdefghijklmnopq key:ABCDEF x", "key:REDACTED key:REDACTED key:REDACTED x"},
		"a name, no prose":    {"last_name:van der Berg, last_name:May last_name:Doe is wrong, last_name:the a@b", "last_name:REDACTED der Berg, last_name:REDACTED last_name:REDACTED is wrong, last_name:REDACTED a@b"},
		"email, then prose":   {"email:a@b.org is invalid", "email:REDACTED is invalid"},
		"token":               {"token=123 <token>9</token>", "token=123 <token>9</token>"},
		"userinfo":            {"Get http://joe:pw@h/x?y=1: refused", "Get http://REDACTED@h/x?y=1: refused"},
		"scheme of our name":  {"key://x", "key://x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, s.Text(c.in)); diff != "" {
				t.Error(diff)
			}
			if again := s.Text(c.want); again != c.want {
				t.Errorf("not stable: %q", again)
			}
			if got := string(s.Bytes([]byte(c.in))); got != c.want {
				t.Errorf("Bytes: %q", got)
			}
		})
	}
}

func TestTextKnowsEverySpelling(t *testing.T) {
	t.Parallel()
	s := New(key, `x<y>&"z'é😀`)
	for _, secret := range []string{key, `x<y>&"z'é😀`} {
		asJSON, _ := json.Marshal(secret)
		var asXML bytes.Buffer
		_ = xml.EscapeText(&asXML, []byte(secret))
		spellings := map[string]string{
			"raw": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
			"lower": lowerHex(url.QueryEscape(secret)), "json": string(asJSON), "xml": xmlText(secret),
			"python": jsonASCII(secret), "quoted": fmt.Sprintf("%q", secret),
		}
		for lead := range 4 {
			for tail := range 4 {
				in := strings.Repeat("u", lead) + ":" + secret + strings.Repeat(":", tail)
				spellings[fmt.Sprint("base64 ", lead, tail)] = base64.StdEncoding.EncodeToString([]byte(in))
			}
		}
		for name, in := range spellings {
			if out := s.Text("<" + in + ">"); !strings.Contains(out, Mask) || len(out) > len("<>")+len(Mask)+16 {
				t.Errorf("%s: %q became %q", name, in, out)
			}
		}
	}
	short := New("abcd")
	for _, in := range []string{"abcd:", ":abcd"} {
		if out := short.Text(base64.StdEncoding.EncodeToString([]byte(in))); !strings.HasPrefix(out, Mask) {
			t.Errorf("base64 of %q became %q", in, out)
		}
	}
}

// lowerHex turns the %2F of Go into the %2f of other languages.
func lowerHex(escaped string) string {
	b := []byte(escaped)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}

// jsonASCII is how Python and PHP write the value: \u00e9 for é, but < as it is.
func jsonASCII(v string) string {
	var out strings.Builder
	for _, r := range v {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r >= ' ' && r < 0x7F:
			out.WriteRune(r)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// xmlText escapes only what XML text needs; html.EscapeString does quotes too.
func xmlText(v string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(v)
}

func TestTextOfAwkwardSecrets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secrets  []string
		in, want string
	}{
		"part of the mask":      {[]string{"DACT"}, "api_key=DACT xDACTx", "api_key=*** x***x"},
		"one inside the other":  {[]string{"abcd", "xabcdx"}, "xabcdx abcd", "REDACTED REDACTED"},
		"removal makes another": {[]string{"aREDACTEDb", "wxyz"}, "awxyzb", "REDACTED"},
		"empty and doubled":     {[]string{"", "abcd", "abcd"}, "abcd ", "REDACTED "},
		"line end":              {[]string{"abcd\n"}, "key abcd!", "key REDACTED!"},
		"none":                  {nil, "api_key=1 abcd", "api_key=REDACTED abcd"},
	} {
		if got := New(c.secrets...).Text(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestSnippet(t *testing.T) {
	t.Parallel()
	s := New("0123456789")
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"bad key 0123456789", 100, "bad key REDACTED"},
		{"bad key 0123456", 100, "bad key REDACTED"}, // half a secret
		{"bad key 0123", 100, "bad key 0123"},
		{"api_key=abcdefgh", 12, "api_key=REDA…"},
		{"größer", 3, "gr…"},
		{"a\xffb", 10, "a\uFFFDb"},
		{"abc", 0, "…"},
		{"", 0, ""},
	} {
		if got := s.Snippet([]byte(c.in), c.limit); got != c.want {
			t.Errorf("Snippet(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	s := New(key).WithNames("auth_code")
	for in, want := range map[string]string{
		"":                      "",
		"https://h/a.json?x=1&": "https://h/a.json?x=1&",
		"https://h/tokens/12.json?api_key=abc&jurisdiction_id=x": "https://h/tokens/12.json?api_key=REDACTED&jurisdiction_id=x",
		"https://h/?api_key=":                          "https://h/?api_key=",
		"https://h/?api%5Fkey=abc&%41PIKEY=d":          "https://h/?api%5Fkey=REDACTED&%41PIKEY=REDACTED",
		"https://h/?a=1;Api-Key=abc;b=2":               "https://h/?a=1;Api-Key=REDACTED",
		"https://h/?attribute%5Bemail%5D=a&email[]=b":  "https://h/?attribute%5Bemail%5D=REDACTED&email[]=REDACTED",
		"https://h/?AUTH-code=abc&q=" + key:            "https://h/?AUTH-code=REDACTED&q=REDACTED",
		"https://h/" + url.PathEscape(key) + "/x":      "https://h/REDACTED/x",
		"https://h/?next=" + url.QueryEscape("/"+key):  "https://h/?next=%2FREDACTED",
		"https://h/?a=1?api_key=abc":                   "https://h/?a=1?api_key=REDACTED",
		"https://joe:pw@h/?phone=1":                    "https://REDACTED@h/?phone=REDACTED",
		"//joe:pw@h/x":                                 "//REDACTED@h/x",
		"https://h/#access_token=abc&state=1":          "https://h/#access_token=REDACTED&state=1",
		"http://[::1?api_key=abc":                      "http://[::1?api_key=REDACTED",
		"%zz://\x00?password=a b&x=%zz&device_id=%zz":  "%zz://\x00?password=REDACTED&x=%zz&device_id=REDACTED",
		"https://h/?account_id=1&key=2&token=3&name=4": "https://h/?account_id=REDACTED&key=REDACTED&token=3&name=4",
	} {
		if got := s.URL(in); got != want {
			t.Errorf("URL(%q)\n got %q\nwant %q", in, got, want)
		}
	}
	u := &url.URL{Scheme: "https", User: url.UserPassword("a", "b"), Host: "h", RawQuery: "api_key=1"}
	if got, want := s.URLOf(u), "https://REDACTED@h?api_key=REDACTED"; got != want {
		t.Errorf("URLOf = %q, want %q", got, want)
	}
	if got := s.URLOf(nil); got != "" {
		t.Errorf("URLOf(nil) = %q", got)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	in := http.Header{
		"Authorization": {"Basic abc", "abc"}, "X-Api-Key": {"abc"}, "Cookie": {"a=b"}, "Set-Cookie": {"a=b", "c=d"},
		"Proxy-Authorization": {"Bearer x"}, "X-Gov": {"abc"}, "Location": {"https://h/?api%5Fkey=abc"},
		"X-Echo": {key}, "Retry-After": {"5"}, "X-" + key: {"1"},
	}
	before := in.Clone()
	got := New(key).WithNames("X-Gov").Header(in)
	want := http.Header{
		"Authorization": {"Basic REDACTED", "REDACTED"}, "X-Api-Key": {"REDACTED"}, "Cookie": {"REDACTED"},
		"Set-Cookie": {"REDACTED", "REDACTED"}, "Proxy-Authorization": {"Bearer REDACTED"}, "X-Gov": {"REDACTED"},
		"Location": {"https://h/?api%5Fkey=REDACTED"}, "X-Echo": {"REDACTED"}, "X-REDACTED": {"1"}, "Retry-After": {"5"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, in); diff != "" {
		t.Error("the argument was changed:", diff)
	}
	if New().Header(nil) != nil {
		t.Error("a nil header became one")
	}
}

func TestStrip(t *testing.T) {
	t.Parallel()
	s := New(key, "shibboleth").WithNames("auth")
	for in, want := range map[string]string{
		"https://o/r.json?api_key=1&a=%31&auth=2&b=" + url.QueryEscape(key): "https://o/r.json?a=%31",
		"https://u:p@o/r.json?email=x":                                      "https://o/r.json",
		"https://o/r.json":                                                  "https://o/r.json",
	} {
		req, err := http.NewRequest(http.MethodGet, in, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Accept": {"a"}, "Referer": {"https://h"}, "X-Api-Key": {"b"}, "X-Any": {"a shibboleth"}}
		if err := s.Strip(req); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if got := req.URL.String(); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
		if diff := cmp.Diff(http.Header{"Accept": {"a"}}, req.Header); diff != "" {
			t.Error(diff)
		}
	}
	req, _ := http.NewRequest(http.MethodGet, "https://o/shibboleth/r.json", nil)
	if err := s.Strip(req); err == nil || strings.Contains(err.Error(), "shibboleth") {
		t.Errorf("key in the path: %v", err)
	}
}

func TestSetPrintsNoSecret(t *testing.T) {
	t.Parallel()
	s := New("hunter2hunter2").With("", "topsecret").WithNames("", "auth")
	holder := struct {
		Public  *Set
		private *Set
	}{s, s}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "set", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "set", s, "holder", holder)
	asJSON, err := json.Marshal(holder)
	if err != nil {
		t.Error(err)
	}
	all := log.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb, s) + fmt.Sprintf(verb, *s) + fmt.Sprintf(verb, holder) + fmt.Sprintf(verb, &holder)
	}
	for _, secret := range []string{"hunter2hunter2", "topsecret", "68756e74"} {
		if strings.Contains(all, secret) {
			t.Errorf("%q in %s", secret, all)
		}
	}
	if got := fmt.Sprint(s); got != "redact.Set(2 secrets)" {
		t.Error(got)
	}
	var none *Set
	if got := none.With("abcd").Text("abcd api_key=1"); got != "REDACTED api_key=REDACTED" {
		t.Error(got)
	}
	if got := none.Text("abcd api_key=1"); got != "abcd api_key=REDACTED" {
		t.Error(got)
	}
}

// A hostile server must not be able to make redaction the slow part: four times the text takes four times as long, or
// little more. What is done in no time is not compared.
func TestTextIsLinear(t *testing.T) {
	s := New(key, "+49 151 23456789")
	for _, piece := range []string{
		"<email", "<email>", "<email></x>", "<x:", `"email":`, `"email":"`, `"email":[`, `"email" `, `\"email\":\"`,
		"%", "%25", `\`, `\\`, "&", "&amp;", "&#38;#38;", "a%2525252525252525", "k%65y=", `"email":["a\""],`, "://a@", "1", "1-", "1\n",
		"://", "://a:", "api_key=", "key", "a:", "Cookie:", "email:[", "[", "-",
		"%4" + key[1:], "%5C\xB7" + key[2:], "\u00b7", "%41\xB7" + key[8:],
		`%41\x41&#41;`, `%2541\\x41&amp;#41;`, `&#37;41%5Cx41\u0026lt;`,
	} {
		t.Run(strconv.Quote(piece), func(t *testing.T) {
			cputime.Linear(t, 16<<10, func(size int) func() {
				in := strings.Repeat(piece, size/len(piece))
				return func() { s.Text(in) }
			})
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add("api_key=", key, "&x=1")
	f.Add(`{"email":"`, "jane@example.org", `"}`)
	f.Add("<phone>", "+1 555 0100", "</phone>")
	f.Add("https://u:", "p@ss", "@h/?a=b#c")
	f.Add("REDA", "aREDACTEDb", "CTED")
	f.Add("\\\"email\\\":\\\"", "\x00\xff\xfe\xfd", "\\")
	f.Fuzz(func(t *testing.T, before, secret, after string) {
		s := New(secret)
		in := before + secret + after
		for _, out := range []string{s.Text(in), s.URL(in), s.Error(fmt.Errorf("%s", in)).Error(), s.Snippet([]byte(in), len(in))} {
			out = strings.TrimSuffix(out, "…") // Snippet's own
			if len(secret) >= minLen && utf8.ValidString(in) && strings.Contains(out, secret) {
				t.Errorf("%q in %q", secret, out)
			}
		}
		if len(secret) >= minLen && strings.Contains(s.Text(in), secret) {
			t.Errorf("%q in %q", secret, s.Text(in))
		}
	})
}
