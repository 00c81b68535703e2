package conformance

import (
	_ "embed" // for the page
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/go-open311/open311/internal/plain"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"upper": upper, "class": class, "mark": func(st Status) string { return marks[st] },
	"name": func(st Status) string { return statusNames[st] }, "title": title, "label": func(op Operation) string { return labels[op] }, "places": func(r Result) []place { return r.places() },
	"hint": cellHint, "plain": plain.Text, "form": (*Exchange).shownForm,
}).Parse(pageText))

// pageData is what the page shows.
type pageData struct {
	*Report
	Sentence, Judged, Effort, When string
	Numbers                        []number
	Rows                           []Row
	Groups                         []findingGroup
	Left                           []leftOut
	All                            []operationList
}

type number struct {
	Status Status
	Count  int
}

type findingGroup struct {
	Status  Status
	Heading string
	Lead    string
	Results []Result
}

type leftOut struct {
	Status  Status
	Heading string
	Count   int
	Reasons []reason
}

type operationList struct {
	Operation Operation
	Results   []Result
}

// WriteHTML writes one page that needs nothing else: for people who want to know how their server does, and
// for those who have to mend it.
func (r *Report) WriteHTML(w io.Writer) error {
	r, w = orNone(r, w)
	d := pageData{
		Report: r, Sentence: r.Verdict.sentence(), Judged: r.judged(), Effort: r.effort(),
		When: r.Started.Format("2 January 2006, 15:04 MST"), Rows: r.Matrix(),
	}
	for _, st := range shownStatuses {
		d.Numbers = append(d.Numbers, number{st, r.Count(st)})
	}
	for _, g := range []findingGroup{
		{Status: Fail, Heading: "What is wrong", Lead: "The specification demands these. Each comes with the call that shows it."},
		{Status: Error, Heading: "What could not be asked", Lead: "Trouble on the way, which says nothing about the server's conformance."},
		{Status: Warn, Heading: "What is done otherwise", Lead: "The specification recommends these; clients may stumble, most will not."},
	} {
		if g.Results = r.worst(g.Status); len(g.Results) > 0 {
			d.Groups = append(d.Groups, g)
		}
	}
	for _, l := range []leftOut{
		{Status: Disabled, Heading: "Disabled by whoever ran the check"},
		{Status: Unsupported, Heading: "Not shown by this server or its data"},
	} {
		if l.Reasons = r.reasons(l.Status); len(l.Reasons) > 0 {
			l.Count = r.Count(l.Status)
			d.Left = append(d.Left, l)
		}
	}
	for _, op := range operations {
		list := operationList{Operation: op}
		for _, res := range r.Results {
			if res.Operation == op {
				list.Results = append(list.Results, res)
			}
		}
		d.All = append(d.All, list)
	}
	return page.Execute(w, d)
}

// class is the name of a status or a verdict in the style sheet.
func class(v any) string {
	switch v := fmt.Sprint(v); v {
	case string(Conformant):
		return "pass"
	case string(ConformantWithWarnings):
		return "warn"
	case string(NotConformant):
		return "fail"
	case string(Partial):
		return "error"
	case "":
		return "none"
	default:
		return v
	}
}

func title(v any) string {
	s := fmt.Sprint(v)
	return strings.ToUpper(s[:1]) + s[1:]
}

// cellHint says in words what the numbers of a cell are.
func cellHint(c Cell) string {
	var parts []string
	for _, st := range shownStatuses {
		if n := c.Count[st]; n > 0 {
			parts = append(parts, counted(n, st))
		}
	}
	return strings.Join(parts, ", ")
}
