package match

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Report is what was sent, and when.
type Report struct {
	Service            string
	Text               string
	Place              *Place
	AddressID, Address string
	Own                string // the sender's own id for it, where the server keeps one
	Sent               Span
	Posted             Span // the moment, if it is known more exactly; else zero
}

// Record is what a server shows of a request.
type Record struct {
	Service            string
	Text               string
	Place              *Place
	AddressID, Address string
	Own                string
	At                 time.Time
}

// Verdict is how likely it is that a record is the report, from 0 to 1, and why.
type Verdict struct {
	Score   float64
	Reasons []string
}

// Found is the score from which a record is taken to be the report.
const Found = 0.5

// Doubted is the most that a record scores whose text has other words or another number than the report's: cities
// rewrite texts, and people report one thing after the other in nearly the same words.
const Doubted = 0.85

// What traits weigh, as the logarithm of how much more often they are seen of a report than of a stranger's record
// of the same service. The corpus in rewrite_test.go holds them.
const (
	strange     = -3.0 // before anything is known: most records are those of others
	perLetter   = 0.4  // of a text that agrees
	mostText    = 9.0
	perPart     = 0.25 // of one that holds the other
	mostPart    = 7.0
	perScrap    = 0.12 // of one that holds no more than scraps letters of the other: many begin alike
	scraps      = 20
	repeated    = -3.0 // a text that stands at several places: it may be held back, or be what everybody writes
	otherText   = -6.0
	akinText    = -4.0
	commonText  = 2.0 // the most that a text weighs which other records have, too
	exactPlace  = 5.0
	closePlace  = 3.5
	nearPlace   = 0.6
	movedPlace  = 0.0
	farPlace    = -5.0
	placeAway   = -8.0
	sameAddress = 4.0
	promptStamp = 5.0
	freshStamp  = 2.3
	dayStamp    = 0.8
	lateStamp   = -12.0
)

// The distances that belong to them, in metres.
const (
	exactly = 2.0
	closeBy = 25.0
	nearBy  = 100.0
	moved   = 250.0
	away    = 1000.0
)

// Ranking weighs the records of one list.
type Ranking struct {
	report  *Report
	text    *text
	address *text
	texts   map[string][]*Place // the places of records that show one text
	places  map[Place]int
	exact   bool          // the list shows places to more than 3 digits: it does not round them
	least   time.Duration // see Span.fit
	now     time.Time
}

// Rank prepares to weigh the records of a list that was read at now, by the clock of the server.
func Rank(report *Report, list []Record, now time.Time) *Ranking {
	r := &Ranking{report: report, text: read(report.Text), address: read(report.Address), texts: make(map[string][]*Place),
		places: make(map[Place]int), least: -farthest, now: now}
	for i := range list {
		if key := strings.TrimSpace(list[i].Text); key != "" {
			r.texts[key] = append(r.texts[key], list[i].Place)
		}
		if list[i].Place != nil {
			r.places[*list[i].Place]++
			r.exact = r.exact || max(decimals(list[i].Place.Lat), decimals(list[i].Place.Long)) > mostRounded
		}
		if at := list[i].At; !at.IsZero() && !isDate(at) {
			r.least = max(r.least, min(at.Sub(now), farthest))
		}
	}
	return r
}

// Weigh says how likely it is that a record is the report.
func (r *Ranking) Weigh(shown *Record) Verdict {
	if r.report.Service != "" && shown.Service != "" && !strings.EqualFold(r.report.Service, shown.Service) {
		return Verdict{}
	}
	if r.report.Own != "" && shown.Own != "" {
		if r.report.Own == shown.Own {
			return Verdict{Score: 1, Reasons: []string{"it has the sender's own id"}}
		}
		return Verdict{}
	}
	sum, most := strange, 1.0
	var reasons []string
	like := compare(r.text, shown.Text)
	if like.replaced || like.kind == renumbered || like.kind == akin {
		most = Doubted
	}
	for _, trait := range []func(*Record, likeness) (float64, string){r.weighTime, r.weighText, r.weighPlace} {
		weight, reason := trait(shown, like)
		if sum += weight; reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return Verdict{Score: min(most, 1/(1+math.Exp(-sum))), Reasons: reasons}
}

func (r *Ranking) weighTime(shown *Record, _ likeness) (float64, string) {
	f := r.report.Sent.fit(shown.At, r.least)
	if !r.report.Posted.From.IsZero() && r.report.Posted.fit(shown.At, r.least) == prompt {
		f = prompt
	}
	switch f {
	case prompt:
		return promptStamp, "it was requested at the second"
	case inTime:
		hours := r.report.Sent.length().Hours()
		return max(0, min(freshStamp, 3-math.Log(1+hours))), "it was requested within the time"
	case sameDay:
		return dayStamp, "it was requested on the day"
	case otherZone:
		return 0, "it was requested within the time, in another zone"
	case late:
		if shown.At.After(r.now.Add(slip)) {
			return 0, "it was requested in the future"
		}
		return lateStamp, "it was requested at another time"
	}
	return 0, ""
}

func (r *Ranking) weighText(shown *Record, like likeness) (float64, string) {
	weight := textWeight(like)
	if r.scattered(shown) {
		weight = min(weight, commonText)
	}
	switch like.kind {
	case same:
		return weight, "the text is the same"
	case part:
		return weight, "one text holds the other"
	case renumbered:
		return otherText, "the text has another number"
	case akin:
		return akinText, "the texts have much in common"
	case other:
		switch {
		case heldBack(shown.Text):
			return 0, "its text is held back"
		case r.placeholder(shown):
			return repeated, "its text is that of others, too"
		}
		return otherText, "the text is another one"
	}
	return 0, ""
}

func textWeight(l likeness) float64 {
	letters := float64(l.letters)
	switch {
	case l.kind != part:
		return min(mostText, perLetter*letters)
	case l.letters < scraps:
		return perScrap * letters
	}
	return min(mostPart, perPart*letters)
}

// scattered reports whether other records at other places have the text of this one.
func (r *Ranking) scattered(shown *Record) bool {
	for _, p := range r.texts[strings.TrimSpace(shown.Text)] {
		if p != nil && shown.Place != nil && Distance(*p, *shown.Place) > away {
			return true
		}
	}
	return false
}

// held are stems of what cities show in place of a text that nobody has looked at, accents and case apart.
var held = []string{"moderat", "review", "redact", "redakt", "prufung", "gepruft", "prufen", "freigeb", "freigab", "withheld", "hidden",
	"confidential", "nichtoffentlich", "notpublic", "private", "pending", "valider", "enattente", "enrevision", "revisione", "gecontroleerd", "behandling"}

// placeholder reports whether a text may stand for those of several requests.
func (r *Ranking) placeholder(shown *Record) bool {
	return r.scattered(shown) || len(r.texts[strings.TrimSpace(shown.Text)]) > 2
}

// heldBack reports whether a text says of itself that it stands for another one.
func heldBack(s string) bool {
	t := read(s)
	if t.letters > 100 || len(t.words) > 15 {
		return false
	}
	for _, stem := range held {
		if strings.Contains(t.joined, stem) {
			return true
		}
	}
	return false
}

func (r *Ranking) weighPlace(shown *Record, _ likeness) (float64, string) {
	switch {
	case known(r.report.Place, shown.Place):
		d := Distance(*r.report.Place, *shown.Place)
		reason := fmt.Sprintf("it is %s away", metres(d))
		switch {
		case d <= exactly:
			return exactPlace, "it is at the same place"
		case d <= closeBy:
			return closePlace, reason
		case d <= nearBy:
			return nearPlace, reason
		case d <= moved:
			return movedPlace, reason
		case r.places[*shown.Place] > 2:
			return 0, "its place is that of many others"
		case !r.exact && rounded(*r.report.Place, *shown.Place):
			return 0, "its place is rounded"
		case d <= away:
			return farPlace, reason
		}
		return placeAway, reason
	case r.report.AddressID != "" && shown.AddressID != "":
		if r.report.AddressID == shown.AddressID {
			return sameAddress, "the address has the same id"
		}
		return placeAway, "the address has another id"
	}
	// Addresses are rewritten: that they differ says nothing.
	if like := compare(r.address, shown.Address); like.kind == same || like.kind == part {
		return closePlace, "the address is the same"
	}
	return 0, ""
}

func metres(d float64) string {
	if d < away {
		return fmt.Sprintf("%.0f m", d)
	}
	return fmt.Sprintf("%.0f km", d/1000)
}
