package conformance

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/go-open311/open311/open311test"
)

// words splits a line as a shell does, as far as such lines go: words, and quotes that leave everything as it is.
func words(line string) []string {
	var list []string
	var word strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'':
			quoted = !quoted
		case c == '\\' && !quoted:
			i++
			word.WriteByte(line[i])
		case c == ' ' && !quoted:
			list = append(list, word.String())
			word.Reset()
		default:
			word.WriteByte(c)
		}
	}
	return append(list, word.String())
}

// requestOf is the request that curl makes of a line.
func requestOf(t *testing.T, line string) *http.Request {
	t.Helper()
	args := words(line)
	if len(args) < 2 || args[0] != "curl" {
		t.Fatalf("%q is no line for curl", line)
	}
	method, body, header := http.MethodGet, "", make(http.Header)
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	multi := false
	for i := 1; i < len(args)-1; i++ {
		switch args[i] {
		case "-i":
			continue
		case "-H":
			name, v, _ := strings.Cut(args[i+1], ": ")
			header.Set(name, v)
		case "-X":
			method = args[i+1]
		case "-d":
			method, body = http.MethodPost, args[i+1]
			header.Set("Content-Type", "application/x-www-form-urlencoded")
		case "--form-string", "-F":
			method, multi = http.MethodPost, true
			name, v, _ := strings.Cut(args[i+1], "=")
			if p, err := w.CreateFormField(name); err == nil && args[i] == "--form-string" {
				_, _ = io.WriteString(p, v)
			}
		default:
			t.Fatalf("%q: what is %s?", line, args[i])
		}
		i++
	}
	if multi {
		_ = w.Close()
		body = parts.String()
		header.Set("Content-Type", w.FormDataContentType())
	}
	req, err := http.NewRequest(method, args[len(args)-1], strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	return req
}

// The line for a shell beside a finding makes the call that showed it, whole.
func TestCurl(t *testing.T) {
	refuse := when(func(a *answer) bool { return a.op == OpCreate || a.op == OpRequest || a.form.Get("status") != "" }, func(a *answer) { a.refuse(418) })
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(40), refuse)
	client := &http.Client{Transport: city.Transport()}
	r := check(t, Target{Endpoint: city.URL, HTTPClient: client, Now: city.Now, AllowCreate: true})
	seen := 0
	for _, res := range r.Results {
		for _, f := range res.Findings {
			if f.Exchange == nil {
				continue
			}
			seen++
			resp, err := client.Do(requestOf(t, f.Exchange.Curl()))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != f.Exchange.Status {
				t.Errorf("%s: status %d, the report has %d: %s", res.ID, resp.StatusCode, f.Exchange.Status, f.Exchange.Curl())
			}
		}
	}
	if seen < 10 {
		t.Errorf("%d findings", seen)
	}
	long := &Exchange{Method: http.MethodPost, Accept: "text/xml", URL: "http://city.example/v2/requests.xml", Form: "description=" + strings.Repeat("it%27s+", 700)}
	if b, _ := io.ReadAll(requestOf(t, long.Curl()).Body); string(b) != long.Form {
		t.Errorf("%d bytes of a form of %d", len(b), len(long.Form))
	}
	long.Multipart = true
	req := requestOf(t, long.Curl())
	if err := req.ParseMultipartForm(1 << 20); err != nil || req.PostFormValue("description") != strings.Repeat("it's ", 700) {
		t.Errorf("a form in parts: %v, %q", err, clip(req.PostFormValue("description"), 40))
	}
}
