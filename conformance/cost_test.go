package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-open311/open311/internal/cputime"
	"github.com/go-open311/open311/internal/zerotest"
)

// A check costs as much as the answers are long, whatever is in them.
func TestCostIsLinear(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("the race detector has costs of its own")
	}
	for name, c := range map[string]struct{ head, part, tail string }{
		"JSON requests": {`[{"service_request_id":"x"}`, `,{"service_request_id":"%d","service_code":"%[1]d","status":"open","requested_datetime":"2026-06-01T00:00:00Z","lat":1,"long":2}`, "]"},
		"JSON services": {`[{"service_code":"x"}`, `,{"service_code":"%d","service_name":"n%[1]d","metadata":true,"type":"realtime","keywords":"a,b","group":"g"}`, "]"},
		"JSON nested":   {`{"service_code":"1","attributes":[{}`, `,{"code":"%d","values":[{"key":"%[1]d"}]}`, "]}"},
		"JSON names":    {`[{"service_request_id":"1"`, `,"x%d":1`, "}]"},
		"JSON errors":   {`[{"code":400,"description":"x"}`, `,{"code":"%d","description":"&amp;"}`, "]"},
		"XML requests":  {`<service_requests>`, `<request><service_request_id>%d</service_request_id><service_code>%[1]d</service_code></request>`, `</service_requests>`},
		"XML services":  {`<services>`, `<service><service_code>%d</service_code><metadata>false</metadata></service>`, `</services>`},
		"a page":        {`<!DOCTYPE html><html>`, `<p>%d</p>`, `</html>`},
	} {
		t.Run(name, func(t *testing.T) {
			cputime.Linear(t, 50, func(n int) func() {
				var b strings.Builder
				b.WriteString(c.head)
				for i := range n {
					fmt.Fprintf(&b, c.part, i)
				}
				b.WriteString(c.tail)
				text := b.String()
				client := &http.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/xml; charset=utf-8"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
				})}
				return func() {
					r, err := Check(t.Context(), Target{Endpoint: "http://city.example/v2", Pace: -1, HTTPClient: client, AllowCreate: true})
					if err == nil {
						_ = r.WriteHTML(io.Discard)
					}
				}
			})
		})
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What is done with a report, and what says what to check, costs as much as its texts are long.
func TestCostOfTexts(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("the race detector has costs of its own")
	}
	nobody := &http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) { return nil, errors.New("nobody is there") })}
	check := func(ctx context.Context, target Target) error {
		target.HTTPClient, target.Pace = nobody, -1
		_, err := Check(ctx, target)
		return err
	}
	zerotest.Long(t, []any{Report{}, Target{}, Exchange{}, Cell{}},
		map[string]any{"Check": check, "Requirements": Requirements, "ReportFormats": ReportFormats}, "Run") // Check, in a test
}
