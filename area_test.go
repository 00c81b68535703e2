package open311_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// mapped is a server of two requests that is asked for areas.
type mapped struct {
	eastFirst bool          // it reads bbox in an order of its own: nothing is in there
	unplaced  bool          // it does not say where requests are
	astray    string        // the first or the last request of the list has a place that the database does not have
	empty     bool          // it has no requests
	one       bool          // it has only the request outside of the area
	later     bool          // the request of the area is not in the first list
	late      bool          // the first two lists are empty
	narrow    bool          // it gives nothing for an area of more than a degree
	recent    bool          // it has none of the time that is asked for
	fails     int           // so many lists without an area
	at        open311.Point // where the request outside of the area is
	all       int           // calls without an area
}

func (m *mapped) client(t *testing.T) *open311.Client {
	type request struct{ id, place string }
	in, out := request{"in", `,"lat":51,"long":13`}, request{"out", fmt.Sprintf(`,"lat":%g,"long":%g`, m.at.Lat, m.at.Long)}
	if m.unplaced {
		in.place, out.place = "", ""
	}
	if m.astray != "" {
		out.place = `,"lat":0,"long":10`
	}
	return stubClient(t, func(r *http.Request) (*http.Response, error) {
		q := r.URL.Query()
		rows := []request{out, in}
		if m.astray == "last" {
			slices.Reverse(rows)
		}
		if q.Has("bbox") {
			var s, w, n, e float64
			if _, err := fmt.Sscanf(q.Get("bbox"), "%g,%g,%g,%g", &s, &w, &n, &e); err != nil {
				t.Error(err)
			}
			if m.eastFirst {
				s, w, n, e = w, s, e, n
			}
			rows = nil
			if m.narrow && n > s+1 {
				n = s - 1
			}
			for id, p := range map[request]open311.Point{in: {Lat: 51, Long: 13}, out: m.at} {
				if (open311.Box{Min: open311.Point{Lat: s, Long: w}, Max: open311.Point{Lat: n, Long: e}}).Contains(p) {
					rows = append(rows, id)
				}
			}
		} else if m.all++; m.all <= m.fails {
			return stubReply(r, 500, "text/plain", "no"), nil
		}
		if !q.Has("bbox") && (m.one || m.later && m.all == 1) {
			rows = rows[:1]
		}
		if m.empty || m.late && m.all <= 2 || m.recent && strings.Contains(r.URL.RawQuery, "date") || q.Has("page") || q.Has("offset") {
			rows = nil
		}
		var list []string
		for _, x := range rows {
			list = append(list, `{"service_request_id":"`+x.id+`","service_code":"1","requested_datetime":"2026-01-01T00:00:00Z"`+x.place+`}`)
		}
		return stubReply(r, 200, "application/json", "["+strings.Join(list, ",")+"]"), nil
	}, open311.WithFormat(open311.FormatJSON), open311.WithRetry(once), open311.WithDialect(open311.Dialect{Windows: open311.Windows{Off: true}, Whole: true}))
}

func within(lat, long float64) *open311.Query {
	return &open311.Query{Within: &open311.Box{Min: open311.Point{Lat: lat, Long: long}, Max: open311.Point{Lat: lat + 2, Long: long + 2}}}
}

// That an area is empty is proven by a request that comes by an area around it. If none does, all are listed and those of
// the area given; if nothing can show it, the error says so.
func TestEmptyArea(t *testing.T) {
	for _, tt := range []struct {
		name     string
		server   mapped
		lat      float64
		want     string
		calls    int // without an area; 0: as many as it takes
		unproven bool
	}{
		{"heeded", mapped{at: open311.Point{Lat: 10, Long: 20}}, 0, "[]", 1, false},
		{"heeded, on both sides of a meridian", mapped{at: open311.Point{Lat: 10, Long: 180}, one: true}, 0, "[]", 1, false},
		{"heeded, at a pole", mapped{at: open311.Point{Lat: -90, Long: 20}, one: true}, 0, "[]", 1, false},
		{"heeded, and one fault", mapped{at: open311.Point{Lat: 10, Long: 20}, fails: 1}, 0, "[]", 2, false},
		{"the first place stands for none", mapped{at: open311.Point{Lat: 10, Long: 20}, astray: "first"}, 5, "[]", 1, false},
		{"the last place stands for none", mapped{at: open311.Point{Lat: 10, Long: 20}, astray: "last"}, 5, "[]", 1, false},
		{"read otherwise", mapped{at: open311.Point{Lat: 10, Long: 20}, eastFirst: true}, 50, "[in]", 0, false},
		{"read otherwise, and further down", mapped{at: open311.Point{Lat: 10, Long: 20}, eastFirst: true, later: true}, 50, "[in]", 0, false},
		{"too large", mapped{at: open311.Point{Lat: 10, Long: 20}, narrow: true}, 50, "[in]", 0, false},
		{"read otherwise, and empty", mapped{at: open311.Point{Lat: 10, Long: 20}, eastFirst: true}, 0, "[]", 0, false},
		{"nothing at all", mapped{empty: true}, 0, "[]", 0, false},
		{"read otherwise, and nothing in the first lists", mapped{at: open311.Point{Lat: 10, Long: 20}, eastFirst: true, late: true}, 50, "[in]", 0, false},
		{"no list without an area", mapped{fails: 100}, 0, "[]", 2, true},
		{"no places", mapped{unplaced: true}, 0, "[]", 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := listed(t.Context(), tt.server.client(t), within(tt.lat, 12))
			if fmt.Sprint(got) != tt.want || errors.Is(err, open311.ErrUnproven) != tt.unproven || !tt.unproven && err != nil {
				t.Errorf("%v, %v", got, err)
			}
			if tt.calls > 0 && tt.server.all != tt.calls {
				t.Errorf("%d calls without an area, want %d", tt.server.all, tt.calls)
			}
		})
	}
}

// An area of which nothing came in a time of which nothing came costs a call more.
func TestEmptyAreaAndTime(t *testing.T) {
	q := within(0, 0)
	q.Start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	server := mapped{at: open311.Point{Lat: 10, Long: 20}, recent: true}
	if got, err := listed(t.Context(), server.client(t), q); len(got) > 0 || err != nil || server.all != 2 {
		t.Errorf("%v, %v after %d calls without the area, want 2", got, err, server.all)
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
