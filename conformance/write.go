package conformance

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-open311/open311/internal/plain"
)

// writers are the forms of a report by name.
var writers = map[string]func(*Report, io.Writer) error{
	"text": (*Report).WriteText, "json": (*Report).WriteJSON, "junit": (*Report).WriteJUnit,
	"markdown": (*Report).WriteMarkdown, "html": (*Report).WriteHTML,
}

var extensions = map[string]string{"text": "txt", "json": "json", "junit": "junit.xml", "markdown": "md", "html": "html"}

// ReportFormats lists what [Report.Write] can write.
func ReportFormats() []string { return slices.Sorted(maps.Keys(writers)) }

// Write writes the report in one of [ReportFormats].
func (r *Report) Write(w io.Writer, format string) error {
	write, ok := writers[format]
	if !ok {
		return fmt.Errorf("conformance: %q is no report format; there are %s", format, strings.Join(ReportFormats(), ", "))
	}
	return write(r, w)
}

// orNone gives a nil report and a nil writer something to work with: a report of nothing, and an error.
func orNone(r *Report, w io.Writer) (*Report, io.Writer) {
	if w == nil {
		w = nowhere{}
	}
	return orZero(r), w
}

func orZero[T any](v *T) *T {
	if v == nil {
		v = new(T)
	}
	return v
}

// nowhere is what a nil writer is taken for.
type nowhere struct{}

func (nowhere) Write([]byte) (int, error) {
	return 0, errors.New("conformance: the report has no writer to go to: it is nil")
}

// WriteJSON writes the whole report, for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	r, w = orNone(r, w)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Stamp    string      `xml:"timestamp,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure,omitempty"`
	Error   *junitProblem `xml:"error,omitempty"`
	Skipped *junitProblem `xml:"skipped,omitempty"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

// WriteJUnit writes the report as JUnit XML, which build servers show: a suite for every operation, a case
// for every requirement. Warnings are cases that passed, with a word on standard output; what was known to fail is
// skipped, so that the build fails for what is new only.
func (r *Report) WriteJUnit(w io.Writer) error {
	r, w = orNone(r, w)
	all := junitSuites{Name: "Open311 conformance of " + r.Endpoint, Time: fmt.Sprintf("%.3f", r.Elapsed.Seconds())}
	for _, op := range operations {
		suite := junitSuite{Name: string(op), Stamp: r.Started.Format(time.RFC3339)}
		for _, res := range r.Results {
			if res.Operation == op {
				suite.add(res)
			}
		}
		all.Tests, all.Failures = all.Tests+suite.Tests, all.Failures+suite.Failures
		all.Errors, all.Skipped = all.Errors+suite.Errors, all.Skipped+suite.Skipped
		all.Suites = append(all.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(res Result) {
	c := junitCase{Name: res.ID, Class: "open311." + strings.ReplaceAll(string(res.Operation), " ", "-"), Time: fmt.Sprintf("%.3f", res.Took.Seconds())}
	var text strings.Builder
	b := bufio.NewWriter(&text)
	if len(res.Findings) > 0 {
		textFindings(b, res)
	}
	_ = b.Flush() // into a Builder
	message := res.Reason
	if len(res.Findings) > 0 {
		message = res.Findings[0].Got
	}
	p := &junitProblem{Message: plain.Line(message), Type: string(res.Level), Text: plain.Text(text.String())}
	s.Tests++
	switch st := res.Status; {
	case st == Fail && res.Known:
		p.Type, c.Skipped = "known", p
		s.Skipped++
	case st == Fail:
		c.Failure = p
		s.Failures++
	case st == Error:
		c.Error = p
		s.Errors++
	case st == Unsupported, st == Disabled:
		p.Type, c.Skipped = string(st), p
		s.Skipped++
	case st == Warn:
		c.Out = p.Text
	}
	s.Cases = append(s.Cases, c)
}

// WriteMarkdown writes the report for an issue, a wiki or a build summary.
func (r *Report) WriteMarkdown(w io.Writer) error {
	r, w = orNone(r, w)
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# Open311 conformance: %s\n\n", r.Verdict)
	fmt.Fprintf(b, "%s %s\n\n", r.judged(), r.Verdict.sentence())
	fmt.Fprintf(b, "- Endpoint: %s\n", codeSpan(r.Endpoint))
	if r.Jurisdiction != "" {
		fmt.Fprintf(b, "- Jurisdiction: %s\n", codeSpan(r.Jurisdiction))
	}
	fmt.Fprintf(b, "- Checked: %s\n- Requirements: %s\n- %s\n\n", r.Started.Format("2006-01-02 15:04 MST"), r.counts(), r.effort())
	fmt.Fprint(b, "| | XML | JSON | together |\n|---|---|---|---|\n")
	for _, row := range r.Matrix() {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", labels[row.Operation], cellMarkdown(row.XML), cellMarkdown(row.JSON), cellMarkdown(row.Both))
	}
	for _, st := range []Status{Fail, Error, Warn} {
		if list := r.worst(st); len(list) > 0 {
			fmt.Fprintf(b, "\n## %s\n", strings.ToUpper(statusNames[st][:1])+statusNames[st][1:])
			for _, res := range list {
				markdownFindings(b, res)
			}
		}
	}
	for _, st := range []Status{Disabled, Unsupported} {
		groups := r.reasons(st)
		if len(groups) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n## %s\n\n", strings.ToUpper(statusNames[st][:1])+statusNames[st][1:])
		for _, g := range groups {
			fmt.Fprintf(b, "- %s: `%s`\n", escapeMarkdown(orElse(g.Text, "no reason")), strings.Join(g.ids(), "`, `"))
		}
	}
	if len(r.Created) > 0 {
		fmt.Fprintf(b, "\n## Filed, and still in the city\n\n%s\n", escapeMarkdown(strings.Join(r.Created, ", ")))
	}
	return b.Flush()
}

func cellMarkdown(c Cell) string {
	return strings.TrimSpace(marks[c.Status] + " " + c.String())
}

func markdownFindings(b *bufio.Writer, res Result) {
	fmt.Fprintf(b, "\n### %s%s\n\n`%s` · %s · [specification](%s)\n\n%s\n", res.Title, knownMark(res), res.ID, res.Level, res.Spec, res.Rule)
	for _, f := range res.places() {
		fmt.Fprintln(b)
		if f.Where != "" {
			fmt.Fprintf(b, "- Format: %s\n", f.Where)
		}
		fmt.Fprintf(b, "- Got: %s\n", escapeMarkdown(f.Got))
		if f.Want != "" {
			fmt.Fprintf(b, "- Want: %s\n", escapeMarkdown(f.Want))
		}
		if f.Filed != nil {
			fmt.Fprint(b, "\nFiled by\n")
			markdownExchange(b, f.Filed)
			fmt.Fprint(b, "\nRead by\n")
		}
		markdownExchange(b, f.Exchange)
	}
}

func markdownExchange(b *bufio.Writer, e *Exchange) {
	if e == nil {
		return
	}
	text := "> " + e.Request() + "\n"
	if e.Form != "" {
		text += "> " + e.shownForm() + "\n"
	}
	text += "< " + e.Answer() + "\n" + e.Body
	fmt.Fprintf(b, "\n%s\n\n%s\n", fenced(text), fenced(e.Curl()))
}

// fenced puts a text between fences that are longer than any in it.
func fenced(s string) string {
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + "\n" + strings.TrimRight(plain.Text(s), "\n") + "\n" + fence
}

func codeSpan(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" }

var markdownEscaper = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "<", "&lt;", ">", "&gt;", "[", "\\[", "]", "\\]", "|", "\\|", "\n", " ")

func escapeMarkdown(s string) string { return markdownEscaper.Replace(plain.Line(s)) }
