package house

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	module = "github.com/go-open311/open311"
	root   = "../.." // of the module, from the directory of this package
)

// pkg is a package without its tests.
type pkg struct {
	dir       string // below the root of the module, with slashes
	types     *types.Package
	files     []file
	functions []function
	arrows    map[arrow]map[string]bool // with the objects that they stand for
}

type file struct {
	name    string
	lines   int
	imports []string
}

type function struct {
	name  string
	lines int
}

// packages are all packages of the module, in the order of their directories.
type packages []*pkg

func (all packages) at(dir string) *pkg {
	for _, p := range all {
		if p.dir == dir {
			return p
		}
	}
	return nil
}

// public reports whether programs can import the package.
func (p *pkg) public() bool {
	return p.types.Name() != "main" && !strings.Contains("/"+p.dir+"/", "/internal/")
}

// load reads the module once for all tests.
func load(t *testing.T) packages {
	t.Helper()
	all, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var loadOnce = sync.OnceValues(func() (packages, error) {
	fset := token.NewFileSet()
	std, err := imported(fset)
	if err != nil {
		return nil, err
	}
	dirs, err := directories()
	if err != nil {
		return nil, err
	}
	var all packages
	for _, dir := range dirs {
		built, err := build.ImportDir(filepath.Join(root, dir), 0)
		if none := (*build.NoGoError)(nil); errors.As(err, &none) {
			continue // tests alone, or nothing
		}
		if err != nil {
			return nil, err
		}
		p, err := loadPackage(fset, std, dir, built.GoFiles)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
})

// imported gives the compiled packages of others that the module imports.
func imported(fset *token.FileSet) (types.Importer, error) {
	exports, err := exportData()
	if err != nil {
		return nil, err
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	}), nil
}

// exportData asks the go command where the compiled packages are that the module imports. Importing them from
// source would take several times as long.
func exportData() (map[string]string, error) {
	var problems bytes.Buffer
	c := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", "./...")
	c.Dir, c.Stderr = root, &problems
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", c, err, problems.String())
	}
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[name] = file
	}
	return exports, nil
}

// directories lists those of the module which may have a package. That they are read here, and not by the go
// command, tells go test that a result in its cache is stale when a file has come or gone.
func directories() ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if base := filepath.Base(rel); rel != "." && (base[0] == '.' || base[0] == '_' || base == "testdata") {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && rel != "." {
			return fs.SkipDir // another module
		}
		dirs = append(dirs, filepath.ToSlash(rel))
		return nil
	})
	return dirs, err
}

func loadPackage(fset *token.FileSet, imports types.Importer, dir string, names []string) (*pkg, error) {
	p := &pkg{dir: dir, arrows: make(map[arrow]map[string]bool)}
	var syntax []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, filepath.Join(root, dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		syntax = append(syntax, f)
		p.files = append(p.files, file{name, fset.File(f.Pos()).LineCount(), importsOf(f)})
		for _, d := range f.Decls {
			if d, ok := d.(*ast.FuncDecl); ok {
				lines := fset.Position(d.End()).Line - fset.Position(d.Pos()).Line + 1
				p.functions = append(p.functions, function{functionName(d), lines})
			}
		}
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	config := types.Config{Importer: imports}
	var err error
	if p.types, err = config.Check(path.Join(module, dir), fset, syntax, info); err != nil {
		return nil, err
	}
	for id, o := range info.Uses {
		p.use(fset, id, o)
	}
	return p, nil
}

func importsOf(f *ast.File) []string {
	var out []string
	for _, spec := range f.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			out = append(out, name)
		}
	}
	return out
}
