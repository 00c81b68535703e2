package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	mention    = regexp.MustCompile(`(?:^|[\s("'` + "`" + `])(\.?(?:[\w.*-]+/)*[\w*-]+\.(?:md|go|json|tsv|sh|html|txt|yml))\b`)
	script     = regexp.MustCompile(`(?:^|[\s("'` + "`" + `/])(\.ci/[a-z.]+[a-z])\b`)
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	testOfGo   = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark|Example)(?:[A-Z]\w*)$`)
	testInText = regexp.MustCompile(`(\bfunc )?\b((?:Test|Fuzz)[A-Z]\w+)\b`)
	nameOfGo   = regexp.MustCompile(`^(?:\(\*?\w+\)\.)?[A-Za-z_]\w*$`)
	inFile     = regexp.MustCompile("`([^`]+)`(?: of `[^`]+`)? in `([^`]+)`")
	textOfRoot = regexp.MustCompile(`^[A-Z][A-Z_]+\.md$`)
	generated  = regexp.MustCompile(`(^|/)testdata/report\.md$`)
)

// mentions checks what texts name: a path with a directory of this repository has to be there, below the root or
// beside the text; a name without a directory is one of a file anywhere.
type mentions struct {
	tops  map[string]bool // files and directories of the root
	bases []string        // names of all files
}

func (m *mentions) has(in, name string) bool {
	top, rest, deep := strings.Cut(name, "/")
	if !deep {
		for _, base := range m.bases {
			if ok, err := path.Match(name, base); ok && err == nil {
				return true
			}
		}
		return false
	}
	if !m.tops[top] || rest == "" {
		return true // of another repository, of a user's machine, of the web
	}
	for _, dir := range []string{".", path.Dir(in)} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), filepath.FromSlash(name)))
		if len(found) > 0 && err == nil {
			return true
		}
	}
	return false
}

func everything(t *testing.T) *mentions {
	m := &mentions{tops: map[string]bool{}}
	for _, name := range tree(t, "") {
		top, _, _ := strings.Cut(name, "/")
		m.tops[top], m.bases = true, append(m.bases, path.Base(name))
	}
	return m
}

// TestMentionedByComments looks for what comments of Go name: files with a directory of this repository, Markdown of its
// root, scripts, tests.
func TestMentionedByComments(t *testing.T) {
	all, declared, found := everything(t), declarations(t), 0
	for name, f := range sources(t) {
		for _, group := range f.Comments {
			text := group.Text()
			for _, m := range testInText.FindAllStringSubmatch(text, -1) {
				if found++; declared[m[2]] == nil && m[1] == "" { // what is declared there is an example's own
					t.Errorf("%s: a comment names %s, which is not there", name, m[2])
				}
			}
			for _, m := range append(mention.FindAllStringSubmatch(text, -1), script.FindAllStringSubmatch(text, -1)...) {
				if !strings.Contains(m[1], "/") && !textOfRoot.MatchString(m[1]) {
					continue // a file of a user, or of an example
				}
				if found++; !all.has(name, m[1]) {
					t.Errorf("%s: a comment names %s, which is not there", name, m[1])
				}
			}
		}
	}
	t.Logf("%d files are named", found)
}

// TestMentionedByTexts looks for the files, directories and tests that Markdown names in code, and for the scripts and
// documents that workflows, forms and scripts name.
func TestMentionedByTexts(t *testing.T) {
	all, declared, found := everything(t), declarations(t), 0
	for _, name := range tree(t, ".md") {
		if generated.MatchString(name) {
			continue
		}
		for _, span := range codeSpan.FindAllStringSubmatch(codeBlock.ReplaceAllString(read(t, name), ""), -1) {
			for word := range strings.FieldsSeq(span[1]) {
				word = strings.TrimSuffix(strings.TrimPrefix(word, "./"), "/")
				switch {
				case testOfGo.MatchString(word):
					if found++; declared[word] == nil {
						t.Errorf("%s: there is no %s", name, word)
					}
				case path.Ext(word) == ".go" || path.Ext(word) == ".md" || strings.HasPrefix(word, ".ci/"), strings.Contains(word, "/"):
					if found++; !all.has(name, word) {
						t.Errorf("%s: there is no %s", name, word)
					}
				}
			}
		}
	}
	for _, name := range append(tree(t, ".yml"), tree(t, "")...) {
		if !strings.HasPrefix(name, ".ci/") && !strings.HasPrefix(name, ".github/") && name != ".golangci.yml" {
			continue
		}
		text := read(t, name)
		for _, m := range append(mention.FindAllStringSubmatch(text, -1), script.FindAllStringSubmatch(text, -1)...) {
			if !strings.Contains(m[1], "/") && !textOfRoot.MatchString(m[1]) {
				continue // a file that the script makes, or a word with a dot
			}
			if found++; !all.has(name, m[1]) {
				t.Errorf("%s names %s, which is not there", name, m[1])
			}
		}
	}
	t.Logf("%d files and tests are named", found)
}

// TestRowsOfContributing: what the rows of CONTRIBUTING.md send a newcomer to is there under that name.
func TestRowsOfContributing(t *testing.T) {
	all, declared, rows := everything(t), declarations(t), 0
	for line := range strings.Lines(read(t, "CONTRIBUTING.md")) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		rows++
		for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
			if nameOfGo.MatchString(span[1]) && declared[span[1]] == nil && !all.tops[span[1]] {
				t.Errorf("nothing is called %s, in: %.60s", span[1], line)
			}
		}
		for _, m := range inFile.FindAllStringSubmatch(line, -1) {
			if in := declared[m[1]]; in != nil && !slices.ContainsFunc(in, func(file string) bool { return within(m[2], file) }) {
				t.Errorf("%s is not in %s but in %v", m[1], m[2], in)
			}
		}
	}
	if rows < 20 {
		t.Errorf("the table has %d rows", rows)
	}
}

// within reports whether a file is the named one, one of the named pattern, or in the named directory.
func within(name, file string) bool {
	ok, err := path.Match(name, file)
	return ok && err == nil || strings.HasPrefix(file, name+"/")
}

// declarations are the names that the Go files of all modules declare, each with its files: functions, types, variables,
// fields, methods, and (*T).m for a method of a type.
func declarations(t *testing.T) map[string][]string {
	names := map[string][]string{}
	for name, f := range sources(t) {
		add := func(what string) { names[what] = append(names[what], name) }
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				add(n.Name.Name)
				if n.Recv != nil {
					add(receiver(n.Recv.List[0].Type) + "." + n.Name.Name)
				}
			case *ast.TypeSpec:
				add(n.Name.Name)
			case *ast.ValueSpec:
				for _, id := range n.Names {
					add(id.Name)
				}
			case *ast.Field:
				for _, id := range n.Names {
					add(id.Name)
				}
			}
			return true
		})
	}
	return names
}

// receiver writes the type of a receiver as method expressions do.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return "(*" + receiver(e.X) + ")"
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

var parsed map[string]*ast.File // by sources, once for all tests

// sources are the Go files of all modules, by their names.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	if parsed != nil {
		return parsed
	}
	files := map[string]*ast.File{}
	for _, name := range tree(t, ".go") {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = f
	}
	parsed = files
	return files
}
