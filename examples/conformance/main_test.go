package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-open311/open311/open311test"
)

func TestExitStatus(t *testing.T) {
	right := open311test.NewServer(t, open311test.WithSize(200)).URL
	wrong := open311test.NewServer(t, open311test.WithSize(200), open311test.WithQuirks(open311test.Quirks{Name: "wrong", Root: "requests"})).URL
	for name, tc := range map[string]struct {
		args []string
		want int
		out  string
	}{
		"in memory":     {nil, 0, "CONFORMANT"},
		"right":         {[]string{right}, 0, "CONFORMANT"},
		"filing":        {[]string{"-create", right}, 0, "requests filed"},
		"wrong":         {[]string{wrong}, 1, "requests/list/xml-root"},
		"disabled":      {[]string{"-disable", "discovery/served=later", "-format", "markdown", right}, 2, "# Open311 conformance: partial"},
		"nobody":        {[]string{"http://127.0.0.1:1/"}, 2, ""},
		"no such flag":  {[]string{"-fast"}, 2, ""},
		"no such id":    {[]string{"-disable", "x=y", right}, 2, ""},
		"no such form":  {[]string{"-format", "pdf", right}, 2, ""},
		"two endpoints": {[]string{right, wrong}, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // asking nobody takes a few seconds
			var out, progress bytes.Buffer
			if got := run(append([]string{"-pace=-1ns"}, tc.args...), &out, &progress); got != tc.want || !strings.Contains(out.String(), tc.out) {
				t.Errorf("exit status %d, want %d\n%s\n%s", got, tc.want, progress.String(), out.String())
			}
		})
	}
}

func TestPage(t *testing.T) {
	wrong := open311test.NewServer(t, open311test.WithSize(20), open311test.WithQuirks(open311test.Quirks{Name: "wrong", Root: "requests"})).URL
	dir := t.TempDir()
	page, known := filepath.Join(dir, "report.html"), filepath.Join(dir, "known")
	var lines bytes.Buffer
	if got := run([]string{"-pace=-1ns", "-o", page, wrong}, io.Discard, &lines); got != 1 || !strings.Contains(lines.String(), "fail   requests/list/xml-root: ") || !strings.Contains(lines.String(), page) {
		t.Errorf("exit status %d, want 1: %s", got, lines.String())
	}
	if err := os.WriteFile(known, []byte("requests/list/xml-root\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	lines.Reset()
	if got := run([]string{"-pace=-1ns", "-only=requests", "-known", known, "-o", page, wrong}, io.Discard, &lines); got != 0 || !strings.Contains(lines.String(), "known  requests/list/xml-root: ") {
		t.Errorf("what is known: exit status %d, want 0: %s", got, lines.String())
	}
	if b, err := os.ReadFile(page); err != nil || !bytes.HasPrefix(b, []byte("<!DOCTYPE html>")) {
		t.Errorf("the page: %v", err)
	}
}
