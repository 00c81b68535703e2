package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sections are the headings of docs/conformance.md, by the section of the specification that a rule is from.
func sentenceTable() string {
	var b strings.Builder
	var specs []string
	for _, r := range catalogue {
		if !slices.Contains(specs, r.Spec) {
			specs = append(specs, r.Spec)
		}
	}
	for _, spec := range specs {
		fmt.Fprintf(&b, "\n### [%s](%s)\n\n| what is said | level | requirement |\n|---|---|---|\n", strings.TrimPrefix(strings.TrimPrefix(spec, wiki), "https://"), spec)
		for _, r := range catalogue {
			if r.Spec == spec {
				fmt.Fprintf(&b, "| %s | %s | `%s` |\n", strings.ReplaceAll(r.Rule, "|", "\\|"), r.Level, r.ID)
			}
		}
	}
	return b.String()
}

const tableMark = "<!-- the table of requirements: go test ./conformance -run Sentences -update -->\n"

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
	want := sentenceTable()
	if *update {
		if err := os.WriteFile(file, []byte(head+tableMark+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want {
		t.Errorf("%s does not say what Requirements says; -update writes it", file)
	}
	for line := range strings.Lines(head) {
		for i, part := range strings.Split(line, "`") {
			if i%2 == 1 && strings.Count(part, "/") > 0 && !strings.ContainsAny(part, "*:. ") && byID()[part] == nil {
				t.Errorf("%s names %q, which is no requirement", file, part)
			}
		}
	}
}
