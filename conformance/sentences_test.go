package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sentenceTable has what is said, section by section: with its requirement, or with the reason why there is none.
func sentenceTable() string {
	var b strings.Builder
	var specs []string
	for _, r := range catalogue {
		if !slices.Contains(specs, r.Spec) {
			specs = append(specs, r.Spec)
		}
	}
	cell := func(v string) string { return strings.ReplaceAll(v, "|", "\\|") }
	for _, spec := range specs {
		fmt.Fprintf(&b, "\n### [%s](%s)\n\n| what is said | level | requirement, or why there is none |\n|---|---|---|\n", strings.TrimPrefix(strings.TrimPrefix(spec, wiki), "https://"), spec)
		for _, r := range catalogue {
			if r.Spec == spec {
				fmt.Fprintf(&b, "| %s | %s | `%s` |\n", cell(r.Rule), r.Level, r.ID)
			}
		}
		for _, u := range sentencesWithout {
			if u.spec == spec {
				fmt.Fprintf(&b, "| %s. | %s | none: %s |\n", cell(u.said), orElse(u.level, "not said"), cell(u.why))
			}
		}
	}
	return b.String()
}

// verdictTable has the misbehaviours that were not found, or under a wrong id only, when they were written down.
func verdictTable(list []mutation) string {
	var b strings.Builder
	missed := len(slices.DeleteFunc(slices.Clone(list), func(m mutation) bool { return m.was == "" }))
	fmt.Fprintf(&b, "\nThe misbehaviours were written from the sentences first, and run. Of %d, %d were found under their id at once; the %d below were not, or only by what followed\n"+
		"from them. Then the rules were made, or mended, that find them.\n", len(list), len(list)-missed, missed)
	b.WriteString("\n| the server | was | is found by |\n|---|---|---|\n")
	for _, m := range list {
		if m.was != "" {
			fmt.Fprintf(&b, "| %s | %s | `%s` |\n", m.name, m.was, m.id)
		}
	}
	return b.String() + "\n"
}

const tableMark = "<!-- the table of requirements: go test ./conformance -run Sentences -update -->\n"

const (
	verdictMark = "<!-- the table of verdicts: go test ./conformance -run Sentences -update -->\n"
	verdictEnd  = "<!-- the end of the table of verdicts -->\n"
)

// countsOf are how many entries the tables have, as the document says it.
func countsOf(t *testing.T) []string {
	wrong, whole := len(knownOf(t).misdeeds()), len(faults(knownOf(t)))
	return []string{
		fmt.Sprintf("what depends on it | %d |", len(mutations(t))-wrong), fmt.Sprintf("operation by operation | %d |", wrong),
		fmt.Sprintf("for one reason | %d |", whole), fmt.Sprintf("In the tests %d such faults", whole), fmt.Sprintf("leaves open | %d |", len(allOddities())),
	}
}

// The document lists every requirement under the section that says it, and what has none, with the reason.
func TestSentences(t *testing.T) {
	file := filepath.Join("..", "docs", "conformance.md")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, table, ok := strings.Cut(string(b), tableMark)
	if !ok {
		t.Fatalf("%s has no table", file)
	}
	start, rest, ok := strings.Cut(head, verdictMark)
	verdicts, end, also := strings.Cut(rest, verdictEnd)
	if !ok || !also {
		t.Fatalf("%s has no table of verdicts", file)
	}
	want, was := sentenceTable(), verdictTable(knownOf(t).misdeeds())
	if *update {
		if err := os.WriteFile(file, []byte(start+verdictMark+was+verdictEnd+end+tableMark+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want || verdicts != was {
		t.Errorf("%s does not say what Requirements says; -update writes it", file)
	}
	for _, count := range countsOf(t) {
		if !strings.Contains(string(b), count) {
			t.Errorf("%s does not say %q", file, count)
		}
	}
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if count := fmt.Sprintf(": %d requirements", len(catalogue)); !strings.Contains(string(readme), count) {
		t.Errorf("README.md does not say %q", count)
	}
	for _, u := range sentencesWithout {
		if !slices.ContainsFunc(catalogue, func(r rule) bool { return r.Spec == u.spec }) || u.said == "" || u.why == "" {
			t.Errorf("%q has no section with requirements, or no reason", u.said)
		}
	}
	for line := range strings.Lines(string(b)) {
		for i, part := range strings.Split(line, "`") {
			if i%2 == 1 && strings.Count(part, "/") > 0 && !strings.ContainsAny(part, "*:. ") && byID()[part] == nil {
				t.Errorf("%s names %q, which is no requirement", file, part)
			}
		}
	}
}
