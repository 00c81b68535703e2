package open311_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-open311/open311"
)

// A server that does not know the parameter for a size says 404, at first and then again. Nothing at all, once in between,
// is no reason to go on asking by it.
func TestSizeThatIsNotFoundAndAFault(t *testing.T) {
	synctest.Test(t, sizeNotFound) // the dialect has a pace
}

func sizeNotFound(t *testing.T) {
	calls := 0
	c := stubClient(t, func(r *http.Request) (*http.Response, error) {
		calls++
		switch q := r.URL.Query(); {
		case calls == 2:
			return stubReply(r, 200, "application/json", "null"), nil
		case q.Has("limit"):
			return stubReply(r, 404, "application/json", `[{"code":404,"description":"not found"}]`), nil
		case q.Has("page"), q.Has("offset"):
			return stubReply(r, 200, "application/json", "[]"), nil
		}
		return stubReply(r, 200, "application/json", `[{"service_request_id":"1"}]`), nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once), open311.WithDialect(open311.MarkASpot))
	got, err := listed(t.Context(), c, nil)
	if len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
}

// A server that heeds nothing but a size, fails for one beyond its most, and has fewer requests than that: it fails for the
// size, and the list is whole. One that fails for a request behind the first page fails for one row more as well.
func TestSizeThatFails(t *testing.T) {
	for name, tt := range map[string]struct {
		fails int // from this size on
		whole bool
	}{
		"for the size":  {100, true},
		"for a request": {26, false},
	} {
		t.Run(name, func(t *testing.T) {
			var rows []string
			for i := range 25 {
				rows = append(rows, fmt.Sprintf(`{"service_request_id":"%d","status":"open","requested_datetime":"2026-01-%02dT00:00:00Z"}`, i, 28-i))
			}
			c := stubClient(t, func(r *http.Request) (*http.Response, error) {
				size, err := strconv.Atoi(r.URL.Query().Get("page_size"))
				switch {
				case err != nil:
					size = 25
				case size >= tt.fails:
					return stubReply(r, 500, "text/plain", "no"), nil
				}
				return stubReply(r, 200, "application/json", "["+strings.Join(rows[:min(size, 25)], ",")+"]"), nil
			}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once))
			got, err := listed(t.Context(), c, nil)
			if len(got) != 25 || (err == nil) != tt.whole {
				t.Errorf("%d requests, %v", len(got), err)
			}
		})
	}
}
