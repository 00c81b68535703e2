package open311_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311"
)

// TestAllProperty lists random cities with random habits: what was there when the listing began is given
// exactly once, or the listing says that something is missing. OPEN311_LISTING_SEEDS sets how many.
func TestAllProperty(t *testing.T) {
	seeds := 300
	if testing.Short() || raceDetector {
		seeds = 30
	}
	if n, err := strconv.Atoi(os.Getenv("OPEN311_LISTING_SEEDS")); err == nil {
		seeds = n
	}
	truncated, calls, rows := 0, 0, 0
	first, _ := strconv.Atoi(os.Getenv("OPEN311_LISTING_FROM"))
	one := func(seed int) {
		var w *listingWorld
		var got []string
		var err error
		synctest.Test(t, func(t *testing.T) { // for the same clock in each run
			w = newListingWorld(uint64(seed))
			got, err = listed(t.Context(), simClient(t, w.city, w.opts...), w.q)
		})
		missing, twice := lost(w.want, got)
		switch {
		case err != nil && !errors.Is(err, open311.ErrTruncated) && !w.hard:
			t.Errorf("seed %d: %v\n%s", seed, err, w)
		case len(twice) > 0:
			t.Errorf("seed %d: %d given twice\n%s", seed, len(twice), w)
		case len(missing) > 0 && err == nil:
			t.Errorf("seed %d: %d of %d missing without a word, %q…, %d calls\n%s", seed, len(missing), len(w.want), missing[:min(3, len(missing))], w.city.calls, w)
		case w.city.calls >= w.city.patience:
			t.Errorf("seed %d: %d calls for %d requests\n%s", seed, w.city.calls, len(w.want), w)
		}
		if err != nil {
			truncated++
		}
		calls += w.city.calls
		rows += len(w.want)
	}
	for _, seed := range mendedSeeds {
		one(seed)
	}
	for seed := first; seed < first+seeds; seed++ {
		one(seed)
	}
	t.Logf("%d listings of %d requests with %d calls; %d say that something is missing", seeds+len(mendedSeeds), rows, calls, truncated)
}

// mendedSeeds are cities of which an earlier engine has lost requests without a word, or which it asked thousands of times.
var mendedSeeds = []int{3840, 15836, 27663, 31508, 37984, 80124, 80970, 221011, 229408}

type listingWorld struct {
	city  *simCity
	q     *open311.Query
	opts  []open311.Option
	want  []string
	hard  bool // the very first call may fail for good
	ahead int
}

func (w *listingWorld) String() string {
	re := w.city.regime
	re.poison = nil
	return fmt.Sprintf("%+v, %d poisoned, doubled %v, %d arrive, %d ahead, from %v to %v, %v, now %v; the last calls %q",
		re, len(w.city.regime.poison), w.city.doubled, w.city.arrive, w.ahead, w.q.Start, w.q.End, w.q.Statuses, w.city.now, tail(w.city.served, 6))
}

func newListingWorld(seed uint64) *listingWorld {
	r := rand.New(rand.NewPCG(seed, 311))
	chance := func(percent int) bool { return r.IntN(100) < percent }
	pick := func(n ...int) int { return n[r.IntN(len(n))] }
	now := time.Now().Truncate(time.Second)
	re := regime{size: pick(0, 10, 20, 25, 50, 100, 100, 1000)}
	if chance(55) {
		switch r.IntN(5) {
		case 0:
			re.offset, re.sizeParam = true, "limit"
		case 1:
			re.page = "page"
		default:
			re.page, re.first = "page", 1
		}
		if re.page != "" && chance(40) {
			re.sizeParam, re.maxSize = "page_size", pick(0, 50, 200)
		}
		re.repeat, re.notFound, re.total = chance(20), chance(20), chance(20)
	}
	if chance(60) {
		re.window = time.Duration(pick(30, 90, 90, 90)) * simDay
		re.strictSpan, re.cutOldest = chance(50), chance(20)
	}
	re.exclusive, re.exclStart = chance(25), chance(15)
	re.refuse, re.noStatus, re.oneValue, re.clock = chance(15), chance(15), chance(15), chance(50)
	switch {
	case chance(12):
		re.rising = true
	case chance(8):
		re.shuffled = true
	case chance(12):
		re.zone = time.Duration(pick(-8, -5, 1, 2, 10)) * time.Hour
	case chance(8) && re.page+re.sizeParam != "":
		re.noDates = true
	}
	n := pick(0, 1, 9, 60, 300, 1500)
	city := newSimCity(n, time.Duration(1+r.IntN(700))*simDay, now, re)
	for i := range city.rows { // bursts
		if i > 0 && chance(pick(0, 3, 60)) {
			city.rows[i] = makeRow(city.rows[i].id, city.rows[i-1].at, i)
		}
	}
	city.patience = 4000
	city.arrive = pick(0, 0, 0, 1, 3)
	city.doubled = chance(10)
	if chance(15) && n > 0 {
		city.arrive = 0 // a bad record that moves on while it is being looked for may not be found
		city.regime.poison = map[string]bool{}
		for range 1 + r.IntN(3) {
			city.regime.poison[city.rows[r.IntN(n)].id] = true
		}
	}
	if re.shuffled {
		city.arrive = 0 // there is no telling what slips from one page to another
	}
	w := &listingWorld{city: city, q: &open311.Query{}, ahead: pick(1, 1, 2, 4), hard: len(city.regime.poison) > 0}
	if chance(75) {
		w.q.Start = now.Add(-time.Duration(1+r.IntN(800)) * simDay)
	}
	if chance(30) {
		w.q.End = now.Add(-time.Duration(r.IntN(200)) * simDay)
		if w.q.End.Before(w.q.Start) {
			w.q.Start, w.q.End = w.q.End, w.q.Start
		}
	}
	if chance(25) {
		w.q.Statuses = [][]open311.Status{{"open"}, {"closed"}, {"open", "closed"}}[r.IntN(3)]
	}
	d := open311.Dialect{Windows: open311.Windows{Span: re.window}}
	w.opts = []open311.Option{open311.WithConcurrency(w.ahead), open311.WithDialect(d)}
	edge := re.zone.Abs() // what lies so near to a bound is lost where nothing shows that it is read in another zone
	for _, row := range city.rows {
		if !w.q.Start.IsZero() && row.at.Before(w.q.Start.Add(edge)) || !w.q.End.IsZero() && row.at.After(w.q.End.Add(-edge)) {
			continue
		}
		if (w.q.Start.IsZero() || !row.at.Before(w.q.Start)) && (w.q.End.IsZero() || !row.at.After(w.q.End)) &&
			(len(w.q.Statuses) == 0 || slices.Contains(w.q.Statuses, open311.Status(row.status))) {
			w.want = append(w.want, row.id)
		}
	}
	return w
}
