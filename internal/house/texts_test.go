package house

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The packages of the standard library whose errors can come into what this module says, with all below them.
var speakers = []string{"compress", "context", "encoding", "io", "mime", "net", "strconv", "time"}

// TestGoldenFilesSpeakForThemselves: no golden file holds the text of an error of the standard library. Such
// texts change from one release of Go to the next, and a golden file would hold for one of them only.
func TestGoldenFilesSpeakForThemselves(t *testing.T) {
	texts := errorTexts(t)
	if len(texts) < 500 {
		t.Fatalf("only %d texts of errors were found in %s", len(texts), build.Default.GOROOT)
	}
	files := goldenFiles(t)
	if len(files) < 500 {
		t.Fatalf("only %d golden files were found", len(files))
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for text, in := range texts {
			if bytes.Contains(content, []byte(text)) {
				t.Errorf("%s holds %q, which %s says; say it in words of our own, or mask it when the file is written", name, text, in)
			}
		}
	}
}

// goldenFiles are those that tests write with -update.
func goldenFiles(t *testing.T) []string {
	var out []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(name))
		if strings.HasSuffix(name, ".golden") || strings.HasSuffix(dir, "conformance/testdata") {
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A call or a literal that makes an error. http.Error is none: it writes an answer.
var makesError = regexp.MustCompile(`(?i)^errors\.New$|err(or)?f?$|(syntax|new|make|wrap)\w*err|error$`)

// errorTexts are the fixed parts of the error texts of the speakers, each with the file that has it.
func errorTexts(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	for _, name := range speakers {
		err := filepath.WalkDir(filepath.Join(build.Default.GOROOT, "src", name), func(file string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return fs.SkipDir
			}
			if strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
				return addTexts(texts, file)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return texts
}

func addTexts(texts map[string]string, file string) error {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(f, func(n ast.Node) bool {
		var by ast.Expr
		var args []ast.Expr
		switch n := n.(type) {
		case *ast.CallExpr:
			by, args = n.Fun, n.Args
		case *ast.CompositeLit:
			by, args = n.Type, n.Elts
		default:
			return true
		}
		if name := called(by); makesError.MatchString(name) && name != "http.Error" && name != "Error" {
			for _, arg := range args {
				addLiterals(texts, filepath.Base(file), arg)
			}
		}
		return true
	})
	return nil
}

func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return called(e.X) + "." + e.Sel.Name
	}
	return ""
}

var verb = regexp.MustCompile(`%[-+# 0-9.\[\]*]*[a-zA-Z%]`)

// addLiterals adds the string literals of an expression, without the verbs of Printf. What is short, or a
// single word, can stand in a golden file by chance.
func addLiterals(texts map[string]string, file string, e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			return true
		}
		for _, part := range verb.Split(text, -1) {
			if part = strings.TrimSpace(part); len(part) > len("out of range") && strings.Contains(part, " ") {
				texts[part] = file
			}
		}
		return true
	})
}
