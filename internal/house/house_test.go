package house

import (
	"flag"
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// limits are the most that a package may have; 0 is no limit.
type limits struct {
	files  int
	arrows float64 // to other files, per file
	circle int     // files that all use each other, directly or not
}

const noCircle = 1 // every file is a circle of its own

// A row of walls is a package with a shape. A package that is on its way to the target has today's numbers in
// now; lower them with every step.
var walls = []struct {
	dir    string
	now    limits
	target limits
}{
	{".", limits{files: 36, arrows: 4.9, circle: 2}, limits{files: 36, arrows: 4.9, circle: 5}},
	{"internal/wire", limits{circle: 3}, limits{circle: 6}},
	{"internal/listing", limits{circle: noCircle}, limits{circle: noCircle}},
	{"internal/feed", limits{circle: noCircle}, limits{circle: noCircle}},
	{"internal/form", limits{circle: noCircle}, limits{circle: noCircle}},
	{"internal/retry", limits{circle: noCircle}, limits{circle: noCircle}},
	{"internal/redact", limits{circle: 4}, limits{circle: noCircle}},
}

// What every file and every function keeps.
const (
	maxFileLines     = 450
	maxExampleLines  = 120 // of a program that is read in two minutes
	maxFunctionLines = 60
)

// longFunctions are those that are longer all the same. One that has become shorter has to leave the list.
var longFunctions = []string{
	"conformance: recordRules", // a table of requirements
	"conformance: tokenRules",  // another one
	"internal/wire: scan.jsonFields",
}

// imports says what the files of a package, tests aside, may not import.
var imports = []struct {
	rule string
	in   func(dir string) bool
	bad  func(path string) bool
}{
	{"internal packages import nothing of the module but each other",
		func(dir string) bool { return strings.HasPrefix(dir, "internal/") },
		func(path string) bool {
			return (path == module || strings.HasPrefix(path, module+"/")) && !strings.HasPrefix(path, module+"/internal/")
		}},
	{"documents and engines know nothing of HTTP",
		func(dir string) bool {
			return slices.Contains([]string{"internal/wire", "internal/listing", "internal/feed"}, dir)
		},
		func(path string) bool { return path == "net/http" || strings.HasPrefix(path, "net/http/") }},
	{"only internal/retry imports go-retryablehttp",
		func(dir string) bool { return dir != "internal/retry" },
		func(path string) bool { return strings.HasPrefix(path, "github.com/hashicorp/go-retryablehttp") }},
}

var showArrows = flag.String("arrows", "", "print what the files of a package use of each other; \".\" is the root")

func TestWalls(t *testing.T) {
	all := load(t)
	t.Log("\n" + table(all))
	for _, w := range walls {
		p := all.at(w.dir)
		if p == nil {
			t.Errorf("%s: there is no such package; take it out of walls", w.dir)
			continue
		}
		for _, text := range p.exceeds(w.now) {
			t.Errorf("%s: %s; go test -v -arrows=%[1]s shows which file uses what", w.dir, text)
		}
		if p.exceeds(w.target) == nil && w.now != w.target {
			t.Logf("%s: the target is reached; make it the limit of today", w.dir)
		}
	}
}

func TestArrows(t *testing.T) {
	if *showArrows == "" {
		t.Skip("-arrows=PACKAGE prints them")
	}
	p := load(t).at(*showArrows)
	if p == nil {
		t.Fatalf("there is no package %s", *showArrows)
	}
	circle := make(map[string]int)
	for i, files := range p.circles() {
		for _, file := range files {
			circle[file] = i + 1
		}
	}
	var b strings.Builder
	for _, a := range p.sortedArrows() {
		in := ""
		if n := circle[a.from]; n > 0 && n == circle[a.to] {
			in = fmt.Sprintf(" (circle %d)", n)
		}
		fmt.Fprintf(&b, "%s → %s%s: %s\n", a.from, a.to, in, strings.Join(p.uses(a), ", "))
	}
	t.Logf("\n%s", b.String())
}

func TestLengths(t *testing.T) {
	var long []string
	for _, p := range load(t) {
		for _, f := range p.files {
			most := maxFileLines
			if strings.HasPrefix(p.dir, "examples/") {
				most = maxExampleLines
			}
			if f.lines > most {
				t.Errorf("%s/%s has %d lines, more than %d", p.dir, f.name, f.lines, most)
			}
		}
		for _, f := range p.functions {
			if f.lines <= maxFunctionLines {
				continue
			}
			name := p.dir + ": " + f.name
			if long = append(long, name); !slices.Contains(longFunctions, name) {
				t.Errorf("%s has %d lines, more than %d", name, f.lines, maxFunctionLines)
			}
		}
	}
	for _, name := range longFunctions {
		if !slices.Contains(long, name) {
			t.Errorf("%s is not too long any more, or gone; take it out of longFunctions", name)
		}
	}
}

func TestImports(t *testing.T) {
	for _, p := range load(t) {
		for _, rule := range imports {
			for _, f := range p.files {
				for _, path := range f.imports {
					if rule.in(p.dir) && rule.bad(path) {
						t.Errorf("%s/%s imports %s: %s", p.dir, f.name, path, rule.rule)
					}
				}
			}
		}
	}
}

// TestDependenciesAreNotExported: a dependency can be given up, or go to a next major version, without a break.
func TestDependenciesAreNotExported(t *testing.T) {
	for _, p := range load(t) {
		if !p.public() {
			continue
		}
		for _, text := range p.foreignTypes() {
			t.Errorf("%s: %s", p.dir, text)
		}
	}
}

// exceeds lists what is over the limits.
func (p *pkg) exceeds(l limits) []string {
	var out []string
	if n := len(p.files); l.files > 0 && n > l.files {
		out = append(out, fmt.Sprintf("%d files, more than %d", n, l.files))
	}
	if l.arrows > 0 && p.perFile() > l.arrows {
		out = append(out, fmt.Sprintf("%.2f arrows a file, more than %.2f", p.perFile(), l.arrows))
	}
	if n := p.largestCircle(); l.circle > 0 && n > l.circle {
		out = append(out, fmt.Sprintf("a circle of %d files, more than %d: %s", n, l.circle, strings.Join(p.circles()[0], " ")))
	}
	return out
}

func table(all packages) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "package\tfiles\tlines\tarrows\tarrows/file\tlargest circle\tlargest file\tfunctions > 60\t")
	for _, p := range all {
		lines, most, long := 0, 0, 0
		for _, f := range p.files {
			lines, most = lines+f.lines, max(most, f.lines)
		}
		for _, f := range p.functions {
			if f.lines > maxFunctionLines {
				long++
			}
		}
		circle := "none"
		if n := p.largestCircle(); n > noCircle {
			circle = fmt.Sprint(n)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%.2f\t%s\t%d\t%d\t\n", p.dir, len(p.files), lines, len(p.arrows), p.perFile(), circle, most, long)
	}
	w.Flush()
	return b.String()
}

// functionName is the name of a function, with the type of its receiver.
func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if index, ok := t.(*ast.IndexExpr); ok {
		t = index.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return d.Name.Name
}
