package open311_test

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311"
	"github.com/go-open311/open311/open311test"
)

// feedCallsOf are the calls an hour, in tenths, that a feed makes at the most which polls every half hour, in a city of
// twenty reports a day that knows a thousand and speaks a dialect: two polls, what is asked for by id, and the audits.
var feedCallsOf = map[string]int{"GeoReport v2": 26, "Spot": 28, "SeeClickFix": 37, "uReport": 26, "Mark-a-Spot": 26,
	"Klarschiff": 27, "CitySDK": 28, "FixMyStreet": 25, "open311-adapter": 25}

// feedCallsAtOnce is how many calls one of its polls makes at the most.
const feedCallsAtOnce = 40

// TestFeedCallsByDialect watches a city in each dialect for three days, by one process and by a new one for each poll,
// which makes the same calls. -v shows the figures.
func TestFeedCallsByDialect(t *testing.T) {
	t.Parallel()
	for _, d := range open311.Dialects() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			standing, stateless := halfHourly(t, d, false), halfHourly(t, d, true)
			sum := 0
			for _, n := range standing {
				sum += n
			}
			hourly := sum * 20 / len(standing)
			t.Logf("%.1f calls an hour, %d at most in a poll", float64(hourly)/10, slices.Max(standing))
			if most, ok := feedCallsOf[d.Name]; !ok || hourly > most {
				t.Errorf("%.1f calls an hour, at most %.1f", float64(hourly)/10, float64(most)/10)
			}
			if most := slices.Max(standing); most > feedCallsAtOnce {
				t.Errorf("%d calls in one poll", most)
			}
			if quiet := len(slices.DeleteFunc(slices.Clone(standing), func(n int) bool { return n > 1 })); quiet < len(standing)*9/10 {
				t.Errorf("%d of %d polls take one call", quiet, len(standing))
			}
			again := 0
			for _, n := range stateless {
				again += n
			}
			if again > sum+sum/20 || sum > again+sum/20 {
				t.Errorf("%d calls of one process, %d of many", sum, again)
			}
		})
	}
}

// halfHourly returns how many calls each poll has made in three days after the first.
func halfHourly(t *testing.T, d open311.Dialect, stateless bool) (calls []int) {
	synctest.Test(t, func(t *testing.T) {
		city := feedCity(t, open311test.WithDialect(d), open311test.WithSize(3600), open311test.WithLife(open311test.Life{}))
		d.RateLimit = 0
		client := func() *open311.Client {
			if d.Name == open311.FixMyStreet.Name {
				return city.Client(open311.WithDialect(d), open311.WithJurisdiction("any")) // without one it answers with a page
			}
			return city.Client(open311.WithDialect(d))
		}
		f := newFeed(t, client(), open311.FeedOptions{})
		told(t, f)
		for range 3 * 48 {
			time.Sleep(30 * time.Minute)
			city.Live()
			city.ResetCalls()
			if stateless {
				var cp open311.Checkpoint
				text, err := json.Marshal(f.Checkpoint())
				if err == nil {
					err = json.Unmarshal(text, &cp)
				}
				if err != nil {
					t.Fatal(err)
				}
				f = newFeed(t, client(), open311.FeedOptions{Checkpoint: cp})
			}
			told(t, f)
			calls = append(calls, len(city.Calls()))
		}
	})
	return calls
}
