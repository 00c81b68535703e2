package open311_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-open311/open311"
)

var feedSeed = flag.Uint64("feed-seed", 0, "run TestFeedProperty with this seed only")
var feedPause = flag.Duration("feed-pause", time.Second, "what its client waits before it repeats a call")

// TestFeedProperty lets cities live for thirty days, watches them at random times, with crashes between any
// two steps and faults of the server, and compares what came through with what was.
//
// OPEN311_FEED_SEEDS sets how many cities; 1,000 take less than a minute on two cores without the race
// detector.
func TestFeedProperty(t *testing.T) {
	if *feedSeed != 0 {
		synctest.Test(t, func(t *testing.T) { watchWorld(t, *feedSeed, *feedPause, true) })
		return
	}
	n := 40
	if s := os.Getenv("OPEN311_FEED_SEEDS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	const workers = 4
	for i := range workers {
		t.Run(fmt.Sprint("worker", i), func(t *testing.T) {
			t.Parallel()
			for seed := uint64(i + 1); seed <= uint64(n) && !t.Failed(); seed += workers {
				synctest.Test(t, func(t *testing.T) { watchWorld(t, seed, *feedPause, false) })
			}
			if t.Failed() {
				t.Log("run it alone with -run TestFeedProperty -feed-seed N")
			}
		})
	}
}

// TestFeedMended watches cities in which a fault at one call had a feed see nothing more, in which a change was told late where
// all that was listed had changed (4626, 17412), or out of the order of dates where it came twice in a poll.
func TestFeedMended(t *testing.T) {
	for seed, pause := range map[uint64]time.Duration{515: time.Second, 1509: time.Second, 4626: 2 * time.Second, 17412: 2 * time.Second, 40137: 6 * time.Second} {
		synctest.Test(t, func(t *testing.T) { watchWorld(t, seed, pause, false) })
	}
}

func pick[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

func randomWays(rng *rand.Rand) ways {
	w := ways{
		updated:  pick(rng, "ignored", "honoured", "honoured", "changed", "refused", "empty"),
		page:     pick(rng, 0, 0, 10, 12, 40),
		limit:    pick(rng, 0, 20, 33),
		ids:      pick(rng, "all", "all", "first", "refused", "404"),
		noStamps: rng.IntN(6) == 0,
		odd:      rng.IntN(4) == 0,
		skew:     pick(rng, 0, 0, -3*time.Hour, 5*time.Hour),
		late:     pick(rng, 0, 0, 3*time.Hour, 12*time.Hour),
		brief:    rng.IntN(3) == 0,
		onlyOpen: rng.IntN(6) == 0,
	}
	w.noDates = w.page > 0 && rng.IntN(8) == 0
	if w.noStamps && w.updated != "ignored" {
		w.updated, w.odd = "refused", false // without a stamp there is nothing to honour
	}
	return w
}

// watchWorld is one run.
func watchWorld(t *testing.T, seed uint64, pause time.Duration, verbose bool) {
	rng := rand.New(rand.NewPCG(seed, 311))
	w := &world{rng: rand.New(rand.NewPCG(seed, 113)), ways: randomWays(rng), faulty: rng.IntN(4) > 0}
	begin := time.Now().UTC()
	n := 5 + rng.IntN(60)
	at := begin
	for i := range n {
		if i == 0 || rng.IntN(10) > 0 { // else in the same second as the one before
			at = begin.Add(w.between(time.Second, 30*24*time.Hour))
		}
		w.file(i, at)
	}
	c, err := open311.New("https://world.example/v2", open311.WithHTTPClient(&http.Client{Transport: w}),
		open311.WithRetry(open311.RetryPolicy{MaxAttempts: 2, MinWait: pause, MaxWait: pause})) // not by chance: a seed gives one life
	if err != nil {
		t.Fatal(err)
	}
	o := &watcher{t: t, seed: seed, w: w, c: c, rng: rng, begin: begin, crashes: rng.IntN(3) > 0, verbose: verbose,
		got: map[string]int{}, status: map[string]open311.Status{}, gone: map[string]bool{}, again: map[string]bool{}}
	if verbose {
		t.Logf("%+v, %d requests, crashes %v, faults %v", w.ways, n, o.crashes, w.faulty)
	}
	for time.Since(begin) < 32*24*time.Hour && !t.Failed() {
		o.look()
		wait := pick(rng, 5*time.Minute, time.Hour, 7*time.Hour, 30*time.Hour, 100*time.Hour)
		time.Sleep(time.Duration(rng.Int64N(int64(wait))) + time.Second)
	}
	// The city is at rest after its last event. What the lists no longer show is seen by the next day.
	w.faulty, o.crashes = false, false
	if len(w.todo) > 0 {
		time.Sleep(time.Until(w.todo[len(w.todo)-1].at) + time.Hour)
	}
	for range 4 {
		o.look()
		time.Sleep(25 * time.Hour)
	}
	o.atRest()
}

// watcher runs a feed and keeps the books.
type watcher struct {
	t       *testing.T
	seed    uint64
	w       *world
	c       *open311.Client
	rng     *rand.Rand
	begin   time.Time
	crashes bool
	verbose bool

	feed   *open311.Feed
	stored []byte // the checkpoint as a file would hold it

	got    map[string]int // the version that was received last
	status map[string]open311.Status
	gone   map[string]bool
	inHand string          // received, and not noted yet
	again  map[string]bool // received, but the program has crashed before that could be noted
}

func (o *watcher) failf(format string, args ...any) {
	o.t.Helper()
	o.t.Errorf("seed %d, %+v, day %.2f: "+format, append([]any{o.seed, o.w.ways, time.Since(o.begin).Hours() / 24}, args...)...)
}

type crash struct{}

// mayCrash ends the program at a random step.
func (o *watcher) mayCrash() {
	if o.crashes && o.rng.IntN(30) == 0 {
		panic(crash{})
	}
}

func (o *watcher) Load() (cp open311.Checkpoint, err error) {
	if o.stored != nil {
		err = json.Unmarshal(o.stored, &cp)
	}
	return cp, err
}

func (o *watcher) Save(cp open311.Checkpoint) error {
	o.mayCrash()
	b, err := json.Marshal(cp)
	o.stored, o.inHand = b, ""
	o.mayCrash()
	return err
}

// look is one poll, or a crash in it.
func (o *watcher) look() {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(crash); !ok {
				panic(p)
			}
			if o.verbose {
				o.t.Logf("day %.3f: crash", time.Since(o.begin).Hours()/24)
			}
			if o.feed = nil; o.inHand != "" {
				o.again[o.inHand], o.inHand = true, ""
			}
		}
	}()
	if o.feed == nil {
		var err error
		if o.feed, err = o.c.Requests.Feed(open311.FeedOptions{Store: o, Since: o.begin.Add(-100 * time.Hour)}); err != nil {
			o.t.Fatal(err)
		}
	}
	ctx := context.Background()
	if o.crashes && o.rng.IntN(10) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(o.rng.Int64N(int64(3*time.Second))))
		defer cancel()
	}
	before, moved := time.Now(), o.w.moved
	failed := false
	var last time.Time
	for ch, err := range o.feed.Poll(ctx) {
		if err != nil {
			if o.verbose {
				o.t.Logf("day %.3f: %v", time.Since(o.begin).Hours()/24, err)
			}
			failed = true
			continue
		}
		o.mayCrash()
		if at := ch.At(); !at.IsZero() {
			if at.Before(last) {
				o.failf("%s of %s at %v comes after %v", ch.Kind, ch.Request.ID, at, last)
			}
			last = at
		}
		o.receive(ch)
		o.mayCrash()
	}
	if !failed && o.w.moved == moved {
		o.compare(before)
	}
}

// nameOf tells which request a change is about, with or without id.
func nameOf(r *open311.ServiceRequest) string {
	if r.ID != "" {
		return r.ID
	}
	text, _, _ := strings.Cut(r.Description, ",")
	return strings.TrimPrefix(text, "no. ")
}

func (o *watcher) receive(ch *open311.Change) {
	id := nameOf(ch.Request)
	if o.verbose {
		o.t.Logf("day %.3f: %s %s %s (%s before)", time.Since(o.begin).Hours()/24, id, ch.Kind, ch.Request.StatusNotes, ch.Previous)
	}
	version, _ := strconv.Atoi(strings.TrimPrefix(ch.Request.StatusNotes, "v"))
	old, known := o.got[id]
	repeated := o.again[id]
	delete(o.again, id)
	o.inHand = id
	switch {
	case ch.Kind == open311.Gone:
		if !known && !repeated {
			o.failf("%s gone, was not there", id)
		}
		o.gone[id] = true
		delete(o.got, id)
		delete(o.status, id)
		return
	case repeated: // may have moved on meanwhile
		if version < old {
			o.failf("%s goes back to version %d", id, version)
		}
	case ch.Kind == open311.Created:
		if known || o.gone[id] {
			o.failf("%s created twice", id)
		}
	case !known:
		o.failf("%s %s, but it was never created", id, ch.Kind)
	case version <= old:
		o.failf("%s %s: version %d after %d", id, ch.Kind, version, old)
	case ch.Previous != o.status[id]:
		o.failf("%s %s: previous %q, was %q", id, ch.Kind, ch.Previous, o.status[id])
	}
	if !repeated && ch.Kind != open311.Created {
		was, is := o.status[id] == open311.StatusClosed, ch.Request.Status == open311.StatusClosed
		want := open311.Updated
		if is != was {
			want = map[bool]open311.ChangeKind{true: open311.Closed, false: open311.Reopened}[is]
		}
		if ch.Kind != want {
			o.failf("%s %s, want %s", id, ch.Kind, want)
		}
	}
	o.got[id], o.status[id] = version, ch.Request.Status
}

// compare checks what must be known after a poll without error in which the city stood still.
func (o *watcher) compare(before time.Time) {
	// A list by updated_after that is cut, and cannot be paged, is no use; after trouble it is out of use for
	// a day.
	honoured := o.w.ways.updated == "honoured" && (o.w.ways.page > 0 || o.w.ways.limit == 0) && !o.w.faulty
	newest := o.begin
	for _, r := range o.w.rows {
		if !r.shown.After(before) && r.requested.After(newest) {
			newest = r.requested
		}
	}
	for _, r := range o.w.rows {
		if r.shown.After(before) || r.removed || o.again[r.named] {
			continue // what was in hand in a crash is not known to the feed, and may have gone meanwhile
		}
		version, known := o.got[r.named]
		// By what the lists show it is seen at once.
		direct := r.requested.After(newest.Add(-23*time.Hour)) || honoured
		if r.odd && o.w.ways.updated == "honoured" || o.w.ways.onlyOpen && r.closed {
			direct = false // at the latest by the daily round
		}
		if o.w.ways.updated == "changed" {
			direct = false // what is new may be found out one day later if all that was seen before has changed
		}
		switch {
		case direct && !known:
			o.failf("%s of %v is not known", r.named, r.requested)
		case direct && version != r.version:
			o.failf("%s has version %d, known is %d", r.named, r.version, version)
		case known && !r.nameless && version != r.version && !(o.w.ways.noStamps && o.w.faulty) && o.since(r, version) > 24*time.Hour+time.Since(before)+time.Minute:
			o.failf("%s has version %d, known is %d, for %v", r.named, r.version, version, o.since(r, version))
		}
	}
}

// since returns how long a request has not had that version any more.
func (o *watcher) since(r *wreq, version int) time.Duration {
	for _, s := range r.past {
		if s.version > version {
			return time.Since(s.from)
		}
	}
	return 0
}

// atRest compares the end: every request is known as it is.
func (o *watcher) atRest() {
	honoured := o.w.ways.updated == "honoured" && !o.w.ways.onlyOpen
	for _, r := range o.w.rows {
		version, known := o.got[r.named]
		switch {
		case o.again[r.named]: // in hand in a crash, and not to be had any more
		case r.removed && known && r.nameless: // it may never have been seen with its id, to be asked for by
		case r.removed && known && o.status[r.named] != open311.StatusClosed:
			o.failf("at the end: %s is gone, and that was not said", r.named)
		case r.removed, known && r.nameless && !honoured: // without an id it cannot be followed
		case !known && o.w.ways.onlyOpen && r.hidden: // came and went unseen
		case !known:
			o.failf("at the end: %s is not known", r.named)
		case version != r.version:
			o.failf("at the end: %s has version %d, known is %d", r.named, r.version, version)
		case (o.status[r.named] == open311.StatusClosed) != r.closed:
			o.failf("at the end: %s is %s", r.named, o.status[r.named])
		}
	}
}
