package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// Document is what the page says about the copy itself.
type Document struct {
	Name, Source       string
	Statuses, Services []string // what was asked for; empty: everything
	Windows, Done      int
	Doubles            int
	Gaps               []Gap
	Files              []File
	Made               time.Time
}

// Gap is a span of time of which something is missing.
type Gap struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Why   string    `json:"why"`
}

// String is the gap in one line.
func (g Gap) String() string {
	return g.Start.Format(time.RFC3339) + " to " + g.End.Format(time.RFC3339) + ": " + g.Why
}

// From and To show the bounds of the gap.
func (g Gap) From() string { return g.Start.UTC().Format(stamp) }
func (g Gap) To() string   { return g.End.UTC().Format(stamp) }

const stamp = "2 Jan 2006, 15:04:05"

// File is a file beside the page.
type File struct {
	Name string
	Size int64
}

// SizeText shows the size: 1.9 MB.
func (f File) SizeText() string {
	switch {
	case f.Size < 1000:
		return plain.Count(int(f.Size), "byte")
	case f.Size < 1_000_000:
		return fmt.Sprintf("%.0f kB", float64(f.Size)/1e3)
	case f.Size < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(f.Size)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(f.Size)/1e9)
}

// Kind says what the file is.
func (f File) Kind() string {
	_, kind, _ := strings.Cut(f.Name, ".")
	return map[string]string{"ndjson": "one JSON object a line", "csv": "for spreadsheets", "geojson": "for maps"}[kind]
}

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"pair": func(r row, other bool) any {
		return struct {
			Row   row
			Other bool
		}{r, other}
	},
}).Parse(pageHTML))

// view is what the template shows. Everything that strangers wrote reaches it as plain strings, which
// html/template escapes for the place where they stand.
type view struct {
	Document
	Policy    string
	Style     template.CSS
	Script    template.JS
	Since     string
	Until     string
	Made      string
	Total     string
	Tiles     []tile
	HasOther  bool
	Words     []string
	Placed    string
	Unplaced  string
	Sampled   string
	Chart     chart
	Histogram histogram
	Undated   string
	Rows      []row // of the table of services
	More      []row // those behind the first ones
	Sum       row
}

// tile is one of the figures at the top; Share is its part of all requests in percent.
type tile struct {
	Class, Label, Count, Percent string
	Share                        float64
}

// row is a line of the table of services.
type row struct {
	Name, Code, Total, OpenShare string
	Parts                        [classes]string
	Bars                         []segment
}

// segment is a part of a bar; Width is in percent of the longest bar.
type segment struct {
	Class string
	Width float64
}

const firstRows = 25 // services that are shown at once

// Write writes the page.
func Write(w io.Writer, d Document, s *Summary) error {
	services := s.byCount()
	v := view{Document: d, Style: template.CSS(pageCSS), Script: template.JS(pageJS), Policy: policy(),
		Since: longDate(dateOf(s.since)), Until: longDate(dateOf(s.until)), Made: d.Made.Format("2 January 2006, 15:04 MST"),
		Total: comma(s.all.total()), HasOther: s.all[other] > 0, Chart: s.chart(services), Histogram: s.histogram(d.Gaps),
		Placed: comma(s.placed)}
	for k := range classes {
		if k != other || v.HasOther {
			v.Tiles = append(v.Tiles, s.tile(k))
		}
	}
	v.Words = s.otherWords()
	if n := s.all.total() - s.placed; n > 0 {
		v.Unplaced = comma(n)
	}
	if s.placed > len(s.dots) {
		v.Sampled = comma(len(s.dots))
	}
	if s.undated > 0 {
		v.Undated = comma(s.undated)
	}
	for i, one := range services {
		if r := s.row(one, services[0].total()); i < firstRows {
			v.Rows = append(v.Rows, r)
		} else {
			v.More = append(v.More, r)
		}
	}
	v.Sum = s.row(&service{name: "All services", counts: s.all}, s.all.total())
	return pageTemplate.Execute(w, v)
}

// policy forbids the page to load anything, and to run any script but its own.
func policy() string {
	hash := sha256.Sum256([]byte(pageJS))
	return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(hash[:]) + "'"
}

func classID(k class) string { return strings.ToLower(classNames[k]) }

func (s *Summary) tile(k class) tile {
	return tile{classID(k), classNames[k], comma(s.all[k]), percent(s.all[k], s.all.total()), share(s.all[k], s.all.total())}
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of) * 100
}

// percent rounds so that neither none nor all of something is claimed falsely.
func percent(n, of int) string {
	p := share(n, of)
	switch {
	case n > 0 && p < 1:
		return "<1%"
	case n < of && p > 99:
		return ">99%"
	}
	return fmt.Sprintf("%.0f%%", p)
}

func (s *Summary) row(v *service, most int) row {
	r := row{Name: v.label(), Total: comma(v.total()), OpenShare: percent(v.counts[open], v.total())}
	if v.code != r.Name {
		r.Code = v.code
	}
	for _, k := range []class{open, closed, other} {
		r.Parts[k] = comma(v.counts[k])
		if v.counts[k] > 0 {
			r.Bars = append(r.Bars, segment{classID(k), share(v.counts[k], most)})
		}
	}
	return r
}

// otherWords lists the states that are neither open nor closed.
func (s *Summary) otherWords() (list []string) {
	words := slices.SortedFunc(maps.Keys(s.words), func(a, b string) int {
		if s.words[a] != s.words[b] {
			return s.words[b] - s.words[a]
		}
		return strings.Compare(a, b)
	})
	for i, word := range words {
		if i == 8 {
			return append(list, fmt.Sprintf("%d more", len(words)-i))
		}
		list = append(list, fmt.Sprintf("%s (%s)", word, comma(s.words[word])))
	}
	return list
}
