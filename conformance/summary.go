package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// What all written reports say in the same words.

// sentence says what a verdict means to someone who has not read the specification.
func (v Verdict) sentence() string {
	switch v {
	case Conformant:
		return "Everything that could be checked is as the specification says. Clients that follow the specification will work with this server."
	case ConformantWithWarnings:
		return "Everything that the specification demands and that could be checked is right. Some things it recommends are done otherwise; most clients will cope."
	case Partial:
		return "Nothing that was checked is wrong, but a part was left out or could not be asked. The verdict covers the rest only."
	}
	return "Something that the specification demands is not so. Clients that follow the specification will go wrong where the findings say."
}

// labels are the operations as people say them.
var labels = map[Operation]string{
	OpDiscovery: "Discovery", OpServices: "List of services", OpDefinition: "Service definition", OpRequests: "List of requests",
	OpRequest: "Single request", OpCreate: "Filing a request", OpToken: "Tokens", OpUpdates: "Updates (extension)",
	OpErrors: "Error answers", OpAny: "Every answer",
}

// judged is how many requirements were judged, and how many of these are broken.
func (r *Report) judged() string {
	count := countOf(r.Results)
	n := count[Pass] + count[Warn] + count[Fail]
	switch {
	case count[Fail] > 0:
		return fmt.Sprintf("Of the %s that could be judged, %d failed.", plain.Count(n, "requirement"), count[Fail])
	case n == 0:
		return "No requirement could be judged."
	}
	return fmt.Sprintf("%s could be judged, of %d.", plain.Count(n, "requirement"), len(r.Results))
}

// names of the statuses in reports, as headings of numbers.
var statusNames = map[Status]string{
	Pass: "passed", Fail: "failed", Warn: "warnings", Unsupported: "not shown", Disabled: "disabled", Error: "errors",
}

// counted is how many requirements have a status, in its name.
func counted(n int, st Status) string {
	if n == 1 {
		return "1 " + strings.TrimSuffix(statusNames[st], "s")
	}
	return fmt.Sprintf("%d %s", n, statusNames[st])
}

// shownStatuses is the order of the numbers.
var shownStatuses = []Status{Pass, Fail, Warn, Error, Disabled, Unsupported}

func (r *Report) counts() string {
	var parts []string
	count := countOf(r.Results)
	for _, st := range shownStatuses {
		if n := count[st]; n > 0 || st == Pass || st == Fail || st == Warn {
			parts = append(parts, counted(n, st))
		}
	}
	return strings.Join(parts, " · ")
}

func (r *Report) effort() string {
	mode := "read only"
	if r.Create {
		mode = fmt.Sprintf("%s, %s filed", plain.Count(r.Posts, "POST"), plain.Count(len(r.Created), "request"))
	}
	return fmt.Sprintf("%s (%s) in %s · answers in %s", plain.Count(r.Calls, "call"), mode, seconds(r.Elapsed), r.formats())
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func (r *Report) formats() string {
	if len(r.Formats) == 0 {
		return "no format"
	}
	var names []string
	for _, f := range r.Formats {
		names = append(names, upper(f))
	}
	return strings.Join(names, " and ")
}

// place is a finding as the written reports show it: what is the same in both formats is shown once.
type place struct {
	Where string // "XML", "XML and JSON"; "" if it is about no format
	Finding
}

func (r *Result) places() []place {
	var list []place
	for _, f := range r.Findings {
		p := place{Finding: f}
		if f.Format != FormatNone {
			p.Where = upper(f.Format)
		}
		if i := slices.IndexFunc(list, func(q place) bool { return q.Got == f.Got && q.Status == f.Status }); i >= 0 {
			list[i].Where += " and " + p.Where
			continue
		}
		list = append(list, p)
	}
	return list
}

// reason is a group of requirements that could not be judged for the same reason.
type reason struct {
	Text    string
	Status  Status
	Results []Result
}

func (g reason) ids() []string {
	var ids []string
	for _, r := range g.Results {
		ids = append(ids, r.ID)
	}
	return ids
}

// IDs joins the ids of a group, for templates.
func (g reason) IDs() string { return strings.Join(g.ids(), ", ") }

// reasons groups what was not judged, the largest group first.
func (r *Report) reasons(st Status) []reason {
	var groups []reason
	for _, res := range r.worst(st) {
		i := slices.IndexFunc(groups, func(g reason) bool { return g.Text == res.Reason })
		if i < 0 {
			i = len(groups)
			groups = append(groups, reason{Text: res.Reason, Status: st})
		}
		groups[i].Results = append(groups[i].Results, res)
	}
	slices.SortStableFunc(groups, func(a, b reason) int { return len(b.Results) - len(a.Results) })
	return groups
}

// passed and total of a cell, without what did not show.
func (c *Cell) passed() (passed, total int) {
	for st, n := range c.Count {
		if st != Unsupported && st != Disabled {
			total += n
		}
	}
	return c.Count[Pass], total
}

// String is the cell in text: "14/15", or "–" if there was nothing to judge.
func (c Cell) String() string {
	passed, total := c.passed()
	switch {
	case len(c.Count) == 0:
		return ""
	case total == 0:
		return "–"
	}
	return fmt.Sprintf("%d/%d", passed, total)
}
