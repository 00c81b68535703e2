package open311_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// longRows answers as a city with a request of 4 KiB every two hours, of which it gives the newest hundred of the span that
// it is asked for. It makes the texts as they are read, so that what is held is held by who reads them.
func longRows(newest time.Time, q url.Values) io.Reader {
	const every, most = 2 * time.Hour, 100
	text := strings.Repeat("x", 4096)
	start, _ := time.Parse(time.RFC3339, q.Get("start_date"))
	if end, err := time.Parse(time.RFC3339, q.Get("end_date")); err == nil && end.Before(newest) {
		newest = newest.Add(-(newest.Sub(end) + every - 1).Truncate(every))
	}
	parts, sep := []io.Reader{strings.NewReader("[")}, ""
	for at := newest; !at.Before(start) && len(parts) < 3*most; at = at.Add(-every) {
		head := fmt.Sprintf(`%s{"service_request_id":"%d","status":%q,"requested_datetime":%q,"description":"`, sep, at.Unix(), [...]string{"open", "closed"}[len(parts)%2], at.Format(time.RFC3339))
		parts = append(parts, strings.NewReader(head), strings.NewReader(text), strings.NewReader(`"}`))
		sep = ","
	}
	return io.MultiReader(append(parts, strings.NewReader("]"))...)
}

// Eight answers of a hundred requests of 4 KiB are read ahead: nothing of those that have been read before is held, even
// where the caller keeps one request of each.
func TestNothingIsHeldBehind(t *testing.T) {
	if raceDetector {
		t.Skip("what the race detector keeps is on the heap, too")
	}
	now := time.Now().UTC().Truncate(time.Second)
	rt := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(longRows(now.Add(-time.Minute), r.URL.Query())), Request: r}, nil
	})
	c, err := open311.New("https://city.example/v2", open311.WithHTTPClient(&http.Client{Transport: rt}), open311.WithConcurrency(8), open311.WithFormat(open311.FormatJSON))
	if err != nil {
		t.Fatal(err)
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // what pools hold goes in the second
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, most, n := heap(), int64(0), 0
	var kept []*open311.ServiceRequest
	for sr, err := range c.Requests.All(t.Context(), &open311.Query{Start: now.AddDate(-1, 0, 0)}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%100 == 0 {
			kept = append(kept, sr)
		}
		if n%500 == 0 {
			most = max(most, heap()-before)
		}
	}
	t.Log(n, most>>10)
	if n < 4000 || most > 6<<20 {
		t.Errorf("%d requests, and up to %d KiB were held", n, most>>10)
	}
	runtime.KeepAlive(kept)
}
