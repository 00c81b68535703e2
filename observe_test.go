package open311_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

// notebook is an Observer that writes down what it sees, indented by the depth of the contexts.
type notebook struct {
	mu    sync.Mutex
	lines []string
}

type depthKey struct{}

func (n *notebook) Call(ctx context.Context, info open311.CallInfo) (context.Context, func(open311.CallResult)) {
	depth, _ := ctx.Value(depthKey{}).(int)
	n.note(depth, "%s %s %s %s attempt=%d page=%q window=%q", info.Op, info.Method, info.URL, info.Format, info.Attempt, info.Page, info.Window)
	return context.WithValue(ctx, depthKey{}, depth+1), func(r open311.CallResult) {
		failed := ""
		if r.Err != nil {
			failed = " err=" + r.Err.Error()
		}
		n.note(depth, "end status=%d rows=%d warnings=%d bytes=%d waited=%v took=%v%s", r.StatusCode, r.Rows, r.Warnings, r.Bytes, r.Waited, r.Took, failed)
	}
}

func (n *notebook) note(depth int, format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, strings.Repeat("  ", depth)+fmt.Sprintf(format, args...))
}

func TestObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen notebook
		attempts, depth := 0, 0
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			depth, _ = r.Context().Value(depthKey{}).(int)
			time.Sleep(time.Second)
			switch attempts++; attempts {
			case 1:
				return nil, errors.New("connection lost on the way to s3cret-key")
			case 2:
				resp := stubReply(r, 503, "text/plain", "")
				resp.Header.Set("Retry-After", "7")
				return resp, nil
			}
			return stubReply(r, 200, "application/json", `[{"service_request_id":"7","requested_datetime":"soon"}]`), nil
		}, open311.WithObserver(&seen), open311.WithAPIKey("s3cret-key"), open311.WithKeyOnReads(),
			open311.WithRetry(open311.RetryPolicy{MinWait: 10 * time.Second, MaxWait: 10 * time.Second}))
		if _, err := c.Requests.Get(t.Context(), "7"); err != nil {
			t.Fatal(err)
		}
		const call = `GET requests/{id} GET https://city.example/v2/requests/7.json?api_key=REDACTED json`
		want := []string{
			call + ` attempt=0 page="" window=""`,
			`  ` + call + ` attempt=1 page="" window=""`,
			`  end status=0 rows=0 warnings=0 bytes=0 waited=0s took=1s err=connection lost on the way to REDACTED`,
			`  ` + call + ` attempt=2 page="" window=""`,
			`  end status=503 rows=0 warnings=0 bytes=0 waited=10s took=1s`,
			`  ` + call + ` attempt=3 page="" window=""`,
			`  end status=200 rows=0 warnings=0 bytes=0 waited=7s took=1s`,
			`end status=200 rows=1 warnings=1 bytes=56 waited=17s took=20s`,
		}
		if d := cmp.Diff(want, seen.lines); d != "" {
			t.Errorf("seen (-want +got):\n%s", d)
		}
		if depth != 2 {
			t.Errorf("the transport has the context of depth %d, want that of the attempt", depth)
		}
	})
}

// Each observer builds on the context of the one before; the calls end in the opposite order.
func TestObservers(t *testing.T) {
	var outer, inner notebook
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		return stubReply(r, 400, "application/json", `[{"code":400,"description":"bad"}]`), nil
	}, open311.WithObserver(&outer), open311.WithObserver(&inner))
	if _, err := c.Services.List(t.Context()); err == nil {
		t.Fatal("no error")
	}
	for name, n := range map[string]*notebook{"outer": &outer, "inner": &inner} {
		if len(n.lines) != 4 || !strings.Contains(n.lines[3], "status=400") || !strings.Contains(n.lines[3], "bad") {
			t.Errorf("%s has seen %q, want a call and an attempt that end with the server's words", name, n.lines)
		}
	}
	if !strings.HasPrefix(inner.lines[0], "  ") {
		t.Errorf("the second observer began with %q, want the context of the first", inner.lines[0])
	}
}

// A listing tells which page and which span each of its calls asks for, and every call ends, also where the loop is left.
func TestObserverOfListing(t *testing.T) {
	var seen notebook
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		q := r.URL.Query()
		if q.Get("page") == "2" {
			return stubReply(r, 200, "application/json", `[{"service_request_id":"3","requested_datetime":"2026-01-02T00:00:00Z"}]`), nil
		}
		return stubReply(r, 200, "application/json", `[{"service_request_id":"1","requested_datetime":"2026-01-04T00:00:00Z"},
			{"service_request_id":"2","requested_datetime":"2026-01-03T00:00:00Z"}]`), nil
	}, open311.WithObserver(&seen), open311.WithDialect(open311.Dialect{Paging: open311.Paging{Style: open311.PagingNumbers, First: 1, Cap: 2}}))
	start, end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	for r, err := range c.Requests.All(t.Context(), &open311.Query{Start: start, End: end}) {
		if err != nil {
			t.Fatal(err)
		}
		if r.ID == "3" {
			break
		}
	}
	var begun, ended int
	for _, line := range seen.lines {
		switch {
		case strings.HasPrefix(line, "end"):
			ended++
		case !strings.HasPrefix(line, " "):
			begun++
		}
	}
	if begun != ended {
		t.Errorf("%d calls have begun and %d ended", begun, ended)
	}
	all := strings.Join(seen.lines, "\n")
	for _, want := range []string{`page="page=2"`, `window="2026-01-01T00:00:00Z/2026-01-05T00:00:00Z"`} {
		if !strings.Contains(all, want) {
			t.Errorf("no call says %s:\n%s", want, all)
		}
	}
}

func TestWithObserverRefusesNil(t *testing.T) {
	if _, err := open311.New("https://city.example", open311.WithObserver(nil)); err == nil {
		t.Error("no error")
	}
}
