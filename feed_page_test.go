package open311_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// A page that comes in place of a request, with 200 and HTML, says nothing of the request: not that it is there, nor that the
// service is. It must not be taken for a row that is there and cannot be read.

// pagesFor is a city that answers with a page to who asks for one of these requests alone, and knows no lists of them.
func pagesFor(t *testing.T, status map[string]int) *open311test.Server {
	return feedCity(t, open311test.WithSize(200), open311test.WithMiddleware(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, last, _ := strings.Cut(r.URL.Path, "/requests/")
			id, _, _ := strings.Cut(last, ".")
			switch {
			case status[id] != 0:
				answerWith(status[id], "text/html", htmlPage)(w, r)
			case r.URL.Query().Has("service_request_id"):
				answerWith(200, "application/json", "[]")(w, r)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}))
}

// kinds polls once and returns the changes, without regard for what could not be had.
func kinds(t *testing.T, f *open311.Feed) (got []string) {
	for ch, err := range f.Poll(t.Context()) {
		if err == nil {
			got = append(got, string(ch.Kind)+" "+ch.Request.ID)
		}
	}
	return got
}

// TestFeedPageDoesNotBringBack: a request that was absent is gone when it is absent again, whatever came in between.
func TestFeedPageDoesNotBringBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status := map[string]int{}
		city := pagesFor(t, status)
		there, removed := city.Requests()[0].ID, city.Requests()[1].ID
		f := newFeed(t, city.Client(), open311.FeedOptions{Query: &open311.Query{IDs: []string{there, removed}}})
		told(t, f)
		city.Remove(removed)
		var got []string
		for _, code := range []int{0, 200, 0} {
			status[removed] = code
			time.Sleep(2 * time.Hour)
			got = kinds(t, f)
		}
		if diff := cmp.Diff([]string{"gone " + removed}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestFeedPageIsNoControl: that one request is answered with a page is no sign that others are gone which are not found.
func TestFeedPageIsNoControl(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status := map[string]int{}
		city := pagesFor(t, status)
		a, b := city.Requests()[0].ID, city.Requests()[1].ID
		f := newFeed(t, city.Client(), open311.FeedOptions{Query: &open311.Query{IDs: []string{a, b}}})
		told(t, f)
		status[a], status[b] = 200, 404
		for range 3 {
			time.Sleep(2 * time.Hour)
			if got := kinds(t, f); got != nil {
				t.Errorf("got %v while there are only pages", got)
			}
		}
	})
}
