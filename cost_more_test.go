package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/internal/cputime"
	"github.com/go-open311/open311/mirror"
	"github.com/go-open311/open311/notify"
	"github.com/go-open311/open311/servers"
)

// costlyText is a long text with something of everything that is looked for in texts.
func costlyText(n int) string {
	return strings.Repeat("Ää&#x41;%2525 <@a.example> =\u202e\"'\\u00e4, +49 30 1234-5 api_key=k\r\n", n/16)
}

// textCosts are functions that take a text, and printing of what holds one.
var textCosts = map[string]func(text string) func(){
	"Query.UnmarshalJSON":   func(text string) func() { return unmarshal(new(open311.Query), "q", text) },
	"Service.UnmarshalJSON": func(text string) func() { return unmarshal(new(open311.Service), "keywords", text) },
	"Attribute.UnmarshalJSON": func(text string) func() {
		return unmarshal(new(open311.Attribute), "description", text)
	},
	"Receipt.UnmarshalJSON": func(text string) func() { return unmarshal(new(open311.Receipt), "service_notice", text) },
	"Media.UnmarshalJSON":   func(text string) func() { return unmarshal(new(open311.Media), "name", text) },
	"Filing":                func(text string) func() { return unmarshal(new(open311.Filing), "error", text) },
	"Format.UnmarshalText":  func(text string) func() { return func() { _ = new(open311.Format).UnmarshalText([]byte(text)) } },
	"Extra": func(text string) func() {
		quoted, _ := json.Marshal(text)
		e := open311.Extra{"a": quoted}
		return func() { var s string; _, _ = e.String("a"), e.Decode("a", &s); _ = fmt.Sprint(e) }
	},
	"Status.Is": func(text string) func() {
		return func() { open311.Status(text).Is(open311.Status(strings.ToUpper(text))) }
	},
	"Update": func(text string) func() {
		u := &open311.Update{Status: open311.Status(text)}
		return func() { u.State() }
	},
	"GeoReport": func(text string) func() {
		d := &open311.Discovery{Endpoints: []open311.Endpoint{{Specification: text, URL: text, Type: text, Formats: []string{text}}}}
		return func() { d.GeoReport("production") }
	},
	"errors": func(text string) func() {
		list := []error{&open311.APIError{URL: text, Body: []byte(text), Faults: []open311.Fault{{Code: text, Description: text}}},
			&open311.DecodeError{URL: text, Path: text, Snippet: text, ContentType: text, Err: errors.New(text)},
			&open311.TruncatedError{Gaps: []open311.Gap{{Query: text, Err: errors.New(text)}}}, &open311.UnknownOutcomeError{ServiceCode: text, Err: errors.New(text)},
			&open311.ValidationError{Problems: []open311.Problem{{Field: text, Detail: text, Value: text}}}}
		return func() {
			for _, err := range list {
				_ = fmt.Sprintf("%v %+v", err, err)
				_ = errors.Is(err, open311.ErrInvalid)
			}
			list[0].(slog.LogValuer).LogValue()
		}
	},
	"Warning": func(text string) func() {
		w := open311.Warning{URL: text, Path: text, Detail: text}
		return func() { _ = w.String() }
	},
	"MarshalJSON": func(text string) func() {
		r := open311.ServiceRequest{ID: text, Description: text}
		return func() { _, _ = r.MarshalJSON() }
	},
	"printing of a report": func(text string) func() {
		r := &open311.NewRequest{Description: text, Email: text, LastName: text, Attributes: open311.Attributes{text: {text}}, Params: url.Values{text: {text}}}
		return func() { _, _ = fmt.Sprintf("%v %+v %q", r, *r, r), r.LogValue() }
	},
	"printing of a query": func(text string) func() {
		q := open311.Query{Search: text, Params: url.Values{text: {text}}}
		return func() { _, _ = fmt.Sprintf("%v %+v", q, q), q.LogValue() }
	},
	"options": func(text string) func() {
		return func() {
			_, _ = open311.New("https://city.example/", open311.WithAPIKey(text), open311.WithJurisdiction(text), open311.WithUserAgent(text), open311.WithTrustedHosts(text))
		}
	},
	"arguments of calls": func(text string) func() {
		c, _ := open311.New("https://city.example/", open311.WithRetry(once), open311.WithFormat(open311.FormatJSON), open311.WithHTTPClient(&http.Client{Transport: stubTrip(
			func(r *http.Request) (*http.Response, error) { return stubReply(r, 404, "application/json", "[]"), nil })}))
		return func() {
			ctx := context.Background()
			_, _ = c.Requests.Get(ctx, text)
			_, _ = c.Requests.Resolve(ctx, text)
			_, _ = c.Services.Definition(ctx, text)
			_, _ = c.Requests.List(ctx, &open311.Query{IDs: []string{text}, Search: text}, open311.CallParams(url.Values{"a": {text}}), open311.CallHeader(text, text))
			_, _ = c.Do(ctx, "GET", text, nil)
		}
	},
	"mirror.Cell": func(text string) func() { return func() { mirror.Cell(text) } },
	"mirror.Record": func(text string) func() {
		r := &mirror.Record{Request: &open311.ServiceRequest{Description: text}}
		return func() { _, _, _ = r.Values() }
	},
	"mirror.Report": func(text string) func() {
		r := &mirror.Report{Gaps: []mirror.Gap{{Why: text}}}
		return func() { _ = r.String() }
	},
	"notify": func(text string) func() {
		c := &open311.Change{Request: &open311.ServiceRequest{ID: text, ServiceName: text, Address: text, StatusNotes: text}}
		h := &notify.Hook{URL: text, Shape: notify.Shape(text)}
		return func() { _, _, _, _ = notify.Inert(text), notify.Text(c), notify.Data(c), h.Check() }
	},
	"servers": func(text string) func() {
		return func() {
			_, _ = servers.Open(text)
			servers.Date(text).Time()
			_ = new(servers.Tri).UnmarshalText([]byte(text))
			for range servers.Default().ByCountry(text) {
			}
		}
	},
}

func unmarshal(v any, name, text string) func() {
	document, _ := json.Marshal(map[string]string{name: text})
	return func() { _ = json.Unmarshal(document, v) }
}

// Four times the text takes no more than eight times the processor, wherever a text may stand.
func TestCostOfTexts(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("the race detector has costs of its own")
	}
	for name, f := range textCosts {
		t.Run(name, func(t *testing.T) { cputime.Linear(t, 1600, func(n int) func() { return f(costlyText(n)) }) })
	}
}
