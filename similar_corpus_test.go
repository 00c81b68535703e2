package open311_test

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/encoding/charmap"

	"github.com/go-open311/open311"
)

// shownAs are manners in which cities show a text again, beyond those of the corpus of internal/match.
var shownAs = map[string]func(string) string{
	"title case": func(s string) string {
		up := true
		return mapRunes(s, func(r rune) string {
			defer func() { up = unicode.IsSpace(r) }()
			if up {
				return string(unicode.ToUpper(r))
			}
			return string(unicode.ToLower(r))
		})
	},
	"Markdown escapes": func(s string) string {
		return mapRunes(s, func(r rune) string {
			if strings.ContainsRune("*_-.!()#+&<>[]\"'@", r) {
				return `\` + string(r)
			}
			return string(r)
		})
	},
	"quoted-printable": func(s string) string {
		return mapRunes(s, func(r rune) string {
			if r < 0x80 && r != '=' && r != '\n' {
				return string(r)
			}
			return regexp.MustCompile(`..`).ReplaceAllStringFunc(fmt.Sprintf("%X", string(r)), func(h string) string { return "=" + h })
		})
	},
	"JSON in JSON":             func(s string) string { b, _ := json.Marshal(s); b, _ = json.Marshal(string(b)); return string(b) },
	"mail taken out":           func(s string) string { return mailAddress.ReplaceAllString(s, "[email removed]") },
	"mail starred":             func(s string) string { return mailAddress.ReplaceAllString(s, "***@***") },
	"mail, house and phone":    blankAll,
	"digits as #":              func(s string) string { return regexp.MustCompile(`\d`).ReplaceAllString(s, "#") },
	"digits taken out":         func(s string) string { return regexp.MustCompile(`\d`).ReplaceAllString(s, "") },
	"digits as 0":              func(s string) string { return regexp.MustCompile(`\d`).ReplaceAllString(s, "0") },
	"house number blanked":     func(s string) string { return strings.ReplaceAll(s, "12", "XX") },
	"address taken out":        func(s string) string { return strings.ReplaceAll(s, "12 Elm Street", "[address]") },
	"a name blacked":           func(s string) string { return strings.ReplaceAll(s, "Mrs Miller", "██ ██████") },
	"a name in angle brackets": func(s string) string { return strings.ReplaceAll(s, "Mrs Miller", "<name>") },
	"the middle cut out":       func(s string) string { r := []rune(s); return string(r[:35]) + " … " + string(r[len(r)-35:]) },
	"cut within a letter":      func(s string) string { return strings.ToValidUTF8(s[:53], "\uFFFD") },
	"wrapped at 30":            func(s string) string { return wrap(s, 30) },
	"a date before it":         func(s string) string { return "2026-06-01 08:15 - Web: " + s },
	"a label at each line": func(s string) string {
		return "Service: Pothole\nWhere: corner\nWhat: " + s + "\nPriority: 3\nSource: app 2.1 (Android)"
	},
	"tags stripped":        func(s string) string { return regexp.MustCompile(`<[^>]*>`).ReplaceAllString(s, "") },
	"entities without a ;": func(s string) string { return strings.ReplaceAll(html.EscapeString(s), ";", "") },
	"typographer":          strings.NewReplacer("...", "…", "--", "—", " \"", " „", "\" ", "“ ", "'", "’").Replace,
	"SQL quotes":           strings.NewReplacer("'", "''", `"`, `""`).Replace,
	"entities of mojibake": func(s string) string {
		return mapRunes(inCharset(charmap.ISO8859_1, s), func(r rune) string {
			if r < 0x80 {
				return string(r)
			}
			return fmt.Sprintf("&#%d;", r)
		})
	},
	"blank for each letter beyond ASCII": func(s string) string {
		return mapRunes(s, func(r rune) string {
			if r < 0x80 {
				return string(r)
			}
			return " "
		})
	},
	"_ for each letter beyond ASCII": func(s string) string {
		return mapRunes(s, func(r rune) string {
			if r < 0x80 {
				return string(r)
			}
			return "_"
		})
	},
	"Mac Roman":           func(s string) string { return inCharset(charmap.Macintosh, s) },
	"code page 850":       func(s string) string { return inCharset(charmap.CodePage850, s) },
	"windows-1250":        func(s string) string { return inCharset(charmap.Windows1250, s) },
	"ISO 8859-15":         func(s string) string { return inCharset(charmap.ISO8859_15, s) },
	"emoji by name":       strings.NewReplacer("🕳", ":hole:").Replace,
	"emoji as surrogates": strings.NewReplacer("🕳", "\\ud83d\\udd73").Replace,
	"without white space": func(s string) string { return strings.Join(strings.Fields(s), "") },
	"profanity filter":    strings.NewReplacer("deep", "d**p").Replace,
	"full width":          func(s string) string { return mapRunes(s, func(r rune) string { return string(wide(r)) }) },
	"in a div": func(s string) string {
		return `<div class="t"><p>` + strings.ReplaceAll(html.EscapeString(s), "\n", "</p>\n<p>") + "</p>&nbsp;</div>"
	},
	"CDATA":                func(s string) string { return "<![CDATA[" + s + "]]>" },
	"twice":                func(s string) string { return s + "\n\n" + s },
	"first sentence":       func(s string) string { head, _, _ := strings.Cut(s, "\n"); return head },
	"translated by the by": func(s string) string { return s + "\n\n[auto-translated] Es gibt ein Problem auf der Straße" },
}

// shownAsToo are manners that were written after those above passed.
var shownAsToo = map[string]func(string) string{
	"BBCode": func(s string) string {
		return "[quote][b]" + strings.ReplaceAll(s, "\n", "[/b]\n[b]") + "[/b][/quote]"
	},
	"escaped paragraphs": func(s string) string {
		return html.EscapeString("<p>" + strings.ReplaceAll(html.EscapeString(s), "\n", "<br />") + "</p>")
	},
	"named entities":   strings.NewReplacer("é", "&eacute;", "è", "&egrave;", "ß", "&szlig;", "ü", "&uuml;", "ö", "&ouml;", `"`, "&quot;", "<", "&lt;").Replace,
	"a citizen writes": func(s string) string { return "A citizen writes: «" + s + "»" },
	"bullets":          func(s string) string { return "- " + strings.ReplaceAll(s, "\n", "\n- ") },
	"numbered lines":   func(s string) string { return "1) " + strings.ReplaceAll(s, "\n", "\n2) ") },
	"cut at 25":        func(s string) string { return string([]rune(s)[:25]) + "…" },
	"the end alone":    func(s string) string { r := []rune(s); return "…" + string(r[len(r)-50:]) },
	"names as [NAME]": func(s string) string {
		return regexp.MustCompile(`\b[A-Z][a-z]+\b`).ReplaceAllString(s, "[NAME]")
	},
	"windows-1251":   func(s string) string { return inCharset(charmap.Windows1251, s) },
	"a query":        url.QueryEscape,
	"transliterated": strings.NewReplacer("é", "e", "è", "e", "ß", "ss", "ü", "ue", "ö", "oe", "🕳", "", "...", ".", "--", "-").Replace,
	"search words": func(s string) string {
		return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
	},
	"a signature": func(s string) string { return s + "\n\n-- \nSent from my phone" },
	"an answer around it": func(s string) string {
		return "Dear resident, thank you for your report: " + s + "\nWe will look into it within five working days. Yours, the City"
	},
	"a table": func(s string) string {
		return "<table><tr><td>Description</td><td>" + html.EscapeString(s) + "</td></tr></table>"
	},
	"answers below it": func(s string) string { return s + "\nDepth: 5 cm\nSize: L\nDanger: yes" },
	"marks of direction": func(s string) string {
		return regexp.MustCompile(`\d+`).ReplaceAllString(s, "\u200e$0\u200f")
	},
	"cut in an entity":   func(s string) string { h := html.EscapeString(s); i := strings.Index(h, "&"); return h[:i+3] },
	"phone written anew": strings.NewReplacer("555-0199", "+1 555 01 99").Replace,
	"Street as St.":      strings.NewReplacer("Street", "St.").Replace,
	"a log": func(s string) string {
		return "01.06.2026 08:15 (Web): " + s + "\n01.06.2026 09:00 (Office): passed on to the depot"
	},
}

// unseen are manners that nothing was changed for: they were written last, and measured once.
var unseen = map[string]func(string) string{
	"Latin-1 entities twice": func(s string) string { return html.EscapeString(html.EscapeString(html.EscapeString(s))) },
	"a span for each line":   func(s string) string { return "<span>" + strings.ReplaceAll(s, "\n", "</span><span>") + "</span>" },
	"cut at 70, read more":   func(s string) string { r := []rune(s); return string(r[:70]) + "… read more" },
	"the reporter before it": func(s string) string { return "Anonymous wrote on 1 June: " + s },
	"lower case, no accents": func(s string) string {
		return strings.ToLower(strings.NewReplacer("é", "e", "è", "e", "ß", "ss", "ü", "u", "ö", "o").Replace(s))
	},
	"phone as dots":         func(s string) string { return strings.ReplaceAll(s, "555-0199", "...-....") },
	"house number removed":  func(s string) string { return strings.ReplaceAll(s, "12 Elm", "Elm") },
	"mail at domain":        func(s string) string { return strings.ReplaceAll(s, "me@home.example", "me (at) home (dot) example") },
	"tabs for blanks":       func(s string) string { return strings.ReplaceAll(s, " ", "\t") },
	"guillemets for quotes": strings.NewReplacer(`"deep"`, "«deep»").Replace,
	"windows-1254":          func(s string) string { return inCharset(charmap.Windows1254, s) },
	"a street name masked":  func(s string) string { return strings.ReplaceAll(s, "Elm Street", "<redacted>") },
	"first name masked":     func(s string) string { return strings.ReplaceAll(s, "Miller", "M.") },
	"translated heads":      func(s string) string { return "Beschreibung: " + s + "\nKategorie: Straße\nStatus: neu" },
}

var mailAddress = regexp.MustCompile(`[\w.]+@[\w.]+\w`)

func blankAll(s string) string {
	s = mailAddress.ReplaceAllString(s, "[email removed]")
	s = strings.ReplaceAll(s, "12 Elm Street", "[address removed]")
	return strings.ReplaceAll(s, "555-0199", "[phone removed]")
}

func mapRunes(s string, f func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(f(r))
	}
	return b.String()
}

// inCharset reads the bytes of a text in another character set.
func inCharset(c *charmap.Charmap, s string) string {
	return mapRunes(s, func(r rune) string {
		var b strings.Builder
		for _, c1 := range []byte(string(r)) {
			b.WriteRune(c.DecodeByte(c1))
		}
		return b.String()
	})
}

func wide(r rune) rune {
	if r > ' ' && r < 0x7f {
		return r + 0xfee0
	}
	return r
}

func wrap(s string, n int) string {
	var b strings.Builder
	for i, r := range []rune(s) {
		if i > 0 && i%n == 0 {
			b.WriteString("\n")
		}
		b.WriteRune(r)
	}
	return b.String()
}

var corpusReports = []string{
	"It's a \"deep\" hole 🕳 <2 m> at 12 Elm Street...\nMrs Miller fell -- call 555-0199 or me@home.example",
	"Tiefes Loch 🕳 vor dem Café in der Straße, 12 Elm Street,\nMrs Miller ist gestürzt! Tel 555-0199, me@home.example deep",
	"Le trou 🕳 de l'école est très deep & dangereux, 12 Elm Street,\nchez Mrs Miller, tél 555-0199 ou me@home.example (merci)",
}

// corpusCity is a city of one shape: how it answers, and how it stamps.
type corpusCity struct {
	rows   []corpusRow // the newest first
	answer func(c *corpusCity, r *http.Request) []corpusRow
	calls  int
}

type corpusRow struct {
	ID, Text string
	Place    *open311.Point
	At       time.Time
	Layout   string // of the stamp; "" for none
}

func (c *corpusCity) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls++
	out := []map[string]any{}
	for _, row := range c.answer(c, r) {
		m := map[string]any{"service_request_id": row.ID, "status": "open", "service_code": "P", "description": row.Text}
		if row.Layout != "" {
			m["requested_datetime"] = row.At.UTC().Format(row.Layout)
		}
		if row.Place != nil {
			m["lat"], m["long"] = row.Place.Lat, row.Place.Long
		}
		out = append(out, m)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	resp := stubReply(r, 200, "application/json", string(body))
	resp.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	return resp, nil
}

// between returns the rows of the dates that are asked for, compared to the second, or to the day.
func (c *corpusCity) between(r *http.Request, day bool) []corpusRow {
	layout := time.RFC3339
	if day {
		layout = time.DateOnly
	}
	start, end := r.URL.Query().Get("start_date"), r.URL.Query().Get("end_date")
	var out []corpusRow
	for _, row := range c.rows {
		at := row.At.UTC().Format(layout)
		if start != "" && at < start[:min(len(start), len(at))] || end != "" && at > end[:min(len(end), len(at))] {
			continue
		}
		out = append(out, row)
	}
	return out
}

var corpusShapes = map[string]func(*corpusCity, *http.Request) []corpusRow{
	"heeds dates, 50 rows": func(c *corpusCity, r *http.Request) []corpusRow {
		rows := c.between(r, false)
		return rows[:min(50, len(rows))]
	},
	"heeds nothing": func(c *corpusCity, r *http.Request) []corpusRow { return c.rows },
	"heeds nothing, the oldest first": func(c *corpusCity, r *http.Request) []corpusRow {
		rows := slices.Clone(c.rows)
		slices.Reverse(rows)
		return rows
	},
	"dates alone, 50 rows": func(c *corpusCity, r *http.Request) []corpusRow {
		rows := c.between(r, true)
		return rows[:min(50, len(rows))]
	},
}

var corpusStamps = map[string]func(now time.Time) (time.Time, string){
	"to the second": func(now time.Time) (time.Time, string) { return now, time.RFC3339 },
	"5 h behind":    func(now time.Time) (time.Time, string) { return now.Add(-5 * time.Hour), time.RFC3339 },
	"2 h ahead":     func(now time.Time) (time.Time, string) { return now.Add(2 * time.Hour), time.RFC3339 },
	"the date":      func(now time.Time) (time.Time, string) { return now, time.DateOnly },
	"none":          func(now time.Time) (time.Time, string) { return now, "" },
}

var corpusPlaces = map[string]*open311.Point{
	"there": {Lat: 52.123456, Long: 10.654321}, "5 digits": {Lat: 52.12346, Long: 10.65432}, "80 m off": {Lat: 52.12417, Long: 10.654321}, "none": nil,
}

// TestSimilarCorpus files reports of which a city shows the text in each manner, at each place and under each stamp,
// among others' reports, and looks for them through the client: what matters is that FindSimilar gives the report, no
// other one, and no error.
func TestSimilarCorpus(t *testing.T) {
	random, share := rand.New(rand.NewPCG(3, 11)), 0.05
	switch {
	case os.Getenv("OPEN311_CORPUS") == "all":
		share = 1
	case testing.Short():
		share = 0.01
	}
	type tally struct{ found, all int }
	manners := maps.Clone(shownAs)
	maps.Copy(manners, shownAsToo)
	maps.Copy(manners, unseen)
	byManner, missed, strange, calls, failed := map[string]*tally{}, map[string]int{}, map[string]int{}, 0, map[string]int{}
	var sum tally
	for _, manner := range slices.Sorted(maps.Keys(manners)) {
		byManner[manner] = &tally{}
		for _, text := range corpusReports {
			for _, shape := range slices.Sorted(maps.Keys(corpusShapes)) {
				for _, stamp := range slices.Sorted(maps.Keys(corpusStamps)) {
					for _, place := range slices.Sorted(maps.Keys(corpusPlaces)) {
						if place == "none" && stamp == "none" || share < 1 && random.Float64() >= share {
							continue
						}
						city := newCorpusCity(random, manners[manner](text), corpusPlaces[place], corpusStamps[stamp])
						city.answer = corpusShapes[shape]
						c := stubClient(t, city.RoundTrip, open311.WithFormat(open311.FormatJSON))
						found, err := c.Requests.FindSimilar(t.Context(), &open311.NewRequest{ServiceCode: "P", Location: corpusPlaces["there"], Description: text}, time.Hour)
						ours := false
						for _, r := range found {
							if r.ID == "OURS" {
								ours = true
							} else {
								strange[fmt.Sprintf("%s, %s, %s: %q", shape, stamp, place, r.Description)]++
							}
						}
						if ours {
							byManner[manner].found++
							sum.found++
							if err != nil {
								failed[shape+", "+stamp+", "+place]++
							}
						} else {
							missed[fmt.Sprintf("%s, %s, %s, %s", manner, shape, stamp, place)]++
						}
						byManner[manner].all++
						sum.all++
						calls = max(calls, city.calls)
					}
				}
			}
		}
	}
	for _, manner := range slices.Sorted(maps.Keys(byManner)) {
		if b := byManner[manner]; b.found < b.all {
			t.Logf("%s: %d of %d", manner, b.found, b.all)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(failed)) {
		t.Log("found, with an error", m, failed[m])
	}
	for _, m := range slices.Sorted(maps.Keys(strange)) {
		t.Log("strange", m, strange[m])
	}
	nf := 0
	for _, n := range failed {
		nf += n
	}
	t.Logf("%d manners, %d looks: recall %.2f %%, %d strangers, %d found with an error, at most %d calls a look", len(manners), sum.all, 100*float64(sum.found)/float64(sum.all), len(strange), nf, calls)
	if sum.found*100 < sum.all*95 || len(strange) > 0 || calls > 20 {
		t.Fail()
	}
}

// newCorpusCity has 100 reports of others of the last four days, and ours.
func newCorpusCity(random *rand.Rand, text string, place *open311.Point, stamp func(time.Time) (time.Time, string)) *corpusCity {
	c, now := &corpusCity{}, time.Now()
	at, layout := stamp(now.Add(-time.Minute))
	c.rows = append(c.rows, corpusRow{ID: "OURS", Text: text, Place: place, At: at, Layout: layout})
	home := corpusPlaces["there"]
	others := []string{"Street light out since Monday", "There is a dead fox on the motorway near junction 4", "Hole in the road", "Müll liegt vor dem Haus",
		"The traffic light at the school does not work", "Loch in der Straße", "Pothole", "", "Test", "Deep hole at 14 Oak Street, call 555-0100", "Le trou est dangereux"}
	for i := range 100 {
		when, layout := stamp(now.Add(-time.Minute * time.Duration(20+random.IntN(59)*i)))
		d := func() float64 { return (0.003 + random.Float64()/20) * float64(1-2*random.IntN(2)) } // 200 m at least
		c.rows = append(c.rows, corpusRow{ID: fmt.Sprint(i), Text: others[random.IntN(len(others))], At: when, Layout: layout,
			Place: &open311.Point{Lat: home.Lat + d(), Long: home.Long + d()}})
	}
	slices.SortStableFunc(c.rows, func(a, b corpusRow) int { return b.At.Compare(a.At) })
	return c
}
