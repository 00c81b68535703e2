package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// histogram is the chart of requests by week, in percent of its width and height.
type histogram struct {
	Weeks  []week
	Ticks  []tick // of the time axis
	Levels []tick // of the other one
	Holes  []hole // what of the span is missing
	Most   string // in words: the week with most requests
}

// week is one bar.
type week struct {
	Label string // of the week, in words
	Day   string // its Monday
	Text  string // its counts, in words
	Bars  []bar  // what there is of each class, bottom first
	Total string
	Parts [classes]string
}

type bar struct {
	Class     string
	Y, Height float64
}

type tick struct {
	At           float64
	Text         string
	Wide, Narrow bool // shown on wide and on narrow screens
}

type hole struct{ Left, Width float64 }

// histogram lays out the chart.
func (s *Summary) histogram(gaps []Gap) histogram {
	first, last := mondayOf(s.since), mondayOf(s.until)
	n := (last-first)/7 + 1
	most, when := 0, first
	for monday, c := range s.weeks {
		if c.total() > most || c.total() == most && monday < when {
			most, when = c.total(), monday
		}
	}
	var top int
	var h histogram
	h.Levels, top = levels(most)
	for monday := first; monday <= last; monday += 7 {
		var c counts
		if known := s.weeks[monday]; known != nil {
			c = *known
		}
		h.Weeks = append(h.Weeks, s.week(monday, c, top))
	}
	h.Ticks = ticks(first, n)
	if most > 0 {
		h.Most = fmt.Sprintf("The most in one week were %s, in the week of %s", comma(most), longDate(dateOf(when)))
	}
	width := float64(n * 7)
	for _, g := range gaps {
		left, right := float64(dayOf(g.Start)-first)/width*100, float64(dayOf(g.End)+1-first)/width*100
		left, right = max(left, 0), min(right, 100)
		if right > left {
			h.Holes = append(h.Holes, hole{left, right - left})
		}
	}
	return h
}

func (s *Summary) week(monday int, c counts, top int) week {
	w := week{Label: longDate(dateOf(monday)), Day: dateOf(monday).Format(time.DateOnly), Total: comma(c.total())}
	w.Text = "Week of " + w.Label
	if monday < s.since || monday+6 > s.until {
		w.Text += " (not whole)"
	}
	w.Text += ": " + s.words3(c)
	y := 100.0
	for _, k := range []class{closed, other, open} {
		w.Parts[k] = comma(c[k])
		if c[k] > 0 {
			height := float64(c[k]) / float64(top) * 100
			y -= height
			w.Bars = append(w.Bars, bar{classID(k), y, height})
		}
	}
	return w
}

// words3 says counts in words.
func (s *Summary) words3(c counts) string {
	text := fmt.Sprintf("%s %s, %s open, %s closed", comma(c.total()), plain.Plural(c.total(), "request"), comma(c[open]), comma(c[closed]))
	if s.all[other] > 0 {
		text += fmt.Sprintf(", %s other", comma(c[other]))
	}
	return text
}

// levels chooses at most five round numbers for an axis that reaches up to most.
func levels(most int) (list []tick, top int) {
	step := 1
	for i := 0; most > 5*step; i++ {
		step = []int{2, 5, 10}[i%3] * pow10(i/3)
	}
	top = max(step, (most+step-1)/step*step)
	for v := 0; v <= top; v += step {
		list = append(list, tick{At: 100 - float64(v)/float64(top)*100, Text: comma(v)})
	}
	return list, top
}

func pow10(n int) int {
	v := 1
	for range n {
		v *= 10
	}
	return v
}

// What a label takes of the width of the chart, on wide and on narrow screens.
const (
	wideRoom   = 0.083
	narrowRoom = 0.21
)

// ticks labels the time axis of n weeks: with days if they are few, else with months or years. Narrow
// screens get fewer.
func ticks(first, n int) (list []tick) {
	wide, narrow := scale(first, n, wideRoom), scale(first, n, narrowRoom)
	at := func(day int) float64 { return float64(day-first) / float64(7*n) * 100 }
	for day, text := range wide {
		list = append(list, tick{At: at(day), Text: text, Wide: true, Narrow: narrow[day] == text})
	}
	for day, text := range narrow {
		if wide[day] != text {
			list = append(list, tick{At: at(day), Text: text, Narrow: true})
		}
	}
	slices.SortFunc(list, func(a, b tick) int { return cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.Text, b.Text)) })
	return list
}

// scale returns labels that have room beside each other, by the day where they stand.
func scale(first, n int, room float64) map[int]string {
	if n <= 12 {
		list := map[int]string{}
		for i := 0; i < n; i += int(math.Ceil(room * float64(n))) {
			if i == 0 || float64(i) < float64(n)*(1-room) {
				list[first+7*i] = dateOf(first + 7*i).Format("2 Jan")
			}
		}
		return list
	}
	for _, months := range []int{1, 2, 3, 6, 12, 24, 60, 120} {
		if list, ok := monthScale(first, n, months, room); ok {
			return list
		}
	}
	return nil
}

// monthScale labels every so many months. It reports whether there is room for that.
func monthScale(first, n, months int, room float64) (list map[int]string, ok bool) {
	list = map[int]string{}
	start, free := dateOf(first), first
	for t := time.Date(start.Year(), 1, 1, 0, 0, 0, 0, time.UTC); ; t = t.AddDate(0, 1, 0) {
		day, index := dayOf(t), t.Year()*12+int(t.Month())-1
		if float64(day-first) > float64(7*n)*(1-room) {
			return list, true
		}
		if day < first || index%months != 0 {
			continue
		}
		if day < free {
			return nil, false
		}
		text := t.Format("Jan")
		switch {
		case months >= 12:
			text = strconv.Itoa(t.Year())
		case t.Month() == time.January || len(list) == 0:
			text = t.Format("Jan 2006")
		}
		list[day] = text
		width := room * float64(7*n)
		if len(text) <= 4 {
			width *= 0.65
		}
		free = day + int(math.Ceil(width))
	}
}

func longDate(t time.Time) string { return t.Format("2 January 2006") }

// comma writes a number with separators: 1,234,567.
func comma(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
