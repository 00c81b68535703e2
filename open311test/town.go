package open311test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/go-open311/open311"
)

// townRequests makes the requests of a year that ends at the given time, newest first. The same
// arguments give the same requests.
func townRequests(end time.Time, seed uint64, size int) []*record {
	end = end.Truncate(time.Second)
	if end.Equal(standstill) && seed == 1 && size == 3600 {
		return ordinaryYear()
	}
	return makeYear(end, seed, size)
}

// ordinaryYear is made once: most tests start with it.
var ordinaryYear = sync.OnceValue(func() []*record { return makeYear(standstill, 1, 3600) })

// townHistory is several years, one before the other; the last of them is the one of [townRequests].
func townHistory(end time.Time, seed uint64, size, years int) []*record {
	list := townRequests(end, seed, size)
	for i := 1; i < years; i++ {
		older := yearFrom(end.Add(time.Duration(-i)*yearDays*24*time.Hour), seed+uint64(i), size, i*size)
		list = append(slices.Clip(list), older...)
	}
	if years > 1 {
		slices.SortFunc(list, (*record).order)
	}
	return list
}

func makeYear(end time.Time, seed uint64, size int) []*record { return yearFrom(end, seed, size, 0) }

// yearFrom numbers its requests from a number on.
func yearFrom(end time.Time, seed uint64, size, number int) []*record {
	end = end.Truncate(time.Second)
	g := &year{end: end, rng: rand.New(rand.NewPCG(seed, 311))}
	g.storms()
	list := make([]*record, size)
	for i, at := range g.times(size) {
		list[i] = &record{request: g.request(number+i+1, at)}
	}
	slices.SortFunc(list, (*record).order)
	return list
}

// year makes the requests of the town's year.
type year struct {
	end    time.Time
	rng    *rand.Rand
	stormy [yearDays]bool // from the first day of the year on
}

const yearDays = 365

func (g *year) start() time.Time { return g.end.Add(-yearDays * 24 * time.Hour) }

// storms: now and then a gale brings down trees and fills the drains.
func (g *year) storms() {
	for range 5 {
		g.stormy[g.rng.IntN(yearDays)] = true
	}
}

func (g *year) isStormy(at time.Time) bool {
	return g.stormy[min(int(at.Sub(g.start())/(24*time.Hour)), yearDays-1)]
}

// times says when reports come in: by daylight more than at night, on working days more than on
// others, in late winter more than in summer. Some come in the same second as the one before.
func (g *year) times(n int) []time.Time {
	sums := make([]int, yearDays*24)
	total := 0
	for i := range sums {
		at := townTime(g.start().Add(time.Duration(i) * time.Hour))
		weight := hours[at.Hour()] * weekdays[at.Weekday()] * months[at.Month()]
		if g.isStormy(at) {
			weight *= 3
		}
		total += weight
		sums[i] = total
	}
	list := make([]time.Time, n)
	for i := range list {
		hour := sort.SearchInts(sums, g.rng.IntN(total)+1)
		list[i] = g.start().Add(time.Duration(hour)*time.Hour + time.Duration(g.rng.IntN(3600))*time.Second)
	}
	slices.SortFunc(list, time.Time.Compare)
	for i := 1; i < n; i++ {
		if g.rng.IntN(100) == 0 {
			list[i] = list[i-1]
		}
	}
	return list
}

// matter chooses what a report is about.
func (g *year) matter(at time.Time) *matter {
	season := int(at.Month()) % 12 / 3 // December is winter
	stormy := g.isStormy(at)
	weight := func(m *matter) int {
		if stormy {
			return m.season[season] + m.storm
		}
		return m.season[season]
	}
	total := 0
	for i := range matters {
		total += weight(&matters[i])
	}
	n := g.rng.IntN(total)
	for i := range matters {
		if n -= weight(&matters[i]); n < 0 {
			return &matters[i]
		}
	}
	return &matters[0]
}

// request makes one report and what became of it.
func (g *year) request(n int, at time.Time) open311.ServiceRequest {
	at = townTime(at)
	m := g.matter(at)
	p := g.address()
	say := &phrase{g.rng, p}
	r := open311.ServiceRequest{
		ID:                requestID(at, n),
		Status:            open311.StatusOpen,
		ServiceName:       m.service.Name,
		ServiceCode:       m.service.Code,
		Description:       g.description(say, m),
		AgencyResponsible: m.desk.agency,
		RequestedDatetime: at,
		UpdatedDatetime:   at,
	}
	if g.rng.IntN(100) < 97 {
		r.Address, r.AddressID, r.Zipcode = p.text(), p.id(), p.district().zip
	}
	if r.Address == "" || g.rng.IntN(100) < 97 {
		r.Location = p.point()
	}
	if g.rng.IntN(100) < 60 {
		r.ServiceNotice = m.desk.notice
	}
	if m.desk.days > 0 && g.rng.IntN(100) < 75 {
		r.ExpectedDatetime = at.AddDate(0, 0, m.desk.days)
	}
	if g.rng.IntN(100) < 35 {
		r.MediaURL = mediaURL(fmt.Sprintf("%d/%02d", at.Year(), at.Month()), r.ID+".jpg")
	}
	g.treat(&r, say, m)
	return r
}

// description is what somebody wrote: mostly a sentence or two, sometimes a letter, rarely nothing.
func (g *year) description(p *phrase, m *matter) string {
	pattern := "{hello}" + m.text
	switch dice := g.rng.IntN(100); {
	case dice < 2:
		return ""
	case dice < 4: // a complaint that goes on and on
		pattern += strings.Repeat("\n"+m.text, 4+g.rng.IntN(8))
	}
	if g.rng.IntN(100) < 30 {
		pattern += "{bye}"
	}
	return p.text(pattern)
}

// treat says what the agency has done by the end of the year.
func (g *year) treat(r *open311.ServiceRequest, p *phrase, m *matter) {
	days := g.rng.ExpFloat64() * float64(m.desk.days)
	closed := r.RequestedDatetime.Add(time.Hour/2 + time.Duration(days*24*float64(time.Hour))).Truncate(time.Second)
	switch {
	case g.rng.IntN(100) < 6: // forgotten
	case !closed.After(g.end):
		r.Status, r.UpdatedDatetime = open311.StatusClosed, townTime(closed)
		r.StatusNotes = p.text(m.notes)
		return
	}
	if g.rng.IntN(100) < 40 {
		seen := r.RequestedDatetime.Add(time.Duration(1+g.rng.IntN(72*3600)) * time.Second)
		if !seen.After(g.end) {
			r.UpdatedDatetime = townTime(seen)
			r.StatusNotes = p.text("{inspected}")
		}
	}
}

// address is a house of the town.
type address struct{ street, number int }

func (g *year) address() address {
	return address{g.rng.IntN(len(streets)), 1 + g.rng.IntN(120)}
}

func (a address) district() district { return districts[a.street%len(districts)] }
func (a address) id() string         { return fmt.Sprintf("A%02d/%03d", a.street, a.number) }
func (a address) text() string {
	return fmt.Sprintf("%d %s, %s, Quillhaven", a.number, streets[a.street], a.district().name)
}

// point is where the house stands: the streets run side by side through the town, every other one
// from south to north, and the houses stand along them. The same address is always the same place.
func (a address) point() *open311.Point {
	along := float64(a.number) / 121
	across := (float64(a.street) + 0.5) / float64(len(streets))
	if a.street%2 == 0 {
		along, across = across, along
	}
	return &open311.Point{Lat: round(townSouth + along*townHeight), Long: round(townWest + across*townWidth)}
}

// round cuts degrees to six digits, about ten centimetres.
func round(deg float64) float64 { return math.Round(deg*1e6) / 1e6 }

func mediaURL(folder, name string) string {
	return "https://media." + offlineHost + "/" + folder + "/" + url.PathEscape(name)
}

var (
	winterTime = time.FixedZone("", -5*60*60)
	summerTime = time.FixedZone("", -4*60*60)
)

// townTime gives a time the zone of the town. Its clocks go forward in April and back in November,
// on the first of the month, which is simpler than what real towns do.
func townTime(t time.Time) time.Time {
	if m := t.In(winterTime).Month(); m >= time.April && m < time.November {
		return t.In(summerTime)
	}
	return t.In(winterTime)
}
