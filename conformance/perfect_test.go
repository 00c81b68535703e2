package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

func check(t testing.TB, target Target) *Report {
	t.Helper()
	target.Pace = -1
	r, err := Check(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPerfectCity(t *testing.T) {
	for name, tc := range map[string]struct {
		opts   []open311test.Option
		target Target
	}{
		"read only":      {},
		"creating":       {[]open311test.Option{open311test.WithSeed(2)}, Target{AllowCreate: true}},
		"with a key":     {[]open311test.Option{open311test.WithAPIKey("k-311-secret")}, Target{AllowCreate: true, APIKey: "k-311-secret"}},
		"jurisdictions":  {[]open311test.Option{open311test.WithJurisdictions("a.example", "b.example")}, Target{Jurisdiction: "a.example"}},
		"running clock":  {[]open311test.Option{open311test.WithClock(time.Now)}, Target{AllowCreate: true}},
		"empty":          {[]open311test.Option{open311test.WithEmpty()}, Target{AllowCreate: true}},
		"a few requests": {[]open311test.Option{open311test.WithSize(12)}, Target{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if raceEnabled && len(tc.opts) > 0 { // a year of requests is for one of them, or for the run without it
				tc.opts = append([]open311test.Option{open311test.WithSize(400)}, tc.opts...)
			}
			city := open311test.NewServer(t, tc.opts...)
			tc.target.Endpoint = city.URL
			r := check(t, tc.target)
			for _, res := range r.Results {
				switch res.Status {
				case Fail, Warn, Error:
					t.Errorf("%s: %s: %+v", res.Status, res.ID, res.Findings)
					for _, f := range res.Findings {
						t.Logf("%+v", f.Exchange)
					}
				case Unsupported:
					t.Logf("unsupported %s: %s", res.ID, res.Reason)
				}
			}
			if r.Verdict != Conformant {
				t.Errorf("verdict: %s", r.Verdict)
			}
			t.Logf("%d calls, %d of them POSTs, %v; %v", r.Calls, r.Posts, r.Elapsed, countOf(r.Results))
		})
	}
}

// Other data of the same city must not show faults either.
func TestPerfectCityOfAnyData(t *testing.T) {
	seeds := uint64(12)
	if raceEnabled {
		seeds = 3
	}
	for seed := range seeds {
		for _, size := range []int{1, 3, 5, 40, 300} {
			r := still(t, Target{AllowCreate: seed%3 == 0}, open311test.WithSeed(seed), open311test.WithSize(size))
			if r.Verdict != Conformant {
				t.Errorf("seed %d, %d requests: %s: %+v", seed, size, r.Verdict, r.worst(Fail, Warn, Error))
			}
		}
	}
}

// A city does not stand still while it is checked: requests come in and are closed between any two calls.
func TestLivelyCity(t *testing.T) {
	seeds := uint64(36)
	if raceEnabled {
		seeds = 3
	}
	for seed := range seeds {
		var city *open311test.Server
		n := 0
		rng := rand.New(rand.NewPCG(seed, 1))
		lively := open311test.WithMiddleware(func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r)
				if city == nil || rng.IntN(2) == 0 {
					return
				}
				n++
				list := city.Requests()
				fresh := list[rng.IntN(len(list))]
				fresh.ID, fresh.Status = fmt.Sprintf("QH26-L%05d", n), open311.StatusOpen
				fresh.RequestedDatetime = city.Now().Add(time.Duration(n-1000) * time.Second)
				fresh.UpdatedDatetime = fresh.RequestedDatetime
				done := list[rng.IntN(len(list))]
				done.Status, done.UpdatedDatetime = open311.StatusClosed, city.Now()
				city.Put(fresh, done)
			})
		})
		city = open311test.NewServer(t, open311test.WithoutNetwork(), open311test.WithSize(300), lively)
		r := check(t, Target{Endpoint: city.URL, HTTPClient: &http.Client{Transport: city.Transport()}, Now: city.Now})
		if r.Verdict != Conformant {
			t.Errorf("seed %d: %s", seed, r.Verdict)
			for _, res := range r.worst(Fail, Warn, Error) {
				t.Errorf("%s: %+v", res.ID, res.Findings)
			}
		}
	}
}
