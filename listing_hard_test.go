package open311_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-open311/open311"
)

func simClient(t *testing.T, city *simCity, opts ...open311.Option) *open311.Client {
	t.Helper()
	c, err := open311.New("https://sim/v2", append([]open311.Option{open311.WithHTTPClient(city.client()), hasty}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// listed returns the ids that All gives, how often each, and the error it ends with.
func listed(ctx context.Context, c *open311.Client, q *open311.Query) (ids []string, err error) {
	for r, e := range c.Requests.All(ctx, q) {
		if e != nil {
			return ids, e
		}
		ids = append(ids, r.ID)
	}
	return ids, nil
}

// lost returns what of want is not in got, and what of got comes twice.
func lost(want, got []string) (missing, twice []string) {
	seen := map[string]int{}
	for _, id := range got {
		if seen[id]++; seen[id] == 2 {
			twice = append(twice, id)
		}
	}
	for _, id := range want {
		if seen[id] == 0 {
			missing = append(missing, id)
		}
	}
	return missing, twice
}

// TestAllOrders lists servers that give their rows oldest first, or in no order, and cut them.
func TestAllOrders(t *testing.T) {
	for _, size := range []int{20, 37, 100, 1000} {
		for _, re := range []regime{{name: "rising", rising: true}, {name: "no order", shuffled: true}} {
			for _, paged := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%d/pages %v", re.name, size, paged), func(t *testing.T) {
					now := time.Now().Truncate(time.Second)
					re.size, re.window, re.strictSpan = size, 90*simDay, true
					if paged {
						re.page, re.first = "page", 1
					}
					city := newSimCity(1500, 300*simDay, now, re)
					got, err := listed(t.Context(), simClient(t, city), &open311.Query{Start: now.Add(-301 * simDay)})
					missing, twice := lost(city.ids(), got)
					if len(twice) > 0 || len(missing) > 0 && !errors.Is(err, open311.ErrTruncated) {
						t.Errorf("%d missing, %d twice, %d calls: %v", len(missing), len(twice), city.calls, err)
					}
				})
			}
		}
	}
}

// TestAllPoison lists a city some of whose records make the server fail: the others are given, and the
// error says that something is missing.
func TestAllPoison(t *testing.T) {
	const n = 1000
	id := func(i int) string { return fmt.Sprintf("r%05d", n-i) } // the i-th from the top
	for _, re := range []regime{
		{name: "pages", size: 50, page: "page", first: 1, sizeParam: "page_size"},
		{name: "offset", size: 50, offset: true, sizeParam: "limit"},
		{name: "windows", size: 50, window: 90 * simDay, strictSpan: true},
		{name: "links", size: 50, link: true},
	} {
		for name, bad := range map[string][]int{"one": {333}, "two side by side": {333, 334}, "the newest": {0}, "the oldest": {n - 1},
			"a page of them": {200, 201, 202, 203, 204, 205, 206, 207, 208, 209}} {
			t.Run(re.name+"/"+name, func(t *testing.T) {
				now := time.Now().Truncate(time.Second)
				re.poison = map[string]bool{}
				for _, i := range bad {
					re.poison[id(i)] = true
				}
				city, _ := newRegimeCity(n, 80*simDay, now, re, 0)
				got, err := listed(t.Context(), simClient(t, city), &open311.Query{Start: now.Add(-81 * simDay)})
				missing, twice := lost(city.ids(), got)
				missing = slices.DeleteFunc(missing, func(id string) bool { return re.poison[id] })
				switch {
				case !errors.Is(err, open311.ErrTruncated):
					t.Errorf("error %v, want ErrTruncated", err)
				case len(missing) > 8 || len(twice) > 0: // in windows the seconds beside a bad record go with it
					t.Errorf("%d good ones missing (%q), %d twice, after %d calls: %v", len(missing), missing[:min(5, len(missing))], len(twice), city.calls, err)
				}
				if city.calls > 600 {
					t.Errorf("%d calls", city.calls)
				}
			})
		}
	}
}

// TestAllFilters checks that what All gives is what was asked for, from servers that do not look.
func TestAllFilters(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	q := &open311.Query{Statuses: []open311.Status{open311.StatusOpen}, ServiceCodes: []string{"A", "C"},
		Start: now.Add(-20 * simDay), End: now.Add(-10 * simDay)}
	for _, re := range []regime{
		{name: "status ignored", noStatus: true, size: 30, page: "page", first: 1},
		{name: "dates ignored", noDates: true, size: 30, page: "page", first: 1},
		{name: "nothing ignored", size: 30, page: "page", first: 1},
		{name: "one value only", oneValue: true, size: 30, page: "page", first: 1},
	} {
		t.Run(re.name, func(t *testing.T) {
			city := newSimCity(600, 60*simDay, now, re)
			var want []string
			for _, r := range city.rows {
				if r.status == "open" && (r.code == "A" || r.code == "C") && !r.at.Before(q.Start) && !r.at.After(q.End) {
					want = append(want, r.id)
				}
			}
			got, err := listed(t.Context(), simClient(t, city), q)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			slices.Sort(want)
			if d := cmp.Diff(want, got); d != "" || len(want) == 0 {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestAllIDs asks for requests by id from servers that understand a list of them, and that do not.
func TestAllIDs(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for _, re := range []regime{{name: "lists"}, {name: "first only", oneID: true}} {
		t.Run(re.name, func(t *testing.T) {
			city := newSimCity(300, 60*simDay, now, re)
			want := city.ids()[:120]
			got, err := listed(t.Context(), simClient(t, city), &open311.Query{IDs: append(slices.Clone(want), "no such id")})
			if err != nil {
				t.Fatal(err)
			}
			if missing, twice := lost(want, got); len(missing)+len(twice) > 0 || len(got) != len(want) {
				t.Errorf("%d missing, %d twice of %d", len(missing), len(twice), len(got))
			}
			if re.name == "lists" && city.calls > 4 {
				t.Errorf("%d calls for 120 ids in lists", city.calls)
			}
		})
	}
}

// TestAllIDsInTwoSpellings asks a server that takes ids whatever the case of their letters: a request is given once.
func TestAllIDsInTwoSpellings(t *testing.T) {
	city := newStubCity(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `[{"service_request_id":"SR-1","status":"open"}]`)
	})
	got, err := listed(t.Context(), city.client(t), &open311.Query{IDs: []string{"SR-1", "sr-1", "SR-1", " #SR-1"}})
	if d := cmp.Diff([]string{"SR-1"}, got); err != nil || d != "" {
		t.Errorf("error %v (-want +got):\n%s", err, d)
	}
}

// TestAllEnds lists servers that lie in every way. Each listing has to end.
func TestAllEnds(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	body := func(w http.ResponseWriter, text string) bool {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, text)
		return true
	}
	n := 0
	row := func(id string, at time.Time) string { return makeRow(id, at, 0).json }
	for name, lie := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"the same for everything": func(w http.ResponseWriter, r *http.Request) bool { return body(w, "["+row("1", now)+"]") },
		"a circle of links": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Link", `<?cursor=`+map[bool]string{true: "a", false: "b"}[r.URL.Query().Get("cursor") == "b"]+`>; rel="next"`)
			return body(w, "["+row("1", now)+"]")
		},
		"links without end": func(w http.ResponseWriter, r *http.Request) bool {
			n++
			w.Header().Set("Link", fmt.Sprintf(`<?cursor=%d>; rel="next"`, n))
			return body(w, "["+row("1", now)+"]")
		},
		"a total that is never reached": func(w http.ResponseWriter, r *http.Request) bool {
			return body(w, `{"meta":{"total":1000000},"requests":[`+row("1", now)+`]}`)
		},
		"a negative total": func(w http.ResponseWriter, r *http.Request) bool {
			return body(w, `{"meta":{"total":-5},"requests":[`+row("1", now)+`]}`)
		},
		"rows of another time": func(w http.ResponseWriter, r *http.Request) bool {
			return body(w, "["+strings.Repeat(row("1", now.Add(-5000*simDay))+",", 49)+row("2", now.Add(900*simDay))+"]")
		},
		"rows without dates": func(w http.ResponseWriter, r *http.Request) bool {
			return body(w, `[{"service_request_id":"1"},{"service_request_id":"2"}]`)
		},
		"rows without ids": func(w http.ResponseWriter, r *http.Request) bool {
			return body(w, `[{"status":"open","description":"a"},{"status":"open","description":"b"}]`)
		},
		"an error list with 200": func(w http.ResponseWriter, r *http.Request) bool {
			return body(w, `[{"code":404,"description":"no"}]`)
		},
		"a page beyond the first": func(w http.ResponseWriter, r *http.Request) bool {
			if n++; n%2 == 0 {
				w.Header().Set("Content-Type", "text/html")
				io.WriteString(w, "<html>over</html>")
				return true
			}
			return body(w, "["+row("1", now)+"]")
		},
		"nothing at all beyond the first": func(w http.ResponseWriter, r *http.Request) bool {
			if len(r.URL.Query()) > 1 {
				return true
			}
			return body(w, "["+row("1", now)+"]")
		},
		"new rows for ever, all of one second": func(w http.ResponseWriter, r *http.Request) bool {
			var rows []string
			for range 50 {
				n++
				rows = append(rows, row(fmt.Sprint("x", n), now.Add(-time.Hour)))
			}
			if n > 20000 {
				rows = nil // even this city has an end
			}
			return body(w, "["+strings.Join(rows, ",")+"]")
		},
		"redirects": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", "https://sim/v2/requests.json")
			w.WriteHeader(302)
			return true
		},
	} {
		for _, q := range []*open311.Query{nil, {Start: now.Add(-400 * simDay)}, {Start: now.Add(-10 * simDay), End: now}} {
			t.Run(fmt.Sprintf("%s/%v", name, q != nil && !q.End.IsZero()), func(t *testing.T) {
				n = 0
				city := newSimCity(1, simDay, now, regime{lie: lie})
				_, err := listed(t.Context(), simClient(t, city), q)
				if city.calls > 1500 {
					t.Errorf("%d calls, %v", city.calls, err)
				}
			})
		}
	}
}

// TestAllStops checks that break makes no further call, and that cancelling ends a wait at once.
func TestAllStops(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for _, concurrency := range []int{1, 4} {
		t.Run(fmt.Sprintf("break/%d", concurrency), func(t *testing.T) {
			city := newSimCity(1000, 30*simDay, now, regime{size: 50, page: "page", first: 1})
			c := simClient(t, city, open311.WithConcurrency(concurrency))
			n := 0
			for range c.Requests.All(t.Context(), nil) {
				if n++; n == 3 {
					break
				}
			}
			if calls := city.calls; calls != 1 {
				t.Errorf("%d calls for three requests of the first page", calls)
			}
		})
		t.Run(fmt.Sprintf("cancel/%d", concurrency), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				city := newSimCity(1000, 30*simDay, time.Now(), regime{size: 50, page: "page", first: 1})
				c := simClient(t, city, open311.WithConcurrency(concurrency), open311.WithRateLimit(1.0/3600, 2)) // two calls, then an hour
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					time.Sleep(time.Minute)
					cancel()
				}()
				start := time.Now()
				_, err := listed(ctx, c, nil)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want context.Canceled", err)
				}
				if took := time.Since(start); took > time.Minute+100*time.Millisecond {
					t.Errorf("ended %s after the cancelling", took-time.Minute)
				}
			}) // and no goroutine is left, or synctest fails
		})
	}
}

// TestAllConcurrency reads pages ahead: the same requests in the same order.
func TestAllConcurrency(t *testing.T) {
	for _, tt := range []struct {
		regime
		faster float64 // than one call after the other, at 50 ms a call
	}{
		{regime{name: "pages", size: 50, page: "page", first: 1}, 2.4},
		{regime{name: "offset", size: 50, offset: true, sizeParam: "limit"}, 1.9},
		{regime{name: "windows", size: 100, window: 90 * simDay, strictSpan: true}, 1.9},
		{regime{name: "windows, both exclusive", size: 100, window: 90 * simDay, exclusive: true, exclStart: true}, 1.9},
		{regime{name: "windows, read two hours earlier", size: 100, window: 90 * simDay, zone: 2 * time.Hour}, 1.5},
		{regime{name: "windows, oldest first", size: 100, window: 90 * simDay, rising: true}, 0.9},
		{regime{name: "windows that are never cut", window: 10 * simDay, strictSpan: true}, 1.6},
		{regime{name: "pages in windows", size: 50, window: 90 * simDay, page: "page", first: 1}, 1.9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				q := &open311.Query{Start: now.Add(-200 * simDay)}
				run := func(opts ...open311.Option) (ids []string, took time.Duration, calls int) {
					city := newSimCity(2000, 180*simDay, now, tt.regime)
					city.delay = 50 * time.Millisecond
					opts = append(opts, open311.WithDialect(open311.Dialect{Windows: open311.Windows{Span: tt.window}}))
					start := time.Now()
					ids, err := listed(t.Context(), simClient(t, city, opts...), q)
					if err != nil {
						t.Fatal(err)
					}
					return ids, time.Since(start), city.calls
				}
				want, slow, few := run()
				got, fast, many := run(open311.WithConcurrency(4))
				slices.Sort(want)
				slices.Sort(got)
				if d := cmp.Diff(want, got); d != "" || len(want) != 2000 {
					t.Errorf("%d requests (-sequential +concurrent):\n%s", len(want), d)
				}
				t.Logf("%d calls in %v; four at a time %d in %v: %.1f times as fast", few, slow, many, fast, slow.Seconds()/fast.Seconds())
				if slow.Seconds() < tt.faster*fast.Seconds() {
					t.Errorf("%d calls in %v, four at a time %d in %v; want it %.1f times as fast", few, slow, many, fast, tt.faster)
				}
				if most := few*3/2 + 8; many > most {
					t.Errorf("%d calls, four at a time %d, want at most %d", few, many, most)
				}
			})
		})
	}
}

// TestShards checks that shards are plain JSON, have nothing in common, and make up the whole.
func TestShards(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for _, re := range []regime{
		{name: "windows", size: 100, window: 90 * simDay, strictSpan: true},
		{name: "pages, end exclusive", size: 100, page: "page", first: 1, exclusive: true},
	} {
		for _, n := range []int{1, 2, 7} {
			t.Run(fmt.Sprintf("%s/%d", re.name, n), func(t *testing.T) {
				city := newSimCity(1200, 150*simDay, now, re)
				q := open311.Query{Start: now.Add(-151 * simDay), Statuses: []open311.Status{open311.StatusOpen, open311.StatusClosed}}
				if strings.Contains(re.name, "exclusive") {
					q.End = now.Add(time.Hour)
				}
				var got []string
				for _, shard := range q.Shards(n) {
					text, err := json.Marshal(shard)
					if err != nil {
						t.Fatal(err)
					}
					var back open311.Query
					if err := json.Unmarshal(text, &back); err != nil {
						t.Fatal(err)
					}
					ids, err := listed(t.Context(), simClient(t, city), &back)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, ids...)
				}
				if missing, twice := lost(city.ids(), got); len(missing)+len(twice) > 0 {
					t.Errorf("%d missing (%q), %d twice (%q)", len(missing), missing[:min(len(missing), 3)], len(twice), twice[:min(len(twice), 3)])
				}
			})
		}
	}
}

// TestAllFullSecond lists a city that has more requests in one second than it gives at once, and no pages.
// What does not fit is a gap of that second; nothing else is missing.
func TestAllFullSecond(t *testing.T) {
	for _, re := range []regime{
		{name: "both inclusive", size: 20, window: 90 * simDay, strictSpan: true},
		{name: "end exclusive", size: 20, window: 90 * simDay, strictSpan: true, exclusive: true},
		{name: "both exclusive", size: 20, window: 90 * simDay, strictSpan: true, exclusive: true, exclStart: true},
	} {
		t.Run(re.name, func(t *testing.T) {
			now := time.Now().Truncate(time.Second)
			city := newSimCity(300, 30*simDay, now, re)
			full := city.rows[100].at
			for i := 101; i < 135; i++ {
				city.rows[i] = makeRow(city.rows[i].id, full, i)
			}
			city.rows[135] = makeRow(city.rows[135].id, full.Add(-time.Second), 135)
			got, err := listed(t.Context(), simClient(t, city), &open311.Query{Start: now.Add(-40 * simDay)})
			var te *open311.TruncatedError
			if !errors.As(err, &te) || len(te.Gaps) != 1 || full.Sub(te.Gaps[0].Start).Abs() > time.Second || te.Gaps[0].End.Sub(full).Abs() > time.Second {
				t.Errorf("gaps %v, want one of %v and a second beside it", err, full)
			}
			missing, _ := lost(city.ids(), got)
			for _, id := range missing {
				if !slices.Contains(city.ids()[100:135], id) {
					t.Errorf("missing %q, which is not of the full second", missing)
				}
			}
			if len(missing) > 15 {
				t.Errorf("missing %d of 35, though 20 come at once", len(missing))
			}
			if city.calls > 40 {
				t.Errorf("%d calls: %q", city.calls, tail(city.served, 20))
			}
		})
	}
}

// TestAllDoubled lists a city each of whose answers has every row twice.
func TestAllDoubled(t *testing.T) {
	for _, re := range []regime{
		{name: "pages", size: 20, page: "page", first: 1},
		{name: "offset", size: 20, offset: true, sizeParam: "limit"},
		{name: "windows", size: 20, window: 90 * simDay, strictSpan: true},
		{name: "windows, small", size: 8, window: 90 * simDay, strictSpan: true},
	} {
		t.Run(re.name, func(t *testing.T) {
			now := time.Now().Truncate(time.Second)
			city := newSimCity(300, 30*simDay, now, re)
			city.doubled = true
			listAll(t, simClient(t, city), &open311.Query{Start: now.Add(-40 * simDay)}, city.ids())
			if most := 300/re.size*13/10 + 6; city.calls > most {
				t.Errorf("%d calls, want at most %d: %q", city.calls, most, tail(city.served, 20))
			}
		})
	}
}

// TestAllClocks lists a city whose clock is far from the client's: it gives the last 90 days by its own.
func TestAllClocks(t *testing.T) {
	for _, off := range []time.Duration{-200 * simDay, -20 * simDay, 20 * simDay, 200 * simDay} {
		t.Run(off.String(), func(t *testing.T) {
			now := time.Now().Add(off).Truncate(time.Second)
			city := newSimCity(1000, 300*simDay, now, regime{size: 100, page: "page", first: 1, window: 90 * simDay, clock: true})
			listAll(t, simClient(t, city), nil, city.ids())
		})
	}
}

// TestAllStatuses lists a server that gives the open requests unless it is asked for others, and takes one
// status a call.
func TestAllStatuses(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	city := newSimCity(300, 30*simDay, now, regime{oneValue: true, size: 50, page: "page", first: 1})
	city.regime.lie = func(_ http.ResponseWriter, r *http.Request) bool {
		if q := r.URL.Query(); q.Get("status") == "" {
			q.Set("status", "open")
			r.URL.RawQuery = q.Encode()
		}
		return false
	}
	d := open311.Dialect{OneValue: []string{"status"}, Statuses: []open311.Status{open311.StatusOpen, open311.StatusClosed}}
	listAll(t, simClient(t, city, open311.WithDialect(d)), &open311.Query{Start: now.Add(-40 * simDay)}, city.ids())
}

// TestAllShortSpans lists servers that answer for a day, or an hour, at a time.
func TestAllShortSpans(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	for _, span := range []time.Duration{time.Hour, simDay, 2 * simDay} {
		for _, zone := range []time.Duration{0, 2 * time.Hour} {
			if zone > 0 && span < 2*simDay {
				continue // a day later is beyond what it answers for: a gap
			}
			t.Run(fmt.Sprint(span, zone), func(t *testing.T) {
				city := newSimCity(300, 5*simDay, now, regime{size: 50, window: span, strictSpan: true, zone: zone})
				city.patience = 2000
				d := open311.Dialect{Windows: open311.Windows{Span: span}}
				q := &open311.Query{Start: now.Add(-6 * simDay), End: now.Add(simDay)}
				listAll(t, simClient(t, city, open311.WithDialect(d)), q, city.ids())
			})
		}
	}
}

// TestAllEdge lists up to an end in the past, from a server that takes it for ten hours earlier.
func TestAllEdge(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	city := newSimCity(1000, 100*simDay, now, regime{size: 100, page: "page", first: 1, window: 90 * simDay, zone: 10 * time.Hour})
	q := &open311.Query{Start: now.Add(-101 * simDay), End: now.Add(-10 * simDay)}
	var want []string
	for _, r := range city.rows {
		if !r.at.After(q.End) {
			want = append(want, r.id)
		}
	}
	listAll(t, simClient(t, city), q, want)
}

// TestAllAheadOfAnotherQuery: pages that were read ahead for one status are not taken for those of the next.
func TestAllAheadOfAnotherQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		city := newSimCity(1500, 80*simDay, now, regime{size: 100, page: "page", first: 1, oneValue: true})
		q := &open311.Query{Start: now.Add(-81 * simDay), Statuses: []open311.Status{open311.StatusOpen, open311.StatusClosed}}
		listAll(t, simClient(t, city, open311.WithConcurrency(4)), q, city.ids())
	})
}
