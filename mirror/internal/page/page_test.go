package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

var (
	since = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	until = time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
)

func write(t *testing.T, d Document, s *Summary) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, d, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// many adds n requests.
func many(s *Summary, n int) {
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		e := Entry{ID: fmt.Sprintf("24-%08d", i), Code: fmt.Sprintf("code-%d", i%150), Service: fmt.Sprintf("Service number %d", i%150),
			Status: []string{"open", "closed", "CLOSED", "in_progress"}[rng.IntN(4)], At: since.Add(time.Duration(rng.Int64N(int64(until.Sub(since)))))}
		e.Place = &open311.Point{Lat: 41.88 + rng.NormFloat64()*0.1, Long: -87.63 + rng.NormFloat64()*0.1}
		s.Add(e)
	}
}

// split takes the data out of a page.
func split(t *testing.T, html string) (rest string, d dotMap) {
	t.Helper()
	head, tail, ok := strings.Cut(html, `<script type="application/json" id="data">`)
	text, tail, closed := strings.Cut(tail, "</script>")
	if !ok || !closed {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return head + tail, d
}

// The page is one file that loads nothing, runs one script, and stays small.
func TestSelfContained(t *testing.T) {
	s := NewSummary(since, until)
	many(s, 51_000)
	html := write(t, Document{Name: "City", Source: "test", Windows: 3, Done: 3, Files: []File{{"requests.csv", 1}}}, s)
	if len(html) > 3_000_000 {
		t.Errorf("%d bytes", len(html))
	}
	html, d := split(t, html)
	if bad := regexp.MustCompile(`(?i)\b(src|srcset|action|poster|data)\s*=\s*["']|<link[^>]+href="[^d]|@import|url\(|<iframe|<object|fetch\(|XMLHttpRequest|importScripts|ZgotmplZ`).FindAllString(html, -1); bad != nil {
		t.Errorf("the page may load something, or a value was refused: %q", bad)
	}
	for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if !slices.Contains([]string{"data:,", "requests.csv", "#missing"}, link[1]) {
			t.Errorf("a link to %s", link[1])
		}
	}
	scripts := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindAllStringSubmatch(html, -1)
	if len(scripts) != 1 {
		t.Fatalf("%d scripts", len(scripts))
	}
	hash := sha256.Sum256([]byte(scripts[0][1]))
	policy := strings.ReplaceAll(strings.ReplaceAll(html, "&#43;", "+"), "&#39;", "'")
	if !strings.Contains(policy, "script-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'") {
		t.Error("the policy does not let the script run")
	}
	if len(d.IDs) > maxDots || len(d.IDs) < maxDots*99/100 || len(d.Points) != 10*len(d.IDs) {
		t.Errorf("%d dots, %d bytes", len(d.IDs), len(d.Points))
	}
	if !strings.Contains(html, "50,000 are drawn") || !strings.Contains(html, "<dd>51,000</dd>") {
		t.Error("the page does not say how many there are")
	}
}

func TestSamePage(t *testing.T) {
	var pages [2]string
	for i := range pages {
		s := NewSummary(since, until)
		many(s, 2000)
		pages[i] = write(t, Document{Name: "City"}, s)
	}
	if pages[0] != pages[1] {
		t.Error("the same requests make another page")
	}
}

// Whatever strangers write is text, wherever it stands.
func TestEscapes(t *testing.T) {
	const evil = `</script></style><script>alert(1)</script>"'><img src=x onerror=alert(1)>`
	s := NewSummary(since, until)
	for _, status := range []string{"open", evil} {
		s.Add(Entry{ID: evil, Code: evil, Service: evil + status, Status: status, At: until, Place: &open311.Point{Lat: 1, Long: 2}})
	}
	html := write(t, Document{Name: evil, Source: evil, Statuses: []string{evil}, Services: []string{evil},
		Gaps: []Gap{{since, until, evil}}, Files: []File{{"requests.csv", 1}}}, s)
	for _, bad := range []string{"<script>alert", "<img", "</style><", `"'>`} {
		if strings.Contains(html, bad) {
			t.Errorf("the page contains %s", bad)
		}
	}
	if _, d := split(t, html); len(d.IDs) != 2 || !strings.HasPrefix(d.IDs[0], "</script></style>") {
		t.Errorf("the data have the ids %q", d.IDs)
	}
}

// A page without requests, and one with a single one, are pages too.
func TestFew(t *testing.T) {
	empty := write(t, Document{Name: "Nowhere", Windows: 1, Done: 1}, NewSummary(since, since))
	if !strings.Contains(empty, "There are no requests") || strings.Contains(empty, "NaN") || strings.Contains(empty, "Inf") {
		t.Error("the page without requests is odd")
	}
	one := NewSummary(since, until)
	one.Add(Entry{At: until, Place: &open311.Point{Lat: 90, Long: 180}})
	html := write(t, Document{Name: "One"}, one)
	if _, d := split(t, html); len(d.IDs) != 1 || math.IsNaN(d.Box[0]) || !strings.Contains(html, "(no service)") || !strings.Contains(html, "none (1)") {
		t.Errorf("the page with one request is odd: %+v", d)
	}
}

// What is put into the data can be read back as the script does it.
func TestDots(t *testing.T) {
	s := NewSummary(since, until)
	zone := time.FixedZone("", -5*3600)
	at := time.Date(2024, 2, 29, 23, 30, 0, 0, zone) // a day later in UTC
	s.Add(Entry{ID: "a", Code: "1", Status: "Open", At: at, Place: &open311.Point{Lat: 10, Long: 20}})
	s.Add(Entry{ID: "b", Code: "2", Status: "closed", Place: &open311.Point{Lat: 10.1, Long: 20.2}})
	s.Add(Entry{ID: "c", Code: "2", Status: "closed"})
	d := s.chart(s.byCount()).Data
	field := func(i, k int) int { return int(d.Points[10*i+2*k]) | int(d.Points[10*i+2*k+1])<<8 }
	long := d.Box[1] + (d.Box[3]-d.Box[1])*float64(field(0, 0))/full
	lat := d.Box[0] + (d.Box[2]-d.Box[0])*float64(field(0, 1))/full
	if math.Abs(long-20) > 1e-5 || math.Abs(lat-10) > 1e-5 {
		t.Errorf("a is at %v, %v", lat, long)
	}
	if day := dateOf(d.First + field(0, 2) - 1).Format(time.DateOnly); day != "2024-02-29" || field(1, 2) != 0 {
		t.Errorf("a came on %s, b on day %d", day, field(1, 2))
	}
	if d.Services[field(0, 3)] != "1" || d.Services[field(1, 3)] != "2" || class(field(0, 4)) != open || class(field(1, 4)) != closed {
		t.Errorf("services %v, points %v", d.Services, d.Points)
	}
}

// Places far from all others are left out, and a city that is spread evenly is not.
func TestExtent(t *testing.T) {
	var even, stray []dot
	for i := range 1000 {
		even = append(even, dot{point: open311.Point{Lat: 40 + float64(i)/1000, Long: -70 - float64(i%100)/100}})
	}
	stray = append(slices.Clone(even), dot{}, dot{}, dot{point: open311.Point{Lat: 89}})
	for name, dots := range map[string][]dot{"even": even, "stray": stray} {
		b := boxOf(dots)
		if b.Min.Lat > 40 || b.Max.Lat < 40.999 || b.Min.Long > -70.99 || b.Max.Long < -70 || b.Max.Lat > 41.1 || b.Max.Long > -69.9 {
			t.Errorf("%s: %v", name, b)
		}
	}
}

func TestWeeks(t *testing.T) {
	for day, want := range map[string]string{"2024-01-01": "2024-01-01", "2024-01-07": "2024-01-01", "2023-12-31": "2023-12-25", "1969-12-31": "1969-12-29"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if got := dateOf(mondayOf(dayOf(at))).Format(time.DateOnly); got != want {
			t.Errorf("the week of %s begins on %s, want %s", day, got, want)
		}
	}
	s := NewSummary(since, until)
	many(s, 5000)
	h := s.histogram([]Gap{{Start: since.AddDate(0, 0, -9), End: since.AddDate(0, 1, 0)}})
	if len(h.Weeks) != 131 || len(h.Holes) != 1 || h.Holes[0].Left != 0 {
		t.Errorf("%d weeks, holes %v", len(h.Weeks), h.Holes)
	}
	for _, w := range h.Weeks {
		y := 100.0
		for _, b := range w.Bars {
			if y -= b.Height; math.Abs(y-b.Y) > 1e-9 || b.Y < -1e-9 {
				t.Errorf("%s: bars %v", w.Label, w.Bars)
			}
		}
	}
}

// Labels of the axes are few enough not to touch each other, on narrow screens too, whatever the span.
func TestLabels(t *testing.T) {
	for weeks := 1; weeks < 2600; weeks += 1 + weeks/40 {
		for first := range 12 {
			day := dayOf(since) + first*28
			for _, narrow := range []bool{false, true} {
				width, letter := 730.0, 6.8 // pixels: the least that the style sheet gives, and what letters are wide
				if narrow {
					width, letter = 290, 6.2
				}
				end, n := 0.0, 0
				for _, tick := range ticks(mondayOf(day), weeks) {
					if narrow && !tick.Narrow || !narrow && !tick.Wide {
						continue
					}
					x := tick.At / 100 * width
					if x < end {
						t.Fatalf("%d weeks from %s: %q is %.0f px too near to the label before it (narrow %t)",
							weeks, dateOf(day).Format(time.DateOnly), tick.Text, end-x, narrow)
					}
					end, n = x+6+letter*float64(len(tick.Text)), n+1
				}
				if n == 0 && weeks > 1 {
					t.Fatalf("%d weeks from %s: no label (narrow %t)", weeks, dateOf(day).Format(time.DateOnly), narrow)
				}
			}
		}
	}
	for most, want := range map[int]string{0: "1", 1: "1", 7: "8", 131: "150", 427: "500", 99_999: "100,000", 1_234_567: "1,500,000"} {
		list, top := levels(most)
		if len(list) > 7 || top < most || list[len(list)-1].Text != want {
			t.Errorf("up to %d: %v", most, list)
		}
	}
}

// A server with a service and a state of its own for each request does not make a page without an end.
func TestNamesWithoutEnd(t *testing.T) {
	s := NewSummary(time.Unix(0, 0), time.Unix(0, 0))
	for i := range 3 * maxNames {
		s.Add(Entry{Code: fmt.Sprint(i), Status: fmt.Sprint("state ", i)})
	}
	rows, sum := s.byCount(), 0
	for _, v := range rows {
		sum += v.total()
	}
	if len(rows) != maxNames+1 || sum != 3*maxNames || rows[0].label() != "Other services" || len(s.words) > maxNames+1 {
		t.Errorf("%d services with %d requests, first %q; %d states", len(rows), sum, rows[0].label(), len(s.words))
	}
}
