package feed

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// traits are how a town behaves, and what is done to the feed that looks at it.
type traits struct {
	Updated_     string // what the list of updates is worth
	IDs          string // how it answers to several ids, and to one
	Views        string // what an answer of one report shows in place of what lists show
	Shows        string // of which states lists are
	Trouble      string
	Told         string // what an earlier process has wrongly found out
	Age          string // which reports there are before the feed begins, and what is asked of it
	Clock        time.Duration
	IgnoresState bool
	NoStamps     bool // there are no dates of update
	Odd          bool // some updates are dated before their report
	Late         bool // some reports turn up later than they are dated
	Equal        bool // many were filed in the same second
	Nameless     bool // some have no id at first
	Area         bool // some are outside of the area
	Unreadable   bool // some rows cannot be read for hours
	Crashes      bool
	Rare         bool // it is looked at once in days
}

// axes are what towns differ in. The first value of each is that of an honest one.
var axes = []struct {
	name   string
	values []string
	set    func(*traits, string)
}{
	{"updates", []string{"honoured", "ignored", "changed ones only", "refused", "empty"}, func(t *traits, v string) { t.Updated_ = v }},
	{"ids", []string{"all", "the first", "refused", "404 if one is unknown", "never"}, func(t *traits, v string) { t.IDs = v }},
	{"views", []string{"alike", "the first date", "a later date", "longer texts", "other notes", "another word"}, func(t *traits, v string) { t.Views = v }},
	{"lists show", []string{"all", "open ones by default", "open ones only"}, func(t *traits, v string) { t.Shows = v }},
	{"trouble", []string{"none", "network", "500", "flaky", "status error", "404 pages", "404 pages for single ones", "status error, and 404 pages for single ones",
		"gaps", "nothing", "404 at first", "500 for a day at first"}, func(t *traits, v string) { t.Trouble = v }},
	{"told", []string{"nothing", "updates work", "updates do not work", "large pages"}, func(t *traits, v string) { t.Told = v }},
	{"age", []string{"new", "open ones of any age", "since the start of the query"}, func(t *traits, v string) { t.Age = v }},
	{"clock", []string{"right", "3 h behind", "5 h ahead"}, func(t *traits, v string) {
		t.Clock = map[string]time.Duration{"right": 0, "3 h behind": -3 * time.Hour, "5 h ahead": 5 * time.Hour}[v]
	}},
	{"state", []string{"heeded", "ignored"}, func(t *traits, v string) { t.IgnoresState = v == "ignored" }},
	{"stamps", []string{"good", "none", "odd"}, func(t *traits, v string) { t.NoStamps, t.Odd = v == "none", v == "odd" }},
	{"late", []string{"no", "yes"}, func(t *traits, v string) { t.Late = v == "yes" }},
	{"equal", []string{"no", "yes"}, func(t *traits, v string) { t.Equal = v == "yes" }},
	{"nameless", []string{"no", "yes"}, func(t *traits, v string) { t.Nameless = v == "yes" }},
	{"area", []string{"no", "yes"}, func(t *traits, v string) { t.Area = v == "yes" }},
	{"unreadable", []string{"no", "yes"}, func(t *traits, v string) { t.Unreadable = v == "yes" }},
	{"crashes", []string{"no", "yes"}, func(t *traits, v string) { t.Crashes = v == "yes" }},
	{"polls", []string{"often", "rare"}, func(t *traits, v string) { t.Rare = v == "rare" }},
}

// randomTraits returns a town, and by which values it differs from an honest one.
func randomTraits(rng *rand.Rand) (t traits, lies []string) {
	share := 0.1 + 0.4*rng.Float64()
	for _, a := range axes {
		v := a.values[0]
		if rng.Float64() < share {
			v = a.values[rng.IntN(len(a.values))]
		}
		if a.set(&t, v); v != a.values[0] {
			lies = append(lies, a.name+": "+v)
		}
	}
	if t.NoStamps && t.Updated_ != "ignored" {
		t.Updated_ = "refused" // there is nothing to honour
	}
	return t, lies
}

// tally counts what has come of lives.
type tally struct {
	mu     sync.Mutex
	lives  int
	right  int
	wrong  map[string]int // missed, invented, doubled, late
	by     map[string]int // lives that went wrong, by what their towns do
	excuse map[string]int
	calls  int
	worst  []string // lives that went wrong
}

// TestLives lets towns live for some weeks, looks at them at random times, and compares what was told with what
// was. Towns lie in the ways of axes. Every change has to be told, once, and nothing else; what cannot be known
// is excused by name.
//
// OPEN311_FEED_LIVES sets how many, OPEN311_FEED_LIVES_AFTER behind which one they begin; OPEN311_FEED_LIFE runs a
// single one and tells what happens in it.
func TestLives(t *testing.T) {
	if s := os.Getenv("OPEN311_FEED_LIFE"); s != "" {
		seed, _ := strconv.ParseUint(s, 10, 64)
		synctest.Test(t, func(t *testing.T) { t.Log(live(t, seed, true).faults) })
		return
	}
	n := 2000
	if testing.Short() {
		n = 200
	}
	if s := os.Getenv("OPEN311_FEED_LIVES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	after, _ := strconv.ParseUint(os.Getenv("OPEN311_FEED_LIVES_AFTER"), 10, 64)
	sum := &tally{wrong: map[string]int{}, by: map[string]int{}, excuse: map[string]int{}}
	t.Run("lives", func(t *testing.T) {
		const workers = 2
		for i := range workers {
			t.Run(fmt.Sprint("worker", i), func(t *testing.T) {
				t.Parallel()
				for seed := after + uint64(i) + 1; seed <= after+uint64(n); seed += workers {
					synctest.Test(t, func(t *testing.T) { sum.add(seed, live(t, seed, false)) })
				}
			})
		}
	})
	slices.SortFunc(sum.worst, func(a, b string) int { return len(a) - len(b) }) // those with the fewest lies first
	for _, text := range sum.worst[:min(30, len(sum.worst))] {
		t.Error(text)
	}
	t.Logf("%d lives, %d told right; %v; %d calls", sum.lives, sum.right, sum.wrong, sum.calls)
	t.Logf("excused: %v", sum.excuse)
	for _, lie := range slices.SortedFunc(maps.Keys(sum.by), func(a, b string) int { return cmp.Or(sum.by[b]-sum.by[a], cmp.Compare(a, b)) }) {
		t.Logf("%5d %s", sum.by[lie], lie)
	}
}

// TestLivesMended lives the lives in which a feed once missed, invented, doubled or delayed something.
func TestLivesMended(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{2179, 2181, 4350, 4726, 6232, 9795, 10489, 12300, 15950, 19396, 19539, 19936, 26125, 29391, 37485, 53208, 140312, 314578} {
		synctest.Test(t, func(t *testing.T) {
			if l := live(t, seed, false); len(l.faults) > 0 {
				t.Errorf("life %d, %v: %v", seed, l.lies, l.faults)
			}
		})
	}
}

func (s *tally) add(seed uint64, l *looker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lives++
	s.calls += l.town.calls
	for name, n := range l.excused {
		s.excuse[name] += n
	}
	if len(l.faults) == 0 {
		s.right++
		return
	}
	for _, f := range l.faults {
		kind, _, _ := strings.Cut(f, ":")
		s.wrong[kind]++
	}
	for _, lie := range l.lies {
		s.by[lie]++
	}
	s.worst = append(s.worst, fmt.Sprintf("life %d, %v:\n\t%s", seed, l.lies, strings.Join(l.faults[:min(4, len(l.faults))], "\n\t")))
}

// looker looks at a town through a feed and keeps the books.
type looker struct {
	t       *testing.T
	town    *town
	lies    []string
	rng     *rand.Rand
	verbose bool

	tracker *Tracker
	stored  Snapshot

	known   map[*report]int  // which of its states was told last, or was there when stock was taken
	told    map[*report]bool // that it was told, and not only there
	again   map[*report]bool // told, and the program has crashed before that was noted
	gone    map[*report]bool
	unnamed map[*report]bool // the feed has seen it without id only
	overdue map[*report]overdue
	stocked time.Time // when stock was taken
	faults  []string
	excused map[string]int
}

// overdue is for how long something should have been told.
type overdue struct {
	since time.Time
	polls int // without an error
}

const follow = day

// live lives one life.
func live(t *testing.T, seed uint64, verbose bool) *looker {
	rng := rand.New(rand.NewPCG(seed, 311))
	w := &town{rng: rand.New(rand.NewPCG(seed, 113)), begin: time.Now()}
	l := &looker{t: t, town: w, rng: rng, verbose: verbose, known: map[*report]int{}, told: map[*report]bool{}, again: map[*report]bool{},
		gone: map[*report]bool{}, unnamed: map[*report]bool{}, overdue: map[*report]overdue{}, excused: map[string]int{}}
	w.traits, l.lies = randomTraits(rng)
	l.populate()
	l.spells()
	if verbose {
		t.Logf("%v, %d reports", l.lies, len(w.rows))
	}
	for time.Since(w.begin) < 17*day {
		l.look()
		waits := []time.Duration{5 * time.Minute, time.Hour, 7 * time.Hour}
		if w.Rare {
			waits = []time.Duration{30 * time.Hour, 100 * time.Hour}
		}
		time.Sleep(time.Duration(rng.Int64N(int64(waits[rng.IntN(len(waits))]))) + time.Minute)
	}
	w.rest = true // no more trouble, and after the last event no more changes
	end := time.Now()
	for _, r := range w.rows {
		end = later(end, r.states[len(r.states)-1].from)
	}
	for time.Since(end) < 9*day {
		l.look()
		time.Sleep(23 * time.Hour)
	}
	l.close()
	return l
}

func (l *looker) populate() {
	w := l.town
	n := 4 + l.rng.IntN(25)
	for i := range n {
		at := w.begin.Add(-w.between(0, 80*day))
		if w.Age != "new" && i%2 == 0 {
			at = w.begin.Add(-w.between(100*day, 900*day))
		}
		if i%3 == 0 {
			at = w.begin.Add(w.between(time.Second, 15*day))
		}
		if w.Equal && i > 0 && l.rng.IntN(3) == 0 {
			at = w.rows[i-1].filed()
		}
		w.file(i, at)
	}
}

func (l *looker) spells() {
	w := l.town
	switch w.Trouble {
	case "none":
	case "404 at first":
		w.spells = []spell{{w.begin, w.begin.Add(time.Second), "404 pages"}}
	case "500 for a day at first":
		w.spells = []spell{{w.begin, w.begin.Add(day), "500"}}
	default:
		for range 1 + l.rng.IntN(4) {
			from := w.begin.Add(w.between(time.Minute, 15*day))
			w.spells = append(w.spells, spell{from, from.Add(w.between(time.Minute, 30*time.Hour)), w.Trouble})
		}
	}
}

func (l *looker) fault(kind string, r *report, format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf("%s: day %.3f: %s: %s", kind, time.Since(l.town.begin).Hours()/24, r.name, fmt.Sprintf(format, args...)))
}

type crash struct{}

func (l *looker) mayCrash() {
	if l.town.Crashes && !l.town.rest && l.rng.IntN(25) == 0 {
		panic(crash{})
	}
}

func (l *looker) logf(format string, args ...any) {
	if l.verbose {
		l.t.Logf("day %.3f: %s", time.Since(l.town.begin).Hours()/24, fmt.Sprintf(format, args...))
	}
}

// look is one poll, or a crash in it.
func (l *looker) look() {
	var hand *report // what was told and is not noted yet
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(crash); !ok {
				panic(p)
			}
			l.logf("crash")
			if l.tracker = nil; hand != nil {
				l.again[hand] = true
			}
		}
	}()
	if l.tracker == nil {
		l.restart()
	}
	pass, err := l.tracker.Poll(l.t.Context())
	var gaps *GapError
	partly := errors.As(err, &gaps)
	if l.stocked.IsZero() && pass.head.Stocked {
		l.stocked = time.Now()
	}
	l.noteStock()
	if err != nil {
		l.logf("%v", err)
	}
	for _, ch := range pass.Changes() {
		r := l.reportOf(ch)
		l.mayCrash()
		hand = r
		l.receive(r, ch)
		l.mayCrash()
		pass.Settle(ch)
		l.stored, hand = l.tracker.Snapshot(), nil
		l.mayCrash()
	}
	if err == nil || partly {
		pass.Commit()
		l.stored = l.tracker.Snapshot()
	}
	if err == nil && !l.town.troubled() {
		l.compare()
	}
}

// noteStock takes in what is known by now without having been told.
func (l *looker) noteStock() {
	for _, r := range l.town.rows {
		if _, ok := l.known[r]; ok {
			continue
		}
		e := l.tracker.store.known[r.name]
		if e == nil {
			e = l.tracker.store.known[Nameless+r.name]
		}
		if e != nil && !l.again[r] {
			l.known[r] = max(0, r.at(time.Now()))
		}
	}
}

// restart begins the program anew, with what is stored.
func (l *looker) restart() {
	w := l.town
	from := l.stored
	if from.IsZero() { // the stock is taken anew, of what is there now
		maps.DeleteFunc(l.known, func(r *report, _ int) bool { return !l.told[r] })
		l.stocked = time.Time{}
	} else {
		count, known, later := from.Encode()
		var err error
		if from, err = Decode(from.Head, count, known, later); err != nil {
			l.t.Fatal(err)
		}
		switch w.Told {
		case "updates work":
			from.Head.Mode = modeUpdated
		case "updates do not work":
			from.Head.Mode = modeWindow
		}
	}
	cfg := Config{Scope: "x", Overlap: day, Follow: follow, IDsPerCall: 5, ByUpdate: w.Updated_ != "refused" || l.rng.IntN(2) == 0, State: closedState}
	if w.Age == "since the start of the query" {
		cfg.Start = w.begin.Add(-1000 * day)
	}
	var err error
	if l.tracker, err = New(cfg, w, from); err != nil {
		l.t.Fatal(err)
	}
}

func (l *looker) reportOf(ch *Change) *report {
	if ch.Gone == nil {
		if r, ok := ch.Record.(*report); ok {
			return r
		}
	}
	name := strings.TrimPrefix(ch.next.id, Nameless)
	for _, r := range l.town.rows {
		if r.name == name {
			return r
		}
	}
	l.t.Fatalf("nobody is %q", ch.next.id)
	return nil
}

// receive takes a change that is told.
func (l *looker) receive(r *report, ch *Change) {
	now := r.at(time.Now())
	was, known := l.known[r]
	repeated := l.again[r]
	delete(l.again, r)
	l.logf("%s %s (state %d, known %d %v), previous %q", ch.Kind, r.name, now, was, known, ch.Previous)
	if ch.Kind == Gone {
		if r.visible() {
			l.fault("invented", r, "gone, and it is there")
		} else if !known && !repeated {
			l.fault("invented", r, "gone, and it was not there")
		}
		l.gone[r] = true
		delete(l.known, r)
		return
	}
	_, is := closedState(r.now().status)
	_, wasClosed := closedState(r.states[max(0, was)].status)
	want := Updated
	switch {
	case is && !wasClosed:
		want = Closed
	case wasClosed && !is:
		want = Reopened
	}
	switch {
	case repeated:
	case ch.Kind == Created && (known || l.gone[r]):
		l.fault("doubled", r, "created, and it was known (state %d, now %d; gone %v)", was, now, l.gone[r])
	case ch.Kind == Created:
	case !known && !l.old(r) && !ch.Forgotten:
		l.fault("invented", r, "%s, and it was not created", ch.Kind)
	case !known:
	case was == now && l.told[r]:
		l.fault("doubled", r, "%s, and that was told", ch.Kind)
	case was == now:
		l.fault("invented", r, "%s, and nothing has changed", ch.Kind)
	case ch.Kind != want && !ch.Forgotten && !(l.old(r) && ch.Previous == ""):
		l.fault("invented", r, "%s, and it is %s", ch.Kind, want)
	}
	l.known[r], l.told[r] = now, true
}

// old reports whether a report may have been there, unseen, when the feed began.
func (l *looker) old(r *report) bool { return r.filed().Before(l.town.begin) }

// compare looks, after a poll without an error, for what should have been told by now.
func (l *looker) compare() {
	for _, r := range l.town.rows {
		why, since := l.missing(r)
		if why == "" || l.excuse(r) != "" || !r.readable() || time.Since(later(since, r.dark[1])) < l.bound(r) {
			delete(l.overdue, r)
			continue
		}
		due := l.overdue[r]
		if due.polls++; due.polls == 1 {
			due.since = time.Now()
		}
		// After trouble it takes that long to find out that something is gone.
		if due.polls == 3 && time.Since(due.since) < goneAfter {
			due.polls--
		} else if due.polls == 3 && !l.town.rest {
			l.fault("late", r, "%s, for %v", why, time.Since(since))
		}
		l.overdue[r] = due
	}
}

// bound is how late a change of a report may be told. That one is gone which has nothing beside it takes longer.
func (l *looker) bound(r *report) time.Duration {
	if l.tracker == nil || !r.states[max(0, r.at(time.Now()))].removed {
		return 2 * follow
	}
	if n := len(l.tracker.store.known); n <= maxControls {
		return time.Duration(lastOne+n)*follow + goneAfter
	}
	return 2 * follow
}

// missing says what should have been told of a report and was not, and since when.
func (l *looker) missing(r *report) (what string, since time.Time) {
	now := r.at(time.Now())
	known, ok := l.known[r]
	switch {
	case now < 0, l.again[r], r.outside:
		return "", since
	case r.states[now].removed && ok:
		return "it is gone", r.states[now].from
	case r.states[now].removed, ok && known == now:
		return "", since
	case ok:
		return fmt.Sprintf("it is in state %d, known is %d", now, known), r.states[known+1].from
	case r.filed().After(l.town.begin):
		return "it is there", r.filed()
	case r.states[now].from.After(l.town.begin):
		return "it has changed", r.states[now].from
	}
	return "", since
}

// excuse names the reason why something cannot be known of a report.
func (l *looker) excuse(r *report) string {
	w := l.town
	known, ok := l.known[r]
	now := r.at(time.Now())
	_, isClosed := closedState(r.now().status)
	byUpdate := (w.Updated_ == "honoured" || w.Updated_ == "changed ones only") && !r.odd
	hides := w.Shows == "open ones only" || w.Shows == "open ones by default"
	if l.tracker != nil && (l.tracker.store.known[Nameless+r.name] != nil || l.tracker.store.known[r.name] != nil) {
		l.unnamed[r] = l.tracker.store.known[r.name] == nil // and stays so once it is forgotten
	}
	switch {
	case time.Now().Before(r.named), l.unnamed[r], r.states[now].removed && r.states[now].from.Before(r.named):
		return "no id to ask for"
	case ok && now > known && w.closedLong(r, known):
		return "closed for longer than it is remembered"
	case r.states[now].removed && w.closedLong(r, now-1):
		return "closed for longer than it is remembered"
	case w.NoStamps && w.Views == "other notes":
		return "no dates of update, and other notes in answers of their own than in lists"
	case w.IDs == "never" && (!byUpdate || hides || r.states[now].removed):
		return "single ones are never answered"
	case !ok && w.Shows == "open ones only" && (isClosed || w.wasClosed(r)):
		return "lists of open ones only, and it was closed"
	case !ok && l.old(r) && r.filed().Before(w.begin.Add(-90*day)) && w.Age != "since the start of the query" && (w.closedAt(r, w.begin) || w.IgnoresState || !byUpdate && w.closedAt(r, l.stocked)):
		return "of long ago, and not open when stock was taken, or the server does not heed the state"
	}
	return ""
}

func (w *town) wasClosed(r *report) bool {
	return slices.ContainsFunc(r.states, func(s state) bool { _, c := closedState(s.status); return c })
}

func (w *town) closedAt(r *report, t time.Time) bool {
	i := r.at(t)
	if i < 0 {
		return false
	}
	_, c := closedState(r.states[i].status)
	return c
}

// closedLong reports whether the state i of a report was closed, and for days.
func (w *town) closedLong(r *report, i int) bool {
	if i < 0 || i+1 >= len(r.states) {
		return false
	}
	_, c := closedState(r.states[i].status)
	return c && r.states[i+1].from.Sub(later(r.states[i].from, w.begin)) > 5*day
}

// close compares the end.
func (l *looker) close() {
	for _, r := range l.town.rows {
		why, _ := l.missing(r)
		if why == "" {
			continue
		}
		if e := l.excuse(r); e != "" {
			l.excused[e]++
			continue
		}
		l.fault("missed", r, "%s, and that was not told", why)
	}
}
