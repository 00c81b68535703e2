package conformance

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-open311/open311/internal/plain"
)

// WriteText writes the report for a terminal of 80 columns or more, without colours.
func (r *Report) WriteText(w io.Writer) error {
	r, w = orNone(r, w)
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "Open311 GeoReport v2 conformance of %s\n\n", r.Endpoint)
	fmt.Fprintf(b, "  %s\n", strings.ToUpper(string(r.Verdict)))
	fmt.Fprintf(b, "  %s\n  %s\n\n", r.counts(), r.effort())
	r.textMatrix(b)
	for _, st := range []Status{Fail, Error, Warn} {
		for _, res := range r.worst(st) {
			textFindings(b, res)
		}
	}
	for _, st := range []Status{Disabled, Unsupported} {
		groups := r.reasons(st)
		if len(groups) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s: %d\n", strings.ToUpper(statusNames[st][:1])+statusNames[st][1:], r.Count(st))
		for _, g := range groups {
			fmt.Fprintf(b, "  %s\n", wrap(orElse(g.Text, "no reason"), 76, "  "))
			fmt.Fprintf(b, "      %s\n", wrap(g.IDs(), 72, "      "))
		}
	}
	if len(r.Created) > 0 {
		fmt.Fprintf(b, "\nFiled, and still in the city:\n  %s\n", wrap(strings.Join(r.Created, ", "), 76, "  "))
	}
	return b.Flush()
}

var marks = map[Status]string{Pass: "✔", Warn: "!", Fail: "✘", Error: "?", Disabled: "·", Unsupported: "·", "": " "}

// WriteFailures writes a line for each requirement that failed, with what was seen first: for terminals and logs where the
// report itself is in a file. Those of [Target.Known] are marked as known.
func (r *Report) WriteFailures(w io.Writer) error {
	r, w = orNone(r, w)
	b := bufio.NewWriter(w)
	for _, res := range r.Results {
		if res.Status != Fail || len(res.Findings) == 0 {
			continue
		}
		mark := "fail "
		if res.Known {
			mark = "known"
		}
		fmt.Fprintf(b, "%s  %s: %s\n", mark, res.ID, plain.Line(res.Findings[0].Got))
	}
	return b.Flush()
}

func (r *Report) textMatrix(b *bufio.Writer) {
	fmt.Fprintf(b, "  %-20s %-10s %-10s %s\n", "", "XML", "JSON", "together")
	for _, row := range r.Matrix() {
		var line strings.Builder
		line.WriteString(fmt.Sprintf("  %-20s", labels[row.Operation]))
		for _, c := range []Cell{row.XML, row.JSON, row.Both} {
			line.WriteString(fmt.Sprintf(" %s %-8s", marks[c.Status], c))
		}
		fmt.Fprintln(b, strings.TrimRight(line.String(), " "))
	}
}

func textFindings(b *bufio.Writer, res Result) {
	fmt.Fprintf(b, "\n%s %s  %s (%s)\n", marks[res.Status], strings.ToUpper(string(res.Status))+knownMark(res), res.ID, res.Level)
	fmt.Fprintf(b, "  rule  %s\n", wrap(res.Rule, 72, "        "))
	for _, f := range res.places() {
		if f.Where != "" {
			fmt.Fprintf(b, "  in %s\n", f.Where)
		}
		fmt.Fprintf(b, "  got   %s\n", wrap(f.Got, 72, "        "))
		if f.Want != "" {
			fmt.Fprintf(b, "  want  %s\n", wrap(f.Want, 72, "        "))
		}
		if f.Filed != nil {
			fmt.Fprint(b, "  filed by\n")
			textExchange(b, f.Filed)
			fmt.Fprint(b, "  read by\n")
		}
		textExchange(b, f.Exchange)
	}
	fmt.Fprintf(b, "  spec  %s\n", res.Spec)
}

func knownMark(res Result) string {
	if res.Known {
		return " (known)"
	}
	return ""
}

func textExchange(b *bufio.Writer, e *Exchange) {
	if e == nil {
		return
	}
	fmt.Fprintf(b, "  > %s\n", e.Request())
	if e.Form != "" {
		fmt.Fprintf(b, "  > %s\n", e.shownForm())
	}
	fmt.Fprintf(b, "  < %s\n", e.Answer())
	for line := range strings.Lines(plain.Text(e.Body)) {
		fmt.Fprintf(b, "    %s\n", wrap(strings.TrimRight(line, "\r\n"), 76, "    "))
	}
	fmt.Fprintf(b, "  $ %s\n", plain.Text(e.Curl()))
}

// wrap breaks a text at blanks so that lines are not longer than n characters, if words allow; what has
// no blanks is cut.
func wrap(s string, n int, indent string) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.Split(plain.Line(s), " ") {
		runes := []rune(word)
		switch {
		case i == 0:
		case length+1+len(runes) > n && length > 0:
			b.WriteString("\n" + indent)
			length = 0
		default:
			b.WriteString(" ")
			length++
		}
		for len(runes) > n {
			b.WriteString(string(runes[:n]) + "\n" + indent)
			runes, length = runes[n:], 0
		}
		b.WriteString(string(runes))
		length += len(runes)
	}
	return b.String()
}
