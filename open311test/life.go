package open311test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/go-open311/open311"
)

// Life is what happens in a city while its clock goes on: see [WithLife]. The zero Life is one of twenty
// reports a day that all turn up at once, are closed after three days on average, and stay.
type Life struct {
	Seed   uint64
	PerDay float64 // reports a day, by day and night alike; 20 if it is 0
	// Days is after how many days a report is closed on average; 3 if it is 0. One in seven never is.
	Days float64
	// Notes is how many times on average something else about a report changes before; Reopen and Remove
	// are the shares of closed ones that are reopened for a day, and of all that disappear in the end.
	Notes, Reopen, Remove float64
	// Late is the share of reports that are in the lists only some time after their requested_datetime, and
	// By is how long that is at most.
	Late float64
	By   time.Duration
	// Until ends it; zero: it goes on.
	Until time.Time
}

// WithLife makes the city live. Whatever has happened up to what the city's clock shows is there at the next
// call, in the order and with the dates of its happening; the same Seed gives the same life.
func WithLife(l Life) Option {
	return func(c *config) {
		v := &living{Life: l}
		c.lives = append(c.lives, v)
		c.middleware = append(c.middleware, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				v.catchUp()
				next.ServeHTTP(w, r)
			})
		})
	}
}

// Live brings a city with [WithLife] up to what its clock shows. Each call does that first, too.
func (h *Handler) Live() {
	h = h.made()
	for _, v := range h.lives {
		v.catchUp()
	}
}

// Edit changes a request as change has it, and sets its updated_datetime to the city's time unless change
// has set it to something else. It reports whether there is such a request.
func (h *Handler) Edit(id string, change func(*open311.ServiceRequest)) bool {
	h = h.made()
	return h.store.edit(id, h.clock(), change)
}

func (s *store) edit(id string, now time.Time, change func(*open311.ServiceRequest)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byID[id]
	if old == nil {
		return false
	}
	r := cloneRequest(old.request)
	change(&r)
	if r.ID = id; r.UpdatedDatetime.Equal(old.request.UpdatedDatetime) {
		r.UpdatedDatetime = now.Truncate(time.Second)
	}
	s.putLocked([]open311.ServiceRequest{r}, now)
	return true
}

// living is the life of one city.
type living struct {
	Life

	mu     sync.Mutex
	clock  func() time.Time
	store  *store
	rng    *rand.Rand
	begun  time.Time
	events events
	filed  int
}

// begin starts the life at what the city's clock shows.
func (v *living) begin(clock func() time.Time, s *store) {
	v.clock, v.store, v.begun = clock, s, clock()
	v.rng = rand.New(rand.NewPCG(v.Seed, 5))
	if v.PerDay <= 0 {
		v.PerDay = 20
	}
	if v.Days <= 0 {
		v.Days = 3
	}
	v.plan(v.wait(v.begun, 1/v.PerDay), v.file)
}

// wait returns a time that is so many days later on average.
func (v *living) wait(t time.Time, days float64) time.Time {
	return t.Add(time.Second + time.Duration(v.rng.ExpFloat64()*days*24*float64(time.Hour)))
}

func (v *living) plan(at time.Time, do func(at time.Time)) {
	if v.Until.IsZero() || at.Before(v.Until) {
		heap.Push(&v.events, happening{at, do})
	}
}

func (v *living) catchUp() {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.clock()
	for len(v.events) > 0 && !v.events[0].at.After(now) {
		e := heap.Pop(&v.events).(happening)
		e.do(e.at)
	}
}

// file makes somebody report something, and plans what becomes of it.
func (v *living) file(at time.Time) {
	v.plan(v.wait(at, 1/v.PerDay), v.file)
	v.filed++
	g := &year{end: v.begun, rng: v.rng}
	r := g.request(v.filed, at)
	r.ID = fmt.Sprintf("L%06d", v.filed)
	r.Status, r.StatusNotes = open311.StatusOpen, ""
	r.RequestedDatetime, r.UpdatedDatetime = townTime(at.Truncate(time.Second)), townTime(at.Truncate(time.Second))
	shown := at
	if v.rng.Float64() < v.Late && v.By > 0 {
		shown = at.Add(time.Duration(v.rng.Int64N(int64(v.By))))
	}
	v.plan(shown, func(t time.Time) { v.store.put([]open311.ServiceRequest{r}, t) })
	t := shown
	edit := func(days float64, status open311.Status, note string) {
		t = v.wait(t, days)
		v.plan(t, func(at time.Time) {
			v.store.edit(r.ID, townTime(at), func(r *open311.ServiceRequest) { r.Status, r.StatusNotes = status, note })
		})
	}
	for n := 1; v.rng.Float64() < v.Notes/(v.Notes+1); n++ {
		edit(v.Days/3, open311.StatusOpen, fmt.Sprintf("Inspected %d times.", n))
	}
	if v.rng.IntN(7) > 0 {
		edit(v.Days, open311.StatusClosed, "Done.")
		if v.rng.Float64() < v.Reopen {
			edit(1, open311.StatusOpen, "Not quite.")
			edit(1, open311.StatusClosed, "Done now.")
		}
	}
	if v.rng.Float64() < v.Remove {
		v.plan(v.wait(t, v.Days), func(time.Time) { v.store.drop([]string{r.ID}) })
	}
}

// happening is something that happens at a time.
type happening struct {
	at time.Time
	do func(at time.Time)
}

// events is a heap, the earliest first.
type events []happening

func (e *events) Len() int           { return len(*e) }
func (e *events) Less(i, j int) bool { return (*e)[i].at.Before((*e)[j].at) }
func (e *events) Swap(i, j int)      { (*e)[i], (*e)[j] = (*e)[j], (*e)[i] }
func (e *events) Push(x any)         { *e = append(*e, x.(happening)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}
