package guides

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPagesShowTheirCode holds pages and code together: each block of Go in a page stands in the file of that name, or
// in its test, and each file has a page that shows some of it.
func TestPagesShowTheirCode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	index := read(t, "README.md")
	pages := 0
	for _, file := range files {
		name := strings.TrimSuffix(file, ".go")
		if strings.HasSuffix(name, "_test") || name == "doc" {
			continue
		}
		pages++
		code := flat(read(t, file) + read(t, name+"_test.go"))
		blocks := strings.Split(read(t, name+".md"), "```go\n")
		if len(blocks) < 2 {
			t.Errorf("%s.md shows no code", name)
		}
		for _, block := range blocks[1:] {
			block, _, closed := strings.Cut(block, "\n```")
			if !closed || !strings.Contains(code, flat(block)) {
				t.Errorf("%s.md shows code that %s does not have:\n%s", name, file, block)
			}
		}
		if !strings.Contains(index, "("+name+".md)") {
			t.Errorf("README.md does not lead to %s.md", name)
		}
	}
	if pages < 9 {
		t.Errorf("%d pages", pages)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// flat is a text without its indentation.
func flat(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return strings.TrimSpace(b.String())
}
