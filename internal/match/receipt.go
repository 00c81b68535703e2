package match

import (
	"strings"
	"time"
)

const (
	sameTown   = 50e3 // metres: a report is not moved farther
	sameStreet = 5e3  // nor, without a text to know it by, farther than to the middle of the quarter
	sameSpot   = 1e3
	oldest     = 7 * wholeDay // what a clock may be off
)

// Mine reports whether a record that a server answers to a POST can be that of the report. The span of the report is
// that of the POST, by the server's own clock if dated, else by that of this machine, which may be days off. A record
// may leave everything out; what it shows is evidence.
//
// Servers that carry nothing out answer with somebody else's record: the list of a GET, cut to one row.
func Mine(report *Report, shown *Record, dated bool) bool {
	if report.Service != "" && shown.Service != "" && !strings.EqualFold(report.Service, shown.Service) {
		return false
	}
	if report.Own != "" && shown.Own != "" {
		return report.Own == shown.Own
	}
	text := liken(report.Text, shown.Text)
	if text.kind == renumbered { // the one that was filed before
		return false
	}
	agrees := (text.kind == same || text.kind == part) && (text.letters >= leastPart || text.kind == same)
	differs := (text.kind == other || text.kind == akin) && !heldBack(shown.Text)
	placed, far := known(report.Place, shown.Place), 0.0
	if placed {
		far = Distance(*report.Place, *shown.Place)
	}
	here := placed && far <= nearBy ||
		report.AddressID != "" && report.AddressID == shown.AddressID || sameAddressAs(report, shown)
	switch report.Sent.fit(shown.At, -farthest) {
	case late:
		if shown.At.After(report.Sent.To) { // a clock that is ahead: nobody has filed anything before that
			break
		}
		return report.Sent.From.Sub(shown.At) <= oldest && (agrees && here || !dated && (agrees || here && !differs))
	case otherZone: // or older than the report, by chance
		if differs || !agrees && !here && !(placed && far <= sameSpot) {
			return false
		}
	}
	switch {
	case agrees:
		return far <= sameTown
	case differs: // cities rewrite texts and hold them back; then something has to speak for it
		return here || placed && far <= sameSpot
	case !placed && !here && liken(report.Address, shown.Address).kind == other:
		return false
	}
	return far <= sameStreet
}

// liken compares two texts, if there are two.
func liken(mine, shown string) likeness {
	if mine == "" || shown == "" {
		return likeness{}
	}
	return compare(read(mine), shown)
}

func sameAddressAs(report *Report, shown *Record) bool {
	l := liken(report.Address, shown.Address)
	return l.kind == same || l.kind == part
}

// Posted is the span of a POST that was sent and answered at these times of this machine, by the clock of a server
// whose answer is dated so. A date that is missing is the time of this machine.
func Posted(sent, answered, date time.Time) Span {
	if date.IsZero() {
		return Span{sent, answered}
	}
	return Span{date.Add(-answered.Sub(sent)), date}
}
