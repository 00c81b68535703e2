package open311_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-open311/open311"
)

// zeros are all exported types that have methods, by their zero values. TestZeroValues looks whether one is missing.
var zeros = []any{
	open311.APIError{}, open311.Attribute{}, open311.Attributes{}, open311.Box{}, open311.Change{}, open311.Checkpoint{}, open311.CheckpointFile{}, open311.Circle{}, open311.Client{},
	open311.DecodeError{}, open311.Discovery{}, open311.DiscoveryClient{}, open311.Extra{}, open311.Fault{}, open311.Feed{}, open311.Filing{},
	open311.Format(0), open311.Gap{}, open311.Learned{}, open311.Media{}, open311.NewRequest{}, open311.NewUpdate{},
	open311.Page{}, open311.Point{}, open311.Query{}, open311.Receipt{}, open311.RequestClient{}, open311.Service{}, open311.ServiceClient{},
	open311.ServiceDefinition{}, open311.ServiceRequest{}, open311.Status(""), open311.TruncatedError{}, open311.UnknownOutcomeError{},
	open311.Update{}, open311.UpdateClient{}, open311.UpdateReceipt{}, open311.ValidationError{}, open311.Warning{},
}

// unmade are methods that write to the receiver's map, which has to be made first, as with http.Header and url.Values:
// an attribute that was lost in silence would be worse than a panic.
var unmade = map[string]bool{"Attributes.Set": true, "Attributes.SetNumber": true, "Attributes.SetTime": true}

// zeroFuncs are all exported functions but those that are options of a client, which New checks.
var zeroFuncs = map[string]any{
	"New": open311.New, "Discover": open311.Discover, "Dialects": open311.Dialects, "FileCheckpoint": open311.FileCheckpoint, "FileOutbox": open311.FileOutbox,
}

// TestZeroValues calls every exported method of a zero value, and of a nil pointer, with zero arguments. Each works, or
// returns an error that says something; none panics.
func TestZeroValues(t *testing.T) {
	types, funcs := exportedNames(t)
	for _, v := range zeros {
		typ := reflect.TypeOf(v)
		delete(types, typ.Name())
		zero := reflect.New(typ)
		for _, receiver := range []reflect.Value{zero, reflect.Zero(reflect.PointerTo(typ))} {
			for i := range receiver.NumMethod() {
				m := receiver.Type().Method(i)
				if _, byValue := typ.MethodByName(m.Name); byValue && receiver.IsNil() || unmade[typ.Name()+"."+m.Name] {
					continue // Go itself panics where the value of a nil pointer is asked for
				}
				what := fmt.Sprintf("(%v).%s, nil %t", receiver.Type(), m.Name, receiver.IsNil())
				calm(t, what, receiver.Method(i))
			}
		}
	}
	for name := range types {
		t.Errorf("%s has methods, and no test calls those of its zero value", name)
	}
	for name, f := range zeroFuncs {
		delete(funcs, name)
		calm(t, name, reflect.ValueOf(f))
	}
	for name := range funcs {
		if !strings.HasPrefix(name, "With") && !strings.HasPrefix(name, "Call") {
			t.Errorf("no test calls %s with zero arguments", name)
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
			return // package fmt has no zero one: see TestZeroValuesPrint
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	for _, out := range f.Call(args) {
		saysSomething(t, what, out)
		if out.Kind() == reflect.Func && !out.IsNil() && out.Type().NumIn() == 1 {
			for _, v := range out.Seq2() {
				saysSomething(t, what, v)
			}
		}
	}
}

// saysSomething checks that an error is more than a word.
func saysSomething(t *testing.T, what string, v reflect.Value) {
	t.Helper()
	if err, ok := v.Interface().(error); ok && v.Type() == reflect.TypeFor[error]() && len(strings.Fields(err.Error())) < 3 && !strings.Contains(what, "Error).") {
		t.Errorf("%s: the error says but %q", what, err)
	}
}

func TestZeroValuesPrint(t *testing.T) {
	for _, v := range zeros {
		for _, shown := range []any{v, reflect.New(reflect.TypeOf(v)).Interface(), reflect.Zero(reflect.PointerTo(reflect.TypeOf(v))).Interface()} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
				if text := fmt.Sprintf(verb, shown); strings.Contains(text, "PANIC") {
					t.Errorf("%T prints %s", shown, text)
				}
			}
		}
	}
}

// exportedNames are the types of this package with exported methods, and its functions.
func exportedNames(t *testing.T) (types, funcs map[string]bool) {
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
	if len(types) < 20 || !types["Client"] {
		t.Fatalf("%d types", len(types))
	}
	return types, funcs
}
