package match

import (
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// manners are what cities make of a text, as far as it can be known again.
var manners = map[string]func(string) string{
	"as it is":         func(s string) string { return s },
	"upper case":       strings.ToUpper,
	"lower case":       strings.ToLower,
	"escaped for HTML": html.EscapeString,
	"escaped twice":    func(s string) string { return html.EscapeString(html.EscapeString(s)) },
	"numeric references": func(s string) string {
		return each(s, func(r rune) string { return ascii(r, fmt.Sprintf("&#%d;", r)) })
	},
	"hex references": func(s string) string {
		return each(s, func(r rune) string { return ascii(r, fmt.Sprintf("&#x%x;", r)) })
	},
	"JSON escapes":        func(s string) string { return strings.Trim(fmt.Sprintf("%+q", bmp(s)), `"`) },
	"slashes":             strings.NewReplacer(`'`, `\'`, `"`, `\"`).Replace,
	"br for line breaks":  strings.NewReplacer("\n", "<br />\n").Replace,
	"a paragraph":         func(s string) string { return "<p>" + strings.ReplaceAll(s, "\n", "</p><p>") + "</p>" },
	"backslash n":         strings.NewReplacer("\n", `\n`).Replace,
	"CRLF":                strings.NewReplacer("\n", "\r\n").Replace,
	"line breaks dropped": strings.NewReplacer("\n", "").Replace,
	"one blank":           func(s string) string { return strings.Join(strings.Fields(s), " ") },
	"many blanks":         strings.NewReplacer(" ", "   ").Replace,
	"nbsp":                strings.NewReplacer(" ", "&nbsp;").Replace,
	"percent":             url.PathEscape,
	"NFD":                 norm.NFD.String,
	"NFKC":                norm.NFKC.String,
	"without accents":     func(s string) string { return strip(norm.NFD.String(s)) },
	"ae for ä":            strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue").Replace,
	"curly quotes":        strings.NewReplacer(`'`, "’", `"`, "“").Replace,
	"without quotes":      strings.NewReplacer(`'`, "", `"`, "").Replace,
	"quotes as ?":         strings.NewReplacer(`'`, "?", `"`, "?").Replace,
	"without punctuation": func(s string) string { return each(s, func(r rune) string { return keep(r, !unicode.IsPunct(r)) }) },
	"long dashes":         strings.NewReplacer("-", "–").Replace,
	"without emoji":       func(s string) string { return each(s, func(r rune) string { return keep(r, r < 0x2000) }) },
	"emoji as ?":          func(s string) string { return each(s, func(r rune) string { return instead(r, r < 0x2000, "?") }) },
	"emoji as U+FFFD":     func(s string) string { return each(s, func(r rune) string { return instead(r, r < 0x2000, "\ufffd") }) },
	"cut at the emoji":    func(s string) string { return strings.SplitN(s, "🕳", 2)[0] },
	"only ASCII":          func(s string) string { return each(s, func(r rune) string { return keep(r, r < 0x80) }) },
	"? for what is not":   func(s string) string { return each(s, func(r rune) string { return instead(r, r < 0x80, "?") }) },
	"?? for each byte": func(s string) string {
		return each(s, func(r rune) string { return instead(r, r < 0x80, strings.Repeat("?", len(string(r)))) })
	},
	"Latin-1": latin1,
	"Latin-1, C1 dropped": func(s string) string {
		return each(latin1(s), func(r rune) string { return keep(r, r < 0x80 || r >= 0xa0) })
	},
	"Latin-1 twice":        func(s string) string { return latin1(latin1(s)) },
	"windows-1252":         windows1252,
	"Latin-1 read as UTF8": func(s string) string { return strings.ToValidUTF8(narrow(s), "\ufffd") },
	"cut at 40":            func(s string) string { return cut(s, 40) },
	"cut at 60 with dots":  func(s string) string { return cut(s, 60) + "..." },
	"cut, [more]":          func(s string) string { return cut(s, 60) + "… [more]" },
	"a title before it":    func(s string) string { return "Pothole: " + s },
	"a head and a foot":    func(s string) string { return "Detail: " + s + "\n\nUrl: https://x.example/1\nSubmitted via an app" },
	"a head, cut":          func(s string) string { return cut("Category: Road\n"+s, 60) },
	"numbers as X": func(s string) string {
		return each(s, func(r rune) string { return instead(r, !unicode.IsDigit(r), "X") })
	},
	"numbers as stars": func(s string) string {
		return each(s, func(r rune) string { return instead(r, !unicode.IsDigit(r), "*") })
	},
	"numbers removed":      func(s string) string { return strings.ReplaceAll(s, "555-1234", "[phone removed]") },
	"number dropped":       func(s string) string { return strings.ReplaceAll(s, "555-1234", "***") },
	"a word masked":        func(s string) string { return strings.ReplaceAll(s, "deep", "****") },
	"soft hyphens":         func(s string) string { return strings.ReplaceAll(s, "cross", "cro\u00adss") },
	"a byte order mark":    func(s string) string { return "\ufeff" + s },
	"quoted":               func(s string) string { return `"` + s + `"` },
	"a link around a word": func(s string) string { return strings.ReplaceAll(s, "road", `<a href="https://x.example">road</a>`) },
}

func each(s string, f func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(f(r))
	}
	return b.String()
}

func ascii(r rune, or string) string { return instead(r, r < 0x80, or) }

func keep(r rune, ok bool) string { return instead(r, ok, "") }

func instead(r rune, ok bool, or string) string {
	if ok {
		return string(r)
	}
	return or
}

func bmp(s string) string { return each(s, func(r rune) string { return keep(r, r < 0x10000) }) }

func strip(s string) string {
	return each(s, func(r rune) string { return keep(r, !unicode.Is(unicode.Mn, r)) })
}

func cut(s string, n int) string { r := []rune(s); return string(r[:min(n, len(r))]) }

func latin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func windows1252(s string) string {
	out, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

// narrow writes a text in Latin-1, as far as it goes.
func narrow(s string) string {
	var b []byte
	for _, r := range s {
		if r < 0x100 {
			b = append(b, byte(r))
		}
	}
	return string(b)
}

// reports are what was sent.
var reports = []string{
	"Loch 🕳 in der Straße vor dem Café,\nruf mich an: 555-1234 - sehr deep, bitte cross road prüfen",
	"It's a \"deep\" hole 🕳 & a crack <2 m> in the road\nat the cross-walk by Tom's café, call 555-1234 please",
	"Länk till ärendet: a deep hole near the cross road, 3 m wide 🕳 och väldigt farligt för barn, 555-1234",
	"Der Gully läuft über, das Wasser steht auf der Straße (5 cm) 🕳 deep water at the cross road 555-1234",
	"Bonjour, la chaussée est très abîmée, à côté de l'école - deep trou 🕳 dans la road cross 555-1234 merci",
}

// strangers are what others report at the same time in the same service.
var strangers = []string{
	"Street light out since Monday", "Graffiti auf der Mauer am Bahnhof", "There is a dead fox on the motorway near junction 4",
	"Hole in the road", "Müll liegt vor dem Haus", "The traffic light at the school does not work", "Baum umgestürzt, Weg ist blockiert", "x", "Test",
	"La poubelle est pleine depuis une semaine", "", "Loch in der Straße", "Pothole",
}

// TestRewritten: every manner, with the places and stamps that cities give, among strangers. What is wanted: the
// report is found, and nobody else's.
func TestRewritten(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	home := Place{52.123456, 10.654321}
	places := map[string]*Place{"same": {52.123456, 10.654321}, "6 digits": {52.12346, 10.65432}, "60 m": {52.124, 10.654321}, "150 m": {52.1248, 10.654321},
		"3 digits": {52.123, 10.654}, "none": nil}
	sent := now.Add(-20 * time.Minute)
	stamps := map[string]time.Time{"second": sent.Add(time.Second), "5 h behind": sent.Add(-5 * time.Hour), "2 h ahead": sent.Add(2 * time.Hour),
		"5:30 ahead": sent.Add(330 * time.Minute), "the date": now.Truncate(24 * time.Hour), "none": {}}
	random := rand.New(rand.NewPCG(1, 4))
	missed, strange, total, findable := map[string]int{}, map[string]int{}, 0, 0
	for _, manner := range slices.Sorted(maps.Keys(manners)) {
		rewrite := manners[manner]
		for _, text := range reports {
			for _, where := range slices.Sorted(maps.Keys(places)) {
				place := places[where]
				for _, when := range slices.Sorted(maps.Keys(stamps)) {
					at := stamps[when]
					list := []Record{{Text: rewrite(text), Place: place, At: at}}
					for range 6 {
						d := func() float64 { return (random.Float64() - 0.5) / 20 }
						stranger := Record{Text: strangers[random.IntN(len(strangers))], Place: &Place{home.Lat + d(), home.Long + d()}, At: at}
						if !at.IsZero() && when != "the date" { // others file at any time, but none in the future
							stranger.At = at.Add(-time.Duration(random.IntN(20*3600)) * time.Second)
						}
						list = append(list, stranger)
					}
					r := Rank(&Report{Text: text, Place: &home, Sent: Span{now.Add(-time.Hour), now}}, list, now)
					total++
					for i := range list {
						switch v := r.Weigh(&list[i]); {
						case i == 0 && v.Score < Found:
							missed[manner+", place "+where+", stamp "+when]++
						case i == 0:
							findable++
						case v.Score >= Found:
							strange[fmt.Sprintf("%q, %v", list[i].Text, v.Reasons)]++
						}
					}
				}
			}
		}
	}
	t.Logf("%d manners, %d cases: recall %.2f %%, %d strangers", len(manners), total, 100*float64(findable)/float64(total), len(strange))
	if findable*100 < total*99 || len(strange) > 3 || len(manners) < 40 {
		for _, m := range slices.Sorted(maps.Keys(missed)) {
			t.Log("missed:", m, missed[m])
		}
		for _, m := range slices.Sorted(maps.Keys(strange)) {
			t.Log("strange:", m, strange[m])
		}
		t.Fail()
	}
}

// Reports of a series differ in a number alone, or in a word. The one is not taken for the other without a person: it
// may be that, or be rewritten.
func TestSeries(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	home := Place{52.123456, 10.654321}
	const long = "The lamp at the corner of Main Street and the market has been out since Monday morning, please repair it soon"
	for _, tt := range []struct {
		mine, shown string
		kind        kind
		sure        bool
	}{
		{"Report 0: the lid of the drain is broken", "Report 1: the lid of the drain is broken", renumbered, false},
		{"Report 0: the lid of the drain is broken", "Report 0: the lid of the drain is broken!", same, true},
		{"Defective streetlight 1", "Defective streetlight 13", renumbered, false},
		{"Defective streetlight 13", "Defective streetlight 1", renumbered, false},
		{"13 lamps are out on the bridge", "3 lamps are out on the bridge", renumbered, false},
		{"14 High Street: the lamp is out since Sunday", "16 High Street: the lamp is out since Sunday", renumbered, false},
		{"Report 40: the lid of the drain is broken", "Report 33: the lid of the drain is broken", renumbered, false},
		{"Report 184: the lid of the drain is broken", "Report 88: the lid of the drain is broken", renumbered, false},
		{"Call 555-0199 about the hole in the road", "Call 999-9999 about the hole in the road", same, true},
		{"Call 555-0199 about the hole in the road", "Call 000-0000 about the hole in the road", same, true},
		{"Lamp A12 at the market is out of order", "Lamp A13 at the market is out of order", renumbered, false},
		{"Lamp A 12 at the market is out of order", "Lamp A-12 at the market is out of order", same, true},
		{"Call 555-0199 about the hole in the road", "Call +1 555 01 99 about the hole in the road", same, true},
		{"Call 555-0199 about the hole in the road", "Call *** about the hole in the road", same, true},
		{"Call 555-0199 about the hole in the road", "Call 555-01", part, true},
		{"There are 3 holes in the road at the market", "There are holes in the road at the market", same, true},
		{"There are 3 holes in the road at the market", "Ticket 88 - There are 3 holes in the road at the market", part, true},
		{long, strings.Replace(long, "Main", "High", 1), same, false},
		{long, strings.Replace(long, "Main", "M**n", 1), same, true},
		{long, strings.Replace(long, "Main ", "", 1), same, true},
	} {
		if l := compare(read(tt.mine), tt.shown); l.kind != tt.kind {
			t.Errorf("%q and %q: kind %d, want %d", tt.mine, tt.shown, l.kind, tt.kind)
		}
		shown := Record{Text: tt.shown, Place: &home, At: now}
		r := Rank(&Report{Text: tt.mine, Place: &home, Sent: Span{now.Add(-time.Second), now}}, []Record{shown}, now)
		if v := r.Weigh(&shown); v.Score < Found || v.Score > Doubted != tt.sure {
			t.Errorf("%q and %q: %v", tt.mine, tt.shown, v)
		}
	}
}
