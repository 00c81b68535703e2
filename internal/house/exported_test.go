package house

import (
	"fmt"
	"go/types"
	"strings"
)

// foreignTypes lists the exported identifiers of a package whose types mention a type of a dependency.
func (p *pkg) foreignTypes() []string {
	w := &walker{pkg: p.types}
	scope := p.types.Scope()
	for _, name := range scope.Names() {
		if o := scope.Lookup(name); o.Exported() {
			w.at, w.seen = name, make(map[types.Type]bool)
			w.object(o)
		}
	}
	return w.found
}

// walker goes through what a program can see of an exported identifier.
type walker struct {
	pkg   *types.Package
	at    string
	seen  map[types.Type]bool
	found []string
}

func (w *walker) object(o types.Object) {
	name, ok := o.(*types.TypeName)
	if !ok {
		w.typ(o.Type())
		return
	}
	named, ok := types.Unalias(name.Type()).(*types.Named)
	if !ok || named.Obj().Pkg() != w.pkg {
		w.typ(name.Type())
		return
	}
	for tparam := range named.TypeParams().TypeParams() {
		w.typ(tparam.Constraint())
	}
	w.typ(named.Underlying())
	for m := range named.Methods() {
		if m.Exported() {
			w.typ(m.Type())
		}
	}
}

func (w *walker) typ(t types.Type) {
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		w.name(t.Obj())
		w.typ(t.Rhs())
	case *types.Named:
		w.name(t.Obj())
		for a := range t.TypeArgs().Types() {
			w.typ(a)
		}
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() || f.Embedded() {
				w.typ(f.Type())
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			w.typ(m.Type())
		}
		for e := range t.EmbeddedTypes() {
			w.typ(e)
		}
	case *types.Signature:
		w.typ(t.Params())
		w.typ(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			w.typ(v.Type())
		}
	case *types.Map:
		w.typ(t.Key())
		w.typ(t.Elem())
	case *types.Union:
		for term := range t.Terms() {
			w.typ(term.Type())
		}
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		w.typ(t.Elem())
	}
}

// name notes a type that belongs neither to the module nor to the standard library.
func (w *walker) name(o types.Object) {
	if o.Pkg() == nil {
		return
	}
	path := o.Pkg().Path()
	first, _, _ := strings.Cut(path, "/")
	if strings.Contains(first, ".") && path != module && !strings.HasPrefix(path, module+"/") {
		w.found = append(w.found, fmt.Sprintf("%s mentions %s.%s", w.at, path, o.Name()))
	}
}
