package open311

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCheckpointSize is the measure: a city with 50,000 open requests, with ids of three kinds.
func TestCheckpointSize(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"running numbers", "24 hex digits", "UUIDs"} {
		rng := rand.New(rand.NewPCG(1, 2))
		now := time.Now().Truncate(time.Second)
		s := feedState{head: feedHead{Scope: "x"}, known: map[string]*entry{}}
		for i := range 50_000 {
			at := now.Add(-time.Duration(rng.Int64N(800*24*3600)) * time.Second)
			r := ServiceRequest{ID: fmt.Sprintf("QH26-%06d", i), ServiceCode: "A", Status: StatusOpen, RequestedDatetime: at,
				UpdatedDatetime: at.Add(time.Duration(rng.Int64N(1e6)) * time.Second)}
			switch kind {
			case "24 hex digits":
				r.ID = fmt.Sprintf("%016x%08x", rng.Uint64(), rng.Uint32())
			case "UUIDs":
				r.ID = fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", rng.Uint32(), rng.Uint32N(1<<16), rng.Uint32N(1<<16), rng.Uint32N(1<<16), rng.Uint64N(1<<48))
			}
			s.put(remembered(&r, r.ID, nil, false, now.Add(-time.Duration(rng.IntN(24*60))*time.Minute)))
		}
		begin := time.Now()
		b, err := json.Marshal(s.checkpoint())
		if err != nil || len(b) > 4<<20 {
			t.Errorf("%s: %d bytes, %v", kind, len(b), err)
		}
		t.Logf("%s: %.2f MiB in %v", kind, float64(len(b))/(1<<20), time.Since(begin).Round(time.Millisecond))
		// A change later it is the same block, and a line for the change.
		s.put(entry{id: "x", status: "done"})
		s.put(entry{id: s.later[0].id, flags: flagDropped})
		if b, err = json.Marshal(s.checkpoint()); err != nil {
			t.Fatal(err)
		}
		var cp Checkpoint
		if err := json.Unmarshal(b, &cp); err != nil {
			t.Fatal(err)
		}
		var again feedState
		if err := again.restore(cp, "x", time.Time{}); err != nil {
			t.Fatal(err)
		}
		if !maps.EqualFunc(s.known, again.known, func(a, b *entry) bool { return *a == *b }) {
			t.Errorf("%s: it has come back different", kind)
		}
	}
}

// BenchmarkFileCheckpoint saves after each change, as a feed with a Store does.
func BenchmarkFileCheckpoint(b *testing.B) {
	for _, size := range []int{1_000, 50_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			now := time.Now()
			s := feedState{head: feedHead{Scope: "x"}, known: map[string]*entry{}}
			for i := range size {
				at := now.Add(-time.Duration(i) * time.Minute)
				r := ServiceRequest{ID: fmt.Sprintf("QH26-%06d", i), Status: StatusOpen, RequestedDatetime: at, UpdatedDatetime: at.Add(time.Duration(i%977) * time.Hour)}
				s.put(remembered(&r, r.ID, nil, false, now))
			}
			f := FileCheckpoint(filepath.Join(b.TempDir(), "state.json"))
			for i := 0; b.Loop(); i++ {
				s.put(entry{id: fmt.Sprintf("QH26-%06d", i%size), status: StatusClosed, changed: int64(i)})
				if err := f.Save(s.checkpoint()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestFeedClockPutRight: while the clock of this machine was years ahead, requests were read and
// updated_after was looked into. Once it is right both are due: they must not wait until then.
func TestFeedClockPutRight(t *testing.T) {
	t.Parallel()
	var asked []string
	c, err := New("https://city.example/v2", WithHTTPClient(&http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
		body := "[]"
		if q := r.URL.Query(); q.Has("updated_after") {
			asked = append(asked, "updated_after")
		} else if id := q.Get("service_request_id"); id != "" {
			asked = append(asked, id)
			body = `[{"service_request_id":"7","status":"closed"}]`
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})}), WithFormat(FormatJSON))
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Requests.Feed(FeedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ahead := time.Now().AddDate(11, 0, 0)
	f.s.head.Stocked, f.s.head.Mode, f.s.head.Audited = true, modeWindow, ahead
	f.s.head.Requested, f.s.head.Updated = time.Now(), time.Now()
	for _, id := range []string{"7", "8"} {
		f.s.put(entry{id: id, status: StatusOpen, seen: ahead.Unix() / 60, changed: ahead.Unix() / 60})
	}
	var got []string
	for change, err := range f.Poll(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(change.Kind)+" "+change.Request.ID)
	}
	if !slices.Contains(asked, "updated_after") || !slices.Equal(got, []string{"closed 7"}) {
		t.Errorf("asked for %v, got %v", asked, got)
	}
}

type trip func(*http.Request) (*http.Response, error)

func (f trip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestFeedFirstLookByTheServersClock: a feed that begins while this machine's clock is years ahead finds
// what is requested by the city's clock.
func TestFeedFirstLookByTheServersClock(t *testing.T) {
	t.Parallel()
	city := time.Now().AddDate(-11, 0, 0).UTC().Truncate(time.Second)
	requested := city.AddDate(0, 0, -1)
	n := 0
	c, err := New("https://city.example/v2", WithHTTPClient(&http.Client{Transport: trip(func(r *http.Request) (*http.Response, error) {
		body := "[]"
		if from, err := time.Parse(time.RFC3339, r.URL.Query().Get("start_date")); err == nil && from.Before(requested) && n > 0 {
			body = fmt.Sprintf(`[{"service_request_id":"7","status":"open","requested_datetime":"%s"}]`, requested.Format(time.RFC3339))
		}
		h := http.Header{"Date": {city.Format(http.TimeFormat)}}
		return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	})}), WithFormat(FormatJSON))
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Requests.Feed(FeedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for ; n < 2; n++ {
		for change, err := range f.Poll(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(change.Kind)+" "+change.Request.ID)
		}
	}
	if !slices.Equal(got, []string{"created 7"}) {
		t.Errorf("got %v", got)
	}
}
