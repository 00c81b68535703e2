package house

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9_]*)`(?: in `([^`]+)`)?")
	testFile = regexp.MustCompile("`([a-z0-9_/]+_test\\.go)`")
)

// TestSecurityNamesTests: each row of the table in SECURITY.md, and each promise above it, names tests that there are.
func TestSecurityNamesTests(t *testing.T) {
	where := map[string][]string{}
	files := tree(t, "_test.go")
	for _, name := range files {
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(read(t, name), -1) {
			where[m[1]] = append(where[m[1]], path.Dir(name))
		}
	}
	text, rows := read(t, "SECURITY.md"), 0
	for line := range strings.Lines(text) {
		names, inFiles := testName.FindAllStringSubmatch(line, -1), testFile.FindAllStringSubmatch(line, -1)
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| attack ") {
			rows++
			if len(names)+len(inFiles) == 0 {
				t.Errorf("no test is named: %s", line)
			}
		}
		for _, m := range names {
			if len(where[m[1]]) == 0 || m[2] != "" && !slices.Contains(where[m[1]], m[2]) {
				t.Errorf("there is no %s %s", m[1], m[2])
			}
		}
		for _, m := range inFiles {
			if !slices.Contains(files, m[1]) {
				t.Errorf("there is no %s", m[1])
			}
		}
	}
	if rows < 20 {
		t.Errorf("the table has %d rows", rows)
	}
}

// TestNotice: NOTICE names the modules under the Mozilla Public License that are built into anything here, no more and
// no less; who builds a program with them has to say so.
func TestNotice(t *testing.T) {
	want := map[string]bool{}
	for _, mod := range tree(t, "go.mod") {
		cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./...")
		cmd.Dir = filepath.Join(root, filepath.FromSlash(path.Dir(mod)))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", mod, err)
		}
		for line := range strings.Lines(string(out)) {
			name, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
			if _, seen := want[name]; seen || name == "" || strings.HasPrefix(name, module) {
				continue
			}
			license, err := licenseOf(dir)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			want[name] = bytes.Contains(license, []byte("Mozilla Public License"))
		}
	}
	notice := read(t, "NOTICE")
	for name, mpl := range want {
		if named := strings.Contains(notice, "  "+name+" "); named != mpl {
			t.Errorf("%s: under the Mozilla Public License %t, so named in NOTICE %t", name, mpl, named)
		}
	}
	if !want["github.com/hashicorp/go-retryablehttp"] {
		t.Error("the license of go-retryablehttp was not found: the test looks in the wrong place")
	}
}

// licenseOf returns the text of a module's own license.
func licenseOf(dir string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if regexp.MustCompile(`^(?i:licen[cs]e|copying)(\.\w+)?$`).MatchString(e.Name()) {
			return os.ReadFile(filepath.Join(dir, e.Name()))
		}
	}
	return nil, errors.New("there is no license in " + dir)
}
