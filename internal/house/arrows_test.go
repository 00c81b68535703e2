package house

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// An arrow says that one file uses what another one of its package declares: an object of the package, a
// method, or a field.
type arrow struct{ from, to string }

// use notes the arrow that an identifier makes, if it makes one.
func (p *pkg) use(fset *token.FileSet, id *ast.Ident, o types.Object) {
	if o.Pkg() != p.types || !o.Pos().IsValid() {
		return
	}
	name := o.Name()
	switch o := o.(type) {
	case *types.PkgName, *types.Label:
		return
	case *types.Var:
		if !o.IsField() && o.Parent() != p.types.Scope() {
			return
		}
		if o.IsField() {
			name = "." + name
		}
	case *types.Func:
		if r := o.Signature().Recv(); r != nil {
			name = types.TypeString(r.Type(), func(*types.Package) string { return "" }) + "." + name
		}
	default:
		if o.Parent() != p.types.Scope() {
			return
		}
	}
	a := arrow{filepath.Base(fset.Position(id.Pos()).Filename), filepath.Base(fset.Position(o.Pos()).Filename)}
	if a.from == a.to {
		return
	}
	if p.arrows[a] == nil {
		p.arrows[a] = make(map[string]bool)
	}
	p.arrows[a][name] = true
}

// uses lists the objects that an arrow stands for.
func (p *pkg) uses(a arrow) []string { return slices.Sorted(maps.Keys(p.arrows[a])) }

func (p *pkg) sortedArrows() []arrow {
	return slices.SortedFunc(maps.Keys(p.arrows), func(a, b arrow) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
}

func (p *pkg) perFile() float64 { return float64(len(p.arrows)) / float64(len(p.files)) }

func (p *pkg) largestCircle() int {
	if circles := p.circles(); len(circles) > 0 {
		return len(circles[0])
	}
	return noCircle
}

// circles are the strongly connected components of more than one file, the largest first. They are what is
// left of the files that a file reaches when those are taken away that do not reach it: with some fifty files
// nothing faster is needed.
func (p *pkg) circles() [][]string {
	reach := make(map[string]map[string]bool)
	for _, f := range p.files {
		reach[f.name] = p.reachable(f.name)
	}
	var out [][]string
	done := make(map[string]bool)
	for _, f := range p.files {
		if done[f.name] {
			continue
		}
		var circle []string
		for _, to := range slices.Sorted(maps.Keys(reach[f.name])) {
			if reach[to][f.name] {
				circle, done[to] = append(circle, to), true
			}
		}
		if len(circle) > 1 {
			out = append(out, circle)
		}
	}
	slices.SortStableFunc(out, func(a, b []string) int { return len(b) - len(a) })
	return out
}

// reachable are the files to which arrows lead from a file, directly or over others.
func (p *pkg) reachable(from string) map[string]bool {
	seen := make(map[string]bool)
	todo := []string{from}
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for a := range p.arrows {
			if a.from == last && !seen[a.to] {
				seen[a.to] = true
				todo = append(todo, a.to)
			}
		}
	}
	return seen
}

func TestCircles(t *testing.T) {
	for _, test := range []struct {
		name   string
		arrows []arrow
		want   [][]string
	}{
		{"none", nil, nil},
		{"a chain", []arrow{{"a", "b"}, {"b", "c"}, {"a", "c"}}, nil},
		{"two files", []arrow{{"a", "b"}, {"b", "a"}, {"b", "c"}}, [][]string{{"a", "b"}}},
		{"over others", []arrow{{"a", "b"}, {"b", "c"}, {"c", "a"}, {"c", "d"}}, [][]string{{"a", "b", "c"}}},
		{"two circles", []arrow{{"a", "b"}, {"b", "a"}, {"b", "c"}, {"c", "d"}, {"d", "e"}, {"e", "c"}}, [][]string{{"c", "d", "e"}, {"a", "b"}}},
	} {
		p := &pkg{arrows: make(map[arrow]map[string]bool)}
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			p.files = append(p.files, file{name: name})
		}
		for _, a := range test.arrows {
			p.arrows[a] = nil
		}
		if d := gocmp.Diff(test.want, p.circles()); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, d)
		}
	}
}
