package open311_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// told polls once and returns the changes as "kind id".
func told(t testing.TB, f *open311.Feed) (list []string) {
	t.Helper()
	for ch, err := range f.Poll(t.Context()) {
		if err != nil {
			t.Error(err)
			continue
		}
		list = append(list, string(ch.Kind)+" "+ch.Request.ID)
	}
	return list
}

func newFeed(t testing.TB, c *open311.Client, o open311.FeedOptions) *open311.Feed {
	t.Helper()
	f, err := c.Requests.Feed(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func feedCity(t testing.TB, opts ...open311test.Option) *open311test.Server {
	clock := open311test.NewClock(time.Now(), 1)
	return open311test.NewServer(t, append([]open311test.Option{open311test.WithoutNetwork(), open311test.WithTicking(clock)}, opts...)...)
}

func TestFeedTellsChanges(t *testing.T) {
	t.Parallel()
	for _, q := range []open311test.Quirks{{}, {UpdatedFilters: true}} {
		t.Run(fmt.Sprint("updated_after=", q.UpdatedFilters), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				city := feedCity(t, open311test.WithQuirks(q))
				f := newFeed(t, city.Client(), open311.FeedOptions{})
				if got := told(t, f); got != nil {
					t.Fatalf("taking stock has given %v", got)
				}
				// An open request of some months ago: no window reaches that far.
				var old string
				for _, r := range city.Requests() {
					if age := time.Since(r.RequestedDatetime); r.Status == open311.StatusOpen && age > 50*24*time.Hour && age < 80*24*time.Hour {
						old = r.ID
					}
				}
				set := func(s open311.Status) func(*open311.ServiceRequest) {
					return func(r *open311.ServiceRequest) { r.Status = s }
				}
				step := func(want ...string) {
					t.Helper()
					time.Sleep(25 * time.Hour)
					got := told(t, f)
					slices.Sort(got)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				}
				city.Put(open311.ServiceRequest{ID: "n1", ServiceCode: "A"})
				step("created n1")
				city.Edit("n1", func(r *open311.ServiceRequest) { r.StatusNotes = "Seen." })
				city.Edit(old, set("fixed"))
				step("closed "+old, "updated n1")
				city.Edit("n1", set("CLOSED"))
				city.Edit(old, set("open"))
				step("closed n1", "reopened "+old)
				step()
				city.Remove(old)
				step()
				step("gone " + old)
				step()
			})
		})
	}
}

// TestFeedCalls is the measure of a quiet city.
func TestFeedCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		q    open311test.Quirks
	}{
		{"window", open311test.Quirks{}},
		{"updated_after", open311test.Quirks{UpdatedFilters: true}},
		{"updated_after, pages of 50", open311test.Quirks{UpdatedFilters: true, Paging: open311test.ByPage, PageSize: 50}},
		{"window, pages of 50", open311test.Quirks{Paging: open311test.ByPage, PageSize: 50}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				city := feedCity(t, open311test.WithQuirks(tt.q))
				f := newFeed(t, city.Client(), open311.FeedOptions{})
				told(t, f)
				t.Logf("%d calls to take stock", len(city.Calls()))
				for range 5 {
					city.ResetCalls()
					time.Sleep(10 * time.Minute)
					if got := told(t, f); got != nil {
						t.Errorf("a quiet city has told %v", got)
					}
					if n := len(city.Calls()); n != 1 {
						t.Errorf("%d calls, want 1", n)
					}
				}
			})
		})
	}
}

func TestFeedFilters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		city := feedCity(t, open311test.WithRequests())
		near := open311.FeedOptions{Query: &open311.Query{Near: &open311.Circle{Center: open311.Point{Lat: 52.5, Long: 13.4}, Radius: 1000}}}
		box := open311.FeedOptions{Query: &open311.Query{Within: &open311.Box{Min: open311.Point{Lat: 52, Long: 13}, Max: open311.Point{Lat: 52.504, Long: 14}}}}
		feeds := map[string]*open311.Feed{
			"near": newFeed(t, city.Client(), near), "box": newFeed(t, city.Client(), box),
			"kinds":  newFeed(t, city.Client(), open311.FeedOptions{Kinds: []open311.ChangeKind{open311.Closed}}),
			"closed": newFeed(t, city.Client(), open311.FeedOptions{Query: &open311.Query{Statuses: []open311.Status{"closed"}}}),
			"codes":  newFeed(t, city.Client(), open311.FeedOptions{Query: &open311.Query{ServiceCodes: []string{"B"}}}),
			"match":  newFeed(t, city.Client(), open311.FeedOptions{Match: func(c *open311.Change) bool { return c.Request.ID == "3" }}),
			"ids":    newFeed(t, city.Client(), open311.FeedOptions{Query: &open311.Query{IDs: []string{"2", "nope"}}}),
		}
		got := map[string][]string{}
		all := func() {
			for name, f := range feeds {
				got[name] = append(got[name], told(t, f)...)
			}
		}
		all()
		city.Put(open311.ServiceRequest{ID: "1", ServiceCode: "A", Location: &open311.Point{Lat: 52.505, Long: 13.4}},
			open311.ServiceRequest{ID: "2", ServiceCode: "B", Location: &open311.Point{Lat: 52.502, Long: 13.4}}, open311.ServiceRequest{ID: "3", ServiceCode: "C"})
		all()
		time.Sleep(time.Hour)
		city.Edit("2", func(r *open311.ServiceRequest) { r.Status = open311.StatusClosed })
		all()
		want := map[string][]string{"near": {"created 1", "created 2", "closed 2"}, "box": {"created 2", "closed 2"}, "kinds": {"closed 2"},
			"closed": {"closed 2"}, "codes": {"created 2", "closed 2"}, "match": {"created 3"}, "ids": {"created 2", "closed 2"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A body that is left has not finished: its change comes again, and no other.
func TestFeedBreak(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		city := feedCity(t, open311test.WithRequests())
		f := newFeed(t, city.Client(), open311.FeedOptions{})
		told(t, f)
		for i := range 3 {
			time.Sleep(time.Second)
			city.Put(open311.ServiceRequest{ID: fmt.Sprint(i)})
		}
		for ch := range f.Poll(t.Context()) {
			if ch.Request.ID == "1" {
				break
			}
		}
		again := newFeed(t, city.Client(), open311.FeedOptions{Checkpoint: f.Checkpoint()})
		if diff := cmp.Diff([]string{"created 1", "created 2"}, told(t, again)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWatchTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status := 503
		var at []time.Duration
		begin := time.Now()
		city := feedCity(t, open311test.WithRequests())
		c := city.Client(open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}), open311.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				at = append(at, time.Since(begin))
				if status == 0 {
					return next.RoundTrip(r)
				}
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
			})
		}))
		ctx, cancel := context.WithCancel(t.Context())
		failures := 0
		for ch, err := range newFeed(t, c, open311.FeedOptions{}).Watch(ctx, time.Minute) {
			if err == nil {
				if ch.Kind != open311.Created || status != 0 {
					t.Errorf("%+v", ch)
				}
				status = 403 // which ends it
				continue
			}
			if failures++; failures == 4 {
				if at[3]-at[2] < 6*time.Minute || at[1] < 100*time.Second {
					t.Errorf("no back-off: calls at %v", at)
				}
				status = 0
				go func() {
					time.Sleep(20 * time.Minute)
					city.Put(open311.ServiceRequest{ID: "1"})
				}()
			}
		}
		if failures != 5 || status != 403 {
			t.Errorf("%d errors", failures)
		}
		cancel()
		for _, err := range newFeed(t, c, open311.FeedOptions{}).Watch(ctx, time.Minute) {
			t.Errorf("a watch whose context has ended gives %v", err)
		}
	})
}

// TestWatchSharedFile: that another program writes the checkpoint no waiting can mend. A disk that is full,
// or a directory that is not there yet, may be another matter later.
func TestWatchSharedFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		city := feedCity(t, open311test.WithRequests())
		path := filepath.Join(t.TempDir(), "there", "state.json")
		f := newFeed(t, city.Client(), open311.FeedOptions{Store: open311.FileCheckpoint(path)})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Hour)
		defer cancel()
		failures := 0
		for _, err := range f.Watch(ctx, time.Minute) {
			if failures++; !errors.Is(err, open311.ErrCheckpoint) {
				t.Fatal(err)
			}
			switch failures {
			case 1:
				if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(time.Hour, func() { // by then it is saved
					if err := open311.FileCheckpoint(path).Save(f.Checkpoint()); err != nil {
						t.Error(err)
					}
				})
			case 3:
				t.Fatal("it goes on although the file belongs to another")
			}
		}
		if failures != 2 || ctx.Err() != nil {
			t.Errorf("%d errors, %v", failures, ctx.Err())
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestFeedOneState: a server that lists only open requests unless it is asked for another state, and bears
// one state a call. The feed asks for each, and nobody for both at once.
func TestFeedOneState(t *testing.T) {
	t.Parallel()
	for _, updatedFilters := range []bool{false, true} {
		state := "open"
		filed := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			q := r.URL.Query()
			if strings.Contains(q.Get("status"), ",") {
				return stubReply(r, 500, "text/html", htmlPage), nil
			}
			body := "[]"
			after, err := time.Parse(time.RFC3339, q.Get("updated_after"))
			if asked := q.Get("status"); (asked == state || asked == "" && state == "open") && (err != nil || !updatedFilters || after.Before(filed)) {
				body = fmt.Sprintf(`[{"service_request_id":"7","status":"%s","requested_datetime":"%s"}]`, state, filed.Format(time.RFC3339))
			}
			return stubReply(r, 200, "application/json", body), nil
		}, open311.WithFormat(open311.FormatJSON), open311.WithDialect(open311.Dialect{OneValue: []string{"status"},
			Statuses: []open311.Status{open311.StatusOpen, open311.StatusClosed}, Paging: open311.Paging{Style: open311.PagingNone}}))
		f := newFeed(t, c, open311.FeedOptions{Follow: -1})
		got := told(t, f)
		state = "closed"
		if got = append(got, told(t, f)...); !slices.Equal(got, []string{"closed 7"}) {
			t.Errorf("updated_after works: %v: got %v", updatedFilters, got)
		}
	}
}

// TestFeedOfTheCityAsItIs: the clock of a city in memory stands still, months away from that of this machine.
func TestFeedOfTheCityAsItIs(t *testing.T) {
	t.Parallel()
	city := open311test.NewServer(t)
	f := newFeed(t, city.Client(), open311.FeedOptions{})
	got := told(t, f)
	city.Put(open311.ServiceRequest{ID: "new"})
	if got = append(got, told(t, f)...); !slices.Equal(got, []string{"created new"}) {
		t.Errorf("got %v", got)
	}
}

// TestFeedOutage: while a server answers everything with a page and 404, as many do that are being worked
// on, no request is gone. One that is the only one not to be found is, whatever the page says.
func TestFeedOutage(t *testing.T) {
	t.Parallel()
	for _, q := range []open311test.Quirks{{}, {UpdatedFilters: true}} {
		synctest.Test(t, func(t *testing.T) {
			down, removed := false, "none"
			city := feedCity(t, open311test.WithQuirks(q), open311test.WithSize(200), open311test.WithMiddleware(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if down || strings.Contains(r.URL.Path, "/requests/"+removed) {
						answerWith(404, "text/html", htmlPage)(w, r)
						return
					}
					next.ServeHTTP(w, r)
				})
			}))
			var got []string
			f := newFeed(t, city.Client(), open311.FeedOptions{Follow: 5 * time.Hour})
			look := func(times int) {
				for range times {
					for change, err := range f.Poll(t.Context()) {
						if err == nil {
							got = append(got, string(change.Kind)+" "+change.Request.ID)
						}
					}
					time.Sleep(20 * time.Minute)
				}
			}
			look(1)
			now := city.Now()
			city.Put(open311.ServiceRequest{ID: "new", RequestedDatetime: now, UpdatedDatetime: now}) // which shows that updated_after works
			look(20)
			got = nil
			down = true
			look(10)
			down = false
			look(10)
			if len(got) > 0 {
				t.Errorf("updated_after works: %v: got %v", q.UpdatedFilters, got)
			}
			id := city.Requests()[5].ID
			city.Remove(id)
			removed = id
			if look(30); !slices.Equal(got, []string{"gone " + id}) {
				t.Errorf("updated_after works: %v: got %v, want only %s gone", q.UpdatedFilters, got, id)
			}
		})
	}
}

// TestFeedKeepsItsQuery: what a program does with its query later is of no consequence.
func TestFeedKeepsItsQuery(t *testing.T) {
	t.Parallel()
	city := feedCity(t)
	q := &open311.Query{ServiceCodes: []string{"0101"}, Statuses: []open311.Status{open311.StatusOpen}, Near: &open311.Circle{Radius: 1000}}
	f := newFeed(t, city.Client(), open311.FeedOptions{Query: q})
	told(t, f)
	q.ServiceCodes[0], q.Statuses[0], q.Near.Radius = "0102", open311.StatusClosed, 1
	place := &open311.Point{Lat: 0.001}
	city.Put(open311.ServiceRequest{ID: "a", ServiceCode: "0101", Location: place}, open311.ServiceRequest{ID: "b", ServiceCode: "0102", Location: place})
	if got := told(t, f); !slices.Equal(got, []string{"created a"}) {
		t.Errorf("got %v", got)
	}
}

// TestWatchRarely: a pause that is nearly for ever does not turn into none after trouble.
func TestWatchRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := stubClient(t, func(r *http.Request) (*http.Response, error) {
			return stubReply(r, 500, "text/html", htmlPage), nil
		}, open311.WithRetry(open311.RetryPolicy{MaxAttempts: 1}), open311.WithFormat(open311.FormatJSON))
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		failures := 0
		for range newFeed(t, c, open311.FeedOptions{}).Watch(ctx, 200*365*24*time.Hour) {
			if failures++; failures > 1 {
				t.Fatal("it does not pause")
			}
		}
	})
}

func TestFeedOptions(t *testing.T) {
	t.Parallel()
	c := feedCity(t).Client()
	for _, o := range []open311.FeedOptions{{Overlap: -1}, {Kinds: []open311.ChangeKind{"new"}}, {Query: &open311.Query{Page: 2}},
		{Query: &open311.Query{UpdatedAfter: time.Now()}}, {Query: &open311.Query{Near: &open311.Circle{}}}} {
		if _, err := c.Requests.Feed(o); !errors.Is(err, open311.ErrInvalid) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	f := newFeed(t, c, open311.FeedOptions{Since: time.Now().AddDate(0, 0, -30)})
	for range f.Poll(t.Context()) {
		for _, err := range f.Poll(t.Context()) {
			if err == nil {
				t.Error("two loops at once")
			}
		}
		break
	}
	for _, err := range f.Watch(t.Context(), 0) {
		if !errors.Is(err, open311.ErrInvalid) {
			t.Error(err)
		}
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	berlin, potsdam := open311.Point{Lat: 52.52, Long: 13.405}, open311.Point{Lat: 52.39, Long: 13.065}
	for r, want := range map[float64]bool{27100: false, 27300: true} { // 27.2 km
		if got := (open311.Circle{Center: berlin, Radius: r}).Contains(potsdam); got != want {
			t.Errorf("within %v m: %v", r, got)
		}
	}
	fiji := open311.Box{Min: open311.Point{Lat: -20, Long: 177}, Max: open311.Point{Lat: -16, Long: -178}}
	for long, want := range map[float64]bool{176: false, 178: true, 180: true, -179: true, -177: false} {
		if got := fiji.Contains(open311.Point{Lat: -18, Long: long}); got != want {
			t.Errorf("longitude %v: %v", long, got)
		}
	}
}
