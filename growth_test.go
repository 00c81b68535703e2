package open311_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// growthOf returns by how much the heap grows at most while f runs, with what it returns and what has not been
// collected yet. What was alive before, that of other tests too, counts twice: the collector lets as much garbage lie
// for it.
func growthOf(f func() any) int64 {
	now := func() int64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	runtime.GC()
	runtime.GC() // what pools hold goes in the second
	before := now()
	top, stop := before, make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				top = max(top, now())
			}
		}
	})
	kept := f()
	last := now()
	close(stop)
	wg.Wait()
	runtime.KeepAlive(kept)
	return max(top, last) - 2*before
}

// endless gives a text, and then another one again and again.
type endless struct {
	head, unit string
	at, n      int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.head != "" {
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	}
	n := 0
	for n < len(p) {
		if e.at == 0 && strings.Contains(e.unit, "%") {
			e.n++
			n += copy(p[n:], fmt.Sprintf(e.unit, e.n))
			continue
		}
		k := copy(p[n:], e.unit[e.at:])
		n += k
		e.at = (e.at + k) % len(e.unit)
	}
	return n, nil
}

func (e *endless) Close() error { return nil }

// Whatever comes, a call takes no more than four times the memory that WithMaxResponse allows.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes long with the race detector, which has nothing to find here")
	}
	const limit = 16 << 20
	calls := map[string]func(context.Context, *open311.Client) any{
		"List":       func(ctx context.Context, c *open311.Client) any { p, _ := c.Requests.List(ctx, nil); return p },
		"Services":   func(ctx context.Context, c *open311.Client) any { l, _ := c.Services.List(ctx); return l },
		"Definition": func(ctx context.Context, c *open311.Client) any { d, _ := c.Services.Definition(ctx, "1"); return d },
		"Updates":    func(ctx context.Context, c *open311.Client) any { l, _ := c.Updates.List(ctx, nil); return l },
		"Discovery":  func(ctx context.Context, c *open311.Client) any { d, _ := c.Discovery.Get(ctx); return d },
	}
	tests := []struct{ name, call, head, unit string }{
		{"tiny", "List", "[", `{"":1},`},
		{"a field", "List", "[", `{"a":1},`},
		{"an id", "List", "[", `{"service_request_id":"1"},`},
		{"other fields", "List", "[", `{"service_request_id":"1","a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9},`},
		{"one row of many fields", "List", `[{"service_request_id":"1"`, `,"a%06d":1`},
		{"one row of many values", "List", `[{"service_request_id":"1","a":[1`, `,1`},
		{"one row of long text", "List", `[{"service_request_id":"1","description":"`, `text\n`},
		{"a list of media", "List", `[{"service_request_id":"1","media_url":["a"`, `,"b"`},
		{"XML", "List", "<service_requests>", "<request><a>1</a></request>"},
		{"XML, one row", "List", "<service_requests><request>", "<a/>"},
		{"services", "Services", "[", `{"service_code":"1"},`},
		{"keywords", "Services", `[{"service_code":"1","keywords":"a`, `,a`},
		{"attributes", "Definition", `{"service_code":"1","attributes":[`, `{"a":1},`},
		{"values", "Definition", `{"service_code":"1","attributes":[{"code":"x","values":[`, `{"key":1},`},
		{"values, XML", "Definition", `<service_definition><service_code>1</service_code><attributes><attribute><code>x</code><values>`, `<value><key>1</key></value>`},
		{"values as text", "Definition", `{"service_code":"1","attributes":[{"code":"x","values":"`, `a,`},
		{"updates", "Updates", "[", `{"a":1},`},
		{"media of updates", "Updates", `[{"update_id":"1","media_url":"`, `a,`},
		{"endpoints", "Discovery", `{"endpoints":[`, `{"url":"a"},`},
		{"endpoints, formats", "Discovery", `{"endpoints":[{"url":"a","formats":[`, `"a",`},
		{"beside the list", "List", `{`, `"a%06d":[1],`},
		{"errors", "List", `{"errors":[`, `{"code":1},`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				resp := stubReply(r, 200, "application/json", "")
				resp.Body, resp.ContentLength = io.NopCloser(&endless{head: tt.head, unit: tt.unit}), -1
				return resp, nil
			}, open311.WithMaxResponse(limit), open311.WithFormat(open311.FormatJSON), open311.WithRetry(once))
			grown := growthOf(func() any { return calls[tt.call](t.Context(), c) })
			t.Logf("%.1f times the limit", float64(grown)/limit)
			if grown > 4*limit {
				t.Errorf("the heap grew by %d MiB, more than four times %d", grown>>20, limit>>20)
			}
		})
	}
}

// paged answers calls for requests with 30 pages of 40 rows, each of which has a long text behind before and its number.
// What is not sent yet takes no memory.
func paged(before, after string) func(r *http.Request) (*http.Response, error) {
	text, now := strings.Repeat("x", 32<<10), time.Now()
	return func(r *http.Request) (*http.Response, error) {
		resp, page := stubReply(r, 200, "application/json", "[]"), 1
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		if page > 30 || r.URL.Query().Has("service_request_id") {
			return resp, nil
		}
		parts := []io.Reader{strings.NewReader("[")}
		for i := range 40 {
			n := 40*page + i
			at := now.Add(-time.Duration(n) * time.Second).UTC().Format(time.RFC3339)
			head := fmt.Sprintf(`{"requested_datetime":%q,"service_code":"1",`+before, at, n)
			parts = append(parts, strings.NewReader(head), strings.NewReader(text), strings.NewReader(fmt.Sprintf(after+`},`, n)))
		}
		resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(append(parts, strings.NewReader("{}]"))...)), -1
		return resp, nil
	}
}

// A poll remembers neither long ids nor long states, and the changes that it keeps take no more than the limit. Those
// behind it come with the next polls, each once.
func TestMemoryOfPollsIsBounded(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes long with the race detector, which has nothing to find here")
	}
	const limit = 8 << 20
	for name, tt := range map[string]struct {
		before, after string
		since         time.Time
	}{
		"ids":    {`"service_request_id":"%d`, `","x":%d`, time.Time{}},
		"states": {`"service_request_id":"%d","status":"`, `%d"`, time.Time{}},
		"texts":  {`"service_request_id":"%d","description":"`, `%d"`, time.Now().AddDate(0, 0, -7)},
	} {
		t.Run(name, func(t *testing.T) {
			c := stubClient(t, paged(tt.before, tt.after), open311.WithMaxResponse(limit), open311.WithFormat(open311.FormatJSON), open311.WithRetry(once),
				open311.WithDialect(open311.Dialect{Paging: open311.Paging{Style: open311.PagingNumbers, First: 1}}))
			f, err := c.Requests.Feed(open311.FeedOptions{Since: tt.since})
			if err != nil {
				t.Fatal(err)
			}
			seen, polls := map[string]int{}, 0
			for err := io.EOF; err != nil && polls < 30; polls++ {
				grown := growthOf(func() any {
					err = nil
					for ch, e := range f.Poll(t.Context()) {
						if err = e; e == nil {
							seen[strings.Clone(ch.Request.ID)]++
						}
					}
					return f
				})
				if grown > 4*limit {
					t.Errorf("the heap grew by %d MiB, more than four times %d", grown>>20, limit>>20)
				}
			}
			if tt.since.IsZero() {
				return
			}
			if len(seen) != 1200 || polls < 4 {
				t.Errorf("%d changes in %d polls, want 1200 in 4 or more", len(seen), polls)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s was told %d times", id, n)
				}
			}
		})
	}
}

// Definitions that just fit are remembered as long as there is room, and take it once.
func TestMemoryOfDefinitionsIsBounded(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes long with the race detector, which has nothing to find here")
	}
	const limit = 16 << 20
	text := `{"service_code":"1","attributes":[` + repeated(`{"code":"%d"},`, 20_000) + `{}]}`
	c := stubClient(t, func(r *http.Request) (*http.Response, error) { return stubReply(r, 200, "application/json", text), nil },
		open311.WithMaxResponse(limit), open311.WithFormat(open311.FormatJSON))
	grown := growthOf(func() any {
		for i := range 60 {
			if _, err := c.Services.Definition(t.Context(), fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		return c
	})
	if grown > 4*limit {
		t.Errorf("the heap grew by %d MiB, more than four times %d", grown>>20, limit>>20)
	}
}
