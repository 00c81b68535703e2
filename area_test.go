package open311_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-open311/open311"
)

// eastFirst is a server of two requests, one of them in the area that the tests ask for. It reads bbox in an order of its
// own, so that nothing is in there; fails says that it fails for lists without an area. calls counts these.
func eastFirst(t *testing.T, fails bool, calls *int) *open311.Client {
	const rows = `[{"service_request_id":"in","service_code":"1","requested_datetime":"2026-01-01T00:00:00Z","lat":51,"long":13},
		{"service_request_id":"out","service_code":"1","requested_datetime":"2026-01-02T00:00:00Z","lat":10,"long":10}]`
	return stubClient(t, func(r *http.Request) (*http.Response, error) {
		q := r.URL.Query()
		if !q.Has("bbox") {
			*calls++
		}
		switch {
		case q.Has("bbox"), q.Has("page"), q.Has("offset"):
			return stubReply(r, 200, "application/json", "[]"), nil
		case fails:
			return stubReply(r, 500, "text/plain", "no"), nil
		case strings.Contains(r.URL.RawQuery, "date"):
			return stubReply(r, 200, "application/json", "[]"), nil
		}
		return stubReply(r, 200, "application/json", rows), nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once), open311.WithDialect(open311.Dialect{BoxOrder: "wsen", Windows: open311.Windows{Off: true}, Whole: true}))
}

func within(lat, long float64) *open311.Query {
	return &open311.Query{Within: &open311.Box{Min: open311.Point{Lat: lat, Long: long}, Max: open311.Point{Lat: lat + 2, Long: long + 2}}}
}

// A server that reads the area otherwise has an empty list for it. All are listed then, and those of the area are given.
func TestAreaThatIsReadOtherwise(t *testing.T) {
	calls := 0
	got, err := listed(t.Context(), eastFirst(t, false, &calls), within(50, 12))
	if err != nil || fmt.Sprint(got) != "[in]" {
		t.Errorf("%v, %v", got, err)
	}
}

// An area in which nothing is known is looked at once more without it, whether or not that is answered.
func TestEmptyArea(t *testing.T) {
	for _, fails := range []bool{false, true} {
		calls := 0
		got, err := listed(t.Context(), eastFirst(t, fails, &calls), within(0, 0))
		if len(got) > 0 || err != nil || calls != 1 {
			t.Errorf("%v, %v after %d calls without the area, want 1", got, err, calls)
		}
	}
}

// The loop over pages is not gone on with behind its end, though nothing has come.
func TestAreaAndALoopThatHasEnded(t *testing.T) {
	calls, before := 0, 0
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		calls++
		return stubReply(r, 200, "application/json", `[17,{"service_request_id":"out","lat":10,"long":10}]`), nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once))
	for range c.Requests.Pages(t.Context(), within(0, 0)) {
		before = calls
		break
	}
	if before == 0 || calls > before {
		t.Errorf("%d calls, %d of them in the loop", calls, before)
	}
}
