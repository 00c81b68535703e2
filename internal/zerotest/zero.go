// Package zerotest calls what a package exports with zero values: each call has to work, or to return an error that says
// what to do.
package zerotest

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Run calls every exported method of zero values and of nil pointers to them, with zero arguments, and prints them. The
// package in the current directory has no other types with methods. Those in unmade, as Type.Method, are left out.
func Run(t *testing.T, zeros []any, unmade ...string) {
	t.Helper()
	types, _ := exported(t)
	left := map[string]bool{}
	for _, name := range unmade {
		left[name] = true
	}
	for _, v := range zeros {
		typ := reflect.TypeOf(v)
		delete(types, typ.Name())
		for _, receiver := range []reflect.Value{reflect.New(typ), reflect.Zero(reflect.PointerTo(typ))} {
			for i := range receiver.NumMethod() {
				m := receiver.Type().Method(i)
				if _, byValue := typ.MethodByName(m.Name); byValue && receiver.IsNil() || left[typ.Name()+"."+m.Name] {
					continue // Go itself panics where the value of a nil pointer is asked for
				}
				calm(t, fmt.Sprintf("(%v).%s, nil %t", receiver.Type(), m.Name, receiver.IsNil()), receiver.Method(i))
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				if text := fmt.Sprintf(verb, receiver.Interface()); strings.Contains(text, "PANIC") {
					t.Errorf("%v prints %s", receiver.Type(), text)
				}
			}
		}
	}
	for name := range types {
		t.Errorf("%s has methods, and no test calls those of its zero value", name)
	}
}

// Methods calls every exported method of values that were made, with zero arguments.
func Methods(t *testing.T, made ...any) {
	t.Helper()
	for _, v := range made {
		receiver := reflect.ValueOf(v)
		for i := range receiver.NumMethod() {
			calm(t, fmt.Sprintf("(%T).%s", v, receiver.Type().Method(i).Name), receiver.Method(i))
		}
	}
}

// Funcs calls functions with zero arguments. The package in the current directory has no others but those that begin with
// one of the prefixes.
func Funcs(t *testing.T, funcs map[string]any, prefixes ...string) {
	t.Helper()
	_, all := exported(t)
	for name, f := range funcs {
		delete(all, name)
		calm(t, name, reflect.ValueOf(f))
	}
next:
	for name := range all {
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				continue next
			}
		}
		t.Errorf("no test calls %s with zero arguments", name)
	}
}

// Listed fails for the functions of the package in the current directory that begin with one of the prefixes and are not
// among names.
func Listed(t *testing.T, names []string, prefixes ...string) {
	t.Helper()
	_, all := exported(t)
	for name := range all {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) && !slices.Contains(names, name) {
			t.Errorf("no test gives %s zero values", name)
		}
	}
}

// calm calls a function with zero arguments, and a range over what it returns if that is an iterator.
func calm(t *testing.T, what string, f reflect.Value) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s panics: %v", what, p)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var args []reflect.Value
	for i := range f.Type().NumIn() {
		in := f.Type().In(i)
		switch {
		case f.Type().IsVariadic() && i == f.Type().NumIn()-1:
		case in == reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(ctx))
		case in == reflect.TypeFor[fmt.State]():
			return // package fmt has no zero one; printing calls it
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	for _, out := range f.Call(args) {
		saysSomething(t, what, out)
		switch {
		case out.Kind() != reflect.Func || out.IsNil():
		case out.Type().CanSeq2():
			for _, v := range out.Seq2() {
				saysSomething(t, what, v)
			}
		case out.Type().CanSeq():
			for range out.Seq() {
			}
		}
	}
}

// saysSomething checks that an error is more than a word.
func saysSomething(t *testing.T, what string, v reflect.Value) {
	t.Helper()
	if err, ok := reflect.TypeAssert[error](v); ok && v.Type() == reflect.TypeFor[error]() && len(strings.Fields(err.Error())) < 3 && !strings.Contains(what, "Error).") {
		t.Errorf("%s: the error says but %q", what, err)
	}
}

// exported are the types of this package with exported methods, and its functions.
func exported(t *testing.T) (types, funcs map[string]bool) {
	t.Helper()
	types, funcs = map[string]bool{}, map[string]bool{}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() {
				continue
			}
			if f.Recv == nil {
				funcs[f.Name.Name] = true
				continue
			}
			of := f.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			if id, ok := of.(*ast.Ident); ok && id.IsExported() {
				types[id.Name] = true
			}
		}
	}
	return types, funcs
}
