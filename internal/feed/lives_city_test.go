package feed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const day = 24 * time.Hour

// town is a server of which a life is lived: its requests are filed, worked on, closed, reopened, merged and
// removed, and it lies in the ways of its traits. Nothing in it moves but the clock.
type town struct {
	traits
	rng    *rand.Rand
	begin  time.Time
	rows   []*report
	spells []spell // when it is in trouble
	rest   bool    // no more trouble
	calls  int
	habits Habits
}

// report is a request with all of its life, past and to come.
type report struct {
	name    string    // its id, once it has one
	named   time.Time // from when on it has it
	shown   time.Time // from when on lists show it; its date may be earlier
	odd     bool      // its updates are dated before it
	outside bool      // it lies outside of the area that the feed is about
	states  []state
	dark    [2]time.Time // when its row cannot be read
}

// state is what a report is like from a time on.
type state struct {
	from    time.Time
	status  string
	notes   uint32
	removed bool
}

// spell is a time of trouble.
type spell struct {
	from, to time.Time
	kind     string
}

func closedState(status string) (string, bool) {
	word := strings.ToLower(status)
	return word, strings.HasPrefix(word, "closed")
}

// at returns which of its states a report is in; -1 before the first.
func (r *report) at(t time.Time) int {
	i, _ := slices.BinarySearchFunc(r.states, t, func(s state, t time.Time) int { return cmp.Or(s.from.Compare(t), -1) })
	return i - 1
}

func (r *report) now() state { return r.states[max(0, r.at(time.Now()))] }

func (r *report) visible() bool { i := r.at(time.Now()); return i >= 0 && !r.states[i].removed }

func (r *report) readable() bool {
	now := time.Now()
	return now.Before(r.dark[0]) || !now.Before(r.dark[1])
}

func (w *town) stamp(t time.Time) time.Time { return t.Add(w.Clock).Truncate(time.Second).UTC() }

func (r *report) filed() time.Time { return r.states[0].from }

// requested is the date of a report.
func (w *town) requested(r *report) time.Time {
	if !r.shown.IsZero() {
		return w.stamp(r.shown)
	}
	return w.stamp(r.filed())
}

func (w *town) updated(r *report) time.Time {
	i := r.at(time.Now())
	switch {
	case w.NoStamps:
		return time.Time{}
	case i <= 0:
		return w.requested(r)
	case r.odd:
		return w.stamp(r.states[i].from).Add(-50 * time.Hour)
	}
	return w.stamp(r.states[i].from)
}

// sight is what an answer shows of a report: a list, or an answer of its own.
func (w *town) sight(r *report, single bool) Sighting {
	now := r.now()
	s := Sighting{Key: r.name, Status: now.status, Requested: w.requested(r), Updated: w.updated(r), Sum: now.notes, Text: 7,
		Single: single, Inside: !r.outside, Record: r}
	if time.Now().Before(r.named) {
		s.Key = Nameless + r.name
	}
	if !single {
		return s
	}
	switch w.Views {
	case "the first date":
		s.Updated = s.Requested
	case "a later date":
		if !s.Updated.IsZero() {
			s.Updated = s.Updated.Add(90 * time.Minute)
		}
	case "longer texts":
		s.Text = 8 + now.notes
	case "other notes":
		s.Sum += 1000
	case "another word":
		s.Status += " - really"
	}
	return s
}

// Aliases implements Record.
func (r *report) Aliases() [2]string { return [2]string{Nameless + r.name, Nameless + "-"} }

var (
	errNetwork    = errors.New("connection reset")
	errServer     = errors.New("500")
	errRefusal    = errors.New(`200: {"status":"error"}`)
	errPage       = errors.New("404: a page of HTML")
	errUnknown    = errors.New("404: no such request")
	errUnreadable = errors.New("a row that cannot be read")
	errParameter  = errors.New("400: unknown parameter")
)

// trouble returns what a call fails with.
func (w *town) trouble(byID bool) (string, error) {
	w.calls++
	if w.rest {
		return "", nil
	}
	now := time.Now()
	for _, s := range w.spells {
		if now.Before(s.from) || !now.Before(s.to) {
			continue
		}
		switch s.kind {
		case "network":
			return s.kind, errNetwork
		case "500":
			return s.kind, errServer
		case "flaky":
			if w.rng.IntN(3) == 0 {
				return s.kind, errServer
			}
		case "status error":
			return s.kind, errRefusal
		case "404 pages":
			return s.kind, errPage
		case "404 pages for single ones":
			if byID {
				return s.kind, errPage
			}
		case "status error, and 404 pages for single ones":
			if byID {
				return s.kind, errPage
			}
			return s.kind, errRefusal
		default:
			return s.kind, nil
		}
	}
	return "", nil
}

// troubled reports whether it is in trouble, even if it does not say so.
func (w *town) troubled() bool {
	now := time.Now()
	return !w.rest && slices.ContainsFunc(w.spells, func(s spell) bool { return !now.Before(s.from) && now.Before(s.to) })
}

// list gives what a list brings of the reports that fit.
func (w *town) list(ask Ask, fits func(*report) bool, see func(Sighting) bool) (Answer, error) {
	kind, err := w.trouble(false)
	a := Answer{Clock: w.stamp(time.Now())}
	if err != nil {
		return Answer{}, err
	}
	if a.Answered, a.Complete = true, true; kind == "nothing" {
		return a, nil
	}
	var rows []*report
	for _, r := range w.rows {
		_, closed := closedState(r.now().status)
		hidden := closed && (w.Shows == "open ones only" || w.Shows == "open ones by default" && ask.State == AnyState)
		if r.visible() && !hidden && fits(r) && (ask.State == AnyState || w.IgnoresState || closed == (ask.State == ClosedOnly)) {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b *report) int { return w.requested(b).Compare(w.requested(a)) })
	if w.Told == "large pages" && ask.Proof != Strict {
		rows = rows[:min(len(rows), 4)]
	}
	for i, r := range rows {
		switch {
		case !r.readable():
			a.Complete = false
			a.Gaps = append(a.Gaps, Gap{Start: w.requested(r), End: w.requested(r), Err: errUnreadable})
		case kind == "gaps" && (i+w.calls)%2 == 0:
			a.Complete = false
			a.Gaps = []Gap{{Err: errServer}}
		case !see(w.sight(r, false)):
			return a, nil
		}
	}
	return a, nil
}

// Requested implements Lists.
func (w *town) Requested(_ context.Context, ask Ask, see func(Sighting) bool) (Answer, error) {
	return w.list(ask, func(r *report) bool { return !w.requested(r).Before(ask.From) }, see)
}

func (w *town) hasUpdate(r *report, after time.Time) bool {
	switch w.Updated_ {
	case "ignored":
		return true
	case "empty":
		return false
	case "changed ones only":
		return r.at(time.Now()) > 0 && !w.updated(r).Before(after)
	}
	return !w.updated(r).Before(after)
}

// Updated implements Lists.
func (w *town) Updated(_ context.Context, ask Ask, see func(Sighting) bool) (Answer, error) {
	if w.Updated_ == "refused" {
		w.calls++
		return Answer{}, errParameter
	}
	return w.list(ask, func(r *report) bool { return w.hasUpdate(r, ask.From) }, see)
}

// Probe implements Lists.
func (w *town) Probe(ctx context.Context, after time.Time) (rows int, a Answer, err error) {
	a, err = w.Updated(ctx, Ask{From: after, Proof: Strict}, func(Sighting) bool { rows++; return true })
	return rows, a, err
}

func (w *town) byName(id string) *report {
	for _, r := range w.rows {
		if r.name == id && r.visible() && !time.Now().Before(r.named) {
			return r
		}
	}
	return nil
}

// ByID implements Lists.
func (w *town) ByID(_ context.Context, ids []string, see func(Sighting) bool) error {
	kind, err := w.trouble(true)
	switch {
	case err != nil:
		return err
	case kind == "nothing" || w.IDs == "never":
		return nil
	case w.IDs == "refused":
		return errServer
	case w.IDs == "the first":
		ids = ids[:1]
	}
	var list []Sighting
	for _, id := range ids {
		r := w.byName(id)
		if r == nil && w.IDs == "404 if one is unknown" {
			return errUnknown
		}
		if r != nil && r.readable() {
			list = append(list, w.sight(r, false))
		}
	}
	for _, s := range list {
		see(s)
	}
	return nil
}

// One implements Lists.
func (w *town) One(_ context.Context, id string) (Sighting, error) {
	kind, err := w.trouble(true)
	r := w.byName(id)
	switch {
	case err != nil:
		return Sighting{}, err
	case r == nil || kind == "nothing" || w.IDs == "never":
		return Sighting{}, errUnknown
	case !r.readable():
		return Sighting{}, errUnreadable
	}
	return w.sight(r, true), nil
}

// Fault implements Lists.
func (w *town) Fault(err error) Fault {
	switch err {
	case errServer:
		return Refused | Poisoned
	case errRefusal:
		return Refused | Poisoned | Stated
	case errPage:
		return Refused | Absent
	case errUnknown:
		return Refused | Absent | Stated
	case errUnreadable:
		return Refused | Poisoned | Stated | Unreadable
	case errParameter:
		return Refused | Stated
	}
	return Stated
}

// Recall implements Lists.
func (w *town) Recall(h Habits) { w.habits = h }

// Habits implements Lists.
func (w *town) Habits() Habits { return w.habits }

func (w *town) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.rng.Int64N(int64(hi-lo)+1))
}

// file adds a report that is filed at a time, and all that will happen to it.
func (w *town) file(n int, at time.Time) *report {
	rng := w.rng
	r := &report{name: fmt.Sprintf("%02d-%03d", n*7%100, n), odd: w.Odd && rng.IntN(6) == 0, outside: w.Area && rng.IntN(3) == 0}
	from := at
	if w.Late && at.After(w.begin) && rng.IntN(5) == 0 {
		r.shown, from = at, at.Add(w.between(0, 12*time.Hour))
	}
	r.states = []state{{from: from, status: "open"}}
	if rng.IntN(10) == 0 {
		r.states[0].status = "closed"
	}
	if w.Nameless && rng.IntN(6) == 0 {
		r.named = from.Add(w.between(time.Minute, 10*time.Hour))
	}
	next := func(after time.Duration, do func(*state)) {
		s := r.states[len(r.states)-1]
		s.from = s.from.Add(after)
		if after > 400*day || s.from.Before(w.begin) && rng.IntN(2) == 0 {
			s.from = w.begin.Add(w.between(time.Hour, 15*day)) // old ones are worked on while the feed looks on, too
		}
		s.notes++
		do(&s)
		r.states = append(r.states, s)
	}
	for range rng.IntN(3) {
		next(w.between(time.Second, 50*time.Hour), func(s *state) {
			if rng.IntN(2) == 0 && !strings.HasPrefix(s.status, "closed") {
				s.status = "in progress"
			}
		})
	}
	if rng.IntN(4) > 0 {
		next(w.between(time.Minute, 10*day), func(s *state) { s.status = "Closed - Completed" })
		for range rng.IntN(3) {
			next(w.between(time.Minute, 60*time.Hour), func(s *state) {
				if strings.HasPrefix(strings.ToLower(s.status), "closed") {
					s.status = "open"
				} else {
					s.status = "closed"
				}
			})
		}
	}
	if rng.IntN(12) == 0 {
		next(w.between(time.Minute, 8*day), func(s *state) { s.removed = true })
	}
	if w.Unreadable && rng.IntN(4) == 0 {
		r.dark[0] = w.begin.Add(w.between(0, 15*day))
		r.dark[1] = r.dark[0].Add(w.between(time.Hour, 20*time.Hour))
	}
	w.rows = append(w.rows, r)
	return r
}
