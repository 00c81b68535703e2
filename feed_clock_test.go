package open311_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// TestFeedFirstLookByTheServersClock: a feed that begins while this machine's clock is years ahead finds
// what is requested by the city's clock.
func TestFeedFirstLookByTheServersClock(t *testing.T) {
	t.Parallel()
	city := time.Now().AddDate(-11, 0, 0).UTC().Truncate(time.Second)
	requested := city.AddDate(0, 0, -1)
	n := 0
	c, err := open311.New("https://city.example/v2", open311.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		body := "[]"
		if from, err := time.Parse(time.RFC3339, r.URL.Query().Get("start_date")); err == nil && from.Before(requested) && n > 0 {
			body = fmt.Sprintf(`[{"service_request_id":"7","status":"open","requested_datetime":"%s"}]`, requested.Format(time.RFC3339))
		}
		h := http.Header{"Date": {city.Format(http.TimeFormat)}}
		return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})}), open311.WithFormat(open311.FormatJSON))
	if err != nil {
		t.Fatal(err)
	}
	f := newFeed(t, c, open311.FeedOptions{})
	var got []string
	for ; n < 2; n++ {
		got = append(got, told(t, f)...)
	}
	if !slices.Equal(got, []string{"created 7"}) {
		t.Errorf("got %v", got)
	}
}
