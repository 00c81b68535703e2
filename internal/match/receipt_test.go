package match

import (
	"testing"
	"time"
)

// Whose a record is that a server answers to a POST with.
func TestMine(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	home, street, town, away := &Place{52.1, 10.2}, &Place{52.1, 10.203}, &Place{52.13, 10.2}, &Place{52.4, 10.4}
	const text = "Hole in front of my house"
	report := Report{Service: "P7", Text: text, Place: home, Sent: Span{now.Add(-time.Second), now}}
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, tt := range map[string]struct {
		shown         Record
		dated, undate bool // what is wanted where the answer has a date, and where it has none
	}{
		"nothing but an id":                      {Record{}, true, true},
		"all of it":                              {Record{Service: "p7", Text: text, Place: home, At: now}, true, true},
		"another service":                        {Record{Service: "P8", Text: text, Place: home, At: now}, false, false},
		"the text, older":                        {Record{Text: text, At: ago(40 * time.Minute)}, false, true},
		"the place, older":                       {Record{Place: home, At: ago(40 * time.Minute)}, false, true},
		"the text and the place, older":          {Record{Text: text, Place: home, At: ago(40 * time.Minute)}, true, true},
		"the text and the place, last month":     {Record{Text: text, Place: home, At: ago(30 * wholeDay)}, false, false},
		"neither, older":                         {Record{At: ago(40 * time.Minute)}, false, false},
		"neither, hours older":                   {Record{At: ago(3 * time.Hour)}, false, false},
		"another address, hours older":           {Record{Address: "M1, junction 4", At: ago(3 * time.Hour)}, false, false},
		"the text, hours behind":                 {Record{Text: text, At: ago(3 * time.Hour)}, true, true},
		"the place, hours behind":                {Record{Place: home, At: ago(3 * time.Hour)}, true, true},
		"the place, 5:30 ahead":                  {Record{Place: home, At: ago(-330 * time.Minute)}, true, true},
		"moved down the street, hours behind":    {Record{Place: street, At: ago(3 * time.Hour)}, true, true},
		"another text at the place, hours older": {Record{Text: "Dead fox on the motorway", Place: home, At: ago(3 * time.Hour)}, false, false},
		"another text at the place, older":       {Record{Text: "Dead fox on the motorway", Place: home, At: ago(190 * time.Minute)}, false, false},
		"another text at the place, days older":  {Record{Text: "Dead fox on the motorway", Place: home, At: ago(2 * wholeDay)}, false, false},
		"a clock that is ahead":                  {Record{Place: street, At: ago(-7 * time.Minute)}, true, true},
		"33 km away, without a text":             {Record{Place: away, At: now}, false, false},
		"33 km away, with the text":              {Record{Text: text, Place: away, At: now}, true, true},
		"33 km away, 35 hours older":             {Record{Place: away, At: ago(35 * time.Hour)}, false, false},
		"to the middle of the quarter":           {Record{Place: town, At: now}, true, true},
		"another text, no place":                 {Record{Text: "Dead fox on the motorway", At: now}, false, false},
		"another text, another place":            {Record{Text: "Dead fox on the motorway", Place: town, At: now}, false, false},
		"another text, the place":                {Record{Text: "Dead fox on the motorway", Place: home, At: now}, true, true},
		"one letter of it":                       {Record{Text: "e", At: ago(35 * time.Hour)}, false, false},
		"held back":                              {Record{Text: "This report is under review", At: now}, true, true},
		"at 0, 0":                                {Record{Text: text, Place: &Place{}, At: now}, true, true},
		"the date alone":                         {Record{Text: text, Place: home, At: now.Truncate(wholeDay)}, true, true},
	} {
		for dated, want := range map[bool]bool{true: tt.dated, false: tt.undate} {
			if got := Mine(&report, &tt.shown, dated); got != want {
				t.Errorf("%s, dated %v: %v", name, dated, got)
			}
		}
	}
	byAddress := Report{Service: "P7", Text: text, Address: "1 Main St", Sent: report.Sent}
	for name, tt := range map[string]struct {
		shown Record
		want  bool
	}{
		"an address that was rewritten": {Record{Address: "Main St 1, Springfield", At: now}, true},
		"another address":               {Record{Address: "M1, junction 4", At: now}, false},
		"another address, the text":     {Record{Address: "M1, junction 4", Text: text, At: now}, true},
		"a place alone":                 {Record{Place: away, At: now}, true},
	} {
		if got := Mine(&byAddress, &tt.shown, true); got != tt.want {
			t.Errorf("by address: %s: %v", name, got)
		}
	}
	series := Report{Service: "P7", Text: "Lamp 13 is out", Place: home, Sent: report.Sent}
	for text, want := range map[string]bool{"Lamp 13 is out": true, "Lamp 14 is out": false, "Lamp is out": true} {
		if got := Mine(&series, &Record{Text: text, Place: home, At: now}, true); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	own := Report{Own: "abc", Sent: report.Sent}
	if !Mine(&own, &Record{Own: "abc", Text: "x", At: ago(time.Hour)}, true) || Mine(&own, &Record{Own: "abd", At: now}, true) {
		t.Error("the sender's own id does not decide")
	}
}
