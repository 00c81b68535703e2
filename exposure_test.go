package open311_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-open311/open311"
)

// exposure is everything that a call has let others see.
type exposure struct {
	mu   sync.Mutex
	seen map[string]string // where: what
}

func (e *exposure) add(where, what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil {
		e.seen = map[string]string{}
	}
	e.seen[where] += what + "\n"
}

// addValue adds a value as everyone prints it.
func (e *exposure) addValue(where string, v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		e.add(where+" under "+verb, fmt.Sprintf(verb, v))
	}
	if b, err := json.Marshal(v); err == nil {
		e.add(where+" in JSON", string(b))
	}
	var text bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", slog.Any("v", v))
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", slog.Any("v", v))
	e.add(where+" in slog", text.String())
}

// addError adds an error and those inside it.
func (e *exposure) addError(err error) {
	if err == nil {
		return
	}
	where := fmt.Sprintf("%T", err)
	e.addValue(where, err)
	switch err := err.(type) {
	case *open311.APIError:
		e.add("APIError.Body", string(err.Body))
		e.add("APIError.URL", err.URL)
		e.addValue("APIError.Header", err.Header)
		e.addValue("APIError.Faults", err.Faults)
	case *open311.DecodeError:
		e.addValue("DecodeError's fields", []string{err.URL, err.Path, err.Snippet, err.ContentType, err.Method})
	}
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		e.addError(err.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range err.Unwrap() {
			e.addError(err)
		}
	}
}

// options are those that listen to warnings and to the log.
func (e *exposure) options() []open311.Option {
	var lines exposedLog = func(b []byte) { e.add("log", string(b)) }
	level := &slog.HandlerOptions{Level: slog.LevelDebug}
	return []open311.Option{
		open311.WithWarnings(func(_ context.Context, w open311.Warning) { e.addValue("warning", w) }),
		open311.WithLogger(slog.New(slog.NewMultiHandler(slog.NewTextHandler(lines, level), slog.NewJSONHandler(lines, level)))),
	}
}

type exposedLog func([]byte)

func (w exposedLog) Write(b []byte) (int, error) { w(b); return len(b), nil }

// base64Cores are the letters that a secret becomes in the middle of any base64.
func base64Cores(secret string) []string {
	var out []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for lead := range 3 {
			text := enc.EncodeToString([]byte(strings.Repeat("\x00", lead) + secret))
			out = append(out, text[(lead*8+5)/6:(lead+len(secret))*8/6])
		}
	}
	return out
}

// check reports where one of the secrets turns up.
func (e *exposure) check(t *testing.T, secrets ...string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, secret := range secrets {
		places := 0
		forms := append(base64Cores(secret), secret)
		for where, text := range e.seen {
			for _, form := range forms {
				i := strings.Index(text, form)
				if i < 0 {
					continue
				}
				if places++; places <= 3 { // enough to see what is the matter
					t.Errorf("%q has leaked: %s: …%s…", secret, where, text[max(0, i-100):min(len(text), i+len(form)+20)])
				}
				break
			}
		}
	}
}

// echoOf is what a careless server says about a request: all it knows.
func echoOf(key string, r *http.Request) string {
	dump, _ := httputil.DumpRequest(r, true)
	return fmt.Sprintf("The key %s (%s) of %s is wrong. %s", key, url.QueryEscape(key), r.RequestURI, dump)
}

func jsonEcho(key string, r *http.Request) string {
	b, _ := json.Marshal(echoOf(key, r))
	return string(b)
}

func xmlEcho(key string, r *http.Request) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(echoOf(key, r)))
	return b.String()
}

// oneLine makes a text fit for a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}
