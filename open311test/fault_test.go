package open311test_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// fetched is what a plain HTTP client sees of a call.
type fetched struct {
	status int
	header http.Header
	body   string
	err    error // of the call, or of reading the body
	took   time.Duration
}

func fetch(t *testing.T, c *http.Client, url string) fetched {
	t.Helper()
	start := time.Now()
	res, err := c.Get(url)
	if err != nil {
		return fetched{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return fetched{res.StatusCode, res.Header, string(body), err, time.Since(start)}
}

// ways are a city over a socket, and the same one in process. Faults must look alike on both.
func ways(t *testing.T, do func(t *testing.T, h *open311test.Handler, c *http.Client, url string)) {
	t.Helper()
	t.Run("socket", func(t *testing.T) {
		s := open311test.NewServer(t, open311test.WithSize(20))
		tr := &http.Transport{DisableKeepAlives: true} // net/http repeats calls by itself on old connections
		defer tr.CloseIdleConnections()
		do(t, s.Handler, &http.Client{Transport: tr}, s.URL)
	})
	t.Run("transport", func(t *testing.T) {
		s := open311test.NewServer(t, open311test.WithSize(20), open311test.WithoutNetwork())
		do(t, s.Handler, &http.Client{Transport: s.Transport()}, s.URL)
	})
}

func TestFaults(t *testing.T) {
	ways(t, func(t *testing.T, h *open311test.Handler, c *http.Client, url string) {
		target := url + "/requests.json?end_date=2026-06-30T00:00:00Z"
		good := fetch(t, c, target)
		if good.status != 200 || len(good.body) < 1000 {
			t.Fatalf("%+v", good)
		}
		for _, x := range []struct {
			fault open311test.Fault
			check func(f fetched) bool
		}{
			{open311test.Pass, func(f fetched) bool { return f.body == good.body }},
			{open311test.Status(503), func(f fetched) bool { return f.status == 503 && strings.HasPrefix(f.body, `[{"code":503`) }},
			{open311test.Status(429).Header("X-Try", "a").Header("X-Try-Too", "b"), func(f fetched) bool {
				return f.status == 429 && f.header.Get("X-Try") == "a" && f.header.Get("X-Try-Too") == "b"
			}},
			{open311test.HTML(200), func(f fetched) bool {
				return f.status == 200 && strings.Contains(f.body, "<html") && strings.HasPrefix(f.header.Get("Content-Type"), "text/html")
			}},
			{open311test.Empty(204), func(f fetched) bool { return f.status == 204 && f.body == "" && f.err == nil }},
			{open311test.Empty(500), func(f fetched) bool { return f.status == 500 && f.body == "" }},
			{open311test.Reset, func(f fetched) bool { return errors.Is(f.err, open311test.ErrReset) || errors.Is(f.err, io.EOF) }},
			{open311test.Truncate(0), func(f fetched) bool { return f.body == "" && f.err == io.ErrUnexpectedEOF }},
			{open311test.Truncate(100), func(f fetched) bool { return f.body == good.body[:100] && f.err == io.ErrUnexpectedEOF }},
			{open311test.Truncate(-1), func(f fetched) bool { return f.body == good.body[:len(good.body)-1] && f.err == io.ErrUnexpectedEOF }},
			{open311test.Truncate(1 << 30), func(f fetched) bool { return len(f.body) == len(good.body)-1 && f.err == io.ErrUnexpectedEOF }},
			{open311test.Delay(30 * time.Millisecond), func(f fetched) bool { return f.took >= 30*time.Millisecond && f.body == good.body }},
			{open311test.SlowBody(4 * time.Millisecond), func(f fetched) bool { return f.took >= 32*time.Millisecond && f.body == good.body }},
			{open311test.GzipError, func(f fetched) bool {
				return f.err != nil && strings.Contains(f.err.Error(), "gzip") || f.header.Get("Content-Encoding") == "gzip"
			}},
			{open311test.WrongContentType("text/html"), func(f fetched) bool { return f.header.Get("Content-Type") == "text/html" && f.body == good.body }},
			{open311test.RetryAfter(1500 * time.Millisecond), func(f fetched) bool { return f.status == 503 && f.header.Get("Retry-After") == "2" }},
			{open311test.Duplicate, func(f fetched) bool { return len(f.body) == 2*len(good.body)-1 }},
		} {
			h.Fail(open311test.ListRequests, x.fault)
			if f := fetch(t, c, target); !x.check(f) {
				t.Errorf("%s: %d %v %d bytes %.80q %v in %s", x.fault, f.status, f.header, len(f.body), f.body, f.err, f.took)
			}
			if again := fetch(t, c, target); again.body != good.body {
				t.Errorf("%s: the call behind it is not good: %+v", x.fault, again)
			}
		}
		if p := h.Pending(); len(p) > 0 {
			t.Errorf("pending: %q", p)
		}
	})
}

func TestFaultsOfRecords(t *testing.T) {
	h := hamlet()
	h.Fail(open311test.GetRequest, open311test.WrongID)
	if got := ids(t, get(h, "requests/a1.json")); got[0] == "a1" {
		t.Error("the right request")
	}
	h.Fail(open311test.GetDefinition, open311test.WrongID)
	if got := get(h, "services/001.json").Body.String(); strings.Contains(got, "001") {
		t.Errorf("the right definition: %s", got)
	}
	before := ids(t, get(h, "requests.json"))
	h.Fail(open311test.ListRequests, open311test.Pass, open311test.Stale.Times(2))
	h.Remove("a1")
	h.Put(open311.ServiceRequest{ID: "new"})
	if now := ids(t, get(h, "requests.json")); slices.Contains(now, "a1") || !slices.Contains(now, "new") {
		t.Errorf("Pass shows %q", now)
	}
	for range 2 {
		if diff := cmp.Diff(before, ids(t, get(h, "requests.json"))); diff != "" {
			t.Errorf("the past has changed:\n%s", diff)
		}
	}
	if now := ids(t, get(h, "requests.json")); !slices.Contains(now, "new") {
		t.Errorf("the past goes on: %q", now)
	}
}

func TestFaultOrder(t *testing.T) {
	h := hamlet()
	h.Fail(open311test.AnyCall, open311test.Status(502))
	h.Fail(open311test.ListServices, open311test.Status(501).Times(2), open311test.Status(500))
	want := []string{
		"any call: status 502, 1 left", "GET services: status 501, 2 left", "GET services: status 500, 1 left",
	}
	if diff := cmp.Diff(want, h.Pending()); diff != "" {
		t.Error(diff)
	}
	var got []int
	for _, target := range []string{"services.xml", "services.xml", "requests.xml", "services.xml", "services.xml", "requests.xml"} {
		got = append(got, get(h, target).Code)
	}
	if diff := cmp.Diff([]int{501, 501, 502, 500, 200, 200}, got); diff != "" {
		t.Error(diff)
	}
	if n := len(h.Calls()); n != 6 {
		t.Errorf("%d calls recorded, want 6: those that fail are calls too", n)
	}
	h.Fail(open311test.AnyCall, open311test.Reset)
	h.ClearFaults()
	if get(h, "services.xml").Code != 200 || len(h.Pending()) != 0 {
		t.Error("cleared faults go on")
	}
}

// Each operation is known by its name, in every dialect.
func TestFaultOperations(t *testing.T) {
	for _, d := range []open311.Dialect{open311.Spec, open311.UReport, {NoSuffix: true}, {Paths: map[string]string{"requests": "Requests", "request": "request"}}} {
		for _, format := range []open311.Format{open311.FormatJSON, open311.FormatXML} {
			city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithDialect(d), open311test.WithTokenDelay(0, 0))
			c := city.Client(open311.WithDialect(d), open311.WithFormat(format), open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}))
			for op, call := range map[open311test.Op]func(ctx context.Context) error{
				open311test.ListServices:  func(ctx context.Context) error { _, err := c.Services.List(ctx); return err },
				open311test.GetDefinition: func(ctx context.Context) error { _, err := c.Services.Definition(ctx, "0101"); return err },
				open311test.ListRequests:  func(ctx context.Context) error { _, err := c.Requests.List(ctx, nil); return err },
				open311test.GetRequest:    func(ctx context.Context) error { _, err := c.Requests.Get(ctx, "QH26-003600"); return err },
				open311test.ResolveToken:  func(ctx context.Context) error { _, err := c.Requests.Resolve(ctx, "tk-1"); return err },
				open311test.FileRequest: func(ctx context.Context) error {
					_, err := c.Requests.Create(ctx, &open311.NewRequest{ServiceCode: "0101", AddressID: "1"})
					return err
				},
			} {
				city.Fail(op, open311test.Status(418))
				var api *open311.APIError
				if err := call(t.Context()); !errors.As(err, &api) || api.StatusCode != 418 {
					t.Errorf("%s %s %s: %v", d.Name, format, op, err)
				}
				if p := city.Pending(); len(p) > 0 {
					t.Errorf("%s %s: %q", d.Name, format, p)
					city.ClearFaults()
				}
			}
		}
	}
}

// errTB is a test that is watched.
type errTB struct {
	tb
	errors []string
}

func (t *errTB) Errorf(format string, args ...any) { t.errors = append(t.errors, format) }

func TestUnusedFaults(t *testing.T) {
	watched := &errTB{}
	city := open311test.NewServer(watched, open311test.WithoutNetwork())
	city.Fail(open311test.GetRequest, open311test.Reset.Times(3))
	city.Fail(open311test.GetRequest, open311test.Reset.WithProbability(0.5, 1)) // may go unused
	watched.end()
	if len(watched.errors) != 1 {
		t.Errorf("%d errors, want 1", len(watched.errors))
	}
}

func TestFaultProbability(t *testing.T) {
	draw := func() (pattern string) {
		h := hamlet()
		h.Fail(open311test.ListServices, open311test.Status(503).WithProbability(0.3, 7))
		for range 200 {
			if get(h, "services.json").Code == 503 {
				pattern += "x"
			} else {
				pattern += "."
			}
		}
		return pattern
	}
	first := draw()
	if n := strings.Count(first, "x"); n < 40 || n > 80 {
		t.Errorf("%d of 200 calls failed, want about 60", n)
	}
	if second := draw(); second != first {
		t.Error("the same seed gives other failures")
	}
}

// Hundreds of clients at once: each fault that is certain strikes exactly as often as was asked for.
func TestFaultsConcurrently(t *testing.T) {
	city := open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithDialect(open311.CitySDK), open311test.WithSize(50))
	const clients, times = 300, 700
	city.Fail(open311test.ListServices, open311test.Status(500).Times(times))
	city.Fail(open311test.AnyCall, open311test.Delay(time.Microsecond).WithProbability(0.2, 1))
	var wg sync.WaitGroup
	var mu sync.Mutex
	counts := map[int]int{}
	for range clients {
		wg.Go(func() {
			for range 4 {
				code := get(city.Handler, "services.json").Code
				get(city.Handler, "requests.xml")
				mu.Lock()
				counts[code]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[int]int{500: times, 200: 4*clients - times}, counts); diff != "" {
		t.Error(diff)
	}
}
