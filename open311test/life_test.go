package open311test_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func TestLifeIsTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	run := func(step time.Duration) []open311.ServiceRequest {
		h := open311test.NewHandler(open311test.WithRequests(), open311test.WithLife(open311test.Life{
			Seed: 3, Notes: 1, Reopen: 0.3, Remove: 0.1, Late: 0.2, By: 5 * time.Hour}))
		for range 10 * 24 * time.Hour / step {
			h.Advance(step)
		}
		return h.Requests()
	}
	a, b := run(time.Hour), run(24*time.Hour)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("it depends on how the clock was put forward (-hourly +daily):\n%s", diff)
	}
	closed, updated := 0, 0
	for _, r := range a {
		if r.Status == open311.StatusClosed {
			closed++
		}
		if r.UpdatedDatetime.After(r.RequestedDatetime) {
			updated++
		}
	}
	if len(a) < 120 || len(a) > 280 || closed < 30 || updated <= closed {
		t.Errorf("%d requests, %d closed, %d updated in ten days", len(a), closed, updated)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	h := open311test.NewHandler(open311test.WithRequests(open311.ServiceRequest{ID: "1"}))
	h.Advance(time.Hour)
	if !h.Edit("1", func(r *open311.ServiceRequest) { r.Status = open311.StatusClosed }) || h.Edit("2", func(*open311.ServiceRequest) {}) {
		t.Error("Edit says the wrong thing about what there is")
	}
	r := h.Requests()[0]
	if r.Status != open311.StatusClosed || !r.UpdatedDatetime.Equal(h.Now()) || !h.Now().Equal(r.RequestedDatetime.Add(time.Hour)) {
		t.Errorf("%+v at %v", r, h.Now())
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		c := open311test.NewClock(start, 60)
		time.Sleep(time.Minute)
		c.Advance(time.Minute)
		if got := c.Now(); !got.Equal(start.Add(61 * time.Minute)) {
			t.Errorf("it shows %v", got)
		}
		h := open311test.NewHandler(open311test.WithTicking(c), open311test.WithRequests())
		if got := get(h, "requests.json").Header().Get("Date"); got != "Fri, 01 May 2026 01:01:00 GMT" || !h.Now().Equal(c.Now()) {
			t.Errorf("the city's date is %s", got)
		}
		if w := get(h, "services.json"); w.Code != http.StatusOK {
			t.Error(w.Code)
		}
	})
}
