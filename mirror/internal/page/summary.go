// Package page makes one self-contained HTML page about the service requests of a city: where they are,
// how many a week, and which services have how many open and closed. It loads nothing, so it works
// offline and from a file.
package page

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311"
)

// maxDots is how many places are drawn at most; of more, that many are taken by lot.
const maxDots = 50_000

// maxNames is how many services, and how many states, are told apart: more than any city has.
const maxNames = 2000

// Entry is what the page has to know of a request.
type Entry struct {
	ID, Code, Service, Status string
	At                        time.Time // zero if not known; the day is the one of its own time zone
	Place                     *open311.Point
}

// class is what a status counts as. Servers have many words beside the two of the specification.
type class int

const (
	open class = iota
	closed
	other
	classes
)

var classNames = [classes]string{"Open", "Closed", "Other"}

func classOf(status string) class {
	switch {
	case open311.StatusOpen.Is(open311.Status(status)):
		return open
	case open311.StatusClosed.Is(open311.Status(status)):
		return closed
	}
	return other
}

// counts are numbers of requests by class.
type counts [classes]int

func (c counts) total() int { return c[open] + c[closed] + c[other] }

// service is a row of the table of services.
type service struct {
	code, name string
	counts
}

// dot is a request on the map.
type dot struct {
	point   open311.Point
	id      string
	service *service
	class   class
	day     int // since 1970, in the time zone of the request; noDay if not known
}

const noDay = -1 << 30

// Summary adds up requests. It keeps no more than 50,000 places and 2,000 services, however many there are.
type Summary struct {
	since, until int // days
	all          counts
	weeks        map[int]*counts // by the day of their Monday
	undated      int
	services     map[string]*service
	words        map[string]int // other states than open and closed
	dots         []dot
	placed       int
	rng          *rand.Rand
}

// NewSummary begins a summary of a span of time.
func NewSummary(since, until time.Time) *Summary {
	return &Summary{since: dayOf(since), until: dayOf(until), weeks: map[int]*counts{}, services: map[string]*service{},
		words: map[string]int{}, rng: rand.New(rand.NewPCG(311, 2))} // the same requests make the same page
}

// dayOf counts days since 1970 as the calendar of t's time zone has them.
func dayOf(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dateOf(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// mondayOf returns the first day of a day's week. Day 0 was a Thursday.
func mondayOf(day int) int {
	back := (day + 3) % 7
	if back < 0 {
		back += 7
	}
	return day - back
}

// Add adds a request.
func (s *Summary) Add(e Entry) {
	c := classOf(e.Status)
	s.all[c]++
	if c == other {
		word := clip(cmp.Or(e.Status, "none"), 30)
		if s.words[word] == 0 && len(s.words) >= maxNames {
			word = "others"
		}
		s.words[word]++
	}
	day := noDay
	if e.At.IsZero() {
		s.undated++
	} else {
		day = dayOf(e.At)
		// A day of the city's own calendar may lie just outside of the span.
		monday := mondayOf(min(max(day, s.since), s.until))
		if s.weeks[monday] == nil {
			s.weeks[monday] = new(counts)
		}
		s.weeks[monday][c]++
	}
	v := s.service(e)
	v.counts[c]++
	if e.Place == nil {
		return
	}
	s.placed++
	d := dot{*e.Place, clip(e.ID, 40), v, c, day}
	if len(s.dots) < maxDots {
		s.dots = append(s.dots, d)
	} else if i := s.rng.IntN(s.placed); i < maxDots {
		s.dots[i] = d
	}
}

// service returns the row of the request's service, which is known by its code, else by its name.
func (s *Summary) service(e Entry) *service {
	key := cmp.Or(e.Code, "\x00"+e.Service)
	v := s.services[key]
	if v == nil && len(s.services) >= maxNames {
		key, e.Code, e.Service = "\x00\x00", "", "Other services"
		v = s.services[key]
	}
	if v == nil {
		v = &service{code: clip(e.Code, 40), name: clip(e.Service, 80)}
		s.services[strings.Clone(key)] = v
	}
	if v.name == "" {
		v.name = clip(e.Service, 80)
	}
	return v
}

// byCount lists the services, the one with most requests first.
func (s *Summary) byCount() []*service {
	var list []*service
	for _, v := range s.services {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *service) int {
		return cmp.Or(b.total()-a.total(), strings.Compare(a.name, b.name), strings.Compare(a.code, b.code))
	})
	return list
}

// label is what a service is called, whatever the server left out.
func (v *service) label() string { return cmp.Or(v.name, v.code, "(no service)") }

// clip makes one line of at most n letters, in memory of its own.
func clip(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return strings.Clone(s)
}
