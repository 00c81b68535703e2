package house

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// tree returns the files of the repository with a suffix, below the root and with slashes.
func tree(t *testing.T, suffix string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "out"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, suffix):
			rel, err := filepath.Rel(root, name)
			names = append(names, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatalf("there is no file *%s", suffix)
	}
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func exists(name string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil
}

var (
	markdownLink = regexp.MustCompile(`(?m)\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]: (\S+)|(?:href|src)="([^"]+)"`)
	codeBlock    = regexp.MustCompile("(?ms)^```.*?^```")
	heading      = regexp.MustCompile(`(?m)^#+ (.+)$`)
	hosted       = regexp.MustCompile(`^https://github\.com/go-open311/open311/(?:blob|tree|raw)/main/`)
)

// TestMarkdownLinks follows every link of every Markdown file that points inside the repository.
func TestMarkdownLinks(t *testing.T) {
	followed := 0
	for _, name := range tree(t, ".md") {
		for _, m := range markdownLink.FindAllStringSubmatch(codeBlock.ReplaceAllString(read(t, name), ""), -1) {
			target := hosted.ReplaceAllString(m[1]+m[2]+m[3], "/")
			if strings.Contains(target, ":") { // a URL, or mailto
				continue
			}
			followed++
			file, anchor, _ := strings.Cut(target, "#")
			switch {
			case file == "":
				file = name
			case strings.HasPrefix(file, "/"):
				file = path.Clean(file[1:])
			default:
				file = path.Join(path.Dir(name), file)
			}
			if !exists(file) {
				t.Errorf("%s: the link %s: there is no %s", name, target, file)
			} else if anchor != "" && !slices.Contains(anchors(read(t, file)), anchor) {
				t.Errorf("%s: the link %s: %s has no such heading", name, target, file)
			}
		}
	}
	t.Logf("%d links", followed)
}

// TestNothingIsHalfMerged: no text has two versions of a place, as git leaves them where it cannot decide.
func TestNothingIsHalfMerged(t *testing.T) {
	for _, name := range tree(t, "") {
		for line := range strings.Lines(read(t, name)) {
			if strings.HasPrefix(line, "<<<<<<< ") || strings.HasPrefix(line, ">>>>>>> ") {
				t.Errorf("%s has the line %q", name, line)
			}
		}
	}
}

// anchors are the names that a code host gives to the headings of a text.
func anchors(text string) []string {
	var names []string
	for _, m := range heading.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
		names = append(names, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return names
}

var unresolved = regexp.MustCompile(`(?:^|[\s(])\*?\[\*?(?:[a-z][a-z0-9]*\.)?[A-Z]\w*(?:\.[A-Z]\w*)?\](?:$|[\s.,;:)]|'s)`)

// TestDocLinks looks for names in square brackets that documentation would show as plain text, also within declarations,
// where it makes no links, and for links to names of other packages, of this repository or imported by it, that do not
// have them.
func TestDocLinks(t *testing.T) {
	others, err := imported(token.NewFileSet())
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	docs := make(map[string]*doc.Package) // by import path
	for _, name := range tree(t, ".go") {
		dir := path.Dir(name)
		at := path.Join(module, dir)
		if docs[at] == nil && !strings.Contains(dir, "testdata") {
			docs[at] = document(t, dir, at)
		}
	}
	for at, p := range docs {
		if first := new(doc.Package).Synopsis(p.Doc); strings.Contains(first, "[") {
			t.Errorf("%s: lists of packages show the first sentence without links, and with the brackets: %s", at, first)
		}
		documented, shown := texts(p)
		for _, text := range shown {
			if m := unresolved.FindString(text); m != "" || text == "" {
				t.Errorf("%s: a declaration is shown as it stands, with %q for a link: %q", at, m, text)
			}
		}
		for _, text := range documented {
			star := false
			for _, part := range inline(p.Parser().Parse(text).Content) {
				switch part := part.(type) {
				case comment.Plain:
					star = strings.HasSuffix(string(part), "*")
					if m := unresolved.FindString(string(part)); m != "" {
						t.Errorf("%s: %s is no link, in: %.80s", at, m, text)
					}
				case *comment.DocLink:
					if star {
						t.Errorf("%s: the star of %s stands outside of the link: %.80s", at, part.Name, text)
					}
					if links++; part.Name == "" {
						continue
					}
					to, ok := docs[part.ImportPath], true
					if to != nil {
						ok = has(to, part.Recv, part.Name)
					} else if of, err := others.Import(part.ImportPath); err == nil {
						ok = exports(of, part.Recv, part.Name)
					}
					if !ok {
						t.Errorf("%s: [%s.%s.%s] leads nowhere", at, part.ImportPath, part.Recv, part.Name)
					}
				}
			}
		}
	}
	t.Logf("%d links", links)
}

// exports reports whether a compiled package has a name, or a type of it a method or a field.
func exports(p *types.Package, recv, name string) bool {
	if recv == "" {
		return p.Scope().Lookup(name) != nil
	}
	typ, ok := p.Scope().Lookup(strings.TrimPrefix(recv, "*")).(*types.TypeName)
	if !ok {
		return false
	}
	o, _, _ := types.LookupFieldOrMethod(typ.Type(), true, p, name)
	return o != nil
}

func document(t *testing.T, dir, at string) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return &doc.Package{ImportPath: at}
	}
	p, err := doc.NewFromFiles(fset, files, at)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// texts are the comments of a package: those that documentation makes links in, and those within declarations, of
// fields, constants and methods of interfaces, which it shows as they stand.
func texts(p *doc.Package) (all, shown []string) {
	all = []string{p.Doc}
	decl := func(text string, d *ast.GenDecl) {
		all = append(all, text)
		ast.Inspect(d, func(n ast.Node) bool {
			if g, ok := n.(*ast.CommentGroup); ok && g != d.Doc {
				shown = append(shown, g.Text())
			}
			return true
		})
	}
	values := func(list []*doc.Value) {
		for _, v := range list {
			decl(v.Doc, v.Decl)
		}
	}
	functions := func(list []*doc.Func) {
		for _, f := range list {
			all = append(all, f.Doc)
		}
	}
	values(p.Consts)
	values(p.Vars)
	functions(p.Funcs)
	for _, typ := range p.Types {
		decl(typ.Doc, typ.Decl)
		values(typ.Consts)
		values(typ.Vars)
		functions(typ.Funcs)
		functions(typ.Methods)
	}
	return all, shown
}

// inline returns the parts of paragraphs, headings and lists; code has no links.
func inline(blocks []comment.Block) []comment.Text {
	var all []comment.Text
	for _, b := range blocks {
		switch b := b.(type) {
		case *comment.Paragraph:
			all = append(all, b.Text...)
		case *comment.Heading:
			all = append(all, b.Text...)
		case *comment.List:
			for _, item := range b.Items {
				all = append(all, inline(item.Content)...)
			}
		}
	}
	return all
}

// has reports whether a package documents a name, or a type of it a method or a field.
func has(p *doc.Package, recv, name string) bool {
	parser := p.Parser()
	if parser.LookupSym(recv, name) {
		return true
	}
	if recv == "" {
		return false
	}
	for _, typ := range p.Types {
		if typ.Name == strings.TrimPrefix(recv, "*") {
			found := false
			ast.Inspect(typ.Decl, func(n ast.Node) bool {
				if f, ok := n.(*ast.Field); ok {
					found = found || slices.ContainsFunc(f.Names, func(i *ast.Ident) bool { return i.Name == name })
				}
				return true
			})
			return found
		}
	}
	return false
}
