package notify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/notify"
)

// server answers the messages that a hook sends, one after the other, and keeps them.
type server struct {
	answers []*http.Response
	bodies  []string
	calls   []*http.Request
	at      []time.Time
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	s.bodies, s.calls, s.at = append(s.bodies, string(body)), append(s.calls, r), append(s.at, time.Now())
	if len(s.answers) == 0 {
		return answer(200, ""), err
	}
	next := s.answers[0]
	s.answers = s.answers[1:]
	if next == nil {
		return nil, errors.New("connection reset")
	}
	return next, err
}

func answer(status int, body string, header ...string) *http.Response {
	r := &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

const secret = "T0P-s3cret"

func hook(shape notify.Shape, s *server) *notify.Hook {
	return &notify.Hook{URL: "https://hooks.example/" + secret, Shape: shape, Token: secret, Chat: "-100", Client: &http.Client{Transport: s}}
}

// hostile is a change of which every text was written by a stranger.
func hostile(text string) *open311.Change {
	return &open311.Change{Kind: open311.Updated, Request: &open311.ServiceRequest{ID: text, ServiceName: text, Address: text, StatusNotes: text, Status: "open"}}
}

// What strangers write calls nobody and leads nowhere, in any shape.
func TestTextsAreInert(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("@#", 400), "<!channel> <!here> <@U123> <#C1|general>", "<https://evil.example|https://city.example/pay>", "@everyone @mayor@social.example",
		"#spam ＃spam ＠mayor", "http://evil.example/x?y", "evil.example/pay", "a.b.evil.example", "пример.рф", "mailto:a@evil.example",
		"tg://resolve?domain=x", "/start now", "run /stop", "line\nbreak\r\x1b[2J", "\u202egnp.exe\u2066", "[pay](https://evil.example)",
	} {
		for _, shape := range notify.Shapes()[1:] {
			s := &server{}
			if err := hook(shape, s).Post(t.Context(), hostile(text)); err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			if err := json.Unmarshal([]byte(s.bodies[0]), &m); err != nil {
				t.Fatal(err)
			}
			said, _ := m["text"].(string)
			if status, ok := m["status"].(string); ok {
				said = status
			}
			if shape == notify.Slack && strings.ContainsAny(said, "<>") {
				t.Errorf("%q", said)
			}
			for _, bad := range []string{"@m", "@e", "@U", "@s", "＠m", "#s", "#C", "＃s", "://", "evil.example", "b.evil", "пример.рф", "mailto:a", " /s", "\n", "\r", "\x1b", "\u202e", "\u2066"} {
				if strings.Contains(said, bad) {
					t.Errorf("%s: %q says %q", shape, said, bad)
				}
			}
			if n := len([]rune(said)); n > 500 && shape == notify.Mastodon {
				t.Errorf("%d characters", n)
			}
		}
	}
	long := notify.Text(hostile(strings.Repeat("ä.b ", 200)))
	if n := len([]rune(strings.ReplaceAll(long, "\u200b", ""))); n > 450 {
		t.Errorf("%d characters", n)
	}
	if got, want := notify.Inert("12.5 m at 10:30, St. Mary's"), "12.5 m at 10:30, St. Mary's"; got != want {
		t.Errorf("%q", got)
	}
}

// The body, the address and the headers of each shape.
func TestShapes(t *testing.T) {
	c := &open311.Change{Kind: open311.Closed, Previous: "open", Request: &open311.ServiceRequest{ID: "7", Status: "closed", ServiceName: "Pothole", Address: "Main & 1st"}}
	for shape, want := range map[notify.Shape]struct{ path, auth, body string }{
		notify.Plain:    {"/" + secret, "Bearer " + secret, `"kind":"closed","previous":"open","request":{"service_request_id":"7"`},
		notify.Slack:    {"/" + secret, "Bearer " + secret, `"text":"Closed: Pothole, Main \u0026amp; 1st (7)"`},
		notify.Mastodon: {"/" + secret, "Bearer " + secret, `"status":"Closed: Pothole, Main \u0026 1st (7)"`},
		notify.Telegram: {"/" + secret + "/bot" + secret + "/sendMessage", "", `"chat_id":"-100"`},
	} {
		s := &server{}
		h := hook(shape, s)
		if err := errors.Join(h.Check(), h.Post(t.Context(), c)); err != nil {
			t.Fatal(err)
		}
		got := struct{ path, auth, body string }{s.calls[0].URL.Path, s.calls[0].Header.Get("Authorization"), want.body}
		if !strings.Contains(s.bodies[0], want.body) {
			got.body = s.bodies[0]
		}
		if d := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); d != "" || s.calls[0].Header.Get("Idempotency-Key") == "" {
			t.Errorf("%s: %s", shape, d)
		}
	}
}

// A message is sent again while that may help, after as long as the other side wants.
func TestPostsAgain(t *testing.T) {
	for name, test := range map[string]struct {
		answers []*http.Response
		waits   []time.Duration
		err     string
	}{
		"trouble": {[]*http.Response{nil, answer(502, ""), answer(408, "")}, []time.Duration{1, 2, 4}, ""},
		"header":  {[]*http.Response{answer(429, "", "Retry-After", "30")}, []time.Duration{30}, ""},
		"date":    {[]*http.Response{answer(503, "", "Retry-After", "Sat, 01 Jan 2000 00:00:20 GMT")}, []time.Duration{20}, ""},
		"unit":    {[]*http.Response{answer(429, "", "Retry-After", "2 minutes")}, []time.Duration{120}, ""},
		"reset":   {[]*http.Response{answer(429, "", "X-RateLimit-Reset-After", "12.0")}, []time.Duration{12}, ""},
		"long":    {[]*http.Response{answer(429, "", "Retry-After", "86400")}, []time.Duration{300}, ""},
		"body":    {[]*http.Response{answer(429, `{"parameters":{"retry_after":17}}`)}, []time.Duration{17}, ""},
		"never":   {[]*http.Response{nil, nil, nil, nil, nil, nil}, []time.Duration{1, 2, 4, 8, 16}, "connection reset"},
		"refused": {[]*http.Response{answer(403, "")}, nil, "refuses the message: 403"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{answers: test.answers}
				err := hook(notify.Telegram, s).Post(t.Context(), hostile("x"))
				if got := fmt.Sprint(err); test.err == "" && err != nil || !strings.Contains(got, test.err) || strings.Contains(got, secret) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				var waits []time.Duration
				for i := 1; i < len(s.at); i++ {
					waits = append(waits, s.at[i].Sub(s.at[i-1])/time.Second)
				}
				if d := cmp.Diff(test.waits, waits); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

// A hook that cannot work says so before anything has happened, without the address.
func TestCheck(t *testing.T) {
	for _, h := range []notify.Hook{{}, {URL: "hooks.example/" + secret}, {URL: "ftp://x/" + secret}, {URL: "https://x", Shape: "fax"},
		{Shape: notify.Telegram, Token: secret}, {Shape: notify.Telegram, Chat: "1"}} {
		if err := h.Check(); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%+v: %v", h, err)
		}
	}
	if err := (&notify.Hook{Shape: notify.Telegram, Token: secret, Chat: "@city"}).Check(); err != nil {
		t.Error(err)
	}
}

// A program that prints its hook shows neither the token nor the address, which is a secret itself.
func TestHookShowsNoSecrets(t *testing.T) {
	h := hook(notify.Slack, nil)
	h.Client = nil // which JSON cannot encode
	var log strings.Builder
	for _, v := range []any{*h, h, []notify.Hook{*h}, struct{ H notify.Hook }{*h}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&log, verb+"\n", v)
		}
	}
	slog.New(slog.NewJSONHandler(&log, nil)).Info("posted", "hook", *h, "pointer", h)
	for _, s := range []string{secret, fmt.Sprintf("%x", secret)} {
		if strings.Contains(log.String(), s) {
			t.Errorf("%q is in %s", s, log.String())
		}
	}
}
