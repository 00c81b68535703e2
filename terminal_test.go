package open311_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"github.com/go-open311/open311"
)

// unruly are what a terminal obeys, what turns a line, and what ends one where nobody sees it.
const unruly = "\x1b[2J\x07\u009b31m\u0085\u202e\u2066\u2028\u2029\x7f\x00"

// TestNothingForATerminal: whatever a server writes, and wherever, an error, a warning and a line of a log hold nothing
// that moves a cursor or turns a line, and no line of them begins where the server wants it.
func TestNothingForATerminal(t *testing.T) {
	const forged = "\nopen311: all is well"
	text := "x" + unruly + forged
	quoted, _ := json.Marshal(text)
	in := string(quoted)
	answers := map[string]func(r *http.Request) *http.Response{
		"faults": func(r *http.Request) *http.Response {
			return stubReply(r, 400, "application/json", `[{"code":`+in+`,"description":`+in+`}]`)
		},
		"text": func(r *http.Request) *http.Response { return stubReply(r, 400, "text/plain", text) },
		"a page": func(r *http.Request) *http.Response {
			return stubReply(r, 500, "text/html", "<html><title>"+text+"</title>"+text)
		},
		"no list": func(r *http.Request) *http.Response { return stubReply(r, 200, "text/plain", text) },
		"a cut list": func(r *http.Request) *http.Response {
			return stubReply(r, 200, "application/json", `[{"service_request_id":`+in+`,"service_code":`+in+`,`+in+`:`+in)
		},
		"values": func(r *http.Request) *http.Response {
			return stubReply(r, 200, "application/json", `[{"service_request_id":"1","service_code":"1","service_name":`+in+`,"lat":`+in+`,"requested_datetime":`+in+`,"metadata":`+in+`,`+in+`:`+in+`}]`)
		},
		"a label": func(r *http.Request) *http.Response { return stubReply(r, 200, "x/"+text, "<") },
		"a phrase": func(r *http.Request) *http.Response {
			resp := stubReply(r, 403, "text/plain", "")
			resp.Status = "403 " + text
			return resp
		},
		"a redirect": func(r *http.Request) *http.Response {
			resp := stubReply(r, 302, "text/plain", "")
			resp.Header["Location"] = []string{"ftp://city.example/" + text}
			return resp
		},
		"another redirect": func(r *http.Request) *http.Response {
			resp := stubReply(r, 302, "text/plain", "")
			resp.Header["Location"] = []string{"http://city.example/%1b%0aopen311:%20all%20is%20well"}
			return resp
		},
	}
	for name, answer := range answers {
		for _, op := range stubOps {
			t.Run(name+"/"+op.name, func(t *testing.T) {
				var said []string
				var log bytes.Buffer
				c := stubClient(t, func(r *http.Request) (*http.Response, error) { return answer(r), nil }, open311.WithRetry(once),
					open311.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
					open311.WithWarnings(func(_ context.Context, w open311.Warning) { said = append(said, w.String()) }))
				if err := op.do(t.Context(), c); err != nil {
					said = append(said, err.Error(), fmt.Sprintf("%+v", err))
				}
				for _, text := range append(said, log.String()) {
					for line := range strings.Lines(text) {
						if strings.HasPrefix(line, "open311: all is well") {
							t.Errorf("a line is forged: %q", text)
						}
						bad := func(r rune) bool {
							return r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
						}
						if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), bad) {
							t.Errorf("there is something for a terminal: %q", text)
						}
					}
				}
			})
		}
	}
}
